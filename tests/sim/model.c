/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Model of the data plane: keys, SAs and packet numbers. One key per KI; one SSCI per SCI and key,
 * all distinct; no packet number twice under a key by one SCI, over restarts too.
 */
#include "tests/sim/world.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>

void world_violate(struct world *world, const char *format, ...) {
	char text[200];
	va_list arguments;

	if (world->violation[0] != '\0')
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	snprintf(
		world->violation, sizeof(world->violation), "%.6f s: %s",
		(double)world->now_ns / (double)SECOND, text
	);
}

bool model_is_ki(const struct ki *a, const struct ki *b) {
	return a->kn == b->kn && memcmp(a->mi, b->mi, MI_OCTETS) == 0;
}

struct known_key *model_key(struct world *world, const struct ki *ki) {
	for (uint32_t i = world->n_keys; i > 0; i--)
		if (model_is_ki(&world->keys[i - 1].ki, ki))
			return &world->keys[i - 1];
	return NULL;
}

static struct known_key *enter_key(struct node *node, const struct sak *sak) {
	struct world *world = node->world;
	struct known_key *key;

	if (world->n_keys == KEYS_MAX) {
		world_violate(world, "more than %u SAKs were made", KEYS_MAX);
		return NULL;
	}
	key = &world->keys[world->n_keys++];
	memset(key, 0, sizeof(*key));
	key->ki = sak->ki;
	key->sak = *sak;
	key->own_sci = node->config.sci;
	return key;
}

uint32_t model_ssci(const struct sak *sak, uint64_t own_sci, uint64_t sci) {
	if (sci == own_sci)
		return sak->own_ssci;
	for (uint32_t i = 0; i < sak->n_peers; i++)
		if (sak->peers[i].sci == sci)
			return sak->peers[i].ssci;
	return 0;
}

static void check_sscis(struct node *node, const struct known_key *key, const struct sak *sak) {
	uint64_t own = node->config.sci;

	for (uint32_t i = 0; i <= sak->n_peers; i++) {
		uint64_t sci = i < sak->n_peers ? sak->peers[i].sci : own;
		uint32_t ssci = model_ssci(sak, own, sci);

		if (ssci != model_ssci(&key->sak, key->own_sci, sci))
			world_violate(
				node->world, "node %u: SSCI %u of %016" PRIx64 " differs",
				node->index, ssci, sci
			);
		if (ssci == 0 || ssci > sak->n_peers + 1)
			world_violate(node->world, "node %u: SSCI %u", node->index, ssci);
		for (uint32_t j = 0; j < i; j++)
			if (sak->peers[j].ssci == ssci)
				world_violate(node->world, "node %u: SSCI twice", node->index);
	}
}

static void check_key(struct node *node, const struct known_key *key, const struct sak *sak) {
	bool is_xpn = suite_info(sak->suite)->is_xpn;

	if (key->sak.suite != sak->suite || key->sak.an != sak->an ||
	    memcmp(key->sak.octets, sak->octets, sizeof(sak->octets)) != 0 ||
	    memcmp(key->sak.salt, sak->salt, sizeof(sak->salt)) != 0)
		world_violate(
			node->world, "node %u: another key under KN %u", node->index, sak->ki.kn
		);
	if (sak->n_peers != key->sak.n_peers)
		world_violate(node->world, "node %u: another number of members", node->index);
	if (is_xpn)
		check_sscis(node, key, sak);
}

int model_install(struct node *node, const struct sak *sak) {
	struct known_key *key = model_key(node->world, &sak->ki);
	struct model_sa *sa = &node->sas[sak->an & 3];
	int error = node->install_error;

	node->install_error = 0;
	if (error == 0 && node->refuses != NULL)
		error = node->refuses(node, sak);
	if (error != 0)
		return error;
	if (key == NULL && (key = enter_key(node, sak)) == NULL)
		return -ENOSPC;
	if (key->tx_installed[node->index] != 0 && node->refuses_known_kis)
		return -EEXIST;
	if (key->tx_installed[node->index] != 0)
		world_violate(
			node->world, "node %u: a transmit SA for KN %u again: its PNs start anew",
			node->index, sak->ki.kn
		);
	check_key(node, key, sak);
	if (sa->is_valid)
		world_violate(node->world, "node %u: AN %u is in use", node->index, sak->an);
	key->tx_installed[node->index] = node->started_ns + 1;
	*sa = (struct model_sa
	){.is_valid = true, .sak = *sak, .installed_ns = node->world->now_ns, .next_pn = 1};
	return 0;
}

struct model_sa *model_find(struct node *node, const struct ki *ki) {
	for (unsigned int an = 0; an < 4; an++)
		if (node->sas[an].is_valid && model_is_ki(&node->sas[an].sak.ki, ki))
			return &node->sas[an];
	return NULL;
}

struct model_sa *model_transmit_sa(struct node *node) {
	for (unsigned int an = 0; an < 4; an++)
		if (node->sas[an].is_valid && node->sas[an].is_transmit)
			return &node->sas[an];
	return NULL;
}

int model_transmit(struct node *node, const struct ki *ki) {
	struct model_sa *sa = model_find(node, ki);

	if (sa == NULL) {
		world_violate(node->world, "node %u: transmits without an SA", node->index);
		return -ENOENT;
	}
	for (unsigned int an = 0; an < 4; an++)
		node->sas[an].is_transmit = false;
	sa->is_transmit = true;
	node->has_transmitted = true;
	node->transmitted = *ki;
	return 0;
}

void model_retire(struct node *node, const struct ki *ki) {
	struct model_sa *sa = model_find(node, ki);

	if (sa != NULL)
		sa->is_valid = false;
}

uint64_t model_next_pn(struct node *node, const struct ki *ki) {
	struct model_sa *sa = model_find(node, ki);

	return sa == NULL ? 0 : sa->next_pn;
}

struct model_sa *model_send(struct node *node, uint64_t n) {
	struct model_sa *sa = model_transmit_sa(node);
	struct known_key *key = sa == NULL ? NULL : model_key(node->world, &sa->sak.ki);

	if (key == NULL)
		return NULL;
	if (sa->next_pn <= key->pn_used[node->index])
		world_violate(
			node->world, "node %u: PN %" PRIu64 " of KN %u twice", node->index,
			sa->next_pn, sa->sak.ki.kn
		);
	sa->next_pn += n;
	key->pn_used[node->index] = sa->next_pn - 1;
	node->data_sent += n;
	return sa;
}
