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

static void
name_missing(const struct pair *pair, const struct direct_link_cak *cak, const char *role) {
	const struct compare_cak *own = role_find(pair->ours, role);

	verdict_compare(
		pair->verdicts, VERDICT_FAIL, subject_of(cak, "name").text,
		own == NULL ? "none" : own->ckn, cak->name,
		"one name for one key at both ends: write theirs and its key into '%s', or "
		"'macsecctl direct-link rotate' to ours",
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
			pair->verdicts, VERDICT_FAIL, subject.text, own->crn, cak->key_crn,
			"two keys under one name never agree; write theirs into 'cak', or rotate "
			"to a new name with a new key"
		);
}

/* What a CAK's status means for its session. */
struct status {
	const char *word, *session; // NULL: any
	enum verdict verdict;
	const char *text;
};

static const struct status statuses[] = {
	{"active", NULL, VERDICT_PASS, "it secures the session"},
	{"operational", NULL, VERDICT_PASS, "configured at the gateway"},
	{"inactive", "fallback", VERDICT_PASS, "configured, not in use"},
	{"inactive", NULL, VERDICT_WARN,
	 "configured, and it secures nothing: name or key differ at the ends, or nobody answers"},
	{"rotating", NULL, VERDICT_WARN,
	 "a rotation is under way; if it lasts, run 'macsecctl direct-link rotate' again"},
	{"failed", NULL, VERDICT_FAIL,
	 "the gateway could not take the key: missing, changed, not 64 hexadecimal digits, or "
	 "Direct Link may not read it; see 'macsecctl key check', mend it, then rotate to it"},
};

static void compare_cak_status(const struct pair *pair, const struct direct_link_cak *cak) {
	const struct subject subject = subject_of(cak, "status");

	for (size_t i = 0; i < N(statuses); i++) {
		const struct status *status = &statuses[i];

		if (strcmp(status->word, cak->status) != 0 ||
		    (status->session != NULL && strcmp(status->session, cak->session) != 0))
			continue;
		verdict_say(
			pair->verdicts, status->verdict, subject.text, "%s: %s", cak->status,
			status->text
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
			"%s: the gateway does not have it; add it there, or remove it here",
			own->ckn
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

/* What the status of the CAKs says about the right to read them. */
static void infer(struct verdicts *verdicts, const struct compare_theirs *theirs) {
	bool has_failed = false;

	for (uint32_t i = 0; i < theirs->n_caks; i++)
		has_failed = has_failed || strcmp(theirs->caks[i].status, "failed") == 0;
	if (theirs->n_caks > 0 && !has_failed)
		verdict_say(
			verdicts, VERDICT_PASS, "authorisation",
			"the gateway has read its keys (this credential may not list policies)"
		);
	else
		verdict_say(
			verdicts, VERDICT_WARN, "authorisation",
			"not known, since this credential may not list policies; see in IAM that "
			"Direct Link has the role Reader on the whole instance of the keys"
		);
}

void compare_authorisation(
	struct verdicts *verdicts, const struct direct_link_authorisation *authorisation,
	const struct compare_theirs *theirs, const char *instance
) {
	if (!authorisation->is_known)
		infer(verdicts, theirs);
	else if (!authorisation->exists)
		verdict_say(
			verdicts, VERDICT_FAIL, "authorisation",
			"Direct Link may not read keys of instance %s; authorise it in IAM: source "
			"Direct Link, target this instance, role Reader",
			instance
		);
	else if (!authorisation->is_instance_wide)
		verdict_say(
			verdicts, VERDICT_WARN, "authorisation",
			"%s, but not on the whole of instance %s, as Direct Link needs it; remove "
			"the narrower conditions in IAM",
			authorisation->role, instance
		);
	else
		verdict_say(
			verdicts, VERDICT_PASS, "authorisation", "%s on instance %s",
			authorisation->role, instance
		);
}
