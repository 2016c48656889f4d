/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening and closing the desk, finding links; the contract is in desk.h. */
#include "control/ctl/desk.h"

#include "control/cloud/http.h"
#include "control/monotonic.h"
#include "control/secret.h"

#include <stdio.h>
#include <string.h>

enum ctl_status desk_open(const struct ctl *ctl, struct desk *desk) {
	*desk = (struct desk){.ctl = *ctl};
	if (secret_init() < 0 || http_init() < 0 ||
	    config_load(ctl->config_path, &desk->config) < 0)
		return CTL_USAGE;
	if (ctl->socket_path == ctl_default_socket)
		desk->ctl.socket_path = desk->config->socket_path;
	desk->iam = iam_create();
	desk->kms = (struct kms){.iam = desk->iam, .now_ms = monotonic_ms};
	if (desk->iam != NULL)
		return CTL_OK;
	config_free(desk->config);
	return ctl_error("out of memory");
}

void desk_close(struct desk *desk) {
	iam_destroy(desk->iam);
	config_free(desk->config);
	http_end();
	secret_shutdown();
}

enum ctl_status desk_reread(struct desk *desk) {
	struct config *config;

	if (config_load(desk->ctl.config_path, &config) < 0)
		return CTL_USAGE;
	const bool is_socket_ours = desk->ctl.socket_path == desk->config->socket_path;

	config_free(desk->config);
	desk->config = config;
	if (is_socket_ours)
		desk->ctl.socket_path = config->socket_path;
	return CTL_OK;
}

const struct config_link *desk_find(const struct desk *desk, const char *name) {
	for (size_t i = 0; i < desk->config->n_links; i++)
		if (strcmp(desk->config->links[i].name, name) == 0)
			return &desk->config->links[i];
	return NULL;
}

static const struct service *service_find(const struct desk *desk, const char *name) {
	for (size_t i = 0; i < desk->config->n_services; i++)
		if (strcmp(desk->config->services[i].service.name, name) == 0)
			return &desk->config->services[i].service;
	return NULL;
}

const struct config_link *
desk_gateway(struct desk *desk, const char *name, struct direct_link *out) {
	const struct config_link *link = desk_find(desk, name);

	if (link == NULL) {
		ctl_error("no link \"%s\" in %s", name, desk->config->path);
		return NULL;
	}
	const struct service *service = service_find(desk, link->direct_link.service);
	if (link->direct_link.service[0] == '\0' || service == NULL) {
		ctl_error(
			"link %s names no gateway of IBM Cloud; write 'direct-link: {service: "
			"NAME, gateway: ID}' into it in %s",
			name, desk->config->path
		);
		return NULL;
	}
	*out = (struct direct_link){
		.service = service,
		.gateway = link->direct_link.gateway,
		.iam = desk->iam,
		.now_ms = monotonic_ms,
	};
	return link;
}

enum ctl_status desk_ask(const struct direct_link *gateway, struct compare_theirs *theirs) {
	struct cloud_error error;

	*theirs = (struct compare_theirs){0};
	if (direct_link_macsec(gateway, &theirs->macsec, &error) < 0 ||
	    direct_link_caks(gateway, theirs->caks, &theirs->n_caks, &error) < 0) {
		ctl_error("gateway %s: %s", gateway->gateway, error.text);
		return CTL_WRONG;
	}
	return CTL_OK;
}

enum ctl_status desk_at_gateway(
	const struct ctl *ctl, const char *name,
	enum ctl_status (*then
	)(struct desk *desk, const struct config_link *link, const struct direct_link *gateway)
) {
	struct direct_link gateway;
	struct desk desk;
	enum ctl_status status = desk_open(ctl, &desk);

	if (status != CTL_OK)
		return status;
	const struct config_link *link = desk_gateway(&desk, name, &gateway);
	status = link == NULL ? CTL_USAGE : then(&desk, link, &gateway);
	desk_close(&desk);
	return status;
}
