/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When the SAK in use wants a successor: on a timer, when a member that has it left, and before its
 * packet numbers run out, ours or a peer's as its LPN tells (802.1X-2020 9.8). A fast link gets
 * there sooner than a fixed threshold foresees, so the measured rate counts too.
 */
#include "control/mka/machines.h"

#define PN_THRESHOLD 0xc0000000ull
#define XPN_THRESHOLD 0xc000000000000000ull

static void meter_sample(struct pn_meter *meter, uint64_t pn, uint64_t now_ns) {
	if (meter->is_running && pn > meter->pn)
		meter->per_ns = (double)(pn - meter->pn) / (double)(now_ns - meter->at_ns);
	else
		meter->per_ns = 0;
	meter->pn = pn;
	meter->at_ns = now_ns;
	meter->is_running = true;
}

static bool is_sample_due(const struct pn_meter *meter, uint64_t now_ns) {
	return !meter->is_running || now_ns - meter->at_ns >= MKA_HELLO_NS;
}

void rekey_sample(struct mka *kay) {
	struct held_sak *latest = &kay->cp.latest;
	uint64_t pn;

	if (!latest->is_valid || !latest->transmits || !is_sample_due(&latest->meter, kay->now_ns))
		return;
	pn = kay->ops->next_pn(kay->ctx, &latest->sak.ki);
	if (pn == 0)
		return;
	meter_sample(&latest->meter, pn, kay->now_ns);
}

void rekey_note_peer(struct participant *participant, struct peer *peer) {
	struct mka *kay = participant->kay;
	const struct ki *ki = &kay->cp.latest.sak.ki;
	const struct mkpdu_key_use *use = peer_use(peer, ki);

	if (!kay->cp.latest.is_valid || use == NULL || !use->transmits)
		return;
	if (!ki_is_equal(&peer->metered, ki)) {
		peer->metered = *ki;
		memset(&peer->meter, 0, sizeof(peer->meter));
	}
	if (is_sample_due(&peer->meter, kay->now_ns))
		meter_sample(&peer->meter, lpn_of_peer(&kay->cp.latest.sak, use), kay->now_ns);
}

/*
 * The rate rule waits for half of the numbers: a link so fast that a whole SAK lasts less than the
 * margin would otherwise rekey without end.
 */
static bool is_running_out(const struct mka *kay, uint64_t pn, const struct pn_meter *meter) {
	bool is_xpn = suite_info(kay->cp.latest.sak.suite)->is_xpn;
	uint64_t limit = is_xpn ? UINT64_MAX : UINT32_MAX;

	if (pn >= (is_xpn ? XPN_THRESHOLD : PN_THRESHOLD))
		return true;
	if (kay->config.pn_rekey_margin_ns == 0 || pn < limit / 2)
		return false;
	return (double)(limit - pn) < meter->per_ns * (double)kay->config.pn_rekey_margin_ns;
}

static uint64_t timer_deadline(const struct participant *participant) {
	uint64_t interval_ns = participant->kay->config.rekey_interval_s * 1000000000ull;

	return interval_ns == 0 ? NEVER : participant->distribution.made_ns + interval_ns;
}

/* A line that breaks takes several members with it, each of them missed a life time after its own
 * last word: all within a hello time, and one SAK does for all. */
static uint64_t loss_deadline(const struct participant *participant) {
	return participant->member_lost_ns == 0 ? NEVER
						: participant->member_lost_ns + MKA_HELLO_NS;
}

/* Whether one that the SAK was made for is gone. */
static void note_loss(struct participant *participant) {
	const struct mka *kay = participant->kay;
	const struct distribution *distribution = &participant->distribution;
	bool is_lost = false;

	for (uint32_t i = 0; i < distribution->n_members; i++) {
		const struct peer *peer = peers_find_const(participant, distribution->members[i]);

		is_lost |= peer == NULL || !peer->is_live;
	}
	if (!is_lost || !kay->config.rekeys_on_loss)
		participant->member_lost_ns = 0;
	else if (participant->member_lost_ns == 0)
		participant->member_lost_ns = kay->now_ns;
}

bool rekey_is_wanted(struct participant *participant) {
	const struct mka *kay = participant->kay;
	const struct held_sak *latest = &kay->cp.latest;

	if (!latest->is_valid || !latest->transmits ||
	    !ki_is_equal(&latest->sak.ki, &participant->distribution.ki))
		return false;
	note_loss(participant);
	if (kay->now_ns >= earlier(timer_deadline(participant), loss_deadline(participant)) ||
	    is_running_out(kay, kay->ops->next_pn(kay->ctx, &latest->sak.ki), &latest->meter))
		return true;
	for (uint32_t i = 0; i < participant->n_peers; i++) {
		const struct peer *peer = &participant->peers[i];

		if (peer->is_live && ki_is_equal(&peer->metered, &latest->sak.ki) &&
		    is_running_out(kay, peer->meter.pn, &peer->meter))
			return true;
	}
	return false;
}

uint64_t rekey_deadline(const struct mka *kay) {
	const struct held_sak *latest = &kay->cp.latest;
	const struct participant *principal = kay->principal;
	uint64_t times[] = {NEVER, NEVER, NEVER};
	uint64_t deadline = NEVER;

	if (!latest->is_valid || !latest->transmits)
		return NEVER;
	if (latest->meter.is_running)
		times[0] = latest->meter.at_ns + MKA_HELLO_NS;
	if (principal != NULL && principal->server == SERVER_SELF) {
		times[1] = timer_deadline(principal);
		times[2] = loss_deadline(principal);
	}
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (times[i] > kay->now_ns)
			deadline = earlier(deadline, times[i]);
	return deadline;
}
