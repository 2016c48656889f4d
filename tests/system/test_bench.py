# SPDX-License-Identifier: BSD-3-Clause
"""macsec-bench: each command runs, its JSON parses and its ratios are sane within wide bounds.

Nothing here judges speed. On a machine so busy that each window is interrupted a row has no
figures; that is allowed, rows without any in two runs are not judged.
"""

import json
import math
import subprocess

import pytest

from appliance import BUILD

BENCH = BUILD / "bench" / "macsec-bench"
TOO_BUSY = 75

# Least and greatest value of fields that are ratios, shares or cycles per frame.
CYCLES = (1, 1e6)
SANE = {
    "lane": {"floor": CYCLES, "raw": CYCLES, "lane": CYCLES, "lane/limit": (0.7, 6),
             "two/one": (0.1, 4), "x-openssl": (0.1, 40), "x-gcm-dev": (0.02, 10),
             "x-mb-dev": (0.02, 10), "Gbit/s": (0.01, 1000)},
    "engine": {"bare": CYCLES, "stages": CYCLES, "stages/limit": (0.7, 6),
               "openssl/limit": (0.7, 40), "gcm/limit": (0.5, 10), "mb/limit": (0.5, 10)},
    "duplex": {"protect": CYCLES, "validate": CYCLES, "both/mean": (0.3, 5), "two/one": (0.1, 5)},
    "rekey": {"throughput": (0.1, 3), "lost": (0, 0), "changes": (0, 1e6)},
    "latency": {"arrived": (0.5, 1.5), "p50-us": (0, 1e5)},
    "lookup": {"many/one": (0.3, 20)},
    "stats": {"1000/s/silent": (0.3, 3), "always/silent": (0.3, 5)},
}
ROWS = {"lane": 4, "engine": 8, "duplex": 2, "rekey": 2, "latency": 12, "lookup": 12, "stats": 4}


def bench(*arguments):
    return subprocess.run([BENCH, *arguments], capture_output=True, text=True, timeout=300,
                          check=False)


def measured(tmp_path, command, *options):
    """The report of a quick run; again, once, when the machine leaves gaps in it."""
    path = tmp_path / "figures.json"
    for _ in range(2):
        done = bench(command, "--quick", "--seconds=0.2", "--window=300", f"--json={path}",
                     *options)
        assert done.returncode in (0, TOO_BUSY), done.stdout + done.stderr
        report = json.loads(path.read_text())
        if done.returncode == 0:
            break
    for word in report["rows"][0]:
        assert word in done.stdout
    return report


def judge(report, command):
    judged = 0
    for row in report["rows"]:
        for name, (least, most) in SANE[command].items():
            assert name in row
            if row[name] is not None:
                assert math.isfinite(row[name]) and least <= row[name] <= most, (name, row)
                judged += 1
    if judged == 0:
        pytest.skip("this machine is too busy to measure anything")


@pytest.mark.parametrize("command", sorted(SANE))
def test_command(tmp_path, command):
    """Every row is there, and what it says can be."""
    report = measured(tmp_path, command)
    assert report["command"] == command and report["format"] == 1
    assert len(report["rows"]) == ROWS[command]
    assert report["machine"]["cpus"] >= 1 and report["machine"]["tsc-hz"] > 1e8
    assert report["versions"].keys() >= {"macsecd", "commit", "dpdk", "engine", "openssl"}
    for row in report["rows"]:
        assert list(row) == list(report["rows"][0])
        assert 0 <= row["discarded"] <= row["windows"]
    judge(report, command)


def test_latency_is_ordered(tmp_path):
    """A higher percentile is not less."""
    for row in measured(tmp_path, "latency", "--sizes=1518")["rows"]:
        times = [row[f"{name}-us"] for name in ("p50", "p90", "p99", "p99.9", "max")]
        if None not in times:
            assert times == sorted(times)


@pytest.mark.parametrize("options", [
    ("--sizes=imix,60,9000",),
    ("--sizes=64", "--suites=all"),
    ("--sizes=64", "--integrity"),
    ("--sizes=64", "--openssl"),
])
def test_lane_options(tmp_path, options):
    """All sizes and mixes, all suites, integrity only, and the other engine."""
    report = measured(tmp_path, "lane", *options)
    judge(report, "lane")
    expected = 6 if "imix" in options[0] else 8 if "--suites=all" in options else 2
    assert len(report["rows"]) == expected
    security = "integrity" if "--integrity" in options else "encrypted"
    assert all(row["security"] == security for row in report["rows"])


def test_peers_are_there(tmp_path):
    """With DPDK's crypto drivers installed the peers have figures."""
    rows = measured(tmp_path, "engine", "--sizes=1518")["rows"]
    known = [row for row in rows if row["bare"] is not None and row["discarded"] == 0]
    for row in known:
        for peer in ("openssl", "cryptodev-gcm", "cryptodev-mb"):
            assert row[peer] is not None, peer


@pytest.mark.parametrize("arguments, word", [
    (("lap",), "unknown command 'lap'"),
    (("lane", "engine"), "one command"),
    (("--sizes=59",), "'59'"),
    (("--sizes=9001",), "'9001'"),
    (("--sizes=64,,x",), "'x'"),
    (("--sizes=,",), "','"),
    (("--suites=des",), "'des'"),
    (("--seconds=0",), "'0'"),
    (("--seconds=nan",), "'nan'"),
    (("--seconds=61",), "'61'"),
    (("--window=199",), "'199'"),
])
def test_refusals(arguments, word):
    """A wrong command line is told before anything starts."""
    done = bench(*arguments)
    assert done.returncode == 64 and word in done.stderr and done.stdout == ""


def test_unwritable_json(tmp_path):
    """Figures that cannot be kept are an error, and nothing is left behind."""
    path = tmp_path / "missing" / "figures.json"
    done = bench("lane", "--quick", "--sizes=64", "--seconds=0.1", "--window=300", f"--json={path}")
    assert done.returncode == 1 and str(path) in done.stderr
    assert not list(tmp_path.iterdir())
