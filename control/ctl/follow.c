/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines as they come, without a deadline; the contract is in follow.h. */
#include "control/ctl/follow.h"

#include "control/ctl/exact.h"
#include "control/ctl/wire.h"

#include <stdlib.h>
#include <string.h>

static enum ctl_status hung_up(const struct ctl *ctl) {
	return ctl_error(
		"the daemon on %s hung up: it stopped, or this reader was too slow",
		ctl->socket_path
	);
}

/* A notification has a method. */
static enum ctl_status line_take(
	const struct ctl *ctl, char *line,
	enum ctl_status (*take)(const struct ctl *ctl, const cJSON *tree)
) {
	cJSON *tree = exact_parse(line), *result;
	enum ctl_status status;

	if (cJSON_IsObject(tree) && cJSON_HasObjectItem(tree, "method")) {
		if (!ctl->json)
			exact_neutralise(tree);
		status = take(ctl, tree);
	} else {
		status = client_answer_read(ctl, tree, &result);
		if (status == CTL_OK)
			cJSON_Delete(result);
	}
	cJSON_Delete(tree);
	return status;
}

enum ctl_status
follow(const struct ctl *ctl, const struct client_request *request,
       enum ctl_status (*take)(const struct ctl *ctl, const cJSON *tree)) {
	struct wire_lines lines = {0};
	char *text = client_request_line(request), *line;
	enum ctl_status status;

	if (text == NULL)
		return ctl_error("out of memory");
	status = wire_connect(ctl, &lines.fd);
	if (status == CTL_OK)
		status = wire_send(ctl, lines.fd, text);
	else
		lines.fd = -1;
	while (status == CTL_OK) {
		line = wire_next_line(&lines);
		status = line == NULL ? hung_up(ctl) : line_take(ctl, line, take);
	}
	cJSON_free(text);
	wire_lines_end(&lines);
	return status;
}
