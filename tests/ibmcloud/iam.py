# SPDX-License-Identifier: BSD-3-Clause
"""IAM: tokens for API keys, compute resources and trusted profiles; authorisation policies."""

import secrets
import time
import uuid
from urllib.parse import parse_qs

from ibmcloud.clock import to_text
from ibmcloud.exchange import Refusal, Service, answer_json
from ibmcloud.tokens import GOOD

GRANT = "urn:ibm:params:oauth:grant-type:"
ROLE_CRN = "crn:v1:bluemix:public:iam::::serviceRole:"


def iam_error(request, status, code, message, details=None):
    started = time.strftime("%d.%m.%Y %H:%M:%S:000 GMT", time.gmtime())
    body = {"errorCode": code, "errorMessage": message, "context": {
        "requestId": uuid.uuid4().hex, "requestType": "incoming.Identity_Token",
        "userAgent": request.header("user-agent", ""), "url": "https://iam.cloud.ibm.com",
        "instanceId": "iamid-local", "threadId": "1", "host": "iamid-local",
        "startTime": started, "endTime": started, "elapsedTime": "5", "locale": "en_US",
        "clusterName": "local"}}
    if details:
        body["errorDetails"] = details
    return Refusal(answer_json(status, body))


class Iam(Service):
    """state.compute_tokens: {compute-resource token: names of the profiles that trust it}."""

    ROUTES = (
        ("POST", "/identity/token", "token"),
        ("POST", "/oidc/token", "token"),
        ("GET", "/v1/policies", "policies"),
    )

    def __init__(self, tokens, policies):
        super().__init__("iam")
        self.tokens, self.authorisations = tokens, policies
        self.compute_tokens = {}

    def unknown(self, request, methods):
        if methods:
            return iam_error(request, 405, "BXNIM0060E", "Method not allowed.").answer
        return iam_error(request, 404, "BXNIM0049E", "The requested resource is unknown.").answer

    def token(self, request):
        if "chunked" in request.header("transfer-encoding", "").lower():
            raise iam_error(request, 400, "BXNIM0109E", "Property missing or empty.",
                            "Property 'grant_type' is missing: no Content-Length.")
        form = {name: values[0] for name, values in
                parse_qs(request.body.decode("ascii", "replace")).items()}
        grant = self.need(request, form, "grant_type")
        flow = {"apikey": self.for_api_key, "cr-token": self.for_compute_resource,
                "assume": self.for_assumed_profile}.get(grant.removeprefix(GRANT))
        if flow is None or not grant.startswith(GRANT):
            raise iam_error(request, 400, "BXNIM0108E", "Grant type is not supported.")
        owner = flow(request, form)
        text, expiration = self.tokens.issue(owner, grant)
        self.tokens.note_owner(request)
        request.credential, request.token = owner.name, self.tokens.issued[text].serial
        return answer_json(200, {
            "access_token": text, "refresh_token": "not_supported", "ims_user_id": 118000090,
            "token_type": "Bearer", "expires_in": self.tokens.life_s, "expiration": expiration,
            "scope": "ibm openid"})

    def need(self, request, form, name):
        if not form.get(name):
            raise iam_error(request, 400, "BXNIM0109E", "Property missing or empty.",
                            f"Property '{name}' is missing or empty.")
        return form[name]

    def for_api_key(self, request, form):
        owner = self.tokens.by_secret(self.need(request, form, "apikey"), "api-key")
        if owner is None:
            raise iam_error(request, 400, "BXNIM0415E", "Provided API key could not be found.")
        return owner

    def for_compute_resource(self, request, form):
        trusted = self.compute_tokens.get(self.need(request, form, "cr_token"))
        if trusted is None:
            raise iam_error(request, 400, "BXNIM0401E", "Provided token is malformed.")
        profile = self.named_profile(request, form)
        if profile.name not in trusted:
            raise iam_error(request, 403, "BXNIM0513E",
                            "The compute resource is not authorised for this trusted profile.")
        return profile

    def for_assumed_profile(self, request, form):
        worth, _ = self.tokens.check(f"Bearer {self.need(request, form, 'access_token')}")
        if worth != GOOD:
            raise iam_error(request, 400, "BXNIM0401E", "Provided token is malformed.")
        return self.named_profile(request, form)

    def named_profile(self, request, form):
        word = form.get("profile_id") or form.get("profile_crn") or form.get("profile_name")
        crn = form.get("profile_crn")
        if crn and not crn.startswith("crn:v1:"):
            raise iam_error(request, 400, "BXNIM0113E", "Provided CRN is invalid.")
        profile = self.tokens.profile(word or self.need(request, form, "profile_id"))
        if profile is None:
            raise iam_error(request, 403, "BXNIM0513E", "The trusted profile cannot be used.")
        return profile

    def policies(self, request):
        """GET /v1/policies?account_id=…&type=authorization, for who may read policies."""
        worth, owner = self.tokens.check(request.header("authorization"))
        if worth != GOOD:
            return policy_error(401, "invalid_token", "The provided token is not valid.")
        if not request.argument("account_id"):
            return policy_error(400, "required_query_param", "account_id is required.")
        if not owner.may_read_policies:
            return policy_error(403, "insufficient_permissions",
                                "You are not allowed to view policies of this account.")
        found = []
        if (request.argument("account_id") == self.tokens.account
                and request.argument("type") in (None, "authorization")):
            found = [self.authorisations.document(p) for p in self.authorisations.all]
        return answer_json(200, {"policies": found})


def policy_error(status, code, message):
    return answer_json(status, {"trace": uuid.uuid4().hex, "status_code": status,
                                "errors": [{"code": code, "message": message}]})


class Authorisations:
    """Which service may read which: policies of Direct Link for the stores of keys."""

    def __init__(self, account, clock):
        self.account, self.clock, self.all = account, clock, []

    def add(self, service, instance=None, ring=None, key=None, role="Reader"):
        """service: "hs-crypto", "kms" or "secrets-manager"; narrower with each further word."""
        policy = {"id": str(uuid.uuid4()), "service": service, "instance": instance, "ring": ring,
                  "key": key, "role": role, "created": self.clock.now()}
        self.all.append(policy)
        return policy["id"]

    def remove(self, number=None):
        self.all = [p for p in self.all if number is not None and p["id"] != number]

    def allow(self, service, instance, ring, key):
        """Whether Direct Link may read a key. HPCS knows only whole instances (facts, 4.2)."""
        for policy in self.all:
            if policy["service"] != service or policy["instance"] not in (None, instance):
                continue
            narrow = policy["ring"] is not None or policy["key"] is not None
            if service == "hs-crypto" and narrow:
                continue
            if policy["ring"] in (None, ring) and policy["key"] in (None, key):
                return True
        return False

    def document(self, policy):
        wide = {"accountId": self.account, "serviceName": policy["service"],
                "serviceInstance": policy["instance"], "keyRing": policy["ring"],
                "resourceType": policy["key"] and "key", "resource": policy["key"]}
        return {
            "id": policy["id"], "type": "authorization", "description": "", "state": "active",
            "subjects": [{"attributes": [{"name": "accountId", "value": self.account},
                                         {"name": "serviceName", "value": "directlink"}]}],
            "roles": [{"role_id": ROLE_CRN + policy["role"], "display_name": policy["role"],
                       "description": ""}],
            "resources": [{"attributes": [{"name": name, "value": value, "operator": "stringEquals"}
                                          for name, value in wide.items() if value]}],
            "href": f"https://iam.cloud.ibm.com/v1/policies/{policy['id']}",
            "created_at": to_text(policy["created"], True), "created_by_id": "IBMid-local",
            "last_modified_at": to_text(policy["created"], True),
            "last_modified_by_id": "IBMid-local"}


class Metadata(Service):
    """The VPC's metadata service, over plain HTTP, on the instance only."""

    ROUTES = (
        ("PUT", "/instance_identity/v1/token", "identity"),
        ("PUT", "/identity/v1/token", "identity"),
        ("POST", "/instance_identity/v1/iam_token", "iam_token"),
        ("POST", "/identity/v1/iam_tokens", "iam_token"),
    )

    def __init__(self, tokens, clock, profile):
        super().__init__("metadata")
        self.tokens, self.clock, self.profile = tokens, clock, profile  # the instance's own one
        self.identities = {}

    def refuse(self, status, code, message):
        return Refusal(answer_json(status, {"errors": [{"code": code, "message": message}]}))

    def times(self, life_s):
        now = self.clock.now()
        return {"created_at": to_text(now), "expires_at": to_text(now + life_s),
                "expires_in": life_s}

    def check(self, request):
        if not request.argument("version"):
            raise self.refuse(400, "missing_version", "The query parameter version is missing.")

    def body(self, request):
        try:
            return request.json() if request.body else {}
        except ValueError:
            raise self.refuse(400, "bad_request", "The body is no JSON object.") from None

    def identity(self, request):
        self.check(request)
        if request.header("metadata-flavor") != "ibm":
            raise self.refuse(400, "missing_header", "The header Metadata-Flavor: ibm is missing.")
        life_s = self.body(request).get("expires_in", 300)
        if not isinstance(life_s, int) or not 5 <= life_s <= 3600:
            raise self.refuse(400, "bad_field", "expires_in must be 5 to 3600.")
        text = secrets.token_urlsafe(200)
        self.identities[text] = self.clock.now() + life_s
        return answer_json(200, {"access_token": text, **self.times(life_s)})

    def iam_token(self, request):
        self.check(request)
        text = request.header("authorization", "").removeprefix("Bearer ")
        if self.identities.get(text, 0) <= self.clock.now():
            raise self.refuse(401, "not_authorized", "The instance identity token is not valid.")
        wish = self.body(request).get("trusted_profile", {})
        profile = self.tokens.profile(wish.get("id") or wish.get("crn") or self.profile)
        if profile is None or profile.name != self.profile:
            raise self.refuse(403, "not_authorized", "The instance may not use this profile.")
        token, _ = self.tokens.issue(profile, "vpc-instance")
        request.credential, request.token = profile.name, self.tokens.issued[token].serial
        return answer_json(200, {"access_token": token, **self.times(self.tokens.life_s)})
