# SPDX-License-Identifier: BSD-3-Clause
"""A Linux interface is taken over completely, given back exactly, and silent in between."""

import glob
import os
import re

import port_lab
import pytest
from port_lab import frame, frames

RS = frame(70, "333300000002", "86dd")


@pytest.fixture(name="lab")
def fixture_lab():
    lab = port_lab.Lab()
    yield lab
    lab.close()


def assert_taken(state, mtu):
    assert state["NOARP"] and state["PROMISC"] and state["UP"]
    assert state["MTU"] == mtu
    assert [state[setting] for setting in port_lab.SETTINGS] == ["1", "1", "0"]
    harmful = ("segmentation", "checksum", "gro", "lro", "vlan", "-gso")
    on = [
        name
        for name, value in state.items()
        if any(word in name for word in harmful) and value == "on"
    ]
    assert on == []


@pytest.mark.parametrize("up", [True, False], ids=["up", "down"])
def test_everything_is_changed_and_put_back(lab, up):
    name, _ = lab.cable(up)
    lab.ip("link", "set", name, "mtu", "1400")
    port_lab.run("ip", "netns", "exec", lab.near, "ethtool", "-K", name, "tso", "off", "gro", "on")
    before = lab.state(name)

    probe = lab.probe("--mtu", "1532", name).ready()
    assert_taken(lab.state(name), 1540)  # two VLAN tags on top
    status, _ = probe.stop()

    assert status == 0
    assert lab.state(name) == before


def test_what_was_so_before_stays_so_after(lab):
    name, _ = lab.cable()
    lab.ip("link", "set", name, "arp", "off", "promisc", "on", "mtu", "1508")
    with port_lab.inside(lab.near):
        for setting, value in zip(port_lab.SETTINGS, "110"):
            with open("/proc/sys/net/" + setting.format(name), "w") as file:
                file.write(value)
    before = lab.state(name)

    lab.probe(name).ready().stop()
    assert lab.state(name) == before


def test_mtu_across_1280_keeps_the_ipv6_setting(lab):
    """The kernel drops an interface's IPv6 settings below 1280 octets, and makes new ones above."""
    name, _ = lab.cable()
    lab.probe("--mtu", "1000", name).ready().stop()
    with port_lab.inside(lab.near):
        with open(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6", "w") as file:
            file.write("1")
    before = lab.state(name)
    lab.probe("--mtu", "1000", name).ready().stop()
    assert lab.state(name) == before


REFUSED = {
    "ipv4-address": ("address add 192.0.2.1/24 dev {}", "address 192.0.2.1",
                     "address flush dev {}"),
    "ipv6-address": ("address add 2001:db8::1/64 dev {}", "2001:db8::1", "address flush dev {}"),
    "bridge-member": ("link set {} master br0", "member of br0", "link set dev {} nomaster"),
    "macvlan-on-it": ("link add v5 link {} type macvlan", "carries v5", "link delete v5"),
    "route": ("route add 198.51.100.0/24 dev {}", "routes through", "route flush dev {}"),
    "loopback": ("link set lo up", "loopback", "link"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_interface_in_use_is_refused_and_left_alone(lab, case):
    command, what, fix = REFUSED[case]
    name, _ = lab.cable()
    if case == "bridge-member":
        lab.ip("link", "add", "br0", "type", "bridge")
    lab.ip(*command.format(name).split())
    if case == "loopback":
        name = "lo"
    before = lab.state(name)

    status, lines = lab.probe(name).stop()

    errors = [line for line in lines if line.startswith("ERROR")]
    assert status == 1 and len(errors) == 1, lines
    assert name in errors[0] and what in errors[0] and fix.format(name) in errors[0]
    assert lab.state(name) == before


def test_a_failure_half_way_gives_the_interface_back(lab):
    name, _ = lab.cable()
    before = lab.state(name)
    status, lines = lab.probe("--mib", "16", "--mtu", "9000", name).stop()
    assert status == 1
    assert "no memory for its" in lines[-1] and name in lines[-1]
    assert lab.state(name) == before


def test_an_mtu_beyond_the_device_is_refused(lab):
    near, _ = lab.cable()
    lab.ip("link", "set", near, "mtu", "1600")
    lab.ip("link", "add", "mac9", "link", near, "type", "macvlan")  # at most its parent's MTU
    before = lab.state("mac9")
    status, lines = lab.probe("--mtu", "9000", "mac9").stop()
    assert status == 1
    assert "mac9" in lines[-1] and "mtu" in lines[-1].lower()
    assert lab.state("mac9") == before


def test_a_second_process_cannot_take_it(lab):
    name, far = lab.cable(up=False)
    first = lab.probe(name).ready()
    taken = lab.state(name)
    status, lines = lab.probe(name).stop()
    assert status == 1
    assert name in lines[-1] and "another macsecd" in lines[-1]
    assert lab.state(name) == taken
    lab.socket(far).send(frame(100))
    first.received(100)


def test_missing_rights_are_named(lab):
    name, _ = lab.cable()
    before = lab.state(name)
    status, lines = lab.probe(name, prefix=("setpriv", "--bounding-set", "-net_admin")).stop()
    assert status == 1
    assert name in lines[-1] and "CAP_NET_ADMIN" in lines[-1]
    assert lab.state(name) == before


def test_an_interface_that_vanishes_is_no_error(lab):
    name, _ = lab.cable()
    probe = lab.probe(name).ready()
    lab.ip("link", "delete", name)
    assert probe.ask("link", 0) == {"link": False}
    status, lines = probe.stop()
    assert status == 0
    assert not [line for line in lines if line.startswith("ERROR")]


def provoke(sock):
    """What a kernel would answer: neighbours, routers, listeners, echo."""
    for ethertype in ("0806", "0800", "86dd"):
        sock.send(frame(60, "ffffffffffff", ethertype))
    arp = frame(14, ethertype="0806") + bytes.fromhex(
        "0001080006040001" "020000000001" "c0000202" "000000000000" "c0000201"
    )
    sock.send(arp.ljust(60, b"\0"))
    sock.send(RS)


@pytest.mark.parametrize("killed", [False, True], ids=["held", "killed"])
def test_the_kernel_is_silent_on_it(lab, killed):
    """A second interface that is left alone shows that the capture would have seen frames."""
    taken, far_taken = lab.cable(up=False)
    alone, far_alone = lab.cable(up=False)
    seen_taken, seen_alone = lab.socket(far_taken), lab.socket(far_alone)

    probe = lab.probe(taken).ready()
    lab.ip("link", "set", alone, "up")
    if killed:
        probe.kill()
    for sock in (seen_taken, seen_alone):
        provoke(sock)
    assert len(frames(seen_alone, seconds=3)) > 0
    assert frames(seen_taken, seconds=0.01) == []


def test_an_interface_that_was_up_sends_nothing_more_once_it_is_taken(lab):
    name, far = lab.cable()
    frames(lab.socket(far), seconds=0.3)
    lab.probe(name).ready()
    seen = lab.socket(far)
    lab.ip("link", "set", name, "mtu", "1600")  # an event that could wake IPv6
    provoke(seen)
    assert frames(seen, seconds=2.5) == []


def listing():
    """What DPDK or the probe could have made; other programs make files of their own there."""
    paths = set()
    for place in ("/run", "/tmp", "/dev/hugepages"):
        paths |= set(glob.glob(f"{place}/*")) | set(glob.glob(f"{place}/*/*"))
    return {path for path in paths if re.search("dpdk|rte|probe", path)}


@pytest.mark.parametrize("end", ["stop", "kill"])
@pytest.mark.parametrize("memory", ["none", "require"])
def test_nothing_is_left_on_disk(lab, tmp_path, memory, end):
    name, _ = lab.cable()
    if memory == "require":
        with open("/proc/meminfo") as file:
            if "HugePages_Free:        0" in file.read():
                pytest.skip("no free hugepages: echo 64 > /proc/sys/vm/nr_hugepages")
    before = listing()
    probe = lab.probe("--run-dir", str(tmp_path), name, memory=memory).ready()
    pid = probe.process.pid
    held = [os.path.realpath(path) for path in glob.glob(f"/proc/{pid}/fd/*")]
    getattr(probe, end)()

    assert listing() - before == set()
    assert os.listdir(tmp_path) == []
    assert [path for path in held if path.startswith(("/run", "/tmp", "/dev/hugepages"))] == []
