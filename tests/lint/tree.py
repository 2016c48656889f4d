# SPDX-License-Identifier: BSD-3-Clause
"""The files that a lint looks at."""

import functools
import re
import subprocess
from pathlib import Path


class Skip(Exception):
    """This machine cannot judge; the text says why."""


class Tree:
    """A source tree: what git tracks or would track, or every file where there is no git."""

    def __init__(self, root):
        self.root = Path(root)
        # Seeds of the fuzzers are data, and wrong on purpose.
        self.names = sorted(name for name in self._from_git() or self._from_disk()
                            if not name.startswith("tests/fuzz/corpus/"))

    def _from_git(self):
        if not (self.root / ".git").exists():
            return []
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=self.root, capture_output=True, check=True, text=True).stdout
        return [name for name in listed.split("\0") if name and (self.root / name).is_file()]

    def _from_disk(self):
        return [str(path.relative_to(self.root)) for path in self.root.rglob("*")
                if path.is_file() and "__pycache__" not in path.parts]

    def select(self, *suffixes, under=""):
        """Names with one of the suffixes ("Makefile" counts as one) below a folder."""
        return [name for name in self.names
                if name.startswith(under) and name.endswith(suffixes)]

    @functools.lru_cache(maxsize=None)
    def text(self, name):
        return (self.root / name).read_bytes().decode(errors="replace")

    def lines(self, name):
        """(line number, line) pairs."""
        return enumerate(self.text(name).splitlines(), 1)

    def code_lines(self, name):
        """The same for a C file, with comments and the insides of strings blanked out."""
        return enumerate(blank_comments(self.text(name)).splitlines(), 1)

    def scripts(self, interpreter):
        """Files whose first line names this interpreter."""
        return [name for name in self.names
                if re.match(rf"#!\S*\b(env )?{interpreter}\d*\b", self.text(name)[:80])]

    def run(self, *command):
        """Runs a tool in the tree's root; its complaints are the lines it prints."""
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True,
                              errors="replace", check=False)
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        if done.returncode != 0 and not lines:
            lines = [f"{command[0]} ended with status {done.returncode}"]
        return lines if done.returncode != 0 else []


TOKENS = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL)


def blank_comments(text):
    def blank(match):
        token = match.group(0)
        if token[0] in "\"'":
            return token[0] + token[-1]
        return re.sub(r"[^\n]", " ", token)

    # The names in #include lines are strings to the pattern but matter to us.
    return "\n".join(line if line.lstrip().startswith("#include") else blanked
                     for line, blanked in zip(text.split("\n"),
                                              TOKENS.sub(blank, text).split("\n")))
