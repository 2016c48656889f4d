# SPDX-License-Identifier: BSD-3-Clause
"""macsecctl as an operator uses it: tables, JSON and exit statuses."""

import contextlib
import json
import socket
import subprocess

import pytest
from appliance import CAK, MACSECCTL
from test_cloud_keys import measured_gaps


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


@pytest.mark.parametrize("noun", ("link", "mka", "sa", "counters", "path"))
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
                       ("link.show", "mka.show", "sa.show", "counters.show", "path.show")]).lower()
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


def test_events_tell_how_it_came_about(secured):
    """From the first MKPDU to the secured link, and the rekey after it."""
    secured.rekey()
    events = secured.a.ask("events.show")["events"]
    numbers = [one["number"] for one in events]
    assert numbers == list(range(numbers[0], numbers[0] + len(events)))
    kinds = [one["kind"] for one in events]
    assert kinds.index("peer") < kinds.index("sak") < kinds.index("rekey")
    assert [one["text"] for one in events if one["kind"] == "state"] == ["negotiating", "secured"]
    assert all(one["link"] == "dl0" for one in events if one["kind"] in ("peer", "sak", "state"))


def test_reload_and_log_levels_are_told(secured):
    secured.a.ask("daemon.reload")
    secured.a.ask("log.set", level="debug", module="mka")
    secured.a.ask("log.set", level="info")
    told = [(one["kind"], one["text"]) for one in secured.a.ask("events.show", last=3)["events"]]
    assert told == [("reload", f"{secured.a.config_path} is taken over"),
                    ("log", "log level of mka: debug"), ("log", "log level of every module: info")]


def test_support_has_no_key(secured):
    """Nor any part of one; CKNs and references are there."""
    bundle = ctl(secured, "support")
    assert bundle.returncode == 0
    assert f"file:{secured.a.key_path}" in bundle.stdout and "===== events.show" in bundle.stdout
    text = bundle.stdout.lower()
    assert not [CAK[i:i + 16] for i in range(0, len(CAK), 16) if CAK[i:i + 16].lower() in text]


SUBSCRIBERS = 200
STORM = 800  # events that cost nothing else; fewer than the ring holds


class Subscriber:
    def __init__(self, end):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(str(end.socket_path))
        self.lines = self.sock.makefile("rb")
        self.ask("events.subscribe")
        assert "next" in self.next()["result"]

    def ask(self, method):
        request = {"jsonrpc": "2.0", "id": 1, "method": method}
        self.sock.sendall(json.dumps(request).encode() + b"\n")

    def next(self):
        return json.loads(self.lines.readline())

    def until(self, kind, n):
        """The numbers of all events up to the n-th of this kind."""
        numbers = []
        while n > 0:
            event = self.next()["params"]
            numbers.append(event["number"])
            n -= event["kind"] == kind
        return numbers


def test_200_subscribers_delay_no_mkpdu(secured):
    """150 read all, 50 nothing, in a storm of events: MKPDUs go on in time, no event is lost."""
    with contextlib.ExitStack() as stack, measured_gaps(secured, f"{SUBSCRIBERS} subscribers"):
        readers = [Subscriber(secured.a) for _ in range(SUBSCRIBERS)]
        for reader in readers:
            stack.callback(reader.sock.close)
        for _ in range(STORM):
            secured.a.ask("log.set", level="info")
        secured.rekey()
        seen = [reader.until("rekey", 1) for reader in readers[50:]]
    assert all(numbers == seen[0] for numbers in seen)
    assert len(seen[0]) > STORM


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
