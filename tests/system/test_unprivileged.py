# SPDX-License-Identifier: BSD-3-Clause
"""macsecd as its service runs it: a user that is nobody, three capabilities, few system calls."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from appliance import MACSECD, wait_for

ROOT = Path(__file__).resolve().parent.parent.parent
UNIT = ROOT / "configs" / "systemd" / "macsecd.service"
USER = 64123  # in no table of users, so that nothing is open to it
CAPABILITIES = {"net_admin": 12, "net_raw": 13, "ipc_lock": 14}


def move_in(end):
    """Gives the user its folder and its key, and the appliance a command within the walls."""
    folder = end.folder / "unprivileged"
    folder.mkdir(mode=0o711, exist_ok=True)
    for file in (MACSECD, Path(__file__).with_name("sandbox.py"), UNIT):
        shutil.copy(file, folder)
    os.chmod(end.folder, 0o711)
    os.chmod(folder / UNIT.name, 0o644)
    end.run_dir = folder / f"run-{end.name}"  # as RuntimeDirectory= makes it
    end.run_dir.mkdir(mode=0o750, exist_ok=True)
    end.socket_path = end.run_dir / "control.sock"
    end.base["control"] = {"socket": str(end.socket_path), "run-dir": str(end.run_dir)}
    os.chown(end.run_dir, USER, USER)
    os.chown(end.key_path, USER, USER)
    end.command = ("/usr/bin/python3", "-B", folder / "sandbox.py", folder / UNIT.name, USER,
                   folder / MACSECD.name)


def status_of(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


@pytest.fixture
def walled(lab):
    saved = [(end, dict(vars(end))) for end in (lab.a, lab.b)]
    for end in (lab.a, lab.b):
        end.base = dict(end.base)
        move_in(end)
    yield lab
    lab.stop()
    for end, before in saved:
        vars(end).update(before)


def assert_walls(pid, names):
    status = status_of(pid)
    mask = sum(1 << CAPABILITIES[name] for name in names)
    assert status["Uid"].split() == [str(USER)] * 4
    assert status["Groups"].split() == []
    for line in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
        assert int(status[line], 16) == mask, line
    assert int(status["CapBnd"], 16) == sum(1 << bit for bit in CAPABILITIES.values())
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


def test_a_link_is_secured(walled):
    """Ports are taken over, the link is secured, rekeyed and reloaded, and all is given back."""
    states = {end: [end.namespace.interface_state(port) for port in ("h0", "l0")]
              for end in (walled.a, walled.b)}
    walled.start()
    for end in (walled.a, walled.b):
        assert_walls(end.process.pid, CAPABILITIES)
        assert (end.run_dir / "dl0.ki").stat().st_uid == USER
        assert end.socket_path.stat().st_mode & 0o777 == 0o660
        assert states[end] != [end.namespace.interface_state(port) for port in ("h0", "l0")]
    walled.ping()
    walled.rekey()
    walled.a.ask("daemon.reload")
    walled.ping()
    walled.assert_only_macsec_on_the_line()
    for end in (walled.a, walled.b):
        assert end.stop() == 0
        assert states[end] == [end.namespace.interface_state(port) for port in ("h0", "l0")]


def children_of(pid):
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_the_key_agent_lives_there_too(walled):
    """A key of the cloud is asked for: the agent runs, without a capability, and speaks."""
    credential = walled.folder / "unprivileged" / "api-key"
    credential.touch(0o600)
    credential.write_text("nobody-knows-this-key")
    os.chown(credential, USER, USER)
    service = {"name": "prod", "kind": "hpcs", "url": "https://127.0.0.1:1", "instance": "i",
               "iam-url": "https://127.0.0.1:1", "credential": str(credential)}
    walled.configure({"mka": {"fallback": {"ckn": '"FB01"', "cak": '"hpcs:prod/key-1"'}}},
                     keys={"services": [service]})
    walled.a.start()
    walled.b.start()
    walled.wait_secured()

    def told():
        return next((key for key in walled.a.ask("keys.show")["keys"] if key.get("problem")), None)
    problem = wait_for("the agent says that nobody answers", told, 60)["problem"]
    assert "127.0.0.1" in problem
    keeper, = children_of(walled.a.process.pid)
    agent, = children_of(keeper)
    for pid in (keeper, agent):
        assert_walls(pid, ())
    assert walled.a.stop() == 0
    assert not Path(f"/proc/{agent}").exists() and not Path(f"/proc/{keeper}").exists()


def test_the_walls_are_there(walled):
    """What the unit does not permit ends a program: else the tests above would show nothing."""
    folder = walled.folder / "unprivileged"

    def ends(code):
        return subprocess.run(["/usr/bin/python3", "-B", folder / "sandbox.py", folder / UNIT.name,
                               str(USER), "/usr/bin/python3", "-c", code], check=False,
                              capture_output=True).returncode
    assert ends("import socket; socket.socket(socket.AF_UNIX)") == 0
    assert ends("import socket; socket.socket(socket.AF_BLUETOOTH, 3, 0)") == -31
    assert ends("import os; os.setuid(0)") == -31
    assert ends("import mmap; mmap.mmap(-1, 4096, prot=7)") == -31
    assert ends("import ctypes; ctypes.CDLL(None).unshare(0x20000)") in (-31, -11)
    assert ends("open('/etc/shadow')") == 1
