/* SPDX-License-Identifier: BSD-3-Clause */
/* A daemon without data plane; the contract is in fake_daemon.h. */
#include "tests/unit/fake_daemon.h"

#include "control/server/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS 1000000000ull

struct link {
	struct link_view view;
	int rekey_ret, suspend_ret;
	unsigned rekeys;
	uint32_t suspended_s;
};

struct daemon {
	struct config config;
	struct port_info host, line;
	struct config_cak next_cak;
	struct events *events;
	size_t n_links;
	struct link *links;
	int reload_ret;
	unsigned reloads;
};

static void *zeroed(size_t n, size_t octets) {
	void *mem = calloc(n, octets);

	if (mem == NULL)
		abort();
	return mem;
}

static void config_fill(struct config_link *config, size_t index) {
	const char *const names[] = {FAKE_NAME_0, FAKE_NAME_1};

	if (index < 2)
		snprintf(config->name, sizeof(config->name), "%s", names[index]);
	else
		snprintf(config->name, sizeof(config->name), "link%zu", index);
	snprintf(config->host, sizeof(config->host), "eth%zu", 2 * index);
	snprintf(config->line, sizeof(config->line), "eth%zu", 2 * index + 1);
	config->mtu = 1500;
	config->suite = SUITE_GCM_AES_XPN_256;
	config->confidentiality = true;
	config->policy = POLICY_MUST_SECURE;
	config->on_failure = FAILURE_DROP;
	config->validate = VALIDATE_STRICT;
	config->replay_protect = true;
	config->replay_window = 512;
	memcpy(config->eapol_destination, (uint8_t[]){1, 0x80, 0xc2, 0, 0, 3}, 6);
	config->primary = (struct config_cak
	){.is_set = true, .ckn = {0xde, 0xad, 0xbe, 0xef}, .ckn_octets = 4};
	config->fallback =
		(struct config_cak){.is_set = index != 1, .ckn = {0xfb, 1}, .ckn_octets = 2};
}

static struct ki ki_make(uint32_t kn) {
	return (struct ki
	){.mi = {0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6, 7, 8, 9, 10, 11, 12}, .kn = kn};
}

static void mka_fill(struct mka_view *mka, uint64_t sci) {
	*mka = (struct mka_view){
		.state = MKA_INIT,
		.ckn = {0xde, 0xad, 0xbe, 0xef},
		.ckn_octets = 4,
		.mi = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
		.mn = 7,
		.sci = sci,
		.key_server_priority = 16,
		.suite = SUITE_GCM_AES_XPN_256,
		.sent = 7,
		.last_refusal_age_ns = UINT64_MAX,
	};
}

static void participant_fill(
	struct mka_view *mka, const struct config_cak *cak, bool is_fallback, uint32_t n_live
) {
	struct mka_participant_view *participant = &mka->participants[mka->n_participants++];

	*participant = (struct mka_participant_view){
		.ckn_octets = cak->ckn_octets,
		.is_fallback = is_fallback,
		.use = MKA_USE_SEND,
		.is_principal = n_live > 0 && !is_fallback,
		.mi = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, is_fallback ? 13 : 12},
		.mn = 7,
		.is_key_server = true,
		.key_server_sci = mka->sci,
		.n_live = n_live,
		.received = 3 * n_live,
	};
	memcpy(participant->ckn, cak->ckn, sizeof(participant->ckn));
}

static struct mka_peer_view peer_make(uint32_t participant) {
	return (struct mka_peer_view){
		.participant = participant,
		.sci = 0x02000000000b0001,
		.mi = {9, 9, 9, (uint8_t)participant},
		.mn = 41,
		.key_server_priority = 32,
		.mka_version = 3,
		.capability = MKA_CAP_CONFIDENTIALITY_0_30_50,
		.suites = 1u << SUITE_GCM_AES_256 | 1u << SUITE_GCM_AES_XPN_256,
		.is_live = true,
		.desires_macsec = true,
		.receives_ours = true,
		.expires_in_ns = 5100 * 1000000ull,
	};
}

static void mka_secure(struct mka_view *mka) {
	mka->state = MKA_SECURED;
	mka->secured_for_ns = 3725 * SECOND_NS;
	mka->first_secured_after_ns = 212 * 1000000ull;
	mka->is_key_server = true;
	mka->key_server_sci = mka->sci;
	mka->received = 6;
	mka->refused[MKA_REFUSED_ICV] = 2;
	snprintf(
		mka->last_refusal, sizeof(mka->last_refusal),
		"MKPDU from 02000000000b0001 refused: the ICV does not verify: the CAK differs"
	);
	mka->last_refusal_reason = MKA_REFUSED_ICV;
	mka->last_refusal_age_ns = SECOND_NS;
	mka->saks_distributed = 2;
	mka->latest = (struct mka_sak_view){
		.is_valid = true,
		.ki = ki_make(2),
		.an = 1,
		.receives = true,
		.transmits = true,
		.age_ns = 61 * SECOND_NS,
		.ckn = {0xde, 0xad, 0xbe, 0xef},
		.ckn_octets = 4,
	};
	mka->principal_changes = 1;
	mka->n_peers = 2;
	mka->peers[0] = peer_make(0);
	mka->peers[1] = peer_make(1);
}

/* A chain that goes on in an hour. */
static void keys_fill(struct link_keys_view *keys, const struct config_cak *next) {
	*keys = (struct link_keys_view){
		.has_chain = true,
		.next = next,
		.next_use = KEY_SEND,
		.next_at_s = 1796083200, // 2026-12-01
		.next_in_ns = 3600 * SECOND_NS,
	};
}

static void sas_fill(struct link_view *view) {
	view->n_sas = 2;
	view->sas[0] = (struct link_sa_view){
		.is_transmit = true,
		.sci = view->sci,
		.an = 1,
		.ki = ki_make(2),
		.suite = SUITE_GCM_AES_XPN_256,
		.confidentiality = true,
		.ssci = 1,
		.in_use = true,
		.next_pn = FAKE_BIG,
		.frames_left = UINT64_MAX - FAKE_BIG,
		.age_ns = 61 * SECOND_NS,
	};
	view->sas[1] = view->sas[0];
	view->sas[1].is_transmit = false;
	view->sas[1].sci = view->mka.peers[0].sci;
	view->sas[1].ssci = 2;
	view->sas[1].next_pn = 1001;
	view->sas[1].lowest_pn = 489;
}

static void traffic_fill(struct link_view *view) {
	view->protect.value[C_RX_FRAMES] = 1000;
	view->protect.value[C_INJECTED] = 7;
	view->protect.value[C_TX_FRAMES] = 1005;
	view->protect.value[C_OUT_PKTS_ENCRYPTED] = 998;
	view->protect.value[C_OUT_OCTETS_ENCRYPTED] = FAKE_BIG;
	view->protect.value[C_DROP_HOST_EAPOL] = 2;
	view->validate.value[C_RX_FRAMES] = 2000;
	view->validate.value[C_TX_FRAMES] = 1990;
	view->validate.value[C_PUNTED] = 6;
	view->validate.value[C_IN_PKTS_LATE] = 3;
	view->host_stats = (struct port_stats){.rx_frames = 1000, .tx_frames = 1990};
	view->line_stats = (struct port_stats){.rx_frames = 2000, .tx_frames = 1005};
}

static void link_fill(struct daemon *daemon, size_t index) {
	struct link_view *view = &daemon->links[index].view;

	config_fill(&daemon->config.links[index], index);
	view->config = &daemon->config.links[index];
	view->host = &daemon->host;
	view->line = &daemon->line;
	view->host_is_up = view->line_is_up = true;
	view->sci = 0x02000000000a0001 + ((uint64_t)index << 16);
	view->state = LINK_NEGOTIATING;
	view->state_for_ns = 5 * SECOND_NS;
	mka_fill(&view->mka, view->sci);
	participant_fill(&view->mka, &view->config->primary, false, index != 1);
	if (index == 1)
		return;
	participant_fill(&view->mka, &view->config->fallback, true, 1);
	keys_fill(&view->keys, &daemon->next_cak);
	view->state = LINK_SECURED;
	view->state_for_ns = 3725 * SECOND_NS;
	view->rekeys = 2;
	mka_secure(&view->mka);
	sas_fill(view);
	traffic_fill(view);
}

/* 2026-12-01T00:00:00.123Z, always. */
static int64_t fake_wall_ns(void) {
	return INT64_C(1796083200123456789);
}

struct daemon *fake_daemon_create(size_t n) {
	struct daemon *daemon = zeroed(1, sizeof(*daemon));

	daemon->config.n_links = daemon->n_links = n;
	daemon->events = events_create(fake_wall_ns);
	events_tell(daemon->events, EVENT_DAEMON, NULL, "macsecd is ready");
	events_tell(daemon->events, EVENT_STATE, FAKE_NAME_0, "secured");
	events_tell(daemon->events, EVENT_PEER, FAKE_NAME_1, "peer 02000000000b0001 heard");
	daemon->config.links = zeroed(n + 1, sizeof(*daemon->config.links));
	daemon->links = zeroed(n + 1, sizeof(*daemon->links));
	snprintf(daemon->config.path, sizeof(daemon->config.path), "/etc/macsecd/macsecd.yaml");
	daemon->host =
		(struct port_info){.mac = {2, 0, 0, 0, 0, 9}, .numa_node = 0, .speed_mbps = 10000};
	daemon->line = (struct port_info){.mac = {2, 0, 0, 0, 0, 0x0a}, .numa_node = -1};
	daemon->next_cak = (struct config_cak){.ckn = {0xcc, 3}, .ckn_octets = 2};
	for (size_t i = 0; i < n; i++)
		link_fill(daemon, i);
	return daemon;
}

void fake_daemon_destroy(struct daemon *daemon) {
	events_destroy(daemon->events);
	free(daemon->config.links);
	free(daemon->links);
	free(daemon);
}

/* One key that is had, one that is waited for. */
bool daemon_keys(const struct daemon *daemon, struct key_agent_status *status) {
	(void)daemon;
	*status = (struct key_agent_status
	){.is_alive = true, .pid = 4711, .restarts = 1, .n_keys = FAKE_KEYS};
	return true;
}

bool daemon_key(const struct daemon *daemon, uint32_t index, struct key_agent_view *view) {
	(void)daemon;
	if (index >= FAKE_KEYS)
		return false;
	*view = (struct key_agent_view){
		.key = {.service = {.name = "prod", .kind = SERVICE_HPCS},
			.id = {'c', 'a', 'k', '-', (char)('1' + index)}},
		.is_had = index == 0,
		.verdict = index == 0 ? AGENT_WARNING : AGENT_WAITING,
		.was_asked = true,
		.http_status = index == 0 ? 200 : 503,
		.expires_s = index == 0 ? 1798761600 : 0,
		.retry_ns = 41 * SECOND_NS,
	};
	snprintf(view->text, sizeof(view->text), "something is wrong; do something");
	return true;
}

struct events *daemon_events(struct daemon *daemon) {
	return daemon->events;
}

int daemon_reload(struct daemon *daemon, char *problem, size_t octets) {
	daemon->reloads++;
	snprintf(problem, octets, "'mtu' of link lab differs: restart macsecd to apply it");
	return daemon->reload_ret;
}

void fake_daemon_set_config(struct daemon *daemon, const char *path) {
	snprintf(daemon->config.path, sizeof(daemon->config.path), "%s", path);
}

void fake_daemon_set_reload(struct daemon *daemon, int ret) {
	daemon->reload_ret = ret;
}

unsigned fake_daemon_reloads(const struct daemon *daemon) {
	return daemon->reloads;
}

struct link_view *fake_link_view(struct daemon *daemon, size_t index) {
	return &daemon->links[index].view;
}

void fake_link_set_rekey(struct daemon *daemon, size_t index, int ret) {
	daemon->links[index].rekey_ret = ret;
}

unsigned fake_link_rekeys(const struct daemon *daemon, size_t index) {
	return daemon->links[index].rekeys;
}

void fake_link_set_suspend(struct daemon *daemon, size_t index, int ret) {
	daemon->links[index].suspend_ret = ret;
}

uint32_t fake_link_suspended_s(const struct daemon *daemon, size_t index) {
	return daemon->links[index].suspended_s;
}

const struct config *daemon_config(const struct daemon *daemon) {
	return &daemon->config;
}

size_t daemon_link_count(const struct daemon *daemon) {
	return daemon->n_links;
}

struct link *daemon_link(const struct daemon *daemon, size_t index) {
	return &daemon->links[index];
}

uint64_t daemon_uptime_ns(const struct daemon *daemon) {
	(void)daemon;
	return 93784 * SECOND_NS;
}

const char *daemon_version(void) {
	return "0.0-fake";
}

const char *daemon_engine(const struct daemon *daemon) {
	(void)daemon;
	return "ipsec-mb 1.3.0 avx512";
}

bool daemon_uses_hugepages(const struct daemon *daemon) {
	(void)daemon;
	return false;
}

void link_view(struct link *link, struct link_view *view) {
	*view = link->view;
}

int link_rekey(struct link *link) {
	link->rekeys++;
	return link->rekey_ret;
}

int link_suspend(struct link *link, uint32_t seconds) {
	link->suspended_s = seconds;
	return link->suspend_ret;
}
