# SPDX-License-Identifier: BSD-3-Clause
"""Plain HTTPS calls to the local IBM Cloud, as a program without any SDK would make them."""

import http.client
import json
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ibmcloud import CloudError, IbmCloud

GRANT = "urn:ibm:params:oauth:grant-type:"
KEY_TYPE = "application/vnd.ibm.kms.key+json"
KMS = ("hpcs", "key-protect")
__all__ = ["Caller", "CloudError", "IbmCloud", "Reply", "http_call"]


@dataclass
class Reply:
    status: int
    headers: dict
    body: bytes

    def json(self):
        return json.loads(self.body)

    def key(self):
        """The one resource of a KMS answer."""
        return self.json()["resources"][0]

    def code(self):
        """The reason's code of a KMS error; "" without reasons."""
        return self.key().get("reasons", [{"code": ""}])[0]["code"]

    def error(self):
        """The first error of Direct Link, Secrets Manager and IAM's policies."""
        return self.json()["errors"][0]


def http_call(cloud, method, url, body=None, headers=None, timeout=10, ca_file=None):
    """One exchange on a connection of its own."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=ca_file or cloud.ca_file())
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        connection = http.client.HTTPSConnection(parts.netloc, timeout=timeout, context=context)
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body, headers or {})
        answer = connection.getresponse()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()},
                     answer.read())
    finally:
        connection.close()


class Caller:
    """Somebody with an API key."""

    def __init__(self, cloud, credential="manager"):
        self.cloud = cloud
        self.api_key = Path(cloud.credential(credential)).read_text().strip()
        self.token = self.ask_iam(grant_type=GRANT + "apikey",
                                  apikey=self.api_key).json()["access_token"]

    def ask_iam(self, path="/identity/token", **form):
        return http_call(self.cloud, "POST", self.cloud.url("iam") + path, urlencode(form),
                         {"Content-Type": "application/x-www-form-urlencoded"})

    def call(self, service, method, path, body=None, **headers):
        """Header names with '_' for '-'; a header of None is left out."""
        sent = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        if service in KMS:
            sent["Bluemix-Instance"] = self.cloud.instance(service)
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        sent = {name: value for name, value in sent.items() if value is not None}
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        prefix = {"direct-link": "/v1", "iam": "", "metadata": ""}.get(service, "/api/v2")
        if service == "direct-link" and "version=" not in path:
            path += ("&" if "?" in path else "?") + "version=2026-01-01"
        return http_call(self.cloud, method, self.cloud.url(service) + prefix + path, body, sent)

    def kms(self, method, path, body=None, **headers):
        return self.call("hpcs", method, path, body, **headers)

    def make(self, **resource):
        """POST /keys with one resource; unset: a standard key without a payload."""
        wanted = {"type": KEY_TYPE, "name": "a key", "extractable": True, **resource}
        return self.kms("POST", "/keys", {
            "metadata": {"collectionType": KEY_TYPE, "collectionTotal": 1},
            "resources": [wanted]})
