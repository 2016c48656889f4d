/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/ckn.h"

struct ckn_text ckn_text(const uint8_t *ckn, uint8_t octets) {
	static const char digits[] = "0123456789ABCDEF";
	struct ckn_text text = {""};

	for (uint8_t i = 0; i < octets && i < CONFIG_CKN_MAX_OCTETS; i++) {
		text.text[2 * i] = digits[ckn[i] >> 4];
		text.text[2 * i + 1] = digits[ckn[i] & 15];
	}
	return text;
}

uint8_t ckn_wire_octets(const struct config_link *link, const struct config_cak *cak) {
	return link->pad_ckn ? CONFIG_CKN_MAX_OCTETS : cak->ckn_octets;
}
