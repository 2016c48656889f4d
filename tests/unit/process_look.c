/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/process_look.h"

#include <criterion/criterion.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void process_status(pid_t pid, const char *name, char *value, size_t octets) {
	char path[64], line[256];
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	stream = fopen(path, "r");
	cr_assert_not_null(stream);
	value[0] = '\0';
	while (fgets(line, sizeof(line), stream) != NULL)
		if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
			snprintf(value, octets, "%s", line + strlen(name) + 2);
	fclose(stream);
	value[strcspn(value, "\n")] = '\0';
}

unsigned int process_descriptors(pid_t pid) {
	unsigned int n = 0;
	struct stat status;
	char path[64];

	for (int fd = 3; fd < 1024; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
		n += lstat(path, &status) == 0;
	}
	return n;
}

/* True when the mapping's octets hold the pattern. */
static bool
range_holds(int mem, uint64_t start, uint64_t end, const uint8_t *pattern, size_t n_pattern) {
	uint8_t *octets = malloc(end - start);

	cr_assert_not_null(octets);
	ssize_t n = pread(mem, octets, end - start, (off_t)start);
	bool holds = n > 0 && memmem(octets, (size_t)n, pattern, n_pattern) != NULL;

	memset(octets, 0, end - start);
	free(octets);
	return holds;
}

bool process_holds(pid_t pid, const uint8_t *pattern, size_t n_pattern, uint64_t *n_octets) {
	char path[64], line[512], modes[8];
	unsigned long start, end;
	bool holds = false;
	FILE *maps;
	int mem;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "r");
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	mem = open(path, O_RDONLY);
	cr_assert(maps != NULL && mem >= 0);
	while (!holds && fgets(line, sizeof(line), maps) != NULL) {
		// sanitizers reserve terabytes that nobody has touched
		if (sscanf(line, "%lx-%lx %7s", &start, &end, modes) != 3 || modes[1] != 'w' ||
		    end - start > (64ul << 20))
			continue;
		*n_octets += end - start;
		holds = range_holds(mem, start, end, pattern, n_pattern);
	}
	fclose(maps);
	close(mem);
	return holds;
}
