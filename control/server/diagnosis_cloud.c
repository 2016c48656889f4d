/* SPDX-License-Identifier: BSD-3-Clause */
/* Findings about keys that a service of IBM Cloud gives: not here yet, or in trouble. */
#include "control/ckn.h"
#include "control/server/diagnosis_parts.h"

#include <string.h>

/* The service's text, "what is wrong; what to do", as evidence and fix. */
static bool say_trouble(const struct link_keys_view *keys, struct diagnosis *diagnosis) {
	const char *fix = strstr(keys->trouble, "; ");

	if (fix == NULL) {
		diagnosis_say(diagnosis->evidence, "%s", keys->trouble);
		return diagnosis_say(diagnosis->fix, "see macsecctl show keys");
	}
	diagnosis_say(diagnosis->evidence, "%.*s", (int)(fix - keys->trouble), keys->trouble);
	return diagnosis_say(diagnosis->fix, "%s", fix + 2);
}

bool diagnosis_key_is_awaited(const struct link_view *view, struct diagnosis *diagnosis) {
	const struct config_cak *cak = view->keys.awaited;

	if (cak == NULL)
		return false;
	diagnosis_say(
		diagnosis->finding, "the key of CKN %s is not here yet",
		ckn_text(cak->ckn, cak->ckn_octets).text
	);
	return say_trouble(&view->keys, diagnosis);
}

bool diagnosis_key_has_trouble(const struct link_view *view, struct diagnosis *diagnosis) {
	const struct config_cak *cak = view->keys.troubled;

	if (cak == NULL || view->keys.awaited != NULL)
		return false;
	diagnosis_say(
		diagnosis->finding, "the stored key of CKN %s needs attention",
		ckn_text(cak->ckn, cak->ckn_octets).text
	);
	return say_trouble(&view->keys, diagnosis);
}
