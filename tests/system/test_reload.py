# SPDX-License-Identifier: BSD-3-Clause
"""The configuration read again while frames cross: CAKs come and go, and no frame is lost."""

import signal
from datetime import datetime, timedelta, timezone

import pytest
from appliance import CAK, wait_for
from test_hitless import OTHER_CAK, assert_no_loss, utc

FORMER_S = 10  # how long a new CAK carries the traffic before the former one goes


def in_use(end):
    """The CKN whose SAK an end transmits with, and the roles of its participants by CKN."""
    mka = end.link("mka.show")
    sak = mka["latest-sak"]
    return (sak["ckn"] if sak and sak["transmits"] else None,
            {one["ckn"]: one["role"] for one in mka["participants"]})


def log_lines(end, part):
    return [line for line in end.log_path.read_text().splitlines() if part in line]


def test_a_new_primary_at_one_end_after_the_other(lab, pumps):
    """The former primary carries the traffic until both ends know the new one; 0 frames lost."""
    lab.start()
    loops = pumps()
    first = lab.a.key_identifier()
    for number, end in enumerate((lab.a, lab.b)):
        end.configure({"mka": {"primary": end.cak("cc03", OTHER_CAK)}})
        assert end.ask("daemon.reload")["config"] == str(end.config_path)
        if number == 0:
            assert in_use(end) == ("aa01", {"aa01": "former", "cc03": "primary"})
            assert end.link()["former-ckn"] == "aa01"
            assert end.link()["state"] == "secured" and end.key_identifier() == first
    wait_for("both ends use the new CAK only", lambda: all(
        in_use(end) == ("cc03", {"cc03": "primary"}) for end in (lab.a, lab.b)), 60, every=0.05)
    assert lab.a.key_identifier() == lab.b.key_identifier() != first
    assert_no_loss(loops, "change of the primary by reload, one end after the other")
    lab.assert_only_macsec_on_the_line()


def test_a_fallback_comes_and_goes(lab, pumps):
    """SIGHUP does the same as the method; the SAK in use is not touched."""
    lab.start()
    loops = pumps()
    first = lab.a.key_identifier()
    for end in (lab.a, lab.b):
        end.configure({"mka": {"fallback": end.cak("fb01", OTHER_CAK)}})
        end.process.send_signal(signal.SIGHUP)
    wait_for("the fallback is agreed", lambda: all(
        one["live"] == 1 for one in lab.a.link("mka.show")["participants"])
        and len(in_use(lab.a)[1]) == len(in_use(lab.b)[1]) == 2, 30, every=0.05)
    lab.configure()
    for end in (lab.a, lab.b):
        end.ask("daemon.reload")
        assert in_use(end) == ("aa01", {"aa01": "primary"})
    assert lab.a.key_identifier() == first
    assert_no_loss(loops, "a fallback that comes and goes")


def test_a_fallback_that_carries_the_traffic_is_replaced(lab, pumps):
    """Both primaries differ, so the fallback is in use: it goes on until its successor does."""
    lab.a.configure({"mka": {"fallback": lab.a.cak("fb01", OTHER_CAK)}})
    lab.b.configure({"mka": {"primary": lab.b.cak("bb01", CAK[::-1]),
                             "fallback": lab.b.cak("fb01", OTHER_CAK)}})
    for end in (lab.a, lab.b):
        end.start()
    lab.wait_secured()
    loops = pumps()
    for end, primary in ((lab.a, None), (lab.b, lab.b.cak("bb01", CAK[::-1]))):
        words = {"fallback": end.cak("fb02", OTHER_CAK[::-1])}
        end.configure({"mka": {**words, **({"primary": primary} if primary else {})}})
        end.ask("daemon.reload")
        assert in_use(end)[1]["fb01"] == "former" and end.state() == "secured"
    wait_for("both ends use the new fallback only", lambda: all(
        in_use(end)[0] == "fb02" and "fb01" not in in_use(end)[1] for end in (lab.a, lab.b)), 90,
        every=0.05)
    assert_no_loss(loops, "change of the fallback that is in use")


def test_a_cak_that_is_put_off_goes_on(lab, pumps):
    """The CAK in use becomes one of a chain whose time is to come: it carries the traffic on."""
    lab.start()
    loops = pumps()
    soon = datetime.now(timezone.utc) + timedelta(hours=5)
    lab.a.configure({"mka": {"primary": lab.a.cak("cc03", OTHER_CAK), "key-chain": [
        {"ckn": '"AA01"', "cak": f"file:{lab.a.key_path}", "start": utc(soon)}]}})
    lab.a.ask("daemon.reload")
    assert in_use(lab.a)[0] == "aa01" and lab.a.link()["former-ckn"] == "aa01"
    lab.configure()
    lab.a.ask("daemon.reload")
    assert in_use(lab.a) == ("aa01", {"aa01": "primary"})
    assert_no_loss(loops, "a CAK in use that is put off")


def assert_refused(end, match):
    """Nothing changes, and the answer says why."""
    before = in_use(end)
    with pytest.raises(RuntimeError, match=match):
        end.ask("daemon.reload")
    assert in_use(end) == before


def test_what_cannot_be_taken_over_changes_nothing(lab):
    """Faults of the file, keys that cannot be read, words that need a restart."""
    lab.start()
    lab.a.configure({"mka": {"fallback": {"ckn": '"FB01"', "cak": "file:/nowhere"}}})
    assert_refused(lab.a, "link dl0: a key cannot be read")
    assert log_lines(lab.a, "key file /nowhere does not exist")
    lab.a.configure({"mka": {"fallback": lab.a.cak("fb01", OTHER_CAK)},
                     "macsec": {"replay-window": 64}})
    assert_refused(lab.a, "'replay-window' of link dl0 differs: restart macsecd")
    lab.a.config_path.write_text("links: [{")
    assert_refused(lab.a, "the configuration is refused")
    lab.a.configure(keys={"services": [{"name": "x", "credential": "/k"}]})
    assert_refused(lab.a, "was started without")
    lab.a.config_path.unlink()
    assert_refused(lab.a, "the configuration is refused")
    lab.configure()
    lab.a.ask("daemon.reload")


def test_the_log_level_follows(lab):
    """A word beside the links."""
    lab.start()
    lab.a.configure(control={"log-level": "error"})
    lab.a.ask("daemon.reload")
    before = len(log_lines(lab.a, "INFO"))
    lab.rekey()
    assert len(log_lines(lab.a, "INFO")) == before
