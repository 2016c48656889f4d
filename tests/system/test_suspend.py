# SPDX-License-Identifier: BSD-3-Clause
"""In-service upgrade: the key server announces it and restarts, its peer stays secured."""

import subprocess

from appliance import MACSECCTL, wait_for


def suspend(end, *words):
    return subprocess.run([MACSECCTL, "-s", end.socket_path, "suspend", "dl0", *words],
                          capture_output=True, text=True, timeout=20, check=False)


def left_s(end):
    """What is left of the suspension, as this end knows it."""
    [participant] = end.link("mka.show")["participants"]
    return participant["suspended-for-s"]


def test_the_key_server_restarts_and_the_peer_stays_secured(lab):
    lab.start()
    lab.ping()
    before = lab.b.key_identifier()
    done = suspend(lab.a, "60")
    assert done.returncode == 0, done.stderr
    wait_for("the peer has heard it", lambda: left_s(lab.b) > 0)
    assert 50 < left_s(lab.b) <= 60
    said = lab.b.doctor()
    assert said["verdict"] == "warning" and "has announced its upgrade" in said["finding"]
    states = lab.b.states()
    lab.a.stop()
    gone_s = lab.b.link("mka.show")["secured-for-s"]
    wait_for("longer than a life time passes", lambda:
             lab.b.link("mka.show")["secured-for-s"] >= gone_s + 9, 30)
    assert (lab.b.state(), lab.b.key_identifier()) == ("secured", before)
    assert lab.b.doctor()["verdict"] == "warning"
    lab.a.start()
    lab.wait_secured()
    wait_for("both ends use a fresh SAK", lambda:
             lab.a.key_identifier() == lab.b.key_identifier() not in (None, before), 30)
    lab.ping()
    assert lab.b.states() == states == ["negotiating", "secured"], "it was not secured all the time"
    wait_for("the suspension is over", lambda: left_s(lab.b) == 0)
    assert lab.b.doctor()["verdict"] == "ok"


def test_who_does_not_honour_it_gives_up(lab):
    """accept-suspension: false at the peer: the announcement changes nothing there."""
    lab.start({"mka": {"accept-suspension": False}})
    assert suspend(lab.a).returncode == 0
    lab.a.stop()
    wait_for("the loss is noticed", lambda: lab.b.state() == "negotiating", 30)


def test_only_the_key_server_can_announce(lab):
    lab.start()
    done = suspend(lab.b)
    sci = lab.a.link()["sci"]
    assert (done.returncode, done.stdout) == (1, "")
    assert f"the peer {sci} is key server; only the key server can announce" in done.stderr
    lab.b.stop()
    wait_for("the loss is noticed", lambda: lab.a.state() == "negotiating", 30)
    done = suspend(lab.a)
    assert done.returncode == 1 and "no live peer" in done.stderr
