/* SPDX-License-Identifier: BSD-3-Clause */

#include "drivers/crypto_engines.h"

void crypto_engine_destroy(struct crypto_engine *engine) {
	if (engine != NULL)
		engine->ops->engine_destroy(engine);
}
