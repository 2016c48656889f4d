/* SPDX-License-Identifier: BSD-3-Clause */
/* `stats`: what readers of a lane's counters cost its worker: none, a thousand sums a second, and
 * one sum after the other from another CPU. */

#include "bench/commands.h"
#include "bench/contest.h"
#include "bench/lineup.h"
#include "bench/report.h"
#include "bench/rig.h"

#include <time.h>

enum { SILENT, OFTEN, ALWAYS, CONTENDERS };

#define OFTEN_NS 1000000l

static void read_often(void *arg, const struct lane_counters_set *set) {
	const struct timespec pause = {.tv_nsec = OFTEN_NS};
	struct counters *sum = arg;

	lane_counters_sum(set, sum);
	nanosleep(&pause, NULL);
}

static void read_always(void *arg, const struct lane_counters_set *set) {
	lane_counters_sum(set, arg);
}

static const char *run_often(void *rig, struct meter *meter) {
	struct counters sum;
	const struct rig_work work = {.n_workers = 1, .aside = read_often, .arg = &sum};
	return rig_run_work(rig, &work, meter);
}

static const char *run_always(void *rig, struct meter *meter) {
	struct counters sum;
	const struct rig_work work = {.n_workers = 1, .aside = read_always, .arg = &sum};
	return rig_run_work(rig, &work, meter);
}

static const char *measure(const struct options *options, struct rig *rig) {
	struct report *r = options->report;
	struct contender c[CONTENDERS] = {
		[SILENT] = {.n_workers = 1, .run = rig_run_one_worker, .arg = rig},
		[OFTEN] = {.n_workers = 1, .run = run_often, .arg = rig},
		[ALWAYS] = {.n_workers = 1, .run = run_always, .arg = rig},
	};
	struct contest contest = {.contender = c, .n = CONTENDERS};

	contest_plan(&contest, options->seconds, options->window_us);
	const char *wrong = report_outcome(r, contest_run(&contest));
	if (wrong != NULL)
		return wrong;
	report_text(
		r, "direction", rig->shape.direction == CRYPTO_PROTECT ? "protect" : "validate"
	);
	report_text(r, "octets", rig->shape.mix->name);
	report_number(r, "silent", contest_cycles(&contest, &c[SILENT]), 0);
	report_number(r, "1000/s", contest_cycles(&contest, &c[OFTEN]), 0);
	report_number(r, "always", contest_cycles(&contest, &c[ALWAYS]), 0);
	report_number(r, "1000/s/silent", contest_ratio(&contest, &c[OFTEN], &c[SILENT]), 3);
	report_number(r, "always/silent", contest_ratio(&contest, &c[ALWAYS], &c[SILENT]), 3);
	report_disturbance(r, &contest);
	report_row(r);
	return NULL;
}

const char *run_stats(const struct options *options, struct crypto_engine *engine) {
	const char *wrong = NULL;

	for (unsigned i = 0; wrong == NULL && i < 2 * options->n_mixes; i++) {
		const struct rig_shape shape = {
			.engine = engine,
			.suite = options->suite[0],
			.is_encrypting = !options->is_integrity_only,
			.direction = i % 2 == 0 ? CRYPTO_PROTECT : CRYPTO_VALIDATE,
			.mix = &options->mix[i / 2],
		};
		wrong = lineup_with_rig(options, &shape, measure);
	}
	if (wrong == NULL)
		report_note(
			options->report, "TSC cycles per frame of one worker while its counters "
					 "are read by another CPU: "
					 "not at all,\na thousand times a second, without a pause."
		);
	return wrong;
}
