# SPDX-License-Identifier: BSD-3-Clause
"""KMS API v2: keys. HPCS and Key Protect serve the same one."""

import uuid

from ibmcloud import kms_listing
from ibmcloud.clock import to_text
from ibmcloud.exchange import Answer, Service, answer_json, answer_text
from ibmcloud.kms_create import ALIASES_PER_KEY, check_alias, wanted_key
from ibmcloud.kms_errors import envelope, no_access, not_found, refuse, refuse_plainly
from ibmcloud.kms_keys import (DESTROYED, KEY, PURGE_FROM_S, RESTORE_FROM_S, RESTORE_UNTIL_S,
                               SUSPENDED, version_document)
from ibmcloud.kms_listing import collection
from ibmcloud.kms_policies import PoliciesMixin
from ibmcloud.kms_rings import RingsMixin
from ibmcloud.tokens import GOOD, MISSING

ALIAS = "application/vnd.ibm.kms.alias+json"
READ = ("Reader", "ReaderPlus", "Writer", "Manager")
READ_PAYLOAD = ("ReaderPlus", "Writer", "Manager")
WRITE = ("Writer", "Manager")
MANAGE = ("Manager",)
PURGE = ("KeyPurge",)
# How a token that is no good is refused: all of these have been seen.
BEARER_FORMS = ("sub-extraction", "plain", "unauthorized")


class Kms(RingsMixin, PoliciesMixin, Service):
    PREFIX = "/api/v2"
    ROUTES = (
        ("GET", "/keys", "list_keys"),
        ("HEAD", "/keys", "count_keys"),
        ("POST", "/keys", "create_key"),
        ("GET", "/keys/{word}", "get_key"),
        ("GET", "/keys/{word}/metadata", "get_metadata"),
        ("GET", "/keys/{word}/versions", "list_versions"),
        ("PATCH", "/keys/{word}", "move_key"),
        ("DELETE", "/keys/{word}", "delete_key"),
        ("POST", "/keys/{word}/restore", "restore_key"),
        ("DELETE", "/keys/{word}/purge", "purge_key"),
        ("POST", "/keys/{word}/actions/{action}", "act"),
        ("POST", "/keys/{word}/aliases/{alias}", "add_alias"),
        ("DELETE", "/keys/{word}/aliases/{alias}", "delete_alias"),
        *RingsMixin.RING_ROUTES,
        *PoliciesMixin.POLICY_ROUTES,
    )

    def __init__(self, name, instance, tokens):
        super().__init__(name)
        self.instance, self.tokens, self.clock = instance, tokens, instance.clock
        self.bearer_form = "sub-extraction"

    def unknown(self, request, methods):
        status = 405 if methods else 404
        return envelope(status, f"{request.method} {request.path} is not served")

    def answer(self, request):
        answer = super().answer(request)
        answer.headers.setdefault(
            "Correlation-Id", request.header("correlation-id") or str(uuid.uuid4()))
        return answer

    # --- who asks, and what may they

    def caller(self, request, roles=None):
        """The credential, after all checks that any call must pass, and with one of the roles."""
        worth, owner = self.tokens.check(request.header("authorization"))
        if worth == MISSING:
            raise no_access({"WWW-Authenticate": 'Bearer realm="IAM"'})
        if worth != GOOD:
            raise self.bad_bearer()
        if request.header("bluemix-instance") is None:
            raise refuse_plainly(400, "the header Bluemix-Instance is missing")
        if request.header("bluemix-instance") != self.instance.id:
            raise no_access()
        if (self.instance.policies.get("allowedNetwork") == "private-only"
                and "private." not in request.header("host", "")):
            raise no_access()
        if roles and not owner.has(self.instance.service, *roles):
            raise no_access()
        return owner

    def bad_bearer(self):
        if self.bearer_form == "unauthorized":
            return no_access({"WWW-Authenticate": 'Bearer error="invalid_token"'})
        if self.bearer_form == "plain":
            refusal = refuse_plainly(400, "")
            refusal.answer = answer_text(400, "Bad Request: Token is expired")
            return refusal
        return refuse(400, "The bearer token could not be used", "BEARER_SUB_EXTRACTION_ERR",
                      "failed to extract the subject from the bearer token")

    def key(self, request, word, what="Key could not be retrieved"):
        key = self.instance.find(word, request.header("x-kms-key-ring"))
        if key is None:
            raise not_found(what)
        return key

    def shown(self, key, with_payload=False):
        return key.document(self.instance, self.clock.now(), with_payload)

    # --- reading

    def list_keys(self, request):
        owner = self.caller(request)
        keys, extra = kms_listing.page(request, self.instance)
        if not owner.has(self.instance.service, *READ):
            keys = []  # who may not list sees an empty instance, not an error
        return answer_json(200, collection(KEY, [self.shown(key) for key in keys], extra))

    def count_keys(self, request):
        owner = self.caller(request)
        keys = kms_listing.select(request, self.instance)
        total = len(keys) if owner.has(self.instance.service, *READ) else 0
        return Answer(200, b"", {"Key-Total": total})

    def get_key(self, request, word):
        self.caller(request, READ_PAYLOAD)
        return answer_json(200, collection(KEY, [self.shown(self.key(request, word), True)]))

    def get_metadata(self, request, word):
        self.caller(request, READ)
        return answer_json(200, collection(KEY, [self.shown(self.key(request, word))]))

    def list_versions(self, request, word):
        self.caller(request, READ)
        key = self.key(request, word)
        self.need_root(key)
        limit = kms_listing.number(request, "limit", 200, 1, 5000)
        offset = kms_listing.number(request, "offset", 0, 0, 1 << 31)
        page = [version_document(v) for v in reversed(key.versions)][offset:offset + limit]
        extra = ({"totalCount": len(key.versions)}
                 if request.argument("totalCount") == "true" else None)
        return answer_json(200, collection("application/vnd.ibm.kms.key.version+json", page, extra))

    def need_root(self, key):
        if key.extractable:
            raise refuse(400, "The action could not be performed on the key", "KEY_ROOT_REQ_ERR",
                         "the key is not a root key")

    # --- making

    def create_key(self, request):
        owner = self.caller(request, WRITE)
        wanted = wanted_key(request, self.instance, request.header("x-kms-key-ring"))
        self.check_creation(wanted)
        key = self.instance.add(who=owner.iam_id, **wanted)
        key.is_dual_auth = bool(self.instance.policies.get("dualAuthDelete"))
        return self.created(request, key)

    def created(self, request, key):
        if request.header("prefer") == "return=minimal":
            resource = {"id": key.id, "type": KEY, "crn": self.instance.crn(key.id)}
        else:
            resource = self.shown(key, True)
        return answer_json(201, collection(KEY, [resource]))

    def move_key(self, request, word):
        self.caller(request, MANAGE)
        key = self.key(request, word)
        try:
            ring = request.json().get("keyRingID")
        except ValueError:
            ring = None
        if ring not in self.instance.rings:
            raise refuse(400, "Key could not be updated", "INVALID_FIELD_ERR",
                         "keyRingID names no key ring", field="keyRingID")
        key.ring = ring
        self.instance.touch(key)
        return answer_json(200, collection(KEY, [self.shown(key)]))

    # --- ending

    def delete_key(self, request, word):
        owner = self.caller(request, MANAGE)
        what = "Key could not be deleted"
        key = self.key(request, word, what)
        if key.state(self.clock.now()) == DESTROYED:
            raise refuse(410, what, "KEY_DELETED_ERR", "key has already been deleted")
        if key.is_dual_auth and not self.is_agreed(key, owner):
            raise refuse(409, what, "AUTHORIZATIONS_NOT_MET",
                         "a second user must set the key for deletion first")
        self.instance.delete(key, owner.iam_id)
        return self.after_deletion(request, 204, self.shown(key))

    def is_agreed(self, key, owner):
        return (key.set_for_deletion_by not in (None, owner.iam_id)
                and self.clock.now() < key.set_for_deletion_until)

    def after_deletion(self, request, status, resource):
        if request.header("prefer") == "return=representation":
            return answer_json(200, collection(KEY, [resource]))
        return Answer(status)

    def restore_key(self, request, word):
        self.caller(request, MANAGE)
        what, now = "Key could not be restored", self.clock.now()
        key = self.key(request, word, what)
        if key.state(now) != DESTROYED:
            raise refuse(409, what, "KEY_ACTION_INVALID_STATE_ERR", "key is not deleted")
        if now - key.deleted < RESTORE_FROM_S:
            raise refuse(409, what, "REQ_TOO_EARLY_ERR", "key was deleted less than 30 s ago")
        if now - key.deleted >= RESTORE_UNTIL_S:
            raise refuse(400, what, "KEY_RESTORE_EXPIRED", "key was deleted 30 days ago or before")
        self.instance.restore(key)
        return answer_json(201, collection(KEY, [self.shown(key)]))

    def purge_key(self, request, word):
        self.caller(request, PURGE)
        what, now = "Key could not be purged", self.clock.now()
        key = self.key(request, word, what)
        if key.state(now) != DESTROYED:
            raise refuse(409, what, "KEY_ACTION_INVALID_STATE_ERR", "key is not deleted")
        if now - key.deleted < PURGE_FROM_S:
            raise refuse(409, what, "REQ_TOO_EARLY_ERR", "key was deleted less than 4 h ago")
        resource = self.shown(key)
        self.instance.purge(key)
        return self.after_deletion(request, 204, resource)

    def act(self, request, word, action):
        owner = self.caller(request, WRITE if action.endswith("ForDeletion") else MANAGE)
        key = self.key(request, word, "The action could not be performed on the key")
        functions = {"disable": self.suspend, "enable": self.enable, "rotate": self.rotate,
                     "setKeyForDeletion": self.set_for_deletion,
                     "unsetKeyForDeletion": self.unset_for_deletion}
        if action not in functions:
            raise refuse(400, "The action could not be performed on the key", "INVALID_FIELD_ERR",
                         "no such action", query="action")
        functions[action](key, owner)
        self.instance.touch(key)
        return Answer(204)

    def invalid_state(self, text):
        return refuse(409, "The action could not be performed on the key",
                      "KEY_ACTION_INVALID_STATE_ERR", text)

    def suspend(self, key, _owner):
        self.need_root(key)
        if key.state(self.clock.now()) != 1:
            raise self.invalid_state("key is not active")
        key.forced_state = SUSPENDED

    def enable(self, key, _owner):
        self.need_root(key)
        if key.state(self.clock.now()) != SUSPENDED:
            raise self.invalid_state("key is not suspended")
        key.forced_state = None

    def rotate(self, key, _owner):
        self.need_root(key)
        if key.rotated and self.clock.now() - key.rotated < 3600:
            raise refuse(409, "Key could not be rotated", "KEY_ROTATION_NOT_PERMITTED",
                         "key was rotated less than an hour ago")
        key.rotated = self.clock.now()
        key.versions.append((str(uuid.uuid4()), key.rotated))

    # --- aliases

    def add_alias(self, request, word, alias):
        owner = self.caller(request, WRITE)
        key = self.key(request, word, "Alias could not be created")
        check_alias(alias, self.instance)
        if len(key.aliases) >= ALIASES_PER_KEY:
            raise refuse(409, "Alias could not be created", "KEY_ALIAS_LIMIT_ERR",
                         "a key has at most five aliases")
        self.instance.point(alias, key, owner.iam_id)
        _, created, who = self.instance.aliases[alias]
        return answer_json(201, collection(ALIAS, [
            {"keyId": key.id, "alias": alias, "createdBy": who, "creationDate": to_text(created)}]))

    def delete_alias(self, request, word, alias):
        self.caller(request, WRITE)
        key = self.key(request, word, "Alias could not be deleted")
        if alias not in key.aliases:
            raise not_found("Alias could not be deleted")
        self.instance.unpoint(alias)
        return Answer(204)
