/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the tests of the stages share: one link with known keys, frames for it, and judgement of
 * what became of them: every check names all counters that may have moved, and no other may have.
 */
#pragma once

#include "drivers/crypto_engines.h"
#include "tests/unit/lane_bench.h"
#include "tests/unit/reference.h"

#include <stdbool.h>
#include <stdint.h>

#define SCENE_FRAME_MAX 10240u
#define OWN_SCI 0x0200000000010001u
#define PEER_SCI 0x0200000000020001u
#define OTHER_SCI 0x0200000000030007u // a second peer, with a port that no address implies
#define OWN_SSCI 1u
#define PEER_SSCI 2u
#define OTHER_SSCI 3u

struct engine_choice {
	bool is_openssl;
	enum crypto_arch arch;
};

/* Both engines, for tests that run with each. */
extern const struct engine_choice engine_choices[2];
struct crypto_engine *scene_engine(const struct engine_choice *choice);

/* A SAK with one peer (PEER_SCI); kn tells it from others and decides its key. */
struct sak scene_sak(enum cipher_suite suite, uint32_t kn, uint8_t an, bool confidentiality);

/* Opens a bench for OWN_SCI. `request` may leave out engine (best ipsec-mb) and SCI. Starts EAL the
 * first time. */
struct lane_bench *scene_open(struct bench_request request);

/* Installs the SAK, and transmits with it. */
void scene_install(struct lane_bench *bench, const struct sak *sak);

/* PEER_SCI as a sender with this SAK. */
struct reference scene_peer(const struct sak *sak);

/* We ourselves as a sender: what the protect lane must produce. */
struct reference scene_self(const struct sak *sak);

/* A plain frame: destination, source 02:00:00:00:00:02 (the peer's address), `tags` VLAN tags,
 * EtherType 0800, then octets that count up. At least 14 + 4 * tags octets. */
void scene_plain(uint8_t *frame, uint32_t octets, unsigned tags);

/* How much a counter has moved. */
struct move {
	enum counter counter;
	uint64_t by;
};

/* Ends the burst and requires that the lane's counters moved by just this since the last time. */
#define scene_finish(bench, worker, name, ...)                                              \
	scene_finish_with(                                                                  \
		bench, worker, name, (const struct move[]){__VA_ARGS__, {COUNTER_COUNT, 0}} \
	)
void scene_finish_with(
	struct lane_bench *bench, const struct lane_worker *w, const char *name,
	const struct move *moves
);

/* Requires that frame i of the burst is to be sent and is exactly this. */
void scene_sends(
	const struct lane_bench *bench, uint32_t i, const uint8_t *frame, uint32_t octets,
	const char *name
);

/* Requires that frame i of the burst is dropped for this reason. */
void scene_drops(const struct lane_bench *bench, uint32_t i, enum counter reason, const char *name);
