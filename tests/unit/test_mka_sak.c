/* SPDX-License-Identifier: BSD-3-Clause */
/* Which SAKs are taken, from whom, and when they are used: against a puppet with the right CAK. */
#include "tests/unit/mka_puppet.h"

#include <criterion/criterion.h>

#include <errno.h>

TestSuite(sak, .init = open_world, .fini = close_world);

static void assert_sak_refused(const char *reason) {
	uint64_t before = look()->refused[MKA_REFUSED_SAK_REFUSED];

	cr_assert_eq(puppet_say(&puppet, node), -EBADMSG);
	cr_assert_eq(look()->refused[MKA_REFUSED_SAK_REFUSED], before + 1);
	cr_assert_not_null(strstr(view.last_refusal, reason), "%s", view.last_refusal);
}

Test(sak, takes_a_sak_from_the_key_server_and_waits_for_it_to_transmit) {
	struct ki ki;

	meet(1);
	puppet_distribute(&puppet, SUITE_GCM_AES_XPN_128, 7, 2, 0x55);
	ki = puppet_ki(&puppet);
	cr_assert_eq(puppet_say(&puppet, node), 0);
	cr_assert(look()->latest.is_valid && view.latest.receives && !view.latest.transmits);
	cr_assert_eq(view.latest.an, 2);
	cr_assert_eq(view.saks_received, 1);
	puppet_use(&puppet, true, &ki, false, 0);
	puppet_say(&puppet, node);
	cr_assert(!look()->latest.transmits);
	puppet_use(&puppet, true, &ki, true, 1);
	puppet_say(&puppet, node);
	cr_assert(look()->latest.transmits);
	cr_assert_eq(view.state, MKA_SECURED);
}

Test(sak, transmits_after_6_s_when_the_key_server_never_says_that_it_does) {
	meet(1);
	puppet_distribute(&puppet, SUITE_GCM_AES_128, 1, 0, 0x55);
	puppet_say(&puppet, node);
	live_on(5900 * MS);
	cr_assert(!look()->latest.transmits);
	live_on(200 * MS);
	cr_assert(look()->latest.transmits);
}

Test(sak, refuses_a_second_key_under_one_ki) {
	meet(1);
	puppet_distribute(&puppet, SUITE_GCM_AES_128, 1, 0, 0x55);
	cr_assert_eq(puppet_say(&puppet, node), 0);
	cr_assert_eq(puppet_say(&puppet, node), 0, "a repetition is fine");
	puppet_distribute(&puppet, SUITE_GCM_AES_128, 1, 0, 0x66);
	assert_sak_refused("second key");
	cr_assert_eq(node->sas[0].sak.octets[0], 0x55);
}

Test(sak, refuses_another_an_or_suite_under_one_ki) {
	meet(1);
	puppet_distribute(&puppet, SUITE_GCM_AES_128, 1, 0, 0x55);
	puppet_say(&puppet, node);
	puppet_distribute(&puppet, SUITE_GCM_AES_128, 1, 1, 0x55);
	assert_sak_refused("second key");
	puppet_distribute(&puppet, SUITE_GCM_AES_XPN_128, 1, 0, 0x55);
	assert_sak_refused("second key");
}

/* The packet numbers of a KI that was retired are spent. */
Test(sak, refuses_a_key_number_that_was_used_and_takes_a_new_identity) {
	uint8_t mi[MI_OCTETS];

	meet(1);
	for (uint32_t kn = 1; kn <= 4; kn++) {
		puppet_distribute(&puppet, SUITE_GCM_AES_128, kn, kn & 3, (uint8_t)kn);
		cr_assert_eq(puppet_say(&puppet, node), 0);
	}
	memcpy(mi, look()->mi, MI_OCTETS);
	puppet_distribute(&puppet, SUITE_GCM_AES_128, 2, 2, 2);
	assert_sak_refused("in use before");
	cr_assert_neq(memcmp(mi, look()->mi, MI_OCTETS), 0);
	memcpy(mi, view.mi, MI_OCTETS);
	assert_sak_refused("in use before");
	cr_assert_eq(memcmp(mi, look()->mi, MI_OCTETS), 0, "but not again and again");
}

Test(sak, remembers_key_and_message_numbers_of_a_peer_that_left) {
	uint32_t mn;

	meet(1);
	puppet_distribute(&puppet, SUITE_GCM_AES_128, 5, 0, 0x55);
	puppet_say(&puppet, node);
	mn = puppet.pdu.basic.mn;
	run_for(7 * SECOND);
	cr_assert_eq(look()->n_peers, 0);
	puppet.pdu.basic.mn = mn - 1; // a replay: says MN once more
	cr_assert_eq(puppet_say(&puppet, node), -EBADMSG);
	cr_assert_eq(look()->refused[MKA_REFUSED_MN], 1);
	puppet_say(&puppet, node);
	cr_assert_eq(look()->n_peers, 1);
	cr_assert_eq(view.refused[MKA_REFUSED_SAK_REFUSED], 1, "KN 5 came back");
}

Test(sak, refuses_what_no_key_server_may_order) {
	struct mkpdu_distributed_sak *set = &puppet.pdu.distributed_sak;

	meet(1);
	puppet_distribute(&puppet, SUITE_GCM_AES_XPN_128, 1, 0, 1);
	set->offset_code = 2;
	assert_sak_refused("offset");
	puppet_distribute(&puppet, SUITE_GCM_AES_XPN_128, 1, 0, 1);
	set->suite_id = 0x0080020001000001;
	assert_sak_refused("suite");
	puppet_distribute(&puppet, SUITE_GCM_AES_XPN_128, 1, 0, 1);
	set->suite_id = suite_info(SUITE_GCM_AES_256)->id;
	assert_sak_refused("wrong size");
	puppet_distribute(&puppet, SUITE_GCM_AES_XPN_128, 1, 0, 1);
	set->wrapped[0] ^= 1;
	assert_sak_refused("unwrap");
	puppet_distribute(&puppet, SUITE_GCM_AES_XPN_128, 0, 0, 1);
	assert_sak_refused("key number 0");
	set->is_plain = true;
	assert_sak_refused("plain text");
	cr_assert_eq(world.n_keys, 0);
}

Test(sak, takes_integrity_only_and_offsets_as_the_key_server_says) {
	static const uint8_t offsets[] = {0, 0, 30, 50};

	node->config.confidentiality = false;
	meet(1);
	for (uint8_t code = 0; code < 4; code++) {
		puppet_distribute(&puppet, SUITE_GCM_AES_256, code + 1u, code, 1);
		puppet.pdu.distributed_sak.offset_code = code;
		cr_assert_eq(puppet_say(&puppet, node), 0);
		cr_assert_eq(node->sas[code].sak.confidentiality, code != 0);
		cr_assert_eq(node->sas[code].sak.confidentiality_offset, offsets[code]);
	}
}

Test(sak, takes_no_sak_from_a_member_that_is_not_key_server) {
	meet(200);
	puppet_distribute(&puppet, SUITE_GCM_AES_128, 1, 3, 0x55);
	assert_sak_refused("not the key server");
	cr_assert_null(model_find(node, &(struct ki){.kn = 1}));
}

Test(sak, takes_no_sak_when_it_is_not_in_the_live_list) {
	meet(1);
	puppet_distribute(&puppet, SUITE_GCM_AES_128, 1, 0, 0x55);
	puppet.is_silent_of_peer = true;
	cr_assert_eq(puppet_say(&puppet, node), 0, "heard, but not for us");
	cr_assert(!look()->latest.is_valid);
	puppet.is_silent_of_peer = false;
	puppet_say(&puppet, node);
	cr_assert(look()->latest.is_valid);
}

/* Without the SCI of every member there is no telling the SSCIs. */
Test(sak, waits_with_a_sak_until_all_its_members_are_heard) {
	struct puppet third;

	meet(1);
	puppet_begin(&third, node, 0x0200000000ff0001, 50);
	memcpy(puppet.entries, third.pdu.basic.mi, MI_OCTETS);
	puppet.entries[15] = 1;
	puppet.n_others = 1;
	puppet_distribute(&puppet, SUITE_GCM_AES_XPN_256, 1, 0, 0x55);
	cr_assert_eq(puppet_say(&puppet, node), 0);
	cr_assert(!look()->latest.is_valid);
	puppet_say(&third, node);
	puppet_say(&puppet, node);
	cr_assert(look()->latest.is_valid);
	cr_assert_eq(node->sas[0].sak.own_ssci, 3);
	puppet_end(&third);
}

Test(sak, gives_up_an_old_sa_whose_an_a_new_key_server_takes) {
	struct ki ki;

	meet(1);
	puppet_distribute(&puppet, SUITE_GCM_AES_128, 1, 3, 0x55);
	ki = puppet_ki(&puppet);
	puppet_use(&puppet, true, &ki, true, 1);
	puppet_say(&puppet, node);
	puppet_say(&puppet, node);
	cr_assert(look()->latest.transmits);
	puppet_distribute(&puppet, SUITE_GCM_AES_128, 2, 3, 0x66);
	cr_assert_eq(puppet_say(&puppet, node), 0);
	cr_assert_eq(look()->latest.ki.kn, 2);
	cr_assert(!view.old.is_valid);
	run_for(0);
}

/* A third SAK before anyone used the second: the one with the traffic stays. */
Test(sak, abandons_the_sak_that_nobody_transmits_with) {
	struct ki ki;

	meet(1);
	puppet_distribute(&puppet, SUITE_GCM_AES_128, 1, 0, 1);
	ki = puppet_ki(&puppet);
	puppet_use(&puppet, true, &ki, true, 1);
	puppet_say(&puppet, node);
	puppet_say(&puppet, node);
	for (uint8_t kn = 2; kn <= 3; kn++) {
		puppet_distribute(&puppet, SUITE_GCM_AES_128, kn, (kn - 1) & 3, kn);
		puppet_say(&puppet, node);
	}
	cr_assert_eq(look()->old.ki.kn, 1);
	cr_assert(view.old.transmits);
	cr_assert_eq(view.latest.ki.kn, 3);
	cr_assert(!node->sas[1].is_valid);
}

/* As before, but a third member already transmits with the second SAK. */
Test(sak, goes_on_receiving_with_an_abandoned_sak_that_a_peer_uses) {
	struct puppet third;
	struct ki ki;

	meet(1);
	puppet_begin(&third, node, 0x0200000000ff0001, 50);
	puppet_say(&third, node);
	for (uint8_t kn = 1; kn <= 3; kn++) {
		puppet_distribute(&puppet, SUITE_GCM_AES_128, kn, (kn - 1) & 3, kn);
		ki = puppet_ki(&puppet);
		if (kn == 1)
			puppet_use(&puppet, true, &ki, true, 1);
		puppet_say(&puppet, node);
		puppet_use(&third, true, &ki, kn == 2, 1);
		puppet_say(&third, node);
		puppet_say(&puppet, node);
	}
	cr_assert_eq(look()->latest.ki.kn, 3);
	cr_assert_eq(view.old.ki.kn, 1);
	cr_assert(node->sas[1].is_valid);
	live_on(2900 * MS);
	cr_assert(node->sas[1].is_valid);
	live_on(200 * MS);
	cr_assert(!node->sas[1].is_valid);
	puppet_end(&third);
}

Test(sak, makes_a_fresh_sak_for_a_member_that_lost_its_own) {
	struct ki ki;

	meet(255);
	ki = look()->latest.ki;
	puppet_use(&puppet, true, &ki, true, 1);
	live_on(5 * SECOND);
	cr_assert_eq(look()->latest.ki.kn, 1);
	puppet.pdu.seen[0] &= ~(1ull << SET_SAK_USE);
	live_on(4 * SECOND);
	cr_assert_eq(look()->latest.ki.kn, 1, "some leave the set out now and then");
	live_on(4 * SECOND);
	cr_assert_eq(look()->latest.ki.kn, 2);
	puppet_use(&puppet, true, &ki, true, 1);
	live_on(2 * SECOND);
	ki = look()->latest.ki;
	puppet_use(&puppet, true, &ki, true, 1);
	live_on(8 * SECOND);
	puppet.pdu.sak_use.latest.ki.kn = 77;
	live_on(2 * SECOND);
	cr_assert_eq(look()->latest.ki.kn, ki.kn + 1, "it says that it has another");
}

static int fail_once(void *ctx, const struct ki *ki) {
	struct node *of = ctx;

	if (of->install_error == 0)
		return model_transmit(of, ki);
	of->install_error = 0;
	return -EIO;
}

Test(sak, tries_again_when_transmission_cannot_move) {
	struct mka_ops ops;
	struct ki ki;

	meet(255);
	ops = *node->kay->ops;
	ops.sak_transmit = fail_once;
	node->kay->ops = &ops;
	node->install_error = -EIO;
	ki = look()->latest.ki;
	puppet_use(&puppet, true, &ki, false, 0);
	puppet_say(&puppet, node);
	cr_assert(look()->latest.transmits, "the settling at the end of the call tried again");
	mka_destroy(node->kay);
	node->kay = NULL;
	node->tick_ns = UINT64_MAX;
}

/* The key server's own installation fails: it must not hand out what it cannot receive. */
Test(sak, hands_out_no_sak_that_it_could_not_install) {
	uint8_t mi[MI_OCTETS];

	node_start(node);
	node->install_error = -EEXIST;
	memcpy(mi, look()->mi, MI_OCTETS);
	puppet_begin(&puppet, node, PUPPET_SCI, 255);
	puppet_say(&puppet, node);
	cr_assert(!look()->latest.is_valid);
	cr_assert_eq(view.saks_distributed, 0);
	cr_assert_neq(memcmp(mi, view.mi, MI_OCTETS), 0, "and the KI is known: a new MI");
	live_on(2100 * MS);
	cr_assert(look()->latest.is_valid);
}

Test(sak, avoids_the_ans_that_peers_still_use) {
	struct ki ki = {.mi = {1}, .kn = 9};

	node_start(node);
	puppet_begin(&puppet, node, PUPPET_SCI, 255);
	puppet_use(&puppet, true, &ki, true, 1);
	ki.kn = 8;
	puppet_use(&puppet, false, &ki, false, 1);
	puppet.pdu.sak_use.latest.an = 0;
	puppet.pdu.sak_use.old.an = 1;
	puppet_say(&puppet, node);
	cr_assert_eq(look()->latest.an, 2);
}

/* Its key server lost the election before anyone used it. */
Test(sak, keeps_the_sak_in_use_when_the_next_is_never_used) {
	struct puppet former;
	struct ki ki;

	meet(1);
	puppet_distribute(&puppet, SUITE_GCM_AES_128, 1, 0, 1);
	ki = puppet_ki(&puppet);
	puppet_use(&puppet, true, &ki, true, 1);
	puppet_say(&puppet, node);
	puppet_say(&puppet, node);
	puppet_begin(&former, node, 0x0200000000ef0001, 0);
	puppet_distribute(&former, SUITE_GCM_AES_128, 1, 1, 2);
	memcpy(former.entries, puppet.pdu.basic.mi, MI_OCTETS);
	former.n_others = 1;
	cr_assert_eq(puppet_say(&former, node), 0);
	cr_assert_eq(look()->old.ki.mi[0], ki.mi[0]);
	live_on(13 * SECOND); // without a word of the former
	cr_assert(look()->latest.transmits);
	cr_assert_eq(view.latest.ki.mi[0], ki.mi[0]);
	cr_assert(!view.old.is_valid);
	cr_assert(!node->sas[1].is_valid);
	puppet_end(&former);
}
