#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the seeds of fuzz_mkpdu from the frames of mka.json.

usage: make_mkpdu_corpus.py VECTORS_FOLDER CORPUS_FOLDER
"""
import json
import pathlib
import sys


def seed(mode, frames):
    """One octet of mode and pace, then each frame after its length."""
    octets = bytes([mode])
    for frame in frames:
        raw = bytes.fromhex(frame)
        octets += len(raw).to_bytes(2, "big") + raw
    return octets


def seeds(vectors):
    for case in vectors["receive_checks"]["cases"]:
        yield "check-" + case["name"], seed(1, [case["frame"]])
    real = [frame["frame"] for frame in vectors["real_frames"]["frames"]]
    yield "real-raw", seed(0, real)
    for transcript in vectors["transcripts"]:
        frames = [
            event
            for event in transcript["events"]
            if event["event"] == "mkpdu" and event["node"] != 0
        ]
        texts = [event["frame"] for event in frames]
        yield transcript["name"] + "-sealed", seed(1 + 4, texts[:12])
        yield transcript["name"] + "-deep", seed(2 + 8, texts[:12])
        servers = [
            event["frame"]
            for event in transcript["events"]
            if event["event"] == "mkpdu"
            and any(s["type"] == 4 for s in event["parsed"]["sets"])
        ]
        # The key server is node 0, whose SCI is ours here: give it another, and a better priority.
        moved = [t[:38] + "00" + t[40:44] + "02000000000f0001" + t[60:] for t in servers[:4]]
        yield transcript["name"] + "-server", seed(2 + 16, moved)


def main():
    vectors = json.loads((pathlib.Path(sys.argv[1]) / "mka.json").read_text())
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for name, octets in seeds(vectors):
        (folder / name).write_bytes(octets)


main()
