# SPDX-License-Identifier: BSD-3-Clause
"""IBM's own SDK, unchanged, against the local IBM Cloud.

What the SDK sends and what it makes of the answers is not ours: where both fit, the stand-in is
like the service that the SDK was written for.
"""

import base64
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ibmcloud import IbmCloud
from sdk import Sdk, SdkClient, install

CAK = "00112233445566778899aabbccddeeff" * 2
STORED = base64.b64encode(CAK.encode()).decode()
KEY_TYPE = "application/vnd.ibm.kms.key+json"
DENIED = "Access is denied due to invalid credentials."


@pytest.fixture(scope="module")
def sdk_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ibm-sdk")
    install(folder)
    return folder


@pytest.fixture(scope="module")
def one_cloud():
    with IbmCloud() as cloud:
        yield cloud
        assert cloud.log() == ""


@pytest.fixture(scope="module")
def sdk(sdk_folder, one_cloud):
    with Sdk(sdk_folder, one_cloud.ca_file()) as sdk:
        yield sdk


@pytest.fixture
def cloud(one_cloud):
    one_cloud.renew()
    return one_cloud


@pytest.fixture(params=["hpcs", "key-protect"])
def client(sdk, cloud, request):
    return SdkClient(sdk, cloud, request.param)


@pytest.fixture
def hpcs(sdk, cloud):
    """A new client: it has no token yet."""
    return SdkClient(sdk, cloud)


def body(**resource):
    return {"metadata": {"collectionType": KEY_TYPE, "collectionTotal": 1},
            "resources": [{"type": KEY_TYPE, "name": "dl-macsec-cak", "extractable": True,
                           **resource}]}


def good(answer, status=200):
    """The one resource of a good answer, or the answer's result where there is none."""
    assert answer.get("status") == status, answer
    result = answer["result"]
    return result["resources"][0] if result and "resources" in result else result


def make(client, **resource):
    return good(client.call("createKey", body=body(**resource)), 201)


def test_create_and_import(client):
    generated = make(client)
    assert len(base64.b64decode(generated["payload"])) == 32
    imported = make(client, payload=STORED, description="from an operator")
    assert imported["imported"] and imported["description"] == "from an operator"
    assert imported["crn"].endswith(imported["id"])
    shown = good(client.call("createKey", body=body(payload=STORED), prefer="return=minimal"), 201)
    assert "payload" not in shown
    root = make(client, extractable=False)
    assert good(client.call("getKeyVersions", id=root["id"], limit=5, offset=0))["id"]


def test_get_and_metadata(client):
    key = make(client, payload=STORED)
    assert good(client.call("getKey", id=key["id"]))["payload"] == STORED
    shown = good(client.call("getKeyMetadata", id=key["id"]))
    assert "payload" not in shown and shown["state"] == 1


def test_list_and_count(client):
    ids = {make(client, payload=STORED)["id"] for _ in range(3)}
    answer = client.call("getKeys", limit=100, offset=0, state=[1, 2, 3], extractable=True)
    assert answer["status"] == 200
    listed = answer["result"]["resources"]
    assert ids <= {key["id"] for key in listed}
    counted = client.call("getKeyCollectionMetadata", state=[1, 2, 3], extractable=True)
    assert int(counted["headers"]["key-total"]) == len(listed)
    empty = client.call("getKeys", offset=4000)
    assert "resources" not in empty["result"]


def test_aliases(client):
    key, alias = make(client, payload=STORED), f"cak-{time.monotonic_ns()}"
    made = good(client.call("createKeyAlias", id=key["id"], alias=alias), 201)
    assert (made["keyId"], made["alias"]) == (key["id"], alias)
    assert good(client.call("getKey", id=alias))["id"] == key["id"]
    assert client.call("createKeyAlias", id=key["id"], alias=alias)["status"] == 409
    assert client.call("deleteKeyAlias", id=key["id"], alias=alias)["status"] == 204
    assert client.call("getKey", id=alias)["status"] == 404


def test_delete_and_restore(client, cloud):
    key = make(client, payload=STORED)
    gone = good(client.call("deleteKey", id=key["id"], prefer="return=representation"))
    assert (gone["state"], gone["deleted"]) == (5, True)
    assert client.call("deleteKey", id=key["id"])["status"] == 410
    assert client.call("restoreKey", id=key["id"])["status"] == 409
    cloud.advance(seconds=31)
    try:
        assert good(client.call("restoreKey", id=key["id"]), 201)["state"] == 1
    finally:
        cloud.advance(seconds=-31)
    assert good(client.call("getKey", id=key["id"]))["payload"] == STORED
    assert client.call("deleteKey", id=key["id"], force=True)["status"] == 204


def test_rings_actions_and_policies(client):
    ring = f"ring-{time.monotonic_ns()}"
    assert client.call("createKeyRing", keyRingId=ring)["status"] == 201
    rings = client.call("listKeyRings")["result"]["resources"]
    assert ring in [one["id"] for one in rings]
    key = good(client.call("createKey", body=body(payload=STORED), xKmsKeyRing=ring), 201)
    assert key["keyRingID"] == ring
    assert client.call("deleteKeyRing", keyRingId=ring)["status"] == 409
    assert client.call("disableKey", id=key["id"])["status"] == 400  # root keys only
    policy = {"metadata": {"collectionType": "application/vnd.ibm.kms.policy+json",
                           "collectionTotal": 1},
              "resources": [{"type": "application/vnd.ibm.kms.policy+json",
                             "dualAuthDelete": {"enabled": True}}]}
    put = client.call("putPolicy", id=key["id"], policy="dualAuthDelete",
                      setKeyPoliciesOneOf=policy)
    assert put["status"] == 200
    assert client.call("setKeyForDeletion", id=key["id"])["status"] == 204
    assert client.call("unsetKeyForDeletion", id=key["id"])["status"] == 204
    assert client.call("deleteKey", id=key["id"])["status"] == 409


def test_no_call_without_a_token_that_is_one(hpcs, cloud):
    cloud.fault("content", service="iam", set={"access_token": "opaque"})
    answer = hpcs.call("getKeys")
    assert "not a valid JWT" in answer["message"]
    assert cloud.journal("hpcs") == []


@pytest.mark.parametrize("status", [401, 403])
def test_denials_lose_their_words_but_keep_their_body(hpcs, cloud, status):
    cloud.fault("status", service="hpcs", status=status, count=1,
                body={"resources": [{"errorMsg": "Unauthorized: made up"}]})
    answer = hpcs.call("getKeys")
    assert (answer["status"], answer["message"]) == (status, DENIED)
    assert "made up" in str(answer["body"])


def test_a_missing_role_is_such_a_denial(sdk, cloud):
    key = cloud.call("import_key", digits=CAK)["id"]
    reader = SdkClient(sdk, cloud, credential="reader")
    assert reader.call("getKeyMetadata", id=key)["status"] == 200
    assert reader.call("getKey", id=key)["message"] == DENIED


def test_an_unknown_api_key_is_refused_by_iam(sdk, cloud):
    stranger = SdkClient(sdk, cloud, apikey="MADE-UP-APIKEY")
    answer = stranger.call("getKeys")
    assert answer["status"] == 400
    # The SDK replaces IAM's words because the context's URL names iam.
    assert answer["message"] == DENIED
    assert cloud.journal("hpcs") == []


def test_nothing_is_tried_again_by_default(hpcs, cloud):
    cloud.fault("status", service="hpcs", status=429, count=1)
    assert hpcs.call("getKeys")["status"] == 429
    assert len(cloud.journal("hpcs")) == 1


def test_retries_when_they_are_enabled(sdk, cloud):
    client = SdkClient(sdk, cloud, retries=4)
    cloud.fault("status", service="hpcs", status=429, count=2)
    assert client.call("getKeys")["status"] == 200
    assert [entry["status"] for entry in cloud.journal("hpcs")] == [429, 429, 200]
    cloud.renew()
    cloud.fault("status", service="hpcs", status=503, count=1, retry_after=1)
    assert client.call("getKeys")["status"] == 200
    first, second = cloud.journal("hpcs")
    assert second["at"] - first["at"] >= 0.99


def test_one_token_serves_three_calls(sdk, cloud):
    cloud.token_life(seconds=20)
    try:
        client = SdkClient(sdk, cloud)
        for _ in range(3):
            assert client.call("getKeys")["status"] == 200
    finally:
        cloud.token_life(seconds=3600)
    assert len(cloud.journal("iam")) == 1
    assert {entry["token"] for entry in cloud.journal("hpcs")} \
        == {cloud.journal("iam")[0]["token"]}


def test_the_lock_file_names_no_address():
    lock = (Path(__file__).resolve().parent / "ibm_sdk" / "package-lock.json").read_text()
    assert "://" not in lock and '"resolved"' not in lock
    assert lock.count('"integrity"') > 50


def test_a_registry_out_of_reach_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    with pytest.raises(Exception, match="is npm's registry within reach"):
        install(tmp_path)
