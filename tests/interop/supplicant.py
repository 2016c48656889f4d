# SPDX-License-Identifier: BSD-3-Clause
"""wpa_supplicant in the guest (hostap's MKA, the kernel's MACsec), and macsecd agreeing with it."""

import json
import time

from appliance import wait_for
from both_counters import losses, sent_and_validated
from peer_lab import CAK, CKN

# Priorities in MKA's election: the lower one is key server. macsecd has 16 in between.
LINUX_SERVES, WE_SERVE = 8, 32
SECURED_S = 40  # hostap needs up to 12 s after a restart of ours, more on a crowded machine


class Supplicant:
    """One wpa_supplicant on an eth0 of the guest's: its own, or that of a namespace inside it."""

    def __init__(self, guest, namespace=None):
        self.guest = guest
        self.inside = f"ip netns exec {namespace} " if namespace else ""
        self.control, self.log, self.pid = (f"{path}-{namespace or 'eth0'}" for path in (
            "/run/wpa", "/tmp/wpa.log", "/run/wpa.pid"))

    def start(self, priority, cak=CAK, ckn=CKN, **words):
        """Starts it; more words go into the network block as they are."""
        network = {"key_mgmt": "NONE", "eapol_flags": 0, "macsec_policy": 1, "mka_cak": cak,
                   "mka_ckn": ckn, "mka_priority": priority, **words}
        lines = [f"ctrl_interface={self.control}", "eapol_version=3", "ap_scan=0", "network={",
                 *[f" {word}={value}" for word, value in network.items()], "}"]
        self.guest.run("cat >/tmp/wpa.conf <<end\n" + "\n".join(lines) + "\nend\n"
                       f"rm -f {self.log}\n"
                       f"{self.inside}wpa_supplicant -B -d -t -i eth0 -D macsec_linux "
                       f"-c /tmp/wpa.conf -f {self.log} -P {self.pid}")

    def stop(self, signal="TERM"):
        """Ends it, and its interface with it. Harmless when none runs."""
        number = self.guest.run(f"cat {self.pid} 2>/dev/null && rm {self.pid}", check=False).strip()
        if number:
            self.guest.run(f"kill -{signal} {number}", check=False)
            # a dead process keeps its number until init looks after it, but no program
            wait_for("wpa_supplicant ends",
                     lambda: not self.guest.succeeds(f"readlink /proc/{number}/exe"), 30)
            self.guest.run(f"rm -rf {self.control}; {self.inside}ip link delete macsec0",
                           check=False)

    def status(self):
        """What wpa_cli says, {"Secured": "Yes", …}; nothing while it does not answer."""
        lines = self.guest.run(f"{self.inside}wpa_cli -p {self.control} -i eth0 status",
                               check=False).splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def is_secured(self):
        return self.status().get("Secured") == "Yes"

    def macsec(self):
        """Its MACsec interface as `ip -s macsec show` has it; None while there is none."""
        shown = json.loads(self.guest.run(f"{self.inside}ip -j -s macsec show") or "[]")
        return shown[0] if shown else None

    def key_identifier(self):
        """The SAK that it transmits with; the kernel keeps its name, the KN in host order."""
        shown = self.macsec()
        for sa in shown["sa_list"] if shown else []:
            if sa["an"] == shown["encoding_sa"] and sa["active"]:
                number = int.from_bytes(bytes.fromhex(sa["key"][24:32]), "little")
                return f"{sa['key'][:24]}:{number}"
        return None

    def set_address(self, address):
        self.guest.run(f"{self.inside}ip link set macsec0 up\n"
                       f"{self.inside}ip address replace {address}/24 dev macsec0")

    def raise_pn(self, pn):
        an = self.macsec()["encoding_sa"]
        self.guest.run(f"ip macsec set macsec0 tx sa {an} pn {pn} on")

    def log_tail(self, lines=80):
        return self.guest.run(f"grep -v hexdump {self.log} | tail -n {lines}", check=False)


class Agreement:
    """macsecd and wpa_supplicant, with one CAK between them unless a test says otherwise."""

    def __init__(self, lab):
        self.lab, self.guest = lab, lab.guest
        self.supplicant = Supplicant(lab.guest)

    def configure(self, macsec=None, mka=None):
        self.lab.a.configure({
            "macsec": {"cipher-suite": "gcm-aes-128", **(macsec or {})},
            "mka": {"primary": {"ckn": json.dumps(CKN)}, **(mka or {})},
        })

    def start(self, priority, macsec=None, mka=None, **words):
        """Starts both and waits until both are secured and the guest has its address."""
        self.configure(macsec, mka)
        self.supplicant.start(priority, **words)
        self.lab.a.start()
        self.wait_secured()
        self.assert_server(priority == WE_SERVE)

    def restart_supplicant(self, priority, signal="TERM", **words):
        self.supplicant.stop(signal)
        self.supplicant.start(priority, **words)

    def wait_secured(self, other_than=None, timeout=SECURED_S):
        """Both are secured, with another SAK than `other_than`; seconds until we were."""
        started = time.monotonic()
        wait_for("macsecd transmits with a fresh SAK",
                 lambda: self.lab.a.key_identifier() not in (None, other_than), timeout)
        seconds = time.monotonic() - started
        wait_for("both ends are secured with it", self.both_secured, timeout, every=0.1)
        self.lab.address_guest()
        return seconds

    def both_secured(self):
        return (self.lab.a.state() == "secured" and self.supplicant.is_secured()
                and self.supplicant.key_identifier() == self.lab.a.key_identifier())

    def assert_server(self, is_we):
        """Both ends name the same key server."""
        mka, status = self.lab.a.link("mka.show"), self.supplicant.status()
        assert mka["key-server"] == is_we
        assert status["is_key_server"] == ("No" if is_we else "Yes")
        assert status["key_server_sci"].replace(":", "").replace("@", "000") == \
            mka["key-server-sci"]
        assert [peer["live"] for peer in mka["peers"]] == [True]

    def assert_unsecured(self):
        assert self.lab.a.state() == "negotiating" and not self.supplicant.is_secured()
        self.lab.assert_nothing_crosses()

    def rekeyed(self, act, timeout=SECURED_S):
        """Does `act` and waits until both ends transmit with another SAK."""
        before = self.lab.a.key_identifier()
        act()
        self.wait_secured(before, timeout)

    def assert_counters_agree(self, at_least=200):
        """Traffic has stopped; a neighbour's question may still be under way."""
        def agreed():
            self.seen = self.lab.a.counters(), self.supplicant.macsec()
            figures = sent_and_validated(*self.seen)
            return all(sent == validated for sent, validated in figures.values())
        try:
            wait_for("both ends count the same", agreed, 10, every=0.2)
        except AssertionError:
            raise AssertionError(f"counters differ: {sent_and_validated(*self.seen)}") from None
        figures = sent_and_validated(*self.seen)
        assert min(figures["frames from us"] + figures["frames from them"]) >= at_least
        assert not losses(*self.seen)
