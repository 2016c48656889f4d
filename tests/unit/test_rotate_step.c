/* SPDX-License-Identifier: BSD-3-Clause */
/* The order of a rotation's steps, from every place where it may stand, and what the gateway's CAK
 * means to it. */
#include "control/ctl/rotate_step.h"
#include "control/ctl/rotate_theirs.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#define PLACES 128u

static struct rotate_facts place(unsigned i) {
	return (struct rotate_facts){
		.primary_is_new = (i & 1) != 0,
		.chain_has_new = (i & 2) != 0,
		.daemon_has_new = (i & 4) != 0,
		.daemon_has_old = (i & 8) != 0,
		.gateway_is_new = (i & 16) != 0,
		.is_secured_with_new = (i & 32) != 0,
		.has_gateway_finished = (i & 64) != 0,
	};
}

/* What a step brings about. */
static void take(struct rotate_facts *facts, enum rotate_step step) {
	switch (step) {
	case ROTATE_ADD:
		facts->chain_has_new = true;
		break;
	case ROTATE_LOAD:
		facts->daemon_has_new = true;
		break;
	case ROTATE_CHANGE:
		facts->gateway_is_new = true;
		break;
	case ROTATE_WAIT:
		facts->is_secured_with_new = facts->has_gateway_finished = true;
		break;
	case ROTATE_PROMOTE:
		facts->primary_is_new = true;
		facts->chain_has_new = false;
		break;
	case ROTATE_UNLOAD:
		facts->daemon_has_old = false;
		break;
	case ROTATE_DONE:
		break;
	}
}

Test(rotate_step, goes_through_all_steps_in_order_from_the_start) {
	struct rotate_facts facts = {.daemon_has_old = true};

	for (enum rotate_step step = ROTATE_ADD; step <= ROTATE_DONE; step++) {
		cr_assert_eq(rotate_next(&facts), step, "%s", rotate_step_text(step));
		take(&facts, step);
	}
}

Test(rotate_step, ends_from_everywhere_and_never_goes_back) {
	for (unsigned i = 0; i < PLACES; i++) {
		struct rotate_facts facts = place(i);
		int last = -1;

		for (enum rotate_step step; (step = rotate_next(&facts)) != ROTATE_DONE;) {
			cr_assert_gt((int)step, last, "place %u", i);
			last = (int)step;
			take(&facts, step);
		}
		cr_assert(facts.gateway_is_new && facts.primary_is_new, "place %u", i);
		cr_assert(facts.daemon_has_new && !facts.daemon_has_old, "place %u", i);
		cr_assert(facts.is_secured_with_new && facts.has_gateway_finished);
	}
}

/* What could interrupt traffic if it came too early. */
Test(rotate_step, takes_no_step_before_what_it_rests_on) {
	for (unsigned i = 0; i < PLACES; i++) {
		const struct rotate_facts facts = place(i);
		const enum rotate_step step = rotate_next(&facts);

		if (step >= ROTATE_CHANGE)
			cr_assert(facts.daemon_has_new, "the gateway would talk to nobody");
		if (step >= ROTATE_PROMOTE)
			cr_assert(
				facts.is_secured_with_new && facts.gateway_is_new,
				"the old CAK may be in force"
			);
	}
}

Test(rotate_step, believes_five_minutes_of_security_over_a_gateway_that_never_finishes) {
	struct rotate_facts facts = {
		.chain_has_new = true,
		.daemon_has_new = true,
		.gateway_is_new = true,
		.is_secured_with_new = true,
		.secured_for_s = ROTATE_SETTLE_S - 1,
	};

	cr_assert_eq(rotate_next(&facts), ROTATE_WAIT);
	facts.secured_for_s++;
	cr_assert_eq(rotate_next(&facts), ROTATE_PROMOTE);
	facts.is_secured_with_new = false;
	cr_assert_eq(rotate_next(&facts), ROTATE_WAIT);
}

Test(rotate_step, has_words_for_every_step) {
	for (enum rotate_step step = ROTATE_ADD; step <= ROTATE_DONE; step++) {
		cr_assert_gt(strlen(rotate_step_text(step)), 3);
		cr_assert_gt(strlen(rotate_step_delay(step)), 3);
	}
}

static struct config_chain_cak chain[1];
static struct config_link link;

/* The file: AA01 is the primary CAK, AA02 stands in the key chain when there is one. The new CAK is
 * AA03 with the key K3. */
static enum rotate_theirs
judge(const char *name, const char *crn, const char *status, const char *active) {
	struct direct_link_cak primary = {.has_active = active[0] != '\0'};
	const struct rotate_scene scene = {
		.link = &link,
		.primary = &primary,
		.ckn = "AA03",
		.crn = "K3",
		.ckn_in_use = "AA01",
	};

	snprintf(primary.name, sizeof(primary.name), "%s", name);
	snprintf(primary.key_crn, sizeof(primary.key_crn), "%s", crn);
	snprintf(primary.status, sizeof(primary.status), "%s", status);
	snprintf(primary.active_name, sizeof(primary.active_name), "%s", active);
	return rotate_theirs_judge(&scene);
}

static void file_set(uint32_t n_chain) {
	chain[0].cak = (struct config_cak){true, {0xaa, 0x02}, 2, "file:/2", {0}, {0}};
	link = (struct config_link){
		.primary = {true, {0xaa, 0x01}, 2, "file:/1", {0}, {0}},
		.n_chain = n_chain,
		.chain = chain,
	};
}

TestSuite(rotate_theirs);

Test(rotate_theirs, is_changed_from_our_primary_whatever_its_status) {
	static const char *const statuses[] = {
		"active", "operational", "inactive", "failed", "rotating"};

	file_set(0);
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		cr_assert_eq(judge("aa01", "K1", statuses[i], ""), ROTATE_THEIRS_OLD);
}

Test(rotate_theirs, is_new_until_it_fails_and_then_given_once_more) {
	struct direct_link_cak primary = {.name = "aa03", .key_crn = "K3", .status = "failed"};
	struct rotate_scene scene = {
		.link = &link, .primary = &primary, .ckn = "AA03", .crn = "K3", .ckn_in_use = ""};

	file_set(0);
	cr_assert_eq(judge("aa03", "K3", "rotating", "AA01"), ROTATE_THEIRS_NEW);
	cr_assert_eq(judge("AA03", "K3", "inactive", "AA01"), ROTATE_THEIRS_NEW);
	cr_assert_eq(judge("AA03", "K3", "active", ""), ROTATE_THEIRS_NEW);
	cr_assert_eq(rotate_theirs_judge(&scene), ROTATE_THEIRS_OLD);
	scene.was_given = true; // no third time in one run
	cr_assert_eq(rotate_theirs_judge(&scene), ROTATE_THEIRS_REFUSED);
}

Test(rotate_theirs, replaces_what_a_rotation_left_behind) {
	for (uint32_t n_chain = 0; n_chain < 2; n_chain++) {
		file_set(n_chain);
		cr_assert_eq(judge("AA02", "K2", "failed", "aa01"), ROTATE_THEIRS_OLD);
		cr_assert_eq(judge("AA02", "K2", "inactive", "AA01"), ROTATE_THEIRS_OLD);
	}
	cr_assert_eq(judge("AA02", "K2", "failed", ""), ROTATE_THEIRS_OLD);
	// the new name with another key, which never came into force
	cr_assert_eq(judge("AA03", "K9", "failed", "AA01"), ROTATE_THEIRS_OLD);
}

Test(rotate_theirs, leaves_a_rotation_alone_that_may_still_come_to_its_end) {
	file_set(1);
	cr_assert_eq(judge("AA02", "K2", "rotating", "AA01"), ROTATE_THEIRS_UNFINISHED);
	cr_assert_eq(judge("AA02", "K2", "active", ""), ROTATE_THEIRS_UNFINISHED);
	cr_assert_eq(judge("AA02", "K2", "inactive", ""), ROTATE_THEIRS_UNFINISHED);
}

/* Whatever the gateway says, a CAK that carries the traffic is not taken away. */
Test(rotate_theirs, never_takes_away_what_secures_the_link) {
	static const char *const in_use[] = {"AA02", "AA020000"};
	struct direct_link_cak primary = {
		.name = "aa02", .status = "inactive", .has_active = true, .active_name = "AA01"};
	struct rotate_scene scene = {.link = &link, .primary = &primary, .ckn = "AA03", .crn = ""};

	file_set(1);
	for (uint32_t i = 0; i < 2; i++) {
		link.pad_ckn = i == 1;
		scene.ckn_in_use = in_use[i];
		cr_assert_eq(rotate_theirs_judge(&scene), ROTATE_THEIRS_UNFINISHED);
		scene.ckn_in_use = "AA01";
		cr_assert_eq(rotate_theirs_judge(&scene), ROTATE_THEIRS_OLD);
	}
}

Test(rotate_theirs, touches_nothing_of_strangers) {
	file_set(0);
	cr_assert_eq(judge("AA02", "K2", "active", ""), ROTATE_THEIRS_STRANGE);
	cr_assert_eq(judge("AA02", "K2", "failed", ""), ROTATE_THEIRS_STRANGE);
	cr_assert_eq(judge("AA02", "K2", "inactive", "EE05"), ROTATE_THEIRS_STRANGE);
	cr_assert_eq(judge("AA02", "K2", "rotating", "AA01"), ROTATE_THEIRS_STRANGE);
	cr_assert_eq(judge("AA03", "K9", "active", ""), ROTATE_THEIRS_STRANGE);
}

/* The API takes an old name only where nothing is secured with it. */
Test(rotate_theirs, wants_a_new_name_where_the_api_does) {
	file_set(0);
	link.primary.ckn[1] = 3; // AA03 is our primary CAK
	cr_assert_eq(judge("AA03", "K9", "active", ""), ROTATE_THEIRS_OTHER_KEY);
	cr_assert_eq(judge("AA03", "K9", "rotating", "AA00"), ROTATE_THEIRS_OTHER_KEY);
	cr_assert_eq(judge("AA03", "K9", "inactive", ""), ROTATE_THEIRS_OLD);
	cr_assert_eq(judge("AA03", "K9", "failed", ""), ROTATE_THEIRS_OLD);
}
