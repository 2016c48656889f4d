# SPDX-License-Identifier: BSD-3-Clause
"""IBM's Key Protect SDK for Node.js, installed by npm into a test's folder, and its process."""

import contextlib
import json
import os
import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).resolve().parent / "ibm_sdk"
INSTALL_S, ANSWER_S = 180, 60


class SdkError(Exception):
    """The SDK cannot be had, or its process ended."""


def install(folder):
    """`npm ci` with our lock file, from whatever registry npm is configured for."""
    for program, package in (("node", "nodejs"), ("npm", "npm")):
        if shutil.which(program) is None:
            raise SdkError(f"{program} is not installed; run: apt-get install {package} "
                           "(docker/deps.sh interop does it)")
    for name in ("package.json", "package-lock.json", "calls.js"):
        shutil.copy(SOURCE / name, folder)
    try:
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                              cwd=folder, capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, timeout=INSTALL_S)
        words, status = done.stdout + done.stderr, done.returncode
    except subprocess.TimeoutExpired:
        words, status = f"no end after {INSTALL_S} s", 1
    if status != 0:
        raise SdkError("npm ci could not install @ibm-cloud/ibm-key-protect: is npm's registry "
                       "within reach (npm ping), and does it carry the versions of "
                       f"tests/interop/ibm_sdk/package-lock.json? npm said:\n{words[-2000:]}")


class Sdk:
    """The process that makes the calls. Use it in a `with` block."""

    def __init__(self, folder, ca_file):
        env = {name: value for name, value in os.environ.items()
               if not name.lower().endswith("_proxy")}
        env["NODE_EXTRA_CA_CERTS"] = ca_file
        self.log_path = folder / "node.log"
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(["node", "calls.js"], cwd=folder, env=env, text=True,
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(ANSWER_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def ask(self, **wish):
        line = ""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(wish) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        if not line:
            raise SdkError(f"node ended:\n{self.log_path.read_text(errors='replace')[-2000:]}")
        return json.loads(line)


class SdkClient:
    """One client object of the SDK."""

    def __init__(self, sdk, cloud, service="hpcs", credential="manager", retries=0, apikey=None):
        self.sdk, self.name = sdk, f"{service}-{credential}-{retries}-{apikey}-{id(self)}"
        self.instance = cloud.instance(service)
        apikey = apikey or Path(cloud.credential(credential)).read_text().strip()
        sdk.ask(make=self.name, url=cloud.url(service), iam=cloud.url("iam"), apikey=apikey,
                retries=retries)

    def call(self, method, **params):
        return self.sdk.ask(client=self.name, method=method,
                            params={"bluemixInstance": self.instance, **params})
