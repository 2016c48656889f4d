/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses to listen on, as the configuration writes them: "127.0.0.1:9464", "[::1]:9464". Pure.
 */
#pragma once

#include <sys/socket.h>

/*
 * Reads an IPv4 address, or an IPv6 address in brackets, then a colon and a port of 1 to 65535
 * without leading zeros. No names: what resolves one may wait. Returns 0, address and its octets,
 * or -EINVAL; then neither is changed.
 */
int config_listen_parse(const char *text, struct sockaddr_storage *address, socklen_t *octets);
