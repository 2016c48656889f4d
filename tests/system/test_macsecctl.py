# SPDX-License-Identifier: BSD-3-Clause
"""macsecctl against the real control socket with a fake daemon behind it, and against impostors."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MACSECD_BUILD", ROOT / "build"))
CTL = BUILD / "macsecctl"
FAKE = BUILD / "tests" / "system" / "fake_macsecd"
BIG = 2**53 + 1  # what the fake daemon counts and a double cannot hold
SHOWS = ("daemon.show", "link.show", "mka.show", "sa.show", "counters.show", "rpc.list")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "control.sock"


class Fake:
    """The control socket of a daemon with `links` links; ends with its standard input."""

    def __init__(self, path, links=2, rekey_errno=0):
        self.process = subprocess.Popen([FAKE, path, str(links), str(rekey_errno)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        assert self.process.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *unused):
        self.process.stdin.close()
        status = self.process.wait(timeout=20)
        self.process.stdout.close()
        assert status == 0


class Impostor:
    """Something else on the socket: takes one connection, says `answer`, hangs up if told to."""

    def __init__(self, path, answer, hang_up=False):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        self.socket.listen(1)
        self.socket.settimeout(20)
        self.answer, self.hang_up, self.request = answer, hang_up, b""
        self.thread = threading.Thread(target=self.serve)

    def serve(self):
        connection, _ = self.socket.accept()
        with connection:
            connection.settimeout(20)
            self.request = connection.makefile("rb").readline()
            try:
                for part in [self.answer] if isinstance(self.answer, bytes) else self.answer:
                    connection.sendall(part)
                if not self.hang_up:
                    connection.recv(1)
            except OSError:
                pass  # macsecctl gave up, as it should

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *unused):
        self.thread.join(timeout=20)
        self.socket.close()


def ctl(path, *words):
    return subprocess.run([CTL, "-s", path, *words], capture_output=True, text=True, timeout=60,
                          check=False, env={**os.environ, "LC_ALL": "C.UTF-8"})


def rows(text):
    """The first table as dictionaries. Cells without blanks, the last column takes the rest."""
    lines = text.strip().split("\n\n")[0].splitlines()
    titles = lines[0].split()
    return [dict(zip(titles, line.split(None, len(titles) - 1))) for line in lines[1:]]


def result(body):
    return b'{"jsonrpc":"2.0","id":1,"result":' + body + b"}\n"


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
    ("show", "sa", "no-such-link")])
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
    with Fake(path, rekey_errno=1):  # EPERM
        done = ctl(path, "rekey", "cloud")
    assert done.returncode == 1 and "the peer is key server" in done.stderr


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


def test_mka_shows_peers_and_refusals(path):
    with Fake(path):
        done = ctl(path, "show", "mka", "cloud")
    assert "\nPeers\n" in done.stdout and "\nRefused MKPDUs\n" in done.stdout
    assert "does not verify: the CAK differs" in done.stdout


# --json


def ask(path, method):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method}).encode() + b"\n")
        return json.loads(client.makefile().readline())["result"]


@pytest.mark.parametrize("words,method", [
    (("show", "link"), "link.show"), (("show", "mka"), "mka.show"), (("show", "sa"), "sa.show"),
    (("show", "counters"), "counters.show"), (("status",), "link.show"),
    (("version",), "daemon.show")])
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
WORDS = re.compile(r"links\[\]\.(protect|validate|refused)\.")


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


def test_documentation_names_every_method_and_its_rekey_members(path):
    documented = documented_members()
    with Fake(path):
        methods = {method["name"] for method in ask(path, "rpc.list")["methods"]}
        rekey = json.loads(ctl(path, "--json", "rekey", "cloud").stdout)
    assert methods == set(documented)
    assert set(rekey) == documented["link.rekey"]


# impostors


def test_a_silent_daemon_is_given_up(path):
    with Impostor(path, b""):
        started = time.monotonic()
        done = ctl(path, "-t", "1", "status")
    assert done.returncode == 2 and "within 1 s" in done.stderr
    assert time.monotonic() - started < 15


def test_a_daemon_that_trickles_is_given_up(path):
    def trickle():
        for _ in range(200):
            time.sleep(0.1)  # the fault itself: each octet comes before a per-read time-out would
            yield b" "

    with Impostor(path, trickle()):
        done = ctl(path, "-t", "1", "status")
    assert done.returncode == 2 and "within 1 s" in done.stderr


@pytest.mark.parametrize("answer", [
    b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\n", b"\0\n", b"[]\n", b"1\n", b'{"jsonrpc":"2.0"}\n',
    b'{"result":{}}\n', b'{"jsonrpc":"2.0","id":1,"result":[]}\n', b"[" * 5000 + b"\n",
    b'{"jsonrpc":"2.0","id":1,"error":{"code":"x"}}\n', b'{"jsonrpc":"2.0","id":1,"error":7}\n',
    b'{"jsonrpc":"2.0","id":1,"result":{}} trailing\n', b"\xff\xfe\n", result(b"{")])
def test_garbage_is_2(path, answer):
    with Impostor(path, answer):
        done = ctl(path, "status")
    assert done.returncode == 2 and done.stdout == ""
    assert "does not speak macsecd's JSON-RPC" in done.stderr


@pytest.mark.parametrize("body", [
    b"{}", b'{"links":null}', b'{"links":{}}', b'{"links":[]}', b'{"links":"x"}',
    b'{"links":[1,[],null]}',
    b'{"links":[{"name":1,"state":{},"peer-scis":{"a":1},"sas":[{}],"peers":{"x":1}}]}',
    b'{"links":[{"name":"a","protect":{"w":"x","":{}},"validate":[1],"refused":{"q":-1e5}}]}'])
def test_results_of_another_shape_do_no_harm(path, body):
    for words in (["status"], ["show", "link"], ["show", "mka"], ["show", "sa"],
                  ["show", "counters"], ["version"], ["rekey", "a"]):
        path.unlink(missing_ok=True)
        with Impostor(path, result(body)):
            done = ctl(path, *words)
        assert done.returncode in (0, 1), (words, done.stderr)


def test_a_daemon_that_hangs_up_is_2(path):
    with Impostor(path, b'{"jsonrpc":', hang_up=True):
        done = ctl(path, "status")
    assert done.returncode == 2 and "hung up" in done.stderr
    assert done.stderr.endswith("is macsecd running? see its log\n")


def test_an_endless_answer_is_given_up(path):
    with Impostor(path, (b"x" * 65536 for _ in range(400))):
        done = ctl(path, "status")
    assert done.returncode == 2 and "too long" in done.stderr


HOSTILE = '\\u001b[2J\\u0007\\u009b31m\u009b\x7f\\u202f"'[:-1]


def test_a_terminal_is_not_steered_by_what_is_received(path):
    body = f'{{"links":[{{"name":"{HOSTILE}","state":"{HOSTILE}","protect":{{"{HOSTILE}":1}}}}]}}'
    for words in (["status"], ["show", "counters"], ["--json", "status"]):
        path.unlink(missing_ok=True)
        with Impostor(path, result(body.encode())):
            done = ctl(path, *words)
        assert "[2J" in done.stdout
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", done.stdout), words
    assert "\\u001b[2J\\u0007\\u009b31m\\u009b\\u007f" in done.stdout


def test_a_message_does_not_steer_a_terminal_either(path):
    answer = b'{"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"\\u001b[2J\xff\x7f"}}\n'
    with Impostor(path, answer):
        done = ctl(path, "status")
    assert (done.returncode, done.stderr) == (1, "macsecctl: ?[2J??\n")


def test_a_link_name_is_escaped_into_the_request(path):
    with Impostor(path, result(b'{"links":[]}')) as impostor:
        ctl(path, "status", 'a","x":"\n')
    request = json.loads(impostor.request)
    assert request["params"] == {"link": 'a","x":"\n'} and request["method"] == "link.show"


def test_a_closed_standard_output_is_an_error(path):
    with Fake(path), open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([CTL, "-s", path, "status", "cloud"], stdout=full,
                              stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == 2 and b"standard output" in done.stderr


def test_a_reader_that_goes_away_leaves_no_core(path):
    with Fake(path, links=200):
        process = subprocess.Popen([CTL, "-s", path, "--all", "show", "counters"],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        process.stdout.close()
        assert process.wait(timeout=60) in (2, -signal.SIGPIPE)
