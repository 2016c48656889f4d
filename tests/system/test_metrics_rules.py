# SPDX-License-Identifier: BSD-3-Clause
"""Alert rules, dashboard and manual name only metrics, labels and values that are there."""

import json
import re
import socket
import urllib.request

import pytest
import yaml
from ctl_lab import ROOT, Fake
from metrics_rules import Known, balanced
from prometheus_client.openmetrics.parser import text_string_to_metric_families

ALERTS = ROOT / "configs" / "prometheus" / "macsecd-alerts.yaml"
SCRAPE = ROOT / "configs" / "prometheus" / "prometheus.yaml"
DASHBOARD = ROOT / "configs" / "grafana" / "macsecd.json"
MANUAL = ROOT / "docs" / "operations.md"
# Where a summary may send the reader, and words that tell him to act.
ACTIONS = re.compile(r"macsecctl|systemctl|journalctl|timedatectl|look|compare|give|make ")


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def page_of(address):
    request = urllib.request.Request(f"http://{address}/metrics", headers={
        "Accept": "application/openmetrics-text; version=1.0.0"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read().decode()


@pytest.fixture(scope="module")
def families(tmp_path_factory):
    address = f"127.0.0.1:{free_port()}"
    with Fake(tmp_path_factory.mktemp("metrics") / "control.sock", listen=address):
        return list(text_string_to_metric_families(page_of(address)))


@pytest.fixture(scope="module")
def known(families):
    return Known(families)


def alerts():
    return yaml.safe_load(ALERTS.read_text())["groups"][0]["rules"]


def expressions(panel):
    """(title, expression) of a panel and of what is in it."""
    yield from ((panel.get("title"), target["expr"]) for target in panel.get("targets", ()))
    for inner in panel.get("panels", ()):
        yield from expressions(inner)


def dashboard():
    return [pair for panel in json.loads(DASHBOARD.read_text())["panels"]
            for pair in expressions(panel)]


def test_the_checker_finds_what_is_wrong(known):
    for wrong in ("macsec_no_such_total", "rate(macsec_in_pkts_late[5m])",
                  'macsec_link_state{state="secure"}', 'macsec_link_state{stat="secured"}',
                  'macsec_link_state{state=~"secured|keptt"}', "sum by (lnk) (macsec_port_up)",
                  'macsec_link_state{state="secured" "x"}', "1 > 0"):
        assert known.complaints(wrong), wrong
    assert not known.complaints('sum by (link) (macsec_link_state{state=~"secured|kept"})')
    assert balanced("a(b[5m]) > c{}") and not balanced("a(b[5m)]")


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_alert(known, rule):
    assert known.complaints(rule["expr"]) == []
    assert balanced(rule["expr"])
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m"))
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert ACTIONS.search(rule["annotations"]["summary"]), "names nothing to do"


def test_labels_of_summaries_are_there(known):
    for rule in alerts():
        names = [name for name in known.labels if name in rule["expr"]]
        labels = {label for name in names for label in known.labels[name]} | {"instance"}
        asked = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        assert asked <= labels, rule["alert"]
        grouped = re.search(r"\b(?:sum) by \(([^)]*)\)", rule["expr"])
        if grouped and rule["expr"].startswith("sum"):
            assert asked <= set(grouped.group(1).split(", ")), rule["alert"]


def test_every_alert_and_no_other_is_in_the_manual():
    section = MANUAL.read_text().split("\n## Alerts\n")[1].split("\n## ")[0]
    headings = re.findall(r"^### (\w+)$", section, re.M)
    assert headings == [rule["alert"] for rule in alerts()]
    for text in re.split(r"^### ", section, flags=re.M)[1:]:
        assert "**Do:** " in text, text.splitlines()[0]


def test_dashboard(known):
    pairs = dashboard()
    assert len(pairs) > 20
    for title, expression in pairs:
        assert known.complaints(expression) == [], title
        assert balanced(expression), title
    ids = [panel["id"] for panel in json.loads(DASHBOARD.read_text())["panels"]]
    assert len(set(ids)) == len(ids)


def test_dashboard_variables(known):
    asked = re.findall(r"label_values\((\w+)(?:\{[^}]*\})?, (\w+)\)", DASHBOARD.read_text())
    assert [label for _, label in asked] == ["instance", "link"]
    for name, label in asked:
        assert label == "instance" or label in known.labels[name]


def test_scrape_example_is_the_default_address():
    job, = yaml.safe_load(SCRAPE.read_text())["scrape_configs"]
    target, = job["static_configs"][0]["targets"]
    assert f"`{target}`" in (ROOT / "docs" / "configuration.md").read_text()
    assert f'up{{job="{job["job_name"]}"}}' in ALERTS.read_text()


def test_every_metric_is_in_the_manual(families):
    """By name, but for the lanes' counters, which have the names of `macsecctl show counters`."""
    text = MANUAL.read_text()
    named = set(re.findall(r"`(macsecd?_\w+)`", text))
    counters = set(re.findall(r'^\tX\([A-Z_]+, "([a-z-]+)",',
                              (ROOT / "dataplane" / "counters.h").read_text(), re.M))
    names = {sample.name for family in families for sample in family.samples}
    of_lanes = {name for name in names for word in counters
                if re.fullmatch(f"macsec_{word.replace('-', '_')}(_total)?", name)}
    assert len(of_lanes) == len(counters) > 30
    assert names - of_lanes - named == set()
    assert named - names == set()


def test_every_reason_of_loss_is_in_the_manual(known):
    section = MANUAL.read_text().split("\n## Why frames are lost\n")[1]
    rows = re.findall(r"^\| (`.*?`) \|", section, re.M)
    reasons = {word for row in rows for word in re.findall(r"`([a-z-]+)`", row)}
    assert reasons == known.labels["macsec_dropped_frames_total"]["reason"]
