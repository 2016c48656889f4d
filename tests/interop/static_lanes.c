/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two ports and the real lanes between them, with one SAK that the test sets: for comparison with
 * peers whose keys are set by hand too. Never installed; the appliance offers no such thing.
 *
 *     static_lanes HOST LINE RUN-DIR
 *
 * Standard input begins with a struct request; the answer is the line "ready". Each line after it
 * is answered with all counters that are not 0, "protect WORD VALUE" or "validate WORD VALUE" each,
 * and "end". It ends with standard input.
 */

#include "control/config.h"
#include "control/ki_store.h"
#include "control/lines.h"
#include "control/sa_install.h"
#include "control/secret.h"
#include "control/workers.h"
#include "dataplane/lane.h"
#include "dataplane/sectag.h"
#include "drivers/crypto_engines.h"
#include "drivers/eal.h"
#include "drivers/port.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MTU 1500u

/* In the order and size in which static_lanes.py packs them, without padding. */
struct request {
	uint64_t sci, peer_sci;
	uint64_t next_pn; // of both directions
	uint32_t ssci, peer_ssci;
	uint32_t replay_window;
	uint8_t suite; // enum cipher_suite
	uint8_t an;
	uint8_t encrypts, includes_sci;
	uint8_t key[SAK_MAX_OCTETS];
	uint8_t salt[SALT_OCTETS];
};

struct tool {
	struct request request;
	const char *run_dir;
	struct eal_report eal;
	struct port *host, *line;
	struct crypto_engine *engine;
	struct workers *workers;
	struct ki_store *used_kis;
	struct sa_install *door;
	struct lane *protect, *validate;
	struct frame_ring *inject, *punt;
	struct lane_counters_set protect_counters, validate_counters;
};

static void require(bool holds, const char *what) {
	if (holds)
		return;
	fprintf(stderr, "static_lanes: %s\n", what);
	exit(2);
}

static void start_eal(struct tool *tool) {
	const struct eal_request request = {
		.memory_mib = 128,
		.file_prefix = "static-lanes",
		.run_dir = tool->run_dir,
	};
	require(eal_start(&request, &tool->eal) == 0, "EAL");
}

static void open_ports(struct tool *tool, const char *host, const char *line) {
	struct port_request request = {
		.spec = host, .role = "host", .mtu = MTU, .sends_one_pool = true};

	require(port_open(&request, &tool->host) == 0, host);
	request.spec = line;
	request.role = "line";
	request.mtu = MTU + PORT_MACSEC_OCTETS;
	require(port_open(&request, &tool->line) == 0, line);
}

static void open_door(struct tool *tool) {
	const struct request *r = &tool->request;
	const struct sa_install_config config = {
		.link_name = "static",
		.sci = r->sci,
		.include_sci = r->includes_sci,
		.validate = SECY_STRICT,
		.replay_protect = true,
		.replay_window = r->replay_window,
		.engine = tool->engine,
		.rcu = workers_rcu(tool->workers),
		.used_kis = tool->used_kis,
	};
	require(sa_install_create(&config, &tool->door) == 0, "no SecY");
}

static struct lane *make_lane(struct tool *tool, enum lane_kind kind, struct frame_ring *control) {
	struct lane *lane = lines_alloc(sizeof(*lane));
	const bool protects = kind == LANE_PROTECT;
	const struct port_info *rx = port_info(protects ? tool->host : tool->line);
	const struct port_info *tx = port_info(protects ? tool->line : tool->host);

	require(lane != NULL && control != NULL, "no memory for the lanes");
	lane->kind = kind;
	lane->rx_port = rx->port_id;
	lane->tx_port = tx->port_id;
	lane->tx_max_octets = tx->max_frame_octets;
	lane->rx_truncated_octets = rx->cuts_long_frames ? rx->truncated_octets : UINT16_MAX;
	lane->secy = sa_install_secy(tool->door);
	lane->engine = tool->engine;
	lane->pool = rx->pool;
	lane->control = control;
	return lane;
}

static void make_lanes(struct tool *tool) {
	static const struct config_cpus any = {0};

	tool->inject = lines_alloc(sizeof(*tool->inject));
	tool->punt = lines_alloc(sizeof(*tool->punt));
	tool->protect = make_lane(tool, LANE_PROTECT, tool->inject);
	tool->validate = make_lane(tool, LANE_VALIDATE, tool->punt);
	require(workers_add_lane(tool->workers, tool->protect, &any, &tool->protect_counters) ==
				0 &&
			workers_add_lane(
				tool->workers, tool->validate, &any, &tool->validate_counters
			) == 0,
		"the workers");
}

static void set_next_pn(const struct tool *tool) {
	struct sa_install_entry entry;

	require(sa_install_entry(tool->door, 0, &entry), "no SAK");
	struct tx_sa *tx = (struct tx_sa *)(uintptr_t)entry.tx;
	struct rx_sa *rx = (struct rx_sa *)(uintptr_t)entry.rx;
	atomic_store(&tx->next_pn, tool->request.next_pn);
	atomic_store(&rx->next_pn, tool->request.next_pn);
	atomic_store(&rx->lowest_pn, tool->request.next_pn);
}

static void install_sak(struct tool *tool) {
	const struct request *r = &tool->request;
	struct sak *sak = secret_alloc(sizeof(*sak));

	require(sak != NULL && r->suite < SUITE_COUNT, "no such suite");
	*sak = (struct sak){
		.ki = {.mi = "static lanes", .kn = 1},
		.suite = r->suite,
		.an = r->an,
		.confidentiality = r->encrypts,
		.own_ssci = r->ssci,
		.n_peers = 1,
		.peers = {{r->peer_sci, r->peer_ssci}},
	};
	memcpy(sak->octets, r->key, sizeof(sak->octets));
	memcpy(sak->salt, r->salt, sizeof(sak->salt));
	require(sa_install_sak(tool->door, sak) == 0, "the SAK is refused");
	set_next_pn(tool);
	require(sa_install_transmit(tool->door, &sak->ki) == 0, "no transmit SA");
	secret_free(sak);
}

static void bring_up(struct tool *tool, char **argv) {
	const struct config config = {.polling = POLLING_ADAPTIVE};

	tool->run_dir = argv[3];
	start_eal(tool);
	open_ports(tool, argv[1], argv[2]);
	require(crypto_ipsec_mb_create(CRYPTO_ARCH_AUTO, &tool->engine) == 0, "no engine");
	require(workers_create(&config, tool->engine, &tool->workers) == 0, "no workers");
	require(ki_store_open(tool->run_dir, "static", &tool->used_kis) == 0, "no store of KIs");
	open_door(tool);
	make_lanes(tool);
	install_sak(tool);
	require(workers_start(tool->workers) == 0, "the workers do not start");
}

static void take_down(struct tool *tool) {
	workers_stop(tool->workers);
	sa_install_destroy(tool->door);
	port_close(tool->host);
	port_close(tool->line);
	ki_store_close(tool->used_kis);
	workers_destroy(tool->workers);
	crypto_engine_destroy(tool->engine);
	free(tool->protect);
	free(tool->validate);
	free(tool->inject);
	free(tool->punt);
	eal_stop();
}

static void print_counters(const char *lane, const struct lane_counters_set *set) {
	struct counters sum;

	lane_counters_sum(set, &sum);
	for (unsigned c = 0; c < COUNTER_COUNT; c++)
		if (sum.value[c] != 0)
			printf("%s %s %" PRIu64 "\n", lane, counter_info(c)->word, sum.value[c]);
}

static void serve(const struct tool *tool) {
	int octet;

	puts("ready");
	while ((octet = getchar()) != EOF) {
		if (octet != '\n')
			continue;
		print_counters("protect", &tool->protect_counters);
		print_counters("validate", &tool->validate_counters);
		puts("end");
	}
}

int main(int argc, char **argv) {
	struct tool tool = {0};

	require(argc == 4, "usage: static_lanes HOST LINE RUN-DIR");
	setvbuf(stdout, NULL, _IOLBF, 0);
	require(secret_init() == 0, "no locked memory");
	require(fread(&tool.request, sizeof(tool.request), 1, stdin) == 1, "no request");
	bring_up(&tool, argv);
	serve(&tool);
	take_down(&tool);
	secret_shutdown();
	return 0;
}
