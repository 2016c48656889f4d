/* SPDX-License-Identifier: BSD-3-Clause */
/* events.show and events.subscribe; and the lines that a subscriber gets. */
#include "control/config_time.h"
#include "control/server/events.h"
#include "control/server/methods.h"
#include "control/server/stream.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LAST_DEFAULT 100u

/* RFC 3339 with milliseconds: events of one second are told apart. */
static void json_wall_time(struct json object, const char *name, int64_t wall_ns) {
	char text[48];
	struct config_time_text seconds = config_time_text(wall_ns / 1000000000);

	seconds.text[strcspn(seconds.text, "Z")] = '\0';
	snprintf(
		text, sizeof(text), "%s.%03dZ", seconds.text, (int)(wall_ns % 1000000000 / 1000000)
	);
	json_text(object, name, text);
}

static void event_describe(struct json object, const struct event_entry *entry) {
	json_u64(object, "number", entry->number);
	json_wall_time(object, "time", entry->wall_ns);
	json_text(object, "link", entry->link);
	json_text(object, "kind", event_kind_word(entry->kind));
	json_text(object, "text", entry->text);
}

/* Where to begin so that `last` events for this link come, or fewer. */
static uint64_t first_of_last(const struct events *events, const char *link, uint64_t last) {
	uint64_t number = events_next(events);

	while (last > 0 && number > events_oldest(events)) {
		number--;
		last -= event_concerns(events_find(events, number), link);
	}
	return number;
}

/* False after rpc_fail: the call names a link that there is not. */
static bool link_is_known(struct rpc_call *call) {
	return call->args.link == NULL || methods_find_link(call) != NULL;
}

int method_events_show(struct rpc_call *call) {
	const struct events *events = daemon_events(call->daemon);
	const char *link = call->args.link;
	const uint64_t last = call->args.last == 0 ? LAST_DEFAULT : call->args.last;

	if (!link_is_known(call))
		return -1;
	struct json array = json_array(call->result, "events");
	for (uint64_t i = first_of_last(events, link, last); i < events_next(events); i++) {
		const struct event_entry *entry = events_find(events, i);
		if (event_concerns(entry, link))
			event_describe(json_element(array), entry);
	}
	json_u64(call->result, "next", events_next(events));
	return 0;
}

int method_events_subscribe(struct rpc_call *call) {
	const uint64_t next = events_next(daemon_events(call->daemon));
	const uint64_t from = call->args.from;

	if (!link_is_known(call))
		return -1;
	call->stream->is_open = true;
	call->stream->next = from == 0 || from > next ? next : from;
	snprintf(
		call->stream->link, sizeof(call->stream->link), "%s",
		call->args.link == NULL ? "" : call->args.link
	);
	json_u64(call->result, "next", call->stream->next);
	return 0;
}

bool stream_has_news(const struct rpc_stream *stream, const struct events *events) {
	return stream->is_open && stream->next < events_next(events);
}

/* The next event for this stream, skipping those of other links; NULL when there is none. */
static const struct event_entry *
next_event(struct rpc_stream *stream, const struct events *events) {
	while (stream->next < events_next(events)) {
		const struct event_entry *entry = events_find(events, stream->next++);
		if (event_concerns(entry, stream->link))
			return entry;
	}
	return NULL;
}

static struct json notification_begin(const char *method, struct json *params, bool *failed) {
	struct json root = json_root(failed);

	json_text(root, "jsonrpc", "2.0");
	json_text(root, "method", method);
	*params = json_object(root, "params");
	return root;
}

static int notification_end(struct json root, char **line) {
	*line = *root.failed ? NULL : cJSON_PrintUnformatted(root.node);
	cJSON_Delete(root.node);
	return *line == NULL ? -ENOMEM : 1;
}

static int lost_line(struct rpc_stream *stream, uint64_t oldest, char **line) {
	struct json params;
	bool failed;
	struct json root = notification_begin("events.lost", &params, &failed);

	json_u64(params, "lost", oldest - stream->next);
	json_u64(params, "next", oldest);
	stream->next = oldest;
	return notification_end(root, line);
}

int stream_line(struct rpc_stream *stream, const struct events *events, char **line) {
	struct json params;
	bool failed;

	*line = NULL;
	if (!stream_has_news(stream, events))
		return 0;
	if (stream->next < events_oldest(events))
		return lost_line(stream, events_oldest(events), line);
	const struct event_entry *entry = next_event(stream, events);
	if (entry == NULL)
		return 0;
	struct json root = notification_begin("events.event", &params, &failed);
	event_describe(params, entry);
	return notification_end(root, line);
}
