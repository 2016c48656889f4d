/* SPDX-License-Identifier: BSD-3-Clause */
/* macsecctl doctor: one paragraph for each link. */
#include "control/ctl/show.h"

#include <stdio.h>
#include <string.h>

#define WIDTH 96 // columns of a paragraph
#define INDENT 12

/* Octets of UTF-8 that are no columns: they continue a character. */
static bool is_continuation(char octet) {
	return ((unsigned char)octet & 0xc0) == 0x80;
}

static int columns_of(const char *text, size_t octets) {
	int columns = 0;

	for (size_t i = 0; i < octets; i++)
		columns += !is_continuation(text[i]);
	return columns;
}

/* "  title     text, broken between words and indented". */
static void part_print(const char *title, const cJSON *part) {
	char text[CELL_OCTETS];
	int column = INDENT;
	const char *word = text;

	cell_plain(part, text, sizeof(text));
	printf("  %-*s", INDENT - 2, title);
	while (*word != '\0') {
		const size_t octets = strcspn(word, " ");
		const int width = columns_of(word, octets);
		if (column > INDENT && column + 1 + width > WIDTH) {
			printf("\n%*s", INDENT, "");
			column = INDENT;
		}
		column += printf("%s", column > INDENT ? " " : "") + width;
		fwrite(word, 1, octets, stdout);
		word += octets + strspn(word + octets, " ");
	}
	putchar('\n');
}

static void diagnosis_print(const cJSON *link) {
	char name[CELL_OCTETS], verdict[CELL_OCTETS];
	const cJSON *fix = cell_find(NULL, link, "fix");

	cell_plain(cell_find(NULL, link, "name"), name, sizeof(name));
	cell_plain(cell_find(NULL, link, "verdict"), verdict, sizeof(verdict));
	printf("link %s: %s\n", name, verdict);
	part_print("finding", cell_find(NULL, link, "finding"));
	part_print("evidence", cell_find(NULL, link, "evidence"));
	if (cJSON_IsString(fix))
		part_print("fix", fix);
}

static int doctor_print(const struct ctl *ctl, const cJSON *result) {
	const cJSON *links = cJSON_GetObjectItemCaseSensitive(result, "links");
	const cJSON *link;

	(void)ctl;
	if (cJSON_GetArraySize(links) == 0)
		puts("(none)");
	cJSON_ArrayForEach(link, links) {
		if (link != links->child)
			putchar('\n');
		diagnosis_print(link);
	}
	return 0;
}

enum ctl_status ctl_doctor(const struct ctl *ctl, const char *link) {
	return show_result(ctl, "doctor.show", link, doctor_print, show_judge);
}
