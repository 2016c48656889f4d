#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Fills a page with the options, and the commands if there are any, that `PROGRAM --help` tells.

Usage: from_help.py PROGRAM PAGE.scd > FILE.scd
"""

import os
import re
import subprocess
import sys
from pathlib import Path


def escape(text):
    return re.sub(r"([\\*_`#\[\]|<>.;-])", r"\\\1", text)


def entries(lines, column):
    """(term, text) of lines whose text begins at a column; a line without a term goes on."""
    found = []
    for line in lines:
        term, text = line[:column].rstrip(), line[column:].strip()
        if len(line) > column and line[column - 1] != " ":  # a term that is too long for its place
            term, text = re.match(r"(.*?\S)(?:\s{2,}(.*)|$)", line[2:] if line[:1] == " " else line
                                  ).groups(default="")
        if term:
            found.append([term.strip(), text])
        elif found:
            found[-1][1] = f"{found[-1][1]} {text}".strip()
    return found


def term_of(text):
    """Words that are typed as they stand are bold, what stands for something is underlined."""
    parts = re.split(r"([\w?|-]+)", text)
    return "".join(escape(part) if number % 2 == 0 else f"_{part}_" if part.isupper()
                   else f"*{escape(part)}*" for number, part in enumerate(parts))


def listing(found):
    return "\n\n".join(f"{term_of(term)}\n\t{escape(text)}" for term, text in found)


def main():
    program, page = sys.argv[1:]
    environment = {key: value for key, value in os.environ.items() if key != "ARGP_HELP_FMT"}
    text = subprocess.run([program, "--help"], capture_output=True, text=True, check=True,
                          env={**environment, "LC_ALL": "C"}).stdout
    options = [line for line in text.split("Mandatory or optional")[0].splitlines()
               if re.match(r" +-|\s{20}", line)]
    parts = {"OPTIONS": listing(entries(options, 29))}
    if "\nCommands:\n" in text:
        commands = text.split("\nCommands:\n")[1].split("\n\n")[0].splitlines()
        column = re.match(r"status .*?\s{2,}(?=\S)", commands[0]).end()
        parts["COMMANDS"] = "# COMMANDS\n\n" + listing(entries(commands, column))
    print(re.sub(r"@(\w+)@", lambda match: parts[match.group(1)],
                 Path(page).read_text(encoding="utf-8")), end="")


if __name__ == "__main__":
    main()
