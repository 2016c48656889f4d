/* SPDX-License-Identifier: BSD-3-Clause */
/* Texts of bounded length, and log lines. */
#include "control/mka/machines.h"

#include <stdarg.h>
#include <stdio.h>

struct sentence sentence_begin(char *text, size_t size) {
	text[0] = '\0';
	return (struct sentence){.text = text, .size = size};
}

void sentence_add(struct sentence *sentence, const char *format, ...) {
	size_t room = sentence_room(sentence);
	va_list arguments;
	int octets;

	va_start(arguments, format);
	octets = vsnprintf(sentence->text + sentence->used, room + 1, format, arguments);
	va_end(arguments);
	if (octets > 0)
		sentence->used += (size_t)octets < room ? (size_t)octets : room;
}

void sentence_add_hex(struct sentence *sentence, const uint8_t *octets, size_t n) {
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < n && sentence_room(sentence) >= 2; i++) {
		sentence->text[sentence->used++] = digits[octets[i] >> 4];
		sentence->text[sentence->used++] = digits[octets[i] & 15];
		sentence->text[sentence->used] = '\0';
	}
}

const char *participant_word(const struct participant *participant) {
	struct mka *kay = participant->kay;
	struct sentence word = sentence_begin(kay->ckn_word, sizeof(kay->ckn_word));

	sentence_add(&word, "CKN ");
	sentence_add_hex(&word, participant->ckn, participant->ckn_octets);
	return word.text;
}

void report(struct mka *kay, enum mka_topic topic, const char *format, ...) {
	char line[MKA_SENTENCE_OCTETS];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	kay->ops->log(kay->ctx, topic, line);
}
