# SPDX-License-Identifier: BSD-3-Clause
"""MKA against hostap: wpa_supplicant with the driver macsec_linux over the Linux kernel's MACsec.

Run against wpa_supplicant 2.10 of Debian 12 and 13 on Debian's own kernel (6.1 and 6.12), in QEMU;
the first line of the run says which. That one has GCM-AES-128, one CAK and MKA version 1.
"""

import json

import pytest
from appliance import wait_for
from peer_lab import CAK, OTHER_CAK
from supplicant import LINUX_SERVES, WE_SERVE

LIFE_S = 6.0  # 802.1X-2020 Table 9-3
roles = pytest.mark.parametrize("priority", (WE_SERVE, LINUX_SERVES),
                                ids=("we-serve", "linux-serves"))


@pytest.mark.parametrize("encrypt", (True, False), ids=("encrypt", "integrity"))
@roles
def test_secured(agreement, lab, priority, encrypt):
    """Ping and TCP cross both ways; the counters of both ends are the same."""
    agreement.start(priority, {"encryption": encrypt}, macsec_integ_only=int(not encrypt),
                    macsec_replay_protect=1, macsec_replay_window=0)
    shown = agreement.supplicant.macsec()
    assert (shown["encrypt"], shown["replay"]) == (encrypt, True)
    lab.burst()
    lab.stream()
    lab.burst(size=1472, count=50, ahead=20)
    agreement.assert_counters_agree(at_least=1000)
    lab.assert_only_macsec_on_the_line()
    mka = lab.a.link("mka.show")
    assert not any(mka["refused"].values()), mka["last-refusal"]


@pytest.mark.parametrize("ckn_octets, cak_octets", ((1, 16), (16, 16), (32, 16), (32, 32)))
def test_key_lengths(agreement, lab, ckn_octets, cak_octets):
    """CKNs of 1 to 32 octets, CAKs of 128 and 256 bits."""
    ckn, cak = bytes(range(0xA0, 0xA0 + ckn_octets)).hex(), CAK * (cak_octets // 16)
    lab.a.write_key(cak)
    agreement.start(WE_SERVE, mka={"primary": {"ckn": json.dumps(ckn)}}, cak=cak, ckn=ckn)
    assert lab.a.link("mka.show")["ckn"] == ckn
    lab.burst()
    agreement.assert_counters_agree()


@pytest.mark.parametrize("priority, signal", ((WE_SERVE, "TERM"), (LINUX_SERVES, "KILL")),
                         ids=("we-serve", "linux-serves"))
def test_their_restart(agreement, lab, priority, signal):
    """A peer that comes again with the same SCI and a new MI is secured again with a fresh SAK."""
    agreement.start(priority)
    before = lab.a.key_identifier()
    agreement.restart_supplicant(priority, signal)
    seconds = agreement.wait_secured(before)
    if priority == WE_SERVE:
        assert seconds < LIFE_S  # it is not the old MI's life time that is waited for
    lab.burst()
    agreement.assert_server(priority == WE_SERVE)
    lab.assert_only_macsec_on_the_line()


@pytest.mark.parametrize("priority, signal", ((WE_SERVE, 9), (LINUX_SERVES, 15)),
                         ids=("we-serve", "linux-serves"))
def test_our_restart(agreement, lab, priority, signal):
    """We come again with a new MI, and take or make a fresh SAK."""
    agreement.start(priority)
    before = lab.a.key_identifier()
    lab.burst()
    lab.a.stop(signal)
    lab.a.start()
    agreement.wait_secured(before)
    lab.burst()
    agreement.assert_server(priority == WE_SERVE)
    lab.assert_only_macsec_on_the_line()


def test_key_server_change(agreement, lab):
    """The peer takes over with a better priority, and we take back."""
    agreement.start(WE_SERVE)
    for priority in (LINUX_SERVES, WE_SERVE):
        agreement.rekeyed(lambda better=priority: agreement.restart_supplicant(better))
        agreement.assert_server(priority == WE_SERVE)
        lab.burst()
    lab.assert_only_macsec_on_the_line()


def test_silence(agreement, lab):
    """The peer's machine stands still: after a life time nothing is secured; then it comes back."""
    agreement.start(WE_SERVE)
    before = lab.a.key_identifier()
    lab.guest.freeze()
    try:
        wait_for("we give the peer up", lambda: lab.a.state() == "negotiating", 3 * LIFE_S)
    finally:
        lab.guest.thaw()
    agreement.wait_secured(before)
    lab.burst()
    lab.assert_only_macsec_on_the_line()


def agreed_ckn(lab):
    """The name of the CAK whose SAK we transmit with."""
    sak = lab.a.link("mka.show")["latest-sak"]
    return sak["ckn"] if sak and sak["transmits"] else None


@roles
def test_fallback(agreement, lab, priority):
    """A peer that only knows our fallback CAK is secured with it, and with the primary later on."""
    agreement.start(priority, mka={"fallback": lab.a.cak("bb02", OTHER_CAK)},
                    cak=OTHER_CAK, ckn="bb02")
    assert agreed_ckn(lab) == "bb02"
    lab.burst()
    agreement.rekeyed(lambda: agreement.restart_supplicant(priority))
    assert agreed_ckn(lab) == "aa01"
    lab.burst()
    lab.assert_only_macsec_on_the_line()
