# SPDX-License-Identifier: BSD-3-Clause
"""Keys of one KMS instance and their life: active, expired, deleted, restored, purged."""

import base64
import secrets
import uuid
from dataclasses import dataclass, field

from ibmcloud.clock import to_text

KEY = "application/vnd.ibm.kms.key+json"
ACTIVE, SUSPENDED, DEACTIVATED, DESTROYED = 1, 2, 3, 5
DAY_S = 86400
RESTORE_FROM_S, RESTORE_UNTIL_S = 30, 30 * DAY_S
PURGE_FROM_S, PURGE_AT_S = 4 * 3600, 90 * DAY_S
SET_FOR_DELETION_S = 7 * DAY_S


@dataclass
class Key:
    id: str
    name: str
    ring: str
    created: float
    created_by: str
    extractable: bool
    imported: bool
    payload: str = None  # base64
    description: str = None
    aliases: list = field(default_factory=list)
    expires: float = None
    updated: float = None
    forced_state: int = None  # a test's word
    deleted: float = None
    deleted_by: str = None
    is_dual_auth: bool = False
    set_for_deletion_by: str = None
    set_for_deletion_until: float = None
    versions: list = field(default_factory=list)  # of a root key: (id, time)
    rotated: float = None

    def state(self, now):
        if self.deleted is not None:
            return DESTROYED
        if self.forced_state is not None:
            return self.forced_state
        return DEACTIVATED if self.expires is not None and self.expires <= now else ACTIVE

    def is_purged(self, now):
        return self.deleted is not None and now >= self.deleted + PURGE_AT_S

    def document(self, instance, now, with_payload=False):
        """The key as the API shows it; unset fields are absent."""
        mode, kind = instance.algorithm
        shown = {
            "type": KEY, "id": self.id, "name": self.name, "aliases": list(self.aliases) or None,
            "description": self.description, "tags": [], "state": self.state(now),
            "extractable": self.extractable, "imported": self.imported,
            "crn": instance.crn(self.id),
            "keyRingID": self.ring, "creationDate": to_text(self.created),
            "createdBy": self.created_by, "lastUpdateDate": to_text(self.updated or self.created),
            "expirationDate": to_text(self.expires), "lastRotateDate": to_text(self.rotated),
            "algorithmType": kind, "algorithmBitSize": 256, "algorithmMode": mode,
            "algorithmMetadata": {"bitLength": "256", "mode": mode},
            "dualAuthDelete": self.dual_auth(), "deleted": self.deleted is not None,
        }
        if self.versions:
            shown["keyVersion"] = version_document(self.versions[-1])
        if self.deleted is not None:
            shown.update(self.deletion(now))
        if with_payload and self.extractable and self.deleted is None:
            shown["payload"] = self.payload
        return {name: value for name, value in shown.items() if value is not None}

    def dual_auth(self):
        shown = {"enabled": self.is_dual_auth}
        if self.set_for_deletion_by:
            shown.update(keySetForDeletion=True,
                         authExpiration=to_text(self.set_for_deletion_until))
        return shown

    def deletion(self, now):
        return {
            "deletionDate": to_text(self.deleted), "deletedBy": self.deleted_by,
            "nonactiveStateReason": 2,
            "restoreExpirationDate": to_text(self.deleted + RESTORE_UNTIL_S),
            "restoreAllowed": RESTORE_FROM_S <= now - self.deleted < RESTORE_UNTIL_S,
            "purgeAllowed": now - self.deleted >= PURGE_FROM_S,
            "purgeAllowedFrom": to_text(self.deleted + PURGE_FROM_S),
            "purgeScheduledOn": to_text(self.deleted + PURGE_AT_S)}


def version_document(version):
    return {"id": version[0], "creationDate": to_text(version[1])}


class Instance:
    """One instance of HPCS ("hs-crypto") or Key Protect ("kms")."""

    def __init__(self, service, region, account, clock):
        self.service, self.region, self.account, self.clock = service, region, account, clock
        self.id = str(uuid.uuid4())
        self.keys = {}
        self.rings = {"default": None}  # id -> (time, who)
        self.aliases = {}               # alias -> (key id, time, who)
        self.policies = {}              # instance policies by name
        # Key Protect no longer tells the algorithm.
        self.algorithm = ("Deprecated",) * 2 if service == "kms" else ("CBC_PAD", "AES")

    def crn(self, key_id):
        return (f"crn:v1:bluemix:public:{self.service}:{self.region}:a/{self.account}:{self.id}:"
                f"key:{key_id}")

    def find(self, word, ring=None):
        """By id or alias, in one ring or in all; None for what is not there, or was purged."""
        key_id = self.aliases[word][0] if word in self.aliases else word
        key = self.keys.get(key_id)
        if key is None or ring not in (None, key.ring):
            return None
        if key.is_purged(self.clock.now()):
            self.purge(key)
            return None
        return key

    def all(self):
        return [key for key in list(self.keys.values()) if self.find(key.id)]

    def add(self, name, who, payload=None, extractable=True, ring="default", **rest):
        """payload None: a key is generated, of 32 random octets."""
        now = self.clock.now()
        imported = payload is not None
        if not imported:
            payload = base64.b64encode(secrets.token_bytes(32)).decode()
        key = Key(str(uuid.uuid4()), name, ring, now, who, extractable, imported, payload, **rest)
        if not extractable:
            key.versions.append((key.id, now))
        for alias in key.aliases:
            self.aliases[alias] = (key.id, now, who)
        self.keys[key.id] = key
        return key

    def point(self, alias, key, who):
        """An alias at a key, whatever it stood for before."""
        if alias in self.aliases:
            self.unpoint(alias)
        self.aliases[alias] = (key.id, self.clock.now(), who)
        key.aliases.append(alias)
        self.touch(key)

    def unpoint(self, alias):
        key = self.keys[self.aliases.pop(alias)[0]]
        key.aliases.remove(alias)
        self.touch(key)

    def touch(self, key):
        key.updated = self.clock.now()

    def delete(self, key, who):
        key.deleted, key.deleted_by = self.clock.now(), who
        self.touch(key)

    def restore(self, key):
        key.deleted = key.deleted_by = None
        key.set_for_deletion_by = key.set_for_deletion_until = None
        self.touch(key)

    def purge(self, key):
        for alias in list(key.aliases):
            self.unpoint(alias)
        del self.keys[key.id]
