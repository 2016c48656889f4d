/* SPDX-License-Identifier: BSD-3-Clause */
/* What the methods of the control socket say of links in every state. */
#include "control/server/rpc.h"
#include "tests/sim/world.h"
#include "tests/unit/fake_daemon.h"
#include "tests/unit/rpc_ask.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>

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
	struct mka_view *mka = &fake_link_view(fake, 0)->mka;

	rpc_assert_answer(fake, REKEY, "\"replaces\":\"a1b2c3d4e5f60708090a0b0c:2\"");
	cr_assert_eq(fake_link_rekeys(fake, 0), 1);
	fake_link_set_rekey(fake, 0, -EPERM);
	rpc_assert_message(fake, REKEY, RPC_REFUSED, "link cloud: the peer is key server");
	fake_link_set_rekey(fake, 0, -ENOTCONN);
	rpc_assert_message(
		fake, REKEY, RPC_REFUSED, "link cloud: no CAK is agreed: a peer is live"
	);
	snprintf(mka->obstacle, sizeof(mka->obstacle), "peer 1: does not want MACsec");
	rpc_assert_message(
		fake, REKEY, RPC_REFUSED, "link cloud: no CAK is agreed: peer 1: does not want"
	);
	mka->peers[0].is_live = mka->peers[1].is_live = false;
	rpc_assert_message(fake, REKEY, RPC_REFUSED, "link cloud: no live peer");
	fake_link_set_rekey(fake, 0, -EIO);
	rpc_assert_message(fake, REKEY, RPC_INTERNAL, "link cloud: the rekey failed");
}

#define SUSPEND(seconds)                                                                  \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"link.suspend\",\"params\":{\"link\":" \
	"\"cloud\","                                                                      \
	"\"seconds\":" seconds "}}"

Test(methods, suspends_and_says_why_not) {
	struct mka_view *mka = &fake_link_view(fake, 0)->mka;

	rpc_assert_answer(fake, SUSPEND("120"), "\"result\":{\"link\":\"cloud\",\"seconds\":120}");
	cr_assert_eq(fake_link_suspended_s(fake, 0), 120);
	fake_link_set_suspend(fake, 0, -EPERM);
	mka->key_server_sci = 0x02000000000b0001;
	rpc_assert_message(
		fake, SUSPEND("1"), RPC_REFUSED,
		"link cloud: the peer 02000000000b0001 is key server; only the key server can "
		"announce an upgrade"
	);
	mka->key_server_sci = 0;
	rpc_assert_message(fake, SUSPEND("1"), RPC_REFUSED, "link cloud: no member is key server");
	fake_link_set_suspend(fake, 0, -ENOTCONN);
	rpc_assert_message(fake, SUSPEND("1"), RPC_REFUSED, "link cloud: no CAK is agreed");
	mka->n_peers = 0;
	rpc_assert_message(fake, SUSPEND("1"), RPC_REFUSED, "link cloud: no live peer");
	fake_link_set_suspend(fake, 0, -EIO);
	rpc_assert_message(fake, SUSPEND("1"), RPC_INTERNAL, "link cloud: the suspension failed");
}

/* Of the peers the one that is too old is named, not the first one. */
Test(methods, suspend_names_the_peer_that_knows_no_suspension) {
	struct mka_view *mka = &fake_link_view(fake, 0)->mka;

	fake_link_set_suspend(fake, 0, -EOPNOTSUPP);
	mka->peers[1].sci = 0x02000000000c0001;
	mka->peers[1].mka_version = 1;
	mka->peers[2] = mka->peers[1];
	mka->peers[2].sci = 0x02000000000d0001;
	mka->peers[2].mka_version = 0;
	mka->peers[2].is_live = false;
	mka->n_peers = 3;
	rpc_assert_message(
		fake, SUSPEND("60"), RPC_REFUSED,
		"link cloud: peer 02000000000c0001 speaks MKA version 1, which knows no "
		"suspension: "
		"it gives us up 6 s"
	);
}

Test(methods, suspend_takes_whole_seconds_within_the_standard) {
	static const char *const wrong[] = {
		SUSPEND("0"),
		SUSPEND("121"),
		SUSPEND("-1"),
		SUSPEND("1.5"),
		SUSPEND("1e300"),
		SUSPEND("null"),
		SUSPEND("\"7\""),
		SUSPEND("4294967297"),
		SUSPEND("1,\"seconds\":2"),
		RPC_REQUEST("link.suspend"),
		RPC_REQUEST_LINK("link.suspend", "cloud"),
		RPC_REQUEST_LINK("link.suspend", "no"),
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"link.suspend\",\"params\":{\"seconds\":"
		"1}}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"link.rekey\",\"params\":{\"link\":"
		"\"cloud\","
		"\"seconds\":1}}",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		cr_assert_eq(rpc_ask_code(fake, wrong[i]), RPC_INVALID_PARAMS, "%s", wrong[i]);
	cr_assert_eq(fake_link_suspended_s(fake, 0), 0);
	rpc_assert_message(
		fake, SUSPEND("1,\"x\":1"), RPC_INVALID_PARAMS, "takes \"link\" and \"seconds\""
	);
}

#define LINK_SHOW RPC_REQUEST("link.show")
#define CLOUD_SHOW RPC_REQUEST_LINK("link.show", "cloud")

/* The sentence is the doctor's finding and fix; test_diagnosis_*.c have all of them. */
Test(methods, link_show_says_what_is_wrong) {
	struct link_view *view = fake_link_view(fake, 0);

	rpc_assert_answer(
		fake, CLOUD_SHOW,
		"\"name\":\"cloud\",\"state\":\"secured\",\"state-for-s\":3725,\"verdict\":\"ok\","
		"\"problem\":null"
	);
	view->mka.participants[0].is_principal = false;
	view->mka.participants[0].n_live = 0;
	view->mka.participants[1].is_principal = true;
	view->mka.principal = 1;
	rpc_assert_answer(
		fake, CLOUD_SHOW,
		"\"verdict\":\"warning\",\"problem\":\"running on the fallback CKN FB01: CKN "
		"DEADBEEF "
		"is not agreed: write the same key for that CKN at both ends\""
	);
	view->line_is_up = false;
	rpc_assert_answer(
		fake, CLOUD_SHOW,
		"\"verdict\":\"wrong\",\"problem\":\"line port eth1 has no link: check the cable "
		"and "
		"the far end\""
	);
	rpc_assert_answer(
		fake, RPC_REQUEST_LINK("link.show", "lab"),
		"\"verdict\":\"wrong\",\"problem\":\"no MKPDU heard from the line: "
	);
}

Test(methods, doctor_show_gives_finding_evidence_and_fix) {
	rpc_assert_answer(
		fake, RPC_REQUEST("doctor.show"),
		"{\"links\":[{\"name\":\"cloud\",\"verdict\":\"ok\",\"finding\":\"secured under "
		"CKN "
		"DEADBEEF with 1 live peer(s)\",\"evidence\":\"gcm-aes-xpn-256; key server "
		"02000000000a0001 (we); key in use for 61 s\",\"fix\":null},{\"name\":\"lab\","
		"\"verdict\":\"wrong\",\"finding\":\"no MKPDU heard from the line\","
	);
	fake_link_view(fake, 0)->host_is_up = false;
	rpc_assert_answer(
		fake, RPC_REQUEST_LINK("doctor.show", "cloud"),
		"{\"links\":[{\"name\":\"cloud\",\"verdict\":\"wrong\",\"finding\":\"host port "
		"eth0 "
		"has no link\",\"evidence\":\"the port reports no carrier\",\"fix\":\"check the "
		"cable "
	);
}

Test(methods, mka_show_tells_participants_and_what_peers_can_do) {
	struct link_view *view = fake_link_view(fake, 0);

	rpc_assert_answer(
		fake, RPC_REQUEST_LINK("mka.show", "cloud"),
		"\"participants\":[{\"ckn\":\"deadbeef\",\"role\":\"primary\",\"use\":\"send\","
		"\"principal\":true,\"mi\":\"0102030405060708090a0b0c\",\"mn\":7,\"key-server\":"
		"true,"
		"\"key-server-sci\":\"02000000000a0001\",\"live\":1,\"potential\":0,\"received\":3,"
		"\"suspended-for-s\":0},{\"ckn\":\"fb01\",\"role\":\"fallback\",\"use\":\"send\","
		"\"principal\":false,"
	);
	rpc_assert_answer(
		fake, RPC_REQUEST_LINK("mka.show", "cloud"),
		"\"desires-macsec\":true,\"capability\":\"confidentiality-0-30-50\","
		"\"announced-suites\":[\"gcm-aes-256\",\"gcm-aes-xpn-256\"],\"plain-tx\":false,"
	);
	view->mka.participants[0].ckn_octets = 3; // no more the name of the primary
	view->mka.participants[0].use = MKA_USE_ACCEPT;
	view->mka.participants[0].suspended_for_ns = 1999999999;
	view->mka.peers[0].capability = MKA_CAP_INTEGRITY;
	view->mka.peers[0].suites = 0;
	snprintf(view->mka.obstacle, sizeof(view->mka.obstacle), "peer x: does not want MACsec");
	rpc_assert_answer(
		fake, RPC_REQUEST_LINK("mka.show", "cloud"),
		"{\"ckn\":\"deadbe\",\"role\":\"former\",\"use\":\"accept\","
	);
	rpc_assert_answer(fake, RPC_REQUEST_LINK("mka.show", "cloud"), "\"suspended-for-s\":1},");
	rpc_assert_answer(
		fake, RPC_REQUEST_LINK("mka.show", "cloud"),
		"\"capability\":\"integrity\",\"announced-suites\":[],"
	);
	rpc_assert_answer(
		fake, RPC_REQUEST_LINK("mka.show", "cloud"),
		"\"obstacle\":\"peer x: does not want MACsec\","
	);
}

/* A padded CKN is the primary's all the same. */
Test(methods, mka_show_knows_the_primary_by_its_name_on_the_wire) {
	struct link_view *view = fake_link_view(fake, 0);

	((struct config_link *)view->config)->pad_ckn = true;
	rpc_assert_answer(
		fake, RPC_REQUEST_LINK("mka.show", "cloud"), "\"deadbeef\",\"role\":\"former\","
	);
	view->mka.participants[0].ckn_octets = 32;
	rpc_assert_answer(
		fake, RPC_REQUEST_LINK("mka.show", "cloud"), "000000\",\"role\":\"primary\","
	);
}

Test(methods, link_show_tells_what_the_key_chain_does_next) {
	struct link_view *view = fake_link_view(fake, 0);

	rpc_assert_answer(
		fake, CLOUD_SHOW,
		"\"unusable-ckn\":null,\"awaited-ckn\":null,\"former-ckn\":null,\"key-chain\":{"
		"\"next-change\":\"2026-12-01T00:00:00Z\","
		"\"next-change-in-s\":3600,\"next-ckn\":\"cc03\",\"next-use\":\"send\",\"over\":"
		"false,"
		"\"clock-step-s\":0}"
	);
	view->keys.unusable = view->keys.next;
	view->keys.next = NULL;
	view->keys.is_over = true;
	view->keys.clock_step_s = -86400;
	rpc_assert_answer(
		fake, CLOUD_SHOW,
		"\"unusable-ckn\":\"cc03\",\"awaited-ckn\":null,\"former-ckn\":null,\"key-chain\":{"
		"\"next-change\":null,"
		"\"next-change-in-s\":null,\"next-ckn\":null,\"next-use\":null,\"over\":true,"
		"\"clock-step-s\":-86400}"
	);
	rpc_assert_answer(fake, RPC_REQUEST_LINK("link.show", "lab"), "\"key-chain\":null");
}

/* Live with two CAKs, it is one peer. */
Test(methods, link_show_names_each_peer_once) {
	struct link_view *view = fake_link_view(fake, 0);

	rpc_assert_answer(fake, CLOUD_SHOW, "\"peer-scis\":[\"02000000000b0001\"],");
	view->mka.peers[1].sci++;
	rpc_assert_answer(
		fake, CLOUD_SHOW, "\"peer-scis\":[\"02000000000b0001\",\"02000000000b0002\"],"
	);
	view->mka.peers[0].is_live = false;
	view->mka.peers[1].sci--;
	rpc_assert_answer(fake, CLOUD_SHOW, "\"peer-scis\":[\"02000000000b0001\"],");
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

Test(methods, keys_show_tells_what_the_agent_knows_and_no_key) {
	rpc_assert_answer(
		fake, RPC_REQUEST("keys.show"),
		"{\"agent\":{\"alive\":true,\"pid\":4711,\"restarts\":1},\"keys\":[{\"service\":"
		"\"prod\",\"kind\":\"hpcs\",\"key\":\"cak-1\",\"key-ring\":null,\"crn\":null,"
		"\"had\":true,\"state\":\"warning\",\"problem\":\"something is wrong; do "
		"something\",\"http-status\":200,\"expires-at\":\"2027-01-01T00:00:00Z\","
		"\"tried-again-in-s\":41},{"
	);
}

Test(methods, daemon_reload_says_why_not) {
	rpc_assert_answer(
		fake, RPC_REQUEST("daemon.reload"), "{\"config\":\"/etc/macsecd/macsecd.yaml\"}"
	);
	cr_assert_eq(fake_daemon_reloads(fake), 1);
	fake_daemon_set_reload(fake, -EBUSY);
	rpc_assert_message(
		fake, RPC_REQUEST("daemon.reload"), RPC_REFUSED, "'mtu' of link lab differs"
	);
}
