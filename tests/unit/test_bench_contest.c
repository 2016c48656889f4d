/* SPDX-License-Identifier: BSD-3-Clause */
/* The bench's arithmetic: what is quoted from windows and rounds of which some were disturbed. */

#include "bench/contest.h"
#include "bench/frame_mix.h"

#include <criterion/criterion.h>

#include <math.h>

/* A contender that "measures" what its script says, one number for each round; 0: every window was
 * interrupted. */
struct script {
	const double *cycles;
	unsigned round;
};

static const char *play(void *arg, struct meter *meter) {
	struct script *script = arg;
	const double cycles = script->cycles[script->round++];

	for (unsigned i = 0; i < meter->wanted; i++)
		meter->window[i] = (struct meter_window){
			// around it, and not in order
			.cycles = cycles + (i % 2 == 0 ? 1 : -1) * (double)(i / 2 + 1),
			.is_good = cycles > 0,
		};
	meter->kept = cycles > 0 ? meter->wanted : 0;
	meter->discarded = meter->wanted - meter->kept;
	return NULL;
}

static const char *fail(void *arg, struct meter *meter) {
	(void)arg;
	(void)meter;
	return "a frame was lost";
}

static struct contest contest_of(struct contender *contender, unsigned n, unsigned rounds) {
	return (struct contest){
		.contender = contender,
		.n = n,
		.window_us = 5000,
		.windows = 4,
		.rounds = rounds,
	};
}

Test(bench_contest, ratio_is_the_median_of_the_rounds_ratios) {
	// the machine is half as fast in the second round: of the medians it would be 300 / 200
	static const double a[] = {300, 600, 330}, b[] = {200, 400, 100};
	struct script scripts[] = {{a, 0}, {b, 0}};
	struct contender c[] = {
		{.n_workers = 1, .run = play, .arg = &scripts[0]},
		{.n_workers = 1, .run = play, .arg = &scripts[1]},
	};
	struct contest contest = contest_of(c, 2, 3);

	cr_assert_null(contest_run(&contest));
	cr_assert_eq(contest.done, 3);
	cr_assert_float_eq(contest_ratio(&contest, &c[0], &c[1]), 1.5, 1e-9);
	cr_assert_float_eq(contest_ratio(&contest, &c[1], &c[0]), 1 / 1.5, 1e-9);
	cr_assert_float_eq(contest_cycles(&contest, &c[0]), 330, 1e-9);
	cr_assert_float_eq(contest_ratio_sum(&contest, &c[0], &c[1], &c[1]), 0.75, 1e-9);
}

Test(bench_contest, disturbed_rounds_are_repeated_and_left_out) {
	static const double a[] = {0, 100, 100, 900}, b[] = {50, 0, 50, 100};
	struct script scripts[] = {{a, 0}, {b, 0}};
	struct contender c[] = {
		{.n_workers = 1, .run = play, .arg = &scripts[0]},
		{.n_workers = 1, .run = play, .arg = &scripts[1]},
	};
	struct contest contest = contest_of(c, 2, 2);

	cr_assert_null(contest_run(&contest));
	cr_assert_eq(contest.done, 4);
	// rounds 3 and 4 alone have both: 2 and 9
	cr_assert_float_eq(contest_ratio(&contest, &c[0], &c[1]), 5.5, 1e-9);
	cr_assert_eq(contest_discarded(&contest), 8);
	cr_assert_eq(contest_windows(&contest), 32);
	cr_assert_float_eq(c[0].best, 98, 1e-9);
}

Test(bench_contest, who_is_always_disturbed_has_no_figure) {
	static const double a[64] = {0}, b[64] = {50, 50, 50, 50, 50, 50, 50, 50};
	struct script scripts[] = {{a, 0}, {b, 0}};
	struct contender c[] = {
		{.n_workers = 1, .run = play, .arg = &scripts[0]},
		{.n_workers = 1, .run = play, .arg = &scripts[1]},
	};
	struct contest contest = contest_of(c, 2, 2);

	cr_assert_eq(contest_run(&contest), contest_too_busy);
	cr_assert(isnan(contest_cycles(&contest, &c[0])));
	cr_assert(isnan(contest_ratio(&contest, &c[0], &c[1])));
	cr_assert_float_eq(contest_cycles(&contest, &c[1]), 50, 1e-9);
}

Test(bench_contest, a_run_that_lost_frames_ends_it) {
	struct contender c = {.n_workers = 1, .run = fail};
	struct contest contest = contest_of(&c, 1, 3);

	cr_assert_str_eq(contest_run(&contest), "a frame was lost");
}

Test(bench_contest, marked_windows_are_told_apart) {
	struct meter meter = {.kept = 4, .discarded = 1};
	const struct meter_window windows[] = {
		{10, true, false}, {20, true, true}, {99, false, true},
		{12, true, false}, {26, true, true},
	};

	for (unsigned i = 0; i < 5; i++)
		meter.window[i] = windows[i];
	cr_assert_float_eq(meter_median_of(&meter, false), 11, 1e-9);
	cr_assert_float_eq(meter_median_of(&meter, true), 23, 1e-9);
	cr_assert_float_eq(meter_median(&meter), 16, 1e-9);
	cr_assert_float_eq(meter_best(&meter), 10, 1e-9);
}

Test(bench_contest, plan_keeps_rounds_and_windows) {
	struct contest contest = {.n = 5};

	contest_plan(&contest, 2, 5000);
	cr_assert_eq(contest.rounds, 5);
	cr_assert_eq(contest.windows, 16);
	contest_plan(&contest, 0.001, 5000);
	cr_assert_eq(contest.rounds, 3);
	cr_assert_eq(contest.windows, 4);
}

Test(bench_contest, imix_is_19_10_3) {
	struct frame_mix mix;
	unsigned n[3] = {0};

	cr_assert(frame_mix_read("imix", &mix));
	for (unsigned i = 0; i < FRAME_MIX_PERIOD; i++)
		n[mix.octets[i] == 64 ? 0 : mix.octets[i] == 594 ? 1 : 2]++;
	cr_assert_eq(n[0], 19);
	cr_assert_eq(n[1], 10);
	cr_assert_eq(n[2], 3);
	cr_assert_eq(mix.longest, 1518);
	cr_assert_not(mix.is_uniform);
	cr_assert_float_eq(mix.mean, (19 * 64 + 10 * 594 + 3 * 1518) / 32.0, 1e-9);
}

Test(bench_contest, sizes_are_read_whole) {
	struct frame_mix mix;

	cr_assert(frame_mix_read("1518", &mix));
	cr_assert(mix.is_uniform);
	cr_assert_float_eq(mix.mean, 1518, 1e-9);
	cr_assert_not(frame_mix_read("59", &mix));
	cr_assert_not(frame_mix_read("9001", &mix));
	cr_assert_not(frame_mix_read("64x", &mix));
	cr_assert_not(frame_mix_read("", &mix));
}
