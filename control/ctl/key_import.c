/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * macsecctl key import: a key into a service, once. Names of keys need not be unique there, so a
 * request whose outcome is not known is not repeated: that could store a second key.
 */
#include "control/cloud/payload.h"
#include "control/cloud/retry.h"
#include "control/ctl/desk.h"
#include "control/ctl/exact.h"
#include "control/ctl/key_text.h"
#include "control/secret.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#define TRIES 5u
#define KEY_NAME_MAX 90u
#define TOO_MANY_REQUESTS 429

/* One import. */
struct import {
	struct desk *desk;
	struct service_key key; // of which only the service is known at first
	const char *name;
	struct kms_key stored;
	uint8_t *cak;  // what is stored
	uint8_t *back; // what is read back
	char *payload;
};

static void wait_ms(uint32_t ms) {
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	while (nanosleep(&left, &left) != 0)
		;
}

/* Waits as retry.h says. False when there is no use in it. */
static bool waited(struct retry *retry, uint32_t tries, const struct cloud_error *error) {
	uint32_t random = 0;

	if (tries + 1 >= TRIES || error->verdict == CLOUD_FINAL || error->verdict == CLOUD_TOKEN)
		return false;
	RAND_bytes((uint8_t *)&random, sizeof(random));
	fprintf(stderr, "macsecctl: %s; trying again\n", error->text);
	wait_ms(retry_after(retry, error, random));
	return true;
}

/* True when the service said itself that it has done nothing. */
static bool is_nothing_done(const struct cloud_error *error) {
	return error->verdict == CLOUD_LATER ||
	       (error->verdict == CLOUD_TRANSIENT && error->http_status == TOO_MANY_REQUESTS);
}

static enum ctl_status refused(const struct import *import, const struct cloud_error *error) {
	const struct service *service = &import->key.service;

	if (error->verdict == CLOUD_TRANSIENT && !is_nothing_done(error))
		ctl_error(
			"%s\nmacsecctl: whether service %s has stored \"%s\" is not known. Look "
			"before you run this again, or it may be stored twice: list the keys of "
			"instance %s in the console, or 'ibmcloud kp keys -i %s'",
			error->text, service->name, import->name, service->instance,
			service->instance
		);
	else
		ctl_error("%s", error->text);
	return CTL_WRONG;
}

static enum ctl_status store(struct import *import) {
	struct retry retry = {0};
	struct cloud_error error;

	for (uint32_t tries = 0;; tries++) {
		if (kms_import(
			    &import->desk->kms, &import->key, import->name, import->payload,
			    &import->stored, &error
		    ) == 0)
			return CTL_OK;
		if (!is_nothing_done(&error) || !waited(&retry, tries, &error))
			return refused(import, &error);
	}
}

/* What the service gives out must be what it was given. Reading may be repeated. */
static enum ctl_status compare(struct import *import) {
	struct service_key key = import->key;
	struct retry retry = {0};
	struct cloud_error error;
	struct kms_key found;

	snprintf(key.id, sizeof(key.id), "%s", import->stored.id);
	for (uint32_t tries = 0;
	     kms_fetch_cak(&import->desk->kms, &key, &found, import->back, &error) < 0; tries++) {
		if (waited(&retry, tries, &error))
			continue;
		ctl_error(
			"stored as %s, but it cannot be read back: %s", import->stored.id,
			error.text
		);
		return CTL_WRONG;
	}
	if (CRYPTO_memcmp(import->cak, import->back, PAYLOAD_CAK_OCTETS) == 0)
		return CTL_OK;
	ctl_error("stored as %s, but another key is read back: delete it there", import->stored.id);
	return CTL_WRONG;
}

/* How the configuration names the key. */
static void reference_write(const struct import *import, char *reference, size_t room) {
	const struct service *service = &import->key.service;

	if (import->stored.crn[0] != '\0')
		snprintf(reference, room, "%s", import->stored.crn);
	else
		snprintf(
			reference, room, "%s:%s/%s", service_kind_word(service->kind),
			service->name, import->stored.id
		);
}

static enum ctl_status print(const struct import *import) {
	char reference[SERVICE_CRN_MAX];
	int ret = 0;

	reference_write(import, reference, sizeof(reference));
	if (!import->desk->ctl.json) {
		fprintf(stderr, "stored in %s as %s and read back; for the configuration:\n",
			import->key.service.name, import->stored.id);
		printf("cak: \"%s\"\n", reference);
		return CTL_OK;
	}
	cJSON *tree = cJSON_CreateObject();
	cJSON_AddStringToObject(tree, "name", import->name);
	cJSON_AddStringToObject(tree, "id", import->stored.id);
	cJSON_AddStringToObject(tree, "reference", reference);
	ret = exact_print(stdout, tree);
	cJSON_Delete(tree);
	return ret < 0 ? ctl_error("out of memory") : CTL_OK;
}

static enum ctl_status text_import(struct import *import, const struct key_text *text) {
	bool is_padded;
	enum ctl_status status = key_text_parse(text, import->cak, &is_padded);

	if (status == CTL_OK &&
	    payload_encode(import->cak, PAYLOAD_CAK_OCTETS, import->payload) < 0)
		status = ctl_error("a key of this length cannot be stored");
	if (status == CTL_OK && is_padded)
		fputs("a key of 32 digits: stored with 32 zeroes behind them, which the peer must "
		      "be given too\n",
		      stderr);
	if (status == CTL_OK)
		status = store(import);
	if (status == CTL_OK)
		status = compare(import);
	return status == CTL_OK ? print(import) : status;
}

static enum ctl_status file_import(struct import *import, const char *file) {
	struct key_text text;
	enum ctl_status status = CTL_USAGE;

	import->cak = secret_alloc(PAYLOAD_CAK_OCTETS);
	import->back = secret_alloc(PAYLOAD_CAK_OCTETS);
	import->payload = secret_alloc(PAYLOAD_BASE64_MAX);
	if (import->cak != NULL && import->back != NULL && import->payload != NULL)
		status = key_text_read(file, &text);
	if (status == CTL_OK) {
		status = text_import(import, &text);
		key_text_clear(&text);
	}
	secret_free(import->cak);
	secret_free(import->back);
	secret_free(import->payload);
	return status;
}

/* What looks like a key is taken for one: names are shown to everybody. */
static bool is_name(const char *name) {
	const size_t octets = strlen(name);
	const bool is_key = octets >= PAYLOAD_HEX_DIGITS / 2 &&
			    strspn(name, "0123456789abcdefABCDEF") == octets;

	return !is_key && octets >= 2 && octets <= KEY_NAME_MAX &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
		       octets;
}

/* A service that keys can be stored in: a CRN, which says where it is, does not exist yet. */
static enum ctl_status service_take(struct import *import, const char *name) {
	const struct config *config = import->desk->config;
	const struct service *service = NULL;

	for (size_t i = 0; i < config->n_services && service == NULL; i++)
		if (strcmp(config->services[i].service.name, name) == 0)
			service = &config->services[i].service;
	if (service == NULL)
		return ctl_error(
			"no service \"%s\" in 'keys: services:' of %s", name, config->path
		);
	if (service->kind == SERVICE_DIRECT_LINK)
		return ctl_error("service %s is of kind direct-link, which stores no keys", name);
	if (service->url[0] == '\0')
		return ctl_error("service %s has no 'url'; add it to %s", name, config->path);
	if (service->instance[0] == '\0' && service->kind != SERVICE_SECRETS_MANAGER)
		return ctl_error("service %s has no 'instance'; add it to %s", name, config->path);
	import->key.service = *service;
	memcpy(import->key.ring, service->key_ring, sizeof(import->key.ring));
	return CTL_OK;
}

enum ctl_status ctl_key_import(const struct ctl *ctl, const char *service) {
	struct desk desk;
	struct import import = {.desk = &desk, .name = ctl->operands[1]};

	if (!is_name(import.name))
		return ctl_error(
			"a key's name has 2 to %u letters, digits, '-', '_' and '.'; this "
			"is not the place of the key itself",
			KEY_NAME_MAX
		);
	enum ctl_status status = desk_open(ctl, &desk);

	if (status != CTL_OK)
		return status;
	status = service_take(&import, service);
	if (status == CTL_OK)
		status = file_import(&import, ctl->operands[2]);
	desk_close(&desk);
	return status;
}
