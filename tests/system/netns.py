# SPDX-License-Identifier: BSD-3-Clause
"""Network namespaces that never outlive the run that made them.

Their names carry their owner: the process id of the run, or a word for what shall outlive it.
`clean_up` removes an owner's namespaces, at exit and after a signal too; `sweep` removes those
that a killed run left behind.
"""

import atexit
import contextlib
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

PREFIX = "macsecd"
NETNS_FOLDER = Path("/var/run/netns")
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


def run(*command, check=True, timeout=120):
    """Runs a command; returns its standard output, or raises with its standard error."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=timeout, check=False)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.strip() or done.stdout}")
    return done.stdout


def die_with_parent():
    """In a child before exec: a run that is killed takes its children along."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Namespace:
    """One network namespace."""

    def __init__(self, name, owner=None):
        self.name = name
        self.owner = owner or str(os.getpid())
        self.full_name = f"{PREFIX}-{self.owner}-{name}"
        self.prefix = ("ip", "netns", "exec", self.full_name)

    def create(self):
        run("ip", "netns", "add", self.full_name)
        self.run("ip", "link", "set", "lo", "up")

    def run(self, *command, **options):
        return run(*self.prefix, *command, **options)

    def popen(self, *command, stay=False, **options):
        """Starts a program inside; it dies with us unless it is to stay."""
        return subprocess.Popen([*self.prefix, *map(str, command)], stdin=subprocess.DEVNULL,
                                preexec_fn=None if stay else die_with_parent, **options)

    @contextlib.contextmanager
    def inside(self):
        """Sockets that this thread opens in the block belong to the namespace for good."""
        with open("/proc/thread-self/ns/net", "rb") as home, \
                open(NETNS_FOLDER / self.full_name, "rb") as there:
            enter(there.fileno())
            try:
                yield
            finally:
                enter(home.fileno())

    def set_sysctl(self, key, value):
        with self.inside():
            Path("/proc/sys", *key.split(".")).write_text(str(value))

    def interface_state(self, name):
        with self.inside():
            return interface_state(name)

    def processes(self):
        out = run("ip", "netns", "pids", self.full_name, check=False)
        return [int(pid) for pid in out.split() if int(pid) != os.getpid()]

    def delete(self):
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        run("ip", "netns", "delete", self.full_name, check=False)


def enter(fd):
    if LIBC.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns: network namespaces need root")


def interface_state(name):
    """What a program may change about an interface of the present namespace."""
    folder = Path("/proc/sys/net/ipv6/conf") / name / "disable_ipv6"
    flags = run("ip", "-o", "link", "show", "dev", name)
    features = run("ethtool", "-k", name, check=False)
    return {
        "flags": sorted(re.search(r"<([^>]*)>", flags).group(1).split(",")),
        "mtu": re.search(r"mtu (\d+)", flags).group(1),
        "promiscuity": re.findall(r"promiscuity (\d+)",
                                  run("ip", "-d", "-o", "link", "show", "dev", name)),
        "disable_ipv6": folder.read_text().strip() if folder.exists() else None,
        "features": sorted(line.strip() for line in features.splitlines()[1:]),
    }


def cable(near, near_name, far, far_name):
    """A veth pair between two namespaces, both ends down."""
    run("ip", "link", "add", near_name, "netns", near.full_name, "type", "veth",
        "peer", "name", far_name, "netns", far.full_name)


def all_namespaces():
    """Every namespace that a laboratory has made and that is still there."""
    names = sorted(os.listdir(NETNS_FOLDER)) if NETNS_FOLDER.is_dir() else []
    matches = [re.fullmatch(rf"{PREFIX}-(\w+)-(\w+)", name) for name in names]
    return [Namespace(match.group(2), match.group(1)) for match in matches if match]


def sweep():
    """Removes what runs that are gone have left: namespaces, and folders of temporary files."""
    for namespace in all_namespaces():
        if is_gone(namespace.owner):
            namespace.delete()
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}-lab-*"):
        if is_gone(folder.name.split("-")[2]):
            shutil.rmtree(folder, ignore_errors=True)


def is_gone(owner):
    return owner.isdecimal() and not Path("/proc", owner).exists()


def clean_up(owner=None):
    """Removes an owner's namespaces with every process in them; ours unless another is named."""
    for namespace in all_namespaces():
        if namespace.owner == (owner or str(os.getpid())):
            namespace.delete()


def clean_up_on_exit():
    """Arranges that signals end the run by way of its `finally` blocks and atexit."""
    atexit.register(clean_up)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda n, _: sys.exit(128 + n))
