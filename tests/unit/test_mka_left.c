/* SPDX-License-Identifier: BSD-3-Clause */
/* Nobody is left behind on a SAK: by a slow key server, by one that moved on, or by our own. */
#include "tests/unit/mka_puppet.h"

#include <criterion/criterion.h>

TestSuite(left, .init = open_world, .fini = close_world);

/* The puppet distributes the SAK with this KN, and reports that it has it, and one before it. */
static struct ki distribute(enum cipher_suite suite, uint32_t kn, const struct ki *before) {
	struct ki ki;

	puppet_distribute(&puppet, suite, kn, (uint8_t)(kn - 1), (uint8_t)(0x40 + kn));
	ki = puppet_ki(&puppet);
	puppet_use(&puppet, true, &ki, before == NULL, 1);
	if (before != NULL)
		puppet_use(&puppet, false, before, true, 1);
	puppet_say(&puppet, node);
	live_on(SECOND);
	return ki;
}

static void move_to(const struct ki *ki, const struct ki *before) {
	puppet_use(&puppet, true, ki, true, 1);
	puppet_use(&puppet, false, before, false, 1);
	puppet_say(&puppet, node);
}

Test(left, waits_for_a_key_server_that_is_slow_to_move) {
	struct ki first, second;

	meet(1);
	first = distribute(SUITE_GCM_AES_XPN_256, 1, NULL);
	second = distribute(SUITE_GCM_AES_XPN_256, 2, &first);
	puppet.pdu.seen[0] &= ~(UINT64_C(1) << SET_DISTRIBUTED_SAK);
	live_on(20 * SECOND);
	cr_assert_eq(model_transmit_sa(node)->sak.ki.kn, 1, "as the key server does");
	cr_assert_not_null(model_find(node, &second));
	move_to(&second, &first);
	cr_assert_eq(model_transmit_sa(node)->sak.ki.kn, 2);
	cr_assert_eq(look()->state, MKA_SECURED);
}

/* It never says again what we refused: to call the link secured would be a lie. */
Test(left, does_not_stay_on_a_sak_that_the_key_server_left) {
	uint8_t mi[MI_OCTETS];
	struct ki first, second;

	node->config.allowed_suites = 1u << SUITE_GCM_AES_XPN_256;
	meet(1);
	memcpy(mi, look()->mi, sizeof(mi));
	first = distribute(SUITE_GCM_AES_XPN_256, 1, NULL);
	second = distribute(SUITE_GCM_AES_128, 2, &first);
	puppet.pdu.seen[0] &= ~(UINT64_C(1) << SET_DISTRIBUTED_SAK);
	cr_assert_null(model_find(node, &second));
	move_to(&second, &first);
	live_on(4 * SECOND);
	cr_assert_eq(look()->state, MKA_SECURED, "it still receives with ours");
	memset(&puppet.pdu.sak_use.old, 0, sizeof(puppet.pdu.sak_use.old));
	live_on(5 * SECOND);
	cr_assert_eq(look()->state, MKA_SECURED, "not yet a life time");
	live_on(3 * SECOND);
	cr_assert_eq(look()->state, MKA_PENDING);
	cr_assert_null(model_find(node, &first));
	cr_assert_neq(memcmp(mi, look()->mi, sizeof(mi)), 0, "a new member is given a SAK");
}

/* The MKPDU of one replayed identity must not make us choose another AN, or stop. */
Test(left, does_not_let_a_potential_peer_choose_its_an) {
	struct puppet echo;
	struct ki ki = {.kn = 5};

	node->config.key_server_priority = 1;
	node_start(node);
	puppet_begin(&echo, node, PUPPET_SCI + 0x50000, 200);
	echo.is_silent_of_peer = true;
	puppet_use(&echo, true, &ki, true, 1);
	puppet_say(&echo, node);
	puppet_begin(&puppet, node, PUPPET_SCI, 200);
	puppet_say(&puppet, node);
	live_on(SECOND);
	cr_assert_eq(look()->latest.an, 0, "AN 0 is free: the echo is nobody");
	puppet_end(&echo);
}
