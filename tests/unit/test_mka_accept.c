/* SPDX-License-Identifier: BSD-3-Clause */
/* A member's own rules for the SAK that a key server chose: what it refuses, and what it obeys. */
#include "tests/unit/mka_puppet.h"

#include <criterion/criterion.h>

#include <errno.h>

#define BIT(suite) (1u << (suite))

TestSuite(accept, .init = open_world, .fini = close_world);

static char lines[4096]; // of the log
static struct mka_ops spy;

static void keep_line(void *ctx, enum mka_topic topic, const char *line) {
	size_t used = strlen(lines);

	(void)ctx, (void)topic;
	snprintf(lines + used, sizeof(lines) - used, "%s\n", line);
}

static void spy_on_node(void) {
	spy = *node->kay->ops;
	spy.log = keep_line;
	node->kay->ops = &spy;
	lines[0] = '\0';
}

static unsigned int lines_with(const char *part) {
	unsigned int n = 0;

	for (const char *at = strstr(lines, part); at != NULL; at = strstr(at + 1, part))
		n++;
	return n;
}

static void assert_refused(const char *reason) {
	char expected[200];

	snprintf(
		expected, sizeof(expected),
		"MKPDU from 0200000000ee0001 refused: a SAK that must not be used: %s", reason
	);
	cr_assert_eq(puppet_say(&puppet, node), -EBADMSG);
	cr_assert_str_eq(look()->last_refusal, expected);
	cr_assert_eq(view.last_refusal_reason, MKA_REFUSED_SAK_REFUSED);
	cr_assert(view.peers[0].is_live, "the peer itself is as live as before");
}

Test(accept, takes_no_suite_that_is_not_allowed) {
	for (unsigned int suite = 0; suite < SUITE_COUNT; suite++) {
		char reason[100];

		node->config.suite = (enum cipher_suite)((suite + 1) % SUITE_COUNT);
		node->config.allowed_suites = 0x0fu & ~BIT(suite);
		meet(1);
		puppet_distribute(&puppet, (enum cipher_suite)suite, 1, 0, 0x55);
		snprintf(
			reason, sizeof(reason), "its cipher suite %s is not allowed here",
			suite_info((enum cipher_suite)suite)->name
		);
		assert_refused(reason);
		cr_assert_eq(world.n_keys, 0);
		puppet_distribute(&puppet, node->config.suite, 2, 0, 0x55);
		cr_assert_eq(puppet_say(&puppet, node), 0, "but the next one that is");
		cr_assert_eq(world.n_keys, 1);
		puppet_end(&puppet);
		close_world();
		open_world();
	}
}

Test(accept, takes_nothing_less_than_encryption_where_it_is_demanded) {
	meet(1);
	puppet_distribute(&puppet, SUITE_GCM_AES_128, 1, 0, 0x55);
	puppet.pdu.distributed_sak.offset_code = 0;
	assert_refused("it is for integrity only, encryption is demanded here");
	cr_assert_eq(world.n_keys, 0);
	puppet.pdu.distributed_sak.offset_code = 1;
	cr_assert_eq(puppet_say(&puppet, node), 0);
}

/* More than is demanded, and offsets that we would not choose, are the key server's decision. */
Test(accept, takes_encryption_and_offsets_that_were_not_asked_for) {
	node->config.confidentiality = false;
	meet(1);
	puppet_distribute(&puppet, SUITE_GCM_AES_256, 1, 0, 0x55);
	puppet.pdu.distributed_sak.offset_code = 3;
	cr_assert_eq(puppet_say(&puppet, node), 0);
	cr_assert(node->sas[0].sak.confidentiality);
	cr_assert_eq(node->sas[0].sak.confidentiality_offset, 50);
}

/* The refused SAK must not hurt the one in use. */
Test(accept, goes_on_with_its_sak_when_the_next_is_refused) {
	struct ki ki;

	node->config.allowed_suites = BIT(SUITE_GCM_AES_XPN_256);
	meet(1);
	puppet_distribute(&puppet, SUITE_GCM_AES_XPN_256, 1, 0, 0x55);
	ki = puppet_ki(&puppet);
	puppet_use(&puppet, true, &ki, true, 1);
	puppet_say(&puppet, node);
	puppet_say(&puppet, node);
	cr_assert_eq(look()->state, MKA_SECURED);
	puppet_distribute(&puppet, SUITE_GCM_AES_128, 2, 0, 0x66); // and its very AN
	assert_refused("its cipher suite gcm-aes-128 is not allowed here");
	cr_assert_eq(view.state, MKA_SECURED);
	cr_assert(node->sas[0].is_valid && node->sas[0].is_transmit);
	puppet.pdu.distributed_sak = (struct mkpdu_distributed_sak){.is_plain = true};
	assert_refused("plain text is ordered, and not allowed here");
	cr_assert_eq(view.state, MKA_SECURED);
	cr_assert(node->sas[0].is_transmit);
	cr_assert_eq(view.obstacle[0], '\0');
}

static void secure_with_puppet(void) {
	struct ki ki;

	meet(1);
	puppet_distribute(&puppet, SUITE_GCM_AES_XPN_256, 1, 0, 0x55);
	ki = puppet_ki(&puppet);
	puppet_use(&puppet, true, &ki, true, 1);
	puppet_say(&puppet, node);
	puppet_say(&puppet, node);
	cr_assert_eq(look()->state, MKA_SECURED);
}

Test(accept, obeys_an_order_of_plain_text_where_that_is_allowed) {
	node->config.allows_plain = true;
	secure_with_puppet();
	puppet.pdu.seen[0] &= ~(1ull << SET_SAK_USE);
	puppet.pdu.distributed_sak = (struct mkpdu_distributed_sak){.is_plain = true};
	cr_assert_eq(puppet_say(&puppet, node), 0);
	cr_assert_eq(look()->state, MKA_PENDING);
	cr_assert(!view.latest.is_valid && !view.old.is_valid);
	cr_assert_null(model_transmit_sa(node));
	cr_assert_str_eq(view.obstacle, "key server 0200000000ee0001 orders plain text");
	live_on(20 * SECOND);
	cr_assert_eq(look()->state, MKA_PENDING);
	/* Until it thinks better of it: the next key number, for the old one is spent. */
	puppet_distribute(&puppet, SUITE_GCM_AES_XPN_256, 2, 1, 0x56);
	cr_assert_eq(puppet_say(&puppet, node), 0);
	cr_assert(look()->latest.is_valid);
	cr_assert_eq(view.obstacle[0], '\0');
}

/* Whoever is not key server, or does not name us, orders nothing. */
Test(accept, obeys_the_key_server_alone) {
	struct puppet other;

	node->config.allows_plain = true;
	secure_with_puppet();
	puppet_begin(&other, node, 0x0200000000ff0001, 50);
	other.pdu.distributed_sak.is_plain = true;
	mkpdu_mark(&other.pdu, SET_DISTRIBUTED_SAK);
	cr_assert_eq(puppet_say(&other, node), -EBADMSG);
	cr_assert_eq(look()->state, MKA_SECURED);
	puppet.pdu.distributed_sak.is_plain = true;
	puppet.is_silent_of_peer = true;
	cr_assert_eq(puppet_say(&puppet, node), 0);
	cr_assert_eq(look()->state, MKA_SECURED);
	puppet_end(&other);
}

Test(accept, forgets_the_order_of_a_key_server_that_left) {
	node->config.allows_plain = true;
	meet(1);
	mkpdu_mark(&puppet.pdu, SET_DISTRIBUTED_SAK);
	puppet.pdu.distributed_sak.is_plain = true;
	puppet_say(&puppet, node);
	cr_assert_neq(look()->obstacle[0], '\0');
	run_for(7 * SECOND);
	cr_assert_eq(look()->obstacle[0], '\0');
}

/* The key server's SSCI in the live list of MKA version 3. */
struct hint {
	enum cipher_suite suite;
	uint8_t ssci;
	unsigned int lines;
};

static const struct hint hints[] = {
	{SUITE_GCM_AES_XPN_256, 0, 0},   // not told
	{SUITE_GCM_AES_XPN_256, 1, 0},   // as here: the puppet has the greater SCI
	{SUITE_GCM_AES_XPN_256, 2, 1},   // otherwise
	{SUITE_GCM_AES_XPN_128, 255, 1}, // far off
	{SUITE_GCM_AES_256, 2, 0},       // of no meaning
};

Test(accept, says_once_when_the_key_server_counts_sscis_otherwise) {
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		meet(1);
		spy_on_node();
		puppet_distribute(&puppet, hints[i].suite, 1, 0, 0x55);
		puppet.pdu.live.key_server_ssci = hints[i].ssci;
		for (unsigned int said = 0; said < 5; said++)
			cr_assert_eq(puppet_say(&puppet, node), 0);
		cr_assert_eq(lines_with("calls its SSCI"), hints[i].lines, "%zu: %s", i, lines);
		if (suite_info(hints[i].suite)->is_xpn) {
			cr_assert_eq(node->sas[0].sak.peers[0].ssci, 1, "the computed ones stay");
			cr_assert_eq(node->sas[0].sak.own_ssci, 2);
		}
		puppet_distribute(&puppet, hints[i].suite, 2, 1, 0x56);
		puppet_say(&puppet, node);
		cr_assert_eq(lines_with("calls its SSCI"), 2 * hints[i].lines, "once for each SAK");
		puppet_end(&puppet);
		close_world();
		open_world();
	}
}
