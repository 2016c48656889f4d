/* SPDX-License-Identifier: BSD-3-Clause */
/* Key chains and the other CAKs of a link: what loads, with which times, and what is refused. */
#include "tests/unit/config_refusal.h"

#define PRIMARY "      primary: {ckn: AA, cak: file:/k}\n"
#define CHAIN OPEN_MKA "      key-chain:\n"
/* One CAK of a chain; its mark is column 11. */
#define CAK_AT(ckn, key, times) "        - {ckn: " ckn ", cak: file:/" key ", " times "}\n"
#define ITEM(ckn, times) CAK_AT(ckn, ckn, times)
#define DAY(day) "2026-01-" day "T00:00:00Z"
#define START(day) "start: " DAY(day)
#define END(day) ", end: " DAY(day)
#define FROM(time) ", accept-from: 2026-01-" time "Z"
#define UNTIL(time) ", accept-until: 2026-01-" time "Z"
#define JANUARY 1767225600 // 2026-01-01T00:00:00Z
#define AT(day) (JANUARY + ((day)-1) * 86400ll)

static struct config *parse(const char *text) {
	struct config *config = NULL;

	cr_assert_eq(config_parse("good.yaml", text, strlen(text), &config), 0, "%s", text);
	return config;
}

Test(config_chain, times_left_out_have_an_hour_of_margin) {
	struct config *config =
		parse(CHAIN ITEM("A1", START("01") END("03")) ITEM("A2", "start: '" DAY("02") "'"));
	const struct config_link *link = &config->links[0];

	cr_assert_not(link->primary.is_set);
	cr_assert_eq(link->n_chain, 2);
	cr_assert_eq(link->chain[0].accept_from_s, AT(1) - 3600);
	cr_assert_eq(link->chain[0].start_s, AT(1));
	cr_assert_eq(link->chain[0].end_s, AT(3));
	cr_assert_eq(link->chain[0].accept_until_s, AT(3) + 3600);
	cr_assert_eq(link->chain[1].start_s, AT(2));
	cr_assert_eq(link->chain[1].end_s, INT64_MAX);
	cr_assert_eq(link->chain[1].accept_until_s, INT64_MAX);
	config_free(config);
}

Test(config_chain, every_word_reaches_its_field) {
	struct config *config = parse(CHAIN "        - ckn: 0a1B\n          cak: file:/a b\n"
					    "          start: 2026-01-02T01:00:00+01:00\n"
					    "          end: 2026-01-05T00:00:00Z\n"
					    "          accept-from: 2026-01-01T00:00:00Z\n"
					    "          accept-until: 2026-01-06T00:00:00Z\n");
	const struct config_chain_cak *entry = &config->links[0].chain[0];

	cr_assert(entry->cak.is_set);
	cr_assert_eq(entry->cak.ckn_octets, 2);
	cr_assert_eq(entry->cak.ckn[1], 0x1b);
	cr_assert_str_eq(entry->cak.cak_ref, "file:/a b");
	cr_assert_eq(entry->cak.ckn_mark.line, 7);
	cr_assert_eq(entry->cak.ckn_mark.column, 16);
	cr_assert_eq(entry->cak.cak_mark.line, 8);
	cr_assert_eq(entry->mark.line, 7);
	cr_assert_eq(entry->mark.column, 11);
	cr_assert_eq(entry->accept_from_s, AT(1));
	cr_assert_eq(entry->start_s, AT(2));
	cr_assert_eq(entry->end_s, AT(5));
	cr_assert_eq(entry->accept_until_s, AT(6));
	config_free(config);
}

Test(config_chain, order_in_the_file_does_not_matter) {
	struct config *config = parse(CHAIN ITEM("A3", START("03")) ITEM("A1", START("01"))
					      ITEM("A2", START("02")) PRIMARY);
	const struct config_link *link = &config->links[0];

	cr_assert(link->primary.is_set);
	cr_assert_eq(link->n_chain, 3);
	for (uint32_t i = 0; i < 3; i++) {
		cr_assert_eq(link->chain[i].start_s, AT((int)i + 1));
		cr_assert_eq(link->chain[i].cak.ckn[0], 0xa1 + i);
	}
	config_free(config);
}

/* The least that loses nothing, to the second. */
Test(config_chain, shortest_overlap) {
	config_free(parse(CHAIN ITEM("A1", START("01") END("02") UNTIL("02T00:01:00"))
				  ITEM("A2", START("02") FROM("01T23:59:00"))));
	config_free(parse(CHAIN ITEM("A1", START("02") FROM("01T23:59:00")) PRIMARY));
	/* Nothing comes before the first CAK, nothing after the last. */
	config_free(parse(
		CHAIN ITEM("A1", START("01") FROM("01T00:00:00") END("02") UNTIL("02T00:00:00"))
	));
}

Test(config_chain, times_in_the_wrong_order) {
	static const struct refusal refusals[] = {
		{CHAIN ITEM("A1", START("01") FROM("01T00:00:01")), 7, 11,
		 "'accept-from' 2026-01-01T00:00:01Z is later than 'start'; write "
		 "2026-01-01T00:00:00Z or earlier"},
		{CHAIN ITEM("A1", START("02") END("02")), 7, 11,
		 "'end' 2026-01-02T00:00:00Z is not later than 'start' 2026-01-02T00:00:00Z"},
		{CHAIN ITEM("A1", START("02") END("03") UNTIL("02T23:59:59")), 7, 11,
		 "'accept-until' 2026-01-02T23:59:59Z is earlier than 'end' (2026-01-03"},
		{CHAIN ITEM("A1", START("02") UNTIL("03T00:00:00")), 7, 11,
		 "is earlier than 'end' (never); write an 'end' of 2026-01-03T00:00:00Z"},
		/* That it does not overlap the next one either follows from it. */
		{CHAIN ITEM("A1", START("02") END("01")) ITEM("A2", START("03")), 7, 11,
		 "'end' 2026-01-01T00:00:00Z is not later than 'start'"},
	};

	EXPECT_ALL(refusals);
}

Test(config_chain, changes_that_could_lose_frames) {
	static const struct refusal refusals[] = {
		{CHAIN ITEM("A1", START("01")) ITEM("A2", START("02") FROM("01T23:59:01")), 8, 11,
		 "less than 60 s before 'start' 2026-01-02T00:00:00Z, a change to this CAK could "
		 "lose frames; write 2026-01-01T23:59:00Z or earlier"},
		{CHAIN ITEM("A1", START("01") FROM("01T00:00:00")) PRIMARY, 7, 11,
		 "less than 60 s before 'start' 2026-01-01T00:00:00Z"},
		{CHAIN ITEM("A1", START("01") END("02") UNTIL("02T00:00:59"))
			 ITEM("A2", START("02")),
		 7, 11,
		 "accepted until 2026-01-02T00:00:59Z, less than 60 s after the next one, at "
		 "bad.yaml:8:11, starts (2026-01-02T00:00:00Z); write an 'accept-until' of "
		 "2026-01-02T00:01:00Z or later"},
		{CHAIN ITEM("A1", START("01") ", end: 2026-01-01T23:59:59Z" UNTIL("09T00:00:00"))
			 ITEM("A2", START("02")),
		 7, 11,
		 "this CAK ends at 2026-01-01T23:59:59Z, but the next one, at bad.yaml:8:11, "
		 "starts at 2026-01-02T00:00:00Z; write an 'end' of 2026-01-02T00:00:00Z"},
		/* Neighbours are those by start, not those in the file. */
		{CHAIN ITEM("A3", START("05")) ITEM("A1", START("01"))
			 ITEM("A2", START("02") END("03")),
		 9, 11, "the next one, at bad.yaml:7:11, starts at 2026-01-05T00:00:00Z"},
		{CHAIN ITEM("A1", START("01")) ITEM("A2", "start: 2026-01-01T01:00:00+01:00"), 8,
		 11, "'start' 2026-01-01T00:00:00Z is that of the CAK at bad.yaml:7:11; write"},
		{OPEN_MKA "      key-chain: [{ckn: A1, cak: file:/1, start: " DAY("01"
		 ) "},\n"
		   "        {ckn: A2, cak: file:/2, start: " DAY("01") "}]\n",
		 7, 9, "'start' 2026-01-01T00:00:00Z is that of the CAK at bad.yaml:6:19; write"},
	};

	EXPECT_ALL(refusals);
}

Test(config_chain, values_that_are_no_time) {
	static const struct refusal refusals[] = {
		{CHAIN ITEM("A1", "start: 2026-02-29T00:00:00Z"), 7, 43,
		 "'start' cannot be '2026-02-29T00:00:00Z': the calendar or the clock has no such "
		 "time; write"},
		{CHAIN ITEM("A1", "start: 2026-12-31T23:59:60Z"), 7, 43, "no such time"},
		{CHAIN ITEM("A1", "start: 2026-12-01"), 7, 43,
		 "'start' is no time: '2026-12-01'; write 2026-12-01T00:00:00Z"},
		{CHAIN ITEM("A1", "start: tomorrow"), 7, 43, "'start' is no time: 'tomorrow'"},
		{CHAIN ITEM("A1", "start: "), 7, 36, "'start' has no value"},
		{CHAIN ITEM("A1", "start: [1]"), 7, 43, "'start' holds a list; write a time"},
		{CHAIN ITEM("A1", START("02") ", end: never"), 7, 70, "'end' is no time: 'never'"},
		{CHAIN ITEM("A1", START("02") ", accept-from: 1"), 7, 78,
		 "'accept-from' is no time"},
		/* One wrong time must not make its neighbours look wrong. */
		{CHAIN ITEM("A1", START("02") ", end: x") ITEM("A2", START("01")), 7, 70,
		 "'end' is no time: 'x'"},
		{CHAIN ITEM("A1", "start: 2026-13-01T00:00:00Z, end: " DAY("02"))
			 ITEM("A2", START("05")),
		 7, 43, "'start' cannot be '2026-13-01T00:00:00Z'"},
	};

	EXPECT_ALL(refusals);
}

Test(config_chain, two_caks_of_a_link_with_one_name_or_one_key) {
	static const struct refusal refusals[] = {
		{CAK("AA01", "file:/k") "      fallback: {ckn: aa01, cak: file:/f}\n", 7, 23,
		 "'ckn' of 'fallback' is the name of the 'primary' CAK at bad.yaml:6:22; give each "
		 "CAK of a link a name of its own"},
		{CAK("AA01", "file:/k") "      fallback: {ckn: BB02, cak: file:/k}\n", 7, 34,
		 "'cak' of 'fallback' is the key of the 'primary' CAK at bad.yaml:6:33: it "
		 "replaces nothing; name a file with another key"},
		{CAK("A1", "file:/k") "      key-chain:\n" ITEM("A1", START("01")), 8, 17,
		 "'ckn' of 'key-chain' is the name of the 'primary' CAK at bad.yaml:6:22"},
		{CHAIN ITEM("A1", START("01")) "      fallback: {ckn: FB, cak: file:/A1}\n", 7, 26,
		 "'cak' of 'key-chain' is the key of the 'fallback' CAK at bad.yaml:8:32"},
		{CHAIN CAK_AT("A1", "1", START("02")) CAK_AT("A1", "2", START("01")), 7, 17,
		 "'ckn' of 'key-chain' is the name of the 'key-chain' CAK at bad.yaml:8:17"},
		{CHAIN CAK_AT("A1", "1", START("01")) CAK_AT("A2", "1", START("02")), 8, 26,
		 "'cak' of 'key-chain' is the key of the 'key-chain' CAK at bad.yaml:7:26"},
		{CAK("AA", "file:/k") "      fallback: {ckn: AA00, cak: file:/f}\n"
				      "      pad-ckn: true\n",
		 7, 23, "is the name of the 'primary' CAK at bad.yaml:6:22 with 'pad-ckn'; give"},
	};

	EXPECT_ALL(refusals);
}

/* On the wire they differ in length; and two links may well share a key. */
Test(config_chain, names_that_only_padding_makes_equal) {
	struct config *config =
		parse(CAK("AA", "file:/k") "      fallback: {ckn: AA00, cak: file:/f}\n"
					   "  - {name: x, host: x1, line: x2, mka: {primary: {ckn: "
					   "AA, cak: file:/k}}}\n");

	cr_assert_eq(config->links[0].fallback.ckn_octets, 2);
	config_free(config);
}

/* `n` CAKs, one a day, each ending `days` days after its start; 0: never. */
static char *long_chain(unsigned n, unsigned days) {
	char *text = malloc(64 * 200);
	size_t used;

	cr_assert_not_null(text);
	used = (size_t)sprintf(text, "%s", CHAIN);
	for (unsigned i = 0; i < n; i++) {
		char end[64] = "";

		if (days > 0)
			snprintf(
				end, sizeof(end), ", end: 2026-%02u-%02uT00:00:00Z",
				1 + (i + days) / 28, 1 + (i + days) % 28
			);
		used += (size_t)sprintf(
			text + used,
			"        - {ckn: %02x, cak: file:/%u, start: 2026-%02u-%02uT"
			"00:00:00Z%s}\n",
			i, i, 1 + i / 28, 1 + i % 28, end
		);
	}
	return text;
}

Test(config_chain, as_many_at_one_moment_as_allowed) {
	static const struct {
		unsigned n, days;
		const char *fragment; // NULL: it loads
	} cases[] = {
		{6, 0, NULL},
		{7, 0,
		 "7 CAKs are acceptable at 2026-01-06T23:00:00Z; at most 6 may be: write an "
		 "earlier "
		 "'end'"},
		/* The seventh comes in the hour in which the first is only accepted. */
		{7, 6, "7 CAKs are acceptable at 2026-01-06T23:00:00Z"},
		{8, 5, NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = long_chain(cases[i].n, cases[i].days);
		struct refusal refusal = {text, 13, 11, cases[i].fragment};

		if (cases[i].fragment == NULL)
			config_free(parse(text));
		else
			expect(&refusal, text, strlen(text));
		free(text);
	}
}

Test(config_chain, as_many_in_all_as_allowed) {
	struct refusal refusal = {NULL, 7, 9, "'key-chain' needs a list of 1 to 64 CAKs"};
	char *text = long_chain(64, 2);
	struct config *config = parse(text);

	cr_assert_eq(config->links[0].n_chain, 64);
	config_free(config);
	free(text);
	text = long_chain(65, 2);
	refusal.text = text;
	expect(&refusal, text, strlen(text));
	free(text);
}
