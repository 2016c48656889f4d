/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/mka_offers.h"

struct puppet offerers[OFFERS_MAX];
static uint8_t bodies[OFFERS_MAX][64];

void offer_announce(unsigned int i, uint32_t suites, uint8_t code) {
	struct writer out = {.base = bodies[i], .size = sizeof(bodies[i])};

	writer_number(&out, 0xe000 | 10u * (unsigned int)__builtin_popcount(suites), 2);
	for (unsigned int suite = 0; suite < SUITE_COUNT; suite++) {
		if ((suites >> suite & 1) == 0)
			continue;
		writer_number(&out, code, 2);
		writer_number(&out, suite_info((enum cipher_suite)suite)->id, 8);
	}
	offerers[i].pdu.announcement = bodies[i];
	offerers[i].pdu.announcement_octets = out.used;
	mkpdu_mark(&offerers[i].pdu, SET_ANNOUNCEMENT);
}

void offer_begin(unsigned int i, const struct offer *offer) {
	puppet_begin(&offerers[i], node, PUPPET_SCI + i * 0x10000u, 255);
	offerers[i].pdu.basic.capability = offer->basic;
	if (!offer->is_silent)
		offer_announce(i, offer->suites, offer->codes);
}

void offers_say(unsigned int n) {
	for (unsigned int i = 0; i < n; i++)
		puppet_say(&offerers[i], node);
}

void offers_live_on(unsigned int n, uint64_t ns) {
	for (uint64_t end_ns = world.now_ns + ns; world.now_ns < end_ns; offers_say(n))
		run_for(SECOND);
}

void offers_end(unsigned int n) {
	for (unsigned int i = 0; i < n; i++)
		puppet_end(&offerers[i]);
}

/* Newcomers are heard without a proof first: a potential peer holds the SAK up until all are live.
 */
unsigned int offers_bring_up(const struct offer offers[OFFERS_MAX]) {
	unsigned int n = 0;

	node_start(node);
	for (; n < OFFERS_MAX && offers[n].is_there; n++) {
		offer_begin(n, &offers[n]);
		offerers[n].is_silent_of_peer = true;
		puppet_say(&offerers[n], node);
		offerers[n].is_silent_of_peer = false;
	}
	offers_live_on(n, 14 * SECOND);
	return n;
}

const struct sak *latest_sak(void) {
	look();
	return view.latest.is_valid ? &node->sas[view.latest.an].sak : NULL;
}

void offer_use_latest(unsigned int i) {
	struct ki ki = look()->latest.ki;

	puppet_use(&offerers[i], true, &ki, true, 1);
	puppet_say(&offerers[i], node);
}
