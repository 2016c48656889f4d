# SPDX-License-Identifier: BSD-3-Clause
"""Serves a local IBM Cloud until it is told to end, or until the program that started it is gone.

Writes one JSON object with URLs, files and credentials to --state (and to standard output) as soon
as every service answers.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ibmcloud.cloud import SERVICES, Cloud

WATCH_S = 0.2


def arguments():
    parser = argparse.ArgumentParser(prog="ibmcloud", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--address", default="127.0.0.1", help="where all services listen")
    parser.add_argument("--state", type=Path, help="file for the JSON object; mode 0600")
    parser.add_argument("--folder", type=Path, help="for keys, credentials and the admin socket; "
                                                    "without it a temporary one, removed again")
    parser.add_argument("--tidy", action="store_true",
                        help="remove --folder when the program that started this one is gone")
    parser.add_argument("--front", type=int, metavar="PORT",
                        help="one more port that serves all of IBM's host names, by Host header")
    parser.add_argument("--port", action="append", default=[], metavar="SERVICE=PORT",
                        help="a fixed port for one of: " + " ".join(SERVICES))
    parser.add_argument("--certificate", default="good", metavar="KIND",
                        help="good, wrong-host, unknown-ca, expired or old-tls")
    parser.add_argument("--token-life", type=int, default=3600, metavar="SECONDS")
    parser.add_argument("--stay", action="store_true",
                        help="go on when the program that started this one is gone")
    return parser.parse_args()


def watch_parent(parent, end):
    """Sets `end` when we get another parent: nobody is left who could stop us."""
    def watch():
        while os.getppid() == parent and not end.wait(WATCH_S):
            pass
        end.set()
    threading.Thread(target=watch, daemon=True).start()


def publish(state, text):
    """The file appears whole or not at all, for its owner only."""
    draft = state.with_name(f".{state.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text + "\n")
    draft.rename(state)


def main():
    args = arguments()
    end, parent = threading.Event(), os.getppid()
    if not args.stay:
        watch_parent(parent, end)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: end.set())
    own = args.folder is None
    folder = Path(tempfile.mkdtemp(prefix="ibmcloud-")) if own else args.folder
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        ports = {name: int(port) for name, port in (word.split("=") for word in args.port)}
        cloud = Cloud(folder, args.address, ports, args.front, args.certificate, args.token_life)
        cloud.start()
        text = cloud.ready_text()
        if args.state:
            publish(args.state, text)
        print(text, flush=True)
        end.wait()  # every thread is a daemon: nothing is left to be stopped
    finally:
        if own or (args.tidy and os.getppid() != parent):
            shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
