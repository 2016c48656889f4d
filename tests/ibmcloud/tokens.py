# SPDX-License-Identifier: BSD-3-Clause
"""Credentials with their roles, and the bearer tokens that they get."""

import base64
import itertools
import json
import secrets
import uuid
from dataclasses import dataclass, field

ROLES = ("Reader", "ReaderPlus", "Writer", "Manager", "KeyPurge")
KINDS = ("api-key", "profile")
# What a Bearer header is worth.
GOOD, MISSING, MALFORMED, EXPIRED = "good", "missing", "malformed", "expired"


@dataclass
class Credential:
    """An identity: a service id with an API key, or a trusted profile."""

    name: str
    secret: str  # API key; of a profile its id
    kind: str = "api-key"
    iam_id: str = ""
    roles: dict = field(default_factory=dict)  # service -> set of roles; "*" for all others
    may_read_policies: bool = False
    is_revoked: bool = False

    def has(self, service, *wanted):
        held = self.roles.get(service, self.roles.get("*", set()))
        return not held.isdisjoint(wanted)


@dataclass
class Token:
    serial: int
    text: str
    owner: Credential
    expires: float


def encode(value):
    octets = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


class Tokens:
    """Tokens look like IAM's: JSON web tokens, with a signature that nobody can check."""

    def __init__(self, clock, account, life_s):
        self.clock, self.account, self.life_s = clock, account, life_s
        self.skew_s = 0.0  # how far IAM's own clock is off, in what it says
        self.serial = itertools.count(1)
        self.credentials = {}
        self.issued = {}

    def add(self, name, roles, kind="api-key", secret=None, may_read_policies=False):
        """roles: a list for all services, or {service: list}."""
        per_service = roles if isinstance(roles, dict) else {"*": roles}
        wrong = {role for held in per_service.values() for role in held} - set(ROLES)
        if wrong or kind not in KINDS:
            raise ValueError(f"no role {sorted(wrong)} or kind {kind}; there are {ROLES}, {KINDS}")
        secret = secret or (f"Profile-{uuid.uuid4()}" if kind == "profile"
                            else secrets.token_urlsafe(33))
        iam_id = f"iam-{'Profile' if kind == 'profile' else 'ServiceId'}-{uuid.uuid4()}"
        self.credentials[name] = Credential(
            name, secret, kind, iam_id, {key: set(held) for key, held in per_service.items()},
            may_read_policies)
        return self.credentials[name]

    def by_secret(self, secret, kind):
        return next((credential for credential in self.credentials.values()
                     if credential.kind == kind and not credential.is_revoked
                     and secrets.compare_digest(credential.secret.encode(), secret.encode())), None)

    def profile(self, word):
        """A trusted profile by id, by name or by CRN."""
        return next((credential for credential in self.credentials.values()
                     if credential.kind == "profile" and not credential.is_revoked
                     and word in (credential.secret, credential.name,
                                  self.profile_crn(credential))), None)

    def profile_crn(self, credential):
        return (f"crn:v1:bluemix:public:iam-identity::a/{self.account}::profile:"
                f"{credential.secret}")

    def issue(self, owner, grant):
        """A token and the moment of its end, as IAM's clock has it."""
        now = int(self.clock.now())
        told = now + int(self.skew_s)
        serial = next(self.serial)
        head = {"kid": "20260101000000", "alg": "RS256"}
        claims = {"iam_id": owner.iam_id, "id": owner.iam_id, "sub": owner.name,
                  "sub_type": "ServiceId", "jti": f"{serial}", "iat": told,
                  "exp": told + self.life_s, "iss": "https://iam.cloud.ibm.com/identity",
                  "grant_type": grant, "scope": "ibm openid", "client_id": "default",
                  "account": {"valid": True, "bss": self.account}}
        text = f"{encode(head)}.{encode(claims)}.{encode(secrets.token_bytes(256))}"
        self.issued[text] = Token(serial, text, owner, now + self.life_s)
        return text, told + self.life_s

    def expire_all(self):
        for token in self.issued.values():
            token.expires = 0.0

    def check(self, header):
        """(GOOD, credential) or (what is wrong, None)."""
        if header is None:
            return MISSING, None
        word, _, text = header.partition(" ")
        token = self.issued.get(text.strip())
        if word.lower() != "bearer" or token is None:
            return MALFORMED, None
        if token.owner.is_revoked or token.expires <= self.clock.now():
            return EXPIRED, None
        return GOOD, token.owner

    def note_owner(self, request):
        """For the journal: who asked, with which token, also when it is no good any more."""
        text = request.header("authorization", "").partition(" ")[2].strip()
        token = self.issued.get(text)
        if token:
            request.credential, request.token = token.owner.name, token.serial
