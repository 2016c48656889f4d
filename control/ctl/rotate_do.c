/* SPDX-License-Identifier: BSD-3-Clause */
/* The steps of a rotation; the contract is in rotate.h. */
#include "control/ctl/client.h"
#include "control/ctl/config_edit.h"
#include "control/ctl/config_file.h"
#include "control/ctl/rotate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Parses what was read, edits it and puts the result in place. */
static enum ctl_status
file_edit(const struct rotation *rotation, const struct config_file *file, bool is_promotion) {
	struct config *config = NULL;
	int ret;
	enum ctl_status status = CTL_WRONG;

	if (config_parse(rotation->desk->ctl.config_path, file->text, file->octets, &config) < 0)
		return CTL_USAGE;
	struct config_edit edit = {
		.text = {file->text, file->octets},
		.config = config,
		.ckn = rotation->ckn,
		.reference = rotation->new_cak.cak_ref,
	};
	for (size_t i = 0; i < config->n_links; i++)
		if (strcmp(config->links[i].name, rotation->link_name) == 0)
			edit.link = &config->links[i];
	ret = edit.link == NULL ? -1
	      : is_promotion    ? config_edit_promote(&edit)
				: config_edit_add(&edit, (int64_t)time(NULL));
	if (ret < 0)
		ctl_error("%s", edit.refusal[0] == '\0' ? "out of memory" : edit.refusal);
	else
		status = config_file_replace(file, edit.result, edit.result_octets);
	config_edit_clear(&edit);
	config_free(config);
	return status;
}

static enum rotate_result file_change(struct rotation *rotation, bool is_promotion) {
	struct config_file file;
	enum ctl_status status = config_file_read(rotation->desk->ctl.config_path, &file);

	if (status == CTL_OK) {
		status = file_edit(rotation, &file, is_promotion);
		config_file_clear(&file);
	}
	return status == CTL_OK ? ROTATE_OK : rotate_stop(rotation, status);
}

enum rotate_result rotate_reload(struct rotation *rotation) {
	const struct client_request request = {.method = "daemon.reload"};
	struct ctl ctl = rotation->desk->ctl;
	cJSON *result;

	ctl.json = false;
	const enum ctl_status status = client_call(&ctl, &request, &result);

	if (status != CTL_OK)
		return rotate_stop(rotation, status);
	cJSON_Delete(result);
	return ROTATE_OK;
}

/* Repeating it is harmless: the next look tells whether it was done. */
static enum rotate_result change(struct rotation *rotation) {
	const struct direct_link_cak *primary = compare_session(&rotation->theirs, "primary");
	struct direct_link_cak changed;
	struct cloud_error error;

	if (direct_link_set_cak(
		    &rotation->gateway, primary->id, rotation->ckn, rotation->crn, &changed, &error
	    ) < 0)
		return rotate_failed(rotation, &error);
	rotation->was_given = true;
	return ROTATE_OK;
}

enum rotate_result rotate_do(struct rotation *rotation, enum rotate_step step, bool is_begun) {
	if (is_begun)
		return ROTATE_AGAIN;
	printf("%s\n", rotate_step_text(step));
	fflush(stdout);
	switch (step) {
	case ROTATE_ADD:
		return file_change(rotation, false);
	case ROTATE_PROMOTE:
		return file_change(rotation, true);
	case ROTATE_LOAD:
	case ROTATE_UNLOAD:
		return rotate_reload(rotation);
	case ROTATE_CHANGE:
		return change(rotation);
	default:
		return ROTATE_OK; // nothing but to wait
	}
}
