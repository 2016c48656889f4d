/* SPDX-License-Identifier: BSD-3-Clause */
/* The order of a rotation's steps, from every place where it may stand. */
#include "control/ctl/rotate_step.h"

#include <criterion/criterion.h>

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
