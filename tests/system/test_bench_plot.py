# SPDX-License-Identifier: BSD-3-Clause
"""bench/plot.py draws reports, with gaps where a busy machine gave no figure."""

import json
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

PLOT = Path(__file__).resolve().parent.parent.parent / "bench" / "plot.py"

HEAD = {"format": 1, "machine": {"cpu": "Some CPU"},
        "versions": {"macsecd": "1", "commit": "c0ffee", "engine": "ipsec-mb", "dpdk": "DPDK"}}


def lane_row(direction, octets, **changes):
    return {"suite": "gcm-aes-xpn-256", "direction": direction, "octets": octets, "floor": 30.0,
            "raw": 60.0, "lane": 95.0, "two": 60.0, "x-openssl": 6.0, "x-gcm-dev": 1.5,
            "x-mb-dev": 1.6, "Gbit/s": 13.0, "Gbit/s-two": 20.0, **changes}


def latency_row(load, **changes):
    return {"direction": "protect", "octets": "64", "load-%": load, "p50-us": 1.0, "p99-us": 4.0,
            "p99.9-us": 9.0, **changes}


LANE = {**HEAD, "command": "lane", "rows": [
    lane_row(direction, octets) for direction in ("protect", "validate")
    for octets in ("64", "1518", "imix")]}
LATENCY = {**HEAD, "command": "latency", "rows": [latency_row(load) for load in (10, 50, 90)]}


def plot(tmp_path, *reports):
    pytest.importorskip("matplotlib")
    files = []
    for number, report in enumerate(reports):
        files.append(tmp_path / f"{number}.json")
        files[-1].write_text(report if isinstance(report, str) else json.dumps(report))
    folder = tmp_path / "out"
    folder.mkdir(exist_ok=True)
    done = subprocess.run([PLOT, *files, folder], capture_output=True, text=True, timeout=120,
                          check=False)
    return done, {path.name: path for path in folder.iterdir()}


def test_all_pictures(tmp_path):
    """Three kinds, each as PNG and as SVG that names the machine's commit."""
    done, found = plot(tmp_path, LANE, LATENCY)
    assert done.returncode == 0, done.stderr
    names = {"cycles-gcm-aes-xpn-256", "workers-gcm-aes-xpn-256", "latency"}
    assert set(found) == {f"{name}.{kind}" for name in names for kind in ("png", "svg")}
    for name in names:
        assert found[f"{name}.png"].read_bytes().startswith(b"\x89PNG")
        text = found[f"{name}.svg"].read_text()
        assert ElementTree.fromstring(text).tag.endswith("svg") and "c0ffee" in text


def test_the_same_figures_give_the_same_svg(tmp_path):
    """So that results under version control change only when figures do."""
    first = plot(tmp_path, LATENCY)[1]["latency.svg"].read_bytes()
    assert plot(tmp_path, LATENCY)[1]["latency.svg"].read_bytes() == first


def test_gaps(tmp_path):
    """Figures that are missing leave gaps."""
    row = lane_row("protect", "64", **{"lane": None, "two": None, "x-openssl": None, "Gbit/s": None,
                                       "Gbit/s-two": None})
    lane = {**LANE, "rows": [row] + LANE["rows"][1:]}
    latency = {**LATENCY, "rows": [latency_row(10), latency_row(50, **{"p99-us": None})]}
    done, found = plot(tmp_path, lane, latency)
    assert done.returncode == 0 and len(found) == 6, done.stderr


@pytest.mark.parametrize("report, word", [
    ("{", "no report"), ("[]", "no report"), ({"format": 1}, "no report"),
    ({**LANE, "format": 2}, "format 2"), ({**LANE, "command": "stats"}, "nothing to draw"),
])
def test_refusals(tmp_path, report, word):
    """What is no report of ours is told, without a traceback and without a picture."""
    done, found = plot(tmp_path, report)
    assert done.returncode == 1 and word in done.stderr and "Traceback" not in done.stderr
    assert not found
