/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A closed loop for key changes: a protect lane, a line (a ring), a validate lane with a replay
 * window of 0, both polled by one worker; keys come through the product's door. What goes in must
 * come out, and in order.
 */
#pragma once

#include "bench/rig.h"

#include <stdint.h>

struct rekey_loop;

/*
 * `rig` (a protect one) gives the frames and the sink; it is borrowed. Returns NULL after a
 * message. Main thread.
 */
struct rekey_loop *rekey_loop_create(struct rig *rig);
/* NULL is allowed. */
void rekey_loop_destroy(struct rekey_loop *loop);

/*
 * Runs until the meter is done, with a new SAK every `every_ms`. Windows in which control was
 * changing keys are marked. Returns NULL, or why it is no measurement. *changes: how many there
 * were, *lost: frames that did not come out.
 */
const char *rekey_loop_run(
	struct rekey_loop *loop, unsigned every_ms, struct meter *meter, unsigned *changes,
	uint64_t *lost
);
