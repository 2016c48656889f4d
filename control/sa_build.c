/* SPDX-License-Identifier: BSD-3-Clause */

#include "control/sa_build.h"

#include "control/secret.h"
#include "dataplane/pn.h"
#include "dataplane/sectag.h"

#include <errno.h>
#include <string.h>

/* IV with packet number 0: XPN (SSCI | 0) ^ salt, else SCI | 0 (802.1AE 14.7, 14.8). */
static wide_word iv_base(const struct sak *sak, uint64_t sci, uint32_t ssci) {
	uint8_t iv[16] = {0};
	wide_word word;

	if (suite_info(sak->suite)->is_xpn) {
		memcpy(iv, sak->salt, SALT_OCTETS);
		for (unsigned i = 0; i < 4; i++)
			iv[i] ^= (uint8_t)(ssci >> (24 - 8 * i));
	} else {
		store_be64(iv, sci);
	}
	memcpy(&word, iv, sizeof(word));
	return word;
}

static struct sa_crypto
crypto_of(const struct sak *sak, const void *key, uint64_t sci, uint32_t ssci) {
	return (struct sa_crypto){
		.key = key,
		.iv_base = iv_base(sak, sci, ssci),
		.offset = sak->confidentiality ? sak->confidentiality_offset : 0,
		.is_encrypting = sak->confidentiality,
		.is_xpn = suite_info(sak->suite)->is_xpn,
	};
}

/* ES and SCB are never sent: transit frames keep the host's source address, which an implied SCI
 * would contradict. */
static void
build_tx(const struct sa_install_config *config, const struct sak *sak, struct sa_set *set) {
	const bool has_sci = config->include_sci || sak->n_peers > 1; // 10.5.3
	uint8_t sci_be[8];

	store_be64(sci_be, config->sci);
	set->tx.crypto = crypto_of(sak, set->key, config->sci, sak->own_ssci);
	memcpy(&set->tx.sci_be, sci_be, sizeof(sci_be));
	set->tx.pn_last = pn_last(suite_info(sak->suite)->is_xpn);
	set->tx.tci_an = (uint8_t
	)((has_sci ? TCI_SC : 0) | (sak->confidentiality ? TCI_E | TCI_C : 0) | sak->an);
	set->tx.sectag_octets = has_sci ? SECTAG_SCI_OCTETS : SECTAG_OCTETS;
	atomic_init(&set->tx.next_pn, PN_FIRST);
}

static void build_rx(const struct sak *sak, struct sa_set *set) {
	for (uint32_t i = 0; i < sak->n_peers; i++) {
		struct rx_sa *rx = &set->rx[i];
		rx->crypto = crypto_of(sak, set->key, sak->peers[i].sci, sak->peers[i].ssci);
		atomic_init(&rx->next_pn, PN_FIRST);
		atomic_init(&rx->lowest_pn, PN_FIRST);
		atomic_init(&rx->lpn_floor, 0);
	}
}

int sa_set_build(
	const struct sa_install_config *config, const struct sak *sak, struct sa_set **out
) {
	const struct crypto_engine *engine = config->engine;
	struct sa_set *set = secret_alloc(sizeof(*set) + engine->key_octets);

	if (set == NULL)
		return -ENOMEM;
	const int error = engine->ops->key_expand(
		engine, set->key, sak->octets, suite_info(sak->suite)->sak_octets
	);
	if (error != 0) {
		secret_free(set);
		return error;
	}
	set->sak = *sak;
	secret_wipe(
		set->sak.octets, sizeof(set->sak.octets)
	); // only the expanded key is needed from here on
	build_tx(config, sak, set);
	build_rx(sak, set);
	*out = set;
	return 0;
}

void sa_set_free(const struct crypto_engine *engine, struct sa_set *set) {
	if (set == NULL)
		return;
	engine->ops->key_release(engine, set->key);
	secret_free(set);
}
