/* SPDX-License-Identifier: BSD-3-Clause */
/* Bursts of everything at once: frames keep their places and do not disturb each other. */

#include "dataplane/sectag.h"
#include "tests/unit/scene.h"

#include <rte_rcu_qsbr.h>

#include <criterion/criterion.h>

#define USER_OCTETS 88u
#define PLAIN_OCTETS (12 + USER_OCTETS)

static const struct bench_shape whole = {0, 0, false, 0};
static const struct bench_shape chained = {40, 17, false, 0};

static void put_secured(
	struct lane_bench *bench, const struct reference *sender, uint64_t pn, uint8_t mark,
	const struct bench_shape *shape
) {
	uint8_t plain[PLAIN_OCTETS], secured[PLAIN_OCTETS + REFERENCE_OVERHEAD];

	scene_plain(plain, sizeof(plain), 0);
	plain[50] = mark;
	const uint32_t n = reference_protect(sender, pn, plain, sizeof(plain), secured);
	bench_put_as(bench, secured, n, shape);
}

static void expect_plain(struct lane_bench *bench, uint32_t i, uint8_t mark) {
	uint8_t plain[PLAIN_OCTETS];

	scene_plain(plain, sizeof(plain), 0);
	plain[50] = mark;
	scene_sends(bench, i, plain, sizeof(plain), "burst");
}

/* A rekey in the middle of a burst: two keys, two peers, encrypted and not, whole and chained. */
static void check_mixed_keys(const struct engine_choice *choice) {
	struct lane_bench *bench =
		scene_open((struct bench_request){.engine = scene_engine(choice)});
	struct sak sak[2] = {
		scene_sak(SUITE_GCM_AES_XPN_256, 1, 0, true),
		scene_sak(SUITE_GCM_AES_XPN_128, 2, 1, true),
	};
	uint64_t octets[2] = {0};

	for (unsigned i = 0; i < 2; i++) {
		sak[i].n_peers = 2;
		sak[i].peers[1] = (struct sak_member){OTHER_SCI, OTHER_SSCI};
		scene_install(bench, &sak[i]);
	}
	for (uint8_t i = 0; i < BURST_FRAMES; i++) {
		struct sak sender_sak = sak[i / 3 % 2];
		sender_sak.confidentiality = i % 5 != 0;
		struct reference sender = scene_peer(&sender_sak);
		if (i / 2 % 2)
			sender.sci = OTHER_SCI, sender.ssci = OTHER_SSCI;
		octets[sender_sak.confidentiality] += USER_OCTETS;
		put_secured(bench, &sender, 1000u + i, i, i % 4 == 3 ? &chained : &whole);
	}
	bench_validate(bench);
	for (uint8_t i = 0; i < BURST_FRAMES; i++)
		expect_plain(bench, i, i);
	scene_finish(
		bench, &bench->validating, "mixed keys", {C_IN_PKTS_OK, BURST_FRAMES},
		{C_IN_OCTETS_VALIDATED, octets[0]}, {C_IN_OCTETS_DECRYPTED, octets[1]}
	);
	bench_close(bench);
}

Test(burst, may_mix_keys_peers_and_shapes) {
	for (unsigned i = 0; i < 2; i++)
		check_mixed_keys(&engine_choices[i]);
}

static void make_lldp(uint8_t *frame) {
	memcpy(frame, "\x01\x80\xc2\x00\x00\x0e", 6);
	memcpy(frame + 12, "\x88\xcc", 2);
}

/* Every fate in one burst of the validate lane, eight frames, four times over. */
static void put_every_fate(struct lane_bench *bench, const struct reference *peer, uint64_t pn) {
	uint8_t frame[PLAIN_OCTETS];
	struct reference stranger = *peer;

	stranger.sci = OTHER_SCI;
	put_secured(bench, peer, pn, 1, &whole);
	scene_plain(frame, sizeof(frame), 0);
	bench_put(bench, frame, sizeof(frame)); // in-pkts-no-tag
	memcpy(frame + 12, "\x88\x8e", 2);
	bench_put_as(bench, frame, sizeof(frame), &chained); // punted
	put_secured(bench, peer, pn + 1, 4, &chained);
	put_secured(bench, &stranger, pn + 2, 5, &whole); // in-pkts-no-sa-error
	make_lldp(frame);
	bench_put(bench, frame, sizeof(frame));  // bypassed
	put_secured(bench, peer, pn, 7, &whole); // late at commit
	put_secured(bench, peer, pn + 2, 8, &whole);
}

Test(burst, gives_each_frame_its_own_fate) {
	struct lane_bench *bench = scene_open((struct bench_request){.bypass = SECY_BYPASS_LLDP});
	const struct sak sak = scene_sak(SUITE_GCM_AES_256, 1, 2, true);
	const struct reference peer = scene_peer(&sak);

	scene_install(bench, &sak);
	for (unsigned i = 0; i < 4; i++)
		put_every_fate(bench, &peer, 1 + 3 * i);
	bench_validate(bench);
	for (unsigned i = 0; i < 32; i += 8) {
		expect_plain(bench, i, 1);
		scene_drops(bench, i + 1, C_IN_PKTS_NO_TAG, "burst");
		scene_drops(bench, i + 2, C_PUNTED, "burst");
		expect_plain(bench, i + 3, 4);
		scene_drops(bench, i + 4, C_IN_PKTS_NO_SA_ERROR, "burst");
		cr_assert_eq(bench->burst.fate[i + 5], FATE_SEND);
		scene_drops(bench, i + 6, C_IN_PKTS_LATE, "burst");
		expect_plain(bench, i + 7, 8);
	}
	scene_finish(
		bench, &bench->validating, "every fate", {C_IN_PKTS_OK, 12}, {C_IN_PKTS_NO_TAG, 4},
		{C_PUNTED, 4}, {C_IN_PKTS_NO_SA_ERROR, 4}, {C_BYPASSED, 4}, {C_IN_PKTS_LATE, 4},
		{C_IN_OCTETS_DECRYPTED, 16 * USER_OCTETS}
	);
	bench_close(bench);
}

/* Control's own frames are FATE_SEND from the start and are not looked at, let alone secured. */
Test(burst, leaves_injected_frames_alone) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	const struct sak sak = scene_sak(SUITE_GCM_AES_256, 1, 2, true);
	uint8_t eapol[60], plain[PLAIN_OCTETS], secured[PLAIN_OCTETS + REFERENCE_OVERHEAD];
	const struct reference self = scene_self(&sak);

	scene_install(bench, &sak);
	scene_plain(eapol, sizeof(eapol), 0);
	memcpy(eapol + 12, "\x88\x8e", 2);
	bench->burst.fate[bench_put(bench, eapol, sizeof(eapol))] = FATE_SEND;
	scene_plain(plain, sizeof(plain), 0);
	bench_put(bench, plain, sizeof(plain));
	bench_protect(bench);
	scene_sends(bench, 0, eapol, sizeof(eapol), "injected");
	const uint32_t n = reference_protect(&self, 1, plain, sizeof(plain), secured);
	scene_sends(bench, 1, secured, n, "behind it");
	scene_finish(
		bench, &bench->protecting, "injected", {C_OUT_PKTS_ENCRYPTED, 1},
		{C_OUT_OCTETS_ENCRYPTED, USER_OCTETS}
	);
	bench_close(bench);
}

/* In turns: IPv4, EAPOL, LLDP, IPv6. */
static void make_mixed(uint8_t *frame, unsigned i) {
	static const char types[4][3] = {"\x08\x00", "\x88\x8e", "\x88\xcc", "\x86\xdd"};

	scene_plain(frame, PLAIN_OCTETS, 0);
	if (i % 4 == 2)
		make_lldp(frame);
	else
		memcpy(frame + 12, types[i % 4], 2);
}

/* Mixed burst to the line: what is dropped on the way takes no other frame's packet number. */
Test(burst, numbers_only_what_is_to_be_secured) {
	struct lane_bench *bench = scene_open((struct bench_request){.bypass = SECY_BYPASS_LLDP});
	const struct sak sak = scene_sak(SUITE_GCM_AES_256, 1, 2, false);
	uint8_t frame[PLAIN_OCTETS], secured[PLAIN_OCTETS + REFERENCE_OVERHEAD];
	const struct reference self = scene_self(&sak);

	scene_install(bench, &sak);
	for (unsigned i = 0; i < BURST_FRAMES; i++) {
		make_mixed(frame, i);
		bench_put_as(bench, frame, sizeof(frame), i % 3 ? &whole : &chained);
	}
	bench_protect(bench);
	for (unsigned i = 0, pn = 1; i < BURST_FRAMES; i++) {
		make_mixed(frame, i);
		if (i % 4 == 1) {
			scene_drops(bench, i, C_DROP_HOST_EAPOL, "EAPOL");
			continue;
		}
		if (i % 4 == 2) {
			scene_sends(bench, i, frame, sizeof(frame), "LLDP");
			continue;
		}
		const uint32_t n = reference_protect(&self, pn++, frame, sizeof(frame), secured);
		scene_sends(bench, i, secured, n, "data");
	}
	scene_finish(
		bench, &bench->protecting, "mixed", {C_OUT_PKTS_PROTECTED, 16},
		{C_OUT_OCTETS_PROTECTED, 16 * USER_OCTETS}, {C_DROP_HOST_EAPOL, 8}, {C_BYPASSED, 8}
	);
	cr_assert_eq(sa_install_next_pn(bench->door, &sak.ki), 17);
	bench_close(bench);
}

/* Rule (iii): the SA is retired, and another gets its AN, while the burst is in its cryptography.
 */
Test(burst, is_committed_to_the_sa_that_was_captured) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	const struct sak old = scene_sak(SUITE_GCM_AES_256, 1, 2, true);
	const struct sak new = scene_sak(SUITE_GCM_AES_256, 2, 2, true);
	const struct reference peer = scene_peer(&old);

	scene_install(bench, &old);
	struct rx_sa *captured = bench_rx_sa(bench, &old.ki, 0);
	rte_rcu_qsbr_thread_register(bench->rcu, 0);
	rte_rcu_qsbr_thread_online(bench->rcu, 0);
	put_secured(bench, &peer, 77, 1, &whole);
	classify_line_burst(&bench->validating);
	scene_install(bench, &new);
	cr_assert_neq(sa_install_reclaim(bench->door), 0, "a worker may hold it");
	validate_burst(&bench->validating);
	validate_commit(&bench->validating);
	expect_plain(bench, 0, 1);
	cr_assert_eq(captured->next_pn, 78);
	cr_assert_eq(bench_rx_sa(bench, &new.ki, 0)->next_pn, 1, "the new SA's window moved");
	scene_finish(
		bench, &bench->validating, "captured", {C_IN_PKTS_OK, 1},
		{C_IN_OCTETS_DECRYPTED, USER_OCTETS}
	);
	rte_rcu_qsbr_quiescent(bench->rcu, 0);
	cr_assert_eq(sa_install_reclaim(bench->door), 0);
	put_secured(bench, &peer, 78, 1, &whole);
	bench_validate(bench);
	scene_finish(bench, &bench->validating, "retired", {C_IN_PKTS_NOT_VALID, 1});
	rte_rcu_qsbr_thread_offline(bench->rcu, 0);
	rte_rcu_qsbr_thread_unregister(bench->rcu, 0);
	bench_close(bench);
}
