/* SPDX-License-Identifier: BSD-3-Clause */
/* Counting lines that are the same; the contract is in log_limit.h. */
#include "control/log_limit.h"

#include <stdio.h>
#include <string.h>

#define SECOND_NS UINT64_C(1000000000)
#define PROBES 8u

/* FNV-1a; never 0. */
static uint64_t hash_add(uint64_t hash, const void *octets, size_t n) {
	const uint8_t *at = octets;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
	return hash == 0 ? 1 : hash;
}

static uint64_t hash_begin(const char *module) {
	return hash_add(UINT64_C(0xcbf29ce484222325), module, strlen(module));
}

static bool is_over(const struct log_limit_slot *slot, uint64_t now_ns) {
	return now_ns - slot->began_ns >= SECOND_NS;
}

/* The slot of this hash, or one that remembers nothing worth it; NULL when there is neither. */
static struct log_limit_slot *slot_find(struct log_limit *limit, uint64_t hash, uint64_t now_ns) {
	struct log_limit_slot *free_slot = NULL;

	for (uint32_t i = 0; i < PROBES; i++) {
		struct log_limit_slot *slot = &limit->slots[(hash + i) % LOG_LIMIT_SLOTS];
		if (slot->hash == hash)
			return slot;
		if (free_slot == NULL &&
		    (slot->hash == 0 || (slot->held == 0 && is_over(slot, now_ns))))
			free_slot = slot;
	}
	if (free_slot != NULL)
		*free_slot = (struct log_limit_slot){.hash = hash, .began_ns = now_ns};
	return free_slot;
}

static bool
slot_allows(struct log_limit_slot *slot, const char *module, uint32_t most, uint64_t now_ns) {
	if (slot == NULL)
		return true;
	if (is_over(slot, now_ns) && slot->held == 0) {
		slot->began_ns = now_ns;
		slot->said = 0;
	}
	if (slot->said < most) {
		slot->said++;
		return true;
	}
	slot->held++;
	snprintf(slot->module, sizeof(slot->module), "%s", module);
	return false;
}

bool log_limit_allows(
	struct log_limit *limit, const char *module, const char *format, const char *text,
	size_t octets, uint64_t now_ns
) {
	const uint64_t begin = hash_begin(module);
	const uint64_t same = hash_add(begin, text, octets);
	const uint64_t alike = hash_add(begin, &format, sizeof(format));
	const bool is_allowed =
		slot_allows(slot_find(limit, same, now_ns), module, LOG_SAME_PER_S, now_ns) &&
		slot_allows(slot_find(limit, alike, now_ns), module, LOG_FORMAT_PER_S, now_ns);

	limit->n_held += !is_allowed;
	return is_allowed;
}

uint32_t log_limit_told(
	struct log_limit *limit, uint64_t now_ns, char module[static LOG_LIMIT_MODULE_OCTETS]
) {
	if (limit->n_held == 0)
		return 0;
	for (uint32_t i = 0; i < LOG_LIMIT_SLOTS; i++) {
		struct log_limit_slot *slot = &limit->slots[i];
		const uint32_t held = slot->held;
		if (held == 0 || !is_over(slot, now_ns))
			continue;
		memcpy(module, slot->module, LOG_LIMIT_MODULE_OCTETS);
		*slot = (struct log_limit_slot){0};
		limit->n_held -= held;
		return held;
	}
	return 0;
}
