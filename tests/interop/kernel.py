# SPDX-License-Identifier: BSD-3-Clause
"""Debian's own kernel of the release that this machine runs, fetched and unpacked, never installed.

What was unpacked once is used again, without a network.
"""

import contextlib
import lzma
import os
import re
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
FETCH_S = 300
XZ, ZSTD = b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"
# The last four: what gcm(aes) is made of, slow and fast.
MODULES = ("virtio_pci", "virtio_console", "virtio_net", "macsec", "gcm", "ctr", "ghash-generic",
           "aesni-intel", "ghash-clmulni-intel", "veth", "bridge")


class Kernel:
    """`image` for QEMU to boot, `modules` in the order in which they have to be loaded."""

    def __init__(self, cache):
        """Unpacks the kernel below `cache`, unless it is there from before."""
        self.folder = cache / f"kernel-{zlib.crc32(' '.join(MODULES).encode()):08x}"
        if not self.folder.is_dir():
            work = cache / "kernel.new"
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir(parents=True)
            fill(work, download(work))
            work.rename(self.folder)
        self.image = next(self.folder.glob("vmlinu*"))
        self.modules = sorted(self.folder.glob("*.ko"))


def command(*words, cwd=None):
    done = subprocess.run([str(word) for word in words], cwd=cwd, capture_output=True, text=True,
                          timeout=FETCH_S, check=False, env={**os.environ, "LC_ALL": "C"})
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: {done.stderr.strip()}")
    return done.stdout


def download(folder):
    """Downloads the package that linux-image-amd64 stands for; its path."""
    print("interop: downloading this release's kernel package", flush=True)
    with contextlib.suppress(RuntimeError):
        return download_known(folder)
    command("apt-get", "-q", "update")  # no lists, or lists that name what the mirror has replaced
    return download_known(folder)


def download_known(folder):
    depends = command("apt-cache", "depends", "linux-image-amd64")
    found = re.search(r"Depends: (linux-image-\d[\w.+-]*)", depends)
    if not found:
        raise RuntimeError("apt does not know which kernel linux-image-amd64 stands for")
    command("apt-get", "-q", "download", found.group(1), cwd=folder)
    return next(folder.glob("*.deb"))


def fill(folder, package):
    """Puts what the guest needs of the package into the folder, and nothing else."""
    tree = folder / "tree"
    command("dpkg", "-x", package, tree)
    unpack_image(next(tree.glob("boot/vmlinuz-*")), folder)
    files = {name_of(path): path for path in tree.rglob("*.ko*")}
    ordered = {}
    for name in MODULES:
        add_module(name, files, ordered)
    for number, (name, content) in enumerate(ordered.items()):
        (folder / f"{number:02}-{name}.ko").write_bytes(content)
    shutil.rmtree(tree)
    package.unlink()


def unpack_image(packed, folder):
    """Takes the kernel out of its self-extractor, which would be most of the boot in emulation.

    Offsets: Documentation/arch/x86/boot.rst, fields setup_sects, payload_offset, payload_length.
    """
    octets = packed.read_bytes()
    start, length = struct.unpack_from("<II", octets, 0x248)
    payload = octets[(octets[0x1F1] + 1) * 512 + start:][:length]
    if payload.startswith(XZ):
        (folder / "vmlinux").write_bytes(lzma.LZMADecompressor().decompress(payload))
    elif payload.startswith(ZSTD) and shutil.which("zstd"):
        # the payload's last four octets are the length of what comes out: no part of the stream
        (folder / "vmlinux").write_bytes(unzstd(payload[:-4]))
    else:
        packed.rename(folder / "vmlinuz")


def unzstd(octets):
    return subprocess.run(["zstd", "-dcq"], input=octets, capture_output=True, timeout=FETCH_S,
                          check=True).stdout


def name_of(path):
    return Path(path).name.split(".ko")[0].replace("-", "_")


def add_module(name, files, ordered):
    """Puts a module into `ordered` behind those it needs. One without a file is built in."""
    name = name.replace("-", "_")
    if name in ordered or name not in files:
        return
    content = files[name].read_bytes()
    if files[name].suffix == ".xz":
        content = lzma.decompress(content)
    elif files[name].suffix == ".zst":
        content = unzstd(content)
    for needed in re.search(rb"\0depends=([^\0]*)\0", content).group(1).decode().split(","):
        add_module(needed, files, ordered)
    ordered[name] = content
