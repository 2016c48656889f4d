/* SPDX-License-Identifier: BSD-3-Clause */
/* `lane`: one lane between null ports in the product's workers, one and two of them, beside its
 * limit (raw + floor) and the peers on the same ports. */

#include "bench/commands.h"
#include "bench/cpus.h"
#include "bench/lineup.h"
#include "bench/peer_path.h"
#include "bench/raw.h"
#include "bench/report.h"

#include <math.h>

enum { FLOOR, RAW, LANE, TWO, OPENSSL, GCM_DEVICE, MB_DEVICE, CONTENDERS };

struct trial {
	struct rig *rig;
	struct raw raw;
	struct peer_path path[CONTENDERS];
	struct lineup lineup;
};

static void add_peer(struct trial *trial, unsigned which, struct peer *peer) {
	trial->path[which] = (struct peer_path){.rig = trial->rig, .peer = peer, .pn = 1};
	lineup_add_peer(
		&trial->lineup, which, &trial->raw, peer, peer_path_run, &trial->path[which]
	);
}

static void gather(struct trial *trial) {
	struct rig *rig = trial->rig;
	const struct peer_shape shape = {
		.sa = rig->sa[0],
		.direction = rig->shape.direction,
		.is_encrypting = rig->shape.is_encrypting,
	};
	lineup_add(&trial->lineup, FLOOR, "floor", 1, rig_run_floor, rig);
	lineup_add(&trial->lineup, RAW, "raw", 1, raw_run, &trial->raw);
	lineup_add(&trial->lineup, LANE, "lane", 1, rig_run_one_worker, rig);
	if (cpus_count() >= 2)
		lineup_add(&trial->lineup, TWO, "two", 2, rig_run_two_workers, rig);
	add_peer(trial, OPENSSL, peer_openssl_create(&shape));
	add_peer(trial, GCM_DEVICE, peer_cryptodev_create("crypto_aesni_gcm", &shape));
	add_peer(trial, MB_DEVICE, peer_cryptodev_create("crypto_aesni_mb", &shape));
}

/* How many times the frames per second of `of` the contender has. */
static double speed(const struct lineup *lineup, unsigned which, unsigned of) {
	return lineup->place[which] == NULL || lineup->place[of] == NULL
		       ? NAN
		       : contest_ratio(&lineup->contest, lineup->place[of], lineup->place[which]);
}

static void tell(struct report *r, const struct lineup *lineup, const struct rig *rig) {
	const double octets = rig_mean_octets(rig);

	lineup_describe(r, rig);
	report_number(r, "floor", lineup_cycles(lineup, FLOOR), 0);
	report_number(r, "raw", lineup_cycles(lineup, RAW), 0);
	report_number(r, "lane", lineup_cycles(lineup, LANE), 0);
	report_number(r, "two", lineup_cycles(lineup, TWO), 0);
	report_number(
		r, "lane/limit",
		contest_ratio_sum(
			&lineup->contest, lineup->place[LANE], lineup->place[RAW],
			lineup->place[FLOOR]
		),
		3
	);
	report_number(r, "two/one", speed(lineup, TWO, LANE), 2);
	report_number(r, "x-openssl", speed(lineup, LANE, OPENSSL), 2);
	report_number(r, "x-gcm-dev", speed(lineup, LANE, GCM_DEVICE), 2);
	report_number(r, "x-mb-dev", speed(lineup, LANE, MB_DEVICE), 2);
	report_number(r, "Gbit/s", report_gbit(octets, lineup_cycles(lineup, LANE)), 2);
	report_number(r, "Gbit/s-two", report_gbit(octets, lineup_cycles(lineup, TWO)), 2);
	report_disturbance(r, &lineup->contest);
	report_row(r);
}

static const char *measure(const struct options *options, struct rig *rig) {
	struct trial trial = {.rig = rig};
	const char *wrong = "no frames";

	if (raw_open(&trial.raw, rig)) {
		gather(&trial);
		wrong = lineup_run(&trial.lineup, options);
	}
	if (wrong == NULL)
		tell(options->report, &trial.lineup, rig);
	for (unsigned i = 0; i < CONTENDERS; i++)
		peer_destroy(trial.path[i].peer);
	raw_close(&trial.raw);
	return wrong;
}

static const char *
run_mix(const struct options *options, struct crypto_engine *engine, enum cipher_suite suite,
	const struct frame_mix *mix) {
	const char *wrong = NULL;

	for (unsigned i = 0; wrong == NULL && i < 2; i++) {
		const struct rig_shape shape = {
			.engine = engine,
			.suite = suite,
			.is_encrypting = !options->is_integrity_only,
			.direction = i == 0 ? CRYPTO_PROTECT : CRYPTO_VALIDATE,
			.mix = mix,
		};
		wrong = lineup_with_rig(options, &shape, measure);
	}
	return wrong;
}

const char *run_lane(const struct options *options, struct crypto_engine *engine) {
	const char *wrong = NULL;

	for (unsigned s = 0; wrong == NULL && s < options->n_suites; s++)
		for (unsigned m = 0; wrong == NULL && m < options->n_mixes; m++)
			wrong = run_mix(options, engine, options->suite[s], &options->mix[m]);
	if (wrong == NULL)
		report_note(
			options->report,
			"floor, raw, lane, two (workers): TSC cycles per frame, medians of windows."
			"\nlimit = raw + floor; two/one and x-…: how many times the frames per "
			"second.\nGbit/s: of the clear frames, without FCS, preamble and gap."
		);
	return wrong;
}
