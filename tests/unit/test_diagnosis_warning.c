/* SPDX-License-Identifier: BSD-3-Clause */
/* What the doctor says of links that carry traffic while not all is as configured. */
#include "tests/unit/diagnosis_bench.h"

#include <criterion/criterion.h>

#include <stdio.h>

TestSuite(diagnosis_warning, .init = diagnosis_begin, .fini = diagnosis_end);

static void frames_come_late(void) {
	view->validate.value[C_IN_PKTS_LATE] = 10;
}

static void keys_are_not_ours(void) {
	view->validate.value[C_IN_PKTS_NO_SA_ERROR] = 10;
}

static void frames_do_not_verify(void) {
	view->validate.value[C_IN_PKTS_NOT_VALID] = 2;
}

static void hellos_are_not_bounded(void) {
	config->delay_protect = true;
}

static void clock_jumps(void) {
	view->keys.clock_step_s = -3600;
}

static void fallback_is_unknown_there(void) {
	view->mka.participants[1].n_live = 0;
}

static void fallback_has_another_key(void) {
	refuse(MKA_REFUSED_ICV, "MKPDU refused: ICV does not verify under CKN FB01");
}

static void use_fallback(void) {
	view->mka.participants[0].n_live = 0;
	view->mka.participants[0].is_principal = false;
	view->mka.participants[1].n_live = 1;
	view->mka.participants[1].is_principal = true;
	view->mka.principal = 1;
}

static void primary_is_not_heard(void) {
	forget_refusals();
}

static void primary_does_not_answer(void) {
	view->mka.participants[0].n_potential = 1;
}

static void primary_comes_to_no_sak(void) {
	view->mka.participants[0].n_live = 1;
}

static void only_the_fallback_is_left(void) {
	view->mka.participants[0] = view->mka.participants[1];
	view->mka.n_participants = 1;
	view->mka.principal = 0;
}

static void numbers_run_low(void) {
	view->sas[0].frames_left = UINT64_MAX / 8 - 1;
}

static void server_is_upgraded(void) {
	view->mka.participants[0].suspended_for_ns = 59 * SECOND_NS;
}

static void peer_is_gone(void) {
	view->state = LINK_KEPT;
	view->state_for_ns = 7 * SECOND_NS;
	view->mka.participants[0].suspended_for_ns = 0;
	view->mka.participants[0].n_live = 0;
	view->mka.peers[0].is_live = view->mka.peers[1].is_live = false;
	forget_refusals();
}

static void peer_comes_back(void) {
	view->state_for_ns = MKA_LIFE_NS;
	view->mka.peers[0].is_live = true;
	view->mka.participants[0].n_live = 1;
}

static void no_cak_is_left(void) {
	view->mka.n_participants = view->mka.n_peers = 0;
}

static void one_takes_no_sak(void) {
	view->mka.peers[1] = view->mka.peers[0];
	view->mka.peers[1].sci++;
	view->mka.peers[1].receives_ours = false;
}

static void nobody_takes_the_sak(void) {
	view->mka.peers[0].receives_ours = false;
}

static const struct finding sak[] = {
	{one_takes_no_sak, DIAGNOSIS_WARNING, "peer 02000000000b0002 does not take the SAK",
	 "of 2 live peers 1 report", "cipher suite"},
	{nobody_takes_the_sak, DIAGNOSIS_WRONG,
	 "peer 02000000000b0001 does not take our SAK: no frame crosses",
	 "KN 2 and AN 1 is 61 s old; of 2 live peers 0 report", "cipher suite"},
};

Test(diagnosis_warning, knows_who_takes_no_sak) {
	assert_all(sak, sizeof(sak) / sizeof(sak[0]));
}

static void sak_is_fresh(void) {
	view->mka.latest.age_ns = MKA_LIFE_NS - 1;
}

static void sak_is_of_another_ca(void) {
	view->mka.latest.age_ns = MKA_LIFE_NS;
	view->mka.latest.ckn[0] ^= 1;
}

static void peers_want_no_macsec(void) {
	view->mka.latest.ckn[0] ^= 1;
	view->mka.peers[0].desires_macsec = view->mka.peers[1].desires_macsec = false;
}

Test(diagnosis_warning, expects_no_report_too_early_and_of_nobody_else) {
	one_takes_no_sak();
	nobody_takes_the_sak();
	assert_well(sak_is_fresh);
	assert_well(sak_is_of_another_ca);
	assert_well(peers_want_no_macsec);
}

static void numbers_are_used_up(void) {
	view->sas[0].frames_left = 0;
}

static void host_is_down(void) {
	view->host_is_up = false;
}

static const struct finding secured[] = {
	{frames_come_late, DIAGNOSIS_WARNING, "later than the replay window",
	 "10 of the 2000 frames that came from the line in the last 45 s (in-pkts-late)",
	 "raise replay-window"},
	{keys_are_not_ours, DIAGNOSIS_WARNING, "use keys that we do not hold",
	 "10 of the 2000 frames", "no member"},
	{frames_do_not_verify, DIAGNOSIS_WARNING, "do not verify", "2 of the 2000 frames",
	 "alters frames"},
	{hellos_are_not_bounded, DIAGNOSIS_WARNING,
	 "delay protection is on here, but peer 02000000000b0001 does not bound its hellos",
	 "SAK Use", "at the peer too"},
	{clock_jumps, DIAGNOSIS_WARNING, "the clock of this machine jumped by -3600 s",
	 "goes on by the former time", "NTP"},
	{peer_wants_no_macsec, DIAGNOSIS_WARNING, "does not want MACsec", "both ends can do",
	 "turn MACsec on"},
	{fallback_is_unknown_there, DIAGNOSIS_WARNING,
	 "fallback CKN FB01 is agreed with 0 of 1 peers: it would not take over",
	 "nobody is heard under CKN FB01", "configure that CAK at the peer too"},
	{fallback_has_another_key, DIAGNOSIS_WARNING, "fallback CKN FB01 is agreed with 0 of 1",
	 "ICV does not verify under CKN FB01", "write the same key"},
	{use_fallback, DIAGNOSIS_WARNING,
	 "running on the fallback CKN FB01: CKN DEADBEEF is not agreed",
	 "ICV does not verify under CKN FB01", "write the same key"},
	{primary_is_not_heard, DIAGNOSIS_WARNING, "running on the fallback CKN FB01",
	 "nobody is heard under CKN DEADBEEF", "configure that CAK"},
	{primary_does_not_answer, DIAGNOSIS_WARNING, "running on the fallback CKN FB01",
	 "a peer is heard under CKN DEADBEEF but does not answer us", "what keeps our MKPDUs"},
	{primary_comes_to_no_sak, DIAGNOSIS_WARNING, "running on the fallback CKN FB01",
	 "its 1 live peer(s) come to no SAK", "the logs of both ends"},
	{only_the_fallback_is_left, DIAGNOSIS_WARNING,
	 "running on the fallback CKN FB01: it is the only CAK that may be chosen now",
	 "no CAK of the key chain is in its time", "times of the key chain"},
	{numbers_run_low, DIAGNOSIS_WARNING, "runs out of packet numbers",
	 "2305843009213693950 frames are left of AN 1", "rekey"},
	{server_is_upgraded, DIAGNOSIS_WARNING,
	 "key server 02000000000a0001 (we) has announced its upgrade", "another 59 s",
	 "restart macsecd now"},
	{peer_is_gone, DIAGNOSIS_WARNING,
	 "no peer is live any more; the last key goes on carrying traffic",
	 "for 7 s; nobody is heard under CKN FB01", "MKA runs there"},
	{peer_comes_back, DIAGNOSIS_WARNING,
	 "a peer is back and no fresh key is agreed yet; the last key goes on carrying traffic",
	 "for 6 s", "logs of both ends"},
	{chain_has_ended, DIAGNOSIS_WARNING, "every CAK of the key chain is past its accept-until",
	 "runs under CKN DEADBEEF", "add a CAK"},
	{no_cak_is_left, DIAGNOSIS_WARNING, "every CAK of the key chain is past its accept-until",
	 "no CAK is left", "add a CAK"},
	{numbers_are_used_up, DIAGNOSIS_WRONG, "no packet numbers left", "AN 1, gcm-aes-xpn-256",
	 "fresh key"},
	{host_is_down, DIAGNOSIS_WRONG, "host port eth0 has no link", "no carrier", "cable"},
	{cable_is_out, DIAGNOSIS_WRONG, "line port eth1 has no link", "no carrier", "cable"},
};

Test(diagnosis_warning, says_what_is_not_as_it_should_be_on_a_secured_link) {
	forget_refusals();
	assert_all(secured, sizeof(secured) / sizeof(secured[0]));
}

static void next_is_unknown_there(void) {
	view->mka.participants[3].n_live = 0;
	view->keys.next_in_ns = 1799 * SECOND_NS;
}

static void next_has_begun(void) {
	view->mka.participants[3].use = MKA_USE_SEND;
	view->keys.next = NULL;
}

static void only_the_primary_is_left(void) {
	view->mka.participants[2] = view->mka.participants[--view->mka.n_participants];
	view->mka.principal = 0;
}

static const struct finding chained[] = {
	{next_is_unknown_there, DIAGNOSIS_WARNING,
	 "CKN CC02 is to be used from 2026-12-01T00:00:00Z on, and is not agreed",
	 "nobody is heard under CKN CC02", "configure that CAK at the peer too"},
	{next_has_begun, DIAGNOSIS_WARNING, "running on the older CKN CC01: CKN CC02 is not agreed",
	 "nobody is heard under CKN CC02", "configure that CAK at the peer too"},
	{only_the_primary_is_left, DIAGNOSIS_WARNING,
	 "running on the older CKN DEADBEEF: CKN CC02 is not agreed", "under CKN CC02",
	 "configure that CAK"},
};

Test(diagnosis_warning, says_which_cak_of_a_chain_the_peer_does_not_have) {
	use_chain();
	forget_refusals();
	assert_all(chained, sizeof(chained) / sizeof(chained[0]));
}

static void key_of_chain_is_gone(void) {
	view->keys.unusable = view->keys.next;
}

/* The key server's clock is behind ours: it still serves the older one. */
static void server_has_not_moved(void) {
	use_chain();
	forget_refusals();
	view->mka.participants[3].use = MKA_USE_SEND;
	view->mka.participants[3].is_key_server = false;
	view->mka.participants[3].key_server_sci = 0x02000000000b0001;
}

static void we_have_not_moved(void) {
	view->mka.participants[3].is_key_server = true;
}

Test(diagnosis_warning, says_that_the_key_server_comes_later) {
	static const struct finding behind[] = {
		{server_has_not_moved, DIAGNOSIS_WARNING,
		 "running on the older CKN CC01: CKN CC02 is not agreed",
		 "its live peer 02000000000b0001 is key server, and has not moved",
		 "compare the clocks"},
		{we_have_not_moved, DIAGNOSIS_WARNING,
		 "running on the older CKN CC01: CKN CC02 is not agreed", "come to no SAK",
		 "logs of both ends"},
	};

	assert_all(behind, sizeof(behind) / sizeof(behind[0]));
}

/* What brought the link to its fallback is said before that. */
Test(diagnosis_warning, names_the_key_that_made_the_fallback_take_over) {
	static const struct finding missing[] = {
		{use_fallback, DIAGNOSIS_WARNING, "running on the fallback", "", ""},
		{key_of_chain_is_gone, DIAGNOSIS_WARNING, "CKN CC03 is needed now", "the log", ""},
	};

	assert_all(missing, sizeof(missing) / sizeof(missing[0]));
}

Test(diagnosis_warning, says_that_a_key_of_the_chain_cannot_be_had) {
	static const struct finding missing = {
		key_of_chain_is_gone, DIAGNOSIS_WARNING,
		"CKN CC03 is needed now, and its key cannot be had", "the log names the file",
		"every minute"};

	assert_all(&missing, 1);
}

static void key_needs_attention(void) {
	view->keys.troubled = &config->primary;
	snprintf(
		view->keys.trouble, sizeof(view->keys.trouble),
		"key cak-1 expires in 6 days; give the link another"
	);
}

static void key_of_a_newer_cak_is_awaited(void) {
	view->keys.awaited = &config->fallback;
	snprintf(view->keys.trouble, sizeof(view->keys.trouble), "not heard yet");
}

static void and_nothing_else_works(void) {
	view->state = LINK_NEGOTIATING;
}

static const struct finding cloud[] = {
	{key_needs_attention, DIAGNOSIS_WARNING, "the stored key of CKN DEADBEEF needs attention",
	 "key cak-1 expires in 6 days", "give the link another"},
	{key_of_a_newer_cak_is_awaited, DIAGNOSIS_WARNING, "the key of CKN FB01 is not here yet",
	 "not heard yet", "show keys"},
	{and_nothing_else_works, DIAGNOSIS_WRONG, "the key of CKN FB01 is not here yet",
	 "not heard yet", "show keys"},
};

Test(diagnosis_warning, repeats_what_services_say_of_keys) {
	assert_all(cloud, sizeof(cloud) / sizeof(cloud[0]));
}
