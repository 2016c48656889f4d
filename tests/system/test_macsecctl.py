# SPDX-License-Identifier: BSD-3-Clause
"""macsecctl against the real control socket with a fake daemon behind it."""

import errno
import json
import re
import socket

import pytest
from ctl_lab import ROOT, Fake, Impostor, ctl, result, rows, tables

BIG = 2**53 + 1  # what the fake daemon counts and a double cannot hold
SHOWS = ("daemon.show", "link.show", "mka.show", "sa.show", "counters.show", "doctor.show",
         "rpc.list", "path.show", "events.show", "log.show")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "control.sock"


# what the shell sees


def test_status_is_1_when_a_link_is_not_secured_and_says_why(path):
    with Fake(path):
        done = ctl(path, "status")
    cloud, lab = rows(done.stdout)
    assert done.returncode == 1 and done.stderr == ""
    assert cloud["STATE"] == "secured" and cloud["PROBLEM"] == "-" and cloud["DROPPED"] == "5"
    assert cloud["PEER"] == "02000000000b0001" and cloud["KEY-SERVER"] == "we"
    assert cloud["PROTECTED"] == "1005" and cloud["VALIDATED"] == "1996"
    assert lab["STATE"] == "negotiating" and "no MKPDU heard" in lab["PROBLEM"]


def test_status_is_0_when_the_link_asked_about_is_secured(path):
    with Fake(path):
        done = ctl(path, "status", "cloud")
        as_json = ctl(path, "--json", "status", "lab")
    assert done.returncode == 0 and [row["LINK"] for row in rows(done.stdout)] == ["cloud"]
    assert as_json.returncode == 1


@pytest.mark.parametrize("words", [
    (), ("no",), ("show",), ("show", "no"), ("rekey",), ("version", "x"), ("status", "a", "b"),
    ("show", "mka", "a", "b"), ("--no", "status"), ("-t", "0", "status"), ("-t", "x", "status"),
    ("show", "sa", "no-such-link"), ("suspend",), ("suspend", "cloud", "0"),
    ("suspend", "cloud", "121"), ("suspend", "cloud", "-1"), ("suspend", "cloud", "1x"),
    ("suspend", "cloud", "5000000000"), ("suspend", "cloud", ""), ("rekey", "cloud", "60"),
    ("doctor", "no-such-link"), ("doctor", "cloud", "60"), ("events", "-n", "0"),
    ("events", "-n", "1025"), ("events", "-f", "no-such-link"), ("status", "-f"), ("watch", "-f"),
    ("watch", "no-such-link"), ("log", "loud"), ("log", "info", "none"),
    ("log", "info", "mka", "x"),
    ("show", "path", "no-such-link"), ("support", "/no/such/folder/file")])
def test_a_wrong_command_line_is_2(path, words):
    with Fake(path):
        done = ctl(path, *words)
    assert done.returncode == 2 and done.stdout == "" and done.stderr != ""


def test_an_unknown_link_is_answered_with_the_links(path):
    with Fake(path):
        done = ctl(path, "rekey", "clod")
    assert done.returncode == 2
    assert done.stderr == 'macsecctl: no link "clod"; there are cloud, lab\n'


def test_rekey_is_0_when_taken_and_1_when_refused(path):
    with Fake(path):
        done = ctl(path, "rekey", "cloud")
    assert done.returncode == 0 and "replaces a1b2c3d4e5f60708090a0b0c:2" in done.stdout
    with Fake(path, order_errno=errno.EPERM):
        done = ctl(path, "rekey", "cloud")
    assert done.returncode == 1 and "the peer is key server" in done.stderr


def test_suspend_is_0_when_taken_and_1_when_refused(path):
    with Fake(path):
        default = ctl(path, "suspend", "cloud")
        asked = ctl(path, "suspend", "cloud", "120")
        as_json = ctl(path, "--json", "suspend", "cloud", "7")
    assert default.returncode == 0 and "keep the key for 60 s" in default.stdout
    assert asked.returncode == 0 and "keep the key for 120 s" in asked.stdout
    assert json.loads(as_json.stdout) == {"link": "cloud", "seconds": 7}
    for number, why in ((errno.EPERM, "is key server; only the key server can"),
                        (errno.ENOTCONN, "no CAK is agreed"),
                        (errno.EOPNOTSUPP, "peer 02000000000b0001 speaks MKA version 3")):
        with Fake(path, order_errno=number):
            done = ctl(path, "suspend", "cloud")
        assert (done.returncode, done.stdout) == (1, "") and why in done.stderr


def test_doctor_prints_a_paragraph_for_each_link(path):
    with Fake(path):
        both = ctl(path, "doctor")
        well = ctl(path, "doctor", "cloud")
        as_json = ctl(path, "--json", "doctor", "lab")
    assert both.returncode == 1 and both.stderr == ""
    cloud, lab = both.stdout.split("\n\n")
    assert cloud.splitlines() == [
        "link cloud: ok",
        "  finding   secured under CKN DEADBEEF with 1 live peer(s)",
        "  evidence  gcm-aes-xpn-256; key server 02000000000a0001 (we); key in use for 61 s"]
    assert lab.startswith("link lab: wrong\n  finding   no MKPDU heard from the line\n")
    assert re.search(r"^  fix       see that MKA is on at the peer, ", lab, re.M)
    lines = lab.splitlines()
    assert len(lines) == 5, "the fix is longer than a line"
    assert lines[4].startswith(12 * " ") and all(len(line) <= 96 for line in lines)
    assert (well.returncode, well.stdout.strip()) == (0, cloud)
    assert as_json.returncode == 1 and json.loads(as_json.stdout)["links"][0]["verdict"] == "wrong"
    path.unlink(missing_ok=True)
    with Fake(path, links=0):
        none = ctl(path, "doctor")
    assert (none.returncode, none.stdout) == (0, "(none)\n")


@pytest.mark.parametrize("verdict, status", (
    ("ok", 0), ("warning", 0), ("wrong", 1), ("else", 1), (None, 1)))
def test_status_and_doctor_are_1_when_any_link_is_wrong(path, verdict, status):
    links = [{"name": "a", "verdict": "ok"}, {"name": "b", "verdict": verdict}]
    for words in (["status"], ["doctor"]):
        path.unlink(missing_ok=True)
        with Impostor(path, result(json.dumps({"links": links}).encode())):
            assert ctl(path, *words).returncode == status


@pytest.mark.parametrize("had, state, status", (
    (True, "good", 0), (True, "warning", 0), (True, "waiting", 0), (True, "refused", 1),
    (False, "waiting", 1), (False, "refused", 1), (None, "good", 1)))
def test_show_keys_is_1_when_a_key_is_not_had_or_refused(path, had, state, status):
    keys = [{"key": "a", "had": True, "state": "good"}, {"key": "b", "had": had, "state": state}]
    with Impostor(path, result(json.dumps({"agent": None, "keys": keys}).encode())):
        assert ctl(path, "show", "keys").returncode == status


def test_no_daemon_is_2_and_names_the_fix(path):
    expected = f"macsecctl: no daemon answers on {path}: is macsecd running? see its log\n"
    done = ctl(path, "status")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", expected)
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(path))
    assert ctl(path, "status").stderr == expected


# tables


def test_every_command_prints_an_aligned_table(path):
    with Fake(path):
        for command in (["status"], ["show", "link"], ["show", "mka"], ["show", "sa"], ["version"]):
            done = ctl(path, *command)
            table = done.stdout.split("\n\n")[0].splitlines()
            assert done.stderr == "" and len(table) >= 2, command
            first = [match.start() for match in re.finditer(r"\S+", table[0])][0]
            assert all(line[first] != " " for line in table), command


def test_counters_shows_what_moved_and_what_it_means(path):
    with Fake(path):
        some = ctl(path, "show", "counters", "cloud")
        every = ctl(path, "--all", "show", "counters", "cloud")
        none = ctl(path, "show", "counters", "lab")
    moved = {(row["LANE"], row["COUNTER"]): row for row in rows(some.stdout)}
    assert moved["protect", "drop-host-eapol"]["VALUE"] == "2"
    assert "only we speak MKA" in moved["protect", "drop-host-eapol"]["MEANING"]
    assert moved["protect", "out-octets-encrypted"]["VALUE"] == str(BIG)
    assert all(row["VALUE"] != "0" for row in moved.values())
    assert len(rows(every.stdout)) > 2 * len(moved)
    assert none.stdout.startswith("(none)\n\nBalance")


def test_sa_table_keeps_packet_numbers_exact(path):
    with Fake(path):
        transmit, receive = rows(ctl(path, "show", "sa").stdout)
    assert transmit["NEXT-PN"] == str(BIG) and transmit["FRAMES-LEFT"] == str(2**64 - 1 - BIG)
    assert receive["LOWEST-PN"] == "489" and receive["FRAMES-LEFT"] == "-"


def test_mka_shows_caks_peers_and_refusals(path):
    with Fake(path):
        shown = tables(ctl(path, "show", "mka", "cloud").stdout)
    primary, fallback = shown["CAKs"]
    assert primary["CKN"] == "deadbeef" and fallback["CKN"] == "fb01"
    assert primary["ROLE"] == "primary" and fallback["ROLE"] == "fallback"
    assert primary["PRINCIPAL"] == "yes" and fallback["PRINCIPAL"] == "no"
    assert [peer["CKN"] for peer in shown["Peers"]] == ["deadbeef", "fb01"]
    assert shown["What peers can do"][0]["ANNOUNCED-SUITES"] == "gcm-aes-256, gcm-aes-xpn-256"
    assert shown["Keys"][0]["CKN"] == "deadbeef"
    assert "does not verify: the CAK differs" in shown["Refused MKPDUs"][0]["LAST-REFUSAL"]


def test_link_shows_the_cak_in_use_and_what_the_chain_does_next(path):
    with Fake(path):
        shown = tables(ctl(path, "show", "link").stdout)
    assert [link["ROLE"] for link in shown["Agreement"]] == ["primary", "primary"]
    assert [link["CKN"] for link in shown["Agreement"]] == ["deadbeef", "deadbeef"]
    [chain] = shown["Key chains"]
    assert chain == {"LINK": "cloud", "NEXT-CHANGE": "2026-12-01T00:00:00Z", "IN": "1h00m",
                     "CKN": "cc03", "USE": "send", "OVER": "no", "CLOCK-STEP-S": "0"}


# --json


def ask(path, method):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method}).encode() + b"\n")
        return json.loads(client.makefile().readline())["result"]


@pytest.mark.parametrize("words,method", [
    (("show", "link"), "link.show"), (("show", "mka"), "mka.show"), (("show", "sa"), "sa.show"),
    (("show", "counters"), "counters.show"), (("status",), "link.show"),
    (("version",), "daemon.show"), (("doctor",), "doctor.show"),
    (("show", "path"), "path.show"), (("events",), "events.show"), (("log",), "log.show")])
def test_json_is_the_result_as_the_daemon_gave_it(path, words, method):
    with Fake(path):
        done = ctl(path, "--json", *words)
        assert json.loads(done.stdout) == ask(path, method)
    assert done.stderr == ""


def documented_members():
    """Members by method, from the tables of the documentation."""
    text = (ROOT / "docs" / "control-socket.md").read_text(encoding="utf-8")
    sections = re.findall(r"^### (\S+)\n(.*?)(?=^### |\Z)", text, re.M | re.S)
    return {method: {name for line in body.splitlines() if line.startswith("| `")
                     for name in re.findall(r"`([^`]+)`", line.split("|")[1])}
            for method, body in sections}


TWINS = (("links[].line.", "links[].host."), ("links[].old-sak.", "links[].latest-sak."),
         ("links[].balance.validate.", "links[].balance.protect."))
# members that stand for words of a list elsewhere: counters, and reasons for a refusal
WORDS = re.compile(r"links\[\]\.(protect|validate|refused|lanes\[\]\.stages\[\]\.drops)\.")


def members(value, path=""):
    """Paths of every member below a value."""
    if isinstance(value, list):
        return set().union(*(members(item, path + "[]") for item in value), set())
    if not isinstance(value, dict):
        return set()
    found = set()
    for key, below in value.items():
        name = f"{path}.{key}" if path else key
        found |= {name} | members(below, name)
    return found


def documented_name(name):
    """Of two objects of the same shape, one is documented."""
    for twin, documented in TWINS:
        if name.startswith(twin):
            return documented + name[len(twin):]
    return name


@pytest.mark.parametrize("method", SHOWS)
def test_documentation_and_answers_name_the_same_members(path, method):
    with Fake(path):
        answer = ask(path, method)
    real = {documented_name(name) for name in members(answer) if not WORDS.match(name)}
    documented = documented_members()
    if method == "link.show":  # "as in counters.show"
        documented[method] |= {name for name in documented["counters.show"] if ".balance" in name}
    if isinstance(answer.get("links"), list):
        real.discard("links")  # said once for all methods
    assert real == documented[method]


def test_documentation_names_every_method_and_the_members_of_orders(path):
    documented = documented_members()
    with Fake(path):
        methods = {method["name"] for method in ask(path, "rpc.list")["methods"]}
        rekey = json.loads(ctl(path, "--json", "rekey", "cloud").stdout)
        suspend = json.loads(ctl(path, "--json", "suspend", "cloud").stdout)
        log = json.loads(ctl(path, "--json", "log", "info").stdout)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(b'{"jsonrpc":"2.0","id":1,"method":"events.subscribe",'
                           b'"params":{"from":1}}\n')
            lines = client.makefile()
            first, event = (json.loads(lines.readline()) for _ in range(2))
    assert methods == set(documented)
    assert set(rekey) == documented["link.rekey"]
    assert set(suspend) == documented["link.suspend"]
    assert set(log) == documented["log.set"]
    assert set(first["result"]) == documented["events.subscribe"]
    assert members(event["params"], "events[]") | {"events", "next"} == documented["events.show"]


def test_documentation_names_every_kind_of_event():
    text = (ROOT / "docs" / "control-socket.md").read_text(encoding="utf-8")
    source = (ROOT / "control" / "server" / "events.h").read_text(encoding="utf-8")
    kinds = re.findall(r'X\([A-Z]+, "(\w+)"', source)
    table = text.split("| kind | when |")[1].split("\n\n")[0]
    assert len(kinds) > 10 and kinds == re.findall(r"^\| (\w+) \|", table, re.M)
