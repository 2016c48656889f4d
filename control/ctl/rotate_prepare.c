/* SPDX-License-Identifier: BSD-3-Clause */
/* What is looked at before a rotation changes anything; the contract is in rotate.h. */
#include "control/ctl/client.h"
#include "control/ctl/key_inspect.h"
#include "control/ctl/rotate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A daemon that reads another file would never see the new CAK. */
static bool reads_our_file(const struct rotation *rotation) {
	const struct client_request request = {.method = "daemon.show"};
	struct ctl ctl = rotation->desk->ctl;
	char *ours = realpath(ctl.config_path, NULL), *theirs = NULL;
	cJSON *shown;
	bool is_same = false;

	ctl.json = false;
	if (client_call(&ctl, &request, &shown) == CTL_OK) {
		const char *path = cJSON_GetStringValue(cJSON_GetObjectItem(shown, "config"));

		theirs = path == NULL ? NULL : realpath(path, NULL);
		is_same = ours != NULL && theirs != NULL && strcmp(ours, theirs) == 0;
		if (!is_same)
			ctl_error(
				"macsecd reads %s, not %s; name its file with -c",
				path == NULL ? "another file" : path, ctl.config_path
			);
		cJSON_Delete(shown);
	}
	free(ours);
	free(theirs);
	return is_same;
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
	bool is_secured;

	if (ours == NULL)
		return ctl_error("out of memory");
	desk_look(rotation->desk, rotation->link, ours);
	desk_compare(rotation->desk, &rotation->gateway, ours, &rotation->theirs, verdicts);
	is_secured = ours->live.is_secured;
	free(ours);
	if (is_secured)
		return CTL_OK;
	ctl_error(
		"link %s is not secured: a rotation begins with a link that is", rotation->link_name
	);
	return CTL_WRONG;
}

enum ctl_status rotate_prepare(struct rotation *rotation, enum rotate_step step) {
	const struct key_subject subject = {"new CAK "};
	struct verdicts *verdicts;
	enum ctl_status status = CTL_OK;

	if (!reads_our_file(rotation))
		return CTL_WRONG;
	if (step > ROTATE_CHANGE)
		return CTL_OK;
	verdicts = calloc(1, sizeof(*verdicts));
	if (verdicts == NULL)
		return ctl_error("out of memory");
	key_inspect(rotation->desk, &rotation->new_cak, &subject, verdicts);
	if (step == ROTATE_ADD)
		status = prepare_ends(rotation, verdicts);
	troubles_print(verdicts);
	if (status == CTL_OK && verdicts->count[VERDICT_FAIL] > 0) {
		ctl_error("nothing was changed: mend what fails above, then run this again");
		status = CTL_WRONG;
	}
	free(verdicts);
	return status;
}
