/* SPDX-License-Identifier: BSD-3-Clause */
/* `rekey`: throughput in the windows in which keys were changed beside the others, and frames lost,
 * in a closed loop under full load. */

#include "bench/commands.h"
#include "bench/contest.h"
#include "bench/lineup.h"
#include "bench/rekey_loop.h"
#include "bench/report.h"

#include <math.h>

#define EVERY_WINDOWS 8u // a change in about every eighth window

static double or_nan(double cycles) {
	return cycles > 0 ? cycles : NAN;
}

static void
tell(struct report *r, const struct rig *rig, const struct meter *meter, unsigned changes,
     uint64_t lost) {
	const double quiet = or_nan(meter_median_of(meter, false));
	const double changing = or_nan(meter_median_of(meter, true));

	report_text(r, "suite", suite_info(rig->shape.suite)->name);
	report_text(r, "octets", rig->shape.mix->name);
	report_number(r, "quiet", quiet, 0);
	report_number(r, "changing", changing, 0);
	report_number(r, "throughput", quiet / changing, 3);
	report_number(r, "changes", changes, 0);
	report_number(r, "lost", (double)lost, 0);
	report_number(r, "windows", meter->kept + meter->discarded, 0);
	report_number(r, "discarded", meter->discarded, 0);
	report_row(r);
}

static const char *measure(const struct options *options, struct rig *rig) {
	const unsigned every_ms = 1 + EVERY_WINDOWS * options->window_us / 1000;
	unsigned windows = (unsigned)(options->seconds * 1e6 / options->window_us);
	struct rekey_loop *loop = rekey_loop_create(rig);
	struct meter meter;
	unsigned changes;
	uint64_t lost;

	if (loop == NULL)
		return "no loop";
	if (windows > METER_WINDOWS_MAX)
		windows = METER_WINDOWS_MAX;
	meter_open(&meter, windows, options->window_us, 1);
	const char *wrong = rekey_loop_run(loop, every_ms, &meter, &changes, &lost);
	meter_close(&meter);
	if (wrong == NULL) {
		const bool is_known =
			meter_median_of(&meter, false) > 0 && meter_median_of(&meter, true) > 0;
		wrong = report_outcome(options->report, is_known ? NULL : contest_too_busy);
		tell(options->report, rig, &meter, changes, lost);
	}
	rekey_loop_destroy(loop);
	return wrong;
}

const char *run_rekey(const struct options *options, struct crypto_engine *engine) {
	const char *wrong = NULL;

	for (unsigned i = 0; wrong == NULL && i < options->n_suites * options->n_mixes; i++) {
		const struct rig_shape shape = {
			.engine = engine,
			.suite = options->suite[i / options->n_mixes],
			.is_encrypting = !options->is_integrity_only,
			.direction = CRYPTO_PROTECT,
			.mix = &options->mix[i % options->n_mixes],
		};
		wrong = lineup_with_rig(options, &shape, measure);
	}
	if (wrong == NULL)
		report_note(
			options->report,
			"TSC cycles per frame through protect lane, line and validate lane (replay "
			"window 0) in one\nworker, in windows without and with a change of keys. "
			"throughput: with ÷ without."
		);
	return wrong;
}
