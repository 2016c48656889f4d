# SPDX-License-Identifier: BSD-3-Clause
"""Faults that a test puts into services.

Before TLS:   silent, reset-accept
Instead of an answer:   status, redirect, garbage, huge, raw, reset, close
With the answer:   delay, drip, truncate, content
Before the answer:   expire (every token issued so far has expired)
"""

import itertools
import json
import re
import threading
from dataclasses import asdict, dataclass, field

AT_ACCEPT = ("silent", "reset-accept")
KINDS = {
    # kind: the words that say how, with their defaults
    "silent": {"seconds": 3600.0},
    "reset-accept": {},
    "status": {"status": 500, "body": None, "headers": {}, "retry_after": None,
               "retry_after_date": None, "content_type": "application/json"},
    "redirect": {"status": 302, "location": "/elsewhere"},
    "garbage": {"status": 200, "body": "<html><body>Gateway</body></html>"},
    "huge": {"octets": 100_000_000, "chunked": False, "text": " "},
    "raw": {"text": ""},
    "reset": {},
    "close": {},
    "delay": {"seconds": 1.0},
    "drip": {"interval": 0.1, "octets": 1, "from_start": False},
    "truncate": {"octets": 10},
    "content": {"set": {}, "remove": []},
    "expire": {},
}


@dataclass
class Fault:
    """One fault; `count` is None for one that stays."""

    id: int
    kind: str
    service: str = None
    method: str = None
    path: str = None
    count: int = None
    used: int = 0
    how: dict = field(default_factory=dict)

    def fits(self, service, method, target):
        return ((self.count is None or self.used < self.count)
                and self.service in (None, service)
                and (method is None or self.method in (None, method))
                and (target is None or self.path is None or re.search(self.path, target)))


class Faults:
    def __init__(self):
        self.lock = threading.Lock()
        self.serial = itertools.count(1)
        self.all = []

    def add(self, kind, service=None, method=None, path=None, count=None, **how):
        if kind not in KINDS or set(how) - set(KINDS[kind]):
            raise ValueError(f"no fault {kind} with {sorted(how)}; there are {KINDS}")
        re.compile(path or "")
        fault = Fault(next(self.serial), kind, service, method, path, count,
                      how={**KINDS[kind], **how})
        with self.lock:
            self.all.append(fault)
        return fault.id

    def remove(self, number):
        with self.lock:
            self.all = [fault for fault in self.all if fault.id != number]

    def clear(self):
        with self.lock:
            self.all = []

    def list(self):
        with self.lock:
            return [asdict(fault) for fault in self.all]

    def take_at_accept(self, service):
        return self.take(lambda fault: fault.kind in AT_ACCEPT and fault.fits(service, None, None))

    def take_at_request(self, service, method, target):
        return self.take(lambda fault: fault.kind not in AT_ACCEPT
                         and fault.fits(service, method, target))

    def take(self, fits):
        """The first fault that fits, counted; None without one."""
        with self.lock:
            for fault in self.all:
                if fits(fault):
                    fault.used += 1
                    return fault
        return None

    def is_there(self, fault):
        with self.lock:
            return fault in self.all


def edit(body, change, remove):
    """A JSON body with other values: names are paths such as "resources.0.state"."""
    value = json.loads(body)
    for path, new in [*change.items(), *((path, None) for path in remove)]:
        *way, last = [int(word) if word.isdigit() else word for word in path.split(".")]
        inner = value
        for word in way:
            inner = inner[word]
        if path in remove:
            inner.pop(last, None)
        else:
            inner[last] = new
    return json.dumps(value).encode()
