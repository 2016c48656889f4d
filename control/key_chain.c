/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A chain's state is one number: the latest wall-clock time that was ever believed. Each CAK's use
 * follows from it, so none can go back, whatever the clock does.
 */
#include "control/key_chain.h"

#define NS_PER_S 1000000000ll

/* Far times stay far: a chain's end may be INT64_MAX seconds. */
static int64_t ns_of(int64_t seconds) {
	if (seconds > INT64_MAX / NS_PER_S)
		return INT64_MAX;
	return seconds * NS_PER_S;
}

static enum key_use use_at(const struct config_chain_cak *cak, int64_t wall_ns) {
	if (wall_ns < ns_of(cak->accept_from_s) || wall_ns >= ns_of(cak->accept_until_s))
		return KEY_NOT;
	if (wall_ns < ns_of(cak->start_s) || wall_ns >= ns_of(cak->end_s))
		return KEY_ACCEPT;
	return KEY_SEND;
}

static bool is_near(int64_t a_ns, int64_t b_ns) {
	return a_ns - b_ns <= KEY_CHAIN_SLEW_NS && b_ns - a_ns <= KEY_CHAIN_SLEW_NS;
}

static void believe(struct key_chain *chain, int64_t offset_ns) {
	chain->offset_ns = offset_ns;
	chain->step_since_ns = KEY_CHAIN_NEVER;
}

/* The believed wall-clock time. */
static int64_t believed_ns(const struct key_chain *chain) {
	return chain->offset_ns + (int64_t)chain->now_ns;
}

bool key_chain_clock_is_set(const struct key_chain *chain) {
	return believed_ns(chain) >= KEY_CHAIN_CLOCK_SET_S * NS_PER_S;
}

/* A step that changes its size is a new one; a small change is the new clock's slew. */
static void follow(struct key_chain *chain, int64_t offset_ns) {
	bool is_known =
		chain->step_since_ns != KEY_CHAIN_NEVER && is_near(offset_ns, chain->step_ns);

	if (is_near(offset_ns, chain->offset_ns) || !key_chain_clock_is_set(chain)) {
		believe(chain, offset_ns);
		return;
	}
	chain->step_ns = offset_ns;
	if (!is_known)
		chain->step_since_ns = chain->now_ns;
	else if (chain->now_ns - chain->step_since_ns >= KEY_CHAIN_STEP_NS)
		believe(chain, offset_ns);
}

/* The first edge of a CAK's times behind what was reached; INT64_MAX: there is none. */
static int64_t next_edge_ns(const struct key_chain *chain) {
	int64_t next_ns = INT64_MAX;

	for (uint32_t i = 0; i < chain->link->n_chain; i++) {
		const struct config_chain_cak *cak = &chain->link->chain[i];
		const int64_t edges_ns[] = {
			ns_of(cak->accept_from_s),
			ns_of(cak->start_s),
			ns_of(cak->end_s),
			ns_of(cak->accept_until_s),
		};

		for (uint32_t j = 0; j < sizeof(edges_ns) / sizeof(edges_ns[0]); j++)
			if (edges_ns[j] > chain->reached_ns && edges_ns[j] < next_ns)
				next_ns = edges_ns[j];
	}
	return next_ns;
}

void key_chain_begin(
	struct key_chain *chain, const struct config_link *link, int64_t wall_ns, uint64_t now_ns
) {
	*chain = (struct key_chain){.link = link, .now_ns = now_ns, .reached_ns = wall_ns};
	believe(chain, wall_ns - (int64_t)now_ns);
}

bool key_chain_look(struct key_chain *chain, int64_t wall_ns, uint64_t now_ns) {
	const int64_t edge_ns = next_edge_ns(chain);

	chain->now_ns = now_ns;
	follow(chain, wall_ns - (int64_t)now_ns);
	if (believed_ns(chain) > chain->reached_ns)
		chain->reached_ns = believed_ns(chain);
	return chain->reached_ns >= edge_ns;
}

uint32_t key_chain_count(const struct key_chain *chain) {
	return (uint32_t)chain->link->primary.is_set + (uint32_t)chain->link->fallback.is_set +
	       chain->link->n_chain;
}

struct key_chain_cak key_chain_at(const struct key_chain *chain, uint32_t i) {
	const struct config_link *link = chain->link;
	const struct config_chain_cak *cak;
	enum key_use use;

	if (link->primary.is_set && i-- == 0)
		return (struct key_chain_cak){&link->primary, KEY_SEND, false, KEY_CHAIN_OLDEST};
	if (link->fallback.is_set && i-- == 0)
		return (struct key_chain_cak){&link->fallback, KEY_SEND, true, KEY_CHAIN_OLDEST};
	cak = &link->chain[i];
	use = use_at(cak, chain->reached_ns);
	return (struct key_chain_cak){&cak->cak, use, false, cak->start_s};
}

uint64_t key_chain_next_change(const struct key_chain *chain) {
	const int64_t edge_ns = next_edge_ns(chain);

	if (edge_ns == INT64_MAX)
		return KEY_CHAIN_NEVER;
	return chain->now_ns + (uint64_t)(edge_ns - believed_ns(chain));
}

uint64_t key_chain_next_look(const struct key_chain *chain) {
	uint64_t next_ns = key_chain_next_change(chain);

	if (chain->link->n_chain == 0)
		return KEY_CHAIN_NEVER;
	if (next_ns > chain->now_ns + KEY_CHAIN_LOOK_NS)
		next_ns = chain->now_ns + KEY_CHAIN_LOOK_NS;
	if (chain->step_since_ns != KEY_CHAIN_NEVER &&
	    chain->step_since_ns + KEY_CHAIN_STEP_NS < next_ns)
		next_ns = chain->step_since_ns + KEY_CHAIN_STEP_NS;
	return next_ns;
}

bool key_chain_is_over(const struct key_chain *chain) {
	bool is_over = chain->link->n_chain > 0;

	for (uint32_t i = 0; i < chain->link->n_chain; i++)
		if (chain->reached_ns < ns_of(chain->link->chain[i].accept_until_s))
			is_over = false;
	return is_over;
}

int64_t key_chain_step(const struct key_chain *chain) {
	if (chain->step_since_ns == KEY_CHAIN_NEVER)
		return 0;
	return chain->step_ns - chain->offset_ns;
}
