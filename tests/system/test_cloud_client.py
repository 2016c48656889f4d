# SPDX-License-Identifier: BSD-3-Clause
"""The client of IBM Cloud against every error that the services have, and every fault."""

import base64
import hashlib
import resource

import pytest
from cloud_probe import run
from ibm_caller import IbmCloud

CAK = "8f1d6c0b5a3e4978c2d1f0e9b8a7968574635241302f1e0d9c8b7a6f5e4d3c2b"
DIGEST = hashlib.sha256(bytes.fromhex(CAK)).hexdigest()
KINDS = ("hpcs", "key-protect", "secrets-manager")
ENVELOPE = "application/vnd.ibm.kms.error+json"


@pytest.fixture(scope="module")
def one_cloud():
    with IbmCloud() as cloud:
        yield cloud
        assert cloud.log() == ""


@pytest.fixture(scope="module")
def stored(one_cloud):
    """One CAK in every service: {kind: id}."""
    keys = {kind: one_cloud.call("import_key", digits=CAK, service=kind)["id"]
            for kind in KINDS[:2]}
    return {**keys, "secrets-manager": one_cloud.call("add_secret", payload=CAK)["id"]}


@pytest.fixture
def cloud(one_cloud, stored):
    one_cloud.renew()
    yield one_cloud
    for line in one_cloud.journal():
        assert CAK not in str(line)


def requests(cloud, service="hpcs"):
    """(method, token) of the requests that a service answered."""
    return [(entry["method"], entry["token"]) for entry in cloud.journal(service)
            if entry["method"] not in ("TLS", "ACCEPT")]


def kms_body(status, phrase, code):
    """An error as the KMS words it; without a code as it words a plain 401."""
    error = {"errorMsg": f"{phrase}: made up"}
    if code:
        error["reasons"] = [{"code": code, "message": "made up", "status": status}]
    return {"metadata": {"collectionType": ENVELOPE, "collectionTotal": 1}, "resources": [error]}


# --- the good way


@pytest.mark.parametrize("kind", KINDS)
def test_a_cak_is_fetched(cloud, stored, kind):
    outcome = run(cloud, "fetch", stored[kind], kind=kind)
    assert (outcome.verdict, outcome.cak_sha256) == ("ok", DIGEST)
    assert outcome.key["id"] == stored[kind] and outcome.key["state"] == 1
    assert [method for method, _ in requests(cloud, kind)] == ["GET"]
    assert run(cloud, "look", stored[kind], kind=kind).key["id"] == stored[kind]
    assert cloud.journal(kind)[-1]["path"].endswith("/metadata")


def test_what_a_request_carries(cloud, stored):
    run(cloud, "fetch", stored["hpcs"], options={"ring": "default"})
    headers = cloud.journal("hpcs")[0]["headers"]
    assert headers["bluemix-instance"] == cloud.instance("hpcs")
    assert headers["x-kms-key-ring"] == "default"
    assert len(headers["correlation-id"]) == 36 and headers["accept"] == "application/json"
    form = cloud.journal("iam")[0]["headers"]
    assert form["content-type"] == "application/x-www-form-urlencoded"
    assert int(form["content-length"]) > 50 and "transfer-encoding" not in form


def test_aliases_and_rings_lead_to_a_key(cloud):
    made = cloud.call("import_key", digits=CAK, alias="by-alias", ring="links")["id"]
    assert run(cloud, "fetch", "by-alias").key["id"] == made
    assert run(cloud, "look", made, options={"ring": "links"}).key["id"] == made
    wrong = run(cloud, "look", made, options={"ring": "default"})
    assert (wrong.verdict, wrong.code) == ("final", "KEY_NOT_FOUND_ERR")


@pytest.mark.parametrize("grant, options", [
    ("compute-resource", "profile_id"), ("compute-resource", "profile_name"),
    ("compute-resource", "profile_crn"), ("vpc-instance", "profile_id")])
def test_every_grant_gets_a_token(cloud, stored, grant, options):
    profile = cloud.state["profile"][options.removeprefix("profile_")]
    outcome = run(cloud, "fetch", stored["hpcs"],
                  credential=cloud.state["compute_token_file"],
                  options={"grant": grant, "profile": profile,
                           "metadata-url": cloud.url("metadata")})
    assert outcome.verdict == "ok", outcome.said
    assert cloud.journal("hpcs")[0]["credential"] == cloud.state["profile"]["name"]
    assert len(cloud.journal("metadata")) == (2 if grant == "vpc-instance" else 0)


def test_import_and_read_back(cloud, tmp_path):
    payload = tmp_path / "payload"
    payload.write_bytes(base64.b64encode(CAK.encode()))
    for kind in KINDS:
        made = run(cloud, "import", None, kind=kind, options={
            "name": f"imported-{kind}", "payload-file": payload})
        assert made.verdict == "ok", made.said
        assert run(cloud, "fetch", made.key["id"], kind=kind).cak_sha256 == DIGEST


def test_a_token_serves_many_calls_whatever_iam_thinks_the_time_is(cloud, stored):
    cloud.iam_skew(seconds=-7 * 86400)
    try:
        outcome = run(cloud, "fetch", stored["hpcs"], options={"repeat": 5})
    finally:
        cloud.iam_skew(seconds=0)
    assert [line["verdict"] for line in outcome.lines] == ["ok"] * 5
    assert len(requests(cloud)) == 5 and len(requests(cloud, "iam")) == 1


def test_a_short_token_is_replaced_before_it_ends(cloud, stored):
    """Ten seconds of margin: a token of 11 s serves for one."""
    cloud.token_life(seconds=11)
    cloud.fault("delay", service="hpcs", seconds=0.4)
    try:
        outcome = run(cloud, "look", stored["hpcs"], options={"repeat": 5})
    finally:
        cloud.token_life(seconds=3600)
    assert [line["verdict"] for line in outcome.lines] == ["ok"] * 5
    tokens = [token for _, token in requests(cloud)]
    assert len(set(tokens)) == len(requests(cloud, "iam")) >= 2
    assert tokens[0] == tokens[1]  # not one for each call


# --- errors of the KMS


FINAL_ROWS = [
    # status, reason phrase, code, words of the fix
    *((400, "Bad Request", code, "check id, instance, key ring and url") for code in (
        "BAD_BODY_ERR", "COLLECTION_TOTAL_MISMATCH_ERR", "INVALID_FIELD_ERR", "NO_BODY_ERR",
        "INCORRECT_NONCE_ERR", "INCORRECT_NONCE_IV_ERR", "BODY_QUERY_PARAM_MISMATCH_ERR",
        "NUM_COLLECTION_RESOURCE_ERR", "KEY_SEARCH_TOO_BROAD")),
    (400, "Bad Request", "KEY_ROOT_REQ_ERR", "root keys"),
    (400, "Bad Request", "KEY_EXPIRED_ERR", "import a new one"),
    (400, "Bad Request", "KEY_RESTORE_EXPIRED", "import a new key"),
    (400, "Bad Request", "KEY_IMPT_REQ_ERR", "import one"),
    (400, "Bad Request", "KEY_PAYLOAD_REQ_ERR", "import it again"),
    (403, "Forbidden", "RESOURCE_OWNER_ERR", "ReaderPlus"),
    (403, "Forbidden", "SERVICE_ONLY_ERR", "ReaderPlus"),
    (403, "Forbidden", "FEATURE_RESTRICTED_ERR", "use another instance"),
    (403, "Forbidden", "CONFIG_RULE_CONFLICT_ERR", "have it changed"),
    (404, "Not Found", "KEY_NOT_FOUND_ERR", "check id or alias"),
    (405, "Method Not Allowed", "", "check the url"),
    *((409, "Conflict", code, "look at the key") for code in (
        "PROTECTED_RESOURCE_ERR", "PREV_KEY_DEL_ERR", "KEY_ACTION_INVALID_STATE_ERR",
        "NOT_DUAL_AUTH_ERR", "KEY_ROTATION_NOT_PERMITTED")),
    (409, "Conflict", "AUTHORIZATIONS_NOT_MET", "second manager"),
    (409, "Conflict", "KEY_CREATE_IMPORT_ACCESS_ERR", "keyCreateImportAccess"),
    (409, "Conflict", "IMPORT_TOKEN_EXPIRED_ERR", "new import token"),
    (410, "Gone", "KEY_DELETED_ERR", "restore it within 30 days"),
    *((422, "Unprocessable Entity", code, "look at the key") for code in (
        "KEY_INVALID_STATE_ERR", "KEY_ROOT_REQ_REG_ERR", "UNPROCESSABLE_CIPHERTEXT_ERR",
        "KEY_VERSION_INVALID", "INVALID_SIG_EXP_ERR")),
    (500, "Internal Server Error", "INCOMPLETE_METADATA_ERR", "import a new one"),
    (501, "Not Implemented", "", "check the url"),
]


@pytest.mark.parametrize("status, phrase, code, fix", FINAL_ROWS,
                         ids=[f"{row[0]}-{row[2]}" for row in FINAL_ROWS])
def test_final_errors_are_final_at_once(cloud, stored, status, phrase, code, fix):
    cloud.fault("status", service="hpcs", status=status, body=kms_body(status, phrase, code))
    outcome = run(cloud, "look", stored["hpcs"], options={"repeat": 3})
    assert (outcome.verdict, outcome.http_status, outcome.code) == ("final", status, code)
    assert fix in outcome.said and stored["hpcs"] in outcome.said
    assert len(outcome.lines) == 1 and len(requests(cloud)) == 1
    assert len(requests(cloud, "iam")) == 1


def test_a_missing_master_key_is_told(cloud, stored):
    body = kms_body(400, "Bad Request", "")
    body["resources"][0]["errorMsg"] = "Bad Request: (CKR_IBM_WK_NOT_INITIALIZED)"
    cloud.fault("status", service="hpcs", status=400, body=body)
    outcome = run(cloud, "look", stored["hpcs"])
    assert outcome.verdict == "final" and "master key" in outcome.said


TOKEN_ROWS = [
    (400, kms_body(400, "Bad Request", "BEARER_SUB_EXTRACTION_ERR")),
    (400, "Bad Request: Token is expired"),
    (401, kms_body(401, "Unauthorized", "")),
    (401, kms_body(401, "Unauthorized", "UNAUTHORIZED_ERR")),
    (401, {"errorMsg": "Unauthorized: made up"}),
    (401, ""),
]


@pytest.mark.parametrize("status, body", TOKEN_ROWS)
def test_a_refused_token_is_replaced_once(cloud, stored, status, body):
    cloud.fault("status", service="hpcs", status=status, body=body, count=1)
    assert run(cloud, "fetch", stored["hpcs"]).verdict == "ok"
    (_, first), (_, second) = requests(cloud)
    assert first != second and len(requests(cloud, "iam")) == 2


@pytest.mark.parametrize("status, body", TOKEN_ROWS)
def test_a_fresh_token_that_is_refused_ends_it(cloud, stored, status, body):
    cloud.fault("status", service="hpcs", status=status, body=body)
    outcome = run(cloud, "fetch", stored["hpcs"], options={"repeat": 3})
    assert (outcome.verdict, outcome.http_status) == ("final", status)
    assert len(requests(cloud)) == 2 and len(requests(cloud, "iam")) == 2
    assert ("ReaderPlus" if status == 401 else cloud.url("iam")) in outcome.said


@pytest.mark.parametrize("form", ["sub-extraction", "plain", "unauthorized"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_token_that_expired_early_is_replaced(cloud, stored, kind, form):
    cloud.bearer_form(form=form)
    cloud.fault("expire", service=kind, count=1)
    try:
        assert run(cloud, "fetch", stored[kind], kind=kind).verdict == "ok"
    finally:
        cloud.bearer_form(form="sub-extraction")
    assert len(requests(cloud, kind)) == 2


@pytest.mark.parametrize("status, code", [
    (408, ""), (425, ""), (429, ""), (500, ""), (502, ""), (503, ""), (504, ""), (507, "")])
@pytest.mark.parametrize("service", ["hpcs", "iam"])
def test_transient_errors_are_tried_again_later(cloud, stored, service, status, code):
    cloud.fault("status", service=service, status=status, retry_after=7, body="try later",
                content_type="text/plain")
    outcome = run(cloud, "look", stored["hpcs"])
    assert (outcome.verdict, outcome.http_status) == ("transient", status)
    assert outcome.retry_after_s == 7 and outcome.retry_in_ms >= 7000
    assert len(requests(cloud, service)) == 1
    assert service != "iam" or requests(cloud) == []


def test_too_early_waits_longer(cloud, stored):
    cloud.fault("status", service="hpcs", status=409,
                body=kms_body(409, "Conflict", "REQ_TOO_EARLY_ERR"))
    outcome = run(cloud, "look", stored["hpcs"])
    assert (outcome.verdict, outcome.code) == ("later", "REQ_TOO_EARLY_ERR")
    assert outcome.retry_in_ms >= 30_000


@pytest.mark.parametrize("how, least, most", [
    ({"retry_after_date": 90}, 87, 90), ({"retry_after_date": -90}, 0, 0),
    ({"retry_after": "soon"}, 0, 0), ({"retry_after": "-5"}, 0, 0)])
def test_retry_after_is_read_in_every_form(cloud, stored, how, least, most):
    cloud.fault("status", service="hpcs", status=503, **how)
    outcome = run(cloud, "look", stored["hpcs"])
    assert least <= outcome.retry_after_s <= most
    assert outcome.retry_in_ms >= max(1000, least * 1000)


def test_a_service_that_is_down_is_asked_once_a_second_at_most(cloud, stored):
    cloud.fault("status", service="hpcs", status=503)
    outcome = run(cloud, "look", stored["hpcs"], options={"repeat": 3})
    times = [entry["at"] for entry in cloud.journal("hpcs")]
    assert len(times) == 3
    assert all(later - earlier >= 0.95 for earlier, later in zip(times, times[1:]))
    assert len(requests(cloud, "iam")) == 1
    assert [line["verdict"] for line in outcome.lines] == ["transient"] * 3


def test_retry_after_is_waited_for(cloud, stored):
    cloud.fault("status", service="hpcs", status=429, retry_after=2, count=1)
    outcome = run(cloud, "look", stored["hpcs"], options={"repeat": 3, "until-ok": True})
    assert [line["verdict"] for line in outcome.lines] == ["transient", "ok"]
    first, second = (entry["at"] for entry in cloud.journal("hpcs"))
    assert second - first >= 1.95


# --- errors of IAM


@pytest.mark.parametrize("status, code, fix", [
    (400, "BXNIM0415E", "API key"), (400, "BXNIM0109E", "credential file"),
    (405, "BXNIM0060E", "IAM's url"), (400, "BXNIM0401E", "valid credential"),
    (400, "BXNIM0113E", "trusted profile"), (403, "BXNIM0513E", "trusted profile"),
    (400, "BXNIM0421E", "API key"), (404, "BXNIM9999E", "API key"), (400, "", "API key")])
def test_iam_refusals_are_final_and_name_the_file(cloud, stored, status, code, fix):
    body = {"errorMessage": "Made up.", "context": {"url": "https://iam.cloud.ibm.com"}}
    cloud.fault("status", service="iam", status=status,
                body={**body, "errorCode": code} if code else "no JSON at all")
    outcome = run(cloud, "fetch", stored["hpcs"], options={"repeat": 3})
    assert (outcome.verdict, outcome.http_status, outcome.code) == ("final", status, code)
    assert fix in outcome.said and cloud.credential("manager") in outcome.said
    assert len(requests(cloud, "iam")) == 1 and requests(cloud) == []


def test_a_credential_that_iam_does_not_know(cloud, stored, tmp_path):
    wrong = tmp_path / "apikey"
    wrong.write_text("not-an-api-key-of-anybody\n")
    wrong.chmod(0o600)
    outcome = run(cloud, "fetch", stored["hpcs"], credential=str(wrong))
    assert (outcome.verdict, outcome.code) == ("final", "BXNIM0415E")
    assert "not-an-api-key" not in outcome.text
    gone = run(cloud, "fetch", stored["hpcs"], credential=str(tmp_path / "gone"))
    assert gone.verdict == "final" and str(tmp_path / "gone") in gone.said
    assert len(requests(cloud, "iam")) == 1


@pytest.mark.parametrize("change, remove", [
    ({"access_token": ""}, []), ({"access_token": 5}, []), ({"access_token": "a b"}, []),
    ({"access_token": "a\r\nX-Evil: b"}, []), ({"token_type": "MAC"}, []),
    ({"expires_in": 0}, []), ({"expires_in": -1}, []), ({"expires_in": "3600"}, []),
    ({}, ["access_token"]), ({}, ["expires_in"])])
def test_a_token_that_is_none_is_not_used(cloud, stored, change, remove):
    cloud.fault("content", service="iam", set=change, remove=remove)
    outcome = run(cloud, "fetch", stored["hpcs"])
    assert outcome.verdict == "final" and "IAM" in outcome.said
    assert requests(cloud) == []


# --- faults of either service


@pytest.mark.parametrize("service", ["hpcs", "iam"])
@pytest.mark.parametrize("kind, how, verdict, fix", [
    ("garbage", {}, "transient", "not JSON"),
    ("garbage", {"body": ""}, "transient", "not JSON"),
    ("garbage", {"body": '{"resources": ['}, "transient", "not JSON"),
    ("garbage", {"body": "[" * 100_000}, "transient", "not JSON"),
    ("garbage", {"body": "\x00" * 100}, "transient", "not JSON"),
    ("truncate", {"octets": 20}, "transient", "before the answer did"),
    ("truncate", {"octets": 0}, "transient", "before the answer did"),
    ("reset", {}, "transient", "before the answer did"),
    ("close", {}, "transient", "before the answer did"),
    ("reset-accept", {}, "transient", "check that the url's port|nobody answers"),
    ("raw", {"text": "SSH-2.0-OpenSSH_9.2\r\n"}, "transient", "not HTTP"),
    ("raw", {"text": "HTTP/1.1 200 OK\r\n" + f"X: {'y' * 1000}\r\n" * 100}, "final",
     "larger than"),
    # More than libcurl takes in one line; what it says then differs between its releases.
    ("raw", {"text": "HTTP/1.1 200 OK\r\nX: " + "y" * 200_000}, "transient", ""),
    ("redirect", {"location": "http://127.0.0.1:1/"}, "final", "redirect refused"),
    ("redirect", {"status": 307, "location": "/elsewhere"}, "final", "redirect refused"),
    ("redirect", {"status": 301, "location": "/elsewhere"}, "final", "redirect refused"),
    ("huge", {}, "final", "larger than 1024 KiB"),
    ("huge", {"chunked": True}, "final", "larger than 1024 KiB"),
], ids=lambda value: value if isinstance(value, str) and len(value) < 30 else "")
def test_faults(cloud, stored, service, kind, how, verdict, fix):
    if kind == "redirect" and how["location"].startswith("/"):
        how = {**how, "location": cloud.url("key-protect") + how["location"]}
    cloud.fault(kind, service=service, **how)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    outcome = run(cloud, "fetch", stored["hpcs"])
    assert outcome.verdict == verdict, outcome.said
    assert any(words in outcome.said for words in fix.split("|")), outcome.said
    assert cloud.url(service).removeprefix("https://") in outcome.said or "not JSON" in fix
    assert len(requests(cloud, service)) == (0 if kind == "reset-accept" else 1)
    assert requests(cloud, "key-protect") == []  # where redirects lead
    assert outcome.took_ms < 5000
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 2.0
