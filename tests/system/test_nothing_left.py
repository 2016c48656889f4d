# SPDX-License-Identifier: BSD-3-Clause
"""After an end of any kind nothing with a key in it is on disk, and after an orderly end nothing
of macsecd is left at all."""

import contextlib
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from appliance import CAK, wait_for

FOLDERS = ("/dev/hugepages", "/dev/shm", "/run", "/var/lib/dpdk", "/var/crash",
           "/var/lib/systemd/coredump")
# What such a file would be called; other programs of the machine come and go in these folders too.
NAMES = re.compile(r"rte|dpdk|macsec|lab-|core|map_|huge")
PORTS = ("h0", "l0")


def files():
    """Everything that a DPDK program or a crash could leave, outside of the laboratory's folder."""
    found = set()
    for folder in FOLDERS:
        for parent, folders, names in os.walk(folder):
            if "netns" in folders:
                folders.remove("netns")
            found |= {os.path.join(parent, name) for name in names + folders
                      if NAMES.search(name)}
    return found


def mounted_hugepage_files():
    """Files on every mounted hugetlbfs."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    return {str(path) for mount in mounts if mount[2] == "hugetlbfs"
            for path in Path(mount[1]).rglob("*")}


def left_in(lab):
    """Names in the laboratory's folder that the laboratory did not put there."""
    ours = {"a.yaml", "a.cak", "a.log", "b.yaml", "b.cak", "b.log", "run-a", "run-b"}
    return {str(path.relative_to(lab.folder)) for path in lab.folder.rglob("*")} - ours


def states(lab):
    return {(end.name, port): end.namespace.interface_state(port)
            for end in (lab.a, lab.b) for port in PORTS}


@pytest.fixture
def before():
    return files() | mounted_hugepage_files()


def test_orderly_end(lab, before):
    """SIGTERM: status 0, interfaces as they were, only the names of used keys are left."""
    interfaces = states(lab)
    lab.start()
    assert states(lab) != interfaces, "the test sees what taking an interface over changes"
    lab.ping()
    assert [lab.a.stop(signal.SIGTERM), lab.b.stop(signal.SIGTERM)] == [0, 0]
    assert states(lab) == interfaces
    assert left_in(lab) <= {"run-a/dl0.ki", "run-b/dl0.ki"}
    assert not (files() | mounted_hugepage_files()) - before


def test_hangup_is_survived(lab, before):
    """SIGHUP (a closed terminal) ends nothing and costs nothing: the same configuration again."""
    lab.start()
    key = lab.a.key_identifier()
    lab.a.process.send_signal(signal.SIGHUP)
    wait_for("it says so", lambda: "is taken over" in lab.a.log_tail())
    assert lab.a.key_identifier() == key
    lab.ping()
    assert lab.a.stop(signal.SIGTERM) == 0


@pytest.mark.parametrize("delay_ms", (50, 150, 300, 600))
def test_end_in_the_middle_of_the_start(lab, delay_ms):
    """SIGTERM while ports are being taken over: they are given back, status 0."""
    interfaces = states(lab)
    lab.a.launch()
    with contextlib.suppress(subprocess.TimeoutExpired):
        lab.a.process.wait(delay_ms / 1000)
    assert lab.a.stop(signal.SIGTERM) in (0, -signal.SIGTERM)
    assert states(lab) == interfaces


def test_kill(lab, before):
    """SIGKILL: at most the control socket and the names of used keys are left, no core."""
    lab.start()
    lab.ping()
    lab.a.stop(signal.SIGKILL)
    lab.b.stop(signal.SIGKILL)
    left = left_in(lab)
    assert left <= {"run-a/dl0.ki", "run-b/dl0.ki", "a.sock", "b.sock"}
    assert not (files() | mounted_hugepage_files()) - before


def test_crash_leaves_no_core(lab, before):
    """A crash is as silent: no core file, also where the machine's limits would allow one."""
    lab.start()
    lab.a.stop(signal.SIGSEGV)
    left = left_in(lab)
    assert left <= {"run-a/dl0.ki", "run-b/dl0.ki", "a.sock", "b.sock"}
    assert not (files() | mounted_hugepage_files()) - before


def test_no_key_in_what_is_left(lab):
    """Neither the log nor the memory of used keys holds the CAK."""
    lab.start(control={"log-level": "debug"})
    lab.rekey()
    lab.stop()
    for end in (lab.a, lab.b):
        for path in [end.log_path, *end.run_dir.rglob("*")]:
            content = path.read_bytes()
            assert CAK.encode() not in content.lower()
            assert bytes.fromhex(CAK) not in content


def test_memory_is_locked_and_not_dumped(lab):
    """The process cannot be dumped or traced by its own user, and has locked its secrets."""
    lab.start()
    status = Path(f"/proc/{lab.a.process.pid}/status").read_text()
    locked = int(next(line for line in status.splitlines() if line.startswith("VmLck")).split()[1])
    assert locked > 0
    limits = Path(f"/proc/{lab.a.process.pid}/limits").read_text()
    core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]
    command = Path(f"/proc/{lab.a.process.pid}/cmdline").read_bytes()
    assert CAK.encode() not in command


def test_start_after_kill(lab):
    """What a killed daemon left does not keep the next one from starting."""
    lab.start()
    lab.a.stop(signal.SIGKILL)
    lab.a.start()
    lab.wait_secured()
    lab.ping()
