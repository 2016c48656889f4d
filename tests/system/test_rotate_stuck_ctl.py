# SPDX-License-Identifier: BSD-3-Clause
"""macsecctl direct-link rotate when the new CAK cannot be: another one takes its place, or the same
once it was mended."""

import pytest
from ctl_cloud import OLD
from ctl_daemon import Daemon
from ctl_rotate import KEPT, assert_done, cak_changes, primary, rotate, rotated, steps

THIRD = "3d" * 32


def is_spoilt(site, status):
    """The gateway has CC03, it secures nothing, and AA01 is in force at both ends."""
    cak, = [cak for cak in site.gateway_caks() if cak["session"] == "primary"]
    assert (cak["name"], cak["status"]) == ("CC03", status)
    assert cak["active_delta"]["name"] == "AA01"
    assert 'key-chain: [{ckn: "CC03"' in site.path.read_text()
    return True


def ends_with_another(site, before, daemon):
    """A third CAK in the place of the one that could not be."""
    third = site.cloud.import_key(THIRD)
    done = rotate(site, key=third, ckn="DD04")
    assert done.returncode == 0, done.stdout + done.stderr
    assert steps(done) == [0, 1, 2, 3, 4, 5]
    assert primary(site) == ("DD04", third, "active")
    assert site.path.read_text() == rotated(before, site, third).replace("CC03", "DD04")
    assert dict(daemon.caks) == {"DD04": "primary", "BB02": "fallback"}


@pytest.fixture
def failed(site):
    """CC03 has failed at the gateway: the key was lost on the way there."""
    with Daemon(site) as daemon:
        before = site.path.read_text()

        def lose():  # when the daemon has it, before the gateway gets it
            if "CC03" in site.path.read_text():
                site.cloud.set_key(key=site.new.split(":")[-1], extractable=False)
                daemon.before_reload = lambda: None

        daemon.before_reload = lose
        done = rotate(site)
        site.cloud.set_key(key=site.new.split(":")[-1], extractable=True)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "the gateway could not take the new key" in done.stderr
        assert done.stderr.endswith(KEPT) and cak_changes(site) == [200]
        assert is_spoilt(site, "failed") and daemon.in_use == "AA01"
        yield site, before, daemon


def test_after_a_failure_another_name_and_key_are_taken(failed):
    ends_with_another(*failed)


def test_after_a_failure_that_was_mended_the_same_command_goes_on(failed):
    site, before, daemon = failed
    done = rotate(site)
    assert done.returncode == 0, done.stdout + done.stderr
    assert steps(done) == [2, 3, 4, 5] and cak_changes(site) == [200, 200]
    assert_done(site, before, daemon)


def test_a_key_that_fails_again_is_not_sent_over_and_over(failed):
    site, _, daemon = failed
    site.cloud.fault("content", service="direct-link", method="GET", path="/caks",
                     set={"caks.0.status": "failed"})
    done = rotate(site)
    assert done.returncode == 1 and "could not take the new key" in done.stderr
    assert cak_changes(site) == [200, 200] and daemon.in_use == "AA01"


def test_after_a_key_that_does_not_match_another_name_and_key_are_taken(site):
    before = site.path.read_text()
    with Daemon(site) as daemon:
        daemon.follows = False
        site.cloud.set_peer(caks={"AA01": OLD, "CC03": "ee" * 32, "DD04": THIRD},
                            gateway=site.gateway)
        done = rotate(site, "--limit", "1")
        assert done.returncode == 1 and "rotate to another name and key" in done.stderr
        assert is_spoilt(site, "inactive")
        daemon.follows = True
        ends_with_another(site, before, daemon)


def test_after_a_refused_change_another_name_and_key_are_taken(site):
    before = site.path.read_text()
    with Daemon(site) as daemon:
        site.cloud.fault("status", service="direct-link", method="PATCH", status=400, count=1)
        done = rotate(site)
        assert done.returncode == 1 and done.stderr.endswith(KEPT)
        assert primary(site)[0] == "AA01" and 'ckn: "CC03"' in site.path.read_text()
        ends_with_another(site, before, daemon)


def test_a_primary_cak_that_failed_is_rotated_away_from(site):
    """Its key is lost; the fallback carries the traffic."""
    before = site.path.read_text()
    with Daemon(site) as daemon:
        site.cloud.delete_key(key=site.old.split(":")[-1])
        daemon.in_use = "BB02"
        assert primary(site)[2] == "failed"
        done = rotate(site)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "warn  primary CAK status" in done.stdout
        assert_done(site, before, daemon)


def test_a_primary_cak_that_was_mended_is_given_once_more(site):
    """What `check` says of one that failed: its own name and key again."""
    before = site.path.read_text()
    with Daemon(site) as daemon:
        site.cloud.set_key(key=site.old.split(":")[-1], extractable=False)
        assert primary(site)[2] == "failed"
        site.cloud.set_key(key=site.old.split(":")[-1], extractable=True)
        assert primary(site)[2] == "failed"
        done = rotate(site, key=site.old, ckn="AA01")
        assert done.returncode == 0, done.stdout + done.stderr
        assert steps(done) == [2] or steps(done) == [2, 3]
        assert primary(site) == ("AA01", site.old, "active")
        assert site.path.read_text() == before and daemon.in_use == "AA01"


def test_a_rotation_on_its_way_is_not_cut_off(site):
    with Daemon(site) as daemon:
        daemon.follows = False
        site.cloud.settle(seconds=3600, gateway=site.gateway)
        assert rotate(site, "--limit", "1").returncode == 1
        done = rotate(site, key=site.cloud.import_key(THIRD), ckn="DD04")
        assert done.returncode == 1 and "end that rotation first" in done.stderr
        assert "--ckn CC03" in done.stderr and primary(site)[0] == "CC03"
