# SPDX-License-Identifier: BSD-3-Clause
"""A configuration whose keys and gateway are in the local IBM Cloud, for tests of macsecctl."""

import json
import os
import subprocess
import uuid

from ctl_lab import CTL
from ibm_caller import Caller

OLD, NEW, FALLBACK = "0a" * 32, "c3" * 32, "fb" * 32
SERVICES = ("hpcs", "key-protect", "secrets-manager", "direct-link")


def services(cloud, credential="manager"):
    """The services of a configuration, with one credential for all of them."""
    items = []
    for name in SERVICES:
        instance = cloud.state["services"][name].get("instance")
        items.append({
            "name": name, "kind": name, "url": cloud.url(name), "ca-file": cloud.ca_file(),
            "iam-url": cloud.url("iam"), "credential": cloud.credential(credential),
            **({"instance": instance} if instance else {})})
    return items


class Site:
    """One configuration file with link dl0, and its gateway with CAK AA01."""

    def __init__(self, cloud, path, fallback=True):
        self.cloud, self.path, self.socket = cloud, path, path.with_name("control.sock")
        self.gateway = cloud.call("add_gateway", name=str(uuid.uuid4()))
        self.caller = Caller(cloud)
        self.old, self.new, self.second = (
            cloud.import_key(digits) for digits in (OLD, NEW, FALLBACK))
        self.services = services(cloud)
        self.macsec = {"replay-window": 512}
        self.mka = {"rekey": 3600, "primary": {"ckn": "AA01", "cak": self.old}}
        caks = [("primary", "AA01", self.old)]
        if fallback:
            self.mka["fallback"] = {"ckn": "BB02", "cak": self.second}
            caks.append(("fallback", "BB02", self.second))
        cloud.settle(seconds=0, gateway=self.gateway)
        self.configure_gateway(caks)
        self.write()

    def configure_gateway(self, caks, **change):
        reply = self.caller.call(
            "direct-link", "PUT", f"/gateways/{self.gateway}/macsec", {
                "active": True, "security_policy": "must_secure", "window_size": 512,
                "sak_rekey": {"mode": "timer", "interval": 3600},
                "caks": [{"session": session, "name": name, "key": {"crn": crn}}
                         for session, name, crn in caks], **change})
        assert reply.status == 200, reply.body

    def patch_gateway(self, **change):
        reply = self.caller.call("direct-link", "PATCH", f"/gateways/{self.gateway}/macsec",
                                 change, Content_Type="application/merge-patch+json")
        assert reply.status == 200, reply.body

    def gateway_caks(self):
        return self.caller.call(
            "direct-link", "GET", f"/gateways/{self.gateway}/macsec/caks").json()["caks"]

    def link(self):
        return {"name": "dl0", "host": "h0", "line": "l0", "macsec": self.macsec,
                "direct-link": {"service": "direct-link", "gateway": self.gateway}}

    def write(self):
        """mka in block style, as people write it; the rest in JSON, which is YAML too."""
        lines = ["# the circuit", "links:", "  -"]
        lines += [f"    {word}: {json.dumps(value)}" for word, value in self.link().items()]
        lines += ["    mka:  # agreement"]
        lines += [f"      {word}: {json.dumps(value)}" for word, value in self.mka.items()]
        lines += ["keys:", f"  services: {json.dumps(self.services)}".replace(
            "}, {", "},\n    {"), "control:", f"  socket: {self.socket}"]
        self.path.write_text("\n".join(lines) + "\n")

    def ctl(self, *words, stdin=None):
        return ctl(*words, "-c", self.path, stdin=stdin)


def ctl(*words, stdin=None):
    """macsecctl; standard input is empty unless it is given."""
    return subprocess.run(
        [CTL, *map(str, words)], input=stdin or "", capture_output=True, text=True, timeout=120,
        check=False, env={**os.environ, "LC_ALL": "C.UTF-8"})


def lines(done):
    """Lines of a check by their subject: (verdict, text)."""
    found = {}
    for line in done.stdout.splitlines()[:-1]:
        verdict, rest = line.split(None, 1)
        subject, text = rest.split(": ", 1)
        found.setdefault(subject, (verdict, text))
    return found
