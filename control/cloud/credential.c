/* SPDX-License-Identifier: BSD-3-Clause */
/* Credential files; the contract is in credential.h. */
#include "control/cloud/credential.h"

#include "control/cloud/cloud_words.h"
#include "control/read_all.h"
#include "control/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where IKS, ROKS and Code Engine mount a compute-resource token (facts/ibm.md 4.2). */
static const char *const token_places[] = {
	"/var/run/secrets/tokens/vault-token",
	"/var/run/secrets/tokens/sa-token",
	"/var/run/secrets/codeengine.cloud.ibm.com/compute-resource-token/token",
};

static void place_of_token(char *path) {
	const char *place = token_places[0];

	for (size_t i = 0; i < sizeof(token_places) / sizeof(token_places[0]); i++)
		if (access(token_places[i], F_OK) == 0) {
			place = token_places[i];
			break;
		}
	snprintf(path, CREDENTIAL_PATH_MAX, "%s", place);
}

/* Of a file in systemd's folder: it leads nowhere else. */
static bool is_name(const char *name) {
	return name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL;
}

static void path_in(const char *folder, const char *name, char *path) {
	int n = snprintf(path, CREDENTIAL_PATH_MAX, "%s/%s", folder, name);

	if (n < 0 || (size_t)n >= CREDENTIAL_PATH_MAX)
		path[0] = '\0';
}

void credential_path(const struct iam_account *account, char *path) {
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	const char *name = account->credential;

	path[0] = '\0';
	if (name[0] == '/')
		snprintf(path, CREDENTIAL_PATH_MAX, "%s", name);
	else if (name[0] == '\0' && account->grant == IAM_COMPUTE_RESOURCE)
		place_of_token(path);
	else if (is_name(name) && folder != NULL && folder[0] == '/')
		path_in(folder, name, path);
}

static void stamp_of(const struct stat *status, struct credential_stamp *stamp) {
	*stamp = (struct credential_stamp){
		.device = status->st_dev,
		.inode = status->st_ino,
		.octets = (uint64_t)status->st_size,
		.modified_ns = status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec,
		.changed_ns = status->st_ctim.tv_sec * 1000000000 + status->st_ctim.tv_nsec,
	};
}

void credential_stamp(const struct iam_account *account, struct credential_stamp *stamp) {
	char path[CREDENTIAL_PATH_MAX];
	struct stat status;

	memset(stamp, 0, sizeof(*stamp));
	credential_path(account, path);
	if (path[0] != '\0' && stat(path, &status) == 0)
		stamp_of(&status, stamp);
}

static int refuse_open(const char *path, int number, struct cloud_error *error) {
	switch (number) {
	case ENOENT:
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"credential file %s does not exist; write the credential to it: (umask "
			"077; cat > %s)",
			path, path
		);
	case EACCES:
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"credential file %s may not be read by this user; chown %u %s", path,
			(unsigned)geteuid(), path
		);
	default:
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"credential file %s cannot be read (%s); name a regular file", path,
			strerror(number)
		);
	}
}

static mode_t forbidden_mode(const struct iam_account *account) {
	if (account->grant == IAM_API_KEY && account->credential[0] == '/')
		return S_IRWXG | S_IRWXO;
	return S_IWGRP | S_IWOTH;
}

static int check_status(
	const struct iam_account *account, const char *path, const struct stat *status,
	struct cloud_error *error
) {
	mode_t wrong = status->st_mode & forbidden_mode(account);

	if (!S_ISREG(status->st_mode))
		return cloud_fail(
			error, CLOUD_FINAL, 0, "credential file %s is not a regular file; name one",
			path
		);
	if (status->st_uid != 0 && status->st_uid != geteuid())
		return cloud_fail(
			error, CLOUD_FINAL, 0, "credential file %s belongs to user %u; chown %u %s",
			path, (unsigned)status->st_uid, (unsigned)geteuid(), path
		);
	if (wrong != 0)
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"credential file %s is open to others (mode %04o); chmod 600 %s", path,
			(unsigned)(status->st_mode & 07777), path
		);
	return 0;
}

/* One line break at the end is an editor's; anything else that is not printable is a mistake. */
static int check_text(const char *path, char *text, size_t octets, struct cloud_error *error) {
	if (octets > CREDENTIAL_OCTETS_MAX)
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"credential file %s is larger than %u octets; write the credential alone",
			path, CREDENTIAL_OCTETS_MAX
		);
	if (octets > 0 && text[octets - 1] == '\n')
		octets--;
	text[octets] = '\0';
	if (octets == 0)
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"credential file %s is empty; write the credential to it on one line", path
		);
	if (text[0] == '{')
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"credential file %s holds JSON; write the value of \"apikey\" alone, "
			"without quotes",
			path
		);
	if (strlen(text) != octets || !cloud_words_is_token(text, CREDENTIAL_OCTETS_MAX))
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"credential file %s holds blanks, line breaks or control characters; write "
			"the credential alone, on one line",
			path
		);
	return 0;
}

static int read_text(int fd, const char *path, char *text, struct cloud_error *error) {
	ssize_t octets = read_all(fd, text, CREDENTIAL_OCTETS_MAX + 1);

	if (octets < 0)
		return refuse_open(path, (int)-octets, error);
	return check_text(path, text, (size_t)octets, error);
}

static int read_open_file(
	const struct iam_account *account, const char *path, int fd, char **secret,
	struct credential_stamp *stamp, struct cloud_error *error
) {
	struct stat status;
	int result;

	if (fstat(fd, &status) != 0)
		return refuse_open(path, errno, error);
	stamp_of(&status, stamp);
	result = check_status(account, path, &status, error);
	if (result < 0)
		return result;
	*secret = secret_alloc(CREDENTIAL_OCTETS_MAX + 2);
	if (*secret == NULL)
		return cloud_fail(error, CLOUD_TRANSIENT, 0, "no secret memory for %s", path);
	result = read_text(fd, path, *secret, error);
	if (result < 0) {
		secret_free(*secret);
		*secret = NULL;
	}
	return result;
}

int credential_read(
	const struct iam_account *account, char **secret, struct credential_stamp *stamp,
	struct cloud_error *error
) {
	char path[CREDENTIAL_PATH_MAX];
	int result;
	int fd;

	*secret = NULL;
	memset(stamp, 0, sizeof(*stamp));
	credential_path(account, path);
	if (path[0] == '\0')
		return cloud_fail(
			error, CLOUD_FINAL, 0,
			"credential \"%s\" is not to be found; write an absolute path, or the name "
			"of a credential that the service unit loads (LoadCredential=)",
			account->credential
		);
	/* O_NONBLOCK: a FIFO has no writer to wait for. O_NOCTTY: a terminal stays a stranger. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		result = refuse_open(path, errno, error);
		/* As credential_stamp sees it, or the file would count as changed for ever. */
		credential_stamp(account, stamp);
		return result;
	}
	result = read_open_file(account, path, fd, secret, stamp, error);
	close(fd);
	return result;
}
