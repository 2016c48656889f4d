/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the agent says, and what is believed of it. A CAK is taken once: whatever the agent says
 * later, the key in use stays. Each change is one line of the log, but no agent can flood it.
 */
#include "control/keys/key_agent_parts.h"
#include "control/log.h"
#include "control/monotonic.h"

#include <stdio.h>
#include <string.h>

#define CREDIT_REFILL_NS 60000000000ull
#define SECOND_NS 1000000000ull

struct key_name {
	char text[SERVICE_NAME_MAX + SERVICE_ID_MAX + 32];
};

/* As the configuration writes it: "hpcs:SERVICE/KEY". */
static struct key_name name_of(const struct service_key *key) {
	const char *service = key->service.name;
	struct key_name name;

	snprintf(
		name.text, sizeof(name.text), "%s:%s%s%s", service_kind_word(key->service.kind),
		service, service[0] != '\0' ? "/" : "", key->id
	);
	return name;
}

static bool has_credit(struct key_log *log, uint64_t now_ns) {
	if (log->spent == 0)
		log->refilled_ns = now_ns;
	while (log->spent > 0 && now_ns - log->refilled_ns >= CREDIT_REFILL_NS) {
		log->spent--;
		log->refilled_ns += CREDIT_REFILL_NS;
	}
	if (log->spent >= KEY_LOG_CREDIT)
		return false;
	log->spent++;
	return true;
}

static void print(const struct key_entry *entry, bool is_fetched) {
	static const enum log_level levels[] = {
		[AGENT_GOOD] = LOG_INFO,
		[AGENT_WAITING] = LOG_WARNING,
		[AGENT_WARNING] = LOG_WARNING,
		[AGENT_REFUSED] = LOG_ERROR,
	};
	const struct key_agent_view *view = &entry->view;
	const struct key_name name = name_of(&entry->key);

	if (view->verdict == AGENT_GOOD)
		log_info("keys", "%s: %s", name.text, is_fetched ? "fetched" : "all is well again");
	else
		log_line(
			levels[view->verdict], "keys", "%s: %s%s%s%s%s", name.text,
			is_fetched ? "fetched, but " : "", view->text,
			view->correlation[0] == '\0' ? "" : " (for IBM support: correlation id ",
			view->correlation, view->correlation[0] == '\0' ? "" : ")"
		);
}

/* What is not printed for lack of credit is printed when it is said again later. */
static void log_change(struct key_entry *entry, bool is_fetched) {
	const struct key_agent_view *view = &entry->view;
	struct key_log *log = &entry->log;
	const bool is_old = log->was_used && log->verdict == view->verdict &&
			    strcmp(log->text, view->text) == 0;

	if ((is_old && !is_fetched) || !has_credit(log, view->news_ns))
		return;
	print(entry, is_fetched);
	log->was_used = true;
	log->verdict = view->verdict;
	memcpy(log->text, view->text, sizeof(log->text));
}

static void take_view(struct key_entry *entry, const struct agent_news *news) {
	struct key_agent_view *view = &entry->view;

	view->was_asked = true;
	view->verdict = news->verdict;
	view->http_status = news->http_status;
	view->expires_s = news->expires_s;
	memcpy(view->text, news->text, sizeof(view->text));
	memcpy(view->correlation, news->correlation, sizeof(view->correlation));
	view->news_ns = monotonic_ns();
	view->retry_ns = news->retry_in_s == 0 ? 0 : view->news_ns + news->retry_in_s * SECOND_NS;
}

/*
 * False: news of a key that is not wanted under this number any more; or of a key that is had,
 * from an agent that read the wants of the one before it and has not come to what it was told of
 * this one itself.
 */
static bool is_fresh(const struct key_entry *entry, const struct agent_news *news) {
	const bool is_of_having = news->verdict == AGENT_GOOD || news->verdict == AGENT_WARNING;

	if (entry == NULL || entry->n_wants == 0 || entry->ask != news->ask)
		return false;
	if (news->kind == AGENT_KEY)
		return !entry->view.is_had;
	return entry->view.is_had == is_of_having;
}

/* cak: NULL when the key did not come with the news. */
static void take_news(struct key_agent *agent, const struct agent_news *news, const uint8_t *cak) {
	struct key_entry *entry = agent->entries[news->number];

	if (!is_fresh(entry, news)) {
		agent->n_stale++;
		return;
	}
	if (cak != NULL) {
		memcpy(entry->cak, cak, AGENT_CAK_OCTETS);
		entry->view.is_had = true;
		entry->view.identity = news->identity;
	}
	if (cak != NULL || !entry->view.was_asked || entry->view.verdict != news->verdict) {
		agent->has_changed = true;
		entry->view.changed_ns = monotonic_ns();
	}
	take_view(entry, news);
	log_change(entry, cak != NULL);
}

/* It knows nothing: everything is told again. */
static void take_ready(struct key_agent *agent, const struct agent_ready *ready) {
	agent->is_alive = true;
	agent->pid = ready->pid;
	agent->n_ready++;
	log_debug("keys", "the key agent is there (process %u)", agent->pid);
	for (uint32_t i = 0; i < AGENT_KEYS_MAX; i++)
		if (agent->entries[i] != NULL)
			agent->entries[i]->is_told = false;
	key_agent_tell(agent);
}

/* What it has not read yet waits in the socket for the next one, which is told all of it again. */
static void take_gone(struct key_agent *agent, const struct agent_gone *gone) {
	if (gone->pid == agent->pid)
		agent->is_alive = false;
}

static void refuse(struct key_agent *agent) {
	if (agent->n_unsound++ == 0)
		log_warning(
			"keys",
			"a message of the key agent is not understood and ignored, as all "
			"such will be; if macsecd was not updated while it ran, please report it"
		);
}

void key_agent_take(struct key_agent *agent, size_t octets) {
	const void *message = agent->message;
	const struct agent_key *key = message;

	if (!agent_message_is_sound(message, octets, false))
		refuse(agent);
	else if (key->news.kind == AGENT_READY)
		take_ready(agent, message);
	else if (key->news.kind == AGENT_GONE)
		take_gone(agent, message);
	else
		take_news(agent, message, key->news.kind == AGENT_KEY ? key->cak : NULL);
}
