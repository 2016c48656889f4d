/* SPDX-License-Identifier: BSD-3-Clause */
/* What the methods of the control socket say of links in every state. */
#include "control/server/rpc.h"
#include "tests/sim/world.h"
#include "tests/unit/fake_daemon.h"
#include "tests/unit/rpc_ask.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <errno.h>

static struct daemon *fake;

static void setup(void) {
	fake = fake_daemon_create(2);
}

static void teardown(void) {
	fake_daemon_destroy(fake);
}

TestSuite(methods, .init = setup, .fini = teardown);

Test(methods, writes_counters_of_64_bits_exactly) {
	fake_link_view(fake, 0)->protect.value[C_BURSTS] = UINT64_MAX;
	rpc_assert_answer(
		fake, RPC_REQUEST("counters.show"), "\"out-octets-encrypted\":9007199254740993,"
	);
	rpc_assert_answer(fake, RPC_REQUEST("counters.show"), "\"bursts\":18446744073709551615,");
	rpc_assert_answer(fake, RPC_REQUEST("sa.show"), "\"next-pn\":9007199254740993,");
}

Test(methods, lists_every_counter_of_both_lanes_and_a_signed_balance) {
	struct link_view *view = fake_link_view(fake, 0);
	view->protect.value[C_TX_FRAMES] += 9; // read later than what came in
	cJSON *answer = rpc_ask(fake, RPC_REQUEST_LINK("counters.show", "cloud"));
	const cJSON *links = cJSON_GetObjectItem(cJSON_GetObjectItem(answer, "result"), "links");
	const cJSON *link = cJSON_GetArrayItem(links, 0);
	const cJSON *balance = cJSON_GetObjectItem(link, "balance");
	const cJSON *protect = cJSON_GetObjectItem(balance, "protect");

	cr_assert_eq(cJSON_GetArraySize(links), 1);
	cr_assert_eq(cJSON_GetArraySize(cJSON_GetObjectItem(link, "protect")), COUNTER_COUNT);
	cr_assert_eq(cJSON_GetArraySize(cJSON_GetObjectItem(link, "validate")), COUNTER_COUNT);
	cr_assert_eq(cJSON_GetObjectItem(protect, "in")->valueint, 1007);
	cr_assert_eq(cJSON_GetObjectItem(protect, "in-flight")->valueint, -9);
	cJSON_Delete(answer);
}

#define REKEY RPC_REQUEST_LINK("link.rekey", "cloud")

Test(methods, rekeys_and_says_why_not) {
	rpc_assert_answer(fake, REKEY, "\"replaces\":\"a1b2c3d4e5f60708090a0b0c:2\"");
	cr_assert_eq(fake_link_rekeys(fake, 0), 1);
	fake_link_set_rekey(fake, 0, -EPERM);
	rpc_assert_message(fake, REKEY, RPC_REFUSED, "link cloud: the peer is key server");
	fake_link_set_rekey(fake, 0, -ENOTCONN);
	rpc_assert_message(fake, REKEY, RPC_REFUSED, "link cloud: no live peer");
	fake_link_set_rekey(fake, 0, -EIO);
	rpc_assert_message(fake, REKEY, RPC_INTERNAL, "link cloud: the rekey failed");
}

#define LINK_SHOW RPC_REQUEST("link.show")
#define CLOUD_SHOW RPC_REQUEST_LINK("link.show", "cloud")

Test(methods, link_show_says_what_is_wrong) {
	struct link_view *view = fake_link_view(fake, 0);

	rpc_assert_answer(
		fake, LINK_SHOW,
		"\"name\":\"cloud\",\"state\":\"secured\",\"state-for-s\":3725,"
		"\"problem\":null"
	);
	rpc_assert_answer(fake, LINK_SHOW, "\"problem\":\"no MKPDU heard from the line");
	view->host_is_up = false;
	rpc_assert_answer(fake, LINK_SHOW, "\"problem\":\"host port eth0 has no link");
	view->state = LINK_NEGOTIATING;
	rpc_assert_answer(
		fake, LINK_SHOW, "\"problem\":\"the peer has not yet taken our SAK into use"
	);
	view->mka.is_key_server = false;
	rpc_assert_answer(fake, LINK_SHOW, "\"problem\":\"key server 02000000000a0001 has not yet");
	view->mka.last_refusal_reason = MKA_REFUSED_SAK_REFUSED;
	rpc_assert_answer(fake, LINK_SHOW, "\"problem\":\"the SAK was refused: MKPDU from");
	view->mka.key_server_sci = 0;
	rpc_assert_answer(fake, LINK_SHOW, "\"problem\":\"no member may be key server");
	view->mka.peers[0].is_live = false;
	rpc_assert_answer(
		fake, LINK_SHOW, "\"problem\":\"peer 02000000000b0001 is heard but does not"
	);
	view->mka.n_peers = 0;
	rpc_assert_answer(fake, LINK_SHOW, "\"problem\":\"every MKPDU is refused: MKPDU from");
	view->mka.last_refusal_age_ns = MKA_LIFE_NS - 1;
	rpc_assert_answer(fake, CLOUD_SHOW, "\"problem\":\"every MKPDU is refused: MKPDU from");
	view->mka.last_refusal_age_ns = MKA_LIFE_NS;
	rpc_assert_answer(fake, CLOUD_SHOW, "\"problem\":\"no MKPDU heard from the line");
	view->line_is_up = false;
	rpc_assert_answer(fake, LINK_SHOW, "\"problem\":\"line port eth1 has no link");
}

Test(methods, names_members_as_the_configuration_does) {
	rpc_assert_answer(fake, LINK_SHOW, "\"encryption\":true,\"confidentiality-offset\":0,");
	rpc_assert_answer(
		fake, RPC_REQUEST("sa.show"), "\"encryption\":true,\"confidentiality-offset\":0,"
	);
}

static void assert_problem(const struct node *node, const char *part) {
	struct link_view *view = fake_link_view(fake, 0);

	view->state = LINK_NEGOTIATING;
	mka_view(node->kay, node->world->now_ns, &view->mka);
	rpc_assert_answer(fake, CLOUD_SHOW, part);
}

/* What was refused long ago does not explain why nobody is there now. */
Test(methods, a_refusal_of_long_ago_is_no_problem_of_today) {
	static const uint8_t eapol_start[60] = {0x01, 0x80, 0xc2, 0,    0,    0x03, 0x02, 0,
						0,    0,    0,    0x99, 0x88, 0x8e, 3,    1};
	struct world world;
	struct node *ours, *peer;

	world_init(&world, 7);
	ours = world_add(&world, 16, SUITE_GCM_AES_XPN_256);
	peer = world_add(&world, 16, SUITE_GCM_AES_XPN_256);
	node_start(ours);
	assert_problem(ours, "\"problem\":\"no MKPDU heard from the line");
	cr_assert_eq(node_deliver(ours, eapol_start, sizeof(eapol_start)), -EBADMSG);
	assert_problem(ours, "\"problem\":\"every MKPDU is refused: MKPDU refused: an EAPOL frame");
	node_start(peer);
	world_run(&world, world.now_ns + 60 * SECOND, NULL);
	node_stop(peer);
	world_run(&world, world.now_ns + 10 * SECOND, NULL);
	assert_problem(ours, "\"problem\":\"no MKPDU heard from the line");
	world_free(&world);
}

/* Nor is a SAK that was refused once the reason for every later wait. */
Test(methods, a_sak_is_called_refused_only_while_it_is) {
	struct world world;
	struct node *ours, *server;

	world_init(&world, 7);
	server = world_add(&world, 16, SUITE_GCM_AES_XPN_256);
	ours = world_add(&world, 17, SUITE_GCM_AES_XPN_256);
	ours->install_error = -ENOMEM;
	node_start(server);
	node_start(ours);
	world_run(&world, world.now_ns + 100 * MS, NULL);
	assert_problem(ours, "\"problem\":\"the SAK was refused: MKPDU from");
	cr_assert_eq(node_deliver(ours, (const uint8_t[14]){0}, 14), -EBADMSG);
	assert_problem(ours, "\"problem\":\"key server 0200000000");
	world_free(&world);
}

Test(methods, absent_values_are_null) {
	rpc_assert_answer(
		fake, LINK_SHOW, "\"peer-scis\":[],\"key-server\":null,\"secured-after-ms\":null"
	);
	rpc_assert_answer(fake, LINK_SHOW, "\"speed-mbps\":null,\"numa-node\":null");
	rpc_assert_answer(
		fake, RPC_REQUEST_LINK("mka.show", "lab"),
		"\"peers\":[],\"latest-sak\":null,\"old-sak\":null"
	);
	fake_link_view(fake, 0)->sas[0].suite = SUITE_GCM_AES_128;
	rpc_assert_answer(fake, RPC_REQUEST("sa.show"), "\"ssci\":null");
}

Test(methods, shape_does_not_depend_on_the_number_of_links) {
	fake_daemon_destroy(fake);
	fake = fake_daemon_create(0);
	rpc_assert_answer(fake, LINK_SHOW, "\"result\":{\"links\":[]}");
	rpc_assert_message(fake, REKEY, RPC_INVALID_PARAMS, "there are no links");
	fake_daemon_destroy(fake);
	fake = fake_daemon_create(20);
	rpc_assert_message(
		fake, RPC_REQUEST_LINK("mka.show", "x"), RPC_INVALID_PARAMS, "link7, … (20)"
	);
}
