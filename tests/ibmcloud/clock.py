# SPDX-License-Identifier: BSD-3-Clause
"""The cloud's wall clock, which a test may set forward or back."""

import re
import time
from datetime import datetime, timezone


class Clock:
    """Seconds since 1970, off by `offset`."""

    def __init__(self):
        self.offset = 0.0

    def now(self):
        return time.time() + self.offset


def to_text(seconds, millis=False):
    """RFC 3339; None stays None."""
    if seconds is None:
        return None
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    if millis:
        return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def from_text(text):
    """RFC 3339 in UTC or with an offset, with or without fractions; ValueError for other text."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", text or ""):
        raise ValueError(f"not an RFC 3339 time: {text!r}")
    short = re.sub(r"(\.\d{1,6})\d*", lambda m: m.group(1).ljust(7, "0"), text)
    return datetime.fromisoformat(short.replace("Z", "+00:00")).timestamp()


def http_date(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT")
