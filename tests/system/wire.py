# SPDX-License-Identifier: BSD-3-Clause
"""What is on a wire, and frames to put on it: packet sockets only."""

import contextlib
import ctypes
import select
import socket
import struct
import threading
import time

SOL_PACKET = 263
PACKET_STATISTICS = 6
PACKET_AUXDATA = 8
TP_STATUS_VLAN_VALID = 1 << 4
ETH_P_ALL = 3
MACSEC, EAPOL = 0x88E5, 0x888E
NUMBERED = 0x88B5  # local experimental EtherType 1 (802): our numbered frames
CLEAR_MARK = 0x88B6  # local experimental EtherType 2: frames that must never get through

# Offsets that the kernel's filter understands besides the frame itself.
AD_PKTTYPE = 0xFFFFF000 + 4
OUTGOING = 4


class Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte), ("jf", ctypes.c_ubyte),
                ("k", ctypes.c_uint32)]


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.POINTER(Instruction))]


def attach(sock, *instructions):
    """Attaches a classic BPF program: (code, jump if true, jump if false, value) each."""
    array = (Instruction * len(instructions))(*[Instruction(*i) for i in instructions])
    program = Program(len(instructions), array)
    if ctypes.CDLL(None).setsockopt(sock.fileno(), socket.SOL_SOCKET, 26, ctypes.byref(program),
                                    ctypes.sizeof(program)) != 0:
        raise OSError("SO_ATTACH_FILTER failed")


LOAD_WORD, LOAD_HALF, JUMP_EQUAL, RETURN = 0x20, 0x28, 0x15, 0x06


def raw_socket(namespace, interface, protocol=ETH_P_ALL, receive_octets=None, program=()):
    """A non-blocking packet socket inside a namespace; nothing is received before the filter."""
    with namespace.inside():
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    if program:
        attach(sock, *program)
    if receive_octets:
        sock.setsockopt(socket.SOL_SOCKET, 33, receive_octets)  # SO_RCVBUFFORCE
    sock.setblocking(False)
    sock.bind((interface, protocol))
    return sock


class Count:
    """Frames of one direction and kind, counted by the kernel, so that none can be missed."""

    def __init__(self, namespace, interface, program, receive_octets):
        self.sock = raw_socket(namespace, interface, ETH_P_ALL, receive_octets, program)
        self.total = 0

    def read(self):
        # tp_packets counts what passed the filter, with or without room in the socket's buffer
        packets, _ = struct.unpack(
            "II", self.sock.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        self.total += packets
        return self.total


class Tap:
    """Counts what passes an interface: MACsec, EAPOL and everything else, by direction.

    Frames of the last kind are kept for a look: on a secured line there are none.
    """

    def __init__(self, namespace, interface):
        self.counts = {}
        for way, equal in (("out", True), ("in", False)):
            for kind in ("macsec", "eapol", "other"):
                self.counts[way, kind] = Count(
                    namespace, interface, tap_program(equal, kind),
                    1 << 20 if kind == "other" else 4096)

    def read(self):
        """{(way, kind): frames}, way "in" or "out" as this interface sees it."""
        return {key: count.read() for key, count in self.counts.items()}

    def others(self, way):
        """The frames that were neither MACsec nor EAPOL, as far as there was room for them."""
        frames = []
        with contextlib.suppress(BlockingIOError):
            while True:
                frames.append(self.counts[way, "other"].sock.recv(65536))
        return frames

    def reset(self):
        """Counts from 0 again."""
        self.others("in")
        self.others("out")
        for count in self.counts.values():
            count.read()
            count.total = 0

    def close(self):
        for count in self.counts.values():
            count.sock.close()


def tap_program(outgoing, kind):
    """Accepts one direction and one kind; each program ends with: 6 refuse, 7 accept."""
    wanted = (7, 6) if outgoing else (6, 7)
    macsec = {"macsec": 7, "eapol": 6, "other": 6}[kind]
    eapol = {"macsec": 6, "eapol": 7, "other": 6}[kind]
    rest = 7 if kind == "other" else 6
    # Jumps count from the next instruction. A false direction jumps to "refuse" at 6.
    direction = (0, 6 - 2) if wanted == (7, 6) else (6 - 2, 0)
    return (
        (LOAD_WORD, 0, 0, AD_PKTTYPE),                                # 0
        (JUMP_EQUAL, direction[0], direction[1], OUTGOING),           # 1
        (LOAD_HALF, 0, 0, 12),                                        # 2
        (JUMP_EQUAL, macsec - 4, 0, MACSEC),                          # 3
        (JUMP_EQUAL, eapol - 5, 0, EAPOL),                            # 4
        (JUMP_EQUAL, rest - 6, rest - 6, 0),                          # 5
        (RETURN, 0, 0, 0),                                            # 6
        (RETURN, 0, 0, 0x40000),                                      # 7
    )


def whole_frame(sock):
    """Receives one frame with the VLAN tag that the kernel has taken out put back, and its way."""
    data, ancillary, _, address = sock.recvmsg(65536, 64)
    for level, kind, content in ancillary:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", content)
            if status & TP_STATUS_VLAN_VALID:
                data = data[:12] + struct.pack("!HH", tpid or 0x8100, tci) + data[12:]
    return data, address[2] == OUTGOING


class Sniffer:
    """What arrives at an interface, whole, for a look at single frames."""

    def __init__(self, namespace, interface, protocol=ETH_P_ALL, program=()):
        self.sock = raw_socket(namespace, interface, protocol, 1 << 24, program)
        self.sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)

    def frames(self):
        """What has come in so far; empties the buffer."""
        frames = []
        while True:
            try:
                frame, is_outgoing = whole_frame(self.sock)
            except BlockingIOError:
                return frames
            except OSError:  # the interface went down: said once, then it goes on
                continue
            if not is_outgoing:
                frames.append(frame)

    def wait(self, wanted, timeout=2.0):
        """The first incoming frame for which wanted(frame) is true, or None after `timeout` s."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([self.sock], [], [], left)[0]:
                break
            for frame in self.frames():
                if wanted(frame):
                    return frame
        return None

    def close(self):
        self.sock.close()


class Pump(threading.Thread):
    """Sends numbered frames from one interface to another in a closed loop.

    At most `window` are under way, fewer than the smallest queue on the path, so any loss is the
    path's own doing. `lost` and `reordered` tell; a frame counts as lost when it has not come
    after `patience` seconds, in which a crowded machine may stand still.
    """

    def __init__(self, source, target, octets=200, window=16, patience=5.0):
        super().__init__(daemon=True)
        (near, near_name), (far, far_name) = source, target
        self.out = raw_socket(near, near_name, 0)
        self.back = raw_socket(far, far_name, NUMBERED, 1 << 22)
        self.back.settimeout(patience)
        self.padding = bytes(octets - 18)
        self.window = window
        self.sent = self.received = self.reordered = self.lost = 0
        self.ending = threading.Event()

    def frame(self, number):
        return (b"\x02\xaa\0\0\0\x02" + b"\x02\xaa\0\0\0\x01" + struct.pack("!HI", NUMBERED, number)
                + self.padding)

    def run(self):
        expected = 0
        while not self.ending.is_set() or expected < self.sent:
            while not self.ending.is_set() and self.sent - expected < self.window:
                if not self.send_one():
                    break
            try:
                number = struct.unpack_from("!I", self.back.recv(65536), 14)[0]
            except TimeoutError:
                self.lost += self.sent - expected
                expected = self.sent
                continue
            except OSError:  # an interface went down under us; time-out tells what is lost
                continue
            if number < expected:
                self.reordered += 1
                continue
            self.lost += number - expected
            self.received += 1
            expected = number + 1

    def send_one(self):
        try:
            self.out.send(self.frame(self.sent))
        except OSError:
            return False
        self.sent += 1
        return True

    def stop(self):
        """Ends sending, waits for what is under way; returns self for its figures."""
        self.ending.set()
        self.join(30)
        self.out.close()
        self.back.close()
        return self
