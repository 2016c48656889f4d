# SPDX-License-Identifier: BSD-3-Clause
"""Counters of both ends of a line: every frame that one end has sent, the other one has validated.

Ours have the names of IEEE 802.1AE-2018, Linux those of 2006; dataplane/counters.h and
`ip -s macsec show`.
"""

OUR_LOSSES = ("in-pkts-no-tag", "in-pkts-bad-tag", "in-pkts-no-sa-error", "in-pkts-overrun",
              "in-pkts-late", "in-pkts-not-valid")
THEIR_LOSSES = ("InPktsUntagged", "InPktsBadTag", "InPktsUnknownSCI", "InPktsNoSCI",
                "InPktsOverrun", "OutPktsUntagged", "OutPktsTooLong")
THEIR_SC_LOSSES = ("InPktsUnchecked", "InPktsDelayed", "InPktsInvalid", "InPktsLate",
                   "InPktsNotValid", "InPktsNotUsingSA", "InPktsUnusedSA")


def sent_and_validated(ours, theirs):
    """{what: (sender's figure, receiver's figure)} of both directions."""
    protect, validate = ours["protect"], ours["validate"]
    received = theirs["rx_sc"][0]
    return {
        "frames from us": (protect["out-pkts-protected"] + protect["out-pkts-encrypted"],
                           received["InPktsOK"]),
        "octets from us, encrypted": (protect["out-octets-encrypted"],
                                      received["InOctetsDecrypted"]),
        "octets from us, protected": (protect["out-octets-protected"],
                                      received["InOctetsValidated"]),
        "frames from them": (theirs["OutPktsProtected"] + theirs["OutPktsEncrypted"],
                             validate["in-pkts-ok"]),
        "octets from them, encrypted": (theirs["OutOctetsEncrypted"],
                                        validate["in-octets-decrypted"]),
        "octets from them, protected": (theirs["OutOctetsProtected"],
                                        validate["in-octets-validated"]),
    }


def losses(ours, theirs):
    """Every counter of a lost or doubtful frame that is not 0, at both ends."""
    found = {word: ours["validate"][word] for word in OUR_LOSSES}
    found |= {word: theirs[word] for word in THEIR_LOSSES}
    found |= {word: theirs["rx_sc"][0][word] for word in THEIR_SC_LOSSES}
    return {word: n for word, n in found.items() if n}
