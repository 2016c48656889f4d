# SPDX-License-Identifier: BSD-3-Clause
"""The guest's whole file system: an archive that the kernel unpacks into memory (cpio "newc").

This machine's own shell, ip, ping and wpa_supplicant with the libraries that they load,
busybox for the rest (its shell would take its own ip), the kernel's modules in loading order, and
`init` beside this file.
"""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

from kernel import PATH

PROGRAMS = ("dash", "ip", "ping", "wpa_supplicant", "wpa_cli")
FOLDERS = ("bin", "sbin", "dev", "proc", "sys", "run", "tmp", "modules")


class Archive:
    def __init__(self):
        self.parts, self.names = [], set()

    def add(self, name, mode, content=b"", device=(0, 0)):
        self.add_folders(Path(name).parent)
        self.names.add(name)
        fields = (len(self.names), mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
        self.parts += [pad(head), pad(content)]

    def add_folders(self, folder):
        if str(folder) not in ("", ".", "/") and str(folder) not in self.names:
            self.add(str(folder), stat.S_IFDIR | 0o755)

    def add_file(self, name, path, mode=0o755):
        if name not in self.names:
            self.add(name, stat.S_IFREG | mode, Path(path).read_bytes())

    def octets(self):
        self.add("TRAILER!!!", 0)
        return b"".join(self.parts)


def pad(octets):
    return octets + bytes(-len(octets) % 4)


def program(name):
    path = shutil.which(name, path=PATH)
    if path is None:
        raise RuntimeError(f"{name} is not installed: see docker/packages/interop.txt")
    return os.path.realpath(path)


def libraries(path):
    """Paths at which a program looks for what it is linked with."""
    listed = subprocess.run(["ldd", path], capture_output=True, text=True, check=True).stdout
    return re.findall(r"(/\S+) \(0x", listed)


def build(kernel):
    """The archive as octets."""
    archive = Archive()
    for name in FOLDERS:
        archive.add(name, stat.S_IFDIR | 0o755)
    archive.add("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))
    archive.add_file("init", Path(__file__).resolve().with_name("init"))
    archive.add_file("bin/busybox", program("busybox"))
    archive.add("bin/sh", stat.S_IFLNK | 0o777, b"dash")
    for name in PROGRAMS:
        path = program(name)
        archive.add_file(f"bin/{name}", path)
        for library in libraries(path):
            archive.add_file(library.lstrip("/"), os.path.realpath(library))
    for module in kernel.modules:
        archive.add_file(f"modules/{module.name}", module, 0o644)
    return archive.octets()
