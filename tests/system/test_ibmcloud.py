# SPDX-License-Identifier: BSD-3-Clause
"""The local IBM Cloud is what the facts say: IAM, the metadata service, faults, the program."""

import base64
import json
import os
import resource
import signal
import socket
import ssl
import subprocess
import sys
import time
from http.client import HTTPException, IncompleteRead
from pathlib import Path

import pytest
from appliance import wait_for
from ibm_caller import GRANT, Caller, CloudError, IbmCloud, http_call

CAK = "00112233445566778899aabbccddeeff" * 2


@pytest.fixture(scope="module")
def one_cloud():
    with IbmCloud() as cloud:
        yield cloud
        assert cloud.log() == ""  # the program has no slip of its own


@pytest.fixture
def cloud(one_cloud):
    one_cloud.renew()
    return one_cloud


@pytest.fixture
def manager(cloud):
    return Caller(cloud)


def part(token, number):
    text = token.split(".")[number]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


# --- IAM


@pytest.mark.parametrize("path", ["/identity/token", "/oidc/token"])
def test_an_api_key_buys_a_token_of_ibm_shape(cloud, manager, path):
    body = manager.ask_iam(path, grant_type=GRANT + "apikey", apikey=manager.api_key).json()
    assert body["refresh_token"] == "not_supported"
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
    assert abs(body["expiration"] - time.time() - 3600) < 5
    claims = part(body["access_token"], 1)
    assert claims["exp"] - claims["iat"] == 3600
    assert part(body["access_token"], 0)["alg"]


@pytest.mark.parametrize("form, status, code", [
    ({"grant_type": GRANT + "apikey", "apikey": "wrong"}, 400, "BXNIM0415E"),
    ({"grant_type": GRANT + "apikey"}, 400, "BXNIM0109E"),
    ({}, 400, "BXNIM0109E"),
    ({"grant_type": GRANT + "cr-token", "cr_token": "x", "profile_id": "y"}, 400, "BXNIM0401E"),
    ({"grant_type": GRANT + "assume", "access_token": "x", "profile_id": "y"}, 400, "BXNIM0401E"),
])
def test_iam_refuses_with_its_codes(cloud, manager, form, status, code):
    reply = manager.ask_iam(**form)
    assert (reply.status, reply.json()["errorCode"]) == (status, code)
    assert reply.json()["errorMessage"] and reply.json()["context"]["requestId"]


def test_iam_knows_its_methods_and_rejects_chunks(cloud, manager):
    reply = http_call(cloud, "GET", cloud.url("iam") + "/identity/token")
    assert (reply.status, reply.json()["errorCode"]) == (405, "BXNIM0060E")
    form = f"grant_type={GRANT}apikey&apikey={manager.api_key}".encode()
    reply = http_call(cloud, "POST", cloud.url("iam") + "/identity/token", iter([form]))
    assert (reply.status, reply.json()["errorCode"]) == (400, "BXNIM0109E")


@pytest.mark.parametrize("how", ["profile_id", "profile_crn", "profile_name"])
def test_a_compute_resource_becomes_its_profile(cloud, manager, how):
    profile = cloud.state["profile"]
    compute_token = Path(cloud.state["compute_token_file"]).read_text()
    word = profile[how.removeprefix("profile_")]
    reply = manager.ask_iam(grant_type=GRANT + "cr-token", cr_token=compute_token, **{how: word})
    assert reply.status == 200
    assert cloud.journal("iam")[-1]["credential"] == profile["name"]
    wrong = manager.ask_iam(grant_type=GRANT + "cr-token", cr_token=compute_token,
                            **{how: "crn:v1:no"})
    assert (wrong.status, wrong.json()["errorCode"]) == (403, "BXNIM0513E")


def test_an_api_keys_token_assumes_a_profile(cloud, manager):
    reply = manager.ask_iam(grant_type=GRANT + "assume", access_token=manager.token,
                            profile_id=cloud.state["profile"]["id"])
    assert reply.status == 200 and reply.json()["access_token"] != manager.token


@pytest.mark.parametrize("identity, exchange", [
    ("/instance_identity/v1/token", "/instance_identity/v1/iam_token"),
    ("/identity/v1/token", "/identity/v1/iam_tokens")])
def test_a_vpc_instance_gets_a_token_in_two_steps(cloud, manager, identity, exchange):
    base, version = cloud.url("metadata"), "?version=2022-03-01"
    assert base.startswith("http://")
    first = http_call(cloud, "PUT", base + identity + version, '{"expires_in": 300}',
                      {"Metadata-Flavor": "ibm"}).json()
    assert first["expires_in"] == 300
    body = json.dumps({"trusted_profile": {"id": cloud.state["profile"]["id"]}})
    reply = http_call(cloud, "POST", base + exchange + version, body,
                      {"Authorization": f"Bearer {first['access_token']}"})
    manager.token = reply.json()["access_token"]
    assert manager.kms("HEAD", "/keys").status == 200  # it is a token like any other
    assert http_call(cloud, "POST", base + exchange + version, body,
                     {"Authorization": "Bearer x"}).status == 401
    assert http_call(cloud, "PUT", base + identity + version, "{}").status == 400
    assert http_call(cloud, "PUT", base + identity, "{}",
                     {"Metadata-Flavor": "ibm"}).status == 400


def test_token_life_skew_and_expiry_are_settable(cloud, manager):
    cloud.token_life(seconds=7)
    cloud.iam_skew(seconds=-86400)
    try:
        body = manager.ask_iam(grant_type=GRANT + "apikey", apikey=manager.api_key).json()
    finally:
        cloud.token_life(seconds=3600)
        cloud.iam_skew(seconds=0)
    assert body["expires_in"] == 7
    assert abs(body["expiration"] - (time.time() - 86400 + 7)) < 5
    manager.token = body["access_token"]
    assert manager.kms("HEAD", "/keys").status == 200
    cloud.advance(seconds=8)
    try:
        assert manager.kms("GET", "/keys").code() == "BEARER_SUB_EXTRACTION_ERR"
    finally:
        cloud.advance(seconds=-8)


def test_policies_tell_what_direct_link_may_read(cloud, manager):
    account = cloud.state["account"]
    path = f"/v1/policies?account_id={account}&type=authorization"
    shown = manager.call("iam", "GET", path).json()["policies"]
    assert len(shown) == 3
    subject = {a["name"]: a["value"] for a in shown[0]["subjects"][0]["attributes"]}
    resource = {a["name"]: a["value"] for a in shown[0]["resources"][0]["attributes"]}
    assert subject["serviceName"] == "directlink"
    assert resource["serviceName"] == "hs-crypto"
    assert resource["serviceInstance"] == cloud.instance("hpcs")
    assert shown[0]["roles"][0]["display_name"] == "Reader"
    assert Caller(cloud, "reader").call("iam", "GET", path).status == 403
    manager.token = "nonsense"
    assert manager.call("iam", "GET", path).status == 401


# --- faults


def get_key(cloud, manager):
    return manager.kms("GET", f"/keys/{cloud.call('import_key', digits=CAK)['id']}")


def test_faults_are_counted_and_picked_by_service_method_and_path(cloud, manager):
    key = cloud.call("import_key", digits=CAK)["id"]
    cloud.fault("status", service="hpcs", method="GET", path=f"{key}$", count=2, status=503,
                retry_after=7)
    assert manager.kms("GET", f"/keys/{key}/metadata").status == 200
    replies = [manager.kms("GET", f"/keys/{key}") for _ in range(3)]
    assert [reply.status for reply in replies] == [503, 503, 200]
    assert replies[0].headers["retry-after"] == "7"
    assert [entry["fault"] for entry in cloud.journal("hpcs")] == [None, "status", "status", None]
    assert cloud.faults()[0]["used"] == 2


def test_retry_after_may_be_a_date(cloud, manager):
    cloud.fault("status", status=429, retry_after_date=60, count=1)
    assert manager.kms("GET", "/keys").headers["retry-after"].endswith(" GMT")


def test_redirect_garbage_and_wrong_content(cloud, manager):
    cloud.fault("redirect", count=1, location="https://elsewhere.example/")
    cloud.fault("garbage", count=1)
    cloud.fault("content", count=1, set={"resources.0.state": 9}, remove=["resources.0.crn"])
    reply = get_key(cloud, manager)
    assert (reply.status, reply.headers["location"]) == (302, "https://elsewhere.example/")
    assert get_key(cloud, manager).body.startswith(b"<html>")
    shown = get_key(cloud, manager).key()
    assert shown["state"] == 9 and "crn" not in shown and shown["payload"]


@pytest.mark.parametrize("kind, how, error", [
    ("truncate", {"octets": 5}, IncompleteRead),
    ("reset", {}, ConnectionResetError),
    ("reset-accept", {}, OSError),
    ("close", {}, (HTTPException, ssl.SSLEOFError)),
    ("raw", {"text": "GARBAGE\r\n\r\n"}, HTTPException),
    ("silent", {"seconds": 0.1}, OSError),
])
def test_connections_break_as_told(cloud, manager, kind, how, error):
    fault = cloud.fault(kind, service="hpcs", count=1, **how)
    with pytest.raises(error):
        manager.kms("GET", "/keys")
    assert [entry["fault"] for entry in cloud.journal("hpcs")
            if entry["method"] != "TLS"] == [kind]
    cloud.remove_fault(fault=fault)
    assert manager.kms("GET", "/keys").status == 200


def test_huge_bodies_come_with_and_without_a_length(cloud, manager):
    for chunked in (False, True):
        cloud.fault("huge", service="hpcs", count=1, octets=3_000_000, chunked=chunked)
        assert len(manager.kms("GET", "/keys").body) == 3_000_000


def test_delay_and_drip_take_their_time(cloud, manager):
    for kind, how in (("delay", {"seconds": 0.3}), ("drip", {"interval": 0.2, "octets": 200}),
                      ("drip", {"interval": 0.1, "octets": 100, "from_start": True})):
        cloud.fault(kind, service="hpcs", count=1, **how)
        started = time.monotonic()
        assert get_key(cloud, manager).key()["payload"]
        assert time.monotonic() - started >= 0.3


def test_a_client_that_waits_holds_up_nobody(cloud, manager):
    fault = cloud.fault("silent", service="hpcs", count=1)
    port = cloud.state["services"]["hpcs"]["port"]
    with socket.create_connection(("127.0.0.1", port), 10) as waiting:
        wait_for("the silent connection is there", lambda: cloud.journal("hpcs"))
        assert manager.kms("GET", "/keys").status == 200
        waiting.setblocking(False)
        with pytest.raises(BlockingIOError):
            waiting.recv(1)
        waiting.settimeout(10)
        cloud.remove_fault(fault=fault)
        assert waiting.recv(1) == b""


def test_expired_tokens_are_refused_in_every_form(cloud, manager):
    for form, status in (("sub-extraction", 400), ("plain", 400), ("unauthorized", 401)):
        cloud.bearer_form(form=form)
        caller = Caller(cloud)
        cloud.fault("expire", service="hpcs", count=1)
        reply = caller.kms("GET", "/keys")
        assert reply.status == status
        assert (reply.body == b"Bad Request: Token is expired") == (form == "plain")
        assert caller.kms("GET", "/keys").status == status  # the same token stays refused
        assert Caller(cloud).kms("GET", "/keys").status == 200
    cloud.bearer_form(form="sub-extraction")


def test_a_service_goes_down_and_comes_back_at_its_port(cloud, manager):
    cloud.service_down(service="hpcs")
    with pytest.raises(ConnectionRefusedError):
        manager.kms("GET", "/keys")
    assert manager.call("key-protect", "GET", "/keys").status == 200
    cloud.service_up(service="hpcs")
    assert manager.kms("GET", "/keys").status == 200


@pytest.mark.parametrize("kind, words", [
    ("wrong-host", "IP address mismatch"), ("unknown-ca", "self-signed|unable to get local issuer"),
    ("expired", "expired"), ("old-tls", "(?i)protocol|version")])
def test_bad_certificates_are_served(cloud, manager, kind, words):
    cloud.certificate(service="hpcs", kind=kind)
    try:
        with pytest.raises(ssl.SSLError, match=words):
            manager.kms("GET", "/keys")
    finally:
        cloud.certificate(service="hpcs", kind="good")
    assert manager.kms("GET", "/keys").status == 200


# --- journal and program


def test_the_journal_has_times_credentials_and_no_secret(cloud, manager):
    before = time.monotonic()
    get_key(cloud, manager)
    entry = cloud.journal("hpcs")[-1]
    assert before < entry["at"] < time.monotonic()
    assert (entry["credential"], entry["status"], entry["method"]) == ("manager", 200, "GET")
    assert entry["token"] == cloud.journal("iam")[-1]["token"]
    text = json.dumps(cloud.journal())
    stored = base64.b64encode(CAK.encode()).decode()
    assert not any(word in text for word in (manager.token, manager.api_key, CAK, stored))


def test_slips_of_a_test_are_told(cloud):
    for call, words in (("no_such_call", {}), ("fault", {"kind": "status", "colour": 1}),
                        ("fault", {"kind": "none"}), ("_key", {"key": "x"}), ("call", {})):
        with pytest.raises(CloudError):
            cloud.call(call, **words)


def test_files_with_secrets_are_private(cloud):
    folder = Path(cloud.state["folder"])
    for path in folder.iterdir():
        if path.name not in ("ca.pem", "log"):
            assert path.stat().st_mode & 0o077 == 0, path.name
    text = (folder / "ready.json").read_text()
    assert Path(cloud.credential("manager")).read_text().strip() not in text


def test_one_port_serves_all_host_names():
    with IbmCloud("--front", "0") as cloud:
        for host, service in cloud.state["hosts"].items():
            http_call(cloud, "GET", cloud.url("front") + "/", headers={"Host": host})
            assert cloud.journal()[-1]["service"] == service, host


def test_it_ends_with_its_parent():
    script = ("import sys; sys.path.insert(0, sys.argv[1])\n"
              "from ibmcloud import IbmCloud\n"
              "cloud = IbmCloud().start(); print(cloud.process.pid, cloud.folder, flush=True)\n"
              "input()\n")
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(Path(__file__).resolve().parent.parent)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    pid, folder = parent.stdout.readline().split()
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    wait_for("the cloud has ended", lambda: not Path(f"/proc/{pid}/cmdline").exists()
             or not Path(f"/proc/{pid}/cmdline").read_bytes(), 5)
    assert not Path(folder).exists()


def test_the_port_of_a_service_can_be_given_and_a_start_is_quick():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with IbmCloud() as first:
        number = first.state["services"]["iam"]["port"]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Processor time: what a crowded machine adds is not the program's.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1.0
    with IbmCloud("--port", f"iam={number}", "--token-life", "30") as again:
        assert again.state["services"]["iam"]["port"] == number
