/* SPDX-License-Identifier: BSD-3-Clause */

#include "control/link.h"

const char *link_state_word(enum link_state state) {
	static const char *const words[] = {
		[LINK_NEGOTIATING] = "negotiating",
		[LINK_SECURED] = "secured",
		[LINK_CLEAR] = "clear",
	};
	return words[state];
}
