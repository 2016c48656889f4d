#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Judges the compiled data plane: what a frame's way calls, and what its instructions are.

Every symbol that an object on a frame's way takes from elsewhere must be in the lists below, with
a reason; there is no lock, no allocation, no log and no system call among them. Only idle.o may
yield or sleep. The whole way has at most two locked instructions for a burst. Prints TAP.

Usage: tests/purity.py [--cc COMPILER] [--skip REASON] FOLDER-OF-OBJECTS
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

# A frame's way, in its order.
WAY = ("worker", "lane", "classify", "protect", "validate", "punt", "transmit", "mbuf_chain")
# In the library, but not on the way.
BESIDE = {
    "idle": "where a worker waits; judged by rules of its own",
    "worker_thread": "a worker's birth and end; worker_start runs in the control thread",
    "counters": "readers' sums",
}
LOCKED_MAX = 2  # for a burst, over all objects of the way

STAGES = {name: "the next stage" for name in (
    "lane_poll", "classify_host_burst", "classify_line_burst", "protect_reserve", "protect_burst",
    "validate_burst", "validate_commit", "validate_raise_floors", "punt_burst", "transmit_burst",
    "mbuf_chain_append", "mbuf_chain_pieces", "mbuf_chain_cut", "idle_wait_turn", "idle_round")}
COMPILER = {
    "memcpy": "copies octets", "memmove": "copies octets", "memset": "clears octets",
    "memcmp": "compares addresses and LLC headers",
    "__memcpy_chk": "memcpy with a known room", "__memmove_chk": "memmove with a known room",
    "__memset_chk": "memset with a known room",
    "__stack_chk_fail": "ends the process when the stack was overrun; never returns",
    "_GLOBAL_OFFSET_TABLE_": "position-independent code",
    "__tls_get_addr": "address of DPDK's thread-local lcore id",
}
DPDK = {
    "rte_eth_fp_ops": "table of the ports' receive and transmit functions",
    "rte_eth_call_rx_callbacks": "called only when someone registered one: we do not",
    "rte_eth_call_tx_callbacks": "called only when someone registered one: we do not",
    "rte_pktmbuf_free_bulk": "gives frames back to their pool",
    "__rte_pktmbuf_read": "copies out of a frame in segments",
    "rte_mempool_ops_table": "table of the pools' functions, for rte_pktmbuf_alloc",
    "per_lcore__lcore_id": "which pool cache is this worker's",
    "__rte_panic": "a pool without a handler: DPDK's own assertion; never returns",
}
ALLOWED = {**STAGES, **COMPILER, **DPDK}
IDLE_ALLOWED = {**COMPILER, "sched_yield": "rule (vii)", "nanosleep": "polling: adaptive"}

# For a clear message; whatever is not allowed is refused anyway.
KINDS = (
    (r"(m|c|re|aligned_)alloc$|^free$|^rte_(z|c)?malloc|^rte_free|^posix_memalign", "allocates"),
    (r"^pthread_|^sem_|^mtx_|^cnd_|spin_?lock|rwlock|futex", "locks"),
    (r"printf|^puts|^rte_v?log|^log_|^syslog|^write$", "prints"),
    (r"sleep|yield|^usleep|^poll$|^select$|^rte_delay", "waits"),
    (r"^syscall$|^open|^read$|^close$|^ioctl$|^clock_gettime$|^getpid$", "is a system call"),
)

# Locked instructions that there may be: object -> (how many at most, why).
LOCKED_EXPECTED = {
    "lane": (1, "turn_try_receive: the exchange that takes the receive turn, once a burst"),
    "idle": (1, "rte_rcu_qsbr_thread_online: a fence, only after a sleep"),
}
# A lock prefix, an exchange with memory (locked without saying so), or a full fence.
LOCKED = re.compile(r"^lock\b|^xchg\w*\s.*(\(|%[fg]s:)|^mfence\b")
SYSTEM_CALL = re.compile(r"^(syscall|sysenter|int\s+\$0x80)\b")


def tool(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def undefined(path):
    """Symbols that an object takes from elsewhere."""
    return [line.split()[-1] for line in tool("nm", "-u", path).splitlines() if line.strip()]


def instructions(path):
    """(function, instruction) pairs."""
    function = "?"
    for line in tool("objdump", "-d", "--no-show-raw-insn", path).splitlines():
        header = re.match(r"[0-9a-f]+ <(.+)>:$", line)
        if header:
            function = header.group(1)
        elif "\t" in line:
            yield function, line.split("\t", 1)[1].strip()


def kind_of(symbol):
    return next((kind for pattern, kind in KINDS if re.search(pattern, symbol)), "is unknown here")


def symbol_complaints(path, allowed):
    return [f"{symbol} {kind_of(symbol)}" for symbol in undefined(path) if symbol not in allowed]


def found(path, pattern):
    return [f"{function}: {text}" for function, text in instructions(path)
            if pattern.search(text)]


def locked_complaints(name, path):
    limit, why = LOCKED_EXPECTED.get(name, (0, "none is expected"))
    locked = found(path, LOCKED)
    return [f"{where} ({why})" for where in locked] if len(locked) > limit else []


class Tap:
    """Prints one line for each case and remembers whether one failed."""

    def __init__(self):
        self.cases = 0
        self.failed = False

    def case(self, text, complaints):
        self.cases += 1
        self.failed |= bool(complaints)
        print(f"{'not ok' if complaints else 'ok'} {self.cases} - {text}")
        for complaint in complaints:
            print(f"  # {complaint}")

    def end(self):
        print(f"1..{self.cases}")
        return 1 if self.failed else 0


def objects_in(folder):
    """{"lane": path of its object, …}"""
    return {path.name.removesuffix(".c.o").split("dataplane_")[-1]: path
            for path in sorted(Path(folder).glob("*.o"))}


def judge(tap, objects):
    strangers = [name for name in objects if name not in WAY and name not in BESIDE]
    missing = [name for name in (*WAY, *BESIDE) if name not in objects]
    tap.case("every object of the data plane is known",
             [f"{name}.o is new: say in this test what it may do" for name in strangers]
             + [f"{name}.o is missing" for name in missing])
    way = {name: objects[name] for name in WAY if name in objects}
    for name, path in way.items():
        tap.case(f"{name}.o calls nothing that locks, allocates, prints, waits or enters the "
                 "kernel", symbol_complaints(path, ALLOWED) + found(path, SYSTEM_CALL))
        tap.case(f"{name}.o has no locked instruction but those expected",
                 locked_complaints(name, path))
    total = [f"{name}.o {where}" for name, path in way.items() for where in found(path, LOCKED)]
    tap.case(f"{len(total)} locked instruction(s) for a burst, at most {LOCKED_MAX} allowed",
             total if len(total) > LOCKED_MAX else [])
    if "idle" in objects:
        tap.case("idle.o yields and sleeps and does nothing else that is forbidden",
                 symbol_complaints(objects["idle"], IDLE_ALLOWED)
                 + found(objects["idle"], SYSTEM_CALL)
                 + locked_complaints("idle", objects["idle"]))


# What must be refused: (what, code, which check).
IMPURE = (
    ("an allocation", "void *f(void) { return __builtin_malloc(3); }", "symbols"),
    ("a print", 'int f(int n) { return __builtin_printf("%d", n); }', "symbols"),
    ("a mutex", "int pthread_mutex_lock(void *); int f(void *p) { return pthread_mutex_lock(p); }",
     "symbols"),
    ("a yield outside of idle.c",
     "int sched_yield(void); int f(void) { return sched_yield(); }", "symbols"),
    ("a lock prefix", "int f(int *p) { return __atomic_fetch_add(p, 1, __ATOMIC_RELAXED); }",
     "locked"),
    ("an exchange", "int f(int *p) { return __atomic_exchange_n(p, 1, __ATOMIC_ACQUIRE); }",
     "locked"),
    ("a fence", 'void f(void) { __asm__ volatile("mfence" ::: "memory"); }', "locked"),
    ("a system call instruction", 'void f(void) { __asm__ volatile("syscall"); }', "kernel"),
)


def judge_self(tap, compiler):
    """The checks above can fail: tiny objects that break one rule each are refused."""
    checks = {
        "symbols": lambda path: symbol_complaints(path, ALLOWED),
        "locked": lambda path: locked_complaints("self-check", path),
        "kernel": lambda path: found(path, SYSTEM_CALL),
    }
    with tempfile.TemporaryDirectory() as folder:
        source, path = Path(folder) / "impure.c", str(Path(folder) / "impure.o")
        for what, code, check in IMPURE:
            source.write_text(code + "\n")
            tool(*compiler.split(), "-O2", "-w", "-c", "-o", path, str(source))
            tap.case(f"an object with {what} is refused",
                     [] if checks[check](path) else ["it was not"])
        source.write_text("void f(char *a, const char *b) { for (int i = 0; i < 9999; i++)"
                          " a[i] = b[i]; }\n")
        tool(*compiler.split(), "-O2", "-c", "-o", path, str(source))
        tap.case("an object with nothing of that passes",
                 [complaint for check in checks.values() for complaint in check(path)])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cc", default="cc", help="C compiler for the self-check")
    parser.add_argument("--skip", default="", help="why this build cannot be judged")
    parser.add_argument("folder", help="with the data plane's objects")
    arguments = parser.parse_args()
    if arguments.skip:
        print(f"1..0 # SKIP {arguments.skip}")
        return 0
    tap = Tap()
    judge_self(tap, arguments.cc)
    judge(tap, objects_in(arguments.folder))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
