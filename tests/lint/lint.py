#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks of style, layout and documents: one line "ok NAME" or "not ok NAME" for each.

A lint is a function that takes a Tree and returns its complaints; it raises Skip when this
machine cannot judge. What each one demands stands in its docstring, the first line of which is
printed with a failure. tests/lint/selftest.py shows every one of them a tree that must fail.

Usage: tests/lint/lint.py [NAME]...    (default: all)
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import documents
import sources
import tools
from tree import Skip, Tree

LINTS = {**sources.LINTS, **documents.LINTS, **tools.LINTS}
ROOT = Path(__file__).resolve().parent.parent.parent
SHOWN = 20


def report(name, tree):
    """Runs one lint and prints its result; returns whether the tree passes."""
    try:
        complaints = LINTS[name](tree)
    except Skip as reason:
        print(f"ok lint-{name} # SKIP {reason}")
        return True
    if not complaints:
        print(f"ok lint-{name}")
        return True
    print(f"not ok lint-{name}")
    print(f"  {LINTS[name].__doc__.splitlines()[0]}")
    for complaint in complaints[:SHOWN]:
        print(f"  {complaint}")
    if len(complaints) > SHOWN:
        print(f"  and {len(complaints) - SHOWN} more")
    return False


def main():
    names = sys.argv[1:] or list(LINTS)
    unknown = [name for name in names if name not in LINTS]
    if unknown:
        print(f"lint: no lint {unknown[0]}; there are: {' '.join(LINTS)}", file=sys.stderr)
        return 2
    tree = Tree(ROOT)
    return 0 if all([report(name, tree) for name in names]) else 1


if __name__ == "__main__":
    sys.exit(main())
