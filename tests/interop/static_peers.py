# SPDX-License-Identifier: BSD-3-Clause
"""Keys set by hand at both ends: static_lanes on our side, `ip macsec` on theirs."""

import collections
import json
import socket
import struct
import subprocess
import tempfile

from lab import CLOUD_IP, OFFICE_IP
from netns import die_with_parent
from peer_lab import GUEST_MAC, GUEST_SCI, PROGRAMS, prompt

SUITES = ("gcm-aes-128", "gcm-aes-256", "gcm-aes-xpn-128", "gcm-aes-xpn-256")
SALT = bytes.fromhex("e630e81a48de86a21c66fa6d")
KEY = bytes.fromhex("071b113b0ca743fecccf3d051f737382f0e1d2c3b4a5968778695a4b3c2d1e0f")
OUR_SSCI, THEIR_SSCI = 0x7A30C118, 2  # any two numbers: only MKA orders them
AN = 2
START_S = 60


class StaticPeers:
    """One SAK at both ends of the line. Use it in a `with` block."""

    def __init__(self, lab, suite, encrypt=True, window=0, sci=None, include_sci=True,
                 linux_words="send_sci on", next_pn=1, linux_key=None):
        """sci: ours, the line port's otherwise; linux_words: how the guest's SecTAGs look."""
        self.lab, self.suite, self.encrypt, self.window = lab, suite, encrypt, window
        self.include_sci, self.linux_words, self.next_pn = include_sci, linux_words, next_pn
        self.sci = sci or port_sci(lab.mac_of("a", "l0"))
        self.key = KEY[:32 if suite.endswith("256") else 16]
        self.linux_key = linux_key or self.key

    def __enter__(self):
        sock, theirs = socket.socketpair()
        sock.settimeout(START_S)
        log = open(self.lab.folder / "static-lanes.log", "wb")
        run_dir = tempfile.mkdtemp(dir=self.lab.folder)
        with theirs, log:
            self.process = subprocess.Popen(
                [*self.lab.spaces["a"].prefix, *prompt(), PROGRAMS / "static_lanes", "h0", "l0",
                 run_dir],
                stdin=theirs, stdout=theirs, stderr=log, preexec_fn=die_with_parent)
        self.sock, self.answers = sock, sock.makefile("r")
        try:
            self.sock.sendall(self.request())
            self.bring_up_linux()
            self.fix_neighbour("replace")
            assert self.answers.readline() == "ready\n", self.log()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.sock.shutdown(socket.SHUT_WR)
        try:
            self.status = self.process.wait(START_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.status = self.process.wait()
        self.answers.close()
        self.sock.close()
        self.lab.guest.run("ip link delete macsec0", check=False)
        self.fix_neighbour("delete")

    def request(self):
        """struct request of static_lanes.c."""
        return struct.pack("<QQQIIIBBBB32s12s4x", int(self.sci, 16), int(GUEST_SCI, 16),
                           self.next_pn, OUR_SSCI, THEIR_SSCI, self.window,
                           SUITES.index(self.suite), AN, self.encrypt, self.include_sci, self.key,
                           SALT)

    def bring_up_linux(self):
        is_xpn = "xpn" in self.suite
        pn = f"{'xpn' if is_xpn else 'pn'} {self.next_pn}"
        ours, theirs = (f"{pn} salt {SALT.hex()} ssci {ssci:08x}" if is_xpn else pn
                        for ssci in (OUR_SSCI, THEIR_SSCI))
        key = f"on key 01 {self.linux_key.hex()}"
        self.lab.guest.run(
            "set -e\n"
            f"ip link add link eth0 macsec0 type macsec cipher {self.suite} {self.linux_words} "
            f"encrypt {'on' if self.encrypt else 'off'} validate strict encodingsa {AN} "
            f"replay on window {self.window}\n"
            f"ip macsec add macsec0 tx sa {AN} {theirs} {key}\n"
            f"ip macsec add macsec0 rx sci {self.sci} on\n"
            f"ip macsec add macsec0 rx sci {self.sci} sa {AN} {ours} {key}\n"
            f"ip link set macsec0 up\n"
            f"ip address add {CLOUD_IP}/24 dev macsec0\n"
            f"ip neigh replace {OFFICE_IP} lladdr {self.lab.mac('office')} dev macsec0")

    def fix_neighbour(self, verb):
        """No question for an address falls between the readings of two counters."""
        self.lab.spaces["office"].run("ip", "neigh", verb, CLOUD_IP, "lladdr", GUEST_MAC, "dev",
                                      "eth0", check=False)

    def counters(self):
        """As Appliance.counters has them; what is 0 is left out by the tool and put back here."""
        counters = {lane: collections.Counter() for lane in ("protect", "validate")}
        self.sock.sendall(b"\n")
        while (line := self.answers.readline()) != "end\n":
            lane, word, value = line.split()
            counters[lane][word] = int(value)
        return counters

    def macsec(self):
        """The guest's end as `ip -s macsec show` has it."""
        return json.loads(self.lab.guest.run("ip -j -s macsec show"))[0]

    def log(self):
        return (self.lab.folder / "static-lanes.log").read_text(errors="replace")


def port_sci(mac):
    """The SCI of a port's first identifier: its address, then 0001."""
    return mac.replace(":", "") + "0001"
