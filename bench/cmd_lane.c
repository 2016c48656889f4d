/* SPDX-License-Identifier: BSD-3-Clause */
/* `lane`: one lane between null ports in the product's workers, one and two of them, beside its
 * limit (raw + floor) and the peers on the same ports. */

#include "bench/commands.h"
#include "bench/contest.h"
#include "bench/cpus.h"
#include "bench/peer_path.h"
#include "bench/raw.h"
#include "bench/report.h"

#include <math.h>

enum { FLOOR, RAW, LANE, TWO, OPENSSL, GCM_DEVICE, MB_DEVICE, CONTENDERS };

struct trial {
	struct rig *rig;
	struct raw raw;
	struct peer_path path[CONTENDERS];
	struct contender contender[CONTENDERS];
	struct contest contest;
	struct contender *place[CONTENDERS]; // NULL: absent
	bool is_wrong;                       // a peer does not do the same work
};

static void
add(struct trial *trial, unsigned which, const char *name, unsigned n_workers,
    const char *(*run)(void *, struct meter *), void *arg) {
	struct contender *c = &trial->contender[trial->contest.n++];
	*c = (struct contender){name, n_workers, run, arg, {0}, 0, 0, 0};
	trial->place[which] = c;
}

static void add_peer(struct trial *trial, unsigned which, struct peer *peer) {
	trial->path[which] = (struct peer_path){.rig = trial->rig, .peer = peer, .pn = 1};
	if (peer != NULL && !raw_peer_agrees(&trial->raw, peer))
		trial->is_wrong = true;
	if (peer != NULL)
		add(trial, which, peer->name, 1, peer_path_run, &trial->path[which]);
}

static void gather(struct trial *trial) {
	struct rig *rig = trial->rig;
	const struct peer_shape shape = {
		.sa = rig->sa[0],
		.direction = rig->shape.direction,
		.is_encrypting = rig->shape.is_encrypting,
	};
	trial->contest = (struct contest){.contender = trial->contender};
	add(trial, FLOOR, "floor", 1, rig_run_floor, rig);
	add(trial, RAW, "raw", 1, raw_run, &trial->raw);
	add(trial, LANE, "lane", 1, rig_run_one_worker, rig);
	if (cpus_count() >= 2)
		add(trial, TWO, "two", 2, rig_run_two_workers, rig);
	add_peer(trial, OPENSSL, peer_openssl_create(&shape));
	add_peer(trial, GCM_DEVICE, peer_cryptodev_create("crypto_aesni_gcm", &shape));
	add_peer(trial, MB_DEVICE, peer_cryptodev_create("crypto_aesni_mb", &shape));
}

static double cycles(const struct trial *trial, unsigned which) {
	return trial->place[which] == NULL ? NAN
					   : contest_cycles(&trial->contest, trial->place[which]);
}

/* How many times the frames per second of `of` the contender has. */
static double speed(const struct trial *trial, unsigned which, unsigned of) {
	return trial->place[which] == NULL || trial->place[of] == NULL
		       ? NAN
		       : contest_ratio(&trial->contest, trial->place[of], trial->place[which]);
}

static void tell(struct report *r, const struct trial *trial) {
	const struct rig *rig = trial->rig;
	const double octets = rig_mean_octets(rig);

	report_text(r, "suite", suite_info(rig->shape.suite)->name);
	report_text(
		r, "direction", rig->shape.direction == CRYPTO_PROTECT ? "protect" : "validate"
	);
	report_text(r, "security", rig->shape.is_encrypting ? "encrypted" : "integrity");
	report_text(r, "octets", rig->shape.mix->name);
	report_number(r, "floor", cycles(trial, FLOOR), 0);
	report_number(r, "raw", cycles(trial, RAW), 0);
	report_number(r, "lane", cycles(trial, LANE), 0);
	report_number(r, "two", cycles(trial, TWO), 0);
	report_number(
		r, "lane/limit",
		contest_ratio_sum(
			&trial->contest, trial->place[LANE], trial->place[RAW], trial->place[FLOOR]
		),
		3
	);
	report_number(r, "two/one", speed(trial, TWO, LANE), 2);
	report_number(r, "x-openssl", speed(trial, LANE, OPENSSL), 2);
	report_number(r, "x-gcm-dev", speed(trial, LANE, GCM_DEVICE), 2);
	report_number(r, "x-mb-dev", speed(trial, LANE, MB_DEVICE), 2);
	report_number(r, "Gbit/s", report_gbit(octets, cycles(trial, LANE)), 2);
	report_number(r, "Gbit/s-two", report_gbit(octets, cycles(trial, TWO)), 2);
	report_disturbance(r, &trial->contest);
	report_row(r);
}

static const char *measure(const struct options *options, struct rig *rig) {
	struct trial trial = {.rig = rig};
	const char *wrong = "no frames";

	if (raw_open(&trial.raw, rig)) {
		gather(&trial);
		contest_plan(&trial.contest, options->seconds, options->window_us);
		wrong = trial.is_wrong
				? "a peer and the engine make different frames"
				: report_outcome(options->report, contest_run(&trial.contest));
	}
	if (wrong == NULL)
		tell(options->report, &trial);
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
		struct rig *rig = rig_create(&shape);
		wrong = rig == NULL ? "no rig" : measure(options, rig);
		rig_destroy(rig);
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
