/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent's life: set-up, loop, end. */
#include "control/keys/agent.h"

#include "control/cloud/http.h"
#include "control/cloud/iam.h"
#include "control/keys/agent_filter.h"
#include "control/keys/agent_parts.h"
#include "control/keys/agent_process.h"
#include "control/log.h"
#include "control/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int agent_create(int fd, struct agent **out) {
	struct agent *agent = calloc(1, sizeof(*agent));

	*out = agent;
	if (agent == NULL)
		return log_error(ENOMEM, "keys", "the key agent has no memory");
	agent->fd = fd;
	agent->kms.now_ms = agent_now_ms;
	agent->kms.iam = iam_create();
	agent->answer = secret_alloc(sizeof(*agent->answer));
	if (agent->kms.iam == NULL || agent->answer == NULL)
		return log_error(
			ENOMEM, "keys", "the key agent has no memory; free memory on this machine"
		);
	return 0;
}

static void agent_destroy(struct agent *agent) {
	if (agent == NULL)
		return;
	for (uint32_t i = 0; i < AGENT_KEYS_MAX; i++)
		free(agent->watches[i]);
	secret_free(agent->answer);
	iam_destroy(agent->kms.iam);
	free(agent);
}

/* Keys are fetched without it, too: it is the second wall, behind the lack of capabilities. */
static void begin_filter(void) {
	const int result = agent_filter_begin();

	if (result < 0)
		log_warning(
			"keys",
			"the key agent may call all of the kernel (%s), which it should not when "
			"it talks to servers; allow seccomp filters to the service",
			strerror(-result)
		);
}

int agent_run(int fd) {
	struct agent *agent = NULL;
	int result;

	fd = agent_process_begin("macsecd-keys", fd);
	if (fd < 0 || http_init() < 0)
		return EXIT_FAILURE;
	result = agent_create(fd, &agent);
	begin_filter();
	if (result == 0)
		result = agent_loop(agent);
	agent_destroy(agent);
	http_end();
	secret_shutdown();
	return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
