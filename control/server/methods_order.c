/* SPDX-License-Identifier: BSD-3-Clause */
/* What a link may be told to do: link.rekey and link.suspend. */
#include "control/server/methods.h"

#include <errno.h>
#include <inttypes.h>

static uint32_t live_peers(const struct mka_view *mka) {
	uint32_t n = 0;

	for (uint32_t i = 0; i < mka->n_peers; i++)
		n += mka->peers[i].is_live;
	return n;
}

/* No CAK is agreed: without a live peer, or with some and an obstacle. */
static int not_connected(struct rpc_call *call, const struct mka_view *mka) {
	if (live_peers(mka) > 0)
		return rpc_fail(
			call->error, RPC_REFUSED, "link %s: no CAK is agreed: %s", call->args.link,
			mka->obstacle[0] != '\0'
				? mka->obstacle
				: "a peer is live, and link.show says what is in the way"
		);
	return rpc_fail(
		call->error, RPC_REFUSED, "link %s: no live peer to agree a key with",
		call->args.link
	);
}

static int rekey_refused(struct rpc_call *call, const struct mka_view *mka, int ret) {
	if (ret == -EPERM)
		return rpc_fail(
			call->error, RPC_REFUSED,
			"link %s: the peer is key server: ask for the rekey there", call->args.link
		);
	if (ret == -ENOTCONN)
		return not_connected(call, mka);
	return rpc_fail(
		call->error, RPC_INTERNAL, "link %s: the rekey failed: the log says why",
		call->args.link
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
		return rekey_refused(call, &view.mka, ret);
	json_text(call->result, "link", call->args.link);
	// a client that waits for the fresh key asks mka.show until "ki" is another one
	if (view.mka.latest.is_valid)
		json_ki(call->result, "replaces", &view.mka.latest.ki);
	else
		json_null(call->result, "replaces");
	return 0;
}

/* The live peer that knows no suspension (it came with MKA version 2), or NULL. */
static const struct mka_peer_view *oldest_peer(const struct mka_view *mka) {
	const struct mka_peer_view *oldest = NULL;

	for (uint32_t i = 0; i < mka->n_peers; i++) {
		const struct mka_peer_view *peer = &mka->peers[i];
		if (peer->is_live && (oldest == NULL || peer->mka_version < oldest->mka_version))
			oldest = peer;
	}
	return oldest;
}

static int suspend_unknown(struct rpc_call *call, const struct mka_view *mka) {
	const struct mka_peer_view *peer = oldest_peer(mka);

	return rpc_fail(
		call->error, RPC_REFUSED,
		"link %s: peer %016" PRIx64 " speaks MKA version %u, which knows no suspension: it "
		"gives us up %llu s after our last MKPDU",
		call->args.link, peer == NULL ? 0 : peer->sci, peer == NULL ? 1 : peer->mka_version,
		MKA_LIFE_NS / 1000000000u
	);
}

static int suspend_refused(struct rpc_call *call, const struct mka_view *mka, int ret) {
	if (ret == -EPERM && mka->key_server_sci == 0)
		return rpc_fail(
			call->error, RPC_REFUSED,
			"link %s: no member is key server, so there is no key to keep in use",
			call->args.link
		);
	if (ret == -EPERM)
		return rpc_fail(
			call->error, RPC_REFUSED,
			"link %s: the peer %016" PRIx64 " is key server; only the key server can "
			"announce an upgrade",
			call->args.link, mka->key_server_sci
		);
	if (ret == -ENOTCONN)
		return not_connected(call, mka);
	if (ret == -EOPNOTSUPP)
		return suspend_unknown(call, mka);
	return rpc_fail(
		call->error, RPC_INTERNAL, "link %s: the suspension failed: the log says why",
		call->args.link
	);
}

int method_link_suspend(struct rpc_call *call) {
	struct link_view view;
	struct link *link = methods_find_link(call);

	if (link == NULL)
		return -1;
	int ret = link_suspend(link, (uint32_t)call->args.seconds);
	link_view(link, &view);
	if (ret < 0)
		return suspend_refused(call, &view.mka, ret);
	json_text(call->result, "link", call->args.link);
	json_u64(call->result, "seconds", call->args.seconds);
	return 0;
}
