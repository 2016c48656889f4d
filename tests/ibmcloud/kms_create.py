# SPDX-License-Identifier: BSD-3-Clause
"""What POST /api/v2/keys demands of its body."""

import base64
import binascii
import re

from ibmcloud.clock import from_text
from ibmcloud.kms_errors import refuse
from ibmcloud.kms_keys import KEY

WHAT = "Key could not be created"
FIELDS = {"type", "name", "aliases", "description", "tags", "expirationDate", "extractable",
          "payload", "encryptedNonce", "iv", "keyRingID"}
PAYLOAD_MAX = 7500
ALIASES_PER_KEY, ALIASES_PER_INSTANCE = 5, 1000
RESERVED = {"allowed_ip", "key", "keys", "metadata", "policy", "policies", "registration",
            "registrations", "ring", "rings", "rotate", "wrap", "unwrap", "rewrap", "version",
            "versions"}
UUID4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def bad_body(message):
    return refuse(400, WHAT, "BAD_BODY_ERR", message)


def bad_field(name, message):
    return refuse(400, WHAT, "INVALID_FIELD_ERR", message, field=name)


def body_of(request, what=WHAT):
    """The body's metadata and its one resource."""
    if not request.body:
        raise refuse(400, what, "NO_BODY_ERR", "no body was given")
    try:
        body = request.json()
    except ValueError:
        raise bad_body("the body is no JSON object") from None
    metadata, resources = body.get("metadata"), body.get("resources")
    if not isinstance(metadata, dict) or not metadata.get("collectionType"):
        raise bad_body("metadata is empty")
    if not isinstance(resources, list) or set(body) - {"metadata", "resources"}:
        raise bad_body("there must be metadata and resources, and nothing else")
    if metadata.get("collectionTotal") != len(resources):
        raise refuse(400, what, "COLLECTION_TOTAL_MISMATCH_ERR",
                     "collectionTotal is not the number of resources")
    if len(resources) != 1 or not isinstance(resources[0], dict):
        raise refuse(400, what, "NUM_COLLECTION_RESOURCE_ERR", "there must be one resource")
    return resources[0]


def wanted_key(request, instance, ring):
    """The arguments for Instance.add."""
    resource = body_of(request)
    unknown = set(resource) - FIELDS
    if unknown:
        raise bad_body(f"unknown field {sorted(unknown)[0]}")
    if resource.get("type", KEY) != KEY:
        raise bad_field("type", f"type must be {KEY}")
    name, extractable = resource.get("name"), resource.get("extractable")
    if not isinstance(name, str) or not 2 <= len(name) <= 90:
        raise bad_field("name", "name must have 2 to 90 characters")
    if not isinstance(extractable, bool):
        raise bad_field("extractable", "extractable must be true or false")
    ring = ring or resource.get("keyRingID") or "default"
    if ring not in instance.rings:
        raise refuse(404, WHAT, "KEY_RING_NOT_FOUND_ERR", "key ring does not exist")
    aliases = resource.get("aliases") or []
    if not isinstance(aliases, list) or len(aliases) > ALIASES_PER_KEY:
        raise bad_field("aliases", "a key has at most five aliases")
    for alias in aliases:
        check_alias(alias, instance)
    return {"name": name, "extractable": extractable, "ring": ring, "aliases": list(aliases),
            "description": resource.get("description"), "expires": expiry(resource, instance),
            "payload": payload(resource, extractable)}


def expiry(resource, instance):
    text = resource.get("expirationDate")
    if text is None:
        return None
    try:
        expires = from_text(text)
    except (TypeError, ValueError):
        raise bad_field("expirationDate", "expirationDate must be RFC 3339") from None
    if expires <= instance.clock.now():
        raise bad_field("expirationDate", "expirationDate has passed")
    return expires


def payload(resource, extractable):
    """The base64 text as it is given, checked; None when the service is to make the key."""
    text = resource.get("payload")
    if text is None:
        return None
    try:
        octets = base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise bad_field("payload", "payload must be base64") from None
    if not octets.strip(b"\0"):
        raise bad_body("the key is empty or zero")
    if len(octets) > PAYLOAD_MAX or (not extractable and len(octets) not in (16, 24, 32)):
        raise bad_field("payload", "payload has a wrong size")
    return text


def check_alias(alias, instance):
    if (not isinstance(alias, str) or not re.fullmatch(r"[A-Za-z0-9_-]{2,90}", alias)
            or re.fullmatch(UUID4, alias) or alias in RESERVED):
        raise bad_field("alias", "alias must be 2 to 90 of A-Z a-z 0-9 _ -, no UUID, not reserved")
    if alias in instance.aliases:
        raise refuse(409, "Alias could not be created", "KEY_ALIAS_NOT_UNIQUE_ERR",
                     "alias is in use")
    if len(instance.aliases) >= ALIASES_PER_INSTANCE:
        raise refuse(409, "Alias could not be created", "KEY_ALIAS_LIMIT_ERR",
                     "the instance has no room for more aliases")
