# SPDX-License-Identifier: BSD-3-Clause
"""macsecctl as an operator uses it: tables, JSON and exit statuses."""

import json
import subprocess

import pytest
from appliance import MACSECCTL


@pytest.fixture(scope="module")
def secured(module_lab):
    module_lab.renew()
    module_lab.start()
    module_lab.ping()
    yield module_lab
    module_lab.stop()


def ctl(lab, *words):
    return subprocess.run([MACSECCTL, "-s", lab.a.socket_path, *words], capture_output=True,
                          text=True, timeout=20, check=False)


def test_status(secured):
    done = ctl(secured, "status")
    assert done.returncode == 0
    assert "dl0" in done.stdout
    assert "secured" in done.stdout


@pytest.mark.parametrize("noun", ("link", "mka", "sa", "counters"))
def test_show(secured, noun):
    """Every noun as a table and as JSON, for all links and for one."""
    for words in (("show", noun), ("show", noun, "dl0")):
        table = ctl(secured, *words)
        assert (table.returncode, table.stderr) == (0, "")
        assert "dl0" in table.stdout
        answer = ctl(secured, "--json", *words)
        assert answer.returncode == 0
        assert [link["name"] for link in json.loads(answer.stdout)["links"]] == ["dl0"]


def test_no_key_material(secured):
    """Of a SAK only its identifier is told."""
    text = json.dumps([secured.a.link(method) for method in
                       ("link.show", "mka.show", "sa.show", "counters.show")]).lower()
    assert not [word for word in ('"sak":', '"key":', '"salt":', '"cak":') if word in text]


def test_rekey(secured):
    """At the key server it works; the other end says where to ask, with status 1."""
    before = secured.a.key_identifier()
    secured.rekey()
    assert secured.a.key_identifier() != before
    done = subprocess.run([MACSECCTL, "-s", secured.b.socket_path, "rekey", "dl0"],
                          capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert "key server" in done.stderr


@pytest.mark.parametrize("words, status", (
    (("show", "link", "nolink"), 2),
    (("rekey", "nolink"), 2),
    (("rekey",), 2),
    (("show", "nothing"), 2),
    (("dance",), 2),
    ((), 2),
), ids=lambda value: " ".join(value) if isinstance(value, tuple) else None)
def test_wrong_words(secured, words, status):
    done = ctl(secured, *words)
    assert done.returncode == status
    assert done.stderr.strip() != ""
    assert done.stdout == ""


def test_no_daemon(secured):
    done = subprocess.run([MACSECCTL, "-s", f"{secured.folder}/none.sock", "status"],
                          capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2
    assert "none.sock" in done.stderr
