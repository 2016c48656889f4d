#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs a program within the walls of a service unit, where no systemd is there to build them.

Of the unit's [Service] it takes over: the capabilities (ambient and bounding set),
NoNewPrivileges, UMask, SystemCallFilter, RestrictAddressFamilies, RestrictNamespaces and
MemoryDenyWriteExecute. A system call that the unit would refuse with an error ends the program
here, by SIGSYS, so that no refusal goes unnoticed.

Usage: sandbox.py UNIT UID PROGRAM [ARGUMENT]...    (as root; UID is the group's number too)
"""

import functools
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import seccomp

CLONE_NEW = 0x7e020080  # every CLONE_NEW… flag of clone(2)
PROT_WRITE, PROT_EXEC = 2, 4
EPERM, ENOSYS = 1, 38
TRIED = {"iopl"}  # by DPDK, for ports of old virtio devices; it goes on without


def service(unit):
    """[(word, value)] of the unit's [Service], in its order."""
    section = re.search(r"^\[Service\]$(.*?)(?=^\[|\Z)", Path(unit).read_text(), re.M | re.S)
    return re.findall(r"^(\w+)=(.*)$", section.group(1), re.M)


def settings(unit, word):
    return [value for name, value in service(unit) if name == word]


@functools.cache
def call_sets():
    """{"@timer": [names]} as systemd has them; a name may be that of another set."""
    text = subprocess.run(["systemd-analyze", "syscall-filter"], check=True, capture_output=True,
                          text=True).stdout
    parts = re.split(r"^(?=@)", text, flags=re.M)[1:]
    return {part.split()[0]: re.findall(r"^ +([@\w-]+)$", part, re.M) for part in parts}


def expand(name):
    """Names of the system calls that a word of SystemCallFilter stands for."""
    if not name.startswith("@"):
        return {name}
    return set().union(*[expand(one) for one in call_sets()[name]])


def allowed_calls(unit):
    calls = expand("@default")
    for line in settings(unit, "SystemCallFilter"):
        names = set().union(*[expand(name) for name in line.lstrip("~").split()])
        calls = calls - names if line.startswith("~") else calls | names
    return calls


def build_filter(unit):
    wall = seccomp.SyscallFilter(seccomp.KILL_PROCESS)
    calls = allowed_calls(unit)
    special = {"socket", "clone", "clone3", "mmap", "mprotect", "pkey_mprotect"} & calls
    for name in sorted(calls - special - {"unshare", "setns"}):
        if seccomp.resolve_syscall(seccomp.Arch(), name) > 0 or name == "read":
            wall.add_rule(seccomp.ALLOW, name)
    for name in TRIED - calls:
        wall.add_rule(seccomp.ERRNO(EPERM), name)
    for family in settings(unit, "RestrictAddressFamilies")[0].split():
        number = int(getattr(socket, family))
        wall.add_rule(seccomp.ALLOW, "socket", seccomp.Arg(0, seccomp.EQ, number))
    wall.add_rule(seccomp.ALLOW, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, CLONE_NEW, 0))
    wall.add_rule(seccomp.ERRNO(ENOSYS), "clone3")  # as systemd does: its flags are in memory
    both = PROT_WRITE | PROT_EXEC
    for given in (0, PROT_WRITE, PROT_EXEC):
        wall.add_rule(seccomp.ALLOW, "mmap", seccomp.Arg(2, seccomp.MASKED_EQ, both, given))
    for name in ("mprotect", "pkey_mprotect"):
        wall.add_rule(seccomp.ALLOW, name, seccomp.Arg(2, seccomp.MASKED_EQ, PROT_EXEC, 0))
    return wall


def main():
    unit, user, *command = sys.argv[1:]
    if os.geteuid() == 0:
        keep = settings(unit, "AmbientCapabilities")[0].lower().replace("cap_", "").split()
        bound = settings(unit, "CapabilityBoundingSet")[0].lower().replace("cap_", "").split()
        chosen = [",".join(["-all", *(f"+{name}" for name in names)]) for names in (keep, bound)]
        os.umask(int(settings(unit, "UMask")[0], 8))
        os.execvp("setpriv", [
            "setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups",
            f"--inh-caps={chosen[0]}", f"--ambient-caps={chosen[0]}",
            f"--bounding-set={chosen[1]}", "--no-new-privs", "--", sys.executable, "-B", *sys.argv])
    wall = build_filter(unit)
    wall.load()
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
