# SPDX-License-Identifier: BSD-3-Clause
"""The Debian package, built once, and a throw-away Debian to install it into."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "tests" / "system"))
BUILD = Path(os.environ.get("MACSECD_BUILD", ROOT / "build"))
BUILD_LIMIT_S = 900


def run(*command, limit_s=120, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=limit_s, check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}:\n{done.stdout}{done.stderr}")
    return done.stdout


def pytest_configure():
    if os.geteuid() != 0:
        pytest.exit("the package is installed into a root of its own: run this as root", 2)


@pytest.fixture(scope="session")
def package():
    """The .deb of the present tree."""
    run(ROOT / "docker" / "deb.sh", BUILD, limit_s=BUILD_LIMIT_S)
    found, = (path for path in (BUILD / "deb").glob("macsecd_*.deb"))
    return found


def make_base(folder):
    """A small Debian of this machine's release and sources; kept for the next run."""
    sources = run("apt-get", "indextargets", "--format", "deb $(REPO_URI) $(RELEASE) $(COMPONENT)",
                  "Created-By: Packages", "Origin: Debian")
    assert sources, "apt knows no source of Debian's; run apt-get update"
    unfinished = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    run("mmdebstrap", "--quiet", "--variant=apt", "--skip=cleanup/apt",
        "--include=util-linux,iproute2", "", unfinished, "-", input=sources, limit_s=BUILD_LIMIT_S)
    unfinished.rename(folder)


class Debian:
    """A root to install into: an overlay over the base, thrown away afterwards."""

    def __init__(self, base, folder):
        self.root, self.mounts = folder / "root", []
        for name in ("root", "upper", "work"):
            (folder / name).mkdir()
        self.mount("-t", "overlay", "overlay", "-o",
                   f"lowerdir={base},upperdir={folder / 'upper'},workdir={folder / 'work'}",
                   self.root)
        for name in ("proc", "sys", "dev"):
            self.bind(f"/{name}")
        shutil.copy("/etc/resolv.conf", self.root / "etc" / "resolv.conf")
        # no service of this root may be started: it has no init of its own
        policy = self.root / "usr" / "sbin" / "policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)

    def mount(self, *words):
        run("mount", *words)
        self.mounts.append(words[-1])

    def bind(self, path):
        target = Path(f"{self.root}{path}")
        target.mkdir(parents=True, exist_ok=True)
        self.mount("--rbind", "--make-rslave", path, target)

    def run(self, *command, **options):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8",
                       "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        return run("chroot", self.root, *command, env=environment, **options)

    def path(self, name):
        return self.root / name.lstrip("/")

    def close(self):
        for target in reversed(self.mounts):
            subprocess.run(["umount", "--recursive", "--lazy", str(target)], check=False)


@pytest.fixture(scope="session")
def debian(tmp_path_factory):
    base = BUILD / "package-root"
    if not base.exists():
        make_base(base)
    debian = Debian(base, tmp_path_factory.mktemp("debian"))
    yield debian
    debian.close()
