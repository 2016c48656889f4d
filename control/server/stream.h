/* SPDX-License-Identifier: BSD-3-Clause */
/* What a connection that subscribed to events is sent. Control thread only. */
#pragma once

#include "control/server/events.h"
#include "control/server/rpc.h"

#include <stdbool.h>

/* Whether stream_line may have something to say. */
bool stream_has_news(const struct rpc_stream *stream, const struct events *events);

/*
 * Makes the next line: an event, or how many were overwritten before they could be sent. Events of
 * other links are passed over. Returns 1 and *line without its end, to be given to cJSON_free; 0
 * and NULL when there is nothing to say; or -ENOMEM, and that line is lost.
 */
int stream_line(struct rpc_stream *stream, const struct events *events, char **line);
