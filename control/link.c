/* SPDX-License-Identifier: BSD-3-Clause */
/* A link's life: ports, SecY, lanes, agreement, in this order, and back. */

#include "control/ki_store.h"
#include "control/lines.h"
#include "control/link_parts.h"
#include "control/log.h"
#include "control/monotonic.h"
#include "dataplane/sectag.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINK_VLAN_OCTETS 8u   // two VLAN tags of the host's, which the MTU does not count
#define LINK_FLOOD_FRAMES 16u // so much EAPOL in one poll period is no agreement's

int64_t link_wall_ns(void) {
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec < 0 ? 0 : (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Each worker keeps mbufs in a cache of its own; a pool of the default size does for eight. */
static uint32_t mbufs_for(const struct config_link *config) {
	const uint32_t protect = config->protect_cpus.n, validate = config->validate_cpus.n;
	const uint32_t workers = protect > validate ? protect : validate;
	return workers <= 8 ? 0 : 2048 + workers * 256;
}

static void warn_of_fast_port(const struct link *link) {
	const uint32_t mbps = port_info(link->line)->speed_mbps;
	if (mbps > 40000 && !suite_info(link->config->suite)->is_xpn)
		log_warning(
			"link", "%s: %s runs out of packet numbers at %u Gbit/s; use %s",
			link->config->name, suite_info(link->config->suite)->name, mbps / 1000,
			suite_info(SUITE_GCM_AES_XPN_256)->name
		);
}

static int open_ports(struct link *link) {
	const struct config_link *config = link->config;
	// each lane sends frames of its receive port's pool only, injected ones included
	struct port_request request = {
		.spec = config->host,
		.role = "host",
		.mtu = config->mtu,
		.n_mbufs = mbufs_for(config),
		.sends_one_pool = true,
	};
	const int error = port_open(&request, &link->host);
	if (error != 0)
		return error;
	request.spec = config->line;
	request.role = "line";
	request.mtu = (uint16_t)(config->mtu + PORT_MACSEC_OCTETS);
	return port_open(&request, &link->line);
}

// the data plane does not know the configuration; its words must mean the same there
static_assert(SECY_BYPASS_LLDP == 1 << BYPASS_LLDP && SECY_BYPASS_LACP == 1 << BYPASS_LACP, "");
static_assert(SECY_BYPASS_STP == 1 << BYPASS_STP && SECY_BYPASS_CDP == 1 << BYPASS_CDP, "");
static_assert(SECY_BYPASS_PAUSE == 1 << BYPASS_PAUSE && SECY_BYPASS_PTP == 1 << BYPASS_PTP, "");
static_assert((int)SECY_STRICT == (int)VALIDATE_STRICT, "");
static_assert((int)SECY_CHECK == (int)VALIDATE_CHECK, "");
static_assert((int)SECY_DISABLED == (int)VALIDATE_DISABLED, "");

static int make_door(const struct link_env *env, struct link *link) {
	const struct config_link *config = link->config;
	const struct sa_install_config door = {
		.link_name = link->name,
		.sci = link->sci,
		.include_sci = config->include_sci,
		.validate = (enum secy_validate)config->validate,
		.replay_protect = config->replay_protect,
		.replay_window = config->replay_window,
		.bypass = config->bypass,
		.vlan_in_clear = config->vlan_in_clear,
		.engine = env->engine,
		.rcu = workers_rcu(env->workers),
		.used_kis = link->used_kis,
	};
	return sa_install_create(&door, &link->door);
}

static void
fill_lane(struct link *link, const struct link_env *env, struct lane *lane, enum lane_kind kind) {
	const struct port_info *rx = port_info(kind == LANE_PROTECT ? link->host : link->line);
	const struct port_info *tx = port_info(kind == LANE_PROTECT ? link->line : link->host);
	const uint32_t longest = link->config->mtu + ETHER_HEADER_OCTETS + LINK_VLAN_OCTETS +
				 (kind == LANE_PROTECT ? PORT_MACSEC_OCTETS : 0);

	lane->kind = kind;
	lane->rx_port = rx->port_id;
	lane->tx_port = tx->port_id;
	lane->tx_max_octets =
		longest < tx->max_frame_octets ? (uint16_t)longest : tx->max_frame_octets;
	lane->rx_truncated_octets = rx->cuts_long_frames ? rx->truncated_octets : UINT16_MAX;
	lane->secy = sa_install_secy(link->door);
	lane->engine = env->engine;
	lane->pool = rx->pool;
	lane->control = kind == LANE_PROTECT ? link->inject : link->punt;
}

static int make_lanes(const struct link_env *env, struct link *link) {
	link->protect = lines_alloc(sizeof(*link->protect));
	link->validate = lines_alloc(sizeof(*link->validate));
	link->inject = lines_alloc(sizeof(*link->inject));
	link->punt = lines_alloc(sizeof(*link->punt));
	if (link->protect == NULL || link->validate == NULL || link->inject == NULL ||
	    link->punt == NULL)
		return log_error(ENOMEM, "link", "%s: no memory for its lanes", link->config->name);
	fill_lane(link, env, link->protect, LANE_PROTECT);
	fill_lane(link, env, link->validate, LANE_VALIDATE);
	const int error = workers_add_lane(
		env->workers, link->protect, &link->config->protect_cpus, &link->protect_counters
	);
	return error != 0 ? error
			  : workers_add_lane(
				    env->workers, link->validate, &link->config->validate_cpus,
				    &link->validate_counters
			    );
}

static int link_build(const struct link_env *env, struct link *link) {
	int error = ki_store_open(env->config->run_dir, link->config->name, &link->used_kis);
	if (error != 0)
		return error;
	error = open_ports(link);
	if (error != 0)
		return error;
	warn_of_fast_port(link);
	link->sci = sci_of(port_info(link->line)->mac, link->config->port_id);
	error = make_door(env, link);
	if (error != 0)
		return log_error(-error, "link", "%s: no memory for its SecY", link->config->name);
	error = make_lanes(env, link);
	if (error != 0)
		return error;
	return link_mka_start(link, env);
}

int link_create(const struct link_env *env, const struct config_link *config, struct link **out) {
	struct link *link = calloc(1, sizeof(*link));
	if (link == NULL)
		return log_error(ENOMEM, "link", "%s: no memory", config->name);
	link->config = config;
	link->events = env->events;
	memcpy(link->name, config->name, sizeof(link->name));
	const int error = link_build(env, link);
	if (error != 0) {
		link_destroy(link);
		return error;
	}
	link_set_state(link, MKA_INIT);
	*out = link;
	return 0;
}

void link_destroy(struct link *link) {
	if (link == NULL)
		return;
	mka_destroy(link->mka);
	sa_install_destroy(link->door);
	port_close(link->host);
	port_close(link->line);
	ki_store_close(link->used_kis);
	free(link->protect);
	free(link->validate);
	free(link->inject);
	free(link->punt);
	free(link);
}

/* What the validate lane punted. Each frame may call for an answer, so the timers run right after.
 */
static unsigned take_punted(struct link *link, uint64_t now_ns) {
	const struct frame_slot *slot;
	unsigned n = 0;

	// one ring's worth, however fast it is filled again
	for (; n < FRAME_RING_SLOTS && (slot = frame_ring_peek(link->punt)) != NULL; n++) {
		mka_receive(link->mka, slot->data, slot->octets, now_ns);
		frame_ring_pop(link->punt);
		link->next_tick_ns = now_ns;
	}
	return n;
}

bool link_poll(struct link *link) {
	const uint64_t now_ns = monotonic_ns();
	const bool is_flooded = take_punted(link, now_ns) >= LINK_FLOOD_FRAMES;

	if (now_ns >= link->caks.next_ns && link_caks_look(&link->caks, link_wall_ns(), now_ns))
		link->next_tick_ns = now_ns;
	if (now_ns >= link->next_tick_ns)
		link->next_tick_ns = mka_tick(link->mka, now_ns);
	sa_install_reclaim(link->door);
	link_view_sample(link, now_ns);
	return is_flooded;
}

int link_check_reload(
	struct link *link, const struct config *config, const struct config_link *to
) {
	return link_caks_check(&link->caks, config, to, link_wall_ns(), monotonic_ns());
}

void link_reload(struct link *link, const struct config *config, const struct config_link *to) {
	const uint64_t now_ns = monotonic_ns();

	link->config = to;
	link_caks_reload(&link->caks, config, to, link_wall_ns(), now_ns);
	link->next_tick_ns = now_ns;
}

void link_keys_changed(struct link *link) {
	link_caks_keys_changed(&link->caks, monotonic_ns());
}

int link_rekey(struct link *link) {
	const uint64_t now_ns = monotonic_ns();
	const int error = mka_rekey(link->mka, now_ns);
	link->next_tick_ns = now_ns;
	return error;
}

int link_suspend(struct link *link, uint32_t seconds) {
	const uint64_t now_ns = monotonic_ns();
	const int error = mka_suspend(link->mka, seconds, now_ns);
	link->next_tick_ns = now_ns;
	return error;
}
