/* SPDX-License-Identifier: BSD-3-Clause */
/* Configuration files that break rules between words, are no plain YAML, are too much, or have many
 * problems at once. */
#include "tests/unit/config_refusal.h"

Test(config_hostile, rules_between_words) {
	static const struct refusal refusals[] = {
		{LINK "    macsec: {replay-window: 1073741824}\n", 6, 29,
		 "too large for gcm-aes-xpn-256; write at most 1073741823"},
		{LINK "    macsec: {confidentiality-offset: 30}\n", 6, 38,
		 "does not exist with gcm-aes-xpn-256"},
		{LINK "    macsec: {confidentiality-offset: 50, cipher-suite: gcm-aes-128, "
		      "encryption: false}\n",
		 6, 38, "means nothing without encryption"},
		{LINK "    macsec: {allowed-suites: [gcm-aes-xpn-128, gcm-aes-256]}\n", 6, 30,
		 "lacks gcm-aes-xpn-256, the 'cipher-suite' of this link; add it"},
		{LINK "    macsec: {cipher-suite: gcm-aes-128, allowed-suites: []}\n", 6, 57,
		 "'allowed-suites' lacks gcm-aes-128"},
		{LINK "    macsec: {on-failure: allow}\n", 6, 26,
		 "'policy: must-secure' forbids it; write 'on-failure: drop' or 'keep-last-sak'"},
		{OPEN_MKA "      delay-protect: true\n      primary: {ckn: AA, cak: file:/k}\n"
			  "    macsec: {replay-protect: false}\n",
		 6, 22, "write 'replay-protect: true', or 'delay-protect: false'"},
		{"links:\n" SECOND("a", "eth0", "eth0"), 4, 11,
		 "'line' of link 'a' is the same port as 'host' of link 'a' at bad.yaml:3:11"},
		{LINK SECOND("b", "eth2", "eth0"), 8, 11,
		 "'line' of link 'b' is the same port as 'host' of link 'dl0' at bad.yaml:3:11"},
		{LINK SECOND("b", "net_af_packet0,iface=eth1", "x"), 7, 11,
		 "the same port as 'line' of link 'dl0' at bad.yaml:4:11"},
		{"links:\n" SECOND("a", "0000:0a:00.0", "0A:00.0"), 4, 11, "the same port"},
		{"links:\n" SECOND("a", "net_ring0", "'net_ring0,x=1'"), 4, 11, "the same port"},
		{LINK SECOND("dl0", "x", "y"), 6, 11,
		 "link name 'dl0' is taken by the link at bad.yaml:2:5; choose another"},
		{LINK SECOND("b", "x", "y") "dpdk: {max-links: 1}\n", 10, 19,
		 "2 links, but 'max-links' of 'dpdk' is 1; write 2 or more"},
		{"links:\n" SECOND("a", "a1", "a2") SECOND("b", "b1", "b2") SECOND("c", "c1", "c2")
			 SECOND("d", "d1", "d2") SECOND("e", "e1", "e2") SECOND("f", "f1", "f2")
				 SECOND("g", "g1", "g2") SECOND("h", "h1", "h2")
					 SECOND("i", "i1", "i2"),
		 2, 3, "9 links, but 'max-links' of 'dpdk' is 8"},
	};

	EXPECT_ALL(refusals);
}

Test(config_hostile, what_is_not_a_plain_yaml_document) {
	static const struct refusal refusals[] = {
		{"", 0, 0, "the file is empty; begin with 'links:'"},
		{"# nothing\n", 0, 0, "the file is empty"},
		{"---\n", 0, 0, "must begin with a word"},
		{LINK "---\na: b\n", 6, 1, "a second document begins"},
		{"links: [\n", 2, 0, "not YAML: "},
		{"links:\n\t- name: a\n", 2, 0, "not YAML: "},
		{"links: \"a\n", 1, 0, "not YAML: "},
		{"links: a: b\n", 1, 0, "not YAML: "},
		{"a: &x [1]\nb: *x\n", 1, 4, "anchors are not supported"},
		{"a: 1\nb: *x\n", 2, 4, "aliases are not supported; write the value out"},
		{"a: [&a [x,x], &b [*a,*a], &c [*b,*b]]\n", 1, 5, "anchors are not supported"},
		{"<<: {a: b}\n", 1, 1, "merge keys are not supported"},
		{"a: !!str b\n", 1, 4, "tags are not supported"},
		{"[a, b]: c\n", 1, 1, "a map or list stands where a word is needed"},
		{"%YAML 1.1\n---\na: b\n", 1, 1, "directives are not supported"},
		{"[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]\n", 1, 17,
		 "the file is nested too deeply"},
		{"links: \"a\\0b\"\n", 1, 8, "the text holds a NUL character"},
		{"links: \x01\n", 1, 8, "the file holds a control character"},
		{"a: b\nc: \xc3\xa9 \xff\n", 2, 6, "not UTF-8 text here; save it as UTF-8"},
		{"a: \xed\xa0\x80\n", 1, 4, "not UTF-8"},
		{"a: \xc0\x80\n", 1, 4, "not UTF-8"},
		{"a: \xe2\x82", 1, 4, "not UTF-8"},
	};

	EXPECT_ALL(refusals);
}

Test(config_hostile, nul_octet_in_the_file) {
	static const char text[] = "links:\n  - na\0me: x\n";

	expect(&(struct refusal){text, 2, 7, "holds a NUL octet"}, text, sizeof(text) - 1);
}

/* What a parser would take seconds for, or a machine's memory. */
Test(config_hostile, files_that_are_too_much, .timeout = 60) {
	static char text[CONFIG_LINKS_MAX * 2048];

	memset(text, '#', sizeof(text));
	expect(&(struct refusal){text, 0, 0, "larger than 1 MiB"}, text, 1024 * 1024 + 1);
	expect(&(struct refusal){text, 1, 1, "longer than 2000 octets"}, text, 2001);
	memset(text, '\n', sizeof(text));
	expect(&(struct refusal){text, 201, 1, "200 blank lines"}, text, 1024 * 1024);
	for (size_t i = 0; i < 1024 * 1024 / 4; i++)
		memcpy(text + 4 * i, "- a\n", 4);
	expect(&(struct refusal){text, 100000, 3, "holds too many values"}, text, 1024 * 1024);
}

Test(config_hostile, more_links_than_allowed, .timeout = 60) {
	static char text[CONFIG_LINKS_MAX * 16];
	size_t n = (size_t)sprintf(text, "links:\n");

	for (unsigned i = 0; i <= CONFIG_LINKS_MAX; i++)
		n += (size_t)sprintf(text + n, "  - {}\n");
	expect(&(struct refusal){text, 2, 3, "a list of 1 to 1024 links"}, text, n);
}

Test(config_hostile, all_problems_are_reported_up_to_twenty) {
	static const char start[] = LINK "    macsec: {polcy: a, encryption: 1, replay-window: x}\n"
					 "    mtu: 1\n";
	char text[4096];
	struct config *config = NULL;
	struct capture *capture = capture_begin();
	size_t n;

	config_parse("bad.yaml", start, strlen(start), &config);
	capture_end(capture);
	cr_assert_eq(capture_lines(capture), 4, "%s", capture->text);
	free(capture);

	n = (size_t)sprintf(text, LINK);
	for (int i = 0; i < 23; i++)
		n += (size_t)sprintf(text + n, "word-%02d: 1\n", i);
	capture = capture_begin();
	cr_assert_eq(config_parse("bad.yaml", text, n, &config), -EINVAL);
	capture_end(capture);
	cr_assert_eq(capture_lines(capture), 21);
	cr_assert_not_null(strstr(capture->text, "word-19"));
	cr_assert_null(strstr(capture->text, "word-20"));
	cr_assert_not_null(strstr(capture->text, "bad.yaml: 3 more problems; "));
	free(capture);
}

/* A wrong word must not make its default accuse the words beside it. */
Test(config_hostile, rules_are_silent_about_words_that_are_wrong_already) {
	static const struct refusal refusals[] = {
		{LINK "    macsec: {cipher-suite: gcm-aes-25, confidentiality-offset: 30}\n", 6, 28,
		 "did you mean 'gcm-aes-256'?"},
		{LINK "    macsec: {cipher-suite: aes, allowed-suites: [gcm-aes-128]}\n", 6, 28,
		 "'cipher-suite' cannot be 'aes'"},
		{LINK "    macsec: {allowed-suites: [aes]}\n", 6, 31,
		 "'allowed-suites' cannot be 'aes'"},
		{LINK "    macsec: {policy: may-secure, on-failure: allow}\n", 6, 22,
		 "'policy' cannot be 'may-secure'"},
		{OPEN_MKA "      delay-protect: true\n      primary: {ckn: AA, cak: file:/k}\n"
			  "    macsec: must-secure\n",
		 8, 13, "'macsec' needs words of its own"},
		{"links:\n  - name: dl0\n    host: eth0\n    line: eth1\n    mka: psk\n", 5, 10,
		 "'mka' needs words of its own"},
	};

	EXPECT_ALL(refusals);
}
