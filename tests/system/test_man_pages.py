# SPDX-License-Identifier: BSD-3-Clause
"""The manual pages, made as the build makes them: nothing that exists is missing in them."""

import re
import subprocess
from pathlib import Path

import pytest
from appliance import BUILD, MACSECCTL, MACSECD

ROOT = Path(__file__).resolve().parent.parent.parent
MAN = ROOT / "docs" / "man"
BENCH = BUILD / "bench" / "macsec-bench"


def output(*command, given=None):
    return subprocess.run([str(word) for word in command], input=given, capture_output=True,
                          text=True, check=True, timeout=60).stdout


def plain(roff):
    """The text of a page as one line: without requests, fonts and escapes."""
    lines = [line for line in roff.splitlines() if not line.startswith((".", "'"))]
    text = re.sub(r"\\f[A-Z]|\\&", "", " ".join(lines))
    return re.sub(r"\s+", " ", text.replace("\\-", "-").replace("\\e", "\\"))


def page(source):
    return plain(output("scdoc", given=source))


@pytest.fixture(scope="module")
def config_page():
    return output("scdoc", given=output(MAN / "from_markdown.py", ROOT / "docs/configuration.md"))


@pytest.fixture(scope="module")
def ctl_page():
    return page(output(MAN / "from_help.py", MACSECCTL, MAN / "macsecctl.8.scd"))


def test_every_word_of_the_schema(config_page):
    """Each word is a term of the page, as often as the schema has it, with its default."""
    schema, roots = (ROOT / "control" / "config_schema.c").read_text().split("root_words[] = {")
    for word in re.findall(r'^\t\{"([\w-]+)", ', roots, re.M):
        assert f"\n.SH {word.upper()}\n" in config_page, f"no section {word}"
    entries = re.findall(r'^\t\{"([\w-]+)", (config_read_.*?)\},?$', schema, re.M | re.S)
    assert len(entries) > 60
    terms = [term.replace("\\", "")
             for term in re.findall(r"^\\fB([\w\\-]+)\\fR$", config_page, re.M)]
    words = [word for word, _ in entries] + ["ckn", "cak"]  # these serve primary and fallback
    for word in set(words):
        assert terms.count(word) == words.count(word), f"{word} is there {terms.count(word)} times"
    text = plain(config_page)
    for word, rest in entries:
        for default in re.findall(r'\.initial = "([^"]+)"', rest):
            assert f"Default: {default}" in text, f"{word}: default {default}"


def test_every_command(ctl_page):
    """Every command of the table, its operands and its explanation."""
    table = (ROOT / "control" / "ctl" / "commands.c").read_text()
    commands = re.findall(r'^\t\{"([\w-]+)", (?:NULL|"([\w-]+)"), "([^"]*)"', table, re.M)
    assert len(commands) > 15
    for verb, noun, operands in commands:
        words = " ".join(word for word in (verb, noun, operands) if word)
        assert re.search(rf"(?<![\w-]){re.escape(words)}(?![\w-])", ctl_page), words


def test_every_option(ctl_page):
    """What --help lists of each program stands in its page."""
    daemon_page = page((MAN / "macsecd.8.scd").read_text())
    bench_page = page(output(MAN / "from_help.py", BENCH, MAN / "macsec-bench.1.scd"))
    for program, text, least in ((MACSECCTL, ctl_page, 10), (MACSECD, daemon_page, 4),
                                 (BENCH, bench_page, 4)):
        options = re.findall(r"^ +(?:-\S, +)?(--[a-z-]+)", output(program, "--help"), re.M)
        assert len(options) >= least
        for option in options:
            assert option in text, f"{program.name}(8) lacks {option}"


def test_pages_are_clean():
    """No marker is left, and no line that troff complains of."""
    sources = {
        "macsecd.8": (MAN / "macsecd.8.scd").read_text(),
        "macsec-bench.1": output(MAN / "from_help.py", BENCH, MAN / "macsec-bench.1.scd"),
        "macsecctl.8": output(MAN / "from_help.py", MACSECCTL, MAN / "macsecctl.8.scd"),
        "macsecd.yaml.5": output(MAN / "from_markdown.py", ROOT / "docs/configuration.md"),
    }
    for name, source in sources.items():
        roff = output("scdoc", given=source)
        assert "@" not in re.sub(r"\S+@\S+\.\S+", "", roff), name
        for part in (".SH NAME", ".SH DESCRIPTION", ".SH SEE ALSO"):
            assert part in roff, f"{name}: {part}"
