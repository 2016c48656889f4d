/* SPDX-License-Identifier: BSD-3-Clause */
/* What hugepages the kernel offers. No hugetlbfs mount is looked for: `--in-memory` needs none. */
#include "drivers/eal.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HUGEPAGE_POOLS "/sys/kernel/mm/hugepages"

/* One number from a sysfs file; 0 when it cannot be read, which means the same here. */
static uint64_t pool_read(const char *pool, const char *file) {
	char path[sizeof(HUGEPAGE_POOLS) + 300];
	unsigned long value = 0;
	FILE *stream;

	snprintf(path, sizeof(path), HUGEPAGE_POOLS "/%s/%s", pool, file);
	stream = fopen(path, "re");
	if (stream == NULL)
		return 0;
	if (fscanf(stream, "%lu", &value) != 1)
		value = 0;
	fclose(stream);
	return value;
}

/* Free pages that nobody has reserved already: a mapping that is not touched yet owns some. */
static uint64_t pool_free_pages(const char *pool) {
	uint64_t free_pages = pool_read(pool, "free_hugepages");
	uint64_t reserved = pool_read(pool, "resv_hugepages");

	return free_pages > reserved ? free_pages - reserved : 0;
}

int eal_probe(struct eal_report *report) {
	struct dirent *entry;
	uint64_t best_kib = 0;
	DIR *pools;

	*report = (struct eal_report){0};
	pools = opendir(HUGEPAGE_POOLS);
	if (pools == NULL)
		return errno == ENOENT ? 0 : -errno; // a kernel without hugepages has none

	while ((entry = readdir(pools)) != NULL) {
		uint32_t page_kib;
		uint64_t kib;

		if (sscanf(entry->d_name, "hugepages-%ukB", &page_kib) != 1)
			continue;
		kib = pool_free_pages(entry->d_name) * page_kib;
		report->free_mib += (uint32_t)(kib / 1024);
		if (kib > best_kib) {
			best_kib = kib;
			report->hugepage_kib = page_kib;
		}
	}
	closedir(pools);
	report->uses_hugepages = report->free_mib > 0;
	return 0;
}
