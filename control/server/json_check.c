/* SPDX-License-Identifier: BSD-3-Clause */
/* A look at a request line before cJSON; the contract is in json_check.h. */
#include "control/server/json_check.h"

#include "control/server/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define ESCAPED_NUL "\\u0000"

struct scan {
	const uint8_t *at, *end;
	uint32_t depth;
	bool is_in_string;
};

static const char *scan_escape(struct scan *scan) {
	const size_t octets = strlen(ESCAPED_NUL);

	if ((size_t)(scan->end - scan->at) >= octets && memcmp(scan->at, ESCAPED_NUL, octets) == 0)
		return "a string holds a NUL character";
	// the escaped octet may be a quote: it must not end the string
	if (scan->end - scan->at > 1 && scan->at[1] < 0x80)
		scan->at++;
	scan->at++;
	return NULL;
}

static const char *scan_string_octet(struct scan *scan) {
	if (*scan->at < 0x20)
		return "a string holds a control character";
	if (*scan->at == '\\')
		return scan_escape(scan);
	if (*scan->at == '"')
		scan->is_in_string = false;
	const size_t n = utf8_octets(scan->at, scan->end);
	scan->at += n;
	return n == 0 ? "the text is not UTF-8" : NULL;
}

static const char *scan_structure_octet(struct scan *scan) {
	const uint8_t octet = *scan->at++;

	if (octet >= 0x80 || (octet < 0x20 && octet != '\t' && octet != '\r' && octet != '\n'))
		return "an octet outside a string is no JSON";
	if (octet == '"')
		scan->is_in_string = true;
	else if (octet == '{' || octet == '[')
		scan->depth++;
	else if ((octet == '}' || octet == ']') && scan->depth > 0)
		scan->depth--;
	return scan->depth > JSON_DEPTH_MAX ? "nested deeper than 32 levels" : NULL;
}

const char *json_check(const char *text, size_t octets) {
	struct scan scan = {.at = (const uint8_t *)text, .end = (const uint8_t *)text + octets};
	const char *wrong = NULL;

	while (scan.at < scan.end && wrong == NULL)
		wrong = scan.is_in_string ? scan_string_octet(&scan) : scan_structure_octet(&scan);
	return wrong;
}
