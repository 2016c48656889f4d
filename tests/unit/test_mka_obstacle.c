/* SPDX-License-Identifier: BSD-3-Clause */
/* What an operator reads when members that hear each other come to no SAK, or one is left out. */
#include "tests/unit/mka_offers.h"

#include <criterion/criterion.h>

TestSuite(obstacle, .init = open_world, .fini = close_world);

Test(obstacle, says_who_cannot_and_what_is_allowed) {
	static const struct offer offers[OFFERS_MAX] = {CAN(G128)};

	node->config.allowed_suites = X256 | X128;
	offers_bring_up(offers);
	cr_assert_eq(world.n_keys, 0);
	cr_assert_eq(look()->state, MKA_PENDING);
	cr_assert_str_eq(
		view.obstacle, "peer 0200000000ee0001: offers gcm-aes-128 only, allowed here are "
			       "gcm-aes-xpn-256, gcm-aes-xpn-128"
	);
	offer_announce(0, X128, 2);
	puppet_say(&offerers[0], node);
	cr_assert_eq(latest_sak()->suite, SUITE_GCM_AES_XPN_128, "at once");
	cr_assert_eq(view.obstacle[0], '\0');
	offers_end(1);
}

Test(obstacle, says_so_when_each_can_do_something_else) {
	static const struct offer offers[OFFERS_MAX] = {CAN(G128), CAN(G256 | X128)};

	node->config.allowed_suites = X256 | G128 | G256;
	offers_bring_up(offers);
	cr_assert_eq(look()->latest.ki.kn, 1, "what works for one goes on");
	cr_assert_str_eq(
		view.obstacle,
		"peer 0200000000ef0001: offers gcm-aes-256, gcm-aes-xpn-128 only, allowed here are "
		"gcm-aes-xpn-256, gcm-aes-256, gcm-aes-128: none suits all peers"
	);
	offers_end(2);
}

Test(obstacle, names_the_peer_that_nothing_suits_before_others) {
	static const struct offer offers[OFFERS_MAX] = {CAN(X128), CAN(G128)};

	node->config.allowed_suites = X256 | G128;
	offers_bring_up(offers);
	cr_assert_str_eq(
		look()->obstacle, "peer 0200000000ee0001: offers gcm-aes-xpn-128 only, allowed "
				  "here are gcm-aes-xpn-256, gcm-aes-128"
	);
	offers_end(2);
}

Test(obstacle, says_that_a_suite_is_offered_for_integrity_only) {
	static const struct offer offers[OFFERS_MAX] = {{true, false, G128, 1, 3}};

	node->config.suite = SUITE_GCM_AES_128;
	node->config.allowed_suites = G128;
	offers_bring_up(offers);
	cr_assert_str_eq(
		look()->obstacle, "peer 0200000000ee0001: offers gcm-aes-128 only, allowed here is "
				  "gcm-aes-128: it can do integrity only with it"
	);
	offer_announce(0, 0, 0);
	puppet_say(&offerers[0], node);
	cr_assert_not_null(strstr(look()->obstacle, "offers no cipher suite that is known here"));
	offers_end(1);
}

/* Capability and desire: who is left out, and whether the others wait for it. */
struct unable {
	bool confidentiality; // configured
	uint8_t basic;
	bool desires;
	const char *obstacle; // NULL: it takes part
};

static const struct unable unables[] = {
	{true, 0, true, "cannot do MACsec"},
	{false, 0, true, "cannot do MACsec"},
	{true, 1, true, "can do integrity only, encryption is demanded here"},
	{false, 1, true, NULL},
	{true, 2, false, "does not want MACsec"},
	{true, 2, true, NULL},
	{false, 3, true, NULL},
};

Test(obstacle, leaves_out_who_cannot_do_what_is_configured) {
	for (size_t i = 0; i < sizeof(unables) / sizeof(unables[0]); i++) {
		const struct unable *unable = &unables[i];
		const struct offer offer = {true, true, 0, 0, unable->basic};
		char expected[100] = "";

		node->config.confidentiality = unable->confidentiality;
		node_start(node);
		offer_begin(0, &offer);
		offerers[0].pdu.basic.macsec_desired = unable->desires;
		offers_live_on(1, 2 * SECOND);
		if (unable->obstacle != NULL)
			snprintf(
				expected, sizeof(expected), "peer 0200000000ee0001: %s",
				unable->obstacle
			);
		cr_assert_eq(world.n_keys, unable->obstacle == NULL, "%zu", i);
		cr_assert_str_eq(look()->obstacle, expected, "%zu", i);
		if (unable->obstacle == NULL)
			cr_assert_eq(latest_sak()->confidentiality, unable->confidentiality);
		offers_end(1);
		close_world();
		open_world();
	}
}

/* Who may take part is the key server's decision, and who is not live may yet change. */
Test(obstacle, does_not_complain_of_what_is_not_its_affair) {
	static const struct offer unable = {true, true, 0, 0, 1};

	node_start(node);
	offer_begin(0, &unable);
	offerers[0].is_silent_of_peer = true;
	puppet_say(&offerers[0], node);
	cr_assert_eq(look()->n_peers, 1);
	cr_assert_eq(obstacle_find(node->kay->participants[0]).kind, OBSTACLE_NONE);
	puppet_begin(&puppet, node, PUPPET_SCI + 0x10000, 1);
	puppet_say(&puppet, node);
	offerers[0].is_silent_of_peer = false;
	puppet_say(&offerers[0], node);
	cr_assert_eq(look()->key_server_sci, PUPPET_SCI + 0x10000);
	cr_assert(view.peers[0].is_live && view.peers[1].is_live);
	cr_assert_eq(view.obstacle[0], '\0', "%s", view.obstacle);
	puppet_end(&offerers[0]);
}

Test(obstacle, is_none_while_nobody_may_serve) {
	node->config.key_server_priority = 255;
	meet(255);
	live_on(10 * SECOND);
	cr_assert_eq(world.n_keys, 0);
	cr_assert_eq(look()->key_server_sci, 0);
	cr_assert_str_eq(
		view.obstacle, "no member may be key server: 'key-server-priority' is 255 here and "
			       "at every peer"
	);
	puppet.pdu.basic.key_server_priority = 254;
	puppet_say(&puppet, node);
	cr_assert_eq(look()->obstacle[0], '\0');
}

static unsigned int n_lines;

static void count_offers(void *ctx, enum mka_topic topic, const char *line) {
	(void)ctx, (void)topic;
	n_lines += strstr(line, ": offers") != NULL;
}

/* Logged when it appears, and no more than once in 10 s when a peer cannot make up its mind. */
Test(obstacle, logs_an_obstacle_once) {
	static const struct offer offer = CAN(G128);
	struct mka_ops ops;

	node->config.allowed_suites = X256;
	node_start(node);
	ops = *node->kay->ops;
	ops.log = count_offers;
	node->kay->ops = &ops;
	n_lines = 0;
	offer_begin(0, &offer);
	offers_live_on(1, 60 * SECOND);
	cr_assert_eq(n_lines, 1);
	for (unsigned int i = 0; i < 2000; i++) {
		offer_announce(0, i & 1 ? X128 : X256, 2);
		puppet_say(&offerers[0], node);
		run_for(10 * MS);
	}
	cr_assert_eq(n_lines, 3, "%u lines", n_lines);
	offers_end(1);
	node_stop(node);
}
