/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_key.h"

#include "control/cloud/crn.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FILE_SCHEME "file:/"
#define CRN_SCHEME "crn:"
#define PARTS_MAX 3u

/* SCHEME:SERVICE/[RING/]KEY, taken apart. */
struct parts {
	enum service_kind kind;
	uint32_t n; // 2 or 3
	char text[PARTS_MAX][SERVICE_RING_MAX];
};

static bool starts_with(const char *text, const char *start) {
	return strncmp(text, start, strlen(start)) == 0;
}

/* The kind whose word and a ':' begin the text; *rest: what follows. */
static bool read_scheme(const char *text, enum service_kind *kind, const char **rest) {
	static const enum service_kind kinds[] = {
		SERVICE_HPCS, SERVICE_KEY_PROTECT, SERVICE_SECRETS_MANAGER};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *word = service_kind_word(kinds[i]);

		if (!starts_with(text, word) || text[strlen(word)] != ':')
			continue;
		*kind = kinds[i];
		*rest = text + strlen(word) + 1;
		return true;
	}
	return false;
}

static bool is_part(const char *text, size_t octets) {
	for (size_t i = 0; i < octets; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '_')
			return false;
	return octets > 0 && octets < SERVICE_RING_MAX;
}

static bool read_parts(const char *text, struct parts *parts) {
	*parts = (struct parts){0};
	if (!read_scheme(text, &parts->kind, &text))
		return false;
	for (;;) {
		size_t octets = strcspn(text, "/");

		if (parts->n == PARTS_MAX || !is_part(text, octets))
			return false;
		memcpy(parts->text[parts->n++], text, octets);
		if (text[octets] == '\0')
			break;
		text += octets + 1;
	}
	/* Rings are the KMS's. */
	return parts->n == 2 || (parts->n == 3 && parts->kind != SERVICE_SECRETS_MANAGER);
}

static bool is_file_path(const char *path) {
	size_t n = 0;

	while (path[n] >= ' ' && path[n] != 0x7f) // ASCII: other octets are negative
		n++;
	return n > 0 && path[n] == '\0';
}

bool config_key_is_sound(const char *reference) {
	struct parts parts;
	struct crn crn;

	if (starts_with(reference, FILE_SCHEME))
		return is_file_path(reference + strlen(FILE_SCHEME));
	if (starts_with(reference, CRN_SCHEME))
		return crn_read(reference, &crn) == 0;
	return read_parts(reference, &parts);
}

bool config_key_is_file(const struct config_cak *cak) {
	return starts_with(cak->cak_ref, FILE_SCHEME);
}

static const struct service *find_named(const struct config *config, const char *name) {
	for (size_t i = 0; i < config->n_services; i++)
		if (strcmp(config->services[i].service.name, name) == 0)
			return &config->services[i].service;
	return NULL;
}

static const struct service *
find_instance(const struct config *config, enum service_kind kind, const char *instance) {
	for (size_t i = 0; i < config->n_services; i++) {
		const struct service *service = &config->services[i].service;

		if (service->kind == kind && strcmp(service->instance, instance) == 0)
			return service;
	}
	return NULL;
}

/* Texts of a service_key; what is too long was refused when it was read. */
static void copy_text(char *to, size_t octets, const char *text) {
	snprintf(to, octets, "%s", text);
}

static int resolve_crn(const struct config *config, const char *text, struct service_key *out) {
	const struct service *service;
	struct crn crn;
	int error = crn_read(text, &crn);

	if (error != 0)
		return -EINVAL;
	service = find_instance(config, crn.kind, crn.instance);
	if (service == NULL)
		service = find_instance(config, crn.kind, "");
	if (service == NULL)
		return -ENXIO;
	out->service = *service;
	copy_text(out->service.instance, sizeof(out->service.instance), crn.instance);
	copy_text(out->id, sizeof(out->id), crn.id);
	copy_text(out->crn, sizeof(out->crn), text);
	copy_text(out->ring, sizeof(out->ring), service->key_ring);
	if (service->url[0] != '\0')
		return 0;
	return crn_url(&crn, service->is_private, out->service.url, sizeof(out->service.url));
}

static int resolve_parts(const struct config *config, const char *text, struct service_key *out) {
	const struct service *service;
	struct parts parts;

	if (!read_parts(text, &parts))
		return -EINVAL;
	service = find_named(config, parts.text[0]);
	if (service == NULL)
		return -ENXIO;
	if (service->kind != parts.kind)
		return -EPROTOTYPE;
	if (service->url[0] == '\0')
		return -EDESTADDRREQ;
	if (service->instance[0] == '\0' && service->kind != SERVICE_SECRETS_MANAGER)
		return -ENODATA;
	if (strlen(parts.text[parts.n - 1]) >= sizeof(out->id))
		return -EINVAL;
	out->service = *service;
	copy_text(out->id, sizeof(out->id), parts.text[parts.n - 1]);
	copy_text(out->ring, sizeof(out->ring), parts.n == 3 ? parts.text[1] : service->key_ring);
	return 0;
}

int config_key(const struct config *config, const struct config_cak *cak, struct service_key *out) {
	memset(out, 0, sizeof(*out)); // padding too: two of them are compared by their octets
	if (config_key_is_file(cak))
		return -ENOENT;
	if (starts_with(cak->cak_ref, CRN_SCHEME))
		return resolve_crn(config, cak->cak_ref, out);
	return resolve_parts(config, cak->cak_ref, out);
}

const char *config_key_problem(int error) {
	switch (error < 0 ? -error : error) {
	case ENXIO:
		return "names a service that is not in 'keys: services:'; add it there";
	case EPROTOTYPE:
		return "names a service of another 'kind'; begin the reference with the kind of "
		       "the service";
	case EDESTADDRREQ:
		return "needs the 'url' of its service; add it, or write the key's CRN";
	case ENODATA:
		return "needs the 'instance' of its service; add it, or write the key's CRN";
	default:
		return "is no key reference; write file:/path, the key's CRN, or "
		       "hpcs:SERVICE/KEY";
	}
}
