/* SPDX-License-Identifier: BSD-3-Clause */
/* Key files: what is accepted, what is refused and how, and that no message repeats a key. */
#include "control/keys/key_file.h"
#include "control/secret.h"
#include "tests/unit/capture_stderr.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#define HEX32 "00112233445566778899aAbBcCdDeEfF"
#define HEX64 HEX32 "0123456789abcdef0123456789ABCDEF"

static char folder[64], path[128];
static const struct config config = {.path = "m.yaml"};
static uint8_t *key;
static uint8_t n_key;

static void make_folder(void) {
	snprintf(folder, sizeof(folder), "/tmp/macsecd-key-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/dl0.cak", folder);
	key = secret_alloc(KEY_FILE_KEY_OCTETS_MAX);
	cr_assert_not_null(key);
}

static void remove_folder(void) {
	secret_free(key);
	secret_shutdown();
	unlink(path);
	rmdir(folder);
}

TestSuite(key_file, .init = make_folder, .fini = remove_folder);

static void write_file(const char *text, size_t octets, mode_t mode) {
	FILE *stream = fopen(path, "w");

	cr_assert_not_null(stream);
	cr_assert_eq(fwrite(text, 1, octets, stream), octets);
	cr_assert_eq(fclose(stream), 0);
	cr_assert_eq(chmod(path, mode), 0);
}

static int read_reference(const char *reference) {
	struct config_cak cak = {.cak_mark = {7, 9}};

	snprintf(cak.cak_ref, sizeof(cak.cak_ref), "%s", reference);
	memset(key, 0xee, KEY_FILE_KEY_OCTETS_MAX);
	n_key = 99;
	return key_file_read(&config, &cak, key, &n_key);
}

static int read_key(void) {
	char reference[160];

	snprintf(reference, sizeof(reference), "file:%s", path);
	return read_reference(reference);
}

/* Expects a refusal with the mark and a piece of the line; nothing of a key is left anywhere. */
static void expect_refusal(int error, const char *fragment) {
	static const uint8_t zeroes[KEY_FILE_KEY_OCTETS_MAX];
	struct capture *capture = capture_begin();
	int result = read_key();

	capture_end(capture);
	cr_assert_eq(result, -error, "%d: %s", result, capture->text);
	cr_assert_eq(strncmp(capture->text, "ERROR config: m.yaml:7:9: key file /tmp/", 40), 0);
	cr_assert_not_null(strstr(capture->text, fragment), "%s", capture->text);
	cr_assert_not_null(strstr(capture->text, "; "), "no fix: %s", capture->text);
	cr_assert_eq(capture_lines(capture), 1);
	cr_assert_null(strstr(capture->text, "0011"), "a key in the log: %s", capture->text);
	cr_assert_arr_eq(key, zeroes, sizeof(zeroes));
	cr_assert_eq(n_key, 0);
	free(capture);
}

Test(key_file, reads_128_and_256_bits_with_and_without_newline) {
	static const uint8_t octets[32] = {
		0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa,
		0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab,
		0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
	};
	static const struct {
		const char *text;
		uint8_t n;
		mode_t mode;
	} cases[] = {
		{HEX32, 16, 0600},
		{HEX32 "\n", 16, 0400},
		{HEX64, 32, 0600},
		{HEX64 "\n", 32, 0400},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_file(cases[i].text, strlen(cases[i].text), cases[i].mode);
		cr_assert_eq(read_key(), 0);
		cr_assert_eq(n_key, cases[i].n);
		cr_assert_arr_eq(key, octets, cases[i].n);
		for (size_t k = cases[i].n; k < 32; k++)
			cr_assert_eq(key[k], 0);
		unlink(path);
	}
}

/* Every octet value in every place of a pair: only the 22 digits are taken. */
Test(key_file, accepts_hexadecimal_digits_and_nothing_else) {
	for (int c = 0; c < 256; c++) {
		const char *digit = c == 0 ? NULL : strchr("0123456789abcdefABCDEF", c);
		struct capture *capture;
		char text[33] = HEX32;
		int result;

		text[c % 2] = (char)c;
		write_file(text, 32, 0600);
		capture = capture_begin();
		result = read_key();
		free(capture_end(capture));
		cr_assert_eq(result, digit != NULL ? 0 : -EINVAL, "octet %d", c);
		if (digit != NULL)
			cr_assert_eq(
				key[0], (int)strtol((char[2]){(char)c}, NULL, 16)
						<< (c % 2 == 0 ? 4 : 0)
			);
	}
}

Test(key_file, refuses_content_that_is_no_key) {
	static const char *const texts[] = {
		"",        "\n",       "0011",           HEX32 "0", HEX32 "\n\n", HEX32 "\r\n",
		" " HEX32, HEX64 "00", HEX64 "\n" HEX64, HEX32 " ", "0x" HEX32,
	};
	char big[300];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_file(texts[i], strlen(texts[i]), 0600);
		expect_refusal(EINVAL, "hexadecimal digits");
	}
	memset(big, '0', sizeof(big));
	write_file(big, 257, 0600);
	expect_refusal(EINVAL, "more than 256 characters");
	write_file(HEX32 "zz", 32, 0600);
	write_file("g0112233445566778899aabbccddeeff", 32, 0600);
	expect_refusal(EINVAL, "other characters than hexadecimal digits");
}

Test(key_file, refuses_every_permission_of_group_and_others) {
	static const mode_t modes[] = {0640, 0604, 0660, 0606, 0610, 0601, 0644, 0777, 0420, 0402};
	char fix[160];

	write_file(HEX32, 32, 0600);
	snprintf(fix, sizeof(fix), "; chmod 600 %s\n", path);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		cr_assert_eq(chmod(path, modes[i]), 0);
		expect_refusal(EPERM, fix);
	}
}

Test(key_file, refuses_a_file_of_somebody_else) {
	write_file(HEX32, 32, 0600);
	if (geteuid() != 0) {
		remove_folder(); // a skipped test has no .fini
		cr_skip_test("needs root to give a file away");
	}
	cr_assert_eq(chown(path, 65534, 65534), 0);
	expect_refusal(EPERM, "belongs to user 65534; chown 0 ");
}

Test(key_file, refuses_what_is_no_regular_file) {
	expect_refusal(ENOENT, "does not exist; ");
	cr_assert_eq(mkdir(path, 0700), 0);
	expect_refusal(EINVAL, "not a regular file");
	cr_assert_eq(rmdir(path), 0);
	cr_assert_eq(mkfifo(path, 0600), 0);
	expect_refusal(EINVAL, "not a regular file");
	unlink(path);
	cr_assert_eq(symlink("/dev/zero", path), 0);
	expect_refusal(EINVAL, "not a regular file");
	unlink(path);
	cr_assert_eq(symlink(path, path), 0);
	expect_refusal(ELOOP, "cannot be opened");
}

/* The target counts: its mode, not the link's 0777. */
Test(key_file, follows_a_link_and_judges_its_target) {
	char target[160];

	write_file(HEX32, 32, 0600);
	snprintf(target, sizeof(target), "%s/target", folder);
	cr_assert_eq(rename(path, target), 0);
	cr_assert_eq(symlink(target, path), 0);
	cr_assert_eq(read_key(), 0);
	cr_assert_eq(n_key, 16);
	cr_assert_eq(chmod(target, 0644), 0);
	expect_refusal(EPERM, "open to others (mode 0644)");
	unlink(target);
}

Test(key_file, refuses_other_references_without_printing_them) {
	static const char *const references[] = {"", HEX32, ("file:" HEX32), "hpcs:/0011", "file:"};

	for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++) {
		struct capture *capture = capture_begin();
		int result = read_reference(references[i]);

		capture_end(capture);
		cr_assert_eq(result, -EINVAL);
		cr_assert_not_null(strstr(capture->text, "m.yaml:7:9: "));
		cr_assert_null(strstr(capture->text, "0011"));
		cr_assert_eq(n_key, 0);
		free(capture);
	}
}
