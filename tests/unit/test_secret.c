/* SPDX-License-Identifier: BSD-3-Clause */
/* The secret arena as the kernel and a hostile caller see it. */
#include "control/secret.h"
#include "tests/unit/capture_stderr.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

static bool is_all(const uint8_t *mem, uint8_t value, size_t octets) {
	for (size_t i = 0; i < octets; i++)
		if (mem[i] != value)
			return false;
	return true;
}

/* The VmFlags line of the mapping that holds `mem`. */
static void vm_flags(const void *mem, char *flags, size_t octets) {
	FILE *stream = fopen("/proc/self/smaps", "r");
	char line[512];
	bool is_ours = false;

	cr_assert_not_null(stream);
	flags[0] = '\0';
	while (fgets(line, sizeof(line), stream) != NULL) {
		uintptr_t start, end;

		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			is_ours = start <= (uintptr_t)mem && (uintptr_t)mem < end;
		else if (is_ours && strncmp(line, "VmFlags:", 8) == 0)
			snprintf(flags, octets, "%s", line + 8);
	}
	fclose(stream);
}

Test(secret, memory_is_locked_and_left_out_of_dumps_and_children) {
	uint8_t *mem = secret_alloc(32);
	char flags[512];

	cr_assert_not_null(mem);
	vm_flags(mem, flags, sizeof(flags));
	cr_assert_not_null(strstr(flags, " lo "), "not locked: %s", flags);
	cr_assert_not_null(strstr(flags, " dd "), "dumped: %s", flags);
	cr_assert_not_null(strstr(flags, " wf "), "inherited: %s", flags);
	secret_shutdown();
}

Test(secret, memory_is_zeroed_aligned_and_apart) {
	static const size_t sizes[] = {0, 1, 16, 32, 63, 64, 65, 1000, 4096, 20480};
	uint8_t *mem[sizeof(sizes) / sizeof(sizes[0])];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		mem[i] = secret_alloc(sizes[i]);
		cr_assert_not_null(mem[i]);
		cr_assert_eq((uintptr_t)mem[i] % 64, 0);
		cr_assert(is_all(mem[i], 0, sizes[i]));
		memset(mem[i], (int)i + 1, sizes[i]);
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		cr_assert(is_all(mem[i], (uint8_t)(i + 1), sizes[i]));
		secret_free(mem[i]);
	}
	secret_shutdown();
}

Test(secret, freed_memory_is_wiped_at_once) {
	uint8_t *neighbour = secret_alloc(64), *mem = secret_alloc(4096), *last = secret_alloc(64);

	memset(mem, 0x5a, 4096);
	secret_free(mem); // the chunk stays mapped: its neighbours are in use
	cr_assert(is_all(mem, 0, 4096));
	cr_assert_eq(secret_alloc(4096), mem, "a hole that fits is used again");
	secret_free(neighbour);
	secret_free(last);
	secret_free(NULL);
	secret_shutdown();
}

Test(secret, free_neighbours_become_one_hole) {
	uint8_t *mem[3] = {secret_alloc(1024), secret_alloc(1024), secret_alloc(1024)};
	uint8_t *fence = secret_alloc(64), *large;

	memset(mem[0], 1, 1024);
	memset(mem[1], 2, 1024);
	memset(mem[2], 3, 1024);
	secret_free(mem[0]);
	secret_free(mem[2]);
	secret_free(mem[1]);
	large = secret_alloc(3 * 1024 + 128);
	cr_assert_eq(large, mem[0]);
	cr_assert(is_all(large, 0, 3 * 1024 + 128), "a merged header stayed behind");
	secret_free(fence);
	secret_shutdown();
}

Test(secret, usage_follows_and_ends_at_zero) {
	struct secret_usage usage;
	uint8_t *small, *large;

	secret_usage(&usage);
	cr_assert_eq(usage.in_use_octets + usage.mapped_octets, 0);
	small = secret_alloc(65);
	large = secret_alloc(1024 * 1024);
	cr_assert(small != NULL && large != NULL);
	secret_usage(&usage);
	cr_assert_eq(usage.in_use_octets, 128 + 1024 * 1024);
	cr_assert_geq(usage.mapped_octets, 256 * 1024 + 1024 * 1024);
	secret_free(large);
	secret_usage(&usage);
	cr_assert_eq(usage.in_use_octets, 128);
	secret_free(small);
	secret_usage(&usage);
	cr_assert_eq(usage.in_use_octets, 0);
	secret_shutdown();
	secret_usage(&usage);
	cr_assert_eq(usage.mapped_octets, 0);
}

/* A walk of takes and gives back in an order that a fixed seed chooses. */
Test(secret, contents_survive_any_order_of_calls) {
	uint8_t *mem[64] = {0};
	size_t octets[64] = {0};
	struct secret_usage usage;
	uint32_t seed = 1;

	for (int step = 0; step < 5000; step++) {
		size_t i = (seed = seed * 1664525u + 1013904223u) >> 26;

		if (mem[i] == NULL) {
			octets[i] = 1 + (seed >> 8) % 20000;
			mem[i] = secret_alloc(octets[i]);
			cr_assert(mem[i] != NULL && is_all(mem[i], 0, octets[i]));
			memset(mem[i], (int)i + 1, octets[i]);
		} else {
			cr_assert(is_all(mem[i], (uint8_t)(i + 1), octets[i]));
			secret_free(mem[i]);
			mem[i] = NULL;
		}
	}
	for (size_t i = 0; i < 64; i++)
		secret_free(mem[i]);
	secret_usage(&usage);
	cr_assert_eq(usage.in_use_octets, 0);
	secret_shutdown();
}

static void free_twice(void) {
	uint8_t *mem = secret_alloc(32), *other = secret_alloc(32);

	secret_free(mem);
	secret_free(mem);
	secret_free(other);
}

static void free_middle(void) {
	secret_free((uint8_t *)secret_alloc(1024) + 64);
}

static void free_foreign(void) {
	static _Alignas(64) uint8_t foreign[256];

	secret_alloc(32);
	secret_free(foreign + 64);
}

static void overrun(void) {
	uint8_t *mem = secret_alloc(64), *behind = secret_alloc(64);

	memset(mem, 0x41, 65);
	secret_free(mem);
	secret_free(behind);
}

static void underrun(void) {
	uint8_t *mem = secret_alloc(64);

	mem[-64] ^= 1;
	secret_alloc(64);
}

Test(secret, misuse_aborts_with_a_line) {
	void (*const misuses[])(void) = {free_twice, free_middle, free_foreign, overrun, underrun};

	for (size_t i = 0; i < sizeof(misuses) / sizeof(misuses[0]); i++) {
		char text[512];
		int status = capture_child(misuses[i], text, sizeof(text));

		cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "misuse %zu", i);
		cr_assert_eq(strncmp(text, "ERROR secret: ", 14), 0, "misuse %zu: %s", i, text);
	}
}

static void read_parent_secret(void) {
	uint8_t *mem;

	secret_shutdown(); // what the parent left must not be in the way
	mem = secret_alloc(32);
	_exit(mem != NULL && is_all(mem, 0, 32) ? 7 : 1);
}

Test(secret, child_sees_zeroes_and_begins_anew) {
	uint8_t *mem = secret_alloc(32);
	char text[512];
	pid_t child;
	int status;

	memset(mem, 0x77, 32);
	child = fork();
	if (child == 0)
		_exit(is_all(mem, 0, 32) ? 5 : 1);
	waitpid(child, &status, 0);
	cr_assert_eq(WEXITSTATUS(status), 5);
	status = capture_child(read_parent_secret, text, sizeof(text));
	cr_assert_eq(WEXITSTATUS(status), 7);
	cr_assert(is_all(mem, 0x77, 32));
	secret_shutdown();
}

Test(secret, what_cannot_be_had_is_refused_with_a_line) {
	struct capture *capture = capture_begin();
	void *mem = secret_alloc(SIZE_MAX - 10);
	void *huge = secret_alloc((size_t)1 << 30);

	capture_end(capture);
	cr_assert_null(mem);
	cr_assert_null(huge);
	cr_assert_eq(capture_lines(capture), 2, "%s", capture->text);
	free(capture);
}

/* Without the capability and without a limit nothing may be locked: the line names both. */
static void alloc_without_lock(void) {
	struct rlimit nothing = {0, 0};

	setrlimit(RLIMIT_MEMLOCK, &nothing);
	if (geteuid() == 0 && setuid(65534) != 0)
		_exit(1);
	_exit(secret_alloc(32) == NULL ? 9 : 1);
}

Test(secret, memory_that_cannot_be_locked_is_not_used) {
	char text[1024];
	int status = capture_child(alloc_without_lock, text, sizeof(text));

	cr_assert_eq(WEXITSTATUS(status), 9);
	cr_assert_not_null(strstr(text, "LimitMEMLOCK="), "%s", text);
}

Test(secret, wipe_clears_a_buffer) {
	uint8_t buffer[100];

	memset(buffer, 1, sizeof(buffer));
	secret_wipe(buffer, 99);
	cr_assert(is_all(buffer, 0, 99));
	cr_assert_eq(buffer[99], 1);
}
