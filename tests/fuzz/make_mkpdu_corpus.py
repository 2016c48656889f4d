#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the seeds of fuzz_mkpdu from the frames of mka.json.

usage: make_mkpdu_corpus.py VECTORS_FOLDER CORPUS_FOLDER
"""
import json
import pathlib
import sys


FRAME, TICK, REKEY, ADD, REMOVE, UPDATE, SUSPEND, REFUSE = range(8)
PRIMARY, FALLBACK, TO_ACCEPT, FOURTH = range(4)


def record(what, which=PRIMARY, argument=0):
    """What to do, with which CAK, an argument."""
    return (what << 13 | which << 11 | argument).to_bytes(2, "big")


def framed(frame, which=PRIMARY):
    raw = bytes.fromhex(frame)
    return record(FRAME, which, len(raw)) + raw


def seed(mode, frames):
    """One octet of mode and pace, then each frame after its head."""
    return bytes([mode]) + b"".join(framed(frame) for frame in frames)


def life(mode, frames, records):
    """The frames in turn, each before the next record."""
    octets = bytes([mode])
    for i, (which, *action) in enumerate(records):
        octets += framed(frames[i % len(frames)], which) + record(*action)
    return octets


def lives(name, mode, frames):
    """Several CAKs: one comes, one goes, one stalls, one is chosen again; an upgrade."""
    second = 100  # ticks of 10 ms
    yield name + "-change", life(mode, frames, [
        (PRIMARY, TICK, 0, second), (FALLBACK, TICK, 0, second), (PRIMARY, REKEY),
        (TO_ACCEPT, UPDATE, TO_ACCEPT, 1 | 7 << 2), (TO_ACCEPT, TICK, 0, 3 * second),
        (TO_ACCEPT, REMOVE, PRIMARY), (TO_ACCEPT, TICK, 0, 5 * second),
        (FALLBACK, ADD, PRIMARY, 1), (PRIMARY, REMOVE, TO_ACCEPT), (PRIMARY, TICK, 0, 9 * second),
    ])
    yield name + "-stall", life(mode, frames, [
        (PRIMARY, REFUSE, 0, 7), (FALLBACK, TICK, 0, 3 * second), (PRIMARY, TICK, 0, 3 * second),
        (FALLBACK, TICK, 0, second), (PRIMARY, SUSPEND, 0, 20), (FALLBACK, TICK, 0, 12 * second),
        (FALLBACK, ADD, FOURTH, 1 | 5 << 2), (FOURTH, TICK, 0, second),
        (FOURTH, REMOVE, FALLBACK), (PRIMARY, TICK, 0, second),
    ])


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
        if transcript["name"] == "mkad-xpn256":
            yield from lives("caks-served", 2, moved[:2])
            yield from lives("caks-serving", 3, texts[:2])


def main():
    vectors = json.loads((pathlib.Path(sys.argv[1]) / "mka.json").read_text())
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for name, octets in seeds(vectors):
        (folder / name).write_bytes(octets)


main()
