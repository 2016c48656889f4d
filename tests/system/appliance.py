# SPDX-License-Identifier: BSD-3-Clause
"""One macsecd: its configuration, its process and what it says of itself."""

import contextlib
import copy
import json
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

from netns import run

BUILD = Path(os.environ.get("MACSECD_BUILD",
                            Path(__file__).resolve().parent.parent.parent / "build"))
MACSECD, MACSECCTL = BUILD / "macsecd", BUILD / "macsecctl"
CAK = "0123456789abcdef0123456789abcdeffedcba9876543210fedcba9876543210"
# Opening and closing packet sockets waits for the kernel's RCU: on a crowded machine for long.
START_S, STOP_S = 60, 60


def wait_for(what, ask, timeout=15.0, every=0.005):
    """Asks until the answer is true, and returns it; fails with `what` after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout} s")
        time.sleep(every)


def to_yaml(value, indent=0):
    """A configuration as an operator would write it: block style, JSON for the scalars."""
    pad, lines = "  " * indent, []
    for key, inner in value.items():
        if isinstance(inner, dict):
            lines += [f"{pad}{key}:", to_yaml(inner, indent + 1)]
        elif isinstance(inner, list) and inner and isinstance(inner[0], dict):
            lines.append(f"{pad}{key}:")
            for item in inner:
                block = to_yaml(item, indent + 2)
                lines.append(f"{pad}  - {block.lstrip()}")
        else:
            lines.append(f"{pad}{key}: {inner if isinstance(inner, str) else json.dumps(inner)}")
    return "\n".join(lines)


def merge(base, changes):
    """A copy of a configuration with some words replaced; None takes a word out."""
    merged = copy.deepcopy(base)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = merge(merged[key], value)
        else:
            merged[key] = value
    return merged


class Appliance:
    """A macsecd between `h0` and `l0` of a namespace."""

    def __init__(self, name, namespace, folder, priority):
        self.name, self.namespace, self.folder = name, namespace, folder
        self.config_path = folder / f"{name}.yaml"
        self.key_path = folder / f"{name}.cak"
        self.socket_path = folder / f"{name}.sock"
        self.run_dir = folder / f"run-{name}"
        self.log_path = folder / f"{name}.log"
        self.process = None
        self.command = (MACSECD,)
        self.run_dir.mkdir(exist_ok=True)
        self.write_key(CAK)
        self.base = {
            "links": [{
                "name": "dl0", "host": "h0", "line": "l0", "mtu": 1500,
                "mka": {"key-server-priority": priority,
                        "primary": {"ckn": '"AA01"', "cak": f"file:{self.key_path}"}},
            }],
            "control": {"socket": str(self.socket_path), "run-dir": str(self.run_dir)},
            "dpdk": {"hugepages": "auto", "polling": "adaptive",
                     "file-prefix": f"lab-{os.getpid()}-{name}"},
        }

    def write_key(self, text, mode=0o600):
        with contextlib.suppress(FileNotFoundError):
            self.key_path.unlink()
        with open(os.open(self.key_path, os.O_WRONLY | os.O_CREAT, mode), "w",
                  encoding="ascii") as file:
            file.write(text + "\n")
        os.chmod(self.key_path, mode)

    def cak(self, ckn, key=CAK):
        """A CAK for the configuration, with a key file of its own."""
        path = self.folder / f"{self.name}-{ckn}.cak"
        path.touch(0o600)
        path.write_text(key + "\n", encoding="ascii")
        return {"ckn": f'"{ckn}"', "cak": f"file:{path}"}

    def configure(self, link=None, **rest):
        """Writes the configuration: `link` changes words of the link, `rest` other sections."""
        config = merge(self.base, rest)
        config["links"] = [merge(one, link or {}) for one in config["links"]]
        self.config_path.write_text(to_yaml(config) + "\n", encoding="ascii")

    def launch(self, stay=False):
        """Starts the process and returns at once."""
        with open(self.log_path, "ab") as log:
            self.process = self.namespace.popen(*self.command, "-c", self.config_path, stay=stay,
                                                stdout=log, stderr=log, cwd=self.folder)

    def start(self, stay=False):
        """Starts it and waits until its control socket answers."""
        self.launch(stay)
        wait_for(f"macsecd {self.name} answers on its control socket", self.answers, START_S)

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"macsecd {self.name} ended with status "
                                 f"{self.process.returncode}:\n{self.log_tail()}")
        with contextlib.suppress(OSError):
            return self.ask("daemon.show")
        return None

    def stop(self, number=signal.SIGTERM):
        """Ends it with a signal; returns its exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"macsecd {self.name} did not end:\n{self.log_tail()}") from None
        finally:
            self.process = None
        return status

    def log_tail(self, lines=25):
        if not self.log_path.exists():
            return ""
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])

    def ask(self, method, **params):
        """One JSON-RPC call over the control socket."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(30)
            sock.connect(str(self.socket_path))
            sock.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method,
                                     "params": params}).encode() + b"\n")
            reply = b""
            while not reply.endswith(b"\n"):
                piece = sock.recv(65536)
                if not piece:
                    raise ConnectionError("the control socket was closed")
                reply += piece
        answer = json.loads(reply)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def link(self, method="link.show"):
        return self.ask(method, link="dl0")["links"][0]

    def state(self):
        return self.link()["state"]

    def counters(self):
        """{"protect": {...}, "validate": {...}, "balance": {...}}"""
        return self.link("counters.show")

    def key_identifier(self):
        """The SAK that this end transmits with, or None."""
        sak = self.link("mka.show")["latest-sak"]
        return sak["ki"] if sak and sak["transmits"] else None

    def ctl(self, *words, json_output=False):
        """Standard output of macsecctl."""
        return run(MACSECCTL, "-s", self.socket_path, *(["--json"] if json_output else []), *words)

    def doctor(self):
        """The diagnosis of the link: verdict, finding, evidence, fix."""
        return self.link("doctor.show")

    def states(self):
        """The link's states in the order in which its log tells them."""
        return re.findall(r"^INFO link: dl0: (\S+)$", self.log_path.read_text(), re.M)

    def counted(self, lane, word):
        return self.counters()[lane][word]

    def balanced(self):
        """Waits until nothing is in flight: received + injected = sent + punted + dropped."""
        def settled():
            balance = self.counters()["balance"]
            return all(balance[lane]["in-flight"] == 0 for lane in ("protect", "validate"))
        wait_for(f"the frame balance of macsecd {self.name} is even", settled, 30)

    def drops(self):
        """Every counted drop of both lanes that is not 0: {"validate in-pkts-late": 3}."""
        counters = self.counters()
        return {f"{lane} {word}": value for lane in ("protect", "validate")
                for word, value in counters[lane].items()
                if value and (word.startswith("drop-") or word in DROPS)}

    def port_losses(self):
        """What the ports have lost by themselves: {"host rx-missed": 3}."""
        link = self.link()
        return {f"{role} {word}": link[role][word] for role in ("host", "line")
                for word in ("rx-missed", "rx-errors", "tx-errors", "rx-no-mbuf")
                if link[role][word]}


# Counters of the standard that count lost frames (dataplane/counters.h, kind DROP).
DROPS = {"out-pkts-too-long", "in-pkts-no-tag", "in-pkts-bad-tag", "in-pkts-no-sa-error",
         "in-pkts-overrun", "in-pkts-late", "in-pkts-not-valid"}
