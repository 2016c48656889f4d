/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How MKA behaves between members of ours, in simulated time: coming up, hand-over of SAKs, rekey,
 * loss of members. The rules of tests/sim/model.c are checked throughout.
 */
#include "tests/unit/mka_pair.h"

#include <criterion/criterion.h>

#include <errno.h>

TestSuite(kay, .init = open_world, .fini = close_world);

Test(kay, secures_a_pair_in_less_than_50_ms_with_each_suite) {
	for (unsigned int suite = 0; suite < SUITE_COUNT; suite++) {
		struct model_sa *sa;

		start_pair((enum cipher_suite)suite);
		sa = model_transmit_sa(b);
		cr_assert_eq(sa->sak.suite, suite);
		cr_assert_eq(sa->sak.n_peers, 1);
		cr_assert_eq(sa->sak.own_ssci, suite_info(sa->sak.suite)->is_xpn ? 1 : 0);
		cr_assert_lt(view_of(a).first_secured_after_ns, 50 * MS);
		close_world();
		open_world();
	}
}

Test(kay, secures_within_500_ms_whenever_the_second_comes_up) {
	for (uint64_t offset_ns = 0; offset_ns < 5 * SECOND; offset_ns += 37 * MS) {
		add_pair(SUITE_GCM_AES_XPN_256);
		world.network.delay_min_ns = world.network.delay_max_ns = 20 * MS;
		node_start(b);
		run_for(offset_ns);
		node_start(a);
		agree_within(500 * MS);
		close_world();
		open_world();
	}
}

/* A port may come up, and lose frames, before its peer's is ready to receive. */
Test(kay, secures_within_500_ms_when_the_first_hellos_are_lost) {
	add_pair(SUITE_GCM_AES_XPN_256);
	node_start(a);
	world.is_cut[1][0] = true;
	node_start(b);
	run_for(90 * MS);
	world.is_cut[1][0] = false;
	agree_within(400 * MS);
}

Test(kay, accepts_a_member_of_another_cak_size_never) {
	add_pair(SUITE_GCM_AES_128);
	b->caks[0].cak[5] ^= 1;
	node_start(a);
	node_start(b);
	run_for(10 * SECOND);
	cr_assert_eq(view_of(a).state, MKA_INIT);
	cr_assert_gt(view_of(a).refused[MKA_REFUSED_ICV], 3);
	cr_assert_not_null(strstr(view_of(a).last_refusal, "0200000000020001"));
	cr_assert_not_null(strstr(view_of(a).last_refusal, "the CAK differs"));
}

Test(kay, elects_the_lowest_priority_then_the_lowest_sci) {
	add_pair(SUITE_GCM_AES_128);
	b->config.key_server_priority = 15;
	node_start(a);
	node_start(b);
	agree_within(50 * MS);
	cr_assert_eq(view_of(a).key_server_sci, b->config.sci);
	cr_assert(view_of(b).is_key_server);
	cr_assert(view_of(a).peers[0].is_key_server);
}

Test(kay, breaks_a_tie_by_the_port_identifier_too) {
	add_pair(SUITE_GCM_AES_128);
	a->config.sci = 0x0200000000aa0002;
	b->config.sci = 0x0200000000aa0001;
	node_start(a);
	node_start(b);
	agree_within(50 * MS);
	cr_assert(view_of(b).is_key_server);
}

Test(kay, has_no_key_server_when_all_have_priority_255) {
	add_pair(SUITE_GCM_AES_128);
	a->config.key_server_priority = b->config.key_server_priority = 255;
	node_start(a);
	node_start(b);
	run_for(10 * SECOND);
	cr_assert_eq(view_of(a).state, MKA_PENDING);
	cr_assert_eq(view_of(a).key_server_sci, 0);
	cr_assert(view_of(a).peers[0].is_live);
	cr_assert_eq(world.n_keys, 0);
}

Test(kay, fails_6_s_after_the_last_word_of_the_peer_and_comes_back) {
	uint8_t mi[MI_OCTETS];
	uint64_t heard_ns;

	start_pair(SUITE_GCM_AES_XPN_128);
	run_for(10 * SECOND);
	memcpy(mi, view_of(a).mi, MI_OCTETS);
	heard_ns = world.now_ns + view_of(a).peers[0].expires_in_ns;
	world.is_cut[0][1] = world.is_cut[1][0] = true;
	world_run(&world, heard_ns - MS, NULL);
	cr_assert_eq(view_of(a).state, MKA_SECURED);
	run_for(3 * MS);
	cr_assert_eq(view_of(a).state, MKA_FAILED);
	cr_assert_null(model_transmit_sa(a));
	cr_assert_neq(memcmp(mi, view_of(a).mi, MI_OCTETS), 0, "a new identity");
	run_for(10 * SECOND);
	cr_assert_eq(view_of(b).state, MKA_FAILED);
	world.is_cut[0][1] = world.is_cut[1][0] = false;
	agree_within(2100 * MS);
	cr_assert_eq(world.n_keys, 2);
}

Test(kay, recovers_from_a_cut_of_one_direction) {
	start_pair(SUITE_GCM_AES_XPN_128);
	world.is_cut[0][1] = true;
	run_for(20 * SECOND);
	cr_assert_neq(view_of(a).state, MKA_SECURED);
	cr_assert_neq(view_of(b).state, MKA_SECURED);
	world.is_cut[0][1] = false;
	agree_within(2100 * MS);
}

static void restart(struct node *node) {
	start_pair(SUITE_GCM_AES_XPN_256);
	run_for(5 * SECOND);
	node_stop(node);
	run_for(300 * MS);
	node_start(node);
	agree_within(100 * MS);
	run_for(10 * SECOND);
	cr_assert(world_is_agreed(&world));
	cr_assert_eq(view_of(a).n_peers, 1, "the former identity is gone");
}

Test(kay, takes_back_a_restarted_peer_at_once) {
	restart(&world.nodes[1]);
}

Test(kay, takes_back_a_restarted_key_server_at_once) {
	restart(&world.nodes[0]);
}

Test(kay, moves_to_a_better_key_server_without_losing_a_frame) {
	struct node *c;

	start_pair(SUITE_GCM_AES_XPN_256);
	c = world_add(&world, 1, SUITE_GCM_AES_XPN_128);
	run_for(4 * SECOND);
	node_start(c);
	agree_within(200 * MS);
	cr_assert(view_of(c).is_key_server);
	cr_assert_eq(model_transmit_sa(a)->sak.suite, SUITE_GCM_AES_XPN_128, "its choice");
	run_for(10 * SECOND);
	cr_assert_eq(missed(), 0);
	node_stop(c);
	agree_within(7 * SECOND);
	cr_assert(view_of(a).is_key_server);
	cr_assert_eq(model_transmit_sa(b)->sak.suite, SUITE_GCM_AES_XPN_256);
	cr_assert_eq(missed(), 0);
}

Test(kay, transmits_after_6_s_when_a_peer_never_receives) {
	uint64_t distributed_ns;

	add_pair(SUITE_GCM_AES_128);
	b->install_error = -ENOMEM;
	node_start(a);
	node_start(b);
	run_for(3 * MS + MS / 2);
	distributed_ns = world.now_ns;
	cr_assert_eq(world.n_keys, 1, "only the key server has it");
	while (world.now_ns < distributed_ns + 5900 * MS) {
		b->install_error = -ENOMEM;
		run_for(10 * MS);
		cr_assert_null(model_transmit_sa(a), "at %lu", (unsigned long)world.now_ns);
	}
	for (int i = 0; i < 15; i++) {
		b->install_error = -ENOMEM;
		run_for(10 * MS);
	}
	cr_assert_not_null(model_transmit_sa(a));
	cr_assert_gt(view_of(b).refused[MKA_REFUSED_SAK_REFUSED], 10);
	cr_assert_eq(view_of(b).state, MKA_PENDING);
	b->install_error = 0;
	agree_within(2100 * MS);
}

static unsigned int n_without_sak;

static bool
note_late_sak(struct world *w, unsigned int from, unsigned int to, uint8_t *frame, size_t octets) {
	struct mkpdu pdu;
	enum mka_refusal why;

	(void)to;
	cr_assert(mkpdu_decode_head(frame, octets, &pdu, &why));
	cr_assert(mkpdu_decode_sets(frame, &pdu));
	if (from == 0 && w->n_keys == 1 && model_find(&w->nodes[1], &w->keys[0].ki) == NULL)
		n_without_sak += !mkpdu_has(&pdu, SET_DISTRIBUTED_SAK);
	if (pdu.sak_use.latest.ki.kn != 0) {
		cr_assert_neq(pdu.sak_use.latest.lpn, 0, "LPN of a key in use is never 0");
		cr_assert_eq(mkpdu_has(&pdu, SET_XPN), true);
	}
	return true;
}

Test(kay, repeats_the_sak_in_every_mkpdu_until_all_have_it) {
	add_pair(SUITE_GCM_AES_XPN_256);
	world.filter = note_late_sak;
	node_start(a);
	node_start(b);
	for (int i = 0; i < 300; i++) {
		b->install_error = -ENOMEM;
		run_for(10 * MS);
	}
	cr_assert_eq(n_without_sak, 0);
	b->install_error = 0;
	agree_within(400 * MS);
}

Test(kay, brings_32_members_to_one_sak) {
	static const uint64_t bound_ns = 4 * SECOND;

	for (unsigned int i = 0; i < NODES_MAX; i++)
		node_start(world_add(&world, 16, SUITE_GCM_AES_XPN_256));
	agree_within(bound_ns);
	for (unsigned int i = 0; i < NODES_MAX; i++) {
		struct model_sa *sa = model_transmit_sa(&world.nodes[i]);

		cr_assert_eq(sa->sak.n_peers, NODES_MAX - 1);
		cr_assert_eq(sa->sak.own_ssci, NODES_MAX - i, "descending SCI");
	}
	run_for(10 * SECOND);
	cr_assert(world_is_agreed(&world));
	cr_assert_lt(world.n_keys, 10, "joiners share SAKs");
}

Test(kay, starts_a_new_identity_before_message_numbers_wrap) {
	start_pair(SUITE_GCM_AES_XPN_256);
	run_for(SECOND);
	b->kay->participants[0]->mn = UINT32_MAX - 1;
	run_for(10 * SECOND);
	cr_assert(world_is_agreed(&world));
	cr_assert_lt(view_of(b).mn, 100);
	cr_assert_eq(view_of(a).latest.ki.kn, 2, "a new member gets a new SAK");
	cr_assert_eq(missed(), 0);
	/* What the peer proved to have heard of the former identity counts no more. */
	node_stop(a);
	node_start(a);
	agree_within(100 * MS);
}

Test(kay, takes_a_new_identity_when_its_machine_knows_the_ki) {
	uint8_t mi[MI_OCTETS];

	add_pair(SUITE_GCM_AES_XPN_256);
	b->install_error = -EEXIST;
	node_start(a);
	node_start(b);
	memcpy(mi, view_of(b).mi, MI_OCTETS);
	agree_within(700 * MS);
	cr_assert_neq(memcmp(mi, view_of(b).mi, MI_OCTETS), 0);
	cr_assert_eq(view_of(b).latest.ki.kn, 2);
	cr_assert_eq(view_of(b).refused[MKA_REFUSED_SAK_REFUSED], 1);
}
