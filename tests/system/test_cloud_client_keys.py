# SPDX-License-Identifier: BSD-3-Clause
"""The client of IBM Cloud against keys in every state, wrong contents, rights, TLS and silence."""

import base64
import contextlib
import hashlib
import shutil
import socket
import ssl
import uuid
import warnings
from pathlib import Path

import pytest
from cloud_probe import begin, read, run
from ibm_caller import Caller, IbmCloud
from netns import Namespace

CAK = "8f1d6c0b5a3e4978c2d1f0e9b8a7968574635241302f1e0d9c8b7a6f5e4d3c2b"
DIGEST = hashlib.sha256(bytes.fromhex(CAK)).hexdigest()


def b64(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


STORED = b64(CAK)


@pytest.fixture(scope="module", autouse=True)
def slow():
    """Probes that wait for services which say nothing, or nearly nothing: they run all the while,
    and the last test looks at them. {name: process}"""
    with contextlib.ExitStack() as stack:
        def probe(kind, service, **how):
            cloud = stack.enter_context(IbmCloud())
            cloud.fault(kind, service=service, **how)
            process = begin(cloud, "fetch", cloud.call("import_key", digits=CAK)["id"])
            stack.callback(process.kill)
            return process
        yield {
            "silent": probe("silent", "hpcs"),
            "silent IAM": probe("silent", "iam"),
            "slow headers": probe("drip", "hpcs", interval=0.5, from_start=True),
            "slow body": probe("drip", "iam", interval=0.5, octets=1),
        }


@pytest.fixture(scope="module")
def one_cloud():
    with IbmCloud() as cloud:
        yield cloud
        assert cloud.log() == ""


@pytest.fixture
def cloud(one_cloud):
    one_cloud.renew()
    return one_cloud


@pytest.fixture
def key(cloud):
    return cloud.call("import_key", digits=CAK)["id"]


# --- states


@pytest.mark.parametrize("change, fix", [
    ({"state": 0}, "not active yet"),
    ({"state": 2}, "enable it"),
    ({"state": 3}, "expired; import a new one"),
    ({"state": 5}, "restore it within 30 days"),
    ({"expires": -60}, "expired; import a new one"),
    ({"extractable": False}, "as a standard key"),
])
def test_a_key_that_gives_no_cak_says_why(cloud, key, change, fix):
    cloud.set_key(key=key, **change)
    outcome = run(cloud, "fetch", key, options={"repeat": 2})
    assert (outcome.verdict, len(outcome.lines)) == ("final", 1)
    assert fix in outcome.said and key in outcome.said
    assert run(cloud, "look", key).verdict == "ok"  # metadata can be had all the same


def test_a_key_is_deleted_restored_and_purged(cloud, key):
    cloud.delete_key(key=key)
    deleted = run(cloud, "fetch", key)
    assert deleted.verdict == "final" and "restore it within 30 days" in deleted.said
    assert run(cloud, "look", key).key["deleted"] is True
    cloud.restore_key(key=key)
    assert run(cloud, "fetch", key).cak_sha256 == DIGEST
    cloud.purge_key(key=key)
    assert run(cloud, "fetch", key).code == "KEY_NOT_FOUND_ERR"


def test_expiry_is_seen_by_our_own_clock_too(cloud, key):
    """The service takes up to an hour to deactivate a key."""
    cloud.fault("content", service="hpcs", set={"resources.0.expirationDate":
                                                "2020-01-01T00:00:00Z"})
    outcome = run(cloud, "fetch", key)
    assert outcome.verdict == "final" and "2020" in outcome.said


def test_a_secret_expires_and_goes(cloud):
    secret = cloud.call("add_secret", payload=CAK, name=str(uuid.uuid4()))["id"]
    how = {"kind": "secrets-manager"}
    assert run(cloud, "fetch", secret, **how).key["version"] == "1"
    cloud.renew_secret(secret=secret, payload=STORED)
    assert run(cloud, "look", secret, **how).key["version"] == "2"
    cloud.set_secret(secret=secret, expires_in=-1)
    assert run(cloud, "fetch", secret, **how).verdict == "final"
    cloud.delete_secret(secret=secret)
    gone = run(cloud, "fetch", secret, **how)
    assert (gone.verdict, gone.http_status, gone.code) == ("final", 404, "not_found")


# --- what is stored


BAD_PAYLOADS = [
    ("", "without its material"), ("not base64!", "not base64"), (CAK, "64 hexadecimal digits"),
    (b64(bytes.fromhex(CAK)), "raw octets"), (b64(CAK[:-1]), "another length"),
    (b64(CAK + "0"), "another length"), (b64(CAK[:32]), "pad"), (b64(CAK[:-1] + "g"), "0-9"),
    (b64(CAK + "\n"), "lenient"), (b64(CAK + "\r\n"), "lenient"), (b64("0" * 64), "all zeroes"),
    (STORED[:-1], "not base64"), (STORED + "=", "not base64"), (STORED[:-4], "another length"),
    (b64("é" * 32), "0-9"), (b64("x" * 5000), "another length"),
]


@pytest.mark.parametrize("payload, fix", BAD_PAYLOADS)
def test_a_payload_that_is_no_cak_is_refused(cloud, payload, fix):
    key = cloud.call("store_key", payload=payload)["id"]
    outcome = run(cloud, "fetch", key, options={"repeat": 2})
    assert (outcome.verdict, len(outcome.lines)) == ("final", 1)
    assert fix in outcome.said and key in outcome.said
    assert payload == "" or payload not in outcome.text


def test_a_generated_key_is_refused_and_a_missing_payload_too(cloud, key):
    generated = cloud.call("store_key", payload=None)["id"]
    assert "generated by the service" in run(cloud, "fetch", generated).said
    cloud.set_key(key=key, payload=None)
    assert run(cloud, "fetch", key).verdict == "final"


@pytest.mark.parametrize("kind, payload, options", [
    ("hpcs", b64(CAK.upper()), {}),
    ("hpcs", STORED[:44] + "\n" + STORED[44:] + "\n", {}),
    ("hpcs", b64(CAK + "\n"), {"lenient": True}),
    ("hpcs", b64(CAK + "\r\n"), {"lenient": True}),
    ("secrets-manager", CAK, {}), ("secrets-manager", CAK.upper(), {}),
    ("secrets-manager", STORED, {}),
    ("secrets-manager", CAK + "\n", {"lenient": True}),
])
def test_good_forms_are_taken(cloud, kind, payload, options):
    if kind == "hpcs":
        made = cloud.call("store_key", payload=payload)["id"]
    else:
        made = cloud.call("add_secret", payload=payload, name=str(uuid.uuid4()))["id"]
    outcome = run(cloud, "fetch", made, kind=kind, options=options)
    assert outcome.verdict == "ok", outcome.said
    assert outcome.cak_sha256 == DIGEST


@pytest.mark.parametrize("change, remove", [
    ({"resources": []}, []), ({"resources": {}}, []), ({"resources": [1]}, []),
    ({"resources": [{}, {}]}, []), ({}, ["resources"]), ({}, ["resources.0.id"]),
    ({}, ["resources.0.state"]), ({}, ["resources.0.extractable"]),
    ({"resources.0.state": "1"}, []), ({"resources.0.state": 9}, []),
    ({"resources.0.state": 1e30}, []), ({"resources.0.state": None}, []),
    ({"resources.0.extractable": "true"}, []), ({"resources.0.payload": 5}, []),
    ({"resources.0.payload": [STORED]}, []), ({"resources.0.id": str(uuid.uuid4())}, []),
    ({"resources.0.id": "../.."}, []), ({"resources.0.id": "x" * 200}, []),
    ({"resources.0.deleted": True}, []), ({"resources.0.expirationDate": "soon"}, []),
    ({"resources.0.expirationDate": "2100-02-30T00:00:00Z"}, []),
])
def test_wrong_answers_are_not_believed(cloud, key, change, remove):
    cloud.fault("content", service="hpcs", set=change, remove=remove)
    outcome = run(cloud, "fetch", key)
    assert (outcome.verdict, len(requests(cloud))) == ("final", 1)
    assert outcome.said and STORED not in outcome.text


def requests(cloud, service="hpcs"):
    return [entry for entry in cloud.journal(service) if entry["method"] not in ("TLS", "ACCEPT")]


def test_unknown_fields_are_ignored(cloud, key):
    cloud.fault("content", service="hpcs", set={
        "links": [{"deep": [{}] * 50}], "resources.0.colour": {"a": 1},
        "resources.0.algorithmType": "Deprecated",
        "resources.0.expirationDate": "2100-01-02T03:04:05.678Z"})
    outcome = run(cloud, "fetch", key)
    assert outcome.cak_sha256 == DIGEST and outcome.key["expires_s"] == 4102542245


def test_a_zero_octet_hides_nothing(cloud):
    key = cloud.call("store_key", payload=STORED + "\x00")["id"]
    assert run(cloud, "fetch", key).verdict != "ok"


# --- rights


@pytest.mark.parametrize("credential, look, fetch, make", [
    ("nobody", "final", "final", "final"), ("reader", "ok", "final", "final"),
    ("reader-plus", "ok", "ok", "final"), ("writer", "ok", "ok", "ok"),
    ("manager", "ok", "ok", "ok")])
@pytest.mark.parametrize("kind", ["hpcs", "secrets-manager"])
def test_missing_rights_are_named(cloud, key, tmp_path, kind, credential, look, fetch, make):
    if kind == "secrets-manager":
        key = cloud.call("add_secret", payload=CAK, name=str(uuid.uuid4()))["id"]
    payload = tmp_path / "payload"
    payload.write_text(STORED)
    how = {"kind": kind, "credential": credential}
    outcomes = {
        "look": run(cloud, "look", key, **how), "fetch": run(cloud, "fetch", key, **how),
        "make": run(cloud, "import", None, options={
            "name": f"made-{uuid.uuid4()}", "payload-file": payload}, **how)}
    assert {name: one.verdict for name, one in outcomes.items()} == {
        "look": look, "fetch": fetch, "make": make}
    if fetch == "final":
        assert ("SecretsReader" if kind == "secrets-manager" else "ReaderPlus") \
            in outcomes["fetch"].said


def test_another_instance_is_refused_with_its_name(cloud, key):
    other = str(uuid.uuid4())
    outcome = run(cloud, "fetch", key, options={"instance": other})
    assert (outcome.verdict, outcome.http_status) == ("final", 401)
    assert other in outcome.said
    assert {entry["status"] for entry in requests(cloud)} == {401}


def test_a_new_role_is_enough_for_the_next_call(cloud, key):
    cloud.add_credential(name="promoted", roles=["Reader"])
    assert run(cloud, "fetch", key, credential="promoted").verdict == "final"
    cloud.set_roles(name="promoted", roles=["ReaderPlus"])
    assert run(cloud, "fetch", key, credential="promoted").verdict == "ok"


# --- TLS and addresses


@pytest.mark.parametrize("service", ["hpcs", "iam"])
@pytest.mark.parametrize("kind, verdict, fix", [
    ("wrong-host", "final", "another host name|not accepted"),
    ("unknown-ca", "final", "name the right authorities in ca-file"),
    ("expired", "final", "check this machine's clock"),
    ("old-tls", "transient", "TLS 1.2 or later")])
def test_bad_certificates_end_it_before_a_request(cloud, key, service, kind, verdict, fix):
    cloud.certificate(service=service, kind=kind)
    try:
        outcome = run(cloud, "fetch", key)
    finally:
        cloud.certificate(service=service, kind="good")
    assert outcome.verdict == verdict
    assert any(words in outcome.said for words in fix.split("|")), outcome.said
    assert requests(cloud, service) == []


OPENSSL_CONF = """openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = old
[old]
MinProtocol = TLSv1
CipherString = DEFAULT:@SECLEVEL=0
"""


def old_tls_version(port):
    """What a client that takes anything agrees on with the service."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    with socket.create_connection(("127.0.0.1", port), 10) as connection, \
            context.wrap_socket(connection) as secure:
        return secure.version()


def test_old_tls_is_refused_where_openssl_would_take_it(cloud, key, tmp_path):
    conf = tmp_path / "openssl.cnf"
    conf.write_text(OPENSSL_CONF)
    cloud.certificate(service="hpcs", kind="old-tls")
    try:
        assert old_tls_version(cloud.state["services"]["hpcs"]["port"]) == "TLSv1.1"
        outcome = run(cloud, "fetch", key, env={"OPENSSL_CONF": str(conf)})
    finally:
        cloud.certificate(service="hpcs", kind="good")
    assert outcome.verdict != "ok" and requests(cloud) == []


def test_certificates_are_checked_against_the_given_file_only(cloud, key, tmp_path):
    with IbmCloud() as other:
        outcome = run(cloud, "fetch", key, options={"ca-file": other.ca_file()})
        assert outcome.verdict == "final" and other.ca_file() in outcome.said
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("no certificate\n")
    for path in (garbage, tmp_path / "missing.pem"):
        outcome = run(cloud, "fetch", key, options={"ca-file": path})
        assert outcome.verdict == "final" and str(path) in outcome.said
    outcome = run(cloud, "fetch", key, options={"ca-file": None})
    assert outcome.verdict == "final"  # the system's authorities do not know ours
    assert requests(cloud, "iam") == []


@pytest.mark.parametrize("url, verdict, fix", [
    ("http://192.0.2.1", "final", "in clear"), ("http://localhost", "final", "in clear"),
    ("ftp://192.0.2.1", "final", "https"), ("https://user:word@127.0.0.1", "final", "no URL"),
    ("https://127.0.0.1/#part", "final", "fragment"), ("", "final", "no url"),
    ("https://no-such-name.invalid", "transient", "no address"),
    ("https://127.0.0.1:1", "transient", "nobody answers")])
def test_urls_are_judged_before_a_secret_is_sent(cloud, key, url, verdict, fix):
    outcome = run(cloud, "fetch", key, options={"url": url})
    assert (outcome.verdict, fix in outcome.said) == (verdict, True), outcome.said
    assert requests(cloud) == []


def test_urls_may_end_in_a_slash_or_iams_path(cloud, key):
    assert run(cloud, "fetch", key, options={
        "url": cloud.url("hpcs") + "/", "iam-url": cloud.url("iam") + "/"}).verdict == "ok"
    assert run(cloud, "fetch", key, options={
        "iam-url": cloud.url("iam") + "/identity/token"}).verdict == "ok"


@pytest.mark.parametrize("service", ["hpcs", "iam"])
def test_a_service_that_is_down_may_come_back(cloud, key, service):
    cloud.service_down(service=service)
    process = begin(cloud, "fetch", key, options={"repeat": 20, "until-ok": True})
    try:
        down = run(cloud, "fetch", key)
        assert down.verdict == "transient" and "nobody answers" in down.said
    finally:
        cloud.service_up(service=service)
    outcome = read(process)
    assert outcome.verdict == "ok" and outcome.cak_sha256 == DIGEST
    assert all(line["verdict"] == "transient" for line in outcome.lines[:-1])


@pytest.mark.parametrize("word", ["a/b", "a b", "..", "key?x=y", "%2e", "a\r\nX-Evil: 1"])
def test_ids_never_leave_their_place_in_the_path(cloud, word):
    outcome = run(cloud, "fetch", word)
    assert outcome.verdict == "final" and requests(cloud) == []


@pytest.fixture
def real_names():
    """A namespace where IBM's host names lead to a local cloud at port 443: (namespace, cloud)."""
    space = Namespace("ibm")
    space.create()
    hosts = Path("/etc/netns") / space.full_name
    hosts.mkdir(parents=True)
    try:
        with IbmCloud("--front", "443", prefix=space.prefix) as cloud:
            names = " ".join(["localhost", *cloud.state["hosts"]])
            (hosts / "hosts").write_text(f"127.0.0.1 {names}\n")
            yield space, cloud
    finally:
        shutil.rmtree(hosts)
        space.delete()


def test_a_crn_alone_leads_to_its_service(real_names):
    space, cloud = real_names
    crns = {kind: cloud.import_key(CAK, service=kind) for kind in ("hpcs", "key-protect")}
    crns["secrets-manager"] = cloud.call("add_secret", payload=CAK)["crn"]
    for kind, crn in crns.items():
        for private in (None, True):
            outcome = run(cloud, "fetch", None, kind=kind, prefix=space.prefix, options={
                "crn": crn, "private": private, "kind": None, "url": None, "instance": None,
                "iam-url": "https://iam.cloud.ibm.com"})
            assert outcome.verdict == "ok", outcome.said
            host = cloud.journal(kind)[-1]["headers"]["host"]
            assert cloud.state["hosts"][host] == kind and ("private" in host) == bool(private)


def test_a_caller_and_the_probe_see_the_same_key(cloud, key):
    shown = Caller(cloud).kms("GET", f"/keys/{key}/metadata").key()
    outcome = run(cloud, "look", key)
    names = ("id", "crn", "state", "extractable")
    assert {name: outcome.key[name] for name in names} == {name: shown[name] for name in names}


# --- silence; the probes have been at it since the first test


@pytest.mark.parametrize("name, least_s, most_s, fix", [
    ("silent", 10, 12, "no connection in time"), ("silent IAM", 10, 12, "no connection in time"),
    ("slow headers", 30, 33, "no whole answer within 30 s"),
    ("slow body", 30, 33, "no whole answer within 30 s")])
def test_slow_services_are_given_up(slow, name, least_s, most_s, fix):
    outcome = read(slow[name])
    assert outcome.verdict == "transient" and fix in outcome.said, outcome.said
    assert least_s * 1000 <= outcome.took_ms + 50 and outcome.took_ms < most_s * 1000
