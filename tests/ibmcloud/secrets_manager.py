# SPDX-License-Identifier: BSD-3-Clause
"""Secrets Manager v2: arbitrary secrets and their versions."""

import uuid
from dataclasses import dataclass, field

from ibmcloud.clock import from_text, to_text
from ibmcloud.exchange import Answer, Refusal, Service, answer_json
from ibmcloud.tokens import GOOD

READ = ("Reader", "ReaderPlus", "Writer", "Manager")
READ_PAYLOAD = ("ReaderPlus", "Writer", "Manager")  # the service calls this role SecretsReader
WRITE = ("Writer", "Manager")
MANAGE = ("Manager",)
STATES = {0: "pre_activation", 1: "active", 2: "suspended", 3: "deactivated", 5: "destroyed"}
PAYLOAD_MAX = 1 << 20


@dataclass
class Secret:
    id: str
    name: str
    created: float
    created_by: str
    group: str = "default"
    description: str = None
    labels: list = field(default_factory=list)
    expires: float = None
    updated: float = None
    forced_state: int = None
    versions: list = field(default_factory=list)  # (id, time, payload), the newest last

    def state(self, now):
        """A secret that has expired is destroyed: its payload cannot be had any more."""
        if self.forced_state is not None:
            return self.forced_state
        return 5 if self.expires is not None and self.expires <= now else 1

    def payload(self):
        return self.versions[-1][2]


class SecretStore:
    """One instance's secrets."""

    service = "secrets-manager"

    def __init__(self, region, account, clock):
        self.region, self.account, self.clock = region, account, clock
        self.id = str(uuid.uuid4())
        self.secrets = {}

    def crn(self, secret_id):
        return (f"crn:v1:bluemix:public:secrets-manager:{self.region}:a/{self.account}:{self.id}:"
                f"secret:{secret_id}")

    def add(self, name, who, payload, **rest):
        now = self.clock.now()
        secret = Secret(str(uuid.uuid4()), name, now, who, **rest)
        secret.versions.append((str(uuid.uuid4()), now, payload))
        self.secrets[secret.id] = secret
        return secret

    def renew(self, secret, payload):
        """Another version; the secret's id stays."""
        secret.versions.append((str(uuid.uuid4()), self.clock.now(), payload))
        secret.updated = self.clock.now()
        return secret.versions[-1][0]

    def document(self, secret, with_payload=False):
        state = secret.state(self.clock.now())
        shown = {
            "id": secret.id, "name": secret.name, "crn": self.crn(secret.id),
            "description": secret.description, "secret_group_id": secret.group,
            "secret_type": "arbitrary", "state": state, "state_description": STATES[state],
            "created_at": to_text(secret.created), "created_by": secret.created_by,
            "updated_at": to_text(secret.updated or secret.created),
            "expiration_date": to_text(secret.expires), "downloaded": True,
            "labels": secret.labels, "locks_total": 0, "versions_total": len(secret.versions),
            "custom_metadata": {}}
        if with_payload and state == 1:
            shown["payload"] = secret.payload()
        return {name: value for name, value in shown.items() if value is not None}

    def version_document(self, secret, number, with_payload=False):
        version = secret.versions[number]
        is_last = number == len(secret.versions) - 1
        is_there = number >= len(secret.versions) - 2 and secret.state(self.clock.now()) == 1
        shown = {"id": version[0], "secret_id": secret.id, "secret_type": "arbitrary",
                 "secret_name": secret.name, "secret_group_id": secret.group,
                 "alias": "current" if is_last else "previous",
                 "created_at": to_text(version[1]), "created_by": secret.created_by,
                 "payload_available": is_there, "downloaded": True,
                 "expiration_date": to_text(secret.expires), "version_custom_metadata": {}}
        if number < len(secret.versions) - 2:
            del shown["alias"]
        if with_payload and is_there:
            shown["payload"] = version[2]
        return {name: value for name, value in shown.items() if value is not None}


def refuse(status, code, message, headers=None):
    return Refusal(answer_json(status, {
        "status_code": status, "trace": str(uuid.uuid4()),
        "errors": [{"code": code, "message": message,
                    "more_info": "https://cloud.ibm.com/docs/secrets-manager"}]}, headers))


class SecretsManager(Service):
    PREFIX = "/api/v2"
    ROUTES = (
        ("GET", "/secrets", "list_secrets"),
        ("POST", "/secrets", "create"),
        ("GET", "/secrets/{word}", "get"),
        ("DELETE", "/secrets/{word}", "delete"),
        ("GET", "/secrets/{word}/metadata", "metadata"),
        ("GET", "/secrets/{word}/versions", "list_versions"),
        ("POST", "/secrets/{word}/versions", "add_version"),
        ("GET", "/secrets/{word}/versions/{version}", "get_version"),
        ("GET", "/secret_groups/{group}/secret_types/{kind}/secrets/{name}", "get_by_name"),
    )

    def __init__(self, store, tokens):
        super().__init__("secrets-manager")
        self.store, self.tokens = store, tokens

    def caller(self, request, roles):
        worth, owner = self.tokens.check(request.header("authorization"))
        if worth != GOOD:
            raise refuse(401, "unauthorized", "The token is missing, malformed or expired.",
                         {"WWW-Authenticate": "Bearer"})
        if not owner.has(self.name, *roles):
            raise refuse(403, "forbidden", "The token's owner lacks a role for this action.")
        return owner

    def secret(self, word):
        found = self.store.secrets.get(word)
        if found is None:
            raise refuse(404, "not_found", f"The secret {word} does not exist.")
        return found

    def body(self, request):
        try:
            return request.json()
        except ValueError:
            raise refuse(400, "bad_request", "The body is no JSON object.") from None

    def payload_of(self, body):
        payload = body.get("payload")
        if not isinstance(payload, str) or not 0 < len(payload) <= PAYLOAD_MAX:
            raise refuse(400, "bad_request", "payload must be a text that is not empty.")
        return payload

    def number(self, request, name, default, most):
        word = request.argument(name, str(default))
        if not word.isdigit() or int(word) > most:
            raise refuse(400, "bad_request", f"{name} must be 0 to {most}.")
        return int(word)

    def list_secrets(self, request):
        self.caller(request, READ)
        limit = self.number(request, "limit", 200, 1000)
        offset = self.number(request, "offset", 0, 1 << 31)
        word = request.argument("search", "")
        found = [s for s in self.store.secrets.values() if word in s.name or word in s.id]
        found.sort(key=lambda s: (s.created, s.id))
        base = f"https://{request.header('host', '')}{request.path}"
        body = {"secrets": [self.store.document(s) for s in found[offset:offset + limit]],
                "total_count": len(found), "limit": limit, "offset": offset,
                "first": {"href": f"{base}?limit={limit}"},
                "last": {"href": f"{base}?offset={max(0, len(found) - limit)}&limit={limit}"}}
        if offset + limit < len(found):
            body["next"] = {"href": f"{base}?offset={offset + limit}&limit={limit}"}
        return answer_json(200, body)

    def create(self, request):
        owner, body = self.caller(request, WRITE), self.body(request)
        if body.get("secret_type", "arbitrary") != "arbitrary":
            raise refuse(400, "bad_request", "Only arbitrary secrets are served here.")
        name = body.get("name")
        if not isinstance(name, str) or not 2 <= len(name) <= 256:
            raise refuse(400, "bad_request", "name must have 2 to 256 characters.")
        if any(s.name == name for s in self.store.secrets.values()):
            raise refuse(409, "conflict", "A secret of this name and type exists in the group.")
        secret = self.store.add(
            name, owner.iam_id, self.payload_of(body), expires=self.expiry(body),
            description=body.get("description"), labels=body.get("labels") or [],
            group=body.get("secret_group_id", "default"))
        return answer_json(201, self.store.document(secret, True))

    def expiry(self, body):
        try:
            text = body.get("expiration_date")
            expires = None if text is None else from_text(text)
        except (TypeError, ValueError):
            expires = 0
        if expires is not None and expires <= self.store.clock.now():
            raise refuse(400, "bad_request", "expiration_date must be RFC 3339, and to come.")
        return expires

    def get(self, request, word):
        self.caller(request, READ_PAYLOAD)
        return answer_json(200, self.store.document(self.secret(word), True))

    def get_by_name(self, request, group, kind, name):
        self.caller(request, READ_PAYLOAD)
        for secret in self.store.secrets.values():
            if (secret.group, "arbitrary", secret.name) == (group, kind, name):
                return answer_json(200, self.store.document(secret, True))
        raise refuse(404, "not_found", f"The secret {name} does not exist.")

    def metadata(self, request, word):
        self.caller(request, READ)
        return answer_json(200, self.store.document(self.secret(word)))

    def delete(self, request, word):
        self.caller(request, MANAGE)
        del self.store.secrets[self.secret(word).id]
        return Answer(204)

    def list_versions(self, request, word):
        self.caller(request, READ)
        secret = self.secret(word)
        shown = [self.store.version_document(secret, n) for n in range(len(secret.versions))]
        return answer_json(200, {"versions": shown, "total_count": len(shown)})

    def add_version(self, request, word):
        self.caller(request, WRITE)
        secret = self.secret(word)
        self.store.renew(secret, self.payload_of(self.body(request)))
        last = len(secret.versions) - 1
        return answer_json(201, self.store.version_document(secret, last, True))

    def get_version(self, request, word, version):
        self.caller(request, READ_PAYLOAD)
        secret = self.secret(word)
        names = {v[0]: n for n, v in enumerate(secret.versions)}
        names["current"] = len(secret.versions) - 1
        if len(secret.versions) > 1:
            names["previous"] = len(secret.versions) - 2
        if version not in names:
            raise refuse(404, "not_found", f"The secret has no version {version}.")
        return answer_json(200, self.store.version_document(secret, names[version], True))
