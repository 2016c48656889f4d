/* SPDX-License-Identifier: BSD-3-Clause */
/* What leaves a configuration file that goes into a support bundle, and what stays. */
#include "control/ctl/redact.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#define HEX_128 "0123456789abcdef0123456789abcdef"
#define HEX_256 HEX_128 HEX_128

static void assert_becomes(const char *text, const char *expected) {
	char *out = NULL;
	size_t octets;
	FILE *file = open_memstream(&out, &octets);

	redact_print(file, text);
	fclose(file);
	cr_assert_str_eq(out, expected);
	free(out);
}

Test(redact, takes_out_what_could_be_a_key) {
	assert_becomes("cak: " HEX_256 "\n", "cak: (removed)\n");
	assert_becomes("cak: \"" HEX_128 "\"}", "cak: \"(removed)\"}");
	assert_becomes("# old: " HEX_128, "# old: (removed)");
	assert_becomes("cak=" HEX_128 "xyz", "(removed)");
	assert_becomes("file:/data/" HEX_128, "file:/data/(removed)");
	assert_becomes(
		"{ckn: \"AA\", cak: \"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\"}",
		"{ckn: \"AA\", cak: \"(removed)\"}"
	);
	assert_becomes("k: q7/x+ABCdef0123456789/abcdefghijklmnopqrstuvw==", "k: (removed)");
	assert_becomes("api: aB3-_45678901234567890123456789012345678901_", "api: (removed)");
}

Test(redact, leaves_references_and_names) {
	static const char *const texts[] = {
		"cak: \"file:/etc/macsecd/keys/2026-q4-for-the-link-to-frankfurt-and-back.cak\"",
		"primary: {ckn: \"" HEX_256 "\", cak: \"file:/etc/a.cak\"}",
		"\"ckn\": \"" HEX_256 "\"",
		"cak: hpcs:prod/66666666-aaaa-bbbb-cccc-0123456789ab",
		"crn:v1:bluemix:public:hs-crypto:us-south:a/" HEX_128
		":66666666-aaaa-bbbb-cccc-0123456789ab:key:66666666-aaaa-bbbb-cccc-0123456789ab",
		"links:\n\t- name: dl0\n",
		"0123456789abcdef0123456789abcde",
		"",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_becomes(texts[i], texts[i]);
}

Test(redact, steers_no_terminal) {
	assert_becomes("a\033[2J\x7f\r\n", "a?[2J??\n");
}
