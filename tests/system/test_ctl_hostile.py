# SPDX-License-Identifier: BSD-3-Clause
"""macsecctl against impostors on its socket, and against what becomes of its output."""

import contextlib
import json
import re
import signal
import socket
import subprocess
import time

import pytest
from ctl_lab import CTL, Fake, Impostor, ctl, result


@pytest.fixture
def path(tmp_path):
    return tmp_path / "control.sock"


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
                  ["show", "counters"], ["version"], ["rekey", "a"], ["suspend", "a"], ["doctor"],
                  ["show", "path"], ["events"], ["log"], ["watch", "-n", "1"]):
        path.unlink(missing_ok=True)
        with Impostor(path, result(body)):
            done = ctl(path, *words)
        assert done.returncode in (0, 1), (words, done.stderr)


def test_a_result_without_links_is_not_well(path):
    for body, status in ((b'{"links":[]}', 0), (b"{}", 1), (b'{"links":null}', 1),
                         (b'{"links":{}}', 1)):
        for word in ("status", "doctor"):
            path.unlink(missing_ok=True)
            with Impostor(path, result(body)):
                assert ctl(path, word).returncode == status, (word, body)


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
    for words in (["status"], ["show", "counters"], ["doctor"], ["--json", "status"]):
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


@pytest.mark.parametrize("lines", [
    b'{"jsonrpc":"2.0","id":1,"result":{"next":1}}\n{"method":7}\n[]\n',
    b'{"jsonrpc":"2.0","method":"events.event","params":[]}\nx\n',
    b'{"jsonrpc":"2.0","method":"events.lost"}\n{"jsonrpc":"2.0","method":"other"}\n\n',
    b"x" * 70000 + b"\n"])
def test_a_stream_of_garbage_ends_events(path, lines):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(2)
    listener.settimeout(20)
    process = subprocess.Popen([CTL, "-s", path, "events", "-f"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    for answer in (result(b'{"events":[],"next":"\\u001b"}'), lines):
        connection, _ = listener.accept()
        with connection:
            connection.makefile("rb").readline()
            with contextlib.suppress(BrokenPipeError):
                connection.sendall(answer)
    out, err = process.communicate(timeout=20)
    listener.close()
    assert process.returncode == 2 and err.startswith("macsecctl: ")
    assert "\033" not in out + err
