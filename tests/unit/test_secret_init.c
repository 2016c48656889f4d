/* SPDX-License-Identifier: BSD-3-Clause */
/* Hardening of a process. Criterion itself uses OpenSSL before a test begins, too early for
 * secret_init: what is tested runs in a process of its own, before main. */
#include "control/secret.h"
#include "tests/unit/capture_stderr.h"

#include <criterion/criterion.h>
#include <openssl/crypto.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

static bool is_all(const uint8_t *mem, uint8_t value, size_t octets) {
	for (size_t i = 0; i < octets; i++)
		if (mem[i] != value)
			return false;
	return true;
}

#define FRESH_PROCESS "MACSECD_TEST_FRESH_PROCESS"
/* 0, or the line of what does not hold. */
#define HOLD(condition)                  \
	do {                             \
		if (!(condition))        \
			return __LINE__; \
	} while (0)

/* Frees a key and looks at the place where it stood, behind the back of allocator and sanitizer.
 * The allocator's own links take the first octets of a free block. */
static int freed_by_openssl_is_wiped(int own_memory) {
	uint8_t *mem = OPENSSL_malloc(4096);
	off_t place = (off_t)(uintptr_t)mem + 64;
	uint8_t found[4000];

	HOLD(mem != NULL);
	memset(mem, 0x42, 4096);
	HOLD(pread(own_memory, found, sizeof(found), place) == sizeof(found));
	HOLD(is_all(found, 0x42, sizeof(found)));
	OPENSSL_free(mem);
	HOLD(pread(own_memory, found, sizeof(found), place) == sizeof(found));
	for (size_t i = 0; i < sizeof(found); i++)
		HOLD(found[i] != 0x42);
	return 0;
}

static int init_in_a_fresh_process(void) {
	int own_memory = open("/proc/self/mem", O_RDONLY); // later we are not dumpable
	struct rlimit core;
	uint8_t *mem, *moved;

	HOLD(own_memory >= 0);
	HOLD(secret_init() == 0);
	HOLD(secret_init() == 0);
	HOLD(prctl(PR_GET_DUMPABLE) == 0);
	HOLD(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0);
	mem = OPENSSL_malloc(100);
	HOLD(mem != NULL);
	memset(mem, 0x42, 100);
	moved = OPENSSL_realloc(mem, 5000);
	HOLD(moved != NULL && moved != mem && is_all(moved, 0x42, 100));
	moved = OPENSSL_realloc(moved, 10);
	HOLD(is_all(moved, 0x42, 10));
	HOLD(OPENSSL_realloc(moved, 0) == NULL);
	OPENSSL_free(OPENSSL_realloc(NULL, 10));
	OPENSSL_free(NULL);
	return freed_by_openssl_is_wiped(own_memory);
}

__attribute__((constructor)) static void run_in_a_fresh_process(void) {
	if (getenv(FRESH_PROCESS) == NULL)
		return;
	dprintf(STDERR_FILENO, "%d\n", init_in_a_fresh_process());
	_exit(0);
}

static void become_fresh_process(void) {
	setenv(FRESH_PROCESS, "1", 1);
	execl("/proc/self/exe", "test_secret", (char *)NULL);
}

Test(secret_init, init_forbids_core_dumps_and_gives_openssl_another_allocator) {
	char text[512];
	int status = capture_child(become_fresh_process, text, sizeof(text));

	cr_assert(WIFEXITED(status));
	cr_assert_str_eq(text, "0\n", "does not hold at: %s", text);
}
