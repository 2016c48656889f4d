# SPDX-License-Identifier: BSD-3-Clause
"""All services of the local cloud, with one state and one lock."""

import json
import os
import secrets
import threading
import uuid

from ibmcloud.admin import Admin
from ibmcloud.cak_store import CakStore
from ibmcloud.clock import Clock
from ibmcloud.direct_link import DirectLink
from ibmcloud.faults import Faults
from ibmcloud.iam import Authorisations, Iam, Metadata
from ibmcloud.journal import Journal
from ibmcloud.kms import Kms
from ibmcloud.kms_keys import Instance
from ibmcloud.listener import Port
from ibmcloud.secrets_manager import SecretsManager, SecretStore
from ibmcloud.tls import Certificates, write_private
from ibmcloud.tokens import Tokens

SERVICES = ("iam", "hpcs", "key-protect", "secrets-manager", "direct-link", "metadata")
REGION = "us-south"
CREDENTIALS = {
    # name: roles in every service
    "manager": ("Manager",), "second-manager": ("Manager",), "writer": ("Writer",),
    "reader-plus": ("ReaderPlus",), "reader": ("Reader",), "nobody": (),
    "purger": ("Manager", "KeyPurge"),
}
PROFILE = "gateway-profile"


class Cloud:
    def __init__(self, folder, address, ports, front, certificate, token_life_s):
        self.folder, self.address = folder, address
        self.lock = threading.RLock()
        self.clock, self.faults, self.journal = Clock(), Faults(), Journal()
        self.account = uuid.uuid4().hex
        self.tokens = Tokens(self.clock, self.account, token_life_s)
        self.authorisations = Authorisations(self.account, self.clock)
        self.make_stores()
        self.make_services()
        self.hosts = self.host_names()
        self.certificates = Certificates(folder, sorted({
            "localhost", "127.0.0.1", "::1", address, *self.hosts}))
        self.certificates.context("good")
        self.credential_files = {}
        self.make_credentials()
        self.ports = {name: self.port(name, ports.get(name, 0), certificate) for name in SERVICES}
        if front is not None:
            self.ports["front"] = Port(self, "front", address, front, certificate, self.by_host)
        self.admin = Admin(self, folder / "admin.sock")

    def make_stores(self):
        self.hpcs = Instance("hs-crypto", REGION, self.account, self.clock)
        self.key_protect = Instance("kms", REGION, self.account, self.clock)
        self.secret_store = SecretStore(REGION, self.account, self.clock)
        stores = [self.hpcs, self.key_protect, self.secret_store]
        self.cak_store = CakStore(stores, self.authorisations, self.clock)
        for store in stores:
            self.authorisations.add(store.service, store.id)

    def make_services(self):
        self.iam = Iam(self.tokens, self.authorisations)
        self.direct_link = DirectLink(self.tokens, self.cak_store, self.clock)
        self.gateway = self.direct_link.add_gateway("dl-gateway", "macsec_optional")
        every = (self.iam, Kms("hpcs", self.hpcs, self.tokens),
                 Kms("key-protect", self.key_protect, self.tokens),
                 SecretsManager(self.secret_store, self.tokens), self.direct_link,
                 Metadata(self.tokens, self.clock, PROFILE))
        self.services = {service.name: service for service in every}

    def make_credentials(self):
        for name, roles in CREDENTIALS.items():
            self.add_credential(name, roles, may_read_policies=name == "manager")
        self.tokens.add(PROFILE, ("ReaderPlus",), "profile")
        compute_token = f"local.{secrets.token_urlsafe(120)}.token"
        self.iam.compute_tokens[compute_token] = {PROFILE}
        self.compute_token_file = self.folder / "compute-token"
        write_private(self.compute_token_file, compute_token.encode())

    def add_credential(self, name, roles, **rest):
        """An API key, in a file of its own for who is to use it."""
        credential = self.tokens.add(name, roles, **rest)
        path = self.folder / f"{name}.apikey"
        write_private(path, credential.secret.encode() + b"\n")
        self.credential_files[name] = path
        return path

    def port(self, name, number, certificate):
        service = self.services[name]
        return Port(self, name, self.address, number,
                    None if name == "metadata" else certificate, lambda _host: service)

    def host_names(self):
        """IBM's host names of the services, public and private."""
        hpcs, store = self.hpcs.id, self.secret_store.id
        return {
            "iam.cloud.ibm.com": "iam", "private.iam.cloud.ibm.com": "iam",
            f"{hpcs}.api.{REGION}.hs-crypto.appdomain.cloud": "hpcs",
            f"{hpcs}.api.private.{REGION}.hs-crypto.appdomain.cloud": "hpcs",
            f"{REGION}.kms.cloud.ibm.com": "key-protect",
            f"private.{REGION}.kms.cloud.ibm.com": "key-protect",
            f"{store}.{REGION}.secrets-manager.appdomain.cloud": "secrets-manager",
            f"{store}.private.{REGION}.secrets-manager.appdomain.cloud": "secrets-manager",
            "directlink.cloud.ibm.com": "direct-link"}

    def by_host(self, host):
        """The service of a Host header at the common port; IAM answers for strangers."""
        return self.services[self.hosts.get(host.rsplit(":", 1)[0].lower(), "iam")]

    def start(self):
        for port in self.ports.values():
            port.up()
        self.admin.up()

    def ready(self):
        """Everything that a test or the demo needs to know; secrets only as files."""
        profile = self.tokens.credentials[PROFILE]
        services = {name: {"url": port.url(), "port": port.number}
                    for name, port in self.ports.items()}
        for name, store in (("hpcs", self.hpcs), ("key-protect", self.key_protect),
                            ("secrets-manager", self.secret_store)):
            services[name].update(instance=store.id, crn=store.crn(""))
        services["direct-link"]["gateway"] = self.gateway.id
        return {
            "pid": os.getpid(), "folder": str(self.folder), "address": self.address,
            "admin": str(self.admin.path), "ca_file": str(self.certificates.ca_file),
            "account": self.account, "region": REGION, "services": services, "hosts": self.hosts,
            "credentials": {name: str(path) for name, path in self.credential_files.items()},
            "profile": {"id": profile.secret, "name": profile.name,
                        "crn": self.tokens.profile_crn(profile)},
            "compute_token_file": str(self.compute_token_file)}

    def ready_text(self):
        return json.dumps(self.ready())
