# SPDX-License-Identifier: BSD-3-Clause
"""The local IBM Cloud is what the facts say: lists of keys, and secrets."""

import base64
import json

import pytest
from ibm_caller import Caller, IbmCloud

CAK = "abcdef0123456789" * 4
STORED = base64.b64encode(CAK.encode()).decode()


@pytest.fixture
def manager(cloud):
    return Caller(cloud)


# --- lists


@pytest.fixture(scope="module")
def shelf():
    """A cloud with seven keys that nobody changes: (cloud, ids in the order of their names)."""
    with IbmCloud() as cloud:
        ids = [cloud.call("import_key", digits=CAK, name=f"link-{n}")["id"] for n in range(4)]
        ids.append(cloud.call("import_key", digits=CAK, name="old", expires_in=-5)["id"])
        ids.append(cloud.call("store_key", payload=None, name="root", extractable=False)["id"])
        ids.append(cloud.call("import_key", digits=CAK, name="gone", alias="lost-cak")["id"])
        cloud.delete_key(key=ids[-1])
        yield cloud, ids


def names(caller, query):
    body = caller.kms("GET", f"/keys?{query}").json()
    assert body["metadata"]["collectionTotal"] == len(body.get("resources", []))
    assert not any("payload" in shown for shown in body.get("resources", []))
    return [shown["name"] for shown in body.get("resources", [])]


@pytest.mark.parametrize("query, expected", [
    ("", {"link-0", "link-1", "link-2", "link-3", "old", "root"}),
    ("state=5", {"gone"}),
    ("state=1%2C5&extractable=true", {"link-0", "link-1", "link-2", "link-3", "gone"}),
    ("extractable=false", {"root"}),
    ("search=link-", {"link-0", "link-1", "link-2", "link-3"}),
    ("search=exact:link-1", {"link-1"}),
    ("search=not:link", {"old", "root"}),
    ("search=alias:lost&state=5", {"gone"}),
    ("search=name:lost&state=5", set()),
    ("search=escape:not:", set()),
    ("filter=state%3D3", {"old"}),
    ("filter=state%3Dnot:1", {"old", "gone"}),
    ("filter=expirationDate%3Dlt:2100-01-01T00:00:00Z", {"old"}),
])
def test_lists_are_selected(shelf, query, expected):
    caller = Caller(shelf[0])
    assert set(names(caller, query)) == expected
    if "search" not in query:
        assert caller.kms("HEAD", f"/keys?{query}").headers["key-total"] == str(len(expected))


def test_lists_are_sorted_and_paged(shelf):
    caller = Caller(shelf[0])
    ids = [one["id"] for one in caller.kms("GET", "/keys").json()["resources"]]
    assert ids == sorted(ids)
    paged = []
    for offset in range(0, 8, 2):
        reply = caller.kms("GET", f"/keys?limit=2&offset={offset}").json()
        paged += [one["id"] for one in reply.get("resources", [])]
    assert paged == ids
    assert "resources" not in caller.kms("GET", "/keys?offset=6").json()
    assert "totalCount" not in caller.kms("GET", "/keys").json()["metadata"]
    states = [one["state"] for one in caller.kms("GET", "/keys?sort=-state,id").json()["resources"]]
    assert states == [3, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("query", ["limit=0", "limit=5001", "offset=-1", "state=4", "state=1, 5",
                                   "extractable=yes", "sort=colour", "filter=name%3Dx"])
def test_lists_refuse_nonsense(shelf, query):
    reply = Caller(shelf[0]).kms("GET", f"/keys?{query.replace(' ', '%20')}")
    assert (reply.status, reply.code()) == (400, "INVALID_FIELD_ERR")
    assert reply.key()["reasons"][0]["target"]["type"] == "query_param"


# --- secrets


def test_a_secret_is_made_read_and_renewed(cloud, manager):
    made = manager.call("secrets-manager", "POST", "/secrets", {
        "name": "dl-cak", "secret_type": "arbitrary", "payload": CAK, "labels": ["macsec"]})
    assert made.status == 201 and made.json()["crn"].split(":")[8] == "secret"
    path = f"/secrets/{made.json()['id']}"
    shown = manager.call("secrets-manager", "GET", path).json()
    assert (shown["payload"], shown["state"], shown["state_description"]) == (CAK, 1, "active")
    assert (shown["secret_type"], shown["versions_total"]) == ("arbitrary", 1)
    cloud.renew_secret(secret=shown["id"], payload=STORED)
    assert manager.call("secrets-manager", "POST", f"{path}/versions",
                        {"payload": STORED}).status == 201
    shown = manager.call("secrets-manager", "GET", path).json()
    assert (shown["payload"], shown["versions_total"]) == (STORED, 3)
    assert "payload" not in manager.call("secrets-manager", "GET", f"{path}/metadata").json()
    versions = manager.call("secrets-manager", "GET", f"{path}/versions").json()["versions"]
    assert [v.get("alias") for v in versions] == [None, "previous", "current"]
    current = manager.call("secrets-manager", "GET", f"{path}/versions/current").json()
    assert current["id"] == versions[2]["id"] and current["payload"] == STORED
    named = "/secret_groups/default/secret_types/arbitrary/secrets/dl-cak"
    assert manager.call("secrets-manager", "GET", named).json()["id"] == shown["id"]
    assert manager.call("secrets-manager", "POST", "/secrets",
                        {"name": "dl-cak", "payload": "x"}).status == 409
    assert manager.call("secrets-manager", "DELETE", path).status == 204
    lost = manager.call("secrets-manager", "GET", path)
    assert (lost.status, lost.error()["code"]) == (404, "not_found")
    assert lost.json()["status_code"] == 404


def test_secrets_are_listed_in_pages_and_expire(cloud, manager):
    for number in range(3):
        cloud.call("add_secret", payload=CAK, name=f"paged-{number}", expires_in=50)
    page = manager.call("secrets-manager", "GET", "/secrets?search=paged&limit=2").json()
    assert (page["total_count"], len(page["secrets"])) == (3, 2) and "next" in page
    assert "payload" not in json.dumps(page)
    path = f"/secrets/{page['secrets'][0]['id']}"
    cloud.advance(seconds=51)
    try:
        shown = Caller(cloud).call("secrets-manager", "GET", path).json()
    finally:
        cloud.advance(seconds=-51)
    assert shown["state"] == 5 and "payload" not in shown


def test_secrets_need_roles_and_a_token(cloud, manager):
    path = f"/secrets/{cloud.call('add_secret', payload=CAK, name='guarded')['id']}"
    reader = Caller(cloud, "reader")
    assert reader.call("secrets-manager", "GET", f"{path}/metadata").status == 200
    assert reader.call("secrets-manager", "GET", path).status == 403
    assert Caller(cloud, "reader-plus").call("secrets-manager", "GET", path).status == 200
    manager.token = "nonsense"
    assert manager.call("secrets-manager", "GET", path).error()["code"] == "unauthorized"
