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

// addresses, clear VLAN tags, SecTAG: a chained frame has them in its first segment
#define HEADERS_OCTETS (ETHER_ADDRESSES_OCTETS + 2 * ETHER_VLAN_OCTETS + SECTAG_SCI_OCTETS)
#define ETHERTYPE_LENGTH_MAX 1500u // below: an 802.3 length, LLC follows
#define LLC_OCTETS_MAX 8u          // with SNAP's OUI and protocol

/*
 * A protocol that may cross in clear, told by all that its standard fixes. The group address
 * belongs to it: by EtherType alone a host could send anything anywhere past the protection.
 */
struct bypass_rule {
	uint32_t bit;
	uint16_t ethertype; // 0: an 802.3 length, and `llc`
	uint8_t address[6];
	uint8_t llc_octets;
	uint8_t llc[LLC_OCTETS_MAX];
};

static const struct bypass_rule bypass_rules[] = {
	{SECY_BYPASS_LLDP, 0x88cc, {0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e}, 0, {0}}, // nearest bridge
	{SECY_BYPASS_LLDP, 0x88cc, {0x01, 0x80, 0xc2, 0x00, 0x00, 0x03}, 0, {0}}, // non-TPMR bridge
	{SECY_BYPASS_LLDP, 0x88cc, {0x01, 0x80, 0xc2, 0x00, 0x00, 0x00}, 0, {0}}, // customer bridge
	{SECY_BYPASS_LACP, 0x8809, {0x01, 0x80, 0xc2, 0x00, 0x00, 0x02}, 0, {0}},
	{SECY_BYPASS_PAUSE, 0x8808, {0x01, 0x80, 0xc2, 0x00, 0x00, 0x01}, 0, {0}},
	{SECY_BYPASS_PTP, 0x88f7, {0x01, 0x1b, 0x19, 0x00, 0x00, 0x00}, 0, {0}},
	{SECY_BYPASS_PTP, 0x88f7, {0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e}, 0, {0}}, // peer delay
	{SECY_BYPASS_STP, 0, {0x01, 0x80, 0xc2, 0x00, 0x00, 0x00}, 3, {0x42, 0x42, 0x03}},
	{SECY_BYPASS_CDP,
	 0,
	 {0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc},
	 8,
	 {0xaa, 0xaa, 0x03, 0x00, 0x00, 0x0c, 0x20, 0x00}},
};

/* EtherType, or LLC header, of the rule. `octets` are contiguous. */
static bool has_type(const struct bypass_rule *rule, const uint8_t *frame, uint32_t octets) {
	const uint16_t ethertype = load_be16(frame + ETHER_ADDRESSES_OCTETS);

	if (rule->ethertype != 0)
		return ethertype == rule->ethertype;
	return ethertype <= ETHERTYPE_LENGTH_MAX &&
	       octets >= ETHER_HEADER_OCTETS + rule->llc_octets &&
	       memcmp(frame + ETHER_HEADER_OCTETS, rule->llc, rule->llc_octets) == 0;
}

/* Whether the configuration lets this frame cross in clear. Most name nothing, and pay nothing. */
static bool is_bypassed(const struct secy *secy, const struct rte_mbuf *m) {
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	const size_t n = sizeof(bypass_rules) / sizeof(bypass_rules[0]);

	for (const struct bypass_rule *r = bypass_rules; secy->bypass && r < bypass_rules + n; r++)
		if (secy->bypass & r->bit && memcmp(frame, r->address, sizeof(r->address)) == 0 &&
		    has_type(r, frame, m->data_len))
			return true;
	return false;
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
	if (is_bypassed(secy, m)) {
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
	} else if (is_bypassed(secy, w->burst->frame[i])) {
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
