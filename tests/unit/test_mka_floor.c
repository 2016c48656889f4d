/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a peer's reported LPN does to its receive SAs here: delay protection (802.1X-2020 9.10), and
 * the way back into step with an XPN. Against a puppet, and with the data plane's own recovery.
 */
#include "dataplane/pn.h"
#include "tests/unit/mka_puppet.h"

#include <criterion/criterion.h>

#include <errno.h>

#define REACH 0x40000000ull // 2^30
#define WINDOW (PN_MAX_XPN_WINDOW)

/* The floors that were told, and a receive SA as the data plane keeps it. */
static struct {
	struct mka_ops ops;
	unsigned int told;
	struct ki ki;
	uint64_t sci;
	uint64_t lowest; // the highest that was told
	struct pn_window rx;
} floors;

static void note_floor(void *ctx, const struct ki *ki, uint64_t sci, uint64_t lowest_pn) {
	cr_assert_not_null(model_find(ctx, ki), "an SA that is installed");
	floors.told++;
	floors.ki = *ki;
	floors.sci = sci;
	if (lowest_pn > floors.lowest)
		floors.lowest = lowest_pn;
}

static void open_floors(void) {
	open_world();
	memset(&floors, 0, sizeof(floors));
	floors.rx = (struct pn_window){.next = 1, .lowest = 1};
}

static void watch(void) {
	floors.ops = *node->kay->ops;
	floors.ops.lpn_floor = note_floor;
	node->kay->ops = &floors.ops;
}

static void close_floors(void) {
	if (node->kay != NULL)
		mka_destroy(node->kay); // its ops are ours
	node->kay = NULL;
	close_world();
}

TestSuite(floor, .init = open_floors, .fini = close_floors);

/* We are key server; the puppet has our SAK. */
static struct ki begin(enum cipher_suite suite, bool delay_protect) {
	node->config.suite = suite;
	node->config.delay_protect = delay_protect;
	meet(255);
	watch();
	puppet.pdu.sak_use.delay_protect = true;
	return look()->latest.ki;
}

static uint64_t floor_after(const struct ki *ki, bool transmits, uint64_t lpn) {
	floors.told = 0;
	floors.lowest = 0;
	puppet_use(&puppet, true, ki, transmits, lpn);
	puppet.pdu.sak_use.delay_protect = true;
	cr_assert_eq(puppet_say(&puppet, node), 0);
	return floors.lowest;
}

Test(floor, is_the_lpn_with_delay_protection_on_both_sides) {
	struct ki ki = begin(SUITE_GCM_AES_128, true);

	cr_assert_eq(floor_after(&ki, true, 1234), 1234);
	cr_assert_eq(floors.told, 1);
	cr_assert_eq(floors.sci, PUPPET_SCI);
	cr_assert_eq(floors.ki.kn, ki.kn);
}

Test(floor, is_left_alone_when_one_side_does_without_delay_protection) {
	struct ki ki = begin(SUITE_GCM_AES_128, true);

	puppet_use(&puppet, true, &ki, true, 1234);
	puppet.pdu.sak_use.delay_protect = false;
	puppet_say(&puppet, node);
	cr_assert_eq(floors.told, 0);
	node->kay->config.delay_protect = false;
	cr_assert_eq(floor_after(&ki, true, 1234), 0);
	cr_assert_eq(floors.told, 0);
}

Test(floor, is_left_alone_by_a_key_that_does_not_transmit) {
	struct ki ki = begin(SUITE_GCM_AES_128, true);

	floor_after(&ki, false, 1234);
	cr_assert_eq(floors.told, 0);
	floor_after(&ki, true, 0);
	cr_assert_eq(floors.told, 0, "0 is no packet number");
}

Test(floor, is_left_alone_by_a_key_that_we_do_not_hold) {
	struct ki ki = begin(SUITE_GCM_AES_128, true);

	ki.kn++;
	cr_assert_eq(floor_after(&ki, true, 1234), 0);
	ki.kn--;
	ki.mi[3] ^= 1;
	cr_assert_eq(floor_after(&ki, true, 1234), 0);
	cr_assert_eq(floors.told, 0);
}

Test(floor, is_found_by_key_in_the_old_position_too) {
	struct ki ki = begin(SUITE_GCM_AES_128, true), none = {0};

	puppet_use(&puppet, true, &none, false, 0);
	puppet_use(&puppet, false, &ki, true, 77);
	puppet_say(&puppet, node);
	cr_assert_eq(floors.lowest, 77);
}

/* Who is slower than the others sends with a SAK that is not the latest here any more. */
Test(floor, is_raised_for_every_sak_that_still_receives) {
	struct ki kis[3];

	begin(SUITE_GCM_AES_128, true);
	for (uint32_t i = 0; i < 3; i++) {
		kis[i] = look()->latest.ki;
		cr_assert_eq(kis[i].kn, i + 1);
		puppet_use(&puppet, true, &kis[i], true, 1);
		live_on(SECOND);
		if (i < 2)
			cr_assert_eq(node_rekey(node), 0);
	}
	for (uint32_t i = 0; i < 3; i++)
		cr_assert_eq(floor_after(&kis[i], true, 50 + i), 50 + i);
}

Test(floor, ignores_the_upper_half_with_a_32_bit_suite) {
	struct ki ki = begin(SUITE_GCM_AES_256, true);

	cr_assert_eq(floor_after(&ki, true, 0xdead00000007), 7);
	floor_after(&ki, true, 0xdead00000000);
	cr_assert_eq(floors.told, 0);
	node->kay->config.delay_protect = false;
	floor_after(&ki, true, 0xdead90000007);
	cr_assert_eq(floors.told, 0, "nothing to find; and the window may be wider");
}

/* Nor may it make the key server rekey. */
Test(floor, takes_no_upper_half_for_a_packet_number_that_runs_out) {
	struct ki ki = begin(SUITE_GCM_AES_256, false);

	puppet_use(&puppet, true, &ki, true, 0xffffffff00000009);
	live_on(10 * SECOND);
	cr_assert_eq(look()->latest.ki.kn, 1);
	puppet_use(&puppet, true, &ki, true, 0xc0000000);
	live_on(5 * SECOND);
	cr_assert_eq(look()->latest.ki.kn, 2);
}

Test(floor, is_not_moved_by_a_replayed_mkpdu) {
	struct ki ki = begin(SUITE_GCM_AES_128, true);

	floor_after(&ki, true, 1234);
	puppet.pdu.sak_use.latest.lpn = 5000;
	puppet.pdu.basic.mn--;
	floors.told = 0;
	cr_assert_eq(puppet_say(&puppet, node), -EBADMSG);
	cr_assert_eq(floors.told, 0);
}

Test(floor, is_not_moved_by_a_member_that_is_not_live) {
	struct ki ki = begin(SUITE_GCM_AES_128, true);

	memset(puppet.pdu.basic.mi, 0x77, MI_OCTETS);
	puppet.is_silent_of_peer = true;
	floor_after(&ki, true, 1234);
	cr_assert_eq(floors.told, 0);
}

/* The fallback CAK may be in more hands than the primary one. */
Test(floor, is_not_moved_by_a_member_of_another_ca) {
	struct mka_cak other = world_cak(1);
	struct node disguised;
	struct puppet stranger;
	struct ki ki;

	other.is_fallback = true;
	cr_assert_eq(node_add_cak(node, &other), 0);
	ki = begin(SUITE_GCM_AES_128, true);
	disguised = *node;
	disguised.caks[0] = other;
	puppet_begin(&stranger, &disguised, PUPPET_SCI, 255);
	stranger.n_others = 1; // our identity in that CA
	for (int i = 0; i < 2; i++) {
		struct writer out = {.base = stranger.entries, .size = MKPDU_LIST_ENTRY_OCTETS};

		writer_octets(&out, look()->participants[1].mi, MI_OCTETS);
		writer_number(&out, view.participants[1].mn, 4);
		puppet_use(&stranger, true, &ki, true, 1234);
		stranger.pdu.sak_use.delay_protect = true;
		cr_assert_eq(puppet_say(&stranger, node), 0);
	}
	cr_assert_eq(look()->participants[1].n_live, 1);
	cr_assert_eq(floors.told, 0);
	puppet_end(&stranger);
}

/* XPN without delay protection. */

Test(floor, of_an_xpn_is_2_to_the_30_below_the_lpn) {
	struct ki ki = begin(SUITE_GCM_AES_XPN_128, false);

	cr_assert_eq(floor_after(&ki, true, 0x1234567890), 0x1234567890 - REACH);
	cr_assert_eq(floor_after(&ki, true, REACH + 1), 1);
	floor_after(&ki, true, REACH);
	floor_after(&ki, true, 7);
	cr_assert_eq(floors.told, 0, "in reach from the start");
	node->kay->config.delay_protect = true;
	cr_assert_eq(floor_after(&ki, true, 0x1234567890), 0x1234567890, "the stricter one");
}

/* The data plane: a frame with this PN arrives. Whether its PN is found. */
static bool is_recovered(uint64_t pn) {
	uint64_t lowest = floors.rx.lowest > floors.lowest ? floors.rx.lowest : floors.lowest;

	return pn_recover(lowest, (uint32_t)pn) == pn;
}

static void accept(uint64_t pn) {
	if (floors.lowest > floors.rx.lowest)
		floors.rx.lowest = floors.lowest;
	floors.rx = pn_accept(floors.rx, pn, WINDOW);
}

/* The SAK comes with an MKPDU whose sender transmits with it for long. */
Test(floor, lets_us_join_an_xpn_sa_past_2_to_the_33) {
	static const uint64_t joined = 0x200000005;
	struct ki ki;

	meet(1);
	watch();
	puppet_distribute(&puppet, SUITE_GCM_AES_XPN_256, 9, 0, 0x55);
	ki = puppet_ki(&puppet);
	cr_assert(!is_recovered(joined), "the other half is not on the wire");
	cr_assert_eq(floor_after(&ki, true, joined), joined - REACH, "at once");
	cr_assert(look()->latest.is_valid);
	cr_assert(is_recovered(joined));
	cr_assert(is_recovered(joined + REACH - 1));
	cr_assert(is_recovered(joined - REACH));
	accept(joined);
	for (uint64_t pn = joined; pn < joined + 0x300000000; pn += 0x3fffffff) {
		cr_assert(is_recovered(pn), "and then by itself: %lx", (unsigned long)pn);
		accept(pn);
	}
}

Test(floor, brings_an_xpn_sa_back_after_a_jump_of_2_to_the_32) {
	struct ki ki = begin(SUITE_GCM_AES_XPN_256, false);
	uint64_t pn = 1;

	for (; pn < 100000; pn++) {
		cr_assert(is_recovered(pn));
		accept(pn);
	}
	pn += 0x100000000;
	cr_assert(!is_recovered(pn), "2^32 frames were lost");
	floor_after(&ki, true, pn - 20);
	cr_assert(is_recovered(pn));
	accept(pn);
	pn += 0x80000000;
	cr_assert(!is_recovered(pn), "and 2^31 again");
	floor_after(&ki, true, pn - 20);
	cr_assert(is_recovered(pn));
}

/* With the widest window that XPN may have, and an LPN as new as can be. */
Test(floor, refuses_no_frame_that_the_window_accepts) {
	static const uint64_t at[] = {0x40000000, 0x7fffffff, 0x80000000, 0xc0000001, 0x1c0000000};
	struct ki ki = begin(SUITE_GCM_AES_XPN_256, false);

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		accept(at[i] - 1);
		cr_assert_leq(floor_after(&ki, true, at[i]), floors.rx.lowest);
	}
}

/* It loses its own frames until the next SAK; the other members are not touched. */
Test(floor, of_a_liar_concerns_its_own_sa_alone) {
	struct ki ki = begin(SUITE_GCM_AES_XPN_256, true);
	struct puppet honest;

	puppet_begin(&honest, node, PUPPET_SCI + 0x10000, 255);
	puppet_say(&honest, node);
	cr_assert_eq(floor_after(&ki, true, UINT64_MAX), UINT64_MAX);
	cr_assert_eq(floors.told, 1);
	cr_assert_eq(floors.sci, PUPPET_SCI);
	puppet_end(&honest);
}
