# SPDX-License-Identifier: BSD-3-Clause
"""The package's upgrade and its removal, after the other tests of this folder."""

from test_package import contents


def test_upgrade_keeps_the_configuration(debian):
    """Installing it again leaves what the operator wrote, and who may read it, as it was."""
    config = debian.path("/etc/macsecd/macsecd.yaml")
    config.write_text("links: []\n")
    config.chmod(0o640)
    debian.run("apt-get", "-q", "-y", "--reinstall", "install", "/macsecd.deb", limit_s=300)
    assert config.read_text() == "links: []\n" and config.stat().st_mode & 0o777 == 0o640
    assert debian.run("stat", "-c", "%G %a", "/etc/macsecd").strip() == "macsecd 750"


def test_remove(debian, package):
    """Nothing of it is left but what the operator wrote; without that, nothing at all."""
    debian.run("dpkg", "--remove", "macsecd")
    assert debian.path("/etc/macsecd/macsecd.yaml").exists()
    debian.path("/etc/macsecd/macsecd.yaml").unlink()
    debian.run("dpkg", "--purge", "macsecd")
    left = [path for path in contents(package)
            if path.rstrip("/").split("/")[-1].startswith("macsec")
            and debian.path(path).exists()]
    assert left == []
    assert "macsecd" not in debian.run("dpkg-query", "-W")
