/* SPDX-License-Identifier: BSD-3-Clause */
/* macsec-bench: what MACsec costs on this machine, beside its limit and its alternatives. */

#include "bench/commands.h"
#include "bench/contest.h"
#include "bench/cpus.h"
#include "bench/report.h"
#include "control/secret.h"
#include "drivers/crypto_engines.h"
#include "drivers/eal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_MIB 256u
#define EXIT_TOO_BUSY 75 // try again later

const struct command commands[] = {
	{"lane", "one lane on null ports beside floor, bare cryptography and peers", run_lane},
	{"engine", "the cryptography alone: bare call, the lane's stages, peers", run_engine},
	{"duplex", "both lanes of a link at once, by one worker and by two", run_duplex},
	{"rekey", "throughput and loss while keys change", run_rekey},
	{"latency", "percentiles through one lane at several loads", run_latency},
	{"lookup", "1 to 1024 peers, and as many links in one worker", run_lookup},
	{"stats", "what readers of the counters cost", run_stats},
	{0},
};

static int run(struct options *options, struct crypto_engine *engine) {
	int error = -EIO;

	options->report = report_create(options, engine);
	if (options->report == NULL)
		return -ENOMEM;
	const char *wrong = options->command->run(options, engine);
	if (wrong != NULL)
		fprintf(stderr, "macsec-bench: %s\n", wrong);
	else
		error = options->json_path == NULL
				? 0
				: report_write(options->report, options->json_path);
	if (wrong == NULL && error != 0)
		fprintf(stderr, "macsec-bench: cannot write %s: %s\n", options->json_path,
			strerror(-error));
	if (error == 0 && !report_is_complete(options->report)) {
		fprintf(stderr, "macsec-bench: %s\n", contest_too_busy);
		error = -EBUSY;
	}
	report_destroy(options->report);
	return error;
}

static int run_with_engine(struct options *options) {
	struct crypto_engine *engine = NULL;
	const int error = options->is_openssl ? crypto_openssl_create(CRYPTO_WORKERS_MAX, &engine)
					      : crypto_ipsec_mb_create(CRYPTO_ARCH_AUTO, &engine);

	if (error != 0) {
		fprintf(stderr, "macsec-bench: no such engine on this CPU; try --openssl\n");
		return error;
	}
	const int outcome = run(options, engine);
	crypto_engine_destroy(engine);
	return outcome;
}

int main(int argc, char **argv) {
	const struct eal_request request = {
		.allow_hugepages = true,
		.memory_mib = MEMORY_MIB,
		.file_prefix = "macsec-bench",
		.run_dir = "/tmp",
	};
	struct options options;
	struct eal_report eal;
	int error = -EIO;

	options_read(&options, argc, argv);
	if (secret_init() == 0 && cpus_count() > 0 && eal_start(&request, &eal) == 0) {
		cpus_pin_main(0);
		error = run_with_engine(&options);
		eal_stop();
	}
	secret_shutdown();
	options_free(&options);
	if (error == -EBUSY)
		return EXIT_TOO_BUSY;
	return error == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
