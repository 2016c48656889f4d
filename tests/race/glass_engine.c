/* SPDX-License-Identifier: BSD-3-Clause */

#include "tests/race/glass_engine.h"

#include "dataplane/sectag.h"
#include "tests/tap.h"

#include <string.h>

#define POISON 0xdd

struct key {
	uint8_t octets[SAK_MAX_OCTETS];
	uint8_t complement[SAK_MAX_OCTETS]; // of octets; not so in a poisoned or wiped key
};

struct crypto_context {
	uint8_t unused;
};

static int
key_expand(const struct crypto_engine *engine, void *mem, const uint8_t *sak, size_t sak_octets) {
	struct key *key = mem;

	(void)engine;
	for (size_t i = 0; i < SAK_MAX_OCTETS; i++) {
		key->octets[i] = i < sak_octets ? sak[i] : 0;
		key->complement[i] = (uint8_t)~key->octets[i];
	}
	return 0;
}

/* A write that ThreadSanitizer sees; the arena's own wiping may be assembler. */
static void key_release(const struct crypto_engine *engine, void *mem) {
	struct key *key = mem;

	(void)engine;
	for (size_t i = 0; i < SAK_MAX_OCTETS; i++)
		key->octets[i] = key->complement[i] = POISON;
}

static void key_must_live(const struct key *key) {
	for (size_t i = 0; i < SAK_MAX_OCTETS; i++)
		tap_must(
			(key->octets[i] ^ key->complement[i]) == 0xff,
			"a worker uses a key that control has taken back"
		);
}

/* One pass: text is changed in place by the key, the ICV is key, PN and a sum over the clear text.
 */
static void pass(const struct key *key, const struct crypto_op *op, bool is_clear_before) {
	uint32_t sum = 0;

	for (uint32_t i = 0; i < op->text_octets; i++) {
		const uint8_t before = op->text[i];
		op->text[i] = before ^ key->octets[i % SAK_MAX_OCTETS];
		sum = sum * 31 + (is_clear_before ? before : op->text[i]);
	}
	memcpy(op->tag, key->octets, 4);
	memcpy(op->tag + 4, op->iv + 4, 8);
	memcpy(op->tag + 12, &sum, sizeof sum);
}

static bool run(const void *key, const struct crypto_op *ops, unsigned n, bool is_clear_before) {
	for (unsigned i = 0; i < n; i++)
		pass(key, &ops[i], is_clear_before);
	key_must_live(key); // at the end: that is when it is most likely gone
	return true;
}

static bool protect(struct crypto_context *c, const void *key, struct crypto_op *ops, unsigned n) {
	(void)c;
	return run(key, ops, n, true);
}

static bool validate(struct crypto_context *c, const void *key, struct crypto_op *ops, unsigned n) {
	(void)c;
	return run(key, ops, n, false);
}

const struct crypto_engine *glass_engine(void) {
	static const struct crypto_ops ops = {
		.key_expand = key_expand,
		.key_release = key_release,
		.protect = protect,
		.validate = validate,
	};
	static const struct crypto_engine engine = {
		.ops = &ops,
		.key_octets = sizeof(struct key),
		.description = "glass",
	};
	return &engine;
}

struct crypto_context *glass_context(void) {
	static struct crypto_context context;
	return &context;
}

uint32_t glass_icv_key(const uint8_t icv[static ICV_OCTETS]) {
	return load_be32(icv);
}
