# SPDX-License-Identifier: BSD-3-Clause
"""Where CAK and API key are once a key was fetched: in locked memory, and nowhere else.

The memory of the daemon, the keeper and the key agent is read as root can read it, and searched
for known secrets in every form that they pass through.
"""

import base64
import os
import re
import secrets
from pathlib import Path

import pytest
from appliance import wait_for
from cloud_lab import CloudLab
from test_cloud_keys import agent_of, keys_of

CAK = secrets.token_hex(32)  # well-known numbers stand in the self-tests of libraries
ARENA_FLAGS = {"lo", "dd", "wf"}  # locked, not in dumps, zeroes in children


@pytest.fixture(scope="module")
def cloud_lab():
    with CloudLab() as lab:
        lab.crn = lab.cloud.import_key(CAK)
        yield lab
        lab.stop()


def forms_of_cak():
    """Octets to look for, by what they are. Half a key is a leak too."""
    raw = bytes.fromhex(CAK)
    stored = base64.b64encode(CAK.encode())
    return {"raw": raw[:16], "raw end": raw[16:], "digits": CAK[:32].encode(),
            "digits end": CAK[32:].encode(), "capitals": CAK[:32].upper().encode(),
            "base64": stored[:40], "base64 end": stored[40:]}


def forms_of_api_key(path):
    text = Path(path).read_text().strip()
    assert len(text) >= 20
    return {"api key": text.encode()}


def forms_of_tokens(cloud):
    """Their middle: a part is a leak too."""
    tokens = cloud.issued_tokens()
    assert tokens
    return {f"token {number}": token[len(token) // 2:][:60].encode()
            for number, token in enumerate(tokens)}


def regions(pid):
    """(start, end, flags, name) of every readable region of a process."""
    found, head = [], None
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        match = re.match(r"([0-9a-f]+)-([0-9a-f]+) (r...) \S+ \S+ \S+\s*(.*)", line)
        if match:
            head = (int(match[1], 16), int(match[2], 16), match[4])
        elif re.match(r"[0-9a-f]+-", line):
            head = None
        elif line.startswith("VmFlags:") and head:
            found.append((*head[:2], set(line.split()[1:]), head[2]))
    return found


def read_region(pid, start, end):
    """Its octets; none where reading is not possible (vvar, device memory)."""
    pieces = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for at in range(start, end, 1 << 24):
            try:
                pieces.append(os.pread(memory.fileno(), min(1 << 24, end - at), at))
            except OSError:
                break
    return b"".join(pieces)


def finds(pid, forms):
    """{(form, "arena" | name of the region)} of everything found in a process."""
    found = set()
    for start, end, flags, name in regions(pid):
        if name.startswith(("/dev/hugepages", "/anon_hugepage")) or "[vvar" in name:
            continue
        octets = read_region(pid, start, end)
        place = "arena" if flags >= ARENA_FLAGS else name or "memory without a name"
        found |= {(form, place) for form, text in forms.items() if text in octets}
    return found


def parent_of(pid):
    return int(re.search(r"^PPid:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M)[1])


def processes(end):
    agent = agent_of(end)["pid"]
    keeper = parent_of(agent)
    daemon = parent_of(keeper)
    assert daemon == end.ask("daemon.show")["pid"]
    return {"daemon": daemon, "keeper": keeper, "key agent": agent}


@pytest.fixture
def running(cloud_lab):
    """Both ends secured with a key of the cloud; the fetch is over."""
    lab = cloud_lab
    lab.configure_cloud()
    for end in (lab.a, lab.b):
        end.start()
    lab.wait_secured()
    looked = len(lab.cloud.journal("hpcs"))
    wait_for("the agent has looked at the key again", lambda: any(
        entry["path"].endswith("/metadata") for entry in lab.cloud.journal("hpcs")[looked:]), 60)
    wait_for("the key is good", lambda: all(
        key["state"] == "good" for key in keys_of(lab.a).values()))
    return lab


def test_secrets_are_in_the_arena_only(running):
    """The search finds what it must find (the CAK in the daemon's arena), and nothing else."""
    forms = {**forms_of_cak(), **forms_of_api_key(running.cloud.credential("reader-plus")),
             **forms_of_tokens(running.cloud)}
    for name, pid in processes(running.a).items():
        found = finds(pid, forms)
        print(f"{name}: {sorted(found)}")
        assert {place for _, place in found} <= {"arena"}, name
        if name == "daemon":
            assert ("raw", "arena") in found, "the search does not see what is there"
        if name == "keeper":
            assert not found


def test_no_output_holds_a_secret(running):
    """Logs, answers of every method, command lines, environments, configuration, run-dir."""
    texts = {end.name + " log": end.log_path.read_bytes() for end in (running.a, running.b)}
    for method in running.a.ask("rpc.list")["methods"]:
        # the others want to be told something
        if all("optional" in word for word in (method["params"] or "optional").split(", ")):
            texts[method["name"]] = str(running.a.ask(method["name"])).encode()
    assert {"keys.show", "link.show", "events.show", "log.show"} <= set(texts)
    for name, pid in processes(running.a).items():
        for file in ("cmdline", "environ"):
            texts[f"{name} {file}"] = Path(f"/proc/{pid}/{file}").read_bytes()
    for path in running.a.run_dir.rglob("*"):
        if path.is_file():
            texts[str(path)] = path.read_bytes()
    forms = {**forms_of_cak(), **forms_of_api_key(running.cloud.credential("reader-plus")),
             **forms_of_tokens(running.cloud)}
    for name, text in texts.items():
        assert not [form for form, secret in forms.items() if secret in text], name


def test_processes_leave_no_core(running):
    """Neither can be dumped, nor be read by another process of their user."""
    for name, pid in processes(running.a).items():
        limits = Path(f"/proc/{pid}/limits").read_text()
        assert re.search(r"Max core file size\s+0\s+0", limits), name
        assert Path(f"/proc/{pid}/mem").stat().st_uid == 0  # not dumpable: root's
        status = Path(f"/proc/{pid}/status").read_text()
        if name != "daemon":
            assert re.search(r"^CapEff:\s+0+$", status, re.M), name
            assert re.search(r"^NoNewPrivs:\s+1$", status, re.M), name


def test_the_agent_holds_no_descriptor_of_the_daemon(running):
    """A socket to the daemon, standard error; no port, no control socket, no memory of DPDK."""
    for name, pid in processes(running.a).items():
        if name == "daemon":
            continue
        targets = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
        assert all(re.match(r"socket:|.*/dev/null$|anon_inode:|pipe:|/.*\.log$", target)
                   for target in targets), (name, targets)
        assert sum(target.startswith("socket:") for target in targets) <= 1
        maps = Path(f"/proc/{pid}/maps").read_text()
        assert "hugepage" not in maps and "/dev/vfio" not in maps
