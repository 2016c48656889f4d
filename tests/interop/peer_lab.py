# SPDX-License-Identifier: BSD-3-Clause
"""The laboratory with a real peer: one appliance, one line, and a guest in QEMU at its far end.

    office ── h0 [ a: macsecd ] l0 ── p0 [ line ] p1 ══ eth0 [ guest: Linux MACsec ] macsec0
       eth0                             the wire's taps

tests/system/lab.py says what the parts are; the guest stands where `b` and `cloud` stand there. p1
is a TAP device: p1 "in" is what leaves the guest.
"""

import functools
import os
import socket
import subprocess
import tempfile
from pathlib import Path

import echo
from appliance import BUILD, MACSECD, Appliance, wait_for
from guest import Guest
from kernel import Kernel
from lab import CLOUD_IP, OFFICE_IP, Lab
from netns import PREFIX, Namespace, cable, sweep
from wire import Tap

PROGRAMS = BUILD / "tests" / "interop"
CAK, OTHER_CAK = "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "1f1e2d3c4b5a69788796a5b4c3d2e1f0"
CKN = "aa01"
MTU = 1500
SECURED_MTU = MTU + 32
GUEST_MAC = "52:54:00:00:00:02"
GUEST_SCI = "5254000000020001"
NAMES = ("office", "a", "line")


class PeerLab(Lab):
    """Everything between office and guest. Use it in a `with` block."""

    def __init__(self, cache):
        sweep()
        self.owner, self.mtu, self.guest = None, MTU, None
        self.folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}-lab-{os.getpid()}-"))
        self.spaces = {name: Namespace(name) for name in NAMES}
        try:
            self.kernel = Kernel(cache)
            self.build()
            self.a = RaisableAppliance("a", self.spaces["a"], self.folder, 16)
            self.tap_a = Tap(self.spaces["line"], "p0")
            self.tap_b = Tap(self.spaces["line"], "p1")
            self.boot()
        except BaseException:
            self.close()
            raise

    def boot(self):
        self.guest = Guest(self.kernel, self.spaces["line"], "p1", GUEST_MAC, SECURED_MTU,
                           self.folder)
        self.guest.run(f"ip link set eth0 mtu {SECURED_MTU} up")

    def close(self):
        if self.guest is not None:
            self.guest.close()
        super().close()

    def build(self):
        office, a, line = (self.spaces[name] for name in NAMES)
        for space in self.spaces.values():
            space.create()
        for quiet in (office, line):
            quiet.set_sysctl("net.ipv6.conf.default.disable_ipv6", 1)
        cable(office, "eth0", a, "h0")
        cable(a, "l0", line, "p0")
        line.run("ip", "tuntap", "add", "p1", "mode", "tap")
        # a guest that is emulated falls behind at times; its line shall not lose frames for that
        line.run("ip", "link", "set", "p1", "txqueuelen", 10000)
        self.build_line(line)
        self.build_host(office, OFFICE_IP)

    def stop(self):
        self.a.stop()

    def renew(self):
        """As new for the next test; a guest that has stopped answering is replaced."""
        self.stop()
        if self.guest.is_lost:
            self.guest.close()
            self.boot()
        for tap in (self.tap_a, self.tap_b):
            tap.reset()
        self.a.log_path.write_text("")
        self.a.write_key(CAK)
        self.a.can_raise_pn = False

    def versions(self):
        """What is tested against what."""
        kernel, supplicant, ip = (self.guest.run(f"{ask} | head -n 1").strip() for ask in (
            "uname -srv", "wpa_supplicant -v", "ip -V"))
        return f"macsecd {self.spaces['a'].run(MACSECD, '--version').split()[-1]} against " \
               f"{kernel}; {supplicant}; {ip}"

    def mac_of(self, space, interface):
        out = self.spaces[space].run("ip", "-o", "link", "show", "dev", interface)
        return out.split("link/ether ")[1].split()[0]

    def address_guest(self):
        self.guest.run(f"ip link set macsec0 up; ip address replace {CLOUD_IP}/24 dev macsec0")

    def burst(self, size=56, count=200, ahead=50):
        """Pings, `ahead` of them at once; all must be answered."""
        self.burst_to(CLOUD_IP, size, count, ahead)

    def burst_to(self, address, size=56, count=200, ahead=50):
        echo.burst(self.spaces["office"], address, size, count, ahead)

    def steady_pings(self):
        """Pings while a block runs; all must be answered."""
        return echo.SteadyEcho(self.spaces["office"], CLOUD_IP)

    def stream(self, octets=4 << 20):
        """TCP to the guest and back."""
        self.guest.run("nc -l -p 7 -e cat </dev/null >/dev/null 2>&1 &")
        wait_for("the guest listens", lambda: ":0007 " in self.guest.run("cat /proc/net/tcp"))
        echo.stream(self.spaces["office"], CLOUD_IP, 7, octets)

    def assert_nothing_crosses(self):
        out = self.spaces["office"].run("ping", "-q", "-n", "-c", 3, "-i", "0.1", "-W", "1",
                                        CLOUD_IP, check=False)
        assert ", 0 received" in out, out


@functools.cache
def prompt():
    """A prefix for programs that have to run when it is their turn.

    Beside an emulator and compilers Linux 6.18 was seen to leave a thread that sleeps and wakes all
    the time waiting for its CPU for 37 s, six life times of MKA.
    """
    words = ("chrt", "--rr", "1")
    return words if subprocess.run([*words, "true"], capture_output=True,
                                   check=False).returncode == 0 else ()


class RaisableAppliance(Appliance):
    """macsecd; with `can_raise_pn` the variant for tests, whose PN can be raised."""

    can_raise_pn = False

    def launch(self, stay=False):
        program = PROGRAMS / "macsecd_pn" if self.can_raise_pn else MACSECD
        environment = {**os.environ, "MACSECD_RAISE_PN": str(self.folder / "raise-pn")}
        with open(self.log_path, "ab") as log:
            self.process = self.namespace.popen(*prompt(), program, "-c", self.config_path,
                                                stdout=log, stderr=log, cwd=self.folder,
                                                env=environment)

    def sa(self, direction):
        """The SA in use for a direction ("transmit": the one that frames leave with)."""
        return next(sa for sa in self.link("sa.show")["sas"]
                    if sa["direction"] == direction and sa["in-use"])

    def raise_pn(self, pn):
        """Raises the next PN; asked again until it is seen, see raise_pn.c."""
        def raised():
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.sendto(str(pn).encode(), str(self.folder / "raise-pn"))
            return self.sa("transmit")["next-pn"] >= pn
        wait_for(f"the next PN is {pn:#x}", raised)
