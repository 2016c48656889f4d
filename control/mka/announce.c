/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Announcement parameter set (802.1X-2020 11.11, 11.12.3): a list of TLVs with 7 bits of type
 * and 9 bits of length, of which we send and read the MACsec cipher suites. Each entry names a
 * suite and what the sender can do with it.
 */
#include "control/mka/suites.h"

#define TLV_MACSEC_SUITES 112u
#define TLV_LENGTH_BITS 9u
#define CAPABILITY_MASK 3u

/* A misprint in the first editions of the standard that lives on in some implementations. */
#define GCM_AES_128_ALIAS 0x0080020001000001u

/* By strength, for announcing and for choosing alike. */
const enum cipher_suite suites_by_strength[SUITE_COUNT] = {
	SUITE_GCM_AES_XPN_256,
	SUITE_GCM_AES_256,
	SUITE_GCM_AES_XPN_128,
	SUITE_GCM_AES_128,
};

bool suite_find(uint64_t id, enum cipher_suite *suite) {
	for (unsigned int i = 0; i < SUITE_COUNT; i++) {
		if (suite_info((enum cipher_suite)i)->id != id)
			continue;
		*suite = (enum cipher_suite)i;
		return true;
	}
	return false;
}

static enum mka_capability
own_capability(const struct mka_config *config, enum cipher_suite suite) {
	if (!config->confidentiality)
		return MKA_CAP_INTEGRITY;
	/* XPN knows no confidentiality offset. */
	return suite_info(suite)->is_xpn ? MKA_CAP_CONFIDENTIALITY_0
					 : MKA_CAP_CONFIDENTIALITY_0_30_50;
}

enum mka_capability announce_capability(const struct mka_config *config) {
	enum mka_capability best = MKA_CAP_NONE;

	for (unsigned int i = 0; i < SUITE_COUNT; i++) {
		enum mka_capability own = own_capability(config, (enum cipher_suite)i);

		if (config->allowed_suites >> i & 1 && own > best)
			best = own;
	}
	return best;
}

static void
write_suite(struct writer *out, const struct mka_config *config, enum cipher_suite suite) {
	writer_number(out, own_capability(config, suite), 2);
	writer_number(out, suite_info(suite)->id, 8);
}

size_t announce_write(const struct mka_config *config, uint8_t body[ANNOUNCEMENT_MAX_OCTETS]) {
	struct writer out = {.base = body, .size = ANNOUNCEMENT_MAX_OCTETS};
	unsigned int n = (unsigned int)__builtin_popcount(config->allowed_suites);

	writer_number(&out, TLV_MACSEC_SUITES << TLV_LENGTH_BITS | n * SUITE_ENTRY_OCTETS, 2);
	write_suite(&out, config, config->suite);
	for (unsigned int i = 0; i < SUITE_COUNT; i++) {
		enum cipher_suite suite = suites_by_strength[i];

		if (config->allowed_suites >> suite & 1 && suite != config->suite)
			write_suite(&out, config, suite);
	}
	return out.used;
}

/* Suites that we do not know are of no use to us. */
static void read_suite(struct announced *announced, struct cursor *in) {
	uint8_t capability = cursor_number(in, 2) & CAPABILITY_MASK;
	uint64_t id = cursor_number(in, 8);
	enum cipher_suite suite = SUITE_GCM_AES_128;
	uint8_t *known;

	if (!suite_find(id, &suite) && id != GCM_AES_128_ALIAS)
		return;
	known = &announced->capability[suite];
	if (capability > *known)
		*known = capability;
}

static bool read_suites(struct announced *announced, struct cursor *in) {
	if (in->left % SUITE_ENTRY_OCTETS != 0)
		return false;
	while (in->left > 0)
		read_suite(announced, in);
	announced->is_any = true;
	return true;
}

static bool read_tlvs(struct announced *announced, struct cursor *in) {
	while (in->left > 0) {
		unsigned int head = (unsigned int)cursor_number(in, 2);
		struct cursor value = {.left = head & ((1u << TLV_LENGTH_BITS) - 1)};

		value.at = cursor_take(in, value.left);
		if (in->is_bad)
			return false;
		if (head >> TLV_LENGTH_BITS == TLV_MACSEC_SUITES && !read_suites(announced, &value))
			return false;
	}
	return true;
}

bool announce_read(struct announced *announced, const uint8_t *body, size_t octets) {
	struct cursor in = {.at = body, .left = octets};
	struct announced read = {.is_any = false};

	if (!read_tlvs(&read, &in)) {
		announced->was_malformed = true;
		return false;
	}
	if (read.is_any) {
		read.was_malformed = announced->was_malformed;
		*announced = read;
	}
	return true;
}

uint32_t announce_bits(const struct announced *announced) {
	uint32_t bits = 0;

	for (unsigned int i = 0; i < SUITE_COUNT; i++)
		bits |= (uint32_t)(announced->capability[i] != MKA_CAP_NONE) << i;
	return bits;
}
