/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stands behind control/keys/key_agent.h: one key of which a test says what the agent has heard.
 * Criterion gives each test a process of its own, hence one.
 */
#pragma once

#include "control/keys/key_agent.h"

struct fake_key {
	bool is_had;
	struct key_agent_view view; // what key_agent_view_of says
	unsigned wants, drops;
	unsigned wants_left; // then key_agent_want fails; 0: it never does
};
extern struct fake_key fake_key;

/* Any pointer but NULL: it is never looked at. */
struct key_agent *fake_key_agent(void);
