/* SPDX-License-Identifier: BSD-3-Clause */
/* macsecctl key encode and key decode: between digits and the form in which IBM Cloud stores them.
 * What was done is explained on standard error, the key alone goes to standard output. */
#include "control/cloud/payload.h"
#include "control/ctl/key_text.h"
#include "control/secret.h"

#include <openssl/crypto.h>

#include <stdio.h>
#include <unistd.h>

#define PADDED                                                                                   \
	"a 128-bit key: 32 digits and 32 zeroes behind them. It is another key than the one of " \
	"32 digits: the peer must be given all 64.\n"

/* Secret memory for one conversion. */
struct scratch {
	uint8_t *cak;
	char *made;
};

static enum ctl_status encode(const struct key_text *text, const struct scratch *scratch) {
	bool is_padded;
	enum ctl_status status = key_text_parse(text, scratch->cak, &is_padded);

	if (status != CTL_OK)
		return status;
	if (payload_encode(scratch->cak, PAYLOAD_CAK_OCTETS, scratch->made) < 0)
		return ctl_error("a key of this length cannot be stored");
	fputs(is_padded ? "padded: " PADDED : "", stderr);
	fputs("base64 of the 64 digits as text (not of the 32 octets they stand for), without a "
	      "line end: the payload of a standard key\n",
	      stderr);
	return key_text_write(STDOUT_FILENO, scratch->made, "standard output");
}

static bool is_padded_key(const uint8_t *cak) {
	static const uint8_t zeroes[PAYLOAD_CAK_OCTETS / 2];

	return CRYPTO_memcmp(cak + sizeof(zeroes), zeroes, sizeof(zeroes)) == 0;
}

static enum ctl_status decode(const struct key_text *text, const struct scratch *scratch) {
	const enum payload_fault fault =
		payload_decode(text->text, text->octets, PAYLOAD_BASE64, false, scratch->cak);

	if (fault != PAYLOAD_GOOD) {
		ctl_error("%s", payload_fault_text(fault));
		return CTL_WRONG;
	}
	key_text_hex(scratch->cak, scratch->made);
	fputs(is_padded_key(scratch->cak) ? "probably padded: " PADDED : "", stderr);
	fputs("the 64 digits that IBM Cloud configures at its end\n", stderr);
	return key_text_write(STDOUT_FILENO, scratch->made, "standard output");
}

static enum ctl_status
convert(const char *file,
	enum ctl_status (*conversion)(const struct key_text *text, const struct scratch *scratch)) {
	struct scratch scratch = {
		secret_alloc(PAYLOAD_CAK_OCTETS), secret_alloc(PAYLOAD_BASE64_MAX)};
	struct key_text text;
	enum ctl_status status = CTL_USAGE;

	if (scratch.cak != NULL && scratch.made != NULL)
		status = key_text_read(file, &text);
	if (status == CTL_OK) {
		status = conversion(&text, &scratch);
		key_text_clear(&text);
	}
	secret_free(scratch.cak);
	secret_free(scratch.made);
	secret_shutdown();
	return status;
}

enum ctl_status ctl_key_encode(const struct ctl *ctl, const char *file) {
	const enum ctl_status status = key_text_may_print(ctl);

	if (status != CTL_OK)
		return status;
	return secret_init() < 0 ? CTL_USAGE : convert(file, encode);
}

enum ctl_status ctl_key_decode(const struct ctl *ctl, const char *file) {
	const enum ctl_status status = key_text_may_print(ctl);

	if (status != CTL_OK)
		return status;
	return secret_init() < 0 ? CTL_USAGE : convert(file, decode);
}
