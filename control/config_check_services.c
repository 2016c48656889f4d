/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_check_services.h"

#include "control/config_key.h"

#include <errno.h>
#include <string.h>

static void check_name(const struct config *config, size_t i, struct config_report *report) {
	const struct config_service *services = config->services;
	size_t first = 0;

	while (first < i && strcmp(services[first].service.name, services[i].service.name) != 0)
		first++;
	if (first < i && services[i].service.name[0] != '\0')
		config_problem(
			report, &services[i].mark,
			"service name '%s' is taken by the service at %s:%u:%u; choose another",
			services[i].service.name, report->path, services[first].mark.line,
			services[first].mark.column
		);
}

/* What each grant needs: a key, or a trusted profile to become. A word that is there and wrong was
 * reported already. */
static void check_grant(
	const struct config_node *node, const struct config_service *entry,
	struct config_report *report
) {
	const struct iam_account *account = &entry->service.account;

	if (account->grant == IAM_API_KEY && config_node_find(node, "credential") == NULL)
		config_problem(
			report, &entry->mark,
			"'credential' of service '%s' is missing; write the path of the file that "
			"holds the API key",
			entry->service.name
		);
	else if (account->grant != IAM_API_KEY && config_node_find(node, "profile") == NULL)
		config_problem(
			report, &entry->mark,
			"'profile' of service '%s' is missing; 'grant: %s' needs a trusted profile",
			entry->service.name, iam_grant_word(account->grant)
		);
}

static void
check_cak(const struct config *config, const struct config_cak *cak, struct config_report *report) {
	struct service_key key;
	int error;

	if (cak->cak_ref[0] == '\0') // absent, or wrong and reported
		return;
	error = config_key(config, cak, &key);
	if (error != 0 && error != -ENOENT)
		config_problem(report, &cak->cak_mark, "'cak' %s", config_key_problem(error));
}

static void check_gateway(
	const struct config *config, const struct config_link *link, struct config_report *report
) {
	const struct config_direct_link *gateway = &link->direct_link;
	size_t i = 0;

	if (gateway->service[0] == '\0')
		return;
	while (i < config->n_services &&
	       strcmp(config->services[i].service.name, gateway->service) != 0)
		i++;
	if (i == config->n_services)
		config_problem(
			report, &gateway->service_mark,
			"'service' names no service of 'keys: services:'; add one of 'kind: "
			"direct-link'"
		);
	else if (config->services[i].service.kind != SERVICE_DIRECT_LINK)
		config_problem(
			report, &gateway->service_mark,
			"service '%s' is of 'kind: %s'; name one of 'kind: direct-link'",
			gateway->service, service_kind_word(config->services[i].service.kind)
		);
}

static void check_link(
	const struct config *config, const struct config_link *link, struct config_report *report
) {
	check_cak(config, &link->primary, report);
	check_cak(config, &link->fallback, report);
	for (uint32_t i = 0; i < link->n_chain; i++)
		check_cak(config, &link->chain[i].cak, report);
	check_gateway(config, link, report);
}

void config_check_services(
	const struct config_node *root, const struct config *config, struct config_report *report
) {
	const struct config_node *keys = config_node_find(root, "keys");
	const struct config_node *services = config_node_find(keys, "services");
	const struct config_node *item = services == NULL ? NULL : services->first;
	const uint32_t n_problems = report->n_problems;

	for (size_t i = 0; i < config->n_services; i++, item = item->next) {
		check_name(config, i, report);
		check_grant(item, &config->services[i], report);
	}
	/* A service that is wrong itself would make every key look wrong. */
	if (report->n_problems != n_problems || (services != NULL && services->is_wrong))
		return;
	for (size_t i = 0; i < config->n_links; i++)
		check_link(config, &config->links[i], report);
}
