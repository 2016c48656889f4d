# SPDX-License-Identifier: BSD-3-Clause
"""Random frames through ipsec-mb, OpenSSL and scapy: all must say the same, in both directions.

The seed is printed with a failure; MACSECD_SEED repeats a run.
"""

import json
import os
import random
import subprocess
from dataclasses import dataclass

import pytest
from appliance import MACSECD
from scapy.contrib.macsec import MACsecSA
from scapy.layers.l2 import Ether

# scapy 2.4.4 and later warn about names that its own MACsecSA uses.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

TOOL = MACSECD.parent / "tests" / "system" / "secy_tool"
ENGINES = ("openssl", "sse", "avx2", "avx512")
SUITES = ("gcm-aes-128", "gcm-aes-256", "gcm-aes-xpn-128", "gcm-aes-xpn-256")
FRAMES = 2016
FRAMES_PER_SCI = 126
CHANGED = 504
SEED = int(os.environ.get("MACSECD_SEED", random.randrange(2**32)))


@dataclass
class Case:
    suite: str
    key: bytes
    salt: bytes
    ssci: int
    sci: int
    pn: int
    an: int
    encrypt: bool
    offset: int
    vlan: int
    include_sci: bool
    plain: bytes

    @property
    def is_xpn(self):
        return "xpn" in self.suite

    def line(self, engine, op, frame):
        return json.dumps({
            "op": op, "engine": engine, "suite": self.suite, "key": self.key.hex(),
            "salt": self.salt.hex(), "ssci": f"{self.ssci:x}", "sci": f"{self.sci:x}",
            "pn": f"{self.pn:x}", "an": self.an, "encrypt": self.encrypt, "offset": self.offset,
            "vlan": self.vlan, "include_sci": self.include_sci, "frame": frame.hex()})


def random_size(dice):
    """Each size near a limit of the format often, every other one sometimes."""
    return dice.choice((dice.randint(14, 90), dice.randint(14, 1514), dice.randint(1400, 1514),
                        dice.choice((14, 15, 59, 60, 61, 1500, 1514, 9000)),
                        dice.randint(1515, 9000)))


def random_plain(dice, tags):
    size = max(random_size(dice), 14 + 4 * tags)
    head = dice.randbytes(12) + b"".join(
        b"\x81\x00" + dice.randbytes(2) for _ in range(tags)) + b"\x88\xb5"
    return head + dice.randbytes(size - len(head))


def random_cases(dice, count, has_extras):
    """Frames in groups of one SCI. Extras are what scapy does not know: VLAN tags in clear."""
    cases = []
    for i in range(count):
        if i % FRAMES_PER_SCI == 0:
            sci, include_sci = dice.getrandbits(64), i // FRAMES_PER_SCI % 4 != 3
        suite = SUITES[i % 4]
        is_xpn = "xpn" in suite
        tags = dice.randint(1, 2) if has_extras else 0
        limit = 2**64 - 1 if is_xpn else 2**32 - 1
        cases.append(Case(
            suite=suite, key=dice.randbytes(32 if suite.endswith("256") else 16),
            salt=dice.randbytes(12), ssci=dice.getrandbits(32), sci=sci,
            pn=dice.choice((1, limit, dice.randint(1, limit))), an=dice.randint(0, 3),
            encrypt=bool(i // 4 % 3), offset=0 if is_xpn else dice.choice((0, 30, 50)),
            vlan=dice.randint(0, tags) if has_extras else 0,
            include_sci=include_sci, plain=random_plain(dice, tags)))
    return cases


def run_tool(engine, op, cases, frames):
    print(f"MACSECD_SEED={SEED}")  # pytest shows it for a test that fails
    lines = "".join(case.line(engine, op, frame) + "\n" for case, frame in zip(cases, frames))
    done = subprocess.run([TOOL], input=lines, capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def scapy_sa(case):
    return MACsecSA(case.sci, case.an, case.pn, case.key, 16, case.encrypt, case.include_sci,
                    case.is_xpn, case.ssci, case.salt)


def covered(case):
    """scapy's name for the confidentiality offset: how many octets are not encrypted."""
    user = len(case.plain) - 12
    return (28 if case.include_sci else 20) + min(case.offset, user)


def scapy_protect(case):
    sa = scapy_sa(case)
    return bytes(sa.encrypt(sa.encap(Ether(case.plain)), covered(case)))


def scapy_validate(case, frame):
    sa = scapy_sa(case)
    return bytes(sa.decap(sa.decrypt(Ether(frame), covered(case))))


def check_sent(case, answer, frame, counter, octets):
    assert answer["fate"] == "send", f"{answer} of {case}"
    assert answer["frame"] == frame.hex(), f"differs for {case}"
    assert answer["counters"] == {counter: 1, octets: len(case.plain) - 12 - 4 * case.vlan}, case


def check_engine(engine, cases, secured):
    protected = run_tool(engine, "protect", cases, [case.plain for case in cases])
    if protected[0]["fate"] == "no engine":
        return False
    assert len(protected) == len(cases)
    for case, answer, frame in zip(cases, protected, secured):
        kind = "encrypted" if case.encrypt else "protected"
        check_sent(case, answer, frame, f"out-pkts-{kind}", f"out-octets-{kind}")
    validated = run_tool(engine, "validate", cases, secured)
    for case, answer in zip(cases, validated):
        kind = "decrypted" if case.encrypt else "validated"
        check_sent(case, answer, case.plain, "in-pkts-ok", f"in-octets-{kind}")
    return True


@pytest.fixture(scope="module")
def scapy_cases():
    cases = random_cases(random.Random(SEED), FRAMES, False)
    return cases, [scapy_protect(case) for case in cases]


@pytest.mark.parametrize("engine", ENGINES)
def test_engine_agrees_with_scapy(engine, scapy_cases):
    cases, secured = scapy_cases
    if not check_engine(engine, cases, secured):
        pytest.skip("this CPU has no such instructions")


def test_scapy_reads_what_it_is_sent(scapy_cases):
    """The engines' frames are scapy's own octet for octet, so its own frames stand for theirs."""
    for case, frame in zip(*scapy_cases):
        assert scapy_validate(case, frame) == case.plain, case


@pytest.mark.parametrize("engine", ENGINES[1:])
def test_engines_agree_on_vlan_tags_in_clear(engine):
    cases = random_cases(random.Random(SEED + 1), 504, True)
    answers = run_tool("openssl", "protect", cases, [case.plain for case in cases])
    if not check_engine(engine, cases, [bytes.fromhex(answer["frame"]) for answer in answers]):
        pytest.skip("this CPU has no such instructions")


@pytest.mark.parametrize("engine", ENGINES)
def test_engine_refuses_what_was_changed(engine, scapy_cases):
    """One random bit of each frame: never delivered, and never counted as good."""
    cases, secured = (part[:CHANGED] for part in scapy_cases)
    dice = random.Random(SEED + 2)
    changed = []
    for frame in secured:
        bit = dice.randrange(8 * len(frame))
        changed.append(frame[:bit // 8] + bytes([frame[bit // 8] ^ 1 << bit % 8])
                       + frame[bit // 8 + 1:])
    answers = run_tool(engine, "validate", cases, changed)
    if answers[0]["fate"] == "no engine":
        pytest.skip("this CPU has no such instructions")
    for case, answer in zip(cases, answers):
        assert answer["fate"] == "drop", f"{answer} of {case}"
        assert answer["counters"] == {answer["reason"]: 1}, case
