/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * In-service upgrade (802.1X-2020 9.18): a key server that restarts announces for how long it will
 * be away. Its peers keep it, themselves and the SAs for so long: the life time of every live peer
 * begins when the suspension is over. Back with a new identity, it ends the suspension by being
 * proven live, and hands out a fresh SAK.
 *
 * The key server's last word counts, at most MKA_SUSPENSION_MAX_S from when it was heard. Only the
 * key server has a word here: another member's suspension time is a request to it, which would let
 * any member keep a dead CA alive, and is ignored.
 */
#include "control/mka/machines.h"

#include <errno.h>
#include <inttypes.h>

#define SUSPENSION_VERSION 2u // of MKA, the first that knows suspension
#define SECOND_NS UINT64_C(1000000000)

static bool all_know_suspension(const struct participant *participant) {
	for (uint32_t i = 0; i < participant->n_peers; i++)
		if (participant->peers[i].is_live &&
		    participant->peers[i].version < SUSPENSION_VERSION)
			return false;
	return true;
}

static void end(struct participant *participant) {
	if (participant->suspension.until_ns != 0)
		report(participant->kay, MKA_TOPIC_SUSPENSION, "%s: the suspension is over",
		       participant_word(participant));
	participant->suspension.until_ns = 0;
}

/* A member that does not know suspension would drop the key server, and the CA would fall apart
 * under those that do. */
void suspend_hear(
	struct participant *participant, const struct peer *peer, const struct mkpdu *pdu
) {
	struct mka *kay = participant->kay;
	struct suspension *suspension = &participant->suspension;
	uint64_t seconds = earlier(pdu->suspension_s, MKA_SUSPENSION_MAX_S);

	if (!kay->config.honours_suspension || !mkpdu_has(pdu, SET_XPN) || !peer->is_live ||
	    peer != election_peer(participant) || !all_know_suspension(participant))
		return;
	if (seconds == 0) {
		end(participant);
		return;
	}
	if (suspension->until_ns == 0)
		report(kay, MKA_TOPIC_SUSPENSION,
		       "key server %016" PRIx64 " may be away for %u s: its SAKs stay", peer->sci,
		       (unsigned int)seconds);
	suspension->until_ns = kay->now_ns + seconds * SECOND_NS;
	memcpy(suspension->server_mi, peer->mi, MI_OCTETS);
}

/* Nobody expires during a suspension: an identity that is gone was succeeded by another one of the
 * same SCI (peers.c). */
void suspend_run(struct participant *participant) {
	if (peers_find_const(participant, participant->suspension.server_mi) == NULL ||
	    participant->kay->now_ns >= suspend_holds_until_ns(participant))
		end(participant);
}

uint64_t suspend_holds_until_ns(const struct participant *participant) {
	uint64_t until_ns = participant->suspension.until_ns;

	return until_ns == 0 ? 0 : until_ns + MKA_LIFE_NS;
}

static uint64_t own_until_ns(const struct participant *participant) {
	const struct mka *kay = participant->kay;

	return participant == kay->principal && participant->server == SERVER_SELF
		       ? kay->suspends_until_ns
		       : 0;
}

uint64_t suspend_left_ns(const struct participant *participant, uint64_t now_ns) {
	uint64_t until_ns = later(own_until_ns(participant), participant->suspension.until_ns);

	return until_ns > now_ns ? until_ns - now_ns : 0;
}

/* Rounded up: it is 0 only when the time is over. */
uint8_t suspend_seconds_left(const struct participant *participant) {
	uint64_t now_ns = participant->kay->now_ns;
	uint64_t until_ns = own_until_ns(participant);

	return until_ns > now_ns ? (uint8_t)((until_ns - now_ns + SECOND_NS - 1) / SECOND_NS) : 0;
}

int mka_suspend(struct mka *kay, uint32_t seconds, uint64_t now_ns) {
	if (seconds == 0 || seconds > MKA_SUSPENSION_MAX_S)
		return -EINVAL;
	kay_set_time(kay, now_ns);
	kay_settle(kay);
	if (kay->principal == NULL)
		return -ENOTCONN;
	if (kay->principal->server != SERVER_SELF)
		return -EPERM;
	if (!all_know_suspension(kay->principal))
		return -EOPNOTSUPP;
	kay->suspends_until_ns = kay->now_ns + seconds * SECOND_NS;
	kay->principal->pacing.is_due = true;
	report(kay, MKA_TOPIC_SUSPENSION, "announcing that we may be away for %u s", seconds);
	kay_settle(kay);
	return 0;
}
