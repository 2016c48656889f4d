/* SPDX-License-Identifier: BSD-3-Clause */
/* Hardening of the process before the first secret exists: nothing may reach a core file, a
 * debugger of another user, or freed heap memory of OpenSSL. */
#include "control/log.h"
#include "control/secret.h"

#include <openssl/crypto.h>

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* OpenSSL's hooks carry the place of the call; it is of no use here. */
static void *wiping_malloc(size_t octets, const char *file, int line) {
	(void)file;
	(void)line;
	return malloc(octets);
}

/* The whole block as malloc knows it: a key may stand anywhere in it. */
static void wiping_free(void *mem, const char *file, int line) {
	(void)file;
	(void)line;
	if (mem == NULL)
		return;
	OPENSSL_cleanse(mem, malloc_usable_size(mem));
	free(mem);
}

/* Never realloc: it may move the block and leave the old octets behind. */
static void *wiping_realloc(void *mem, size_t octets, const char *file, int line) {
	size_t old_octets = mem == NULL ? 0 : malloc_usable_size(mem);
	void *moved;

	if (octets == 0) {
		wiping_free(mem, file, line);
		return NULL;
	}
	moved = malloc(octets);
	if (moved == NULL || mem == NULL)
		return moved;
	memcpy(moved, mem, old_octets < octets ? old_octets : octets);
	wiping_free(mem, file, line);
	return moved;
}

/* OpenSSL takes an allocator only before its first allocation. */
static int openssl_use_wiping_allocator(void) {
	CRYPTO_free_fn present_free;

	CRYPTO_get_mem_functions(NULL, NULL, &present_free);
	if (present_free == wiping_free)
		return 0;
	if (CRYPTO_set_mem_functions(wiping_malloc, wiping_realloc, wiping_free) == 1)
		return 0;
	return log_error(
		EALREADY, "secret",
		"OpenSSL was used before its memory could be made wiping; start without LD_PRELOAD "
		"and without an OPENSSL_CONF that loads modules"
	);
}

int secret_init(void) {
	struct rlimit no_core = {.rlim_cur = 0, .rlim_max = 0};

	if (setrlimit(RLIMIT_CORE, &no_core) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return log_error(
			errno, "secret",
			"core dumps cannot be switched off (%s); allow setrlimit and prctl to the "
			"service",
			strerror(errno)
		);
	return openssl_use_wiping_allocator();
}
