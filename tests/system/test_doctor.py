# SPDX-License-Identifier: BSD-3-Clause
"""Two appliances with something wrong between them: what they do, what the doctor says of it."""

import subprocess
from datetime import datetime, timedelta, timezone

import pytest
from appliance import CAK, MACSECCTL, MACSECD, wait_for
from frames import MARK, Path, Sender, plain
from wire import Sniffer

OTHER = "00112233445566778899aabbccddeeff0123456789abcdef0123456789abcdef"


def ctl(end, *words):
    return subprocess.run([MACSECCTL, "-s", end.socket_path, *words], capture_output=True,
                          text=True, timeout=20, check=False)


def start(lab, of_a=None, of_b=None):
    """Starts both ends with the changes of their own."""
    lab.a.configure({"mtu": lab.mtu, **(of_a or {})})
    lab.b.configure({"mtu": lab.mtu, **(of_b or {})})
    lab.a.start()
    lab.b.start()


def wait_diagnosis(end, verdict, finding, timeout=30):
    """Waits for a finding, and returns the whole diagnosis."""
    seen = {}

    def found():
        seen.update(end.doctor())
        return seen["verdict"] == verdict and finding in seen["finding"]
    try:
        wait_for(f"macsecd {end.name} finds {finding!r}", found, timeout, every=0.1)
    except AssertionError as error:
        raise AssertionError(f"{error}; but {seen}\n{end.log_tail()}") from None
    return seen


def with_fallback(end, primary=CAK):
    return {"mka": {"primary": end.cak("AA01", primary), "fallback": end.cak("FB01", OTHER)}}


def participants(end):
    return {one["ckn"]: one for one in end.link("mka.show")["participants"]}


def test_primary_and_fallback(lab):
    """Both are agreed, the primary is used, and all is well."""
    start(lab, with_fallback(lab.a), with_fallback(lab.b))
    lab.wait_secured()
    wait_for("both CAKs are agreed at both ends", lambda: all(
        one["live"] == 1 for end in (lab.a, lab.b) for one in participants(end).values()))
    for end in (lab.a, lab.b):
        shown = participants(end)
        assert {ckn: (one["role"], one["principal"]) for ckn, one in shown.items()} == {
            "aa01": ("primary", True), "fb01": ("fallback", False)}
        assert end.link("mka.show")["latest-sak"]["ckn"] == "aa01"
        assert end.link()["role"] == "primary"
        assert end.doctor()["verdict"] == "ok" and ctl(end, "doctor").returncode == 0
        assert ctl(end, "status").returncode == 0
    lab.ping()


def test_wrong_primary_runs_on_the_fallback(lab):
    """A primary that differs leaves the fallback; put right, it takes over without a gap."""
    start(lab, with_fallback(lab.a), with_fallback(lab.b, OTHER.swapcase()[::-1]))
    lab.wait_secured()
    lab.ping()
    for end in (lab.a, lab.b):
        said = wait_diagnosis(end, "warning",
                              "running on the fallback CKN FB01: CKN AA01 is not agreed")
        assert "ICV does not verify under CKN AA01" in said["evidence"]
        assert said["fix"] == "write the same key for that CKN at both ends"
        assert end.state() == "secured" and end.link()["role"] == "fallback"
        assert "running on the fallback CKN FB01" in end.link()["problem"]
        for words in (("status",), ("doctor",)):
            done = ctl(end, *words)
            assert done.returncode == 0 and "running on the fallback" in done.stdout
    lab.b.stop()
    lab.b.configure({"mtu": lab.mtu, **with_fallback(lab.b)})
    lab.b.start()
    wait_for("the primary takes over", lambda: all(
        end.link()["role"] == "primary" and end.state() == "secured"
        for end in (lab.a, lab.b)), 30)
    lab.ping()


def test_ckns_differ(lab):
    """The doctor names the CKN that the peer offers and those that are configured."""
    start(lab, None, {"mka": {"primary": lab.b.cak("BB02")}})
    said = wait_diagnosis(lab.a, "wrong", "peer offers CKN BB02, configured is AA01")
    assert said["finding"].startswith("every MKPDU is refused: MKPDU from ")
    assert "(ckn-unknown)" in said["evidence"] and "the same ckn" in said["fix"]
    wait_diagnosis(lab.b, "wrong", "peer offers CKN AA01, configured is BB02")
    done = ctl(lab.a, "doctor", "dl0")
    assert done.returncode == 1 and done.stdout.startswith("link dl0: wrong\n")
    assert "peer offers CKN BB02" in lab.a.link()["problem"]
    assert lab.a.state() == "negotiating"


def test_caks_differ(lab):
    """The same name for two keys is told from two names."""
    start(lab, None, {"mka": {"primary": lab.b.cak("AA01", OTHER)}})
    for end in (lab.a, lab.b):
        said = wait_diagnosis(end, "wrong", "ICV does not verify under CKN AA01: the CAK differs")
        assert "(icv)" in said["evidence"] and "the same key" in said["fix"]
        assert ctl(end, "doctor").returncode == ctl(end, "status").returncode == 1


def test_padded_ckn(lab):
    """A peer that pads its CKN is told so; with pad-ckn at both ends the link is secured."""
    start(lab, None, {"mka": {"pad-ckn": True}})
    wait_diagnosis(lab.a, "wrong", "with zero padding: set 'pad-ckn' to true")
    lab.a.stop()
    lab.a.configure({"mtu": lab.mtu, "mka": {"pad-ckn": True}})
    lab.a.start()
    lab.wait_secured()
    assert list(participants(lab.a)) == ["aa01" + 60 * "0"]
    assert participants(lab.a)["aa01" + 60 * "0"]["role"] == "primary"


def test_a_path_that_carries_one_way(lab):
    """Of two ends one hears nothing; the other one hears, and is not answered."""
    with lab.cut("p1"):  # what b sends is lost
        start(lab)
        wait_diagnosis(lab.b, "wrong", "is heard but does not answer us")
        said = wait_diagnosis(lab.a, "wrong", "no MKPDU heard from the line")
        assert "EAPOL" in said["fix"]
    lab.wait_secured()


def test_no_suite_for_both(lab):
    """Members that hear each other and find no cipher suite in common."""
    only = "gcm-aes-128"
    start(lab, {"macsec": {"allowed-suites": ["gcm-aes-xpn-256"]}},
          {"macsec": {"cipher-suite": only, "allowed-suites": [only]}})
    said = wait_diagnosis(lab.a, "wrong", "offers gcm-aes-128 only")
    assert "allowed-suites" in said["fix"] and "wants MACsec" in said["evidence"]
    assert lab.a.link("mka.show")["obstacle"] == said["finding"]


def test_nobody_may_serve(lab):
    """Priority 255 at both ends."""
    start(lab, {"mka": {"key-server-priority": 255}}, {"mka": {"key-server-priority": 255}})
    said = wait_diagnosis(lab.a, "wrong", "no member may be key server")
    assert "255" in said["evidence"] and "below 255" in said["fix"]


def test_delay_protection_at_one_end(lab):
    """Asked for here and not there: traffic crosses, and the doctor warns."""
    start(lab, {"mka": {"delay-protect": True}})
    lab.wait_secured()
    said = wait_diagnosis(lab.a, "warning", "does not bound its hellos")
    assert "at the peer too" in said["fix"]
    assert lab.b.doctor()["verdict"] == "ok"


def lose(lab, policy):
    """Secures the link with these policies, kills b, and waits until a has noticed."""
    lab.start({"macsec": policy})
    lab.ping()
    lab.b.process.kill()
    lab.b.process.wait()
    wait_for("the loss is noticed", lambda: lab.a.state() != "secured", 30)


@pytest.mark.parametrize("policy, state", (
    ({"policy": "must-secure"}, "negotiating"),
    ({"policy": "must-secure", "on-failure": "keep-last-sak"}, "kept"),
    ({"policy": "should-secure", "on-failure": "drop"}, "negotiating"),
    ({"policy": "should-secure", "on-failure": "keep-last-sak"}, "kept"),
    ({"policy": "should-secure"}, "clear"),
), ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else value)
def test_the_peer_is_lost(lab, policy, state):
    """Each policy: the state, and what of the host's frames is seen on the line."""
    lose(lab, policy)
    assert lab.a.state() == state
    assert lab.a.states()[0] == ("clear" if policy["policy"] == "should-secure" else "negotiating")
    said = wait_diagnosis(lab.a, "warning" if state == "kept" else "wrong",
                          "the last key goes on" if state == "kept" else "no MKPDU heard")
    assert "MKA" in said["fix"]
    line, sender = Sniffer(lab.spaces["line"], "p0"), Sender(lab.spaces["office"], "eth0")
    line.frames()
    before = lab.a.counters()["protect"]
    frame = plain(300)
    sender.send(frame)
    wait_for("the frame is dealt with", lambda: sum(
        lab.a.counted("protect", word) - before[word]
        for word in ("drop-no-tx-sa", "out-pkts-encrypted", "out-pkts-untagged")) >= 1)
    lab.a.balanced()
    sent = [one for one in line.frames() if one[12:14] != b"\x88\x8e"]
    assert (frame in sent) == (state == "clear")
    assert any(one[12:14] == b"\x88\xe5" for one in sent) == (state == "kept")
    assert state == "clear" or not any(MARK[:12] in one for one in sent)
    line.close()
    sender.close()


def utc(moment):
    return moment.strftime('"%Y-%m-%dT%H:%M:%SZ"')


def with_chain(end, now):
    """CC01 is in use, CC02 starts in a quarter of an hour and is accepted by now."""
    return {"mka": {"primary": None, "fallback": end.cak("FB01", OTHER), "key-chain": [
        {**end.cak("CC01"), "start": utc(now - timedelta(days=2)),
         "end": utc(now + timedelta(minutes=20))},
        {**end.cak("CC02", OTHER[::-1]), "start": utc(now + timedelta(minutes=15)),
         "end": utc(now + timedelta(days=2))}]}}


def test_next_cak_of_a_chain_is_not_agreed(lab):
    """The doctor tells that a change of CAK would fail while there is time to put it right."""
    now = datetime.now(timezone.utc)
    wrong = with_chain(lab.b, now)
    wrong["mka"]["key-chain"][1].update(lab.b.cak("CC02", CAK[::-1]))
    start(lab, with_chain(lab.a, now), wrong)
    lab.wait_secured()
    link = lab.a.link()
    assert (link["ckn"], link["role"]) == ("cc01", "chain")
    assert (link["key-chain"]["next-ckn"], link["key-chain"]["next-use"]) == ("cc02", "send")
    assert 840 < link["key-chain"]["next-change-in-s"] <= 900
    said = wait_diagnosis(lab.a, "warning", "CKN CC02 is to be used from ")
    assert "ICV does not verify under CKN CC02" in said["evidence"]
    lab.b.stop()
    lab.b.configure({"mtu": lab.mtu, **with_chain(lab.b, now)})
    lab.b.start()
    lab.wait_secured()
    wait_diagnosis(lab.a, "ok", "secured under CKN CC01")


def check(end):
    return subprocess.run([*end.namespace.prefix, MACSECD, "--check", "-c", end.config_path],
                          capture_output=True, text=True, timeout=120, check=False)


def test_check_reads_every_key_that_is_needed(lab):
    """--check names each CAK, what a key chain does next, and a key that cannot be read."""
    lab.a.configure(with_chain(lab.a, datetime.now(timezone.utc)))
    good = check(lab.a)
    assert good.returncode == 0, good.stdout
    for line in ("pass  dl0: fallback CAK FB01 of 32 octets is readable",
                 "pass  dl0: key chain CAK CC01 of 32 octets is readable",
                 "pass  dl0: key chain CAK CC02 of 32 octets is readable",
                 "pass  dl0: the key chain goes on with CKN CC02 at ",
                 "warn  dl0: the key chain ends at "):
        assert line in good.stdout
    (lab.folder / "a-CC02.cak").unlink()
    bad = check(lab.a)
    assert bad.returncode != 0
    assert "fail  dl0: no key for the key chain CAK CC02; see the line above" in bad.stdout
    lab.a.launch()
    assert lab.a.process.wait(60) != 0, "a start without a key that will be needed"
    assert "a-CC02.cak does not exist" in lab.a.log_tail()
    lab.a.process = None


def test_should_secure_that_drops_begins_in_clear(lab):
    """on-failure: drop with should-secure: clear before the first agreement, never after it."""
    lab.configure({"macsec": {"policy": "should-secure", "on-failure": "drop"}})
    lab.a.start()
    with Path(lab) as path:
        path.sender.send(plain(200))
        assert path.line.wait(lambda got: got == plain(200)), "nothing crosses before the peer"
    lab.b.start()
    lab.wait_secured()
    lab.b.stop()
    wait_for("the loss is noticed", lambda: lab.a.state() == "negotiating", 30)
    lab.b.start()
    lab.wait_secured()
    assert lab.a.states() == ["clear", "secured", "negotiating", "secured"]
