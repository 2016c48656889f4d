/* SPDX-License-Identifier: BSD-3-Clause */
/* The control thread's end of the key agent: wants, keys, agents that come and go. */
#include "control/keys/key_agent_parts.h"
#include "tests/unit/capture_stderr.h"
#include "tests/unit/key_agent_lab.h"

#include <criterion/criterion.h>
#include <event2/event.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

TestSuite(key_agent, .init = lab_begin, .fini = lab_end, .timeout = 60);

Test(key_agent, nothing_is_said_before_the_agent_is_there) {
	struct key_agent_status status;

	wants("a");
	turn();
	cr_assert(hears_nothing());
	key_agent_status(lab.agent, &status);
	cr_assert_not(status.is_alive);
	cr_assert_eq(status.pid, 0);
	cr_assert_eq(status.n_keys, 1);
	say_ready(77);
	cr_assert(hear_want());
	cr_assert(lab.want.wants_key);
	cr_assert_str_eq(lab.want.key.id, "a");
	cr_assert_eq(lab.want.poll_s, 300);
	cr_assert(hears_nothing());
	wants("b");
	cr_assert(hear_want());
	cr_assert_str_eq(lab.want.key.id, "b");
	key_agent_status(lab.agent, &status);
	cr_assert(status.is_alive);
	cr_assert_eq(status.pid, 77);
	cr_assert_eq(status.restarts, 0);
	cr_assert_eq(status.n_keys, 2);
}

Test(key_agent, a_key_that_comes_is_had) {
	say_ready(77);
	wants("a");
	cr_assert_eq(cak_of("a", 0), -EINPROGRESS);
	cr_assert_not(view_of("a").was_asked);
	cr_assert_eq(cak_of("b", 0), -ENOENT);
	cr_assert(hear_want());
	say_key(0x5a);
	cr_assert_eq(lab.n_changed, 1);
	cr_assert_eq(cak_of("a", 0x5a), 0);
	cr_assert(view_of("a").is_had);
	cr_assert(view_of("a").was_asked);
	cr_assert_str_eq(view_of("a").identity.id, "id-90");
	cr_assert(view_of("a").news_ns > 0);
	for (size_t i = 0; i < sizeof(struct agent_key); i++)
		cr_assert_eq(lab.agent->message[i], 0, "the buffer still holds the message");
}

Test(key_agent, a_refusal_may_end) {
	say_ready(77);
	wants("a");
	cr_assert(hear_want());
	say_news(AGENT_WAITING, "the service is down");
	cr_assert_eq(lab.n_changed, 1);
	cr_assert_eq(cak_of("a", 0), -EINPROGRESS);
	say_news(AGENT_REFUSED, "grant the role");
	cr_assert_eq(lab.n_changed, 2);
	cr_assert_eq(cak_of("a", 0), -EACCES);
	cr_assert_str_eq(view_of("a").text, "grant the role");
	say_news(AGENT_REFUSED, "grant the other role");
	cr_assert_eq(lab.n_changed, 2, "the verdict is the same");
	say_key(1);
	cr_assert_eq(lab.n_changed, 3);
	cr_assert_eq(cak_of("a", 1), 0);
}

Test(key_agent, wants_are_counted) {
	struct key_agent_status status;

	say_ready(77);
	wants("a");
	wants("a");
	cr_assert(hear_want());
	cr_assert(hears_nothing(), "told once");
	say_key(1);
	drops("a");
	cr_assert(hears_nothing());
	cr_assert_eq(cak_of("a", 1), 0);
	drops("a");
	cr_assert(hear_forget(lab.want.number));
	cr_assert_eq(cak_of("a", 1), -ENOENT);
	drops("a");
	drops("never wanted");
	key_agent_status(lab.agent, &status);
	cr_assert_eq(status.n_keys, 0);
	cr_assert(hears_nothing());
}

Test(key_agent, another_poll_is_told) {
	struct service_key key = key_of("a");

	say_ready(77);
	wants("a");
	cr_assert(hear_want());
	key_agent_want(lab.agent, &key, 60);
	cr_assert(hear_want());
	cr_assert_eq(lab.want.poll_s, 60);
	key_agent_want(lab.agent, &key, 0);
	cr_assert(hear_want());
	cr_assert_eq(lab.want.poll_s, 1);
	key_agent_want(lab.agent, &key, UINT32_MAX);
	cr_assert(hear_want());
	cr_assert_eq(lab.want.poll_s, AGENT_POLL_MAX_S);
	cr_assert(hears_nothing());
}

Test(key_agent, keys_that_differ_in_any_field_are_two) {
	static const struct {
		size_t offset;
		uint8_t octet;
	} rows[] = {
		{offsetof(struct service_key, service.name), 'Z'},
		{offsetof(struct service_key, service.kind), 1},
		{offsetof(struct service_key, service.url), 'Z'},
		{offsetof(struct service_key, service.is_private), 1},
		{offsetof(struct service_key, service.instance), 'Z'},
		{offsetof(struct service_key, service.key_ring), 'Z'},
		{offsetof(struct service_key, service.is_lenient), 1},
		{offsetof(struct service_key, service.ca_file), 'Z'},
		{offsetof(struct service_key, service.account.url), 'Z'},
		{offsetof(struct service_key, service.account.grant), 1},
		{offsetof(struct service_key, service.account.credential), 'Z'},
		{offsetof(struct service_key, service.account.profile), 'Z'},
		{offsetof(struct service_key, service.account.metadata_url), 'Z'},
		{offsetof(struct service_key, id), 'Z'},
		{offsetof(struct service_key, ring), 'Z'},
		{offsetof(struct service_key, crn), 'Z'},
	};
	const struct service_key plain = key_of("a");
	struct service_key padded = plain;
	struct key_agent_status status;

	cr_assert_eq(key_agent_want(lab.agent, &plain, 300), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct service_key key = plain;

		*((uint8_t *)&key + rows[i].offset) = rows[i].octet;
		cr_assert_eq(key_agent_want(lab.agent, &key, 300), 0);
		key_agent_status(lab.agent, &status);
		cr_assert_eq(status.n_keys, i + 2, "row %zu", i);
	}
	memset(padded.crn + 1, 'x', sizeof(padded.crn) - 1);
	cr_assert_eq(key_agent_want(lab.agent, &padded, 300), 0);
	key_agent_status(lab.agent, &status);
	cr_assert_eq(status.n_keys, sizeof(rows) / sizeof(rows[0]) + 1);
}

Test(key_agent, what_the_agent_would_not_take_is_not_wanted) {
	struct capture *capture = capture_begin();
	struct service_key key = key_of("a");
	struct key_agent_status status;

	strcpy(key.service.ca_file, "/etc/a\nb");
	cr_assert_eq(key_agent_want(lab.agent, &key, 300), -EINVAL);
	cr_assert_eq(capture_lines(capture_end(capture)), 1);
	key_agent_status(lab.agent, &status);
	cr_assert_eq(status.n_keys, 0);
	cr_assert_eq(key_agent_cak(lab.agent, &key, NULL), -ENOENT);
	free(capture);
}

Test(key_agent, keys_can_be_gone_through) {
	struct key_agent_view view;

	wants("a");
	wants("b");
	wants("c");
	drops("b");
	cr_assert(key_agent_view(lab.agent, 0, &view));
	cr_assert_str_eq(view.key.id, "a");
	cr_assert(key_agent_view(lab.agent, 1, &view));
	cr_assert_str_eq(view.key.id, "c");
	cr_assert_not(key_agent_view(lab.agent, 2, &view));
}

Test(key_agent, the_next_agent_is_told_everything) {
	struct key_agent_status status;
	unsigned int n_had = 0;

	say_ready(77);
	wants("a");
	wants("b");
	cr_assert(hear_want());
	say_key(1);
	cr_assert(hear_want());
	say_ready(78);
	for (int i = 0; i < 2; i++) {
		cr_assert(hear_want());
		cr_assert_eq(lab.want.wants_key, strcmp(lab.want.key.id, "b") == 0);
		if (lab.want.wants_key)
			continue;
		cr_assert_str_eq(lab.want.known.id, "id-1");
		n_had++;
	}
	cr_assert_eq(n_had, 1);
	cr_assert(hears_nothing());
	cr_assert_eq(cak_of("a", 1), 0, "what was had is had");
	key_agent_status(lab.agent, &status);
	cr_assert_eq(status.restarts, 1);
	cr_assert_eq(status.pid, 78);
}

/* Every octet of a message of each kind, changed to anything. */
Test(key_agent, wants_that_find_no_room_are_told_later) {
	static bool is_told[AGENT_KEYS_MAX];
	unsigned int n_told = 0;
	char id[16];

	say_ready(77);
	for (unsigned int i = 0; i < 500; i++) {
		snprintf(id, sizeof(id), "%u", i);
		wants(id);
	}
	for (unsigned int i = 0; i < 500; i++) {
		while (hear_want()) {
			cr_assert_not(is_told[lab.want.number], "told twice");
			is_told[lab.want.number] = true;
			n_told++;
		}
		turn();
	}
	cr_assert_eq(n_told, 500);
	cr_assert(hears_nothing());
}

Test(key_agent, a_forget_that_finds_no_room_keeps_its_number) {
	struct agent_want first;
	char id[16];

	say_ready(77);
	wants("first");
	cr_assert(hear_want());
	first = lab.want;
	for (unsigned int i = 0; i < 500; i++) {
		snprintf(id, sizeof(id), "%u", i);
		wants(id);
	}
	drops("first");
	cr_assert_eq(cak_of("first", 0), -ENOENT);
	wants("last");
	for (unsigned int i = 0; i < 500; i++) {
		while (hear_want())
			cr_assert_neq(lab.want.number, first.number);
		if (lab.want.kind == AGENT_FORGET)
			break;
		turn();
	}
	cr_assert_eq(lab.want.kind, AGENT_FORGET);
	cr_assert_eq(lab.want.number, first.number);
	wants("another");
	do
		turn();
	while (hear_want() && strcmp(lab.want.key.id, "another") != 0);
	cr_assert_str_eq(lab.want.key.id, "another");
	cr_assert_eq(lab.want.number, first.number);
}

Test(key_agent, there_is_an_end_of_numbers) {
	struct capture *capture;
	struct service_key key;
	char id[16];

	for (unsigned int i = 0; i < AGENT_KEYS_MAX; i++) {
		snprintf(id, sizeof(id), "%u", i);
		key = key_of(id);
		cr_assert_eq(key_agent_want(lab.agent, &key, 300), 0);
	}
	key = key_of("one too many");
	capture = capture_begin();
	cr_assert_eq(key_agent_want(lab.agent, &key, 300), -ENOSPC);
	capture_end(capture);
	cr_assert_eq(capture_lines(capture), 1);
	drops("17");
	cr_assert_eq(key_agent_want(lab.agent, &key, 300), 0);
	free(capture);
}

Test(key_agent, each_change_is_one_line_and_no_repetition_is) {
	struct capture *capture;

	say_ready(77);
	wants("a");
	cr_assert(hear_want());
	capture = capture_begin();
	for (int i = 0; i < 3; i++)
		say_news(AGENT_WAITING, "the service is down");
	for (int i = 0; i < 3; i++)
		say_news(AGENT_REFUSED, "grant the role");
	say_key(0x41);
	for (int i = 0; i < 3; i++)
		say_news(AGENT_GOOD, "");
	say_news(AGENT_WARNING, "it expires");
	capture_end(capture);
	cr_assert_str_eq(
		capture->text, "WARNING keys: hpcs:prod/a: the service is down\n"
			       "ERROR keys: hpcs:prod/a: grant the role\n"
			       "INFO keys: hpcs:prod/a: fetched\n"
			       "WARNING keys: hpcs:prod/a: it expires\n"
	);
	free(capture);
}

/* Each request has a name of its own: the reason is the same. */
Test(key_agent, another_request_for_the_same_reason_is_no_line) {
	struct capture *capture;
	struct agent_news news;

	say_ready(77);
	wants("a");
	cr_assert(hear_want());
	capture = capture_begin();
	for (unsigned int i = 0; i < 4; i++) {
		news = news_of(AGENT_WAITING, "the service is down");
		snprintf(news.correlation, sizeof(news.correlation), "id-%u", i);
		say(&news, sizeof(news));
		cr_assert_str_eq(view_of("a").correlation, news.correlation);
	}
	say_news(AGENT_REFUSED, "grant the role");
	cr_assert_str_empty(view_of("a").correlation);
	capture_end(capture);
	cr_assert_str_eq(
		capture->text,
		"WARNING keys: hpcs:prod/a: the service is down (for IBM support: correlation id "
		"id-0)\n"
		"ERROR keys: hpcs:prod/a: grant the role\n"
	);
	free(capture);
}

Test(key_agent, an_agent_that_has_ended_is_not_alive) {
	struct agent_gone gone = {.kind = AGENT_GONE, .pid = 76};
	struct key_agent_status status;

	say_ready(77);
	say(&gone, sizeof(gone));
	key_agent_status(lab.agent, &status);
	cr_assert(status.is_alive, "another one has ended");
	gone.pid = 77;
	say(&gone, sizeof(gone));
	key_agent_status(lab.agent, &status);
	cr_assert_not(status.is_alive);
	cr_assert_eq(status.pid, 0);
	wants("a");
	cr_assert(hears_nothing(), "nobody is there to hear it");
	say_ready(78);
	key_agent_status(lab.agent, &status);
	cr_assert(status.is_alive);
	cr_assert_eq(status.pid, 78);
	cr_assert_eq(status.restarts, 1);
	cr_assert(hear_want());
}
