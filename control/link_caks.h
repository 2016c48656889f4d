/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The CAKs of a link in its KaY: primary, fallback, and those of the key chain come and go as time
 * passes (control/key_chain.h says when) and as the configuration is changed. Keys are read when
 * they are needed, are in secret memory between their source and the KaY. A key that cannot be had
 * disturbs no other: it is tried again every minute, and one that a service has yet to give as soon
 * as it comes. Control thread only.
 */
#pragma once

#include "control/cak_source.h"
#include "control/link.h"

#define LINK_CAKS_MAX (2u + CONFIG_CHAIN_MAX) // primary, fallback, chain
#define LINK_CAKS_RETRY_NS 60000000000ull

/* Where one CAK stands. */
struct link_cak {
	enum key_use use;  // as the KaY knows it; KEY_NOT: it has no participant
	uint64_t retry_ns; // monotonic; not before this after a failure
	bool is_unusable;  // needed, and the last try failed
	bool is_awaited;   // needed, and a service has yet to give it
};

/*
 * The CAK that a changed configuration has no more, or not yet, and that carried the traffic: it
 * goes on doing so until another CAK has carried it for LINK_CAKS_FORMER_NS; the fallback is no
 * successor of a CAK that was none. So the two ends may be given a new CAK one after the other.
 */
#define LINK_CAKS_FORMER_NS 10000000000ull
struct link_former {
	bool is_set;
	bool is_fallback;      // as it was
	struct config_cak cak; // a copy: its configuration is gone
};

struct link_caks {
	const struct config *config; // for messages
	const struct config_link *link;
	struct mka *mka;
	struct cak_source keys;
	struct key_chain chain;
	uint64_t next_ns; // monotonic: when link_caks_look is to be called, at the latest
	int64_t step_s;   // that was logged
	bool is_over;     // that was logged
	struct link_cak at[LINK_CAKS_MAX]; // in the order of key_chain_at
	struct link_former former;
};

/*
 * Checks the key of every CAK that is or will be needed, and begins those of now whose keys are
 * here. While the clock is not set, a key that is only needed later may be missing.
 *
 * wall_ns: since 1970-01-01T00:00:00Z, not negative; now_ns: monotonic. The pointers must outlive
 * `caks`, those of config and link until link_caks_reload. Returns 0, or a negative errno after a
 * log line that names the place in the configuration; then the KaY may hold some CAKs and is to be
 * destroyed.
 */
int link_caks_begin(
	struct link_caks *caks, const struct config *config, const struct config_link *link,
	struct mka *mka, const struct cak_source *keys, int64_t wall_ns, uint64_t now_ns
);

/*
 * Adds, updates and removes what the clocks and earlier failures ask for; one log line for each
 * change. Returns true when the KaY was changed: mka_tick is due then.
 */
bool link_caks_look(struct link_caks *caks, int64_t wall_ns, uint64_t now_ns);

/* A key of the source may have come: CAKs that wait are tried at the next look, due now. */
void link_caks_keys_changed(struct link_caks *caks, uint64_t now_ns);

/*
 * Whether link_caks_reload can take the CAKs of another configuration of this link: every file with
 * a new CAK's key can be read. Returns 0, or a negative errno after a log line. Changes nothing.
 */
int link_caks_check(
	const struct link_caks *caks, const struct config *config, const struct config_link *link,
	int64_t wall_ns, uint64_t now_ns
);

/*
 * Goes over to another configuration of the same link (same name, same words but CAKs): CAKs are
 * known by their CKN. A CAK that is in both goes on as it is, with the key it has: another
 * reference under the same CKN is a warning. New ones begin; of those that are gone the one that
 * carries the traffic becomes the former one, and the others end. mka_tick is due afterwards.
 */
void link_caks_reload(
	struct link_caks *caks, const struct config *config, const struct config_link *link,
	int64_t wall_ns, uint64_t now_ns
);

/* What happens next, and what does not work. now_ns: monotonic. */
void link_caks_view(const struct link_caks *caks, uint64_t now_ns, struct link_keys_view *view);
