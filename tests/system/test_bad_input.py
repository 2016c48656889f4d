# SPDX-License-Identifier: BSD-3-Clause
"""Bad input: one line that names the place or the device and what to do; nothing left behind."""

import re
import subprocess

import pytest
from appliance import CAK, MACSECD

HUGEPAGE_FOLDER = "/sys/kernel/mm/hugepages"


def refused(lab, *command):
    """Runs macsecd, which must end by itself; returns what it said, one error line and a status."""
    end = lab.a
    space, before = end.namespace, {}
    for name in ("h0", "l0"):
        before[name] = space.interface_state(name)
    done = subprocess.run([*space.prefix, *(command or (MACSECD, "-c", end.config_path))],
                          capture_output=True, text=True, timeout=120, cwd=end.folder, check=False)
    assert done.returncode not in (0, 139, 134), done.stderr
    for name, state in before.items():
        assert space.interface_state(name) == state, f"{name} was not given back"
    assert not end.socket_path.exists()
    left = [path.name for path in end.run_dir.rglob("*") if path.suffix != ".ki"]
    assert not left, f"left in the run-dir: {left}"
    errors = [line for line in done.stderr.splitlines()
              if not re.match("INFO |WARNING |DEBUG ", line)]
    assert len(errors) == 1, f"not one error line:\n{done.stderr}"
    assert errors[0].startswith("ERROR ")
    return errors[0]


def line_of(end, text):
    """FILE:LINE of the first line with this text in the configuration."""
    for number, line in enumerate(end.config_path.read_text().splitlines(), 1):
        if text in line:
            return f"{end.config_path}:{number}"
    raise AssertionError(f"{text} is not in {end.config_path}")


def test_unknown_word(lab):
    lab.a.configure({"replay-windoww": 3})
    error = refused(lab)
    assert line_of(lab.a, "replay-windoww") in error
    assert "replay-windoww" in error


def test_unknown_word_in_a_section(lab):
    """The nearest word that exists is named."""
    lab.a.configure({"macsec": {"cipher-sweet": "gcm-aes-128"}})
    error = refused(lab)
    assert line_of(lab.a, "cipher-sweet") in error
    assert "cipher-suite" in error


def test_value_out_of_range(lab):
    lab.a.configure({"mtu": 65000})
    error = refused(lab)
    assert line_of(lab.a, "65000") in error
    assert "9000" in error


def test_no_yaml(lab):
    lab.a.config_path.write_text("links: [\n")
    assert str(lab.a.config_path) in refused(lab)


def test_no_file(lab):
    lab.a.config_path.unlink(missing_ok=True)
    assert str(lab.a.config_path) in refused(lab)


def test_two_links_on_one_port(lab):
    lab.a.configure()
    config = lab.a.config_path.read_text()
    link = config[config.index("  - name"):config.index("control:")]
    second = link.replace("dl0", "dl1").replace("host: h0", "host: h1")
    lab.a.config_path.write_text(config.replace(link, link + second))
    error = refused(lab)
    assert re.search(re.escape(str(lab.a.config_path)) + r":\d+", error)
    assert "l0" in error or "'line'" in error
    assert "dl0" in error and "dl1" in error


@pytest.mark.parametrize("role", ("host", "line"))
def test_port_that_does_not_exist(lab, role):
    lab.a.configure({role: "eth77"})
    error = refused(lab)
    assert "eth77" in error
    assert "ip -br link" in error


def test_pci_address_that_does_not_exist(lab):
    lab.a.configure({"line": "0000:ff:1f.7"})
    assert "0000:ff:1f.7" in refused(lab)


def test_port_with_an_address(lab):
    """An interface that this machine itself uses is not taken over."""
    space = lab.a.namespace
    space.run("ip", "address", "add", "198.51.100.1/24", "dev", "l0")
    try:
        lab.a.configure()
        error = refused(lab)
    finally:
        space.run("ip", "address", "flush", "dev", "l0")
    assert "l0" in error
    assert "ip addr" in error


def test_key_file_is_missing(lab):
    lab.a.configure()
    lab.a.key_path.unlink()
    error = refused(lab)
    assert str(lab.a.key_path) in error


def test_key_file_that_others_may_read(lab):
    lab.a.configure()
    lab.a.write_key(CAK, mode=0o644)
    error = refused(lab)
    assert str(lab.a.key_path) in error
    assert "chmod 600" in error or "chmod 0600" in error


@pytest.mark.parametrize("text", ("", "0123", "g" * 64, CAK + "00", CAK[:63]),
                         ids=("empty", "short", "no-hex", "long", "odd"))
def test_key_file_with_a_wrong_key(lab, text):
    lab.a.configure()
    lab.a.write_key(text)
    error = refused(lab)
    assert str(lab.a.key_path) in error
    assert len(text) < 8 or text[:8] not in error, "the key itself is in the message"


def test_hugepages_demanded_and_absent(lab):
    """In a mount namespace of its own macsecd sees no hugepages, whatever the machine has."""
    lab.a.configure(dpdk={"hugepages": "required"})
    hide = (f"mount -t tmpfs none {HUGEPAGE_FOLDER} && exec {MACSECD} -c {lab.a.config_path}")
    error = refused(lab, "unshare", "--mount", "sh", "-c", hide)
    assert line_of(lab.a, "hugepages: required") in error
    assert "nr_hugepages" in error


def test_socket_folder_is_missing(lab):
    lab.a.configure(control={"socket": f"{lab.folder}/nowhere/a.sock"})
    assert f"{lab.folder}/nowhere" in refused(lab)


def test_second_daemon(lab):
    """A second macsecd with the same configuration leaves the first one alone."""
    lab.start()
    done = subprocess.run([*lab.a.namespace.prefix, MACSECD, "-c", lab.a.config_path],
                          capture_output=True, text=True, timeout=120, cwd=lab.folder, check=False)
    assert done.returncode != 0
    assert lab.a.state() == "secured"
    lab.ping()


def test_check(lab):
    """--check accepts the configuration of the laboratory and refuses a wrong one."""
    lab.a.configure()
    good = subprocess.run([*lab.a.namespace.prefix, MACSECD, "--check", "-c", lab.a.config_path],
                          capture_output=True, text=True, timeout=120, check=False)
    assert good.returncode == 0, good.stdout + good.stderr
    lab.a.configure({"line": "eth77"})
    bad = subprocess.run([*lab.a.namespace.prefix, MACSECD, "--check", "-c", lab.a.config_path],
                         capture_output=True, text=True, timeout=120, check=False)
    assert bad.returncode != 0
    assert "eth77" in bad.stdout + bad.stderr
