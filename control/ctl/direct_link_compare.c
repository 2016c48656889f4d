/* SPDX-License-Identifier: BSD-3-Clause */
/* The fields of GatewayMacsec against ours; the contract is in direct_link_compare.h. */
#include "control/ctl/direct_link_compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define AT_GATEWAY "at the gateway (PATCH …/macsec, or the console)"

/* Two numbers and what to do where they differ. */
struct numbers {
	const char *subject;
	uint64_t ours, theirs;
};

bool compare_is_name(const char *a, const char *b) {
	return strcasecmp(a, b) == 0;
}

bool compare_is_ckn(const struct config_link *link, const char *a, const char *b) {
	const char *longer = strlen(a) > strlen(b) ? a : b, *shorter = longer == a ? b : a;
	const size_t digits = strlen(shorter);

	if (!link->pad_ckn || digits == 0)
		return compare_is_name(a, b);
	return strncasecmp(longer, shorter, digits) == 0 &&
	       strspn(longer + digits, "0") == strlen(longer + digits);
}

/* The API's words are ours with other joints: must_secure, must-secure. */
static void word_read(const char *theirs, char *word, size_t room) {
	snprintf(word, room, "%s", theirs);
	for (char *c = word; *c != '\0'; c++)
		if (*c == '_')
			*c = '-';
}

static void numbers_add(
	struct verdicts *verdicts, enum verdict verdict, const struct numbers *numbers,
	const char *text
) {
	char ours[24], theirs[24];

	snprintf(ours, sizeof(ours), "%" PRIu64, numbers->ours);
	snprintf(theirs, sizeof(theirs), "%" PRIu64, numbers->theirs);
	verdict_compare(verdicts, verdict, numbers->subject, ours, theirs, "%s", text);
}

static void compare_active(struct verdicts *verdicts, const struct direct_link_macsec *macsec) {
	if (macsec->is_active)
		verdict_say(verdicts, VERDICT_PASS, "active", "MACsec is on at the gateway");
	else
		verdict_say(
			verdicts, VERDICT_FAIL, "active",
			"MACsec is switched off at the gateway; set 'active' to true " AT_GATEWAY
		);
}

#define CAK_FAILED "macsec_cak_failed" // the only code that the API documents

static const char *reason_fix(const char *code) {
	if (strcmp(code, CAK_FAILED) == 0)
		return "mend what the status of the CAKs below says";
	return "see IBM's documentation of this code, or open a case with IBM";
}

/* What a failed primary CAK brings about ends with it. */
static enum verdict
failure_verdict(const struct compare_ours *ours, const struct compare_theirs *theirs) {
	const struct direct_link_cak *primary = compare_session(theirs, "primary");
	const bool is_about_to_end = ours->successor_crn != NULL && primary != NULL &&
				     strcmp(primary->status, "failed") == 0;

	return is_about_to_end ? VERDICT_WARN : VERDICT_FAIL;
}

static void reasons_add(
	struct verdicts *verdicts, const struct compare_ours *ours,
	const struct compare_theirs *theirs
) {
	for (uint32_t i = 0; i < theirs->macsec.n_reasons; i++) {
		const struct direct_link_reason *reason = &theirs->macsec.reasons[i];
		const bool is_cak = strcmp(reason->code, CAK_FAILED) == 0;

		verdict_say(
			verdicts, is_cak ? failure_verdict(ours, theirs) : VERDICT_FAIL,
			"status reason", "%s: %s; %s", reason->code, reason->message,
			reason_fix(reason->code)
		);
	}
}

static void compare_status(
	struct verdicts *verdicts, const struct compare_ours *ours,
	const struct compare_theirs *theirs
) {
	const char *status = theirs->macsec.status;

	if (strcmp(status, "secured") == 0)
		verdict_say(verdicts, VERDICT_PASS, "status", "the gateway is secured");
	else if (strcmp(status, "failed") == 0)
		verdict_say(
			verdicts, failure_verdict(ours, theirs), "status",
			"the gateway says failed; mend what its reasons and the CAKs below say"
		);
	else if (strcmp(status, "offline") == 0 || strcmp(status, "deleting") == 0)
		verdict_say(
			verdicts, VERDICT_FAIL, "status",
			"the gateway says %s: MACsec is inactive, being removed, or the gateway is "
			"not provisioned yet; wait for it, or set 'active' to true " AT_GATEWAY,
			status
		);
	else
		verdict_say(
			verdicts, VERDICT_WARN, "status",
			"the gateway says %s: it has not agreed with anybody yet; if that lasts, "
			"see the lines below and 'macsecctl doctor'",
			status
		);
	reasons_add(verdicts, ours, theirs);
}

static void compare_suite(
	struct verdicts *verdicts, const struct config_link *link,
	const struct direct_link_macsec *macsec
) {
	const char *ours = suite_info(link->suite)->name;
	char theirs[sizeof(macsec->cipher_suite)];

	word_read(macsec->cipher_suite, theirs, sizeof(theirs));
	if (strcmp(ours, theirs) == 0)
		verdict_compare(verdicts, VERDICT_PASS, "cipher suite", ours, theirs, "%s", "");
	else
		verdict_compare(
			verdicts, VERDICT_FAIL, "cipher suite", ours, theirs,
			"write 'cipher-suite: %s' into the link's 'macsec'", theirs
		);
	if (!link->confidentiality)
		verdict_say(
			verdicts, VERDICT_FAIL, "encryption",
			"ours is off: frames would cross the circuit in clear; write 'encryption: "
			"true' into the link's 'macsec'"
		);
}

static void compare_offset(
	struct verdicts *verdicts, const struct config_link *link,
	const struct direct_link_macsec *macsec
) {
	const struct numbers numbers = {
		"confidentiality offset", link->confidentiality_offset,
		macsec->confidentiality_offset};
	const bool is_equal = numbers.ours == numbers.theirs;

	numbers_add(
		verdicts, is_equal ? VERDICT_PASS : VERDICT_FAIL, &numbers,
		is_equal ? "" : "write theirs into 'confidentiality-offset' of the link's 'macsec'"
	);
}

static void compare_window(
	struct verdicts *verdicts, const struct config_link *link,
	const struct direct_link_macsec *macsec
) {
	const struct numbers numbers = {"replay window", link->replay_window, macsec->window_size};

	if (!link->replay_protect)
		verdict_say(
			verdicts, VERDICT_WARN, "replay window",
			"replay protection is off at our end; write 'replay-protect: true' into "
			"the link's 'macsec'"
		);
	else if (numbers.ours == numbers.theirs)
		numbers_add(verdicts, VERDICT_PASS, &numbers, "");
	else
		numbers_add(
			verdicts, VERDICT_WARN, &numbers,
			"each end keeps its own, the smaller one drops first what the circuit "
			"reorders; write theirs into 'replay-window', or change "
			"'window_size' " AT_GATEWAY
		);
}

static void compare_policy(
	struct verdicts *verdicts, const struct config_link *link,
	const struct direct_link_macsec *macsec
) {
	const char *ours = config_policy_word(link->policy);
	char theirs[sizeof(macsec->security_policy)];

	word_read(macsec->security_policy, theirs, sizeof(theirs));
	if (strcmp(ours, theirs) == 0)
		verdict_compare(verdicts, VERDICT_PASS, "policy", ours, theirs, "%s", "");
	else
		verdict_compare(
			verdicts, VERDICT_WARN, "policy", ours, theirs,
			"without an agreed key one end sends in clear what the other one drops; "
			"write theirs into 'policy', or change 'security_policy' " AT_GATEWAY
		);
}

/* Whoever serves keys rekeys; IBM's timer only runs where IBM's end is the key server. */
static void compare_rekey(
	struct verdicts *verdicts, const struct config_link *link,
	const struct direct_link_macsec *macsec
) {
	const bool are_timers = link->rekey_s != 0 && strcmp(macsec->rekey_mode, "timer") == 0;
	const bool are_pns =
		link->rekey_s == 0 && strcmp(macsec->rekey_mode, "packet_number_rollover") == 0;
	char ours[32] = "by packet number", theirs[64];

	if (link->rekey_s != 0)
		snprintf(ours, sizeof(ours), "%u s", link->rekey_s);
	if (strcmp(macsec->rekey_mode, "timer") == 0)
		snprintf(theirs, sizeof(theirs), "%u s", macsec->rekey_interval_s);
	else
		word_read(macsec->rekey_mode, theirs, sizeof(theirs));
	if (are_pns || (are_timers && link->rekey_s == macsec->rekey_interval_s))
		verdict_compare(
			verdicts, VERDICT_PASS, "rekey", ours, theirs,
			"ours counts: the key server rekeys"
		);
	else
		verdict_compare(
			verdicts, VERDICT_WARN, "rekey", ours, theirs,
			"ours counts, since the key server rekeys; if theirs is what is wanted, "
			"write it into 'rekey' of the link's 'mka'"
		);
}

/* The lower one serves; equal ones leave it to the SCIs. */
static void compare_priority(
	struct verdicts *verdicts, const struct config_link *link,
	const struct direct_link_macsec *macsec
) {
	const struct numbers numbers = {
		"key-server priority", link->key_server_priority, macsec->key_server_priority};

	if (numbers.ours < numbers.theirs)
		numbers_add(verdicts, VERDICT_PASS, &numbers, "we are key server, as it must be");
	else
		numbers_add(
			verdicts, VERDICT_FAIL, &numbers,
			"the gateway never wants to serve keys: nobody would for sure; write "
			"'key-server-priority: 16' into the link's 'mka'"
		);
}

void compare_macsec(
	struct verdicts *verdicts, const struct compare_ours *ours,
	const struct compare_theirs *theirs
) {
	const struct direct_link_macsec *macsec = &theirs->macsec;

	compare_active(verdicts, macsec);
	compare_status(verdicts, ours, theirs);
	compare_suite(verdicts, ours->link, macsec);
	compare_offset(verdicts, ours->link, macsec);
	compare_window(verdicts, ours->link, macsec);
	compare_policy(verdicts, ours->link, macsec);
	compare_rekey(verdicts, ours->link, macsec);
	compare_priority(verdicts, ours->link, macsec);
}
