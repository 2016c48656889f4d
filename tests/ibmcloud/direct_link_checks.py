# SPDX-License-Identifier: BSD-3-Clause
"""What the Direct Link API demands of MACsec configurations and CAKs."""

import re
import uuid

from ibmcloud.exchange import Refusal, answer_json

CRN = re.compile(r"crn:v1:[\w-]+:public:(hs-crypto|secrets-manager):[\w-]+:a/[\w-]+:[\w-]+:"
                 r"(key|secret):[\w-]+")
SETTABLE = {"active", "sak_rekey", "security_policy", "window_size"}


def refuse(status, code, message, name=None, kind="field"):
    error = {"code": code, "message": message}
    if name:
        error["target"] = {"name": name, "type": kind}
    return Refusal(answer_json(status, {"errors": [error], "trace": str(uuid.uuid4())}))


def invalid(name, message):
    return refuse(400, "invalid_value", message, name)


def check_prototype(body):
    """GatewayMacsecPrototype."""
    if not isinstance(body, dict) or set(body) - SETTABLE - {"caks"}:
        raise invalid("macsec", "The configuration has an unknown field.")
    for name in ("active", "caks", "sak_rekey", "security_policy"):
        if name not in body:
            raise refuse(400, "missing_field", f"{name} is required.", name)
    check_values(body)
    if not isinstance(body["caks"], list):
        raise invalid("caks", "caks must be a list.")
    for cak in body["caks"]:
        check_cak(cak)
    check_set(body["caks"])


def check_patch(body):
    if not body or set(body) - SETTABLE:
        raise invalid("macsec", f"Only {', '.join(sorted(SETTABLE))} can be changed.")
    check_values(body)


def check_values(body):
    if not isinstance(body.get("active", True), bool):
        raise invalid("active", "active must be true or false.")
    if body.get("security_policy", "must_secure") not in ("must_secure", "should_secure"):
        raise invalid("security_policy", "security_policy must be must_secure or should_secure.")
    window = body.get("window_size", 0)
    if isinstance(window, bool) or not isinstance(window, int) or not 0 <= window < 1 << 32:
        raise invalid("window_size", "window_size must be a number.")
    if "sak_rekey" in body:
        check_rekey(body["sak_rekey"])


def check_rekey(rekey):
    if not isinstance(rekey, dict) or rekey.get("mode") not in ("timer", "packet_number_rollover"):
        raise invalid("sak_rekey.mode", "mode must be timer or packet_number_rollover.")
    interval = rekey.get("interval")
    if rekey["mode"] == "timer" and (not isinstance(interval, int) or interval <= 0):
        raise refuse(400, "missing_field", "interval is required for timer.", "sak_rekey.interval")
    if rekey["mode"] != "timer" and interval is not None:
        raise invalid("sak_rekey.interval", "interval is for timer only.")


def check_cak(cak):
    """GatewayMacsecCakPrototype."""
    if not isinstance(cak, dict) or set(cak) != {"session", "name", "key"}:
        raise refuse(400, "missing_field", "A CAK has session, name and key.", "caks")
    if cak["session"] not in ("primary", "fallback"):
        raise invalid("session", "session must be primary or fallback.")
    check_name_and_key(cak)


def check_cak_patch(body):
    if set(body) != {"name", "key"}:
        raise refuse(400, "missing_field", "name and key are both required.", "name")
    check_name_and_key(body)


def check_name_and_key(cak):
    name, key = cak["name"], cak["key"]
    if not isinstance(name, str) or not re.fullmatch(r"([0-9a-fA-F]{2}){1,32}", name):
        raise invalid("name", "name must be an even number of hexadecimal digits, 2 to 64.")
    crn = key.get("crn") if isinstance(key, dict) else None
    if not isinstance(crn, str) or not CRN.fullmatch(crn):
        raise invalid("key.crn", "crn must name a key of hs-crypto or a secret of "
                                 "secrets-manager.")


def check_set(caks):
    """All CAKs of a gateway together."""
    sessions = [cak["session"] for cak in caks]
    if sessions.count("primary") != 1 or sessions.count("fallback") > 1:
        raise refuse(400, "invalid_caks", "There must be one primary and at most one fallback.",
                     "caks")
    if len({cak["name"].lower() for cak in caks}) != len(caks):
        raise refuse(400, "invalid_caks", "CAK names must be unique.", "name")
    if len({cak["key"]["crn"] for cak in caks}) != len(caks):
        raise refuse(400, "invalid_caks", "CAK keys must be unique.", "key")


def as_prototype(cak):
    return {"session": cak.session, "name": cak.name, "key": {"crn": cak.key_crn}}
