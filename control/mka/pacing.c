/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When MKPDUs leave. Every change goes out at once, which brings a link up within a few round
 * trips; a token bucket bounds that, so that no flood of stimuli makes us flood. At the start a
 * ramp of early hellos meets a peer that came up a moment later.
 */
#include "control/mka/machines.h"

#define COST_NS 50000000ull          // one MKPDU each 50 ms in the long run
#define CREDIT_MAX_NS (16 * COST_NS) // sixteen at once
#define RAMP_FIRST_NS 100000000ull   // 100, 200, 400, 800 ms, then the hello time
#define RAMP_HELLOS 4u
#define UNSETTLED_NS 250000000ull // repetition while a hand-over is under way

/* Frames get lost: while others wait for what we say, it is said more often, for a life time. */
static bool is_unsettled(const struct participant *participant) {
	struct mka *kay = participant->kay;
	const struct distribution *distribution = &participant->distribution;
	const struct held_sak *latest = &kay->cp.latest;

	if (distribution->is_active && kay->now_ns - distribution->made_ns < MKA_LIFE_NS)
		return true;
	return latest->is_valid && latest->owner == participant && !latest->transmits &&
	       kay->now_ns - latest->installed_ns < MKA_LIFE_NS;
}

/* With delay protection the CA whose SAK is in use hears our LPNs more often (9.10). */
static uint64_t hello_ns(const struct participant *participant) {
	const struct mka *kay = participant->kay;

	return kay->config.delay_protect && cp_has_sak_of(&kay->cp, participant)
		       ? MKA_BOUNDED_HELLO_NS
		       : MKA_HELLO_NS;
}

static uint64_t interval_ns(const struct participant *participant) {
	const struct pacing *pacing = &participant->pacing;
	uint64_t interval = hello_ns(participant);

	if (pacing->hellos < RAMP_HELLOS)
		interval = earlier(interval, RAMP_FIRST_NS << pacing->hellos);
	return is_unsettled(participant) ? earlier(interval, UNSETTLED_NS) : interval;
}

void pacing_start(struct participant *participant) {
	struct mka *kay = participant->kay;
	struct pacing *pacing = &participant->pacing;

	pacing->credit_ns = CREDIT_MAX_NS;
	pacing->credited_ns = kay->now_ns;
	pacing->is_due = true;
	pacing->hello_ns = kay->now_ns + RAMP_FIRST_NS;
}

void pacing_run(struct participant *participant) {
	struct mka *kay = participant->kay;
	struct pacing *pacing = &participant->pacing;
	bool is_hello = kay->now_ns >= pacing->hello_ns;

	pacing->credit_ns =
		earlier(CREDIT_MAX_NS, pacing->credit_ns + (kay->now_ns - pacing->credited_ns));
	pacing->credited_ns = kay->now_ns;
	if ((!is_hello && !pacing->is_due) || pacing->credit_ns < COST_NS)
		return;
	pacing->credit_ns -= COST_NS;
	pacing->is_due = false;
	pacing->hellos += is_hello;
	transmit_mkpdu(participant);
	pacing->hello_ns = kay->now_ns + interval_ns(participant);
}

uint64_t pacing_deadline(const struct participant *participant) {
	const struct pacing *pacing = &participant->pacing;
	uint64_t affordable_ns = pacing->credited_ns;

	if (pacing->credit_ns < COST_NS)
		affordable_ns += COST_NS - pacing->credit_ns;
	if (pacing->is_due)
		return affordable_ns;
	return pacing->hello_ns > affordable_ns ? pacing->hello_ns : affordable_ns;
}
