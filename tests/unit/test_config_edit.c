/* SPDX-License-Identifier: BSD-3-Clause */
/* Rotation's edits of the configuration file: what changes, that nothing else does, and what is
 * left to people. */
#include "control/config_time.h"
#include "control/ctl/config_edit.h"
#include "tests/unit/capture_stderr.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW 1800000000 // 2027-01-15T08:00:00Z
#define NEW_REF "file:/new"
#define LINE                                                                \
	"key-chain: [{ckn: \"CC03\", cak: \"" NEW_REF                       \
	"\", start: \"2027-01-15T08:01:00Z\", accept-from: \"2027-01-15T08" \
	":00:00Z\"}]"
#define HEAD "links:\n  - name: dl0\n    host: eth0\n    line: eth1\n"

/* One file, parsed, and an edit of one of its links. */
struct bench {
	char *text;
	struct config *config;
	struct config_edit edit;
};

static struct bench bench_of(const char *text, const char *link, const char *ckn, const char *ref) {
	struct bench bench = {.text = strdup(text)};
	const int ret = config_parse("m.yaml", text, strlen(text), &bench.config);

	cr_assert_eq(ret, 0, "%s", text);
	bench.edit = (struct config_edit){
		.text = {bench.text, strlen(text)},
		.config = bench.config,
		.ckn = ckn,
		.reference = ref,
	};
	for (size_t i = 0; i < bench.config->n_links; i++)
		if (strcmp(bench.config->links[i].name, link) == 0)
			bench.edit.link = &bench.config->links[i];
	cr_assert_not_null(bench.edit.link);
	return bench;
}

static void bench_end(struct bench *bench) {
	config_edit_clear(&bench->edit);
	config_free(bench->config);
	free(bench->text);
}

static void expect_result(const struct bench *bench, int ret, const char *expected) {
	cr_assert_eq(ret, 0, "%s", bench->edit.refusal);
	cr_assert_eq(
		bench->edit.result_octets, strlen(expected), "%.*s\n-- and not\n%s",
		(int)bench->edit.result_octets, bench->edit.result, expected
	);
	cr_assert_eq(
		memcmp(bench->edit.result, expected, strlen(expected)), 0, "%.*s",
		(int)bench->edit.result_octets, bench->edit.result
	);
}

/* From `old` over `both` to `new`, and no octet else. */
static void expect_rotation(const char *link, const char *old, const char *both, const char *new) {
	struct bench bench = bench_of(old, link, "CC03", NEW_REF);

	expect_result(&bench, config_edit_add(&bench.edit, NOW), both);
	bench_end(&bench);
	bench = bench_of(both, link, "CC03", NEW_REF);
	expect_result(&bench, config_edit_promote(&bench.edit), new);
	bench_end(&bench);
}

Test(config_edit, rotates_in_block_style_and_keeps_comments) {
	expect_rotation(
		"dl0",
		"# top\n" HEAD "    mka:   # agreement\n      # the circuit's\n      primary:\n"
		"        ckn: aa01      # theirs\n\n        # where it is\n"
		"        cak: file:/old # a file\n      rekey: 3600\n# end\n",
		"# top\n" HEAD "    mka:   # agreement\n      # the circuit's\n      primary:\n"
		"        ckn: aa01      # theirs\n\n        # where it is\n"
		"        cak: file:/old # a file\n      " LINE "\n      rekey: 3600\n# end\n",
		"# top\n" HEAD "    mka:   # agreement\n      # the circuit's\n      primary:\n"
		"        ckn: \"CC03\"      # theirs\n\n        # where it is\n"
		"        cak: \"" NEW_REF "\" # a file\n      rekey: 3600\n# end\n"
	);
}

Test(config_edit, rotates_in_flow_style_with_the_key_first) {
	expect_rotation(
		"dl0",
		HEAD "    mka:\n      primary: { cak: 'file:/old', ckn: \"AA01\" } # x\n"
		     "      fallback: {ckn: BB02, cak: file:/fb}\n",
		HEAD "    mka:\n      primary: { cak: 'file:/old', ckn: \"AA01\" } # x\n      " LINE
		     "\n      fallback: {ckn: BB02, cak: file:/fb}\n",
		HEAD "    mka:\n      primary: { cak: \"" NEW_REF "\", ckn: \"CC03\" } # x\n"
		     "      fallback: {ckn: BB02, cak: file:/fb}\n"
	);
}

Test(config_edit, rotates_the_second_link_alone_and_in_a_file_without_last_line_end) {
	static const char first[] =
		HEAD "    mka:\n      primary:\n        ckn: AA01\n        cak: file:/old\n"
		     "  - name: dl1\n    host: eth2\n    line: eth3\n    mka:\n      primary:\n"
		     "        cak: file:/old\n        ckn: ";
	char old[1024], both[2048], new[1024];

	snprintf(old, sizeof(old), "%sAA01", first);
	snprintf(both, sizeof(both), "%sAA01\n      " LINE, first);
	snprintf(
		new, sizeof(new),
		HEAD "    mka:\n      primary:\n        ckn: AA01\n        cak: file:/old\n"
		     "  - name: dl1\n    host: eth2\n    line: eth3\n    mka:\n      primary:\n"
		     "        cak: \"" NEW_REF "\"\n        ckn: \"CC03\""
	);
	expect_rotation("dl1", old, both, new);
}

Test(config_edit, keeps_line_ends_of_two_characters) {
	expect_rotation(
		"dl0",
		"links:\r\n- name: dl0\r\n  host: eth0\r\n  line: eth1\r\n  mka:\r\n    "
		"primary:\r\n"
		"      ckn: AA01\r\n      cak: file:/old\r\n    rekey: 30\r\n",
		"links:\r\n- name: dl0\r\n  host: eth0\r\n  line: eth1\r\n  mka:\r\n    "
		"primary:\r\n"
		"      ckn: AA01\r\n      cak: file:/old\r\n    " LINE "\r\n    rekey: 30\r\n",
		"links:\r\n- name: dl0\r\n  host: eth0\r\n  line: eth1\r\n  mka:\r\n    "
		"primary:\r\n"
		"      ckn: \"CC03\"\r\n      cak: \"" NEW_REF "\"\r\n    rekey: 30\r\n"
	);
}

Test(config_edit, rotates_a_path_that_holds_what_plain_flow_scalars_may_not) {
	expect_rotation(
		"dl0",
		HEAD "    mka:\n      primary:\n        ckn: AA01\n        cak: file:/a,b]c d\n",
		HEAD "    mka:\n      primary:\n        ckn: AA01\n        cak: file:/a,b]c d\n    "
		     "  " LINE "\n",
		HEAD "    mka:\n      primary:\n        ckn: \"CC03\"\n        cak: \"" NEW_REF
		     "\"\n"
	);
}

/* The edit is refused with the line to write by hand, and no text is made. */
static void expect_refusal(const char *text, const char *link, const char *why, bool is_promotion) {
	struct bench bench = bench_of(text, link, "CC03", NEW_REF);
	struct capture *capture = capture_begin();
	const int ret =
		is_promotion ? config_edit_promote(&bench.edit) : config_edit_add(&bench.edit, NOW);

	free(capture_end(capture));
	cr_assert_eq(ret, -EINVAL, "%.*s", (int)bench.edit.result_octets, bench.edit.result);
	cr_assert_null(bench.edit.result);
	cr_assert_not_null(strstr(bench.edit.refusal, why), "%s", bench.edit.refusal);
	cr_assert_not_null(
		strstr(bench.edit.refusal,
		       is_promotion ? "\n  primary: {ckn: \"CC03\", cak: \"" NEW_REF "\"}"
				    : "\n  " LINE),
		"%s", bench.edit.refusal
	);
	bench_end(&bench);
}

Test(config_edit, leaves_shapes_to_people_that_it_cannot_add_to) {
	static const char *const shapes[] = {
		// link, mka or primary in flow style over what a line can be put behind
		"links:\n  - {name: dl0, host: eth0, line: eth1, mka: {primary: {ckn: AA01, cak: "
		"file:/old}}}\n",
		HEAD "    mka: {primary: {ckn: AA01, cak: file:/old}, rekey: 30}\n",
		HEAD "    mka: {\n      primary: {ckn: AA01, cak: file:/old}, rekey: 30 }\n",
		HEAD "    mka:\n      primary: {ckn: AA01,\n        cak: file:/old\n        }\n",
		HEAD
		"    mka:\n      rekey: 30\n      ? primary\n      : {ckn: AA01, cak: file:/old}\n",
		HEAD "    mka:\n      \"primary\": {ckn: AA01, cak: file:/old}\n",
		// scalars that say it in other letters
		HEAD
		"    mka:\n      primary:\n        ckn: \"AA\\x301\"\n        cak: file:/old\n",
		HEAD "    mka:\n      primary:\n        ckn: AA01\n        cak: >-\n          "
		     "file:/old\n",
		HEAD
		"    mka:\n      primary:\n        ckn: AA01\n        cak: file:/a\n          b\n",
		HEAD "    mka:\n      primary:\n        ckn: AA01\n        cak:\n          "
		     "'file:/a''b'\n",
	};

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		expect_refusal(shapes[i], "dl0", "in a way that a program cannot", false);
}

/* The other link's indentation would do by chance. */
Test(config_edit, takes_no_other_links_primary_for_this_ones) {
	expect_refusal(
		HEAD "    mka:\n      primary:\n        ckn: AA01\n        cak: file:/old\n"
		     "  - name: dl1\n    host: eth2\n    line: eth3\n    mka:\n"
		     "      \"primary\":\n        ckn: AA01\n        cak: file:/old\n",
		"dl1", "in a way that a program cannot", false
	);
}

Test(config_edit, does_not_add_to_links_without_primary_or_with_a_key_chain) {
	expect_refusal(
		HEAD "    mka:\n      key-chain: [{ckn: AA01, cak: file:/a, start: "
		     "2020-01-01T00:00:00Z}]\n",
		"dl0", "has no primary CAK", false
	);
	expect_refusal(
		HEAD "    mka:\n      primary: {ckn: AA01, cak: file:/old}\n      key-chain: "
		     "[{ckn: DD04, "
		     "cak: file:/a, start: 2020-01-01T00:00:00Z}]\n",
		"dl0", "has a key chain that this command did not write", false
	);
}

#define CHAIN(ckn, ref, start, from)                                                        \
	"      key-chain: [{ckn: \"" ckn "\", cak: \"" ref "\", start: \"2026-01-01T" start \
	"Z\", accept-from: \"2026-01-01T" from "Z\"}]"
#define OLD_PRIMARY "    mka:\n      primary: {ckn: AA01, cak: file:/old}\n"

Test(config_edit, replaces_the_line_of_a_rotation_that_was_given_up) {
	static const char *const lines[] = {
		CHAIN("AA02", "file:/gone", "00:01:00", "00:00:00"),
		CHAIN("aa02", "file:/GONE", "10:00:30", "09:59:30"),
		CHAIN("CC03", "file:/other", "00:01:00", "00:00:00"), // the new name, another key
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char old[2048], both[2048];

		snprintf(
			old, sizeof(old), "%s%s%s\n      rekey: 30 # kept\n", HEAD, OLD_PRIMARY,
			lines[i]
		);
		snprintf(
			both, sizeof(both), "%s%s      " LINE "\n      rekey: 30 # kept\n", HEAD,
			OLD_PRIMARY
		);
		expect_rotation(
			"dl0", old, both,
			HEAD "    mka:\n      primary: {ckn: \"CC03\", cak: \"" NEW_REF
			     "\"}\n      rekey: 30 # kept\n"
		);
	}
}

/* A time more or less, or a word behind it: somebody has made the line their own. */
Test(config_edit, replaces_no_line_that_is_another_in_any_letter) {
	static const char *const lines[] = {
		CHAIN("AA02", "file:/gone", "00:01:01", "00:00:00"),
		CHAIN("AA02", "file:/gone", "00:01:00", "00:00:00") " # ours",
		CHAIN("AA02", "file:/gone", "00:01:00", "00:00:00") " ",
		"      key-chain: [{ckn: AA02, cak: \"file:/gone\", start: "
		"\"2026-01-01T00:01:00Z\", "
		"accept-from: \"2026-01-01T00:00:00Z\"}]",
		"      key-chain: [{ckn: \"AA02\", cak: \"file:/gone\", start: "
		"\"2026-01-01T00:01:00Z\", accept-from: \"2026-01-01T00:00:00Z\"}, "
		"{ckn: \"AA04\", cak: \"file:/4\", start: \"2030-01-01T00:01:00Z\"}]",
		("      key-chain:\n        - {ckn: AA02, cak: file:/gone, start: "
		 "2026-01-01T00:01:00Z}"),
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char text[2048];

		snprintf(text, sizeof(text), "%s%s%s\n", HEAD, OLD_PRIMARY, lines[i]);
		expect_refusal(
			text, "dl0", "did not write; put this in the place of its 'key-chain'",
			false
		);
	}
}

#define PRIMARY "      primary: {ckn: AA01, cak: file:/old}\n"

Test(config_edit, promotes_nothing_but_the_new_cak) {
	static const char *const others[] = {
		"",
		"      key-chain: [{ckn: CC03, cak: file:/x, start: 2020-01-01T00:00:00Z}]\n",
		"      key-chain: [{ckn: CC04, cak: file:/new, start: 2020-01-01T00:00:00Z}]\n",
		("      key-chain: [{ckn: CC03, cak: file:/new, start: 2020-01-01T00:00:00Z}, "
		 "{ckn: DD04, cak: file:/d, start: 2030-01-01T00:00:00Z}]\n"),
	};
	char text[1024];

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(text, sizeof(text), "%s    mka:\n%s%s", HEAD, PRIMARY, others[i]);
		expect_refusal(text, "dl0", "its key chain holds other CAKs", true);
	}
}

Test(config_edit, leaves_key_chains_to_people_that_it_did_not_write) {
	expect_refusal(
		HEAD "    mka:\n" PRIMARY
		     "      key-chain:\n        - {ckn: CC03, cak: file:/new, start: "
		     "2020-01-01T00:00:00Z}\n",
		"dl0", "not the one line of this command", true
	);
	expect_refusal(
		HEAD "    mka:\n" PRIMARY "      key-chain: [{ckn: CC03, cak: file:/new, start: "
		     "2020-01-01T00:00:00Z}] # mine\n",
		"dl0", "not the one line of this command", true
	);
	expect_refusal(
		HEAD "    mka:\n" PRIMARY
		     "      key-chain: [{ckn: CC03, cak: file:/new,\n        start: "
		     "'2020-01-01T00:00:00Z'}]\n",
		"dl0", "not the one line of this command", true
	);
}

Test(config_edit, refuses_a_name_or_key_that_the_link_has_already) {
	expect_refusal(
		HEAD "    mka:\n" PRIMARY "      fallback: {ckn: cc03, cak: file:/fb}\n", "dl0",
		"cannot add to", false
	);
	expect_refusal(
		HEAD "    mka:\n" PRIMARY "      fallback: {ckn: BB02, cak: file:/new}\n", "dl0",
		"cannot add to", false
	);
}

Test(config_edit, refuses_references_that_quotes_do_not_hold) {
	static const char *const references[] = {
		"file:/a\"b", "file:/a\\b", "file:/a\nb", "", "file:/\xc3\xa4"};

	for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++) {
		struct bench bench =
			bench_of(HEAD "    mka:\n" PRIMARY, "dl0", "CC03", references[i]);

		cr_assert_eq(config_edit_add(&bench.edit, NOW), -EINVAL);
		cr_assert_not_null(strstr(bench.edit.refusal, "between quotes"));
		cr_assert_eq(config_edit_promote(&bench.edit), -EINVAL);
		cr_assert_null(bench.edit.result);
		bench_end(&bench);
	}
}

/* Cut short anywhere, a file that still parses goes there and back with only its CAK changed. */
Test(config_edit, adds_and_promotes_whatever_stands_behind) {
	static const char text[] =
		HEAD "    mka:\n      primary:\n        ckn: AA01 # c\n        cak: 'file:/old'\n"
		     "      fallback: {ckn: BB02, cak: file:/fb}\n      rekey: 30\n"
		     "  - name: dl1\n    host: eth2\n    line: eth3\n    mka:\n"
		     "      primary: {ckn: AA01, cak: file:/old}\ndpdk:\n  memory: 0\n";
	unsigned n_edits = 0;

	for (size_t cut = 0; cut <= strlen(text); cut++) {
		struct config *config = NULL;
		struct capture *capture = capture_begin();
		const int ret = config_parse("m.yaml", text, cut, &config);

		free(capture_end(capture));
		config_free(config);
		if (ret < 0)
			continue;
		char *part = strndup(text, cut);
		struct bench first = bench_of(part, "dl0", "CC03", NEW_REF);
		cr_assert_eq(config_edit_add(&first.edit, NOW), 0, "%s", first.edit.refusal);
		char *both = strndup(first.edit.result, first.edit.result_octets);
		struct bench second = bench_of(both, "dl0", "CC03", NEW_REF);
		cr_assert_eq(config_edit_promote(&second.edit), 0, "%s", second.edit.refusal);
		// the two values differ in length, everything behind them is the same
		const char *behind = strstr(part, "'file:/old'") + strlen("'file:/old'");
		cr_assert_eq(
			memcmp(second.edit.result + second.edit.result_octets - strlen(behind),
			       behind, strlen(behind)),
			0
		);
		cr_assert_eq(second.edit.result_octets, cut + 2); // the name has quotes now
		bench_end(&second);
		bench_end(&first);
		free(both);
		free(part);
		n_edits++;
	}
	cr_assert_gt(n_edits, 20);
}

/* What is added must be promotable: no rotation begins that a program cannot end. */
Test(config_edit, replaces_no_line_beside_a_primary_cak_that_it_could_not_edit) {
	char text[1024];

	snprintf(
		text, sizeof(text),
		"%s    mka:\n      primary: {ckn: \"AA\\x301\", cak: file:/old}\n%s\n", HEAD,
		CHAIN("AA02", "file:/gone", "00:01:00", "00:00:00")
	);
	expect_refusal(text, "dl0", "in a way that a program cannot edit", false);
}
