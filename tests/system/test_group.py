# SPDX-License-Identifier: BSD-3-Clause
"""Group CAs with XPN: three and eight appliances on one bridge, every pair through the SecYs."""

from itertools import combinations

import pytest
from hub import Hub
from wire import Pump

XPN = {"macsec": {"cipher-suite": "gcm-aes-xpn-256"}}


def sscis(member):
    """{SCI: SSCI} of the SAs that a member holds for the SAK it transmits with."""
    sas = member.link("sa.show")["sas"]
    an = next(sa["an"] for sa in sas if sa["direction"] == "transmit" and sa["in-use"])
    return {sa["sci"]: sa["ssci"] for sa in sas if sa["an"] == an}


def assert_one_numbering(members):
    """SSCIs are distinct, run from 1, and the greatest SCI has the least one, in every member."""
    tables = [sscis(member) for member in members]
    assert all(table == tables[0] for table in tables), tables
    ordered = sorted(tables[0], reverse=True)
    assert [tables[0][sci] for sci in ordered] == list(range(1, len(members) + 1))


def assert_nothing_amiss(hub, members=None):
    """Nothing left a line port unprotected, and no frame failed the SecY's checks."""
    for tap in hub.taps:
        assert tap.read()["in", "other"] == 0, [one[:40].hex() for one in tap.others("in")]
    hub.assert_tshark_decodes_all()
    for member in members or hub.members:
        member.balanced()
        counters = member.counters()["validate"]
        for word in ("in-pkts-not-valid", "in-pkts-bad-tag", "in-pkts-late"):
            assert counters[word] == 0, f"{member.name}: {word} {counters[word]}"


@pytest.mark.parametrize("size", (3, 8))
def test_every_pair_exchanges_frames(size):
    """All members come to one SAK, number their SSCIs alike, and every pair of hosts talks."""
    with Hub(size) as hub:
        hub.start(link=XPN)
        hub.wait_agreed()
        assert_one_numbering(hub.members)
        for near, far in combinations(range(1, size + 1), 2):
            hub.ping(near, far)
        assert_nothing_amiss(hub)


def test_a_member_joins_and_leaves_without_a_lost_frame():
    """A third member brings a fresh SAK, its going none; the two others' traffic loses nothing."""
    with Hub(3) as hub:
        pair, third = hub.members[:2], hub.members[2]
        hub.start(pair, XPN)
        first = hub.wait_agreed(pair)
        pump = Pump((hub.hosts[0], "eth0"), (hub.hosts[1], "eth0"))
        pump.start()
        hub.start([third], XPN)
        second = hub.wait_agreed()
        assert second != first, "membership grew: the SAK must be a fresh one"
        assert_one_numbering(hub.members)
        hub.ping(3, 1)
        third.stop()
        # the others notice after a life time, and go on with the SAK they have
        assert hub.wait_agreed(pair) == second
        pump.stop()
        print(f"{pump.sent} frames while a member joined and left: {pump.lost} lost")
        assert (pump.lost, pump.reordered) == (0, 0) and pump.received > 0
        assert_nothing_amiss(hub, pair)


def test_the_key_server_is_lost_and_returns():
    """Killed and started again, with two others' traffic under way: those lose no frame."""
    with Hub(3) as hub:
        server, rest = hub.members[0], hub.members[1:]
        hub.start(link=XPN)
        first = hub.wait_agreed()
        assert server.link("mka.show")["key-server"]
        pump = Pump((hub.hosts[1], "eth0"), (hub.hosts[2], "eth0"))
        pump.start()
        server.process.kill()
        server.process.wait()
        second = hub.wait_agreed(rest)
        assert second != first and rest[0].link("mka.show")["key-server"]
        server.start()
        third = hub.wait_agreed()
        assert third not in (first, second) and server.link("mka.show")["key-server"]
        hub.ping(1, 2)
        pump.stop()
        print(f"{pump.sent} frames while the key server was lost and returned: {pump.lost} lost")
        assert (pump.lost, pump.reordered) == (0, 0) and pump.received > 0
        assert_nothing_amiss(hub, rest)
