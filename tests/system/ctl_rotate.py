# SPDX-License-Identifier: BSD-3-Clause
"""What tests of `direct-link rotate` share: the command, and what became of it."""

import os

from ctl_cloud import NEW, OLD

STEPS = ("write the new CAK into the configuration file", "let macsecd read it and fetch the key",
         "give the gateway's primary CAK", "wait until the link is secured",
         "make it the primary CAK of the configuration file", "let macsecd read it and forget")


KEPT = "macsecctl: what is done is kept; the same command goes on\n"


def words_of(site, *more, key=None, ckn="CC03"):
    return ("direct-link", "rotate", "dl0", "--ckn", ckn, "--key", key or site.new, *more)


def rotate(site, *more, key=None, ckn="CC03"):
    done = site.ctl(*words_of(site, "--yes", "--limit", "20", *more, key=key, ckn=ckn))
    assert OLD not in done.stdout + done.stderr and NEW not in done.stdout + done.stderr
    return done


def steps(done):
    """The steps that were begun, by number."""
    begun = done.stdout.split("\n  ")[-1].splitlines()[1:]
    return [n for line in begun for n, text in enumerate(STEPS) if line.startswith(text)]


def primary(site):
    found, = [cak for cak in site.gateway_caks() if cak["session"] == "primary"]
    return found["name"], found["key"]["crn"], found["status"]


def cak_changes(site):
    """Status of every request so far to change a CAK."""
    return [one["status"] for one in site.cloud.journal("direct-link")
            if one["method"] == "PATCH" and "/caks/" in one["path"]]


def rotated(text, site, key=None):
    """The file as it is to be: nothing but the two values of the primary CAK has changed."""
    line = next(line for line in text.splitlines() if line.startswith("      primary:"))
    return text.replace(line, line.replace("AA01", "CC03").replace(site.old, key or site.new))


def assert_done(site, before, daemon):
    assert site.path.read_text() == rotated(before, site)
    assert primary(site) == ("CC03", site.new, "active")
    assert daemon.in_use == "CC03" and dict(daemon.caks) == {"CC03": "primary", "BB02": "fallback"}
    assert os.listdir(site.path.parent).count(site.path.name) == 1
    assert not [name for name in os.listdir(site.path.parent)
                if name.startswith(site.path.name + ".")]


def refused(site, part, key=None, status=None):
    before = site.path.read_text()
    done = rotate(site, key=key)
    assert done.returncode != 0 and part in done.stdout + done.stderr, done.stdout + done.stderr
    assert status in (None, done.returncode) and KEPT not in done.stderr
    assert site.path.read_text() == before
    assert cak_changes(site) == []
