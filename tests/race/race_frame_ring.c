/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ring of dataplane/frame_ring.h between two threads, and with two producers that hand over by
 * turn, as the workers of a validate lane do. The ring's slots are plain memory: ThreadSanitizer
 * proves that head and tail order every access to them.
 */

#include "dataplane/frame_ring.h"
#include "dataplane/idle.h"
#include "tests/tap.h"

#include <inttypes.h>
#include <pthread.h>

#define FRAMES 25000u
#define CHECKED_OCTETS 48u // of a frame's content: more would only cost time

struct shared {
	struct frame_ring ring;
	struct turn turn;
	uint32_t next; // frame to be put; plain on purpose: under the turns, or one producer's own
};

static uint32_t octets_of(uint32_t number) {
	const uint32_t span = FRAME_RING_OCTETS - CHECKED_OCTETS + 1;
	return CHECKED_OCTETS + (number % 64 == 0 ? span - 1 : number * 7 % 64);
}

static void put(struct shared *s, uint32_t number) {
	const struct tap_wait wait = tap_wait_for("the ring has room");
	uint8_t frame[FRAME_RING_OCTETS] = {0};

	for (uint32_t i = 0; i < CHECKED_OCTETS; i++)
		frame[i] = (uint8_t)(number * 13 + i);
	while (!frame_ring_put(&s->ring, frame, octets_of(number)))
		tap_wait_more(&wait);
}

static void *one_producer(void *arg) {
	struct shared *s = arg;
	while (s->next < FRAMES)
		put(s, s->next++);
	return NULL;
}

/* As lane_poll and punt_burst: a ticket is drawn under the receive turn, the frame put under the
 * transmit turn. */
static bool put_by_turn(struct shared *s, struct lane_counters *counters) {
	if (!turn_try_receive(&s->turn))
		return true;
	const uint32_t number = s->next;
	const bool has_frame = number < FRAMES;
	uint32_t ticket = 0;
	if (has_frame) {
		s->next++;
		ticket = turn_draw_ticket(&s->turn);
	}
	turn_end_receive(&s->turn);
	if (!has_frame)
		return false;
	idle_wait_turn(&s->turn, ticket, counters);
	put(s, number);
	turn_pass(&s->turn, ticket);
	return true;
}

static void *turn_producer(void *arg) {
	struct lane_counters counters = {0};
	while (put_by_turn(arg, &counters))
		continue;
	return NULL;
}

static void take(struct frame_ring *ring, uint32_t number) {
	const struct tap_wait wait = tap_wait_for("a frame comes through the ring");
	const struct frame_slot *slot;

	while ((slot = frame_ring_peek(ring)) == NULL)
		tap_wait_more(&wait);
	tap_must(slot->octets == octets_of(number), "frame %" PRIu32 ": wrong length", number);
	for (uint32_t i = 0; i < CHECKED_OCTETS; i++)
		tap_must(
			slot->data[i] == (uint8_t)(number * 13 + i),
			"frame %" PRIu32 " is missing, out of order or changed", number
		);
	frame_ring_pop(ring);
}

static void run(void *(*producer)(void *), unsigned producers, const char *what) {
	static struct shared shared;
	pthread_t thread[2];

	shared = (struct shared){0};
	for (unsigned i = 0; i < producers; i++)
		tap_must(pthread_create(&thread[i], NULL, producer, &shared) == 0, "no thread");
	for (uint32_t number = 0; number < FRAMES; number++)
		take(&shared.ring, number);
	for (unsigned i = 0; i < producers; i++)
		pthread_join(thread[i], NULL);
	tap_must(frame_ring_peek(&shared.ring) == NULL, "a frame too many");
	tap_ok("frame ring, %s: %u frames in order, intact", what, FRAMES);
}

int main(void) {
	run(one_producer, 1, "one producer");
	run(turn_producer, 2, "two producers in turn");
	return tap_end();
}
