/* SPDX-License-Identifier: BSD-3-Clause */
/* A link's present state, copied for whoever asks. Key material is not reachable from here. */

#include "control/link_parts.h"
#include "control/monotonic.h"
#include "dataplane/pn.h"

#include <string.h>

#define SAMPLE_NS 30000000000ull // views look back this long, up to twice

static uint64_t relaxed(const _Atomic uint64_t *word) {
	return atomic_load_explicit(word, memory_order_relaxed);
}

static struct link_sa_view sa_of(const struct sa_install_entry *entry) {
	return (struct link_sa_view){
		.an = entry->an,
		.ki = entry->ki,
		.suite = entry->suite,
		.confidentiality = entry->confidentiality,
		.confidentiality_offset = entry->confidentiality_offset,
	};
}

static void add_tx(struct link_view *view, const struct sa_install_entry *entry, uint64_t sci) {
	struct link_sa_view *sa = &view->sas[view->n_sas++];

	*sa = sa_of(entry);
	sa->is_transmit = true;
	sa->sci = sci;
	sa->ssci = entry->own_ssci;
	sa->in_use = entry->is_transmitting;
	sa->next_pn = relaxed(&entry->tx->next_pn);
	sa->frames_left = pn_left(sa->next_pn, entry->tx->pn_last);
}

static void add_rx(struct link_view *view, const struct sa_install_entry *entry, uint32_t i) {
	struct link_sa_view *sa = &view->sas[view->n_sas++];

	*sa = sa_of(entry);
	sa->sci = entry->peers[i].sci;
	sa->ssci = entry->peers[i].ssci;
	sa->in_use = true;
	sa->next_pn = relaxed(&entry->rx[i].next_pn);
	sa->lowest_pn = relaxed(&entry->rx[i].lowest_pn);
}

/* MKA knows how old its latest and old SAK are. */
static uint64_t age_of(const struct mka_view *mka, const struct ki *ki) {
	const struct mka_sak_view *const known[] = {&mka->latest, &mka->old};
	for (unsigned i = 0; i < 2; i++)
		if (known[i]->is_valid && known[i]->ki.kn == ki->kn &&
		    memcmp(known[i]->ki.mi, ki->mi, MI_OCTETS) == 0)
			return known[i]->age_ns;
	return 0;
}

static void fill_sas(const struct link *link, struct link_view *view) {
	struct sa_install_entry entry;

	for (unsigned index = 0; sa_install_entry(link->door, index, &entry); index++) {
		if (view->n_sas + 1 + entry.n_peers > LINK_SAS_MAX)
			return;
		const uint32_t first = view->n_sas;
		add_tx(view, &entry, link->sci);
		for (uint32_t i = 0; i < entry.n_peers; i++)
			add_rx(view, &entry, i);
		for (uint32_t i = first; i < view->n_sas; i++)
			view->sas[i].age_ns = age_of(&view->mka, &entry.ki);
	}
}

void link_view_sample(struct link *link, uint64_t now_ns) {
	struct link_sample *last = &link->samples[1];

	if (last->at_ns != 0 && now_ns - last->at_ns < SAMPLE_NS)
		return;
	link->samples[0] = *last;
	last->at_ns = now_ns;
	lane_counters_sum(&link->validate_counters, &last->validate);
}

static void fill_recent(const struct link *link, uint64_t now_ns, struct link_view *view) {
	const struct link_sample *sample = &link->samples[link->samples[0].at_ns == 0];

	if (sample->at_ns == 0)
		return;
	view->validate_before = sample->validate;
	view->recent_ns = now_ns - sample->at_ns;
}

void link_view(struct link *link, struct link_view *view) {
	const uint64_t now_ns = monotonic_ns();

	*view = (struct link_view){
		.config = link->config,
		.state = link->state,
		.state_for_ns = now_ns - link->state_since_ns,
		.sci = link->sci,
		.host = port_info(link->host),
		.line = port_info(link->line),
		.host_is_up = port_link_is_up(link->host),
		.line_is_up = port_link_is_up(link->line),
		.rekeys = link->saks_used > 1 ? link->saks_used - 1 : 0,
	};
	port_stats(link->host, &view->host_stats);
	port_stats(link->line, &view->line_stats);
	mka_view(link->mka, now_ns, &view->mka);
	fill_sas(link, view);
	lane_counters_sum(&link->protect_counters, &view->protect);
	lane_counters_sum(&link->validate_counters, &view->validate);
	fill_recent(link, now_ns, view);
	link_caks_view(&link->caks, now_ns, &view->keys);
}
