# SPDX-License-Identifier: BSD-3-Clause
"""The laboratory of lab.py with a local IBM Cloud that both appliances reach over a network of
their own:

    a ── ibm0 ── [ ibm: tests/ibmcloud on 203.0.113.1 ] ── ibm1 ── b
"""

import shutil
import sys
from pathlib import Path

from appliance import CAK
from lab import Lab
from netns import Namespace, cable

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ibmcloud import IbmCloud

CLOUD = "203.0.113.1"  # TEST-NET-3
NETWORKS = {"a": "198.51.100.0", "b": "198.51.100.4"}  # TEST-NET-2, four addresses each
FALLBACK_CAK = "00112233445566778899aabbccddeeff0123456789abcdef0123456789abcdef"
POLL_S = 10
SILENT = "203.0.113.77"  # routed to nobody: what is sent there is lost without a word
REGION = "us-south"


class CloudLab(Lab):
    """Use it in a `with` block. `cloud` serves; `crn` and `fallback_crn` are keys in its HPCS."""

    def __init__(self, **options):
        self.cloud = None
        super().__init__(**options)

    def build(self):
        super().build()
        ibm = self.spaces["ibm"] = Namespace("ibm", self.owner)
        ibm.create()
        ibm.run("ip", "address", "add", f"{CLOUD}/32", "dev", "lo")
        for number, (end, network) in enumerate(NETWORKS.items()):
            first, second = (f"{network.rsplit('.', 1)[0]}.{int(network.rsplit('.', 1)[1]) + host}"
                             for host in (1, 2))
            cable(ibm, f"m{number}", self.spaces[end], "ibm0")
            ibm.run("ip", "address", "add", f"{first}/30", "dev", f"m{number}")
            self.spaces[end].run("ip", "address", "add", f"{second}/30", "dev", "ibm0")
            ibm.run("ip", "link", "set", f"m{number}", "up")
            self.spaces[end].run("ip", "link", "set", "ibm0", "up")
            for address in (CLOUD, SILENT):
                self.spaces[end].run("ip", "route", "add", f"{address}/32", "via", first)
        self.cloud = IbmCloud(*(["--stay"] if self.owner else []), prefix=ibm.prefix,
                              address=CLOUD, within=self.folder).start()
        self.crn = self.cloud.import_key(CAK, name="primary")
        self.fallback_crn = self.cloud.import_key(FALLBACK_CAK, name="fallback",
                                                  alias="cak-fallback")

    def names(self, end):
        """Files that `ip netns exec` puts over those of /etc: hosts and resolv.conf."""
        return Path("/etc/netns", self.spaces[end].full_name)

    def name_services(self):
        """IBM's own host names lead to the local cloud; no DNS server answers. For ends that are
        started afterwards. Returns the words of `keys` that name them."""
        hpcs = f"{self.cloud.instance('hpcs')}.api.{REGION}.hs-crypto.appdomain.cloud"
        for end in NETWORKS:
            self.names(end).mkdir(parents=True)
            (self.names(end) / "resolv.conf").write_text(f"nameserver {SILENT}\n")
            (self.names(end) / "hosts").write_text(f"{CLOUD} {hpcs} iam.cloud.ibm.com\n")
        return {"url": f"https://{hpcs}:{self.cloud.url('hpcs').rsplit(':', 1)[1]}",
                "iam-url": f"https://iam.cloud.ibm.com:{self.cloud.url('iam').rsplit(':', 1)[1]}"}

    def forget_names(self):
        """Names lead nowhere from now on: only the DNS server is left to ask."""
        for end in NETWORKS:
            with open(self.names(end) / "hosts", "r+", encoding="ascii") as file:
                file.truncate(0)

    def unname_services(self):
        for end in NETWORKS:
            shutil.rmtree(self.names(end), ignore_errors=True)

    def silence(self, is_silent):
        """The cloud's address is nobody's: what comes for it is lost without a word."""
        self.spaces["ibm"].run("ip", "address", "del" if is_silent else "replace", f"{CLOUD}/32",
                               "dev", "lo")

    def close(self):
        if "ibm" in self.spaces:
            self.unname_services()
        if self.cloud is not None:
            self.cloud.stop()
        super().close()

    def keys(self, **changes):
        """The section `keys` of a configuration: one service, by its instance."""
        service = {"name": "hpcs", "kind": "hpcs", "url": self.cloud.url("hpcs"),
                   "instance": self.cloud.instance("hpcs"), "iam-url": self.cloud.url("iam"),
                   "ca-file": self.cloud.ca_file(),
                   "credential": self.cloud.credential("reader-plus")}
        return {"poll": POLL_S, "services": [{**service, **changes}]}

    def cloud_cak(self, ckn, reference):
        return {"ckn": f'"{ckn}"', "cak": reference}

    def configure_cloud(self, link=None, **changes):
        """Both ends take their primary from the cloud by CRN."""
        self.configure({**(link or {}), "mka": {
            "primary": self.cloud_cak("AA01", self.crn), **(link or {}).get("mka", {})}},
            keys=self.keys(**changes))

    def renew(self):
        super().renew()
        self.cloud.renew()
