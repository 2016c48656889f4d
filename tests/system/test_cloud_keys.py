# SPDX-License-Identifier: BSD-3-Clause
"""Two appliances whose CAKs are in IBM Cloud: at start, through outages, through rotation."""

import base64
import contextlib
import os
import signal
import threading
import time

import pytest
from appliance import wait_for
from cloud_lab import FALLBACK_CAK, POLL_S, CloudLab
from mkpdus import Mkpdus
from test_hitless import assert_no_loss
from test_reload import in_use
from wire import raw_socket, tap_program

LIFE_S = 6.0  # 802.1X-2020 Table 9-3
NEW_CAK = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"


@pytest.fixture(scope="module")
def module_lab(tmp_path_factory):
    capture = tmp_path_factory.mktemp("mkpdus") / "mkpdus.pcap"
    with CloudLab() as lab, Mkpdus(capture) as mkpdus:
        lab.kept_mkpdus = mkpdus
        yield lab
        mkpdus.add(lab.mkpdus())
        mkpdus.assert_tshark_decodes_all()


def keys_of(end):
    """What an end's key agent knows, by key."""
    return {key["key"]: key for key in end.ask("keys.show")["keys"]}


def only_key(end):
    (key,) = keys_of(end).values()
    return key


def agent_of(end):
    return end.ask("keys.show")["agent"]


def ckn_of(frame):
    """The name of the CAK that an MKPDU was sent under (802.1X-2020 11.11)."""
    head = 14 + 4
    octets = int.from_bytes(frame[head + 2:head + 4], "big") & 0xFFF
    return frame[head + 32:head + 4 + octets].hex()


class Gaps(threading.Thread):
    """The longest time between two MKPDUs of one CAK that leave a line port."""

    def __init__(self, lab, port):
        super().__init__(daemon=True)
        self.sock = raw_socket(lab.spaces["line"], port, program=tap_program(False, "eapol"))
        self.sock.settimeout(0.2)
        self.longest, self.last, self.ending = 0.0, {}, threading.Event()

    def run(self):
        while not self.ending.is_set():
            try:
                self.note(ckn_of(self.sock.recv(65536)))
            except TimeoutError:
                continue

    def note(self, ckn):
        now = time.monotonic()
        self.longest = max(self.longest, now - self.last.get(ckn, now))
        self.last[ckn] = now

    def stop(self, in_use_now):
        """Also the time since the last one counts, of the CAK in use."""
        self.ending.set()
        self.join()
        self.sock.close()
        assert in_use_now in self.last, f"no MKPDU under {in_use_now}"
        self.note(in_use_now)
        return self.longest


@contextlib.contextmanager
def measured_gaps(lab, what):
    """No MKPDU may come so late that a peer gives up; how late the latest came is printed."""
    gaps = [Gaps(lab, port) for port in ("p0", "p1")]
    for gap in gaps:
        gap.start()
    yield
    longest = max(gap.stop(in_use(end)[0]) for gap, end in zip(gaps, (lab.a, lab.b)))
    print(f"{what}: longest time between two MKPDUs of a CAK {longest:.2f} s (hello: 2 s)")
    assert longest < LIFE_S


def test_secured_with_keys_by_crn_and_alias(lab):
    """The primary by CRN, the fallback by alias; each is fetched once by each end."""
    lab.configure_cloud({"mka": {"fallback": lab.cloud_cak("FB01", "hpcs:hpcs/cak-fallback")}})
    for end in (lab.a, lab.b):
        end.start()
    print(f"secured {lab.wait_secured():.0f} ms after both ends were up")
    wait_for("the fallback is agreed too", lambda: all(
        one["live"] == 1 for one in lab.a.link("mka.show")["participants"]), 30)
    assert in_use(lab.a) == ("aa01", {"aa01": "primary", "fb01": "fallback"})
    for end in (lab.a, lab.b):
        assert all(key["had"] and key["state"] == "good" for key in keys_of(end).values())
    fetches = [entry["path"] for entry in lab.cloud.journal("hpcs")
               if not entry["path"].endswith("/metadata")]
    assert len(fetches) == 4 and len(set(fetches)) == 2
    assert lab.a.doctor()["verdict"] == "ok"


@pytest.mark.parametrize("stored", (FALLBACK_CAK,
                                    base64.b64encode(FALLBACK_CAK.encode()).decode()),
                         ids=("digits", "base64"))
def test_other_services(lab, stored):
    """Key Protect by id, Secrets Manager in both stored forms."""
    secret = lab.cloud.add_secret(payload=stored)["crn"]
    key = lab.cloud.import_key(NEW_CAK, service="key-protect")
    shared = {"iam-url": lab.cloud.url("iam"), "ca-file": lab.cloud.ca_file(),
              "credential": lab.cloud.credential("reader-plus")}
    services = [{"name": name, "kind": name, "url": lab.cloud.url(name),
                 "instance": lab.cloud.instance(name), **shared}
                for name in ("key-protect", "secrets-manager")]
    lab.configure({"mka": {
        "primary": lab.cloud_cak("AA01", f"key-protect:key-protect/{key.rsplit(':', 1)[1]}"),
        "fallback": lab.cloud_cak("FB01", secret)}}, keys={"poll": POLL_S, "services": services})
    for end in (lab.a, lab.b):
        end.start()
    lab.wait_secured()
    wait_for("the fallback is agreed too", lambda: all(
        one["live"] == 1 for one in lab.a.link("mka.show")["participants"]), 30)


def hpcs_refuses(lab):
    lab.cloud.service_down(service="hpcs")
    lab.cloud.service_down(service="iam")


def hpcs_is_silent(lab):
    for service in ("hpcs", "iam"):
        lab.cloud.fault("silent", service=service)


def hpcs_drips(lab):
    for service in ("hpcs", "iam"):
        lab.cloud.fault("drip", service=service, interval=1.0, from_start=True)


def nothing_reaches_it(lab):
    """As behind a firewall that drops."""
    lab.silence(True)


def names_are_lost(lab):
    """As with a DNS server that does not answer."""
    lab.forget_names()


def hpcs_is_overloaded(lab):
    for service in ("hpcs", "iam"):
        lab.cloud.fault("status", service=service, status=503, body="upstream is gone")


@pytest.fixture
def reachable(lab):
    yield
    come_back(lab)
    lab.unname_services()


def come_back(lab):
    lab.cloud.clear_faults()
    lab.cloud.service_up(service="hpcs")
    lab.cloud.service_up(service="iam")
    lab.silence(False)


@pytest.mark.usefixtures("reachable")
@pytest.mark.parametrize("break_it, state", ((hpcs_is_overloaded, 503), (hpcs_refuses, None),
                                             (hpcs_is_silent, None), (nothing_reaches_it, None)))
def test_down_at_start(lab, break_it, state):
    """A link with a file key comes up; the cloud's key takes over once the service is back."""
    break_it(lab)
    for end in (lab.a, lab.b):
        end.configure({"mka": {"primary": lab.cloud_cak("AA01", lab.crn),
                               "fallback": end.cak("fb01", FALLBACK_CAK)}}, keys=lab.keys())
        end.start()
    lab.wait_secured()
    assert in_use(lab.a)[0] == "fb01"
    wait_for("it is told", lambda: only_key(lab.a)["state"] == "waiting"
             and only_key(lab.a)["http-status"] == state, 30)
    assert lab.a.link()["awaited-ckn"] == "aa01"
    assert "key of CKN AA01" in lab.a.doctor()["finding"]
    come_back(lab)
    began = time.monotonic()
    wait_for("the primary is in use", lambda: in_use(lab.a)[0] == in_use(lab.b)[0] == "aa01", 180,
             every=0.05)
    print(f"the primary was in use {time.monotonic() - began:.1f} s after the service was back")
    told = [one["text"] for one in lab.a.ask("events.show")["events"] if one["kind"] == "key"]
    assert "all is well" not in told[0] and told[-1].endswith(": all is well")
    tries = [entry["at"] for entry in lab.cloud.journal()]
    assert len(tries) <= 2 * (3 + tries[-1] - tries[0])  # two ends, at most 1/s each


@pytest.mark.usefixtures("reachable")
@pytest.mark.parametrize("break_it", (hpcs_refuses, hpcs_is_silent, hpcs_drips,
                                      nothing_reaches_it, names_are_lost))
def test_down_while_running(lab, pumps, break_it):
    """Traffic, rekeys and a change of CA go on, and no MKPDU is late."""
    named = lab.name_services() if break_it == names_are_lost else {}
    lab.configure_cloud({"mka": {"fallback": lab.cloud_cak("FB01", "hpcs:hpcs/cak-fallback")}},
                        **named)
    for end in (lab.a, lab.b):
        end.start()
    lab.wait_secured()
    wait_for("all keys are had", lambda: all(
        key["had"] for end in (lab.a, lab.b) for key in keys_of(end).values()), 60)
    break_it(lab)
    loops = pumps()
    with measured_gaps(lab, break_it.__name__):
        asked = time.monotonic()
        lab.rekey()
        # past the next look at the keys, so that the agent is in the middle of a call
        wait_for("a poll of the keys is under way", lambda: time.monotonic() - asked > POLL_S + 2,
                 POLL_S + 10, every=0.1)
        lab.rekey()
        for end in (lab.a, lab.b):  # to the fallback's CA: its key is had
            end.configure({"mka": {"primary": lab.cloud_cak("FB01", "hpcs:hpcs/cak-fallback")}},
                          keys=lab.keys(**named))
            end.ask("daemon.reload")
        wait_for("the other CA carries the traffic", lambda: all(
            in_use(end) == ("fb01", {"fb01": "primary"}) for end in (lab.a, lab.b)), 60,
            every=0.05)
    assert_no_loss(loops, break_it.__name__)


def test_the_agent_is_killed(lab, pumps):
    """A new one comes, knows what is had, and nothing is lost."""
    lab.configure_cloud()
    for end in (lab.a, lab.b):
        end.start()
    lab.wait_secured()
    loops = pumps()
    fetched = len(lab.cloud.journal("hpcs"))
    for number in range(1, 4):
        before = agent_of(lab.a)
        os.kill(before["pid"], (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV)[number - 1])

        def is_new(before=before):
            now = agent_of(lab.a)
            return now["alive"] and now["pid"] not in (None, before["pid"])
        wait_for("there is a new agent", is_new, 30)
        assert only_key(lab.a)["had"] and lab.a.state() == "secured"
    assert agent_of(lab.a)["restarts"] == 3
    wait_for("the new one looks at the key", lambda: any(
        entry["path"].endswith("/metadata")
        for entry in lab.cloud.journal("hpcs")[fetched:]), 3 * POLL_S)
    assert_no_loss(loops, "the key agent killed three times")


def warning(end, part):
    def told():
        key = only_key(end)
        return key["state"] in ("warning", "refused") and part in (key["problem"] or "")
    wait_for(f"a warning: {part}", told, 4 * POLL_S, every=0.1)
    assert only_key(end)["had"] and end.state() == "secured"
    assert "needs attention" in end.doctor()["finding"]


def test_another_key_behind_an_alias(lab):
    """Name and key change together: it is warned about, and the old CAK stays."""
    lab.configure_cloud({"mka": {"primary": lab.cloud_cak("FB01", "hpcs:hpcs/cak-fallback")}})
    for end in (lab.a, lab.b):
        end.start()
    lab.wait_secured()
    before = lab.a.key_identifier()
    other = lab.cloud.import_key(NEW_CAK).rsplit(":", 1)[1]
    lab.cloud.point_alias(alias="cak-fallback", key=other)
    warning(lab.a, "stands for key")
    assert lab.a.key_identifier() == before


@pytest.mark.parametrize("change, part", (
    ({"expires": 5 * 24 * 3600}, "expire"),
    ({"state": 3}, "deactivated"),
    ({"deleted": True}, "deleted"),
), ids=("expiry", "state", "deletion"))
def test_trouble_of_a_key_in_use(lab, change, part):
    """Told long before it hurts; the link goes on."""
    crn = lab.cloud.import_key(NEW_CAK)
    lab.configure_cloud({"mka": {"primary": lab.cloud_cak("AA09", crn)}})
    for end in (lab.a, lab.b):
        end.start()
    lab.wait_secured()
    if change.get("deleted"):
        lab.cloud.delete_key(key=crn.rsplit(":", 1)[1])
    else:
        lab.cloud.set_key(key=crn.rsplit(":", 1)[1], **change)
    warning(lab.a, part)


def test_rotation(lab, pumps):
    """A new name and a new key become the next primary, one end after the other; 0 frames lost."""
    lab.configure_cloud()
    for end in (lab.a, lab.b):
        end.start()
    lab.wait_secured()
    loops = pumps()
    crn = lab.cloud.import_key(NEW_CAK)
    for end in (lab.a, lab.b):
        end.configure({"mka": {"primary": lab.cloud_cak("AA02", crn)}}, keys=lab.keys())
        end.ask("daemon.reload")
    wait_for("both ends use the new CAK only", lambda: all(
        in_use(end) == ("aa02", {"aa02": "primary"}) for end in (lab.a, lab.b)), 60, every=0.05)
    assert_no_loss(loops, "rotation of the primary")


@pytest.mark.parametrize("credential, part", (("reader", "ReaderPlus"), ("nobody", "ReaderPlus")))
def test_a_role_is_missing(lab, credential, part):
    """Final: looked at again at each poll only, and the text names what is missing."""
    lab.configure_cloud(credential=lab.cloud.credential(credential))
    lab.a.start()
    wait_for("it is refused", lambda: only_key(lab.a)["state"] == "refused", 30)
    assert part in only_key(lab.a)["problem"]
    before = len(lab.cloud.journal("hpcs"))
    lab.cloud.set_roles(name=credential, roles=["ReaderPlus"])
    wait_for("it is fetched at the next poll", lambda: only_key(lab.a)["had"], 4 * POLL_S)
    assert len(lab.cloud.journal("hpcs")) - before <= 4
