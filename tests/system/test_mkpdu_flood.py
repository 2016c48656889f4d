# SPDX-License-Identifier: BSD-3-Clause
"""Ten thousand MKPDUs a second from somebody on the line: time, memory and link bear it."""

import os
import struct
import threading
import time

import pytest
from appliance import CAK
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.cmac import CMAC
from wire import EAPOL, Pump, Sniffer, raw_socket, tap_program

RATE, SECONDS, BATCH = 10_000, 6, 50
GROUP = bytes.fromhex("0180c2000003")
STRANGER = bytes.fromhex("02bb00000009")
CKN = bytes.fromhex("aa01")
SHARE_LIMIT = 0.5  # of one CPU, for the control thread
GROWTH_LIMIT_KIB = 2048  # the log's and the allocator's breath


def cmac(key, octets):
    mac = CMAC(algorithms.AES(key))
    mac.update(octets)
    return mac.finalize()


def integrity_key():
    """ICK of the laboratory's CAK (802.1X 9.3.3): AES-CMAC as KDF, 256 bits."""
    context = CKN[:16].ljust(16, b"\0")
    return b"".join(cmac(bytes.fromhex(CAK), bytes([i]) + b"IEEE8021 ICK\0" + context
                         + struct.pack("!H", 256)) for i in (1, 2))


ICK = integrity_key()


def mkpdu(number, member=1, icv=None):
    """A lone member's MKPDU: Basic set only, message number `number`."""
    basic = struct.pack("!BBBB6sH12sI4s", 3, 255, 0x70, 28 + len(CKN), STRANGER, member,
                        struct.pack("!3I", 7, 7, member), number, bytes.fromhex("0080c201"))
    body = basic + CKN.ljust(4, b"\0")
    head = GROUP + STRANGER + struct.pack("!HBBH", EAPOL, 3, 5, len(body) + 16)
    return head + body + (icv or cmac(ICK, head + body))


def garbage(number):
    return GROUP + STRANGER + struct.pack("!HBBH", EAPOL, 3, 5, 80) + os.urandom(76) + \
        struct.pack("!I", number)


KINDS = {
    "garbage": garbage,
    "wrong-icv": lambda number: mkpdu(number + 1, icv=struct.pack("!QQ", 1, number)),
    "unknown-ckn": lambda number: mkpdu(number + 1).replace(b"\xaa\x01\0\0", b"\xbb\x02\0\0"),
    "one-replayed": lambda number: mkpdu(1),
    "a-member-that-babbles": lambda number: mkpdu(number + 1),
    "a-new-member-each-time": lambda number: mkpdu(1, member=number % 60000 + 1),
}


class Flood(threading.Thread):
    """Sends frames out of p1 to appliance b at RATE, in small batches."""

    def __init__(self, lab, frames):
        super().__init__(daemon=True)
        self.frames, self.sent = frames, 0
        self.sock = raw_socket(lab.spaces["line"], "p1", 0)
        self.sock.setblocking(True)

    def run(self):
        began = time.monotonic()
        while self.sent < len(self.frames):
            for frame in self.frames[self.sent:self.sent + BATCH]:
                self.sock.send(frame)
            self.sent += BATCH
            time.sleep(max(0.0, began + self.sent / RATE - time.monotonic()))
        self.seconds = time.monotonic() - began
        self.sock.close()


def control_seconds(end):
    """CPU time of the control thread, the process's first one."""
    fields = open(f"/proc/{end.process.pid}/task/{end.process.pid}/stat", encoding="ascii").read()
    user, system = fields.rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def resident_kib(end):
    for line in open(f"/proc/{end.process.pid}/status", encoding="ascii"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError("no VmRSS")


@pytest.fixture(scope="module")
def secured(module_lab):
    """A link that all floods share."""
    module_lab.renew()
    module_lab.start()
    yield module_lab
    module_lab.stop()


@pytest.mark.parametrize("kind", KINDS)
def test_flood(secured, kind):
    """The control thread's share is bounded, memory does not grow, no frame and no link is lost."""
    lab = secured
    frames = [KINDS[kind](number) for number in range(RATE * SECONDS)]
    since = lab.b.link()["state-for-s"]
    loop = Pump((lab.spaces["office"], "eth0"), (lab.spaces["cloud"], "eth0"))
    answers = Sniffer(lab.spaces["line"], "p1", program=tap_program(False, "eapol"))
    rss, cpu, began = resident_kib(lab.b), control_seconds(lab.b), time.monotonic()
    loop.start()
    flood = Flood(lab, frames)
    flood.start()
    flood.join(SECONDS * 10)
    share = (control_seconds(lab.b) - cpu) / flood.seconds
    loop.stop()
    answered = len(answers.frames())
    answers.close()
    growth = resident_kib(lab.b) - rss
    view = lab.b.link("mka.show")
    print(f"{kind}: {flood.sent / flood.seconds:.0f} MKPDUs/s for {flood.seconds:.1f} s; control "
          f"thread {share:.0%} of a CPU, resident memory {growth:+} KiB, {answered} MKPDUs sent, "
          f"{loop.lost} of {loop.sent} frames lost")
    assert lab.b.state() == "secured"
    assert lab.b.link()["state-for-s"] >= since + int(time.monotonic() - began) - 1, "it flapped"
    assert (loop.lost, loop.reordered) == (0, 0) and loop.received > 0
    assert share < SHARE_LIMIT
    assert growth < GROWTH_LIMIT_KIB
    assert answered < 25 * flood.seconds + 20, "the token bucket lets 20 a second out"
    assert sum(view["refused"].values()) > 0 or view["received"] > 0
