# SPDX-License-Identifier: BSD-3-Clause
"""Opening ports by specification: what they carry, what they count, how they fail."""

import glob
import os
import re
import threading

import port_lab
import pytest
from port_lab import frame, frames


@pytest.fixture(name="lab")
def fixture_lab():
    lab = port_lab.Lab()
    yield lab
    lab.close()


def assert_refused(probe, *words):
    status, lines = probe.stop()
    errors = [line for line in lines if line.startswith("ERROR")]
    assert status == 1 and len(errors) == 1, lines
    assert all(word in errors[0] for word in words), errors[0]


@pytest.mark.parametrize("mtu", [1500, 1532, 1890, 1900, 2048, 9000])
def test_the_longest_frame_passes_both_ways(lab, mtu):
    name, far = lab.cable(up=False)
    sock = lab.socket(far)
    probe = lab.probe("--mtu", mtu, "--mib", 128, name).ready()
    longest = probe.ports[0]["max_frame_octets"]
    assert longest == 14 + 8 + mtu
    assert longest < probe.ports[0]["truncated_octets"]

    sock.send(frame(longest))
    assert probe.received(longest) == [longest]
    assert probe.ask("tx", 0, longest) == {"tx": 1}
    assert [len(data) for data in frames(sock, longest, 5)] == [longest]


def test_a_frame_longer_than_the_ring_frame_is_recognisable(lab):
    name, far = lab.cable(up=False)
    sock = lab.socket(far)
    probe = lab.probe(name).ready()
    assert probe.ports[0]["cuts_long_frames"]
    limit = probe.ports[0]["truncated_octets"]
    lab.ip("link", "set", name, "mtu", "9000")  # behind its back: else the kernel drops them
    for octets in (limit - 1, limit, limit + 1, 5000, 700):
        sock.send(frame(octets))
    assert probe.received(700) == [limit - 1, limit, limit, limit, 700]


def test_a_vlan_tag_arrives_with_its_frame(lab):
    name, far = lab.cable(up=False)
    sock = lab.socket(far)
    probe = lab.probe(name).ready()
    sock.send(frame(1518, ethertype="81000005" + "88b5"))
    assert probe.received(1518) == [1518]


def test_frames_from_before_the_binding_are_thrown_away(lab):
    """The driver's socket belongs to every interface for a moment."""
    _, other_far = lab.cable()
    name, far = lab.cable(up=False)
    flood, sock = lab.socket(other_far), lab.socket(far)
    is_over = threading.Event()

    def send():
        while not is_over.is_set():
            flood.send(frame(777))

    thread = threading.Thread(target=send)
    thread.start()
    try:
        probe = lab.probe(name).ready()
    finally:
        is_over.set()
        thread.join()
    sock.send(frame(100))
    assert probe.received(100) == [100]


def test_frames_that_this_machine_sends_are_not_received(lab):
    name, far = lab.cable(up=False)
    sock = lab.socket(far)
    probe = lab.probe(name).ready()
    lab.socket(name, side="near").send(frame(200))
    assert [len(data) for data in frames(sock, 200, 5)] == [200]  # it did leave
    sock.send(frame(100))
    assert probe.received(100) == [100]


def test_ip_fragments_arrive_as_they_were_sent(lab):
    """The driver's own socket would put them together, beyond what a frame may be."""
    name, far = lab.cable(up=False)
    sock = lab.socket(far)
    probe = lab.probe(name).ready()
    ip = "4500 {:04x} 1234 {:04x} 40fd {:04x} c0000201 c0000202"
    for length, offset, checksum in ((1420, 0x2000, 0xBE3D), (620, 0x00AF, 0xE0AE)):
        header = bytes.fromhex(ip.format(length, offset, checksum))
        sock.send(frame(14, ethertype="0800") + header.ljust(length, b"\x55"))
    sock.send(frame(100))
    assert probe.received(100) == [1434, 634, 100]


def test_frames_that_find_the_ring_full_are_counted(lab):
    name, far = lab.cable(up=False)
    sock = lab.socket(far)
    probe = lab.probe(name).ready()
    for _ in range(3000):
        sock.send(frame(64))
    received = 0
    while burst := len(probe.ask("rx", 0)["rx"]):
        received += burst
    stats = probe.ask("stats", 0)
    assert stats["rx_frames"] == received == 2048
    assert stats["rx_missed"] == 3000 - 2048
    assert probe.ask("stats", 0)["rx_missed"] == 3000 - 2048


def test_frames_for_a_dead_cable_are_counted(lab):
    name, far = lab.cable(up=False)
    probe = lab.probe(name).ready()
    lab.ip("link", "set", far, "down", side="far")
    assert probe.ask("stats", 0)["tx_errors"] == 0
    probe.ask("tx", 0, 100)
    assert probe.ask("stats", 0)["tx_errors"] == 1


def test_the_link_follows_the_cable(lab):
    name, far = lab.cable(up=False)
    probe = lab.probe(name).ready()
    assert probe.ask("link", 0) == {"link": True}
    lab.ip("link", "set", far, "down", side="far")
    assert probe.ask("link", 0) == {"link": False}


def test_two_ports_close_in_any_order_with_frames_under_way(lab):
    first, _ = lab.cable(up=False)
    second, _ = lab.cable(up=False)
    probe = lab.probe(first, second).ready()
    assert [port["port_id"] for port in probe.ports] == [0, 1]
    probe.ask("tx", 1, 100)
    status, lines = probe.stop()
    assert status == 0 and not [line for line in lines if line.startswith("ERROR")]


def test_ports_can_be_opened_again_and_again(lab):
    """Memory suffices for a few ports only, so that a leaked pool would show."""
    name, far = lab.cable(up=False)
    sock = lab.socket(far)
    probe = lab.probe(name, "net_null0").ready()
    for _ in range(8):
        for port in (0, 1):
            assert probe.ask("reopen", port)["port_id"] == port
    sock.send(frame(100))
    assert probe.received(100) == [100]


def test_buffers_outlive_their_port_while_another_one_holds_them(lab):
    probe = lab.probe("net_null0", "net_ring0").ready()
    assert probe.ask("tx", 1, 99, 0) == {"tx": 1}  # waits in the ring, in a buffer of port 0
    assert probe.ask("close", 0) == {"closed": True}
    assert probe.ask("rx", 1) == {"rx": [99]}
    assert "port_id" in probe.ask("reopen", 0)
    assert probe.stop()[0] == 0


def test_an_mtu_beyond_reason_is_refused(lab):
    assert_refused(lab.probe("--mtu", 65535, "net_null0"), "net_null0", "65535")


def test_one_interface_is_one_port(lab):
    name, _ = lab.cable(up=False)
    before = lab.state(name)
    assert_refused(lab.probe(name, name), name, "already")
    assert lab.state(name) == before
    assert_refused(lab.probe("net_null0", "net_null0,size=64"), "net_null0", "already")


def test_vdevs_open_and_close(lab):
    probe = lab.probe("--mtu", "1532", "net_null0", "net_ring0").ready()
    assert [port["max_frame_octets"] for port in probe.ports] == [1554, 1554]
    assert probe.ask("tx", 1, 99) == {"tx": 1}
    assert probe.ask("rx", 1) == {"rx": [99]}
    assert probe.stop()[0] == 0


def test_a_large_mtu_on_a_vdev_without_scatter_has_long_segments(lab):
    probe = lab.probe("--mtu", "9000", "--mib", "128", "net_null0").ready()
    assert probe.ports[0]["room"] >= 9000 + 22 + 32 + 128


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("ffff:00:00.0", ("ffff:00:00.0", "no such PCI device", "lspci")),
        ("net_nonsense0", ("net_nonsense0", "no driver of this name", "apt-cache")),
        ("eht0", ("eht0", "no such interface", "ip -br link")),
        ("eth0/../x", ("eth0/../x", "neither")),
        ("a-name-that-is-too-long", ("a-name-that-is-too-long", "neither")),
        ("net_af_packet0,iface=eth0", ("eth0", "taken over")),
        ("net_pcap0,rx_iface=eth0,tx_iface=eth0", ("eth0", "taken over")),
    ],
)
def test_a_port_that_cannot_be_is_explained(lab, spec, words):
    assert_refused(lab.probe(spec), "host port", *words)


def test_a_pci_card_of_the_kernel_is_left_to_it(lab):
    for device in glob.glob("/sys/bus/pci/devices/*"):
        with open(f"{device}/class") as file:
            is_network = file.read().startswith("0x02")
        driver = os.path.basename(os.path.realpath(f"{device}/driver"))
        if is_network and driver not in ("driver", "vfio-pci", "mlx5_core", "mlx4_core", "mana"):
            address = os.path.basename(device)
            assert_refused(
                lab.probe(address), address, driver, f"driverctl set-override {address} vfio-pci"
            )
            return
    pytest.skip("no PCI network card with a kernel driver here")


NO_HUGEPAGES = (
    "unshare", "--mount", "sh", "-c",
    'mount -t tmpfs none /sys/kernel/mm/hugepages && exec "$@"', "sh",
)


def test_hugepages_demanded_and_absent_are_one_line_with_the_command(lab):
    probe = lab.probe("net_null0", memory="require", prefix=NO_HUGEPAGES)
    assert_refused(probe, "hugepages", "echo 512 > /proc/sys/vm/nr_hugepages")


def test_hugepages_absent_are_done_without_and_said(lab):
    probe = lab.probe("net_null0", memory="auto", prefix=NO_HUGEPAGES).ready()
    assert not probe.hugepages
    assert any("without hugepages" in line for line in probe.stop()[1])


def test_eal_is_quiet_and_pins_nothing(lab):
    probe = lab.probe("net_null0").ready()
    pid = probe.process.pid
    affinity = re.compile(r"Cpus_allowed_list:\s*(\S+)")
    with open(f"/proc/{pid}/status") as one, open("/proc/self/status") as other:
        assert affinity.search(one.read()).group(1) == affinity.search(other.read()).group(1)
    status, lines = probe.stop()
    assert status == 0
    assert all(line.startswith("INFO dpdk: memory") for line in lines), lines
