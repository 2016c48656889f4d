#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Shows that every lint can fail: each gets a good tree, then the same with one thing wrong.

Prints "ok selftest-NAME" or "not ok selftest-NAME" for each lint.
"""

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import documents
import sources
import tools
from tree import Skip, Tree

LINTS = {**sources.LINTS, **documents.LINTS, **tools.LINTS}

C_HEAD = "/* SPDX-License-Identifier: BSD-3-Clause */\n"
SCRIPT_HEAD = "# SPDX-License-Identifier: BSD-3-Clause\n"
GOOD = {
    "README.md": "# a tree\n\n## Folder map\n\n```\ndataplane/  frames\ncontrol/    keys\n"
                 "configs/    samples\n```\n\nSee `control/main.c`.\n",
    "meson.build": SCRIPT_HEAD + "sources = ['dataplane/protect.c', 'control/main.c']\n",
    "dataplane/protect.c": C_HEAD + '#include "dataplane/pn.h"\n\n#include <stdint.h>\n\n'
                                    "int protect(void) {\n\treturn 1;\n}\n",
    "dataplane/pn.h": C_HEAD + "#pragma once\n\nint protect(void);\n",
    "control/main.c": C_HEAD + '#include "dataplane/pn.h"\n\nint main(void) {\n'
                               '\treturn protect(); // "volatile" in words is fine\n}\n',
    "control/run.sh": "#!/bin/sh\n" + SCRIPT_HEAD + 'echo "$1"\n',
    "control/tool.py": SCRIPT_HEAD + "import os\n\nprint(os.getpid())\n",
    "configs/sample.yaml": SCRIPT_HEAD + "links:\n  - name: dl0\n",
}
LONG_C = C_HEAD + "\nint main(void) {\n" + "\tprotect();\n" * 90 + "\treturn 0;\n}\n"
# For each lint the trees that it must refuse: {file: text}, None removes the file.
BAD = {
    "spdx": [{"control/main.c": "int main(void) {\n\treturn 0;\n}\n"}],
    "include-direction": [
        {"dataplane/pn.h": C_HEAD + '#pragma once\n\n#include "control/log.h"\n'},
        {"dataplane/pn.h": C_HEAD + '#pragma once\n\n#include "drivers/port.h"\n'},
        {"drivers/port.h": C_HEAD + '#pragma once\n\n#include "control/config.h"\n'}],
    "stage-includes": [{"dataplane/pn.h": C_HEAD + "#pragma once\n\n#include <stdlib.h>\n"}],
    "forbidden": [
        {"control/main.c": C_HEAD + line + "\n"} for line in (
            "volatile int stop;", "typedef struct x {\n} y;", "#ifdef DEBUG\n#endif",
            "int x = memcmp(a, icv, 16);", "atomic_thread_fence(memory_order_seq_cst);",
            "void f(char *a) {\n\tstrcpy(a, a);\n}")
    ] + [{"dataplane/protect.c": C_HEAD + 'void f(void) {\n\tprintf("x");\n}\n'}],
    "left-over": [{"control/main.c": C_HEAD + "// TO" + "DO: all of it\n"}],
    "pragma-once": [{"dataplane/pn.h": C_HEAD + "int protect(void);\n"}],
    "file-length": [{"control/main.c": C_HEAD + "int x;\n" * 400}],
    "function-length": [
        {"control/main.c": LONG_C},
        {"control/tool.py": SCRIPT_HEAD + "def f():\n" + "    f()\n" * 90}],
    "whitespace": [
        {"control/main.c": C_HEAD + "int x; \n"}, {"control/main.c": C_HEAD + "int x;\r\n"},
        {"control/main.c": C_HEAD + "int x;"}, {"control/main.c": C_HEAD + "int " + "x" * 99}],
    "built": [{"control/lost.c": C_HEAD + "int x;\n"}],
    "readme-length": [{"README.md": GOOD["README.md"] + "more\n" * 150}],
    "readme-map": [
        {"drivers/port.c": C_HEAD}, {"configs/sample.yaml": None},
        {"README.md": "# a tree\n\nwithout a map\n"}],
    "document-paths": [{"README.md": GOOD["README.md"] + "And `control/gone.c`.\n"}],
    "private-names": [
        {"control/run.sh": GOOD["control/run.sh"] + "ls /ho" + "me/somebody/x\n"},
        {"control/run.sh": GOOD["control/run.sh"] + "get http://deb." + "debian.org/debian\n"}],
    "executable": [{"configs/run.sh": "#!/bin/sh\n" + SCRIPT_HEAD}],
    "clang-format": [{"control/main.c": C_HEAD + "int main( void ) { return 0; }\n"}],
    "shellcheck": [{"control/run.sh": "#!/bin/sh\n" + SCRIPT_HEAD + "rm -rf $1/$2\n"}],
    "codespell": [{"README.md": GOOD["README.md"] + "We rec" + "ieved frames.\n"}],
    "yamllint": [{"configs/sample.yaml": SCRIPT_HEAD + "links:\n- name: dl0\n   mtu: 3\n"}],
    "python": [
        {"control/tool.py": SCRIPT_HEAD + "def f(:\n"},
        {"control/tool.py": SCRIPT_HEAD + "import os\n"}],
}
FORMAT = Path(__file__).resolve().parent.parent.parent / ".clang-format"


def complaints(name, changes):
    """What the lint says of the good tree with these changes."""
    with tempfile.TemporaryDirectory() as folder:
        for path, text in {".clang-format": FORMAT.read_text(), **GOOD, **changes}.items():
            if text is None:
                continue
            full = Path(folder, path)
            full.parent.mkdir(parents=True, exist_ok=True)
            full.write_bytes(text.encode())
            if path == "control/run.sh":
                os.chmod(full, 0o755)
        return LINTS[name](Tree(folder))


def verdict(name):
    """None when the lint tells good from bad, else what is wrong with it."""
    if name not in BAD:
        return "no tree that it must refuse is given here"
    said = complaints(name, {})
    if said:
        return f"refuses a good tree: {said[0]}"
    for changes in BAD[name]:
        if not complaints(name, changes):
            return f"accepts {changes}"
    return None


def main():
    status = 0
    for name in LINTS:
        try:
            wrong = verdict(name)
        except Skip as reason:
            print(f"ok selftest-{name} # SKIP {reason}")
            continue
        print(f"{'not ok' if wrong else 'ok'} selftest-{name}")
        if wrong:
            print(f"  {wrong}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
