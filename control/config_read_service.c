/* SPDX-License-Identifier: BSD-3-Clause */
/* Readers of what describes keys and services: references, URLs, credentials. Texts that may be a
 * secret put in the wrong place are never quoted. */
#include "control/config_key.h"
#include "control/config_listen.h"
#include "control/config_read.h"

#include <ctype.h>
#include <string.h>

CONFIG_READER(config_read_key_reference) {
	const char *text = config_node_text(report, word, node, "file:/path/of/the/key");

	if (text == NULL)
		return;
	if (strlen(text) < word->octets && config_key_is_sound(text))
		memcpy(field, text, strlen(text) + 1);
	else
		config_node_problem(
			report, node,
			"'%s' is no key reference; write file: and the absolute path of a file "
			"that holds the key, the key's CRN, or hpcs:SERVICE/KEY",
			word->word
		);
}

static bool is_host_character(char c) {
	return isalnum((unsigned char)c) || c == '.' || c == '-' || c == ':' || c == '[' ||
	       c == ']';
}

/* Unprotected HTTP ends on this machine: the VPC's metadata service, and stand-ins for tests. */
static bool is_local_host(const char *host) {
	static const char *const hosts[] = {"169.254.169.254", "127.0.0.1", "localhost", "[::1]"};

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		size_t octets = strlen(hosts[i]);

		if (strncmp(host, hosts[i], octets) == 0 &&
		    (host[octets] == '\0' || host[octets] == ':'))
			return true;
	}
	return false;
}

static bool is_url(const char *text) {
	static const char https[] = "https://", http[] = "http://";
	const char *host = text;
	size_t n = 0;

	if (strncmp(text, https, strlen(https)) == 0)
		host += strlen(https);
	else if (strncmp(text, http, strlen(http)) == 0 && is_local_host(text + strlen(http)))
		host += strlen(http);
	else
		return false;
	while (is_host_character(host[n]))
		n++;
	return n > 0 && host[n] == '\0';
}

CONFIG_READER(config_read_url) {
	const char *text = config_node_text(report, word, node, "https://host");

	if (text == NULL)
		return;
	if (strlen(text) < word->octets && is_url(text))
		memcpy(field, text, strlen(text) + 1);
	else
		config_node_problem(
			report, node,
			"'%s' cannot be '%s'; write https://host or https://host:port, without a "
			"path",
			word->word, config_quote(text).text
		);
}

CONFIG_READER(config_read_listen) {
	const char *text = config_node_text(report, word, node, "127.0.0.1:9464, or off");
	struct sockaddr_storage address;
	socklen_t octets;

	if (text == NULL)
		return;
	if (strlen(text) < word->octets &&
	    (strcmp(text, "off") == 0 || config_listen_parse(text, &address, &octets) == 0))
		memcpy(field, text, strlen(text) + 1);
	else
		config_node_problem(
			report, node,
			"'%s' cannot be '%s'; write an address and a port as in 127.0.0.1:9464 or "
			"\"[::1]:9464\", or off",
			word->word, config_quote(text).text
		);
}

static bool is_graphic(const char *text) {
	size_t n = 0;

	while (text[n] > ' ' && text[n] < 0x7f)
		n++;
	return n > 0 && text[n] == '\0';
}

CONFIG_READER(config_read_credential) {
	const char *text = config_node_text(report, word, node, "/path/of/the/credential");

	if (text == NULL)
		return;
	/* Without a '/' it is a name, and no longer than systemd's: an API key is not taken for one
	 * by its look, but it is never printed either. */
	if (strlen(text) < word->octets && is_graphic(text) &&
	    (text[0] == '/' || strchr(text, '/') == NULL))
		memcpy(field, text, strlen(text) + 1);
	else
		config_node_problem(
			report, node,
			"'%s' is neither an absolute path nor the name of a systemd credential; "
			"write the path of a file that holds it",
			word->word
		);
}

CONFIG_READER(config_read_profile) {
	const char *text = config_node_text(report, word, node, "the trusted profile's id");

	if (text == NULL)
		return;
	if (strlen(text) < word->octets && is_graphic(text))
		memcpy(field, text, strlen(text) + 1);
	else
		config_node_problem(
			report, node,
			"'%s' cannot be '%s'; write the id, CRN or name of a trusted profile",
			word->word, config_quote(text).text
		);
}
