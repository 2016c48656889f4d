# SPDX-License-Identifier: BSD-3-Clause
"""The local IBM Cloud is what the facts say: Direct Link's MACsec resources."""

import base64
import uuid

import pytest
from appliance import wait_for
from ibm_caller import Caller

ONE, TWO, THREE = ("01" * 32, "02" * 32, "03" * 32)
PATCH = "application/merge-patch+json"


class Link:
    """A gateway and somebody who may configure it."""

    def __init__(self, cloud, capability="macsec_optional"):
        self.cloud, self.caller = cloud, Caller(cloud)
        self.gateway = cloud.call("add_gateway", name=str(uuid.uuid4()), capability=capability)
        self.cloud.settle(seconds=0, gateway=self.gateway)
        self.path = f"/gateways/{self.gateway}/macsec"

    def call(self, method, path="", body=None, **headers):
        return self.caller.call("direct-link", method, self.path + path, body, **headers)

    def patch(self, path, body):
        return self.call("PATCH", path, body, Content_Type=PATCH)

    def config(self, *caks, **change):
        """A configuration with CAKs given as (session, name, CRN)."""
        return {"active": True, "security_policy": "must_secure", "window_size": 512,
                "sak_rekey": {"mode": "timer", "interval": 3600},
                "caks": [{"session": session, "name": name, "key": {"crn": crn}}
                         for session, name, crn in caks], **change}

    def put(self, *caks, **change):
        return self.call("PUT", "", self.config(*caks, **change))

    def macsec(self):
        return self.call("GET").json()

    def cak(self, number=0):
        return self.call("GET", "/caks").json()["caks"][number]


@pytest.fixture
def link(cloud):
    return Link(cloud)


@pytest.fixture
def secured(link, cloud):
    """With a primary AA01 that secures the link."""
    crn = cloud.import_key(ONE)
    assert link.put(("primary", "AA01", crn)).status == 200
    return link


def test_a_configuration_is_stored_and_secures(link, cloud):
    assert link.call("GET").status == 404
    reply = link.put(("primary", "AA01", cloud.import_key(ONE)),
                     ("fallback", "BB02", cloud.import_key(TWO)))
    assert reply.status == 200 and reply.headers["etag"].startswith('W/"')
    shown = link.macsec()
    assert (shown["cipher_suite"], shown["key_server_priority"]) == ("gcm_aes_xpn_256", 255)
    assert (shown["confidentiality_offset"], shown["window_size"]) == (0, 512)
    assert (shown["status"], shown["status_reasons"]) == ("secured", [])
    caks = link.call("GET", "/caks").json()["caks"]
    assert [(cak["session"], cak["name"], cak["status"]) for cak in caks] == [
        ("primary", "AA01", "active"), ("fallback", "BB02", "operational")]
    assert link.call("GET", f"/caks/{caks[0]['id']}").json() == caks[0]
    listed = link.caller.call("direct-link", "GET", f"/gateways/{link.gateway}").json()
    assert listed["macsec"]["status"] == "secured"


def test_a_configuration_takes_its_time(link, cloud):
    cloud.settle(seconds=3600, gateway=link.gateway)
    link.put(("primary", "AA01", cloud.import_key(ONE)))
    assert (link.macsec()["status"], link.cak()["status"]) == ("pending", "operational")
    cloud.settle(seconds=0.1, gateway=link.gateway)
    wait_for("it is secured", lambda: link.macsec()["status"] == "secured", 5)


@pytest.mark.parametrize("version", ["", "2019-12-12", "2999-01-01", "today"])
def test_every_call_needs_a_version(link, version):
    reply = link.caller.call("direct-link", "GET", f"/gateways?version={version}")
    assert (reply.status, reply.error()["code"]) == (400, "invalid_version")


def test_gateways_are_named_right(link):
    missing = link.caller.call("direct-link", "GET", f"/gateways/{uuid.uuid4()}/macsec")
    assert (missing.status, missing.error()["message"]) == (404, "Cannot find Gateway")
    wrong = link.caller.call("direct-link", "GET", "/gateways/x/macsec")
    assert (wrong.status, wrong.error()["message"]) == (400, "Invalid Gateway Id.")


def test_gateways_are_made(link, cloud):
    body = {"name": f"made-{uuid.uuid4()}", "type": "dedicated",
            "macsec": link.config(("primary", "AA01", cloud.import_key(ONE)))}
    made = link.caller.call("direct-link", "POST", "/gateways", body)
    assert made.status == 201 and made.json()["macsec_capability"] == "macsec_optional"
    again = link.caller.call("direct-link", "POST", "/gateways", body)
    assert (again.status, again.error()["message"]) == (
        409, "A gateway with the same name already exists")


def test_rights_are_needed(link, cloud):
    link.caller = Caller(cloud, "reader")
    assert link.put(("primary", "AA01", cloud.import_key(ONE))).status == 403
    assert link.call("GET").status == 404
    link.caller = Caller(cloud, "nobody")
    assert link.call("GET").status == 403
    link.caller.token = "nonsense"
    assert link.call("GET").status == 401


# --- rules


CRN = "crn:v1:bluemix:public:hs-crypto:us-south:a/0:1:key:2"
PRIMARY = ("primary", "AA01", CRN)


@pytest.mark.parametrize("caks, change", [
    ([], {}),
    ([("fallback", "AA01", CRN)], {}),
    ([PRIMARY, ("primary", "BB02", CRN + "3")], {}),
    ([PRIMARY, ("fallback", "B1", CRN + "3"), ("fallback", "B2", CRN + "4")], {}),
    ([PRIMARY, ("fallback", "aa01", CRN + "3")], {}),
    ([PRIMARY, ("fallback", "BB02", CRN)], {}),
    ([("primary", "AA0", CRN)], {}),
    ([("primary", "", CRN)], {}),
    ([("primary", "00" * 33, CRN)], {}),
    ([("primary", "GG", CRN)], {}),
    ([("primary", "AA01", CRN.replace("hs-crypto", "kms"))], {}),
    ([("primary", "AA01", "not a crn")], {}),
    ([PRIMARY], {"sak_rekey": {"mode": "timer"}}),
    ([PRIMARY], {"sak_rekey": {"mode": "never"}}),
    ([PRIMARY], {"security_policy": "may_secure"}),
    ([PRIMARY], {"active": 1}),
    ([PRIMARY], {"window_size": -1}),
    ([PRIMARY], {"cipher_suite": "gcm_aes_xpn_256"}),
])
def test_wrong_configurations_are_refused(link, caks, change):
    reply = link.put(*caks, **change)
    assert reply.status == 400 and reply.error()["message"] and reply.json()["trace"]
    assert link.call("GET").status == 404


def test_put_over_a_configuration_needs_its_etag(secured, cloud):
    body = secured.config(("primary", "CC03", cloud.import_key(THREE)))
    assert secured.call("PUT", "", body).status == 412
    assert secured.call("PUT", "", body, If_Match='W/"0-wrong"').status == 412
    etag = secured.call("GET").headers["etag"]
    assert secured.call("PUT", "", body, If_Match=etag).status == 200
    assert secured.call("PUT", "", body, If_Match=etag).status == 412
    assert secured.cak()["name"] == "CC03"


def test_patch_changes_what_can_be_changed(secured):
    assert secured.call("PATCH", "", {"active": False}).status == 415
    assert secured.patch("", {"active": False}).json()["status"] == "offline"
    assert secured.patch("", {"key_server_priority": 1}).status == 400
    assert secured.patch("", {}).status == 400
    shown = secured.patch("", {"active": True, "window_size": 64, "security_policy":
                               "should_secure", "sak_rekey": {"mode": "packet_number_rollover"}})
    assert shown.json()["window_size"] == 64 and shown.json()["status"] == "secured"


def test_delete_removes_it_where_the_capability_allows(secured, cloud):
    assert secured.call("DELETE").status == 204
    wait_for("it is gone", lambda: secured.call("GET").status == 404, 5)
    bound = Link(cloud, "macsec")
    bound.put(("primary", "AA01", cloud.import_key(TWO)))
    assert bound.call("DELETE").status == 409


# --- CAKs


def test_a_fallback_comes_and_goes_and_the_primary_stays(secured, cloud):
    body = {"session": "fallback", "name": "BB02", "key": {"crn": cloud.import_key(TWO)}}
    made = secured.call("POST", "/caks", body)
    assert made.status == 201
    assert secured.call("POST", "/caks", body).status == 400
    assert secured.call("DELETE", f"/caks/{made.json()['id']}").status == 204
    assert secured.call("DELETE", f"/caks/{secured.cak()['id']}").status == 409
    assert secured.call("GET", f"/caks/{made.json()['id']}").status == 404


def test_a_cak_changes_as_name_and_key(secured, cloud):
    cak = secured.cak()
    path, new = f"/caks/{cak['id']}", {"crn": cloud.import_key(TWO)}
    for body in ({"name": "AA02"}, {"key": new}, {"name": "AA01", "key": new},
                 {"name": "AA02", "key": cak["key"]}, {"name": "ZZ", "key": new}):
        assert secured.patch(path, body).status == 400, body
    assert secured.patch(path, {"name": "AA02", "key": new}).status == 200


def test_rotation_keeps_the_old_cak_until_the_new_one_secures(secured, cloud):
    gateway, cak = secured.gateway, secured.cak()
    cloud.set_peer(caks={"AA01": ONE}, gateway=gateway)
    new = {"crn": cloud.import_key(TWO)}
    cloud.settle(seconds=3600, gateway=gateway)
    shown = secured.patch(f"/caks/{cak['id']}", {"name": "AA02", "key": new}).json()
    assert (shown["status"], shown["active_delta"]["name"]) == ("rotating", "AA01")
    cloud.settle(seconds=0, gateway=gateway)
    assert secured.cak()["status"] == "inactive"
    assert secured.cak()["active_delta"] == {"name": "AA01", "key": cak["key"], "status": "active"}
    assert secured.macsec()["status"] == "secured"  # by the old one
    cloud.set_peer(caks={"AA01": ONE, "AA02": TWO}, gateway=gateway)
    shown = secured.cak()
    assert shown["status"] == "active" and "active_delta" not in shown
    assert secured.macsec()["status"] == "secured"
    cloud.set_peer(caks={"AA01": ONE}, gateway=gateway)
    assert secured.cak()["status"] == "inactive" and "active_delta" not in secured.cak()
    assert secured.macsec()["status"] == "init"  # there is no way back to the old one


def test_a_peer_with_another_key_is_not_secured(secured, cloud):
    cloud.set_peer(caks={"AA01": THREE}, gateway=secured.gateway)
    assert (secured.cak()["status"], secured.macsec()["status"]) == ("inactive", "init")
    cloud.set_peer(caks={"AA01": THREE, "BB02": TWO}, gateway=secured.gateway)
    secured.call("POST", "/caks", {"session": "fallback", "name": "BB02",
                                   "key": {"crn": cloud.import_key(TWO)}})
    assert (secured.cak(1)["status"], secured.macsec()["status"]) == ("active", "secured")


def failure(link, words):
    """The primary and the configuration have failed, for this reason."""
    shown = link.macsec()
    assert (link.cak()["status"], shown["status"]) == ("failed", "failed")
    assert shown["status_reasons"][0]["code"] == "macsec_cak_failed"
    assert words in shown["status_reasons"][0]["message"]


@pytest.mark.parametrize("payload, extractable", [
    (None, True), (ONE, True), (base64.b64encode(bytes(range(32))).decode(), True),
    (base64.b64encode(ONE[:-1].encode()).decode(), True),
    (base64.b64encode(ONE.encode() + b"\n").decode(), True)])
def test_a_key_that_is_no_cak_fails(link, cloud, payload, extractable):
    stored = cloud.call("store_key", payload=payload, extractable=extractable)
    link.put(("primary", "AA01", stored["crn"]))
    failure(link, "64 hexadecimal digits")


def test_a_lost_key_fails_and_a_new_one_mends_it(secured, cloud):
    cloud.delete_key(key=secured.cak()["key"]["crn"].split(":")[-1])
    failure(secured, "not active")
    body = {"name": "AA01", "key": {"crn": cloud.import_key(TWO)}}
    assert secured.patch(f"/caks/{secured.cak()['id']}", body).json()["status"] == "active"
    assert secured.macsec()["status"] == "secured"


def test_a_key_that_is_not_there_fails(link, cloud):
    crn = cloud.import_key(ONE)
    link.put(("primary", "AA01", crn[:-36] + str(uuid.uuid4())))
    failure(link, "could not be found")


@pytest.mark.parametrize("payload", [ONE, base64.b64encode(ONE.encode()).decode()])
def test_a_secret_may_hold_either_form(link, cloud, payload):
    crn = cloud.call("add_secret", payload=payload, name=str(uuid.uuid4()))["crn"]
    link.put(("primary", "AA01", crn))
    assert link.macsec()["status"] == "secured"


def test_direct_link_needs_an_authorisation_for_the_whole_instance(secured, cloud):
    instance = cloud.instance("hpcs")
    cloud.unauthorise()
    try:
        failure(secured, "not authorized")
        narrow = cloud.call("authorise", instance=instance, ring="default")
        failure(secured, "not authorized")
        cloud.unauthorise(policy=narrow)
    finally:
        for name in ("hpcs", "secrets-manager"):
            service = cloud.state["services"][name]["crn"].split(":")[4]
            cloud.authorise(service=service, instance=cloud.instance(name))
    failure(secured, "not authorized")  # mended, and nobody has tried again
    cak = secured.cak()
    body = {"name": cak["name"], "key": cak["key"]}
    assert secured.patch(f"/caks/{cak['id']}", body).json()["status"] == "active"
    assert secured.macsec()["status"] == "secured"


def test_a_test_may_set_any_status(secured, cloud):
    reasons = [{"code": "macsec_cak_failed", "message": "made up"}]
    cloud.set_status(status="failed", reasons=reasons, gateway=secured.gateway)
    assert secured.macsec()["status_reasons"] == reasons
    cloud.set_status(status=None, gateway=secured.gateway)
    cloud.set_cak_status(cak=secured.cak()["id"], status="inactive", gateway=secured.gateway)
    assert (secured.cak()["status"], secured.macsec()["status"]) == ("inactive", "init")


def test_statistics_and_status_are_told(secured):
    path = f"/gateways/{secured.gateway}"
    shown = secured.caller.call("direct-link", "GET", f"{path}/statistics?type=macsec_mka_session")
    assert "AA01" in shown.json()["statistics"][0]["data"]
    assert secured.caller.call("direct-link", "GET", f"{path}/statistics?type=x").status == 400
    status = secured.caller.call("direct-link", "GET", f"{path}/status?type=bgp").json()
    assert status["status"][0]["type"] == "bgp"
