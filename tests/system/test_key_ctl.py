# SPDX-License-Identifier: BSD-3-Clause
"""macsecctl key …: keys made, converted, stored and judged, and never shown unasked."""

import base64
import json
import os
import pty
import subprocess

import pytest
from ctl_cloud import NEW, OLD, ctl, lines
from ctl_lab import CTL

HEX = "00112233445566778899aabbccddeeff" * 2
STORED = ("MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmYwMDExMjIzMzQ0NTU2Njc3ODg5OWFhYmJjY2RkZWVmZg"
          "==")
PADDED = ("MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmYwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMA"
          "==")


def key_file(path, text, mode=0o600):
    path.write_text(text)
    path.chmod(mode)
    return path


# generate, encode, decode


def test_generate_makes_a_new_file_that_a_link_can_use(tmp_path):
    path = tmp_path / "new.cak"
    done = ctl("key", "generate", path)
    text = path.read_text()
    assert (done.returncode, done.stdout) == (0, "")
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(text) == 65 and text[64] == "\n" and len(bytes.fromhex(text)) == 32
    assert f'cak: "file:{path}"' in done.stderr and text.strip() not in done.stderr
    again = ctl("key", "generate", path)
    assert again.returncode == 2 and "not written over" in again.stderr
    assert path.read_text() == text
    other = ctl("key", "generate").stdout
    assert len(bytes.fromhex(other)) == 32 and other != text


def test_generate_follows_no_link(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    assert ctl("key", "generate", tmp_path / "link").returncode == 2
    assert not (tmp_path / "elsewhere").exists()


def on_a_terminal(*words):
    """Exit status, and what a person sees."""
    main, side = pty.openpty()
    process = subprocess.Popen([CTL, *words], stdin=side, stdout=side, stderr=side)
    os.close(side)
    seen = b""
    try:
        while part := os.read(main, 4096):
            seen += part
    except OSError:
        pass  # the last writer is gone
    os.close(main)
    return process.wait(timeout=20), seen.decode()


def test_no_key_goes_to_or_comes_from_a_terminal_unasked(tmp_path):
    path = key_file(tmp_path / "k", HEX)
    for words in (("generate",), ("encode", path), ("decode", key_file(tmp_path / "e", STORED))):
        status, seen = on_a_terminal("key", *words)
        assert status == 2 and "stays in its history" in seen
        assert HEX not in seen and STORED not in seen
    status, seen = on_a_terminal("key", "encode", "--yes", path)
    assert status == 0 and STORED in seen
    status, seen = on_a_terminal("key", "encode", "--yes")
    assert status == 2 and "would be seen" in seen


@pytest.mark.parametrize("digits, stored, note", (
    (HEX, STORED, ""), (HEX.upper() + "\n", STORED, ""), (HEX[:32], PADDED, "given all 64")))
def test_encode_makes_what_ibm_cloud_stores(tmp_path, digits, stored, note):
    done = ctl("key", "encode", stdin=digits)
    assert (done.returncode, done.stdout) == (0, stored + "\n") and note in done.stderr
    assert ("another key" in done.stderr) == bool(note)
    assert ctl("key", "encode", key_file(tmp_path / "k", digits)).stdout == done.stdout


def test_decode_is_encode_backwards():
    done = ctl("key", "decode", stdin=STORED + "\n")
    assert (done.returncode, done.stdout) == (0, HEX + "\n") and "padded" not in done.stderr
    done = ctl("key", "decode", stdin=PADDED[:64] + "\n" + PADDED[64:])
    assert (done.returncode, done.stdout) == (0, HEX[:32] + "0" * 32 + "\n")
    assert "probably padded" in done.stderr


@pytest.mark.parametrize("verb, text", (
    ("encode", ""), ("encode", HEX[:62]), ("encode", HEX + "00"), ("encode", HEX[:63] + "g"),
    ("encode", HEX + "\n\n"), ("encode", "0" * 64), ("encode", STORED),
    ("decode", ""), ("decode", HEX), ("decode", base64.b64encode(bytes(range(32))).decode()),
    ("decode", base64.b64encode(HEX.encode() + b"\n").decode()), ("decode", STORED[:80])))
def test_what_is_no_key_is_1_and_not_repeated(verb, text):
    done = ctl("key", verb, stdin=text)
    assert (done.returncode, done.stdout) == (1, "") and done.stderr.startswith("macsecctl: ")
    assert not text.strip() or text.strip()[:16] not in done.stderr


@pytest.mark.parametrize("verb", ("encode", "decode"))
def test_files_are_judged_as_key_files_are(tmp_path, verb):
    path = key_file(tmp_path / "k", HEX if verb == "encode" else STORED, 0o640)
    assert "chmod 600" in ctl("key", verb, path).stderr
    path.chmod(0o600)
    os.chown(path, 65534, 65534)
    assert "belongs to user 65534" in ctl("key", verb, path).stderr
    os.mkfifo(tmp_path / "fifo")
    assert "not a regular file" in ctl("key", verb, tmp_path / "fifo").stderr
    assert ctl("key", verb, tmp_path / "none").returncode == 2
    done = ctl("key", verb, key_file(tmp_path / "big", "0" * 300))
    assert done.returncode == 2 and "more than 256" in done.stderr


# import


def test_import_stores_reads_back_and_says_how_to_name_it(site):
    for words, stdin in (([], HEX), ([key_file(site.path.with_name("k"), HEX[:32])], None)):
        done = site.ctl("key", "import", "hpcs", "circuit-1", *words, stdin=stdin)
        assert done.returncode == 0, done.stderr
        reference = done.stdout.removeprefix('cak: "').removesuffix('"\n')
        assert reference.startswith("crn:v1:bluemix:public:hs-crypto:us-south:a/")
        found = lines(site.ctl("key", "check", reference))
        assert found["payload"] == ("pass", "64 hexadecimal digits")
        assert ("strength" in found) == bool(words)
        assert HEX[:16] not in done.stdout + done.stderr


def test_import_into_secrets_manager_and_as_json(site):
    done = site.ctl("--json", "key", "import", "secrets-manager", "circuit-2", stdin=HEX)
    made = json.loads(done.stdout)
    assert made["name"] == "circuit-2" and ":secrets-manager:" in made["reference"]
    assert lines(site.ctl("key", "check", made["reference"]))["payload"][0] == "pass"


def posts(cloud):
    return [one for one in cloud.journal("hpcs") if one["method"] == "POST"]


def test_a_request_whose_outcome_is_not_known_is_not_repeated(site):
    for fault in ({"kind": "status", "status": 503}, {"kind": "close"}):
        site.cloud.renew()
        site.cloud.fault(**fault, service="hpcs", method="POST")
        done = site.ctl("key", "import", "hpcs", "circuit-3", stdin=HEX)
        assert (done.returncode, done.stdout) == (1, "")
        assert "is not known. Look before you run this again" in done.stderr
        assert site.cloud.instance("hpcs") in done.stderr
        assert len(posts(site.cloud)) == 1


def test_what_the_service_says_it_has_not_done_is_repeated(site):
    site.cloud.fault("status", service="hpcs", method="POST", status=429, count=1, retry_after=1)
    done = site.ctl("key", "import", "hpcs", "circuit-4", stdin=HEX)
    assert done.returncode == 0 and [one["status"] for one in posts(site.cloud)] == [429, 201]


def test_reading_back_may_be_repeated_and_must_give_the_same_key(site):
    site.cloud.fault("status", service="hpcs", method="GET", status=503, count=1)
    assert site.ctl("key", "import", "hpcs", "circuit-5", stdin=HEX).returncode == 0
    other = base64.b64encode(NEW.encode()).decode()
    site.cloud.fault("content", service="hpcs", method="GET",
                     set={"resources.0.payload": other})
    done = site.ctl("key", "import", "hpcs", "circuit-6", stdin=HEX)
    assert done.returncode == 1 and "another key is read back" in done.stderr


@pytest.mark.parametrize("words, why", (
    (("nowhere", "name"), "no service"), (("direct-link", "name"), "stores no keys"),
    (("hpcs", HEX), "not the place of the key"), (("hpcs", HEX[:32]), "not the place of the key"),
    (("hpcs", "x"), "2 to 90"), (("hpcs",), "operand is missing")))
def test_import_is_2_when_the_question_is_wrong(site, words, why):
    done = site.ctl("key", "import", *words, stdin=HEX)
    assert done.returncode == 2 and why in done.stderr and HEX[:32] not in done.stderr
    assert posts(site.cloud) == []


# check


def test_check_passes_a_good_key_by_every_reference(site):
    key = site.cloud.call("import_key", digits=OLD, alias="circuit-alias", ring="ring-1")
    for reference in (key["crn"], f"hpcs:hpcs/{key['id']}", f"hpcs:hpcs/ring-1/{key['id']}"):
        done = site.ctl("key", "check", reference)
        assert done.returncode == 0, done.stdout
        assert {subject for subject in lines(done)} == {
            "reference", "credential", "key", "state", "extractable", "expiry", "payload"}
        assert done.stdout.endswith("7 pass, 0 warn, 0 fail\n")
    alias = lines(site.ctl("key", "check", "hpcs:hpcs/circuit-alias"))
    assert alias["key"][0] == "warn" and key["id"] in alias["key"][1]


def wrong(site, subject, verdict, part, reference=None):
    done = site.ctl("key", "check", reference or site.old)
    found = lines(done)
    assert found[subject][0] == verdict and part in found[subject][1], done.stdout
    assert done.returncode == (1 if verdict == "fail" else 0)
    assert OLD not in done.stdout + done.stderr


def test_check_finds_what_is_wrong_with_the_key(site):
    key = site.old.split(":")[-1]
    site.cloud.set_key(key=key, expires=10.5 * 86400)
    wrong(site, "expiry", "warn", "in 10 days")
    site.cloud.set_key(key=key, expires=100 * 86400)
    wrong(site, "expiry", "pass", "20")
    site.cloud.set_key(key=key, expires=-60)
    wrong(site, "expiry", "fail", "expired at")
    site.cloud.set_key(key=key, expires=None, state=2)
    wrong(site, "state", "fail", "suspended")
    site.cloud.set_key(key=key, state="natural")
    site.cloud.delete_key(key=key)
    wrong(site, "state", "fail", "deleted")
    site.cloud.purge_key(key=key)
    wrong(site, "key", "fail", "")


@pytest.mark.parametrize("payload, part", (
    (HEX, ""), (base64.b64encode(bytes(range(32))).decode(), "generated"),
    (base64.b64encode(HEX.encode() + b"\n").decode(), "line"),
    (base64.b64encode(b"0" * 64).decode(), "zero"),
    (base64.b64encode(b"0" * 32).decode(), "64"),
    (base64.b64encode(b"x" * 64).decode(), "hexadecimal")))
def test_check_finds_what_is_wrong_with_the_payload(site, payload, part):
    crn = site.cloud.call("store_key", payload=payload)["crn"]
    wrong(site, "payload", "fail", part, crn)


def test_check_warns_of_a_padded_key_and_of_key_protect(site):
    crn = site.cloud.import_key(HEX[:32] + "0" * 32)
    wrong(site, "strength", "warn", "128-bit key, padded", crn)
    crn = site.cloud.import_key(HEX, service="key-protect")
    wrong(site, "service", "warn", "not from Key Protect", crn)


def test_check_finds_a_root_key(site):
    key = site.cloud.call("store_key", payload=None, extractable=False)
    wrong(site, "extractable", "fail", "root key", key["crn"])


def test_check_tells_credential_token_reachability_and_role_apart(site, tmp_path):
    def with_credential(path):
        site.services = [{**one, "credential": str(path)} for one in site.services]
        site.write()

    with_credential(site.cloud.credential("reader"))
    wrong(site, "role", "fail", "ReaderPlus")
    with_credential(tmp_path / "none")
    wrong(site, "credential", "fail", str(tmp_path / "none"))
    with_credential(key_file(tmp_path / "stranger", "S" * 44))
    wrong(site, "token", "fail", "BXNIM0415E")
    with_credential(site.cloud.credential("manager"))
    site.cloud.fault("status", service="iam", status=503)
    wrong(site, "token", "fail", "503")
    site.cloud.renew()
    site.cloud.fault("status", service="hpcs", status=503)
    wrong(site, "reachable", "fail", "503")


def test_check_of_a_link_looks_at_all_its_caks(site):
    done = site.ctl("key", "check", "dl0")
    assert done.returncode == 0 and done.stdout.endswith("14 pass, 0 warn, 0 fail\n")
    assert {subject.rsplit(" ", 1)[0] for subject in lines(done)} == {
        "primary CAK AA01", "fallback CAK BB02"}
    as_json = json.loads(site.ctl("--json", "key", "check", "dl0").stdout)
    assert as_json["pass"] == 14 and len(as_json["lines"]) == 14
    assert as_json["lines"][0]["subject"] == "primary CAK AA01 reference"


def test_check_of_a_file_and_of_what_is_no_reference(site, tmp_path):
    path = key_file(tmp_path / "k", HEX)
    assert lines(site.ctl("key", "check", f"file:{path}"))["file"][0] == "pass"
    path.chmod(0o644)
    done = site.ctl("key", "check", f"file:{path}")
    assert done.returncode == 1 and "chmod 600" in done.stderr
    for reference in (HEX, "hpcs:nowhere/key", "hpcs:", "crn:v1:x"):
        done = site.ctl("key", "check", reference)
        assert done.returncode == 1 and lines(done)["reference"][0] == "fail"
        assert HEX not in done.stdout + done.stderr


# the command line


def test_options_of_other_commands_are_refused(site):
    for words in (("status", "--yes"), ("key", "check", site.old, "--ckn", "AA"),
                  ("key", "generate", "--limit", "5"), ("direct-link", "show", "dl0", "--yes")):
        done = ctl(*words)
        assert done.returncode == 2 and "does not take one of these options" in done.stderr


def test_a_configuration_that_cannot_be_read_is_2(tmp_path):
    done = ctl("key", "check", "dl0", "-c", tmp_path / "none")
    assert done.returncode == 2 and str(tmp_path / "none") in done.stderr
