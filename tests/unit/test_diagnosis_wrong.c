/* SPDX-License-Identifier: BSD-3-Clause */
/* What the doctor says of links that are not secured, from views made by hand. */
#include "tests/unit/diagnosis_bench.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

TestSuite(diagnosis_wrong, .init = diagnosis_begin, .fini = diagnosis_end);

/* What keeps a link from being secured: in the order of a person at the rack, from the last thing
 * that is looked at to the first. */

static void server_is_slow(void) {
	view->state = LINK_NEGOTIATING;
	view->mka.is_key_server = false;
	view->mka.key_server_sci = 0x02000000000b0001;
}

static void peer_is_slow(void) {
	view->mka.is_key_server = true;
	view->mka.key_server_sci = view->sci;
}

static void no_sak_is_made(void) {
	view->mka.latest.is_valid = false;
}

static void clear_frames_are_refused(void) {
	view->state = LINK_CLEAR;
}

static void sak_is_refused(void) {
	refuse(MKA_REFUSED_SAK_REFUSED, "MKPDU refused: a SAK of a suite that is not allowed");
}

static void suites_differ(void) {
	snprintf(
		view->mka.obstacle, sizeof(view->mka.obstacle),
		"peer 02000000000b0001: offers gcm-aes-128 only, allowed here is gcm-aes-256"
	);
}

static void nobody_serves(void) {
	view->mka.is_key_server = false;
	view->mka.key_server_sci = 0;
	view->mka.key_server_priority = 255;
	view->mka.peers[0].key_server_priority = view->mka.peers[1].key_server_priority = 255;
}

static void neither_may_choose(void) {
	view->mka.participants[0].is_principal = false;
	view->mka.participants[0].use = MKA_USE_ACCEPT;
}

static void peers_do_not_hear_us(void) {
	view->mka.peers[0].is_live = view->mka.peers[1].is_live = false;
	view->mka.sent = 20;
}

static void cak_differs(void) {
	view->mka.n_peers = 0;
	refuse(MKA_REFUSED_ICV, "MKPDU refused: ICV does not verify under CKN DEADBEEF");
}

static void ckn_differs(void) {
	refuse(MKA_REFUSED_CKN_UNKNOWN, "MKPDU refused: peer offers CKN BB02, configured is AA01");
}

static void group_differs(void) {
	refuse(MKA_REFUSED_NOT_GROUP, "MKPDU refused: it is sent to 01:80:c2:00:00:0e");
}

static void line_loops(void) {
	refuse(MKA_REFUSED_OWN_SCI, "MKPDU refused: the sender uses our own SCI");
}

static void nobody_speaks(void) {
	forget_refusals();
	view->validate.value[C_RX_FRAMES] = 3;
	view->validate.value[C_PUNTED] = 1;
	config->eapol_destination[5] = 0x0e;
}

static void chain_has_not_begun(void) {
	view->mka.n_participants = 0;
}

static void key_file_is_gone(void) {
	view->keys.unusable = &config->primary;
}

static const struct finding unsecured[] = {
	{server_is_slow, DIAGNOSIS_WRONG,
	 "key server 02000000000b0001 has not yet distributed a SAK", "it is live",
	 "the log of the key server"},
	{peer_is_slow, DIAGNOSIS_WRONG, "the peer has not yet taken our SAK into use",
	 "distributed 61 s ago with AN 1", "the log of the peer"},
	{no_sak_is_made, DIAGNOSIS_WRONG, "the peer has not yet taken our SAK into use",
	 "2 SAKs distributed so far", "the log of the peer"},
	{clear_frames_are_refused, DIAGNOSIS_WRONG,
	 "traffic leaves in clear, and peer 02000000000b0001 takes no unprotected frames",
	 "should-secure", "must-secure"},
	{sak_is_refused, DIAGNOSIS_WRONG, "the SAK was refused: MKPDU refused: a SAK of a suite",
	 "14 times, the last 2 s ago", "allowed-suites"},
	{suites_differ, DIAGNOSIS_WRONG, "offers gcm-aes-128 only, allowed here is gcm-aes-256",
	 "MKA version 3 and wants MACsec", "make cipher-suite, allowed-suites and encryption"},
	{peer_wants_no_macsec, DIAGNOSIS_WRONG, "does not want MACsec", "does not want MACsec",
	 "turn MACsec on at that peer"},
	{nobody_serves, DIAGNOSIS_WRONG, "no member may be key server",
	 "our key-server-priority is 255, peer 02000000000b0001 has 255", "below 255"},
	{neither_may_choose, DIAGNOSIS_WRONG, "CKN DEADBEEF is only accepted now",
	 "peer 02000000000b0001 is live under it", "clocks of both ends"},
	{peers_do_not_hear_us, DIAGNOSIS_WRONG,
	 "peer 02000000000b0001 is heard but does not answer us", "none of the 20 MKPDUs",
	 "what keeps our MKPDUs from it"},
	{cak_differs, DIAGNOSIS_WRONG, "every MKPDU is refused: MKPDU refused: ICV does not verify",
	 "14 refused for this reason (icv), the last 2 s ago", "write the same key"},
	{ckn_differs, DIAGNOSIS_WRONG,
	 "every MKPDU is refused: MKPDU refused: peer offers CKN BB02, configured is AA01",
	 "(ckn-unknown)", "the same ckn at both ends"},
	{group_differs, DIAGNOSIS_WRONG, "it is sent to 01:80:c2:00:00:0e", "(not-group)",
	 "eapol-destination"},
	{line_loops, DIAGNOSIS_WRONG, "uses our own SCI", "(own-sci)", "loop"},
	{nobody_speaks, DIAGNOSIS_WRONG, "no MKPDU heard from the line",
	 "20 MKPDUs sent; since the start the line brought 3 frames, 1 of them EAPOL",
	 "EtherType 88-8E to 01:80:c2:00:00:0e"},
	{chain_has_not_begun, DIAGNOSIS_WRONG, "there is no CAK to be used now",
	 "CKN CC03, is accepted from 2026-12-01T00:00:00Z on", "clock"},
	{chain_has_ended, DIAGNOSIS_WRONG, "there is no CAK to be used now",
	 "past its accept-until", "add a CAK to the key-chain"},
	{key_file_is_gone, DIAGNOSIS_WRONG, "CKN DEADBEEF is needed now, and its key cannot be had",
	 "the log names the file", "key file"},
	{cable_is_out, DIAGNOSIS_WRONG, "line port eth1 has no link", "no carrier", "cable"},
};

Test(diagnosis_wrong, says_why_a_link_is_not_secured) {
	forget_refusals();
	assert_all(unsecured, sizeof(unsecured) / sizeof(unsecured[0]));
}

static void server_waits(void) {
	view->state = LINK_NEGOTIATING;
	view->mka.is_key_server = false;
	view->mka.key_server_sci = 0x02000000000b0001;
	view->mka.latest.transmits = false;
}

static void election_is_pending(void) {
	view->mka.key_server_sci = 0;
}

/* One member of several has 255: it is no finding. */
static void one_of_two_may_not_serve(void) {
	view->mka.key_server_priority = 255;
	view->mka.peers[0].key_server_priority = 255;
}

static void we_alone_may_serve(void) {
	view->mka.key_server_priority = 0;
	view->mka.peers[1].key_server_priority = 255;
}

static void the_other_died(void) {
	view->mka.key_server_priority = 255;
	view->mka.peers[0].key_server_priority = view->mka.peers[1].key_server_priority = 255;
	view->mka.peers[1].is_live = false;
	view->mka.peers[1].key_server_priority = 16;
}

static void a_key_cannot_be_read(void) {
	view->keys.unusable = &config->primary;
}

static const struct finding elections[] = {
	{server_waits, DIAGNOSIS_WRONG,
	 "the SAK of key server 02000000000b0001 waits for it to transmit",
	 "distributed 61 s ago with AN 1", "the log of the key server"},
	{election_is_pending, DIAGNOSIS_WRONG, "no key server is elected yet",
	 "our key-server-priority is 16", "the logs of both ends"},
	{one_of_two_may_not_serve, DIAGNOSIS_WRONG, "no key server is elected yet",
	 "our key-server-priority is 255", "the logs of both ends"},
	{we_alone_may_serve, DIAGNOSIS_WRONG, "no key server is elected yet",
	 "our key-server-priority is 0", "the logs of both ends"},
	{the_other_died, DIAGNOSIS_WRONG, "no member may be key server",
	 "our key-server-priority is 255, peer 02000000000b0001 has 255", "below 255"},
	/* Participants that have no peer do not hide the one that could not begin. */
	{a_key_cannot_be_read, DIAGNOSIS_WRONG,
	 "CKN DEADBEEF is needed now, and its key cannot be had", "the log names the file",
	 "key file"},
};

Test(diagnosis_wrong, says_how_far_the_key_server_is) {
	forget_refusals();
	assert_all(elections, sizeof(elections) / sizeof(elections[0]));
}

/* The peer restarted without its keys: what is sent under the last SAK is lost there. */
static void a_peer_is_back_without_keys(void) {
	view->state = LINK_KEPT;
	view->state_for_ns = MKA_LIFE_NS + 1;
}

Test(diagnosis_wrong, a_kept_key_is_no_use_to_a_peer_that_came_back) {
	static const struct finding kept = {
		a_peer_is_back_without_keys, DIAGNOSIS_WRONG,
		"the peer has not yet taken our SAK into use", "no live peer reports", "the log"};

	forget_refusals();
	assert_all(&kept, 1);
}

/* The CKN that is unknown may be one of the chain, in its time at the other end only. */
Test(diagnosis_wrong, an_unknown_ckn_beside_a_chain_may_be_a_matter_of_clocks) {
	static const struct finding chain = {
		ckn_differs, DIAGNOSIS_WRONG, "offers CKN BB02", "(ckn-unknown)",
		"compare the clocks and times of both ends"};
	struct diagnosis diagnosis;

	view->state = LINK_NEGOTIATING;
	view->mka.n_peers = 0;
	view->keys.has_chain = true;
	assert_all(&chain, 1);
	view->keys.has_chain = false;
	diagnosis_make(view, &diagnosis);
	cr_assert_null(strstr(diagnosis.fix, "clock"));
}

/* Every reason for a refusal has a fix. */
Test(diagnosis_wrong, knows_what_to_do_about_every_refusal) {
	view->state = LINK_NEGOTIATING;
	view->mka.n_peers = 0;
	for (int i = 0; i < MKA_REFUSALS_COUNT; i++) {
		refuse((enum mka_refusal)i, "MKPDU refused");
		const struct finding refused = {
			nothing, DIAGNOSIS_WRONG, "every MKPDU is refused",
			mka_refusal_word((enum mka_refusal)i), " "};
		assert_found(&refused);
	}
}

/* The greatest texts that a view can hold are cut, not overrun. */
Test(diagnosis_wrong, holds_the_longest_texts) {
	struct diagnosis diagnosis;
	char sentence[DIAGNOSIS_SENTENCE_OCTETS];

	memset(view->mka.last_refusal, 'x', sizeof(view->mka.last_refusal) - 1);
	memset(view->mka.obstacle, 'y', sizeof(view->mka.obstacle) - 1);
	memset(config->line, 'z', sizeof(config->line) - 1);
	view->state = LINK_NEGOTIATING;
	view->mka.n_peers = 0;
	view->mka.last_refusal_reason = MKA_REFUSED_OWN_SCI;
	for (int i = 0; i < 2; i++) {
		diagnosis_make(view, &diagnosis);
		diagnosis_sentence(&diagnosis, sentence, sizeof(sentence));
		cr_assert_eq(
			strlen(sentence), strlen(diagnosis.finding) + 2 + strlen(diagnosis.fix)
		);
		view->line_is_up = false;
	}
}
