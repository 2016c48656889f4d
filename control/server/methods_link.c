/* SPDX-License-Identifier: BSD-3-Clause */
/* link.show and link.rekey. */
#include "control/server/methods.h"

#include <errno.h>

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
	json_text(link, "validate", config_validate_word(config->validate));
	json_text(link, "cipher-suite", suite_info(config->suite)->name);
	json_bool(link, "encryption", config->confidentiality);
	json_u64(link, "confidentiality-offset", config->confidentiality_offset);
	json_bool(link, "replay-protect", config->replay_protect);
	json_u64(link, "replay-window", config->replay_window);
}

static void agreement_describe(struct json link, const struct mka_view *mka) {
	json_sci(link, "sci", mka->sci);
	struct json peers = json_array(link, "peer-scis");
	for (uint32_t i = 0; i < mka->n_peers; i++) {
		if (mka->peers[i].is_live)
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
	char problem[320];

	json_text(link, "state", link_state_word(view->state));
	json_seconds(link, "state-for-s", view->state_for_ns);
	methods_problem(view, problem, sizeof(problem));
	json_text(link, "problem", problem);
	config_describe(link, view->config);
	agreement_describe(link, &view->mka);
	json_u64(link, "rekeys", view->rekeys);
	ports_describe(link, view);
	methods_add_balance(link, view);
}

int method_link_show(struct rpc_call *call) {
	return methods_each_link(call, link_describe);
}

static int rekey_refused(struct rpc_call *call, int ret) {
	if (ret == -EPERM)
		return rpc_fail(
			call->error, RPC_REFUSED,
			"link %s: the peer is key server: ask for the rekey there", call->link
		);
	if (ret == -ENOTCONN)
		return rpc_fail(
			call->error, RPC_REFUSED, "link %s: no live peer to agree a key with",
			call->link
		);
	return rpc_fail(
		call->error, RPC_INTERNAL, "link %s: the rekey failed: the log says why", call->link
	);
}

int method_link_rekey(struct rpc_call *call) {
	struct link_view view;
	struct link *link = methods_find_link(call);

	if (link == NULL)
		return -1;
	link_view(link, &view);
	int ret = link_rekey(link);
	if (ret < 0)
		return rekey_refused(call, ret);
	json_text(call->result, "link", call->link);
	// a client that waits for the fresh key asks mka.show until "ki" is another one
	if (view.mka.latest.is_valid)
		json_ki(call->result, "replaces", &view.mka.latest.ki);
	else
		json_null(call->result, "replaces");
	return 0;
}
