/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control thread's end of the key agent, and the test in the place of the agent. Criterion
 * gives each test a process of its own, hence one laboratory.
 */
#pragma once

#include "control/keys/key_agent_parts.h"

struct key_agent_lab {
	struct event_base *base;
	struct key_agent *agent;
	int peer;               // the agent's end; -1: closed by the test
	unsigned int n_changed; // calls of changed()
	struct agent_want want; // heard last; what is said is about its key
};
extern struct key_agent_lab lab;

/* Fixtures of a test suite. The end also looks for secret memory that was not given back. */
void lab_begin(void);
void lab_end(void);

/* Lets the event loop run until there is nothing to do. */
void turn(void);

/* Sends a message to the control thread, which takes it. */
void say(const void *message, size_t octets);
void say_ready(uint32_t pid);
struct agent_news news_of(enum agent_verdict verdict, const char *text);
void say_news(enum agent_verdict verdict, const char *text);

/* A CAK of this octet, 32 times, under the id "id-OCTET". */
void say_key(uint8_t octet);

/* Wants and drops by id, of one service. */
struct service_key key_of(const char *id);
void wants(const char *id);
void drops(const char *id);

/* True when the next message to the agent is a want, then in lab.want. */
bool hear_want(void);
bool hear_forget(uint32_t number);
bool hears_nothing(void);

/* What key_agent_cak answers; a CAK that is had is of this octet. */
int cak_of(const char *id, uint8_t octet);
struct key_agent_view view_of(const char *id);
