/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opens ports like the daemon does, tells what it got as JSON lines, and obeys a few words on
 * standard input until its end:
 *
 *     port_probe [--memory none|auto|require] [--mib N] [--run-dir DIR] [--mtu N] [--debug] SPEC…
 *
 *     rx P        {"rx": [lengths of the frames received on the P-th port since the last rx]}
 *     tx P N [Q]  sends a broadcast frame of N octets (experimental EtherType), in a buffer of the
 *                 Q-th port
 *     close P     closes it; after that only reopen makes sense for it
 *     reopen P    closes it unless that was done, opens it again and tells what it got
 *     stats P     the port's counters
 *     link P      {"link": true}
 */
#include "drivers/eal.h"
#include "drivers/port.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_PORTS 4
#define BURST 32

struct options {
	struct eal_request eal;
	uint16_t mtu;
};

static int parse_options(int argc, char **argv, struct options *options) {
	int i;

	for (i = 1; i < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (strcmp(argv[i], "--memory") == 0) {
			options->eal.allow_hugepages = strcmp(value, "none") != 0;
			options->eal.require_hugepages = strcmp(value, "require") == 0;
		} else if (strcmp(argv[i], "--mib") == 0) {
			options->eal.memory_mib = (uint32_t)strtoul(value, NULL, 10);
		} else if (strcmp(argv[i], "--run-dir") == 0) {
			options->eal.run_dir = value;
		} else if (strcmp(argv[i], "--mtu") == 0) {
			options->mtu = (uint16_t)strtoul(value, NULL, 10);
		} else if (strcmp(argv[i], "--debug") == 0) {
			options->eal.shows_dpdk_log = true;
			i--;
		} else {
			fprintf(stderr, "unknown option %s\n", argv[i]);
			exit(2);
		}
	}
	return i;
}

static void print_info(const struct port *port) {
	const struct port_info *info = port_info(port);

	printf("{\"port_id\": %u, \"kind\": %u, \"mac\": \"%02x:%02x:%02x:%02x:%02x:%02x\", ",
	       info->port_id, info->kind, info->mac[0], info->mac[1], info->mac[2], info->mac[3],
	       info->mac[4], info->mac[5]);
	printf("\"max_frame_octets\": %u, \"numa_node\": %d, \"speed_mbps\": %u, ",
	       info->max_frame_octets, info->numa_node, info->speed_mbps);
	printf("\"cuts_long_frames\": %s, \"truncated_octets\": %u, \"mbufs\": %u, \"room\": %u}\n",
	       info->cuts_long_frames ? "true" : "false", info->truncated_octets, info->pool->size,
	       rte_pktmbuf_data_room_size(info->pool));
}

static void receive(const struct port *port) {
	struct rte_mbuf *frames[BURST];
	const char *comma = "";
	uint16_t n;

	printf("{\"rx\": [");
	while ((n = rte_eth_rx_burst(port_info(port)->port_id, 0, frames, BURST)) > 0)
		for (uint16_t i = 0; i < n; i++) {
			printf("%s%u", comma, rte_pktmbuf_pkt_len(frames[i]));
			comma = ", ";
			rte_pktmbuf_free(frames[i]);
		}
	printf("]}\n");
}

static void transmit(const struct port *port, uint16_t octets, struct rte_mempool *pool) {
	struct rte_mbuf *frame = rte_pktmbuf_alloc(pool);
	char *data = frame != NULL ? rte_pktmbuf_append(frame, octets) : NULL;
	uint16_t sent = 0;

	if (data != NULL) {
		memset(data, 0, octets);
		memset(data, 0xff, 6);
		memcpy(data + 6, port_info(port)->mac, 6);
		memcpy(data + 12, "\x88\xb5", 2);
		sent = rte_eth_tx_burst(port_info(port)->port_id, 0, &frame, 1);
	}
	if (sent == 0)
		rte_pktmbuf_free(frame);
	printf("{\"tx\": %u}\n", sent);
}

static void print_stats(const struct port *port) {
	struct port_stats stats = {0};
	int rc = port_stats(port, &stats);

	printf("{\"rc\": %d, \"rx_frames\": %" PRIu64 ", \"tx_frames\": %" PRIu64
	       ", \"rx_missed\": %" PRIu64 ", \"tx_errors\": %" PRIu64 "}\n",
	       rc, stats.rx_frames, stats.tx_frames, stats.rx_missed, stats.tx_errors);
}

/* All ports of this run, and how they were asked for. */
struct bench {
	int n_ports;
	struct port_request request[MAX_PORTS];
	struct port *port[MAX_PORTS];
};

static void reopen(struct bench *bench, int which) {
	port_close(bench->port[which]);
	if (port_open(&bench->request[which], &bench->port[which]) == 0)
		print_info(bench->port[which]);
	else
		printf("{\"failed\": true}\n");
}

static void shut(struct bench *bench, int which) {
	port_close(bench->port[which]);
	bench->port[which] = NULL;
	printf("{\"closed\": true}\n");
}

static void
obey_port(struct bench *bench, int which, const char *word, uint16_t octets, int other) {
	const struct port *port = bench->port[which];

	if (strcmp(word, "rx") == 0)
		receive(port);
	else if (strcmp(word, "tx") == 0)
		transmit(port, octets, port_info(bench->port[other])->pool);
	else if (strcmp(word, "stats") == 0)
		print_stats(port);
	else if (strcmp(word, "link") == 0)
		printf("{\"link\": %s}\n", port_link_is_up(port) ? "true" : "false");
	else if (strcmp(word, "reopen") == 0)
		reopen(bench, which);
	else if (strcmp(word, "close") == 0)
		shut(bench, which);
}

static void obey(struct bench *bench) {
	char line[64], word[16];
	int which, other;
	unsigned int octets;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		octets = 0;
		other = -1;
		if (sscanf(line, "%15s %d %u %d", word, &which, &octets, &other) < 2 || which < 0 ||
		    which >= bench->n_ports || other >= bench->n_ports)
			continue;
		obey_port(bench, which, word, (uint16_t)octets, other < 0 ? which : other);
	}
}

static int open_all(struct bench *bench, int n_specs, char **specs, uint16_t mtu) {
	int rc = 0;

	for (int i = 0; i < n_specs && i < MAX_PORTS && rc == 0; i++) {
		bench->request[i] = (struct port_request){
			.spec = specs[i],
			.role = i == 0 ? "host" : "line",
			.mtu = mtu,
		};
		rc = port_open(&bench->request[i], &bench->port[i]);
		if (rc == 0)
			print_info(bench->port[bench->n_ports++]);
	}
	return rc;
}

int main(int argc, char **argv) {
	struct options options = {
		.eal = {.memory_mib = 64, .file_prefix = "port_probe"},
		.mtu = 1500,
	};
	int first = parse_options(argc, argv, &options), rc;
	struct bench bench = {0};
	struct eal_report report;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (eal_start(&options.eal, &report) != 0)
		return 1;
	rc = open_all(&bench, argc - first, argv + first, options.mtu);
	if (rc == 0) {
		printf("{\"ready\": true, \"hugepages\": %s}\n",
		       report.uses_hugepages ? "true" : "false");
		obey(&bench);
	}
	while (bench.n_ports > 0)
		port_close(bench.port[--bench.n_ports]);
	eal_stop();
	return rc == 0 ? 0 : 1;
}
