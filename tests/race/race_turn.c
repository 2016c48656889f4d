/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The turns of dataplane/turn.h. What the receive turn and the transmit turn guard is written here
 * with plain variables: ThreadSanitizer then proves that the turns order every access, and without
 * it a lost update or a ticket out of order still fails.
 */

#include "dataplane/idle.h"
#include "dataplane/turn.h"
#include "tests/tap.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#define THREADS 3u
#define PNS 30000u

/* As struct lane: shared by all threads. */
struct shared {
	struct turn turn;

	// plain on purpose: under the receive turn
	uint64_t next_pn;
	uint32_t tickets_drawn;
	uint32_t threads_seen; // that have drawn one

	// plain on purpose: under the transmit turn
	uint64_t transmitted; // PNs so far
	uint32_t next_served;
	uint64_t both_held; // times that one thread held both
};

struct racer {
	struct shared *shared;
	pthread_t thread;
	uint64_t random;
	bool has_drawn;
	struct lane_counters counters;
};

static uint32_t racer_random(struct racer *r) {
	r->random = r->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(r->random >> 33);
}

/* Stands for the cryptography: sometimes a worker takes long, and others overtake it. */
static void work(struct racer *r) {
	const uint32_t rounds = racer_random(r) % 64 == 0 ? 4000 : racer_random(r) % 100;
	for (uint32_t i = 0; i < rounds; i++)
		racer_random(r);
}

/* Rule (ii), and validate_raise_floors: nothing there, but both turns are held if all tickets
 * passed. */
static void idle_look(struct shared *s) {
	if (!turn_holds_both(&s->turn))
		return;
	tap_must(
		s->next_served == s->tickets_drawn && s->transmitted == s->next_pn,
		"turn_holds_both is true with a ticket under way"
	);
	s->both_held++;
}

struct ticket {
	uint32_t number, n;
	uint64_t first_pn;
};

/* Receive turn. On a loaded machine a thread may begin late: nothing is over before it took part.
 */
static bool is_over(const struct shared *s) {
	return s->next_pn >= PNS && s->threads_seen == THREADS;
}

static bool receive(struct racer *r, struct ticket *t) {
	struct shared *s = r->shared;

	t->n = racer_random(r) % 5;
	if (t->n == 0 || is_over(s)) {
		idle_look(s);
		return false;
	}
	s->threads_seen += !r->has_drawn;
	r->has_drawn = true;
	t->first_pn = s->next_pn;
	s->next_pn += t->n;
	t->number = turn_draw_ticket(&s->turn);
	tap_must(t->number == s->tickets_drawn++, "ticket %" PRIu32 " drawn twice", t->number);
	return true;
}

static void transmit(struct shared *s, const struct ticket *t) {
	tap_must(
		s->next_served++ == t->number && s->transmitted == t->first_pn,
		"ticket %" PRIu32 " was served out of turn", t->number
	);
	s->transmitted += t->n;
}

/* As lane_poll. False when it is over. */
static bool poll(struct racer *r) {
	struct shared *s = r->shared;
	struct ticket t;

	if (!turn_try_receive(&s->turn))
		return true;
	const bool has_ticket = receive(r, &t);
	const bool is_last = is_over(s);
	turn_end_receive(&s->turn);
	if (!has_ticket)
		return !is_last;
	work(r);
	idle_wait_turn(&s->turn, t.number, &r->counters);
	transmit(s, &t);
	turn_pass(&s->turn, t.number);
	return true;
}

static void *racer_main(void *arg) {
	struct racer *r = arg;
	while (poll(r))
		continue;
	return NULL;
}

int main(void) {
	static struct shared shared;
	static struct racer racers[THREADS];
	uint64_t waits = 0;

	for (unsigned i = 0; i < THREADS; i++) {
		racers[i].shared = &shared;
		racers[i].random = i + 1;
		tap_must(
			pthread_create(&racers[i].thread, NULL, racer_main, &racers[i]) == 0,
			"no thread"
		);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(racers[i].thread, NULL);
		waits += atomic_load(&racers[i].counters.value[C_TURN_WAITS]);
	}
	tap_must(
		shared.transmitted == shared.next_pn && shared.next_served == shared.tickets_drawn,
		"PNs were lost: %" PRIu64 " reserved, %" PRIu64 " transmitted", shared.next_pn,
		shared.transmitted
	);
	tap_must(shared.both_held > 0, "no thread ever held both turns");
	tap_ok("%u threads, %" PRIu32 " tickets served in order, %" PRIu64
	       " waits, both turns held %" PRIu64 " times",
	       THREADS, shared.tickets_drawn, waits, shared.both_held);
	return tap_end();
}
