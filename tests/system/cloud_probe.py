# SPDX-License-Identifier: BSD-3-Clause
"""Runs the client of IBM Cloud by itself (tests/cloud/cloud_probe.c) against the local cloud."""

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from appliance import BUILD

PROBE = BUILD / "tests" / "cloud" / "cloud_probe"
END_S = 60


@dataclass
class Outcome:
    """What the probe printed: one object for each call; `error` is standard error."""

    lines: list = field(default_factory=list)
    error: str = ""
    text: str = ""

    def __getattr__(self, name):
        """Members of the last call's object."""
        if name.startswith("__") or not self.lines:
            raise AttributeError(f"{name}: the probe printed {self.text!r}, {self.error!r}")
        return self.lines[-1][name]

    @property
    def said(self):
        """The last call's message to the operator."""
        return self.lines[-1]["text"]


def words(cloud, action, key, kind="hpcs", credential="manager", options=(), prefix=()):
    """The command line; an option of None is left out, True has no value."""
    given = {"kind": kind, "url": cloud.url(kind), "instance": cloud.instance(kind),
             "ca-file": cloud.ca_file(), "iam-url": cloud.url("iam"), "grant": "api-key",
             "credential": credential if "/" in credential else cloud.credential(credential),
             **dict(options)}
    command = [*prefix, str(PROBE), action]
    for name, value in given.items():
        if value is not None:
            command += [f"--{name}"] if value is True else [f"--{name}", str(value)]
    return command + ([key] if key else [])


def read(process):
    """Waits for a probe that was started and reads what it printed."""
    out, error = process.communicate(timeout=END_S)
    return Outcome([json.loads(line) for line in out.splitlines()], error, out)


def begin(cloud, action, key, env=None, **how):
    return subprocess.Popen(words(cloud, action, key, **how), stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env={**os.environ, **(env or {})})


def run(cloud, action, key, **how):
    """One run of the probe. No secret of the cloud may stand in what it prints."""
    outcome = read(begin(cloud, action, key, **how))
    for name in cloud.state["credentials"]:
        secret = Path(cloud.credential(name)).read_text().strip()
        assert secret not in outcome.text + outcome.error
    assert outcome.error == ""
    return outcome
