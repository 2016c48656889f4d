/* SPDX-License-Identifier: BSD-3-Clause */
/* What MKA asks for, done: frames through the protect lane, SAs through the door, words to the log.
 */

#include "control/link_parts.h"
#include "control/link_policy.h"
#include "control/log.h"
#include "control/monotonic.h"
#include "control/secret.h"
#include "control/server/events.h"

#include <openssl/rand.h>

#include <errno.h>
#include <string.h>

#define PN_REKEY_MARGIN_NS \
	30000000000ull // design: a rekey begins when the PNs left last less than 30 s

static void send(void *ctx, const uint8_t *frame, size_t octets) {
	struct link *link = ctx;

	if (frame_ring_put(link->inject, frame, (uint32_t)octets))
		return;
	// the protect lane does not poll; MKA says it again, and the first one is worth a line
	if (link->mkpdus_unsent++ == 0)
		log_warning(
			"link", "%s: an MKPDU could not be sent: its worker gets no CPU",
			link->config->name
		);
}

static int sak_install(void *ctx, const struct sak *sak) {
	struct link *link = ctx;
	return sa_install_sak(link->door, sak);
}

static int sak_transmit(void *ctx, const struct ki *ki) {
	struct link *link = ctx;
	const int error = sa_install_transmit(link->door, ki);
	if (error == 0)
		link->saks_used++;
	return error;
}

static void sak_retire(void *ctx, const struct ki *ki) {
	struct link *link = ctx;
	sa_install_retire(link->door, ki);
}

static uint64_t next_pn(void *ctx, const struct ki *ki) {
	struct link *link = ctx;
	return sa_install_next_pn(link->door, ki);
}

static void lpn_floor(void *ctx, const struct ki *ki, uint64_t sci, uint64_t lowest_pn) {
	struct link *link = ctx;
	sa_install_raise_floor(link->door, ki, sci, lowest_pn);
}

static void state_changed(void *ctx, enum mka_state state) {
	link_set_state(ctx, state);
}

static int draw_random(void *ctx, uint8_t *octets, size_t n) {
	(void)ctx;
	return RAND_priv_bytes(octets, (int)n) == 1 ? 0 : -EIO;
}

/* A SAK that takes the place of another one is a rekey. */
static enum event_kind event_kind_of(const struct link *link, enum mka_topic topic) {
	static const enum event_kind kinds[] = {
		[MKA_TOPIC_PEER] = EVENT_PEER,
		[MKA_TOPIC_SAK] = EVENT_SAK,
		[MKA_TOPIC_SAK_USED] = EVENT_SAK,
		[MKA_TOPIC_CAK] = EVENT_CAK,
		[MKA_TOPIC_REFUSAL] = EVENT_REFUSAL,
		[MKA_TOPIC_OBSTACLE] = EVENT_OBSTACLE,
		[MKA_TOPIC_SUSPENSION] = EVENT_SUSPENSION,
	};

	if (topic == MKA_TOPIC_SAK_USED && link->saks_used > 1)
		return EVENT_REKEY;
	return kinds[topic];
}

static void log_text(void *ctx, enum mka_topic topic, const char *line) {
	const struct link *link = ctx;

	log_info("mka", "%s: %s", link->config->name, line);
	events_tell(link->events, event_kind_of(link, topic), link->name, "%s", line);
}

static void *key_alloc(void *ctx, size_t octets) {
	(void)ctx;
	return secret_alloc(octets);
}

static void key_free(void *ctx, void *mem) {
	(void)ctx;
	secret_free(mem);
}

static const struct mka_ops link_mka_ops = {
	.send = send,
	.sak_install = sak_install,
	.sak_transmit = sak_transmit,
	.sak_retire = sak_retire,
	.next_pn = next_pn,
	.lpn_floor = lpn_floor,
	.state_changed = state_changed,
	.random = draw_random,
	.log = log_text,
	.secret_alloc = key_alloc,
	.secret_free = key_free,
};

static void fill_config(const struct link *link, struct mka_config *mka) {
	const struct config_link *config = link->config;

	mka->sci = link->sci;
	memcpy(mka->source_mac, port_info(link->line)->mac, sizeof(mka->source_mac));
	memcpy(mka->destination_mac, config->eapol_destination, sizeof(mka->destination_mac));
	mka->key_server_priority = config->key_server_priority;
	mka->suite = config->suite;
	mka->confidentiality = config->confidentiality;
	mka->confidentiality_offset = config->confidentiality_offset;
	mka->allowed_suites = config->allowed_suites;
	mka->announces = config->announce;
	mka->icv_indicator = config->icv_indicator;
	mka->delay_protect = config->delay_protect;
	mka->rekeys_on_loss = config->rekey_on_peer_loss;
	mka->keeps_last_sak = config->on_failure == FAILURE_KEEP_LAST_SAK;
	// a link that is to drop or keep after a failure must not be talked out of its key
	mka->allows_plain =
		config->policy == POLICY_SHOULD_SECURE && config->on_failure == FAILURE_ALLOW;
	mka->honours_suspension = config->accept_suspension;
	mka->rekey_interval_s = config->rekey_s;
	mka->pn_rekey_margin_ns = PN_REKEY_MARGIN_NS;
}

int link_mka_start(struct link *link, const struct link_env *env) {
	struct mka_config mka = {0};

	fill_config(link, &mka);
	const int error = mka_create(&mka, &link_mka_ops, link, monotonic_ns(), &link->mka);
	if (error != 0)
		return log_error(
			-error, "mka", "%s: cannot begin the agreement: %s", link->config->name,
			strerror(-error)
		);
	return link_caks_begin(
		&link->caks, env->config, link->config, link->mka, &env->keys, link_wall_ns(),
		monotonic_ns()
	);
}

void link_set_state(struct link *link, enum mka_state mka) {
	const enum link_state state = link_policy_state(link->config, mka, link->was_secured);
	const uint64_t now_ns = monotonic_ns();

	link->was_secured |= state == LINK_SECURED;
	sa_install_allow_clear(link->door, state == LINK_CLEAR);
	if (state == link->state && link->state_since_ns != 0)
		return;
	link->state = state;
	link->state_since_ns = now_ns;
	log_info("link", "%s: %s", link->config->name, link_state_word(state));
	events_tell(link->events, EVENT_STATE, link->name, "%s", link_state_word(state));
}
