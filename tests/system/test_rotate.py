# SPDX-License-Identifier: BSD-3-Clause
"""IBM's rotation from end to end: macsecctl at one appliance, a gateway of the local IBM Cloud, and
a second appliance in the place of IBM's switch, which takes what the gateway has."""

import subprocess
import threading

import pytest
from appliance import MACSECCTL, wait_for
from cloud_lab import CloudLab
from ibm_caller import Caller
from mkpdus import Mkpdus
from test_hitless import assert_no_loss
from test_reload import in_use

NEW_CAK = "ffeeddccbbaa99887766554433221100" * 2
LOOK_S = 0.5


@pytest.fixture(scope="module")
def module_lab(tmp_path_factory):
    capture = tmp_path_factory.mktemp("mkpdus") / "mkpdus.pcap"
    with CloudLab() as lab, Mkpdus(capture) as mkpdus:
        lab.kept_mkpdus = mkpdus
        yield lab
        mkpdus.add(lab.mkpdus())
        mkpdus.assert_tshark_decodes_all()


class Switch(threading.Thread):
    """Gives the second appliance the primary CAK that the gateway has, whenever it changes."""

    def __init__(self, lab, caks):
        super().__init__(daemon=True)
        self.lab, self.caks, self.ending = lab, caks, threading.Event()
        self.has = "AA01"

    def run(self):
        while not self.ending.wait(LOOK_S):
            cak, = [one for one in self.caks() if one["session"] == "primary"]
            if cak["name"] != self.has:
                self.has = cak["name"]
                self.lab.b.configure({"mka": {"primary": self.lab.cloud_cak(
                    cak["name"], cak["key"]["crn"])}}, keys=self.lab.keys())
                self.lab.b.ask("daemon.reload")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *unused):
        self.ending.set()
        self.join()


class Circuit:
    """The appliance's configuration with its gateway, and how to ask both."""

    def __init__(self, lab):
        self.lab, self.cloud = lab, lab.cloud
        self.gateway = self.cloud.add_gateway(name="circuit")
        with self.inside():
            self.caller = Caller(self.cloud)
        lab.configure_cloud()
        keys = lab.keys(credential=self.cloud.credential("manager"))
        service = {name: keys["services"][0][name] for name in ("iam-url", "ca-file", "credential")}
        keys["services"].append({"name": "ibm", "kind": "direct-link",
                                 "url": self.cloud.url("direct-link"), **service})
        lab.a.configure({
            "mka": {"rekey": 3600, "primary": lab.cloud_cak("AA01", lab.crn)},
            "direct-link": {"service": "ibm", "gateway": self.gateway}}, keys=keys)
        reply = self.call("PUT", "", {
            "active": True, "security_policy": "must_secure", "window_size": 512,
            "sak_rekey": {"mode": "timer", "interval": 3600},
            "caks": [{"session": "primary", "name": "AA01", "key": {"crn": lab.crn}}]})
        assert reply.status == 200, reply.body

    def inside(self):
        return self.lab.spaces["ibm"].inside()

    def call(self, method, path, body=None):
        with self.inside():
            return self.caller.call(
                "direct-link", method, f"/gateways/{self.gateway}/macsec{path}", body)

    def caks(self):
        return self.call("GET", "/caks").json()["caks"]

    def ctl(self, *words):
        """macsecctl where the appliance is; its exit status and all that it says."""
        process = self.lab.spaces["a"].popen(
            MACSECCTL, *words, "-c", self.lab.a.config_path, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        text, _ = process.communicate(timeout=120)
        return process.returncode, text

    def rotate(self, ckn, crn, *more):
        return self.ctl("direct-link", "rotate", "dl0", "--ckn", ckn, "--key", crn, "--yes",
                        "--limit", "90", *more)


def agreed(lab, ckn):
    """Both ends transmit with this CAK and know no other."""
    return all(in_use(end) == (ckn, {ckn: "primary"}) for end in (lab.a, lab.b))


def test_a_rotation_that_is_taken_up_again_loses_no_frame(lab, pumps):
    """IBM's switch cannot take the new key at first: time is up, and the old CAK still carries the
    traffic. When it can, the same command goes on. Nothing but the CAK has changed at the end."""
    circuit = Circuit(lab)
    new_crn = lab.cloud.import_key(NEW_CAK, name="next")
    for end in (lab.a, lab.b):
        end.start()
    lab.wait_secured()
    status, text = circuit.ctl("direct-link", "check", "dl0")
    assert status == 0 and "13 pass, 1 warn, 0 fail" in text, text  # there is no fallback
    before, first = lab.a.config_path.read_text(), lab.a.key_identifier()
    loops = pumps()
    status, text = circuit.rotate("cc03", new_crn, "--limit", "3")
    assert status == 1 and "the old one stays in force" in text, text
    assert in_use(lab.a)[0] == "aa01" and lab.a.state() == lab.b.state() == "secured"
    assert lab.a.key_identifier() == first
    with Switch(lab, circuit.caks):
        status, text = circuit.rotate("cc03", new_crn)
    assert status == 0, text
    wait_for("both ends use the new CAK only", lambda: agreed(lab, "cc03"), 60, every=0.05)
    assert_no_loss(loops, "rotation by macsecctl")
    lab.assert_only_macsec_on_the_line()
    assert lab.a.config_path.read_text() == before.replace(
        '"AA01"', '"cc03"').replace(f"cak: {lab.crn}", f'cak: "{new_crn}"')
    cak, = circuit.caks()
    assert (cak["name"], cak["key"]["crn"], cak["status"]) == ("cc03", new_crn, "active")
    status, text = circuit.ctl("direct-link", "check", "dl0")
    assert status == 0 and "secured with CAK cc03" in text and "13 pass" in text, text
    assert NEW_CAK not in text + lab.logs() + lab.a.config_path.read_text()
