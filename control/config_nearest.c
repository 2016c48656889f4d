/* SPDX-License-Identifier: BSD-3-Clause */
/* Edit distance with swaps of neighbours ("optimal string alignment"), over words of the schema. */
#include "control/config_nearest.h"

#include <string.h>

#define WORD_MAX 40u

static uint32_t minimum(uint32_t a, uint32_t b) {
	return a < b ? a : b;
}

/* Row i of the table from the two rows above it; rows[0] is the new one. */
static void fill_row(uint32_t *rows[3], const char *typed, const char *known, size_t i) {
	rows[0][0] = (uint32_t)i;
	for (size_t j = 1; known[j - 1] != '\0'; j++) {
		uint32_t replace = rows[1][j - 1] + (typed[i - 1] != known[j - 1]);
		uint32_t edits = minimum(replace, minimum(rows[1][j], rows[0][j - 1]) + 1);

		if (i > 1 && j > 1 && typed[i - 1] == known[j - 2] && typed[i - 2] == known[j - 1])
			edits = minimum(edits, rows[2][j - 2] + 1);
		rows[0][j] = edits;
	}
}

static uint32_t edit_distance(const char *typed, const char *known) {
	uint32_t memory[3][WORD_MAX + 1];
	uint32_t *rows[3] = {memory[0], memory[1], memory[2]};

	for (uint32_t j = 0; j <= WORD_MAX; j++)
		rows[0][j] = j;
	for (size_t i = 1; typed[i - 1] != '\0'; i++) {
		uint32_t *oldest = rows[2];

		rows[2] = rows[1];
		rows[1] = rows[0];
		rows[0] = oldest;
		fill_row(rows, typed, known, i);
	}
	return rows[0][strlen(known)];
}

void config_nearest_offer(struct config_nearest *nearest, const char *typed, const char *known) {
	size_t length = strlen(known);
	uint32_t edits;

	if (length > WORD_MAX || strnlen(typed, WORD_MAX + 1) > WORD_MAX)
		return;
	edits = edit_distance(typed, known);
	if (edits > (length < 6 ? 2 : length / 3) || edits >= length)
		return;
	if (nearest->word != NULL && nearest->edits <= edits)
		return;
	*nearest = (struct config_nearest){.word = known, .edits = edits};
}
