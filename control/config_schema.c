/* SPDX-License-Identifier: BSD-3-Clause */
/* The schema tables. Defaults are the IBM Direct Link profile. */
#include "control/config_schema.h"

#include "control/config_read.h"
#include "control/config_walk.h"
#include "control/log_level.h"

#define FIELD(type, member) \
	.offset = offsetof(struct type, member), .octets = sizeof(((struct type *)0)->member)
#define MARK(type, member) .mark_offset = offsetof(struct type, member)
#define MAP(title, table) \
	{ .name = (title), .words = (table), .n_words = sizeof(table) / sizeof((table)[0]) }
#define CHOICE(words) i < sizeof(words) / sizeof((words)[0]) ? (words)[i] : NULL

static const char *suite_choice(uint32_t i) {
	return i < SUITE_COUNT ? suite_info((enum cipher_suite)i)->name : NULL;
}

static const char *policy_choice(uint32_t i) {
	return i <= POLICY_SHOULD_SECURE ? config_policy_word((enum config_policy)i) : NULL;
}

static const char *failure_choice(uint32_t i) {
	return i <= FAILURE_KEEP_LAST_SAK ? config_failure_word((enum config_failure)i) : NULL;
}

static const char *validate_choice(uint32_t i) {
	return i <= VALIDATE_DISABLED ? config_validate_word((enum config_validate)i) : NULL;
}

static const char *hugepages_choice(uint32_t i) {
	static const char *const words[] = {
		[HUGEPAGES_AUTO] = "auto",
		[HUGEPAGES_REQUIRED] = "required",
		[HUGEPAGES_NEVER] = "never",
	};

	return CHOICE(words);
}

static const char *engine_choice(uint32_t i) {
	static const char *const words[] = {
		[ENGINE_IPSEC_MB] = "ipsec-mb",
		[ENGINE_OPENSSL] = "openssl",
	};

	return CHOICE(words);
}

static const char *polling_choice(uint32_t i) {
	static const char *const words[] = {
		[POLLING_ADAPTIVE] = "adaptive",
		[POLLING_BUSY] = "busy",
	};

	return CHOICE(words);
}

static const char *bypass_choice(uint32_t i) {
#define X(name, word, help) [BYPASS_##name] = (word),
	static const char *const words[] = {CONFIG_BYPASSES(X)};
#undef X

	return CHOICE(words);
}

static const char *service_choice(uint32_t i) {
	return i <= SERVICE_DIRECT_LINK ? service_kind_word((enum service_kind)i) : NULL;
}

static const char *grant_choice(uint32_t i) {
	return i <= IAM_VPC_INSTANCE ? iam_grant_word((enum iam_grant)i) : NULL;
}

static const struct config_word workers_words[] = {
	{"protect", config_read_cpus, FIELD(config_link, protect_cpus)},
	{"validate", config_read_cpus, FIELD(config_link, validate_cpus)},
};
static const struct config_map workers_map = MAP("'workers'", workers_words);

static const struct config_word macsec_words[] = {
	{"cipher-suite", config_read_choice, FIELD(config_link, suite), .choice = suite_choice,
	 .initial = "gcm-aes-xpn-256"},
	{"allowed-suites", config_read_choices, FIELD(config_link, allowed_suites),
	 .choice = suite_choice},
	{"encryption", config_read_bool, FIELD(config_link, confidentiality), .initial = "true"},
	{"policy", config_read_choice, FIELD(config_link, policy), .choice = policy_choice,
	 .initial = "must-secure"},
	{"on-failure", config_read_choice, FIELD(config_link, on_failure),
	 .choice = failure_choice},
	{"validate", config_read_choice, FIELD(config_link, validate), .choice = validate_choice,
	 .initial = "strict"},
	{"replay-protect", config_read_bool, FIELD(config_link, replay_protect), .initial = "true"},
	{"replay-window", config_read_number, FIELD(config_link, replay_window),
	 .maximum = UINT32_MAX, .initial = "512"},
	{"confidentiality-offset", config_read_offset, FIELD(config_link, confidentiality_offset),
	 .initial = "0"},
	{"include-sci", config_read_bool, FIELD(config_link, include_sci), .initial = "true"},
	{"bypass", config_read_choices, FIELD(config_link, bypass), .choice = bypass_choice},
	{"vlan-in-clear", config_read_number, FIELD(config_link, vlan_in_clear), .maximum = 2,
	 .initial = "0"},
};
static const struct config_map macsec_map = MAP("'macsec'", macsec_words);

static const struct config_word cak_words[] = {
	{"ckn", config_read_ckn, FIELD(config_cak, ckn), MARK(config_cak, ckn_mark),
	 .is_required = true},
	{"cak", config_read_key_reference, FIELD(config_cak, cak_ref), MARK(config_cak, cak_mark),
	 .is_required = true},
};
static const struct config_map primary_map = MAP("'primary'", cak_words);
static const struct config_map fallback_map = MAP("'fallback'", cak_words);

static const struct config_word chain_words[] = {
	{"ckn", config_read_ckn, FIELD(config_chain_cak, cak.ckn),
	 MARK(config_chain_cak, cak.ckn_mark), .is_required = true},
	{"cak", config_read_key_reference, FIELD(config_chain_cak, cak.cak_ref),
	 MARK(config_chain_cak, cak.cak_mark), .is_required = true},
	{"start", config_read_time, FIELD(config_chain_cak, start_s), .is_required = true},
	{"end", config_read_time, FIELD(config_chain_cak, end_s)},
	{"accept-from", config_read_time, FIELD(config_chain_cak, accept_from_s)},
	{"accept-until", config_read_time, FIELD(config_chain_cak, accept_until_s)},
};
static const struct config_map chain_map = MAP("'key-chain'", chain_words);

static const struct config_word mka_words[] = {
	{"key-server-priority", config_read_number, FIELD(config_link, key_server_priority),
	 .maximum = 255, .initial = "16"},
	{"rekey", config_read_number, FIELD(config_link, rekey_s), .minimum = 30,
	 .maximum = 2592000, .is_zero_allowed = true, .initial = "0"},
	{"rekey-on-peer-loss", config_read_bool, FIELD(config_link, rekey_on_peer_loss),
	 .initial = "false"},
	{"delay-protect", config_read_bool, FIELD(config_link, delay_protect), .initial = "false"},
	{"accept-suspension", config_read_bool, FIELD(config_link, accept_suspension),
	 .initial = "true"},
	{"announce", config_read_bool, FIELD(config_link, announce), .initial = "true"},
	{"icv-indicator", config_read_bool, FIELD(config_link, icv_indicator), .initial = "true"},
	{"pad-ckn", config_read_bool, FIELD(config_link, pad_ckn), .initial = "false"},
	{"port-id", config_read_number, FIELD(config_link, port_id), .minimum = 1, .maximum = 65535,
	 .initial = "1"},
	{"eapol-destination", config_read_group_address, FIELD(config_link, eapol_destination),
	 .initial = "01:80:c2:00:00:03"},
	{"primary", config_read_cak, FIELD(config_link, primary), .map = &primary_map},
	{"fallback", config_read_cak, FIELD(config_link, fallback), .map = &fallback_map},
	{"key-chain", config_read_chain, FIELD(config_link, chain), .map = &chain_map},
};
static const struct config_map mka_map = MAP("'mka'", mka_words);

static const struct config_word direct_link_words[] = {
	{"service", config_read_name, FIELD(config_direct_link, service),
	 MARK(config_direct_link, service_mark), .is_required = true},
	{"gateway", config_read_name, FIELD(config_direct_link, gateway), .is_required = true},
};
static const struct config_map direct_link_map = MAP("'direct-link'", direct_link_words);

static const struct config_word link_words[] = {
	{"name", config_read_name, FIELD(config_link, name), .is_required = true},
	{"host", config_read_port, FIELD(config_link, host), MARK(config_link, host_mark),
	 .is_required = true},
	{"line", config_read_port, FIELD(config_link, line), MARK(config_link, line_mark),
	 .is_required = true},
	{"mtu", config_read_number, FIELD(config_link, mtu), .minimum = 68, .maximum = 9000,
	 .initial = "1500"},
	{"workers", config_read_map, .map = &workers_map},
	{"macsec", config_read_map, .map = &macsec_map},
	{"mka", config_read_map, .map = &mka_map},
	{"direct-link", config_read_direct_link, FIELD(config_link, direct_link),
	 .map = &direct_link_map},
};
const struct config_map config_link_map = MAP("a link", link_words);

static const struct config_word service_words[] = {
	{"name", config_read_name, FIELD(config_service, service.name), .is_required = true},
	{"kind", config_read_choice, FIELD(config_service, service.kind), .choice = service_choice,
	 .initial = "hpcs"},
	{"url", config_read_url, FIELD(config_service, service.url)},
	{"private", config_read_bool, FIELD(config_service, service.is_private),
	 .initial = "false"},
	{"instance", config_read_name, FIELD(config_service, service.instance)},
	{"key-ring", config_read_name, FIELD(config_service, service.key_ring)},
	{"lenient", config_read_bool, FIELD(config_service, service.is_lenient),
	 .initial = "false"},
	{"ca-file", config_read_path, FIELD(config_service, service.ca_file)},
	{"iam-url", config_read_url, FIELD(config_service, service.account.url),
	 .initial = "https://iam.cloud.ibm.com"},
	{"grant", config_read_choice, FIELD(config_service, service.account.grant),
	 .choice = grant_choice, .initial = "api-key"},
	{"credential", config_read_credential, FIELD(config_service, service.account.credential)},
	{"profile", config_read_profile, FIELD(config_service, service.account.profile)},
	{"metadata-url", config_read_url, FIELD(config_service, service.account.metadata_url),
	 .initial = "http://169.254.169.254"},
};
static const struct config_map service_map = MAP("'services'", service_words);

static const struct config_word keys_words[] = {
	{"poll", config_read_number, FIELD(config, key_poll_s), .minimum = 10, .maximum = 86400,
	 .initial = "300"},
	{"services", config_read_services, FIELD(config, services), .map = &service_map},
};
static const struct config_map keys_map = MAP("'keys'", keys_words);

static const struct config_word metrics_words[] = {
	{"listen", config_read_listen, FIELD(config, metrics_listen), .initial = "127.0.0.1:9464"},
};
static const struct config_map metrics_map = MAP("'metrics'", metrics_words);

static const struct config_word control_words[] = {
	{"socket", config_read_path, FIELD(config, socket_path),
	 .initial = "/run/macsecd/control.sock"},
	{"run-dir", config_read_path, FIELD(config, run_dir), .initial = "/run/macsecd"},
	{"log-level", config_read_choice, FIELD(config, log_level), .choice = log_level_word,
	 .initial = "info"},
	{"metrics", config_read_map, .map = &metrics_map},
};
static const struct config_map control_map = MAP("'control'", control_words);

static const struct config_word dpdk_words[] = {
	{"hugepages", config_read_choice, FIELD(config, hugepages), MARK(config, hugepages_mark),
	 .choice = hugepages_choice, .initial = "auto"},
	{"memory", config_read_number, FIELD(config, memory_mib), .minimum = 64, .maximum = 1048576,
	 .is_zero_allowed = true, .initial = "0"},
	{"max-links", config_read_number, FIELD(config, max_links), .minimum = 1,
	 .maximum = CONFIG_LINKS_MAX, .initial = "8"},
	{"engine", config_read_choice, FIELD(config, engine), .choice = engine_choice,
	 .initial = "ipsec-mb"},
	{"polling", config_read_choice, FIELD(config, polling), .choice = polling_choice,
	 .initial = "adaptive"},
	{"file-prefix", config_read_name, FIELD(config, file_prefix), .initial = "macsecd"},
};
static const struct config_map dpdk_map = MAP("'dpdk'", dpdk_words);

static const struct config_word root_words[] = {
	{"links", config_read_links, FIELD(config, links), .is_required = true,
	 .map = &config_link_map},
	{"keys", config_read_map, .map = &keys_map},
	{"control", config_read_map, .map = &control_map},
	{"dpdk", config_read_map, .map = &dpdk_map},
};
const struct config_map config_root_map = MAP("the file", root_words);
