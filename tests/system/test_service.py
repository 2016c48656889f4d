# SPDX-License-Identifier: BSD-3-Clause
"""macsecd and its service manager: what it is told, and how the unit confines the appliance."""

import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from appliance import wait_for

UNIT = Path(__file__).resolve().parent.parent.parent / "configs" / "systemd" / "macsecd.service"
EXPOSURE_LIMIT = 3.0
WATCHDOG_S = 0.4


class Manager:
    """The service manager's end of NOTIFY_SOCKET: [(time, text)] of what came."""

    def __init__(self, path):
        self.path, self.heard = path, []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind(str(path))

    def listen(self):
        while True:
            try:
                self.heard.append((time.monotonic(), self.socket.recv(4096).decode()))
            except BlockingIOError:
                return [text for _, text in self.heard]

    def wait(self, text, after=0):
        """Waits until a message has the line; returns its number."""
        def found():
            return [number for number, message in enumerate(self.listen())
                    if number >= after and text in message.split("\n")]
        return wait_for(f"the service manager hears {text!r}", found, 30)[0]


@pytest.fixture
def manager(tmp_path, monkeypatch):
    manager = Manager(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", str(manager.path))
    monkeypatch.setenv("WATCHDOG_USEC", str(int(WATCHDOG_S * 1e6)))
    yield manager
    manager.socket.close()


def test_what_the_service_manager_hears(lab, manager, monkeypatch):
    """Ready, then secured, a reload, a heart that beats in time, and the end."""
    lab.configure()
    lab.a.launch()
    ready = manager.wait("READY=1")
    assert lab.a.answers(), "ready before the control socket answers"
    assert "STATUS=0 of 1 link secured" in manager.listen()[ready]
    assert not [text for text in manager.listen()[:ready] if "WATCHDOG" not in text]
    monkeypatch.delenv("NOTIFY_SOCKET")
    lab.b.start()
    lab.wait_secured()
    secured = manager.wait("STATUS=1 of 1 link secured")
    lab.a.process.send_signal(signal.SIGHUP)
    reloading = manager.wait("RELOADING=1", secured)
    again = manager.wait("READY=1", reloading)
    assert "STATUS=1 of 1 link secured" in manager.listen()[again]
    wait_for("ten beats", lambda: manager.listen().count("WATCHDOG=1") >= 10, 30)
    lab.b.stop()
    manager.wait("STATUS=0 of 1 link secured", again)
    assert lab.a.stop() == 0
    assert "STOPPING=1" in manager.listen()[-1].split("\n")
    assert sum("STOPPING=1" in text for text in manager.listen()) == 1


def test_a_loop_that_hangs_is_silent(lab, manager):
    """The heart is the event loop's: a daemon that is stopped sends no sign of life."""
    lab.configure()
    lab.a.launch()
    manager.wait("WATCHDOG=1", manager.wait("READY=1"))
    lab.a.process.send_signal(signal.SIGSTOP)
    wait_for("it stands still", lambda: Path(f"/proc/{lab.a.process.pid}/stat").read_text()
             .rsplit(")", 1)[1].split()[0] in "tT")
    manager.listen()
    manager.heard.clear()
    time.sleep(2 * WATCHDOG_S)  # nothing must come, so there is no event to wait for
    assert manager.listen() == []
    lab.a.process.send_signal(signal.SIGCONT)
    manager.wait("WATCHDOG=1")


def test_the_start_fails_and_nobody_is_told_ready(lab, manager):
    """A daemon that does not come up ends with a status and never says that it is ready."""
    lab.configure({"line": "nothere0"})
    lab.a.launch()
    assert lab.a.process.wait(60) == 1
    assert not any("READY=1" in text for text in manager.listen())


def test_the_unit_confines():
    """systemd-analyze's judgement of the unit, 0 (confined) to 10."""
    out = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", str(UNIT)],
                         capture_output=True, text=True, check=True).stdout
    exposure = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", out).group(1))
    print(f"exposure of the unit: {exposure}")
    assert exposure <= EXPOSURE_LIMIT, out


def test_the_unit_is_well_formed():
    """systemd knows every word of it. (It looks for the programs too, which may not be there.)"""
    out = subprocess.run(["systemd-analyze", "verify", "--man=no", str(UNIT)], check=False,
                         capture_output=True, text=True).stderr
    problems = [line for line in out.splitlines() if "is not executable" not in line]
    assert not problems, problems
    words = dict(re.findall(r"^(\w+)=(.*)$", UNIT.read_text(), re.M))
    # what macsecd relies on: used keys outlive a restart, and it ends its key agent by itself
    assert (words["RuntimeDirectoryPreserve"], words["KillMode"], words["Type"]) == (
        "yes", "mixed", "notify")
