/* SPDX-License-Identifier: BSD-3-Clause */

#include "control/link.h"

const char *link_state_word(enum link_state state) {
	static const char *const words[] = {
		[LINK_NEGOTIATING] = "negotiating",
		[LINK_SECURED] = "secured",
		[LINK_KEPT] = "kept",
		[LINK_CLEAR] = "clear",
	};
	return words[state];
}

const char *link_role_word(enum link_role role) {
	static const char *const words[] = {
		[LINK_ROLE_PRIMARY] = "primary",
		[LINK_ROLE_FALLBACK] = "fallback",
		[LINK_ROLE_CHAIN] = "chain",
		[LINK_ROLE_FORMER] = "former",
	};
	return words[role];
}
