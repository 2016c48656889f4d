/* SPDX-License-Identifier: BSD-3-Clause */
/* `engine`: a burst of frames without ports. The bare call is the limit; the lane's stages and the
 * peers are judged beside it, each with what makes the frames new as floor. */

#include "bench/commands.h"
#include "bench/contest.h"
#include "bench/raw.h"
#include "bench/report.h"

#include <math.h>

enum { BARE, RENEW, STAGES, OPENSSL, GCM_DEVICE, MB_DEVICE, CONTENDERS };

struct trial {
	struct raw raw;
	struct raw_peer peer[CONTENDERS];
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

/* A peer that is not there (its library is not installed) leaves its columns empty. */
static void add_peer(struct trial *trial, unsigned which, struct peer *peer) {
	trial->peer[which] = (struct raw_peer){&trial->raw, peer};
	if (peer != NULL && !raw_peer_agrees(&trial->raw, peer))
		trial->is_wrong = true;
	if (peer != NULL)
		add(trial, which, peer->name, 1, raw_run_peer, &trial->peer[which]);
}

static void gather(struct trial *trial, const struct rig *rig) {
	const struct peer_shape shape = {
		.sa = rig->sa[0],
		.direction = rig->shape.direction,
		.is_encrypting = rig->shape.is_encrypting,
	};
	trial->contest = (struct contest){.contender = trial->contender};
	add(trial, BARE, "bare", 1, raw_run, &trial->raw);
	add(trial, RENEW, "renew", 1, raw_run_renew, &trial->raw);
	add(trial, STAGES, "stages", 1, raw_run_stages, &trial->raw);
	add_peer(trial, OPENSSL, peer_openssl_create(&shape));
	add_peer(trial, GCM_DEVICE, peer_cryptodev_create("crypto_aesni_gcm", &shape));
	add_peer(trial, MB_DEVICE, peer_cryptodev_create("crypto_aesni_mb", &shape));
}

static double cycles(const struct trial *trial, unsigned which) {
	return trial->place[which] == NULL ? NAN
					   : contest_cycles(&trial->contest, trial->place[which]);
}

static double over_limit(const struct trial *trial, unsigned which) {
	return trial->place[which] == NULL ? NAN
					   : contest_ratio_sum(
						     &trial->contest, trial->place[which],
						     trial->place[BARE], trial->place[RENEW]
					     );
}

static void tell(struct report *r, const struct trial *trial, const struct rig *rig) {
	report_text(r, "suite", suite_info(rig->shape.suite)->name);
	report_text(
		r, "direction", rig->shape.direction == CRYPTO_PROTECT ? "protect" : "validate"
	);
	report_text(r, "security", rig->shape.is_encrypting ? "encrypted" : "integrity");
	report_text(r, "octets", rig->shape.mix->name);
	report_number(r, "bare", cycles(trial, BARE), 0);
	report_number(r, "renew", cycles(trial, RENEW), 0);
	report_number(r, "stages", cycles(trial, STAGES), 0);
	report_number(r, "openssl", cycles(trial, OPENSSL), 0);
	report_number(r, "cryptodev-gcm", cycles(trial, GCM_DEVICE), 0);
	report_number(r, "cryptodev-mb", cycles(trial, MB_DEVICE), 0);
	report_number(r, "stages/limit", over_limit(trial, STAGES), 3);
	report_number(r, "openssl/limit", over_limit(trial, OPENSSL), 2);
	report_number(r, "gcm/limit", over_limit(trial, GCM_DEVICE), 2);
	report_number(r, "mb/limit", over_limit(trial, MB_DEVICE), 2);
	report_disturbance(r, &trial->contest);
	report_row(r);
}

static const char *measure(const struct options *options, struct rig *rig) {
	struct trial trial = {0};
	const char *wrong = "no frames";

	if (raw_open(&trial.raw, rig)) {
		gather(&trial, rig);
		contest_plan(&trial.contest, options->seconds, options->window_us);
		wrong = trial.is_wrong
				? "a peer and the engine make different frames"
				: report_outcome(options->report, contest_run(&trial.contest));
	}
	if (wrong == NULL)
		tell(options->report, &trial, rig);
	for (unsigned i = 0; i < CONTENDERS; i++)
		peer_destroy(trial.peer[i].peer);
	raw_close(&trial.raw);
	return wrong;
}

static const char *run_shape(const struct options *options, const struct rig_shape *shape) {
	struct rig *rig = rig_create(shape);
	if (rig == NULL)
		return "no rig";
	const char *wrong = measure(options, rig);
	rig_destroy(rig);
	return wrong;
}

/* Both directions, encrypted and integrity only (with --integrity that alone). */
static const char *
run_mix(const struct options *options, struct crypto_engine *engine, enum cipher_suite suite,
	const struct frame_mix *mix) {
	const char *wrong = NULL;

	for (unsigned i = options->is_integrity_only ? 2 : 0; wrong == NULL && i < 4; i++) {
		const struct rig_shape shape = {
			.engine = engine,
			.suite = suite,
			.is_encrypting = i < 2,
			.direction = i % 2 == 0 ? CRYPTO_PROTECT : CRYPTO_VALIDATE,
			.mix = mix,
		};
		wrong = run_shape(options, &shape);
	}
	return wrong;
}

const char *run_engine(const struct options *options, struct crypto_engine *engine) {
	const char *wrong = NULL;

	for (unsigned s = 0; wrong == NULL && s < options->n_suites; s++)
		for (unsigned m = 0; wrong == NULL && m < options->n_mixes; m++)
			wrong = run_mix(options, engine, options->suite[s], &options->mix[m]);
	if (wrong == NULL)
		report_note(
			options->report,
			"TSC cycles per frame, medians of windows; limit = bare + renew.\n"
			"bare: the engine's AES-GCM call alone; renew: making frames new; stages: "
			"the "
			"lane's\nstages without ports; openssl, cryptodev: peers. The last four "
			"include renew."
		);
	return wrong;
}
