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
static enum rotate_result
file_edit(const struct rotation *rotation, const struct config_file *file, bool is_promotion) {
	struct config *config = NULL;
	int ret;
	enum rotate_result result = ROTATE_STOP;

	if (config_parse(rotation->desk->ctl.config_path, file->text, file->octets, &config) < 0)
		return ROTATE_STOP;
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
	else if (config_file_replace(file, edit.result, edit.result_octets) == CTL_OK)
		result = ROTATE_OK;
	config_edit_clear(&edit);
	config_free(config);
	return result;
}

static enum rotate_result file_change(const struct rotation *rotation, bool is_promotion) {
	struct config_file file;
	enum rotate_result result;

	if (config_file_read(rotation->desk->ctl.config_path, &file) != CTL_OK)
		return ROTATE_STOP;
	result = file_edit(rotation, &file, is_promotion);
	config_file_clear(&file);
	return result;
}

static enum rotate_result reload(const struct rotation *rotation) {
	const struct client_request request = {.method = "daemon.reload"};
	struct ctl ctl = rotation->desk->ctl;
	cJSON *result;

	ctl.json = false;
	if (client_call(&ctl, &request, &result) != CTL_OK)
		return ROTATE_STOP;
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
	    ) == 0)
		return ROTATE_OK;
	return rotate_failed(rotation, &error);
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
		return reload(rotation);
	case ROTATE_CHANGE:
		return change(rotation);
	default:
		return ROTATE_OK; // nothing but to wait
	}
}
