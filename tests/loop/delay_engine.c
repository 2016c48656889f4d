/* SPDX-License-Identifier: BSD-3-Clause */

#include "tests/loop/delay_engine.h"

#include "tests/tap.h"

#include <stdlib.h>

#define SHORT_NS 8000u
#define LONG_NS 200000u
#define ONE_LONG_IN 64u

struct engine {
	struct crypto_engine common; // first: the engine's handle
	struct crypto_engine *inner;
};

struct crypto_context {
	struct crypto_context *inner;
	const struct crypto_ops *ops; // of the inner engine
	uint64_t random;
};

static const struct crypto_engine *inner_of(const struct crypto_engine *engine) {
	return ((const struct engine *)engine)->inner;
}

static void delay(struct crypto_context *context) {
	context->random = context->random * 6364136223846793005u + 1442695040888963407u;
	const uint32_t r = (uint32_t)(context->random >> 33);
	const uint64_t ns = r % ONE_LONG_IN == 0 ? LONG_NS : r / ONE_LONG_IN % SHORT_NS;
	const uint64_t end = tap_now_ns() + ns;
	while (tap_now_ns() < end) // spins: to sleep would hand the CPU to the other worker
		continue;
}

static void engine_destroy(struct crypto_engine *engine) {
	struct crypto_engine *inner = ((struct engine *)engine)->inner;
	inner->ops->engine_destroy(inner);
	free(engine);
}

static int
key_expand(const struct crypto_engine *engine, void *key, const uint8_t *sak, size_t sak_octets) {
	const struct crypto_engine *inner = inner_of(engine);
	return inner->ops->key_expand(inner, key, sak, sak_octets);
}

static void key_release(const struct crypto_engine *engine, void *key) {
	const struct crypto_engine *inner = inner_of(engine);
	inner->ops->key_release(inner, key);
}

static struct crypto_context *context_create(const struct crypto_engine *engine, unsigned worker) {
	const struct crypto_engine *inner = inner_of(engine);
	struct crypto_context *context = calloc(1, sizeof *context);

	if (context == NULL)
		return NULL;
	context->inner = inner->ops->context_create(inner, worker);
	context->ops = inner->ops;
	context->random = worker + 1;
	if (context->inner != NULL)
		return context;
	free(context);
	return NULL;
}

static void context_destroy(struct crypto_context *context) {
	context->ops->context_destroy(context->inner);
	free(context);
}

static bool protect(struct crypto_context *c, const void *key, struct crypto_op *ops, unsigned n) {
	delay(c);
	return c->ops->protect(c->inner, key, ops, n);
}

static bool validate(struct crypto_context *c, const void *key, struct crypto_op *ops, unsigned n) {
	delay(c);
	return c->ops->validate(c->inner, key, ops, n);
}

static bool in_pieces(
	struct crypto_context *c, const void *key, enum crypto_direction direction,
	const struct crypto_op *op, const struct crypto_piece *pieces, unsigned n, bool is_clear
) {
	return c->ops->pieces(c->inner, key, direction, op, pieces, n, is_clear);
}

static const struct crypto_ops delay_ops = {
	.engine_destroy = engine_destroy,
	.key_expand = key_expand,
	.key_release = key_release,
	.context_create = context_create,
	.context_destroy = context_destroy,
	.protect = protect,
	.validate = validate,
	.pieces = in_pieces,
};

struct crypto_engine *delay_engine(struct crypto_engine *inner) {
	struct engine *engine = calloc(1, sizeof *engine);

	tap_must(engine != NULL, "no memory");
	engine->common.ops = &delay_ops;
	engine->common.key_octets = inner->key_octets;
	engine->inner = inner;
	return &engine->common;
}
