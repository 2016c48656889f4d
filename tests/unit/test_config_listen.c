/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses to listen on: what is one, what is none. */
#include "control/config_listen.h"
#include "tests/unit/config_refusal.h"

#include <arpa/inet.h>
#include <netinet/in.h>

Test(config_listen, reads_both_families) {
	struct sockaddr_storage address;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
	socklen_t octets;

	cr_assert_eq(config_listen_parse("192.0.2.7:65535", &address, &octets), 0);
	cr_assert_eq(octets, sizeof(four));
	memcpy(&four, &address, sizeof(four));
	cr_assert(four.sin_family == AF_INET && four.sin_port == htons(65535));
	cr_assert_eq(four.sin_addr.s_addr, htonl(0xc0000207));
	cr_assert_eq(config_listen_parse("[2001:db8::1:2]:1", &address, &octets), 0);
	cr_assert_eq(octets, sizeof(six));
	memcpy(&six, &address, sizeof(six));
	cr_assert(six.sin6_family == AF_INET6 && six.sin6_port == htons(1));
	cr_assert_eq(six.sin6_addr.s6_addr[15], 2);
	cr_assert_eq(config_listen_parse("[::ffff:255.255.255.255]:9464", &address, &octets), 0);
}

Test(config_listen, refuses_the_rest) {
	static const char *const refused[] = {
		"",
		":",
		":9464",
		"9464",
		"127.0.0.1",
		"127.0.0.1:",
		"127.0.0.1:0",
		"127.0.0.1:65536",
		"127.0.0.1:99999",
		"127.0.0.1:123456",
		"127.0.0.1:09464",
		"127.0.0.1:+1",
		"127.0.0.1: 1",
		"127.0.0.1:9464 ",
		"127.1:9464",
		"localhost:9464",
		"::1:9464",
		"[::1]",
		"[::1]9464",
		"[::1:9464",
		"::1]:9464",
		"[]:9464",
		"[127.0.0.1]:9464",
		"[fe80::1%eth0]:9464",
		"]:1",
		"[:1",
		"256.0.0.1:1",
		"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]:9464",
		"1111111111111111111111111111111111111111111111111111111111111111:9464",
	};
	struct sockaddr_storage address;
	socklen_t octets;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		cr_assert_eq(
			config_listen_parse(refused[i], &address, &octets), -EINVAL, "%s",
			refused[i]
		);
}

static void expect_listen(const char *text, const char *listen) {
	struct config *config = NULL;

	cr_assert_eq(config_parse("a.yaml", text, strlen(text), &config), 0, "%s", text);
	cr_assert_str_eq(config->metrics_listen, listen);
	config_free(config);
}

Test(config_listen, stands_in_the_configuration) {
	static const struct refusal refusals[] = {
		{LINK "control: {metrics: {listen: localhost}}\n", 6, 29,
		 "'listen' cannot be 'localhost'; write an address and a port"},
		{LINK "control: {metrics: {listen: on}}\n", 6, 29, "or off"},
		{LINK "control: {metrics: {listen: [9464]}}\n", 6, 29, "127.0.0.1:9464"},
		{LINK "control: {metrics: 9464}\n", 6, 20, "'metrics'"},
		{LINK "control: {metrics: {port: 9464}}\n", 6, 21, "unknown word 'port'"},
	};

	expect_listen(LINK, "127.0.0.1:9464");
	expect_listen(LINK "control: {metrics: {listen: off}}\n", "off");
	expect_listen(LINK "control: {metrics: {listen: '[::1]:80'}}\n", "[::1]:80");
	expect_listen(LINK "control:\n  metrics:\n    listen: 10.0.0.1:9100\n", "10.0.0.1:9100");
	EXPECT_ALL(refusals);
}
