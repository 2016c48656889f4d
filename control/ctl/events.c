/* SPDX-License-Identifier: BSD-3-Clause */
/* macsecctl events: what happened lately, and with -f what happens. A line for each event. */
#include "control/ctl/exact.h"
#include "control/ctl/follow.h"
#include "control/ctl/show.h"

#include <stdio.h>
#include <string.h>

static void event_print(const cJSON *event) {
	char time[CELL_OCTETS], link[CELL_OCTETS], kind[CELL_OCTETS], text[CELL_OCTETS];

	cell_plain(cell_find(NULL, event, "time"), time, sizeof(time));
	cell_plain(cell_find(NULL, event, "link"), link, sizeof(link));
	cell_plain(cell_find(NULL, event, "kind"), kind, sizeof(kind));
	cell_plain(cell_find(NULL, event, "text"), text, sizeof(text));
	printf("%s  %-12s  %-10s  %s\n", time, link, kind, text);
}

static int events_print(const struct ctl *ctl, const cJSON *result) {
	const cJSON *events = cJSON_GetObjectItemCaseSensitive(result, "events"), *event;

	(void)ctl;
	if (cJSON_GetArraySize(events) == 0)
		puts("(none)");
	cJSON_ArrayForEach(event, events) {
		event_print(event);
	}
	return 0;
}

static void notification_print(const cJSON *tree) {
	const char *method = cJSON_GetStringValue(cell_find(NULL, tree, "method"));
	const cJSON *params = cell_find(NULL, tree, "params");
	char lost[CELL_OCTETS];

	if (method != NULL && strcmp(method, "events.event") == 0) {
		event_print(params);
	} else if (method != NULL && strcmp(method, "events.lost") == 0) {
		cell_plain(cell_find(NULL, params, "lost"), lost, sizeof(lost));
		printf("(%s events were overwritten before they could be read)\n", lost);
	}
}

static enum ctl_status notification_take(const struct ctl *ctl, const cJSON *tree) {
	if (!ctl->json)
		notification_print(tree);
	else if (exact_line_print(stdout, cell_find(NULL, tree, "params")) < 0)
		return ctl_error("out of memory");
	return fflush(stdout) == 0 ? CTL_OK : CTL_USAGE;
}

/* Those of before, then those of now; none in between is missed. */
static enum ctl_status events_follow(const struct ctl *ctl, struct client_request *request) {
	cJSON *result;
	enum ctl_status status = client_call(ctl, request, &result);

	if (status != CTL_OK)
		return status;
	const cJSON *next = cell_find(NULL, result, "next"), *event;
	request->method = "events.subscribe";
	request->last = 0;
	request->from = cJSON_IsRaw(next) ? next->valuestring : NULL;
	if (!ctl->json && cJSON_GetArraySize(cell_find(NULL, result, "events")) > 0)
		events_print(ctl, result);
	cJSON_ArrayForEach(event, cell_find(NULL, result, "events")) {
		if (ctl->json && exact_line_print(stdout, event) < 0)
			status = ctl_error("out of memory");
	}
	fflush(stdout);
	if (status == CTL_OK)
		status = follow(ctl, request, notification_take);
	cJSON_Delete(result);
	return status;
}

enum ctl_status ctl_events(const struct ctl *ctl, const char *link) {
	struct client_request request = {.method = "events.show", .link = link, .last = ctl->count};

	return ctl->follow ? events_follow(ctl, &request)
			   : show_answer(ctl, &request, events_print, NULL);
}
