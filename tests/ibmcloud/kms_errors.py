# SPDX-License-Identifier: BSD-3-Clause
"""The error envelope of the KMS API."""

from ibmcloud.exchange import REASONS, Refusal, answer_json

ERROR = "application/vnd.ibm.kms.error+json"


def envelope(status, text, reasons=None, headers=None):
    resource = {"errorMsg": f"{REASONS[status]}: {text}"}
    if reasons:
        resource["reasons"] = reasons
    return answer_json(status, {"metadata": {"collectionType": ERROR, "collectionTotal": 1},
                                "resources": [resource]}, headers)


def refuse(status, what, code, message, field=None, query=None):
    """With a reason; `field` or `query` names what the reason is about."""
    reason = {"code": code, "message": message, "status": status,
              "moreInfo": "https://cloud.ibm.com/apidocs/key-protect"}
    if field or query:
        reason["target"] = {"type": "field" if field else "query_param", "name": field or query}
    return Refusal(envelope(status, f"{what}: Please see `reasons` for more details ({code})",
                            [reason]))


def refuse_plainly(status, text, headers=None):
    """Without reasons, as most answers 401 are."""
    return Refusal(envelope(status, text, None, headers))


def no_access(headers=None):
    return refuse_plainly(401, "The user does not have access to the specified resource", headers)


def not_found(what="Key could not be retrieved"):
    return refuse(404, what, "KEY_NOT_FOUND_ERR", "key does not exist")
