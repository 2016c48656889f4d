/* SPDX-License-Identifier: BSD-3-Clause */
/* `duplex`: both lanes of a link at once, by one worker and by two that share both, beside each
 * lane alone. */

#include "bench/commands.h"
#include "bench/contest.h"
#include "bench/cpus.h"
#include "bench/report.h"
#include "bench/rig.h"

#include <math.h>

enum { PROTECT, VALIDATE, ONE, TWO, CONTENDERS };

struct pair {
	struct rig *protect, *validate;
};

static const char *run_pair(const struct pair *pair, uint16_t n_workers, struct meter *meter) {
	const struct rig_work work = {.n_workers = n_workers, .also = pair->validate};
	return rig_run_work(pair->protect, &work, meter);
}

static const char *run_one(void *pair, struct meter *meter) {
	return run_pair(pair, 1, meter);
}

static const char *run_two(void *pair, struct meter *meter) {
	return run_pair(pair, 2, meter);
}

static void tell(struct report *r, const struct contest *contest, const struct rig *rig) {
	const struct contender *c = contest->contender;
	const bool has_two = contest->n > TWO;
	const double both = contest_cycles(contest, &c[ONE]);
	const double two = has_two ? contest_cycles(contest, &c[TWO]) : NAN;
	const double octets = rig->shape.mix->mean;

	report_text(r, "suite", suite_info(rig->shape.suite)->name);
	report_text(r, "security", rig->shape.is_encrypting ? "encrypted" : "integrity");
	report_text(r, "octets", rig->shape.mix->name);
	report_number(r, "protect", contest_cycles(contest, &c[PROTECT]), 0);
	report_number(r, "validate", contest_cycles(contest, &c[VALIDATE]), 0);
	report_number(r, "both", both, 0);
	report_number(r, "both-two", two, 0);
	report_number(
		r, "both/mean", 2 * contest_ratio_sum(contest, &c[ONE], &c[PROTECT], &c[VALIDATE]),
		3
	);
	report_number(r, "two/one", has_two ? contest_ratio(contest, &c[ONE], &c[TWO]) : NAN, 2);
	report_number(r, "Gbit/s", report_gbit(octets, both), 2);
	report_number(r, "Gbit/s-two", report_gbit(octets, two), 2);
	report_disturbance(r, contest);
	report_row(r);
}

static const char *measure(const struct options *options, struct pair *pair) {
	struct contender contender[CONTENDERS] = {
		[PROTECT] = {.n_workers = 1, .run = rig_run_one_worker, .arg = pair->protect},
		[VALIDATE] = {.n_workers = 1, .run = rig_run_one_worker, .arg = pair->validate},
		[ONE] = {.n_workers = 1, .run = run_one, .arg = pair},
		[TWO] = {.n_workers = 2, .run = run_two, .arg = pair},
	};
	struct contest contest = {
		.contender = contender,
		.n = cpus_count() >= 2 ? CONTENDERS : TWO,
	};
	contest_plan(&contest, options->seconds, options->window_us);
	const char *wrong = report_outcome(options->report, contest_run(&contest));
	if (wrong == NULL)
		tell(options->report, &contest, pair->protect);
	return wrong;
}

static const char *run_shape(const struct options *options, struct rig_shape shape) {
	const char *wrong = "no rig";
	struct pair pair = {0};

	shape.direction = CRYPTO_PROTECT;
	pair.protect = rig_create(&shape);
	shape.direction = CRYPTO_VALIDATE;
	pair.validate = rig_create(&shape);
	if (pair.protect != NULL && pair.validate != NULL)
		wrong = measure(options, &pair);
	rig_destroy(pair.validate);
	rig_destroy(pair.protect);
	return wrong;
}

const char *run_duplex(const struct options *options, struct crypto_engine *engine) {
	const char *wrong = NULL;

	for (unsigned s = 0; wrong == NULL && s < options->n_suites; s++)
		for (unsigned m = 0; wrong == NULL && m < options->n_mixes; m++)
			wrong = run_shape(
				options,
				(struct rig_shape){
					.engine = engine,
					.suite = options->suite[s],
					.is_encrypting = !options->is_integrity_only,
					.mix = &options->mix[m],
				}
			);
	if (wrong == NULL)
		report_note(
			options->report,
			"protect, validate: one lane in one worker; both: the two lanes of a link "
			"in "
			"one worker;\nboth-two: in two workers that share both. TSC cycles per "
			"frame, "
			"any direction.\nboth/mean: 1.0 is what the lanes cost apart. Gbit/s: both "
			"directions together."
		);
	return wrong;
}
