/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Drives the client of IBM Cloud by itself: exactly one kms_* call, or several with the waits of
 * retry.h in between, each as one line of JSON on standard output. Of a CAK it prints the SHA-256,
 * never the CAK.
 */
#include "control/cloud/http.h"
#include "control/cloud/kms.h"
#include "control/cloud/payload.h"
#include "control/cloud/retry.h"
#include "control/read_all.h"
#include "control/secret.h"
#include "tests/cloud/probe_options.h"

#include <cjson/cJSON.h>
#include <openssl/sha.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define PAYLOAD_FILE_MAX 8192u

struct probe {
	struct probe_options options;
	struct kms kms;
	struct kms_key key;
	struct cloud_error error;
	uint8_t *cak;  // secret memory
	char *payload; // secret memory; import
	uint64_t start_ms;
	struct retry retry;
};

static uint64_t now_ms(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int make_call(struct probe *probe) {
	const struct service_key *key = &probe->options.key;

	probe->error = (struct cloud_error){0};
	switch (probe->options.action) {
	case PROBE_LOOK:
		return kms_look(&probe->kms, key, &probe->key, &probe->error);
	case PROBE_FETCH:
		return kms_fetch_cak(&probe->kms, key, &probe->key, probe->cak, &probe->error);
	default:
		return kms_import(
			&probe->kms, key, probe->options.name, probe->payload, &probe->key,
			&probe->error
		);
	}
}

static void add_key(cJSON *line, const struct kms_key *key) {
	cJSON *object = cJSON_AddObjectToObject(line, "key");

	cJSON_AddStringToObject(object, "id", key->id);
	cJSON_AddStringToObject(object, "version", key->version);
	cJSON_AddStringToObject(object, "crn", key->crn);
	cJSON_AddNumberToObject(object, "state", key->state);
	cJSON_AddBoolToObject(object, "deleted", key->is_deleted);
	cJSON_AddBoolToObject(object, "extractable", key->is_extractable);
	cJSON_AddNumberToObject(object, "expires_s", (double)key->expires_s);
	cJSON_AddBoolToObject(object, "set_for_deletion", key->is_set_for_deletion);
}

static void add_digest(cJSON *line, const uint8_t *cak) {
	uint8_t digest[SHA256_DIGEST_LENGTH];
	char text[2 * SHA256_DIGEST_LENGTH + 1];

	SHA256(cak, PAYLOAD_CAK_OCTETS, digest);
	for (uint32_t i = 0; i < sizeof(digest); i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	cJSON_AddStringToObject(line, "cak_sha256", text);
}

static const char *verdict_word(enum cloud_verdict verdict) {
	static const char *const words[] = {
		[CLOUD_OK] = "ok",       [CLOUD_TRANSIENT] = "transient", [CLOUD_LATER] = "later",
		[CLOUD_TOKEN] = "token", [CLOUD_FINAL] = "final",
	};

	return words[verdict];
}

static void print_line(const struct probe *probe, int result, uint64_t at_ms, uint32_t wait_ms) {
	cJSON *line = cJSON_CreateObject();
	char *text;

	cJSON_AddStringToObject(line, "verdict", verdict_word(probe->error.verdict));
	cJSON_AddNumberToObject(line, "result", result);
	cJSON_AddNumberToObject(line, "http_status", probe->error.http_status);
	cJSON_AddNumberToObject(line, "retry_after_s", probe->error.retry_after_s);
	cJSON_AddStringToObject(line, "code", probe->error.code);
	cJSON_AddStringToObject(line, "text", probe->error.text);
	cJSON_AddStringToObject(line, "correlation", probe->error.correlation);
	cJSON_AddNumberToObject(line, "at_ms", (double)(at_ms - probe->start_ms));
	cJSON_AddNumberToObject(line, "took_ms", (double)(now_ms() - at_ms));
	if (wait_ms != RETRY_NEVER_MS)
		cJSON_AddNumberToObject(line, "retry_in_ms", wait_ms);
	add_key(line, &probe->key);
	if (result == 0 && probe->options.action == PROBE_FETCH)
		add_digest(line, probe->cak);
	text = cJSON_PrintUnformatted(line);
	puts(text);
	fflush(stdout);
	cJSON_free(text);
	cJSON_Delete(line);
}

static void wait_for(uint32_t ms) {
	struct timespec rest = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	while (nanosleep(&rest, &rest) != 0 && errno == EINTR)
		;
}

/* Returns the result of the last call. */
static int make_calls(struct probe *probe) {
	int result = 0;

	probe->start_ms = now_ms();
	for (uint32_t i = 0; i < probe->options.repeat; i++) {
		uint64_t at_ms = now_ms();
		uint32_t random, wait_ms;

		if (getrandom(&random, sizeof(random), 0) != sizeof(random))
			abort();
		result = make_call(probe);
		if (result == 0)
			probe->error.verdict = CLOUD_OK;
		wait_ms = retry_after(&probe->retry, &probe->error, random);
		print_line(probe, result, at_ms, wait_ms);
		if (wait_ms == RETRY_NEVER_MS || (result == 0 && probe->options.until_ok))
			break;
		if (i + 1 < probe->options.repeat)
			wait_for(wait_ms);
	}
	return result;
}

static int read_payload(struct probe *probe) {
	int fd = open(probe->options.payload_file, O_RDONLY | O_CLOEXEC);
	ssize_t octets = fd < 0 ? -errno : read_all(fd, probe->payload, PAYLOAD_FILE_MAX);

	if (fd >= 0)
		close(fd);
	if (octets < 0) {
		fprintf(stderr, "cloud_probe: %s cannot be read\n", probe->options.payload_file);
		return -1;
	}
	while (octets > 0 && probe->payload[octets - 1] == '\n')
		probe->payload[--octets] = '\0';
	return 0;
}

static int run(struct probe *probe) {
	char ignored[64];
	int result;

	probe->cak = secret_alloc(PAYLOAD_CAK_OCTETS);
	probe->payload = secret_alloc(PAYLOAD_FILE_MAX + 1);
	probe->kms = (struct kms){.iam = iam_create(), .now_ms = now_ms};
	if (probe->cak == NULL || probe->payload == NULL || probe->kms.iam == NULL)
		return -1;
	if (probe->options.action == PROBE_IMPORT && read_payload(probe) < 0)
		return -1;
	result = make_calls(probe);
	while (probe->options.hold && read(STDIN_FILENO, ignored, sizeof(ignored)) > 0)
		;
	iam_destroy(probe->kms.iam);
	secret_free(probe->payload);
	secret_free(probe->cak);
	return result;
}

int main(int n, char **words) {
	static struct probe probe;
	int result;

	if (secret_init() < 0 || http_init() < 0)
		return 1;
	probe_options_read(n, words, &probe.options);
	result = run(&probe);
	http_end();
	secret_shutdown();
	return result == 0 ? 0 : 1;
}
