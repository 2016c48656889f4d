/* SPDX-License-Identifier: BSD-3-Clause */
/* Wants, counted, and the CAKs that they have brought. An entry outlives its last want only until
 * the agent has been told to forget it: so no number is given away while the agent uses it. */
#include "control/keys/key_agent_parts.h"
#include "control/log.h"
#include "control/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_same_service(const struct service *a, const struct service *b) {
	return strcmp(a->name, b->name) == 0 && a->kind == b->kind && strcmp(a->url, b->url) == 0 &&
	       a->is_private == b->is_private && strcmp(a->instance, b->instance) == 0 &&
	       strcmp(a->key_ring, b->key_ring) == 0 && a->is_lenient == b->is_lenient &&
	       strcmp(a->ca_file, b->ca_file) == 0 && iam_account_is_same(&a->account, &b->account);
}

/* Not by memcmp: what is behind a terminator or between two fields says nothing. */
static bool is_same_key(const struct service_key *a, const struct service_key *b) {
	return strcmp(a->id, b->id) == 0 && strcmp(a->ring, b->ring) == 0 &&
	       strcmp(a->crn, b->crn) == 0 && is_same_service(&a->service, &b->service);
}

struct key_entry *key_agent_find(const struct key_agent *agent, const struct service_key *key) {
	for (uint32_t i = 0; i < AGENT_KEYS_MAX; i++) {
		struct key_entry *entry = agent->entries[i];

		if (entry != NULL && entry->n_wants > 0 && is_same_key(&entry->key, key))
			return entry;
	}
	return NULL;
}

void key_agent_remove(struct key_agent *agent, struct key_entry *entry) {
	agent->entries[entry->number] = NULL;
	secret_free(entry->cak);
	free(entry);
}

static int find_number(const struct key_agent *agent, uint32_t *number) {
	for (*number = 0; *number < AGENT_KEYS_MAX; (*number)++)
		if (agent->entries[*number] == NULL)
			return 0;
	return log_error(
		ENOSPC, "keys", "more than %u keys of IBM Cloud are wanted; configure fewer",
		AGENT_KEYS_MAX
	);
}

/* The CAK has its memory before it comes: when it comes there is nobody to be told of a failure. */
static struct key_entry *
entry_create(const struct service_key *key, uint32_t number, uint32_t poll_s) {
	struct key_entry *entry = calloc(1, sizeof(*entry));

	if (entry != NULL)
		entry->cak = secret_alloc(AGENT_CAK_OCTETS);
	if (entry == NULL || entry->cak == NULL) {
		free(entry);
		log_error(
			ENOMEM, "keys",
			"no memory for key %s of service %s; free memory on this machine", key->id,
			key->service.name
		);
		return NULL;
	}
	entry->key = *key;
	entry->number = number;
	entry->poll_s = poll_s;
	entry->n_wants = 1;
	return entry;
}

/* The agent would take it for a stranger's message, and the key would never come. */
static int check_entry(const struct key_entry *entry) {
	struct agent_want want;

	key_agent_make_want(entry, &want);
	if (agent_message_is_sound(&want, sizeof(want), true))
		return 0;
	return log_error(
		EINVAL, "keys",
		"key %s of service %s cannot be asked for; take the control characters out of the "
		"configuration of the service",
		entry->key.id, entry->key.service.name
	);
}

static int want_another(struct key_agent *agent, const struct service_key *key, uint32_t poll_s) {
	struct key_entry *entry;
	uint32_t number;
	int result = find_number(agent, &number);

	if (result < 0)
		return result;
	entry = entry_create(key, number, poll_s);
	if (entry == NULL)
		return -ENOMEM;
	entry->ask = agent->next_ask++;
	agent->entries[number] = entry;
	result = check_entry(entry);
	if (result < 0)
		key_agent_remove(agent, entry);
	else
		agent->n_keys++;
	return result;
}

static uint32_t clamp_poll_s(uint32_t poll_s) {
	if (poll_s == 0)
		return 1;
	return poll_s < AGENT_POLL_MAX_S ? poll_s : AGENT_POLL_MAX_S;
}

int key_agent_want(struct key_agent *agent, const struct service_key *key, uint32_t poll_s) {
	struct key_entry *entry = key_agent_find(agent, key);
	int result = 0;

	poll_s = clamp_poll_s(poll_s);
	if (entry == NULL) {
		result = want_another(agent, key, poll_s);
	} else {
		entry->n_wants++;
		entry->is_told = entry->is_told && entry->poll_s == poll_s;
		entry->poll_s = poll_s;
	}
	key_agent_tell(agent);
	return result;
}

void key_agent_drop(struct key_agent *agent, const struct service_key *key) {
	struct key_entry *entry = key_agent_find(agent, key);

	if (entry == NULL || --entry->n_wants > 0)
		return;
	agent->n_keys--;
	secret_free(entry->cak);
	entry->cak = NULL;
	if (!entry->was_told || agent->fd < 0)
		key_agent_remove(agent, entry);
	else
		key_agent_tell(agent);
}

int key_agent_cak(const struct key_agent *agent, const struct service_key *key, uint8_t *cak) {
	const struct key_entry *entry = key_agent_find(agent, key);

	if (entry == NULL)
		return -ENOENT;
	if (entry->view.is_had) {
		memcpy(cak, entry->cak, AGENT_CAK_OCTETS);
		return 0;
	}
	return entry->view.was_asked && entry->view.verdict == AGENT_REFUSED ? -EACCES
									     : -EINPROGRESS;
}
