/* SPDX-License-Identifier: BSD-3-Clause */

#include "dataplane/counters.h"

static const struct counter_info infos[COUNTER_COUNT] = {
#define X(name, word, kind, unit, help) [C_##name] = {word, unit, help, COUNTER_##kind},
	COUNTERS(X)
#undef X
};

const struct counter_info *counter_info(enum counter counter) {
	return &infos[counter];
}

void counters_add(struct counters *sum, const struct lane_counters *one) {
	for (unsigned i = 0; i < COUNTER_COUNT; i++) {
		const uint64_t value = atomic_load_explicit(&one->value[i], memory_order_relaxed);
		if (i != C_TURN_WAIT_MAX_CYCLES)
			sum->value[i] += value;
		else if (value > sum->value[i])
			sum->value[i] = value;
	}
}

void counters_balance(const struct counters *sum, struct counters_balance *balance) {
	*balance = (struct counters_balance){0};
	for (unsigned i = 0; i < COUNTER_COUNT; i++) {
		if (infos[i].kind == COUNTER_IN)
			balance->in += sum->value[i];
		else if (infos[i].kind == COUNTER_OUT)
			balance->out += sum->value[i];
		else if (infos[i].kind == COUNTER_DROP)
			balance->dropped += sum->value[i];
	}
}
