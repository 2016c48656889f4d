# SPDX-License-Identifier: BSD-3-Clause
"""A group: any number of appliances whose line ports meet at one bridge.

    host1 ── h0 [ m1: macsecd ] l0 ── p1 ┐
    host2 ── h0 [ m2: macsecd ] l0 ── p2 ┤ br0 [ hub ]
    host3 ── h0 [ m3: macsecd ] l0 ── p3 ┘
"""

import os
import shutil
import tempfile
from pathlib import Path

from appliance import Appliance, wait_for
from netns import PREFIX, Namespace, cable, clean_up, sweep
from mkpdus import Mkpdus
from wire import Sniffer, Tap, tap_program

GROUP_FORWARD_EAPOL = 1 << 3  # the bridge lets 01-80-C2-00-00-03 through, as a hub would
LINE_MTU = 9300


class Hub:
    """`members` appliances in one CA. Use it in a `with` block."""

    def __init__(self, members):
        sweep()
        self.folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}-lab-{os.getpid()}-hub-"))
        self.hub = Namespace("hub")
        self.hosts, self.members, self.taps, self.eapol = [], [], [], []
        try:
            self.build(members)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for member in self.members:
            if member.process is not None and member.process.poll() is None:
                member.process.kill()
                member.process.wait()
        for one in (*self.taps, *self.eapol):
            one.close()
        for namespace in (self.hub, *self.hosts, *(one.namespace for one in self.members)):
            namespace.delete()
        clean_up()
        shutil.rmtree(self.folder, ignore_errors=True)

    def build(self, members):
        self.hub.create()
        self.hub.set_sysctl("net.ipv6.conf.default.disable_ipv6", 1)
        self.hub.run("ip", "link", "add", "br0", "mtu", LINE_MTU, "type", "bridge", "stp_state", 0,
                     "forward_delay", 0, "group_fwd_mask", GROUP_FORWARD_EAPOL)
        self.hub.run("ip", "link", "set", "br0", "up")
        for index in range(1, members + 1):
            self.add(index)

    def add(self, index):
        host, space = Namespace(f"host{index}"), Namespace(f"m{index}")
        self.hosts.append(host)
        for one in (host, space):
            one.create()
            one.set_sysctl("net.ipv6.conf.default.disable_ipv6", 1)
        cable(host, "eth0", space, "h0")
        cable(space, "l0", self.hub, f"p{index}")
        self.hub.run("ip", "link", "set", f"p{index}", "mtu", LINE_MTU, "master", "br0", "up")
        host.run("ethtool", "-K", "eth0", "tx", "off", "rx", "off", "sg", "off", "tso", "off",
                 "gso", "off", "gro", "off")
        host.run("ip", "link", "set", "eth0", "up")
        host.run("ip", "address", "add", f"{self.address(index)}/24", "dev", "eth0")
        self.members.append(Appliance(f"m{index}", space, self.folder, 15 + index))
        self.taps.append(Tap(self.hub, f"p{index}"))
        self.eapol.append(Sniffer(self.hub, f"p{index}", program=tap_program(False, "eapol")))

    @staticmethod
    def address(index):
        return f"192.0.2.{index}"

    def start(self, members=None, link=None):
        for member in members or self.members:
            member.configure(link or {})
            member.start()

    def wait_agreed(self, members=None, timeout=60.0):
        """Until all of them transmit with one SAK and see each other live; returns its KI."""
        members = members or self.members

        def agreed():
            views = [member.link("mka.show") for member in members]
            kis = {view["latest-sak"]["ki"] for view in views
                   if view["latest-sak"] and view["latest-sak"]["transmits"]}
            full = all(sum(peer["live"] for peer in view["peers"]) == len(members) - 1
                       for view in views)
            states = {member.state() for member in members}
            ready = full and len(kis) == 1 and states == {"secured"} and all(
                view["latest-sak"] and view["latest-sak"]["transmits"] for view in views)
            return kis.pop() if ready else None
        return wait_for(f"{len(members)} members agree on one SAK", agreed, timeout, every=0.02)

    def ping(self, near, far, count=2):
        """From one host to another, by number from 1; raises when an answer is missing."""
        self.hosts[near - 1].run("ping", "-n", "-i", "0.02", "-c", count, "-W", "5",
                                 self.address(far))

    def assert_tshark_decodes_all(self):
        """Every MKPDU that any member has sent so far."""
        with Mkpdus(self.folder / "mkpdus.pcap") as mkpdus:
            for sniffer in self.eapol:
                mkpdus.add(sniffer.frames())
            mkpdus.assert_tshark_decodes_all()
