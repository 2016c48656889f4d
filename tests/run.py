#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs every test that needs no special hardware and sums the results.

Each runner counts single test cases. A runner that ran none has failed. The last line is
"N passed, N failed"; the exit status is 0 only when nothing failed. Full output of every
runner stays in build/test-logs/.

Usage: tests/run.py [lint|meson|asan|tsan|fuzz|system|interop|package]...
(default: all but package)
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("MACSECD_BUILD", ROOT / "build"))
LOGS = BUILD / "test-logs"
FUZZ_SECONDS = int(os.environ.get("FUZZ_SECONDS", "30"))
CPUS = os.cpu_count() or 1
RUNNING = set()  # process groups, so that a signal leaves none behind

# Suites that a sanitizer build repeats. Races need ThreadSanitizer, and Criterion cannot run under
# it; timing and symbol checks mean nothing in an instrumented build.
ASAN_SUITES = ("--suite", "unit", "--suite", "sim")
TSAN_SUITES = ("--suite", "race")


@dataclass
class Result:
    """What one runner found; `failures` are texts for the reader."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list = field(default_factory=list)
    seconds: float = 0.0

    def fail(self, text):
        self.failed += 1
        self.failures.append(text)


def run(command, log, timeout, env=None):
    """Runs a command in its own process group with all output in `log`; returns its status."""
    with open(log, "wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=subprocess.STDOUT, start_new_session=True,
                                   env={**os.environ, **(env or {})})
        RUNNING.add(process)
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            out.write(f"\nstopped: not finished after {timeout} s\n".encode())
            return 124
        finally:
            stop(process)


def stop(process):
    """Ends a process group, politely first: system tests remove their namespaces."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    RUNNING.discard(process)


def tail(log, lines=40):
    text = Path(log).read_text(errors="replace").splitlines()
    return "\n".join(text[-lines:])


def sibling(kind):
    """The folder of another build: build-asan beside build."""
    return BUILD.with_name(f"{BUILD.name}-{kind}")


def set_up(result, folder, options, env=None):
    """Sets a build folder up if need be; a failure counts as one failed test."""
    log = LOGS / f"{result.name}-build.log"
    if not (folder / "build.ninja").exists():
        shutil.rmtree(folder, ignore_errors=True)
        if run(["meson", "setup", str(folder), *options], log, 300, env) != 0:
            result.fail(f"{folder.name}: meson setup failed\n{tail(log)}")
            return False
    return True


def build(result, folder, options, env=None):
    """The same, and compiles everything."""
    log = LOGS / f"{result.name}-build.log"
    if not set_up(result, folder, options, env):
        return False
    if run(["ninja", "-C", str(folder)], log, 900, env) != 0:
        result.fail(f"{folder.name}: does not compile\n{tail(log)}")
        return False
    return True


def count_tap(output):
    """Numbers of passed, failed and skipped TAP cases, and the descriptions of the failed ones."""
    passed, skipped, failed = 0, 0, []
    for line in output.splitlines():
        match = re.match(r"(not )?ok\b[\s\d-]*(.*)", line)
        if not match:
            continue
        if re.search(r"#\s*skip", line, re.IGNORECASE):
            skipped += 1
        elif match.group(1):
            failed.append(match.group(2))
        else:
            passed += 1
    return passed, skipped, failed


def count_meson_test(result, record):
    """Adds one meson test: its TAP cases, or itself when it speaks no TAP."""
    passed, skipped, failed = count_tap(record.get("stdout") or "")
    name, outcome = record["name"], record["result"]
    text = ((record.get("stdout") or "") + (record.get("stderr") or "")).splitlines()
    ended_well = outcome in ("OK", "SKIP", "EXPECTEDFAIL")
    if passed + skipped + len(failed) == 0:
        passed, skipped = int(outcome == "OK"), int(outcome == "SKIP")
    result.passed += passed
    result.skipped += skipped
    for case in failed:
        result.fail(f"{name}: {case}")
    if not ended_well:
        context = "\n".join(text[-40:])
        if not failed:
            result.fail(f"{name}: {outcome} (exit status {record['returncode']})\n{context}")
        else:
            result.failures[-1] += f"\n{context}"


def meson_tests(result, folder, suites, env=None, prefix=()):
    """Runs meson suites ("--suite NAME" or "--no-suite NAME") after compiling what they need."""
    base = f"testlog-{result.name}"
    records = folder / "meson-logs" / f"{base}.json"
    records.unlink(missing_ok=True)
    command = [*prefix, "meson", "test", "-C", str(folder), "--logbase", base,
               "--print-errorlogs", "--num-processes", str(CPUS), *suites]
    log = LOGS / f"{result.name}.log"
    status = run(command, log, 1200, env)
    if not records.exists():
        result.fail(f"meson test wrote no results (exit status {status})\n{tail(log)}")
        return
    for line in records.read_text().splitlines():
        count_meson_test(result, json.loads(line))
    if status != 0 and not result.failed:
        result.fail(f"meson test ended with status {status}\n{tail(log)}")


def run_lint(result):
    log = LOGS / "lint.log"
    status = run([sys.executable, "tests/lint/selftest.py"], log, 120)
    text = log.read_text(errors="replace")
    status |= run([sys.executable, "tests/lint/lint.py"], log, 120)
    text += log.read_text(errors="replace")
    log.write_text(text)
    passed, skipped, failed = count_tap(text)
    result.passed, result.skipped = passed, skipped
    for case in failed:
        # The indented lines after "not ok NAME" say where.
        where = re.search(rf"^not ok {re.escape(case)}\n((?:  .*\n)*)", text, re.MULTILINE)
        result.fail(f"{case}\n{where.group(1) if where else ''}")
    if status != 0 and not failed:
        result.fail(f"lint ended with status {status}\n{tail(log)}")


def run_meson(result):
    if build(result, BUILD, []):
        meson_tests(result, BUILD, ["--no-suite", "race"])


def run_asan(result):
    folder = sibling("asan")
    if set_up(result, folder, ["-Db_sanitize=address,undefined", "-Db_lundef=false"]):
        meson_tests(result, folder, ASAN_SUITES)


def run_tsan(result):
    folder = sibling("tsan")
    if set_up(result, folder, ["-Db_sanitize=thread", "-Db_lundef=false"]):
        # Kernels that randomise more than 28 address bits leave gcc 12's TSan no room.
        fixed = subprocess.run(["setarch", "-R", "true"], capture_output=True, check=False)
        meson_tests(result, folder, TSAN_SUITES, {"TSAN_OPTIONS": "halt_on_error=1:exitcode=66"},
                    ["setarch", "-R"] if fixed.returncode == 0 else [])


def fuzz_one(harness, folder):
    """One harness for FUZZ_SECONDS; returns None, or what went wrong."""
    name = harness.name.removeprefix("fuzz_")
    seeds = ROOT / "tests" / "fuzz" / "corpus" / name
    if not seeds.is_dir() or not any(seeds.iterdir()):
        return f"{name}: no seeds in {seeds.relative_to(ROOT)}"
    grown = folder / "corpus" / name
    grown.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"fuzz-{name}.log"
    status = run([str(harness), f"-max_total_time={FUZZ_SECONDS}", "-timeout=10",
                  "-rss_limit_mb=2048", "-print_final_stats=1",
                  f"-artifact_prefix={LOGS}/fuzz-{name}-", str(grown), str(seeds)],
                 log, FUZZ_SECONDS + 60)
    runs = re.search(r"number_of_executed_units:\s*(\d+)", log.read_text(errors="replace"))
    if status != 0:
        return f"{name}: exit status {status}\n{tail(log)}"
    if not runs or int(runs.group(1)) < 1000:
        return f"{name}: hardly any input was tried\n{tail(log)}"
    return None


def run_fuzz(result):
    folder = sibling("fuzz")
    options = ["-Dfuzz=true", "-Db_sanitize=address,undefined", "-Db_lundef=false"]
    if not build(result, folder, options, {"CC": "clang"}):
        return
    harnesses = [path for path in sorted((folder / "tests" / "fuzz").glob("fuzz_*"))
                 if path.is_file() and os.access(path, os.X_OK)]
    with ThreadPoolExecutor(max_workers=CPUS) as pool:
        for failure in pool.map(lambda harness: fuzz_one(harness, folder), harnesses):
            if failure:
                result.fail(failure)
            else:
                result.passed += 1


def run_pytest(result, limit_s):
    """The test cases of the folder that has the runner's name."""
    log, report = LOGS / f"{result.name}.log", LOGS / f"{result.name}.xml"
    report.unlink(missing_ok=True)
    status = run([sys.executable, "-m", "pytest", f"tests/{result.name}", "-q", "-p",
                  "no:cacheprovider", f"--junitxml={report}"],
                 log, limit_s, {"MACSECD_BUILD": str(BUILD), "PYTHONDONTWRITEBYTECODE": "1"})
    if not report.exists():
        result.fail(f"pytest wrote no results (exit status {status})\n{tail(log)}")
        return
    for case in ElementTree.parse(report).iter("testcase"):
        problem = case.find("failure")
        problem = case.find("error") if problem is None else problem
        if problem is not None:
            message = "\n".join((problem.text or "").splitlines()[-40:])
            result.fail(f"{case.get('classname')}::{case.get('name')}\n{message}")
        elif case.find("skipped") is not None:
            result.skipped += 1
        else:
            result.passed += 1
    if status != 0 and not result.failed:
        result.fail(f"pytest ended with status {status}\n{tail(log)}")


def run_system(result):
    run_pytest(result, 1500)


def run_interop(result):
    run_pytest(result, 720)


def run_package(result):
    run_pytest(result, 2400)


RUNNERS = {
    "lint": (run_lint, "style, layout and documents"),
    "meson": (run_meson, "unit tests, simulations, loop, purity"),
    "asan": (run_asan, "unit tests under ASan, UBSan, LSan"),
    "tsan": (run_tsan, "races under ThreadSanitizer"),
    "fuzz": (run_fuzz, f"fuzzers, {FUZZ_SECONDS} s each"),
    "system": (run_system, "appliances in network namespaces"),
    "interop": (run_interop, "against Linux and wpa_supplicant in QEMU"),
    "package": (run_package, "the Debian package in a Debian of its own"),
}
ASKED_FOR = {"package"}  # too long for every run


def run_one(name):
    function, about = RUNNERS[name]
    print(f"{name:8}{about:42}", end="", flush=True)
    result = Result(name)
    started = time.monotonic()
    function(result)
    result.seconds = time.monotonic() - started
    if result.passed + result.failed == 0:
        result.fail("no test ran")
    print(f"{result.passed:5} passed {result.failed:3} failed"
          + (f" {result.skipped:3} skipped" if result.skipped else "            ")
          + f" {result.seconds:6.1f} s", flush=True)
    for failure in result.failures:
        first, *rest = failure.rstrip().splitlines()
        print(f"  FAILED {name}: {first}")
        for line in rest:
            print(f"    {line}")
    return result


def end_by_signal(number, _frame):
    for process in list(RUNNING):
        stop(process)
    os._exit(128 + number)


def main():
    names = sys.argv[1:] or [name for name in RUNNERS if name not in ASKED_FOR]
    unknown = [name for name in names if name not in RUNNERS]
    if unknown:
        print(f"tests/run.py: no runner {unknown[0]}; there are: {' '.join(RUNNERS)}",
              file=sys.stderr)
        return 2
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end_by_signal)
    LOGS.mkdir(parents=True, exist_ok=True)
    results = [run_one(name) for name in names]
    passed, failed = sum(r.passed for r in results), sum(r.failed for r in results)
    skipped = sum(r.skipped for r in results)
    seconds = sum(r.seconds for r in results)
    print(f"logs are in {LOGS}; {seconds:.0f} s" + (f"; {skipped} skipped" if skipped else ""))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
