/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/key_agent_lab.h"

#include "control/secret.h"

#include <criterion/criterion.h>
#include <event2/event.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct key_agent_lab lab;

static void on_changed(void *ctx) {
	cr_assert_eq(ctx, &lab.peer);
	lab.n_changed++;
}

void lab_begin(void) {
	int ends[2];

	cr_assert_eq(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0
	);
	lab.peer = ends[1];
	lab.base = event_base_new();
	lab.agent = key_agent_adopt(ends[0], 0);
	cr_assert_eq(key_agent_watch(lab.agent, lab.base, on_changed, &lab.peer), 0);
}

void lab_end(void) {
	struct secret_usage usage;

	key_agent_stop(lab.agent);
	event_base_free(lab.base);
	if (lab.peer >= 0)
		close(lab.peer);
	secret_usage(&usage);
	cr_assert_eq(usage.in_use_octets, 0);
	secret_shutdown();
}

void turn(void) {
	cr_assert_geq(event_base_loop(lab.base, EVLOOP_NONBLOCK), 0);
}

void say(const void *message, size_t octets) {
	cr_assert_eq(send(lab.peer, message, octets, 0), (ssize_t)octets, "%s", strerror(errno));
	turn();
}

void say_ready(uint32_t pid) {
	struct agent_ready ready = {AGENT_READY, pid};

	say(&ready, sizeof(ready));
}

struct service_key key_of(const char *id) {
	struct service_key key = {
		.service = {.name = "prod", .url = "https://x", .account = {.url = "https://iam"}},
	};

	snprintf(key.id, sizeof(key.id), "%s", id);
	return key;
}

void wants(const char *id) {
	struct service_key key = key_of(id);

	cr_assert_eq(key_agent_want(lab.agent, &key, 300), 0);
}

void drops(const char *id) {
	struct service_key key = key_of(id);

	key_agent_drop(lab.agent, &key);
}

bool hear_want(void) {
	ssize_t octets = recv(lab.peer, &lab.want, sizeof(lab.want), MSG_DONTWAIT);

	if (octets > 0)
		cr_assert(agent_message_is_sound(&lab.want, (size_t)octets, true));
	return octets == (ssize_t)sizeof(lab.want) && lab.want.kind == AGENT_WANT;
}

bool hear_forget(uint32_t number) {
	struct agent_forget forget = {0};
	ssize_t octets = recv(lab.peer, &forget, sizeof(forget), MSG_DONTWAIT);

	return octets == (ssize_t)sizeof(forget) && forget.kind == AGENT_FORGET &&
	       forget.number == number;
}

bool hears_nothing(void) {
	uint8_t octet;

	return recv(lab.peer, &octet, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

struct agent_news news_of(enum agent_verdict verdict, const char *text) {
	struct agent_news news = {
		.kind = AGENT_NEWS,
		.number = lab.want.number,
		.ask = lab.want.ask,
		.verdict = verdict,
		.http_status = 200,
	};

	snprintf(news.text, sizeof(news.text), "%s", text);
	return news;
}

void say_news(enum agent_verdict verdict, const char *text) {
	struct agent_news news = news_of(verdict, text);

	say(&news, sizeof(news));
}

void say_key(uint8_t octet) {
	struct agent_key key = {.news = news_of(AGENT_GOOD, "")};

	key.news.kind = AGENT_KEY;
	snprintf(key.news.identity.id, sizeof(key.news.identity.id), "id-%u", octet);
	memset(key.cak, octet, sizeof(key.cak));
	say(&key, sizeof(key));
}

int cak_of(const char *id, uint8_t octet) {
	struct service_key key = key_of(id);
	uint8_t cak[AGENT_CAK_OCTETS] = {0}, expected[AGENT_CAK_OCTETS];
	int result = key_agent_cak(lab.agent, &key, cak);

	memset(expected, result == 0 ? octet : 0, sizeof(expected));
	cr_assert_arr_eq(cak, expected, sizeof(cak));
	return result;
}

struct key_agent_view view_of(const char *id) {
	struct service_key key = key_of(id);
	struct key_agent_view view;

	cr_assert(key_agent_view_of(lab.agent, &key, &view));
	return view;
}
