/* SPDX-License-Identifier: BSD-3-Clause */
/* The contract is in rotate_theirs.h. */
#include "control/ctl/rotate_theirs.h"

#include "control/ckn.h"
#include "control/ctl/direct_link_compare.h"

#include <string.h>

static bool is_cak(const struct config_cak *cak, const char *name) {
	return cak->is_set && compare_is_name(ckn_text(cak->ckn, cak->ckn_octets).text, name);
}

static bool is_of_chain(const struct config_link *link, const char *name) {
	for (uint32_t i = 0; i < link->n_chain; i++)
		if (is_cak(&link->chain[i].cak, name))
			return true;
	return false;
}

static bool is_status(const struct rotate_scene *scene, const char *status) {
	return strcmp(scene->primary->status, status) == 0;
}

/* Left behind by a rotation that cannot come to its end. What secures the link is never that,
 * whatever the gateway says of it. */
static bool is_left_behind(const struct rotate_scene *scene) {
	const struct direct_link_cak *primary = scene->primary;
	const bool is_old_in_force =
		primary->has_active && is_cak(&scene->link->primary, primary->active_name);

	if (compare_is_ckn(scene->link, primary->name, scene->ckn_in_use))
		return false;
	if (is_status(scene, "failed"))
		return is_old_in_force || is_of_chain(scene->link, primary->name);
	return is_status(scene, "inactive") && is_old_in_force;
}

static enum rotate_theirs judge_new(const struct rotate_scene *scene) {
	if (!is_status(scene, "failed"))
		return ROTATE_THEIRS_NEW;
	return scene->was_given ? ROTATE_THEIRS_REFUSED : ROTATE_THEIRS_OLD;
}

/* The API takes an old name or key only for a CAK that secures nothing. */
static enum rotate_theirs judge_old(const struct rotate_scene *scene) {
	const bool is_name_new = !compare_is_name(scene->primary->name, scene->ckn);

	if (is_name_new || is_status(scene, "failed") || is_status(scene, "inactive"))
		return ROTATE_THEIRS_OLD;
	return ROTATE_THEIRS_OTHER_KEY;
}

enum rotate_theirs rotate_theirs_judge(const struct rotate_scene *scene) {
	const struct direct_link_cak *primary = scene->primary;

	if (compare_is_name(primary->name, scene->ckn) && strcmp(primary->key_crn, scene->crn) == 0)
		return judge_new(scene);
	if (is_cak(&scene->link->primary, primary->name))
		return judge_old(scene);
	if (is_left_behind(scene))
		return ROTATE_THEIRS_OLD;
	if (is_of_chain(scene->link, primary->name) && !compare_is_name(primary->name, scene->ckn))
		return ROTATE_THEIRS_UNFINISHED;
	return ROTATE_THEIRS_STRANGE;
}
