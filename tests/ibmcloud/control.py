# SPDX-License-Identifier: BSD-3-Clause
"""What a test can do to the cloud besides calling its services. Every public function is a call."""

import base64

from ibmcloud.clock import from_text
from ibmcloud.kms import BEARER_FORMS
from ibmcloud.tls import CERTIFICATES

TESTER = "iam-tester"


class Control:
    def __init__(self, cloud):
        self._cloud = cloud

    def call(self, name, arguments):
        """One call by its name; faults and journal have locks of their own."""
        function = None if name.startswith("_") or name == "call" else getattr(self, name, None)
        if function is None:
            raise ValueError(f"no call {name}")
        if name in ("service_down", "service_up"):
            return function(**arguments)  # waits for threads that may want the lock
        with self._cloud.lock:
            return function(**arguments)

    def ready(self):
        return self._cloud.ready()

    # --- faults, journal, ports

    def fault(self, kind, **how):
        return self._cloud.faults.add(kind, **how)

    def remove_fault(self, fault):
        self._cloud.faults.remove(fault)

    def clear_faults(self):
        self._cloud.faults.clear()

    def faults(self):
        return self._cloud.faults.list()

    def journal(self, since=0):
        return self._cloud.journal.since(since)

    def clear_journal(self):
        self._cloud.journal.clear()

    def service_down(self, service):
        self._cloud.ports[service].down()

    def service_up(self, service):
        self._cloud.ports[service].up()

    def certificate(self, service, kind):
        """Which certificate new connections of a service see."""
        if kind not in CERTIFICATES:
            raise ValueError(f"no certificate {kind}; there are {CERTIFICATES}")
        self._cloud.ports[service].certificate = kind

    # --- time

    def advance(self, seconds):
        """Moves the cloud's wall clock; returns how far it is off now."""
        self._cloud.clock.offset += seconds
        return self._cloud.clock.offset

    # --- credentials and tokens

    def add_credential(self, name, roles, may_read_policies=False):
        """roles: a list, or lists for "hs-crypto", "kms", "secrets-manager" and "direct-link".
        Returns the file with the API key."""
        return str(self._cloud.add_credential(name, roles, may_read_policies=may_read_policies))

    def set_roles(self, name, roles):
        per_service = roles if isinstance(roles, dict) else {"*": roles}
        self._cloud.tokens.credentials[name].roles = {
            service: set(held) for service, held in per_service.items()}

    def revoke(self, name, revoked=True):
        self._cloud.tokens.credentials[name].is_revoked = revoked

    def token_life(self, seconds):
        self._cloud.tokens.life_s = seconds

    def issued_tokens(self):
        """Every token so far, and the compute-resource tokens: what no output may hold."""
        return [*self._cloud.tokens.issued, *self._cloud.iam.compute_tokens]

    def expire_tokens(self):
        self._cloud.tokens.expire_all()

    def iam_skew(self, seconds):
        """How far off the absolute times are that IAM puts into tokens and answers."""
        self._cloud.tokens.skew_s = seconds

    def bearer_form(self, form):
        """How the KMS refuses a token that is no good."""
        if form not in BEARER_FORMS:
            raise ValueError(f"no form {form}; there are {BEARER_FORMS}")
        for service in ("hpcs", "key-protect"):
            self._cloud.services[service].bearer_form = form

    # --- keys

    def _instance(self, service):
        return {"hpcs": self._cloud.hpcs, "key-protect": self._cloud.key_protect}[service]

    def _key(self, key, service):
        found = self._instance(service).find(key)
        if found is None:
            raise ValueError(f"no key {key}")
        return found

    def import_key(self, digits, **rest):
        """A CAK as an operator stores it: base64 of its hexadecimal digits. Returns id and CRN."""
        return self.store_key(base64.b64encode(digits.encode()).decode(), **rest)

    def store_key(self, payload, service="hpcs", name="cak", alias=None, ring="default",
                  expires_in=None, extractable=True):
        """Any payload at all; None generates a key."""
        instance = self._instance(service)
        if ring not in instance.rings:
            instance.rings[ring] = (self._cloud.clock.now(), TESTER)
        expires = None if expires_in is None else self._cloud.clock.now() + expires_in
        key = instance.add(name, TESTER, payload, extractable, ring, expires=expires)
        if alias:
            instance.point(alias, key, TESTER)
        return {"id": key.id, "crn": instance.crn(key.id)}

    def set_key(self, key, service="hpcs", state=None, **values):
        """state: a number, or "natural"; further fields of kms_keys.Key by name; expires may be
        RFC 3339 or seconds from now."""
        found = self._key(key, service)
        if state is not None:
            found.forced_state = None if state == "natural" else state
        for name, value in values.items():
            if not hasattr(found, name):
                raise ValueError(f"a key has no field {name}")
            if name == "expires" and isinstance(value, str):
                value = from_text(value)
            elif name == "expires" and value is not None:
                value += self._cloud.clock.now()
            setattr(found, name, value)
        self._instance(service).touch(found)

    def delete_key(self, key, service="hpcs"):
        self._instance(service).delete(self._key(key, service), TESTER)

    def restore_key(self, key, service="hpcs"):
        self._instance(service).restore(self._key(key, service))

    def purge_key(self, key, service="hpcs"):
        self._instance(service).purge(self._key(key, service))

    def point_alias(self, alias, key, service="hpcs"):
        self._instance(service).point(alias, self._key(key, service), TESTER)

    # --- secrets

    def add_secret(self, payload, name="cak", expires_in=None):
        store = self._cloud.secret_store
        expires = None if expires_in is None else self._cloud.clock.now() + expires_in
        secret = store.add(name, TESTER, payload, expires=expires)
        return {"id": secret.id, "crn": store.crn(secret.id)}

    def renew_secret(self, secret, payload):
        """Another version; returns its id."""
        store = self._cloud.secret_store
        return store.renew(store.secrets[secret], payload)

    def set_secret(self, secret, state=None, expires_in=None):
        found = self._cloud.secret_store.secrets[secret]
        if state is not None:
            found.forced_state = None if state == "natural" else state
        if expires_in is not None:
            found.expires = self._cloud.clock.now() + expires_in

    def delete_secret(self, secret):
        del self._cloud.secret_store.secrets[secret]

    # --- Direct Link

    def _gateway(self, gateway):
        return self._cloud.direct_link.gateways[gateway] if gateway else self._cloud.gateway

    def add_gateway(self, name, capability="macsec"):
        return self._cloud.direct_link.add_gateway(name, capability).id

    def set_peer(self, caks, gateway=None):
        """CAK names and digits that the customer's switch has; null: whatever the gateway has."""
        self._gateway(gateway).peer = caks

    def settle(self, seconds, gateway=None):
        """How long a change takes to take hold."""
        self._gateway(gateway).settle_s = seconds

    def set_status(self, status, reasons=None, gateway=None):
        """null: what follows from the configuration."""
        found = self._gateway(gateway)
        found.forced_status, found.forced_reasons = status, reasons

    def set_cak_status(self, cak, status, gateway=None):
        self._gateway(gateway).cak(cak).forced_status = status

    def authorise(self, service="hs-crypto", instance=None, ring=None, key=None, role="Reader"):
        """Another policy for Direct Link; returns its id."""
        return self._cloud.authorisations.add(service, instance, ring, key, role)

    def unauthorise(self, policy=None):
        """One policy, or all of them."""
        self._cloud.authorisations.remove(policy)
