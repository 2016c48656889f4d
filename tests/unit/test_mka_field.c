/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What other implementations send and do, as the field has it, must be understood: a puppet does
 * the same to a member of ours.
 */
#include "tests/unit/mka_puppet.h"

#include <criterion/criterion.h>

#include <errno.h>

TestSuite(field, .init = open_world, .fini = close_world);

static struct mkpdu last; // of what our member sent, without what points into the frame
static struct mka_ops spy;

static void keep_sent(void *ctx, const uint8_t *frame, size_t octets) {
	enum mka_refusal why;

	(void)ctx;
	cr_assert(mkpdu_decode_head(frame, octets, &last, &why));
	cr_assert(mkpdu_decode_sets(frame, &last));
}

static void spy_on_node(void) {
	spy = *node->kay->ops;
	spy.send = keep_sent;
	node->kay->ops = &spy;
}

/* Order of the sets: a permutation of what the encoder wrote. */
#define SETS_MAX 6u

static unsigned int order[SETS_MAX], n_sets;

static size_t permute(uint8_t *frame, size_t octets, size_t size) {
	uint8_t copy[MKA_FRAME_MAX_OCTETS];
	size_t begins[SETS_MAX + 1], used;
	struct mkpdu pdu;
	enum mka_refusal why;

	(void)size;
	memcpy(copy, frame, octets);
	cr_assert(mkpdu_decode_head(frame, octets + MKPDU_ICV_OCTETS, &pdu, &why));
	begins[0] = used = pdu.sets_offset;
	for (n_sets = 0; begins[n_sets] < octets; n_sets++) {
		const uint8_t *head = copy + begins[n_sets];
		size_t body = (size_t)(head[2] & 0x0f) << 8 | head[3];

		cr_assert_lt(n_sets, SETS_MAX);
		begins[n_sets + 1] = begins[n_sets] + 4 + padded(body);
	}
	for (unsigned int i = 0; i < n_sets; i++) {
		size_t n = begins[order[i] + 1] - begins[order[i]];

		memcpy(frame + used, copy + begins[order[i]], n);
		used += n;
	}
	return used;
}

/* The next permutation of `order` in lexical order; false after the last. */
static bool next_order(void) {
	unsigned int at = SETS_MAX - 1, with = SETS_MAX - 1, swapped;

	while (at > 0 && order[at - 1] > order[at])
		at--;
	if (at == 0)
		return false;
	while (order[with] < order[at - 1])
		with--;
	swapped = order[at - 1];
	order[at - 1] = order[with];
	order[with] = swapped;
	for (unsigned int i = at, j = SETS_MAX - 1; i < j; i++, j--) {
		swapped = order[i];
		order[i] = order[j];
		order[j] = swapped;
	}
	return true;
}

/* Both lists, SAK Use, Distributed SAK, Announcement, XPN: all 720 orders. */
Test(field, sets_may_come_in_any_order) {
	static const uint8_t suites[] = {0xe0, 10, 0, 3, 0, 0x80, 0xc2, 0, 1, 0, 0, 2};
	uint32_t kn = 0;

	meet(1);
	puppet.rewrite = permute;
	puppet.pdu.announcement = suites;
	puppet.pdu.announcement_octets = sizeof(suites);
	mkpdu_mark(&puppet.pdu, SET_ANNOUNCEMENT);
	mkpdu_mark(&puppet.pdu, SET_POTENTIAL_PEERS);
	puppet.pdu.potential.entries = (const uint8_t *)"somebody+else...";
	puppet.pdu.potential.n = 1;
	for (unsigned int i = 0; i < SETS_MAX; i++)
		order[i] = i;
	do {
		struct ki ki;

		kn++;
		puppet_distribute(&puppet, SUITE_GCM_AES_XPN_256, kn, kn & 3, (uint8_t)kn);
		ki = puppet_ki(&puppet);
		puppet_use(&puppet, true, &ki, false, UINT64_C(0x500000000) + kn);
		cr_assert_eq(puppet_say(&puppet, node), 0, "order %u", kn);
		cr_assert_eq(n_sets, SETS_MAX);
		cr_assert_eq(look()->latest.ki.kn, kn, "the SAK was taken");
		cr_assert(view.peers[0].is_live);
		cr_assert_eq(view.peers[0].suites, 1u << SUITE_GCM_AES_256);
		cr_assert_eq(
			node->kay->participants[0]->peers[0].use.latest.lpn,
			UINT64_C(0x500000000) + kn
		);
	} while (next_order());
	cr_assert_eq(kn, 720);
}

Test(field, icv_indicators_may_come_and_go) {
	meet(255);
	for (unsigned int i = 0; i < 10; i++) {
		puppet.pdu.seen[3] ^= 1ull << 63;
		cr_assert_eq(mkpdu_has(&puppet.pdu, SET_ICV_INDICATOR), !(i & 1));
		cr_assert_eq(puppet_say(&puppet, node), 0);
	}
}

Test(field, all_eapol_versions_and_mka_versions_from_1_up_are_understood) {
	meet(1);
	for (unsigned int version = 0; version < 256; version++) {
		puppet.pdu.eapol_version = (uint8_t)version;
		cr_assert_eq(puppet_say(&puppet, node), 0, "EAPOL version %u", version);
	}
	for (unsigned int version = 1; version < 256; version++) {
		puppet.pdu.basic.version = (uint8_t)version;
		cr_assert_eq(puppet_say(&puppet, node), 0, "MKA version %u", version);
		cr_assert_eq(look()->peers[0].mka_version, version);
	}
	puppet.pdu.basic.version = 0;
	cr_assert_eq(puppet_say(&puppet, node), -EBADMSG);
}

static uint8_t grown_type;

/* Adds four octets to the set of the type `grown_type`. */
static size_t grow(uint8_t *frame, size_t octets, size_t size) {
	struct mkpdu pdu;
	enum mka_refusal why;
	uint8_t *set;
	size_t end;

	cr_assert_leq(octets + 4, size);
	cr_assert(mkpdu_decode_head(frame, octets + MKPDU_ICV_OCTETS, &pdu, &why));
	for (set = frame + pdu.sets_offset; set[0] != grown_type;)
		set += 4 + padded((size_t)(set[2] & 0x0f) << 8 | set[3]);
	end = (size_t)(set - frame) + 4 + set[3];
	memmove(frame + end + 4, frame + end, octets - end);
	memset(frame + end, 0xa5, 4);
	set[3] = (uint8_t)(set[3] + 4);
	return octets + 4;
}

/* A later version may say more in a set; of ours the length is known. */
Test(field, longer_sets_are_understood_from_later_versions_only) {
	static const uint8_t types[] = {SET_SAK_USE, SET_XPN};
	struct ki ki;

	meet(255);
	ki = look()->latest.ki;
	puppet_use(&puppet, true, &ki, false, UINT64_C(0x700000001));
	puppet.rewrite = grow;
	for (unsigned int i = 0; i < 2; i++) {
		grown_type = types[i];
		puppet.pdu.basic.version = MKA_VERSION_SENT;
		cr_assert_eq(puppet_say(&puppet, node), -EBADMSG);
		cr_assert_eq(look()->last_refusal_reason, MKA_REFUSED_MALFORMED);
	}
	cr_assert(!look()->latest.transmits);
	for (unsigned int i = 0; i < 2; i++) {
		grown_type = types[i];
		puppet.pdu.basic.version = MKA_VERSION_SENT + 1;
		cr_assert_eq(puppet_say(&puppet, node), 0);
		cr_assert_eq(
			node->kay->participants[0]->peers[0].use.latest.lpn, UINT64_C(0x700000001)
		);
	}
	cr_assert(look()->latest.transmits);
}

/* In the old position, as some report the only key they have: here that of a key server. */
Test(field, a_key_server_may_report_its_key_as_the_old_one) {
	struct ki ki, none = {.kn = 0};

	meet(1);
	puppet_distribute(&puppet, SUITE_GCM_AES_128, 1, 0, 0x55);
	ki = puppet_ki(&puppet);
	puppet_say(&puppet, node);
	puppet_use(&puppet, true, &none, false, 1);
	puppet_use(&puppet, false, &ki, true, 1);
	puppet_say(&puppet, node);
	cr_assert(look()->latest.transmits);
}

static void live_on_without_sak(uint64_t ns) {
	for (uint64_t end_ns = world.now_ns + ns; world.now_ns < end_ns;) {
		run_for(500 * MS);
		puppet_say(&puppet, node);
		cr_assert(mkpdu_has(&last, SET_DISTRIBUTED_SAK), "it still waits for it");
	}
}

/* Hardware may need seconds: the peer hears the SAK all the time, and nothing is torn down. */
Test(field, a_peer_may_need_5_s_to_install) {
	struct ki ki;

	meet(255);
	spy_on_node();
	run_for(0);
	live_on_without_sak(5 * SECOND);
	cr_assert_eq(look()->state, MKA_PENDING);
	cr_assert(view.peers[0].is_live && !view.latest.transmits);
	ki = view.latest.ki;
	puppet_use(&puppet, true, &ki, false, 1);
	puppet_say(&puppet, node);
	cr_assert_eq(look()->state, MKA_SECURED, "at once then");
	cr_assert_eq(view.saks_distributed, 1);
	cr_assert_eq(node->state_changes, 2, "pending, secured");
	node_stop(node);
}

Test(field, a_peer_may_need_5_s_to_install_the_next) {
	struct ki first, second;

	meet(255);
	spy_on_node();
	first = look()->latest.ki;
	puppet_use(&puppet, true, &first, true, 1);
	live_on(10 * SECOND);
	cr_assert_eq(look()->state, MKA_SECURED);
	cr_assert_eq(node_rekey(node), 0);
	live_on_without_sak(5 * SECOND);
	second = look()->latest.ki;
	cr_assert_eq(second.kn, first.kn + 1);
	cr_assert(!view.latest.transmits && view.old.transmits, "the old one carries traffic");
	puppet_use(&puppet, false, &first, true, 1);
	puppet_use(&puppet, true, &second, true, 1);
	puppet_say(&puppet, node);
	cr_assert(look()->latest.transmits);
	cr_assert_eq(view.latest.ki.kn, second.kn);
	cr_assert_eq(node->state_changes, 2, "secured throughout");
	node_stop(node);
}

/* As key server it tells its SAK Use late, which others took for a failure. */
Test(field, a_key_server_may_need_5_s_to_install) {
	struct ki ki;

	meet(1);
	puppet_distribute(&puppet, SUITE_GCM_AES_XPN_128, 1, 0, 0x55);
	puppet_say(&puppet, node);
	live_on(5 * SECOND);
	cr_assert_eq(look()->state, MKA_PENDING);
	cr_assert(view.latest.is_valid && !view.latest.transmits);
	ki = puppet_ki(&puppet);
	puppet_use(&puppet, true, &ki, true, 1);
	puppet_say(&puppet, node);
	cr_assert_eq(look()->state, MKA_SECURED);
	cr_assert_eq(world.n_keys, 1);
	cr_assert_eq(node->state_changes, 2);
}

/* How long after its first SAK the peer restarts: in the middle of a hand-over, or much later. */
static const uint64_t ages_ns[] = {
	10 * MS, 300 * MS, 700 * MS, 2 * SECOND, 5 * SECOND, 5900 * MS, 6500 * MS, 30 * SECOND,
};

/* The same SCI and nothing else: it knows nobody, and nobody's SAK. */
static void restart_puppet(uint8_t fill) {
	struct mkpdu_basic *basic = &puppet.pdu.basic;

	memset(basic->mi, fill, MI_OCTETS);
	basic->mn = 0;
	memset(puppet.pdu.seen, 0, sizeof(puppet.pdu.seen));
	memset(&puppet.pdu.sak_use, 0, sizeof(puppet.pdu.sak_use));
}

/* A stack that speaks each 2 s only: its first word does not name us, the second does. */
static void speak_after(uint64_t wait_ns) {
	puppet.is_silent_of_peer = true;
	cr_assert_eq(puppet_say(&puppet, node), 0);
	puppet.is_silent_of_peer = false;
	run_for(wait_ns);
	cr_assert_eq(puppet_say(&puppet, node), 0);
}

static void restart_member_at(uint64_t age_ns, uint64_t wait_ns, uint64_t bound_ns) {
	struct ki ki;
	uint64_t began_ns;

	meet(255);
	ki = look()->latest.ki;
	puppet_use(&puppet, true, &ki, true, 1);
	puppet_say(&puppet, node);
	cr_assert_eq(look()->state, MKA_SECURED);
	live_on(age_ns);
	began_ns = world.now_ns;
	restart_puppet(0xa1);
	speak_after(wait_ns);
	while (look()->latest.ki.kn == ki.kn && world.now_ns - began_ns < bound_ns)
		run_for(10 * MS);
	cr_assert_eq(view.latest.ki.kn, ki.kn + 1, "a SAK of its own, age %lu", age_ns);
	cr_assert_eq(view.n_peers, 1, "its former identity is gone");
	ki = view.latest.ki;
	puppet_use(&puppet, true, &ki, true, 1);
	puppet_say(&puppet, node);
	cr_assert_eq(look()->state, MKA_SECURED);
	cr_assert(view.latest.transmits);
	cr_assert_leq(world.now_ns - began_ns, bound_ns);
}

Test(field, a_member_that_restarts_is_secured_again_within_one_hello) {
	for (size_t i = 0; i < sizeof(ages_ns) / sizeof(ages_ns[0]); i++) {
		restart_member_at(ages_ns[i], MKA_HELLO_NS, MKA_HELLO_NS);
		puppet_end(&puppet);
		close_world();
		open_world();
		restart_member_at(ages_ns[i], 5 * MS, 550 * MS);
		puppet_end(&puppet);
		close_world();
		open_world();
	}
}

static void restart_key_server_at(uint64_t age_ns) {
	struct ki ki;
	uint64_t began_ns;

	meet(1);
	puppet_distribute(&puppet, SUITE_GCM_AES_XPN_256, 1, 0, 0x55);
	ki = puppet_ki(&puppet);
	puppet_use(&puppet, true, &ki, true, 1);
	puppet_say(&puppet, node);
	puppet_say(&puppet, node);
	cr_assert_eq(look()->state, MKA_SECURED);
	live_on(age_ns);
	began_ns = world.now_ns;
	restart_puppet(0xa2);
	puppet.is_silent_of_peer = true;
	puppet_say(&puppet, node);
	puppet.is_silent_of_peer = false;
	run_for(MKA_HELLO_NS);
	/* It counts from 1 again, as if it were the first key of the day. */
	puppet_distribute(&puppet, SUITE_GCM_AES_XPN_256, 1, 0, 0x66);
	ki = puppet_ki(&puppet);
	puppet_use(&puppet, true, &ki, true, 1);
	cr_assert_eq(puppet_say(&puppet, node), 0);
	cr_assert_eq(look()->latest.ki.mi[0], 0xa2, "age %lu", age_ns);
	puppet_say(&puppet, node);
	cr_assert(look()->latest.transmits);
	cr_assert_eq(view.n_peers, 1);
	cr_assert_leq(world.now_ns - began_ns, MKA_HELLO_NS);
}

Test(field, a_key_server_that_restarts_is_followed_within_one_hello) {
	for (size_t i = 0; i < sizeof(ages_ns) / sizeof(ages_ns[0]); i++) {
		restart_key_server_at(ages_ns[i]);
		puppet_end(&puppet);
		close_world();
		open_world();
	}
}

/* 01-80-C2-00-00-0E, or any group address: sent to it, and heard on it alone. */
Test(field, another_destination_address_is_used_both_ways) {
	static const uint8_t other[] = {0x01, 0x00, 0x5e, 0x90, 0x01, 0x01};

	memcpy(node->config.destination_mac, other, sizeof(other));
	meet(255);
	spy_on_node();
	run_for(3 * SECOND);
	cr_assert_eq(memcmp(last.destination, other, sizeof(other)), 0);
	puppet.pdu.destination[5] ^= 1;
	cr_assert_eq(puppet_say(&puppet, node), -EBADMSG);
	cr_assert_eq(look()->last_refusal_reason, MKA_REFUSED_NOT_GROUP);
	node_stop(node);
}
