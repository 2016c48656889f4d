/* SPDX-License-Identifier: BSD-3-Clause */
/* Tokens and their lives; the contract is in iam.h. */
#include "control/cloud/iam.h"

#include "control/cloud/iam_store.h"
#include "control/cloud/retry.h"
#include "control/monotonic.h"
#include "control/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER "Authorization: Bearer "

struct entry {
	struct entry *next;
	struct iam_account account;
	char *header; // secret memory; NULL: no token
	uint64_t refresh_ms, end_ms;
	bool is_suspect; // refused to somebody: the next call asks for another one
	/* After a failure: when IAM may be asked again, and what it was. */
	uint64_t closed_until_ms;
	struct cloud_error failure;
	struct credential_stamp stamp;
	bool was_asked;
};

struct iam {
	iam_fetch *fetch;
	uint64_t (*clock_ms)(void);
	struct entry *entries; // the one used last comes first
};

struct iam *iam_create_with(iam_fetch *fetch, uint64_t (*clock_ms)(void)) {
	struct iam *iam = calloc(1, sizeof(*iam));

	if (iam != NULL) {
		iam->fetch = fetch;
		iam->clock_ms = clock_ms;
	}
	return iam;
}

struct iam *iam_create(void) {
	return iam_create_with(iam_grant_fetch, monotonic_ms);
}

static void entry_free(struct entry *entry) {
	secret_free(entry->header);
	free(entry);
}

void iam_destroy(struct iam *iam) {
	if (iam == NULL)
		return;
	while (iam->entries != NULL) {
		struct entry *entry = iam->entries;

		iam->entries = entry->next;
		entry_free(entry);
	}
	free(iam);
}

static struct entry *find(const struct iam *iam, const struct iam_account *account) {
	struct entry *entry = iam->entries;

	while (entry != NULL && !iam_account_is_same(&entry->account, account))
		entry = entry->next;
	return entry;
}

/* Takes the account's entry, old or new, to the head of the list. NULL without memory. */
static struct entry *use(struct iam *iam, const struct iam_account *account) {
	struct entry *entry = find(iam, account);
	struct entry **link = &iam->entries;

	if (entry != NULL) {
		while (*link != entry)
			link = &(*link)->next;
		*link = entry->next;
	} else {
		entry = calloc(1, sizeof(*entry));
		if (entry == NULL)
			return NULL;
		entry->account = *account;
	}
	entry->next = iam->entries;
	iam->entries = entry;
	return entry;
}

static void drop_oldest(struct iam *iam) {
	struct entry **link = &iam->entries;

	for (uint32_t i = 0; i < IAM_ACCOUNTS_MAX && *link != NULL; i++)
		link = &(*link)->next;
	if (*link == NULL)
		return;
	entry_free(*link);
	*link = NULL;
}

static void drop_token(struct entry *entry) {
	secret_free(entry->header);
	entry->header = NULL;
}

static int keep_token(
	struct entry *entry, const struct iam_token *token, uint64_t now_ms,
	struct cloud_error *error
) {
	uint64_t life_ms = (uint64_t)token->life_s * 1000;
	size_t octets = sizeof(HEADER) + strlen(token->text);
	char *header = secret_alloc(octets);

	if (header == NULL)
		return cloud_fail(error, CLOUD_TRANSIENT, 0, "no secret memory for a token");
	snprintf(header, octets, HEADER "%s", token->text);
	drop_token(entry);
	entry->header = header;
	/* Counted from before the request: the token cannot be older than that. */
	entry->end_ms = now_ms + (life_ms > IAM_MARGIN_MS ? life_ms - IAM_MARGIN_MS : 0);
	entry->refresh_ms = now_ms + life_ms * 4 / 5;
	entry->closed_until_ms = 0;
	return 0;
}

static uint64_t later_of(uint64_t a, uint64_t b) {
	return a > b ? a : b;
}

/* Nobody asks for a while; what IAM asked for itself binds all keys of the account. */
static void
close_for_a_while(struct entry *entry, const struct cloud_error *error, uint64_t ended_ms) {
	uint64_t asked_ms = (uint64_t)error->retry_after_s * 1000;

	if (asked_ms > RETRY_AFTER_MAX_MS)
		asked_ms = RETRY_AFTER_MAX_MS;
	entry->failure = *error;
	entry->closed_until_ms = ended_ms + later_of(IAM_FAILURE_PAUSE_MS, asked_ms);
	entry->refresh_ms = ended_ms + later_of(IAM_REFRESH_PAUSE_MS, asked_ms);
}

static int
ask(struct iam *iam, struct entry *entry, const char *ca_file, uint64_t now_ms,
    struct cloud_error *error) {
	struct iam_token token = {0};
	uint64_t begun_ms = iam->clock_ms();
	int result;

	result = iam->fetch(&entry->account, ca_file, &token, &entry->stamp, error);
	entry->was_asked = true;
	if (result == 0)
		result = keep_token(entry, &token, now_ms, error);
	secret_free(token.text);
	/* From the end of the request: one that took longer than the pause would leave none. */
	if (result < 0)
		close_for_a_while(entry, error, now_ms + (iam->clock_ms() - begun_ms));
	return result;
}

/* Many keys share an account: what one has just been told holds for the others. */
static int repeat_failure(const struct entry *entry, struct cloud_error *error) {
	struct cloud_error failure = entry->failure;
	int result = cloud_fail(error, failure.verdict, failure.http_status, "%s", failure.text);

	*error = failure;
	return result;
}

int iam_header(
	struct iam *iam, const struct iam_account *account, const char *ca_file, uint64_t now_ms,
	const char **header, struct cloud_error *error
) {
	struct entry *entry = use(iam, account);
	bool is_good, was_suspect;
	int result;

	*header = NULL;
	if (entry == NULL)
		return cloud_fail(error, CLOUD_TRANSIENT, 0, "no memory for an account");
	drop_oldest(iam);
	is_good = entry->header != NULL && now_ms < entry->end_ms;
	was_suspect = entry->is_suspect;
	entry->is_suspect = false;
	if (!is_good)
		drop_token(entry);
	if (is_good && !was_suspect && now_ms < entry->refresh_ms) {
		*header = entry->header;
		return 0;
	}
	result = now_ms < entry->closed_until_ms ? repeat_failure(entry, error)
						 : ask(iam, entry, ca_file, now_ms, error);
	/* The old one is still good, but not for the caller to whom it was refused. */
	if (is_good && !was_suspect)
		result = 0;
	*header = result == 0 ? entry->header : NULL;
	return result;
}

void iam_forget(struct iam *iam, const struct iam_account *account) {
	struct entry *entry = find(iam, account);

	if (entry != NULL)
		entry->is_suspect = entry->header != NULL;
}

void iam_renew(struct iam *iam, const struct iam_account *account) {
	struct entry *entry = find(iam, account);

	if (entry != NULL)
		entry->refresh_ms = 0;
}

bool iam_credential_changed(struct iam *iam, const struct iam_account *account) {
	const struct entry *entry = find(iam, account);
	struct credential_stamp now;

	if (entry == NULL || !entry->was_asked || account->grant == IAM_VPC_INSTANCE)
		return false;
	credential_stamp(account, &now);
	return memcmp(&now, &entry->stamp, sizeof(now)) != 0;
}
