/* SPDX-License-Identifier: BSD-3-Clause */
/* CKNs as sentences quote them, and as they stand on the wire. Pure. */
#pragma once

#include "control/config.h"

#include <stdint.h>

struct ckn_text {
	char text[2 * CONFIG_CKN_MAX_OCTETS + 1];
};

/* "CC03"; "" for no octets. octets: at most CONFIG_CKN_MAX_OCTETS of them. */
struct ckn_text ckn_text(const uint8_t *ckn, uint8_t octets);

/* How many octets of cak->ckn are its name on the wire of this link: as configured, or all of them
 * when the link pads CKNs (the octets behind the name are zero). */
uint8_t ckn_wire_octets(const struct config_link *link, const struct config_cak *cak);
