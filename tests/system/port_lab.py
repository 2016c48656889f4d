# SPDX-License-Identifier: BSD-3-Clause
"""Two network namespaces joined by veth pairs, and the port_probe program in the first of them."""

import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import subprocess
import time

ETH_P_ALL = 3
PROBE = os.path.join(os.environ.get("MACSECD_BUILD", "build"), "tests", "system", "port_probe")
SETTINGS = ("ipv6/conf/{}/disable_ipv6", "ipv4/conf/{}/rp_filter", "ipv4/conf/{}/forwarding")
FLAGS = ("NOARP", "PROMISC", "UP")

libc = ctypes.CDLL(None, use_errno=True)


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@contextlib.contextmanager
def inside(namespace):
    """This thread is in the named namespace for the length of the block."""
    clone_newnet = 0x40000000
    with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{namespace}") as there:
        if libc.setns(there.fileno(), clone_newnet) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        try:
            yield
        finally:
            assert libc.setns(home.fileno(), clone_newnet) == 0


class Lab:
    """`near` is where ports are taken over, `far` is the other end of each cable."""

    def __init__(self):
        self.near, self.far = (f"mst{os.getpid()}{side}" for side in "nf")
        self.sockets, self.probes, self.n_cables = [], [], 0
        for namespace in (self.near, self.far):
            run("ip", "netns", "add", namespace)

    def close(self):
        for probe in self.probes:
            probe.kill()
        for sock in self.sockets:
            sock.close()
        for namespace in (self.near, self.far):
            subprocess.run(["ip", "netns", "del", namespace], check=False)

    def ip(self, *words, side="near"):
        return run("ip", "-n", getattr(self, side), *words)

    def cable(self, up=True):
        """A veth pair; the far end is up, silent, and carries jumbo frames. Returns both names."""
        self.n_cables += 1
        near, far = f"near{self.n_cables}", f"far{self.n_cables}"
        self.ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", self.far)
        with inside(self.far), open(f"/proc/sys/net/ipv6/conf/{far}/disable_ipv6", "w") as file:
            file.write("1")
        self.ip("link", "set", far, "arp", "off", "mtu", "9100", "up", side="far")
        if up:
            self.ip("link", "set", near, "up")
        return near, far

    def socket(self, ifname, side="far"):
        """A packet socket that sees the frames which arrive at an interface, and can send."""
        with inside(getattr(self, side)):
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        sock.bind((ifname, ETH_P_ALL))
        self.sockets.append(sock)
        return sock

    def state(self, ifname):
        """Everything that taking over changes."""
        link = json.loads(self.ip("-d", "-j", "link", "show", "dev", ifname))[0]
        state = {flag: flag in link["flags"] for flag in FLAGS} | {"MTU": link["mtu"]}
        with inside(self.near):
            for setting in SETTINGS:
                with open("/proc/sys/net/" + setting.format(ifname)) as file:
                    state[setting] = file.read().strip()
        return state | self.features(ifname)

    def features(self, ifname):
        lines = run("ip", "netns", "exec", self.near, "ethtool", "-k", ifname).splitlines()[1:]
        return dict(line.strip().split(": ") for line in lines)

    def probe(self, *words, memory="none", prefix=()):
        probe = Probe(["ip", "netns", "exec", self.near, *prefix, PROBE, "--memory", memory,
                       *map(str, words)])
        self.probes.append(probe)
        return probe


class Probe:
    """A running port_probe."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.ports = []

    def ready(self):
        """Waits until every port is open; `ports` then holds what each one told."""
        for line in self.process.stdout:
            answer = json.loads(line)
            if "ready" in answer:
                self.hugepages = answer["hugepages"]
                return self
            self.ports.append(answer)
        raise AssertionError(self.process.stderr.read())

    def ask(self, *words):
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        return json.loads(self.process.stdout.readline())

    def received(self, wanted, port=0, seconds=5):
        """Lengths of frames received, until `wanted` is among them."""
        lengths, end = [], time.monotonic() + seconds
        while wanted not in lengths and time.monotonic() < end:
            lengths += self.ask("rx", port)["rx"]
        assert wanted in lengths, lengths
        return lengths

    def stop(self):
        """Ends it in order. Returns the exit status and the lines of standard error."""
        _, errors = self.process.communicate(timeout=20)
        return self.process.returncode, errors.splitlines()

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


def frames(sock, until=None, seconds=0.0):
    """Frames that arrive at a socket, until one of `until` octets or the time has passed."""
    seen, end = [], time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if not select.select([sock], [], [], left)[0]:
            break
        frame, address = sock.recvfrom(65536)
        if address[2] != socket.PACKET_OUTGOING:
            seen.append(frame)
        if len(frame) == until:
            break
    return seen


def frame(octets, destination="ffffffffffff", ethertype="88b5"):
    return bytes.fromhex(destination + "020000000001" + ethertype).ljust(octets, b"\0")
