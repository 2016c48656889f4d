/* SPDX-License-Identifier: BSD-3-Clause */
/* The control thread against an agent that was taken over, and against the end of one. */
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

TestSuite(key_agent_hostile, .init = lab_begin, .fini = lab_end, .timeout = 60);

Test(key_agent_hostile, an_answer_for_the_key_before_is_not_this_key_s) {
	struct agent_want before;

	say_ready(77);
	wants("a");
	cr_assert(hear_want());
	before = lab.want;
	drops("a");
	cr_assert(hear_forget(before.number));
	wants("b");
	cr_assert(hear_want());
	cr_assert_eq(lab.want.number, before.number, "the number is used again");
	lab.want.ask = before.ask;
	say_key(0x66);
	cr_assert_eq(cak_of("b", 0), -EINPROGRESS);
	say_news(AGENT_REFUSED, "no such key");
	cr_assert_eq(cak_of("b", 0), -EINPROGRESS);
	cr_assert_eq(lab.agent->n_stale, 2);
	cr_assert_eq(lab.agent->n_unsound, 0);
	cr_assert_eq(lab.n_changed, 0);
}

Test(key_agent_hostile, nothing_takes_a_key_away) {
	say_ready(77);
	wants("a");
	cr_assert(hear_want());
	say_key(1);
	say_key(2);
	cr_assert_eq(cak_of("a", 1), 0, "another key under the same name is never taken");
	say_news(AGENT_REFUSED, "it is gone");
	say_news(AGENT_WAITING, "the service is down");
	cr_assert_eq(view_of("a").verdict, AGENT_GOOD);
	say_news(AGENT_WARNING, "it is suspended");
	cr_assert_eq(view_of("a").verdict, AGENT_WARNING);
	cr_assert_str_eq(view_of("a").identity.id, "id-1");
	cr_assert_eq(cak_of("a", 1), 0);
	cr_assert_eq(lab.n_changed, 2);
	shutdown(lab.peer, SHUT_RDWR);
	turn();
	cr_assert_eq(cak_of("a", 1), 0);
}

Test(key_agent_hostile, no_key_is_good_that_did_not_come) {
	say_ready(77);
	wants("a");
	cr_assert(hear_want());
	say_news(AGENT_GOOD, "");
	say_news(AGENT_WARNING, "it is suspended");
	cr_assert_eq(cak_of("a", 0), -EINPROGRESS);
	cr_assert_eq(lab.n_changed, 0);
}

Test(key_agent_hostile, nonsense_is_counted_said_once_and_ignored) {
	static uint8_t large[4 * AGENT_MESSAGE_MAX];
	struct capture *capture;

	say_ready(77);
	wants("a");
	cr_assert(hear_want());
	say_key(1);
	capture = capture_begin();
	memset(large, 0x41, sizeof(large));
	say(large, sizeof(large));
	say(large, AGENT_MESSAGE_MAX);
	say(large, 1);
	say(large, 0);                    // not the end, though recv says the same
	say(&lab.want, sizeof(lab.want)); // sound, to the agent only
	capture_end(capture);
	cr_assert_eq(lab.agent->n_unsound, 5);
	cr_assert_eq(capture_lines(capture), 1, "%s", capture->text);
	cr_assert_geq(lab.agent->fd, 0);
	cr_assert_eq(cak_of("a", 1), 0);
	for (size_t i = 0; i < AGENT_MESSAGE_MAX; i++)
		cr_assert_eq(lab.agent->message[i], 0, "the end of a message that is too long");
	free(capture);
}

Test(key_agent_hostile, survives_every_damaged_octet) {
	struct capture *capture = capture_begin();
	struct agent_key key;

	say_ready(77);
	wants("a");
	cr_assert(hear_want());
	say_key(1);
	key = (struct agent_key){.news = news_of(AGENT_WARNING, "words")};
	strcpy(key.news.identity.id, "6");
	for (size_t i = 0; i < 4 * sizeof(key); i++) {
		struct agent_key damaged = key;

		damaged.news.kind = i % 4 < 2 ? AGENT_KEY : AGENT_NEWS;
		memset(damaged.cak, 9, sizeof(damaged.cak));
		((uint8_t *)&damaged)[i / 4] ^= i % 2 == 0 ? 0x80 : (uint8_t)(1 + i / 4);
		say(&damaged, i % 4 < 2 ? sizeof(key) : sizeof(key.news));
	}
	cr_assert_eq(cak_of("a", 1), 0);
	cr_assert_geq(lab.agent->fd, 0);
	free(capture_end(capture));
}

Test(key_agent_hostile, a_turn_takes_a_bounded_number_of_messages) {
	struct agent_news news;
	uint64_t n_before;
	int n_sent = 0;

	say_ready(77);
	wants("a");
	cr_assert(hear_want());
	news = news_of(AGENT_WAITING, "down");
	news.ask++;
	n_before = lab.agent->n_stale;
	while (send(lab.peer, &news, sizeof(news), 0) > 0)
		n_sent++;
	cr_assert_gt(n_sent, 64);
	event_base_loop(lab.base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
	cr_assert_leq(lab.agent->n_stale - n_before, 64);
	for (int i = 0; i < 100; i++)
		turn();
	cr_assert_eq(lab.agent->n_stale - n_before, (uint64_t)n_sent);
}

Test(key_agent_hostile, the_end_of_the_keeper_is_one_error_and_no_loss) {
	struct capture *capture;
	struct key_agent_status status;

	say_ready(77);
	wants("a");
	wants("b");
	cr_assert(hear_want());
	say_key(1);
	capture = capture_begin();
	close(lab.peer);
	lab.peer = -1;
	for (int i = 0; i < 3; i++)
		turn();
	wants("c");
	drops("b");
	drops("c");
	turn();
	capture_end(capture);
	cr_assert_eq(capture_lines(capture), 1, "%s", capture->text);
	cr_assert_eq(strncmp(capture->text, "ERROR keys:", 11), 0);
	cr_assert_eq(cak_of("a", 1), 0);
	key_agent_status(lab.agent, &status);
	cr_assert_not(status.is_alive);
	cr_assert_eq(status.n_keys, 1);
	free(capture);
}

Test(key_agent_hostile, the_end_of_the_keeper_is_also_seen_by_a_send) {
	struct capture *capture = capture_begin();

	say_ready(77);
	close(lab.peer);
	lab.peer = -1;
	wants("a");
	capture_end(capture);
	cr_assert_eq(lab.agent->fd, -1);
	cr_assert_eq(capture_lines(capture), 1);
	cr_assert_eq(cak_of("a", 0), -EINPROGRESS);
	free(capture);
}

Test(key_agent_hostile, no_agent_floods_the_log) {
	struct capture *capture;
	char text[32];

	say_ready(77);
	wants("a");
	cr_assert(hear_want());
	capture = capture_begin();
	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "it fails %d times", i);
		say_news(i % 2 == 0 ? AGENT_WAITING : AGENT_REFUSED, text);
		say_ready(77);
		while (hear_want())
			;
	}
	capture_end(capture);
	cr_assert_eq(capture_lines(capture), KEY_LOG_CREDIT, "%s", capture->text);
	cr_assert_str_eq(view_of("a").text, "it fails 999 times", "the view has all of it");
	free(capture);
}

/* Nobody is left who could be told to forget. */
Test(key_agent_hostile, the_end_of_the_keeper_frees_the_numbers_that_wait) {
	struct capture *capture;
	char id[16];

	say_ready(77);
	wants("first");
	cr_assert(hear_want());
	for (unsigned int i = 0; i < 500; i++) {
		snprintf(id, sizeof(id), "%u", i);
		wants(id);
	}
	drops("first");
	cr_assert_not_null(lab.agent->entries[lab.want.number]);
	capture = capture_begin();
	close(lab.peer);
	lab.peer = -1;
	turn();
	free(capture_end(capture));
	cr_assert_null(lab.agent->entries[lab.want.number]);
}
