/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How frames lie in memory and what stays in clear, through both lanes and both engines: VLAN tags
 * before the SecTAG, confidentiality offsets, mbuf chains. The protect lane must make what the
 * reference makes, and the validate lane must give it back.
 */

#include "tests/unit/scene.h"

#include <rte_mbuf.h>

#include <criterion/criterion.h>

#include <stdio.h>

/* Whole; cut in the user data; cut in the SecTAG or just behind; many small ones. */
static const struct bench_shape shapes[] = {
	{0, 0, false, 0},   {60, 0, false, 0}, {36, 32, false, 0},
	{37, 23, false, 0}, {0, 0, true, 0},   {50, 27, true, 3},
};
#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

struct link {
	struct lane_bench *bench;
	struct sak sak;
	char name[96];
};

static struct link
link_open(const struct engine_choice *choice, const struct sak *sak, uint8_t vlan_in_clear) {
	struct link link = {
		.bench = scene_open((struct bench_request
		){.engine = scene_engine(choice), .vlan_in_clear = vlan_in_clear}),
		.sak = *sak,
	};
	scene_install(link.bench, &link.sak);
	return link;
}

/* One plain frame to the line: as the reference makes it, in whatever mbufs. */
static void
send(const struct link *link, const uint8_t *plain, uint32_t octets, uint8_t tags,
     const struct bench_shape *shape) {
	uint8_t secured[SCENE_FRAME_MAX];
	struct reference self = scene_self(&link->sak);
	const bool is_encrypted = link->sak.confidentiality;

	self.clear_tags = tags;
	bench_set_tx_pn(link->bench, &link->sak.ki, 7);
	const uint32_t n = reference_protect(&self, 7, plain, octets, secured);
	bench_put_as(link->bench, plain, octets, shape);
	bench_protect(link->bench);
	scene_sends(link->bench, 0, secured, n, link->name);
	scene_finish(
		link->bench, &link->bench->protecting, link->name,
		{is_encrypted ? C_OUT_PKTS_ENCRYPTED : C_OUT_PKTS_PROTECTED, 1},
		{is_encrypted ? C_OUT_OCTETS_ENCRYPTED : C_OUT_OCTETS_PROTECTED,
		 octets - reference_clear_octets(&self)}
	);
}

/* One secured frame from the line: the plain one again. */
static void
receive(const struct link *link, const uint8_t *plain, uint32_t octets, uint8_t tags,
	const struct bench_shape *shape) {
	uint8_t secured[SCENE_FRAME_MAX];
	struct reference peer = scene_peer(&link->sak);
	const bool is_encrypted = link->sak.confidentiality;

	peer.clear_tags = tags;
	bench_set_rx_pn(link->bench, &link->sak.ki, 7, 7);
	const uint32_t n = reference_protect(&peer, 7, plain, octets, secured);
	bench_put_as(link->bench, secured, n, shape);
	bench_validate(link->bench);
	scene_sends(link->bench, 0, plain, octets, link->name);
	scene_finish(
		link->bench, &link->bench->validating, link->name, {C_IN_PKTS_OK, 1},
		{is_encrypted ? C_IN_OCTETS_DECRYPTED : C_IN_OCTETS_VALIDATED,
		 octets - reference_clear_octets(&peer)}
	);
}

static uint8_t least(uint8_t a, uint8_t b) {
	return a < b ? a : b;
}

static void check_vlan(const struct engine_choice *choice, uint8_t configured, bool is_encrypted) {
	const struct sak sak = scene_sak(SUITE_GCM_AES_XPN_128, 1, 1, is_encrypted);
	struct link link = link_open(choice, &sak, configured);
	uint8_t plain[150];

	for (unsigned i = 0; i < 4 * SHAPES; i++) {
		const uint8_t present = (uint8_t)(i % 4);
		snprintf(
			link.name, sizeof(link.name), "%u tags in clear, %u present, shape %zu",
			configured, present, i / 4 % SHAPES
		);
		scene_plain(plain, sizeof(plain), present);
		send(&link, plain, sizeof(plain), least(configured, present), &shapes[i / 4]);
		receive(&link, plain, sizeof(plain), least(configured, present), &shapes[i / 4]);
	}
	bench_close(link.bench);
}

Test(shapes, keep_as_many_vlan_tags_in_clear_as_configured_and_present) {
	for (unsigned i = 0; i < 12; i++)
		check_vlan(&engine_choices[i & 1], (uint8_t)(i / 4), i & 2);
}

/* A SecTAG behind more tags than configured is not looked for: the frame is an untagged one. */
Test(shapes, do_not_look_for_a_sectag_behind_too_many_vlan_tags) {
	const struct sak sak = scene_sak(SUITE_GCM_AES_256, 1, 1, true);
	uint8_t plain[150], secured[200];

	for (uint8_t configured = 0; configured < 3; configured++) {
		struct link link = link_open(&engine_choices[0], &sak, configured);
		struct reference peer = scene_peer(&sak);
		peer.clear_tags = (uint8_t)(configured + 1);
		scene_plain(plain, sizeof(plain), 3);
		const uint32_t n = reference_protect(&peer, 1, plain, sizeof(plain), secured);
		bench_put(link.bench, secured, n);
		bench_validate(link.bench);
		scene_finish(
			link.bench, &link.bench->validating, "too many tags", {C_IN_PKTS_NO_TAG, 1}
		);
		bench_close(link.bench);
	}
}

/* The clear tags are not authenticated: a provider may rewrite them on the way. */
Test(shapes, let_a_provider_rewrite_the_clear_tag) {
	const struct sak sak = scene_sak(SUITE_GCM_AES_256, 1, 1, true);
	struct link link = link_open(&engine_choices[0], &sak, 1);
	uint8_t plain[150], secured[200];
	struct reference peer = scene_peer(&sak);

	peer.clear_tags = 1;
	scene_plain(plain, sizeof(plain), 1);
	const uint32_t n = reference_protect(&peer, 1, plain, sizeof(plain), secured);
	plain[15] = secured[15] = 0x77;
	bench_put(link.bench, secured, n);
	bench_validate(link.bench);
	scene_sends(link.bench, 0, plain, sizeof(plain), "rewritten");
	scene_finish(
		link.bench, &link.bench->validating, "rewritten", {C_IN_PKTS_OK, 1},
		{C_IN_OCTETS_DECRYPTED, sizeof(plain) - 16}
	);
	bench_close(link.bench);
}

static void
check_offset(const struct engine_choice *choice, enum cipher_suite suite, uint8_t offset) {
	static const uint16_t users[] = {2, 3, 29, 30, 31, 46, 47, 48, 49, 50, 51, 64, 1000};
	struct sak sak = scene_sak(suite, 1, 1, true);
	uint8_t plain[1012];

	sak.confidentiality_offset = offset;
	struct link link = link_open(choice, &sak, 0);
	for (size_t i = 0; i < SHAPES * sizeof(users) / sizeof(users[0]); i++) {
		const uint16_t user = users[i / SHAPES];
		const struct bench_shape *shape = &shapes[i % SHAPES];
		snprintf(
			link.name, sizeof(link.name), "offset %u, %u octets, shape %zu", offset,
			user, i % SHAPES
		);
		scene_plain(plain, 12u + user, 0);
		send(&link, plain, 12u + user, 0, shape);
		receive(&link, plain, 12u + user, 0, shape);
	}
	bench_close(link.bench);
}

Test(shapes, encrypt_behind_the_confidentiality_offset) {
	static const uint8_t offsets[] = {0, 30, 50};
	for (unsigned i = 0; i < 12; i++)
		check_offset(
			&engine_choices[i & 1], i & 2 ? SUITE_GCM_AES_256 : SUITE_GCM_AES_128,
			offsets[i / 4]
		);
}

static void check_jumbo(const struct engine_choice *choice, bool is_encrypted) {
	static const struct bench_shape jumbo_shapes[] = {
		{0, 0, false, 0},     {200, 200, false, 0}, {4096, 4096, false, 0},
		{36, 4500, false, 0}, {8999, 1, false, 0},
	};
	const struct sak sak = scene_sak(SUITE_GCM_AES_XPN_256, 1, 1, is_encrypted);
	struct link link = link_open(choice, &sak, 0);
	uint8_t plain[9014];

	scene_plain(plain, sizeof(plain), 0);
	for (size_t i = 0; i < sizeof(jumbo_shapes) / sizeof(jumbo_shapes[0]); i++) {
		snprintf(link.name, sizeof(link.name), "jumbo, shape %zu", i);
		send(&link, plain, sizeof(plain), 0, &jumbo_shapes[i]);
		receive(&link, plain, sizeof(plain), 0, &jumbo_shapes[i]);
	}
	bench_close(link.bench);
}

Test(shapes, carry_jumbo_frames_in_one_and_in_many_segments) {
	for (unsigned i = 0; i < 4; i++)
		check_jumbo(&engine_choices[i & 1], i & 2);
}

/* The segment boundary at every octet of the frame: in the SecTAG, the user data and the ICV. */
Test(shapes, may_be_cut_anywhere_behind_the_header) {
	for (unsigned i = 0; i < 4; i++) {
		const struct sak sak = scene_sak(SUITE_GCM_AES_256, 1, 1, i & 2);
		struct link link = link_open(&engine_choices[i & 1], &sak, 0);
		uint8_t plain[90];

		scene_plain(plain, sizeof(plain), 0);
		for (uint32_t cut = 36; cut < sizeof(plain) + 32; cut++) {
			const struct bench_shape shape = {cut, 0, false, 0};
			snprintf(link.name, sizeof(link.name), "cut at %u", cut);
			receive(&link, plain, sizeof(plain), 0, &shape);
			if (cut < sizeof(plain))
				send(&link, plain, sizeof(plain), 0, &shape);
		}
		bench_close(link.bench);
	}
}

/* A segment is added for the ICV when the last one lacks room for all of it, and only then. */
Test(shapes, take_one_more_segment_when_the_last_is_full) {
	const struct sak sak = scene_sak(SUITE_GCM_AES_256, 1, 1, true);
	struct link link = link_open(&engine_choices[0], &sak, 0);
	uint8_t plain[90];

	scene_plain(plain, sizeof(plain), 0);
	for (uint16_t room = 0; room <= 20; room++) {
		const struct bench_shape shape = {0, 0, true, room};
		bench_put_as(link.bench, plain, sizeof(plain), &shape);
		bench_protect(link.bench);
		cr_assert_eq(link.bench->burst.frame[0]->nb_segs, room < 16 ? 2 : 1);
		bench_finish(link.bench, &link.bench->protecting);
		bench_reset_counters(link.bench);
		send(&link, plain, sizeof(plain), 0, &shape);
	}
	bench_close(link.bench);
}

/* With 48 pieces of text a frame passes, with 49 it is lost, in both directions and modes. */
static void check_many(bool is_encrypted, bool is_received, uint32_t n_pieces) {
	const struct sak sak = scene_sak(SUITE_GCM_AES_256, 1, 1, is_encrypted);
	struct link link = link_open(&engine_choices[0], &sak, 0);
	const uint32_t user = 24 + 10 * (n_pieces - 1); // 36 octets of the plain frame come first
	const struct bench_shape plain_shape = {36, 10, false, 0};
	const struct bench_shape secured_shape = {52, 10, false, 0};
	uint8_t plain[600], secured[640];
	const struct reference peer = scene_peer(&sak);

	scene_plain(plain, 12 + user, 0);
	const uint32_t n = reference_protect(&peer, 1, plain, 12 + user, secured);
	const struct lane_worker *w =
		is_received ? &link.bench->validating : &link.bench->protecting;
	if (is_received) {
		bench_put_as(link.bench, secured, n, &secured_shape);
		bench_validate(link.bench);
	} else {
		bench_put_as(link.bench, plain, 12 + user, &plain_shape);
		bench_protect(link.bench);
	}
	if (n_pieces > CRYPTO_PIECES_MAX)
		scene_drops(link.bench, 0, C_DROP_SEGMENTS, "too many pieces");
	else
		cr_assert_eq(link.bench->burst.fate[0], FATE_SEND);
	bench_finish(link.bench, w);
	bench_close(link.bench);
}

Test(shapes, are_refused_in_more_segments_than_supported) {
	for (unsigned i = 0; i < 8; i++)
		check_many(i & 1, i & 2, CRYPTO_PIECES_MAX + (i >> 2));
}

/* A header that is not whole in the first segment is not put together again. */
Test(shapes, need_their_header_in_the_first_segment) {
	const struct sak sak = scene_sak(SUITE_GCM_AES_256, 1, 1, true);
	struct link link = link_open(&engine_choices[0], &sak, 2);
	uint8_t plain[90];

	scene_plain(plain, sizeof(plain), 0);
	for (uint32_t first = 1; first < 36; first++) {
		const struct bench_shape shape = {first, 0, false, 0};
		bench_put_as(link.bench, plain, sizeof(plain), &shape);
		bench_protect(link.bench);
		scene_finish(link.bench, &link.bench->protecting, "host", {C_DROP_SEGMENTS, 1});
		bench_put_as(link.bench, plain, sizeof(plain), &shape);
		bench_validate(link.bench);
		scene_finish(link.bench, &link.bench->validating, "line", {C_DROP_SEGMENTS, 1});
	}
	bench_close(link.bench);
}
