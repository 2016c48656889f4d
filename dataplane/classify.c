/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Classify: what each received frame is (802.1AE 10.5, 10.6; uncontrolled port 802.1X 6.4).
 *
 * On entry, under the receive turn, received frames have FATE_SECURE and injected ones FATE_SEND.
 * On exit each is FATE_SECURE (host: to be protected; line: a well-formed SecTAG, its SA captured),
 * FATE_SEND, FATE_PUNT or dropped.
 */

#include "dataplane/lane.h"

#include <rte_mbuf.h>

#define ETHERTYPE_SLOW 0x8809u
#define ETHERTYPE_LLDP 0x88ccu
#define ETHERTYPE_MAC_CONTROL 0x8808u
#define ETHERTYPE_PTP 0x88f7u
// addresses, clear VLAN tags, SecTAG: a chained frame has them in its first segment
#define HEADERS_OCTETS (ETHER_ADDRESSES_OCTETS + 2 * ETHER_VLAN_OCTETS + SECTAG_SCI_OCTETS)
#define ETHERTYPE_LENGTH_MAX 1500u // below: an 802.3 length, LLC follows

static const uint8_t address_bpdu[6] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x00};
static const uint8_t address_slow[6] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x02};
static const uint8_t address_cisco[6] = {0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc};

static bool is_to(const uint8_t *frame, const uint8_t address[static 6]) {
	return load_be32(frame) == load_be32(address) &&
	       load_be16(frame + 4) == load_be16(address + 4);
}

/* The bypass bits that a frame of this destination and EtherType answers to; 0 for ordinary
 * traffic. */
static uint32_t bypass_bits(const uint8_t *frame, uint16_t ethertype) {
	switch (ethertype) {
	case ETHERTYPE_LLDP:
		return SECY_BYPASS_LLDP;
	case ETHERTYPE_SLOW:
		return is_to(frame, address_slow) ? SECY_BYPASS_LACP : 0;
	case ETHERTYPE_MAC_CONTROL:
		return SECY_BYPASS_PAUSE;
	case ETHERTYPE_PTP:
		return SECY_BYPASS_PTP;
	default:
		break;
	}
	if (ethertype > ETHERTYPE_LENGTH_MAX)
		return 0;
	if (is_to(frame, address_bpdu))
		return SECY_BYPASS_STP;
	return is_to(frame, address_cisco) ? SECY_BYPASS_CDP : 0;
}

/* True when the frame is fit to be looked at: whole, and with its header in the first segment. */
static bool is_whole(const struct lane_worker *w, uint32_t i) {
	const struct rte_mbuf *m = w->burst->frame[i];

	if (m->pkt_len >= w->lane->rx_truncated_octets)
		burst_drop(w->burst, i, C_DROP_TRUNCATED);
	else if (m->pkt_len < ETHER_HEADER_OCTETS)
		burst_drop(w->burst, i, C_DROP_RUNT);
	else if (m->data_len < HEADERS_OCTETS && m->nb_segs > 1)
		burst_drop(w->burst, i, C_DROP_SEGMENTS);
	else
		return true;
	return false;
}

static void classify_host(const struct lane_worker *w, uint32_t i) {
	struct burst *b = w->burst;
	const struct secy *secy = w->lane->secy;
	const struct rte_mbuf *m = b->frame[i];
	const uint8_t *head = rte_pktmbuf_mtod(m, const uint8_t *);

	const uint16_t ethertype = load_be16(head + ETHER_ADDRESSES_OCTETS);
	if (ethertype == ETHERTYPE_EAPOL) {
		burst_drop(b, i, C_DROP_HOST_EAPOL);
		return;
	}
	if (secy->bypass & bypass_bits(head, ethertype)) {
		count(w->counters, C_BYPASSED);
		b->fate[i] = FATE_SEND;
		return;
	}
	b->clear[i] = ether_clear_octets(head, m->data_len, secy->vlan_in_clear);
}

void classify_host_burst(const struct lane_worker *w) {
	for (uint32_t i = 0; i < w->burst->n; i++)
		if (w->burst->fate[i] == FATE_SECURE && is_whole(w, i))
			classify_host(w, i);
}

/* The receive SC that a frame belongs to (802.1AE 9.5, 10.6.1); NULL when there is none. */
static struct rx_sc *
sc_of(const struct rx_sc_table *table, const struct sectag *tag, const uint8_t *source) {
	if (tag->tci_an & TCI_SC)
		return rx_sc_find(table, tag->sci);
	if (tag->tci_an & TCI_SCB)
		return rx_sc_find(table, sci_of(source, 0));
	if (tag->tci_an & TCI_ES)
		return rx_sc_find(table, sci_of(source, 1));
	// point-to-point: the peer that MKA knows; with several, what the Linux kernel sends
	// without an SCI
	struct rx_sc *only = rx_sc_only(table);
	return only != NULL ? only : rx_sc_find(table, sci_of(source, 1));
}

static void classify_secured(const struct lane_worker *w, uint32_t i, const uint8_t *head) {
	struct burst *b = w->burst;
	const struct rte_mbuf *m = b->frame[i];
	struct sectag *tag = &b->tag[i];

	switch (sectag_parse(head + b->clear[i], m->data_len - b->clear[i], tag)) {
	case SECTAG_BAD:
		burst_drop(b, i, C_IN_PKTS_BAD_TAG);
		return;
	case SECTAG_UNCONTROLLED:
		burst_drop(b, i, C_DROP_UNCONTROLLED);
		return;
	case SECTAG_OK:
		break;
	}
	const uint32_t behind = b->clear[i] + tag->octets;
	b->user[i] = m->pkt_len > behind ? sectag_user_octets(tag, m->pkt_len - behind) : 0;
	if (b->user[i] == 0) {
		burst_drop(b, i, C_IN_PKTS_BAD_TAG);
		return;
	}
	// acquire: pairs with the publishing stores of control/sa_install.c (rule iii: captured
	// here, once)
	const struct rx_sc_table *table =
		atomic_load_explicit(&w->lane->secy->rx_scs, memory_order_acquire);
	struct rx_sc *sc = sc_of(table, tag, head + 6);
	b->rx_sa[i] =
		sc == NULL
			? NULL
			: atomic_load_explicit(&sc->sa[tag->tci_an & TCI_AN], memory_order_acquire);
}

static void classify_unsecured(const struct lane_worker *w, uint32_t i, const uint8_t *head) {
	const struct secy *secy = w->lane->secy;
	const uint16_t ethertype = load_be16(head + ETHER_ADDRESSES_OCTETS);
	const bool is_clear_allowed =
		atomic_load_explicit(&secy->is_clear_allowed, memory_order_acquire);

	if (ethertype == ETHERTYPE_EAPOL) {
		w->burst->fate[i] = FATE_PUNT;
	} else if (secy->bypass & bypass_bits(head, ethertype)) {
		count(w->counters, C_BYPASSED);
		w->burst->fate[i] = FATE_SEND;
	} else if (secy->validate != SECY_STRICT || is_clear_allowed) {
		count(w->counters, C_IN_PKTS_UNTAGGED);
		w->burst->fate[i] = FATE_SEND;
	} else {
		burst_drop(w->burst, i, C_IN_PKTS_NO_TAG);
	}
}

void classify_line_burst(const struct lane_worker *w) {
	struct burst *b = w->burst;

	for (uint32_t i = 0; i < b->n; i++) {
		if (!is_whole(w, i))
			continue;
		const struct rte_mbuf *m = b->frame[i];
		const uint8_t *head = rte_pktmbuf_mtod(m, const uint8_t *);
		b->clear[i] = ether_clear_octets(head, m->data_len, w->lane->secy->vlan_in_clear);
		if (load_be16(head + b->clear[i]) == ETHERTYPE_MACSEC)
			classify_secured(w, i, head);
		else
			classify_unsecured(w, i, head);
	}
}
