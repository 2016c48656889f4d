/* SPDX-License-Identifier: BSD-3-Clause */
/* The receive checks of mka.json: each frame is used, or moves exactly the counter that it should.
 */
#include "control/mka/machines.h"
#include "tests/unit/mka_json.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>

TestSuite(checks, .init = mka_vectors_load, .fini = mka_vectors_unload);

/* A KaY around one frame, for the receive checks. */
static uint8_t next_mi[MI_OCTETS];

static void drop_frame(void *ctx, const uint8_t *frame, size_t octets) {
	(void)ctx, (void)frame, (void)octets;
}

static int no_install(void *ctx, const struct sak *sak) {
	(void)ctx, (void)sak;
	return -ENOSYS;
}

static int no_transmit(void *ctx, const struct ki *ki) {
	(void)ctx, (void)ki;
	return -ENOSYS;
}

static void no_retire(void *ctx, const struct ki *ki) {
	(void)ctx, (void)ki;
}

static uint64_t no_pn(void *ctx, const struct ki *ki) {
	(void)ctx, (void)ki;
	return 0;
}

static void no_floor(void *ctx, const struct ki *ki, uint64_t sci, uint64_t pn) {
	(void)ctx, (void)ki, (void)sci, (void)pn;
}

static void no_state(void *ctx, enum mka_state state) {
	(void)ctx, (void)state;
}

static void no_log(void *ctx, enum mka_topic topic, const char *line) {
	(void)ctx, (void)topic, (void)line;
}

static int fixed_random(void *ctx, uint8_t *octets, size_t n) {
	(void)ctx;
	for (size_t i = 0; i < n; i++)
		octets[i] = next_mi[i % MI_OCTETS];
	next_mi[0]++;
	return 0;
}

static void *heap_alloc(void *ctx, size_t octets) {
	(void)ctx;
	return malloc(octets);
}

static void heap_free(void *ctx, void *mem) {
	(void)ctx;
	free(mem);
}

static const struct mka_ops ops = {
	.send = drop_frame,
	.sak_install = no_install,
	.sak_transmit = no_transmit,
	.sak_retire = no_retire,
	.next_pn = no_pn,
	.lpn_floor = no_floor,
	.state_changed = no_state,
	.random = fixed_random,
	.log = no_log,
	.secret_alloc = heap_alloc,
	.secret_free = heap_free,
};

struct expectation {
	const char *name;
	int refusal; // -1: used
};

static const struct expectation expectations[] = {
	{"valid", -1},
	{"icv-last-bit", MKA_REFUSED_ICV},
	{"unicast-da", MKA_REFUSED_NOT_GROUP},
	{"da-nearest-customer-bridge", MKA_REFUSED_NOT_GROUP},
	{"algo-agility-unknown", MKA_REFUSED_ALGORITHM},
	{"basic-body-len-27", MKA_REFUSED_MALFORMED},
	{"ckn-empty", MKA_REFUSED_MALFORMED},
	{"ckn-unknown", MKA_REFUSED_CKN_UNKNOWN},
	{"mn-zero", MKA_REFUSED_MN},
	{"unknown-set-200-before-lists", -1},
	{"unknown-set-odd-length", -1},
	{"list-length-not-16n", MKA_REFUSED_MALFORMED},
	{"duplicate-potential-list", MKA_REFUSED_MALFORMED},
	{"icv-indicator-ok", -1},
	{"icv-indicator-bad-len", MKA_REFUSED_MALFORMED},
	{"eapol-version-4", -1},
	{"mka-version-0", MKA_REFUSED_VERSION},
	{"mka-version-2", -1},
	{"mka-version-3", -1},
	{"trailing-octets-after-body", -1},
	{"body-length-exceeds-frame", MKA_REFUSED_LENGTH},
	{"duplicate-sci-other-mi", MKA_REFUSED_OWN_SCI},
	{"peer-uses-my-mi", -1},
};

static struct mka *receiver(const cJSON *checks) {
	struct mka_config config = {
		.sci = 0x02000000000a0001,
		.source_mac = {0x02, 0, 0, 0, 0, 0x0a},
		.destination_mac = {0x01, 0x80, 0xc2, 0, 0, 0x03},
		.key_server_priority = 16,
		.allowed_suites = 1u << SUITE_GCM_AES_128,
		.confidentiality = true,
	};
	struct mka_cak cak = {.use = MKA_USE_SEND};
	struct mka *kay = NULL;

	cak.cak_octets = (uint8_t)hex_of(checks, "cak", cak.cak, sizeof(cak.cak));
	cak.ckn_octets = (uint8_t)hex_of(checks, "ckn", cak.ckn, sizeof(cak.ckn));
	unhex("2d1d612c63cb79d41935b370", next_mi, sizeof(next_mi));
	cr_assert_eq(mka_create(&config, &ops, NULL, 1000, &kay), 0);
	cr_assert_eq(mka_add_cak(kay, &cak, 1000), 0);
	mka_tick(kay, 1000); // MN 1 is out: the frames prove to have heard it
	return kay;
}

static int expected_refusal(const char *name) {
	for (size_t i = 0; i < sizeof(expectations) / sizeof(expectations[0]); i++)
		if (strcmp(expectations[i].name, name) == 0)
			return expectations[i].refusal;
	cr_assert_fail("no expectation for the case %s", name);
	return -1;
}

static void check_received(const struct mka_view *view, int refusal, const char *name) {
	for (int i = 0; i < MKA_REFUSALS_COUNT; i++)
		cr_assert_eq(
			view->refused[i], i == refusal, "%s: %s is %lu", name,
			mka_refusal_word((enum mka_refusal)i), (unsigned long)view->refused[i]
		);
	cr_assert_eq(view->received, refusal < 0, "%s", name);
	cr_assert_eq(view->n_peers, refusal < 0, "%s", name);
	cr_assert_eq(view->last_refusal[0] == '\0', refusal < 0, "%s", name);
}

Test(checks, receive_checks_move_exactly_their_counter) {
	const cJSON *checks = member(mka_vectors, "receive_checks");
	const cJSON *vector;
	size_t n = 0;

	cJSON_ArrayForEach(vector, member(checks, "cases")) {
		const char *name = word(vector, "name");
		bool is_clash = strcmp(name, "peer-uses-my-mi") == 0;
		int refusal = expected_refusal(name);
		struct mka *kay = receiver(checks);
		struct mka_view view;
		uint8_t frame[1600];
		size_t octets = hex_of(vector, "frame", frame, sizeof(frame));
		int ret = mka_receive(kay, frame, octets, 2000);

		mka_view(kay, 2000, &view);
		cr_assert_eq(ret, refusal < 0 ? 0 : -EBADMSG, "%s", name);
		check_received(&view, refusal, name);
		if (refusal < 0)
			cr_assert_eq(view.peers[0].is_live, !is_clash, "%s", name);
		cr_assert_eq(view.mi[0] != 0x2d, is_clash, "%s: own MI", name);
		if (is_clash)
			cr_assert_eq(view.mn, 1, "MN restarts, and the answer went out");
		mka_destroy(kay);
		n++;
	}
	cr_assert_eq(n, sizeof(expectations) / sizeof(expectations[0]));
}

/* Lengths that no set may have, put in place of the potential list of the valid frame. */
struct odd_set {
	const char *set; // header and body
	int refusal;
};

static const struct odd_set odd_sets[] = {
	{"03000008000000000000000000000000", MKA_REFUSED_MALFORMED},
	{"0300000000000000", -1},
	{"0000000000000000", MKA_REFUSED_MALFORMED}, // one type twice
	{"03000000c8000000", -1},
	{"0400000400000000", MKA_REFUSED_MALFORMED},
	{"080000040000000008000004", MKA_REFUSED_MALFORMED},
	{"08000004000000000900000400000000", MKA_REFUSED_MALFORMED},
	{"05000004000000000600000400000000", -1},
	{"c8000ffc", MKA_REFUSED_MALFORMED},
	{"07000003e00a0000", -1},
	{"ff000010c8000000", MKA_REFUSED_MALFORMED}, // the indicator is not the last
	{"", -1},
};

static size_t frame_with(
	const struct odd_set *odd, const struct mka_keys *keys, const char *valid, uint8_t *frame,
	size_t size
) {
	struct mkpdu pdu;
	enum mka_refusal why;
	uint8_t set[64];
	size_t octets = unhex(odd->set, set, sizeof(set));
	size_t n = unhex(valid, frame, size), body;

	cr_assert(mkpdu_decode_head(frame, n, &pdu, &why));
	memcpy(frame + pdu.sets_offset, set, octets);
	body = pdu.sets_offset + octets + MKPDU_ICV_OCTETS - EAPOL_HEAD_OCTETS;
	frame[EAPOL_HEAD_OCTETS - 1] = (uint8_t)body;
	pdu.icv_offset = pdu.sets_offset + octets;
	cr_assert_eq(keys_icv(keys, frame, pdu.icv_offset, frame + pdu.icv_offset), 0);
	return pdu.icv_offset + MKPDU_ICV_OCTETS;
}

Test(checks, sets_of_impossible_length_are_malformed) {
	const cJSON *checks = member(mka_vectors, "receive_checks");
	const char *valid = word(cJSON_GetArrayItem(member(checks, "cases"), 0), "frame");
	struct mka_keys keys = keys_of(checks);

	for (size_t i = 0; i < sizeof(odd_sets) / sizeof(odd_sets[0]); i++) {
		struct mka *kay = receiver(checks);
		struct mka_view view;
		uint8_t frame[300];
		size_t octets = frame_with(&odd_sets[i], &keys, valid, frame, sizeof(frame));

		mka_receive(kay, frame, octets, 2000);
		mka_view(kay, 2000, &view);
		check_received(&view, odd_sets[i].refusal, odd_sets[i].set);
		mka_destroy(kay);
	}
	keys_wipe(&keys);
}

/* Every shorter form of a good frame is refused, and read no further than its end (ASan). */
Test(checks, truncated_frames_are_refused) {
	const cJSON *checks = member(mka_vectors, "receive_checks");
	uint8_t frame[300];
	size_t octets =
		unhex(word(cJSON_GetArrayItem(member(checks, "cases"), 0), "frame"), frame,
		      sizeof(frame));
	struct mka *kay = receiver(checks);

	for (size_t n = 0; n < octets; n++) {
		uint8_t *cut = malloc(n + 1);

		memcpy(cut + 1, frame, n);
		cr_assert_eq(mka_receive(kay, cut + 1, n, 2000), -EBADMSG, "%zu octets", n);
		free(cut);
	}
	mka_destroy(kay);
}

Test(checks, other_eapol_frames_are_not_mka) {
	const cJSON *checks = member(mka_vectors, "receive_checks");
	struct mka *kay = receiver(checks);
	struct mka_view view;
	uint8_t frame[60] = {0x01, 0x80, 0xc2, 0, 0, 3, 2, 0, 0, 0, 0, 9, 0x88, 0x8e, 2, 1};

	cr_assert_eq(mka_receive(kay, frame, sizeof(frame), 2000), -EBADMSG);
	frame[12] = 8;
	cr_assert_eq(mka_receive(kay, frame, sizeof(frame), 2000), -EBADMSG);
	mka_view(kay, 2000, &view);
	cr_assert_eq(view.refused[MKA_REFUSED_NOT_MKA], 2);
	mka_destroy(kay);
}
