/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A second, slow maker of 802.1AE frames, written from the clauses and on OpenSSL alone, so that
 * tests do not compare the data plane with itself. It also makes what no SecY may send.
 */
#pragma once

#include "control/sak.h"

#include <stdint.h>

struct reference {
	const struct sak *sak; // suite, key, salt, confidentiality offset
	uint64_t sci;          // of the sender
	uint32_t ssci;
	uint8_t tci_an;     // the E bit decides whether it is encrypted
	uint8_t clear_tags; // VLAN tags that stay before the SecTAG
};

#define REFERENCE_OVERHEAD 32u // SecTAG with SCI, ICV

/* Octets before the SecTAG. */
uint32_t reference_clear_octets(const struct reference *sender);

/*
 * Protects `plain` into `out` (octets + REFERENCE_OVERHEAD at most). Returns its length. Aborts
 * when OpenSSL fails.
 */
uint32_t reference_protect(
	const struct reference *sender, uint64_t pn, const uint8_t *plain, uint32_t octets,
	uint8_t *out
);
