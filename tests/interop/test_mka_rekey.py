# SPDX-License-Identifier: BSD-3-Clause
"""Fresh SAKs under traffic, against wpa_supplicant and the Linux kernel (see test_mka.py).

The packet numbers are raised, not used up: theirs with `ip macsec set`, ours in macsecd_pn, a
variant of macsecd that only the tests have (raise_pn.c).
"""

import pytest
from appliance import wait_for
from supplicant import LINUX_SERVES, WE_SERVE
from test_mka import roles

PN_THRESHOLD = 0xC0000000  # 802.1X-2020 9.8: a fresh SAK is due


def test_by_hand(agreement, lab):
    """`macsecctl rekey` twice under traffic: no ping is lost."""
    agreement.start(WE_SERVE)
    with lab.steady_pings():
        for _ in range(2):
            agreement.rekeyed(lambda: lab.a.ctl("rekey", "dl0"))
    agreement.assert_counters_agree()


def test_by_hand_is_theirs(agreement, lab):
    """With the peer as key server `macsecctl rekey` is refused and says why."""
    agreement.start(LINUX_SERVES)
    before = lab.a.key_identifier()
    with pytest.raises(RuntimeError, match="peer is key server"):
        lab.a.ctl("rekey", "dl0")
    assert lab.a.key_identifier() == before


@roles
def test_by_packet_number(agreement, lab, priority):
    """Their PN runs out, then ours: whoever is key server makes a fresh SAK; no ping is lost."""
    lab.a.can_raise_pn = True
    agreement.start(priority)
    with lab.steady_pings():
        agreement.rekeyed(lambda: agreement.supplicant.raise_pn(PN_THRESHOLD + 1))
        agreement.rekeyed(lambda: lab.a.raise_pn(PN_THRESHOLD + 1))
        assert lab.a.sa("transmit")["next-pn"] < PN_THRESHOLD
    agreement.assert_counters_agree()


@roles
def test_delay_protection(agreement, lab, priority):
    """Ours is on, hostap's never: it takes our reports of lowest PNs, and nothing is rekeyed."""
    agreement.start(priority, mka={"delay-protect": True})

    def peer():
        return lab.a.link("mka.show")["peers"][0]
    key, first = lab.a.key_identifier(), peer()
    with lab.steady_pings():
        wait_for("five hellos of the peer", lambda: peer()["mi"] != first["mi"]
                 or peer()["mn"] >= first["mn"] + 5, 30)
    assert (peer()["mi"], lab.a.key_identifier()) == (first["mi"], key), \
        "the peer began anew: see why it discards our MKPDUs"
    if priority == WE_SERVE:
        agreement.rekeyed(lambda: lab.a.ctl("rekey", "dl0"))
        lab.burst()
    agreement.assert_counters_agree()
