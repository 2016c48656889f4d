/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A stream that DPDK logs into. DPDK prints its reasons and returns -1, so the first error line is
 * the most exact cause that we can name; the lines after it only say who passed it on.
 */
#include "drivers/eal_log.h"

#include "drivers/log.h"

#include <rte_log.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* DPDK has one log per process, hence one of these. `lock` guards `first_error`, which DPDK's
 * interrupt thread may write. */
static struct {
	pthread_mutex_t lock;
	FILE *stream;
	bool is_shown;
	char first_error[256];
} eal_log = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* DPDK ends each message with a newline, and its texts are plain; anything else is made plain. */
static void copy_line(char *line, size_t size, const char *text, size_t length) {
	size_t n = 0;

	while (n < length && n + 1 < size && text[n] != '\n') {
		line[n] = text[n] >= ' ' && text[n] <= '~' ? text[n] : '?';
		n++;
	}
	line[n] = '\0';
}

static ssize_t stream_write(void *cookie, const char *text, size_t length) {
	char line[sizeof(eal_log.first_error)];

	(void)cookie;
	copy_line(line, sizeof(line), text, length);
	pthread_mutex_lock(&eal_log.lock);
	if (rte_log_cur_msg_loglevel() <= (int)RTE_LOG_ERR && eal_log.first_error[0] == '\0')
		memcpy(eal_log.first_error, line, sizeof(line));
	pthread_mutex_unlock(&eal_log.lock);
	if (eal_log.is_shown)
		driver_info("dpdk", "%s", line);
	return (ssize_t)length;
}

int eal_log_open(bool is_shown) {
	eal_log.is_shown = is_shown;
	eal_log.stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = stream_write});
	if (eal_log.stream == NULL)
		return -ENOMEM;
	/* A message is one line: it reaches stream_write whole. */
	setvbuf(eal_log.stream, NULL, _IOLBF, BUFSIZ);
	return rte_openlog_stream(eal_log.stream);
}

void eal_log_close(void) {
	rte_openlog_stream(NULL);
	if (eal_log.stream != NULL)
		fclose(eal_log.stream);
	eal_log.stream = NULL;
}

void eal_log_clear(void) {
	pthread_mutex_lock(&eal_log.lock);
	eal_log.first_error[0] = '\0';
	pthread_mutex_unlock(&eal_log.lock);
}

const char *eal_log_reason(int rc, char *text, size_t size) {
	pthread_mutex_lock(&eal_log.lock);
	if (eal_log.first_error[0] != '\0')
		snprintf(text, size, "%s", eal_log.first_error);
	else
		snprintf(text, size, "%s", rc == -1 ? "DPDK gave no reason" : strerror(-rc));
	pthread_mutex_unlock(&eal_log.lock);
	return text;
}
