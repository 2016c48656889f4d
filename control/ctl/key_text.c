/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys in and out; the contract is in key_text.h. */
#include "control/ctl/key_text.h"

#include "control/cloud/payload.h"
#include "control/read_all.h"
#include "control/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As key files are judged: the open file, not its name. */
static enum ctl_status file_judge(const char *file, int fd) {
	struct stat status;

	if (fstat(fd, &status) != 0)
		return ctl_error("%s: %s", file, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return ctl_error("%s is not a regular file; name one", file);
	if (status.st_uid != 0 && status.st_uid != geteuid())
		return ctl_error(
			"%s belongs to user %u; chown %u %s", file, (unsigned)status.st_uid,
			(unsigned)geteuid(), file
		);
	if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return ctl_error(
			"%s is open to others (mode %04o); chmod 600 %s", file,
			(unsigned)(status.st_mode & 07777), file
		);
	return CTL_OK;
}

static enum ctl_status input_open(const char *file, int *fd) {
	enum ctl_status status;

	if (file == NULL) {
		*fd = STDIN_FILENO;
		if (!isatty(STDIN_FILENO))
			return CTL_OK;
		return ctl_error(
			"a key typed here would be seen and kept; name a file, or pipe it in"
		);
	}
	/* O_NONBLOCK: a FIFO has no writer to wait for. */
	*fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*fd < 0)
		return ctl_error("%s: %s; name a readable file", file, strerror(errno));
	status = file_judge(file, *fd);
	if (status != CTL_OK)
		close(*fd);
	return status;
}

/* Leaves one line end out, and what would be behind it is none of a key. */
static void line_end_drop(struct key_text *text) {
	if (text->octets > 0 && text->text[text->octets - 1] == '\n')
		text->octets--;
	text->text[text->octets] = '\0';
}

static enum ctl_status fd_read(int fd, const char *name, struct key_text *out) {
	ssize_t octets;

	out->text = secret_alloc(KEY_TEXT_MAX + 2);
	if (out->text == NULL)
		return CTL_USAGE;
	octets = read_all(fd, out->text, KEY_TEXT_MAX + 1);
	if (octets >= 0 && octets <= (ssize_t)KEY_TEXT_MAX) {
		out->octets = (size_t)octets;
		line_end_drop(out);
		return CTL_OK;
	}
	key_text_clear(out);
	if (octets < 0)
		return ctl_error("%s: %s", name, strerror((int)-octets));
	return ctl_error(
		"%s holds more than %u characters: no key has so many", name, KEY_TEXT_MAX
	);
}

enum ctl_status key_text_read(const char *file, struct key_text *out) {
	int fd;
	enum ctl_status status = input_open(file, &fd);

	*out = (struct key_text){0};
	if (status != CTL_OK)
		return status;
	status = fd_read(fd, file == NULL ? "standard input" : file, out);
	if (file != NULL)
		close(fd);
	return status;
}

void key_text_clear(struct key_text *text) {
	secret_free(text->text);
	*text = (struct key_text){0};
}

enum ctl_status key_text_parse(const struct key_text *text, uint8_t *cak, bool *is_padded) {
	char *digits;
	enum payload_fault fault;

	*is_padded = text->octets == PAYLOAD_HEX_DIGITS / 2;
	if (!*is_padded && text->octets != PAYLOAD_HEX_DIGITS) {
		ctl_error(
			"a key has 64 hexadecimal digits on one line, or 32 to be padded; these "
			"are %zu characters",
			text->octets
		);
		return CTL_WRONG;
	}
	digits = secret_alloc(PAYLOAD_HEX_DIGITS + 1);
	if (digits == NULL)
		return CTL_USAGE;
	memset(digits, '0', PAYLOAD_HEX_DIGITS);
	memcpy(digits, text->text, text->octets);
	fault = payload_decode(digits, PAYLOAD_HEX_DIGITS, PAYLOAD_EITHER, false, cak);
	secret_free(digits);
	if (fault == PAYLOAD_GOOD)
		return CTL_OK;
	ctl_error("%s", payload_fault_text(fault));
	return CTL_WRONG;
}

/* '0'..'9', 'a'..'f' by arithmetic: 39 is what lies between '9' + 1 and 'a'. */
static char digit_of(uint32_t nibble) {
	return (char)(nibble + '0' + (((9u - nibble) >> 8) & 39u));
}

void key_text_hex(const uint8_t *cak, char *hex) {
	for (size_t i = 0; i < PAYLOAD_CAK_OCTETS; i++) {
		hex[2 * i] = digit_of(cak[i] >> 4);
		hex[2 * i + 1] = digit_of(cak[i] & 15u);
	}
	hex[PAYLOAD_HEX_DIGITS] = '\0';
}

enum ctl_status key_text_may_print(const struct ctl *ctl) {
	if (!isatty(STDOUT_FILENO) || (ctl->options & CTL_OPTION_YES) != 0)
		return CTL_OK;
	return ctl_error("a key on a terminal stays in its history; send it to a file or a pipe "
			 "(umask 077; … > FILE), or insist with --yes");
}

enum ctl_status key_text_write(int fd, const char *text, const char *where) {
	static const char end = '\n';
	const char *part = text;
	size_t left = strlen(text), ends = 1;

	while (left + ends > 0) {
		const ssize_t n = write(fd, left > 0 ? part : &end, left > 0 ? left : 1);

		if (n < 0 && errno != EINTR)
			return ctl_error("%s: %s", where, strerror(errno));
		if (n <= 0)
			continue;
		if (left > 0) {
			part += n;
			left -= (size_t)n;
		} else {
			ends = 0;
		}
	}
	return CTL_OK;
}
