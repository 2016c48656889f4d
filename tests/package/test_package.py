# SPDX-License-Identifier: BSD-3-Clause
"""The Debian package: what is in it, its installation, and a link between two that are installed.

The tests of this folder follow each other in the order of their names.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT, run
from lab import Lab
from netns import clean_up_on_exit

FILES = """
/usr/sbin/macsecd /usr/bin/macsecctl /usr/bin/macsec-bench
/usr/share/man/man8/macsecd.8.gz /usr/share/man/man8/macsecctl.8.gz
/usr/share/man/man5/macsecd.yaml.5.gz /usr/share/man/man1/macsec-bench.1.gz
/usr/share/bash-completion/completions/macsecctl
/lib/systemd/system/macsecd.service /usr/lib/sysusers.d/macsecd.conf
/usr/lib/tmpfiles.d/macsecd.conf /lib/udev/rules.d/60-macsecd.rules
/usr/share/doc/macsecd/copyright
/usr/share/doc/macsecd/examples/direct-link.yaml
""".split()
IDENTITY = ("--reuid=macsecd", "--regid=macsecd", "--clear-groups",
            "--inh-caps=-all,+net_raw,+net_admin,+ipc_lock",
            "--ambient-caps=-all,+net_raw,+net_admin,+ipc_lock",
            "--bounding-set=-all,+net_raw,+net_admin,+ipc_lock", "--no-new-privs")


def contents(package):
    """Paths in the package as the root will have them; /lib is /usr/lib there."""
    listed = run("dpkg-deb", "-c", package)
    return {re.sub(r"^/lib/", "/usr/lib/", path)
            for path in re.findall(r" \.(/\S+)(?: -> \S+)?$", listed, re.M)}


def test_files(package):
    """What an operator needs is there, and no test is."""
    there = contents(package)
    for path in FILES:
        assert re.sub(r"^/lib/", "/usr/lib/", path) in there, path
    assert not [path for path in there if "test" in path or "criterion" in path]


def test_lintian(package):
    """Debian's own judgement: no error and no warning."""
    done = subprocess.run(["lintian", "--allow-root", "--tag-display-limit",
                           "0", str(package)], capture_output=True, text=True, check=False)
    found = [line for line in done.stdout.splitlines() if re.match(r"[EW]: ", line)]
    assert not found, found


def test_depends_on_what_it_loads(package):
    """DPDK's drivers are loaded by name, so no linker finds them; the run list names them too."""
    depends = run("dpkg-deb", "-f", package, "Depends")
    for name in ("librte-meta-net", "librte-meta-mempool"):
        assert name in depends
        assert re.search(rf"^{name}$", (ROOT / "docker/packages/run.txt").read_text(), re.M)
    wanted = re.findall(r"^ ([a-z0-9.-]+-dev),?$", (ROOT / "debian/control").read_text(), re.M)
    listed = (ROOT / "docker/packages/build.txt").read_text().split()
    assert len(wanted) > 5 and set(wanted) <= set(listed)


def test_service_at_upgrade_and_removal(package, tmp_path):
    """What runs is restarted after an upgrade and stopped before a removal; nothing else is."""
    run("dpkg-deb", "-e", package, tmp_path)
    scripts = {name: (tmp_path / name).read_text() if (tmp_path / name).exists() else ""
               for name in ("preinst", "postinst", "prerm", "postrm")}
    assert "deb-systemd-invoke" not in scripts["preinst"] + scripts["postrm"]
    assert re.findall(r"deb-systemd-invoke (\S+)", scripts["postinst"]) in (
        ["try-restart"], ["$_dh_action"])
    assert "_dh_action=restart" not in scripts["postinst"]
    assert re.findall(r"deb-systemd-invoke (\S+)", scripts["prerm"]) == ["stop"]


def test_install(package, debian):
    """It installs without a question; the user and its folders are there, nothing is enabled."""
    (debian.root / "macsecd.deb").write_bytes(package.read_bytes())
    out = debian.run("apt-get", "-q", "-y", "--no-install-recommends", "install", "/macsecd.deb",
                     limit_s=900)
    assert "macsecd" in out
    user = debian.run("getent", "passwd", "macsecd").split(":")
    assert user[6].strip() == "/usr/sbin/nologin"
    for folder, owner in (("/etc/macsecd", "root"), ("/run/macsecd", "macsecd")):
        said = debian.run("stat", "-c", "%U:%G %a", folder).strip()
        assert said == f"{owner}:macsecd 750"
    wants = debian.path("/etc/systemd/system/multi-user.target.wants")
    assert not (wants / "macsecd.service").is_symlink()
    assert debian.run("macsecd", "--version").startswith("macsecd ")
    out = debian.run("systemd-analyze", "verify", "--man=no",
                     "/usr/lib/systemd/system/macsecd.service")
    assert "macsecd" not in out


@pytest.fixture
def lab(debian):
    """The laboratory of the system tests, both appliances out of the package."""
    clean_up_on_exit()
    with Lab() as lab:
        debian.bind(str(lab.folder))
        user = int(debian.run("id", "-u", "macsecd"))
        os.chmod(lab.folder, 0o711)
        for end in (lab.a, lab.b):
            os.chown(end.run_dir, user, user)
            os.chown(end.key_path, user, user)
            end.socket_path = end.run_dir / "control.sock"
            end.base["control"]["socket"] = str(end.socket_path)
            end.command = ("chroot", debian.root, "setpriv", *IDENTITY, "/usr/sbin/macsecd")
        yield lab
        lab.stop()


def test_a_link_is_secured(lab, debian):
    """Both ends as the package installs them, as its user: secured, and macsecctl says so."""
    lab.configure()
    report = lab.spaces["a"].run("chroot", debian.root, "/usr/sbin/runuser", "-u", "macsecd", "--",
                                 "/usr/sbin/macsecd", "--check", "-c", lab.a.config_path)
    assert " 0 fail" in report
    lab.start()
    lab.ping()
    status = debian.run("macsecctl", "-s", lab.a.socket_path, "status")
    assert "secured" in status
    assert Path(f"/proc/{lab.a.process.pid}/root").resolve() == debian.root
    lab.assert_only_macsec_on_the_line()
