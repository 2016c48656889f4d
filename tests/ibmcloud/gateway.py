# SPDX-License-Identifier: BSD-3-Clause
"""A Direct Link gateway with its MACsec configuration, its CAKs and their states.

States follow from the configuration, from what the stores say about the keys and from what the
customer's switch has (`peer`), anew at every look: nothing runs in the background. A change takes
`settle_s` seconds to take hold. A CAK that was seen failed stays so, whatever becomes of its key,
until it is changed, be it to the same name and key.
"""

import base64
import hashlib
import json
import time
import uuid
from dataclasses import dataclass, field

from ibmcloud.clock import to_text


@dataclass
class Cak:
    session: str
    name: str
    key_crn: str
    created: float
    updated: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    since: float = field(default_factory=time.monotonic)
    previous: tuple = None  # (name, key CRN) in force until this one secures the session
    forced_status: str = None
    failure: str = None  # why it could not be configured


@dataclass
class Macsec:
    """What PUT made."""

    active: bool
    security_policy: str
    sak_rekey: dict
    window_size: int
    created: float
    updated: float
    caks: list = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)
    deleting_until: float = None


class Gateway:
    def __init__(self, name, capability, store, clock):
        self.id, self.name, self.capability = str(uuid.uuid4()), name, capability
        self.store, self.clock = store, clock
        self.created = clock.now()
        self.settle_s = 0.2
        self.config = None
        self.peer = None  # CAK name -> 64 digits at the customer's switch; None: whatever we have
        self.forced_status = None
        self.forced_reasons = None

    def macsec(self):
        """The configuration, or None; a deletion ends here."""
        config = self.config
        if config and config.deleting_until and time.monotonic() >= config.deleting_until:
            self.config = None
        return self.config

    def cak(self, cak_id):
        return next((cak for cak in self.config.caks if cak.id == cak_id), None)

    # --- states

    def matches(self, name, crn):
        """Whether the customer's switch has this CAK under this name."""
        material, _ = self.store.read(crn)
        return material is not None and (
            self.peer is None or self.peer.get(name, "").lower() == material)

    def settled(self, since):
        return time.monotonic() - since >= self.settle_s

    def primary_secures(self):
        return any(self.status_of(cak) == "active" or self.old_secures(cak)
                   for cak in self.config.caks if cak.session == "primary")

    def old_secures(self, cak):
        return cak.previous is not None and self.matches(*cak.previous)

    def status_of(self, cak):
        if cak.forced_status:
            return cak.forced_status
        cak.failure = cak.failure or self.store.read(cak.key_crn)[1]
        if cak.failure:
            return "failed"
        if not self.config.active:
            return "operational"
        if not self.settled(cak.since):
            return "rotating" if cak.previous else "operational"
        if cak.session == "fallback" and self.primary_secures():
            return "operational"
        if not self.matches(cak.name, cak.key_crn):
            return "inactive"
        cak.previous = None  # the rotation is complete
        return "active"

    def status(self):
        """(status, reasons) of the MACsec configuration."""
        config = self.config
        reasons = [{"code": "macsec_cak_failed",
                    "message": f"The {cak.session} CAK {cak.name} failed. "
                               f"{cak.failure or ''}".strip(),
                    "more_info": "https://cloud.ibm.com/docs/dl"}
                   for cak in config.caks if self.status_of(cak) == "failed"]
        if self.forced_status:
            return self.forced_status, self.forced_reasons or []
        if config.deleting_until:
            return "deleting", []
        if not config.active:
            return "offline", []
        if reasons:
            return "failed", reasons
        if not self.settled(config.since):
            return "pending", []
        secures = any(self.status_of(cak) == "active" or self.old_secures(cak)
                      for cak in config.caks)
        return ("secured" if secures else "init"), []

    # --- documents

    def document(self):
        """GatewayMacsec."""
        config = self.config
        status, reasons = self.status()
        return {"active": config.active, "cipher_suite": "gcm_aes_xpn_256",
                "confidentiality_offset": 0, "created_at": to_text(config.created, True),
                "updated_at": to_text(config.updated, True), "key_server_priority": 255,
                "sak_rekey": config.sak_rekey, "security_policy": config.security_policy,
                "status": status, "status_reasons": reasons, "window_size": config.window_size}

    def etag(self):
        body = json.dumps(self.document()).encode()
        digest = base64.b64encode(hashlib.sha1(body).digest()).decode().rstrip("=")
        return f'W/"{len(body):x}-{digest}"'

    def cak_document(self, cak):
        """GatewayMacsecCak."""
        status = self.status_of(cak)
        shown = {"id": cak.id, "session": cak.session, "name": cak.name,
                 "key": {"crn": cak.key_crn}, "status": status,
                 "created_at": to_text(cak.created, True),
                 "updated_at": to_text(cak.updated, True)}
        if cak.previous and status in ("rotating", "inactive", "failed"):
            name, crn = cak.previous
            shown["active_delta"] = {"name": name, "key": {"crn": crn},
                                     "status": "active" if self.old_secures(cak) else "inactive"}
        return shown

    def reference(self):
        """GatewayMacsecReference, part of a gateway."""
        status, reasons = self.status()
        return {"active": self.config.active, "security_policy": self.config.security_policy,
                "status": status, "status_reasons": reasons}

    def gateway_document(self):
        shown = {"id": self.id, "name": self.name, "type": "dedicated", "speed_mbps": 10000,
                 "operational_status": "provisioned", "link_status": "up", "port": None,
                 "crn": f"crn:v1:bluemix:public:directlink:dal03:a/local::dedicated:{self.id}",
                 "created_at": to_text(self.created, True), "location_name": "dal03",
                 "macsec_capability": self.capability, "bgp_asn": 64999, "global": True}
        if self.macsec():
            shown["macsec"] = self.reference()
        return {name: value for name, value in shown.items() if value is not None}

    # --- changes

    def configure(self, config):
        if self.config:
            config.created = self.config.created
        self.config = config

    def touch(self):
        self.config.updated = self.clock.now()

    def delete(self):
        self.config.deleting_until = time.monotonic() + self.settle_s

    def change_cak(self, cak, name, crn):
        """Both at once; the one in force stays until the new one secures the session."""
        status = self.status_of(cak)
        if status == "active" or (cak.previous is None and status != "failed"):
            cak.previous = (cak.name, cak.key_crn)
        cak.name, cak.key_crn = name, crn
        cak.updated, cak.since = self.clock.now(), time.monotonic()
        cak.forced_status = cak.failure = None
        self.touch()
