/* SPDX-License-Identifier: BSD-3-Clause */
/* Used key identifiers, in memory and in a file that a crash at any point leaves readable. */
#include "control/ki_store.h"

#include "control/ki_line.h"
#include "control/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRIES_MAX (2u * KI_STORE_KEPT)
#define PATH_OCTETS 256u

struct ki_store {
	int directory;          // for the step of replacing the file
	int file;               // append only
	char path[PATH_OCTETS]; // for messages
	char name[64], new_name[64];
	bool is_behind; // the file's end is not known to be a whole line: replace it next time
	uint32_t n;
	struct ki entries[ENTRIES_MAX]; // oldest first
};

static int fail(const struct ki_store *store, int error, const char *what) {
	return log_error(
		error, "ki", "%s: %s (%s); free space or mend the file system", store->path, what,
		strerror(error)
	);
}

bool ki_store_is_known(const struct ki_store *store, const struct ki *ki) {
	for (uint32_t i = 0; i < store->n; i++)
		if (store->entries[i].kn == ki->kn &&
		    memcmp(store->entries[i].mi, ki->mi, MI_OCTETS) == 0)
			return true;
	return false;
}

/* Forgets the oldest ones beyond `kept`. */
static void keep_newest(struct ki_store *store, uint32_t kept) {
	if (store->n <= kept)
		return;
	memmove(store->entries, store->entries + (store->n - kept), kept * sizeof(struct ki));
	store->n = kept;
}

/* Writes all of it, or returns a negative errno. */
static int write_all(int fd, const char *text, size_t octets) {
	while (octets > 0) {
		ssize_t n = write(fd, text, octets);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		text += n;
		octets -= (size_t)n;
	}
	return 0;
}

static int write_entries(const struct ki_store *store, int fd) {
	char text[64 * KI_LINE_OCTETS];
	size_t n = 0;
	int result = 0;

	for (uint32_t i = 0; i < store->n && result == 0; i++) {
		ki_line_write(&store->entries[i], text + n);
		n += KI_LINE_OCTETS;
		if (n == sizeof(text) || i + 1 == store->n) {
			result = write_all(fd, text, n);
			n = 0;
		}
	}
	if (result == 0 && fsync(fd) != 0)
		result = -errno;
	return result;
}

/* Puts a file with just the entries in the place of the old one: at each moment one of them is
 * there, whole. */
static int replace_file(struct ki_store *store) {
	int result;
	int fd;

	unlinkat(store->directory, store->new_name, 0);
	fd =
		openat(store->directory, store->new_name,
		       O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	result = write_entries(store, fd);
	if (result == 0 &&
	    (renameat(store->directory, store->new_name, store->directory, store->name) != 0 ||
	     fsync(store->directory) != 0))
		result = -errno;
	if (result < 0) {
		unlinkat(store->directory, store->new_name, 0);
		close(fd);
		return result;
	}
	if (store->file >= 0)
		close(store->file);
	store->file = fd;
	store->is_behind = false;
	return 0;
}

static int append_last(struct ki_store *store) {
	char line[KI_LINE_OCTETS];
	int result;

	ki_line_write(&store->entries[store->n - 1], line);
	result = write_all(store->file, line, sizeof(line));
	if (result == 0 && fsync(store->file) != 0)
		result = -errno;
	if (result < 0)
		store->is_behind = true;
	return result;
}

int ki_store_add(struct ki_store *store, const struct ki *ki) {
	bool is_full = store->n == ENTRIES_MAX;
	int result;

	if (ki_store_is_known(store, ki))
		return 0;
	if (is_full)
		keep_newest(store, KI_STORE_KEPT - 1);
	store->entries[store->n++] = *ki;
	result = is_full || store->is_behind ? replace_file(store) : append_last(store);
	if (result == 0)
		return 0;
	store->n--;
	store->is_behind = true;
	return fail(store, -result, "a key identifier cannot be written");
}

/* Judges what the name led to. An absent file is made. */
static int open_file(struct ki_store *store) {
	struct stat status;

	store->file =
		openat(store->directory, store->name,
		       O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		       0600);
	if (store->file < 0 || fstat(store->file, &status) != 0)
		return log_error(
			errno, "ki", "%s: cannot be opened (%s); remove it and restart macsecd",
			store->path, strerror(errno)
		);
	if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() ||
	    (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return log_error(
			EPERM, "ki",
			"%s: is not a regular file that only we can write; remove it and restart "
			"macsecd",
			store->path
		);
	if (status.st_size > (off_t)((ENTRIES_MAX + 1) * KI_LINE_OCTETS))
		return log_error(
			EFBIG, "ki",
			"%s: is larger than we ever write; remove it and restart macsecd",
			store->path
		);
	return 0;
}

/* Reads the lines. *cut tells that the last one was not whole. */
static int load_lines(struct ki_store *store, FILE *stream, bool *cut) {
	char line[KI_LINE_OCTETS];
	size_t n;

	while ((n = fread(line, 1, sizeof(line), stream)) == sizeof(line)) {
		if (store->n == ENTRIES_MAX || !ki_line_read(line, &store->entries[store->n]))
			return log_error(
				EINVAL, "ki",
				"%s:%u: is not a key identifier; remove the file, then restart "
				"macsecd and its peer, so that no old key returns",
				store->path, store->n + 1
			);
		store->n++;
	}
	*cut = n > 0;
	return ferror(stream) ? fail(store, EIO, "cannot be read") : 0;
}

static int load(struct ki_store *store) {
	int fd = openat(store->directory, store->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");
	bool is_cut = false;
	int result;

	if (stream == NULL) {
		if (fd >= 0)
			close(fd);
		return fail(store, errno, "cannot be read");
	}
	result = load_lines(store, stream, &is_cut);
	fclose(stream);
	if (result < 0 || !is_cut)
		return result;
	log_warning("ki", "%s: its last line was cut off by a crash and is dropped", store->path);
	result = replace_file(store);
	return result < 0 ? fail(store, -result, "cannot be replaced") : 0;
}

/* Opens the folder, made when it is missing. Whoever can write in it can undo what we remember. */
static int open_directory(struct ki_store *store, const char *run_dir) {
	struct stat status;

	if (mkdir(run_dir, 0750) != 0 && errno != EEXIST)
		return log_error(
			errno, "ki", "%s: cannot be made (%s); mkdir -p -m 0750 %s", run_dir,
			strerror(errno), run_dir
		);
	store->directory = open(run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->directory < 0 || fstat(store->directory, &status) != 0)
		return log_error(
			errno, "ki",
			"%s: cannot be opened (%s); set control: run-dir to a folder of ours",
			run_dir, strerror(errno)
		);
	if ((status.st_uid != 0 && status.st_uid != geteuid()) || (status.st_mode & S_IWOTH) != 0)
		return log_error(
			EPERM, "ki", "%s: others can write there; chown %u %s && chmod 750 %s",
			run_dir, (unsigned)geteuid(), run_dir, run_dir
		);
	return 0;
}

static int set_names(struct ki_store *store, const char *run_dir, const char *link_name) {
	int n = snprintf(store->path, sizeof(store->path), "%s/%s.ki", run_dir, link_name);

	if (n < 0 || (size_t)n >= sizeof(store->path) || strchr(link_name, '/') != NULL ||
	    strlen(link_name) > sizeof(store->name) - sizeof(".ki.new"))
		return log_error(
			EINVAL, "ki", "link name '%s' cannot name a file; choose another", link_name
		);
	snprintf(store->name, sizeof(store->name), "%s.ki", link_name);
	snprintf(store->new_name, sizeof(store->new_name), "%s.ki.new", link_name);
	return 0;
}

int ki_store_open(const char *run_dir, const char *link_name, struct ki_store **out) {
	struct ki_store *store = calloc(1, sizeof(*store));
	int result;

	if (store == NULL)
		return log_error(ENOMEM, "ki", "out of memory; free memory on this machine");
	store->directory = store->file = -1;
	result = set_names(store, run_dir, link_name);
	if (result == 0)
		result = open_directory(store, run_dir);
	if (result == 0)
		result = open_file(store);
	if (result == 0)
		result = load(store);
	if (result < 0) {
		ki_store_close(store);
		return result;
	}
	*out = store;
	return 0;
}

void ki_store_close(struct ki_store *store) {
	if (store == NULL)
		return;
	if (store->file >= 0)
		close(store->file);
	if (store->directory >= 0)
		close(store->directory);
	free(store);
}
