/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MKA against a member that does what it must not, or does it unusually: a puppet with the right
 * CAK whose MKPDUs the test writes.
 */
#include "tests/unit/mka_puppet.h"

#include <criterion/criterion.h>

#include <errno.h>

TestSuite(hostile, .init = open_world, .fini = close_world);

/* After a retirement some report the key in the old position only. */
Test(hostile, believes_a_report_in_the_old_position) {
	struct ki ki, none = {0};

	meet(255);
	ki = look()->latest.ki;
	cr_assert_eq(ki.kn, 1, "we are key server");
	cr_assert(!view.latest.transmits);
	puppet_use(&puppet, false, &ki, false, 0);
	puppet_use(&puppet, true, &none, false, 0);
	puppet_say(&puppet, node);
	cr_assert(look()->latest.transmits);
}

Test(hostile, ignores_a_report_of_another_key) {
	struct ki ki;

	meet(255);
	ki = look()->latest.ki;
	ki.kn = 2;
	puppet_use(&puppet, true, &ki, true, 1);
	puppet_say(&puppet, node);
	cr_assert(!look()->latest.transmits);
}

Test(hostile, forgets_a_peer_that_stops_proving) {
	meet(1);
	puppet.is_silent_of_peer = true;
	live_on(5900 * MS);
	cr_assert(look()->peers[0].is_live);
	live_on(200 * MS);
	cr_assert(!look()->peers[0].is_live);
	cr_assert_eq(view.refused[MKA_REFUSED_MN], 0);
}

Test(hostile, believes_no_proof_by_an_old_or_future_message_number) {
	uint32_t mns[] = {0, 1, 1000};

	node_start(node);
	run_for(20 * SECOND);
	puppet_begin(&puppet, node, PUPPET_SCI, 1);
	puppet.is_silent_of_peer = true; // this list is ours
	puppet.pdu.live.entries = puppet.entries;
	puppet.pdu.live.n = 1;
	for (size_t i = 0; i < 3; i++) {
		struct writer out = {.base = puppet.entries, .size = MKPDU_LIST_ENTRY_OCTETS};
		struct mkpdu pdu;
		uint8_t frame[200];
		size_t octets;

		writer_octets(&out, look()->mi, MI_OCTETS);
		writer_number(&out, mns[i], 4);
		puppet.pdu.basic.mn++;
		pdu = puppet.pdu;
		mkpdu_mark(&pdu, SET_LIVE_PEERS);
		octets = mkpdu_encode(&pdu, frame, sizeof(frame));
		keys_icv(&puppet.keys, frame, pdu.icv_offset, frame + pdu.icv_offset);
		cr_assert_eq(node_deliver(node, frame, octets), 0);
		cr_assert(!look()->peers[0].is_live, "MN %u", mns[i]);
	}
}

Test(hostile, refuses_two_senders_with_one_identity) {
	struct puppet twin;

	meet(1);
	twin = puppet;
	twin.pdu.basic.sci = 0x0200000000ed0001;
	cr_assert_eq(puppet_say(&twin, node), -EBADMSG);
	cr_assert_eq(look()->refused[MKA_REFUSED_MI_CLASH], 1);
}

Test(hostile, refuses_the_33rd_member) {
	static struct puppet many[CA_MAX_MEMBERS];

	node_start(node);
	for (unsigned int i = 0; i < CA_MAX_MEMBERS; i++) {
		puppet_begin(&many[i], node, PUPPET_SCI + i * 0x10000u, 255);
		cr_assert_eq(
			puppet_say(&many[i], node), i < CA_MAX_MEMBERS - 1 ? 0 : -EBADMSG,
			"member %u", i
		);
	}
	cr_assert_eq(look()->refused[MKA_REFUSED_PEERS_FULL], 1);
	for (unsigned int i = 0; i < CA_MAX_MEMBERS; i++)
		puppet_end(&many[i]);
}

/* A member that restarts without end must not fill the table, nor make us flood the line. */
Test(hostile, answers_a_flood_of_new_identities_at_a_bounded_rate) {
	unsigned int before;

	node_start(node);
	puppet_begin(&puppet, node, PUPPET_SCI, 255);
	before = node->mkpdus;
	for (unsigned int i = 0; i < 5000; i++) {
		memcpy(puppet.pdu.basic.mi, &i, sizeof(i));
		puppet_say(&puppet, node);
		run_for(MS);
	}
	cr_assert_leq(look()->n_peers, 2);
	cr_assert_leq(node->mkpdus - before, 16 + 5 * 20 + 1);
	cr_assert_gt(node->mkpdus - before, 90, "the bucket does refill");
	cr_assert_lt(world.n_keys, 120);
}

Test(hostile, does_not_count_a_member_without_macsec) {
	node_start(node);
	puppet_begin(&puppet, node, PUPPET_SCI, 1);
	puppet.pdu.basic.capability = MKA_CAP_NONE;
	puppet_say(&puppet, node);
	cr_assert(look()->is_key_server, "it cannot serve");
	cr_assert_eq(world.n_keys, 0, "nobody to make a SAK for");
	puppet.pdu.basic.capability = MKA_CAP_INTEGRITY;
	puppet_say(&puppet, node);
	cr_assert(!look()->is_key_server);
}

Test(hostile, is_created_only_with_a_sound_configuration) {
	const struct mka_config good = node->config;
	struct mka_config bad[] = {good, good, good, good, good, good};

	bad[0].allowed_suites = 0;
	bad[1].allowed_suites = 1u << SUITE_COUNT | bad[1].allowed_suites;
	bad[2].suite = SUITE_COUNT;
	bad[3].confidentiality_offset = 30; // XPN
	bad[4].destination_mac[0] = 2;
	bad[5].suite = SUITE_GCM_AES_128;
	bad[5].confidentiality_offset = 31;
	node_start(node);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct mka *kay = NULL;

		cr_assert_eq(mka_create(&bad[i], node->kay->ops, node, 0, &kay), -EINVAL, "%zu", i);
		cr_assert_null(kay);
	}
	mka_destroy(NULL);
}

Test(hostile, takes_only_sound_caks_and_each_once) {
	const struct mka_cak good = world_cak(1);
	struct mka_cak bad[] = {good, good, good, good};

	bad[0].cak_octets = 24;
	bad[1].ckn_octets = 0;
	bad[2].ckn_octets = 33;
	bad[3].use = MKA_USE_SEND + 1;
	node_start(node);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(mka_add_cak(node->kay, &bad[i], 0), -EINVAL, "%zu", i);
	cr_assert_eq(mka_add_cak(node->kay, &node->caks[0], 0), -EEXIST);
	for (uint8_t n = 1; n < MKA_PARTICIPANTS_MAX; n++) {
		const struct mka_cak cak = world_cak(n);

		cr_assert_eq(mka_add_cak(node->kay, &cak, 0), 0);
	}
	bad[0] = world_cak(MKA_PARTICIPANTS_MAX);
	cr_assert_eq(mka_add_cak(node->kay, &bad[0], 0), -ENOSPC);
	cr_assert_eq(mka_update_cak(node->kay, &bad[0], 0), -ENOENT);
	cr_assert_eq(mka_remove_cak(node->kay, bad[0].ckn, bad[0].ckn_octets, 0), -ENOENT);
}

Test(hostile, has_a_word_for_everything) {
	cr_assert_str_eq(mka_state_word(MKA_FAILED), "failed");
	cr_assert_str_eq(mka_state_word((enum mka_state)77), "unknown");
	cr_assert_str_eq(mka_refusal_word(MKA_REFUSED_SAK_REFUSED), "sak-refused");
	cr_assert_str_eq(mka_refusal_word(MKA_REFUSALS_COUNT), "unknown");
}

static void *no_memory(void *ctx, size_t octets) {
	(void)ctx, (void)octets;
	return NULL;
}

static int no_random(void *ctx, uint8_t *octets, size_t n) {
	(void)ctx, (void)octets, (void)n;
	return -EIO;
}

Test(hostile, is_not_created_without_memory_or_random_numbers) {
	struct mka *kay = NULL;
	struct mka_ops ops;

	node_start(node);
	ops = *node->kay->ops;
	ops.secret_alloc = no_memory;
	cr_assert_eq(mka_create(&node->config, &ops, node, 0, &kay), -ENOMEM);
	ops = *node->kay->ops;
	ops.random = no_random;
	cr_assert_eq(mka_create(&node->config, &ops, node, 0, &kay), 0);
	cr_assert_eq(mka_add_cak(kay, &node->caks[0], 0), -EIO);
	mka_destroy(kay);
	kay = NULL;
	ops = *node->kay->ops;
	ops.next_pn = NULL;
	cr_assert_eq(mka_create(&node->config, &ops, node, 0, &kay), -EINVAL);
	cr_assert_null(kay);
}

/* Runs on one clock of the caller's, but a step back must not bring timers into disorder. */
Test(hostile, bears_a_clock_that_steps_back) {
	meet(255);
	mka_tick(node->kay, world.now_ns - SECOND / 2);
	cr_assert_leq(look()->peers[0].expires_in_ns, MKA_LIFE_NS);
	cr_assert_geq(mka_tick(node->kay, world.now_ns), world.now_ns);
	cr_assert_eq(puppet_say(&puppet, node), 0);
}

Test(hostile, refuses_a_message_number_that_is_not_above_the_last) {
	meet(255);
	puppet.pdu.basic.mn = 9;
	cr_assert_eq(puppet_say(&puppet, node), 0);
	for (uint32_t last = 9; last > 7; last--) {
		puppet.pdu.basic.mn = last - 1;
		cr_assert_eq(puppet_say(&puppet, node), -EBADMSG, "MN %u", last);
	}
	cr_assert_eq(look()->refused[MKA_REFUSED_MN], 2);
	cr_assert_eq(view.peers[0].mn, 10);
}

/* An MKPDU of a member's life before its restart comes late: it must not bring that life back. */
Test(hostile, prefers_the_identity_that_heard_us_last) {
	struct puppet former;
	struct writer out = {.base = former.entries, .size = MKPDU_LIST_ENTRY_OCTETS};

	meet(255);
	live_on(2 * SECOND);
	former = puppet;
	memset(former.pdu.basic.mi, 0x77, MI_OCTETS);
	former.n_others = 1;
	out.base = former.entries;
	writer_octets(&out, look()->mi, MI_OCTETS);
	writer_number(&out, view.mn - 1, 4);
	cr_assert_eq(puppet_say(&former, node), 0);
	cr_assert_eq(look()->n_peers, 2);
	cr_assert_eq(view.peers[0].mi[0], puppet.pdu.basic.mi[0]);
	cr_assert(view.peers[0].is_live && !view.peers[1].is_live);
	former.n_others = 0; // now it proves to have heard the latest of us: it is the living one
	run_for(3 * SECOND);
	cr_assert_eq(puppet_say(&former, node), 0);
	cr_assert_eq(look()->n_peers, 1);
	cr_assert_eq(view.peers[0].mi[0], 0x77);
	cr_assert(view.peers[0].is_live);
}
