/* SPDX-License-Identifier: BSD-3-Clause */
/* macsecctl watch: status with rates, again and again. */
#include "control/ctl/exact.h"
#include "control/ctl/rates.h"
#include "control/ctl/show.h"
#include "control/monotonic.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_MS 1000
#define CLEAR "\033[H\033[2J\033[3J" // cursor home, screen, what scrolled away

static const struct column columns[] = {
	{"LINK", "name", COLUMN_LEFT, NULL},
	{"STATE", "state", COLUMN_LEFT, NULL},
	{"SINCE", "state-for-s", COLUMN_RIGHT, cell_duration},
	{"PEER", "peer-scis", COLUMN_LEFT, cell_list},
	{"PROTECTED/s", "rates/protected-per-s", COLUMN_RIGHT, NULL},
	{"FROM-HOST-MBPS", "rates/from-host-mbps", COLUMN_RIGHT, NULL},
	{"VALIDATED/s", "rates/validated-per-s", COLUMN_RIGHT, NULL},
	{"TO-HOST-MBPS", "rates/to-host-mbps", COLUMN_RIGHT, NULL},
	{"DROPPED/s", "rates/dropped-per-s", COLUMN_RIGHT, NULL},
	{"PROBLEM", "problem", COLUMN_WRAPPED, NULL},
};

/* The answer of before, and when it came. */
struct round {
	cJSON *result;
	uint64_t at_ns;
};

static void time_print(void) {
	const time_t now = time(NULL);
	struct tm parts;
	char text[32];

	if (gmtime_r(&now, &parts) != NULL &&
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts) > 0)
		puts(text);
}

static int round_print(const struct ctl *ctl, const cJSON *result) {
	int ret;

	if (ctl->json)
		return exact_line_print(stdout, result);
	if (isatty(STDOUT_FILENO))
		fputs(CLEAR, stdout);
	time_print();
	ret = show_states(result, columns, sizeof(columns) / sizeof(columns[0]));
	if (!isatty(STDOUT_FILENO))
		putchar('\n');
	return ret;
}

/* Asks once and prints. `before` is what is compared with, and becomes what was got. */
static enum ctl_status
round_do(const struct ctl *ctl, const struct client_request *request, struct round *before) {
	struct round now;
	enum ctl_status status = client_call(ctl, request, &now.result);

	if (status != CTL_OK)
		return status;
	now.at_ns = monotonic_ns();
	int ret = rates_add(now.result, before->result, now.at_ns - before->at_ns);
	if (ret == 0)
		ret = round_print(ctl, now.result);
	if (ret < 0)
		status = ctl_error("out of memory");
	else if (fflush(stdout) != 0)
		status = CTL_USAGE; // main says why
	cJSON_Delete(before->result);
	*before = now;
	return status;
}

/* Ctrl-C ends the process. A daemon that goes away does, too: its exit status says so. */
enum ctl_status ctl_watch(const struct ctl *ctl, const char *link) {
	const struct client_request request = {.method = "link.show", .link = link};
	struct round before = {0};
	enum ctl_status status;
	uint32_t n = 0;

	do {
		if (n > 0)
			poll(NULL, 0, PERIOD_MS);
		status = round_do(ctl, &request, &before);
		n++;
	} while (status == CTL_OK && n != ctl->count);
	if (status == CTL_OK)
		status = show_judge(before.result);
	cJSON_Delete(before.result);
	return status;
}
