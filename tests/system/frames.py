# SPDX-License-Identifier: BSD-3-Clause
"""Frames to send, and a SecTAG as it stands on the wire (802.1AE 9.3)."""

import struct
from dataclasses import dataclass

from wire import MACSEC, NUMBERED, Sniffer, raw_socket

OFFICE_MAC = bytes.fromhex("02aa00000001")
CLOUD_MAC = bytes.fromhex("02aa00000002")
# Text that is easy to find again where it should not be readable.
MARK = b"readable-user-data-"


def plain(octets, to=CLOUD_MAC, ethertype=NUMBERED, tags=(), serial=0):
    """A frame of a given length; tags: (TPID, VLAN id) pairs, outermost first."""
    head = to + OFFICE_MAC
    for tpid, vlan in tags:
        head += struct.pack("!HH", tpid, vlan)
    head += struct.pack("!H", ethertype)
    body = struct.pack("!I", serial) + MARK * (octets // len(MARK) + 1)
    return (head + body)[:octets]


@dataclass
class SecTag:
    """What the octets behind the source address (and tags left in clear) say."""

    version: int
    end_station: bool
    has_sci: bool
    single_copy: bool
    encrypted: bool
    changed: bool
    an: int
    short_length: int
    pn: int
    sci: str
    octets: int  # of the SecTAG, EtherType included
    secured: bytes  # user data as on the wire, with the ICV and any padding


def sectag(frame, clear_octets=12):
    """Reads the SecTAG that begins `clear_octets` into a frame."""
    ethertype, tci, length, pn = struct.unpack_from("!HBBI", frame, clear_octets)
    assert ethertype == MACSEC, f"no SecTAG at {clear_octets}: {frame[:40].hex()}"
    has_sci = bool(tci & 0x20)
    octets = 16 if has_sci else 8
    return SecTag(tci >> 7, bool(tci & 0x40), has_sci, bool(tci & 0x10), bool(tci & 8),
                  bool(tci & 4), tci & 3, length, pn,
                  frame[clear_octets + 8:clear_octets + octets].hex(), octets,
                  frame[clear_octets + octets:])


def is_macsec(frame):
    return struct.pack("!H", MACSEC) in (frame[12:14], frame[16:18], frame[20:22])


class Sender:
    """Sends single frames from an interface."""

    def __init__(self, namespace, interface):
        self.sock = raw_socket(namespace, interface, 0)
        self.sock.setblocking(True)

    def send(self, *frames):
        for frame in frames:
            self.sock.send(frame)

    def close(self):
        self.sock.close()


class Path:
    """Sends frames from office to cloud and looks at them on the line and at the end."""

    def __init__(self, lab):
        self.sender = Sender(lab.spaces["office"], "eth0")
        self.line = Sniffer(lab.spaces["line"], "p0")
        self.cloud = Sniffer(lab.spaces["cloud"], "eth0")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for end in (self.sender, self.line, self.cloud):
            end.close()

    def cross(self, frame):
        """One frame across: it must come out as it went in; returns it as seen on the line."""
        self.sender.send(frame)
        assert self.cloud.wait(lambda got: got == frame), \
            f"a frame of {len(frame)} octets did not come out as it went in"
        secured = [got for got in self.line.frames() if is_macsec(got)]
        assert len(secured) == 1, f"{len(secured)} MACsec frames on the line for one frame"
        return secured[0]
