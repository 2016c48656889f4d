# SPDX-License-Identifier: BSD-3-Clause
"""Lints that other programs do."""

import re
import subprocess

from tree import Skip

CLANG_FORMAT_MAJOR = 14  # its output differs between releases; 14 is Debian 12's
# Words of the field that codespell takes for misspellings, and slips that tests make on purpose.
KNOWN_WORDS = "polcy,wrokers,ans,contrl,fo,iif,inout,nd,oll"


def clang_format(tree):
    """C files are as clang-format 14 writes them: run clang-format -i."""
    version = subprocess.run(["clang-format", "--version"], capture_output=True, text=True,
                             check=True).stdout
    major = int(re.search(r"version (\d+)", version).group(1))
    if major != CLANG_FORMAT_MAJOR:
        raise Skip(f"clang-format {major} here, {CLANG_FORMAT_MAJOR} is the reference")
    names = tree.select(".c", ".h")
    complaints = tree.run("clang-format", "--dry-run", "-Werror", *names) if names else []
    return [line for line in complaints if "error:" in line] or complaints


def shellcheck(tree):
    """Shell scripts are clean under shellcheck."""
    names = tree.scripts("(ba)?sh")
    return tree.run("shellcheck", "-f", "gcc", *names) if names else []


def codespell(tree):
    """No known misspelling."""
    names = [name for name in tree.names if not name.endswith((".json", ".pcap"))]
    return tree.run("codespell", "-L", KNOWN_WORDS, *names) if names else []


def yamllint(tree):
    """Sample configurations are clean under yamllint."""
    rules = ("{extends: default, rules: {document-start: disable, line-length: {max: 100}, "
             "braces: {max-spaces-inside: 1}}}")
    names = tree.select(".yaml", ".yml")
    return tree.run("yamllint", "-s", "-f", "parsable", "-d", rules, *names) if names else []


def python_syntax(tree):
    """Python files compile, and name nothing they do not use."""
    complaints = []
    for name in tree.select(".py"):
        try:
            compile(tree.text(name), name, "exec")
        except SyntaxError as error:
            complaints.append(f"{name}:{error.lineno}: {error.msg}")
            continue
        imported = re.findall(r"^(?:import (\w+)|from [\w.]+ import (.+))$", tree.text(name),
                              re.MULTILINE)
        for module, members in imported:
            for word in [module] if module else re.split(r",\s*", members.strip("()")):
                word = word.split(" as ")[-1].strip()
                if word and len(re.findall(rf"\b{re.escape(word)}\b", tree.text(name))) < 2:
                    complaints.append(f"{name}: imports {word} and does not use it")
    return complaints


LINTS = {
    "clang-format": clang_format,
    "shellcheck": shellcheck,
    "codespell": codespell,
    "yamllint": yamllint,
    "python": python_syntax,
}
