/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration file (YAML) as checked C structures. Words of the file = words of macsecctl =
 * names in JSON. */
#pragma once

#include "control/cloud/service.h"
#include "dataplane/suite.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_NAME_MAX 32u     // link name, terminator included
#define CONFIG_PORT_MAX 256u    // port specification, terminator included
#define CONFIG_PATH_MAX 108u    // fits sockaddr_un
#define CONFIG_KEY_REF_MAX 512u // key reference, terminator included
#define CONFIG_CPUS_MAX 32u
#define CONFIG_LISTEN_MAX 56u // address and port to listen on, terminator included
#define CONFIG_LINKS_MAX 1024u
#define CONFIG_CKN_MAX_OCTETS 32u
#define CONFIG_SERVICES_MAX 64u
#define CONFIG_CHAIN_MAX 64u           // CAKs of one key chain
#define CONFIG_CHAIN_ACCEPTABLE_MAX 6u // of them at one moment: each runs a participant
#define CONFIG_CHAIN_OVERLAP_S 60      // shortest overlap of two that lets traffic change over

enum config_policy { POLICY_MUST_SECURE, POLICY_SHOULD_SECURE };
/* What a secured link's traffic does when the last live peer is gone. */
enum config_failure { FAILURE_DROP, FAILURE_ALLOW, FAILURE_KEEP_LAST_SAK };
enum config_validate { VALIDATE_STRICT, VALIDATE_CHECK, VALIDATE_DISABLED };
enum config_hugepages { HUGEPAGES_AUTO, HUGEPAGES_REQUIRED, HUGEPAGES_NEVER };
enum config_polling { POLLING_ADAPTIVE, POLLING_BUSY };
enum config_engine { ENGINE_IPSEC_MB, ENGINE_OPENSSL };

/* Bits of `bypass`: L2 protocols that cross in clear, both ways. X(NAME, word, help); each bit is 1
 * << BYPASS_NAME. */
#define CONFIG_BYPASSES(X)                                                      \
	X(LLDP, "lldp", "EtherType 88-CC to its group addresses")               \
	X(LACP, "lacp", "slow protocols, EtherType 88-09 to 01-80-C2-00-00-02") \
	X(STP, "stp", "LLC 42-42-03 to 01-80-C2-00-00-00")                      \
	X(CDP, "cdp", "SNAP to 01-00-0C-CC-CC-CC")                              \
	X(PAUSE, "pause", "EtherType 88-08 to 01-80-C2-00-00-01")               \
	X(PTP, "ptp", "EtherType 88-F7 to its group addresses")

enum config_bypass {
#define X(name, word, help) BYPASS_##name,
	CONFIG_BYPASSES(X)
#undef X
		BYPASS_COUNT,
};

struct config_cpus {
	uint16_t n; // 0: chosen at start
	uint16_t id[CONFIG_CPUS_MAX];
};

/* A place in the file, for messages about things that are found out later (a port that does not
 * exist). */
struct config_mark {
	uint32_t line; // 1 is the first; 0: a default
	uint32_t column;
};

struct config_cak {
	bool is_set;
	uint8_t ckn[CONFIG_CKN_MAX_OCTETS];
	uint8_t ckn_octets;
	char cak_ref[CONFIG_KEY_REF_MAX]; // "file:/path", "crn:…", "hpcs:SERVICE/KEY"; config_key.h
	struct config_mark ckn_mark, cak_mark;
};

/*
 * A CAK of a key chain and when it may be used: seconds since 1970-01-01T00:00:00Z.
 * accept_from_s <= start_s < end_s <= accept_until_s. Neighbours by start overlap: the later one is
 * acceptable CONFIG_CHAIN_OVERLAP_S before its start, the earlier one so long after it.
 */
struct config_chain_cak {
	struct config_cak cak;
	int64_t accept_from_s;  // from here on a SAK that a key server distributes with it is taken
	int64_t start_s;        // from here on we prefer it to CAKs that started earlier
	int64_t end_s;          // from here on we do not choose it; INT64_MAX: never
	int64_t accept_until_s; // from here on it is not used at all; INT64_MAX: never
	struct config_mark mark;
};

/* The gateway of IBM Cloud Direct Link at the other end; for macsecctl only. */
struct config_direct_link {
	char service[SERVICE_NAME_MAX]; // of `keys.services`; "": no such gateway
	char gateway[SERVICE_ID_MAX];   // its id
	struct config_mark mark, service_mark;
};

/* A service of `keys.services`. */
struct config_service {
	struct service service;
	struct config_mark mark;
};

struct config_link {
	char name[CONFIG_NAME_MAX];
	char host[CONFIG_PORT_MAX]; // PCI address, DPDK vdev string, or Linux interface name
	char line[CONFIG_PORT_MAX];
	struct config_mark mark, host_mark, line_mark;
	uint16_t mtu; // of the host port, 68..9000; the line port gets 32 octets more
	struct config_cpus protect_cpus, validate_cpus;

	enum cipher_suite suite;
	bool confidentiality;
	uint8_t confidentiality_offset; // 0, 30, 50
	uint32_t allowed_suites;        // bits, 1 << enum cipher_suite; the link's own among them
	enum config_policy policy;
	enum config_failure on_failure;
	enum config_validate validate;
	bool replay_protect;
	uint32_t replay_window; // frames
	bool include_sci;
	uint32_t bypass;       // bits
	uint8_t vlan_in_clear; // VLAN tags left before the SecTAG, 0..2

	uint8_t key_server_priority;
	uint32_t rekey_s; // 0: by packet number only
	bool rekey_on_peer_loss;
	bool delay_protect;
	bool accept_suspension; // honour a key server that announces its in-service upgrade
	bool announce;          // tell which cipher suites we can do
	bool icv_indicator;
	bool pad_ckn;     // CKNs are padded with zero octets to 32 on the wire
	uint16_t port_id; // low 16 bits of our SCI
	uint8_t eapol_destination[6];
	struct config_cak primary;  // older than the whole chain; is_set is false: only a chain
	struct config_cak fallback; // is_set is false: none
	uint32_t n_chain;
	struct config_chain_cak *chain; // owned; by ascending start, no two starts are equal
	struct config_direct_link direct_link;
};

struct config {
	char path[512];
	size_t n_links;
	struct config_link *links; // owned

	size_t n_services;
	struct config_service *services; // owned
	uint32_t key_poll_s;             // keys.poll: how often stored keys are looked at

	char socket_path[CONFIG_PATH_MAX];      // control.socket
	char run_dir[CONFIG_PATH_MAX];          // control.run-dir: key identifiers used since boot
	uint32_t log_level;                     // enum log_level
	char metrics_listen[CONFIG_LISTEN_MAX]; // control.metrics.listen: config_listen.h, or "off"

	enum config_hugepages hugepages;
	struct config_mark hugepages_mark;
	uint32_t memory_mib; // 0: from max-links and MTU
	uint16_t max_links;
	enum config_engine engine;
	enum config_polling polling;
	char file_prefix[32]; // dpdk.file-prefix
};

/*
 * Reads, checks and fills in defaults (the IBM Direct Link profile).
 *
 * path: the YAML file. On success *out owns everything; end with config_free.
 * Returns 0, or a negative errno after one line per problem: "FILE:LINE:COLUMN: what is wrong; what
 * to write instead". Nothing is kept on failure. Control thread; at most 1 MiB is read. Does not
 * touch devices or keys.
 */
int config_load(const char *path, struct config **out);

/* The same from memory; `path` is used in messages only. For tests and fuzzing. */
int config_parse(const char *path, const char *text, size_t octets, struct config **out);

/* Frees all. NULL is allowed. */
void config_free(struct config *config);

/* Words of the enums, as the file writes them; never NULL. */
const char *config_policy_word(enum config_policy policy);
const char *config_failure_word(enum config_failure failure);
const char *config_validate_word(enum config_validate validate);

/*
 * Logs an error with its place: "FILE:LINE:COLUMN: text" (without the marks when line is 0).
 * Returns -errno_value, as log_error does.
 */
__attribute__((format(printf, 4, 5))) int config_error(
	const struct config *config, const struct config_mark *mark, int errno_value,
	const char *format, ...
);
