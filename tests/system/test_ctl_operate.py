# SPDX-License-Identifier: BSD-3-Clause
"""macsecctl events, watch, log and support against a fake daemon; colour."""

import contextlib
import json
import os
import re
import socket
import subprocess
import threading
import time

import pytest
from ctl_lab import CTL, ROOT, Fake, ctl, result, rows


@pytest.fixture
def path(tmp_path):
    return tmp_path / "control.sock"


def ask(path, method):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method}).encode() + b"\n")
        return json.loads(client.makefile().readline())["result"]


def test_events_are_lines_with_time_link_and_kind(path):
    with Fake(path):
        every = ctl(path, "events").stdout.splitlines()
        lab = ctl(path, "events", "lab", "-n", "1").stdout.splitlines()
        none = ctl(path, "events", "none")
    assert [line.split()[1:3] for line in every] == [
        ["-", "daemon"], ["cloud", "state"], ["lab", "peer"]]
    assert lab == ["2026-12-01T00:00:00.123Z  lab           peer        "
                   "peer 02000000000b0001 heard"]
    assert none.returncode == 2 and "there are cloud, lab" in none.stderr


def follow(path, *words):
    return subprocess.Popen([CTL, "-s", path, *words], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def test_events_follow_what_happens_and_end_with_the_daemon(path):
    with Fake(path):
        plain, as_json = follow(path, "events", "-f"), follow(path, "--json", "events", "-f")
        assert [plain.stdout.readline().split()[2] for _ in range(3)] == ["daemon", "state", "peer"]
        assert [json.loads(as_json.stdout.readline())["number"] for _ in range(3)] == [1, 2, 3]
        assert ctl(path, "log", "debug", "mka").returncode == 0
        assert plain.stdout.readline().endswith("log level of mka: debug\n")
        assert json.loads(as_json.stdout.readline())["text"] == "log level of mka: debug"
    for process in (plain, as_json):
        assert process.wait(timeout=20) == 2
        assert "hung up" in process.stderr.read()
        process.stdout.close()
        process.stderr.close()


def test_watch_shows_rates_from_the_second_round_on(path):
    with Fake(path):
        done = ctl(path, "watch", "-n", "2", "cloud")
        rounds = [json.loads(line) for line in
                  ctl(path, "--json", "watch", "-n", "2").stdout.splitlines()]
    first, second = (rows(part.split("\n", 1)[1]) for part in done.stdout.split("\n\n")[:2])
    assert done.returncode == 0 and "\033" not in done.stdout
    assert first[0]["PROTECTED/s"] == "-" and second[0]["PROTECTED/s"] == "0"
    assert "rates" not in rounds[0]["links"][0] or rounds[0]["links"][0]["rates"] == {}
    assert rounds[1]["links"][0]["rates"]["from-host-mbps"] == 0


def wait_for_socket(path):
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def growing(path, steps):
    """Answers of a daemon whose counters are at these values, one after the other."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(1)
        listener.settimeout(20)
        for value in steps:
            connection, _ = listener.accept()
            with connection:
                connection.makefile("rb").readline()
                lane = f'{{"in":0,"out":{value},"dropped":{value},"in-flight":0}}'
                connection.sendall(result(
                    f'{{"links":[{{"name":"a","verdict":"ok","host":{{"rx-octets":{value}}},'
                    f'"balance":{{"protect":{lane},"validate":{lane}}}}}]}}'.encode()))


def test_watch_computes_rates_exactly_and_survives_a_restart(path):
    big = 2**64 - 2_000_000_001
    server = threading.Thread(target=growing, args=(path, (big, big + 1_000_000_000, 7)))
    server.start()
    wait_for_socket(path)
    done = ctl(path, "--json", "watch", "-n", "3")
    server.join(timeout=20)
    first, second, third = (json.loads(line)["links"][0]["rates"]
                            for line in done.stdout.splitlines())
    assert first == third == {}
    assert 0.5e9 < second["protected-per-s"] <= 1e9
    assert second["from-host-mbps"] == pytest.approx(8e-6 * second["protected-per-s"], rel=0.01)
    assert "dropped-per-s" in second and "to-host-mbps" not in second


def test_log_shows_and_sets_levels(path):
    with Fake(path):
        before = {row["MODULE"]: row["LEVEL"] for row in rows(ctl(path, "log").stdout)}
        ctl(path, "log", "warning")
        after = {row["MODULE"]: row["LEVEL"]
                 for row in rows(ctl(path, "log", "debug", "mka").stdout)}
        wrong = ctl(path, "log", "loud")
    assert set(before.values()) == {"info"} and len(before) > 10
    assert after == {module: "debug" if module == "mka" else "warning" for module in before}
    assert wrong.returncode == 2 and "there are error, warning, info, debug" in wrong.stderr


def test_every_module_that_logs_has_a_level(path):
    with Fake(path):
        known = {row["MODULE"] for row in rows(ctl(path, "log").stdout)}
    used = set()
    for source in [*ROOT.glob("control/**/*.c"), *ROOT.glob("drivers/*.c")]:
        if "ctl" not in source.parts:
            used |= set(re.findall(
                r'(?:log_(?:info|warning|debug)|driver_info)\(\s*"([a-z-]+)"'
                r'|(?:log_line|log_error|driver_error)\(\s*[^",]+,\s*"([a-z-]+)"',
                source.read_text(encoding="utf-8")))
    assert {one or other for one, other in used} <= known


SECRETS = ("0123456789abcdef" * 4, "fedcba9876543210" * 2,
           "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlBQkNERUY=",
           "aB3-_45678901234567890123456789012345678901_")


def test_support_has_every_show_and_no_secret(path, tmp_path):
    config = tmp_path / "macsecd.yaml"
    config.write_text("\n".join(f"# {one}\nkey{i}: \"{one}\"" for i, one in enumerate(SECRETS)) +
                      "\nlinks:\n  - name: cloud\n    cak: \"file:/etc/macsecd/dl0.cak\"\n",
                      encoding="ascii")
    with Fake(path, config=config):
        done = ctl(path, "support")
        bundle = tmp_path / "bundle.txt"
        written = ctl(path, "support", str(bundle))
        again = ctl(path, "support", str(bundle))
        methods = {method["name"] for method in ask(path, "rpc.list")["methods"]}
    sections = dict(re.findall(r"^===== (\S+) =====\n(.*?)(?=^===== |\Z)", done.stdout,
                               re.M | re.S))
    assert done.returncode == 0 and done.stderr == ""
    shows = {name for name in methods if name.endswith((".show", ".list"))}
    assert shows | {"machine", "configuration"} == set(sections)
    assert all(json.loads(sections[name]) for name in shows)
    assert "file:/etc/macsecd/dl0.cak" in sections["configuration"]
    assert sections["configuration"].count("(removed)") == 2 * len(SECRETS)
    assert not [one for one in SECRETS if one in done.stdout]
    assert written.returncode == 0 and "look through it" in written.stdout
    assert bundle.stat().st_mode & 0o777 == 0o600
    assert bundle.read_text(encoding="utf-8").splitlines()[0] == done.stdout.splitlines()[0]
    assert again.returncode == 2 and "File exists" in again.stderr


def test_support_without_a_daemon_is_2(path):
    done = ctl(path, "support")
    assert done.returncode == 2 and "is macsecd running?" in done.stderr


def on_a_terminal(path, *words, **environment):
    """Standard output of a macsecctl that has a terminal."""
    ours, theirs = os.openpty()
    with Fake(path):
        subprocess.run([CTL, "-s", path, *words], stdout=theirs, timeout=20, check=False,
                       env={**os.environ, "TERM": "xterm", **environment})
    os.close(theirs)
    text = b""
    with contextlib.suppress(OSError):
        while piece := os.read(ours, 65536):
            text += piece
    os.close(ours)
    return text.decode()


def test_colour_is_for_terminals_that_want_it(path):
    with Fake(path):
        assert "\033" not in ctl(path, "status").stdout
    assert "\033[32msecured" in on_a_terminal(path, "status", "cloud")
    assert "\033[31mnegotiating" in on_a_terminal(path, "status", "lab")
    assert "\033" not in on_a_terminal(path, "status", NO_COLOR="1")
    assert "\033[H\033[2J" in on_a_terminal(path, "watch", "-n", "1")
