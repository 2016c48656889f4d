# SPDX-License-Identifier: BSD-3-Clause
"""Traffic that comes back as it went out: pings, and a TCP stream.

Every answer is waited for and must have the octets of its question; `ping` itself gives the last
answers no more than twice the longest time it has seen so far.
"""

import os
import select
import socket
import struct
import threading
import time

PATIENCE_S = 10.0
HEAD = struct.Struct("!BBHHH")
REQUEST, REPLY = 8, 0
IP_OCTETS = 20


class Echo:
    """ICMP echo requests from a namespace to an address."""

    def __init__(self, namespace, address, size=56):
        with namespace.inside():
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self.sock.setsockopt(socket.SOL_SOCKET, 33, 1 << 22)  # SO_RCVBUFFORCE
        self.sock.connect((address, 0))
        self.payload = os.urandom(size)
        self.identifier = int.from_bytes(os.urandom(2), "big")
        self.sent = self.answered = self.changed = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self):
        head = HEAD.pack(REQUEST, 0, 0, self.identifier, self.sent & 0xFFFF)
        checksum = internet_checksum(head + self.payload)
        self.sock.send(HEAD.pack(REQUEST, 0, checksum, self.identifier, self.sent & 0xFFFF)
                       + self.payload)
        self.sent += 1

    def receive(self, timeout=PATIENCE_S):
        """Waits for one more answer; whether it came."""
        deadline = time.monotonic() + timeout
        while select.select([self.sock], [], [], max(0.0, deadline - time.monotonic()))[0]:
            answer = self.sock.recv(65536)[IP_OCTETS:]
            kind, _, _, identifier, _ = HEAD.unpack_from(answer)
            if kind == REPLY and identifier == self.identifier:
                self.answered += 1
                self.changed += answer[HEAD.size:] != self.payload
                return True
        return False

    def receive_all(self):
        while self.answered < self.sent:
            assert self.receive(), f"{self.sent - self.answered} of {self.sent} pings are lost"
        assert self.changed == 0, f"{self.changed} answers have other octets than their questions"


def internet_checksum(octets):
    words = struct.unpack(f"!{len(octets) // 2}H", octets[:len(octets) // 2 * 2])
    total = sum(words) + (octets[-1] << 8 if len(octets) % 2 else 0)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def burst(namespace, address, size, count, ahead):
    """`count` pings with up to `ahead` of them under way; every one must be answered."""
    with Echo(namespace, address, size) as echo:
        while echo.sent < count:
            for _ in range(min(ahead, count - echo.sent)):
                echo.send()
            echo.receive_all()


class SteadyEcho(threading.Thread):
    """A ping every few milliseconds while the block runs; every one must be answered."""

    def __init__(self, namespace, address, every=0.01):
        super().__init__(daemon=True)
        self.echo, self.every, self.ending = Echo(namespace, address), every, threading.Event()

    def __enter__(self):
        self.start()
        return self

    def run(self):
        while not self.ending.wait(self.every):
            self.echo.send()
            while self.echo.receive(0):
                pass

    def __exit__(self, failed, *_):
        self.ending.set()
        self.join()
        with self.echo:
            if failed is None:
                assert self.echo.sent > 50
                self.echo.receive_all()


def stream(namespace, address, port, octets):
    """A TCP stream to a peer that sends back what it gets, both ways at once."""
    data, back = os.urandom(octets), bytearray()
    with namespace.inside():
        sock = socket.socket()
    with sock:
        sock.settimeout(PATIENCE_S)
        sock.connect((address, port))
        sock.setblocking(False)
        left = memoryview(data)
        while len(back) < octets:
            readable, writable, _ = select.select([sock], [sock] if left else [], [], PATIENCE_S)
            assert readable or writable, f"TCP stands still after {len(back)} of {octets} octets"
            if writable:
                left = left[sock.send(left[:1 << 16]):]
            if readable:
                piece = sock.recv(1 << 16)
                assert piece, f"TCP ended after {len(back)} of {octets} octets"
                back += piece
    assert back == data
