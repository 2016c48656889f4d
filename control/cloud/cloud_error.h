/* SPDX-License-Identifier: BSD-3-Clause */
/* What became of one call to IBM Cloud, and what is to be done about it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CLOUD_CODE_MAX 64u
#define CLOUD_TEXT_MAX 512u
#define CLOUD_CORRELATION_MAX 40u // a UUID

enum cloud_verdict {
	CLOUD_OK,
	CLOUD_TRANSIENT, // nobody there, slow, 429, 5xx: the same call again after a while
	CLOUD_LATER,     // 409 too early: again after a longer while
	CLOUD_TOKEN,     // the bearer token was refused: one fresh token, one more try
	CLOUD_FINAL,     // will not get better by itself: the operator must act
};

/*
 * Why a call failed. All texts are terminated, printable and free of secrets: a server's words are
 * bounded, made printable, and never quoted from an answer that may carry a key.
 */
struct cloud_error {
	enum cloud_verdict verdict;
	uint16_t http_status;      // 0: no answer came
	uint32_t retry_after_s;    // what the server asked for; 0: nothing
	char code[CLOUD_CODE_MAX]; // "KEY_NOT_FOUND_ERR", "BXNIM0415E"; "" when there is none
	char text[CLOUD_TEXT_MAX]; // what is wrong; what to do
	/* The request's name in the service's own log, for IBM support; "": none. Another one for
	 * each request: apart from the text, which is the same for as long as the reason is. */
	char correlation[CLOUD_CORRELATION_MAX];
};

/*
 * Fills `error` and returns the negative errno that fits the verdict: -EAGAIN (TRANSIENT, LATER),
 * -EACCES (TOKEN), -EPROTO (FINAL). The text is cut at CLOUD_TEXT_MAX. Any thread.
 */
__attribute__((format(printf, 4, 5))) int cloud_fail(
	struct cloud_error *error, enum cloud_verdict verdict, uint16_t http_status,
	const char *format, ...
);

/* Whether an answer of this status is about the moment, and not about what was asked. */
bool cloud_is_transient(uint16_t http_status);
