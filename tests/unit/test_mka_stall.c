/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A primary whose members hear each other, and which comes to no SAK: the fallback takes over, and
 * the primary is tried again, ever more rarely, until it works.
 */
#include "tests/unit/mka_caks.h"

#include <criterion/criterion.h>

#include <errno.h>

TestSuite(stall, .init = open_caks, .fini = close_world);

/* The primary's SAKs cannot be installed at one end; the members hear each other all right. */
static uint64_t refused;

static int refuse_primary(struct node *node, const struct sak *sak) {
	const struct mka *kay = node->kay;
	bool is_ours = memcmp(sak->ki.mi, kay->principal->mi, MI_OCTETS) == 0;
	uint8_t n = is_ours ? kay->principal->ckn[2] : kay->pdu.basic.ckn[2];

	refused += n != FALLBACK;
	return n == FALLBACK ? 0 : -ENOMEM;
}

static void stall_from_the_start(bool at_server) {
	add_pair_with_fallback();
	(at_server ? a : b)->refuses = refuse_primary;
	start_all();
	use_within(FALLBACK, 6500 * MS);
	run_for(200 * SECOND);
	cr_assert_eq(in_use(a), FALLBACK);
	(at_server ? a : b)->refuses = NULL;
	use_within(0, 130 * SECOND);
	run_for(20 * SECOND);
	cr_assert(world_is_agreed(&world));
	assert_hitless();
}

Test(stall, takes_over_from_a_primary_that_the_key_server_cannot_install) {
	stall_from_the_start(true);
}

Test(stall, takes_over_from_a_primary_that_the_member_cannot_install) {
	stall_from_the_start(false);
}

static void stall_at_a_rekey(bool at_server) {
	struct node *which;

	start_with_primary();
	which = at_server ? a : b;
	which->refuses = refuse_primary;
	cr_assert_eq(node_rekey(a), 0);
	run_for(10 * SECOND);
	/* A key server that cannot make the next SAK goes on with the one it has. */
	cr_assert_eq(in_use(b), at_server ? 0 : FALLBACK);
	run_for(200 * SECOND);
	which->refuses = NULL;
	use_within(0, 130 * SECOND);
	run_for(20 * SECOND);
	cr_assert(world_is_agreed(&world));
	assert_hitless();
}

Test(stall, is_not_needed_when_the_key_server_cannot_rekey_for_a_while) {
	stall_at_a_rekey(true);
}

Test(stall, takes_over_from_a_primary_that_the_member_cannot_rekey) {
	stall_at_a_rekey(false);
}

/* Each try costs a SAK that nobody uses; the tries become rare. */
Test(stall, lets_the_primary_try_again_with_back_off) {
	static const uint64_t tries_ns[] = {30 * SECOND, 60 * SECOND, 120 * SECOND, 240 * SECOND};
	uint64_t gave_up_ns;

	add_pair_with_fallback();
	a->caks[0] = fallback(); // the order in which they are told is no preference
	a->caks[1] = cak(0);
	world.data_interval_ns = 50 * MS;
	b->refuses = refuse_primary;
	start_all();
	use_within(FALLBACK, 6500 * MS);
	gave_up_ns = world.now_ns;
	for (unsigned int i = 0; i < 4; i++) {
		uint32_t n_keys = world.n_keys;

		run_for(gave_up_ns + tries_ns[i] - 500 * MS - world.now_ns);
		cr_assert_eq(world.n_keys, n_keys, "not before %lu s", tries_ns[i] / SECOND);
		run_for(SECOND);
		cr_assert_eq(world.n_keys, n_keys + 1, "after %lu s", tries_ns[i] / SECOND);
		cr_assert_eq(in_use(b), FALLBACK);
		gave_up_ns += tries_ns[i] + 5500 * MS;
		run_for(gave_up_ns + SECOND - world.now_ns);
		cr_assert_eq(in_use(b), FALLBACK);
		cr_assert_eq(principal_of(a), FALLBACK);
		cr_assert(!view_of(a).old.is_valid, "the vain SAK is gone");
	}
	assert_hitless();
}

/* Nothing is given up for nothing. */
Test(stall, that_is_missing_lets_the_primary_go_on_trying) {
	add_pair(SUITE_GCM_AES_XPN_256);
	b->refuses = refuse_primary;
	start_all();
	run_for(20 * SECOND);
	cr_assert_eq(a->kay->principal->stalled_until_ns, 0);
	cr_assert_eq(in_use(a), 0, "by time alone");
	give(a, fallback());
	give(b, fallback());
	use_within(FALLBACK, 1500 * MS);
}

static int refuse_all(struct node *node, const struct sak *sak) {
	(void)node, (void)sak;
	return -ENOMEM;
}

/* A SAK that got into use by time alone is no success: nobody has it. */
Test(stall, is_not_ended_by_a_sak_that_nobody_took) {
	add_pair(SUITE_GCM_AES_XPN_256);
	b->refuses = refuse_primary;
	start_all();
	run_for(20 * SECOND);
	a->refuses = refuse_all;
	give(a, fallback());
	give(b, fallback());
	run_for(3 * SECOND);
	cr_assert_eq(principal_of(a), FALLBACK);
	cr_assert_eq(view_of(a).principal_changes, 2, "for good");
	a->refuses = NULL;
	use_within(FALLBACK, 5 * SECOND);
}

/* A member that never takes a SAK keeps its distribution going; one that restarts gets a fresh one,
 * and is no sign that the primary is in vain. */
Test(stall, is_not_needed_for_a_member_that_restarts) {
	add_pair_with_fallback();
	c = world_add(&world, 16, SUITE_GCM_AES_XPN_256);
	give(c, fallback());
	c->refuses = refuse_primary;
	start_all();
	run_for(20 * SECOND);
	cr_assert_eq(in_use(a), 0);
	cr_assert_eq(in_use(b), 0);
	node_stop(b);
	node_start(b);
	for (unsigned int i = 0; i < 30; i++) {
		run_for(100 * MS);
		cr_assert_eq(principal_of(a), 0);
	}
}

/* Ticks must not be left to chance, that is to hellos. */
Test(stall, asks_for_a_tick_when_patience_or_a_stall_ends) {
	const struct participant *primary;

	add_pair_with_fallback();
	b->refuses = refuse_primary;
	start_all();
	run_for(3 * SECOND);
	primary = a->kay->principal;
	cr_assert_eq(
		principal_deadline(a->kay), primary->distribution.made_ns + 5500 * MS,
		"sooner than the transmit delay"
	);
	use_within(FALLBACK, 6500 * MS);
	run_for(5 * SECOND);
	cr_assert_gt(primary->stalled_until_ns, world.now_ns);
	cr_assert_eq(principal_deadline(a->kay), primary->stalled_until_ns);
	cr_assert_leq(mka_tick(a->kay, world.now_ns), primary->stalled_until_ns);
}

/* After it worked again, the next failure starts with a short wait. */
Test(stall, forgets_the_back_off_once_the_primary_worked) {
	add_pair_with_fallback();
	b->refuses = refuse_primary;
	start_all();
	run_for(150 * SECOND);
	cr_assert_eq(in_use(a), FALLBACK);
	b->refuses = NULL;
	use_within(0, 300 * SECOND);
	run_for(10 * SECOND);
	b->refuses = refuse_primary;
	node_rekey(a);
	use_within(FALLBACK, 12 * SECOND);
	b->refuses = NULL;
	use_within(0, 31 * SECOND);
	assert_hitless();
}

/* A member that restarts may be another one: no need to wait for the end of the back-off. */
Test(stall, gives_the_primary_a_chance_when_a_member_is_new) {
	add_pair_with_fallback();
	b->refuses = refuse_primary;
	start_all();
	run_for(150 * SECOND);
	cr_assert_eq(in_use(a), FALLBACK);
	b->refuses = NULL;
	node_stop(b);
	node_start(b);
	use_within(0, SECOND);
}

/* A peer that never says that it received a SAK of the primary: its report is taken out. */
static bool is_silent_of_saks(
	struct world *of, unsigned int from, unsigned int to, uint8_t *frame, size_t octets
) {
	const struct mka_cak primary = cak(0);
	struct mka_keys keys = {0};
	struct mkpdu pdu;
	enum mka_refusal why;
	uint8_t in[MKA_FRAME_MAX_OCTETS];

	(void)of, (void)to;
	memcpy(in, frame, octets);
	if (!mkpdu_decode_head(in, octets, &pdu, &why) || !mkpdu_decode_sets(in, &pdu))
		return false;
	if (from != 1 || pdu.basic.ckn[2] == FALLBACK || !mkpdu_has(&pdu, SET_SAK_USE))
		return true;
	pdu.seen[0] &= ~(UINT64_C(1) << SET_SAK_USE | UINT64_C(1) << SET_XPN);
	cr_assert_neq(mkpdu_encode(&pdu, frame, octets), 0);
	keys_derive(&keys, primary.cak, primary.cak_octets, primary.ckn, primary.ckn_octets);
	keys_icv(&keys, frame, pdu.icv_offset, frame + pdu.icv_offset);
	keys_wipe(&keys);
	return true;
}

Test(stall, takes_over_from_a_primary_that_is_never_confirmed) {
	add_pair_with_fallback();
	world.filter = is_silent_of_saks;
	start_all();
	run_for(5400 * MS);
	cr_assert_eq(in_use(a), NO_CAK);
	run_for(3 * SECOND);
	cr_assert_eq(in_use(a), FALLBACK);
	cr_assert_eq(in_use(b), FALLBACK);
	run_for(60 * SECOND);
	cr_assert_eq(in_use(b), FALLBACK);
	world.filter = NULL;
	use_within(0, 61 * SECOND);
	assert_hitless();
}
