/* SPDX-License-Identifier: BSD-3-Clause */
/* A crypto engine that does what another does, but takes a random time for it: so the workers of a
 * lane overtake each other, and only the turns can keep the order. */
#pragma once

#include "dataplane/crypto.h"

/* Takes `inner` over. Mostly some microseconds, now and then 200. To be ended with
 * crypto_engine_destroy. */
struct crypto_engine *delay_engine(struct crypto_engine *inner);
