/* SPDX-License-Identifier: BSD-3-Clause */
/* Which suite and offset a SAK of ours gets, and who takes part: we are key server. */
#include "tests/unit/mka_offers.h"

#include <criterion/criterion.h>

TestSuite(select, .init = open_world, .fini = close_world);

struct selection {
	const char *what;
	enum cipher_suite suite;
	uint32_t allowed;
	uint8_t offset;
	struct offer offers[OFFERS_MAX];
	int expected; // suite, or NONE
	uint8_t expected_offset;
};

#define NONE (-1)

static const struct selection selections[] = {
	{"configured", SUITE_GCM_AES_XPN_256, 0x0f, 0, {CAN(0x0f)}, SUITE_GCM_AES_XPN_256, 0},
	{"configured, though a stronger one is common",
	 SUITE_GCM_AES_128,
	 0x0f,
	 0,
	 {CAN(0x0f), CAN(0x0f)},
	 SUITE_GCM_AES_128,
	 0},
	{"configured, for silent peers",
	 SUITE_GCM_AES_256,
	 0x0f,
	 0,
	 {SILENT, SILENT},
	 SUITE_GCM_AES_256,
	 0},
	{"configured, for silent and speaking peers",
	 SUITE_GCM_AES_256,
	 0x0f,
	 0,
	 {SILENT, CAN(G256 | G128)},
	 SUITE_GCM_AES_256,
	 0},
	{"256 before XPN-128",
	 SUITE_GCM_AES_XPN_256,
	 0x0f,
	 0,
	 {CAN(G128 | X128 | G256)},
	 SUITE_GCM_AES_256,
	 0},
	{"XPN-256 before 256",
	 SUITE_GCM_AES_128,
	 0x0f,
	 0,
	 {CAN(X256 | X128 | G256)},
	 SUITE_GCM_AES_XPN_256,
	 0},
	{"XPN-128 before 128",
	 SUITE_GCM_AES_XPN_256,
	 0x0f,
	 0,
	 {CAN(G128 | X128)},
	 SUITE_GCM_AES_XPN_128,
	 0},
	{"only what is allowed",
	 SUITE_GCM_AES_XPN_256,
	 X256 | G128,
	 0,
	 {CAN(G128 | X128 | G256)},
	 SUITE_GCM_AES_128,
	 0},
	{"what is common",
	 SUITE_GCM_AES_XPN_256,
	 0x0f,
	 0,
	 {CAN(X256 | G256 | X128), CAN(G256 | X128), CAN(G128 | X128 | X256)},
	 SUITE_GCM_AES_XPN_128,
	 0},
	{"the mandatory one for a silent peer among others",
	 SUITE_GCM_AES_XPN_256,
	 0x0f,
	 0,
	 {CAN(G128 | G256), SILENT},
	 SUITE_GCM_AES_128,
	 0},
	{"not another one for a silent peer",
	 SUITE_GCM_AES_XPN_256,
	 0x0f,
	 0,
	 {CAN(G256), SILENT},
	 NONE,
	 0},
	{"nothing in common", SUITE_GCM_AES_XPN_256, 0x0f, 0, {CAN(G128), CAN(G256)}, NONE, 0},
	{"nothing that is allowed", SUITE_GCM_AES_XPN_256, X256, 0, {CAN(G128)}, NONE, 0},
	{"nothing known", SUITE_GCM_AES_XPN_256, 0x0f, 0, {CAN(0)}, NONE, 0},
	{"integrity only in the announcement",
	 SUITE_GCM_AES_128,
	 G128,
	 0,
	 {{true, false, G128, 1, 3}},
	 NONE,
	 0},
	{"offset", SUITE_GCM_AES_256, 0x0f, 30, {CAN(0x0f), SILENT}, SUITE_GCM_AES_256, 30},
	{"offset", SUITE_GCM_AES_128, 0x0f, 50, {CAN(0x0f)}, SUITE_GCM_AES_128, 50},
	{"no offset: announced 2",
	 SUITE_GCM_AES_256,
	 0x0f,
	 30,
	 {CAN(0x0f), {true, false, 0x0f, 2, 3}},
	 SUITE_GCM_AES_256,
	 0},
	{"no offset: basic 2",
	 SUITE_GCM_AES_256,
	 0x0f,
	 30,
	 {{true, false, 0x0f, 3, 2}, CAN(0x0f)},
	 SUITE_GCM_AES_256,
	 0},
	{"no offset: basic 2 of a silent one",
	 SUITE_GCM_AES_256,
	 0x0f,
	 50,
	 {{true, true, 0, 0, 2}},
	 SUITE_GCM_AES_256,
	 0},
	{"no offset with XPN",
	 SUITE_GCM_AES_256,
	 0x0f,
	 50,
	 {CAN(X256 | G128)},
	 SUITE_GCM_AES_XPN_256,
	 0},
	{"offset with another suite",
	 SUITE_GCM_AES_256,
	 0x0f,
	 50,
	 {CAN(G128)},
	 SUITE_GCM_AES_128,
	 50},
};

/* A SAK may have been made for those who were live before the one that spoils it. */
static void assert_selected(const struct selection *selection, unsigned int n) {
	const struct sak *sak = latest_sak();

	if (selection->expected == NONE) {
		cr_assert(
			sak == NULL || (sak->n_peers < n && sak->ki.kn == 1), "%s", selection->what
		);
		cr_assert_neq(view.obstacle[0], '\0', "%s", selection->what);
		return;
	}
	cr_assert_not_null(sak, "%s: no SAK", selection->what);
	cr_assert_eq(sak->n_peers, n, "%s: for %u", selection->what, sak->n_peers);
	cr_assert_eq(
		sak->suite, (enum cipher_suite)selection->expected, "%s: %s", selection->what,
		suite_info(sak->suite)->name
	);
	cr_assert_eq(
		sak->confidentiality_offset, selection->expected_offset, "%s", selection->what
	);
	cr_assert(sak->confidentiality);
	cr_assert_eq(view.suite, sak->suite);
	cr_assert_eq(view.obstacle[0], '\0', "%s: %s", selection->what, view.obstacle);
}

Test(select, takes_the_configured_suite_or_what_all_can_do) {
	for (size_t i = 0; i < sizeof(selections) / sizeof(selections[0]); i++) {
		const struct selection *selection = &selections[i];
		unsigned int n;

		node->config.suite = selection->suite;
		node->config.allowed_suites = selection->allowed;
		node->config.confidentiality_offset = selection->offset;
		n = offers_bring_up(selection->offers);
		assert_selected(selection, n);
		offers_end(n);
		close_world();
		open_world();
	}
}

/* It spoke of suites only after we had made one that it cannot take. */
Test(select, makes_another_sak_when_a_peer_cannot_take_this_one) {
	static const struct offer offer = SILENT;

	node_start(node);
	offer_begin(0, &offer);
	puppet_say(&offerers[0], node);
	cr_assert_eq(latest_sak()->suite, SUITE_GCM_AES_XPN_256);
	offer_announce(0, G128, 3);
	offers_live_on(1, 2 * SECOND);
	cr_assert_eq(latest_sak()->suite, SUITE_GCM_AES_128);
	cr_assert_eq(view.latest.ki.kn, 2);
	offers_end(1);
}

/* Down when a weak member joins, up again with the next SAK when it has left. */
Test(select, follows_the_members_with_the_next_sak) {
	static const struct offer strong = CAN(0x0f), weak = CAN(G128);

	node_start(node);
	offer_begin(0, &strong);
	puppet_say(&offerers[0], node);
	offer_use_latest(0);
	cr_assert_eq(latest_sak()->suite, SUITE_GCM_AES_XPN_256);
	offer_begin(1, &weak);
	offers_live_on(2, 7 * SECOND);
	cr_assert_eq(latest_sak()->suite, SUITE_GCM_AES_128);
	offer_use_latest(0);
	offer_use_latest(1);
	offers_live_on(1, 7 * SECOND);
	cr_assert_eq(look()->n_peers, 1);
	cr_assert_eq(latest_sak()->suite, SUITE_GCM_AES_128, "not before the next SAK");
	node_rekey(node);
	offers_live_on(1, 4 * SECOND);
	cr_assert_eq(latest_sak()->suite, SUITE_GCM_AES_XPN_256);
	offers_end(2);
}

Test(select, does_not_wait_for_a_member_that_takes_no_part) {
	static const struct offer able = SILENT, unable = {true, true, 0, 0, 1};

	node_start(node);
	offer_begin(0, &unable);
	offer_begin(1, &able);
	offers_say(2);
	cr_assert_eq(latest_sak()->n_peers, 2, "SSCIs count every live member");
	cr_assert_eq(view.saks_distributed, 1);
	cr_assert(!view.latest.transmits);
	offer_use_latest(1);
	cr_assert(look()->latest.transmits, "the one that takes part receives");
	cr_assert_not_null(strstr(view.obstacle, "0200000000ee0001: can do integrity only"));
	offers_end(2);
}

/* Neither its wishes nor its suites may cost more than a SAK each half second. */
Test(select, makes_few_saks_for_a_peer_that_changes_its_mind) {
	static const struct offer offer = CAN(X256);

	for (unsigned int what = 0; what < 2; what++) {
		node_start(node);
		offer_begin(0, &offer);
		for (unsigned int i = 0; i < 5000; i++) {
			if (what == 0)
				offerers[0].pdu.basic.macsec_desired ^= true;
			else
				offer_announce(0, i & 1 ? G128 : X256, 2);
			puppet_say(&offerers[0], node);
			run_for(MS);
		}
		cr_assert_leq(world.n_keys, 11, "%u keys", world.n_keys);
		offers_end(1);
		close_world();
		open_world();
	}
}

/* A SAK that was distributed and confirmed before is not repeated for it. */
Test(select, makes_a_fresh_sak_for_a_live_member_that_begins_to_take_part) {
	static const struct offer able = SILENT, unable = {true, true, 0, 0, 1};

	node_start(node);
	offer_begin(0, &unable);
	offer_begin(1, &able);
	offers_say(2);
	offer_use_latest(1);
	offers_live_on(2, 10 * SECOND);
	cr_assert_eq(look()->latest.ki.kn, 1);
	offerers[0].pdu.basic.capability = 2;
	offers_live_on(2, SECOND);
	cr_assert_eq(look()->latest.ki.kn, 2);
	offers_end(2);
}
