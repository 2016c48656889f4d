# SPDX-License-Identifier: BSD-3-Clause
"""macsecctl direct-link rotate: IBM's order of steps, and taken up again wherever it stopped."""

import os
import pty
import re
import signal
import stat
import subprocess
import time

import pytest
from ctl_cloud import NEW
from ctl_daemon import Daemon
from ctl_lab import CTL
from ctl_rotate import (KEPT, STEPS, assert_done, cak_changes, primary, refused, rotate, rotated,
                        steps, words_of)


def test_all_steps_in_ibms_order(site):
    before = site.path.read_text()
    site.path.chmod(0o640)
    os.chown(site.path, 65534, 65533)
    order = []
    with Daemon(site) as daemon:
        daemon.before_reload = lambda: order.append(
            ("reload", primary(site)[0], "key-chain" in site.path.read_text()))
        done = rotate(site)
        assert done.returncode == 0, done.stderr
        assert_done(site, before, daemon)
    assert steps(done) == [0, 1, 2, 3, 4, 5]
    # the file can be taken over; our end has the new CAK before the gateway, and the old one until
    # the new one secures
    assert order == [("reload", "AA01", False), ("reload", "AA01", True),
                     ("reload", "CC03", False)]
    status = site.path.stat()
    assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid) == (0o640, 65534, 65533)


def test_a_rotation_that_is_done_does_nothing(site):
    before = site.path.read_text()
    with Daemon(site) as daemon:
        rotate(site)
        reloads, inode = daemon.reloads, site.path.stat().st_ino
        done = rotate(site)
        assert done.returncode == 0 and steps(done) == [] and daemon.reloads == reloads
        assert site.path.stat().st_ino == inode
        assert_done(site, before, daemon)


def test_nobody_is_rotated_unasked(site):
    before = site.path.read_text()
    with Daemon(site) as daemon:
        done = site.ctl(*words_of(site))
        assert done.returncode == 2 and "insist with --yes" in done.stderr
        for answer, status in (("n\n", 2), ("\n", 2), ("yes\n", 0)):
            main, side = pty.openpty()
            process = subprocess.Popen([CTL, *words_of(site), "-c", site.path], stdin=side,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            os.close(side)
            os.write(main, answer.encode())
            text, _ = process.communicate(timeout=60)
            os.close(main)
            assert process.returncode == status, text
            assert all(part in text for part in STEPS), "the plan is shown before the question"
            if status != 0:
                assert site.path.read_text() == before and daemon.reloads == 0
        assert_done(site, before, daemon)


@pytest.mark.parametrize("after", range(5))
def test_an_interrupted_rotation_is_taken_up_where_it_stopped(site, after):
    """Killed as soon as a step has begun; the same command ends it."""
    before = site.path.read_text()
    with Daemon(site) as daemon:
        if after == 3:
            daemon.follows = False  # it would be over before it can be killed
        process = subprocess.Popen(
            [CTL, *map(str, words_of(site, "--yes", "-c", site.path))], stdout=subprocess.PIPE,
            text=True)
        plan = len(STEPS) + 1
        for line in process.stdout:
            plan -= line.startswith("  ")
            if line.startswith(STEPS[after]):
                break
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=20)
        process.stdout.close()
        for left in site.path.parent.glob(site.path.name + ".*"):
            left.unlink()  # what was being written at that moment is not in force
        daemon.follows = True
        done = rotate(site)
        assert done.returncode == 0, done.stdout + done.stderr
        assert_done(site, before, daemon)
        assert steps(done) == sorted(steps(done))


def test_time_is_up_with_the_old_cak_in_force_and_it_goes_on_later(site):
    before = site.path.read_text()
    with Daemon(site) as daemon:
        daemon.follows = False
        done = rotate(site, "--limit", "1")
        assert done.returncode == 1 and "the old one stays in force" in done.stderr
        assert "run the same command again" in done.stderr
        assert "AA01" in site.path.read_text() and daemon.in_use == "AA01"
        daemon.follows = True
        assert steps(rotate(site)) == [3, 4, 5]
        assert_done(site, before, daemon)


def test_a_key_that_the_daemon_cannot_have_never_reaches_the_gateway(site):
    with Daemon(site) as daemon:
        daemon.has_keys = False
        done = rotate(site, "--limit", "1")
        assert done.returncode == 1 and "has not got the new CAK's key" in done.stderr
        assert primary(site)[0] == "AA01" and daemon.in_use == "AA01"


def test_the_gateway_out_of_reach_for_a_while_delays_only(site):
    before = site.path.read_text()
    with Daemon(site) as daemon:
        site.cloud.fault("status", service="direct-link", method="PATCH", status=503, count=1)
        done = rotate(site)
        assert done.returncode == 0, done.stderr
        assert "not available at present" in done.stderr
        assert_done(site, before, daemon)
        assert cak_changes(site) == [503, 200]


def test_a_change_whose_answer_is_lost_is_not_made_twice(site):
    before = site.path.read_text()
    with Daemon(site) as daemon:
        site.cloud.fault("truncate", service="direct-link", method="PATCH", count=1)
        assert rotate(site).returncode == 0
        assert_done(site, before, daemon)
        assert len(cak_changes(site)) == 1


def test_nothing_begins_unless_everything_is_in_order(site):
    refused(site, "needs the running daemon", status=2)
    with Daemon(site) as daemon:
        refused(site, "generated", site.cloud.call("store_key", payload=None)["crn"])
        refused(site, "is a file", "file:/tmp/k")
        refused(site, "no key reference", "0" * 64)
        refused(site, "that Direct Link can read",
                site.cloud.import_key(NEW, service="key-protect"))
        site.patch_gateway(active=False)
        refused(site, "fail  active")
        site.patch_gateway(active=True)
        daemon.reported_config = "/etc/hosts"
        refused(site, "macsecd reads /etc/hosts")
        daemon.reported_config = str(site.path)
        site.mka["fallback"]["ckn"] = "CC03"
        site.write()
        refused(site, "is the link's fallback CAK")


def test_a_gateway_that_somebody_else_changed_is_left_alone(site):
    with Daemon(site):
        stranger = site.cloud.import_key("dd" * 32)
        cak, = [one for one in site.gateway_caks() if one["session"] == "primary"]
        reply = site.caller.call(
            "direct-link", "PATCH", f"/gateways/{site.gateway}/macsec/caks/{cak['id']}",
            {"name": "CC03", "key": {"crn": stranger}},
            Content_Type="application/merge-patch+json")
        assert reply.status == 200
        site.cloud.call("clear_journal")
        refused(site, "neither the old nor the new one")


def test_names_are_known_with_their_padding(site):
    site.mka["pad-ckn"] = True
    site.write()
    before = site.path.read_text()
    with Daemon(site) as daemon:
        daemon.pads = True
        done = rotate(site)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "live link" not in done.stdout
        assert_done(site, before, daemon)


def test_a_daemon_that_cannot_read_its_file_stops_it_before_the_first_step(site):
    with Daemon(site) as daemon:
        daemon.refusal = "the file cannot be taken over"
        refused(site, "the file cannot be taken over", status=1)
        assert steps(rotate(site)) == []


def test_a_daemon_that_ends_between_two_steps_is_2(site):
    with Daemon(site) as daemon:
        def end():
            daemon.is_up = "CC03" not in site.path.read_text()  # this answer is its last one

        daemon.before_reload = end
        done = rotate(site, "-t", "1")
        assert done.returncode == 2 and done.stderr.endswith(KEPT)
        assert primary(site)[0] == "AA01"


def test_the_limit_is_kept_whatever_the_gateway_asks_for(site):
    with Daemon(site):
        site.cloud.fault("status", service="direct-link", method="PATCH", status=503,
                         retry_after=60)
        started = time.monotonic()
        done = rotate(site, "--limit", "2")
        assert done.returncode == 1 and "after 2 s" in done.stderr
        assert time.monotonic() - started < 20


def test_a_file_that_no_program_can_edit_is_finished_by_hand(site):
    """The lines to write are given; when they are written, the same command goes on."""
    def by_hand(done):
        assert done.returncode == 1 and "then run the command again" in done.stderr
        return next(line.strip() for line in done.stderr.splitlines() if line.startswith("  "))

    def write(*lines):
        text = "".join(f"      {line}\n" for line in lines)
        site.path.write_text(re.sub(r"(    mka:.*\n)(      .*\n)*", r"\1" + text,
                                    site.path.read_text(), count=1))

    old = f'"primary": {{"ckn": "AA01", "cak": "{site.old}"}}'
    fallback = f'fallback: {{"ckn": "BB02", "cak": "{site.second}"}}'
    with Daemon(site) as daemon:
        write(old, fallback)
        daemon.read = lambda: [("AA01", "primary"), ("CC03", "key-chain"), ("BB02", "fallback")]
        daemon.caks = [("AA01", "primary"), ("BB02", "fallback")]
        chain = by_hand(rotate(site)).replace("}]", "}]  # by hand")
        assert chain.startswith('key-chain: [{ckn: "CC03"')
        write(old, chain, fallback)
        done = rotate(site)
        new = by_hand(done)
        assert done.stderr.endswith(KEPT)
        assert new == f'primary: {{ckn: "CC03", cak: "{site.new}"}}'
        assert primary(site)[0] == daemon.in_use == "CC03"
        write(new, fallback)
        daemon.read = lambda: [("CC03", "primary"), ("BB02", "fallback")]
        assert steps(rotate(site)) == [5]


def test_a_key_named_by_its_id_goes_to_the_gateway_as_a_crn(site):
    before, key = site.path.read_text(), f"hpcs:hpcs/{site.new.split(':')[-1]}"
    with Daemon(site):
        assert rotate(site, key=key).returncode == 0
    assert site.path.read_text() == rotated(before, site, key)
    assert primary(site)[1] == site.new


def test_wrong_command_lines_are_2(site):
    for words in (("--ckn", "CC03"), ("--key", site.new), ("--ckn", "C", "--key", site.new),
                  ("--ckn", "XY", "--key", site.new), ("--ckn", "00" * 33, "--key", site.new)):
        assert site.ctl("direct-link", "rotate", "dl0", "--yes", *words).returncode == 2
