/* SPDX-License-Identifier: BSD-3-Clause */
/* Configuration files that load: defaults, every word, limits, values that YAML could misread. */
#include "control/config.h"
#include "control/log.h"
#include "tests/unit/capture_stderr.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#define PRIMARY "mka: {primary: {ckn: AA01, cak: \"file:/k\"}}\n"
#define LINK(name, host, line) \
	"  - name: " name "\n    host: " host "\n    line: " line "\n    " PRIMARY
#define MINIMAL "links:\n" LINK("dl0", "eth0", "eth1")

static struct config *parse(const char *text) {
	struct config *config = NULL;

	cr_assert_eq(config_parse("good.yaml", text, strlen(text), &config), 0, "%s", text);
	return config;
}

/* The minimal file with more words of its link. */
static struct config *parse_link(const char *more) {
	char text[2048];

	snprintf(text, sizeof(text), MINIMAL "%s", more);
	return parse(text);
}

Test(config, defaults_of_a_link_are_the_direct_link_profile) {
	struct config *config = parse(MINIMAL);
	const struct config_link *link = &config->links[0];
	static const uint8_t pae_group[6] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x03};

	cr_assert_eq(config->n_links, 1);
	cr_assert_eq(link->mtu, 1500);
	cr_assert_eq(link->suite, SUITE_GCM_AES_XPN_256);
	cr_assert(link->confidentiality && link->replay_protect && link->include_sci);
	cr_assert(link->icv_indicator);
	cr_assert_eq(link->allowed_suites, 0xf);
	cr_assert_eq(link->policy, POLICY_MUST_SECURE);
	cr_assert_eq(link->on_failure, FAILURE_DROP);
	cr_assert_eq(link->validate, VALIDATE_STRICT);
	cr_assert_eq(link->replay_window, 512);
	cr_assert_eq(link->confidentiality_offset, 0);
	cr_assert_eq(link->bypass, 0);
	cr_assert_eq(link->vlan_in_clear, 0);
	cr_assert_eq(link->key_server_priority, 16);
	cr_assert_eq(link->rekey_s, 0);
	cr_assert(link->accept_suspension && link->announce);
	cr_assert_not(link->rekey_on_peer_loss || link->delay_protect || link->pad_ckn);
	cr_assert_eq(link->port_id, 1);
	cr_assert_arr_eq(link->eapol_destination, pae_group, 6);
	cr_assert_eq(link->protect_cpus.n + link->validate_cpus.n, 0);
	cr_assert_not(link->fallback.is_set);
	cr_assert(link->n_chain == 0 && link->chain == NULL);
	config_free(config);
}

Test(config, defaults_outside_of_links) {
	struct config *config = parse(MINIMAL);

	cr_assert_str_eq(config->path, "good.yaml");
	cr_assert_str_eq(config->socket_path, "/run/macsecd/control.sock");
	cr_assert_str_eq(config->run_dir, "/run/macsecd");
	cr_assert_eq(config->log_level, LOG_INFO);
	cr_assert_eq(config->hugepages, HUGEPAGES_AUTO);
	cr_assert_eq(config->hugepages_mark.line, 0);
	cr_assert_eq(config->memory_mib, 0);
	cr_assert_eq(config->max_links, 8);
	cr_assert_eq(config->engine, ENGINE_IPSEC_MB);
	cr_assert_eq(config->polling, POLLING_ADAPTIVE);
	cr_assert_str_eq(config->file_prefix, "macsecd");
	config_free(config);
}

Test(config, every_macsec_word_reaches_its_field) {
	struct config *config = parse_link(
		"    macsec:\n      cipher-suite: gcm-aes-128\n      encryption: true\n"
		"      allowed-suites: [gcm-aes-xpn-256, gcm-aes-128]\n"
		"      on-failure: keep-last-sak\n"
		"      policy: should-secure\n      validate: check\n      replay-protect: false\n"
		"      replay-window: 4294967295\n      confidentiality-offset: 50\n"
		"      include-sci: false\n      bypass: [lldp, ptp]\n      vlan-in-clear: 2\n"
	);
	const struct config_link *link = &config->links[0];

	cr_assert_eq(link->suite, SUITE_GCM_AES_128);
	cr_assert_eq(link->allowed_suites, 1u << SUITE_GCM_AES_128 | 1u << SUITE_GCM_AES_XPN_256);
	cr_assert_eq(link->policy, POLICY_SHOULD_SECURE);
	cr_assert_eq(link->on_failure, FAILURE_KEEP_LAST_SAK);
	cr_assert_eq(link->validate, VALIDATE_CHECK);
	cr_assert_not(link->replay_protect);
	cr_assert_eq(link->replay_window, UINT32_MAX);
	cr_assert_eq(link->confidentiality_offset, 50);
	cr_assert_not(link->include_sci);
	cr_assert_eq(link->bypass, 1u << BYPASS_LLDP | 1u << BYPASS_PTP);
	cr_assert_eq(link->vlan_in_clear, 2);
	config_free(config);
}

Test(config, every_mka_word_reaches_its_field) {
	static const uint8_t address[6] = {0x01, 0x00, 0x5e, 0xAB, 0xcd, 0xef};
	struct config *config = parse(
		"links:\n  - name: A-b_9\n    host: 0000:81:00.0\n    line: net_memif0,id=1\n"
		"    mtu: 9000\n    workers: {protect: [2, 1023], validate: [3]}\n    mka:\n"
		"      key-server-priority: 255\n      rekey: 30\n      icv-indicator: false\n"
		"      rekey-on-peer-loss: true\n      delay-protect: true\n"
		"      accept-suspension: false\n      announce: false\n      pad-ckn: true\n"
		"      port-id: 65535\n      eapol-destination: 01:00:5E:ab:Cd:ef\n"
		"      primary:\n        ckn: 0a1B\n        cak: file:/etc/k e y\n"
		"      fallback: {ckn: FA, cak: file:/f}\n"
	);
	const struct config_link *link = &config->links[0];

	cr_assert_str_eq(link->name, "A-b_9");
	cr_assert_str_eq(link->host, "0000:81:00.0");
	cr_assert_str_eq(link->line, "net_memif0,id=1");
	cr_assert_eq(link->mtu, 9000);
	cr_assert_eq(link->protect_cpus.n, 2);
	cr_assert_eq(link->protect_cpus.id[1], 1023);
	cr_assert_eq(link->validate_cpus.id[0], 3);
	cr_assert_eq(link->key_server_priority, 255);
	cr_assert_eq(link->rekey_s, 30);
	cr_assert_not(link->icv_indicator);
	cr_assert(link->rekey_on_peer_loss && link->delay_protect && link->pad_ckn);
	cr_assert_not(link->accept_suspension || link->announce);
	cr_assert_eq(link->port_id, 65535);
	cr_assert_arr_eq(link->eapol_destination, address, 6);
	cr_assert(link->primary.is_set);
	cr_assert_eq(link->primary.ckn_octets, 2);
	cr_assert_eq(link->primary.ckn[0], 0x0a);
	cr_assert_eq(link->primary.ckn[1], 0x1b);
	cr_assert_str_eq(link->primary.cak_ref, "file:/etc/k e y");
	cr_assert(link->fallback.is_set);
	cr_assert_eq(link->fallback.ckn_octets, 1);
	cr_assert_eq(link->fallback.ckn[0], 0xfa);
	cr_assert_str_eq(link->fallback.cak_ref, "file:/f");
	config_free(config);
}

Test(config, every_word_outside_of_links_reaches_its_field) {
	struct config *config =
		parse(MINIMAL "control: {socket: /a/s, run-dir: /b, log-level: debug}\n"
			      "dpdk:\n  hugepages: required\n  memory: 64\n  max-links: 1024\n"
			      "  engine: openssl\n  polling: busy\n  file-prefix: x\n");

	cr_assert_str_eq(config->socket_path, "/a/s");
	cr_assert_str_eq(config->run_dir, "/b");
	cr_assert_eq(config->log_level, LOG_DEBUG);
	cr_assert_eq(config->hugepages, HUGEPAGES_REQUIRED);
	cr_assert_eq(config->hugepages_mark.line, 8);
	cr_assert_eq(config->hugepages_mark.column, 14);
	cr_assert_eq(config->memory_mib, 64);
	cr_assert_eq(config->max_links, 1024);
	cr_assert_eq(config->engine, ENGINE_OPENSSL);
	cr_assert_eq(config->polling, POLLING_BUSY);
	cr_assert_str_eq(config->file_prefix, "x");
	config_free(config);
}

Test(config, marks_are_the_places_of_values) {
	struct config *config = parse(MINIMAL);
	const struct config_link *link = &config->links[0];

	cr_assert_eq(link->mark.line, 2);
	cr_assert_eq(link->mark.column, 5);
	cr_assert_eq(link->host_mark.line, 3);
	cr_assert_eq(link->host_mark.column, 11);
	cr_assert_eq(link->line_mark.line, 4);
	cr_assert_eq(link->line_mark.column, 11);
	cr_assert_eq(link->primary.ckn_mark.line, 5);
	cr_assert_eq(link->primary.ckn_mark.column, 26);
	cr_assert_eq(link->primary.cak_mark.line, 5);
	cr_assert_eq(link->primary.cak_mark.column, 37);
	config_free(config);
}

/* A name that YAML 1.1 or 1.2 would turn into a number is the text that was typed. */
Test(config, ckn_is_the_text_as_typed) {
	static const struct {
		const char *ckn;
		uint8_t octets, first;
	} cases[] = {
		{"1000", 2, 0x10}, {"1e10", 2, 0x1e}, {"'1000'", 2, 0x10},
		{"00", 1, 0x00},   {"0010", 2, 0x00}, {"\"AA01\"", 2, 0xaa},
	};
	char text[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config *config;

		snprintf(
			text, sizeof(text),
			"links: [{name: a, host: b, line: c, mka: {primary: {ckn: %s, cak: "
			"'file:/k'}}}]",
			cases[i].ckn
		);
		config = parse(text);
		cr_assert_eq(config->links[0].primary.ckn_octets, cases[i].octets);
		cr_assert_eq(config->links[0].primary.ckn[0], cases[i].first);
		config_free(config);
	}
}

Test(config, longest_ckn_has_32_octets) {
	char text[512];
	struct config *config;

	snprintf(
		text, sizeof(text),
		"links: [{name: a, host: b, line: c, mka: {primary: {ckn: %064d, cak: "
		"'file:/k'}}}]",
		7
	);
	config = parse(text);
	cr_assert_eq(config->links[0].primary.ckn_octets, 32);
	cr_assert_eq(config->links[0].primary.ckn[31], 7);
	config_free(config);
}

Test(config, windows_at_the_limit_of_their_suites) {
	config_free(parse_link("    macsec: {replay-window: 1073741823}\n"));
	config_free(
		parse_link("    macsec: {replay-window: 1073741824, cipher-suite: gcm-aes-256}\n")
	);
	config_free(parse_link("    macsec: {replay-window: 0}\n"));
}

Test(config, offset_with_a_32_bit_suite) {
	struct config *config =
		parse_link("    macsec: {confidentiality-offset: 30, cipher-suite: gcm-aes-256}\n");

	cr_assert_eq(config->links[0].confidentiality_offset, 30);
	config_free(config);
}

/* What a link that may pass clear traffic does without a peer, unless it is told otherwise. */
Test(config, policy_decides_what_a_failure_means) {
	static const struct {
		const char *macsec;
		enum config_failure failure;
	} cases[] = {
		{"policy: should-secure", FAILURE_ALLOW},
		{"policy: should-secure, on-failure: drop", FAILURE_DROP},
		{"on-failure: allow, policy: should-secure", FAILURE_ALLOW},
		{"policy: must-secure", FAILURE_DROP},
		{"policy: must-secure, on-failure: keep-last-sak", FAILURE_KEEP_LAST_SAK},
	};
	char text[128];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config *config;

		snprintf(text, sizeof(text), "    macsec: {%s}\n", cases[i].macsec);
		config = parse_link(text);
		cr_assert_eq(config->links[0].on_failure, cases[i].failure, "%s", text);
		config_free(config);
	}
}

Test(config, missing_and_empty_maps_mean_defaults) {
	struct config *config = parse(MINIMAL "    macsec: {}\n    workers: {}\ncontrol: {}\n");

	cr_assert_eq(config->links[0].replay_window, 512);
	cr_assert_str_eq(config->run_dir, "/run/macsecd");
	config_free(config);
}

/* A thousand links is the most; each with ports of its own. */
Test(config, as_many_links_as_allowed, .timeout = 60) {
	char *text = malloc(1024 * 128);
	struct config *config;
	size_t n = 0;

	cr_assert_not_null(text);
	n += (size_t)sprintf(text, "dpdk: {max-links: 1024}\nlinks:\n");
	for (int i = 0; i < 1024; i++)
		n += (size_t)sprintf(text + n, LINK("l%d", "h%d", "w%d"), i, i, i);
	config = parse(text);
	cr_assert_eq(config->n_links, 1024);
	cr_assert_str_eq(config->links[1023].line, "w1023");
	config_free(config);
	free(text);
}

Test(config, loads_from_a_file_and_refuses_what_is_none) {
	char name[] = "/tmp/macsecd-config-XXXXXX";
	int fd = mkstemp(name);
	struct config *config = NULL;
	struct capture *capture;

	cr_assert(write(fd, MINIMAL, sizeof(MINIMAL) - 1) > 0);
	close(fd);
	cr_assert_eq(config_load(name, &config), 0);
	cr_assert_str_eq(config->path, name);
	config_free(config);
	unlink(name);
	cr_assert_eq(mkfifo(name, 0600), 0);
	capture = capture_begin();
	cr_assert_eq(config_load(name, &config), -EINVAL);
	unlink(name);
	cr_assert_eq(config_load(name, &config), -ENOENT);
	cr_assert_eq(config_load("/tmp", &config), -EINVAL);
	capture_end(capture);
	cr_assert_eq(capture_lines(capture), 3, "%s", capture->text);
	free(capture);
}

Test(config, error_names_the_place_unless_it_is_a_default) {
	struct config *config = parse(MINIMAL);
	struct capture *capture = capture_begin();
	int result =
		config_error(config, &config->links[0].host_mark, ENODEV, "no port %s", "eth0");

	config_error(config, &config->hugepages_mark, ENOMEM, "none");
	capture_end(capture);
	cr_assert_eq(result, -ENODEV);
	cr_assert_str_eq(
		capture->text,
		"ERROR config: good.yaml:3:11: no port eth0\nERROR config: good.yaml: none\n"
	);
	free(capture);
	config_free(config);
}

Test(config, words_of_the_enums) {
	cr_assert_str_eq(config_policy_word(POLICY_MUST_SECURE), "must-secure");
	cr_assert_str_eq(config_policy_word(POLICY_SHOULD_SECURE), "should-secure");
	cr_assert_str_eq(config_failure_word(FAILURE_DROP), "drop");
	cr_assert_str_eq(config_failure_word(FAILURE_ALLOW), "allow");
	cr_assert_str_eq(config_failure_word(FAILURE_KEEP_LAST_SAK), "keep-last-sak");
	cr_assert_str_eq(config_validate_word(VALIDATE_STRICT), "strict");
	cr_assert_str_eq(config_validate_word(VALIDATE_CHECK), "check");
	cr_assert_str_eq(config_validate_word(VALIDATE_DISABLED), "disabled");
}

Test(log, line_is_one_line_whatever_it_quotes) {
	struct capture *capture = capture_begin();

	log_warning("test", "a\nb\033[31mc");
	log_debug("test", "not shown at this level");
	log_set_level(LOG_DEBUG);
	log_debug("test", "%0*d", 4000, 1);
	capture_end(capture);
	cr_assert_eq(strncmp(capture->text, "WARNING test: a?b?[31mc\nDEBUG test: 000", 39), 0);
	cr_assert_eq(capture_lines(capture), 2);
	free(capture);
}
