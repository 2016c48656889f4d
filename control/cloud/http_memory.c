/* SPDX-License-Identifier: BSD-3-Clause */
/* Wiping allocators; the contract is in http_memory.h. */
#include "control/cloud/http_memory.h"

#include "control/secret.h"

#include <cjson/cJSON.h>

#include <curl/curl.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* The whole block as malloc knows it. */
static void wiping_free(void *mem) {
	if (mem == NULL)
		return;
	secret_wipe(mem, malloc_usable_size(mem));
	free(mem);
}

/* Never realloc: it may move the block and leave the old octets behind. */
static void *wiping_realloc(void *mem, size_t octets) {
	size_t old_octets = mem == NULL ? 0 : malloc_usable_size(mem);
	void *moved = malloc(octets);

	if (moved == NULL || mem == NULL)
		return moved;
	memcpy(moved, mem, old_octets < octets ? old_octets : octets);
	wiping_free(mem);
	return moved;
}

int http_memory_use(void) {
	/* With a free of its own, cJSON never calls realloc. */
	cJSON_Hooks hooks = {.malloc_fn = malloc, .free_fn = wiping_free};

	cJSON_InitHooks(&hooks);
	if (curl_global_init_mem(
		    CURL_GLOBAL_DEFAULT, malloc, wiping_free, wiping_realloc, strdup, calloc
	    ) != CURLE_OK)
		return -EIO;
	return 0;
}
