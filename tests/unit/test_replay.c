/* SPDX-License-Identifier: BSD-3-Clause */
/* The replay window and XPN recovery through the real stages: frame by frame and in bursts, where
 * the order inside the burst counts, and with floors that control raises meanwhile. */

#include "dataplane/pn.h"
#include "tests/unit/scene.h"
#include "tests/unit/vectors.h"

#include <rte_mbuf.h>

#include <criterion/criterion.h>

#define USER_OCTETS 60u
#define FRAME_OCTETS (12 + USER_OCTETS)

struct link {
	struct lane_bench *bench;
	struct sak sak;
	struct rx_sa *rx;
};

static struct link link_open(bool is_xpn, uint32_t window, uint64_t first) {
	struct link link = {
		.bench = scene_open((struct bench_request){.replay_window = window}),
		.sak = scene_sak(is_xpn ? SUITE_GCM_AES_XPN_128 : SUITE_GCM_AES_128, 1, 0, true),
	};
	scene_install(link.bench, &link.sak);
	link.rx = bench_rx_sa(link.bench, &link.sak.ki, 0);
	bench_set_rx_pn(link.bench, &link.sak.ki, first, first);
	return link;
}

/* Puts the peer's frame with this PN into the burst. */
static void put(const struct link *link, uint64_t pn) {
	uint8_t plain[FRAME_OCTETS], secured[FRAME_OCTETS + REFERENCE_OVERHEAD];
	const struct reference peer = scene_peer(&link->sak);

	scene_plain(plain, sizeof(plain), 0);
	const uint32_t n = reference_protect(&peer, pn, plain, sizeof(plain), secured);
	bench_put(link->bench, secured, n);
}

static bool is_taken(const struct link *link, uint32_t i) {
	return link->bench->burst.fate[i] == FATE_SEND;
}

/* Ends a burst of which `ok` frames were delivered, `late` were dropped, and `late_after` of those
 * only after their ICV was found good. */
static void
finish(const struct link *link, const char *name, unsigned ok, unsigned late, unsigned late_after) {
	scene_finish(
		link->bench, &link->bench->validating, name, {C_IN_PKTS_OK, ok},
		{C_IN_PKTS_LATE, late}, {C_IN_OCTETS_DECRYPTED, (ok + late_after) * USER_OCTETS}
	);
}

static void
check_window(const struct link *link, const char *name, uint64_t next, uint64_t lowest) {
	cr_assert_eq(link->rx->next_pn, next, "%s: next PN", name);
	cr_assert_eq(link->rx->lowest_pn, lowest, "%s: lowest PN", name);
}

static void step_alone(const struct link *link, const cJSON *step, const char *name) {
	const bool is_ok = strcmp(vector_text(step, "result"), "ok") == 0;

	put(link, vector_hex_u64(step, "true_pn"));
	bench_validate(link->bench);
	cr_assert_eq(is_taken(link, 0), is_ok, "%s: %s", name, vector_text(step, "true_pn"));
	finish(link, name, is_ok, !is_ok, 0);
	check_window(
		link, name, vector_hex_u64(step, "next_pn_after"),
		vector_hex_u64(step, "lowest_pn_after")
	);
}

/* The whole sequence as one burst. Every recovery starts from the window before the burst, so it
 * must not span more than 2^31. */
static bool
steps_at_once(const struct link *link, const cJSON *steps, uint64_t first, const char *name) {
	unsigned i = 0, ok = 0, late_after = 0;
	const cJSON *step, *last = NULL;

	cJSON_ArrayForEach(
		step, steps
	) if (vector_hex_u64(step, "true_pn") >= first + (1u << 31)) return false;
	cJSON_ArrayForEach(step, steps) put(link, vector_hex_u64(step, "true_pn"));
	bench_validate(link->bench);
	cJSON_ArrayForEach(step, steps) {
		const bool is_ok = strcmp(vector_text(step, "result"), "ok") == 0;
		cr_assert_eq(is_taken(link, i), is_ok, "%s: step %u in a burst", name, i);
		ok += is_ok;
		late_after += !is_ok && vector_hex_u64(step, "true_pn") >= first;
		last = step;
		i++;
	}
	finish(link, name, ok, i - ok, late_after);
	check_window(
		link, name, vector_hex_u64(last, "next_pn_after"),
		vector_hex_u64(last, "lowest_pn_after")
	);
	return true;
}

static bool run_sequence(const cJSON *sequence) {
	const bool is_xpn = vector_flag(sequence, "xpn");
	const uint32_t window = (uint32_t)vector_number(sequence, "window");
	const uint64_t first = vector_hex_u64(sequence, "initial_next_pn");
	const char *name = vector_text(sequence, "note");
	const struct link link = link_open(is_xpn, window, first);
	const cJSON *step;

	cJSON_ArrayForEach(step, vector_list(sequence, "steps")) step_alone(&link, step, name);
	bench_set_rx_pn(link.bench, &link.sak.ki, first, first);
	const bool is_burst_done =
		steps_at_once(&link, vector_list(sequence, "steps"), first, name);
	bench_close(link.bench);
	return is_burst_done;
}

Test(replay, follows_every_sequence_of_the_vectors_alone_and_in_a_burst) {
	cJSON *root = vectors_load("macsec.json");
	const cJSON *sequence;
	unsigned sequences = 0, bursts = 0;

	cJSON_ArrayForEach(
		sequence, vector_list(vector_member(root, "replay_sequences"), "sequences")
	) {
		sequences++;
		bursts += run_sequence(sequence);
	}
	cr_assert_geq(sequences, 8);
	cr_assert_geq(bursts, 5);
	cJSON_Delete(root);
}

struct burst_case {
	const char *name;
	bool is_xpn;
	uint32_t window;
	uint64_t first;
	uint64_t pn[6];
	const char *fates; // +: delivered, -: late at once, ~: late when its turn comes
	uint64_t next, lowest;
};

static const struct burst_case burst_cases[] = {
	/* window 0: strict order within the burst too */
	{"0: in order", false, 0, 5, {5, 6, 7, 8, 9, 10}, "++++++", 11, 11},
	{"0: gap", false, 0, 5, {5, 7, 6, 8}, "++~+", 9, 9},
	{"0: the same twice", false, 0, 5, {5, 5, 6, 6}, "+~+~", 7, 7},
	{"0: backwards", false, 0, 5, {8, 7, 6, 5, 4}, "+~~~-", 9, 9},
	{"0: old ones first", false, 0, 5, {1, 4, 5}, "--+", 6, 6},
	{"1: one back", false, 1, 5, {6, 5, 7, 6, 5}, "+~+~~", 8, 7},
	{"1: the newest twice", false, 1, 5, {5, 5, 6, 6}, "++++", 7, 6},
	{"32: at the edge", false, 32, 100, {131, 100, 132, 101, 100}, "++++~", 133, 101},
	{"32: a jump", false, 32, 100, {200, 169, 168}, "++~", 201, 169},
	{"2^32-1: never late", false, UINT32_MAX, 1, {UINT32_MAX, 1, 2, 1}, "++++", 1ull << 32, 1},
	{"the last 32-bit PN ends it",
	 false,
	 0,
	 UINT32_MAX,
	 {UINT32_MAX, UINT32_MAX, 1},
	 "+~-",
	 1ull << 32,
	 1ull << 32},
	/* XPN across 2^32 inside a burst */
	{"XPN 0: across",
	 true,
	 0,
	 0xfffffffe,
	 {0xfffffffe, 0xffffffff, 0x100000000, 0x100000001},
	 "++++",
	 0x100000002,
	 0x100000002},
	{"XPN 32: there and back",
	 true,
	 32,
	 0xfffffffe,
	 {0x100000001, 0xfffffffe, 0x100000000, 0xffffffff},
	 "++++",
	 0x100000002,
	 0xfffffffe},
	{"XPN 2: an old one behind the crossing",
	 true,
	 2,
	 0xfffffffd,
	 {0xfffffffd, 0x100000001, 0xfffffffe, 0x100000000},
	 "++~+",
	 0x100000002,
	 0x100000000},
	{"XPN: half the range ahead",
	 true,
	 0,
	 0x80000000,
	 {0xffffffff, 0x17fffffff},
	 "++",
	 0x180000000,
	 0x180000000},
	{"XPN: wire PN 0", true, 0, 0x100000000, {0x100000000}, "+", 0x100000001, 0x100000001},
	{"XPN: the top",
	 true,
	 0,
	 UINT64_MAX - 1,
	 {UINT64_MAX - 1, UINT64_MAX},
	 "++",
	 UINT64_MAX,
	 UINT64_MAX},
	{"XPN: widest window",
	 true,
	 (1u << 30) - 1,
	 0xfffffff0,
	 {0x100000010, 0xfffffff0, 0x100000010},
	 "+++",
	 0x100000011,
	 0xfffffff0},
};

static void run_burst(const struct burst_case *c) {
	const struct link link = link_open(c->is_xpn, c->window, c->first);
	unsigned ok = 0, late = 0, late_after = 0;

	for (uint32_t i = 0; c->fates[i] != '\0'; i++)
		put(&link, c->pn[i]);
	bench_validate(link.bench);
	for (uint32_t i = 0; c->fates[i] != '\0'; i++) {
		cr_assert_eq(is_taken(&link, i), c->fates[i] == '+', "%s: frame %u", c->name, i);
		ok += c->fates[i] == '+';
		late += c->fates[i] != '+';
		late_after += c->fates[i] == '~';
	}
	finish(&link, c->name, ok, late, late_after);
	check_window(&link, c->name, c->next, c->lowest);
	bench_close(link.bench);
}

Test(replay, checks_again_in_order_at_commit) {
	for (size_t i = 0; i < sizeof(burst_cases) / sizeof(burst_cases[0]); i++)
		run_burst(&burst_cases[i]);
}

/* The key server may choose an XPN suite where the configuration allows the 32-bit window: recovery
 * needs a lowest PN that follows within 2^30. */
Test(replay, keeps_recovering_xpn_under_the_widest_configured_window) {
	const struct link link = link_open(true, UINT32_MAX, 1);
	static const uint64_t pns[] = {
		0x7fffffff, 0xfffffffe, 0x13fffffff, 0x1bffffff0, 0x1fffffff0};

	for (size_t i = 0; i < sizeof(pns) / sizeof(pns[0]); i++) {
		put(&link, pns[i]);
		bench_validate(link.bench);
		finish(&link, "widest window", 1, 0, 0);
		check_window(&link, "widest window", pns[i] + 1, pns[i] + 1 - PN_MAX_XPN_WINDOW);
	}
	bench_close(link.bench);
}

Test(replay, delivers_late_frames_as_delayed_without_protection) {
	const struct link link = link_open(false, 0, 100);

	link.bench->secy->is_replay_protecting = false;
	put(&link, 99);
	put(&link, 100);
	put(&link, 100); // late only once the one before it has been committed
	put(&link, 1);
	bench_validate(link.bench);
	for (uint32_t i = 0; i < 4; i++)
		cr_assert(is_taken(&link, i));
	scene_finish(
		link.bench, &link.bench->validating, "delayed", {C_IN_PKTS_DELAYED, 3},
		{C_IN_PKTS_OK, 1}, {C_IN_OCTETS_DECRYPTED, 4 * USER_OCTETS}
	);
	check_window(&link, "delayed", 101, 101);
	bench_close(link.bench);
}

Test(replay, calls_unchecked_old_frames_delayed) {
	struct link link = link_open(false, 0, 100);

	link.bench->secy->is_replay_protecting = false;
	link.bench->secy->validate = SECY_DISABLED;
	link.sak.confidentiality = false;
	put(&link, 99);
	put(&link, 100);
	bench_validate(link.bench);
	scene_finish(
		link.bench, &link.bench->validating, "unchecked", {C_IN_PKTS_DELAYED, 1},
		{C_IN_PKTS_UNCHECKED, 1}
	);
	check_window(&link, "unchecked", 100, 100);
	bench_close(link.bench);
}

/* A forged frame with a PN far ahead must not push honest ones out of the window. */
Test(replay, is_not_moved_by_frames_that_fail) {
	const struct link link = link_open(false, 0, 100);

	put(&link, 100);
	put(&link, 5000);
	uint8_t *data = rte_pktmbuf_mtod(link.bench->burst.frame[1], uint8_t *);
	data[30] ^= 1;
	put(&link, 101);
	bench_validate(link.bench);
	scene_drops(link.bench, 1, C_IN_PKTS_NOT_VALID, "forged");
	scene_finish(
		link.bench, &link.bench->validating, "forged", {C_IN_PKTS_OK, 2},
		{C_IN_PKTS_NOT_VALID, 1}, {C_IN_OCTETS_DECRYPTED, 2 * USER_OCTETS}
	);
	check_window(&link, "forged", 102, 102);
	bench_close(link.bench);
}
