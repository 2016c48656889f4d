# SPDX-License-Identifier: BSD-3-Clause
"""Somebody sits on the line: frames are changed, replayed and made up."""

import pytest
from frames import CLOUD_MAC, Path, Sender, is_macsec, plain
from wire import Sniffer


@pytest.fixture(scope="module")
def secured(module_lab):
    """A link that several tests share."""
    module_lab.renew()
    module_lab.start({"macsec": {"replay-window": 0}})
    yield module_lab
    module_lab.stop()


def man_in_the_middle(lab, path, change):
    """Stops one frame on the line and gives b what `change` makes of it."""
    sender = Sender(lab.spaces["line"], "p1")
    with lab.cut("p0"):
        path.sender.send(plain(200, serial=99))
        wire = path.line.wait(is_macsec)
        for frame in change(wire):
            sender.send(frame)
    sender.close()


def flip(frame, position, bit=1):
    return frame[:position] + bytes([frame[position] ^ bit]) + frame[position + 1:]


@pytest.mark.parametrize("what, change, reason, count", (
    ("user data", lambda f: [flip(f, 40)], "in-pkts-not-valid", 1),
    ("the ICV", lambda f: [flip(f, len(f) - 1)], "in-pkts-not-valid", 1),
    ("the destination", lambda f: [flip(f, 5)], "in-pkts-not-valid", 1),
    ("the SCI", lambda f: [flip(f, 27)], "in-pkts-no-sa-error", 1),
    ("the AN", lambda f: [flip(f, 14, 2)], "in-pkts-no-sa-error", 1),
    ("the version bit", lambda f: [flip(f, 14, 0x80)], "in-pkts-bad-tag", 1),
    ("its end", lambda f: [f[:-20]], "in-pkts-not-valid", 1),
    ("nothing, sent three times", lambda f: [f, f, f], "in-pkts-late", 2),
    ("the SecTAG taken off", lambda f: [plain(200, serial=99)], "in-pkts-no-tag", 1),
), ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "")
def test_attack(secured, what, change, reason, count):
    """Changed, replayed and unprotected frames are dropped, each under its own counter."""
    lab = secured
    before = lab.b.counters()["validate"]
    cloud = Sniffer(lab.spaces["cloud"], "eth0")
    with Path(lab) as path:
        man_in_the_middle(lab, path, change)
        path.cross(plain(120))  # the link goes on, and what came before is done with
    through = [got for got in cloud.frames() if got[12:18] == plain(200, serial=99)[12:18]]
    cloud.close()
    after = lab.b.counters()["validate"]
    assert after[reason] - before[reason] == count, what
    moved = {word for word in lab.b.drops() if word.startswith("validate ")
             and after[word.split()[1]] != before[word.split()[1]]}
    assert moved == {f"validate {reason}"}
    assert len(through) == (1 if reason == "in-pkts-late" else 0)
    lab.assert_balanced()


def test_addresses_are_left_alone(secured):
    """A frame to a group address crosses like any other."""
    with Path(secured) as path:
        for to in (b"\xff" * 6, bytes.fromhex("01005e000001"), CLOUD_MAC):
            path.cross(plain(90, to=to))
