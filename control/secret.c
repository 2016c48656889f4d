/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The secret arena: locked chunks, each cut into blocks without gaps. A block is a 64-octet header
 * and its payload; a free block is merged with its free neighbours at once, so that first fit by a
 * walk over all headers is enough. A walk checks every header it meets: an overrun is found by the
 * next call, whatever that call is about.
 *
 * The list of chunks lives outside of the chunks, because a forked child sees those as zeroes.
 */
#include "control/secret.h"

#include "control/log.h"

#include <openssl/crypto.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CHUNK_OCTETS ((size_t)256 * 1024)
#define ALIGNMENT ((size_t)64)
#define OCTETS_MAX ((size_t)64 * 1024 * 1024) // far above any use; keeps sums from wrapping

struct block {
	_Alignas(64) uint64_t check; // see block_check
	uint64_t payload_octets;     // multiple of 64
	uint64_t is_used;
};
_Static_assert(sizeof(struct block) == ALIGNMENT, "a header keeps payloads aligned");

struct chunk {
	struct chunk *next;
	uint8_t *memory;
	size_t octets;
};

static struct {
	struct chunk *chunks;
	struct secret_usage usage;
} arena;

/* Differs for every address and every content, so that neither a copied nor a stale header fits. */
static uint64_t block_check(const struct block *block) {
	uint64_t mixed = (uint64_t)(uintptr_t)block ^ (block->payload_octets << 1) ^ block->is_used;

	return mixed * 0x9e3779b97f4a7c15u ^ 0x5ec7e7a7e4a5ec2eu;
}

static void block_write(struct block *block, size_t payload_octets, bool is_used) {
	block->payload_octets = payload_octets;
	block->is_used = is_used;
	block->check = block_check(block);
}

/* A wrong header means that key material may be anywhere: nothing can be trusted any more. */
static void block_verify(const struct block *block) {
	if (block->check == block_check(block))
		return;
	log_error(
		EFAULT, "secret",
		"secret memory is corrupt; this is a fault of the program, please report it"
	);
	abort();
}

static uint8_t *block_payload(struct block *block) {
	return (uint8_t *)(block + 1);
}

static struct block *chunk_first(const struct chunk *chunk) {
	return (struct block *)(void *)chunk->memory;
}

/* NULL after the last block of the chunk. */
static struct block *block_next(const struct chunk *chunk, struct block *block) {
	uint8_t *next = block_payload(block) + block->payload_octets;

	if (next == chunk->memory + chunk->octets)
		return NULL;
	block_verify((struct block *)(void *)next);
	return (struct block *)(void *)next;
}

/* mlock2 without flags is mlock; sanitizers turn mlock itself into nothing. */
static int memory_protect(void *memory, size_t octets) {
	if (mlock2(memory, octets, 0) != 0)
		return log_error(
			errno, "secret",
			"%zu KiB of secret memory cannot be locked (%s); grant CAP_IPC_LOCK or "
			"raise "
			"the limit: LimitMEMLOCK= of the service, or 'ulimit -l'",
			octets / 1024, strerror(errno)
		);
	if (madvise(memory, octets, MADV_DONTDUMP) != 0 ||
	    madvise(memory, octets, MADV_WIPEONFORK) != 0)
		return log_error(
			errno, "secret",
			"secret memory cannot be kept out of core dumps and children (%s); Linux "
			"4.14 "
			"or later is needed",
			strerror(errno)
		);
	return 0;
}

static uint8_t *memory_map(size_t octets) {
	void *memory =
		mmap(NULL, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		log_error(
			errno, "secret",
			"no %zu KiB for secret memory; free memory on this machine", octets / 1024
		);
		return NULL;
	}
	if (memory_protect(memory, octets) < 0) {
		munmap(memory, octets);
		return NULL;
	}
	return memory;
}

static struct chunk *chunk_new(size_t payload_octets) {
	size_t wanted = payload_octets + sizeof(struct block);
	size_t octets = (wanted + CHUNK_OCTETS - 1) / CHUNK_OCTETS * CHUNK_OCTETS;
	struct chunk *chunk = malloc(sizeof(*chunk));

	if (chunk == NULL)
		return NULL;
	chunk->memory = memory_map(octets);
	if (chunk->memory == NULL) {
		free(chunk);
		return NULL;
	}
	chunk->octets = octets;
	chunk->next = arena.chunks;
	arena.chunks = chunk;
	arena.usage.mapped_octets += octets;
	block_write(chunk_first(chunk), octets - sizeof(struct block), false);
	return chunk;
}

/* First free block of at least that size, or NULL. */
static struct block *chunk_find(const struct chunk *chunk, size_t payload_octets) {
	struct block *block = chunk_first(chunk);

	block_verify(block);
	while (block != NULL && (block->is_used || block->payload_octets < payload_octets))
		block = block_next(chunk, block);
	return block;
}

static struct block *arena_find(size_t payload_octets) {
	struct block *block = NULL;
	struct chunk *chunk;

	for (chunk = arena.chunks; chunk != NULL && block == NULL; chunk = chunk->next)
		block = chunk_find(chunk, payload_octets);
	if (block != NULL)
		return block;
	chunk = chunk_new(payload_octets);
	return chunk == NULL ? NULL : chunk_first(chunk);
}

/* Takes the block; what it has too much becomes a free block of its own. */
static void block_take(struct block *block, size_t payload_octets) {
	size_t rest = block->payload_octets - payload_octets;

	if (rest > sizeof(struct block)) {
		struct block *tail =
			(struct block *)(void *)(block_payload(block) + payload_octets);

		block_write(tail, rest - sizeof(struct block), false);
		rest = 0;
	}
	block_write(block, payload_octets + rest, true);
}

void *secret_alloc(size_t octets) {
	size_t rounded = (octets + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	struct block *block = NULL;

	if (octets <= OCTETS_MAX)
		block = arena_find(rounded == 0 ? ALIGNMENT : rounded);
	else
		log_error(ENOMEM, "secret", "a secret of %zu octets is refused", octets);
	if (block == NULL)
		return NULL;
	block_take(block, rounded == 0 ? ALIGNMENT : rounded);
	arena.usage.in_use_octets += block->payload_octets;
	return block_payload(block);
}

/* Joins free neighbours; the headers in between stay behind as zeroes. */
static void chunk_merge(const struct chunk *chunk) {
	struct block *block = chunk_first(chunk);
	struct block *next;

	while ((next = block_next(chunk, block)) != NULL) {
		if (block->is_used || next->is_used) {
			block = next;
			continue;
		}
		block_write(
			block, block->payload_octets + sizeof(*next) + next->payload_octets, false
		);
		OPENSSL_cleanse(next, sizeof(*next));
	}
}

/* The chunk with a block in use whose payload is `mem`; NULL: the caller is wrong. */
static struct chunk *arena_chunk_of(const void *mem) {
	for (struct chunk *chunk = arena.chunks; chunk != NULL; chunk = chunk->next) {
		struct block *block = chunk_first(chunk);

		block_verify(block);
		while (block != NULL && block_payload(block) != mem)
			block = block_next(chunk, block);
		if (block != NULL && block->is_used)
			return chunk;
	}
	return NULL;
}

void secret_free(void *mem) {
	struct chunk *chunk;
	struct block *block;

	if (mem == NULL)
		return;
	chunk = arena_chunk_of(mem);
	if (chunk == NULL) {
		log_error(
			EFAULT, "secret",
			"secret memory was freed twice or never taken; this is a fault of the "
			"program, please report it"
		);
		abort();
	}
	block = (struct block *)mem - 1;
	/* Also the header of the block behind it: an overrun must not wait for the next call. */
	block_next(chunk, block);
	arena.usage.in_use_octets -= block->payload_octets;
	OPENSSL_cleanse(mem, block->payload_octets);
	block_write(block, block->payload_octets, false);
	chunk_merge(chunk);
}

void secret_wipe(void *mem, size_t octets) {
	OPENSSL_cleanse(mem, octets);
}

void secret_usage(struct secret_usage *usage) {
	*usage = arena.usage;
}

void secret_shutdown(void) {
	while (arena.chunks != NULL) {
		struct chunk *chunk = arena.chunks;

		arena.chunks = chunk->next;
		OPENSSL_cleanse(chunk->memory, chunk->octets);
		munmap(chunk->memory, chunk->octets);
		free(chunk);
	}
	arena.usage = (struct secret_usage){0};
}
