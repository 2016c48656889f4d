/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * macsec-bench: what a protect lane costs beside the bare cryptography and the bare ports, on this
 * machine, as ratios. A and B in turns (floor, raw, lane, floor, raw, lane, …) in one process;
 * medians of good windows.
 */

#include "bench/lane_rig.h"
#include "bench/windows.h"
#include "control/secret.h"
#include "drivers/crypto_engines.h"
#include "drivers/eal.h"

#include <rte_cycles.h>
#include <rte_lcore.h>
#include <rte_version.h>

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 5u

struct options {
	bool is_quick;
	bool is_openssl;
	enum cipher_suite suite;
};

struct figures {
	double floor, raw, lane, ratio; // medians; ratio: lane / (raw + floor) of each round
	unsigned discarded;
};

/* Returns NULL, or why there are no figures. */
static const char *
measure(struct lane_rig *rig, const struct options *options, struct figures *out) {
	const unsigned windows = options->is_quick ? 20 : 80;
	double floor_of[ROUNDS], raw_of[ROUNDS], lane_of[ROUNDS], ratio_of[ROUNDS];

	out->discarded = 0;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct windows floor, raw, lane;
		windows_run(lane_rig_floor, rig, windows / 2, 5000, &floor);
		windows_run(lane_rig_raw, rig, windows, 5000, &raw);
		windows_run(lane_rig_lane, rig, windows, 5000, &lane);
		if (floor.kept == 0 || raw.kept == 0 || lane.kept == 0)
			return "the machine is too busy: every window was interrupted";
		floor_of[i] = floor.median;
		raw_of[i] = raw.median;
		lane_of[i] = lane.median;
		ratio_of[i] = lane.median / (raw.median + floor.median);
		out->discarded += floor.discarded + raw.discarded + lane.discarded;
	}
	out->floor = windows_median(floor_of, ROUNDS);
	out->raw = windows_median(raw_of, ROUNDS);
	out->lane = windows_median(lane_of, ROUNDS);
	out->ratio = windows_median(ratio_of, ROUNDS);
	return lane_rig_lost(rig) == 0 ? NULL : "the lane dropped frames, so it was not measured";
}

static void print_cpu(void) {
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256];

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "model name", 10) == 0) {
			printf("machine: %s", strchr(line, ':') + 2);
			break;
		}
	if (file != NULL)
		fclose(file);
}

static int
run_size(const struct crypto_engine *engine, const struct options *options, uint16_t octets) {
	struct lane_rig *rig = lane_rig_create(engine, options->suite, octets);
	struct figures f;

	if (rig == NULL)
		return -1;
	const char *wrong = measure(rig, options, &f);
	if (wrong != NULL) {
		fprintf(stderr, "macsec-bench: %s\n", wrong);
		lane_rig_destroy(rig);
		return -1;
	}
	printf("%6u %8.0f %8.0f %8.0f %10.2f %10.2f %10u\n", octets, f.floor, f.raw, f.lane,
	       f.ratio, (double)rte_get_tsc_hz() / f.lane * octets * 8 / 1e9, f.discarded);
	fflush(stdout);
	lane_rig_destroy(rig);
	return 0;
}

static int run(const struct options *options) {
	static const uint16_t sizes[] = {64, 256, 512, 1024, 1518};
	struct crypto_engine *engine = NULL;
	int error = options->is_openssl ? crypto_openssl_create(1, &engine)
					: crypto_ipsec_mb_create(CRYPTO_ARCH_AUTO, &engine);
	if (error != 0) {
		fprintf(stderr, "macsec-bench: no such engine on this CPU\n");
		return error;
	}
	print_cpu();
	printf("engine: %s   suite: %s   %s   TSC %.1f GHz   one worker, null ports, protect\n\n",
	       engine->description, suite_info(options->suite)->name, rte_version(),
	       (double)rte_get_tsc_hz() / 1e9);
	printf("octets    floor      raw     lane  lane/(r+f)     Gbit/s  discarded\n");
	for (size_t i = 0; error == 0 && i < sizeof(sizes) / sizeof(sizes[0]); i++)
		error = run_size(engine, options, sizes[i]);
	printf("\nfloor, raw, lane: TSC cycles per frame, medians of windows of 5 ms; discarded: "
	       "interrupted windows\n");
	crypto_engine_destroy(engine);
	return error;
}

static const struct argp_option argp_options[] = {
	{"quick", 'q', NULL, 0, "fewer windows: about 10 s", 0},
	{"openssl", 'o', NULL, 0, "the OpenSSL engine instead of ipsec-mb", 0},
	{"suite", 's', "WORD", 0, "cipher suite (default gcm-aes-xpn-256)", 0},
	{0},
};

static error_t parse_option(int key, char *value, struct argp_state *state) {
	struct options *options = state->input;

	switch (key) {
	case 'q':
		options->is_quick = true;
		return 0;
	case 'o':
		options->is_openssl = true;
		return 0;
	case 's':
		for (options->suite = 0; options->suite < SUITE_COUNT; options->suite++)
			if (strcmp(value, suite_info(options->suite)->name) == 0)
				return 0;
		argp_error(state, "unknown cipher suite '%s'", value);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv) {
	static const struct argp argp = {
		argp_options,
		parse_option,
		NULL,
		"Measures what a protect lane costs beside the bare cryptography and the bare "
		"ports.",
		NULL,
		NULL,
		NULL};
	const struct eal_request request = {
		.allow_hugepages = true,
		.memory_mib = 96,
		.file_prefix = "macsec-bench",
		.run_dir = "/tmp",
	};
	struct options options = {.suite = SUITE_GCM_AES_XPN_256};
	struct eal_report report;

	if (argp_parse(&argp, argc, argv, 0, NULL, &options) != 0 || secret_init() != 0 ||
	    eal_start(&request, &report) != 0)
		return EXIT_FAILURE;
	const int error = run(&options);
	eal_stop();
	secret_shutdown();
	return error == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
