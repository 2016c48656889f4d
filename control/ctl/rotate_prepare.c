/* SPDX-License-Identifier: BSD-3-Clause */
/* What is looked at before a rotation changes anything; the contract is in rotate.h. */
#include "control/ctl/client.h"
#include "control/ctl/key_inspect.h"
#include "control/ctl/rotate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_same_file(const char *one, const char *other) {
	char *a = realpath(one, NULL), *b = other == NULL ? NULL : realpath(other, NULL);
	const bool is_same = a != NULL && b != NULL && strcmp(a, b) == 0;

	free(a);
	free(b);
	return is_same;
}

/* A daemon that reads another file would never see the new CAK. */
static enum ctl_status file_compare(const struct rotation *rotation) {
	const struct client_request request = {.method = "daemon.show"};
	struct ctl ctl = rotation->desk->ctl;
	cJSON *shown;

	ctl.json = false;
	enum ctl_status status = client_call(&ctl, &request, &shown);

	if (status != CTL_OK)
		return status;
	const char *path = cJSON_GetStringValue(cJSON_GetObjectItem(shown, "config"));

	if (!is_same_file(ctl.config_path, path)) {
		ctl_error(
			"macsecd reads %s, not %s; name its file with -c",
			path == NULL ? "another file" : path, ctl.config_path
		);
		status = CTL_WRONG;
	}
	cJSON_Delete(shown);
	return status;
}

/* Lines that pass are of no interest now. */
static void troubles_print(const struct verdicts *verdicts) {
	for (uint32_t i = 0; i < verdicts->n; i++) {
		const struct verdict_line *line = &verdicts->lines[i];

		if (line->verdict == VERDICT_PASS)
			continue;
		printf("%s  %s: %s", verdict_word(line->verdict), line->subject, line->text);
		if (line->ours[0] != '\0')
			printf(" (ours %s, theirs %s)", line->ours, line->theirs);
		putchar('\n');
	}
	fflush(stdout);
}

static enum ctl_status prepare_ends(struct rotation *rotation, struct verdicts *verdicts) {
	struct compare_ours *ours = calloc(1, sizeof(*ours));
	bool may_begin;

	if (ours == NULL)
		return ctl_error("out of memory");
	desk_look(rotation->desk, rotation->link, ours);
	ours->successor_crn = rotation->crn;
	desk_compare(rotation->desk, &rotation->gateway, ours, &rotation->theirs, verdicts);
	may_begin = ours->live.is_secured || compare_is_dead(&rotation->theirs);
	free(ours);
	if (may_begin)
		return CTL_OK;
	ctl_error(
		"link %s is not secured: a rotation begins with a link that is", rotation->link_name
	);
	return CTL_WRONG;
}

enum ctl_status rotate_prepare(struct rotation *rotation, enum rotate_step step) {
	const struct key_subject subject = {"new CAK "};
	struct verdicts *verdicts;
	enum ctl_status status = file_compare(rotation);

	if (status != CTL_OK || step > ROTATE_CHANGE)
		return status;
	verdicts = calloc(1, sizeof(*verdicts));
	if (verdicts == NULL)
		return ctl_error("out of memory");
	key_inspect(rotation->desk, &rotation->new_cak, &subject, verdicts);
	if (step == ROTATE_ADD)
		status = prepare_ends(rotation, verdicts);
	troubles_print(verdicts);
	if (status == CTL_OK && verdicts->count[VERDICT_FAIL] > 0) {
		ctl_error("nothing is changed: mend what fails above, then run this again");
		status = CTL_WRONG;
	}
	free(verdicts);
	return status;
}
