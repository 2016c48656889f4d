# SPDX-License-Identifier: BSD-3-Clause
"""Lints of the source text itself."""

import ast
import json
import re
import subprocess

FILE_LINES = 400
FUNCTION_LINES = 80
COLUMNS = 100
UNWRAPPED = (".md", "Makefile", "meson.build", "meson_options.txt")

# Which rooms a room may include from. control/log.h is for everyone but the data plane.
ROOMS = {
    "dataplane": {"dataplane"},
    "drivers": {"drivers", "dataplane", "control/log.h"},
    "control": {"control", "drivers", "dataplane"},
    "bench": {"bench", "control", "drivers", "dataplane"},
}
# A frame's way, and the headers it is made of: no lock, no allocation, no log, no system call.
STAGES = ("classify", "protect", "validate", "transmit", "punt", "sectag", "pn", "turn", "sa",
          "secy", "counters", "crypto", "suite", "frame_ring")
NOT_IN_STAGES = ("stdio.h", "stdlib.h", "malloc.h", "pthread.h", "unistd.h", "syslog.h", "time.h",
                 "rte_malloc.h", "rte_log.h", "rte_spinlock.h", "rte_rwlock.h")

FORBIDDEN = (
    # (pattern, folder, what to do instead)
    (r"\bvolatile\b", "", "volatile orders nothing: use _Atomic"),
    (r"\btypedef\s+(struct|union|enum)\b", "", "name the struct, no typedef"),
    (r"\b(f|d|v|vf|vd)?printf\s*\(|\bf?puts\s*\(|\brte_log\s*\(|\bRTE_LOG\s*\(|\blog_\w+\s*\(",
     "dataplane/", "the data plane counts, it never prints"),
    (r"\bmemcmp\s*\(.*(\bicv|_icv\b|->tag\b|\.tag\b|digest)",
     "(dataplane|drivers|control)/(?!.*selftest)", "compare an ICV in constant time"),
    (r"\batomic_thread_fence\b|\brte_(s|r|w)?mb\b|\brte_smp_\w*mb\b", "",
     "put the memory order on the operation"),
    (r"\brte_atomic(16|32|64)_\w+", "", "use C11 atomics"),
    (r"^\s*#\s*(if|ifdef|ifndef|elif|else)\b", "",
     "no conditional compilation: let meson choose a file"),
    (r"\b(strcpy|strcat|sprintf|gets|system|popen|alloca)\s*\(", "(?!tests/)", "not bounded"),
)


def spdx(tree):
    """Every source file names its licence in its first three lines."""
    wanted = "SPDX-License-Identifier: BSD-3-Clause"
    exempt = (".md", ".json", "LICENSE", ".gitignore", ".editorconfig", ".clang-format", ".pcap",
              "debian/changelog", "debian/copyright", "debian/source/format")
    return [f"{name}: no '{wanted}'" for name in tree.names
            if not name.endswith(exempt)
            and wanted not in "\n".join(tree.text(name).splitlines()[:3])]


def include_direction(tree):
    """Includes go control -> drivers -> dataplane, never back (README, folder map)."""
    complaints = []
    for room, allowed in ROOMS.items():
        for name in tree.select(".c", ".h", under=f"{room}/"):
            for number, line in tree.code_lines(name):
                match = re.match(r'\s*#include "([^"]+)"', line)
                if match and not {match.group(1), match.group(1).split("/")[0]} & allowed:
                    complaints.append(f'{name}:{number}: {room} may not include "{match.group(1)}"')
    return complaints


def stage_includes(tree):
    """The files of a frame's way include nothing that locks, allocates, prints or sleeps."""
    complaints = []
    for name in tree.select(".c", ".h", under="dataplane/"):
        if name.split("/")[-1].split(".")[0] not in STAGES:
            continue
        for number, line in tree.code_lines(name):
            match = re.match(r"\s*#include <([^>]+)>", line)
            if match and match.group(1) in NOT_IN_STAGES:
                complaints.append(f"{name}:{number}: <{match.group(1)}> in a frame's way")
    return complaints


def forbidden(tree):
    """Words that the code does without."""
    complaints = []
    for name in tree.select(".c", ".h"):
        for number, line in tree.code_lines(name):
            for pattern, folder, advice in FORBIDDEN:
                if re.match(folder, name) and re.search(pattern, line):
                    complaints.append(f"{name}:{number}: {line.strip()}: {advice}")
    return complaints


def left_over(tree):
    """Nothing is left for later: an issue says what is missing, not a comment."""
    pattern = re.compile(r"\b(TODO|FIXME|" + "X" * 3 + r"|HACK)\b")
    return [f"{name}:{number}: {line.strip()}"
            for name in tree.select(".c", ".h", ".py", ".sh", "meson.build", ".yaml", ".md")
            if not name.startswith("tests/lint/")
            for number, line in tree.lines(name) if pattern.search(line)]


def pragma_once(tree):
    """Every header has #pragma once."""
    return [f"{name}: no #pragma once" for name in tree.select(".h")
            if "#pragma once" not in tree.text(name)]


def file_length(tree):
    """No source file is longer than 400 lines: split it by idea."""
    return [f"{name}: {count} lines" for name in tree.select(".c", ".h", ".py", ".sh")
            if (count := len(tree.text(name).splitlines())) > FILE_LINES]


def function_length(tree):
    """No function is longer than 80 lines."""
    found = []
    names = tree.select(".c", ".h")
    if names:
        listed = subprocess.run(
            ["ctags", "--output-format=json", "--fields=+ne", "--kinds-C=f", "--languages=C",
             "--langmap=C:.c.h", "-f", "-", *names],
            cwd=tree.root, capture_output=True, text=True, check=True).stdout
        for line in listed.splitlines():
            tag = json.loads(line)
            if "end" in tag:
                found.append((tag["path"], tag["line"], tag["name"], tag["end"] - tag["line"] + 1))
    for name in tree.select(".py"):
        for node in ast.walk(ast.parse(tree.text(name))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found.append((name, node.lineno, node.name, node.end_lineno - node.lineno + 1))
    return [f"{name}:{line}: {function} has {length} lines"
            for name, line, function, length in found if length > FUNCTION_LINES]


def whitespace(tree):
    """No trailing blanks, no CR, a newline at the end, at most 100 columns."""
    complaints = []
    for name in tree.select(".c", ".h", ".py", ".sh", ".yaml", ".md", ".txt", "meson.build",
                            "Makefile", ".ci/run"):
        text = tree.text(name)
        if not text.endswith("\n") or text.endswith("\n\n"):
            complaints.append(f"{name}: must end with one newline")
        if "\r" in text:
            complaints.append(f"{name}: carriage returns")
        for number, line in tree.lines(name):
            if line != line.rstrip():
                complaints.append(f"{name}:{number}: trailing blank")
            if len(line.expandtabs(8)) > COLUMNS and not name.endswith(UNWRAPPED):
                complaints.append(f"{name}:{number}: {len(line.expandtabs(8))} columns")
    return complaints


def built(tree):
    """Every C source is named in a meson.build: nothing lies about unused."""
    build = "\n".join(tree.text(name) for name in tree.select("meson.build"))
    complaints = []
    for name in tree.select(".c"):
        # tests/meson.build may name tests/unit/test_pn.c by 'pn' alone.
        base = name.split("/")[-1]
        stem = base.removesuffix(".c")
        short = re.sub(r"^(test|fuzz|race)_", "", stem)
        if not re.search(rf"[/'\s]{re.escape(base)}'|'({re.escape(stem)}|{re.escape(short)})'",
                         build):
            complaints.append(f"{name}: in no meson.build")
    return complaints


LINTS = {
    "spdx": spdx,
    "include-direction": include_direction,
    "stage-includes": stage_includes,
    "forbidden": forbidden,
    "left-over": left_over,
    "pragma-once": pragma_once,
    "file-length": file_length,
    "function-length": function_length,
    "whitespace": whitespace,
    "built": built,
}
