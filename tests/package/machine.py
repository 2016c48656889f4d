# SPDX-License-Identifier: BSD-3-Clause
"""A Debian root as a running machine: systemd as the first process of namespaces of its own."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path

from appliance import wait_for
from conftest import run

CGROUPS = Path("/sys/fs/cgroup")
BOOT = """
set -e
for folder in {cgroups}; do mkdir -p "$folder"; echo $$ > "$folder/cgroup.procs"; done
exec unshare --mount --pid --uts --ipc --net --cgroup --fork --kill-child -- sh -ec '
mount --make-rprivate /
mount -t proc proc {root}/proc
mount -t sysfs sysfs {root}/sys
mount -t tmpfs tmpfs {root}/run
mount -t tmpfs tmpfs {root}/tmp
exec chroot {root} env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin \\
	/lib/systemd/systemd --unit=basic.target --log-target=console'
"""


def cgroup_folders():
    """Where this machine keeps control groups: one tree, or one for each controller."""
    trees = [CGROUPS] if (CGROUPS / "cgroup.procs").exists() else \
        [folder for folder in CGROUPS.iterdir() if (folder / "cgroup.procs").exists()]
    return [tree / f"macsecd-test-{os.getpid()}" for tree in trees
            if tree.name != "cpuset"]  # it takes no process before it has CPUs


class Machine:
    """Use it in a `with` block; every process in it ends with the block."""

    def __init__(self, root, log_path):
        self.cgroups, self.log_path = cgroup_folders(), log_path
        script = BOOT.format(root=root, cgroups=" ".join(map(str, self.cgroups)))
        with open(log_path, "wb") as log:
            self.process = subprocess.Popen(["sh", "-c", script], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True)

    def __enter__(self):
        try:
            self.first = wait_for("there is a first process", self.child, 60)
            wait_for("systemd has started", self.is_up, 120, every=0.2)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.kill()  # unshare's child dies with it, and its PID namespace with that
        self.process.wait()
        for folder in self.cgroups:
            for inner in sorted(folder.rglob("*/"), reverse=True) + [folder]:
                if inner.is_dir():
                    wait_for(f"{inner} is empty", lambda path=inner: self.removed(path), 30)

    @staticmethod
    def removed(folder):
        with contextlib.suppress(FileNotFoundError, OSError):
            folder.rmdir()
        return not folder.exists()

    def child(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the machine ended:\n{self.log_path.read_text()}")
        pid = self.process.pid
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return text and Path(f"/proc/{text[0]}/comm").read_text() == "systemd\n" and int(text[0])

    def is_up(self):
        return self.ask("systemctl", "is-active", "basic.target") == "active"

    def enter(self, *command):
        return ["nsenter", "-t", str(self.first), "-m", "-p", "-u", "-i", "-n", "-C", "-r", "-w",
                "--", "env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", *map(str, command)]

    def run(self, *command, **options):
        return run(*self.enter(*command), **options)

    def ask(self, *command):
        """Standard output of a command that may fail."""
        return subprocess.run(self.enter(*command), capture_output=True, text=True, check=False,
                              timeout=60).stdout.strip()

    def fails(self, *command):
        return subprocess.run(self.enter(*command), capture_output=True, check=False,
                              timeout=60).returncode != 0

    def service(self, word):
        return self.ask("systemctl", "show", "-p", word, "--value", "macsecd")

    def signal_daemon(self, number):
        """Sends a signal to the daemon; returns its process id of before, as the machine has it."""
        pid = self.service("MainPID")
        self.run("sh", "-c", f"kill -{signal.Signals(number).name[3:]} {pid}")
        return pid

    def wait_for_another(self, pid, timeout):
        """Waits until the service runs as another process."""
        wait_for("the service is started again", lambda: self.service("MainPID") not in ("0", pid)
                 and self.service("ActiveState") == "active", timeout, every=0.05)
