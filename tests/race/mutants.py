#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Shows that the race and loop tests see what they are there for.

Each mutant is a copy of the tree with one memory order weakened or one rule of the turns broken.
At least one of its tests must fail on it; the unchanged tree must pass. Not part of `make test`:
it compiles everything some thirty times. Prints TAP.

Usage: tests/race/mutants.py [WORD]...    (only mutants whose name contains a word)
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("control", "dataplane", "drivers", "tests")
FLAGS = ["-std=gnu17", "-g", "-O2", "-D_GNU_SOURCE", "-DALLOW_EXPERIMENTAL_API", "-I."]
TSAN = ["-fsanitize=thread"]
DATAPLANE = ["worker", "lane", "classify", "protect", "validate", "punt", "transmit", "mbuf_chain",
             "idle", "counters"]
DOOR = ["sa_install", "sa_build", "sc_table", "ki_store", "ki_line", "log", "secret", "lines"]
STAGES = [f"dataplane/{name}.c" for name in DATAPLANE] + [f"control/{name}.c" for name in DOOR]
RIG = ["rig", "rig_ports", "rig_counters", "traffic", "traffic_frame", "delay_engine"]
TESTS = {
    # name: (sources, flags, libraries)
    "race_turn": (["tests/race/race_turn.c", "dataplane/idle.c"], TSAN, []),
    "race_frame_ring": (["tests/race/race_frame_ring.c", "dataplane/idle.c"], TSAN, []),
    "race_sa_table": (["tests/race/race_sa_table.c", "tests/race/glass_engine.c",
                       "tests/race/toy_ports.c", *STAGES], TSAN, ["-lcrypto"]),
    "loop_two_workers": (["tests/loop/loop_two_workers.c", "control/workers.c",
                          "dataplane/worker_thread.c", "drivers/crypto_ipsec_mb.c",
                          "drivers/crypto_engine.c",
                          *[f"tests/loop/{name}.c" for name in RIG], *STAGES],
                         [], ["-lrte_net_ring", "-lIPSec_MB", "-lcrypto"]),
}
RUN_SECONDS = 60


def weaken(name, path, anchor, order, tests):
    """A mutant in which the first memory order `order` behind `anchor` is relaxed."""
    def apply(text):
        at = text.index(f"memory_order_{order}", text.index(anchor))
        return text[:at] + "memory_order_relaxed" + text[at + len(f"memory_order_{order}"):]
    return name, path, apply, tests


def replace(name, path, edits, tests):
    """A mutant with some texts replaced, each of which must occur exactly once."""
    def apply(text):
        for old, new in edits:
            if text.count(old) != 1:
                raise ValueError(f"{path}: not exactly once: {old}")
            text = text.replace(old, new)
        return text
    return name, path, apply, tests


TURN, RING = ("race_turn",), ("race_frame_ring",)
TABLE, TWO = ("race_sa_table",), ("loop_two_workers",)
TURN_H, RING_H, LANE = "dataplane/turn.h", "dataplane/frame_ring.h", "dataplane/lane.c"
DOOR_C, VALIDATE = "control/sa_install.c", "dataplane/validate.c"
BEFORE_WAIT = "\tidle_wait_turn(turn,"
ON_VALIDATE = "\tif (w->lane->kind == LANE_VALIDATE)\n\t\t"
TOKEN = "\tset->token = rte_rcu_qsbr_start(door->config.rcu);\n"
# Makes the window between two statements as long as a preemption would.
PAUSE = "\textern int usleep(unsigned);\n\tusleep(200);\n"
MUTANTS = [
    weaken("turn-try-relaxed", TURN_H, "static inline bool turn_try_receive", "acquire", TURN),
    weaken("turn-end-relaxed", TURN_H, "static inline void turn_end_receive", "release", TURN),
    weaken("turn-may-relaxed", TURN_H, "static inline bool turn_may_transmit", "acquire", TURN),
    weaken("turn-pass-relaxed", TURN_H, "static inline void turn_pass", "release", TURN),
    replace("turn-not-exclusive", TURN_H,
            [("return !atomic_exchange_explicit(&turn->is_receiving, true, memory_order_acquire);",
              "atomic_store_explicit(&turn->is_receiving, true, memory_order_seq_cst);"
              " return true;")], TURN),
    replace("turn-both-always", TURN_H,
            [("return turn_may_transmit(turn, turn->next_ticket);",
              "return turn->next_ticket != 1;")], TURN),
    replace("turn-no-wait", "dataplane/idle.c",
            [("\tif (turn_may_transmit(turn, ticket))",
              "\tif (counters != NULL || turn_may_transmit(turn, ticket))")], TURN),
    weaken("ring-push-relaxed", RING_H, "void frame_ring_push", "release", RING),
    weaken("ring-peek-relaxed", RING_H, "frame_slot *frame_ring_peek", "acquire", RING),
    weaken("ring-pop-relaxed", RING_H, "void frame_ring_pop", "release", RING),
    weaken("ring-reserve-relaxed", RING_H, "frame_slot *frame_ring_reserve", "acquire", RING),
    replace("ring-one-slot-too-many", RING_H,
            [("head - tail < FRAME_RING_SLOTS", "head - tail <= FRAME_RING_SLOTS")], RING),
    weaken("publish-table-relaxed", DOOR_C, "static void publish_table", "release", TABLE),
    weaken("publish-rx-relaxed", DOOR_C, "static void publish_rx", "release", TABLE),
    weaken("transmit-relaxed", DOOR_C, "int sa_install_transmit", "release", TABLE),
    weaken("classify-table-relaxed", "dataplane/classify.c", "const struct rx_sc_table *table =",
           "acquire", TABLE),
    weaken("classify-sa-relaxed", "dataplane/classify.c", ": atomic_load_explicit(&sc->sa",
           "acquire", TABLE),
    weaken("reserve-sa-relaxed", "dataplane/protect.c", "struct tx_sa *sa = atomic_load_explicit",
           "acquire", TABLE),
    weaken("floors-table-relaxed", VALIDATE, "const struct rx_sc_table *table", "acquire", TABLE),
    # raise_floors_of has no such mutant: it touches atomic words of the SA only, which is no data
    # race to ThreadSanitizer, and x86 loads in order.
    replace("reclaim-at-once", DOOR_C,
            [("if (rte_rcu_qsbr_check(door->config.rcu, set->token, false) != 1)",
              "if (set == NULL)")], TABLE),
    replace("reclaim-tables-at-once", "control/sc_table.c",
            [("if (rcu != NULL && rte_rcu_qsbr_check(rcu, owner->token, false) != 1)",
              "if (rcu != NULL && owner == NULL)")], TABLE),
    replace("retire-token-first", DOOR_C,
            [(TOKEN, ""), ("\tunpublish(door, set);\n\twhile",
                           f"{TOKEN}{PAUSE}\tunpublish(door, set);\n\twhile")], TABLE),
    replace("retire-still-published", DOOR_C,
            [("\tunpublish(door, set);\n\twhile",
              "\tif (set->next == set)\n\t\tunpublish(door, set);\n\twhile")], TABLE),
    replace("round-while-offline", "dataplane/worker.c",
            [("\t\tconst unsigned frames =\n",
              "\t\trte_rcu_qsbr_thread_offline(worker->rcu, worker->index);\n"
              "\t\tconst unsigned frames =\n"),
             ("\t\trte_rcu_qsbr_quiescent(worker->rcu, worker->index);\n",
              "\t\trte_rcu_qsbr_thread_online(worker->rcu, worker->index);\n")], TABLE),
    replace("lane-no-wait", LANE,
            [(BEFORE_WAIT, "\tif (w->burst->n > BURST_FRAMES)\n\t\tidle_wait_turn(turn,")],
            TABLE),
    replace("lane-free-early", LANE,
            [("\tconst bool has_ticket = lane_begin(w);\n\tturn_end_receive(turn);",
              "\tturn_end_receive(turn);\n\tconst bool has_ticket = lane_begin(w);")], TABLE),
    replace("lane-pass-early", LANE,
            [("\tlane_finish(w);\n\tturn_pass(turn, w->burst->ticket); // rule (i)",
              "\tturn_pass(turn, w->burst->ticket);\n\tlane_finish(w);")], TABLE),
    replace("lane-punt-early", LANE,
            [(BEFORE_WAIT, f"{ON_VALIDATE}punt_burst(w);\n{BEFORE_WAIT}")], TABLE),
    replace("lane-reserve-late", LANE,
            [("\t\tprotect_reserve(w); // rules (iii), (v)\n", ""),
             ("\t\tprotect_burst(w);\n", "\t\tprotect_reserve(w), protect_burst(w);\n")],
            TABLE),
    replace("lane-no-wait-loop", LANE,
            [(BEFORE_WAIT, "\tif (w->burst->n > BURST_FRAMES)\n\t\tidle_wait_turn(turn,")], TWO),
    replace("lane-commit-early", LANE,
            [(BEFORE_WAIT, f"{ON_VALIDATE}validate_commit(w);\n{BEFORE_WAIT}")], TWO),
    replace("lane-reserve-late-loop", LANE,
            [("\t\tprotect_reserve(w); // rules (iii), (v)\n", ""),
             ("\t\tprotect_burst(w);\n", "\t\tprotect_reserve(w), protect_burst(w);\n")],
            TWO),
]


def dpdk(kind):
    flags = subprocess.run(["pkg-config", f"--{kind}", "libdpdk"], capture_output=True, text=True,
                           check=True).stdout.split()
    return [flag.replace("-I", "-isystem", 1) if flag.startswith("-I") else flag for flag in flags]


def copy_tree(folder):
    for room in ROOMS:
        shutil.copytree(ROOT / room, folder / room)


def fails(folder, test):
    """Compiles and runs one test in a copy of the tree; returns why it failed, or None."""
    sources, flags, libraries = TESTS[test]
    program = folder / test
    subprocess.run(["gcc", *FLAGS, *flags, *dpdk("cflags"), "-o", program, *sources, "tests/tap.c",
                    *dpdk("libs"), *libraries, "-lpthread"], cwd=folder, check=True)
    fixed = subprocess.run(["setarch", "-R", "true"], capture_output=True, check=False)
    prefix = ["setarch", "-R"] if fixed.returncode == 0 else []
    try:
        done = subprocess.run([*prefix, program], cwd=folder, capture_output=True, text=True,
                              errors="replace", timeout=RUN_SECONDS, check=False,
                              env={**os.environ, "TSAN_OPTIONS": "halt_on_error=1:exitcode=66"})
    except subprocess.TimeoutExpired:
        return f"no end after {RUN_SECONDS} s"
    if done.returncode == 0:
        return None
    for line in (done.stdout + done.stderr).splitlines():
        if "not ok" in line or "SUMMARY" in line:
            return line.replace(str(folder), "").strip()
    return f"exit status {done.returncode}"


def try_mutant(mutant):
    """Returns what caught the mutant, or None."""
    _, path, apply, tests = mutant
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        folder = Path(name)
        copy_tree(folder)
        target = folder / path
        target.write_text(apply(target.read_text()))
        return next((f"{test}: {why}" for test in tests if (why := fails(folder, test))), None)


def main():
    words = sys.argv[1:]
    chosen = [m for m in MUTANTS if not words or any(word in m[0] for word in words)]
    missed = 0
    number = 0
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        copy_tree(Path(name))
        for test in sorted({test for mutant in chosen for test in mutant[3]}):
            number += 1
            why = fails(Path(name), test)
            missed += why is not None
            print(f"{'ok' if why is None else 'not ok'} {number} - {test} passes on the tree as it"
                  f" is{f': {why}' if why else ''}", flush=True)
    for mutant in chosen:
        number += 1
        why = try_mutant(mutant)
        missed += why is None
        print(f"{'not ok' if why is None else 'ok'} {number} - {mutant[0]}: {why or 'not caught'}",
              flush=True)
    print(f"1..{number}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
