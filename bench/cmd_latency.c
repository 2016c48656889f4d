/* SPDX-License-Identifier: BSD-3-Clause */
/* `latency`: how long a frame takes through one lane in one worker, from when it was due to when it
 * is handed to the transmit port, at loads given as shares of what the lane can do. */

#include "bench/commands.h"
#include "bench/contest.h"
#include "bench/lineup.h"
#include "bench/pace.h"
#include "bench/report.h"
#include "bench/rig.h"

#include <rte_cycles.h>

#include <math.h>

static double microseconds(double cycles) {
	return cycles * 1e6 / (double)rte_get_tsc_hz();
}

static void
tell(struct report *r, const struct rig *rig, unsigned load, double cycles,
     const struct pace_figures *f, const struct meter *meter) {
	report_text(
		r, "direction", rig->shape.direction == CRYPTO_PROTECT ? "protect" : "validate"
	);
	report_text(r, "octets", rig->shape.mix->name);
	report_number(r, "load-%", load, 0);
	report_number(r, "Mpps", (double)rte_get_tsc_hz() / cycles / 1e6, 3);
	report_number(r, "arrived", f->load, 3);
	report_number(r, "p50-us", microseconds(f->p50), 2);
	report_number(r, "p90-us", microseconds(f->p90), 2);
	report_number(r, "p99-us", microseconds(f->p99), 2);
	report_number(r, "p99.9-us", microseconds(f->p999), 2);
	report_number(r, "max-us", microseconds(f->longest), 2);
	report_number(r, "windows", meter->kept + meter->discarded, 0);
	report_number(r, "discarded", meter->discarded, 0);
	report_row(r);
}

static const char *
run_load(const struct options *options, struct rig *rig, unsigned load, double capacity) {
	const struct rig_work work = {.n_workers = 1};
	const double cycles = capacity * 100 / load;
	unsigned windows = (unsigned)(options->seconds * 1e6 / options->window_us);
	struct pace_figures figures;
	struct meter meter;

	if (windows > METER_WINDOWS_MAX)
		windows = METER_WINDOWS_MAX;
	meter_open(&meter, windows, options->window_us, 1);
	struct pace *pace = pace_open(rig, &meter, windows, cycles);
	const char *wrong = pace == NULL ? "no memory" : rig_run_work(rig, &work, &meter);
	if (wrong == NULL) {
		pace_figures(pace, &figures);
		wrong = report_outcome(options->report, meter.kept == 0 ? contest_too_busy : NULL);
		tell(options->report, rig, load, cycles, &figures, &meter);
	}
	if (pace != NULL)
		pace_close(pace);
	meter_close(&meter);
	return wrong;
}

/* What the lane can do is measured first, at full load. */
static const char *measure(const struct options *options, struct rig *rig) {
	static const unsigned loads[] = {10, 25, 50, 75, 90};
	const unsigned step = options->is_quick ? 2 : 1; // 10, 50, 90
	struct contender lane = {.n_workers = 1, .run = rig_run_one_worker, .arg = rig};
	struct contest contest = {.contender = &lane, .n = 1};

	contest_plan(&contest, options->seconds / 2, options->window_us);
	const char *wrong = contest_run(&contest);
	if (wrong != NULL)
		return report_outcome(options->report, wrong); // and no row: nothing is known
	for (unsigned i = 0; wrong == NULL && i < sizeof(loads) / sizeof(loads[0]); i += step)
		wrong = run_load(options, rig, loads[i], contest_cycles(&contest, &lane));
	return wrong;
}

const char *run_latency(const struct options *options, struct crypto_engine *engine) {
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
			options->report,
			"load: share of what the lane can do, measured just before; arrived: "
			"frames "
			"that came per\nframe that was due (1.0: the load was really there). Times "
			"from when a frame was due to\nwhen it is handed to the transmit port, in "
			"good "
			"windows."
		);
	return wrong;
}
