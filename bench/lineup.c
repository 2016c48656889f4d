/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/lineup.h"

#include "bench/report.h"

#include <math.h>

void lineup_add(
	struct lineup *lineup, unsigned which, const char *name, unsigned n_workers,
	const char *(*run)(void *, struct meter *), void *arg
) {
	struct contender *c = &lineup->contender[lineup->contest.n++];

	lineup->contest.contender = lineup->contender;
	*c = (struct contender){.name = name, .n_workers = n_workers, .run = run, .arg = arg};
	lineup->place[which] = c;
}

void lineup_add_peer(
	struct lineup *lineup, unsigned which, struct raw *raw, struct peer *peer,
	const char *(*run)(void *, struct meter *), void *arg
) {
	if (peer == NULL)
		return;
	if (!raw_peer_agrees(raw, peer))
		lineup->is_wrong = true;
	lineup_add(lineup, which, peer->name, 1, run, arg);
}

const char *lineup_run(struct lineup *lineup, const struct options *options) {
	if (lineup->is_wrong)
		return "a peer and the engine make different frames";
	contest_plan(&lineup->contest, options->seconds, options->window_us);
	return report_outcome(options->report, contest_run(&lineup->contest));
}

double lineup_cycles(const struct lineup *lineup, unsigned which) {
	return lineup->place[which] == NULL
		       ? NAN
		       : contest_cycles(&lineup->contest, lineup->place[which]);
}

void lineup_describe(struct report *report, const struct rig *rig) {
	report_text(report, "suite", suite_info(rig->shape.suite)->name);
	report_text(
		report, "direction", rig->shape.direction == CRYPTO_PROTECT ? "protect" : "validate"
	);
	report_text(report, "security", rig->shape.is_encrypting ? "encrypted" : "integrity");
	report_text(report, "octets", rig->shape.mix->name);
}

const char *lineup_with_rig(
	const struct options *options, const struct rig_shape *shape,
	const char *(*measure)(const struct options *options, struct rig *rig)
) {
	struct rig *rig = rig_create(shape);
	const char *wrong = rig == NULL ? "no rig" : measure(options, rig);

	rig_destroy(rig);
	return wrong;
}
