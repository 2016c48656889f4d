/* SPDX-License-Identifier: BSD-3-Clause */
/* How the bench ends a Criterion test. */

#include "tests/unit/lane_bench.h"

#include <criterion/criterion.h>

#include <stdlib.h>

void bench_fail(const char *what) {
	cr_assert_fail("%s", what);
	abort();
}
