# SPDX-License-Identifier: BSD-3-Clause
"""What an expression in PromQL names: metrics, and the labels and values that it asks for."""

import re

NAME = re.compile(r"\bmacsecd?_[a-z_]+\b")
SELECTOR = re.compile(r"\b(macsecd?_[a-z_]+)\s*\{([^{}]*)\}")
MATCHER = re.compile(r'\s*([a-z_]+)\s*(=~|!~|!=|=)\s*"([^"]*)"\s*(?:,|$)')
GROUPED = re.compile(r"\b(?:by|on|group_left|without)\s*\(([^()]*)\)")
GIVEN = {"instance", "job"}  # Prometheus adds them


class Known:
    """The samples of a page: {name: {label: {value}}}."""

    def __init__(self, families):
        self.labels = {}
        for family in families:
            for sample in family.samples:
                known = self.labels.setdefault(sample.name, {})
                for label, value in sample.labels.items():
                    known.setdefault(label, set()).add(value)

    def complaints(self, expression):
        """What an expression asks for that no page has."""
        found = []
        names = set(NAME.findall(re.sub(r'"[^"]*"', '""', expression)))
        if not names and "up{" not in expression:
            found.append("no metric of macsecd")
        found += [f"no metric {name}" for name in names if name not in self.labels]
        for name, inside in SELECTOR.findall(expression):
            found += self.matchers(name, inside)
        labels = {label for name in names for label in self.labels.get(name, {})} | GIVEN
        for inside in GROUPED.findall(expression):
            found += [f"no label {label}" for label in re.findall(r"[a-z_]+", inside)
                      if label not in labels]
        return found

    def matchers(self, name, inside):
        known, end = self.labels.get(name, {}), 0
        for match in MATCHER.finditer(inside):
            if match.start() != end:
                break
            label, _, text = match.groups()
            end = match.end()
            if label in GIVEN or text.startswith("$"):
                continue
            if label not in known:
                yield f"{name} has no label {label}"
                continue
            for value in text.split("|"):
                if value not in known[label]:
                    yield f"{name} has no {label}={value}"
        if inside[end:].strip():
            yield f"{name}: cannot read {{{inside}}}"


def balanced(expression):
    """Brackets close in the order in which they were opened."""
    bare = re.sub(r'"[^"]*"', "", expression)
    for _ in range(len(bare)):
        bare = re.sub(r"\([^(){}\[\]]*\)|\[[^(){}\[\]]*\]|\{[^(){}\[\]]*\}", "", bare)
    return not re.search(r"[(){}\[\]]", bare)
