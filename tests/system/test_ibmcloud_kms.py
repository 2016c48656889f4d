# SPDX-License-Identifier: BSD-3-Clause
"""The local IBM Cloud is what the facts say: keys of HPCS and Key Protect."""

import base64
import uuid

import pytest
from ibm_caller import KEY_TYPE, Caller

CAK = "abcdef0123456789" * 4
STORED = "YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OQ=="
DAY = 86400


@pytest.fixture
def manager(cloud):
    return Caller(cloud)


@pytest.fixture
def key(cloud):
    """The id of an imported CAK."""
    return cloud.call("import_key", digits=CAK)["id"]


@pytest.fixture
def later(cloud):
    """Moves the cloud's clock, for this test only; tokens expire with it."""
    moved = []

    def move(seconds):
        moved.append(seconds)
        cloud.advance(seconds=seconds)
        return Caller(cloud)
    yield move
    cloud.advance(seconds=-sum(moved))


# --- one key


def test_an_imported_cak_comes_back_as_ibm_stores_it(cloud, manager, key):
    body = manager.kms("GET", f"/keys/{key}").json()
    assert body["metadata"] == {"collectionType": KEY_TYPE, "collectionTotal": 1}
    shown = body["resources"][0]
    assert shown["payload"] == STORED
    assert (shown["state"], shown["extractable"], shown["imported"]) == (1, True, True)
    assert shown["crn"] == cloud.state["services"]["hpcs"]["crn"] + key
    assert shown["crn"].split(":")[4] == "hs-crypto"
    assert shown["keyRingID"] == "default" and not shown["deleted"]
    assert shown["algorithmMetadata"]["bitLength"] == "256"
    assert not {"aliases", "expirationDate", "description"} & set(shown)


def test_metadata_has_no_payload(manager, key):
    shown = manager.kms("GET", f"/keys/{key}/metadata").key()
    assert shown["id"] == key and "payload" not in shown


def test_key_protect_serves_the_same_with_a_crn_of_its_own(cloud, manager):
    crn = cloud.import_key(CAK, service="key-protect")
    shown = manager.call("key-protect", "GET", f"/keys/{crn.split(':')[-1]}").key()
    assert shown["crn"] == crn and crn.split(":")[4] == "kms"
    assert shown["algorithmMode"] == "Deprecated"


def test_correlation_ids_are_echoed(manager, key):
    given = str(uuid.uuid4())
    assert manager.kms("GET", f"/keys/{key}",
                       Correlation_Id=given).headers["correlation-id"] == given
    assert uuid.UUID(manager.kms("GET", f"/keys/{key}").headers["correlation-id"])


def test_create_generates_or_imports(manager):
    generated = manager.make()
    assert generated.status == 201
    assert len(base64.b64decode(generated.key()["payload"])) == 32
    assert not generated.key()["imported"]
    reply = manager.make(payload=STORED, aliases=["cak-one"], description="text")
    assert reply.key()["imported"] and reply.key()["aliases"] == ["cak-one"]
    assert manager.kms("GET", "/keys/cak-one").key()["payload"] == STORED
    root = manager.make(extractable=False).key()
    assert "payload" not in root and root["keyVersion"]["id"]
    assert "payload" not in manager.kms("GET", f"/keys/{root['id']}").key()


def test_prefer_minimal_tells_the_id_only(manager):
    body = {"metadata": {"collectionType": KEY_TYPE, "collectionTotal": 1},
            "resources": [{"name": "a key", "extractable": True, "payload": STORED}]}
    shown = manager.kms("POST", "/keys", body, Prefer="return=minimal").key()
    assert shown["id"] and "payload" not in shown and "name" not in shown


@pytest.mark.parametrize("change, code", [
    ({"payload": "not base64!"}, "INVALID_FIELD_ERR"),
    ({"payload": base64.b64encode(bytes(32)).decode()}, "BAD_BODY_ERR"),
    ({"payload": base64.b64encode(b"x" * 7501).decode()}, "INVALID_FIELD_ERR"),
    ({"payload": STORED, "extractable": False}, "INVALID_FIELD_ERR"),
    ({"colour": "red"}, "BAD_BODY_ERR"),
    ({"expirationDate": "2020-01-01T00:00:00Z"}, "INVALID_FIELD_ERR"),
    ({"expirationDate": "soon"}, "INVALID_FIELD_ERR"),
    ({"name": 5}, "INVALID_FIELD_ERR"),
    ({"aliases": ["policies"]}, "INVALID_FIELD_ERR"),
    ({"aliases": [str(uuid.uuid4())]}, "INVALID_FIELD_ERR"),
    ({"aliases": ["a1", "a2", "a3", "a4", "a5", "a6"]}, "INVALID_FIELD_ERR"),
])
def test_create_refuses_with_its_codes(manager, change, code):
    reply = manager.make(**change)
    assert (reply.status, reply.code()) == (400, code)
    assert reply.key()["errorMsg"].startswith("Bad Request: ")
    assert reply.json()["metadata"]["collectionType"] == "application/vnd.ibm.kms.error+json"


@pytest.mark.parametrize("body, code", [
    (None, "NO_BODY_ERR"), ("[]", "BAD_BODY_ERR"), ("{}", "BAD_BODY_ERR"), ("{", "BAD_BODY_ERR"),
    ({"metadata": {"collectionType": KEY_TYPE, "collectionTotal": 2},
      "resources": [{}]}, "COLLECTION_TOTAL_MISMATCH_ERR"),
    ({"metadata": {"collectionType": KEY_TYPE, "collectionTotal": 2},
      "resources": [{}, {}]}, "NUM_COLLECTION_RESOURCE_ERR")])
def test_create_refuses_bad_bodies(manager, body, code):
    assert manager.kms("POST", "/keys", body).code() == code


# --- who may what


def test_tokens_and_instances_are_checked(cloud, manager, key):
    path = f"/keys/{key}"
    missing = manager.kms("GET", path, Authorization=None)
    assert missing.status == 401 and "reasons" not in missing.key()
    assert missing.headers["www-authenticate"].startswith("Bearer")
    assert manager.kms("GET", path, Authorization="Bearer nonsense").code() \
        == "BEARER_SUB_EXTRACTION_ERR"
    assert manager.kms("GET", path, Authorization=manager.token).status == 400
    wrong = manager.kms("GET", path, Bluemix_Instance=str(uuid.uuid4()))
    assert wrong.status == 401
    assert wrong.key()["errorMsg"] == \
        "Unauthorized: The user does not have access to the specified resource"
    assert manager.kms("GET", path, Bluemix_Instance=None).status == 400


@pytest.mark.parametrize("credential, allowed", [
    ("nobody", ""), ("reader", "m"), ("reader-plus", "mg"), ("writer", "mgc"),
    ("manager", "mgcd")])
def test_roles(cloud, key, credential, allowed):
    caller = Caller(cloud, credential)
    statuses = {
        "m": caller.kms("GET", f"/keys/{key}/metadata").status,
        "g": caller.kms("GET", f"/keys/{key}").status,
        "c": caller.make(payload=STORED).status,
        "d": caller.kms("DELETE", f"/keys/{key}").status}
    for action, status in statuses.items():
        assert (status < 300) == (action in allowed), (action, status)
        assert status in (200, 201, 204, 401)
    total = caller.kms("GET", "/keys").json()["metadata"]["collectionTotal"]
    assert (total == 0) == (credential == "nobody")  # no right to list looks like an empty list


def test_roles_may_differ_between_services(cloud, key):
    cloud.add_credential(name="split", roles={"kms": ["Manager"], "hs-crypto": ["Reader"]})
    caller = Caller(cloud, "split")
    assert caller.kms("GET", f"/keys/{key}").status == 401
    assert caller.call("key-protect", "POST", "/key_rings/split").status == 201


def test_a_private_instance_refuses_public_calls(manager):
    def set_network(network):
        return manager.kms("PUT", "/instance/policies?policy=allowedNetwork", {
            "metadata": {"collectionType": "application/vnd.ibm.kms.policy+json",
                         "collectionTotal": 1},
            "resources": [{"policy_type": "allowedNetwork", "policy_data": {
                "enabled": True, "attributes": {"allowed_network": network}}}]},
            Host="private.host").status
    assert set_network("private-only") == 204
    assert manager.kms("GET", "/keys").status == 401
    assert set_network("public-and-private") == 204
    assert manager.kms("GET", "/keys").status == 200


# --- life of a key


def test_delete_restore_and_purge_keep_their_times(cloud, manager, key, later):
    path = f"/keys/{key}"
    reply = manager.kms("DELETE", path, Prefer="return=representation")
    assert reply.status == 200
    assert (reply.key()["state"], reply.key()["deleted"]) == (5, True)
    gone = manager.kms("DELETE", path)
    assert (gone.status, gone.code()) == (410, "KEY_DELETED_ERR")
    shown = manager.kms("GET", path).key()
    assert shown["state"] == 5 and "payload" not in shown
    early = manager.kms("POST", f"{path}/restore")
    assert (early.status, early.code()) == (409, "REQ_TOO_EARLY_ERR")
    manager = later(31)
    assert manager.kms("POST", f"{path}/restore").status == 201
    assert manager.kms("GET", path).key()["payload"] == STORED
    assert manager.kms("POST", f"{path}/restore").code() == "KEY_ACTION_INVALID_STATE_ERR"
    assert manager.kms("DELETE", path).status == 204
    purger = Caller(cloud, "purger")
    assert manager.kms("DELETE", f"{path}/purge").status == 401
    assert purger.kms("DELETE", f"{path}/purge").code() == "REQ_TOO_EARLY_ERR"
    later(4 * 3600)
    assert Caller(cloud, "purger").kms("DELETE", f"{path}/purge").status == 204
    lost = Caller(cloud).kms("GET", path)
    assert (lost.status, lost.code()) == (404, "KEY_NOT_FOUND_ERR")


def test_a_deleted_key_is_lost_after_30_days_and_gone_after_90(manager, key, later):
    manager.kms("DELETE", f"/keys/{key}")
    manager = later(30 * DAY + 1)
    assert manager.kms("POST", f"/keys/{key}/restore").code() == "KEY_RESTORE_EXPIRED"
    assert later(60 * DAY).kms("GET", f"/keys/{key}").status == 404


def test_a_key_expires(cloud, manager, later):
    key = cloud.call("import_key", digits=CAK, expires_in=100)["id"]
    shown = manager.kms("GET", f"/keys/{key}/metadata").key()
    assert shown["state"] == 1 and shown["expirationDate"].endswith("Z")
    assert later(101).kms("GET", f"/keys/{key}/metadata").key()["state"] == 3


def test_a_test_sets_any_state_and_field(cloud, manager, key):
    cloud.set_key(key=key, state=2)
    assert manager.kms("GET", f"/keys/{key}").key()["state"] == 2
    cloud.set_key(key=key, state="natural", payload=None, extractable=False, expires=-5)
    shown = manager.kms("GET", f"/keys/{key}").key()
    assert (shown["state"], shown["extractable"]) == (3, False) and "payload" not in shown


@pytest.mark.parametrize("action", ["disable", "enable", "rotate"])
def test_actions_of_root_keys_refuse_a_standard_key(manager, key, action):
    reply = manager.kms("POST", f"/keys/{key}/actions/{action}")
    assert (reply.status, reply.code()) == (400, "KEY_ROOT_REQ_ERR")
    assert manager.kms("GET", f"/keys/{key}/versions").code() == "KEY_ROOT_REQ_ERR"


def test_a_root_key_is_suspended_and_rotated(manager):
    path = f"/keys/{manager.make(extractable=False).key()['id']}"
    assert manager.kms("POST", f"{path}/actions/disable").status == 204
    assert manager.kms("GET", f"{path}/metadata").key()["state"] == 2
    assert manager.kms("POST", f"{path}/actions/disable").code() == "KEY_ACTION_INVALID_STATE_ERR"
    assert manager.kms("POST", f"{path}/actions/enable").status == 204
    assert manager.kms("POST", f"{path}/actions/rotate").status == 204
    assert manager.kms("POST", f"{path}/actions/rotate").code() == "KEY_ROTATION_NOT_PERMITTED"
    versions = manager.kms("GET", f"{path}/versions?totalCount=true").json()
    assert versions["metadata"]["totalCount"] == len(versions["resources"]) == 2


def test_deletion_by_two(cloud, manager, key, later):
    path, second = f"/keys/{key}", Caller(cloud, "second-manager")
    policy = {"metadata": {"collectionType": "application/vnd.ibm.kms.policy+json",
                           "collectionTotal": 1},
              "resources": [{"type": "application/vnd.ibm.kms.policy+json",
                             "dualAuthDelete": {"enabled": True}}]}
    mark = f"{path}/actions/setKeyForDeletion"
    assert manager.kms("POST", mark).code() == "NOT_DUAL_AUTH_ERR"
    assert manager.kms("PUT", f"{path}/policies?policy=dualAuthDelete", policy).status == 200
    assert manager.kms("DELETE", path).code() == "AUTHORIZATIONS_NOT_MET"
    assert manager.kms("POST", mark).status == 204
    assert manager.kms("GET", f"{path}/metadata").key()["dualAuthDelete"]["keySetForDeletion"]
    assert manager.kms("DELETE", path).status == 409  # the same user twice is not two
    assert manager.kms("POST", f"{path}/actions/unsetKeyForDeletion").status == 204
    assert second.kms("DELETE", path).status == 409
    assert manager.kms("POST", mark).status == 204
    assert later(7 * DAY).kms("DELETE", path).status == 409  # the first one's word has expired
    assert Caller(cloud).kms("POST", mark).status == 204
    assert Caller(cloud, "second-manager").kms("DELETE", path).status == 204


def test_a_key_may_be_made_with_a_policy(manager):
    body = {"metadata": {"collectionType": KEY_TYPE, "collectionTotal": 1},
            "resources": [{"name": "guarded", "extractable": True, "payload": STORED,
                           "policies": {"dualAuthDelete": {"enabled": True}}}]}
    shown = manager.kms("POST", "/keys_with_policy_overrides", body).key()
    assert shown["dualAuthDelete"] == {"enabled": True}


# --- aliases and rings


def test_aliases(cloud, manager, key):
    path = f"/keys/{key}/aliases"
    made = manager.kms("POST", f"{path}/cak-now")
    assert made.status == 201
    assert (made.key()["keyId"], made.key()["alias"]) == (key, "cak-now")
    again = manager.kms("POST", f"{path}/cak-now")
    assert (again.status, again.code()) == (409, "KEY_ALIAS_NOT_UNIQUE_ERR")
    for bad in ("x", "a%20b", "wrap", str(uuid.uuid4())):
        assert manager.kms("POST", f"{path}/{bad}").status == 400
    other = cloud.call("import_key", digits="00" * 31 + "01")["id"]
    cloud.point_alias(alias="cak-now", key=other)
    assert manager.kms("GET", "/keys/cak-now/metadata").key()["id"] == other
    assert "aliases" not in manager.kms("GET", f"/keys/{key}").key()
    assert manager.kms("GET", "/keys/CAK-NOW").status == 404
    assert manager.kms("DELETE", f"{path}/cak-now").status == 404
    assert manager.kms("DELETE", f"/keys/{other}/aliases/cak-now").status == 204
    assert manager.kms("GET", "/keys/cak-now").status == 404


def test_key_rings(manager):
    assert manager.kms("POST", "/key_rings/links").status == 201
    assert manager.kms("POST", "/key_rings/links").status == 409
    rings = manager.kms("GET", "/key_rings?totalCount=true").json()
    assert {"id": "default"} in rings["resources"]
    assert rings["metadata"]["totalCount"] == len(rings["resources"])
    body = {"metadata": {"collectionType": KEY_TYPE, "collectionTotal": 1},
            "resources": [{"name": "in links", "extractable": True, "payload": STORED}]}
    key = manager.kms("POST", "/keys", body, X_Kms_Key_Ring="links").key()
    path = f"/keys/{key['id']}"
    assert key["keyRingID"] == "links"
    assert manager.kms("GET", path).status == 200  # without the header all rings are searched
    assert manager.kms("GET", path, X_Kms_Key_Ring="links").status == 200
    assert manager.kms("GET", path, X_Kms_Key_Ring="default").status == 404
    listed = manager.kms("GET", "/keys", X_Kms_Key_Ring="links").json()["resources"]
    assert [one["id"] for one in listed] == [key["id"]]
    assert manager.kms("DELETE", "/key_rings/links").code() == "KEY_RING_NOT_EMPTY_ERR"
    assert manager.kms("PATCH", path, {"keyRingID": "default"}).key()["keyRingID"] == "default"
    assert manager.kms("DELETE", "/key_rings/links").status == 204
    assert manager.kms("POST", "/keys", body, X_Kms_Key_Ring="links").status == 404
