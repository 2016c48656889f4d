/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cak_source.h"

#include "control/config_key.h"
#include "control/keys/key_file.h"
#include "control/secret.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

_Static_assert(
	CAK_SOURCE_OCTETS_MAX >= KEY_FILE_KEY_OCTETS_MAX &&
		CAK_SOURCE_OCTETS_MAX >= AGENT_CAK_OCTETS,
	"room for a key of either source"
);

int cak_source_read(
	const struct cak_source *source, const struct config *config, const struct config_cak *cak,
	uint8_t *octets, uint8_t *n_octets
) {
	struct service_key key;

	if (config_key_is_file(cak))
		return key_file_read(config, cak, octets, n_octets);
	secret_wipe(octets, CAK_SOURCE_OCTETS_MAX);
	*n_octets = 0;
	if (source->agent == NULL || config_key(config, cak, &key) != 0 ||
	    key_agent_cak(source->agent, &key, octets) != 0)
		return -EINPROGRESS;
	*n_octets = AGENT_CAK_OCTETS;
	return 0;
}

static void say(struct cak_trouble *trouble, const char *text) {
	snprintf(trouble->text, sizeof(trouble->text), "%s", text);
}

bool cak_source_explain(
	const struct cak_source *source, const struct config *config, const struct config_cak *cak,
	struct cak_trouble *trouble
) {
	struct key_agent_view view;
	struct service_key key;

	if (config_key_is_file(cak) || source->agent == NULL || config_key(config, cak, &key) != 0)
		return false;
	if (!key_agent_view_of(source->agent, &key, &view)) {
		trouble->is_missing = true;
		say(trouble, "the key agent does not know of it; restart macsecd");
		return true;
	}
	trouble->is_missing = !view.is_had;
	if (!view.is_had && !view.was_asked)
		say(trouble, "the key service was not heard yet; wait a moment");
	else
		say(trouble, view.text);
	return !view.is_had || view.verdict == AGENT_WARNING || view.verdict == AGENT_REFUSED;
}

/* Calls for each CAK of a configuration whose key is in a service, until one call fails. */
static int each_key(
	const struct cak_source *source, const struct config *config, const struct config_cak *cak,
	int (*call)(const struct cak_source *, const struct config *, const struct service_key *)
) {
	struct service_key key;

	if (source->agent == NULL || !cak->is_set || config_key(config, cak, &key) != 0)
		return 0;
	return call(source, config, &key);
}

static int each_link_key(
	const struct cak_source *source, const struct config *config,
	const struct config_link *link,
	int (*call)(const struct cak_source *, const struct config *, const struct service_key *)
) {
	int error = each_key(source, config, &link->primary, call);

	if (error == 0)
		error = each_key(source, config, &link->fallback, call);
	for (uint32_t i = 0; error == 0 && i < link->n_chain; i++)
		error = each_key(source, config, &link->chain[i].cak, call);
	return error;
}

static int
want(const struct cak_source *source, const struct config *config, const struct service_key *key) {
	return key_agent_want(source->agent, key, config->key_poll_s);
}

static int
drop(const struct cak_source *source, const struct config *config, const struct service_key *key) {
	(void)config;
	key_agent_drop(source->agent, key);
	return 0;
}

int cak_source_want(const struct cak_source *source, const struct config *config) {
	int error = 0;

	for (size_t i = 0; error == 0 && i < config->n_links; i++)
		error = each_link_key(source, config, &config->links[i], want);
	return error;
}

void cak_source_drop(const struct cak_source *source, const struct config *config) {
	for (size_t i = 0; i < config->n_links; i++)
		each_link_key(source, config, &config->links[i], drop);
}
