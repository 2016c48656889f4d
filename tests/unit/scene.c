/* SPDX-License-Identifier: BSD-3-Clause */

#include "tests/unit/scene.h"

#include "dataplane/sectag.h"

#include <criterion/criterion.h>

#include <inttypes.h>

const struct engine_choice engine_choices[2] = {
	{.arch = CRYPTO_ARCH_AUTO},
	{.is_openssl = true},
};

struct crypto_engine *scene_engine(const struct engine_choice *choice) {
	struct crypto_engine *engine = NULL;
	const int error = choice->is_openssl ? crypto_openssl_create(1, &engine)
					     : crypto_ipsec_mb_create(choice->arch, &engine);
	cr_assert_eq(error, 0);
	return engine;
}

struct sak scene_sak(enum cipher_suite suite, uint32_t kn, uint8_t an, bool confidentiality) {
	struct sak sak = {
		.ki = {.mi = "scene-mi-12", .kn = kn},
		.suite = suite,
		.an = an,
		.confidentiality = confidentiality,
		.own_ssci = OWN_SSCI,
		.n_peers = 1,
		.peers = {{PEER_SCI, PEER_SSCI}},
	};
	for (unsigned i = 0; i < sizeof(sak.octets); i++)
		sak.octets[i] = (uint8_t)(i * 7 + kn * 31 + 1);
	for (unsigned i = 0; i < sizeof(sak.salt); i++)
		sak.salt[i] = (uint8_t)(i * 13 + kn + 5);
	return sak;
}

struct lane_bench *scene_open(struct bench_request request) {
	static bool is_started;

	if (!is_started)
		bench_eal_start();
	is_started = true;
	if (request.engine == NULL)
		request.engine = scene_engine(&engine_choices[0]);
	if (request.sci == 0)
		request.sci = OWN_SCI;
	return bench_open(&request);
}

void scene_install(struct lane_bench *bench, const struct sak *sak) {
	cr_assert_eq(sa_install_sak(bench->door, sak), 0);
	cr_assert_eq(sa_install_transmit(bench->door, &sak->ki), 0);
}

static uint8_t tci_an_of(const struct sak *sak) {
	return (uint8_t)(TCI_SC | (sak->confidentiality ? TCI_E | TCI_C : 0) | sak->an);
}

struct reference scene_peer(const struct sak *sak) {
	return (struct reference){sak, PEER_SCI, PEER_SSCI, tci_an_of(sak), 0};
}

struct reference scene_self(const struct sak *sak) {
	return (struct reference){sak, OWN_SCI, OWN_SSCI, tci_an_of(sak), 0};
}

void scene_plain(uint8_t *frame, uint32_t octets, unsigned tags) {
	static const uint8_t addresses[12] = {2, 0, 0, 0, 0, 0x77, 2, 0, 0, 0, 0, 2};
	uint8_t *at = frame + sizeof(addresses);

	for (uint32_t i = 0; i < octets; i++)
		frame[i] = (uint8_t)i;
	memcpy(frame, addresses, octets < 12 ? octets : 12);
	if (octets < 14)
		return;
	for (unsigned i = 0; i < tags; i++, at += 4)
		memcpy(at, i == 0 && tags > 1 ? "\x88\xa8\x01\x23" : "\x81\x00\x00\x64", 4);
	memcpy(at, "\x08\x00", 2);
}

void scene_finish_with(
	struct lane_bench *bench, const struct lane_worker *w, const char *name,
	const struct move *moves
) {
	uint64_t expected[COUNTER_COUNT] = {0};

	bench_finish(bench, w);
	for (; moves->counter != COUNTER_COUNT; moves++)
		expected[moves->counter] += moves->by;
	for (unsigned c = 0; c < COUNTER_COUNT; c++)
		cr_assert_eq(
			bench_count(w, c), expected[c], "%s: %s is %" PRIu64 ", expected %" PRIu64,
			name, counter_info(c)->word, bench_count(w, c), expected[c]
		);
	bench_reset_counters(bench);
}

void scene_sends(
	const struct lane_bench *bench, uint32_t i, const uint8_t *frame, uint32_t octets,
	const char *name
) {
	uint8_t out[SCENE_FRAME_MAX];

	cr_assert_eq(
		bench->burst.fate[i], FATE_SEND, "%s: frame %u is not sent: %s", name, i,
		counter_info(bench->burst.reason[i])->word
	);
	const uint32_t got = bench_get(bench, i, out, sizeof(out));
	cr_assert_eq(got, octets, "%s: frame %u has %u octets, not %u", name, i, got, octets);
	cr_assert_arr_eq(out, frame, octets, "%s: frame %u differs", name, i);
}

void scene_drops(
	const struct lane_bench *bench, uint32_t i, enum counter reason, const char *name
) {
	cr_assert_eq(bench->burst.fate[i], FATE_DROP, "%s: frame %u is not dropped", name, i);
	cr_assert_eq(
		bench->burst.reason[i], reason, "%s: frame %u is dropped as %s, not %s", name, i,
		counter_info(bench->burst.reason[i])->word, counter_info(reason)->word
	);
}
