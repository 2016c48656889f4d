/* SPDX-License-Identifier: BSD-3-Clause */
/* The text of metrics: what it says of daemon and links, in either format, however odd they are. */
#include "control/server/metrics_families.h"
#include "tests/unit/fake_daemon.h"
#include "tests/unit/metrics_text.h"

#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct daemon *fake;

static void setup(void) {
	fake = fake_daemon_create(2);
}

static void teardown(void) {
	fake_daemon_destroy(fake);
}

TestSuite(metrics, .init = setup, .fini = teardown);

/* Every line that must stand in the present text. */
static void assert_lines(enum metrics_format format, const char *const *lines, size_t n) {
	char *text = metrics_text_of(fake, format);

	for (size_t i = 0; i < n; i++)
		metrics_text_has(text, lines[i]);
	free(text);
}
#define ASSERT_LINES(format, ...)                                                 \
	assert_lines(                                                             \
		format, (const char *const[]){__VA_ARGS__},                       \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *) \
	)

Test(metrics, names_are_names_and_stand_once) {
	char names[METRICS_FAMILIES][64];

	for (unsigned i = 0; i < METRICS_FAMILIES; i++) {
		const struct metrics_family_info info = metrics_family_info(i);

		memcpy(names[i], info.name, sizeof(names[i]));
		cr_assert_eq(strspn(info.name, "abcdefghijklmnopqrstuvwxyz_"), strlen(info.name));
		cr_assert(strncmp(info.name, "macsec", 6) == 0, "%s", info.name);
		cr_assert_null(strstr(info.name, "_total"), "%s", info.name);
		cr_assert_null(strpbrk(info.help, "\n\\\""), "%s", info.help);
		cr_assert_gt(strlen(info.help), 3, "%s", info.name);
		for (unsigned j = 0; j < i; j++)
			cr_assert_str_neq(names[i], names[j]);
	}
}

Test(metrics, every_counter_of_both_lanes_with_the_standards_name_and_exact_value) {
	char *text;

	for (unsigned i = 0; i < COUNTER_COUNT; i++) {
		fake_link_view(fake, 0)->protect.value[i] = UINT64_MAX - i;
		fake_link_view(fake, 0)->validate.value[i] = i;
	}
	text = metrics_text_of(fake, METRICS_OPENMETRICS);
	for (unsigned i = 0; i < COUNTER_COUNT; i++) {
		const struct metrics_family_info info = metrics_family_info(M_COUNTERS + i);
		const char *suffix = info.type == METRICS_COUNTER ? "_total" : "";
		char line[200];

		snprintf(
			line, sizeof(line), "%s%s{link=\"cloud\",lane=\"protect\"} %" PRIu64,
			info.name, suffix, UINT64_MAX - i
		);
		metrics_text_has(text, line);
		snprintf(
			line, sizeof(line), "%s%s{link=\"cloud\",lane=\"validate\"} %u", info.name,
			suffix, i
		);
		metrics_text_has(text, line);
	}
	metrics_text_has(text, "# TYPE macsec_in_pkts_late counter");
	metrics_text_has(
		text, "# HELP macsec_in_pkts_late PN below the lowest acceptable one (frames)"
	);
	metrics_text_has(text, "# UNIT macsec_rx_frames frames");
	metrics_text_has(text, "# HELP macsec_rx_frames received from the port");
	metrics_text_has(text, "# TYPE macsec_turn_wait_max_cycles gauge");
	free(text);
}

Test(metrics, every_drop_by_its_reason_and_nothing_else) {
	char *text = metrics_text_of(fake, METRICS_OPENMETRICS);

	for (unsigned i = 0; i < COUNTER_COUNT; i++) {
		const struct counter_info *info = counter_info((enum counter)i);
		char part[100];

		snprintf(
			part, sizeof(part),
			"\nmacsec_dropped_frames_total{link=\"cloud\",lane=\"validate\",reason=\"%"
			"s\"}",
			info->word
		);
		cr_assert_eq(
			strstr(text, part) != NULL, info->kind == COUNTER_DROP, "%s", info->word
		);
	}
	free(text);
	ASSERT_LINES(
		METRICS_OPENMETRICS, "# TYPE macsec_dropped_frames counter",
		"macsec_dropped_frames_total{link=\"cloud\",lane=\"validate\",reason=\"in-pkts-"
		"late\"} 3",
		"macsec_dropped_frames_total{link=\"cloud\",lane=\"protect\",reason=\"drop-host-"
		"eapol\"} "
		"2"
	);
}

Test(metrics, state_of_links_in_one_hot_form) {
	ASSERT_LINES(
		METRICS_OPENMETRICS, "# TYPE macsec_link_state gauge",
		"macsec_link_state{link=\"cloud\",state=\"secured\"} 1",
		"macsec_link_state{link=\"cloud\",state=\"negotiating\"} 0",
		"macsec_link_state{link=\"cloud\",state=\"kept\"} 0",
		"macsec_link_state{link=\"cloud\",state=\"clear\"} 0",
		"macsec_link_state{link=\"lab\",state=\"secured\"} 0",
		"macsec_link_state{link=\"lab\",state=\"negotiating\"} 1",
		"macsec_link_state_age_seconds{link=\"cloud\"} 3725.000",
		"macsec_link_verdict{link=\"lab\",verdict=\"ok\"} 0",
		"macsec_link_verdict{link=\"lab\",verdict=\"wrong\"} 1",
		"macsec_link_rekeys_total{link=\"cloud\"} 2",
		"macsec_link_info{link=\"cloud\",sci=\"02000000000a0001\",host=\"eth0\",line="
		"\"eth1\","
		"policy=\"must-secure\",cipher_suite=\"gcm-aes-xpn-256\"} 1"
	);
	fake_link_view(fake, 0)->state = LINK_KEPT;
	ASSERT_LINES(
		METRICS_OPENMETRICS, "macsec_link_state{link=\"cloud\",state=\"secured\"} 0",
		"macsec_link_state{link=\"cloud\",state=\"kept\"} 1"
	);
}

Test(metrics, key_agreement) {
	struct mka_view *mka = &fake_link_view(fake, 0)->mka;

	mka->peers[2] = mka->peers[0];
	mka->peers[2].sci++;
	mka->peers[3] = mka->peers[0];
	mka->peers[3].sci += 2;
	mka->peers[3].is_live = false;
	mka->n_peers = 4; // one with two CAKs, one more, and a potential one
	ASSERT_LINES(
		METRICS_OPENMETRICS, "macsec_mka_live_peers{link=\"cloud\"} 2",
		"macsec_mka_live_peers{link=\"lab\"} 0",
		"macsec_mka_mkpdus_refused_total{link=\"cloud\",reason=\"icv\"} 2",
		"macsec_mka_mkpdus_refused_total{link=\"cloud\",reason=\"sak-refused\"} 0",
		"macsec_mka_mkpdus_sent_total{link=\"lab\"} 7",
		"macsec_mka_mkpdus_received_total{link=\"cloud\"} 6",
		"macsec_mka_saks_distributed_total{link=\"cloud\"} 2",
		"macsec_mka_principal_changes_total{link=\"cloud\"} 1",
		"macsec_mka_key_server{link=\"cloud\"} 1",
		"macsec_mka_state{link=\"cloud\",state=\"secured\"} 1",
		"macsec_mka_state{link=\"lab\",state=\"secured\"} 0",
		"macsec_mka_state{link=\"lab\",state=\"init\"} 1",
		"macsec_link_cak_role{link=\"cloud\",role=\"primary\"} 1",
		"macsec_link_cak_role{link=\"cloud\",role=\"fallback\"} 0"
	);
}

Test(metrics, secure_associations) {
	ASSERT_LINES(
		METRICS_OPENMETRICS,
		"macsec_sa_next_pn{link=\"cloud\",direction=\"transmit\",sci=\"02000000000a0001\","
		"an="
		"\"1\"} 9007199254740993",
		"macsec_sa_left_frames{link=\"cloud\",direction=\"transmit\",sci="
		"\"02000000000a0001\","
		"an=\"1\"} 18437736874454810622",
		"macsec_sa_age_seconds{link=\"cloud\",direction=\"receive\",sci="
		"\"02000000000b0001\",an="
		"\"1\"} 61.000",
		"macsec_sa_lowest_pn{link=\"cloud\",direction=\"receive\",sci=\"02000000000b0001\","
		"an="
		"\"1\"} 489",
		"macsec_sa_in_use{link=\"cloud\",direction=\"receive\",sci=\"02000000000b0001\",an="
		"\"1\"} 1"
	);
}

/* A sample that stands twice makes Prometheus refuse the whole page. */
Test(metrics, an_association_number_that_is_used_anew_stands_once) {
	struct link_view *view = fake_link_view(fake, 0);

	view->sas[2] = view->sas[0];
	view->sas[2].next_pn = 5;
	view->sas[3] = view->sas[0];
	view->sas[3].an = 2;
	view->n_sas = 4;
	char *text = metrics_text_of(fake, METRICS_OPENMETRICS); // it looks for doubles
	metrics_text_lacks(text, "an=\"1\"} 5\n");
	cr_assert_not_null(strstr(text, "an=\"2\"} 9007199254740993\n"));
	free(text);
}

Test(metrics, as_many_associations_as_there_can_be) {
	struct link_view *view = fake_link_view(fake, 0);

	view->n_sas = LINK_SAS_MAX;
	for (uint32_t i = 0; i < LINK_SAS_MAX; i++) {
		view->sas[i] = view->sas[i % 2];
		view->sas[i].sci = i;
	}
	view->mka.n_peers = MKA_VIEW_PEERS_MAX;
	for (uint32_t i = 0; i < MKA_VIEW_PEERS_MAX; i++) {
		view->mka.peers[i] = view->mka.peers[0];
		view->mka.peers[i].sci = i;
	}
	ASSERT_LINES(METRICS_OPENMETRICS, "macsec_mka_live_peers{link=\"cloud\"} 64");
}

Test(metrics, caks_and_the_chain) {
	struct link_keys_view *keys = &fake_link_view(fake, 0)->keys;
	const struct config_cak cak = {.is_set = true};

	ASSERT_LINES(
		METRICS_OPENMETRICS,
		"macsec_key_chain_next_change_timestamp_seconds{link=\"cloud\"} 1796083200",
		"macsec_link_cak_problem{link=\"cloud\",problem=\"unusable\"} 0",
		"macsec_link_cak_problem{link=\"lab\",problem=\"chain-over\"} 0"
	);
	keys->unusable = keys->awaited = keys->troubled = &cak;
	keys->is_over = true;
	keys->next = NULL;
	keys->clock_step_s = -3600;
	ASSERT_LINES(
		METRICS_OPENMETRICS,
		"macsec_link_cak_problem{link=\"cloud\",problem=\"unusable\"} 1",
		"macsec_link_cak_problem{link=\"cloud\",problem=\"awaited\"} 1",
		"macsec_link_cak_problem{link=\"cloud\",problem=\"troubled\"} 1",
		"macsec_link_cak_problem{link=\"cloud\",problem=\"chain-over\"} 1",
		"macsec_key_chain_clock_step_seconds{link=\"cloud\"} -3600"
	);
	char *text = metrics_text_of(fake, METRICS_OPENMETRICS);
	metrics_text_lacks(text, "macsec_key_chain_next_change");
	free(text);
}

Test(metrics, ports) {
	struct link_view *view = fake_link_view(fake, 0);

	view->line_is_up = false;
	view->line_stats.rx_missed = 41;
	ASSERT_LINES(
		METRICS_OPENMETRICS, "macsec_port_up{link=\"cloud\",port=\"host\"} 1",
		"macsec_port_up{link=\"cloud\",port=\"line\"} 0",
		"macsec_port_rx_frames_total{link=\"cloud\",port=\"line\"} 2000",
		"macsec_port_tx_frames_total{link=\"cloud\",port=\"host\"} 1990",
		"macsec_port_rx_missed_total{link=\"cloud\",port=\"line\"} 41",
		"macsec_port_rx_missed_total{link=\"cloud\",port=\"host\"} 0"
	);
}

#define KEY(n, rest) "{service=\"prod\",key=\"cak-" n "\",key_ring=\"\",crn=\"\"" rest

Test(metrics, daemon_and_keys) {
	ASSERT_LINES(
		METRICS_OPENMETRICS,
		"macsecd_build_info{version=\"0.0-fake\",engine=\"ipsec-mb 1.3.0 avx512\"} 1",
		"# TYPE macsecd_build info", "macsecd_uptime_seconds 93784.000",
		"# UNIT macsecd_uptime_seconds seconds", "macsecd_links 2",
		"macsecd_key_agent_up 1", "macsecd_key_agent_restarts_total 1",
		"macsecd_key_had" KEY("1", "} 1"), "macsecd_key_had" KEY("2", "} 0"),
		"macsecd_key_state" KEY("1", ",state=\"warning\"} 1"),
		"macsecd_key_state" KEY("1", ",state=\"good\"} 0"),
		"macsecd_key_state" KEY("2", ",state=\"waiting\"} 1"),
		"macsecd_key_expiry_timestamp_seconds" KEY("1", "} 1798761600")
	);
	char *text = metrics_text_of(fake, METRICS_OPENMETRICS);
	metrics_text_lacks(text, "macsecd_key_expiry_timestamp_seconds" KEY("2", ""));
	free(text);
}

Test(metrics, prometheus_format) {
	char *text = metrics_text_of(fake, METRICS_PROMETHEUS);

	metrics_text_has(text, "# TYPE macsec_in_pkts_late_total counter");
	metrics_text_has(
		text, "# HELP macsec_in_pkts_late_total PN below the lowest acceptable one (frames)"
	);
	metrics_text_has(text, "macsec_in_pkts_late_total{link=\"cloud\",lane=\"validate\"} 3");
	metrics_text_has(text, "# TYPE macsecd_build_info gauge");
	metrics_text_lacks(text, "# UNIT");
	free(text);
}

Test(metrics, nothing_in_a_label_breaks_its_line) {
	struct config_link *config =
		(struct config_link *)(uintptr_t)fake_link_view(fake, 0)->config;

	snprintf(config->host, sizeof(config->host), "a\"b\\c\nd\x1b\xff\xc3\xa9\xe2\x80");
	memset(config->line, '"', sizeof(config->line) - 1);
	char *text = metrics_text_of(fake, METRICS_OPENMETRICS);
	cr_assert_not_null(strstr(text, ",host=\"a\\\"b\\\\c?d??\xc3\xa9??\",line=\"\\\"\\\""));
	free(text);
}

Test(metrics, a_daemon_without_links) {
	fake_daemon_destroy(fake);
	fake = fake_daemon_create(0);
	ASSERT_LINES(METRICS_OPENMETRICS, "macsecd_links 0", "# EOF");
	ASSERT_LINES(METRICS_PROMETHEUS, "macsecd_links 0");
}

Test(metrics, gives_openmetrics_to_who_asks_for_it) {
	static const char *const open[] = {
		"application/openmetrics-text",
		"application/openmetrics-text; version=1.0.0,text/plain;q=0.5,*/*;q=0.1",
		"text/plain, APPLICATION/OpenMetrics-Text;q=0.75",
		"application/openmetrics-text ; q=0.001 , */*",
		"application/openmetrics-text;version=1.0.0;escaping=underscores;q=0.6",
		"application/openmetrics-text;",
	};
	static const char *const plain[] = {
		"",
		"*/*",
		"text/plain",
		"text/html,application/xml;q=0.9,*/*;q=0.8",
		"application/openmetrics-text;q=0",
		"application/openmetrics-text; q=0.000 ,*/*",
		"application/openmetrics-textual",
		"application/openmetrics-tex",
		",,,;;q=",
		"x-application/openmetrics-text",
		"application/openmetrics-text;version=1;Q=0",
	};

	cr_assert_eq(metrics_accepted(NULL), METRICS_PROMETHEUS);
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
		cr_assert_eq(metrics_accepted(open[i]), METRICS_OPENMETRICS, "%s", open[i]);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		cr_assert_eq(metrics_accepted(plain[i]), METRICS_PROMETHEUS, "%s", plain[i]);
}
