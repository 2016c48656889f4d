/* SPDX-License-Identifier: BSD-3-Clause */
/* CAKs: can every key that is or will be needed be read, and what does the clock make of a key
 * chain? */

#include "control/check.h"
#include "control/ckn.h"
#include "control/config_key.h"
#include "control/config_time.h"
#include "control/keys/key_file.h"
#include "control/secret.h"

#include <stdio.h>
#include <time.h>

#define SOON_S (30 * 24 * 3600ll) // a chain that ends so soon wants another CAK

/* Reads and forgets. Returns the key's octets, 0 after a log line. */
static uint8_t key_octets(const struct check *check, const struct config_cak *cak) {
	uint8_t *key = secret_alloc(KEY_FILE_KEY_OCTETS_MAX);
	uint8_t octets = 0;

	if (key != NULL && key_file_read(check->config, cak, key, &octets) != 0)
		octets = 0;
	secret_free(key);
	return octets;
}

static void check_cak(
	struct check *check, const struct config_link *link, const struct config_cak *cak,
	const char *what
) {
	const struct ckn_text ckn = ckn_text(cak->ckn, cak->ckn_octets);

	if (!config_key_is_file(cak)) {
		check_cloud_cak(check, link, cak, what);
		return;
	}
	const uint8_t octets = key_octets(check, cak);
	if (octets == 16 && link->direct_link.service[0] != '\0')
		check_say(
			check, CHECK_FAIL, link->name,
			"%s CAK %s has 128 bits; Direct Link uses it with 32 zero digits behind: "
			"write those into the key file too",
			what, ckn.text
		);
	else if (octets != 0)
		check_say(
			check, CHECK_PASS, link->name, "%s CAK %s of %u octets is readable", what,
			ckn.text, octets
		);
	else
		check_say(
			check, CHECK_FAIL, link->name,
			"no key for the %s CAK %s; see the line above", what, ckn.text
		);
}

static const struct config_chain_cak *next_start(const struct config_link *link, int64_t now_s) {
	for (uint32_t i = 0; i < link->n_chain; i++)
		if (link->chain[i].start_s > now_s)
			return &link->chain[i];
	return NULL;
}

/* What carries the link without its chain. */
static const char *after_the_end(const struct config_link *link) {
	if (link->primary.is_set)
		return "the primary is the only CAK then";
	if (link->fallback.is_set)
		return "only the fallback is left then";
	return "the link fails then";
}

/* Not the last CAK tells: an earlier one without an end is in reserve behind it. */
static void check_end(struct check *check, const struct config_link *link, int64_t now_s) {
	const bool is_carried = link->primary.is_set || link->fallback.is_set;
	int64_t end_s = 0, until_s = 0;

	for (uint32_t i = 0; i < link->n_chain; i++) {
		if (link->chain[i].end_s > end_s)
			end_s = link->chain[i].end_s;
		if (link->chain[i].accept_until_s > until_s)
			until_s = link->chain[i].accept_until_s;
	}
	if (until_s <= now_s)
		check_say(
			check, is_carried ? CHECK_WARN : CHECK_FAIL, link->name,
			"the key chain is over since %s; add a CAK to it at both ends",
			config_time_text(until_s).text
		);
	else if (end_s != CONFIG_TIME_NEVER && end_s - now_s < SOON_S)
		check_say(
			check, CHECK_WARN, link->name,
			"the key chain ends at %s: %s; add a CAK to it at both ends",
			config_time_text(end_s).text, after_the_end(link)
		);
}

static void check_chain(struct check *check, const struct config_link *link, int64_t now_s) {
	const struct config_chain_cak *next = next_start(link, now_s);

	for (uint32_t i = 0; i < link->n_chain; i++)
		if (link->chain[i].accept_until_s > now_s)
			check_cak(check, link, &link->chain[i].cak, "key chain");
	if (next != NULL)
		check_say(
			check, CHECK_PASS, link->name, "the key chain goes on with CKN %s at %s",
			ckn_text(next->cak.ckn, next->cak.ckn_octets).text,
			config_time_text(next->start_s).text
		);
	check_end(check, link, now_s);
}

void check_keys(struct check *check) {
	const int64_t now_s = time(NULL);

	for (size_t i = 0; i < check->config->n_links; i++) {
		const struct config_link *link = &check->config->links[i];
		if (link->primary.is_set)
			check_cak(check, link, &link->primary, "primary");
		if (link->fallback.is_set)
			check_cak(check, link, &link->fallback, "fallback");
		if (link->n_chain > 0)
			check_chain(check, link, now_s);
	}
}
