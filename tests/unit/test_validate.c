/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Validation as a truth table (802.1AE 10.6): what a frame is × how strict we are × encrypted or
 * not gives its fate and moves just the counters it should. And whose SA a frame is given.
 */

#include "dataplane/sectag.h"
#include "tests/unit/scene.h"

#include <criterion/criterion.h>

#include <stdio.h>

#define LOWEST 100u

enum case_kind {
	VALID,
	BAD_ICV,
	BAD_DATA,
	UNKNOWN_SCI,
	AN_NOT_IN_USE,
	UNTAGGED,
	LATE,
	PN_ZERO,
	E_WITHOUT_C,
	C_WITHOUT_E,
	VERSION_1,
	ES_AND_SC,
	SCB_AND_SC,
	SL_48,
	SL_1,
	SL_WITHOUT_NEED,
	PADDED,
	SHORT_BY_ONE,
	LONG_BY_ONE,
	CASE_COUNT,
};

static const char *const case_names[CASE_COUNT] = {
	"valid",         "bad ICV",     "bad data", "unknown SCI", "AN not in use",
	"untagged",      "late",        "PN 0",     "E=1 C=0",     "E=0 C=1",
	"V=1",           "ES and SC",   "SCB, SC",  "SL 48",       "SL 1",
	"SL not needed", "MAC padding", "cut by 1", "1 more",
};

struct frame_case {
	enum case_kind kind;
	bool is_encrypted;
	uint8_t plain[256], secured[300];
	uint32_t plain_octets, secured_octets;
};

/* Short frames have their SL, and their ICV is found by it. */
static bool is_short(enum case_kind kind) {
	return kind == PADDED || kind == SHORT_BY_ONE || kind == SL_1;
}

static void spoil(struct frame_case *c) {
	uint8_t *const tci_an = c->secured + 14;
	uint8_t *const sl = c->secured + 15;

	switch (c->kind) {
	case BAD_ICV:
		c->secured[c->secured_octets - 1] ^= 0x01;
		break;
	case BAD_DATA:
		c->secured[40] ^= 0x80;
		break;
	case E_WITHOUT_C:
		*tci_an = TCI_SC | TCI_E;
		break;
	case C_WITHOUT_E:
		*tci_an = TCI_SC | TCI_C;
		break;
	case VERSION_1:
		*tci_an |= TCI_V;
		break;
	case ES_AND_SC:
		*tci_an |= TCI_ES;
		break;
	case SCB_AND_SC:
		*tci_an |= TCI_SCB;
		break;
	case SL_48:
		*sl = 48;
		break;
	case SL_1:
		*sl = 1;
		break;
	case SL_WITHOUT_NEED:
		*sl = 47; // the ICV is then looked for in the middle of the user data
		break;
	case PADDED:
		memset(c->secured + c->secured_octets, 0, 7);
		c->secured_octets += 7;
		break;
	case SHORT_BY_ONE:
		c->secured_octets--;
		break;
	case LONG_BY_ONE:
		c->secured[c->secured_octets++] = 0;
		break;
	default:
		break;
	}
}

static void make_case(struct frame_case *c, const struct sak *sak) {
	struct sak sender_sak = *sak;
	sender_sak.confidentiality = c->is_encrypted; // the E bit is each frame's own
	if (c->kind == AN_NOT_IN_USE)
		sender_sak.an = 3;
	struct reference sender = scene_peer(&sender_sak);
	if (c->kind == UNKNOWN_SCI)
		sender.sci++;
	const uint64_t pn = c->kind == LATE ? LOWEST - 1 : c->kind == PN_ZERO ? 0 : LOWEST;

	c->plain_octets = is_short(c->kind) ? 12 + 20 : 12 + 90;
	scene_plain(c->plain, c->plain_octets, 0);
	if (c->kind == UNTAGGED) {
		memcpy(c->secured, c->plain, c->plain_octets);
		c->secured_octets = c->plain_octets;
	} else {
		c->secured_octets =
			reference_protect(&sender, pn, c->plain, c->plain_octets, c->secured);
	}
	spoil(c);
}

/* The counter of a frame's end; facts of 802.1AE 10.6 written out as a table of their own. */
static enum counter expected_counter(const struct frame_case *c, enum secy_validate mode) {
	const bool is_lenient = mode != SECY_STRICT && !c->is_encrypted;

	switch (c->kind) {
	case VALID:
	case PADDED:
		return mode == SECY_DISABLED && !c->is_encrypted ? C_IN_PKTS_UNCHECKED
								 : C_IN_PKTS_OK;
	case BAD_ICV:
	case BAD_DATA:
	case SL_WITHOUT_NEED:
	case LONG_BY_ONE:
		if (!is_lenient)
			return C_IN_PKTS_NOT_VALID;
		return mode == SECY_CHECK ? C_IN_PKTS_INVALID : C_IN_PKTS_UNCHECKED;
	case UNKNOWN_SCI:
	case AN_NOT_IN_USE:
		return is_lenient ? C_IN_PKTS_NO_SA : C_IN_PKTS_NO_SA_ERROR;
	case UNTAGGED:
		return mode == SECY_STRICT ? C_IN_PKTS_NO_TAG : C_IN_PKTS_UNTAGGED;
	case LATE:
		return C_IN_PKTS_LATE;
	case E_WITHOUT_C:
		return C_DROP_UNCONTROLLED;
	default:
		return C_IN_PKTS_BAD_TAG;
	}
}

/* What the host gets of a frame that is delivered although it is not as it was sent. */
static uint32_t spoilt_plain(struct frame_case *c) {
	switch (c->kind) {
	case BAD_DATA:
		c->plain[40 - SECTAG_SCI_OCTETS] ^= 0x80;
		return c->plain_octets;
	case SL_WITHOUT_NEED:
		return 12 + 47;
	case LONG_BY_ONE: // the ICV's first octet is taken for user data
		c->plain[c->plain_octets] = c->secured[SECTAG_SCI_OCTETS + c->plain_octets];
		return c->plain_octets + 1;
	default:
		return c->plain_octets;
	}
}

static void
check_case(struct lane_bench *bench, const struct sak *sak, struct frame_case *c, bool is_chained) {
	const enum secy_validate mode = bench->secy->validate;
	const enum counter expected = expected_counter(c, mode);
	const struct rx_sa *sa = bench_rx_sa(bench, &sak->ki, 0);
	const bool is_ok = expected == C_IN_PKTS_OK;
	char name[64];

	snprintf(
		name, sizeof(name), "%s, mode %d, %s%s", case_names[c->kind], mode,
		c->is_encrypted ? "encrypted" : "integrity", is_chained ? ", chained" : ""
	);
	bench_set_rx_pn(bench, &sak->ki, LOWEST, LOWEST);
	make_case(c, sak);
	bench_put_as(
		bench, c->secured, c->secured_octets,
		&(struct bench_shape){is_chained ? 36 : 0, 11, false, 0}
	);
	bench_validate(bench);
	if (counter_info(expected)->kind == COUNTER_DROP)
		scene_drops(bench, 0, expected, name);
	else
		scene_sends(bench, 0, c->plain, spoilt_plain(c), name);
	scene_finish(
		bench, &bench->validating, name, {expected, 1},
		{c->is_encrypted ? C_IN_OCTETS_DECRYPTED : C_IN_OCTETS_VALIDATED,
		 is_ok ? c->plain_octets - 12 : 0}
	);
	cr_assert_eq(sa->next_pn, is_ok ? LOWEST + 1 : LOWEST, "%s: next PN", name);
	cr_assert_eq(sa->lowest_pn, is_ok ? LOWEST + 1 : LOWEST, "%s: lowest PN", name);
}

static void check_all_cases(const struct engine_choice *choice) {
	struct lane_bench *bench =
		scene_open((struct bench_request){.engine = scene_engine(choice)});
	const struct sak sak = scene_sak(SUITE_GCM_AES_256, 1, 1, true);
	unsigned done = 0;

	scene_install(bench, &sak);
	for (unsigned i = 0; i < 3u * CASE_COUNT * 4u; i++, done++) {
		struct frame_case c = {.kind = i / 4 % CASE_COUNT, .is_encrypted = i & 1};
		bench->secy->validate = i / 4 / CASE_COUNT;
		check_case(bench, &sak, &c, i & 2);
	}
	cr_assert_eq(done, 3 * CASE_COUNT * 4);
	bench_close(bench);
}

Test(validate, gives_each_frame_its_fate_in_each_mode) {
	for (unsigned i = 0; i < 2; i++)
		check_all_cases(&engine_choices[i]);
}

struct sci_case {
	const char *name;
	uint8_t tci; // SC, ES, SCB bits
	uint64_t sci;
	uint8_t source; // last octet of the source address
	uint32_t n_peers;
	bool is_found;
};

/* 02:00:00:00:00:02 is PEER_SCI's address. OTHER_SCI has a port that no address implies, SCB_SCI
 * the port 0. */
#define SCB_SCI 0x0200000000040000u

static const struct sci_case sci_cases[] = {
	{"explicit", TCI_SC, PEER_SCI, 2, 1, true},
	{"explicit, from another address", TCI_SC, PEER_SCI, 0x99, 3, true},
	{"explicit, the second peer's", TCI_SC, OTHER_SCI, 2, 3, true},
	{"explicit, unknown, one peer", TCI_SC, PEER_SCI + 1, 2, 1, false},
	{"end station", TCI_ES, PEER_SCI, 2, 1, true},
	{"end station, three peers", TCI_ES, PEER_SCI, 2, 3, true},
	{"end station, not the only peer's address", TCI_ES, PEER_SCI, 3, 1, false},
	{"single copy broadcast", TCI_SCB, SCB_SCI, 4, 3, true},
	{"single copy broadcast, with ES", TCI_SCB | TCI_ES, SCB_SCI, 4, 3, true},
	{"single copy broadcast, unknown", TCI_SCB, SCB_SCI, 5, 3, false},
	{"single copy broadcast, no such port", TCI_SCB, PEER_SCI, 2, 1, false},
	{"none, the only peer", 0, PEER_SCI, 2, 1, true},
	{"none, the only peer, from another address", 0, PEER_SCI, 0x99, 1, true},
	{"none, three peers, by its address", 0, PEER_SCI, 2, 3, true},
	{"none, three peers, from another address", 0, PEER_SCI, 0x99, 3, false},
	{"none, no peer", 0, PEER_SCI, 2, 0, false},
};

static void check_sci(const struct sci_case *c, enum cipher_suite suite) {
	struct lane_bench *bench = scene_open((struct bench_request){.replay_window = 8});
	struct sak sak = scene_sak(suite, 1, 2, true);
	uint8_t plain[100], secured[140];

	sak.n_peers = c->n_peers;
	sak.peers[1] = (struct sak_member){OTHER_SCI, OTHER_SSCI};
	sak.peers[2] = (struct sak_member){SCB_SCI, 4};
	scene_install(bench, &sak);
	scene_plain(plain, sizeof(plain), 0);
	plain[11] = c->source;
	struct reference sender = scene_peer(&sak);
	sender.tci_an = (uint8_t)((sender.tci_an & ~TCI_SC) | c->tci);
	sender.sci = c->sci;
	sender.ssci = c->sci == OTHER_SCI ? OTHER_SSCI : c->sci == SCB_SCI ? 4 : PEER_SSCI;
	const uint32_t n = reference_protect(&sender, 1, plain, sizeof(plain), secured);
	bench_put(bench, secured, n);
	bench_validate(bench);
	if (c->is_found)
		scene_sends(bench, 0, plain, sizeof(plain), c->name);
	else
		scene_drops(bench, 0, C_IN_PKTS_NO_SA_ERROR, c->name);
	scene_finish(
		bench, &bench->validating, c->name,
		{c->is_found ? C_IN_PKTS_OK : C_IN_PKTS_NO_SA_ERROR, 1},
		{C_IN_OCTETS_DECRYPTED, c->is_found ? sizeof(plain) - 12 : 0}
	);
	bench_close(bench);
}

Test(validate, finds_the_sender_by_explicit_and_implied_sci) {
	for (size_t i = 0; i < sizeof(sci_cases) / sizeof(sci_cases[0]); i++) {
		check_sci(&sci_cases[i], SUITE_GCM_AES_128);
		check_sci(&sci_cases[i], SUITE_GCM_AES_XPN_256);
	}
}

/* No octet of a frame may be changed without a word: not one bit of a valid frame, but the source
 * of its delivery (DA, SA are authenticated too). */
Test(validate, notices_every_changed_bit) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	struct sak sak = scene_sak(SUITE_GCM_AES_XPN_128, 1, 0, true);
	uint8_t plain[12 + 50], secured[100];
	unsigned refused = 0;

	scene_install(bench, &sak);
	scene_plain(plain, sizeof(plain), 0);
	const struct reference peer = scene_peer(&sak);
	const uint32_t n = reference_protect(&peer, 1, plain, sizeof(plain), secured);
	for (uint32_t bit = 0; bit < 8 * n; bit++) {
		secured[bit / 8] ^= (uint8_t)(1 << bit % 8);
		bench_put(bench, secured, n);
		bench_validate(bench);
		refused += bench->burst.fate[0] == FATE_DROP;
		bench_finish(bench, &bench->validating);
		secured[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	cr_assert_eq(refused, 8 * n);
	cr_assert_eq(bench_rx_sa(bench, &sak.ki, 0)->next_pn, 1, "a refused frame moved the PN");
	bench_reset_counters(bench);
	bench_put(bench, secured, n);
	bench_validate(bench);
	scene_sends(bench, 0, plain, sizeof(plain), "unchanged");
	scene_finish(
		bench, &bench->validating, "unchanged", {C_IN_PKTS_OK, 1},
		{C_IN_OCTETS_DECRYPTED, 50}
	);
	bench_close(bench);
}
