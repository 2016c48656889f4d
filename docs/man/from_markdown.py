#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Turns docs/configuration.md into macsecd.yaml(5) for scdoc: one text for both.

It knows what that document uses: headings, paragraphs, tables, indented examples.

Usage: from_markdown.py FILE.md > FILE.scd
"""

import re
import sys
from pathlib import Path

PREAMBLE = """macsecd.yaml(5)

; SPDX-License-Identifier: BSD-3-Clause
; made by docs/man/from_markdown.py

# NAME

macsecd.yaml - configuration of macsecd

# SYNOPSIS

_/etc/macsecd/macsecd.yaml_
"""
CLOSING = """
# SEE ALSO

*macsecd*(8), *macsecctl*(8)
"""


def escape(text):
    return re.sub(r"([\\*_`#\[\]|<>.;-])", r"\\\1", text)


def inline(text):
    """One paragraph or cell: code and emphasis become bold, a link its text."""
    parts = re.split(r"(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)]+\))", text)
    return "".join(f"*{escape(part.strip('`*'))}*" if part[:1] in "`*" and len(part) > 2
                   else inline(part[1:part.index("](")]) if part.startswith("[")
                   else escape(part) for part in parts)


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def table(lines):
    """A list: the first cell of a row is the term, the others say what their column is."""
    head, rows = cells(lines[0]), [cells(line) for line in lines[2:]]
    text = []
    for row in rows:
        facts = [inline(row[1])] + [f"{escape(name.capitalize())}: {inline(cell)}"
                                    for name, cell in zip(head[2:], row[2:])]
        text.append(f"{inline(row[0])}\n\t" + " ++\n".join(facts))
    return "\n\n".join(text)


def block(lines):
    """What stands between two empty lines, as scdoc has it."""
    if lines[0].startswith("#"):
        level = min(2, len(lines[0]) - len(lines[0].lstrip("#")) - 1)
        title = lines[0].lstrip("# ")
        return f"{'#' * level} {title.upper() if level == 1 else title}"
    if lines[0].startswith("|"):
        return table(lines)
    if lines[0].startswith("    "):
        return "```\n" + "\n".join(line[4:] for line in lines) + "\n```"
    return inline(" ".join(lines))


def main():
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    blocks = [part.split("\n") for part in re.split(r"\n{2,}", "\n".join(lines[1:]).strip("\n"))]
    print(PREAMBLE)
    print("# DESCRIPTION\n")
    print("\n\n".join(block(part) for part in blocks))
    print(CLOSING, end="")


if __name__ == "__main__":
    main()
