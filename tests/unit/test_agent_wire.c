/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages of the key agent's socket, one field at a time as a hostile end would have it. */
#include "control/keys/agent_wire.h"

#include <criterion/criterion.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define TO_AGENT true
#define FROM_AGENT false

/* A member of a message: where it is, and how large. */
struct field {
	const char *name;
	size_t offset, octets;
};
#define FIELD(type, member) \
	{ #member, offsetof(type, member), sizeof(((const type *)NULL)->member) }

static struct agent_want sound_want(void) {
	struct agent_want want = {
		.kind = AGENT_WANT,
		.number = AGENT_KEYS_MAX - 1,
		.ask = UINT32_MAX,
		.poll_s = 300,
		.wants_key = true,
		.key.service =
			{
				.name = "hpcs",
				.url = "https://x",
				.kind = SERVICE_SECRETS_MANAGER,
				.ca_file = "/etc/cl\xc3\xa9.pem",
				.account = {.grant = IAM_VPC_INSTANCE},
			},
		.key.id = "6666",
	};
	return want;
}

static struct agent_news sound_news(void) {
	struct agent_news news = {
		.kind = AGENT_NEWS,
		.number = 0,
		.verdict = AGENT_WARNING,
		.http_status = 200,
		.expires_s = 253402300799,
		.identity = {.id = "6666", .version = "1"},
		.text = "it expires",
	};
	return news;
}

static struct agent_key sound_key(void) {
	struct agent_key key = {.news = sound_news(), .cak = {[31] = 1}};

	key.news.kind = AGENT_KEY;
	return key;
}

/* On the heap at its exact size, one octet off any alignment: sanitizers see a step too far. */
static bool is_sound(const void *message, size_t octets, bool to_agent) {
	uint8_t *copy = malloc(octets + 1);
	bool result;

	memcpy(copy + 1, message, octets);
	result = agent_message_is_sound(copy + 1, octets, to_agent);
	free(copy);
	return result;
}

Test(agent_wire, sound_messages_pass_one_way_only) {
	struct agent_want want = sound_want();
	struct agent_forget forget = {AGENT_FORGET, AGENT_KEYS_MAX - 1};
	struct agent_ready ready = {AGENT_READY, INT_MAX};
	struct agent_gone gone = {AGENT_GONE, INT_MAX};
	struct agent_news news = sound_news();
	struct agent_key key = sound_key();
	const struct {
		const void *message;
		size_t octets;
		bool to_agent;
	} rows[] = {
		{&want, sizeof(want), TO_AGENT},     {&forget, sizeof(forget), TO_AGENT},
		{&ready, sizeof(ready), FROM_AGENT}, {&news, sizeof(news), FROM_AGENT},
		{&key, sizeof(key), FROM_AGENT},     {&gone, sizeof(gone), FROM_AGENT},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_expect(
			is_sound(rows[i].message, rows[i].octets, rows[i].to_agent), "row %zu", i
		);
		cr_expect_not(is_sound(rows[i].message, rows[i].octets, !rows[i].to_agent));
	}
}

Test(agent_wire, every_other_size_is_refused) {
	struct {
		struct agent_want want;
		uint8_t more[64];
	} want = {.want = sound_want()};
	struct {
		struct agent_key key;
		uint8_t more[64];
	} key = {.key = sound_key()};

	for (size_t octets = 0; octets < sizeof(want); octets++)
		cr_expect_eq(
			is_sound(&want, octets, TO_AGENT), octets == sizeof(want.want), "%zu",
			octets
		);
	for (size_t octets = 0; octets < sizeof(key); octets++)
		cr_expect_eq(
			is_sound(&key, octets, FROM_AGENT), octets == sizeof(key.key), "%zu", octets
		);
	key.key.news.kind = AGENT_NEWS;
	for (size_t octets = 0; octets < sizeof(key); octets++)
		cr_expect_eq(
			is_sound(&key, octets, FROM_AGENT), octets == sizeof(struct agent_news)
		);
}

Test(agent_wire, short_ones_of_each_kind_are_refused) {
	for (uint32_t kind = 0; kind < 8; kind++) {
		uint32_t message[3] = {kind, 1, 1};

		for (size_t octets = 0; octets <= sizeof(message); octets++) {
			cr_expect_eq(
				is_sound(message, octets, TO_AGENT),
				kind == AGENT_FORGET && octets == sizeof(struct agent_forget)
			);
			cr_expect_eq(
				is_sound(message, octets, FROM_AGENT),
				(kind == AGENT_READY || kind == AGENT_GONE) &&
					octets == sizeof(struct agent_ready)
			);
		}
	}
}

/* Sets a text to one that has no end, then to one with a control character; puts it back. */
static void
refuse_text(void *message, size_t octets, bool to_agent, const struct field *field, bool is_utf8) {
	static const char controls[] = {'\n', '\x1b', '\x7f', '\x01'};
	uint8_t *text = (uint8_t *)message + field->offset;
	uint8_t saved[AGENT_MESSAGE_MAX];

	memcpy(saved, text, field->octets);
	memset(text, 'a', field->octets);
	cr_expect_not(is_sound(message, octets, to_agent), "%s without an end", field->name);
	text[field->octets - 1] = '\0';
	cr_expect(is_sound(message, octets, to_agent), "%s of full length", field->name);
	for (size_t i = 0; i < sizeof(controls); i++) {
		text[field->octets - 2] = (uint8_t)controls[i];
		cr_expect_not(
			is_sound(message, octets, to_agent), "%s with %d", field->name, controls[i]
		);
	}
	text[field->octets - 2] = 0xe9;
	cr_expect_eq(is_sound(message, octets, to_agent), is_utf8, "%s, not ASCII", field->name);
	memcpy(text, saved, field->octets);
	cr_assert(is_sound(message, octets, to_agent));
}

Test(agent_wire, texts_of_a_want_end_and_hold_no_control_characters) {
	static const struct field fields[] = {
		FIELD(struct agent_want, key.service.name),
		FIELD(struct agent_want, key.service.url),
		FIELD(struct agent_want, key.service.instance),
		FIELD(struct agent_want, key.service.key_ring),
		FIELD(struct agent_want, key.service.ca_file),
		FIELD(struct agent_want, key.service.account.url),
		FIELD(struct agent_want, key.service.account.credential),
		FIELD(struct agent_want, key.service.account.profile),
		FIELD(struct agent_want, key.service.account.metadata_url),
		FIELD(struct agent_want, key.id),
		FIELD(struct agent_want, key.ring),
		FIELD(struct agent_want, key.crn),
	};
	static const struct field known[] = {
		FIELD(struct agent_want, known.id),
		FIELD(struct agent_want, known.version),
	};
	struct agent_want want = sound_want();

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		refuse_text(&want, sizeof(want), TO_AGENT, &fields[i], true);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		refuse_text(&want, sizeof(want), TO_AGENT, &known[i], false);
}

Test(agent_wire, texts_of_news_end_and_are_printable_ascii) {
	static const struct field fields[] = {
		FIELD(struct agent_news, identity.id),
		FIELD(struct agent_news, identity.version),
		FIELD(struct agent_news, text),
		FIELD(struct agent_news, correlation),
	};
	struct agent_news news = sound_news();
	struct agent_key key = sound_key();

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		refuse_text(&news, sizeof(news), FROM_AGENT, &fields[i], false);
		refuse_text(&key, sizeof(key), FROM_AGENT, &fields[i], false);
	}
}

Test(agent_wire, a_want_out_of_range_is_refused) {
	static const struct {
		size_t offset;
		uint32_t value;
		size_t octets;
	} rows[] = {
		{offsetof(struct agent_want, number), AGENT_KEYS_MAX, 4},
		{offsetof(struct agent_want, number), UINT32_MAX, 4},
		{offsetof(struct agent_want, poll_s), 0, 4},
		{offsetof(struct agent_want, poll_s), AGENT_POLL_MAX_S + 1, 4},
		{offsetof(struct agent_want, wants_key), 2, 1},
		{offsetof(struct agent_want, wants_key), 0xff, 1},
		{offsetof(struct agent_want, wants_key), 0, 1}, // had, but which?
		{offsetof(struct agent_want, key.id), 0, 1},
		{offsetof(struct agent_want, key.service.kind), SERVICE_DIRECT_LINK, 4},
		{offsetof(struct agent_want, key.service.kind), UINT32_MAX, 4},
		{offsetof(struct agent_want, key.service.is_private), 2, 1},
		{offsetof(struct agent_want, key.service.is_lenient), 0x80, 1},
		{offsetof(struct agent_want, key.service.account.grant), IAM_VPC_INSTANCE + 1, 4},
		{offsetof(struct agent_want, key.service.account.grant), UINT32_MAX, 4},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct agent_want want = sound_want();

		memcpy((uint8_t *)&want + rows[i].offset, &rows[i].value, rows[i].octets);
		cr_expect_not(is_sound(&want, sizeof(want), TO_AGENT), "row %zu", i);
	}
}

Test(agent_wire, a_want_of_a_key_that_is_had_names_it) {
	struct agent_want want = sound_want();

	want.wants_key = false;
	cr_expect_not(is_sound(&want, sizeof(want), TO_AGENT));
	strcpy(want.known.version, "2");
	cr_expect_not(is_sound(&want, sizeof(want), TO_AGENT));
	strcpy(want.known.id, "6");
	cr_expect(is_sound(&want, sizeof(want), TO_AGENT));
}

Test(agent_wire, news_out_of_range_are_refused) {
	static const struct {
		size_t offset;
		uint64_t value;
		size_t octets;
	} rows[] = {
		{offsetof(struct agent_news, number), AGENT_KEYS_MAX, 4},
		{offsetof(struct agent_news, verdict), AGENT_REFUSED + 1, 4},
		{offsetof(struct agent_news, verdict), UINT32_MAX, 4},
		{offsetof(struct agent_news, verdict), AGENT_GOOD, 4}, // and says something
		{offsetof(struct agent_news, text), 0, 1},             // a warning without words
		{offsetof(struct agent_news, http_status), 99, 2},
		{offsetof(struct agent_news, http_status), 600, 2},
		{offsetof(struct agent_news, retry_in_s), 2 * AGENT_POLL_MAX_S + 1, 4},
		{offsetof(struct agent_news, expires_s), UINT64_MAX, 8},
		{offsetof(struct agent_news, expires_s), 253402300800, 8},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct agent_news news = sound_news();
		struct agent_key key = sound_key();

		memcpy((uint8_t *)&news + rows[i].offset, &rows[i].value, rows[i].octets);
		cr_expect_not(is_sound(&news, sizeof(news), FROM_AGENT), "row %zu", i);
		memcpy((uint8_t *)&key.news + rows[i].offset, &rows[i].value, rows[i].octets);
		cr_expect_not(is_sound(&key, sizeof(key), FROM_AGENT), "row %zu, with a key", i);
	}
}

Test(agent_wire, a_key_comes_with_its_name_and_a_fitting_verdict) {
	struct agent_key key = sound_key();

	key.news.verdict = AGENT_WAITING;
	cr_expect_not(is_sound(&key, sizeof(key), FROM_AGENT));
	key.news.verdict = AGENT_REFUSED;
	cr_expect_not(is_sound(&key, sizeof(key), FROM_AGENT));
	key = sound_key();
	key.news.identity.id[0] = '\0';
	cr_expect_not(is_sound(&key, sizeof(key), FROM_AGENT));
	key = sound_key();
	key.cak[31] = 0;
	cr_expect_not(is_sound(&key, sizeof(key), FROM_AGENT), "a key of zeroes");
	for (size_t i = 0; i < AGENT_CAK_OCTETS; i++) {
		key = sound_key();
		key.cak[31] = 0;
		key.cak[i] = 0x80;
		cr_expect(is_sound(&key, sizeof(key), FROM_AGENT), "octet %zu is looked at", i);
	}
}

Test(agent_wire, a_process_that_cannot_be_is_refused) {
	static const uint32_t pids[] = {0, (uint32_t)INT_MAX + 1, UINT32_MAX};

	for (size_t i = 0; i < 3; i++) {
		struct agent_ready ready = {AGENT_READY, pids[i]};
		struct agent_gone gone = {AGENT_GONE, pids[i]};

		cr_expect_not(is_sound(&ready, sizeof(ready), FROM_AGENT));
		cr_expect_not(is_sound(&gone, sizeof(gone), FROM_AGENT));
	}
}
