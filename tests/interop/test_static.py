# SPDX-License-Identifier: BSD-3-Clause
"""The data plane against the Linux kernel's MACsec, keys set by hand: no MKA is involved.

Run against the MACsec of Debian's own kernel (6.1 on Debian 12, 6.12 on Debian 13), in QEMU; the
first line of the run says which. Linux has the encoding end, the validating end, the replay window
and the counters of each case; what both ends count must be the same to the frame and octet.
"""

import pytest
from appliance import wait_for
from both_counters import losses, sent_and_validated
from frames import Sender, is_macsec, sectag
from lab import OFFICE_IP
from peer_lab import GUEST_SCI
from static_peers import AN, KEY, SUITES, StaticPeers, port_sci
from wire import Sniffer

XPN_SUITES = SUITES[2:]


class Wire:
    """The MACsec frames of both directions, and a way to say them again."""

    def __init__(self, lab):
        line = lab.spaces["line"]
        self.from_us, self.from_them = Sniffer(line, "p0"), Sniffer(line, "p1")
        self.to_us, self.to_them = Sender(line, "p0"), Sender(line, "p1")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for end in (self.from_us, self.from_them, self.to_us, self.to_them):
            end.close()

    @staticmethod
    def secured(sniffer):
        """{wire PN: frame} of what has passed."""
        return {sectag(frame).pn: frame for frame in sniffer.frames() if is_macsec(frame)}


def assert_agreed(peers):
    """Both ends counted the same, some, and lost nothing."""
    ours, theirs = peers.counters(), peers.macsec()
    figures = sent_and_validated(ours, theirs)
    assert all(sent == validated for sent, validated in figures.values()), figures
    assert figures["frames from us"][0] >= 200 and figures["frames from them"][0] >= 200
    assert not losses(ours, theirs)
    assert theirs["InPktsNoTag"] == 0
    assert not {word: n for word, n in ours["protect"].items() if word.startswith("drop-") and n}


def assert_tags(frames, peers, sci, has_sci=True, end_station=False):
    for frame in frames.values():
        tag = sectag(frame)
        assert (tag.version, tag.single_copy, tag.end_station) == (0, False, end_station)
        assert (tag.encrypted, tag.changed) == (peers.encrypt, peers.encrypt)
        assert (tag.has_sci, tag.sci, tag.an) == (has_sci, sci if has_sci else "", AN)


def cross(lab):
    """Both directions: a burst of small frames, the smallest there are, and full ones."""
    lab.burst()
    lab.burst(size=0, count=20, ahead=5)
    lab.burst(size=1472, count=50, ahead=20)


@pytest.mark.parametrize("window", (0, 64))
@pytest.mark.parametrize("encrypt", (True, False), ids=("encrypt", "integrity"))
@pytest.mark.parametrize("suite", SUITES)
def test_suite(lab, suite, encrypt, window):
    """Each suite both ways with the SCI sent; both ends draw the replay window at the same PN."""
    with Wire(lab) as wire, StaticPeers(lab, suite, encrypt, window) as peers:
        cross(lab)
        assert_agreed(peers)
        from_us, from_them = wire.secured(wire.from_us), wire.secured(wire.from_them)
        assert_tags(from_us, peers, peers.sci)
        assert_tags(from_them, peers, GUEST_SCI)
        for frames in (from_us, from_them):
            assert sorted(frames) == list(range(1, len(frames) + 1))

        before, their_before = peers.counters(), peers.macsec()["rx_sc"][0]
        again = int(window > 0)  # frames in the window are not replay protected
        for sender, frames in ((wire.to_us, from_them), (wire.to_them, from_us)):
            lowest = len(frames) + 1 - window
            sender.send(*[frames[pn] for pn in (lowest - 1, lowest) if pn in frames])

        def our_verdict():
            validate = peers.counters()["validate"]
            return (validate["in-pkts-late"], validate["in-pkts-ok"]
                    - before["validate"]["in-pkts-ok"])

        def their_verdict():
            received = peers.macsec()["rx_sc"][0]
            return received["InPktsLate"], received["InPktsOK"] - their_before["InPktsOK"]
        # an echo request that the guest takes again is answered again
        wait_for("we draw the line there", lambda: our_verdict() == (1, 2 * again))
        wait_for("they draw the line there", lambda: their_verdict() == (1, again))
    lab.assert_only_macsec_on_the_line()
    assert peers.status == 0, peers.log()


@pytest.mark.parametrize("end_station", (False, True), ids=("plain", "end-station"))
@pytest.mark.parametrize("suite", ("gcm-aes-128", "gcm-aes-xpn-256"))
def test_sci_left_out_by_linux(lab, suite, end_station):
    """Frames without SCI: with ES it is the source's, without it that of the one peer there is."""
    words = f"send_sci off end_station {'on' if end_station else 'off'}"
    with Wire(lab) as wire, StaticPeers(lab, suite, linux_words=words) as peers:
        cross(lab)
        assert_agreed(peers)
        assert_tags(wire.secured(wire.from_them), peers, GUEST_SCI, has_sci=False,
                    end_station=end_station)
        assert_tags(wire.secured(wire.from_us), peers, peers.sci)
    assert peers.status == 0, peers.log()


@pytest.mark.parametrize("suite", ("gcm-aes-256", "gcm-aes-xpn-128"))
def test_sci_left_out_by_us(lab, suite):
    """Linux takes the SCI from the source address, which is the host's behind us: ours is that."""
    sci = port_sci(lab.mac("office"))
    with Wire(lab) as wire, StaticPeers(lab, suite, sci=sci, include_sci=False) as peers:
        cross(lab)
        assert_agreed(peers)
        assert_tags(wire.secured(wire.from_us), peers, sci, has_sci=False)
    assert peers.status == 0, peers.log()


@pytest.mark.parametrize("upper", (1, 0x100))
@pytest.mark.parametrize("suite", XPN_SUITES)
def test_extended_packet_numbers(lab, suite, upper):
    """Within a burst the lower half of the PN wraps, at both ends: PN 0 is on the wire."""
    with Wire(lab) as wire, StaticPeers(lab, suite, next_pn=(upper << 32) - 100) as peers:
        cross(lab)
        assert_agreed(peers)
        for sniffer in (wire.from_us, wire.from_them):
            assert {2**32 - 1, 0, 1} <= set(wire.secured(sniffer))
    assert peers.status == 0, peers.log()


@pytest.mark.parametrize("suite", ("gcm-aes-256", "gcm-aes-xpn-256"))
def test_wrong_key(lab, suite):
    """One bit of the key: nothing crosses, and both ends say why."""
    with StaticPeers(lab, suite, linux_key=bytes([KEY[0] ^ 1]) + KEY[1:]) as peers:
        lab.guest.run(f"ping -c 1 -W 1 {OFFICE_IP}", check=False)
        lab.assert_nothing_crosses()
        assert peers.counters()["validate"]["in-pkts-not-valid"] > 0
        assert peers.counters()["validate"]["in-pkts-ok"] == 0
        received = peers.macsec()["rx_sc"][0]
        assert received["InPktsNotValid"] > 0 and received["InPktsOK"] == 0
