/* SPDX-License-Identifier: BSD-3-Clause */
/* What is said of a key that is in use when the stored one has changed, is gone or will be. */
#include "tests/unit/agent_watch_bench.h"

#include <criterion/criterion.h>

#include <string.h>

Test(agent_assess, a_key_that_is_gone_is_a_warning_at_once) {
	begin(false);
	cr_assert(take(failed(CLOUD_FINAL, 404, "there is no such key")));
	cr_assert_eq(news.verdict, AGENT_WARNING);
	assert_says("there is no such key");
	assert_says("stays in use");
}

Test(agent_assess, another_key_behind_the_alias_is_a_warning) {
	struct agent_outcome outcome = good();

	begin(false);
	strcpy(outcome.key.id, "7777");
	outcome.key.state = KMS_SUSPENDED; // of no interest: it is not the key in use
	cr_assert(take(outcome));
	cr_assert_eq(news.kind, AGENT_NEWS);
	cr_assert_eq(news.verdict, AGENT_WARNING);
	assert_says("7777");
	assert_says("6666");
	assert_says("name and key change together; give the new key a new CAK name");
	cr_assert_str_eq(news.identity.id, "7777");
	cr_assert(take(outcome), "the known key stays the one that is in use");
	cr_assert_eq(news.verdict, AGENT_WARNING);
	cr_assert(take(good()));
	cr_assert_eq(news.verdict, AGENT_GOOD);
}

Test(agent_assess, a_new_version_of_the_secret_is_a_warning) {
	struct agent_outcome outcome = good();

	begin(true);
	take(outcome);
	strcpy(outcome.key.version, "2");
	cr_assert(take(outcome));
	cr_assert_eq(news.verdict, AGENT_WARNING);
	assert_says("version 2");
	assert_says("new CAK name");
}

Test(agent_assess, a_key_that_could_not_be_fetched_again_is_a_warning) {
	struct agent_outcome outcomes[5];

	for (int i = 0; i < 5; i++)
		outcomes[i] = good();
	outcomes[0].key.state = KMS_SUSPENDED;
	outcomes[1].key.state = KMS_DEACTIVATED;
	outcomes[2].key.state = KMS_DESTROYED;
	outcomes[3].key.is_deleted = true;
	outcomes[4].key.expires_s = WALL_S - 1;
	for (int i = 0; i < 5; i++) {
		begin(false);
		cr_assert(take(outcomes[i]));
		cr_assert_eq(news.verdict, AGENT_WARNING, "row %d", i);
		assert_says("could not be fetched again");
		cr_assert(take(good()));
		cr_assert_eq(news.verdict, AGENT_GOOD);
	}
}

/* What is said when so much time is left. */
static void look_ahead(int64_t left_s, char *text) {
	struct agent_outcome outcome = good();

	begin(false);
	outcome.key.expires_s = WALL_S + left_s;
	cr_assert(take(outcome));
	cr_assert_eq(news.expires_s, WALL_S + left_s);
	cr_assert_eq(news.verdict, left_s > 30 * DAY_S ? AGENT_GOOD : AGENT_WARNING);
	strcpy(text, news.text);
}

Test(agent_assess, an_expiry_is_warned_of_three_times) {
	char month[AGENT_TEXT_MAX], later[AGENT_TEXT_MAX], week[AGENT_TEXT_MAX],
		day[AGENT_TEXT_MAX];

	look_ahead(30 * DAY_S + 1, month);
	cr_assert_str_empty(month);
	look_ahead(30 * DAY_S, month);
	cr_assert_not_null(strstr(month, "2026-12-31T00:00:00Z"), "%s", month);
	look_ahead(7 * DAY_S, week);
	cr_assert_not_null(strstr(week, "2026-12-08T00:00:00Z"), "%s", week);
	look_ahead(1 * DAY_S, day);
	cr_assert_not_null(strstr(day, "2026-12-02T00:00:00Z"), "%s", day);
	cr_assert_not_null(strstr(month, "30 days"));
	cr_assert_not_null(strstr(week, "7 days"));
	cr_assert_not_null(strstr(day, "a day"));
	look_ahead(7 * DAY_S + 1, later);
	cr_assert_not_null(strstr(later, "30 days"), "the same words until the next mark");
}

Test(agent_assess, a_deletion_is_warned_of_before_it_comes) {
	static const struct {
		int64_t ends_s;
		const char *words; // NULL: it has come to nothing
	} rows[] = {
		{0, "the key is set for deletion; "},
		{WALL_S + 7 * DAY_S, "the key is set for deletion, 7 days left; "},
		{WALL_S + 6 * DAY_S + 1, "the key is set for deletion, 7 days left; "},
		{WALL_S + 1, "the key is set for deletion, 1 day left; "},
		{WALL_S, NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct agent_outcome outcome = good();

		begin(false);
		outcome.key.is_set_for_deletion = true;
		outcome.key.deletion_ends_s = rows[i].ends_s;
		outcome.key.expires_s = WALL_S + 20 * DAY_S; // later than the deletion
		cr_assert(take(outcome));
		cr_assert_eq(news.verdict, AGENT_WARNING);
		assert_says(rows[i].words == NULL ? "the key expires" : rows[i].words);
	}
}

Test(agent_assess, a_key_may_come_with_a_warning) {
	struct agent_outcome outcome = good();

	begin(true);
	outcome.key.expires_s = WALL_S + 3 * DAY_S;
	cr_assert(take(outcome));
	cr_assert_eq(news.kind, AGENT_KEY);
	cr_assert_eq(news.verdict, AGENT_WARNING);
}
