# SPDX-License-Identifier: BSD-3-Clause
"""The service under a real systemd, as the package has installed it (test_package.py)."""

import signal
import time

import pytest
from appliance import wait_for
from machine import Machine

CONFIG = """
links:
  - name: dl0
    host: h0
    line: l0
    mka: {primary: {ckn: "AA01", cak: "file:/etc/macsecd/dl0.cak"}}
keys:
  services:
    - {name: prod, kind: hpcs, url: "https://127.0.0.1:1", instance: i,
       iam-url: "https://127.0.0.1:1", credential: api-key}
dpdk: {max-links: 1}
"""
WATCHDOG_S = 10


@pytest.fixture(scope="module")
def machine(debian, tmp_path_factory):
    """A machine with two cables and a configuration."""
    with Machine(debian.root, tmp_path_factory.mktemp("boot") / "log") as machine:
        for name in "hl":
            machine.run("ip", "link", "add", f"{name}0", "type", "veth", "peer", "name", f"{name}1")
            machine.run("ip", "link", "set", f"{name}1", "up")
        machine.run("install", "-o", "macsecd", "-m", "0600", "/dev/null", "/etc/macsecd/dl0.cak")
        machine.run("sh", "-c", "macsecctl key generate > /etc/macsecd/dl0.cak")
        debian.path("/etc/macsecd/macsecd.yaml").write_text(CONFIG)
        yield machine
        machine.ask("systemctl", "stop", "macsecd")
        for name in ("dl0.cak", "macsecd.yaml"):
            debian.path(f"/etc/macsecd/{name}").unlink()


def ipv6_is_off(machine):
    return machine.run("cat", "/proc/sys/net/ipv6/conf/l0/disable_ipv6").strip() == "1"


def test_nothing_runs_after_the_installation(machine):
    """Neither started nor enabled; and it says so when there is no configuration."""
    assert machine.service("ActiveState") == "inactive"
    assert machine.ask("systemctl", "is-enabled", "macsecd") == "disabled"


def test_start_and_reload(machine, debian):
    """Started, it is confined and has a key agent; a reload tells whether it was taken over."""
    assert not ipv6_is_off(machine)
    machine.run("systemctl", "start", "macsecd")
    assert machine.service("StatusText") == "0 of 1 link secured"
    assert ipv6_is_off(machine), "the line port was not taken over"
    status = machine.run("cat", f"/proc/{machine.service('MainPID')}/status")
    for line in ("CapEff:\t0000000000007000", "CapBnd:\t0000000000007000", "NoNewPrivs:\t1",
                 "Seccomp:\t2"):
        assert line in status
    assert "yes" in machine.run("macsecctl", "show", "keys")
    machine.run("systemctl", "reload", "macsecd")
    config = debian.path("/etc/macsecd/macsecd.yaml")
    config.write_text(CONFIG.replace("mka:", "mkb:"))
    assert machine.fails("systemctl", "reload", "macsecd")
    config.write_text(CONFIG)
    wait_for("it runs as before", lambda: machine.service("SubState") == "running", 10)


def test_killed(machine):
    """kill -9: started again at once."""
    begun = time.monotonic()
    pid = machine.signal_daemon(signal.SIGKILL)
    machine.wait_for_another(pid, 60)
    print(f"killed, and ready again after {time.monotonic() - begun:.1f} s")


def test_hanging(machine):
    """An event loop that stands still: the watchdog ends it, and it is started again."""
    pid = machine.signal_daemon(signal.SIGSTOP)
    machine.wait_for_another(pid, WATCHDOG_S + 60)


def test_stop(machine):
    """It ends at once, with its key agent; the folder of used keys stays."""
    group = machine.service("ControlGroup")
    machine.run("systemctl", "stop", "macsecd")
    assert machine.service("Result") == "success"
    assert machine.run("sh", "-c", f"cat /sys/fs/cgroup/*{group}/cgroup.procs 2>/dev/null || :"
                       ).strip() == ""
    assert machine.run("stat", "-c", "%U %a", "/run/macsecd/dl0.ki").strip() == "macsecd 600"


def test_upgrade_and_removal(machine, debian):
    """An upgrade restarts what runs; a removal stops it."""
    debian.path("/usr/sbin/policy-rc.d").unlink()
    machine.run("systemctl", "start", "macsecd")
    pid = machine.service("MainPID")
    machine.run("dpkg", "-i", "/macsecd.deb", limit_s=300)
    machine.wait_for_another(pid, 30)
    machine.run("dpkg", "--remove", "macsecd", limit_s=300)
    assert machine.service("ActiveState") == "inactive"
    assert machine.service("MainPID") == "0"
    machine.run("dpkg", "-i", "/macsecd.deb", limit_s=300)
    assert machine.service("ActiveState") == "inactive"
