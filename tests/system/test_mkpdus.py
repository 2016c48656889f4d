# SPDX-License-Identifier: BSD-3-Clause
"""Every kind of parameter set that macsecd sends, judged by Wireshark; and that its word counts."""

import pytest
from mkpdus import Mkpdus

LIVE, POTENTIAL, SAK_USE, DISTRIBUTED_SAK, ANNOUNCEMENT, XPN, ICV = 1, 2, 3, 4, 7, 8, 255
BODY = 18  # Ethernet and EAPOL heads


def first_set(frame):
    """Where the first parameter set behind the Basic one begins."""
    octets = int.from_bytes(frame[BODY + 2:BODY + 4], "big") & 0xFFF
    return BODY + 4 + (octets + 3) // 4 * 4


def test_every_kind_of_set_is_sent_and_decodes(lab):
    """Joining, a rekey and an announced upgrade: all sets of the standard that we send occur."""
    lab.start({"mka": {"delay-protect": True}})
    lab.rekey()
    lab.a.ctl("suspend", "dl0", "5")
    frames = lab.mkpdus()
    lab.kept_mkpdus.add(frames)
    with Mkpdus(lab.folder / "all.pcap") as mkpdus:
        mkpdus.add(frames)
        mkpdus.assert_tshark_decodes_all()
        sets = mkpdus.sets()
    assert {LIVE, POTENTIAL, SAK_USE, DISTRIBUTED_SAK, ANNOUNCEMENT, XPN, ICV} <= set(
        map(int, sets)), sets


def test_a_malformed_mkpdu_is_found(lab):
    """The judge is awake: one length that is wrong, and it objects."""
    lab.start()
    frame = next(one for one in lab.mkpdus() if one[first_set(one)] == LIVE)
    at = first_set(frame)
    bad = frame[:at + 3] + b"\xf0" + frame[at + 4:]
    with Mkpdus(lab.folder / "bad.pcap") as mkpdus:
        mkpdus.add([frame, bad])
        with pytest.raises(AssertionError, match="MKPDU 2"):
            mkpdus.assert_tshark_decodes_all()
