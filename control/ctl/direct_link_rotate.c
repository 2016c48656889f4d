/* SPDX-License-Identifier: BSD-3-Clause */
/* macsecctl direct-link rotate: look, do the next step, look again, until all is done. */
#include "control/cloud/crn.h"
#include "control/config_key.h"
#include "control/config_read.h"
#include "control/ctl/rotate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* As long as it is to be waited, and never longer than there is time. */
static void look_wait(const struct rotation *rotation, uint64_t now_ms) {
	const uint64_t left_ms = rotation->deadline_ms - now_ms;
	const uint64_t ms = rotation->wait_ms < left_ms ? rotation->wait_ms : left_ms;
	struct timespec left = {
		.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

	while (nanosleep(&left, &left) != 0)
		;
}

static enum ctl_status ckn_take(struct rotation *rotation, const char *ckn) {
	const size_t digits = strlen(ckn);

	if (digits < 2 || digits > 2u * CONFIG_CKN_MAX_OCTETS || digits % 2 != 0 ||
	    strspn(ckn, "0123456789abcdefABCDEF") != digits)
		return ctl_error("--ckn takes an even number of hexadecimal digits, 2 to 64");
	memcpy(rotation->ckn, ckn, digits + 1);
	for (size_t i = 0; i < digits / 2; i++)
		rotation->new_cak.ckn[i] = (uint8_t
		)(config_hex_digit(ckn[2 * i]) << 4 | config_hex_digit(ckn[2 * i + 1]));
	rotation->new_cak.ckn_octets = (uint8_t)(digits / 2);
	rotation->new_cak.is_set = true;
	return CTL_OK;
}

/* The gateway takes keys by their CRN only. */
static enum ctl_status crn_take(struct rotation *rotation, const struct service_key *key) {
	struct cloud_error error;
	struct kms_key stored;
	struct crn crn;

	snprintf(rotation->crn, sizeof(rotation->crn), "%s", key->crn);
	if (key->crn[0] == '\0') {
		if (kms_look(&rotation->desk->kms, key, &stored, &error) < 0) {
			ctl_error("--key: %s", error.text);
			return CTL_WRONG;
		}
		snprintf(rotation->crn, sizeof(rotation->crn), "%s", stored.crn);
	}
	if (crn_read(rotation->crn, &crn) == 0 && crn.kind != SERVICE_KEY_PROTECT)
		return CTL_OK;
	return ctl_error("--key must be a key that Direct Link can read: of Hyper Protect Crypto "
			 "Services or Secrets Manager");
}

static enum ctl_status key_take(struct rotation *rotation, const char *reference) {
	struct service_key key;
	int error;

	if (strlen(reference) >= CONFIG_KEY_REF_MAX || !config_key_is_sound(reference))
		return ctl_error("--key %s", config_key_problem(EINVAL));
	snprintf(rotation->new_cak.cak_ref, sizeof(rotation->new_cak.cak_ref), "%s", reference);
	error = config_key(rotation->desk->config, &rotation->new_cak, &key);
	if (error == -ENOENT)
		return ctl_error("--key is a file, which the gateway cannot read; import it first: "
				 "macsecctl key import");
	if (error < 0)
		return ctl_error("--key %s", config_key_problem(error));
	return crn_take(rotation, &key);
}

static void plan_print(const struct rotation *rotation, enum rotate_step next) {
	printf("link %s, gateway %s: rotate to CAK %s\n", rotation->link_name,
	       rotation->gateway.gateway, rotation->ckn);
	for (enum rotate_step step = ROTATE_ADD; step < ROTATE_DONE; step++)
		printf("  %s %s\n", step < next ? "done" : "    ", rotate_step_text(step));
	fflush(stdout);
}

/* True for a plain yes of somebody at a terminal. */
static bool is_agreed(const struct ctl *ctl) {
	char answer[8] = "";

	if ((ctl->options & CTL_OPTION_YES) != 0)
		return true;
	if (!isatty(STDIN_FILENO)) {
		ctl_error("nobody can be asked here; insist with --yes");
		return false;
	}
	fputs("Go on? [y/N] ", stdout);
	fflush(stdout);
	if (fgets(answer, sizeof(answer), stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y'))
		return true;
	ctl_error("nothing was changed");
	return false;
}

static enum ctl_status time_is_up(const struct rotation *rotation, enum rotate_step step) {
	ctl_error(
		"after %u s: %s. 'macsecctl direct-link check %s' says more. What is done is kept: "
		"run the same command again to go on",
		rotation->desk->ctl.limit_s, rotate_step_delay(step), rotation->link_name
	);
	return CTL_WRONG;
}

/* Looks until everything can be seen, at once or after a while. */
static enum rotate_result
look(struct rotation *rotation, enum rotate_result result, struct rotate_facts *facts) {
	while (result != ROTATE_STOP) {
		const uint64_t now_ms = rotation->desk->kms.now_ms();

		if (now_ms >= rotation->deadline_ms)
			return ROTATE_AGAIN;
		if (result == ROTATE_AGAIN)
			look_wait(rotation, now_ms);
		result = rotate_observe(rotation, facts);
		if (result == ROTATE_OK)
			break;
	}
	return result;
}

static enum ctl_status stopped(const struct rotation *rotation, bool is_begun) {
	if (is_begun)
		ctl_error("what is done is kept; the same command goes on");
	return rotation->status;
}

/* From the first step that is to be done. */
static enum ctl_status go_on(struct rotation *rotation, enum rotate_step step) {
	enum rotate_step begun = ROTATE_DONE;
	struct rotate_facts facts;
	bool is_added = step != ROTATE_ADD;

	while (step != ROTATE_DONE) {
		enum rotate_result result = rotate_do(rotation, step, step == begun);

		if (result == ROTATE_OK)
			begun = step;
		is_added = is_added || result == ROTATE_OK;
		result = look(rotation, result, &facts);
		if (result == ROTATE_AGAIN)
			return time_is_up(rotation, step);
		if (result == ROTATE_STOP)
			return stopped(rotation, is_added);
		step = rotate_next(&facts);
	}
	printf("link %s: CAK %s is the primary one at both ends\n", rotation->link_name,
	       rotation->ckn);
	return CTL_OK;
}

static enum ctl_status rotate(struct rotation *rotation) {
	struct rotate_facts facts;
	enum rotate_step step;

	rotation->status = CTL_WRONG; // of an outage
	if (rotate_observe(rotation, &facts) != ROTATE_OK)
		return stopped(rotation, facts.chain_has_new);
	step = rotate_next(&facts);
	rotation->status = rotate_prepare(rotation, step);
	if (rotation->status != CTL_OK)
		return stopped(rotation, step > ROTATE_ADD);
	if (step == ROTATE_DONE)
		return go_on(rotation, step);
	plan_print(rotation, step);
	if (!is_agreed(&rotation->desk->ctl))
		return CTL_USAGE;
	if (step == ROTATE_ADD && rotate_reload(rotation) != ROTATE_OK) {
		ctl_error("macsecd cannot read its configuration again: nothing was changed");
		return rotation->status;
	}
	rotation->deadline_ms =
		rotation->desk->kms.now_ms() + rotation->desk->ctl.limit_s * UINT64_C(1000);
	return go_on(rotation, step);
}

enum ctl_status ctl_direct_link_rotate(const struct ctl *ctl, const char *name) {
	struct rotation *rotation;
	struct desk desk;
	enum ctl_status status;

	if (ctl->ckn == NULL || ctl->key == NULL)
		return ctl_error("direct-link rotate needs the new CAK: --ckn HEX --key CRN");
	status = desk_open(ctl, &desk);
	if (status != CTL_OK)
		return status;
	rotation = calloc(1, sizeof(*rotation));
	if (rotation == NULL) {
		desk_close(&desk);
		return ctl_error("out of memory");
	}
	rotation->desk = &desk;
	rotation->link_name = name;
	status = desk_gateway(&desk, name, &rotation->gateway) == NULL
			 ? CTL_USAGE
			 : ckn_take(rotation, ctl->ckn);
	if (status == CTL_OK)
		status = key_take(rotation, ctl->key);
	if (status == CTL_OK)
		status = rotate(rotation);
	free(rotation);
	desk_close(&desk);
	return status;
}
