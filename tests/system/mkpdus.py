# SPDX-License-Identifier: BSD-3-Clause
"""MKPDUs that appliances have sent, judged by Wireshark's dissector, which none of us wrote."""

import struct
from collections import Counter

from netns import run

PCAP_HEAD = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)  # link type Ethernet


class Mkpdus:
    """A capture file that grows by what it is given. Use it in a `with` block."""

    def __init__(self, path):
        self.path, self.frames = path, 0
        self.may_be_empty = False  # True where no kernel sees the line
        self.file = open(path, "wb")
        self.file.write(PCAP_HEAD)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def add(self, frames):
        for frame in frames:
            self.frames += 1
            self.file.write(struct.pack("<IIII", self.frames, 0, len(frame), len(frame)) + frame)

    def assert_tshark_decodes_all(self):
        """Each frame is an MKPDU to tshark, and it finds nothing malformed or in error."""
        self.file.flush()
        assert self.frames > 0 or self.may_be_empty, "no MKPDU was seen"
        lines = run("tshark", "-n", "-r", self.path, "-T", "fields", "-e", "frame.number", "-e",
                    "mka.cak_name", "-e", "_ws.malformed", "-e",
                    "_ws.expert.message", timeout=300).splitlines()
        assert len(lines) == self.frames, f"tshark read {len(lines)} of {self.frames} frames"
        for line in lines:
            number, ckn, malformed, expert = (line.split("\t") + [""] * 4)[:4]
            assert ckn and not malformed and not expert, \
                f"MKPDU {number}: {line}\n{self.detail(number)}"

    def detail(self, number):
        return run("tshark", "-n", "-r", self.path, "-Y", f"frame.number == {number}", "-V")

    def sets(self):
        """How many frames carry each type of parameter set: {type: frames}."""
        lines = run("tshark", "-n", "-r", self.path, "-T", "fields", "-e", "mka.param_set_type",
                    timeout=300).splitlines()
        return Counter(one for line in lines for one in set(line.split(",")) if one)
