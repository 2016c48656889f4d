/* SPDX-License-Identifier: BSD-3-Clause */

#include "bench/bench_sa.h"

#include "control/lines.h"
#include "control/secret.h"
#include "dataplane/pn.h"
#include "dataplane/sectag.h"

#include <stdlib.h>
#include <string.h>

/* An SCI in front, as the 32-bit suites have it; it does as salt and SSCI too. */
static struct sa_crypto
crypto_of(const struct bench_sa *sa, enum cipher_suite suite, bool is_encrypting) {
	struct sa_crypto crypto = {
		.key = sa->key,
		.is_encrypting = is_encrypting,
		.is_xpn = suite_info(suite)->is_xpn,
	};
	memcpy(&crypto.iv_base, &sa->tx.sci_be, sizeof(sa->tx.sci_be));
	return crypto;
}

static void fill(struct bench_sa *sa, enum cipher_suite suite, bool is_encrypting) {
	sa->tx.crypto = sa->rx.crypto = crypto_of(sa, suite, is_encrypting);
	sa->tx.pn_last = pn_last(suite_info(suite)->is_xpn);
	sa->tx.tci_an = TCI_SC | (is_encrypting ? TCI_E | TCI_C : 0);
	sa->tx.sectag_octets = SECTAG_SCI_OCTETS;
	atomic_init(&sa->tx.next_pn, PN_FIRST);
	atomic_init(&sa->rx.next_pn, PN_FIRST);
	atomic_init(&sa->rx.lowest_pn, PN_FIRST);
	atomic_init(&sa->sc.sa[0], &sa->rx);
}

struct bench_sa *bench_sa_create(
	const struct crypto_engine *engine, enum cipher_suite suite, bool is_encrypting,
	uint32_t index
) {
	struct bench_sa *sa = lines_alloc(sizeof(*sa));

	if (sa == NULL)
		return NULL;
	sa->engine = engine;
	sa->sak_octets = suite_info(suite)->sak_octets;
	sa->sc.sci = BENCH_SCI + ((uint64_t)index << 16);
	sa->tx.sci_be = __builtin_bswap64(sa->sc.sci);
	sa->sak[0] = 1;
	memcpy(sa->sak + 1, &index, sizeof(index));
	sa->key = secret_alloc(engine->key_octets);
	if (sa->key != NULL &&
	    engine->ops->key_expand(engine, sa->key, sa->sak, sa->sak_octets) == 0) {
		fill(sa, suite, is_encrypting);
		return sa;
	}
	secret_free(sa->key);
	free(sa);
	return NULL;
}

void bench_sa_destroy(struct bench_sa *sa) {
	if (sa == NULL)
		return;
	sa->engine->ops->key_release(sa->engine, sa->key);
	secret_free(sa->key);
	free(sa);
}
