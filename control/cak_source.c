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

/* A call for each key of a configuration, in the order of the file: at most `n_most` times, until
 * one fails. */
struct walk {
	const struct cak_source *source;
	const struct config *config;
	int (*call)(const struct walk *walk, const struct service_key *key);
	uint32_t n_most, n_done;
	int error;
};

static void walk_cak(struct walk *walk, const struct config_cak *cak) {
	struct service_key key;

	if (walk->error != 0 || walk->n_done == walk->n_most || !cak->is_set ||
	    config_key(walk->config, cak, &key) != 0)
		return;
	walk->error = walk->call(walk, &key);
	walk->n_done += walk->error == 0;
}

static void walk_all(struct walk *walk) {
	if (walk->source->agent == NULL)
		return;
	for (size_t i = 0; i < walk->config->n_links; i++) {
		const struct config_link *link = &walk->config->links[i];

		walk_cak(walk, &link->primary);
		walk_cak(walk, &link->fallback);
		for (uint32_t j = 0; j < link->n_chain; j++)
			walk_cak(walk, &link->chain[j].cak);
	}
}

static int want(const struct walk *walk, const struct service_key *key) {
	return key_agent_want(walk->source->agent, key, walk->config->key_poll_s);
}

static int drop(const struct walk *walk, const struct service_key *key) {
	key_agent_drop(walk->source->agent, key);
	return 0;
}

static void drop_first(const struct cak_source *source, const struct config *config, uint32_t n) {
	struct walk walk = {.source = source, .config = config, .call = drop, .n_most = n};

	walk_all(&walk);
}

int cak_source_want(const struct cak_source *source, const struct config *config) {
	struct walk walk = {.source = source, .config = config, .call = want, .n_most = UINT32_MAX};

	walk_all(&walk);
	if (walk.error != 0)
		drop_first(source, config, walk.n_done);
	return walk.error;
}

void cak_source_drop(const struct cak_source *source, const struct config *config) {
	drop_first(source, config, UINT32_MAX);
}
