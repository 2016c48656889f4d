/* SPDX-License-Identifier: BSD-3-Clause */
/* link.show. */
#include "control/config_time.h"
#include "control/link_policy.h"
#include "control/server/diagnosis.h"
#include "control/server/methods.h"

static void port_stats_describe(struct json port, const struct port_stats *stats) {
	json_u64(port, "rx-frames", stats->rx_frames);
	json_u64(port, "tx-frames", stats->tx_frames);
	json_u64(port, "rx-octets", stats->rx_octets);
	json_u64(port, "tx-octets", stats->tx_octets);
	json_u64(port, "rx-missed", stats->rx_missed);
	json_u64(port, "rx-errors", stats->rx_errors);
	json_u64(port, "tx-errors", stats->tx_errors);
	json_u64(port, "rx-no-mbuf", stats->rx_no_mbuf);
}

static void port_describe(
	struct json port, const char *spec, const struct port_info *info, bool is_up, uint32_t mtu
) {
	json_text(port, "port", spec);
	json_mac(port, "mac", info->mac);
	json_text(port, "link", is_up ? "up" : "down");
	json_u64(port, "mtu", mtu);
	json_u64_or_null(port, "speed-mbps", info->speed_mbps != 0, info->speed_mbps);
	json_u64_or_null(
		port, "numa-node", info->numa_node >= 0,
		info->numa_node >= 0 ? (uint64_t)info->numa_node : 0
	);
}

static void ports_describe(struct json link, const struct link_view *view) {
	const struct config_link *config = view->config;
	struct json host = json_object(link, "host");
	struct json line = json_object(link, "line");

	port_describe(host, config->host, view->host, view->host_is_up, config->mtu);
	port_stats_describe(host, &view->host_stats);
	port_describe(
		line, config->line, view->line, view->line_is_up, config->mtu + PORT_MACSEC_OCTETS
	);
	port_stats_describe(line, &view->line_stats);
}

static void config_describe(struct json link, const struct config_link *config) {
	json_text(link, "policy", config_policy_word(config->policy));
	json_text(link, "on-failure", config_failure_word(config->on_failure));
	json_text(link, "validate", config_validate_word(config->validate));
	json_text(link, "cipher-suite", suite_info(config->suite)->name);
	json_bool(link, "encryption", config->confidentiality);
	json_u64(link, "confidentiality-offset", config->confidentiality_offset);
	json_bool(link, "replay-protect", config->replay_protect);
	json_u64(link, "replay-window", config->replay_window);
}

/* The words of the configuration, where there is one for it. */
static const char *use_word(enum key_use use) {
	static const char *const words[] = {
		[KEY_NOT] = "none",
		[KEY_ACCEPT] = "accept",
		[KEY_SEND] = "send",
	};
	return words[use];
}

/* null: there is no such CAK. */
static void ckn_describe(struct json link, const char *name, const struct config_cak *cak) {
	if (cak != NULL)
		json_hex(link, name, cak->ckn, cak->ckn_octets);
	else
		json_null(link, name);
}

static void keys_describe(struct json link, const struct link_keys_view *keys) {
	const bool has_next = keys->next != NULL;

	ckn_describe(link, "unusable-ckn", keys->unusable);
	ckn_describe(link, "awaited-ckn", keys->awaited);
	ckn_describe(link, "former-ckn", keys->former);
	if (!keys->has_chain) {
		json_null(link, "key-chain");
		return;
	}
	struct json chain = json_object(link, "key-chain");
	json_text(chain, "next-change", has_next ? config_time_text(keys->next_at_s).text : NULL);
	json_u64_or_null(chain, "next-change-in-s", has_next, keys->next_in_ns / 1000000000u);
	json_hex(
		chain, "next-ckn", has_next ? keys->next->ckn : NULL,
		has_next ? keys->next->ckn_octets : 0
	);
	json_text(chain, "next-use", has_next ? use_word(keys->next_use) : NULL);
	json_bool(chain, "over", keys->is_over);
	json_i64(chain, "clock-step-s", keys->clock_step_s);
}

/* A peer that is live with several CAKs is one peer. */
static bool is_first_of_sci(const struct mka_view *mka, uint32_t i) {
	for (uint32_t j = 0; j < i; j++) {
		if (mka->peers[j].is_live && mka->peers[j].sci == mka->peers[i].sci)
			return false;
	}
	return true;
}

static void agreement_describe(struct json link, const struct link_view *view) {
	const struct mka_view *mka = &view->mka;

	json_sci(link, "sci", mka->sci);
	json_hex(link, "ckn", mka->ckn, mka->ckn_octets);
	json_text(
		link, "role",
		mka->n_participants == 0 ? NULL
					 : link_role_word(link_policy_role(view, mka->principal))
	);
	struct json peers = json_array(link, "peer-scis");
	for (uint32_t i = 0; i < mka->n_peers; i++) {
		if (mka->peers[i].is_live && is_first_of_sci(mka, i))
			json_element_sci(peers, mka->peers[i].sci);
	}
	if (mka->key_server_sci == 0)
		json_null(link, "key-server");
	else
		json_bool(link, "key-server", mka->is_key_server);
	json_u64_or_null(
		link, "secured-after-ms", mka->first_secured_after_ns != 0,
		mka->first_secured_after_ns / 1000000u
	);
}

static void link_describe(struct json link, const struct link_view *view) {
	char problem[DIAGNOSIS_SENTENCE_OCTETS];
	struct diagnosis diagnosis;

	diagnosis_make(view, &diagnosis);
	diagnosis_sentence(&diagnosis, problem, sizeof(problem));
	json_text(link, "state", link_state_word(view->state));
	json_seconds(link, "state-for-s", view->state_for_ns);
	json_text(link, "verdict", diagnosis_verdict_word(diagnosis.verdict));
	json_text(link, "problem", problem);
	config_describe(link, view->config);
	agreement_describe(link, view);
	keys_describe(link, &view->keys);
	json_u64(link, "rekeys", view->rekeys);
	ports_describe(link, view);
	methods_add_balance(link, view);
}

int method_link_show(struct rpc_call *call) {
	return methods_each_link(call, link_describe);
}
