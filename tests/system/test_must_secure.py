# SPDX-License-Identifier: BSD-3-Clause
"""must-secure: whatever happens to the appliances, no unprotected data frame leaves the line port
and none reaches the host port."""

import contextlib
import signal
import threading

import pytest
from appliance import CAK, wait_for
from frames import Sender, plain
from wire import CLEAR_MARK, Pump, Sniffer

OTHER_CAK = "f" * 64


class Attack(threading.Thread):
    """Puts unprotected frames on the line, towards both appliances, until it is ended."""

    def __init__(self, lab):
        super().__init__(daemon=True)
        self.senders = [Sender(lab.spaces["line"], name) for name in ("p0", "p1")]
        self.frame = plain(200, to=b"\xff" * 6, ethertype=CLEAR_MARK)
        self.ending = threading.Event()
        self.sent = 0

    def run(self):
        while not self.ending.wait(0.002):
            for sender in self.senders:
                with contextlib.suppress(OSError):  # the far port is down, as it may be
                    sender.send(self.frame)
                    self.sent += 1

    def stop(self):
        self.ending.set()
        self.join(10)
        for sender in self.senders:
            sender.close()


class Watch:
    """Traffic in both directions, unprotected frames on the line, and eyes on all four ports."""

    def __init__(self, lab, patience=0.1):
        """patience: short where traffic is cut on purpose, long where every frame must arrive."""
        self.lab = lab
        office, cloud = (lab.spaces["office"], "eth0"), (lab.spaces["cloud"], "eth0")
        self.pumps = [Pump(*ends, patience=patience) for ends in ((office, cloud),
                                                                  (cloud, office))]
        self.attack = Attack(lab)
        self.hosts = [Sniffer(*office, CLEAR_MARK), Sniffer(*cloud, CLEAR_MARK)]

    def __enter__(self):
        for thread in (*self.pumps, self.attack):
            thread.start()
        return self

    def __exit__(self, kind, *_):
        for thread in (*self.pumps, self.attack):
            thread.stop()
        if kind is None:
            self.judge()
        for host in self.hosts:
            host.close()

    def crossed(self, what):
        """Waits until frames come out at both ends again."""
        before = [pump.received for pump in self.pumps]
        wait_for(f"traffic crosses {what}", lambda: all(
            pump.received > count + 100 for pump, count in zip(self.pumps, before)), 60)

    def judge(self):
        assert self.attack.sent > 50
        for host in self.hosts:
            assert not host.frames(), "an unprotected frame of the line reached a host port"
        self.lab.assert_only_macsec_on_the_line()


def test_from_the_first_frame(lab):
    """Traffic runs before the first appliance starts, and until after the last one has ended."""
    with Watch(lab) as watch:
        lab.start()
        watch.crossed("once secured")
        lab.stop()
    assert lab.tap_a.read()["in", "macsec"] > 100


@pytest.mark.parametrize("number", (signal.SIGKILL, signal.SIGTERM), ids=("kill", "term"))
def test_end_and_return(lab, number):
    """An appliance ends in the middle of traffic and comes back: by itself the link is secured."""
    lab.start()
    with Watch(lab) as watch:
        watch.crossed("at first")
        for end, far in ((lab.a, lab.b), (lab.b, lab.a)):
            end.stop(number)
            end.start()
            wait_for("both ends are secured again",
                     lambda e=end, f=far: e.state() == f.state() == "secured"
                     and e.key_identifier() == f.key_identifier(), 60)
            watch.crossed(f"after the return of {end.name}")


def test_rekey(lab):
    """Rekeys under load: nothing unprotected, and nothing lost either."""
    lab.start()
    with Watch(lab, patience=5.0) as watch:
        watch.crossed("at first")
        lost = [pump.lost for pump in watch.pumps]
        for _ in range(3):
            lab.rekey()
        watch.crossed("after three rekeys")
        assert [pump.lost for pump in watch.pumps] == lost
    for end in (lab.a, lab.b):
        assert end.link()["rekeys"] >= 3
        lost = {reason for reason in end.drops() if "in-pkts-no-tag" not in reason}
        assert not lost - {"protect drop-no-tx-sa"}, lost


def test_key_is_taken_away(lab):
    """A key file that goes changes nothing for a running link; without it none comes up."""
    lab.start()
    with Watch(lab) as watch:
        lab.a.key_path.unlink()
        lab.rekey()
        watch.crossed("without the key file")
        lab.a.stop(signal.SIGKILL)
        lab.a.launch()
        assert lab.a.process.wait(60) != 0
        assert str(lab.a.key_path) in lab.a.log_tail()
        lab.a.write_key(CAK)
        lab.a.start()
        wait_for("a is secured again", lambda: lab.a.state() == "secured", 60)
        watch.crossed("with the key file back")


def test_keys_differ(lab):
    """Two different CAKs: never secured, both say why, and nothing crosses."""
    lab.configure()
    lab.b.write_key(OTHER_CAK)
    with Watch(lab) as watch:
        lab.a.start()
        lab.b.start()
        wait_for("both refuse the other's MKPDUs", lambda: all(
            end.link("mka.show")["refused"]["icv"] >= 2 for end in (lab.a, lab.b)), 60)
        assert [end.state() for end in (lab.a, lab.b)] == ["negotiating"] * 2
        assert all("CAK" in end.link()["problem"] for end in (lab.a, lab.b))
    assert [pump.received for pump in watch.pumps] == [0, 0]
    assert lab.a.counted("protect", "drop-no-tx-sa") > 0
    assert lab.a.counted("validate", "in-pkts-no-tag") > 0
    lab.assert_balanced()


def test_peer_is_lost(lab):
    """The peer falls silent: after the MKA life time nothing is sent with the old key."""
    lab.start()
    with Watch(lab) as watch:
        watch.crossed("at first")
        lab.b.process.send_signal(signal.SIGSTOP)
        try:
            wait_for("a gives the peer up", lambda: lab.a.state() == "negotiating", 30)
            before = lab.a.counters()["protect"]
            wait_for("frames are dropped", lambda: lab.a.counted(
                "protect", "drop-no-tx-sa") > before["drop-no-tx-sa"], 30)
            assert (lab.a.counted("protect", "out-pkts-encrypted")
                    == before["out-pkts-encrypted"])
        finally:
            lab.b.process.send_signal(signal.SIGCONT)
        lab.wait_secured()
        watch.crossed("after the peer's return")
