/* SPDX-License-Identifier: BSD-3-Clause */
/* The metrics of a link: state, secure associations, lanes, ports. */
#include "control/link_policy.h"
#include "control/server/diagnosis.h"
#include "control/server/metrics.h"
#include "control/server/metrics_text.h"

#include <stdio.h>

static void
add_config(struct metrics *metrics, const struct link_view *view, struct metrics_labels *labels) {
	const size_t octets = labels->octets;

	metrics_label_sci(labels, view->sci);
	metrics_label(labels, "host", view->config->host);
	metrics_label(labels, "line", view->config->line);
	metrics_label(labels, "policy", config_policy_word(view->config->policy));
	metrics_label(labels, "cipher_suite", suite_info(view->config->suite)->name);
	metrics_sample(metrics, M_LINK, labels, 1);
	labels->octets = octets;
}

static void
add_verdict(struct metrics *metrics, const struct link_view *view, struct metrics_labels *labels) {
	const char *words[DIAGNOSIS_WRONG + 1];
	struct diagnosis diagnosis;

	for (unsigned i = 0; i <= DIAGNOSIS_WRONG; i++)
		words[i] = diagnosis_verdict_word((enum diagnosis_verdict)i);
	diagnosis_make(view, &diagnosis);
	metrics_one_hot(
		metrics, M_LINK_VERDICT, labels, "verdict", words, DIAGNOSIS_WRONG + 1,
		diagnosis.verdict
	);
}

static void
add_state(struct metrics *metrics, const struct link_view *view, struct metrics_labels *labels) {
	const char *words[LINK_CLEAR + 1];

	for (unsigned i = 0; i <= LINK_CLEAR; i++)
		words[i] = link_state_word((enum link_state)i);
	metrics_one_hot(metrics, M_LINK_STATE, labels, "state", words, LINK_CLEAR + 1, view->state);
	metrics_sample_seconds(metrics, M_LINK_STATE_AGE, labels, view->state_for_ns);
	add_verdict(metrics, view, labels);
	metrics_sample(metrics, M_LINK_REKEYS, labels, view->rekeys);
}

static void
add_problem(struct metrics *metrics, struct metrics_labels *labels, const char *word, bool is_so) {
	const size_t octets = labels->octets;

	metrics_label(labels, "problem", word);
	metrics_sample(metrics, M_LINK_CAK_PROBLEM, labels, is_so);
	labels->octets = octets;
}

static void
add_caks(struct metrics *metrics, const struct link_view *view, struct metrics_labels *labels) {
	const struct link_keys_view *keys = &view->keys;
	const char *words[LINK_ROLE_FORMER + 1];
	const bool has_role = view->mka.n_participants > 0;

	for (unsigned i = 0; i <= LINK_ROLE_FORMER; i++)
		words[i] = link_role_word((enum link_role)i);
	metrics_one_hot(
		metrics, M_LINK_CAK_ROLE, labels, "role", words, LINK_ROLE_FORMER + 1,
		has_role ? link_policy_role(view, view->mka.principal) : LINK_ROLE_FORMER + 1
	);
	add_problem(metrics, labels, "unusable", keys->unusable != NULL);
	add_problem(metrics, labels, "awaited", keys->awaited != NULL);
	add_problem(metrics, labels, "troubled", keys->troubled != NULL);
	add_problem(metrics, labels, "chain-over", keys->has_chain && keys->is_over);
	if (!keys->has_chain)
		return;
	if (keys->next != NULL)
		metrics_sample_signed(metrics, M_CHAIN_NEXT, labels, keys->next_at_s);
	metrics_sample_signed(metrics, M_CHAIN_STEP, labels, keys->clock_step_s);
}

/* Whether an SA of the same labels stands before this one: an AN that is used anew while the SA
 * before is still being retired. The latest one comes first. */
static bool is_repeated(const struct link_view *view, uint32_t i) {
	const struct link_sa_view *sa = &view->sas[i];

	for (uint32_t j = 0; j < i; j++)
		if (view->sas[j].is_transmit == sa->is_transmit && view->sas[j].sci == sa->sci &&
		    view->sas[j].an == sa->an)
			return true;
	return false;
}

static void
add_sa(struct metrics *metrics, const struct link_sa_view *sa, struct metrics_labels *labels) {
	const size_t octets = labels->octets;

	metrics_label(labels, "direction", sa->is_transmit ? "transmit" : "receive");
	metrics_label_sci(labels, sa->sci);
	metrics_label(labels, "an", (const char[]){(char)('0' + sa->an % 4), '\0'});
	metrics_sample(metrics, M_SA_IN_USE, labels, sa->in_use);
	metrics_sample(metrics, M_SA_NEXT_PN, labels, sa->next_pn);
	if (sa->is_transmit)
		metrics_sample(metrics, M_SA_LEFT, labels, sa->frames_left);
	else
		metrics_sample(metrics, M_SA_LOWEST_PN, labels, sa->lowest_pn);
	metrics_sample_seconds(metrics, M_SA_AGE, labels, sa->age_ns);
	labels->octets = octets;
}

static void add_lane(
	struct metrics *metrics, struct metrics_labels *labels, const char *lane,
	const struct counters *counters
) {
	const size_t octets = labels->octets;

	metrics_label(labels, "lane", lane);
	const size_t with_lane = labels->octets;
	for (unsigned i = 0; i < COUNTER_COUNT; i++) {
		const struct counter_info *info = counter_info((enum counter)i);

		metrics_sample(metrics, M_COUNTERS + i, labels, counters->value[i]);
		if (info->kind != COUNTER_DROP)
			continue;
		metrics_label(labels, "reason", info->word);
		metrics_sample(metrics, M_DROPPED, labels, counters->value[i]);
		labels->octets = with_lane;
	}
	labels->octets = octets;
}

static void add_port(
	struct metrics *metrics, struct metrics_labels *labels, const char *port, bool is_up,
	const struct port_stats *stats
) {
	const size_t octets = labels->octets;

	metrics_label(labels, "port", port);
	metrics_sample(metrics, M_PORT_UP, labels, is_up);
	metrics_sample(metrics, M_PORT_RX_FRAMES, labels, stats->rx_frames);
	metrics_sample(metrics, M_PORT_TX_FRAMES, labels, stats->tx_frames);
	metrics_sample(metrics, M_PORT_RX_OCTETS, labels, stats->rx_octets);
	metrics_sample(metrics, M_PORT_TX_OCTETS, labels, stats->tx_octets);
	metrics_sample(metrics, M_PORT_RX_MISSED, labels, stats->rx_missed);
	metrics_sample(metrics, M_PORT_RX_ERRORS, labels, stats->rx_errors);
	metrics_sample(metrics, M_PORT_TX_ERRORS, labels, stats->tx_errors);
	metrics_sample(metrics, M_PORT_NO_MBUF, labels, stats->rx_no_mbuf);
	labels->octets = octets;
}

void metrics_add_link(struct metrics *metrics, const struct link_view *view) {
	struct metrics_labels labels = {.octets = 0};

	metrics_label(&labels, "link", view->config->name);
	add_config(metrics, view, &labels);
	add_state(metrics, view, &labels);
	add_caks(metrics, view, &labels);
	metrics_add_mka(metrics, view, &labels);
	for (uint32_t i = 0; i < view->n_sas; i++)
		if (!is_repeated(view, i))
			add_sa(metrics, &view->sas[i], &labels);
	add_lane(metrics, &labels, "protect", &view->protect);
	add_lane(metrics, &labels, "validate", &view->validate);
	add_port(metrics, &labels, "host", view->host_is_up, &view->host_stats);
	add_port(metrics, &labels, "line", view->line_is_up, &view->line_stats);
}
