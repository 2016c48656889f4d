/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How fast one worker encrypts here, against the ports' speed. Measured in short windows, the best
 * of them counts: a neighbour that takes the CPU away makes an average meaningless.
 */

#include "control/check.h"
#include "control/secret.h"
#include "dataplane/crypto.h"
#include "drivers/port_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FRAME_OCTETS 1500u
#define BURST 32u
#define WINDOWS 40u
#define BURSTS_PER_WINDOW 64u

struct trial {
	const struct crypto_engine *engine;
	struct crypto_context *context;
	void *key;
	uint8_t (*text)[FRAME_OCTETS + ICV_OCTETS];
	struct crypto_op op[BURST];
};

static double seconds(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void fill_ops(struct trial *trial) {
	static const uint8_t aad[28] = {0};
	for (unsigned i = 0; i < BURST; i++)
		trial->op[i] = (struct crypto_op){
			.iv = {(uint8_t)i},
			.aad = aad,
			.aad_octets = sizeof(aad),
			.text = trial->text[i],
			.text_octets = FRAME_OCTETS,
			.tag = trial->text[i] + FRAME_OCTETS,
		};
}

/* Gbit/s of user data in the best window. */
static double measure(struct trial *trial) {
	double best = 0;

	fill_ops(trial);
	for (unsigned window = 0; window < WINDOWS; window++) {
		const double began = seconds();
		for (unsigned i = 0; i < BURSTS_PER_WINDOW; i++)
			trial->engine->ops->protect(trial->context, trial->key, trial->op, BURST);
		const double bits = 8.0 * FRAME_OCTETS * BURST * BURSTS_PER_WINDOW;
		const double rate = bits / (seconds() - began) / 1e9;
		best = rate > best ? rate : best;
	}
	return best;
}

/* 0 when it cannot be measured. */
static double speed_of(const struct crypto_engine *engine, uint8_t sak_octets) {
	static const uint8_t sak[SAK_MAX_OCTETS] = {1};
	struct trial trial = {
		.engine = engine,
		.context = engine->ops->context_create(engine, 0),
		.key = secret_alloc(engine->key_octets),
		.text = calloc(BURST, sizeof(*trial.text)),
	};
	double gbps = 0;

	if (trial.context != NULL && trial.key != NULL && trial.text != NULL &&
	    engine->ops->key_expand(engine, trial.key, sak, sak_octets) == 0) {
		gbps = measure(&trial);
		engine->ops->key_release(engine, trial.key);
	}
	free(trial.text);
	secret_free(trial.key);
	engine->ops->context_destroy(trial.context);
	return gbps;
}

/*
 * 2^32 frames of 64 octets last 48 s at 60 Gbit/s: no time to agree a new key (design section 5).
 */
static void check_suite(struct check *check, const struct config_link *link, uint32_t port_mbps) {
	const char *suite = suite_info(link->suite)->name;

	if (suite_info(link->suite)->is_xpn)
		return;
	if (port_mbps > 40000)
		check_say(
			check, CHECK_FAIL, link->name,
			"%s runs out of packet numbers at %u Gbit/s: use %s", suite,
			port_mbps / 1000, suite_info(SUITE_GCM_AES_XPN_256)->name
		);
	else if (port_mbps == 0)
		check_say(
			check, CHECK_WARN, link->name,
			"%s, and the port's speed is unknown: above 40 Gbit/s use %s", suite,
			suite_info(SUITE_GCM_AES_XPN_256)->name
		);
}

/* Workers of the direction that has fewer. */
static unsigned workers_of(const struct config_link *link) {
	const unsigned protect = link->protect_cpus.n > 0 ? link->protect_cpus.n : 1;
	const unsigned validate = link->validate_cpus.n > 0 ? link->validate_cpus.n : 1;
	return protect < validate ? protect : validate;
}

static void
check_rate(struct check *check, const struct config_link *link, double gbps, uint32_t port_mbps) {
	const bool is_enough = gbps * workers_of(link) * 1000 >= port_mbps;
	const char *suite = suite_info(link->suite)->name;

	if (port_mbps == 0)
		check_say(
			check, CHECK_WARN, link->name,
			"%s: %.1f Gbit/s per worker at %u octets; the line port does not tell its "
			"speed: compare by hand, and list more CPUs in `workers` if need be",
			suite, gbps, FRAME_OCTETS
		);
	else
		check_say(
			check, is_enough ? CHECK_PASS : CHECK_WARN, link->name,
			"%s: %.1f Gbit/s per worker at %u octets, line port %.1f Gbit/s%s", suite,
			gbps, FRAME_OCTETS, port_mbps / 1000.0,
			is_enough ? "" : ": list more CPUs in `workers`"
		);
}

static void check_link(struct check *check, const struct config_link *link) {
	const uint32_t port_mbps = port_facts_speed_mbps(link->line);
	const double gbps = speed_of(check->engine, suite_info(link->suite)->sak_octets);

	check_suite(check, link, port_mbps);
	if (gbps > 0)
		check_rate(check, link, gbps, port_mbps);
	else
		check_say(
			check, CHECK_FAIL, link->name,
			"%s cannot be measured: memory, see the line above",
			suite_info(link->suite)->name
		);
}

void check_speed(struct check *check) {
	for (size_t i = 0; check->engine != NULL && i < check->config->n_links; i++)
		check_link(check, &check->config->links[i]);
}
