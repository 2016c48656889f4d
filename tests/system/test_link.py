# SPDX-License-Identifier: BSD-3-Clause
"""A secured link in every way it can be configured: what goes in comes out, and how it crosses."""

import pytest
from frames import MARK, Path, Sender, is_macsec, plain, sectag
from wire import Pump, Sniffer

SUITES = ("gcm-aes-128", "gcm-aes-256", "gcm-aes-xpn-128", "gcm-aes-xpn-256")
SIZES = (60, 64, 65, 127, 590, 1500, 1514)
SECURED_LIMIT_MS = 2500  # 5 times what the simulation demands: this is wall clock


def assert_nothing_lost(lab):
    lab.assert_balanced()
    lab.assert_only_macsec_on_the_line()
    for end in (lab.a, lab.b):
        # the first frames of kernels and of tests may have come before the link was secured
        lost = {reason: n for reason, n in end.drops().items() if "drop-no-tx-sa" not in reason}
        assert not lost, f"macsecd {end.name} dropped {lost}"


@pytest.mark.parametrize("encryption", (True, False), ids=("encrypt", "integrity"))
@pytest.mark.parametrize("suite", SUITES)
def test_suite(lab, suite, encryption):
    """Each suite, encrypting and integrity only: frames of all sizes cross unchanged."""
    milliseconds = lab.start({"macsec": {"cipher-suite": suite, "encryption": encryption}})
    assert milliseconds < SECURED_LIMIT_MS
    assert lab.a.link("mka.show")["cipher-suite"] == suite
    sci = lab.a.link("mka.show")["sci"]
    with Path(lab) as path:
        numbers = []
        for size in SIZES:
            frame = plain(size)
            wire = path.cross(frame)
            tag = sectag(wire)
            assert (tag.version, tag.end_station, tag.single_copy) == (0, False, False)
            assert (tag.encrypted, tag.changed) == (encryption, encryption)
            assert (tag.has_sci, tag.sci) == (True, sci)
            assert len(wire) == size + 16 + 16
            assert tag.short_length == (size - 12 if size - 12 < 48 else 0)
            assert (MARK[:12] in tag.secured) != encryption
            numbers.append(tag.pn)
        assert all(after > before for before, after in zip(numbers, numbers[1:]))
    lab.ping()
    word = "encrypted" if encryption else "protected"
    assert lab.a.counted("protect", f"out-pkts-{word}") >= len(SIZES)
    assert lab.b.counted("validate", "in-pkts-ok") >= len(SIZES)
    assert_nothing_lost(lab)


@pytest.mark.parametrize("offset", (30, 50))
def test_confidentiality_offset(lab, offset):
    """The first octets of the user data stay readable, the others do not."""
    lab.start({"macsec": {"cipher-suite": "gcm-aes-256", "confidentiality-offset": offset}})
    with Path(lab) as path:
        for size in (60, 61, 62, 200, 1514):  # 60: 48 octets of user data, less than offset 50
            frame = plain(size)
            user, tag = frame[12:], sectag(path.cross(frame))
            assert tag.secured[:min(offset, len(user))] == user[:offset]
            if len(user) >= offset + 8:
                assert tag.secured[offset:len(user)] != user[offset:]
    assert_nothing_lost(lab)


@pytest.mark.parametrize("in_clear", (0, 1, 2))
def test_vlan_in_clear(lab, in_clear):
    """As many VLAN tags as configured stand before the SecTAG, further ones behind it."""
    lab.start({"macsec": {"vlan-in-clear": in_clear}})
    with Path(lab) as path:
        # no 88-A8: the kernel takes the outer tag off and af_packet puts it back as 81-00
        for tags in ((), ((0x8100, 42),), ((0x8100, 7), (0x8100, 42))):
            frame = plain(300, tags=tags)
            wire = path.cross(frame)
            clear = 12 + 4 * min(in_clear, len(tags))
            assert wire[:clear] == frame[:clear]
            tag = sectag(wire, clear)
            assert MARK[:12] not in tag.secured
            assert len(wire) == 300 + 32
    lab.assert_balanced()


def test_sci_left_out(lab):
    """include-sci false: 8 octets less, and the peer knows whose frames they are."""
    lab.start({"macsec": {"include-sci": False}})
    with Path(lab) as path:
        for size in SIZES:
            wire = path.cross(plain(size))
            assert not sectag(wire).has_sci
            assert len(wire) == size + 8 + 16
    assert_nothing_lost(lab)


def test_jumbo(lab):
    """Frames with 9000 octets of payload cross, 1518 to 9014 octets long."""
    with lab.host_mtu(9000):
        lab.start({"mtu": 9000})
        with Path(lab) as path:
            for size in (1518, 2048, 4096, 8192, 9000, 9014):
                assert len(path.cross(plain(size))) == size + 32
        lab.ping(size=8972)
        assert_nothing_lost(lab)


def test_too_long(lab):
    """A frame above the MTU is dropped and counted, and nothing of it leaves the line port."""
    with lab.host_mtu(4000):
        lab.start({"mtu": 1500})
        with Path(lab) as path:
            # 1522 octets: the MTU and two VLAN tags. Far longer ones a veth itself refuses.
            path.sender.send(plain(1524), plain(1526))
            path.cross(plain(1514))  # asserts that only this one went by
            path.cross(plain(1522, tags=((0x8100, 7), (0x8100, 42))))
        drops = {reason: n for reason, n in lab.a.drops().items() if "no-tx-sa" not in reason}
        assert sum(drops.values()) == 2, drops
        assert set(drops) <= {"protect out-pkts-too-long", "protect drop-truncated"}, drops
        assert not lab.b.drops()
        lab.assert_balanced()


def test_short_and_padded(lab):
    """A short frame has an SL, so that padding added on the way is taken off again."""
    lab.start()
    to_b = Sender(lab.spaces["line"], "p1")
    with Path(lab) as path:
        for size in (15, 20, 40, 59):
            frame = plain(size)
            with lab.cut("p0"):
                path.sender.send(frame)
                wire = path.line.wait(is_macsec)
            assert wire is not None
            tag = sectag(wire)
            assert tag.short_length == size - 12
            to_b.send(wire + bytes(max(8, 60 - len(wire))))
            assert path.cloud.wait(lambda got, want=frame: got[:len(want)] == want
                                   and not any(got[len(want):]))
    to_b.close()
    assert lab.b.counted("validate", "in-pkts-ok") >= 4
    assert_nothing_lost(lab)


LLDP = bytes.fromhex("0180c200000e02aa0000000188cc") + b"lldp" + bytes(42)
LACP = bytes.fromhex("0180c200000202aa000000018809") + b"lacp" + bytes(42)


def test_bypass(lab):
    """Named protocols cross in clear, both ways; others are protected; all are counted."""
    lab.start({"macsec": {"bypass": ["lldp"]}})
    with Path(lab) as path:
        path.sender.send(LLDP)
        assert path.cloud.wait(lambda got: got == LLDP)
        assert LLDP in path.line.frames()
        path.cross(LACP)
        back = Sender(lab.spaces["cloud"], "eth0")
        office = Sniffer(lab.spaces["office"], "eth0")
        back.send(LLDP)
        assert office.wait(lambda got: got == LLDP)
        back.close()
        office.close()
    for end in (lab.a, lab.b):
        assert end.counted("protect", "bypassed") == 1
        assert end.counted("validate", "bypassed") == 1
    lab.assert_balanced()


def test_bypassed_and_too_long(lab):
    """What crosses in clear is held to the host port's MTU too: counted as lost, never as sent."""
    lab.start({"macsec": {"bypass": ["lldp"]}})
    with Path(lab) as path:
        line = Sender(lab.spaces["line"], "p1")
        line.send(LLDP + bytes(1540 - len(LLDP)))  # fits the line's MTU, not the host's
        path.cross(plain(100))
        line.close()
    assert lab.b.counted("validate", "drop-too-long") == 1
    assert lab.b.counted("validate", "bypassed") == 1
    lab.assert_balanced()


def test_eapol_from_the_host(lab):
    """EAPOL from the host port never crosses: only macsecd speaks MKA."""
    lab.start()
    start = (bytes.fromhex("0180c200000302aa00000001888e03010000") + b"from-the-host"
             + bytes(29))
    with Path(lab) as path:
        path.sender.send(*[start] * 5)
        path.cross(plain(100))  # behind them in the same queue, so they are done with
        assert not [got for got in path.line.frames() if b"from-the-host" in got]
        assert not [got for got in path.cloud.frames() if b"from-the-host" in got]
    assert lab.a.counted("protect", "drop-host-eapol") == 5
    lab.assert_balanced()
    lab.assert_only_macsec_on_the_line()


def test_should_secure(lab):
    """should-secure: in clear until the peer is there, then protected without a gap to clear."""
    lab.configure({"macsec": {"policy": "should-secure"}})
    lab.a.start()
    frame = plain(200)
    with Path(lab) as path:
        path.sender.send(frame)
        assert path.line.wait(lambda got: got == frame), "nothing crosses before the peer is there"
        assert lab.a.state() == "clear"
        lab.b.start()
        lab.wait_secured()
        path.line.frames()
        assert MARK[:12] not in path.cross(frame)
    lab.assert_balanced()


def test_two_workers_keep_the_order(lab):
    """Two workers on each lane and a replay window of 0: nothing late, nothing out of order."""
    workers = {"protect": [0, 1], "validate": [0, 1]}
    lab.start({"workers": workers, "macsec": {"replay-window": 0}})
    pump = Pump((lab.spaces["office"], "eth0"), (lab.spaces["cloud"], "eth0"), window=64)
    pump.start()
    for _ in range(2):
        lab.rekey()
    pump.stop()
    assert (pump.lost, pump.reordered) == (0, 0)
    assert pump.received == pump.sent > 1000
    assert_nothing_lost(lab)
