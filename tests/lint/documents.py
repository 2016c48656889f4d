# SPDX-License-Identifier: BSD-3-Clause
"""Lints of the documents, and of what must not stand anywhere."""

import re
from pathlib import Path

README_LINES = 150
# Folders that every Linux has; a tree below one of them says nothing about a machine.
COMMON_FOLDERS = {"/", "/tmp", "/home", "/root", "/usr", "/opt", "/srv", "/var", "/mnt", "/build"}


def readme_length(tree):
    """README.md has at most 150 lines."""
    count = len(tree.text("README.md").splitlines())
    return [f"README.md: {count} lines"] if count > README_LINES else []


def folder_map(text):
    """Names at the left edge of README's folder map, the first code block below its heading."""
    match = re.search(r"^#+ .*folder map.*?$\n+```[a-z]*\n(.*?)^```", text,
                      re.IGNORECASE | re.MULTILINE | re.DOTALL)
    if not match:
        return None
    return [line.split()[0] for line in match.group(1).splitlines()
            if line.strip() and not line[0].isspace()]


def readme_map(tree):
    """README's folder map and the tree are the same, both ways."""
    listed = folder_map(tree.text("README.md"))
    if listed is None:
        return ["README.md: no code block below a heading 'Folder map'"]
    folders = {name.split("/")[0] + "/" for name in tree.names if "/" in name}
    missing = [f"README.md: the map lacks {name}" for name in sorted(folders - set(listed))]
    wrong = [f"README.md: the map names {name}, which is not there" for name in listed
             if name not in folders and name not in tree.names
             and not any(other.startswith(name) for other in tree.names if name.endswith("/"))]
    return missing + wrong


def document_paths(tree):
    """Every file of this tree that a document names is there."""
    complaints = []
    tops = {name.split("/")[0] for name in tree.names if "/" in name}
    known = set(tree.names)
    for document in tree.select(".md"):
        for number, line in tree.lines(document):
            for path in re.findall(r"`([\w.-]+/[\w./*{},-]+)`", line):
                if path.split("/")[0] not in tops or re.search(r"[*{},]", path):
                    continue
                if path not in known and not any(n.startswith(path.rstrip("/") + "/")
                                                 for n in known):
                    complaints.append(f"{document}:{number}: `{path}` is not there")
    return complaints


def mirror_hosts():
    """Hosts of this machine's package sources, so that none of them gets into the tree."""
    hosts = set()
    sources = Path("/etc/apt")
    for path in [sources / "sources.list", *sources.glob("sources.list.d/*")]:
        if path.is_file():
            text = path.read_text(errors="replace")
            hosts |= set(re.findall(r"^[^#\n]*?\bhttps?://([\w.-]+)", text, re.MULTILINE))
    return hosts


def private_names(tree):
    """Nothing names a path or a package mirror of the machine it was written on."""
    root = tree.root.resolve()
    paths = {str(root)} | {str(p) for p in root.parents if str(p) not in COMMON_FOLDERS}
    words = [path + "/" for path in paths] + [r"/home/\w"] + ["/" + r"root/\w"]
    hosts = [r"\b(deb|ftp|mirror)s?\.[\w.-]*debian\.org", r"\bmirrors?\.[\w-]+\.[\w.-]+"]
    pattern = re.compile("|".join(
        [rf"(?<![\w.$}}>-]){word if chr(92) in word else re.escape(word)}" for word in words]
        + hosts + [re.escape(host) for host in mirror_hosts()]))
    return [f"{name}:{number}: {match.group(0)}"
            for name in tree.names if not name.endswith(".json")
            for number, line in tree.lines(name) if (match := pattern.search(line))]


def executable(tree):
    """A file that begins with #! can be executed, others cannot."""
    complaints = []
    for name in tree.names:
        has_mode = (tree.root / name).stat().st_mode & 0o111 != 0
        if tree.text(name).startswith("#!") != has_mode:
            complaints.append(f"{name}: " + ("not a script, yet executable" if has_mode
                                             else "begins with #!, not executable"))
    return complaints


LINTS = {
    "readme-length": readme_length,
    "readme-map": readme_map,
    "document-paths": document_paths,
    "private-names": private_names,
    "executable": executable,
}
