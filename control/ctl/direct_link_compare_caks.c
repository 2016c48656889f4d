/* SPDX-License-Identifier: BSD-3-Clause */
/* The gateway's CAKs against ours; the contract is in direct_link_compare.h. */
#include "control/ctl/direct_link_compare.h"

#include <stdio.h>
#include <string.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

struct pair {
	struct verdicts *verdicts;
	const struct compare_ours *ours;
	const struct compare_theirs *theirs;
};

const struct direct_link_cak *
compare_session(const struct compare_theirs *theirs, const char *session) {
	for (uint32_t i = 0; i < theirs->n_caks; i++)
		if (strcmp(theirs->caks[i].session, session) == 0)
			return &theirs->caks[i];
	return NULL;
}

static const struct compare_cak *role_find(const struct compare_ours *ours, const char *role) {
	for (uint32_t i = 0; i < ours->n_caks; i++)
		if (strcmp(ours->caks[i].role, role) == 0)
			return &ours->caks[i];
	return NULL;
}

static const struct compare_cak *name_find(const struct compare_ours *ours, const char *name) {
	for (uint32_t i = 0; i < ours->n_caks; i++)
		if (compare_is_name(ours->caks[i].ckn, name))
			return &ours->caks[i];
	return NULL;
}

/* "primary CAK name", "fallback CAK key", … */
struct subject {
	char text[VERDICT_SUBJECT_MAX];
};

static struct subject subject_of(const struct direct_link_cak *cak, const char *field) {
	struct subject subject;

	snprintf(subject.text, sizeof(subject.text), "%s CAK %s", cak->session, field);
	return subject;
}

/* A primary CAK that a rotation is about to replace: what is wrong with it is no obstacle. */
static bool is_leaving(const struct pair *pair, const struct direct_link_cak *cak) {
	return pair->ours->successor_crn != NULL && strcmp(cak->session, "primary") == 0;
}

static enum verdict failure(const struct pair *pair, const struct direct_link_cak *cak) {
	return is_leaving(pair, cak) ? VERDICT_WARN : VERDICT_FAIL;
}

/* It never came into force; the one before it is still there. */
static bool is_stuck(const struct pair *pair, const struct direct_link_cak *cak) {
	const struct compare_cak *own = role_find(pair->ours, "primary");

	return strcmp(cak->session, "primary") == 0 && own != NULL && cak->has_active &&
	       compare_is_name(cak->active_name, own->ckn) &&
	       (strcmp(cak->status, "failed") == 0 || strcmp(cak->status, "inactive") == 0);
}

static void
name_missing(const struct pair *pair, const struct direct_link_cak *cak, const char *role) {
	const struct compare_cak *own = role_find(pair->ours, role);
	const struct subject subject = subject_of(cak, "name");

	if (is_stuck(pair, cak))
		verdict_compare(
			pair->verdicts, failure(pair, cak), subject.text, own->ckn, cak->name,
			"of a rotation that did not come to its end; 'macsecctl direct-link "
			"rotate' to a new name with a new key"
		);
	else
		verdict_compare(
			pair->verdicts, failure(pair, cak), subject.text,
			own == NULL ? "none" : own->ckn, cak->name,
			"one name for one key at both ends: write theirs and its key into '%s'",
			role
		);
}

/* Ours of the same name, or NULL after a line. A key chain's CAKs come and go as primary. */
static const struct compare_cak *
compare_name(const struct pair *pair, const struct direct_link_cak *cak) {
	const bool is_fallback = strcmp(cak->session, "fallback") == 0;
	const char *role = is_fallback ? "fallback" : "primary";
	const struct compare_cak *own = name_find(pair->ours, cak->name);

	if (own == NULL) {
		name_missing(pair, cak, role);
		return NULL;
	}
	const bool is_swapped = (strcmp(own->role, "fallback") == 0) != is_fallback;
	const struct subject subject = subject_of(cak, "name");

	if (is_swapped)
		verdict_compare(
			pair->verdicts, VERDICT_FAIL, subject.text, own->ckn, cak->name,
			"it is our %s CAK; make it '%s' at both ends", own->role, role
		);
	else
		verdict_compare(
			pair->verdicts, VERDICT_PASS, subject.text, own->ckn, cak->name, "%s",
			strcmp(own->role, "key-chain") == 0 ? "of our key chain" : ""
		);
	return own;
}

static void compare_key(
	const struct pair *pair, const struct direct_link_cak *cak, const struct compare_cak *own
) {
	const struct subject subject = subject_of(cak, "key");

	if (own->is_file)
		verdict_compare(
			pair->verdicts, VERDICT_WARN, subject.text, "a file", cak->key_crn,
			"whether the file holds this key cannot be seen; write 'cak: \"%s\"'",
			cak->key_crn
		);
	else if (own->crn[0] == '\0')
		verdict_compare(
			pair->verdicts, VERDICT_WARN, subject.text, "not known", cak->key_crn,
			"see 'macsecctl key check %s'", pair->ours->link->name
		);
	else if (strcmp(own->crn, cak->key_crn) == 0)
		verdict_say(pair->verdicts, VERDICT_PASS, subject.text, "%s", cak->key_crn);
	else
		verdict_compare(
			pair->verdicts, failure(pair, cak), subject.text, own->crn, cak->key_crn,
			"two keys under one name never agree; write theirs into 'cak'%s",
			strcmp(cak->session, "primary") == 0
				? ", or 'macsecctl direct-link rotate' to a new name with a new key"
				: ""
		);
}

/* What a CAK's status means for its session. */
struct status {
	const char *word, *session; // NULL: any
	enum verdict verdict;
	const char *text;
};

#define NOT_TAKEN                                                                           \
	"the gateway could not take the key: missing, changed, not 64 hexadecimal digits, " \
	"or Direct Link may not read it; see 'macsecctl key check'"

static const struct status statuses[] = {
	{"active", NULL, VERDICT_PASS, "it secures the session"},
	{"operational", NULL, VERDICT_PASS, "configured at the gateway"},
	{"inactive", "fallback", VERDICT_PASS, "configured, not in use"},
	{"inactive", NULL, VERDICT_WARN,
	 "configured, and it secures nothing: name or key differ at the ends, or nobody answers; "
	 "see 'macsecctl doctor'"},
	{"rotating", NULL, VERDICT_WARN,
	 "a rotation is under way; if it lasts, run 'macsecctl direct-link rotate' again"},
	{"failed", "fallback", VERDICT_FAIL,
	 NOT_TAKEN ", mend it, then give the gateway its name and key once more (PATCH "
		   "…/macsec/caks/ID, or the console)"},
	{"failed", NULL, VERDICT_FAIL,
	 NOT_TAKEN
	 ", mend it, then 'macsecctl direct-link rotate' with its name and key once more, "
	 "or with others"},
};

static void compare_cak_status(const struct pair *pair, const struct direct_link_cak *cak) {
	const struct subject subject = subject_of(cak, "status");

	for (size_t i = 0; i < N(statuses); i++) {
		const struct status *status = &statuses[i];

		if (strcmp(status->word, cak->status) != 0 ||
		    (status->session != NULL && strcmp(status->session, cak->session) != 0))
			continue;
		verdict_say(
			pair->verdicts,
			status->verdict == VERDICT_FAIL ? failure(pair, cak) : status->verdict,
			subject.text, "%s: %s", cak->status, status->text
		);
		return;
	}
	verdict_say(
		pair->verdicts, VERDICT_WARN, subject.text,
		"%s: a status this program does not know; see IBM's documentation", cak->status
	);
}

/* While it rotates, the old CAK is still in force and must still be here. */
static void compare_active(const struct pair *pair, const struct direct_link_cak *cak) {
	if (!cak->has_active)
		return;
	const struct subject subject = subject_of(cak, "in force");

	if (name_find(pair->ours, cak->active_name) != NULL)
		verdict_say(
			pair->verdicts, VERDICT_PASS, subject.text, "%s, until the new one secures",
			cak->active_name
		);
	else
		verdict_say(
			pair->verdicts, VERDICT_WARN, subject.text,
			"the gateway still uses %s, which our configuration does not have any more",
			cak->active_name
		);
}

static void compare_one(const struct pair *pair, const struct direct_link_cak *cak) {
	const struct compare_cak *own = compare_name(pair, cak);

	if (own != NULL)
		compare_key(pair, cak, own);
	compare_cak_status(pair, cak);
	compare_active(pair, cak);
}

static bool is_theirs(const struct compare_theirs *theirs, const char *ckn) {
	for (uint32_t i = 0; i < theirs->n_caks; i++) {
		const struct direct_link_cak *cak = &theirs->caks[i];

		if (compare_is_name(cak->name, ckn) ||
		    (cak->has_active && compare_is_name(cak->active_name, ckn)))
			return true;
	}
	return false;
}

/* What only we have. */
static void compare_rest(const struct pair *pair) {
	for (uint32_t i = 0; i < pair->ours->n_caks; i++) {
		const struct compare_cak *own = &pair->ours->caks[i];
		char subject[VERDICT_SUBJECT_MAX];

		if (is_theirs(pair->theirs, own->ckn) || strcmp(own->role, "primary") == 0)
			continue;
		snprintf(subject, sizeof(subject), "our %s CAK", own->role);
		verdict_say(
			pair->verdicts, VERDICT_WARN, subject,
			"%s: the gateway does not have it; %s, or remove it here", own->ckn,
			strcmp(own->role, "key-chain") == 0
				? "run 'macsecctl direct-link rotate' again"
				: "add it there"
		);
	}
}

void compare_caks(
	struct verdicts *verdicts, const struct compare_ours *ours,
	const struct compare_theirs *theirs
) {
	const struct pair pair = {verdicts, ours, theirs};

	for (uint32_t i = 0; i < theirs->n_caks; i++)
		compare_one(&pair, &theirs->caks[i]);
	if (compare_session(theirs, "primary") == NULL)
		verdict_say(
			verdicts, VERDICT_FAIL, "primary CAK",
			"the gateway has none; configure MACsec at the gateway"
		);
	compare_rest(&pair);
	if (compare_session(theirs, "fallback") == NULL && role_find(ours, "fallback") == NULL)
		verdict_say(
			verdicts, VERDICT_WARN, "fallback CAK",
			"neither end has one: a mistake with the primary one ends the link; add "
			"one at both ends"
		);
}
