/* SPDX-License-Identifier: BSD-3-Clause */
/* Delay protection: floors that control raises under the lanes' feet (802.1X 9.10,
 * 802.1AE 10.7.15). */

#include "tests/unit/scene.h"

#include <criterion/criterion.h>

#define USER_OCTETS 60u

struct link {
	struct lane_bench *bench;
	struct sak sak;
	struct rx_sa *rx;
};

static struct link link_open(enum cipher_suite suite) {
	struct link link = {
		.bench = scene_open((struct bench_request){.replay_window = 64}),
		.sak = scene_sak(suite, 1, 0, true),
	};
	link.sak.n_peers = 2;
	link.sak.peers[1] = (struct sak_member){OTHER_SCI, OTHER_SSCI};
	scene_install(link.bench, &link.sak);
	link.rx = bench_rx_sa(link.bench, &link.sak.ki, 0);
	return link;
}

static void put(const struct link *link, uint64_t pn) {
	uint8_t plain[12 + USER_OCTETS], secured[12 + USER_OCTETS + REFERENCE_OVERHEAD];
	const struct reference peer = scene_peer(&link->sak);

	scene_plain(plain, sizeof(plain), 0);
	const uint32_t n = reference_protect(&peer, pn, plain, sizeof(plain), secured);
	bench_put(link->bench, secured, n);
}

static void raise_to(const struct link *link, uint64_t lowest_pn) {
	sa_install_raise_floor(link->bench->door, &link->sak.ki, PEER_SCI, lowest_pn);
}

Test(floor, takes_effect_on_an_idle_lane) {
	const struct link link = link_open(SUITE_GCM_AES_256);

	raise_to(&link, 500);
	cr_assert_eq(link.rx->lowest_pn, 1, "only the lane's turn holder writes it");
	validate_raise_floors(&link.bench->validate);
	cr_assert_eq(link.rx->lowest_pn, 500);
	cr_assert_eq(link.rx->next_pn, 1);
	cr_assert_eq(bench_rx_sa(link.bench, &link.sak.ki, 1)->lowest_pn, 1, "the other peer's");
	put(&link, 499);
	put(&link, 500);
	bench_validate(link.bench);
	scene_drops(link.bench, 0, C_IN_PKTS_LATE, "below the floor");
	scene_finish(
		link.bench, &link.bench->validating, "idle", {C_IN_PKTS_LATE, 1}, {C_IN_PKTS_OK, 1},
		{C_IN_OCTETS_DECRYPTED, USER_OCTETS}
	);
	cr_assert_eq(link.rx->lowest_pn, 500, "a raised floor is not lowered by the window");
	bench_close(link.bench);
}

Test(floor, only_rises_and_only_for_its_own_sa) {
	const struct link link = link_open(SUITE_GCM_AES_256);
	const struct ki unknown = {.mi = "unknown-mi", .kn = 9};

	raise_to(&link, 500);
	raise_to(&link, 499);
	raise_to(&link, 0);
	cr_assert_eq(link.rx->lpn_floor, 500);
	const uint32_t generation = link.bench->secy->floor_generation;
	raise_to(&link, 500);
	sa_install_raise_floor(link.bench->door, &link.sak.ki, PEER_SCI + 1, 900);
	sa_install_raise_floor(link.bench->door, &unknown, PEER_SCI, 900);
	cr_assert_eq(link.bench->secy->floor_generation, generation, "nothing was raised");
	cr_assert_eq(link.rx->lpn_floor, 500);
	validate_raise_floors(&link.bench->validate);
	// control's value is taken once; without a new generation the table is not walked again
	link.rx->lowest_pn = 3;
	validate_raise_floors(&link.bench->validate);
	cr_assert_eq(link.rx->lowest_pn, 3);
	raise_to(&link, 501);
	validate_raise_floors(&link.bench->validate);
	cr_assert_eq(link.rx->lowest_pn, 501);
	// a floor below the window says nothing
	bench_set_rx_pn(link.bench, &link.sak.ki, 700, 636);
	raise_to(&link, 600);
	validate_raise_floors(&link.bench->validate);
	cr_assert_eq(link.rx->lowest_pn, 636);
	bench_close(link.bench);
}

/* Wherever in the table a peer comes to lie, and whichever AN its SA has. */
Test(floor, reaches_every_sa) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	uint32_t slots_met = 0;

	for (uint32_t i = 1; i <= 64; i++) {
		struct sak sak = scene_sak(SUITE_GCM_AES_256, i, (uint8_t)(i % 4), true);
		sak.peers[0].sci = PEER_SCI + i;
		scene_install(bench, &sak);
		slots_met |= 1u << (rx_sc_hash(sak.peers[0].sci) & 3);
		sa_install_raise_floor(bench->door, &sak.ki, PEER_SCI + i, 1000);
		validate_raise_floors(&bench->validate);
		cr_assert_eq(bench_rx_sa(bench, &sak.ki, 0)->lowest_pn, 1000, "SAK %u", i);
		sa_install_retire(bench->door, &sak.ki);
		cr_assert_eq(sa_install_reclaim(bench->door), 0);
	}
	cr_assert_eq(slots_met, 0xf, "a table of one peer has four slots");
	bench_close(bench);
}

/* Control raises the floor while a burst is in its cryptography. */
Test(floor, is_heeded_at_commit) {
	const struct link link = link_open(SUITE_GCM_AES_256);
	const struct lane_worker *w = &link.bench->validating;

	put(&link, 10);
	put(&link, 11);
	put(&link, 20);
	classify_line_burst(w);
	validate_burst(w);
	raise_to(&link, 12);
	validate_commit(w);
	scene_drops(link.bench, 0, C_IN_PKTS_LATE, "below the new floor");
	scene_drops(link.bench, 1, C_IN_PKTS_LATE, "below the new floor");
	cr_assert_eq(link.bench->burst.fate[2], FATE_SEND);
	scene_finish(
		link.bench, w, "commit", {C_IN_PKTS_LATE, 2}, {C_IN_PKTS_OK, 1},
		{C_IN_OCTETS_DECRYPTED, 3 * USER_OCTETS}
	);
	cr_assert_eq(link.rx->lowest_pn, 12);
	cr_assert_eq(link.rx->next_pn, 21);
	bench_close(link.bench);
}

/*
 * After a loss of more than 2^31 frames the upper half of the PN is known again from the peer's LPN
 * (802.1X 9.10.1). The lane need not fall idle for that.
 */
Test(floor, resynchronises_the_upper_half_on_a_busy_lane) {
	const struct link link = link_open(SUITE_GCM_AES_XPN_256);
	const uint64_t far = 0x300000005;

	raise_to(&link, far);
	put(&link, far);
	put(&link, far - 1);
	put(&link, far + 1);
	bench_validate(link.bench);
	scene_drops(link.bench, 1, C_IN_PKTS_LATE, "below the floor");
	scene_finish(
		link.bench, &link.bench->validating, "resynchronised", {C_IN_PKTS_OK, 2},
		{C_IN_PKTS_LATE, 1}, {C_IN_OCTETS_DECRYPTED, 2 * USER_OCTETS}
	);
	cr_assert_eq(link.rx->next_pn, far + 2);
	cr_assert_eq(link.rx->lowest_pn, far);
	bench_close(link.bench);
}
