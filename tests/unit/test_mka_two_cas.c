/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What comes from the key servers of two CAs, played by puppets: of one member that is in both,
 * with one SCI, or of two members that know nothing of each other.
 */
#include "tests/sim/puppet.h"
#include "tests/unit/mka_caks.h"

#include <criterion/criterion.h>

#define PUPPET_SCI 0x0200000000ee0001u

TestSuite(two_cas, .init = open_world, .fini = close_world);

/* Puppets of one SCI, of CAK 0 and of another. */
static struct puppet first, second;

static void meet_with(
	const struct mka_cak *other, uint8_t first_priority, uint8_t second_priority,
	uint64_t second_sci
) {
	struct node as_other;

	add_pair(SUITE_GCM_AES_XPN_256);
	node_start(a);
	give(a, *other);
	as_other = *a;
	as_other.caks[0] = *other;
	puppet_begin(&first, a, PUPPET_SCI, first_priority);
	puppet_begin(&second, &as_other, second_sci, second_priority);
	second.pdu.basic.mi[0] ^= 0x55;
	first.participant = 0;
	second.participant = 1;
	cr_assert_eq(puppet_say(&first, a), 0);
	cr_assert_eq(puppet_say(&second, a), 0);
}

static void meet_both(const struct mka_cak *other) {
	meet_with(other, 1, 1, PUPPET_SCI);
}

static void part(void) {
	puppet_end(&first);
	puppet_end(&second);
}

static void both_live_on(uint64_t ns) {
	for (uint64_t end_ns = world.now_ns + ns; world.now_ns < end_ns;) {
		run_for(500 * MS);
		puppet_say(&first, a);
		puppet_say(&second, a);
	}
}

Test(two_cas, at_one_peer_have_one_sci_and_lives_of_their_own) {
	struct mka_cak other = cak(1);
	struct mka_view view;

	meet_both(&other);
	view = view_of(a);
	cr_assert_eq(view.n_peers, 2);
	cr_assert(view.peers[0].is_live && view.peers[1].is_live);
	cr_assert_eq(view.peers[0].sci, view.peers[1].sci);
	cr_assert_neq(view.peers[0].participant, view.peers[1].participant);
	for (unsigned int i = 0; i < 14; i++) {
		run_for(500 * MS);
		puppet_say(&second, a);
	}
	view = view_of(a);
	cr_assert_eq(view.n_peers, 1);
	cr_assert_eq(view.peers[0].participant, 1);
	part();
}

/* Both SAKs stand in one SecY: the second one is not the first one's repetition, nor its rival. */
Test(two_cas, at_one_peer_give_saks_to_one_secy) {
	struct mka_cak other = cak(1);
	struct ki old, ki;

	meet_both(&other);
	puppet_distribute(&first, SUITE_GCM_AES_XPN_128, 1, 0, 0x11);
	old = puppet_ki(&first);
	cr_assert_eq(puppet_say(&first, a), 0);
	puppet_use(&first, true, &old, true, 1);
	puppet_say(&first, a);
	cr_assert_eq(in_use(a), 0);
	puppet_distribute(&second, SUITE_GCM_AES_XPN_128, 1, 1, 0x22);
	ki = puppet_ki(&second);
	cr_assert_eq(puppet_say(&second, a), 0);
	cr_assert_eq(in_use(a), 0, "the key server has not moved");
	puppet_use(&second, true, &ki, true, 1);
	puppet_say(&second, a);
	cr_assert_eq(in_use(a), 1);
	cr_assert_eq(view_of(a).old.ki.mi[0], old.mi[0]);
	cr_assert_eq(model_find(a, &old)->sak.peers[0].sci, PUPPET_SCI);
	cr_assert_eq(model_find(a, &ki)->sak.peers[0].sci, PUPPET_SCI);
	part();
}

/* What one CA says of a KI of the other has no weight, even from the same peer. */
Test(two_cas, take_reports_of_their_own_saks_alone) {
	struct mka_cak other = cak(1);
	struct ki ki;

	meet_both(&other);
	puppet_distribute(&second, SUITE_GCM_AES_XPN_128, 1, 1, 0x22);
	ki = puppet_ki(&second);
	cr_assert_eq(puppet_say(&second, a), 0);
	puppet_use(&first, true, &ki, true, 1);
	puppet_say(&first, a);
	cr_assert_eq(in_use(a), NO_CAK);
	part();
}

/* A fallback's SAK that overtook a change which is over, and one that the key server means. */
Test(two_cas, take_a_fallbacks_sak_only_when_the_key_server_insists) {
	struct mka_cak other = fallback();
	struct ki ki;

	meet_both(&other);
	puppet_distribute(&first, SUITE_GCM_AES_XPN_128, 1, 0, 0x11);
	ki = puppet_ki(&first);
	puppet_say(&first, a);
	puppet_use(&first, true, &ki, true, 1);
	puppet_say(&first, a);
	puppet_distribute(&second, SUITE_GCM_AES_XPN_128, 1, 1, 0x22);
	cr_assert_eq(puppet_say(&second, a), 0);
	run_for(1900 * MS);
	cr_assert_eq(puppet_say(&second, a), 0);
	cr_assert(!view_of(a).old.is_valid, "not yet");
	both_live_on(4 * SECOND);
	cr_assert_eq(view_of(a).latest.ckn[2], FALLBACK);
	cr_assert_eq(in_use(a), 0, "the key server has not moved");
	part();
}

Test(two_cas, forget_an_offer_of_the_fallback_that_is_not_repeated) {
	struct mka_cak other = fallback();
	struct ki ki;

	meet_both(&other);
	puppet_distribute(&first, SUITE_GCM_AES_XPN_128, 1, 0, 0x11);
	ki = puppet_ki(&first);
	puppet_say(&first, a);
	puppet_use(&first, true, &ki, true, 1);
	puppet_say(&first, a);
	for (unsigned int i = 0; i < 5; i++) {
		puppet_distribute(&second, SUITE_GCM_AES_XPN_128, i + 1, 1, 0x22);
		puppet_say(&second, a);
		second.pdu.seen[0] &= ~(UINT64_C(1) << SET_DISTRIBUTED_SAK);
		both_live_on(5 * SECOND);
	}
	cr_assert_eq(view_of(a).latest.ckn[2], 0);
	cr_assert(!view_of(a).old.is_valid);
	part();
}

/* In one CA we serve; the key server of another, which is no better, may say what it likes. */
Test(two_cas, keep_to_their_key_server_when_another_ca_has_another_one) {
	struct mka_cak other = cak(1);
	struct ki ki;

	other.rank = -5;
	meet_with(&other, 255, 16, 0x0200000000000001);
	cr_assert_eq(principal_of(a), 0);
	ki = view_of(a).latest.ki;
	puppet_use(&first, true, &ki, true, 1);
	puppet_say(&first, a);
	cr_assert_eq(in_use(a), 0);
	cr_assert_eq(view_of(a).participants[1].key_server_sci, 0x0200000000000001);
	puppet_distribute(&second, SUITE_GCM_AES_XPN_128, 1, 1, 0x22);
	both_live_on(20 * SECOND);
	cr_assert_eq(in_use(a), 0);
	cr_assert_eq(view_of(a).latest.ckn[2], 0);
	cr_assert(!view_of(a).old.is_valid);
	part();
}

/* Makes the SAK of a puppet the one in use, or only takes it. */
static struct ki take_from(struct puppet *puppet, uint8_t an, bool is_used) {
	struct ki ki;

	puppet_distribute(puppet, SUITE_GCM_AES_XPN_128, 1, an, (uint8_t)(0x11 + an));
	ki = puppet_ki(puppet);
	cr_assert_eq(puppet_say(puppet, a), 0);
	cr_assert_not_null(model_find(a, &ki));
	puppet->pdu.seen[0] &= ~(UINT64_C(1) << SET_DISTRIBUTED_SAK);
	puppet_use(puppet, true, &ki, is_used, 1);
	puppet_say(puppet, a);
	return ki;
}

/* The SAK of a CA that we left before its key server used it. */
Test(two_cas, do_not_move_to_a_sak_of_a_ca_that_they_left) {
	struct mka_cak other = cak(1);
	struct ki ki;

	meet_with(&other, 1, 1, PUPPET_SCI + 0x10000);
	take_from(&first, 0, true);
	cr_assert_eq(in_use(a), 0);
	ki = take_from(&second, 1, false);
	cr_assert_eq(principal_of(a), 1);
	other.rank = -5;
	change(a, other);
	cr_assert_eq(principal_of(a), 0);
	puppet_use(&second, true, &ki, true, 1);
	puppet_say(&second, a);
	cr_assert_eq(in_use(a), 0);
	both_live_on(20 * SECOND);
	cr_assert_eq(in_use(a), 0);
	cr_assert_eq(view_of(a).latest.ckn[2], 0, "the other one is gone");
	part();
}

/* The same before any SAK is in use: the one that was taken first waits in the old position. */
Test(two_cas, do_not_move_to_an_old_sak_of_a_ca_that_they_left) {
	struct mka_cak other = cak(1);
	struct ki ki;

	other.rank = -5;
	meet_with(&other, 1, 1, PUPPET_SCI + 0x10000);
	for (unsigned int i = 0; i < 14; i++) {
		run_for(500 * MS);
		puppet_say(&second, a);
	}
	cr_assert_eq(principal_of(a), 1);
	ki = take_from(&second, 1, false);
	puppet_say(&first, a);
	puppet_say(&first, a);
	cr_assert_eq(principal_of(a), 0);
	take_from(&first, 0, false);
	puppet_use(&second, true, &ki, true, 1);
	puppet_say(&second, a);
	cr_assert_eq(in_use(a), NO_CAK);
	part();
}

/* But one key server that changed its mind, or whose SAKs came in the wrong order, is followed. */
Test(two_cas, move_to_the_old_sak_when_their_key_server_uses_it) {
	struct mka_cak other = cak(1);
	struct ki ki;

	other.rank = -5;
	meet_both(&other);
	for (unsigned int i = 0; i < 14; i++) {
		run_for(500 * MS);
		puppet_say(&second, a);
	}
	ki = take_from(&second, 1, false);
	puppet_say(&first, a);
	puppet_say(&first, a);
	take_from(&first, 0, false);
	puppet_use(&second, true, &ki, true, 1);
	puppet_say(&second, a);
	cr_assert_eq(in_use(a), 1);
	cr_assert_eq(view_of(a).latest.ckn[2], 0, "which may still be used");
	ki = view_of(a).latest.ki;
	puppet_use(&first, true, &ki, true, 1);
	puppet_say(&first, a);
	cr_assert_eq(in_use(a), 0);
	part();
}

/* The CA of the better key server comes before the CAK of the greater rank (9.3). */
Test(two_cas, belong_to_the_better_key_server_first) {
	struct mka_cak other = cak(1);

	meet_with(&other, 3, 4, PUPPET_SCI);
	cr_assert_eq(principal_of(a), 0);
	second.pdu.basic.key_server_priority = 2;
	puppet_say(&second, a);
	cr_assert_eq(principal_of(a), 1);
	first.pdu.basic.key_server_priority = 2;
	puppet_say(&first, a);
	cr_assert_eq(principal_of(a), 1, "then by rank");
	part();
}

static void report_use(struct puppet *puppet, uint8_t kn, uint8_t an) {
	struct ki ki = {.mi = {9, 9, 9}, .kn = kn};

	puppet_use(puppet, true, &ki, true, 1);
	puppet->pdu.sak_use.latest.an = an;
	puppet_say(puppet, a);
}

/* The other end has one transmit SC for both CAs. */
Test(two_cas, avoid_ans_that_are_used_in_the_other_one) {
	struct mka_cak other = cak(1);

	other.rank = -5;
	meet_with(&other, 255, 255, PUPPET_SCI);
	run_for(10 * SECOND);
	report_use(&second, 1, 1);
	cr_assert_eq(principal_of(a), 1);
	cr_assert_eq(view_of(a).latest.an, 0);
	puppet_say(&first, a);
	cr_assert_eq(principal_of(a), 0);
	cr_assert_eq(view_of(a).latest.ckn[2], 0);
	cr_assert_eq(view_of(a).latest.an, 2, "1 is the other one's");
	part();
}

/* A member that is heard late uses the AN of our SAK for one that carries its traffic. */
Test(two_cas, make_way_for_an_an_that_is_in_use) {
	struct mka_cak other = cak(1);
	uint8_t an;
	uint32_t kn;

	meet_with(&other, 255, 255, PUPPET_SCI);
	an = view_of(a).latest.an;
	kn = view_of(a).latest.ki.kn;
	report_use(&second, 1, an);
	both_live_on(SECOND);
	cr_assert_eq(view_of(a).latest.ki.kn, kn + 1);
	cr_assert_neq(view_of(a).latest.an, an);
	both_live_on(SECOND);
	cr_assert_eq(view_of(a).latest.ki.kn, kn + 1, "and once only");
	part();
}

/* A key server that restarted has our SAK no more: no reason to keep the AN for it. */
Test(two_cas, give_the_an_of_a_sak_that_nobody_has_at_once) {
	struct mka_cak other = to_accept(cak(1));
	struct ki ki;

	meet_both(&other);
	take_from(&first, 3, true);
	cr_assert_eq(in_use(a), 0);
	first.pdu.basic.mi[2] ^= 0x11;
	first.pdu.basic.mn = 0;
	first.pdu.seen[0] &= ~(UINT64_C(1) << SET_SAK_USE);
	puppet_say(&first, a);
	puppet_distribute(&first, SUITE_GCM_AES_XPN_128, 1, 3, 0x33);
	ki = puppet_ki(&first);
	puppet_say(&first, a);
	cr_assert_not_null(model_find(a, &ki));
	part();
}
