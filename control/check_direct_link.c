/* SPDX-License-Identifier: BSD-3-Clause */
/* What IBM Cloud Direct Link Dedicated demands of the device at its other end: its cross-connect
 * switch has one cipher suite, is never key server, and takes CAKs of 256 bits only. */
#include "control/check.h"

static void check_suite(struct check *check, const struct config_link *link) {
	if (link->suite == SUITE_GCM_AES_XPN_256)
		check_say(
			check, CHECK_PASS, link->name, "Direct Link: cipher suite gcm-aes-xpn-256"
		);
	else
		check_say(
			check, CHECK_FAIL, link->name,
			"Direct Link knows gcm-aes-xpn-256 only, cipher-suite is %s: set it",
			suite_info(link->suite)->name
		);
}

static void check_server(struct check *check, const struct config_link *link) {
	if (link->key_server_priority < 255)
		check_say(
			check, CHECK_PASS, link->name,
			"Direct Link: key-server-priority %u serves, IBM's side (255) does not",
			link->key_server_priority
		);
	else
		check_say(
			check, CHECK_FAIL, link->name,
			"Direct Link: key-server-priority is 255 on both sides, nobody serves: set "
			"16"
		);
}

static void check_fallback(struct check *check, const struct config_link *link) {
	if (link->fallback.is_set)
		check_say(check, CHECK_PASS, link->name, "Direct Link: a fallback CAK is there");
	else
		check_say(
			check, CHECK_WARN, link->name,
			"Direct Link: no fallback CAK: a wrong primary leaves nothing to run on; "
			"add 'fallback' here and at the gateway"
		);
}

static void check_words(struct check *check, const struct config_link *link) {
	if (link->confidentiality && link->confidentiality_offset == 0 && link->vlan_in_clear == 0)
		check_say(
			check, CHECK_PASS, link->name,
			"Direct Link: whole frames are encrypted, replay window %u",
			link->replay_window
		);
	else
		check_say(
			check, CHECK_FAIL, link->name,
			"Direct Link encrypts whole frames: set 'encryption: true', "
			"'confidentiality-offset: 0', 'vlan-in-clear: 0'"
		);
	if (link->pad_ckn)
		check_say(
			check, CHECK_WARN, link->name,
			"Direct Link: 'pad-ckn' is on; IBM documents CKNs without padding"
		);
}

static void check_frames(struct check *check, const struct config_link *link) {
	check_say(
		check, CHECK_PASS, link->name,
		"Direct Link: MTU %u; the circuit must carry %u octets behind the MAC addresses, "
		"and EtherTypes 88-8E and 88-E5",
		link->mtu, link->mtu + 34u // SecTAG, ICV and EtherType
	);
}

void check_direct_link(struct check *check) {
	for (size_t i = 0; i < check->config->n_links; i++) {
		const struct config_link *link = &check->config->links[i];
		if (link->direct_link.service[0] == '\0')
			continue;
		check_suite(check, link);
		check_server(check, link);
		check_fallback(check, link);
		check_words(check, link);
		check_frames(check, link);
	}
}
