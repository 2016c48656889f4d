/* SPDX-License-Identifier: BSD-3-Clause */
/* What the code under test prints to standard error, as a text. One capture at a time. */
#pragma once

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct capture {
	int saved, file;
	char text[65536];
};

/* From here on, standard error goes to a file without a name. */
static inline struct capture *capture_begin(void) {
	struct capture *capture = calloc(1, sizeof(*capture));
	char name[] = "/tmp/macsecd-test-XXXXXX";

	if (capture == NULL)
		abort();
	capture->file = mkstemp(name);
	capture->saved = dup(STDERR_FILENO);
	if (capture->file < 0 || capture->saved < 0 || dup2(capture->file, STDERR_FILENO) < 0)
		abort();
	unlink(name);
	return capture;
}

/* Gives standard error back; the text is complete then. Free with free(). */
static inline struct capture *capture_end(struct capture *capture) {
	ssize_t n = pread(capture->file, capture->text, sizeof(capture->text) - 1, 0);

	dup2(capture->saved, STDERR_FILENO);
	close(capture->saved);
	close(capture->file);
	capture->text[n > 0 ? n : 0] = '\0';
	return capture;
}

static inline size_t capture_lines(const struct capture *capture) {
	size_t n = 0;

	for (const char *c = capture->text; *c != '\0'; c++)
		n += *c == '\n';
	return n;
}

/* Runs `body` in a child without core file; returns its status as of wait(2), its lines in text. */
static inline int capture_child(void (*body)(void), char *text, size_t octets) {
	struct capture *capture = capture_begin();
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		struct rlimit no_core = {0, 0};

		setrlimit(RLIMIT_CORE, &no_core);
		signal(SIGABRT, SIG_DFL);
		body();
		_exit(0);
	}
	waitpid(child, &status, 0);
	capture_end(capture);
	snprintf(text, octets, "%.*s", (int)octets - 1, capture->text);
	free(capture);
	return status;
}
