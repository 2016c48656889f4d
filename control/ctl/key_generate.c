/* SPDX-License-Identifier: BSD-3-Clause */
/* macsecctl key generate: a CAK nobody has seen. */
#include "control/cloud/payload.h"
#include "control/ctl/key_text.h"
#include "control/secret.h"

#include <openssl/rand.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Never over a file that is there: it may hold the only copy of another key. */
static enum ctl_status file_write(const char *file, const char *hex) {
	const int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	enum ctl_status status;

	if (fd < 0 && errno == EEXIST)
		return ctl_error("%s exists, and is not written over; name a new file", file);
	if (fd < 0)
		return ctl_error("%s: %s", file, strerror(errno));
	status = key_text_write(fd, hex, file);
	if (status == CTL_OK && fsync(fd) != 0)
		status = ctl_error("%s: %s", file, strerror(errno));
	close(fd);
	if (status != CTL_OK) {
		unlink(file);
		return status;
	}
	char *path = realpath(file, NULL);
	fprintf(stderr, "a key of 256 bits, for the configuration:\n  cak: \"file:%s\"\n",
		path == NULL ? file : path);
	free(path);
	return CTL_OK;
}

static enum ctl_status generate(const char *file, uint8_t *cak, char *hex) {
	if (cak == NULL || hex == NULL)
		return CTL_USAGE;
	if (RAND_priv_bytes(cak, PAYLOAD_CAK_OCTETS) != 1)
		return ctl_error("the system's random numbers cannot be had");
	key_text_hex(cak, hex);
	return file == NULL ? key_text_write(STDOUT_FILENO, hex, "standard output")
			    : file_write(file, hex);
}

enum ctl_status ctl_key_generate(const struct ctl *ctl, const char *file) {
	enum ctl_status status = file == NULL ? key_text_may_print(ctl) : CTL_OK;

	if (status != CTL_OK)
		return status;
	if (secret_init() < 0)
		return CTL_USAGE;
	uint8_t *cak = secret_alloc(PAYLOAD_CAK_OCTETS);
	char *hex = secret_alloc(PAYLOAD_HEX_DIGITS + 1);

	status = generate(file, cak, hex);
	secret_free(cak);
	secret_free(hex);
	secret_shutdown();
	return status;
}
