# SPDX-License-Identifier: BSD-3-Clause
"""The laboratory: two appliances and one line, in network namespaces.

    office ── h0 [ a: macsecd ] l0 ── p0 [ line ] p1 ── l0 [ b: macsecd ] h0 ── cloud
       eth0                             the wire's taps                          eth0

Namespace `line` passes every frame from p0 to p1 and back (tc mirred), as a provider's circuit
would, and stays up whatever the appliances do: what an appliance sends is counted there, outside
of its reach. p0 "in" is what leaves a's line port, p1 "in" what leaves b's.
"""

import contextlib
import json
import os
import shutil
import tempfile
import time
from pathlib import Path

from appliance import CAK, Appliance, wait_for
from netns import PREFIX, Namespace, all_namespaces, cable, clean_up, sweep
from wire import Sniffer, Tap, tap_program

OFFICE_IP, CLOUD_IP = "192.0.2.1", "192.0.2.2"  # TEST-NET-1
WIRE_MTU = 9300
NAMES = ("office", "a", "line", "b", "cloud")


class Lab:
    """Everything between office and cloud. Use it in a `with` block."""

    def __init__(self, mtu=1500, owner=None):
        """owner: None for a run of tests; a word when programs and namespaces are to outlive us."""
        sweep()
        self.owner, self.mtu = owner, mtu
        self.folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}-lab-{owner or os.getpid()}-"))
        self.spaces = {name: Namespace(name, owner) for name in NAMES}
        try:
            self.build()
            self.a = Appliance("a", self.spaces["a"], self.folder, 16)
            self.b = Appliance("b", self.spaces["b"], self.folder, 17)
            self.tap_a = Tap(self.spaces["line"], "p0")
            self.tap_b = Tap(self.spaces["line"], "p1")
            self.eapol = [Sniffer(self.spaces["line"], port, program=tap_program(False, "eapol"))
                          for port in ("p0", "p1")]
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for end in self.ends():
            if end.process is not None and end.process.poll() is None:
                end.process.kill()
                end.process.wait()
        clean_up(self.owner)
        shutil.rmtree(self.folder, ignore_errors=True)

    def ends(self):
        return [end for end in (getattr(self, "a", None), getattr(self, "b", None)) if end]

    def build(self):
        for space in self.spaces.values():
            space.create()
        for quiet in ("office", "line", "cloud"):
            # These kernels shall send nothing of their own accord; those of a and b may try.
            self.spaces[quiet].set_sysctl("net.ipv6.conf.default.disable_ipv6", 1)
        office, a, line, b, cloud = (self.spaces[name] for name in NAMES)
        cable(office, "eth0", a, "h0")
        cable(a, "l0", line, "p0")
        cable(line, "p1", b, "l0")
        cable(b, "h0", cloud, "eth0")
        self.build_line(line)
        self.build_host(office, OFFICE_IP)
        self.build_host(cloud, CLOUD_IP)

    def build_line(self, line):
        for near, far in (("p0", "p1"), ("p1", "p0")):
            line.run("ip", "link", "set", near, "mtu", WIRE_MTU, "up")
            line.run("tc", "qdisc", "add", "dev", near, "ingress")
            self.join(near, far)

    def build_host(self, space, address):
        # A veth leaves checksums to the receiver and joins frames: no wire would carry that.
        space.run("ethtool", "-K", "eth0", "tx", "off", "rx", "off", "sg", "off", "tso", "off",
                  "gso", "off", "gro", "off")
        space.run("ip", "link", "set", "eth0", "mtu", self.mtu, "up")
        space.run("ip", "address", "add", f"{address}/24", "dev", "eth0")

    def configure(self, link=None, **rest):
        """The same change to both configurations."""
        for end in (self.a, self.b):
            end.configure({"mtu": self.mtu, **(link or {})}, **rest)

    def start(self, link=None, **rest):
        """Writes the configurations, starts both ends and waits until the link is secured."""
        self.configure(link, **rest)
        self.a.start(stay=self.owner is not None)
        self.b.start(stay=self.owner is not None)
        return self.wait_secured()

    def stop(self):
        for end in (self.a, self.b):
            end.stop()

    def wait_secured(self, timeout=60.0):
        """Milliseconds from both ends being up until both are secured; `b` was started last."""
        seen = {}

        def secured():
            for end in (self.a, self.b):
                if end not in seen and end.state() == "secured":
                    seen[end] = time.monotonic()
            return len(seen) == 2
        try:
            wait_for("both ends are secured", secured, timeout, every=0.002)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.logs()}") from None
        # b's own clock says how long after its start; a may have followed a moment later
        return self.b.link()["secured-after-ms"] + max(
            0.0, (seen[self.a] - seen[self.b]) * 1000.0)

    def logs(self):
        return "\n".join(f"--- macsecd {end.name}, end of its log:\n{end.log_tail()}"
                         for end in self.ends())

    @contextlib.contextmanager
    def host_mtu(self, mtu):
        """Another MTU at office and cloud for the block."""
        for name in ("office", "cloud"):
            self.spaces[name].run("ip", "link", "set", "eth0", "mtu", mtu)
        try:
            yield
        finally:
            for name in ("office", "cloud"):
                self.spaces[name].run("ip", "link", "set", "eth0", "mtu", self.mtu)

    def renew(self):
        """As new for the next test: taps from 0, empty logs, the right keys, no appliance."""
        self.stop()
        for tap in (self.tap_a, self.tap_b):
            tap.reset()
        for end in (self.a, self.b):
            end.log_path.write_text("")
            end.write_key(CAK)

    def mkpdus(self):
        """Every EAPOL frame that left either line port since the last call."""
        return [frame for sniffer in self.eapol for frame in sniffer.frames()]

    def rekey(self, timeout=30.0):
        """A rekey by hand at the key server, waited for until both ends send with the new SAK."""
        before = self.a.key_identifier()
        self.a.ctl("rekey", "dl0")

        def changed():
            now = self.a.key_identifier(), self.b.key_identifier()
            return now[0] is not None and now[0] == now[1] != before
        wait_for("both ends use the fresh SAK", changed, timeout)

    def ping(self, count=3, size=56, check=True):
        return self.spaces["office"].run("ping", "-n", "-i", "0.05", "-c", count, "-s", size, "-M",
                                         "do", "-W", "2", CLOUD_IP, check=check)

    def resolve(self):
        """Fixed neighbour entries, so that no ARP falls into a measurement."""
        for near, far, address in (("office", "cloud", CLOUD_IP), ("cloud", "office", OFFICE_IP)):
            mac = self.mac(far)
            self.spaces[near].run("ip", "neigh", "replace", address, "lladdr", mac, "dev", "eth0",
                                  "nud", "permanent")

    def host_counters(self, name):
        """Frames and octets of office's or cloud's eth0: {"rx": {"packets": …}, "tx": …}."""
        out = self.spaces[name].run("ip", "-j", "-s", "link", "show", "dev", "eth0")
        return json.loads(out)[0]["stats64"]

    def mac(self, name):
        out = self.spaces[name].run("ip", "-o", "link", "show", "dev", "eth0")
        return out.split("link/ether ")[1].split()[0]

    @contextlib.contextmanager
    def cut(self, near="p0"):
        """In the block the line carries nothing from `near` ("p0": what a sends) to its far end."""
        self.spaces["line"].run("tc", "filter", "del", "dev", near, "parent", "ffff:")
        try:
            yield
        finally:
            self.join(near, "p1" if near == "p0" else "p0")

    def join(self, near, far):
        self.spaces["line"].run("tc", "filter", "add", "dev", near, "parent", "ffff:",
                                "protocol", "all", "u32", "match", "u32", "0", "0",
                                "action", "mirred", "egress", "redirect", "dev", far)

    @contextlib.contextmanager
    def without_eapol(self):
        """In the block the line carries everything but EAPOL, both ways."""
        for near in ("p0", "p1"):
            self.spaces["line"].run("tc", "filter", "add", "dev", near, "parent", "ffff:", "prio",
                                    1, "protocol", "0x888e", "u32", "match", "u32", "0", "0",
                                    "action", "mirred", "egress", "redirect", "dev", "lo")
        try:
            yield
        finally:
            for near in ("p0", "p1"):
                self.spaces["line"].run("tc", "filter", "del", "dev", near, "parent", "ffff:",
                                        "prio", 1)

    def assert_only_macsec_on_the_line(self):
        """Nothing but 88-E5 and 88-8E has left either line port since the lab began."""
        for tap, who in ((self.tap_a, "a"), (self.tap_b, "b")):
            others = tap.read()["in", "other"]
            frames = [frame[:64].hex() for frame in tap.others("in")]
            assert others == 0, f"{others} unprotected frames left the line port of {who}: {frames}"

    def assert_balanced(self):
        for end in (self.a, self.b):
            end.balanced()


def end_kept(owner):
    """Ends a laboratory that was left running; returns whether there was one."""
    found = any(namespace.owner == owner for namespace in all_namespaces())
    clean_up(owner)
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}-lab-{owner}-*"):
        shutil.rmtree(folder, ignore_errors=True)
    return found
