/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The lowest packet numbers that we report (802.1X-2020 9.8, 9.10), and how often, as the others
 * read them from our MKPDUs. What a report does to its reader: test_mka_floor.c.
 */
#include "tests/unit/mka_pair.h"

#include <criterion/criterion.h>

#define SAMPLES_MAX 4096u

/* What one MKPDU of `a` said of a SAK in use. */
struct sample {
	uint64_t at_ns;
	uint8_t ckn; // last octet
	bool is_old;
	bool delay_protect;
	bool has_xpn;
	struct mkpdu_key_use use;
	uint64_t next_pn; // of that SAK, as the MKPDU left
};

static struct sample samples[SAMPLES_MAX];
static unsigned int n_samples;
static unsigned int sent[2]; // MKPDUs of `a`, by CAK
static uint64_t least_lpn;   // that an MKPDU of `a` with a SAK said, of a key or of none

static void
enter(const struct world *w, const struct mkpdu *pdu, const struct mkpdu_key_use *use,
      bool is_old) {
	if (use->ki.kn == 0 || n_samples == SAMPLES_MAX)
		return;
	samples[n_samples++] = (struct sample){
		.at_ns = w->now_ns,
		.ckn = pdu->basic.ckn[2],
		.is_old = is_old,
		.delay_protect = pdu->sak_use.delay_protect,
		.has_xpn = mkpdu_has(pdu, SET_XPN),
		.use = *use,
		.next_pn = model_next_pn(a, &use->ki),
	};
}

static bool
listen(struct world *w, unsigned int from, unsigned int to, uint8_t *frame, size_t octets) {
	struct mkpdu pdu;
	enum mka_refusal why;

	(void)to;
	cr_assert(mkpdu_decode_head(frame, octets, &pdu, &why));
	cr_assert(mkpdu_decode_sets(frame, &pdu));
	if (from != 0)
		return true;
	sent[pdu.basic.ckn[2]]++;
	if (mkpdu_has(&pdu, SET_SAK_USE) && !pdu.sak_use.is_empty) {
		const uint64_t latest = pdu.sak_use.latest.lpn, old = pdu.sak_use.old.lpn;
		const uint64_t lower = latest < old ? latest : old;
		least_lpn = lower < least_lpn ? lower : least_lpn;
	}
	enter(w, &pdu, &pdu.sak_use.latest, false);
	enter(w, &pdu, &pdu.sak_use.old, true);
	return true;
}

static void open_listening(void) {
	open_world();
	world.filter = listen;
	n_samples = sent[0] = sent[1] = 0;
	least_lpn = UINT64_MAX;
}

TestSuite(lpn, .init = open_listening, .fini = close_world);

static void start_protected_pair(enum cipher_suite suite, bool delay_protect) {
	add_pair(suite);
	a->config.delay_protect = delay_protect;
	node_start(a);
	node_start(b);
	agree_within(50 * MS);
}

/* One frame each 10 ms: that many PNs lie between the LPN and the next PN. */
static void assert_lag(const struct sample *sample, uint64_t hello_ns) {
	uint64_t lag_ns = (sample->next_pn - sample->use.lpn) * world.data_interval_ns;

	cr_assert_geq(
		lag_ns + world.data_interval_ns, hello_ns, "LPN %lu of %lu: higher than one in use",
		(unsigned long)sample->use.lpn, (unsigned long)sample->next_pn
	);
	cr_assert_leq(
		lag_ns, 2 * (hello_ns + 70 * MS), "LPN %lu of %lu: needlessly low",
		(unsigned long)sample->use.lpn, (unsigned long)sample->next_pn
	);
}

static void report_at(bool delay_protect, uint64_t hello_ns) {
	unsigned int first;

	start_protected_pair(SUITE_GCM_AES_XPN_256, delay_protect);
	run_for(6 * SECOND); // the ramp is over
	first = n_samples;
	run_for(20 * SECOND);
	cr_assert_geq(n_samples - first, 20 * SECOND / hello_ns - 1);
	for (unsigned int i = first; i < n_samples; i++)
		assert_lag(&samples[i], hello_ns);
}

Test(lpn, is_the_lowest_pn_of_the_last_2_s) {
	report_at(false, MKA_HELLO_NS);
}

Test(lpn, is_the_lowest_pn_of_the_last_500_ms_with_delay_protection) {
	report_at(true, MKA_BOUNDED_HELLO_NS);
}

static void report_often(bool delay_protect, uint64_t hello_ns) {
	start_protected_pair(SUITE_GCM_AES_128, delay_protect);
	run_for(6 * SECOND);
	n_samples = 0;
	for (int i = 0; i < 200; i++) {
		a->kay->participants[0]->pacing.is_due = true;
		node_tick(a);
		run_for(70 * MS);
	}
	cr_assert_gt(n_samples, 190);
	for (unsigned int i = 0; i < n_samples; i++)
		assert_lag(&samples[i], hello_ns);
}

/* MKPDUs that leave early, for a change, must not move the LPN past frames just sent. */
Test(lpn, stays_below_what_was_sent_lately_when_mkpdus_follow_each_other) {
	report_often(true, MKA_BOUNDED_HELLO_NS);
}

Test(lpn, stays_below_what_was_sent_in_2_s_when_mkpdus_follow_each_other) {
	report_often(false, MKA_HELLO_NS);
}

Test(lpn, is_reported_for_the_old_sak_as_well) {
	uint64_t old_lpn = 0;
	unsigned int first;
	struct ki old;

	start_protected_pair(SUITE_GCM_AES_XPN_256, true);
	run_for(6 * SECOND);
	old = view_of(a).latest.ki;
	cr_assert_eq(node_rekey(a), 0);
	first = n_samples;
	run_for(2900 * MS);
	for (unsigned int i = first; i < n_samples; i++) {
		if (!samples[i].is_old)
			continue;
		cr_assert_leq(samples[i].use.lpn, samples[i].next_pn);
		cr_assert_geq(samples[i].use.lpn, old_lpn);
		old_lpn = samples[i].use.lpn;
	}
	cr_assert_gt(old_lpn, 500);
	cr_assert_eq(
		old_lpn, model_next_pn(a, &old),
		"nothing more is under way: all of its frames are late now"
	);
}

static void assert_never_0(void) {
	cr_assert_gt(n_samples, 10);
	for (unsigned int i = 0; i < n_samples; i++) {
		cr_assert_neq(samples[i].use.lpn & UINT32_MAX, 0, "sample %u", i);
		cr_assert_leq(samples[i].use.lpn, samples[i].next_pn);
	}
}

/* A peer that knows no XPN set sees the lower half alone. */
Test(lpn, is_never_0_when_the_lower_half_wraps) {
	world.data_interval_ns = 0;
	start_protected_pair(SUITE_GCM_AES_XPN_256, true);
	model_send(a, 0x700000000 - model_transmit_sa(a)->next_pn);
	run_for(20 * SECOND);
	assert_never_0();
	cr_assert_eq(samples[n_samples - 1].use.lpn, 0x6ffffffff);
	cr_assert(samples[n_samples - 1].has_xpn, "that carries the upper half");
}

Test(lpn, is_never_0_when_32_bits_are_spent) {
	world.data_interval_ns = 0;
	start_protected_pair(SUITE_GCM_AES_128, true);
	b->install_error = -12; // no successor for a while
	/* The lane's counter goes on over the last one. */
	model_send(a, 0x100000005 - model_transmit_sa(a)->next_pn);
	for (int i = 0; i < 300; i++) {
		b->install_error = -12;
		run_for(10 * MS);
	}
	assert_never_0();
	for (unsigned int i = n_samples - 2; i < n_samples; i++)
		if (samples[i].is_old)
			cr_assert_eq(samples[i].use.lpn, 0xffffffff);
	cr_assert(samples[n_samples - 1].is_old);
}

Test(lpn, keeps_the_last_when_64_bits_are_spent) {
	world.data_interval_ns = 0;
	start_protected_pair(SUITE_GCM_AES_XPN_128, true);
	a->kay->config.pn_rekey_margin_ns = 0;
	model_send(a, 0xb000000000000000);
	run_for(3 * SECOND);
	model_transmit_sa(a)->next_pn = 0;
	n_samples = 0;
	run_for(3 * SECOND);
	cr_assert_eq(samples[n_samples - 1].use.lpn, 0xb000000000000001);
}

Test(lpn, says_that_the_delay_is_bounded_only_when_it_is) {
	start_protected_pair(SUITE_GCM_AES_128, true);
	run_for(10 * SECOND);
	for (unsigned int i = 0; i < n_samples; i++)
		cr_assert(samples[i].delay_protect);
	cr_assert(view_of(b).peers[0].delay_protect);
	cr_assert(!view_of(a).peers[0].delay_protect);
}

/* hostap discards such an MKPDU when either is 0, while there is no old key too. */
Test(lpn, is_never_0_with_delay_protection) {
	start_protected_pair(SUITE_GCM_AES_128, true);
	run_for(10 * SECOND);
	cr_assert_eq(least_lpn, 1);
}

Test(lpn, of_no_key_is_0_without_delay_protection) {
	start_protected_pair(SUITE_GCM_AES_128, false);
	run_for(10 * SECOND);
	cr_assert_eq(least_lpn, 0);
}

static void add_second_cak(struct node *node) {
	struct mka_cak cak = world_cak(1);

	cak.is_fallback = true;
	cr_assert_eq(node_add_cak(node, &cak), 0);
}

/* The fallback CA has no SAK whose frames could be delayed. */
Test(lpn, is_sent_each_500_ms_by_the_participant_whose_sak_is_in_use) {
	add_pair(SUITE_GCM_AES_128);
	a->config.delay_protect = true;
	add_second_cak(a);
	add_second_cak(b);
	node_start(a);
	run_for(10 * SECOND);
	cr_assert_leq(sent[0], 10, "no SAK, no hurry");
	node_start(b);
	agree_within(50 * MS);
	run_for(6 * SECOND);
	sent[0] = sent[1] = 0;
	run_for(20 * SECOND);
	cr_assert(sent[0] == 40 || sent[0] == 41, "%u", sent[0]);
	cr_assert(sent[1] == 10 || sent[1] == 11, "%u", sent[1]);
}

Test(lpn, is_sent_each_2_s_without_delay_protection) {
	start_protected_pair(SUITE_GCM_AES_128, false);
	run_for(6 * SECOND);
	sent[0] = 0;
	run_for(20 * SECOND);
	cr_assert(sent[0] == 10 || sent[0] == 11, "%u", sent[0]);
}

Test(lpn, is_sent_often_at_once_when_the_link_comes_up) {
	add_pair(SUITE_GCM_AES_128);
	a->config.delay_protect = true;
	node_start(a);
	run_for(400 * MS);
	cr_assert_eq(sent[0], 3, "at 0, 100 and 300 ms: %u", sent[0]);
}
