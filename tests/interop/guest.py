# SPDX-License-Identifier: BSD-3-Clause
"""A machine in QEMU with Debian's own kernel: the Linux MACsec that macsecd is tested against.

All in software (TCG), so that it runs where there is no KVM. The tests speak to the first process
(`init`) over a virtio port, one script at a time; eth0 is a TAP device of a namespace.
"""

import base64
import contextlib
import signal
import socket
import subprocess
from pathlib import Path

import initramfs

BOOT_S = 180  # a crowded machine boots it in 30 s, an idle one in 6
ANSWER_S = 60
# The TAP's frames are what is on the wire: no checksum and no segment is left to the other end.
PLAIN = ",".join(f"{word}=off" for word in (
    "csum", "gso", "guest_csum", "guest_tso4", "guest_tso6", "guest_ecn", "guest_ufo", "host_tso4",
    "host_tso6", "host_ecn", "host_ufo"))


class GuestError(AssertionError):
    """A script in the guest failed, or the guest is gone."""


class Guest:
    """A running guest. Use it in a `with` block."""

    def __init__(self, kernel, namespace, tap, mac, mtu, folder):
        self.console = Path(folder, "console.log")
        initrd = Path(folder, "initrd")
        initrd.write_bytes(initramfs.build(kernel))
        self.asked, self.is_lost = 0, False
        self.sock, theirs = socket.socketpair()
        self.sock.settimeout(BOOT_S)
        self.process = namespace.popen(*qemu(kernel.image, initrd, self.console),
                                       *devices(theirs.fileno(), tap, mac, mtu),
                                       pass_fds=[theirs.fileno()], stdout=subprocess.DEVNULL,
                                       stderr=open(self.console.with_suffix(".qemu"), "wb"))
        theirs.close()
        self.answers = self.sock.makefile("rb")
        try:
            self.run("true", timeout=BOOT_S)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.process.kill()
        self.process.wait()
        self.answers.close()
        self.sock.close()

    def run(self, script, check=True, timeout=ANSWER_S):
        """Runs a shell script; its output, both streams. With `check` its status must be 0."""
        status, output = self.ask(script, timeout)
        if check and status != 0:
            raise GuestError(f"in the guest: {script}: status {status}: {output}")
        return output

    def succeeds(self, script):
        return self.ask(script, ANSWER_S)[0] == 0

    def ask(self, script, timeout):
        self.asked += 1
        self.sock.settimeout(timeout)
        try:
            self.sock.sendall(b"%d %s\n" % (self.asked, base64.b64encode(script.encode())))
            number, status, octets = map(int, self.answers.readline().split())
            output = self.answers.read(octets).decode(errors="replace")
        except (OSError, ValueError) as error:
            self.is_lost = True  # its answer, should it come, would be taken for another's
            raise GuestError(f"the guest does not answer to: {script}: {error}\n"
                             f"{self.console_tail()}") from None
        assert number == self.asked
        return status, output

    def console_tail(self, lines=30):
        texts = []
        for path in (self.console.with_suffix(".qemu"), self.console):
            with contextlib.suppress(OSError):
                texts += path.read_text(errors="replace").splitlines()[-lines:]
        return "\n".join(texts)

    def freeze(self):
        """The whole machine stands still, its network too."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)


def qemu(image, initrd, console):
    return ("qemu-system-x86_64", "-machine", "pc", "-accel", "tcg", "-cpu", "max", "-m", "256",
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-kernel", image, "-initrd", initrd, "-append",
            "console=ttyS0 quiet panic=-1 mitigations=off random.trust_cpu=on ipv6.disable=1",
            "-chardev", f"file,id=console,path={console}", "-serial", "chardev:console")


def devices(agent_fd, tap, mac, mtu):
    return ("-device", "virtio-serial-pci",
            "-chardev", f"socket,id=agent,fd={agent_fd}",
            "-device", "virtserialport,chardev=agent,name=agent",
            "-netdev", f"tap,id=line,ifname={tap},script=no,downscript=no",
            "-device", f"virtio-net-pci,netdev=line,mac={mac},host_mtu={mtu},romfile=,{PLAIN}")
