/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Classification, both sides: who may pass in clear and who only looks like it, EAPOL, frames that
 * are too short or were cut, and bursts of everything at once.
 */

#include "dataplane/sectag.h"
#include "tests/unit/scene.h"

#include <rte_mbuf.h>

#include <criterion/criterion.h>

#include <assert.h>
#include <stdio.h>

struct l2_case {
	const char *name;
	uint8_t to[6];
	uint16_t ethertype;
	uint32_t bypass; // the one bit that lets it cross; 0: none does
	uint8_t llc[8];  // behind an 802.3 length; 0: that of STP
};

static const struct l2_case l2_cases[] = {
	{"LLDP", {0x01, 0x80, 0xc2, 0, 0, 0x0e}, 0x88cc, SECY_BYPASS_LLDP, {0}},
	{"LLDP, to non-TPMR bridges",
	 {0x01, 0x80, 0xc2, 0, 0, 0x03},
	 0x88cc,
	 SECY_BYPASS_LLDP,
	 {0}},
	{"LLDP, to customer bridges", {0x01, 0x80, 0xc2, 0, 0, 0}, 0x88cc, SECY_BYPASS_LLDP, {0}},
	{"LLDP, unicast", {0x02, 0, 0, 0, 0, 0x77}, 0x88cc, 0, {0}},
	{"LLDP, next EtherType", {0x01, 0x80, 0xc2, 0, 0, 0x0e}, 0x88cd, 0, {0}},
	{"LLDP, its address alone", {0x01, 0x80, 0xc2, 0, 0, 0x0e}, 0x0800, 0, {0}},
	{"LACP", {0x01, 0x80, 0xc2, 0, 0, 0x02}, 0x8809, SECY_BYPASS_LACP, {0}},
	{"slow protocol, last octet", {0x01, 0x80, 0xc2, 0, 0, 0x03}, 0x8809, 0, {0}},
	{"slow protocol, first octet", {0x03, 0x80, 0xc2, 0, 0, 0x02}, 0x8809, 0, {0}},
	{"slow protocol, fifth octet", {0x01, 0x80, 0xc2, 0, 1, 0x02}, 0x8809, 0, {0}},
	{"slow protocol, unicast", {0x02, 0, 0, 0, 0, 0x77}, 0x8809, 0, {0}},
	{"STP, 802.3 length", {0x01, 0x80, 0xc2, 0, 0, 0}, 38, SECY_BYPASS_STP, {0}},
	{"STP, longest length", {0x01, 0x80, 0xc2, 0, 0, 0}, 1500, SECY_BYPASS_STP, {0}},
	{"STP, no length any more", {0x01, 0x80, 0xc2, 0, 0, 0}, 1501, 0, {0}},
	{"STP, an EtherType", {0x01, 0x80, 0xc2, 0, 0, 0}, 0x0800, 0, {0}},
	{"STP, next address", {0x01, 0x80, 0xc2, 0, 0, 1}, 38, 0, {0}},
	{"STP, another LLC", {0x01, 0x80, 0xc2, 0, 0, 0}, 38, 0, {0x42, 0x42, 0x04}},
	{"CDP",
	 {0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc},
	 200,
	 SECY_BYPASS_CDP,
	 {0xaa, 0xaa, 0x03, 0, 0, 0x0c, 0x20, 0}},
	{"DTP, CDP's address",
	 {0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc},
	 200,
	 0,
	 {0xaa, 0xaa, 0x03, 0, 0, 0x0c, 0x20, 4}},
	{"CDP, no SNAP", {0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc}, 200, 0, {0x42, 0x42, 0x03}},
	{"CDP, next address", {0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcd}, 200, 0, {0}},
	{"CDP, an EtherType", {0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc}, 0x2000, 0, {0}},
	{"pause", {0x01, 0x80, 0xc2, 0, 0, 1}, 0x8808, SECY_BYPASS_PAUSE, {0}},
	{"pause, unicast", {0x02, 0, 0, 0, 0, 0x77}, 0x8808, 0, {0}},
	{"pause, next EtherType", {0x01, 0x80, 0xc2, 0, 0, 1}, 0x8807, 0, {0}},
	{"PTP", {0x01, 0x1b, 0x19, 0, 0, 0}, 0x88f7, SECY_BYPASS_PTP, {0}},
	{"PTP, peer delay", {0x01, 0x80, 0xc2, 0, 0, 0x0e}, 0x88f7, SECY_BYPASS_PTP, {0}},
	{"PTP, unicast", {0x02, 0, 0, 0, 0, 0x77}, 0x88f7, 0, {0}},
	{"PTP, next EtherType", {0x01, 0x1b, 0x19, 0, 0, 0}, 0x88f8, 0, {0}},
	{"LLC to anyone", {0x02, 0, 0, 0, 0, 0x77}, 100, 0, {0}},
	{"IPv4", {0x02, 0, 0, 0, 0, 0x77}, 0x0800, 0, {0}},
};
#define L2_CASES (sizeof(l2_cases) / sizeof(l2_cases[0]))
#define BYPASS_BITS 6u

static const uint8_t stp_llc[8] = {0x42, 0x42, 0x03};

static void make_l2(const struct l2_case *c, uint8_t *frame, uint32_t octets) {
	scene_plain(frame, octets, 0);
	memcpy(frame, c->to, 6);
	frame[12] = (uint8_t)(c->ethertype >> 8);
	frame[13] = (uint8_t)c->ethertype;
	if (c->ethertype <= 1500)
		memcpy(frame + 14, c->llc[0] != 0 ? c->llc : stp_llc, sizeof(c->llc));
}

static void check_l2(struct lane_bench *bench, const struct l2_case *c) {
	const bool is_bypassed = c->bypass & bench->secy->bypass;
	uint8_t frame[70];
	char name[80];

	snprintf(name, sizeof(name), "%s, bypass %02x", c->name, bench->secy->bypass);
	make_l2(c, frame, sizeof(frame));
	bench_put(bench, frame, sizeof(frame));
	bench_protect(bench);
	if (is_bypassed)
		scene_sends(bench, 0, frame, sizeof(frame), name);
	else
		scene_drops(bench, 0, C_DROP_NO_TX_SA, name);
	scene_finish(
		bench, &bench->protecting, name, {is_bypassed ? C_BYPASSED : C_DROP_NO_TX_SA, 1}
	);
	bench_put(bench, frame, sizeof(frame));
	bench_validate(bench);
	if (is_bypassed)
		scene_sends(bench, 0, frame, sizeof(frame), name);
	else
		scene_drops(bench, 0, C_IN_PKTS_NO_TAG, name);
	scene_finish(
		bench, &bench->validating, name, {is_bypassed ? C_BYPASSED : C_IN_PKTS_NO_TAG, 1}
	);
}

/* Every case against no bit, each single bit, all bits but its own, and all. */
Test(classify, lets_just_the_named_protocols_cross_in_clear) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	const uint32_t all = (1u << BYPASS_BITS) - 1;

	for (size_t i = 0; i < L2_CASES; i++) {
		for (unsigned bit = 0; bit < BYPASS_BITS; bit++) {
			bench->secy->bypass = 1u << bit;
			check_l2(bench, &l2_cases[i]);
		}
		bench->secy->bypass = 0;
		check_l2(bench, &l2_cases[i]);
		bench->secy->bypass = all & ~l2_cases[i].bypass;
		check_l2(bench, &l2_cases[i]);
		bench->secy->bypass = all;
		check_l2(bench, &l2_cases[i]);
	}
	bench_close(bench);
}

/* With an SA in use, bypass still goes in clear and takes no PN. */
Test(classify, bypasses_a_secured_link_too) {
	struct lane_bench *bench = scene_open((struct bench_request){.bypass = SECY_BYPASS_LLDP});
	const struct sak sak = scene_sak(SUITE_GCM_AES_256, 1, 0, true);
	uint8_t frame[70], other[70];

	scene_install(bench, &sak);
	make_l2(&l2_cases[0], frame, sizeof(frame));
	make_l2(&(const struct l2_case){"IPv4", {0x02, 0, 0, 0, 0, 0x77}, 0x0800, 0, {0}}, other,
		70);
	bench_put(bench, frame, sizeof(frame));
	bench_put(bench, other, sizeof(other));
	bench_protect(bench);
	scene_sends(bench, 0, frame, sizeof(frame), "LLDP");
	cr_assert_eq(bench->burst.fate[1], FATE_SEND);
	scene_finish(
		bench, &bench->protecting, "secured", {C_BYPASSED, 1}, {C_OUT_PKTS_ENCRYPTED, 1},
		{C_OUT_OCTETS_ENCRYPTED, sizeof(other) - 12}
	);
	cr_assert_eq(sa_install_next_pn(bench->door, &sak.ki), 2);
	bench_close(bench);
}

static void make_eapol(uint8_t *frame, uint32_t octets) {
	static const struct l2_case eapol = {"EAPOL", {0x01, 0x80, 0xc2, 0, 0, 3}, 0x888e, 0, {0}};
	make_l2(&eapol, frame, octets);
}

static void set_clear(struct lane_bench *bench, bool is_open) {
	bench->secy->validate = is_open ? SECY_DISABLED : SECY_STRICT;
	bench->secy->bypass = is_open ? UINT32_MAX : 0;
	sa_install_allow_clear(bench->door, is_open);
}

/* Only we speak MKA: whatever the policy, EAPOL never crosses, in either direction. */
Test(classify, drops_eapol_from_the_host_and_punts_it_from_the_line) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	uint8_t frame[200];

	make_eapol(frame, sizeof(frame));
	for (unsigned is_open = 0; is_open < 2; is_open++) {
		set_clear(bench, is_open);
		bench_put(bench, frame, sizeof(frame));
		bench_protect(bench);
		scene_finish(bench, &bench->protecting, "host", {C_DROP_HOST_EAPOL, 1});
		bench_put(bench, frame, sizeof(frame));
		bench_validate(bench);
		scene_finish(bench, &bench->validating, "line", {C_PUNTED, 1});
		const struct frame_slot *slot = frame_ring_peek(&bench->punt);
		cr_assert_not_null(slot);
		cr_assert_eq(slot->octets, sizeof(frame));
		cr_assert_arr_eq(slot->data, frame, sizeof(frame));
		frame_ring_pop(&bench->punt);
		cr_assert_null(frame_ring_peek(&bench->punt));
	}
	bench_close(bench);
}

/* EAPOL behind a VLAN tag is not ours: it is data like any other. */
Test(classify, takes_eapol_behind_a_vlan_tag_for_data) {
	struct lane_bench *bench = scene_open((struct bench_request){.vlan_in_clear = 1});
	uint8_t frame[80];

	scene_plain(frame, sizeof(frame), 1);
	memcpy(frame + 16, "\x88\x8e", 2);
	bench_put(bench, frame, sizeof(frame));
	bench_protect(bench);
	scene_finish(bench, &bench->protecting, "host", {C_DROP_NO_TX_SA, 1});
	bench_put(bench, frame, sizeof(frame));
	bench_validate(bench);
	scene_finish(bench, &bench->validating, "line", {C_IN_PKTS_NO_TAG, 1});
	bench_close(bench);
}

Test(classify, punts_frames_in_many_segments_whole) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	uint8_t frame[FRAME_RING_OCTETS];

	make_eapol(frame, sizeof(frame));
	for (uint32_t first = 36; first < 60; first++) {
		bench_put_as(
			bench, frame, sizeof(frame), &(struct bench_shape){first, 101, false, 0}
		);
		bench_validate(bench);
		scene_finish(bench, &bench->validating, "chained", {C_PUNTED, 1});
		const struct frame_slot *slot = frame_ring_peek(&bench->punt);
		cr_assert_eq(slot->octets, sizeof(frame));
		cr_assert_arr_eq(slot->data, frame, sizeof(frame));
		frame_ring_pop(&bench->punt);
	}
	bench_close(bench);
}

#define PUNTED_AT_ONCE 32u
static_assert(FRAME_RING_SLOTS % PUNTED_AT_ONCE == 0, "the last burst ends with the last frame");

/* A flood of EAPOL, or giants of it, is lost and counted; what is in the ring stays as it is. */
Test(classify, drops_eapol_that_the_ring_has_no_room_for) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	uint8_t frame[FRAME_RING_OCTETS + 1];

	make_eapol(frame, sizeof(frame));
	bench_put(bench, frame, sizeof(frame));
	bench_put(bench, frame, FRAME_RING_OCTETS);
	bench_validate(bench);
	scene_drops(bench, 0, C_DROP_PUNT_FULL, "one octet too long");
	scene_finish(bench, &bench->validating, "longest", {C_DROP_PUNT_FULL, 1}, {C_PUNTED, 1});
	for (unsigned i = 0; i < FRAME_RING_SLOTS; i++) {
		const unsigned is_last = i == FRAME_RING_SLOTS - 1;

		frame[20] = (uint8_t)(i + 1);
		bench_put(bench, frame, 64);
		if (i % PUNTED_AT_ONCE < PUNTED_AT_ONCE - 1)
			continue;
		bench_validate(bench);
		if (is_last)
			scene_drops(
				bench, PUNTED_AT_ONCE - 1, C_DROP_PUNT_FULL, "the ring is full"
			);
		scene_finish(
			bench, &bench->validating, "flood", {C_PUNTED, PUNTED_AT_ONCE - is_last},
			{C_DROP_PUNT_FULL, is_last}
		);
	}
	for (unsigned i = 0; i < FRAME_RING_SLOTS; i++) {
		const struct frame_slot *slot = frame_ring_peek(&bench->punt);
		cr_assert_eq(slot->octets, i == 0 ? FRAME_RING_OCTETS : 64);
		cr_assert_eq(slot->data[20], i == 0 ? 20 : i);
		frame_ring_pop(&bench->punt);
	}
	cr_assert_null(frame_ring_peek(&bench->punt));
	bench_close(bench);
}

Test(classify, drops_runts_on_both_sides) {
	struct lane_bench *bench = scene_open((struct bench_request){.bypass = UINT32_MAX});
	uint8_t frame[14];

	make_eapol(frame, sizeof(frame));
	set_clear(bench, true);
	for (uint32_t octets = 0; octets < 14; octets++) {
		bench_put(bench, frame, octets);
		bench_protect(bench);
		scene_finish(bench, &bench->protecting, "host", {C_DROP_RUNT, 1});
		bench_put(bench, frame, octets);
		bench_validate(bench);
		scene_finish(bench, &bench->validating, "line", {C_DROP_RUNT, 1});
	}
	bench_put(bench, frame, 14);
	bench_validate(bench);
	scene_finish(bench, &bench->validating, "14 octets", {C_PUNTED, 1});
	frame_ring_pop(&bench->punt);
	bench_close(bench);
}

/* A frame at the port's limit may have been cut: it is lost, even if it could pass in clear. */
Test(classify, drops_what_the_driver_may_have_cut) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	uint8_t frame[200];

	make_eapol(frame, sizeof(frame));
	set_clear(bench, true);
	bench->validate.rx_truncated_octets = bench->protect.rx_truncated_octets = 150;
	for (uint32_t octets = 149; octets <= 151; octets++) {
		const struct bench_shape shape = {octets & 1 ? 0 : 40, 0, false, 0};
		bench_put_as(bench, frame, octets, &shape);
		bench_protect(bench);
		scene_finish(
			bench, &bench->protecting, "host",
			{octets < 150 ? C_DROP_HOST_EAPOL : C_DROP_TRUNCATED, 1}
		);
		bench_put_as(bench, frame, octets, &shape);
		bench_validate(bench);
		scene_finish(
			bench, &bench->validating, "line",
			{octets < 150 ? C_PUNTED : C_DROP_TRUNCATED, 1}
		);
	}
	bench_close(bench);
}

/* The first n octets of a secured frame, for every n: never delivered, always counted once. */
Test(classify, survives_a_secured_frame_cut_anywhere) {
	struct lane_bench *bench = scene_open((struct bench_request){.vlan_in_clear = 2});
	const struct sak sak = scene_sak(SUITE_GCM_AES_XPN_256, 1, 0, true);
	uint8_t plain[120], secured[160];
	struct reference peer = scene_peer(&sak);

	scene_install(bench, &sak);
	peer.clear_tags = 2;
	scene_plain(plain, sizeof(plain), 2);
	const uint32_t n = reference_protect(&peer, 1, plain, sizeof(plain), secured);
	const uint32_t tag_end = 20 + SECTAG_SCI_OCTETS;
	for (uint32_t octets = 0; octets < n; octets++) {
		const enum counter expected = octets < 14   ? C_DROP_RUNT
					      : octets < 22 ? C_IN_PKTS_NO_TAG
							    : // no SecTAG in sight
						      octets < tag_end + 48 + 16
						      ? C_IN_PKTS_BAD_TAG
						      : C_IN_PKTS_NOT_VALID;
		bench_put(bench, secured, octets);
		bench_validate(bench);
		scene_finish(bench, &bench->validating, "cut", {expected, 1});
	}
	bench_close(bench);
}

/* What lies in the mbuf behind a frame that ends inside its SecTAG is not read as a part of it. */
Test(classify, reads_no_sectag_behind_the_end) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	const struct sak sak = scene_sak(SUITE_GCM_AES_256, 1, 0, true);
	uint8_t plain[120], secured[160];
	struct reference peer = scene_peer(&sak);

	peer.tci_an = TCI_SC | TCI_E;
	scene_plain(plain, sizeof(plain), 0);
	const uint32_t n = reference_protect(&peer, 1, plain, sizeof(plain), secured);
	for (uint32_t octets = 14; octets < 40; octets++) {
		bench_put(bench, secured, n); // the same mbuf comes again, with these octets in it
		bench_validate(bench);
		scene_finish(bench, &bench->validating, "whole", {C_DROP_UNCONTROLLED, 1});
		bench_put(bench, secured, octets);
		bench_validate(bench);
		scene_finish(
			bench, &bench->validating, "cut",
			{octets < 28 ? C_IN_PKTS_BAD_TAG : C_DROP_UNCONTROLLED, 1}
		);
	}
	bench_close(bench);
}
