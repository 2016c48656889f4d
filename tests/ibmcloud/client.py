# SPDX-License-Identifier: BSD-3-Clause
"""Starts a local cloud as a program of its own, and drives it over its admin socket.

    with IbmCloud() as cloud:                      # or IbmCloud(prefix=("ip", "netns", "exec", X))
        crn = cloud.import_key("00" * 32)
        cloud.fault("status", service="hpcs", status=503, count=2, retry_after=1)
        …
        assert [entry["status"] for entry in cloud.journal("hpcs")] == [503, 503, 200]

Every function of control.Control can be called by its name with keyword arguments.
"""

import json
import shutil
import signal
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path

from ibmcloud.admin_call import reach

PACKAGE = Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"
START_S, STOP_S = 20.0, 5.0


class CloudError(Exception):
    """The cloud did not start, or a call was refused."""


class IbmCloud:
    def __init__(self, *options, prefix=(), address="127.0.0.1", within=None):
        """options: further words for the command line; prefix: words in front of it; within: the
        folder for its own (that of temporary files)."""
        self.within = within
        self.command = [*prefix, PYTHON, str(PACKAGE), "--address", address, *options]
        self.process = self.folder = None
        self.state = {}

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self.folder = Path(tempfile.mkdtemp(prefix="ibmcloud-", dir=self.within))
        state = self.folder / "ready.json"
        log = self.folder / "log"
        with open(log, "wb") as out:
            self.process = subprocess.Popen(
                [*self.command, "--state", str(state), "--folder", str(self.folder), "--tidy"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=out)
        deadline = time.monotonic() + START_S
        while not state.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                words = log.read_text(errors="replace")
                self.stop()
                raise CloudError(f"the local cloud did not start:\n{words}")
            time.sleep(0.005)
        self.state = json.loads(state.read_text())
        return self

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        """What the program had to say; nothing, unless it has a fault of its own."""
        return (self.folder / "log").read_text(errors="replace")

    def call(self, name, /, **arguments):
        status, value = reach(self.state["admin"], name, arguments)
        if status != 200:
            raise CloudError(f"{name}: {value['error']}")
        return value

    def __getattr__(self, name):
        """Calls without a function of their own here."""
        if name.startswith("_"):
            raise AttributeError(name)
        return partial(self.call, name)

    def import_key(self, digits, **rest):
        """Stores a CAK; its CRN. Words: service, name, alias, ring, expires_in."""
        return self.call("import_key", digits=digits, **rest)["crn"]

    def fault(self, kind, **how):
        """A fault of faults.py; its number, for remove_fault."""
        return self.call("fault", kind=kind, **how)

    def journal(self, service=None, since=0):
        """Requests so far, of one service or of all, oldest first."""
        return [entry for entry in self.call("journal", since=since)
                if service in (None, entry["service"])]

    def renew(self):
        """No faults and an empty journal, for the next test."""
        self.call("clear_faults")
        self.call("clear_journal")

    def url(self, service):
        return self.state["services"][service]["url"]

    def instance(self, service):
        return self.state["services"][service]["instance"]

    def ca_file(self):
        return self.state["ca_file"]

    def credential(self, name):
        """The file with an API key."""
        return self.state["credentials"].get(name) or str(self.folder / f"{name}.apikey")

    def gateway(self):
        return self.state["services"]["direct-link"]["gateway"]
