/* SPDX-License-Identifier: BSD-3-Clause */
/* macsecctl key check: a key reference, or all CAKs of a link. */
#include "control/ckn.h"
#include "control/ctl/key_inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void cak_check(
	struct desk *desk, const struct config_cak *cak, const char *role, struct verdicts *verdicts
) {
	char prefix[VERDICT_SUBJECT_MAX];

	/* Long names are cut: the field behind them is what counts. */
	snprintf(
		prefix, sizeof(prefix), "%s CAK %.16s ", role,
		ckn_text(cak->ckn, cak->ckn_octets).text
	);
	key_inspect(desk, cak, &(struct key_subject){prefix}, verdicts);
}

static void
link_check(struct desk *desk, const struct config_link *link, struct verdicts *verdicts) {
	if (link->primary.is_set)
		cak_check(desk, &link->primary, "primary", verdicts);
	if (link->fallback.is_set)
		cak_check(desk, &link->fallback, "fallback", verdicts);
	for (uint32_t i = 0; i < link->n_chain; i++)
		cak_check(desk, &link->chain[i].cak, "key-chain", verdicts);
}

static void reference_check(struct desk *desk, const char *reference, struct verdicts *verdicts) {
	struct config_cak cak = {.is_set = true};

	snprintf(cak.cak_ref, sizeof(cak.cak_ref), "%s", reference);
	key_inspect(desk, &cak, &(struct key_subject){""}, verdicts);
}

enum ctl_status ctl_key_check(const struct ctl *ctl, const char *reference) {
	struct verdicts *verdicts;
	struct desk desk;
	enum ctl_status status;

	if (strlen(reference) >= CONFIG_KEY_REF_MAX)
		return ctl_error(
			"the key reference is longer than %u characters", CONFIG_KEY_REF_MAX - 1
		);
	status = desk_open(ctl, &desk);
	if (status != CTL_OK)
		return status;
	const struct config_link *link = desk_find(&desk, reference);
	verdicts = calloc(1, sizeof(*verdicts));
	if (verdicts == NULL) {
		status = ctl_error("out of memory");
	} else {
		if (link != NULL)
			link_check(&desk, link, verdicts);
		else
			reference_check(&desk, reference, verdicts);
		status = verdicts_print(ctl, verdicts);
	}
	free(verdicts);
	desk_close(&desk);
	return status;
}
