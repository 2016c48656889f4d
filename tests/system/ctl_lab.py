# SPDX-License-Identifier: BSD-3-Clause
"""What macsecctl meets in its tests: a daemon without an appliance behind it, and impostors."""

import os
import pathlib
import socket
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MACSECD_BUILD", ROOT / "build"))
CTL = BUILD / "macsecctl"
FAKE = BUILD / "tests" / "system" / "fake_macsecd"


class Fake:
    """The control socket of a daemon with `links` links; ends with its standard input."""

    def __init__(self, path, links=2, order_errno=0, listen="off", config=None):
        words = [FAKE, path, str(links), str(order_errno), listen, *([config] if config else [])]
        self.process = subprocess.Popen(words, text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def __enter__(self):
        assert self.process.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *unused):
        self.process.stdin.close()
        status = self.process.wait(timeout=20)
        self.process.stdout.close()
        assert status == 0


class Impostor:
    """Something else on the socket: takes one connection, says `answer`, hangs up if told to."""

    def __init__(self, path, answer, hang_up=False):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        self.socket.listen(1)
        self.socket.settimeout(20)
        self.answer, self.hang_up, self.request = answer, hang_up, b""
        self.thread = threading.Thread(target=self.serve)

    def serve(self):
        connection, _ = self.socket.accept()
        with connection:
            connection.settimeout(20)
            self.request = connection.makefile("rb").readline()
            try:
                for part in [self.answer] if isinstance(self.answer, bytes) else self.answer:
                    connection.sendall(part)
                if not self.hang_up:
                    connection.recv(1)
            except OSError:
                pass  # macsecctl gave up, as it should

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *unused):
        self.thread.join(timeout=20)
        self.socket.close()


def ctl(path, *words):
    return subprocess.run([CTL, "-s", path, *words], capture_output=True, text=True, timeout=60,
                          check=False, env={**os.environ, "LC_ALL": "C.UTF-8"})


def rows(text):
    """The first table as dictionaries. Cells without blanks, the last column takes the rest."""
    lines = text.strip().split("\n\n")[0].splitlines()
    titles = lines[0].split()
    return [dict(zip(titles, line.split(None, len(titles) - 1))) for line in lines[1:]]


def tables(text):
    """The tables of a command by their titles, the first one's is None."""
    first, *others = text.strip().split("\n\n")
    return {None: rows(first)} | {
        title: rows(rest) for title, rest in (other.split("\n", 1) for other in others)}


def result(body):
    return b'{"jsonrpc":"2.0","id":1,"result":' + body + b"}\n"
