/* SPDX-License-Identifier: BSD-3-Clause */
/* Key identifiers across restarts, crashes, a full disk, and files that somebody else wrote. */
#include "control/ki_line.h"
#include "control/ki_store.h"
#include "tests/unit/capture_stderr.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char parent[64], run_dir[80], path[128];

static void make_folder(void) {
	snprintf(parent, sizeof(parent), "/tmp/macsecd-ki-XXXXXX");
	cr_assert_not_null(mkdtemp(parent));
	snprintf(run_dir, sizeof(run_dir), "%s/run", parent);
	snprintf(path, sizeof(path), "%s/dl0.ki", run_dir);
}

static void remove_folder(void) {
	char other[160];

	snprintf(other, sizeof(other), "%s.new", path);
	unlink(other);
	if (unlink(path) != 0)
		rmdir(path);
	rmdir(run_dir);
	rmdir(parent);
}

TestSuite(ki_store, .init = make_folder, .fini = remove_folder);

static struct ki ki_number(uint32_t n) {
	struct ki ki = {.kn = n};

	for (uint32_t i = 0; i < MI_OCTETS; i++)
		ki.mi[i] = (uint8_t)(n * 7 + i);
	return ki;
}

static struct ki_store *open_store(void) {
	struct ki_store *store = NULL;

	cr_assert_eq(ki_store_open(run_dir, "dl0", &store), 0);
	return store;
}

static bool is_known(const struct ki_store *store, uint32_t n) {
	struct ki ki = ki_number(n);

	return ki_store_is_known(store, &ki);
}

static void add(struct ki_store *store, uint32_t n) {
	struct ki ki = ki_number(n);

	cr_assert_not(ki_store_is_known(store, &ki));
	cr_assert_eq(ki_store_add(store, &ki), 0);
	cr_assert(ki_store_is_known(store, &ki));
}

static off_t file_octets(void) {
	struct stat status;

	cr_assert_eq(stat(path, &status), 0);
	return status.st_size;
}

static void write_file(const char *text, size_t octets) {
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	cr_assert_eq(write(fd, text, octets), (ssize_t)octets);
	close(fd);
}

static void expect_refusal(const char *directory, int error, const char *fragment) {
	struct ki_store *store = NULL;
	struct capture *capture = capture_begin();
	int result = ki_store_open(directory, "dl0", &store);

	capture_end(capture);
	cr_assert_eq(result, -error, "%d: %s", result, capture->text);
	cr_assert_null(store);
	cr_assert_not_null(strstr(capture->text, fragment), "%s", capture->text);
	cr_assert_not_null(strstr(capture->text, "; "), "no fix: %s", capture->text);
	cr_assert_eq(capture_lines(capture), 1);
	free(capture);
}

Test(ki_store, remembers_across_a_restart) {
	struct ki_store *store = open_store();

	add(store, 1);
	add(store, 2);
	ki_store_close(store);
	store = open_store();
	cr_assert(is_known(store, 1) && is_known(store, 2));
	cr_assert_not(is_known(store, 3));
	add(store, 3);
	ki_store_close(store);
	store = open_store();
	cr_assert(is_known(store, 1) && is_known(store, 2) && is_known(store, 3));
	ki_store_close(store);
	ki_store_close(NULL);
}

Test(ki_store, tells_identifiers_apart_by_every_octet) {
	struct ki_store *store = open_store();
	struct ki ki = ki_number(5);

	cr_assert_eq(ki_store_add(store, &ki), 0);
	for (uint32_t i = 0; i < MI_OCTETS; i++) {
		ki.mi[i] ^= 1;
		cr_assert_not(ki_store_is_known(store, &ki));
		ki.mi[i] ^= 1;
	}
	ki.kn ^= 0x80000000u;
	cr_assert_not(ki_store_is_known(store, &ki));
	ki_store_close(store);
}

Test(ki_store, file_and_folder_are_closed_to_others) {
	struct ki_store *store;
	struct stat status;

	umask(0);
	store = open_store();
	add(store, 1);
	cr_assert_eq(stat(path, &status), 0);
	cr_assert_eq(status.st_mode & 07777, 0600);
	cr_assert_eq(stat(run_dir, &status), 0);
	cr_assert_eq(status.st_mode & 07777, 0750);
	ki_store_close(store);
}

Test(ki_store, known_identifier_is_not_written_again) {
	struct ki_store *store = open_store();
	struct ki ki = ki_number(1);

	cr_assert_eq(ki_store_add(store, &ki), 0);
	cr_assert_eq(ki_store_add(store, &ki), 0);
	cr_assert_eq(file_octets(), KI_LINE_OCTETS);
	ki_store_close(store);
}

Test(ki_store, lines_have_the_documented_form) {
	struct ki_store *store = open_store();
	struct ki ki = {.kn = 0x01020a0f};
	char text[64] = {0};
	int fd;

	for (uint32_t i = 0; i < MI_OCTETS; i++)
		ki.mi[i] = (uint8_t)(0xf0 + i);
	cr_assert_eq(ki_store_add(store, &ki), 0);
	ki_store_close(store);
	fd = open(path, O_RDONLY);
	cr_assert_eq(read(fd, text, sizeof(text)), KI_LINE_OCTETS);
	close(fd);
	cr_assert_str_eq(text, "f0f1f2f3f4f5f6f7f8f9fafb 01020a0f\n");
}

/* The file as an earlier run would have left it, without an fsync per line. */
static void prefill(uint32_t n) {
	char *text = malloc(n * KI_LINE_OCTETS);

	cr_assert_not_null(text);
	for (uint32_t i = 0; i < n; i++) {
		struct ki ki = ki_number(i);

		ki_line_write(&ki, text + i * KI_LINE_OCTETS);
	}
	mkdir(run_dir, 0750);
	write_file(text, n * KI_LINE_OCTETS);
	free(text);
}

Test(ki_store, keeps_the_newest_and_bounds_the_file) {
	struct ki_store *store;

	prefill(2 * KI_STORE_KEPT - 1);
	store = open_store();
	add(store, 2 * KI_STORE_KEPT - 1);
	cr_assert_eq(file_octets(), 2 * KI_STORE_KEPT * KI_LINE_OCTETS);
	cr_assert(is_known(store, 0));
	add(store, 2 * KI_STORE_KEPT);
	cr_assert_eq(file_octets(), KI_STORE_KEPT * KI_LINE_OCTETS);
	cr_assert_not(is_known(store, KI_STORE_KEPT));
	cr_assert(is_known(store, KI_STORE_KEPT + 1));
	add(store, 2 * KI_STORE_KEPT + 1);
	ki_store_close(store);
	store = open_store();
	for (uint32_t n = KI_STORE_KEPT + 1; n <= 2 * KI_STORE_KEPT + 1; n++)
		cr_assert(is_known(store, n), "%u", n);
	ki_store_close(store);
}

Test(ki_store, full_file_of_an_earlier_run_is_taken_over) {
	struct ki_store *store;

	prefill(2 * KI_STORE_KEPT);
	store = open_store();
	cr_assert(is_known(store, 0) && is_known(store, 2 * KI_STORE_KEPT - 1));
	add(store, 2 * KI_STORE_KEPT);
	cr_assert_eq(file_octets(), KI_STORE_KEPT * KI_LINE_OCTETS);
	ki_store_close(store);
}

/* A crash may cut the last append at any octet. */
Test(ki_store, cut_last_line_is_dropped_and_the_rest_kept) {
	for (size_t cut = 1; cut < KI_LINE_OCTETS; cut++) {
		struct ki_store *store = open_store();
		struct capture *capture;

		add(store, 1);
		add(store, 2);
		ki_store_close(store);
		cr_assert_eq(truncate(path, (off_t)(KI_LINE_OCTETS + cut)), 0);
		capture = capture_begin();
		store = open_store();
		capture_end(capture);
		cr_assert_eq(strncmp(capture->text, "WARNING ki: ", 12), 0);
		free(capture);
		cr_assert(is_known(store, 1));
		cr_assert_eq(file_octets(), KI_LINE_OCTETS);
		add(store, 2);
		add(store, 3);
		ki_store_close(store);
		store = open_store();
		cr_assert(is_known(store, 1) && is_known(store, 2) && is_known(store, 3));
		ki_store_close(store);
		unlink(path);
	}
}

Test(ki_store, refuses_a_corrupt_file_at_its_line) {
	static const char good[] = "f0f1f2f3f4f5f6f7f8f9fafb 01020a0f\n";
	static const char *const bad[] = {
		"F0f1f2f3f4f5f6f7f8f9fafb 01020a0f\n",
		"f0f1f2f3f4f5f6f7f8f9fafb-01020a0f\n",
		"f0f1f2f3f4f5f6f7f8f9fafb 01020a0f ",
		"f0f1f2f3f4f5f6f7f8f9fafb 01020a0g\n",
		"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
		"\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n",
	};
	char text[3 * KI_LINE_OCTETS];

	cr_assert_eq(mkdir(run_dir, 0750), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memcpy(text, good, KI_LINE_OCTETS);
		memcpy(text + KI_LINE_OCTETS, bad[i], KI_LINE_OCTETS);
		memcpy(text + 2 * KI_LINE_OCTETS, good, KI_LINE_OCTETS);
		write_file(text, sizeof(text));
		expect_refusal(run_dir, EINVAL, "dl0.ki:2: is not a key identifier");
	}
}

Test(ki_store, refuses_a_file_that_grew_without_us) {
	cr_assert_eq(mkdir(run_dir, 0750), 0);
	write_file("", 0);
	cr_assert_eq(truncate(path, (off_t)1 << 40), 0);
	expect_refusal(run_dir, EFBIG, "larger than we ever write");
}

Test(ki_store, refuses_links_fifos_folders_and_open_modes) {
	cr_assert_eq(mkdir(run_dir, 0750), 0);
	cr_assert_eq(symlink("/etc/passwd", path), 0);
	expect_refusal(run_dir, ELOOP, "cannot be opened");
	unlink(path);
	cr_assert_eq(mkfifo(path, 0600), 0);
	expect_refusal(run_dir, EPERM, "is not a regular file that only we can write");
	unlink(path);
	cr_assert_eq(mkdir(path, 0700), 0);
	expect_refusal(run_dir, EISDIR, "cannot be opened");
	rmdir(path);
	write_file("", 0);
	cr_assert_eq(chmod(path, 0620), 0);
	expect_refusal(run_dir, EPERM, "only we can write");
}

Test(ki_store, refuses_a_folder_that_others_can_write) {
	cr_assert_eq(mkdir(run_dir, 0750), 0);
	cr_assert_eq(chmod(run_dir, 0777), 0);
	expect_refusal(run_dir, EPERM, "others can write there; chown ");
	expect_refusal("/proc/none/run", ENOENT, "mkdir -p -m 0750 /proc/none/run");
}

Test(ki_store, refuses_names_that_leave_the_folder) {
	char long_name[80] = {0};
	const char *names[] = {"../x", "a/b", long_name};

	memset(long_name, 'a', sizeof(long_name) - 1);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct ki_store *store = NULL;
		struct capture *capture = capture_begin();

		cr_assert_eq(ki_store_open(run_dir, names[i], &store), -EINVAL);
		free(capture_end(capture));
	}
}

/* As on a full disk: the file may not grow further than some octets into the next line. */
Test(ki_store, failed_write_forgets_the_identifier_and_repairs_the_file) {
	struct rlimit limit = {3 * KI_LINE_OCTETS / 2, RLIM_INFINITY};
	struct ki_store *store = open_store();
	struct ki ki = ki_number(2);
	struct capture *capture;

	add(store, 1);
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	capture = capture_begin();
	cr_assert_eq(ki_store_add(store, &ki), -EFBIG);
	cr_assert_eq(ki_store_add(store, &ki), -EFBIG);
	limit.rlim_cur = RLIM_INFINITY;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	free(capture_end(capture)); // the limit cuts its lines, too
	cr_assert_not(ki_store_is_known(store, &ki));
	add(store, 2);
	add(store, 3);
	cr_assert_eq(file_octets(), 3 * KI_LINE_OCTETS);
	ki_store_close(store);
	store = open_store();
	cr_assert(is_known(store, 1) && is_known(store, 2) && is_known(store, 3));
	ki_store_close(store);
}
