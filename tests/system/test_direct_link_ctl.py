# SPDX-License-Identifier: BSD-3-Clause
"""macsecctl direct-link show and check, against the local IBM Cloud."""

import json

import pytest
from ctl_cloud import NEW, OLD, Site, lines
from ctl_daemon import Daemon
from ctl_lab import rows, tables


def check(site, *words):
    done = site.ctl("direct-link", "check", "dl0", *words)
    assert OLD not in done.stdout + done.stderr
    return done


def line_of(site, subject):
    done = check(site)
    return (done.returncode, *lines(done)[subject])


# show


def test_show_prints_the_gateway_and_its_caks(site):
    done = site.ctl("direct-link", "show", "dl0")
    assert done.returncode == 0 and done.stderr == ""
    gateway, = rows(done.stdout)
    assert gateway["GATEWAY"] == site.gateway and gateway["STATUS"] == "secured"
    assert gateway["SUITE"] == "gcm_aes_xpn_256" and gateway["WINDOW"] == "512"
    assert gateway["PRIORITY"] == "255" and gateway["ACTIVE"] == "yes"
    primary, fallback = tables(done.stdout)["CAKs"]
    assert (primary["CKN"], primary["STATUS"], primary["KEY"]) == ("AA01", "active", site.old)
    assert (fallback["SESSION"], fallback["CKN"]) == ("fallback", "BB02")


def test_show_as_json(site):
    site.cloud.set_status(status="failed", gateway=site.gateway, reasons=[
        {"code": "macsec_cak_failed", "message": "The primary\x1b[2J CAK failed"}])
    done = site.ctl("--json", "direct-link", "show", "dl0")
    shown = json.loads(done.stdout)
    assert shown["replay-window"] == 512 and shown["rekey"] == {"mode": "timer",
                                                               "interval-s": 3600}
    assert shown["caks"][0]["key"] == site.old and shown["caks"][0]["active"] is None
    assert shown["status-reasons"][0]["code"] == "macsec_cak_failed"
    assert "\x1b" not in done.stdout
    assert "Why\n" in site.ctl("direct-link", "show", "dl0").stdout


@pytest.mark.parametrize("fault, status, part", (
    ({"kind": "status", "status": 503}, 1, "not available at present (HTTP 503"),
    ({"kind": "status", "status": 404, "body": '{"errors":[{"message":"Cannot find Gateway"}]}'},
     1, "Cannot find Gateway"),
    ({"kind": "garbage"}, 1, "no JSON"),
    ({"kind": "content", "set": {"window_size": -1}}, 1, "window_size"),
    ({"kind": "content", "remove": ["sak_rekey"]}, 1, "sak_rekey"),
    ({"kind": "truncate"}, 1, ""),
    ({"kind": "redirect"}, 1, "redirect")))
def test_show_says_what_went_wrong(site, fault, status, part):
    site.cloud.fault(**fault, service="direct-link")
    done = site.ctl("direct-link", "show", "dl0")
    assert (done.returncode, done.stdout) == (status, "") and part in done.stderr, done.stderr


def test_a_refused_token_is_replaced_once(site):
    site.cloud.fault("expire", service="direct-link", count=1)
    assert site.ctl("direct-link", "show", "dl0").returncode == 0
    assert 401 in [one["status"] for one in site.cloud.journal("direct-link")]
    site.cloud.renew()
    site.cloud.fault("status", service="direct-link", status=401)
    done = site.ctl("direct-link", "show", "dl0")
    assert done.returncode == 1 and "the token was refused" in done.stderr
    assert len(site.cloud.journal("direct-link")) == 2


def test_links_without_a_gateway_are_2(site):
    assert "no link \"x\"" in site.ctl("direct-link", "show", "x").stderr
    text = site.path.read_text()
    site.path.write_text("\n".join(
        line for line in text.splitlines() if not line.startswith("    direct-link")) + "\n")
    done = site.ctl("direct-link", "check", "dl0")
    assert done.returncode == 2 and "names no gateway" in done.stderr


# check


def test_ends_that_agree_pass_in_every_field(site):
    with Daemon(site):
        done = check(site)
    assert done.returncode == 0 and done.stderr == ""
    assert {verdict for verdict, _ in lines(done).values()} == {"pass"}, done.stdout
    assert set(lines(done)) == {
        "active", "status", "cipher suite", "confidentiality offset", "replay window", "policy",
        "rekey", "key-server priority", "primary CAK name", "primary CAK key",
        "primary CAK status", "fallback CAK name", "fallback CAK key", "fallback CAK status",
        "authorisation", "live link"}


def test_without_a_daemon_configurations_are_compared(site):
    done = check(site)
    assert done.returncode == 0 and lines(done)["live link"][0] == "warn"
    assert "no daemon answers" in done.stderr


@pytest.mark.parametrize("field, value, subject, verdict, part", (
    ("active", False, "active", "fail", "switched off"),
    ("window_size", 64, "replay window", "warn", "ours 512, theirs 64"),
    ("security_policy", "should_secure", "policy", "warn", "theirs should-secure"),
    ("sak_rekey", {"mode": "packet_number_rollover"}, "rekey", "warn",
     "ours 3600 s, theirs packet-number-rollover"),
    ("sak_rekey", {"mode": "timer", "interval": 60}, "rekey", "warn", "theirs 60 s")))
def test_differences_of_the_gateway_are_found(site, field, value, subject, verdict, part):
    site.patch_gateway(**{field: value})
    status, found, text = line_of(site, subject)
    assert (status, found) == (1 if verdict == "fail" else 0, verdict) and part in text


@pytest.mark.parametrize("where, word, value, subject, verdict", (
    ("macsec", "cipher-suite", "gcm-aes-256", "cipher suite", "fail"),
    ("macsec", "replay-protect", False, "replay window", "warn"),
    ("mka", "key-server-priority", 255, "key-server priority", "fail"),
    ("mka", "rekey", 0, "rekey", "warn")))
def test_differences_of_ours_are_found(site, where, word, value, subject, verdict):
    getattr(site, where)[word] = value
    site.write()
    status, found, text = line_of(site, subject)
    assert (status, found) == (1 if verdict == "fail" else 0, verdict) and text


def test_names_and_keys_of_caks_are_compared(site):
    site.mka["primary"]["ckn"] = "aa01"  # names are numbers: upper or lower case is one
    site.write()
    assert line_of(site, "primary CAK name")[:2] == (0, "pass")
    site.mka["primary"]["ckn"] = "AA02"
    site.write()
    status, verdict, text = line_of(site, "primary CAK name")
    assert (status, verdict) == (1, "fail") and "ours AA02, theirs AA01" in text
    site.mka["primary"] = {"ckn": "AA01", "cak": site.new}
    site.write()
    status, verdict, text = line_of(site, "primary CAK key")
    assert (status, verdict) == (1, "fail") and site.old in text and site.new in text
    site.mka["primary"], site.mka["fallback"] = site.mka["fallback"], {
        "ckn": "AA01", "cak": site.old}
    site.write()
    assert line_of(site, "primary CAK name")[1] == "fail"


def test_a_key_named_by_its_id_is_the_key_with_that_crn(site):
    site.mka["primary"]["cak"] = f"hpcs:hpcs/{site.old.split(':')[-1]}"
    site.write()
    assert line_of(site, "primary CAK key")[:2] == (0, "pass")
    path = site.path.with_name("k")
    path.write_text(OLD)
    path.chmod(0o600)
    site.mka["primary"]["cak"] = f"file:{path}"
    site.write()
    assert line_of(site, "primary CAK key")[:2] == (0, "warn")


def test_a_fallback_at_one_end_only_is_warned_about(cloud, tmp_path):
    cloud.renew()
    site = Site(cloud, tmp_path / "m.yaml", fallback=False)
    assert line_of(site, "fallback CAK")[1] == "warn"
    site.mka["fallback"] = {"ckn": "BB02", "cak": site.second}
    site.write()
    assert line_of(site, "our fallback CAK")[:2] == (0, "warn")


def test_failed_caks_and_their_reasons_are_shown(site):
    site.cloud.delete_key(key=site.old.split(":")[-1])
    done = check(site)
    found = lines(done)
    assert done.returncode == 1 and found["primary CAK status"][0] == "fail"
    assert found["status"][0] == "fail" and "macsec_cak_failed" in found["status reason"][1]
    assert "; mend what" in found["status reason"][1]


def test_a_rotation_that_stopped_half_way_is_told_to_go_on(site):
    site.mka["key-chain"] = [{"ckn": "CC03", "cak": site.new, "start": "2026-01-01T00:00:00Z"}]
    site.write()
    status, verdict, text = line_of(site, "our key-chain CAK")
    assert (status, verdict) == (0, "warn") and "direct-link rotate' again" in text
    assert "add it there" not in text


def test_a_padded_name_is_the_gateways(site):
    site.mka["pad-ckn"] = True
    site.write()
    with Daemon(site) as daemon:
        daemon.pads = True
        assert line_of(site, "live link")[:2] == (0, "pass")


def test_the_authorisation_is_read_where_it_may_be_and_inferred_else(site):
    instance = site.cloud.instance("hpcs")
    # what there is at first is instance-wide
    assert line_of(site, "authorisation")[1:] == ("pass", f"Reader on instance {instance}")
    site.cloud.unauthorise()
    try:
        assert line_of(site, "authorisation")[1] == "fail"
        site.cloud.authorise(service="hs-crypto", instance=instance, ring="default")
        status, verdict, text = line_of(site, "authorisation")
        assert verdict == "warn" and "not on the whole" in text
        site.services = [{**one, "credential": site.cloud.credential("writer")}
                         if one["name"] == "direct-link" else one for one in site.services]
        site.write()
        assert line_of(site, "authorisation")[1] == "warn"  # the CAKs have failed
    finally:
        site.cloud.unauthorise()
        for service in ("hpcs", "key-protect", "secrets-manager"):
            site.cloud.authorise(service={"hpcs": "hs-crypto", "key-protect": "kms"}.get(
                service, service), instance=site.cloud.instance(service))
    assert line_of(site, "authorisation")[1] == "warn"  # nothing heals by itself
    for cak in site.gateway_caks():
        site.caller.call(
            "direct-link", "PATCH", f"/gateways/{site.gateway}/macsec/caks/{cak['id']}",
            {"name": cak["name"], "key": cak["key"]}, Content_Type="application/merge-patch+json")
    status, verdict, text = line_of(site, "authorisation")
    assert verdict == "pass" and "has read its keys" in text


@pytest.mark.parametrize("fault, part", (
    ({"kind": "status", "status": 503}, "HTTP 503); look again later"),
    ({"kind": "status", "status": 429}, "HTTP 429); look again later"),
    ({"kind": "status", "status": 404}, "is 'iam-url'"),
    ({"kind": "garbage"}, "not of the form"), ({"kind": "reset"}, "not known: ")))
def test_an_outage_of_iam_is_told_as_one(site, fault, part):
    site.cloud.fault(**fault, service="iam", path="/v1/policies")
    status, verdict, text = line_of(site, "authorisation")
    assert (status, verdict) == (0, "warn") and part in text, text
    assert "may not list policies" not in text and "Direct Link API" not in text


def test_check_as_json(site):
    site.patch_gateway(window_size=64)
    found = json.loads(check(site, "--json").stdout)
    line, = [one for one in found["lines"] if one["subject"] == "replay window"]
    assert (line["verdict"], line["ours"], line["theirs"]) == ("warn", "512", "64")
    assert found["fail"] == 0 and NEW not in json.dumps(found)
