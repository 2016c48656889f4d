# SPDX-License-Identifier: BSD-3-Clause
"""macsecctl direct-link rotate: IBM's order of steps, and taken up again wherever it stopped."""

import os
import pty
import re
import signal
import stat
import subprocess

import pytest
from ctl_cloud import NEW, OLD, Site
from ctl_daemon import Daemon
from ctl_lab import CTL
from ibm_caller import IbmCloud

STEPS = ("write the new CAK into the configuration file", "let macsecd read it and fetch the key",
         "give the gateway's primary CAK", "wait until the link is secured",
         "make it the primary CAK of the configuration file", "let macsecd read it and forget")


@pytest.fixture(scope="module")
def cloud():
    with IbmCloud() as cloud:
        yield cloud
        assert cloud.log() == ""


@pytest.fixture
def site(cloud, tmp_path):
    cloud.renew()
    return Site(cloud, tmp_path / "macsecd.yaml")


def words_of(site, *more, key=None):
    return ("direct-link", "rotate", "dl0", "--ckn", "CC03", "--key", key or site.new, *more)


def rotate(site, *more, key=None):
    done = site.ctl(*words_of(site, "--yes", "--limit", "20", *more, key=key))
    assert OLD not in done.stdout + done.stderr and NEW not in done.stdout + done.stderr
    return done


def steps(done):
    """The steps that were begun, by number."""
    begun = done.stdout.split("\n  ")[-1].splitlines()[1:]
    return [n for line in begun for n, text in enumerate(STEPS) if line.startswith(text)]


def primary(site):
    found, = [cak for cak in site.gateway_caks() if cak["session"] == "primary"]
    return found["name"], found["key"]["crn"], found["status"]


def cak_changes(site):
    """Status of every request so far to change a CAK."""
    return [one["status"] for one in site.cloud.journal("direct-link")
            if one["method"] == "PATCH" and "/caks/" in one["path"]]


def rotated(text, site, key=None):
    """The file as it is to be: nothing but the two values of the primary CAK has changed."""
    line = next(line for line in text.splitlines() if line.startswith("      primary:"))
    return text.replace(line, line.replace("AA01", "CC03").replace(site.old, key or site.new))


def assert_done(site, before, daemon):
    assert site.path.read_text() == rotated(before, site)
    assert primary(site) == ("CC03", site.new, "active")
    assert daemon.in_use == "CC03" and dict(daemon.caks) == {"CC03": "primary", "BB02": "fallback"}
    assert os.listdir(site.path.parent).count(site.path.name) == 1
    assert not [name for name in os.listdir(site.path.parent)
                if name.startswith(site.path.name + ".")]


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
    # our end has the new CAK before the gateway, and the old one until the new one secures
    assert order == [("reload", "AA01", True), ("reload", "CC03", False)]
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


def refused(site, part, key=None):
    before = site.path.read_text()
    done = rotate(site, key=key)
    assert done.returncode != 0 and part in done.stdout + done.stderr, done.stdout + done.stderr
    assert site.path.read_text() == before
    assert cak_changes(site) == []


def test_nothing_begins_unless_everything_is_in_order(site):
    refused(site, "needs the running daemon")
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
        refused(site, "has another key")


def test_a_file_that_no_program_can_edit_is_finished_by_hand(site):
    """The lines to write are given; when they are written, the same command goes on."""
    def by_hand(done):
        assert done.returncode == 1 and "then run the command again" in done.stderr
        return done.stderr.strip().splitlines()[-1].strip()

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
        new = by_hand(rotate(site))
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
