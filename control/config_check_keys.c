/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CAKs of one link. A CAK is found by its CKN, so that names differ; a change from one to the next
 * loses nothing only while both ends, whose clocks differ, accept both.
 */
#include "control/config_check_keys.h"

#include "control/config_time.h"

#include <string.h>

#define TEXT(seconds) (config_time_text(seconds).text)

/* One CAK of a link, as messages name it. */
struct named_cak {
	const struct config_cak *cak;
	const char *word;
};

/* Primary, fallback, then the chain. */
static struct named_cak cak_at(const struct config_link *link, uint32_t i) {
	if (i == 0)
		return (struct named_cak){&link->primary, "primary"};
	if (i == 1)
		return (struct named_cak){&link->fallback, "fallback"};
	return (struct named_cak){&link->chain[i - 2].cak, "key-chain"};
}

/* True for two names that are one on the wire. The octets behind a name are zero, as padding is. */
static bool is_same_ckn(const struct config_cak *a, const struct config_cak *b, bool are_padded) {
	return a->ckn_octets != 0 && b->ckn_octets != 0 &&
	       (are_padded || a->ckn_octets == b->ckn_octets) &&
	       memcmp(a->ckn, b->ckn, sizeof(a->ckn)) == 0;
}

static bool is_same_key(const struct config_cak *a, const struct config_cak *b) {
	return a->cak_ref[0] != '\0' && strcmp(a->cak_ref, b->cak_ref) == 0;
}

static void check_name(const struct config_link *link, uint32_t i, struct config_report *report) {
	struct named_cak cak = cak_at(link, i), first = cak_at(link, 0);

	for (uint32_t j = 1; j < i && !is_same_ckn(first.cak, cak.cak, link->pad_ckn); j++)
		first = cak_at(link, j);
	if (is_same_ckn(first.cak, cak.cak, link->pad_ckn))
		config_problem(
			report, &cak.cak->ckn_mark,
			"'ckn' of '%s' is the name of the '%s' CAK at %s:%u:%u%s; give each CAK "
			"of a link a name of its own",
			cak.word, first.word, report->path, first.cak->ckn_mark.line,
			first.cak->ckn_mark.column,
			first.cak->ckn_octets == cak.cak->ckn_octets ? "" : " with 'pad-ckn'"
		);
}

/* References are compared, not the keys behind them, which are not read here. */
static void check_key(const struct config_link *link, uint32_t i, struct config_report *report) {
	struct named_cak cak = cak_at(link, i), first = cak_at(link, 0);

	for (uint32_t j = 1; j < i && !is_same_key(first.cak, cak.cak); j++)
		first = cak_at(link, j);
	if (is_same_key(first.cak, cak.cak))
		config_problem(
			report, &cak.cak->cak_mark,
			"'cak' of '%s' is the key of the '%s' CAK at %s:%u:%u: it replaces "
			"nothing; name a file with another key",
			cak.word, first.word, report->path, first.cak->cak_mark.line,
			first.cak->cak_mark.column
		);
}

/* The order within one CAK. False after a report. */
static bool check_times(const struct config_chain_cak *cak, struct config_report *report) {
	if (cak->accept_from_s > cak->start_s)
		config_problem(
			report, &cak->mark,
			"'accept-from' %s is later than 'start'; write %s or earlier",
			TEXT(cak->accept_from_s), TEXT(cak->start_s)
		);
	else if (cak->end_s <= cak->start_s)
		config_problem(
			report, &cak->mark,
			"'end' %s is not later than 'start' %s; write a later one",
			TEXT(cak->end_s), TEXT(cak->start_s)
		);
	else if (cak->accept_until_s < cak->end_s)
		config_problem(
			report, &cak->mark,
			"'accept-until' %s is earlier than 'end' (%s); write an 'end' of %s or "
			"earlier",
			TEXT(cak->accept_until_s), TEXT(cak->end_s), TEXT(cak->accept_until_s)
		);
	else
		return true;
	return false;
}

/* A peer whose clock is ahead begins before us. */
static void check_early(const struct config_chain_cak *cak, struct config_report *report) {
	int64_t latest_s = cak->start_s - CONFIG_CHAIN_OVERLAP_S;

	if (cak->accept_from_s > latest_s)
		config_problem(
			report, &cak->mark,
			"'accept-from' %s is less than %d s before 'start' %s, a change to this "
			"CAK could lose frames; write %s or earlier",
			TEXT(cak->accept_from_s), CONFIG_CHAIN_OVERLAP_S, TEXT(cak->start_s),
			TEXT(latest_s)
		);
}

/* A peer whose clock is behind goes on with the former CAK. */
static void check_overlap(
	const struct config_chain_cak *cak, const struct config_chain_cak *next,
	struct config_report *report
) {
	int64_t least_s = next->start_s + CONFIG_CHAIN_OVERLAP_S;

	if (cak->end_s < next->start_s)
		config_problem(
			report, &cak->mark,
			"this CAK ends at %s, but the next one, at %s:%u:%u, starts at %s; write "
			"an 'end' of %s or later",
			TEXT(cak->end_s), report->path, next->mark.line, next->mark.column,
			TEXT(next->start_s), TEXT(next->start_s)
		);
	else if (cak->accept_until_s < least_s)
		config_problem(
			report, &cak->mark,
			"this CAK is accepted until %s, less than %d s after the next one, at "
			"%s:%u:%u, starts (%s); write an 'accept-until' of %s or later",
			TEXT(cak->accept_until_s), CONFIG_CHAIN_OVERLAP_S, report->path,
			next->mark.line, next->mark.column, TEXT(next->start_s), TEXT(least_s)
		);
}

static void check_neighbours(
	const struct config_chain_cak *cak, const struct config_chain_cak *next,
	struct config_report *report
) {
	if (cak->start_s == next->start_s) {
		config_problem(
			report, &next->mark,
			"'start' %s is that of the CAK at %s:%u:%u; write another time, the CAK "
			"with the latest one is chosen",
			TEXT(next->start_s), report->path, cak->mark.line, cak->mark.column
		);
		return;
	}
	check_early(next, report);
	check_overlap(cak, next, report);
}

/* The most are acceptable when one more has just become so. */
static void check_crowd(const struct config_link *link, struct config_report *report) {
	for (uint32_t i = 0; i < link->n_chain; i++) {
		int64_t moment_s = link->chain[i].accept_from_s;
		uint32_t n = 0;

		for (uint32_t j = 0; j < link->n_chain; j++)
			n += link->chain[j].accept_from_s <= moment_s &&
			     moment_s < link->chain[j].accept_until_s;
		if (n <= CONFIG_CHAIN_ACCEPTABLE_MAX)
			continue;
		config_problem(
			report, &link->chain[i].mark,
			"%u CAKs are acceptable at %s; at most %u may be: write an earlier 'end' "
			"for the older ones",
			n, TEXT(moment_s), CONFIG_CHAIN_ACCEPTABLE_MAX
		);
		return;
	}
}

static void check_chain(const struct config_link *link, struct config_report *report) {
	bool are_right = true;

	for (uint32_t i = 0; i < link->n_chain; i++)
		are_right = check_times(&link->chain[i], report) && are_right;
	if (!are_right || link->n_chain == 0)
		return;
	if (link->primary.is_set)
		check_early(&link->chain[0], report);
	for (uint32_t i = 1; i < link->n_chain; i++)
		check_neighbours(&link->chain[i - 1], &link->chain[i], report);
	check_crowd(link, report);
}

void config_check_keys(
	const struct config_node *node, const struct config_link *link, struct config_report *report
) {
	const struct config_node *mka = config_node_find(node, "mka");
	const struct config_node *chain = config_node_find(mka, "key-chain");
	const struct config_node *place = mka == NULL ? node : mka;

	if (place->is_wrong)
		return;
	if (config_node_find(mka, "primary") == NULL && chain == NULL)
		config_problem(
			report, &place->mark,
			"'primary' is missing in 'mka'; add 'primary:', or 'key-chain:'"
		);
	for (uint32_t i = 1; i < 2 + link->n_chain; i++) {
		check_name(link, i, report);
		check_key(link, i, report);
	}
	if (chain == NULL || !chain->is_wrong)
		check_chain(link, report);
}
