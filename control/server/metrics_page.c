/* SPDX-License-Identifier: BSD-3-Clause */
/* Making the text of metrics turn by turn; the contract is in metrics_page.h. */
#include "control/server/metrics_page.h"

#include "control/monotonic.h"

#include <event2/event.h>

#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

#define KEYS_PER_TURN 32u

TAILQ_HEAD(wait_list, metrics_wait);

/* One format's text. */
struct page {
	struct metrics *ready; // NULL: none yet
	uint64_t ready_ns;
	/* In the making, while somebody waits. */
	struct metrics *making;
	const struct config *config; // that it is made of
	uint32_t next_key;
	bool has_keys; // all of them
	size_t next_link;
	struct wait_list waiting;
};

struct metrics_pages {
	struct daemon *daemon;
	uint64_t reuse_ns;
	struct event *turn;
	struct page pages[METRICS_FORMATS];
};

/* An event that is made active by hand would run before the loop polls again: a timer waits. */
static void plan_turn(struct metrics_pages *pages) {
	event_add(pages->turn, &(const struct timeval){0});
}

static void page_begin(struct metrics_pages *pages, struct page *page, enum metrics_format format) {
	page->making = metrics_create(format);
	page->config = daemon_config(pages->daemon);
	page->next_key = 0;
	page->has_keys = false;
	page->next_link = 0;
	if (page->making != NULL)
		metrics_add_daemon(page->making, pages->daemon);
}

/* The text, or NULL without memory, to everybody who waits. */
static void page_end(struct page *page) {
	struct metrics *done = page->making;
	struct wait_list waiting;

	if (done != NULL && metrics_finish(done) != 0) {
		metrics_release(done);
		done = NULL;
	}
	metrics_release(page->ready);
	page->ready = done;
	page->ready_ns = monotonic_ns();
	page->making = NULL;
	// who asks anew from within `ready` waits for the next one
	TAILQ_INIT(&waiting);
	TAILQ_CONCAT(&waiting, &page->waiting, next);
	while (!TAILQ_EMPTY(&waiting)) {
		struct metrics_wait *wait = TAILQ_FIRST(&waiting);

		TAILQ_REMOVE(&waiting, wait, next);
		wait->ready(wait, done != NULL ? metrics_hold(done) : NULL);
	}
}

static void add_keys(struct metrics_pages *pages, struct page *page) {
	for (unsigned i = 0; i < KEYS_PER_TURN && !page->has_keys; i++)
		page->has_keys = !metrics_add_key(page->making, pages->daemon, page->next_key++);
}

static void add_link(struct metrics_pages *pages, struct page *page) {
	struct link_view view;

	link_view(daemon_link(pages->daemon, page->next_link++), &view);
	metrics_add_link(page->making, &view);
}

/* One step. A reload in between may have moved links: then it begins anew. */
static void page_step(struct metrics_pages *pages, struct page *page, enum metrics_format format) {
	if (page->making != NULL && page->config != daemon_config(pages->daemon)) {
		metrics_release(page->making);
		page->making = NULL;
	}
	if (page->making == NULL) {
		page_begin(pages, page, format);
		if (page->making == NULL)
			page_end(page);
	} else if (!page->has_keys) {
		add_keys(pages, page);
	} else if (page->next_link < daemon_link_count(pages->daemon)) {
		add_link(pages, page);
	} else {
		page_end(page);
	}
}

static void on_turn(evutil_socket_t fd, short what, void *ctx) {
	struct metrics_pages *pages = ctx;

	(void)fd;
	(void)what;
	for (unsigned i = 0; i < METRICS_FORMATS; i++) {
		if (TAILQ_EMPTY(&pages->pages[i].waiting))
			continue;
		page_step(pages, &pages->pages[i], (enum metrics_format)i);
		if (!TAILQ_EMPTY(&pages->pages[i].waiting))
			plan_turn(pages);
	}
}

struct metrics_pages *
metrics_pages_create(struct event_base *base, struct daemon *daemon, uint32_t reuse_ms) {
	struct metrics_pages *pages = calloc(1, sizeof(*pages));

	if (pages == NULL)
		return NULL;
	pages->daemon = daemon;
	pages->reuse_ns = reuse_ms * UINT64_C(1000000);
	for (unsigned i = 0; i < METRICS_FORMATS; i++)
		TAILQ_INIT(&pages->pages[i].waiting);
	pages->turn = evtimer_new(base, on_turn, pages);
	if (pages->turn != NULL)
		return pages;
	free(pages);
	return NULL;
}

void metrics_pages_free(struct metrics_pages *pages) {
	if (pages == NULL)
		return;
	for (unsigned i = 0; i < METRICS_FORMATS; i++) {
		struct page *page = &pages->pages[i];

		metrics_release(page->making);
		page->making = NULL;
		page_end(page);
	}
	event_free(pages->turn);
	free(pages);
}

void metrics_pages_ask(
	struct metrics_pages *pages, enum metrics_format format, struct metrics_wait *wait
) {
	struct page *page = &pages->pages[format];

	if (page->ready != NULL && monotonic_ns() - page->ready_ns < pages->reuse_ns) {
		wait->ready(wait, metrics_hold(page->ready));
		return;
	}
	TAILQ_INSERT_TAIL(&page->waiting, wait, next);
	plan_turn(pages);
}
