/* SPDX-License-Identifier: BSD-3-Clause */
/* doctor.show: one diagnosis for each link. */
#include "control/server/diagnosis.h"
#include "control/server/methods.h"

static void diagnosis_describe(struct json link, const struct link_view *view) {
	struct diagnosis diagnosis;

	diagnosis_make(view, &diagnosis);
	json_text(link, "verdict", diagnosis_verdict_word(diagnosis.verdict));
	json_text(link, "finding", diagnosis.finding);
	json_text(link, "evidence", diagnosis.evidence);
	json_text(link, "fix", diagnosis.fix);
}

int method_doctor_show(struct rpc_call *call) {
	return methods_each_link(call, diagnosis_describe);
}
