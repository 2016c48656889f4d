# SPDX-License-Identifier: BSD-3-Clause
"""What the cloud was asked, for assertions: every request with its time, none of its secrets."""

import threading
import time

SECRET_HEADERS = ("authorization", "x-auth-token", "cookie")


class Journal:
    """Entries are dicts; `at` is CLOCK_MONOTONIC, the same for every process of the machine."""

    def __init__(self):
        self.lock = threading.Lock()
        self.entries = []
        self.serial = 0

    def open(self, service, method, target, headers=None):
        """A new entry; the caller fills in what becomes known later."""
        shown = {name: value if name not in SECRET_HEADERS else "(not kept)"
                 for name, value in (headers or {}).items()}
        entry = {"n": 0, "at": time.monotonic(), "service": service, "method": method,
                 "path": target, "headers": shown, "credential": None, "token": None,
                 "status": None, "fault": None}
        with self.lock:
            self.serial += 1
            entry["n"] = self.serial
            self.entries.append(entry)
        return entry

    def since(self, serial=0):
        """Copies of the entries after a serial number."""
        with self.lock:
            return [dict(entry) for entry in self.entries if entry["n"] > serial]

    def clear(self):
        with self.lock:
            self.entries.clear()
