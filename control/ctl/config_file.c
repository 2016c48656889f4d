/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading and replacing; the contract is in config_file.h. */
#include "control/ctl/config_file.h"

#include "control/config_text.h"
#include "control/read_all.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum ctl_status failed(const char *path) {
	return ctl_error("%s: %s", path, strerror(errno));
}

static enum ctl_status open_read(int fd, struct config_file *out) {
	const size_t room = CONFIG_FILE_MAX_OCTETS + 1;
	ssize_t octets;

	if (fstat(fd, &out->status) != 0)
		return failed(out->path);
	if (!S_ISREG(out->status.st_mode))
		return ctl_error("%s is not a regular file", out->path);
	out->text = malloc(room);
	if (out->text == NULL)
		return ctl_error("out of memory");
	octets = read_all(fd, out->text, room);
	if (octets < 0 || (size_t)octets == room)
		return ctl_error(
			"%s: %s", out->path, octets < 0 ? strerror((int)-octets) : "is too large"
		);
	out->octets = (size_t)octets;
	return CTL_OK;
}

enum ctl_status config_file_read(const char *path, struct config_file *out) {
	enum ctl_status status;
	int fd;

	*out = (struct config_file){.path = realpath(path, NULL)};
	if (out->path == NULL)
		return failed(path);
	fd = open(out->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	status = fd < 0 ? failed(path) : open_read(fd, out);
	if (fd >= 0)
		close(fd);
	if (status != CTL_OK)
		config_file_clear(out);
	return status;
}

static bool is_same_time(const struct timespec *a, const struct timespec *b) {
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* True when the path still leads to the file that was read, as it was then. */
static bool is_unchanged(const struct config_file *file) {
	struct stat now;

	return stat(file->path, &now) == 0 && now.st_dev == file->status.st_dev &&
	       now.st_ino == file->status.st_ino && now.st_size == file->status.st_size &&
	       is_same_time(&now.st_mtim, &file->status.st_mtim) &&
	       is_same_time(&now.st_ctim, &file->status.st_ctim);
}

static int write_all(int fd, const char *text, size_t octets) {
	while (octets > 0) {
		const ssize_t n = write(fd, text, octets);

		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			text += n;
			octets -= (size_t)n;
		}
	}
	return 0;
}

/* Owner first: giving a file away takes set-id bits from its mode. */
static bool fill(int fd, const struct config_file *file, const char *text, size_t octets) {
	const struct stat *like = &file->status;

	return write_all(fd, text, octets) == 0 && fchown(fd, like->st_uid, like->st_gid) == 0 &&
	       fchmod(fd, like->st_mode & 07777) == 0 && fsync(fd) == 0;
}

/* The new name is on disk when the folder is. What is renamed is in place in any case. */
static void folder_sync(const char *path) {
	char *copy = strdup(path);
	const int fd = copy == NULL ? -1 : open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(copy);
}

static enum ctl_status put(const struct config_file *file, const char *temporary) {
	if (!is_unchanged(file)) {
		unlink(temporary);
		return ctl_error(
			"%s was changed by somebody else just now; run the command again",
			file->path
		);
	}
	if (rename(temporary, file->path) != 0) {
		const enum ctl_status status = failed(file->path);

		unlink(temporary);
		return status;
	}
	folder_sync(file->path);
	return CTL_OK;
}

enum ctl_status
config_file_replace(const struct config_file *file, const char *text, size_t octets) {
	enum ctl_status status = CTL_OK;
	char *temporary;
	int fd;

	if (asprintf(&temporary, "%s.XXXXXX", file->path) < 0)
		return ctl_error("out of memory");
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		status = ctl_error(
			"%s: no file can be made beside it (%s); run this as its owner", file->path,
			strerror(errno)
		);
	else if (!fill(fd, file, text, octets))
		status = failed(temporary);
	if (fd >= 0)
		close(fd);
	if (status == CTL_OK)
		status = put(file, temporary);
	else if (fd >= 0)
		unlink(temporary);
	free(temporary);
	return status;
}

void config_file_clear(struct config_file *file) {
	free(file->path);
	free(file->text);
	*file = (struct config_file){0};
}
