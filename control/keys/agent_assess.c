/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Warnings, the most telling one first: another key behind the same name makes the state of that
 * other key uninteresting, and a key that is gone need not expire.
 */
#include "control/keys/agent_assess.h"

#include "control/config_time.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DAY_S 86400
#define LAST_SECOND 253402300799 // of the year 9999; the wire carries no later one

#define NEW_NAME "name and key change together; give the new key a new CAK name"

static void make_printable(char *text) {
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

void agent_say(char *text, const char *format, ...) {
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, AGENT_TEXT_MAX, format, arguments);
	va_end(arguments);
	make_printable(text);
}

void agent_identify(const struct kms_key *key, const char *id, struct agent_identity *out) {
	snprintf(out->id, sizeof(out->id), "%s", key->id[0] != '\0' ? key->id : id);
	snprintf(out->version, sizeof(out->version), "%s", key->version);
	make_printable(out->id);
	make_printable(out->version);
}

static bool warn_of_another_key(const struct agent_identity *known, struct agent_news *news) {
	if (strcmp(known->id, news->identity.id) == 0)
		return false;
	agent_say(
		news->text,
		"the reference stands for key %s now; the CAK of key %s stays in use: " NEW_NAME,
		news->identity.id, known->id
	);
	return true;
}

static bool warn_of_another_version(const struct agent_identity *known, struct agent_news *news) {
	if (strcmp(known->version, news->identity.version) == 0)
		return false;
	agent_say(
		news->text,
		"the secret has version %s now; the CAK of version %s stays in use: " NEW_NAME,
		news->identity.version, known->version
	);
	return true;
}

static bool warn_of_loss(const struct kms_key *key, int64_t wall_s, struct agent_news *news) {
	struct cloud_error error = {.verdict = CLOUD_OK};

	if (kms_judge(key, wall_s, &error) == 0)
		return false;
	agent_say(
		news->text, "the CAK stays in use, but could not be fetched again: %s", error.text
	);
	return true;
}

/* Two managers delete a key: what the first has done shows, and the second need not wait. */
static bool warn_of_deletion(const struct kms_key *key, int64_t wall_s, struct agent_news *news) {
	const int64_t left_s = key->deletion_ends_s - wall_s;
	char left[48] = "";

	if (!key->is_set_for_deletion || (key->deletion_ends_s != 0 && left_s <= 0))
		return false;
	if (key->deletion_ends_s != 0)
		snprintf(
			left, sizeof(left), ", %lld day%s left",
			(long long)((left_s + DAY_S - 1) / DAY_S), left_s <= DAY_S ? "" : "s"
		);
	agent_say(
		news->text,
		"the key is set for deletion%s; have that undone in the service, or store a new "
		"key and give it a new CAK name before a second manager deletes it",
		left
	);
	return true;
}

static bool warn_of_expiry(const struct kms_key *key, int64_t wall_s, struct agent_news *news) {
	static const struct {
		int64_t days;
		const char *words;
	} marks[] = {{1, "a day"}, {7, "7 days"}, {30, "30 days"}};
	const size_t n_marks = sizeof(marks) / sizeof(marks[0]);
	size_t i = 0;

	while (i < n_marks && news->expires_s > wall_s + marks[i].days * DAY_S)
		i++;
	if (key->expires_s == 0 || i == n_marks)
		return false;
	agent_say(
		news->text,
		"the key expires at %s, in less than %s: store a new key and give it a new CAK "
		"name before that",
		config_time_text(news->expires_s).text, marks[i].words
	);
	return true;
}

void agent_assess(
	const struct kms_key *key, const struct agent_want *want, int64_t wall_s,
	struct agent_news *news
) {
	bool warns;

	agent_identify(key, want->key.id, &news->identity);
	news->expires_s = key->expires_s < 0 || key->expires_s > LAST_SECOND ? 0 : key->expires_s;
	warns = warn_of_another_key(&want->known, news) ||
		warn_of_another_version(&want->known, news) || warn_of_loss(key, wall_s, news) ||
		warn_of_deletion(key, wall_s, news) || warn_of_expiry(key, wall_s, news);
	news->verdict = warns ? AGENT_WARNING : AGENT_GOOD;
}
