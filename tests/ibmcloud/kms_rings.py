# SPDX-License-Identifier: BSD-3-Clause
"""KMS API v2: key rings."""

import re

from ibmcloud import kms_listing
from ibmcloud.clock import to_text
from ibmcloud.exchange import Answer, answer_json
from ibmcloud.kms_errors import refuse

RING = "application/vnd.ibm.kms.key_ring+json"
RINGS_MAX = 51  # with "default"


class RingsMixin:
    """Part of class Kms."""

    RING_ROUTES = (
        ("GET", "/key_rings", "list_rings"),
        ("POST", "/key_rings/{ring}", "create_ring"),
        ("DELETE", "/key_rings/{ring}", "delete_ring"),
    )

    def list_rings(self, request):
        self.caller(request, ("Reader", "ReaderPlus", "Writer", "Manager"))
        limit = kms_listing.number(request, "limit", 50, 1, 5000)
        offset = kms_listing.number(request, "offset", 0, 0, 1 << 31)
        rings = [{"id": ring} if made is None else
                 {"id": ring, "creationDate": to_text(made[0]), "createdBy": made[1]}
                 for ring, made in self.instance.rings.items()]
        extra = {"totalCount": len(rings)} if request.argument("totalCount") == "true" else None
        return answer_json(200, kms_listing.collection(RING, rings[offset:offset + limit], extra))

    def create_ring(self, request, ring):
        owner = self.caller(request, ("Writer", "Manager"))
        what, rings = "Key ring could not be created", self.instance.rings
        if not re.fullmatch(r"[A-Za-z0-9-]{2,100}", ring):
            raise refuse(400, what, "INVALID_FIELD_ERR", "id must be 2 to 100 of A-Z a-z 0-9 -",
                         query="key_ring_id")
        if ring in rings or len(rings) >= RINGS_MAX:
            raise refuse(409, what, "KEY_RING_NOT_UNIQUE_ERR" if ring in rings
                         else "KEY_RING_RESOURCE_QUOTA_ERR", "key ring exists, or no room is left")
        rings[ring] = (self.clock.now(), owner.iam_id)
        return Answer(201)

    def delete_ring(self, request, ring):
        self.caller(request, ("Manager",))
        what, now = "Key ring could not be deleted", self.clock.now()
        if ring == "default":
            raise refuse(400, what, "KEY_RING_DEFAULT_ERR", "the default key ring stays")
        if ring not in self.instance.rings:
            raise refuse(404, what, "KEY_RING_NOT_FOUND_ERR", "key ring does not exist")
        keys = [key for key in self.instance.all() if key.ring == ring]
        is_forced = request.argument("force") == "true"
        if any(not is_forced or key.state(now) != 5 for key in keys):
            raise refuse(409, what, "KEY_RING_NOT_EMPTY_ERR", "key ring holds keys")
        for key in keys:
            key.ring = "default"
        del self.instance.rings[ring]
        return Answer(204)
