/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The number behind the colon; 0: it is none. */
static uint16_t port_of(const char *colon) {
	const size_t n = strspn(colon + 1, "0123456789");
	unsigned long port;

	if (n < 1 || n > 5 || colon[1 + n] != '\0' || colon[1] == '0')
		return 0;
	port = strtoul(colon + 1, NULL, 10);
	return port <= UINT16_MAX ? (uint16_t)port : 0;
}

int config_listen_parse(const char *text, struct sockaddr_storage *address, socklen_t *octets) {
	const char *colon = strrchr(text, ':');
	const uint16_t port = colon != NULL ? port_of(colon) : 0;
	size_t n = colon != NULL ? (size_t)(colon - text) : 0;
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
	char host[INET6_ADDRSTRLEN] = "";

	if (port == 0 || n >= sizeof(host) + 2)
		return -EINVAL;
	if (text[0] == '[' && text[n - 1] == ']' && n - 2 < sizeof(host)) {
		memcpy(host, text + 1, n - 2);
		if (inet_pton(AF_INET6, host, &six.sin6_addr) != 1)
			return -EINVAL;
		memcpy(address, &six, sizeof(six));
		*octets = sizeof(six);
		return 0;
	}
	if (n >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, n);
	if (inet_pton(AF_INET, host, &four.sin_addr) != 1)
		return -EINVAL;
	memcpy(address, &four, sizeof(four));
	*octets = sizeof(four);
	return 0;
}
