# SPDX-License-Identifier: BSD-3-Clause
"""Direct Link API v1: gateways and their MACsec resources."""

import time
import uuid
from datetime import date, datetime, timezone

from ibmcloud import direct_link_checks as checks
from ibmcloud.clock import to_text
from ibmcloud.direct_link_checks import refuse
from ibmcloud.exchange import Answer, Service, answer_json
from ibmcloud.gateway import Cak, Gateway, Macsec
from ibmcloud.tokens import GOOD

READ = ("Reader", "ReaderPlus", "Writer", "Manager")
WRITE = ("Writer", "Manager")
FIRST_VERSION = date(2019, 12, 13)
STATISTICS = ("macsec_mka_session", "macsec_policy", "macsec_mka_statistics", "bfd_session")


class DirectLink(Service):
    PREFIX = "/v1"
    ROUTES = (
        ("GET", "/gateways", "list_gateways"),
        ("POST", "/gateways", "create_gateway"),
        ("GET", "/gateways/{gateway}", "get_gateway"),
        ("GET", "/gateways/{gateway}/macsec", "get_macsec"),
        ("PUT", "/gateways/{gateway}/macsec", "put_macsec"),
        ("PATCH", "/gateways/{gateway}/macsec", "patch_macsec"),
        ("DELETE", "/gateways/{gateway}/macsec", "delete_macsec"),
        ("GET", "/gateways/{gateway}/macsec/caks", "list_caks"),
        ("POST", "/gateways/{gateway}/macsec/caks", "add_cak"),
        ("GET", "/gateways/{gateway}/macsec/caks/{cak}", "get_cak"),
        ("PATCH", "/gateways/{gateway}/macsec/caks/{cak}", "patch_cak"),
        ("DELETE", "/gateways/{gateway}/macsec/caks/{cak}", "delete_cak"),
        ("GET", "/gateways/{gateway}/statistics", "statistics"),
        ("GET", "/gateways/{gateway}/status", "status"),
    )

    def __init__(self, tokens, store, clock):
        super().__init__("direct-link")
        self.tokens, self.store, self.clock = tokens, store, clock
        self.gateways = {}

    def add_gateway(self, name, capability="macsec"):
        gateway = Gateway(name, capability, self.store, self.clock)
        self.gateways[gateway.id] = gateway
        return gateway

    # --- what every call goes through

    def caller(self, request, roles):
        worth, owner = self.tokens.check(request.header("authorization"))
        if worth != GOOD:
            raise refuse(401, "unauthorized", "The token is missing, malformed or expired.")
        self.check_version(request)
        if not owner.has(self.name, *roles):
            raise refuse(403, "forbidden", "The caller is not authorized for this action.")
        return owner

    def check_version(self, request):
        today = datetime.fromtimestamp(self.clock.now(), timezone.utc).date()
        try:
            version = date.fromisoformat(request.argument("version", ""))
        except ValueError:
            version = None
        if version is None or not FIRST_VERSION <= version <= today:
            raise refuse(400, "invalid_version", "The version query parameter is missing or not "
                                                 "a date from 2019-12-13 to today.",
                         "version", "parameter")

    def find(self, request, gateway, roles):
        self.caller(request, roles)
        try:
            uuid.UUID(gateway)
        except ValueError:
            raise refuse(400, "invalid_id", "Invalid Gateway Id.") from None
        if gateway not in self.gateways:
            raise refuse(404, "not_found", "Cannot find Gateway")
        return self.gateways[gateway]

    def configured(self, request, gateway, roles):
        found = self.find(request, gateway, roles)
        if found.macsec() is None:
            raise refuse(404, "not_found", "Cannot find MACsec configuration")
        return found

    def body(self, request, content_type=None):
        given = request.header("content-type", "").split(";")[0].strip()
        if content_type and given != content_type:
            raise refuse(415, "unsupported_media_type", f"Content-Type must be {content_type}.")
        try:
            return request.json()
        except ValueError:
            raise refuse(400, "invalid_json", "The body is no JSON object.") from None

    def shown(self, gateway, status=200):
        return answer_json(status, gateway.document(), {"ETag": gateway.etag()})

    # --- gateways

    def list_gateways(self, request):
        self.caller(request, READ)
        return answer_json(200, {"gateways": [g.gateway_document()
                                              for g in self.gateways.values()]})

    def get_gateway(self, request, gateway):
        return answer_json(200, self.find(request, gateway, READ).gateway_document())

    def create_gateway(self, request):
        self.caller(request, WRITE)
        body = self.body(request)
        if body.get("type") != "dedicated" or not isinstance(body.get("name"), str):
            raise refuse(400, "invalid_request", "name and type dedicated are required.")
        if any(gateway.name == body["name"] for gateway in self.gateways.values()):
            raise refuse(409, "name_in_use", "A gateway with the same name already exists")
        wish = body.get("macsec_capability")
        capability = wish or ("macsec_optional" if body.get("macsec") else "non_macsec")
        if capability not in ("non_macsec", "macsec", "macsec_optional"):
            raise refuse(400, "invalid_value", "Unknown macsec_capability.", "macsec_capability")
        config = self.made(body["macsec"]) if body.get("macsec") else None
        gateway = self.add_gateway(body["name"], capability)
        gateway.config = config
        return answer_json(201, gateway.gateway_document())

    # --- the MACsec configuration

    def made(self, body):
        checks.check_prototype(body)
        now = self.clock.now()
        return Macsec(body["active"], body["security_policy"], body["sak_rekey"],
                      body.get("window_size", 512), now, now,
                      [Cak(c["session"], c["name"], c["key"]["crn"], now, now)
                       for c in body["caks"]])

    def get_macsec(self, request, gateway):
        return self.shown(self.configured(request, gateway, READ))

    def put_macsec(self, request, gateway):
        found = self.find(request, gateway, WRITE)
        body = self.body(request, "application/json")
        if found.capability == "non_macsec":
            raise refuse(400, "macsec_unsupported", "The gateway has no MACsec capability.")
        if found.macsec() and request.header("if-match") != found.etag():
            raise refuse(412, "precondition_failed", "If-Match is not the current ETag.",
                         "If-Match", "header")
        found.configure(self.made(body))
        return self.shown(found)

    def patch_macsec(self, request, gateway):
        found = self.configured(request, gateway, WRITE)
        body = self.body(request, "application/merge-patch+json")
        checks.check_patch(body)
        for name, value in body.items():
            setattr(found.config, name, value)
        found.config.since = time.monotonic()
        found.touch()
        return self.shown(found)

    def delete_macsec(self, request, gateway):
        found = self.configured(request, gateway, WRITE)
        if found.capability == "macsec":
            raise refuse(409, "macsec_required", "MACsec cannot be removed from this gateway.")
        found.delete()
        return Answer(204)

    # --- CAKs

    def named_cak(self, request, gateway, cak, roles):
        found = self.configured(request, gateway, roles)
        if found.cak(cak) is None:
            raise refuse(404, "not_found", "Cannot find CAK")
        return found, found.cak(cak)

    def list_caks(self, request, gateway):
        found = self.configured(request, gateway, READ)
        return answer_json(200, {"caks": [found.cak_document(cak) for cak in found.config.caks]})

    def get_cak(self, request, gateway, cak):
        found, key = self.named_cak(request, gateway, cak, READ)
        return answer_json(200, found.cak_document(key))

    def add_cak(self, request, gateway):
        found = self.configured(request, gateway, WRITE)
        body = self.body(request, "application/json")
        checks.check_cak(body)
        checks.check_set([*map(checks.as_prototype, found.config.caks), body])
        now = self.clock.now()
        cak = Cak(body["session"], body["name"], body["key"]["crn"], now, now)
        found.config.caks.append(cak)
        found.touch()
        return answer_json(201, found.cak_document(cak))

    def patch_cak(self, request, gateway, cak):
        found, key = self.named_cak(request, gateway, cak, WRITE)
        body = self.body(request, "application/merge-patch+json")
        checks.check_cak_patch(body)
        others = [checks.as_prototype(c) for c in found.config.caks if c is not key]
        checks.check_set([*others, {"session": key.session, **body}])
        is_restart = found.status_of(key) in ("failed", "inactive")
        if not is_restart and (body["name"] == key.name or body["key"]["crn"] == key.key_crn):
            raise refuse(400, "invalid_value", "Both name and key must be new.", "name")
        found.change_cak(key, body["name"], body["key"]["crn"])
        return answer_json(200, found.cak_document(key))

    def delete_cak(self, request, gateway, cak):
        found, key = self.named_cak(request, gateway, cak, WRITE)
        if key.session == "primary":
            raise refuse(409, "primary_required", "The primary CAK cannot be deleted.")
        found.config.caks.remove(key)
        found.touch()
        return Answer(204)

    # --- what the switch says

    def statistics(self, request, gateway):
        found, kind = self.find(request, gateway, READ), request.argument("type")
        if kind not in STATISTICS:
            raise refuse(400, "invalid_value", "Unknown type of statistics.", "type", "parameter")
        text = "No session."
        if found.macsec() and kind.startswith("macsec"):
            text = "\n".join(f"CKN {cak.name}: {found.status_of(cak)}"
                             for cak in found.config.caks)
        return answer_json(200, {"statistics": [{
            "created_at": to_text(self.clock.now(), True), "data": text, "type": kind}]})

    def status(self, request, gateway):
        self.find(request, gateway, READ)
        kind = request.argument("type")
        if kind not in (None, "bgp", "bfd", "link"):
            raise refuse(400, "invalid_value", "Unknown type of status.", "type", "parameter")
        kinds = [kind] if kind else ["bgp", "bfd", "link"]
        values = {"bgp": "established", "bfd": "up", "link": "up"}
        return answer_json(200, {"status": [{"type": k, "value": values[k],
                                             "updated_at": to_text(self.clock.now(), True)}
                                            for k in kinds]})
