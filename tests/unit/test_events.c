/* SPDX-License-Identifier: BSD-3-Clause */
/* The ring of events: numbers, overwriting, filters, hostile texts; and the limit of log lines. */
#include "control/log_limit.h"
#include "control/server/events.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#define SECOND_NS UINT64_C(1000000000)

static struct events *events;
static unsigned told;

static int64_t wall_ns(void) {
	return 42;
}

static void setup(void) {
	events = events_create(wall_ns);
}

static void teardown(void) {
	events_destroy(events);
}

TestSuite(events, .init = setup, .fini = teardown);

static void count_told(void *ctx) {
	(void)ctx;
	told++;
}

Test(events, an_empty_ring_has_nothing) {
	cr_assert_eq(events_next(events), 1);
	cr_assert_eq(events_oldest(events), 1);
	for (uint64_t i = 0; i < 3; i++)
		cr_assert_null(events_find(events, i));
}

Test(events, are_numbered_and_found) {
	events_tell(events, EVENT_REKEY, "cloud", "KN %u", 7);
	const struct event_entry *entry = events_find(events, 1);

	cr_assert_eq(events_next(events), 2);
	cr_assert_eq(entry->number, 1);
	cr_assert_eq(entry->wall_ns, 42);
	cr_assert_str_eq(entry->link, "cloud");
	cr_assert_str_eq(entry->text, "KN 7");
	cr_assert_str_eq(event_kind_word(entry->kind), "rekey");
	cr_assert_null(events_find(events, 2));
}

/* The one before the oldest is gone, the oldest and the latest are there, with their own texts. */
Test(events, overwrites_the_oldest) {
	for (unsigned i = 1; i <= EVENTS_KEPT + 5; i++)
		events_tell(events, EVENT_PEER, NULL, "%u", i);
	cr_assert_eq(events_next(events), EVENTS_KEPT + 6);
	cr_assert_eq(events_oldest(events), 6);
	cr_assert_null(events_find(events, 5));
	cr_assert_str_eq(events_find(events, 6)->text, "6");
	cr_assert_str_eq(events_find(events, EVENTS_KEPT + 5)->text, "1029");
	cr_assert_eq(events_find(events, 6)->number, 6);
	cr_assert_null(events_find(events, EVENTS_KEPT + 6));
	cr_assert_null(events_find(events, UINT64_MAX));
}

Test(events, concern_their_link_and_those_of_none_everybody) {
	events_tell(events, EVENT_STATE, "cloud", "secured");
	events_tell(events, EVENT_RELOAD, NULL, "taken over");
	const struct event_entry *link = events_find(events, 1), *none = events_find(events, 2);

	cr_assert(event_concerns(link, "cloud"));
	cr_assert_not(event_concerns(link, "lab"));
	cr_assert_not(event_concerns(link, "clou"));
	cr_assert(event_concerns(link, NULL));
	cr_assert(event_concerns(link, ""));
	cr_assert(event_concerns(none, "lab"));
}

/* Texts have parts of what others sent: too long, not UTF-8, made to steer a terminal. */
Test(events, cuts_and_cleans_texts) {
	char text[2 * EVENT_TEXT_OCTETS];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	events_tell(events, EVENT_REFUSAL, text, "%s", text);
	cr_assert_eq(strlen(events_find(events, 1)->text), EVENT_TEXT_OCTETS - 1);
	cr_assert_eq(strlen(events_find(events, 1)->link), CONFIG_NAME_MAX - 1);
	events_tell(events, EVENT_REFUSAL, NULL, "a\033[2J\n\xff\xc2\x9b");
	cr_assert_str_eq(events_find(events, 2)->text, "a?[2J????");
}

Test(events, wakes_its_listener_until_told_not_to) {
	events_listen(events, count_told, NULL);
	events_tell(events, EVENT_LOG, NULL, "a");
	events_tell(events, EVENT_LOG, NULL, "b");
	events_listen(events, NULL, NULL);
	events_tell(events, EVENT_LOG, NULL, "c");
	cr_assert_eq(told, 2);
}

Test(events, without_memory_nothing_is_told_and_nothing_breaks) {
	events_tell(NULL, EVENT_LOG, NULL, "a");
	events_listen(NULL, count_told, NULL);
	cr_assert_eq(events_next(NULL), 1);
	cr_assert_eq(events_oldest(NULL), 1);
	cr_assert_null(events_find(NULL, 1));
	events_destroy(NULL);
}

/* Log lines. */

static const char format[] = "%s";
static struct log_limit limit;

static bool say(const char *text, uint64_t now_ns) {
	return log_limit_allows(&limit, "mka", format, text, strlen(text), now_ns);
}

Test(log_limit, holds_back_the_same_line_and_tells_how_many) {
	char module[LOG_LIMIT_MODULE_OCTETS];

	for (uint32_t i = 0; i < LOG_SAME_PER_S; i++)
		cr_assert(say("again", SECOND_NS + i));
	for (uint32_t i = 0; i < 7; i++)
		cr_assert_not(say("again", SECOND_NS + 100 + i));
	cr_assert(say("another", SECOND_NS + 200));
	cr_assert_eq(log_limit_told(&limit, 2 * SECOND_NS - 1, module), 0);
	cr_assert_eq(log_limit_told(&limit, 2 * SECOND_NS, module), 7);
	cr_assert_str_eq(module, "mka");
	cr_assert_eq(log_limit_told(&limit, 2 * SECOND_NS, module), 0);
	cr_assert(say("again", 2 * SECOND_NS + 1));
}

/* A number in it that comes from outside makes another line of it each time. */
Test(log_limit, holds_back_lines_of_one_format) {
	char text[16], module[LOG_LIMIT_MODULE_OCTETS];
	uint32_t allowed = 0;

	for (uint32_t i = 0; i < 10000; i++) {
		snprintf(text, sizeof(text), "line %u", i);
		allowed += say(text, SECOND_NS + i);
	}
	cr_assert_eq(allowed, LOG_FORMAT_PER_S);
	cr_assert_eq(log_limit_told(&limit, 3 * SECOND_NS, module), 10000 - LOG_FORMAT_PER_S);
}

Test(log_limit, a_line_once_a_second_is_never_held_back) {
	char module[LOG_LIMIT_MODULE_OCTETS];

	for (uint64_t i = 1; i < 1000; i++)
		cr_assert(say("tick", i * SECOND_NS));
	cr_assert_eq(log_limit_told(&limit, 2000 * SECOND_NS, module), 0);
}

Test(log_limit, modules_do_not_hold_back_each_other) {
	for (uint32_t i = 0; i < LOG_SAME_PER_S; i++)
		cr_assert(say("again", SECOND_NS));
	cr_assert_not(say("again", SECOND_NS));
	cr_assert(log_limit_allows(&limit, "keys", "another", "again", 5, SECOND_NS));
}
