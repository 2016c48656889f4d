/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Key files. The file's text exists in one buffer on the stack, wiped on every path; its decoding
 * takes neither a branch nor a table look-up that depends on a digit.
 */
#include "control/keys/key_file.h"

#include "control/read_all.h"
#include "control/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX_OCTETS 256u
#define SCHEME "file:"

/* One key file while it is being read, as messages name it. */
struct key_file {
	const struct config *config;
	const struct config_mark *mark;
	const char *path;
};

/* Value of a hexadecimal digit, in constant time; *bad gets a bit when it is none. */
static uint32_t hex_value(uint8_t digit, uint32_t *bad) {
	uint32_t number = digit ^ 0x30u;                  // '0'..'9': 0..9
	uint32_t letter = (digit & ~0x20u) - ('A' - 10u); // 'A'..'F', 'a'..'f': 10..15
	uint32_t is_number = (number - 10u) >> 31;
	uint32_t is_letter = ((letter - 10u) ^ (letter - 16u)) >> 31;

	*bad |= 1u ^ (is_number | is_letter);
	return (number & (0u - is_number)) | (letter & (0u - is_letter));
}

/* False when any of the digits is none. */
static bool decode(const uint8_t *digits, size_t n_octets, uint8_t *octets) {
	uint32_t bad = 0;

	for (size_t i = 0; i < n_octets; i++)
		octets[i] = (uint8_t
		)(hex_value(digits[2 * i], &bad) << 4 | hex_value(digits[2 * i + 1], &bad));
	return bad == 0;
}

static int refuse_open(const struct key_file *file, int error) {
	switch (error) {
	case ENOENT:
		return config_error(
			file->config, file->mark, error,
			"key file %s does not exist; write the key to it: (umask 077; cat > %s)",
			file->path, file->path
		);
	case EACCES:
		return config_error(
			file->config, file->mark, error,
			"key file %s may not be read by this user; chown %u %s", file->path,
			(unsigned)geteuid(), file->path
		);
	default:
		return config_error(
			file->config, file->mark, error,
			"key file %s cannot be opened (%s); name a regular file", file->path,
			strerror(error)
		);
	}
}

/* Judges the open file, not its name: nothing can be swapped in between. */
static int check_status(const struct key_file *file, int fd) {
	struct stat status;

	if (fstat(fd, &status) != 0)
		return refuse_open(file, errno);
	if (!S_ISREG(status.st_mode))
		return config_error(
			file->config, file->mark, EINVAL,
			"key file %s is not a regular file; name one", file->path
		);
	if (status.st_uid != 0 && status.st_uid != geteuid())
		return config_error(
			file->config, file->mark, EPERM,
			"key file %s belongs to user %u; chown %u %s", file->path,
			(unsigned)status.st_uid, (unsigned)geteuid(), file->path
		);
	if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return config_error(
			file->config, file->mark, EPERM,
			"key file %s is open to others (mode %04o); chmod 600 %s", file->path,
			(unsigned)(status.st_mode & 07777), file->path
		);
	return 0;
}

static int take_text(
	const struct key_file *file, const uint8_t *text, size_t n_text, uint8_t *octets,
	uint8_t *n_octets
) {
	size_t n_digits = n_text > 0 && text[n_text - 1] == '\n' ? n_text - 1 : n_text;

	if (n_digits != 32 && n_digits != 64)
		return config_error(
			file->config, file->mark, EINVAL,
			"key file %s holds %s%zu characters; write 32 or 64 hexadecimal digits on "
			"one line",
			file->path, n_text > FILE_MAX_OCTETS ? "more than " : "",
			n_text > FILE_MAX_OCTETS ? FILE_MAX_OCTETS : n_digits
		);
	if (!decode(text, n_digits / 2, octets))
		return config_error(
			file->config, file->mark, EINVAL,
			"key file %s holds other characters than hexadecimal digits; write %zu of "
			"0-9 and a-f on one line",
			file->path, n_digits
		);
	*n_octets = (uint8_t)(n_digits / 2);
	return 0;
}

static int read_open_file(const struct key_file *file, int fd, uint8_t *octets, uint8_t *n_octets) {
	uint8_t text[FILE_MAX_OCTETS + 1];
	int result = check_status(file, fd);
	ssize_t n_text;

	if (result < 0)
		return result;
	n_text = read_all(fd, text, sizeof(text));
	if (n_text < 0)
		result = refuse_open(file, (int)-n_text);
	else
		result = take_text(file, text, (size_t)n_text, octets, n_octets);
	secret_wipe(text, sizeof(text));
	return result;
}

int key_file_read(
	const struct config *config, const struct config_cak *cak, uint8_t *octets,
	uint8_t *n_octets
) {
	struct key_file file = {config, &cak->cak_mark, cak->cak_ref + sizeof(SCHEME) - 1};
	int result;
	int fd;

	secret_wipe(octets, KEY_FILE_KEY_OCTETS_MAX);
	*n_octets = 0;
	if (strncmp(cak->cak_ref, SCHEME "/", sizeof(SCHEME)) != 0)
		return config_error(
			config, &cak->cak_mark, EINVAL,
			"the key reference is not of the form file:/path; write the absolute path "
			"of "
			"a key file"
		);
	/* O_NONBLOCK: a FIFO has no writer to wait for. O_NOCTTY: a terminal stays a stranger. */
	fd = open(file.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return refuse_open(&file, errno);
	result = read_open_file(&file, fd, octets, n_octets);
	close(fd);
	if (result < 0)
		secret_wipe(octets, KEY_FILE_KEY_OCTETS_MAX);
	return result;
}
