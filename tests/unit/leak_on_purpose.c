/* SPDX-License-Identifier: BSD-3-Clause */
/* Shows that the wrapper around Criterion catches a leak: under AddressSanitizer this test must
 * fail. */
#include <criterion/criterion.h>

#include <stdlib.h>

static void *_Atomic last;

/* Some blocks of which only the last one's address may still lie about in a register. */
static __attribute__((noinline)) void lose_blocks(int n) {
	for (int i = 0; i < n; i++)
		last = malloc(32);
	last = NULL;
}

Test(wrapper, fails_on_a_leak) {
	lose_blocks(16);
	cr_assert_null(last);
}
