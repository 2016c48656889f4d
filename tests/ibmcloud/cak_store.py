# SPDX-License-Identifier: BSD-3-Clause
"""How Direct Link's switch gets a CAK: by the CRN of a stored key, with its own authorisation."""

import base64
import binascii
import re

HEX = r"[0-9a-fA-F]{64}"


class CakStore:
    """instances: the KMS instances and the secret store, by their GUID."""

    def __init__(self, instances, authorisations, clock):
        self.instances = {instance.id: instance for instance in instances}
        self.authorisations, self.clock = authorisations, clock

    def read(self, crn):
        """(64 hexadecimal digits, None) or (None, why not)."""
        parts = crn.split(":")
        service, instance_id, word = parts[4], parts[7], parts[9]
        instance = self.instances.get(instance_id)
        if instance is None or instance.service != service:
            return None, "The service instance of the key could not be found."
        if service == "secrets-manager":
            return self.read_secret(instance, word)
        return self.read_key(instance, word)

    def read_key(self, instance, word):
        key = instance.find(word)
        if key is None:
            return None, "The key could not be found."
        if not self.authorisations.allow(instance.service, instance.id, key.ring, key.id):
            return None, "Direct Link is not authorized to read the key."
        if key.state(self.clock.now()) != 1 or not key.extractable:
            return None, "The key is not active, or is no standard key."
        return digits(key.payload, is_text_allowed=False)

    def read_secret(self, store, word):
        secret = store.secrets.get(word)
        if secret is None:
            return None, "The secret could not be found."
        if not self.authorisations.allow(store.service, store.id, None, secret.id):
            return None, "Direct Link is not authorized to read the secret."
        if secret.state(self.clock.now()) != 1:
            return None, "The secret is not active."
        return digits(secret.payload(), is_text_allowed=True)


def digits(stored, is_text_allowed):
    """A KMS holds base64 of the digits, Secrets Manager either form."""
    if is_text_allowed and re.fullmatch(HEX, stored or ""):
        return stored.lower(), None
    try:
        text = base64.b64decode(stored or "", validate=True).decode("ascii")
    except (ValueError, binascii.Error):
        text = ""
    if not re.fullmatch(HEX, text):
        return None, "The key's value is not 64 hexadecimal digits."
    return text.lower(), None
