/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which cipher suite a SAK of ours is for (802.1X-2020 9.7): the configured one, or what all who
 * take part can do. The choice is made anew for each SAK, from what the members say then.
 */
#include "control/mka/machines.h"

enum mka_capability suite_capability_needed(const struct mka_config *config) {
	return config->confidentiality ? MKA_CAP_CONFIDENTIALITY_0 : MKA_CAP_INTEGRITY;
}

/* A peer that announces nothing was most likely set up to match us; beyond that every
 * implementation has the suite that 802.1AE makes mandatory. */
static bool silent_peer_can(const struct mka_config *config, enum cipher_suite suite) {
	return suite == config->suite || suite == SUITE_GCM_AES_128;
}

enum mka_capability suite_capability(
	const struct mka_config *config, const struct peer *peer, enum cipher_suite suite
) {
	const struct announced *announced = &peer->announced;
	uint8_t capability = peer->capability;

	if (!announced->is_any && !silent_peer_can(config, suite))
		return MKA_CAP_NONE;
	if (announced->is_any && announced->capability[suite] < capability)
		capability = announced->capability[suite];
	return (enum mka_capability)capability;
}

/* The least that those who take part can do with a suite; more than any when nobody does. */
static enum mka_capability
common_capability(const struct participant *participant, enum cipher_suite suite) {
	enum mka_capability least = MKA_CAP_CONFIDENTIALITY_0_30_50;

	for (uint32_t i = 0; i < participant->n_peers; i++) {
		const struct peer *peer = &participant->peers[i];
		enum mka_capability capability =
			suite_capability(&participant->kay->config, peer, suite);

		if (peer_takes_part(peer) && capability < least)
			least = capability;
	}
	return least;
}

bool suite_suits(const struct participant *participant, enum cipher_suite suite) {
	return common_capability(participant, suite) >=
	       suite_capability_needed(&participant->kay->config);
}

static bool find_suite(const struct participant *participant, enum cipher_suite *suite) {
	const struct mka_config *config = &participant->kay->config;

	*suite = config->suite;
	if (suite_suits(participant, *suite))
		return true;
	for (unsigned int i = 0; i < SUITE_COUNT; i++) {
		*suite = suites_by_strength[i];
		if (config->allowed_suites >> *suite & 1 && suite_suits(participant, *suite))
			return true;
	}
	return false;
}

bool suite_choose(const struct participant *participant, struct suite_choice *choice) {
	const struct mka_config *config = &participant->kay->config;

	choice->confidentiality_offset = 0;
	if (!find_suite(participant, &choice->suite))
		return false;
	if (!suite_info(choice->suite)->is_xpn &&
	    common_capability(participant, choice->suite) == MKA_CAP_CONFIDENTIALITY_0_30_50)
		choice->confidentiality_offset = config->confidentiality_offset;
	return true;
}
