/* SPDX-License-Identifier: BSD-3-Clause */
/* sa.show: the secure associations of a link as the data plane holds them. */
#include "control/server/methods.h"

static void sa_describe(struct json sa, const struct link_sa_view *view) {
	const struct suite_info *suite = suite_info(view->suite);

	json_text(sa, "direction", view->is_transmit ? "transmit" : "receive");
	json_sci(sa, "sci", view->sci);
	json_u64(sa, "an", view->an);
	json_ki(sa, "ki", &view->ki);
	json_text(sa, "cipher-suite", suite->name);
	json_bool(sa, "encryption", view->confidentiality);
	json_u64(sa, "confidentiality-offset", view->confidentiality_offset);
	json_u64_or_null(sa, "ssci", suite->is_xpn, view->ssci);
	json_bool(sa, "in-use", view->in_use);
	json_u64(sa, "next-pn", view->next_pn);
	json_u64_or_null(sa, "lowest-pn", !view->is_transmit, view->lowest_pn);
	json_u64_or_null(sa, "frames-left", view->is_transmit, view->frames_left);
	json_seconds(sa, "age-s", view->age_ns);
}

static void sas_describe(struct json link, const struct link_view *view) {
	struct json sas = json_array(link, "sas");

	for (uint32_t i = 0; i < view->n_sas; i++)
		sa_describe(json_element(sas), &view->sas[i]);
}

int method_sa_show(struct rpc_call *call) {
	return methods_each_link(call, sas_describe);
}
