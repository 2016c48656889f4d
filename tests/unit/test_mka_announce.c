/* SPDX-License-Identifier: BSD-3-Clause */
/* The Announcement set on the wire: what we say of our cipher suites, and what we read. */
#include "tests/unit/mka_json.h"
#include "tests/unit/mka_puppet.h"

#include <criterion/criterion.h>

#include <stdlib.h>

#define BIT(suite) (1u << (suite))

TestSuite(announce, .init = open_world, .fini = close_world);

static struct mka_config config_of(enum cipher_suite suite, uint32_t others, bool confidentiality) {
	return (struct mka_config
	){.suite = suite,
	  .allowed_suites = BIT(suite) | others,
	  .confidentiality = confidentiality};
}

static void assert_written(const struct mka_config *config, const char *hex) {
	uint8_t body[ANNOUNCEMENT_MAX_OCTETS];
	size_t octets = announce_write(config, body);

	assert_hex(body, octets, hex, "announcement");
}

/* The first is what another implementation, MKAdaemon, sends with these suites. */
Test(announce, writes_what_is_allowed_the_configured_suite_first) {
	struct mka_config config = config_of(SUITE_GCM_AES_XPN_256, BIT(SUITE_GCM_AES_128), true);

	assert_written(&config, "e01400020080c2000100000400030080c20001000001");
	config = config_of(SUITE_GCM_AES_128, BIT(SUITE_GCM_AES_XPN_256), true);
	assert_written(&config, "e01400030080c2000100000100020080c20001000004");
	config = config_of(SUITE_GCM_AES_XPN_128, 0x0f, true);
	assert_written(
		&config, "e02800020080c2000100000300020080c2000100000400030080c20001000002"
			 "00030080c20001000001"
	);
	config = config_of(SUITE_GCM_AES_128, BIT(SUITE_GCM_AES_XPN_256), false);
	assert_written(&config, "e01400010080c2000100000100010080c20001000004");
}

Test(announce, claims_in_the_basic_set_what_its_best_suite_can_do) {
	struct mka_config config = config_of(SUITE_GCM_AES_XPN_256, 0, true);

	cr_assert_eq(announce_capability(&config), MKA_CAP_CONFIDENTIALITY_0);
	config = config_of(SUITE_GCM_AES_XPN_256, BIT(SUITE_GCM_AES_256), true);
	cr_assert_eq(announce_capability(&config), MKA_CAP_CONFIDENTIALITY_0_30_50);
	config = config_of(SUITE_GCM_AES_XPN_256, BIT(SUITE_GCM_AES_256), false);
	cr_assert_eq(announce_capability(&config), MKA_CAP_INTEGRITY);
}

/* From a block of its own exact size, so that ASan sees a read behind it. */
static bool read_exactly(struct announced *announced, const uint8_t *body, size_t octets) {
	uint8_t *copy = malloc(octets + 1);
	bool is_good;

	memcpy(copy + 1, body, octets);
	is_good = announce_read(announced, copy + 1, octets);
	free(copy);
	return is_good;
}

static bool read_hex(struct announced *announced, const char *hex) {
	uint8_t body[600];
	size_t octets = unhex(hex, body, sizeof(body));

	return read_exactly(announced, body, octets);
}

#define GCM128 "00030080c20001000001"
#define GCM256 "00030080c20001000002"
#define XPN256 "00020080c20001000004"

struct reading {
	const char *body;
	bool is_good;
	bool is_any;
	uint32_t suites;
};

static const struct reading readings[] = {
	{"e00a" GCM128, true, true, BIT(SUITE_GCM_AES_128)},
	{"e014" XPN256 GCM128, true, true, BIT(SUITE_GCM_AES_XPN_256) | BIT(SUITE_GCM_AES_128)},
	{"e00a00030080020001000001", true, true, BIT(SUITE_GCM_AES_128)}, // the alias
	{"e00a00030080020001000002", true, true, 0}, // of that one there is no alias
	{"e00a00030080c20001000005", true, true, 0}, // a suite of the future
	{"e00a00000080c20001000001", true, true, 0}, // not implemented
	{"e00afffd0080c20001000001", true, true, BIT(SUITE_GCM_AES_128)}, // only two bits count
	{"e000", true, true, 0},
	/* Several TLVs add up; others are stepped over, whatever their length. */
	{"e00a" XPN256 "e00a" GCM128, true, true,
	 BIT(SUITE_GCM_AES_XPN_256) | BIT(SUITE_GCM_AES_128)},
	{"de00"
	 "e203010203"
	 "e00a" GCM256 "fc0400010203",
	 true, true, BIT(SUITE_GCM_AES_256)},
	{"e203010203", true, false, 0}, // nothing on suites
	{"", true, false, 0},
	{"e00a" GCM128 "0000", true, true, BIT(SUITE_GCM_AES_128)}, // padding that is counted
	/* Malformed: no suite of it counts. */
	{"e0", false, false, 0},
	{"e00a" GCM128 "e2", false, false, 0},
	{"e00a" GCM128 "e203aabb", false, false, 0},
	{"e00a" GCM128 "e009000300800200010000", false, false, 0},
	{"e013" XPN256 "00030080c200010000", false, false, 0},
	{"e01e" XPN256 GCM128, false, false, 0},
	{"e1ff" XPN256, false, false, 0}, // 511 octets, and an odd entry
};

Test(announce, reads_suites_and_ignores_a_malformed_set_as_a_whole) {
	for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
		const struct reading *reading = &readings[i];
		struct announced announced = {.is_any = false};

		cr_assert_eq(read_hex(&announced, reading->body), reading->is_good, "%zu", i);
		cr_assert_eq(announced.is_any, reading->is_any, "%zu", i);
		cr_assert_eq(announce_bits(&announced), reading->suites, "%zu", i);
		cr_assert_eq(announced.was_malformed, !reading->is_good, "%zu", i);
	}
}

Test(announce, reads_the_capability_of_each_suite) {
	struct announced announced = {.is_any = false};

	cr_assert(read_hex(&announced, "e01e" XPN256 GCM128 "00010080c20001000002"));
	cr_assert_eq(announced.capability[SUITE_GCM_AES_XPN_256], MKA_CAP_CONFIDENTIALITY_0);
	cr_assert_eq(announced.capability[SUITE_GCM_AES_128], MKA_CAP_CONFIDENTIALITY_0_30_50);
	cr_assert_eq(announced.capability[SUITE_GCM_AES_256], MKA_CAP_INTEGRITY);
	cr_assert_eq(announced.capability[SUITE_GCM_AES_XPN_128], MKA_CAP_NONE);
	cr_assert(read_hex(&announced, "e00afffe0080c20001000001"));
	cr_assert_eq(announced.capability[SUITE_GCM_AES_128], MKA_CAP_CONFIDENTIALITY_0);
	/* Of two entries for one suite the higher, in either order. */
	cr_assert(read_hex(
		&announced, "e01e" GCM128 "00010080c20001000001"
			    "00010080c20001000002"
	));
	cr_assert_eq(announced.capability[SUITE_GCM_AES_128], MKA_CAP_CONFIDENTIALITY_0_30_50);
	cr_assert(read_hex(&announced, "e01400010080020001000001" GCM128));
	cr_assert_eq(announced.capability[SUITE_GCM_AES_128], MKA_CAP_CONFIDENTIALITY_0_30_50);
}

Test(announce, keeps_what_was_announced_until_it_is_announced_anew) {
	struct announced announced = {.is_any = false};

	read_hex(&announced, "e014" XPN256 GCM128);
	read_hex(&announced, "e203010203");
	read_hex(&announced, "e0");
	cr_assert_eq(
		announce_bits(&announced), BIT(SUITE_GCM_AES_XPN_256) | BIT(SUITE_GCM_AES_128)
	);
	read_hex(&announced, "e00a" GCM256);
	cr_assert_eq(announce_bits(&announced), BIT(SUITE_GCM_AES_256), "nothing is left over");
}

/* Each cut and each changed octet of a good one; sanitizers look on. */
Test(announce, bears_any_octets) {
	uint8_t good[64];
	size_t octets = unhex("e203010203e014" XPN256 GCM128 "e00a" GCM256, good, sizeof(good));
	struct announced announced;

	for (size_t n = 0; n <= octets; n++)
		read_exactly(&announced, good, n);
	for (size_t i = 0; i < octets; i++)
		for (unsigned int value = 0; value < 256; value++) {
			uint8_t bad[64];

			memcpy(bad, good, octets);
			bad[i] = (uint8_t)value;
			announced = (struct announced){.is_any = false};
			read_exactly(&announced, bad, octets);
			cr_assert_lt(announce_bits(&announced), BIT(SUITE_COUNT));
		}
}

static uint8_t sent[MKA_FRAME_MAX_OCTETS];
static size_t sent_octets;
static unsigned int n_malformed_lines;
static struct mka_ops spy;

static void keep_frame(void *ctx, const uint8_t *frame, size_t octets) {
	(void)ctx;
	cr_assert_leq(octets, sizeof(sent));
	memcpy(sent, frame, octets);
	sent_octets = octets;
}

static void count_lines(void *ctx, enum mka_topic topic, const char *line) {
	(void)ctx, (void)topic;
	n_malformed_lines += strstr(line, "malformed") != NULL;
}

static void spy_on_node(void) {
	spy = *node->kay->ops;
	spy.send = keep_frame;
	spy.log = count_lines;
	node->kay->ops = &spy;
	n_malformed_lines = 0;
}

static void decode_sent(struct mkpdu *pdu) {
	enum mka_refusal why;

	cr_assert(mkpdu_decode_head(sent, sent_octets, pdu, &why));
	cr_assert(mkpdu_decode_sets(sent, pdu));
}

Test(announce, stands_in_every_mkpdu_when_it_is_configured) {
	struct mkpdu pdu;

	for (unsigned int announces = 0; announces < 2; announces++) {
		struct announced announced = {.is_any = false};

		node->config.announces = announces;
		node_start(node);
		spy_on_node();
		for (unsigned int i = 0; i < 5; i++) {
			run_for(3 * SECOND);
			decode_sent(&pdu);
			cr_assert_eq(mkpdu_has(&pdu, SET_ANNOUNCEMENT), announces);
			if (announces)
				announce_read(
					&announced, pdu.announcement, pdu.announcement_octets
				);
			cr_assert_eq(announce_bits(&announced), announces ? 0x0fu : 0u);
			cr_assert_eq(pdu.basic.capability, MKA_CAP_CONFIDENTIALITY_0_30_50);
		}
		node_stop(node);
	}
	node->config.allowed_suites = BIT(SUITE_GCM_AES_XPN_256);
	node_start(node);
	spy_on_node();
	run_for(3 * SECOND);
	decode_sent(&pdu);
	cr_assert_eq(pdu.basic.capability, MKA_CAP_CONFIDENTIALITY_0, "of XPN");
}

static void announce(const char *hex) {
	static uint8_t body[100];

	puppet.pdu.announcement = body;
	puppet.pdu.announcement_octets = unhex(hex, body, sizeof(body));
	mkpdu_mark(&puppet.pdu, SET_ANNOUNCEMENT);
}

/* It only informs: a peer must not be lost for it, and one line a peer is enough. */
Test(announce, malformed_is_logged_once_and_its_mkpdu_is_used) {
	meet(1);
	spy_on_node();
	announce("e014" XPN256 GCM128);
	cr_assert_eq(puppet_say(&puppet, node), 0);
	cr_assert_eq(look()->peers[0].suites, 0x09u);
	announce("e00a0003");
	for (unsigned int i = 0; i < 100; i++)
		cr_assert_eq(puppet_say(&puppet, node), 0);
	announce("e014" XPN256 GCM128);
	puppet_say(&puppet, node);
	announce("e0");
	puppet_say(&puppet, node);
	cr_assert_eq(n_malformed_lines, 1);
	cr_assert(look()->peers[0].is_live);
	cr_assert_eq(view.peers[0].mn, puppet.pdu.basic.mn);
	cr_assert_eq(view.peers[0].suites, 0x09u, "the last good one counts");
	cr_assert_eq(view.last_refusal[0], '\0');
	puppet.pdu.seen[0] &= ~(1ull << SET_ANNOUNCEMENT);
	puppet_say(&puppet, node);
	cr_assert_eq(look()->peers[0].suites, 0x09u);
}

/* 31 live and 31 potential peers, all sets, the longest CKN. */
Test(announce, fits_with_everything_else_into_one_frame) {
	struct participant *ours;
	struct mkpdu pdu;

	node->config.announces = node->config.icv_indicator = true;
	node->caks[0].ckn_octets = MKA_CKN_MAX_OCTETS;
	meet(255);
	spy_on_node();
	node_rekey(node);
	ours = node->kay->participants[0];
	cr_assert(ours->distribution.is_active);
	for (uint32_t i = 1; i < PEERS_MAX; i++) {
		ours->peers[i] = ours->peers[0];
		ours->peers[i].sci += i;
		ours->peers[i].is_live = i < LIVE_PEERS_MAX;
	}
	ours->n_peers = PEERS_MAX;
	sent_octets = 0;
	transmit_mkpdu(ours);
	decode_sent(&pdu);
	cr_assert_eq(pdu.live.n, LIVE_PEERS_MAX);
	cr_assert_eq(pdu.potential.n, PEERS_MAX - LIVE_PEERS_MAX);
	cr_assert_eq(pdu.announcement_octets, ANNOUNCEMENT_MAX_OCTETS);
	cr_assert(mkpdu_has(&pdu, SET_SAK_USE) && mkpdu_has(&pdu, SET_DISTRIBUTED_SAK));
	cr_assert(mkpdu_has(&pdu, SET_XPN) && mkpdu_has(&pdu, SET_ICV_INDICATOR));
	ours->n_peers = 1;
}
