# SPDX-License-Identifier: BSD-3-Clause
"""Completion of macsecctl in bash: the words that come next, and the links of the daemon."""

import os
import subprocess
from pathlib import Path

import pytest
from appliance import MACSECCTL

SCRIPT = Path(__file__).resolve().parent.parent.parent / "configs/bash-completion/macsecctl"
ASK = """
. "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_macsecctl
printf '%s\\n' "${COMPREPLY[@]}"
"""


def complete(*words, folder="/"):
    """What bash offers for the last word."""
    path = f"{MACSECCTL.parent}:{os.environ['PATH']}"
    done = subprocess.run(["bash", "-c", ASK, "bash", str(SCRIPT), "macsecctl", *map(str, words)],
                          capture_output=True, text=True, check=True, cwd=folder, timeout=60,
                          env={**os.environ, "PATH": path})
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize("words, wanted", (
    (("st",), ["status"]),
    (("show", "m"), ["mka"]),
    (("--json", "show", "counters", "-"), None),
    (("key", "d"), ["decode"]),
    (("--timeout", "3", "direct-link", ""), ["check", "rotate", "show"]),
    (("--li",), ["--limit"]),
    (("nonsense", ""), []),
    (("version", ""), []),
    (("--timeout", ""), []),
    (("--count", ""), []),
    (("-n", "3", "rev", ""), []),
    (("-n", "3", "ve"), ["version"]),
))
def test_words(words, wanted):
    """Commands and options, behind options too; nothing where nothing fits."""
    found = complete(*words)
    assert found == wanted if wanted is not None else {"--json", "--socket"} <= set(found)


def test_every_command_is_offered():
    """As many first words as the help has."""
    text = subprocess.run([MACSECCTL, "--help"], capture_output=True, text=True, check=True).stdout
    commands = text.split("\nCommands:\n")[1].split("\n\n")[0].splitlines()
    assert complete("") == sorted({line.split()[0] for line in commands if line[0] != " "})


def test_files(tmp_path):
    """A file where a file belongs."""
    (tmp_path / "dl0.cak").touch()
    assert complete("key", "encode", "dl", folder=tmp_path) == ["dl0.cak"]
    assert complete("--config", "dl", folder=tmp_path) == ["dl0.cak"]


def test_links(lab):
    """The links of the daemon that is asked; none when nobody answers."""
    lab.configure()
    lab.a.start()
    for words in (("show", "sa"), ("rekey",), ("status",)):
        assert complete("-s", lab.a.socket_path, *words, "") == ["dl0"]
    assert complete("-s", lab.a.socket_path, "rekey", "x") == []
    assert complete("-s", lab.folder / "nobody", "rekey", "") == []
