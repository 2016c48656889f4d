/* SPDX-License-Identifier: BSD-3-Clause */
/* Credential files: where they are, what is accepted, and that no message repeats one. */
#include "control/cloud/credential.h"
#include "control/secret.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define KEY "MADE-UP-API-KEY-0123456789"

static char folder[64], path[128];
static struct iam_account account = {.grant = IAM_API_KEY};
static struct credential_stamp stamp;
static struct cloud_error error;
static char *secret;

static void make_folder(void) {
	snprintf(folder, sizeof(folder), "/tmp/macsecd-credential-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/key", folder);
	snprintf(account.credential, sizeof(account.credential), "%s", path);
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void remove_folder(void) {
	struct secret_usage usage;

	secret_free(secret);
	secret_usage(&usage);
	cr_assert_eq(usage.in_use_octets, 0);
	secret_shutdown();
	unlink(path);
	rmdir(folder);
}

TestSuite(cloud_credential, .init = make_folder, .fini = remove_folder);

static void write_file(const char *text, size_t octets, mode_t mode) {
	FILE *stream = fopen(path, "w");

	cr_assert_not_null(stream);
	cr_assert_eq(fwrite(text, 1, octets, stream), octets);
	cr_assert_eq(fclose(stream), 0);
	cr_assert_eq(chmod(path, mode), 0);
}

static int read_it(void) {
	secret_free(secret);
	return credential_read(&account, &secret, &stamp, &error);
}

static void expect_refusal(const char *fragment) {
	cr_assert_eq(read_it(), -EPROTO);
	cr_assert_null(secret);
	cr_assert_eq(error.verdict, CLOUD_FINAL);
	cr_assert_not_null(strstr(error.text, fragment), "%s", error.text);
	cr_assert_not_null(strstr(error.text, "; "), "no fix: %s", error.text);
	cr_assert_null(strstr(error.text, "MADE-UP"), "%s", error.text);
}

static void expect_text_refused(const char *text, size_t octets, const char *fragment) {
	write_file(text, octets, 0600);
	expect_refusal(fragment);
	cr_assert_not_null(strstr(error.text, path), "%s", error.text);
}

Test(cloud_credential, accepted) {
	write_file(KEY, strlen(KEY), 0600);
	cr_assert_eq(read_it(), 0, "%s", error.text);
	cr_assert_str_eq(secret, KEY);
	write_file(KEY "\n", strlen(KEY) + 1, 0400);
	cr_assert_eq(read_it(), 0);
	cr_assert_str_eq(secret, KEY);
}

Test(cloud_credential, refused_texts) {
	expect_text_refused("", 0, "empty");
	expect_text_refused("\n", 1, "empty");
	expect_text_refused(KEY "\n\n", strlen(KEY) + 2, "line breaks");
	expect_text_refused(KEY "\r\n", strlen(KEY) + 2, "line breaks");
	expect_text_refused(KEY " ", strlen(KEY) + 1, "blanks");
	expect_text_refused(KEY "\0x", strlen(KEY) + 2, "control characters");
	expect_text_refused(KEY "\xc3\xa4", strlen(KEY) + 2, "control characters");
	expect_text_refused("{\"apikey\":\"" KEY "\"}", strlen(KEY) + 13, "JSON");
}

Test(cloud_credential, sizes) {
	static char text[CREDENTIAL_OCTETS_MAX + 10];

	memset(text, 'a', sizeof(text));
	write_file(text, CREDENTIAL_OCTETS_MAX, 0600);
	cr_assert_eq(read_it(), 0);
	cr_assert_eq(strlen(secret), CREDENTIAL_OCTETS_MAX);
	expect_text_refused(text, CREDENTIAL_OCTETS_MAX + 1, "larger than");
	expect_text_refused(text, sizeof(text), "larger than");
}

Test(cloud_credential, modes) {
	for (mode_t mode = 0; mode <= 0777; mode++) {
		write_file(KEY, strlen(KEY), 0600);
		cr_assert_eq(chmod(path, mode), 0);
		if ((mode & 077) != 0)
			expect_refusal("chmod 600");
		else if (geteuid() == 0)
			cr_assert_eq(read_it(), 0, "%o", mode);
	}
}

Test(cloud_credential, of_another_user) {
	write_file(KEY, strlen(KEY), 0600);
	if (chown(path, 4321, 0) != 0)
		cr_skip_test("only root gives files away");
	expect_refusal("belongs to user 4321");
}

Test(cloud_credential, not_a_file) {
	cr_assert_eq(mkfifo(path, 0600), 0);
	expect_refusal("not a regular file");
	unlink(path);
	expect_refusal("does not exist");
	snprintf(account.credential, sizeof(account.credential), "%s", folder);
	expect_refusal("not a regular file");
}

/* systemd's credentials are readable to the service by an ACL, which shows in the group's bits. */
Test(cloud_credential, of_systemd) {
	write_file(KEY, strlen(KEY), 0440);
	strcpy(account.credential, "key");
	expect_refusal("LoadCredential");
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	cr_assert_eq(read_it(), 0, "%s", error.text);
	cr_assert_str_eq(secret, KEY);
	cr_assert_eq(chmod(path, 0460), 0);
	expect_refusal("chmod 600");
	strcpy(account.credential, "../key");
	expect_refusal("is not to be found");
	strcpy(account.credential, "..");
	expect_refusal("is not to be found");
	strcpy(account.credential, "");
	expect_refusal("is not to be found");
}

/* Orchestrators mount a compute-resource token for everyone to read; its place is a default. */
Test(cloud_credential, compute_resource_token) {
	account.grant = IAM_COMPUTE_RESOURCE;
	write_file(KEY, strlen(KEY), 0644);
	cr_assert_eq(read_it(), 0, "%s", error.text);
	cr_assert_eq(chmod(path, 0646), 0);
	expect_refusal("chmod 600");
	account.credential[0] = '\0';
	if (access("/var/run/secrets/tokens", F_OK) != 0)
		expect_refusal("/var/run/secrets/");
}

/* It counts as changed when it changes, and not before: a socket exists, and cannot be opened. */
Test(cloud_credential, what_cannot_be_opened_has_a_stamp) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct credential_stamp now;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", path);
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	expect_refusal("; ");
	credential_stamp(&account, &now);
	cr_assert_neq(now.inode, 0);
	cr_assert_arr_eq(&now, &stamp, sizeof(now));
	close(fd);
}

Test(cloud_credential, stamps) {
	static const struct credential_stamp none;
	struct credential_stamp now;

	cr_assert_eq(read_it(), -EPROTO);
	cr_assert_arr_eq(&stamp, &none, sizeof(stamp));
	write_file(KEY, strlen(KEY), 0600);
	credential_stamp(&account, &now);
	cr_assert_neq(memcmp(&now, &stamp, sizeof(now)), 0);
	cr_assert_eq(read_it(), 0);
	cr_assert_arr_eq(&now, &stamp, sizeof(now));
	cr_assert_eq(chmod(path, 0400), 0);
	credential_stamp(&account, &now);
	cr_assert_neq(memcmp(&now, &stamp, sizeof(now)), 0);
}
