# SPDX-License-Identifier: BSD-3-Clause
"""What cannot be agreed with wpa_supplicant and Linux (see test_mka.py), and what we say of it.

Nothing that is not protected crosses, and the operator is told why nothing does.
"""

import re

from appliance import wait_for
from peer_lab import OTHER_CAK
from supplicant import LINUX_SERVES, WE_SERVE


def last_refusal(lab, reason, at_least=3):
    """Waits until so many MKPDUs were refused for the reason; what is said of the last one."""
    wait_for(f"{at_least} MKPDUs are refused: {reason}",
             lambda: lab.a.link("mka.show")["refused"][reason] >= at_least, 30)
    return lab.a.link("mka.show")["last-refusal"]


def assert_recovers(agreement, lab):
    """The right key at the peer, and all is well."""
    agreement.restart_supplicant(WE_SERVE)
    agreement.wait_secured()
    lab.burst()
    lab.assert_only_macsec_on_the_line()


def test_cak_mismatch(agreement, lab):
    """The same name for another key: nothing is secured, and we say that the CAK differs."""
    agreement.configure()
    lab.a.start()
    agreement.supplicant.start(WE_SERVE, cak=OTHER_CAK)
    text = last_refusal(lab, "icv")
    assert re.search(r"ICV.*CAK", text), text
    agreement.assert_unsecured()
    assert "CAK" in lab.a.link()["problem"]
    assert_recovers(agreement, lab)


def test_ckn_mismatch(agreement, lab):
    """Another name: nothing is secured, and we say so."""
    agreement.configure()
    lab.a.start()
    agreement.supplicant.start(WE_SERVE, ckn="bb02")
    text = last_refusal(lab, "ckn-unknown")
    assert re.search(r"no CAK of that name|BB02", text, re.IGNORECASE), text
    agreement.assert_unsecured()
    assert lab.a.link()["problem"]
    assert_recovers(agreement, lab)


def test_integrity_is_not_enough(agreement, lab):
    """We are to encrypt, the peer serves a SAK for integrity only: it is not used."""
    agreement.configure()
    lab.a.start()
    agreement.supplicant.start(LINUX_SERVES, macsec_integ_only=1)
    assert "integrity only" in last_refusal(lab, "sak-refused")
    assert lab.a.state() == "negotiating" and lab.a.key_identifier() is None
    assert "encryption" in lab.a.link()["problem"]
    lab.address_guest()
    lab.assert_nothing_crosses()


def test_offset_needs_the_capability(agreement, lab):
    """A confidentiality offset is not served to a peer that has none."""
    agreement.start(WE_SERVE, {"confidentiality-offset": 30})
    assert lab.a.sa("transmit")["confidentiality-offset"] == 0
    lab.burst()
    agreement.assert_counters_agree()


def test_suite_that_they_lack(agreement, lab):
    """The peer cannot use our SAK: also after the transmit delay we say that nothing crosses."""
    agreement.configure({"cipher-suite": "gcm-aes-xpn-256"})
    agreement.supplicant.start(WE_SERVE)
    lab.a.start()
    wait_for("the transmit delay is over", lab.a.key_identifier, 30)
    lab.address_guest()
    lab.assert_nothing_crosses()
    assert "does not take our SAK" in lab.a.link()["problem"]
    lab.assert_only_macsec_on_the_line()
