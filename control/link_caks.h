/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The CAKs of a link in its KaY: primary, fallback, and those of the key chain come and go as time
 * passes (control/key_chain.h says when). Keys are read when they are needed, are in secret memory
 * between the file and the KaY, and nowhere else. A key that cannot be had later on disturbs no
 * other: it is tried again every minute. Control thread only.
 */
#pragma once

#include "control/link.h"

#define LINK_CAKS_MAX (2u + CONFIG_CHAIN_MAX) // primary, fallback, chain
#define LINK_CAKS_RETRY_NS 60000000000ull

/* Where one CAK stands. */
struct link_cak {
	enum key_use use;  // as the KaY knows it; KEY_NOT: it has no participant
	uint64_t retry_ns; // monotonic; not before this after a failure
	bool is_unusable;  // needed, and the last try failed
};

struct link_caks {
	const struct config *config; // for messages
	const struct config_link *link;
	struct mka *mka;
	struct key_chain chain;
	uint64_t next_ns; // monotonic: when link_caks_look is to be called, at the latest
	int64_t step_s;   // that was logged
	bool is_over;     // that was logged
	struct link_cak at[LINK_CAKS_MAX]; // in the order of key_chain_at
};

/*
 * Checks the key of every CAK that is or will be needed, and begins those of now. While the clock
 * is not set, a key that is only needed later may be missing.
 *
 * wall_ns: since 1970-01-01T00:00:00Z, not negative; now_ns: monotonic. The pointers must outlive
 * `caks`. Returns 0, or a negative errno after a log line that names the place in the
 * configuration; then the KaY may hold some CAKs and is to be destroyed.
 */
int link_caks_begin(
	struct link_caks *caks, const struct config *config, const struct config_link *link,
	struct mka *mka, int64_t wall_ns, uint64_t now_ns
);

/*
 * Adds, updates and removes what the clocks and earlier failures ask for; one log line for each
 * change. Returns true when the KaY was changed: mka_tick is due then.
 */
bool link_caks_look(struct link_caks *caks, int64_t wall_ns, uint64_t now_ns);

/* What happens next, and what does not work. now_ns: monotonic. */
void link_caks_view(const struct link_caks *caks, uint64_t now_ns, struct link_keys_view *view);
