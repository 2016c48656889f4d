/* SPDX-License-Identifier: BSD-3-Clause */

#include "tests/loop/traffic_frame.h"

#include <rte_mbuf.h>

#include <string.h>

#define HEADER_OCTETS 22u // addresses, EtherType, number
#define PATTERN_OCTETS 32768u
#define PATTERN_STARTS 16384u // the rest is room for the longest frame

static uint8_t pattern[PATTERN_OCTETS]; // set once, before any thread reads it

static uint64_t mix(uint64_t x) {
	x = (x ^ x >> 31) * 0x9e3779b97f4a7c15u;
	return x ^ x >> 29;
}

void traffic_frame_init(void) {
	for (uint32_t i = 0; i < PATTERN_OCTETS; i++)
		pattern[i] = (uint8_t)(mix(i + 1) >> 17);
}

uint32_t traffic_frame_octets(uint64_t number, uint32_t min_octets, uint32_t max_octets) {
	const uint64_t r = mix(number);
	const uint32_t range = max_octets - min_octets + 1;
	const uint32_t narrow = range < 200 ? range : 200;

	if (r % 16 == 0)
		return r & 0x100 ? max_octets : min_octets;
	return min_octets + (uint32_t)((r >> 8) % (r % 16 < 4 ? range : narrow));
}

static void header_of(uint64_t number, uint8_t header[static HEADER_OCTETS]) {
	static const uint8_t addresses[14] = {2, 0, 0, 0, 0, 11, 2, 0, 0, 0, 0, 10, 0x08, 0x00};
	memcpy(header, addresses, sizeof addresses);
	memcpy(header + sizeof addresses, &number, sizeof number);
}

static const uint8_t *content_of(uint64_t number) {
	return pattern + mix(number * 3) % PATTERN_STARTS;
}

/* Copies into a chain that is made on the way. */
static bool
append(struct rte_mbuf *head, struct rte_mempool *pool, const uint8_t *from, uint32_t octets) {
	while (octets > 0) {
		const uint32_t room = rte_pktmbuf_tailroom(rte_pktmbuf_lastseg(head));
		const uint32_t here = octets < room ? octets : room;
		if (here == 0) {
			struct rte_mbuf *more = rte_pktmbuf_alloc(pool);
			if (more == NULL || rte_pktmbuf_chain(head, more) != 0)
				return false;
			continue;
		}
		memcpy(rte_pktmbuf_append(head, (uint16_t)here), from, here);
		from += here;
		octets -= here;
	}
	return true;
}

struct rte_mbuf *traffic_frame_make(struct rte_mempool *pool, uint64_t number, uint32_t octets) {
	struct rte_mbuf *head = rte_pktmbuf_alloc(pool);
	uint8_t header[HEADER_OCTETS];

	if (head == NULL)
		return NULL;
	header_of(number, header);
	if (append(head, pool, header, sizeof header) &&
	    append(head, pool, content_of(number), octets - HEADER_OCTETS))
		return head;
	rte_pktmbuf_free(head);
	return NULL;
}

bool traffic_frame_is(const struct rte_mbuf *m, uint64_t number, uint32_t octets) {
	uint8_t header[HEADER_OCTETS], found[HEADER_OCTETS];
	const uint8_t *content = content_of(number);
	uint32_t skip = HEADER_OCTETS;

	if (m->pkt_len != octets)
		return false;
	header_of(number, header);
	if (memcmp(rte_pktmbuf_read(m, 0, HEADER_OCTETS, found), header, HEADER_OCTETS) != 0)
		return false;
	for (; m != NULL; m = m->next) {
		const uint32_t from = skip < m->data_len ? skip : m->data_len;
		const uint32_t here = m->data_len - from;
		if (memcmp(rte_pktmbuf_mtod_offset(m, const uint8_t *, from), content, here) != 0)
			return false;
		content += here;
		skip -= from;
	}
	return true;
}
