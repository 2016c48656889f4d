/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `lookup`: what many peers and many links cost. peers: one validate lane, frames of so many
 * senders in turn, each with its SC, SA and key. links: so many protect lanes in one worker, each
 * with its SecY, SA and key, all fed from one port. Beside the same with one.
 */

#include "bench/commands.h"
#include "bench/contest.h"
#include "bench/report.h"
#include "bench/rig.h"
#include "bench/swarm.h"

static void
tell(struct report *r, const struct contest *contest, const char *of, uint32_t n,
     const struct frame_mix *mix) {
	const struct contender *c = contest->contender;

	report_text(r, "of", of);
	report_number(r, "count", n, 0);
	report_text(r, "octets", mix->name);
	report_number(r, "one", contest_cycles(contest, &c[0]), 0);
	report_number(r, "many", contest_cycles(contest, &c[1]), 0);
	report_number(r, "many/one", contest_ratio(contest, &c[1], &c[0]), 3);
	report_disturbance(r, contest);
	report_row(r);
}

static const char *
compare(const struct options *options, struct contender one, struct contender many, const char *of,
	uint32_t n, const struct frame_mix *mix) {
	struct contender both[] = {one, many};
	struct contest contest = {.contender = both, .n = 2};

	contest_plan(&contest, options->seconds, options->window_us);
	const char *wrong = report_outcome(options->report, contest_run(&contest));
	if (wrong == NULL)
		tell(options->report, &contest, of, n, mix);
	return wrong;
}

static const char *run_peers(const struct options *options, struct rig_shape shape, uint32_t n) {
	const char *wrong = "no rig";

	shape.direction = CRYPTO_VALIDATE;
	struct rig *one = rig_create(&shape);
	shape.n_sa = n;
	struct rig *many = rig_create(&shape);
	if (one != NULL && many != NULL)
		wrong = compare(
			options,
			(struct contender){.n_workers = 1, .run = rig_run_one_worker, .arg = one},
			(struct contender){.n_workers = 1, .run = rig_run_one_worker, .arg = many},
			"peers", n, shape.mix
		);
	rig_destroy(many);
	rig_destroy(one);
	return wrong;
}

static const char *run_links(const struct options *options, struct rig_shape shape, uint32_t n) {
	const char *wrong = "no rig";

	shape.direction = CRYPTO_PROTECT;
	shape.n_sa = n;
	struct rig *rig = rig_create(&shape);
	struct swarm *swarm = rig != NULL ? swarm_create(rig, n) : NULL;
	if (swarm != NULL)
		wrong =
			compare(options,
				(struct contender
				){.n_workers = 1, .run = rig_run_one_worker, .arg = rig},
				(struct contender){.n_workers = 1, .run = swarm_run, .arg = swarm},
				"links", n, shape.mix);
	swarm_destroy(swarm);
	rig_destroy(rig);
	return wrong;
}

static const char *
run_mix(const struct options *options, struct crypto_engine *engine, const struct frame_mix *mix) {
	static const uint32_t counts[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
	const unsigned step = options->is_quick ? 5 : 1; // 1, 32, 1024
	const struct rig_shape shape = {
		.engine = engine,
		.suite = options->suite[0],
		.is_encrypting = !options->is_integrity_only,
		.mix = mix,
	};
	const char *wrong = NULL;

	for (unsigned i = 0; wrong == NULL && i < sizeof(counts) / sizeof(counts[0]); i += step)
		wrong = run_peers(options, shape, counts[i]);
	for (unsigned i = 0; wrong == NULL && i < sizeof(counts) / sizeof(counts[0]); i += step)
		wrong = run_links(options, shape, counts[i]);
	return wrong;
}

const char *run_lookup(const struct options *options, struct crypto_engine *engine) {
	const char *wrong = NULL;

	for (unsigned m = 0; wrong == NULL && m < options->n_mixes; m++)
		wrong = run_mix(options, engine, &options->mix[m]);
	if (wrong == NULL)
		report_note(
			options->report, "TSC cycles per frame of one worker. peers: frames of so "
					 "many senders in turn "
					 "on one validate lane.\nlinks: so many protect lanes in "
					 "one worker, a burst "
					 "each in turn."
		);
	return wrong;
}
