/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules between words: suites and policies of a link, ports and names of several links. */
#include "control/config_check.h"

#include "control/config_check_keys.h"
#include "control/config_check_services.h"
#include "control/config_port.h"

#include <stdlib.h>
#include <string.h>

/* 802.1AE-2018: recovery of a packet number's upper half needs a window below 2^30. */
#define XPN_REPLAY_WINDOW_MAX ((1u << 30) - 1)

/* A `macsec` word of one link. */
static const struct config_node *macsec_word(const struct config_node *link, const char *word) {
	return config_node_find(config_node_find(link, "macsec"), word);
}

/* True when both words are as written or by default: a wrong one was reported already. */
static bool are_right(const struct config_node *a, const struct config_node *b) {
	return (a == NULL || !a->is_wrong) && (b == NULL || !b->is_wrong);
}

/* The place of a word's value, or of what surrounds it. */
static const struct config_mark *
mark_of(const struct config_node *node, const struct config_node *around) {
	return node != NULL ? &node->mark : &around->mark;
}

static void check_replay_window(
	const struct config_node *node, const struct config_link *link, struct config_report *report
) {
	const struct config_node *window = macsec_word(node, "replay-window");

	if (link->replay_window <= XPN_REPLAY_WINDOW_MAX || !suite_info(link->suite)->is_xpn ||
	    !are_right(window, macsec_word(node, "cipher-suite")))
		return;
	config_problem(
		report, mark_of(window, node),
		"'replay-window' %u is too large for %s; write at most %u", link->replay_window,
		suite_info(link->suite)->name, XPN_REPLAY_WINDOW_MAX
	);
}

/* With validateFrames Check or Disabled an untagged frame is delivered (802.1AE 10.6), which
 * must-secure forbids. */
static void check_validate(
	const struct config_node *node, const struct config_link *link, struct config_report *report
) {
	const struct config_node *validate = macsec_word(node, "validate");

	if (link->policy != POLICY_MUST_SECURE || link->validate == VALIDATE_STRICT ||
	    !are_right(validate, macsec_word(node, "policy")))
		return;
	config_problem(
		report, mark_of(validate, node),
		"'validate: %s' delivers unprotected frames, 'policy: must-secure' forbids them; "
		"write "
		"'validate: strict', or 'policy: should-secure'",
		config_validate_word(link->validate)
	);
}

/* 802.1AE-2018: the XPN suites know no offset but 0. */
static void check_offset(
	const struct config_node *node, const struct config_link *link, struct config_report *report
) {
	const struct config_node *offset = macsec_word(node, "confidentiality-offset");

	if (link->confidentiality_offset == 0)
		return;
	if (suite_info(link->suite)->is_xpn && are_right(offset, macsec_word(node, "cipher-suite")))
		config_problem(
			report, mark_of(offset, node),
			"'confidentiality-offset' %u does not exist with %s; write 0, or choose "
			"gcm-aes-128 or gcm-aes-256",
			link->confidentiality_offset, suite_info(link->suite)->name
		);
	if (!link->confidentiality && are_right(offset, macsec_word(node, "encryption")))
		config_problem(
			report, mark_of(offset, node),
			"'confidentiality-offset' %u means nothing without encryption; write 0, or "
			"'encryption: true'",
			link->confidentiality_offset
		);
}

static void check_suites(
	const struct config_node *node, const struct config_link *link, struct config_report *report
) {
	const struct config_node *allowed = macsec_word(node, "allowed-suites");

	if ((link->allowed_suites >> link->suite & 1) != 0 ||
	    !are_right(allowed, macsec_word(node, "cipher-suite")))
		return;
	config_problem(
		report, mark_of(allowed, node),
		"'allowed-suites' lacks %s, the 'cipher-suite' of this link; add it, or choose "
		"another",
		suite_info(link->suite)->name
	);
}

static void check_on_failure(
	const struct config_node *node, const struct config_link *link, struct config_report *report
) {
	const struct config_node *failure = macsec_word(node, "on-failure");

	if (link->on_failure != FAILURE_ALLOW || link->policy != POLICY_MUST_SECURE ||
	    !are_right(failure, macsec_word(node, "policy")))
		return;
	config_problem(
		report, mark_of(failure, node),
		"'on-failure: allow' lets frames cross in clear, 'policy: must-secure' forbids "
		"it; write 'on-failure: drop' or 'keep-last-sak', or 'policy: should-secure'"
	);
}

/* Delay protection is a lowest acceptable packet number: nothing is refused for it without. */
static void check_delay_protect(
	const struct config_node *node, const struct config_link *link, struct config_report *report
) {
	const struct config_node *protect =
		config_node_find(config_node_find(node, "mka"), "delay-protect");

	if (!link->delay_protect || link->replay_protect ||
	    !are_right(protect, macsec_word(node, "replay-protect")))
		return;
	config_problem(
		report, mark_of(protect, node),
		"'delay-protect' refuses nothing with 'replay-protect: false'; write "
		"'replay-protect: true', or 'delay-protect: false'"
	);
}

/* One port of one link, as messages name it. */
struct user {
	const struct config_link *link;
	const char *role;
	const char *spec; // empty: missing or wrong
	const struct config_mark *mark;
};

static struct user user_of(const struct config *config, size_t i) {
	const struct config_link *link = &config->links[i / 2];

	if (i % 2 == 0)
		return (struct user){link, "host", link->host, &link->host_mark};
	return (struct user){link, "line", link->line, &link->line_mark};
}

static void report_shared_port(
	const struct config *config, size_t first_user, size_t i, struct config_report *report
) {
	struct user first = user_of(config, first_user), user = user_of(config, i);

	config_problem(
		report, user.mark,
		"'%s' of link '%s' is the same port as '%s' of link '%s' at %s:%u:%u; name another "
		"port",
		user.role, user.link->name, first.role, first.link->name, report->path,
		first.mark->line, first.mark->column
	);
}

/* Every pair of ports, up to two millions of them: each text is read once. */
static void check_ports(const struct config *config, struct config_report *report) {
	size_t n = 2 * config->n_links;
	struct config_port_identity *identities = calloc(n, sizeof(identities[0]));

	if (identities == NULL && n > 0)
		config_report_no_memory(report);
	for (size_t i = 0; identities != NULL && i < n; i++) {
		size_t first = 0;

		identities[i] = config_port_identify(user_of(config, i).spec);
		while (first < i && !config_port_is_same(&identities[first], &identities[i]))
			first++;
		if (first < i)
			report_shared_port(config, first, i, report);
	}
	free(identities);
}

static void check_name(
	const struct config_node *links, const struct config *config, size_t i,
	struct config_report *report
) {
	const struct config_link *link = &config->links[i];
	const struct config_node *node = links->first;
	size_t first = 0;

	while (first < i && strcmp(config->links[first].name, link->name) != 0)
		first++;
	if (first == i || link->name[0] == '\0')
		return;
	for (size_t j = 0; j < i; j++)
		node = node->next;
	config_problem(
		report, mark_of(config_node_find(node, "name"), node),
		"link name '%s' is taken by the link at %s:%u:%u; choose another", link->name,
		report->path, config->links[first].mark.line, config->links[first].mark.column
	);
}

/* Memory is sized for max-links at start. */
static void check_link_count(
	const struct config_node *root, const struct config *config, struct config_report *report
) {
	const struct config_node *maximum =
		config_node_find(config_node_find(root, "dpdk"), "max-links");

	if (config->n_links <= config->max_links || !are_right(maximum, NULL))
		return;
	config_problem(
		report, mark_of(maximum, config_node_find(root, "links")),
		"%zu links, but 'max-links' of 'dpdk' is %u; write %zu or more", config->n_links,
		config->max_links, config->n_links
	);
}

static void check_link(
	const struct config_node *node, const struct config_link *link, struct config_report *report
) {
	const struct config_node *macsec = config_node_find(node, "macsec");

	if (!node->is_wrong && are_right(macsec, NULL)) {
		check_replay_window(node, link, report);
		check_offset(node, link, report);
		check_validate(node, link, report);
		check_suites(node, link, report);
		check_on_failure(node, link, report);
		check_delay_protect(node, link, report);
	}
	config_check_keys(node, link, report);
}

void config_check(
	const struct config_node *root, const struct config *config, struct config_report *report
) {
	const struct config_node *links = config_node_find(root, "links");
	const struct config_node *node = links == NULL ? NULL : links->first;

	for (size_t i = 0; i < config->n_links; i++, node = node->next) {
		check_name(links, config, i, report);
		check_link(node, &config->links[i], report);
	}
	config_check_services(root, config, report);
	check_ports(config, report);
	check_link_count(root, config, report);
}
