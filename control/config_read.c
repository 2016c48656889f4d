/* SPDX-License-Identifier: BSD-3-Clause */
/* Readers of texts with a form of their own: names, ports, paths, references, addresses. */
#include "control/config_read.h"

#include "control/config_port.h"
#include "control/config_time.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CKN_DIGITS_MAX (2u * CONFIG_CKN_MAX_OCTETS)

void config_node_problem(
	struct config_report *report, struct config_node *node, const char *format, ...
) {
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	node->is_wrong = true;
	config_problem(report, &node->mark, "%s", text);
}

static bool is_null(const struct config_node *node) {
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};

	for (size_t i = 0; node->is_plain && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(node->text, words[i]) == 0)
			return true;
	return false;
}

const char *config_node_text(
	struct config_report *report, const struct config_word *word, struct config_node *node,
	const char *expected
) {
	if (node->kind == NODE_TEXT && !is_null(node))
		return node->text;
	config_node_problem(
		report, node, "'%s' %s; write %s", word->word,
		node->kind == NODE_TEXT  ? "has no value"
		: node->kind == NODE_MAP ? "holds a map"
					 : "holds a list",
		expected
	);
	return NULL;
}

int config_hex_digit(char digit) {
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

/* True when the text is 1..maximum characters, all accepted by `accepts`. */
static bool is_made_of(const char *text, size_t maximum, bool (*accepts)(char)) {
	size_t n = 0;

	while (n <= maximum && text[n] != '\0' && accepts(text[n]))
		n++;
	return n > 0 && n <= maximum && text[n] == '\0';
}

static bool is_name_character(char c) {
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static bool is_printable(char c) {
	return c >= ' ' && c != 0x7f; // UTF-8 is refused with char being signed: paths are ASCII
}

static bool is_hex(char c) {
	return config_hex_digit(c) >= 0;
}

static void copy_text(void *field, const char *text) {
	memcpy(field, text, strlen(text) + 1);
}

CONFIG_READER(config_read_name) {
	const char *text = config_node_text(report, word, node, "a name such as dl0");

	if (text == NULL)
		return;
	if (is_made_of(text, word->octets - 1u, is_name_character))
		copy_text(field, text);
	else
		config_node_problem(
			report, node,
			"'%s' cannot be '%s'; write 1 to %u letters, digits, '-' or '_'",
			word->word, config_quote(text).text, word->octets - 1u
		);
}

CONFIG_READER(config_read_port) {
	const char *text = config_node_text(report, word, node, "a port such as 0000:81:00.0");

	if (text == NULL)
		return;
	if (strlen(text) < word->octets && config_port_is_valid(text))
		copy_text(field, text);
	else
		config_node_problem(
			report, node,
			"'%s' is no port: '%s'; write a PCI address (0000:81:00.0), a DPDK vdev "
			"(net_memif0,id=1) or a Linux interface (eth0)",
			word->word, config_quote(text).text
		);
}

CONFIG_READER(config_read_path) {
	const char *text = config_node_text(report, word, node, "an absolute path");

	if (text == NULL)
		return;
	if (text[0] == '/' && is_made_of(text, word->octets - 1u, is_printable))
		copy_text(field, text);
	else
		config_node_problem(
			report, node,
			"'%s' cannot be '%s'; write an absolute path of at most %u ASCII "
			"characters",
			word->word, config_quote(text).text, word->octets - 1u
		);
}

/* Whoever writes the key itself here must not find it again in a log file. */
CONFIG_READER(config_read_ckn) {
	void *whole = (uint8_t *)field - offsetof(struct config_cak, ckn);
	struct config_cak *cak = whole;
	const char *text = config_node_text(report, word, node, "2 to 64 hexadecimal digits");

	if (text == NULL)
		return;
	if (!is_made_of(text, CKN_DIGITS_MAX, is_hex) || strlen(text) % 2 != 0) {
		/* Not quoted: it might be the key, put in the wrong place. */
		config_node_problem(
			report, node,
			"'%s' cannot be these %zu characters; write an even number of hexadecimal "
			"digits, 2 to 64",
			word->word, strlen(text)
		);
		return;
	}
	cak->ckn_octets = (uint8_t)(strlen(text) / 2);
	for (size_t i = 0; i < cak->ckn_octets; i++)
		cak->ckn[i] = (uint8_t
		)(config_hex_digit(text[2 * i]) << 4 | config_hex_digit(text[2 * i + 1]));
}

/* Six pairs of hexadecimal digits with colons between, nothing else. */
static bool parse_mac(const char *text, uint8_t mac[6]) {
	if (strlen(text) != 17)
		return false;
	for (size_t i = 0; i < 6; i++) {
		const char *pair = text + 3 * i;

		if (!is_hex(pair[0]) || !is_hex(pair[1]) || pair[2] != (i < 5 ? ':' : '\0'))
			return false;
		mac[i] = (uint8_t)(config_hex_digit(pair[0]) << 4 | config_hex_digit(pair[1]));
	}
	return true;
}

CONFIG_READER(config_read_group_address) {
	const char *text = config_node_text(report, word, node, "01:80:c2:00:00:03");
	uint8_t mac[6];

	if (text == NULL)
		return;
	if (!parse_mac(text, mac))
		config_node_problem(
			report, node, "'%s' is no MAC address: '%s'; write 01:80:c2:00:00:03",
			word->word, config_quote(text).text
		);
	else if ((mac[0] & 1) == 0)
		config_node_problem(
			report, node,
			"'%s' is a station's address: %s; write a group address such as "
			"01:80:c2:00:00:03",
			word->word, text
		);
	else
		memcpy(field, mac, sizeof(mac));
}

CONFIG_READER(config_read_time) {
	const char *text = config_node_text(report, word, node, "a time: 2026-12-01T00:00:00Z");
	int error = text == NULL ? 0 : config_time_parse(text, field);

	if (error == -ERANGE)
		config_node_problem(
			report, node,
			"'%s' cannot be '%s': the calendar or the clock has no such time; write "
			"one that exists, in the years 1970 to 2199",
			word->word, config_quote(text).text
		);
	else if (error != 0)
		config_node_problem(
			report, node,
			"'%s' is no time: '%s'; write 2026-12-01T00:00:00Z, or an offset from UTC "
			"in place of Z: 2026-12-01T01:00:00+01:00",
			word->word, config_quote(text).text
		);
}
