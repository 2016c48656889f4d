#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Draws what macsec-bench wrote with --json, each picture as PNG and SVG.

Usage: bench/plot.py FILE.json... FOLDER

From `lane`: cycles per frame against size, and Gbit/s against workers. From `latency`: percentiles
against load. Every picture names the machine, the versions and the commit that it belongs to.
"""

import json
import math
import sys
from pathlib import Path

try:
    import matplotlib
except ImportError:
    sys.exit("plot.py: matplotlib is missing: apt-get install python3-matplotlib")

matplotlib.use("Agg")
matplotlib.rcParams["svg.hashsalt"] = "macsec-bench"  # the same figures give the same file
import matplotlib.pyplot as plt  # noqa: E402

COLOURS = {"floor": "#999999", "limit": "#000000", "lane": "#0072b2", "two": "#56b4e9",
           "openssl": "#d55e00", "gcm-dev": "#009e73", "mb-dev": "#e69f00"}


class Unfit(Exception):
    """A file that is no report of macsec-bench."""


def load(path):
    try:
        report = json.loads(Path(path).read_text(encoding="utf-8"))
        if report["format"] != 1:
            raise Unfit(f"{path}: format {report['format']}, this script knows 1")
        report["command"], report["rows"], report["machine"]["cpu"], report["versions"]["commit"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unfit(f"{path}: no report of macsec-bench: {error!r}") from error
    return report


def caption(report):
    versions = report["versions"]
    return (f"{report['machine']['cpu']}, {versions['engine']}, {versions['dpdk']}, "
            f"macsecd {versions['macsecd']} ({versions['commit']})")


def save(figure, report, folder, name):
    """Returns the paths."""
    figure.text(0.01, 0.01, caption(report), fontsize=6, color="#555555")
    figure.tight_layout(rect=(0, 0.03, 1, 1))
    paths = [Path(folder) / f"{name}.{kind}" for kind in ("png", "svg")]
    for path in paths:
        metadata = {"Date": None} if path.suffix == ".svg" else {}
        figure.savefig(path, dpi=144, metadata=metadata)
    plt.close(figure)
    return paths


def over(value, other):
    return math.nan if None in (value, other) else value * other


def number(value):
    """JSON's null is a figure that a busy machine did not give."""
    return math.nan if value is None else value


def curves(rows):
    """Cycles per frame of each way to do it, in the order of `rows`."""
    found = {
        "floor": [number(row["floor"]) for row in rows],
        "limit": [number(row["floor"]) + number(row["raw"]) for row in rows],
        "lane": [number(row["lane"]) for row in rows],
        "two": [number(row["two"]) for row in rows],
    }
    for peer in ("openssl", "gcm-dev", "mb-dev"):
        found[peer] = [over(row["lane"], row[f"x-{peer}"]) for row in rows]
    return found


LABELS = {"floor": "ports alone", "limit": "limit: ports + ipsec-mb call", "lane": "one worker",
          "two": "two workers", "openssl": "OpenSSL EVP", "gcm-dev": "cryptodev aesni_gcm",
          "mb-dev": "cryptodev aesni_mb"}


def sized(report, suite, direction):
    """Rows of one suite and direction with a single frame size, by size."""
    rows = [row for row in report["rows"]
            if row["suite"] == suite and row["direction"] == direction and row["octets"].isdigit()]
    return sorted(rows, key=lambda row: int(row["octets"]))


def draw_cycles(report, suite, folder):
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.5), sharey=True)
    for ax, direction in zip(axes, ("protect", "validate")):
        rows = sized(report, suite, direction)
        for name, cycles in curves(rows).items():
            ax.plot([int(row["octets"]) for row in rows], cycles, marker=".", label=LABELS[name],
                    color=COLOURS[name], linestyle="--" if name == "limit" else "-")
        ax.set(title=f"{direction}, {suite}", xlabel="octets of the frame (no FCS)", xscale="log",
               yscale="log")
        ax.set_xticks([int(row["octets"]) for row in rows], [row["octets"] for row in rows],
                      rotation=45)
        ax.minorticks_off()
        ax.grid(alpha=0.3)
    axes[0].set_ylabel("TSC cycles per frame")
    axes[0].legend(fontsize=7)
    return save(figure, report, folder, f"cycles-{suite}")


def draw_workers(report, suite, folder):
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.5), sharey=True)
    for ax, direction in zip(axes, ("protect", "validate")):
        for row in sized(report, suite, direction):
            ax.plot([1, 2], [number(row["Gbit/s"]), number(row["Gbit/s-two"])], marker="o",
                    label=f"{row['octets']} octets")
        ax.set(title=f"{direction}, {suite}", xlabel="workers on one SA", xticks=[1, 2])
        ax.grid(alpha=0.3)
    axes[0].set_ylabel("Gbit/s of clear frames")
    axes[0].set_ylim(bottom=0)
    axes[0].legend(fontsize=7)
    return save(figure, report, folder, f"workers-{suite}")


def draw_latency(report, folder):
    directions = sorted({row["direction"] for row in report["rows"]})
    figure, axes = plt.subplots(1, len(directions), figsize=(11, 4.5), sharey=True, squeeze=False)
    for ax, direction in zip(axes[0], directions):
        rows = [row for row in report["rows"] if row["direction"] == direction]
        for octets in dict.fromkeys(row["octets"] for row in rows):
            some = [row for row in rows if row["octets"] == octets]
            for name, style in (("p50-us", "-"), ("p99-us", "--"), ("p99.9-us", ":")):
                ax.plot([row["load-%"] for row in some], [number(row[name]) for row in some],
                        style, marker=".", label=f"{octets} octets, {name[:-3]}")
        ax.set(title=direction, xlabel="load, % of what the lane can do", yscale="log")
        ax.grid(alpha=0.3)
    axes[0][0].set_ylabel("microseconds from due to transmitted")
    axes[0][0].legend(fontsize=6)
    return save(figure, report, folder, "latency")


def draw(report, folder):
    """All pictures of one report; returns their paths."""
    if report["command"] == "latency":
        return draw_latency(report, folder)
    if report["command"] != "lane":
        return []
    paths = []
    for suite in dict.fromkeys(row["suite"] for row in report["rows"]):
        paths += draw_cycles(report, suite, folder) + draw_workers(report, suite, folder)
    return paths


def main():
    if len(sys.argv) < 3 or not Path(sys.argv[-1]).is_dir():
        sys.exit(__doc__)
    try:
        reports = [load(path) for path in sys.argv[1:-1]]
    except Unfit as error:
        sys.exit(f"plot.py: {error}")
    paths = [path for report in reports for path in draw(report, sys.argv[-1])]
    if not paths:
        sys.exit("plot.py: nothing to draw: give reports of lane or latency")
    for path in paths:
        print(path)


if __name__ == "__main__":
    main()
