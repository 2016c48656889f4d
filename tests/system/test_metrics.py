# SPDX-License-Identifier: BSD-3-Clause
"""/metrics of two appliances: what it says is what the control socket says, and to read it hurts
nothing. The text is read by Prometheus' own parser, which none of us wrote."""

import http.client
import threading
import time

import pytest
from appliance import wait_for
from prometheus_client import parser as prometheus
from prometheus_client.openmetrics import parser as openmetrics
from wire import Pump

PORT = 9464  # the default
OPEN = "application/openmetrics-text; version=1.0.0"
READERS, RATE, SECONDS = 4, 50, 8
HELLO_S = 2.0


def fetch(end, accept=OPEN, method="GET", path="/metrics", host="127.0.0.1"):
    """Status, type and text of one request, from inside of the appliance's namespace."""
    with end.namespace.inside():
        connection = http.client.HTTPConnection(host, PORT, timeout=20)
        connection.connect()
    connection.request(method, path, headers={"Accept": accept} if accept else {})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.getheader("Content-Type"), text


def samples(end):
    """{(name, labels): value} of a page."""
    status, kind, text = fetch(end)
    assert status == 200 and kind.startswith("application/openmetrics-text; version=1.0.0")
    return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in openmetrics.text_string_to_metric_families(text)
            for sample in family.samples}


def value(page, name, **labels):
    return page[name, tuple(sorted({"link": "dl0", **labels}.items()))]


def quiet(end):
    """Page and counters of one moment: nothing but MKA moves, so two equal answers around it."""
    def same():
        time.sleep(0.11)  # a text is given to everybody for 100 ms: the next one is younger
        before, page, after = end.counters(), samples(end), end.counters()
        return (before, page) if before == after else None
    return wait_for("no counter moves while a page is read", same, 30)


def test_values_are_those_of_the_control_socket(lab):
    lab.start()
    lab.ping(count=20)
    for end in (lab.a, lab.b):
        counters, page = quiet(end)
        for lane in ("protect", "validate"):
            for word, count in counters[lane].items():
                name = f"macsec_{word.replace('-', '_')}"
                name += "" if word == "turn-wait-max-cycles" else "_total"
                assert value(page, name, lane=lane) == count, word
        assert value(page, "macsec_out_pkts_encrypted_total", lane="protect") >= 20


def test_state_peers_and_associations(lab):
    lab.start()
    lab.rekey()
    page = samples(lab.a)
    link, mka = lab.a.link(), lab.a.link("mka.show")
    for state in ("negotiating", "secured", "kept", "clear"):
        assert value(page, "macsec_link_state", state=state) == (state == "secured")
    assert value(page, "macsec_link_verdict", verdict="ok") == 1
    assert value(page, "macsec_mka_live_peers") == len(link["peer-scis"]) == 1
    assert value(page, "macsec_link_rekeys_total") == link["rekeys"] == 1
    assert value(page, "macsec_mka_saks_distributed_total") == mka["saks-distributed"] == 2
    assert value(page, "macsec_mka_key_server") == 1
    assert value(page, "macsec_port_up", port="line") == 1
    using = [dict(labels) for (name, labels), used in page.items()
             if name == "macsec_sa_in_use" and used]
    sa = next(sa for sa in lab.a.link("sa.show")["sas"]
              if sa["direction"] == "transmit" and sa["in-use"])
    assert {"link": "dl0", "direction": "transmit", "sci": sa["sci"], "an": str(sa["an"])} in using
    lab.b.stop()
    wait_for("the link is lost", lambda: lab.a.state() == "negotiating", 30)
    wait_for("the page says so", lambda: value(
        samples(lab.a), "macsec_link_state", state="negotiating") == 1, 5)
    assert value(samples(lab.a), "macsec_mka_live_peers") == 0


def test_prometheus_format_and_other_requests(lab):
    lab.start()
    status, kind, text = fetch(lab.a, accept=None)
    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    families = {family.name: family for family in prometheus.text_string_to_metric_families(text)}
    assert families["macsec_in_pkts_late"].type == "counter"
    assert all(family.documentation for family in families.values())
    status, _, text = fetch(lab.a, method="HEAD")
    assert (status, text) == (200, "")
    assert fetch(lab.a, path="/")[0] == 404
    assert fetch(lab.a, method="POST")[0] == 405


def test_listen(lab):
    """Another address, an address that is not there, none at all; the link is secured anyway."""
    lab.a.configure(control={"metrics": {"listen": f'"[::1]:{PORT}"'}})
    lab.b.configure(control={"metrics": {"listen": "192.0.2.77:9464"}})
    lab.a.start()
    lab.b.start()
    lab.wait_secured()
    assert fetch(lab.a, host="::1")[0] == 200
    with pytest.raises(OSError):
        fetch(lab.a)
    warnings = [line for line in lab.b.log_path.read_text().splitlines() if "WARNING" in line]
    assert len(warnings) == 1 and "192.0.2.77:9464" in warnings[0]
    assert "control.metrics.listen" in warnings[0]
    lab.stop()
    lab.start(control={"metrics": {"listen": "off"}})
    with pytest.raises(OSError):
        fetch(lab.a)


class Reader(threading.Thread):
    """Reads the page at a steady rate, each time over a new connection."""

    def __init__(self, end):
        super().__init__(daemon=True)
        self.end, self.ending = end, threading.Event()
        self.pages, self.failed, self.longest = 0, 0, 0.0

    def run(self):
        due = time.monotonic()
        while not self.ending.is_set():
            begun = time.monotonic()
            try:
                ok = fetch(self.end)[2].endswith("# EOF\n")
            except OSError:
                ok = False
            self.pages, self.failed = self.pages + ok, self.failed + (not ok)
            self.longest = max(self.longest, time.monotonic() - begun)
            due = max(due + 1 / RATE, time.monotonic() - 1)
            self.ending.wait(max(0.0, due - time.monotonic()))


def test_readers_delay_no_mkpdu(lab):
    """Several clients at 50 Hz, rekeys among it: no frame is lost, MKPDUs keep their rhythm."""
    lab.start()
    lab.resolve()
    pump = Pump((lab.spaces["office"], "eth0"), (lab.spaces["cloud"], "eth0"))
    pump.start()
    readers = [Reader(end) for end in (lab.a, lab.b) for _ in range(READERS // 2)]
    sent = lab.a.link("mka.show")["sent"]
    begun = time.monotonic()
    for reader in readers:
        reader.start()
    lab.rekey()
    wait_for("the clients have read for a while", lambda: time.monotonic() > begun + SECONDS,
             SECONDS + 5, every=0.1)
    lab.rekey()
    took = time.monotonic() - begun
    for reader in readers:
        reader.ending.set()
    for reader in readers:
        reader.join(30)
    pump.stop()
    pages, failed = (sum(getattr(reader, what) for reader in readers)
                     for what in ("pages", "failed"))
    mkpdus = lab.a.link("mka.show")["sent"] - sent
    longest = max(reader.longest for reader in readers) * 1000
    print(f"{pages} pages in {took:.1f} s, longest {longest:.0f} ms; "
          f"{mkpdus} MKPDUs")
    assert failed == 0 and pages > SECONDS * 5 * READERS
    assert mkpdus >= took / HELLO_S - 1
    assert (pump.lost, pump.reordered) == (0, 0) and pump.received > 100
    assert lab.a.states()[-1] == lab.b.states()[-1] == "secured"
    assert lab.a.link()["rekeys"] == 2
