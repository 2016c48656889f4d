# SPDX-License-Identifier: BSD-3-Clause
"""KMS API v2: policies of keys and of the instance, and deletion by two."""

import json

from ibmcloud.clock import to_text
from ibmcloud.exchange import Answer, answer_json
from ibmcloud.kms_create import body_of, wanted_key
from ibmcloud.kms_errors import refuse
from ibmcloud.kms_keys import KEY, SET_FOR_DELETION_S
from ibmcloud.kms_listing import collection

POLICY = "application/vnd.ibm.kms.policy+json"
WHAT = "Policy could not be set"


class PoliciesMixin:
    """Part of class Kms."""

    POLICY_ROUTES = (
        ("POST", "/keys_with_policy_overrides", "create_key_with_policies"),
        ("GET", "/keys/{word}/policies", "get_policies"),
        ("PUT", "/keys/{word}/policies", "put_policies"),
        ("GET", "/instance/policies", "get_instance_policies"),
        ("PUT", "/instance/policies", "put_instance_policy"),
    )

    def check_creation(self, wanted):
        """The instance's word on what may be created or imported."""
        access = self.instance.policies.get("keyCreateImportAccess") or {}
        way = "create" if wanted["payload"] is None else "import"
        name = f"{way}_{'standard' if wanted['extractable'] else 'root'}_key"
        if access.get(name) is False:
            raise refuse(409, "Key could not be created", "KEY_CREATE_IMPORT_ACCESS_ERR",
                         f"the instance's policy forbids {name}")

    def create_key_with_policies(self, request):
        owner = self.caller(request, ("Writer", "Manager"))
        body = body_of(request)
        policies = body.pop("policies", {})
        overrides = policies.get("dualAuthDelete", {})
        if set(policies) - {"dualAuthDelete", "rotation"} or (
                "rotation" in policies and body.get("extractable")):
            raise refuse(400, WHAT, "KEY_ROOT_REQ_ERR", "the key is not a root key")
        request.body = json.dumps({"metadata": {"collectionType": KEY, "collectionTotal": 1},
                                   "resources": [body]}).encode()
        wanted = wanted_key(request, self.instance, request.header("x-kms-key-ring"))
        self.check_creation(wanted)
        key = self.instance.add(who=owner.iam_id, **wanted)
        key.is_dual_auth = bool(overrides.get("enabled"))
        return self.created(request, key)

    def policy_document(self, key):
        return {"type": POLICY, "dualAuthDelete": {"enabled": key.is_dual_auth},
                "creationDate": to_text(key.created),
                "lastUpdateDate": to_text(key.updated or key.created)}

    def get_policies(self, request, word):
        self.caller(request, ("Reader", "ReaderPlus", "Writer", "Manager"))
        return answer_json(200, collection(POLICY, [self.policy_document(self.key(request, word))]))

    def put_policies(self, request, word):
        self.caller(request, ("Manager",))
        key = self.key(request, word)
        resource = body_of(request, WHAT)
        asked = request.argument("policy")
        if asked and asked not in resource:
            raise refuse(400, WHAT, "BODY_QUERY_PARAM_MISMATCH_ERR", "policy and body differ",
                         query="policy")
        if "rotation" in resource:
            self.need_root(key)
        enabled = resource.get("dualAuthDelete", {}).get("enabled")
        if not isinstance(enabled, bool):
            raise refuse(400, WHAT, "INVALID_FIELD_ERR", "enabled must be true or false",
                         field="enabled")
        key.is_dual_auth = enabled
        self.instance.touch(key)
        return answer_json(200, collection(POLICY, [self.policy_document(key)]))

    def get_instance_policies(self, request):
        self.caller(request, ("Manager",))
        policies = [{"policy_type": name, "policy_data": {"attributes": value}}
                    for name, value in self.instance.policies.items()]
        return answer_json(200, collection("application/vnd.ibm.kms.instance_policy+json",
                                           policies))

    def put_instance_policy(self, request):
        self.caller(request, ("Manager",))
        resource = body_of(request, WHAT)
        name, data = resource.get("policy_type"), resource.get("policy_data", {})
        if request.argument("policy") not in (None, name):
            raise refuse(400, WHAT, "BODY_QUERY_PARAM_MISMATCH_ERR", "policy and body differ",
                         query="policy")
        if name not in ("dualAuthDelete", "allowedNetwork", "keyCreateImportAccess"):
            raise refuse(400, WHAT, "INVALID_FIELD_ERR", "no such policy", field="policy_type")
        self.set_instance_policy(name, bool(data.get("enabled")), data.get("attributes") or {})
        return Answer(204)

    def set_instance_policy(self, name, is_enabled, attributes):
        if not is_enabled:
            self.instance.policies.pop(name, None)
        elif name == "allowedNetwork":
            self.instance.policies[name] = attributes.get("allowed_network", "public-and-private")
        else:
            self.instance.policies[name] = attributes or True

    # --- deletion by two

    def need_dual_auth(self, key):
        if not key.is_dual_auth:
            raise refuse(409, "The action could not be performed on the key", "NOT_DUAL_AUTH_ERR",
                         "the key has no dual authorisation policy")

    def set_for_deletion(self, key, owner):
        self.need_dual_auth(key)
        key.set_for_deletion_by = owner.iam_id
        key.set_for_deletion_until = self.clock.now() + SET_FOR_DELETION_S

    def unset_for_deletion(self, key, _owner):
        self.need_dual_auth(key)
        key.set_for_deletion_by = key.set_for_deletion_until = None
