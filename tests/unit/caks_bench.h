/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The CAKs of one link, "west", in a real KaY whose surroundings do nothing, with key files and
 * clocks of the test's. Criterion gives each test a process of its own, hence one bench.
 */
#pragma once

#include "control/link_caks.h"
#include "tests/unit/capture_stderr.h"

#define NS 1000000000ll
#define T0 1796083200ll // 2026-12-01T00:00:00Z
#define HOUR 3600ll
#define HEX64 "00112233445566778899aabbccddeeff0123456789abcdef0123456789abcdef"

struct caks_bench {
	char folder[64];
	struct config config;
	struct config_link link; // primary AA01, fallback FB01
	struct config_chain_cak chain[3];
	struct mka *mka;
	struct cak_source keys; // files only, but in tests with fake_key_agent.h
	struct link_caks caks;
	int64_t wall_ns;
	uint64_t now_ns;
	unsigned allocs_left; // of the KaY; then there is no memory
};
extern struct caks_bench bench;

/* Fixtures of a test suite; the end checks that no secret was left behind. */
void make_bench(void);
void end_bench(void);

/* CC01 from T0, CC02 from a day later, CC03 another day later and for ever; each is accepted an
 * hour before and after. Key files: c1, c2, c3; primary and fallback. */
void make_chain(void);

void write_key(const char *name, const char *text);
void remove_key(const char *name);

/* link_caks_begin at this wall-clock time. */
int begin_at(int64_t wall_s);

/* Lets time pass as a link does: looks when it was told to, and once at the end. */
bool pass(int64_t seconds);

/* "AA01:S FB01:Sf CC01:a": participants by CKN, S send, a accept, f fallback. */
const char *participants(void);

/* Ends the capture, which must have the line, or the line exactly once. */
void assert_logged(struct capture *capture, const char *line);
void assert_logged_once(struct capture *capture, const char *line);
