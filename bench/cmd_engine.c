/* SPDX-License-Identifier: BSD-3-Clause */
/* `engine`: a burst of frames without ports. The bare call is the limit; the lane's stages and the
 * peers are judged beside it, each with what makes the frames new as floor. */

#include "bench/commands.h"
#include "bench/lineup.h"
#include "bench/raw.h"
#include "bench/report.h"

#include <math.h>

enum { BARE, RENEW, STAGES, OPENSSL, GCM_DEVICE, MB_DEVICE, CONTENDERS };

struct trial {
	struct raw raw;
	struct raw_peer peer[CONTENDERS];
	struct lineup lineup;
};

/* A peer that is not there (its library is not installed) leaves its columns empty. */
static void add_peer(struct trial *trial, unsigned which, struct peer *peer) {
	trial->peer[which] = (struct raw_peer){&trial->raw, peer};
	lineup_add_peer(
		&trial->lineup, which, &trial->raw, peer, raw_run_peer, &trial->peer[which]
	);
}

static void gather(struct trial *trial, const struct rig *rig) {
	const struct peer_shape shape = {
		.sa = rig->sa[0],
		.direction = rig->shape.direction,
		.is_encrypting = rig->shape.is_encrypting,
	};
	lineup_add(&trial->lineup, BARE, "bare", 1, raw_run, &trial->raw);
	lineup_add(&trial->lineup, RENEW, "renew", 1, raw_run_renew, &trial->raw);
	lineup_add(&trial->lineup, STAGES, "stages", 1, raw_run_stages, &trial->raw);
	add_peer(trial, OPENSSL, peer_openssl_create(&shape));
	add_peer(trial, GCM_DEVICE, peer_cryptodev_create("crypto_aesni_gcm", &shape));
	add_peer(trial, MB_DEVICE, peer_cryptodev_create("crypto_aesni_mb", &shape));
}

static double over_limit(const struct lineup *lineup, unsigned which) {
	return lineup->place[which] == NULL ? NAN
					    : contest_ratio_sum(
						      &lineup->contest, lineup->place[which],
						      lineup->place[BARE], lineup->place[RENEW]
					      );
}

static void tell(struct report *r, const struct lineup *lineup, const struct rig *rig) {
	lineup_describe(r, rig);
	report_number(r, "bare", lineup_cycles(lineup, BARE), 0);
	report_number(r, "renew", lineup_cycles(lineup, RENEW), 0);
	report_number(r, "stages", lineup_cycles(lineup, STAGES), 0);
	report_number(r, "openssl", lineup_cycles(lineup, OPENSSL), 0);
	report_number(r, "cryptodev-gcm", lineup_cycles(lineup, GCM_DEVICE), 0);
	report_number(r, "cryptodev-mb", lineup_cycles(lineup, MB_DEVICE), 0);
	report_number(r, "stages/limit", over_limit(lineup, STAGES), 3);
	report_number(r, "openssl/limit", over_limit(lineup, OPENSSL), 2);
	report_number(r, "gcm/limit", over_limit(lineup, GCM_DEVICE), 2);
	report_number(r, "mb/limit", over_limit(lineup, MB_DEVICE), 2);
	report_disturbance(r, &lineup->contest);
	report_row(r);
}

static const char *measure(const struct options *options, struct rig *rig) {
	struct trial trial = {0};
	const char *wrong = "no frames";

	if (raw_open(&trial.raw, rig)) {
		gather(&trial, rig);
		wrong = lineup_run(&trial.lineup, options);
	}
	if (wrong == NULL)
		tell(options->report, &trial.lineup, rig);
	for (unsigned i = 0; i < CONTENDERS; i++)
		peer_destroy(trial.peer[i].peer);
	raw_close(&trial.raw);
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
		wrong = lineup_with_rig(options, &shape, measure);
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
