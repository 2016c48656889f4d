/* SPDX-License-Identifier: BSD-3-Clause */
/* CAKs whose keys come later, and CAKs of a configuration that changes. */
#include "control/secret.h"
#include "tests/unit/caks_bench.h"
#include "tests/unit/fake_key_agent.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MINUTE 60ll

static struct config_service service = {
	.service = {.name = "prod", .url = "https://hpcs.example", .instance = "i"}};
static struct config_link changed; // what the link is reloaded to

static void make(void) {
	make_bench();
	bench.config.services = &service;
	bench.config.n_services = 1;
	bench.keys.agent = fake_key_agent();
	changed = bench.link;
}

TestSuite(caks_reload, .init = make, .fini = end_bench);

static void in_the_cloud(struct config_cak *cak) {
	snprintf(cak->cak_ref, sizeof(cak->cak_ref), "hpcs:prod/key");
}

static void reload(void) {
	cr_assert_eq(
		link_caks_check(&bench.caks, &bench.config, &changed, bench.wall_ns, bench.now_ns),
		0
	);
	link_caks_reload(&bench.caks, &bench.config, &changed, bench.wall_ns, bench.now_ns);
}

static void key_comes(void) {
	fake_key.is_had = true;
	link_caks_keys_changed(&bench.caks, bench.now_ns);
	cr_assert_eq(bench.caks.next_ns, bench.now_ns, "it is used at once");
	cr_assert(link_caks_look(&bench.caks, bench.wall_ns, bench.now_ns));
}

Test(caks_reload, waits_for_a_key_of_the_cloud_while_others_work) {
	struct link_keys_view view;
	struct capture *capture;

	in_the_cloud(&bench.link.primary);
	cr_assert_eq(begin_at(T0), 0, "not there yet is no fault");
	cr_assert_str_eq(participants(), "FB01:Sf");
	link_caks_view(&bench.caks, bench.now_ns, &view);
	cr_assert_eq(view.awaited, &bench.link.primary);
	cr_assert_null(view.unusable);
	cr_assert_not_null(strstr(view.trouble, "was not heard yet"));
	capture = capture_begin();
	key_comes();
	assert_logged_once(capture, "west: CKN AA01: its key has come");
	cr_assert_str_eq(participants(), "AA01:S FB01:Sf");
	link_caks_view(&bench.caks, bench.now_ns, &view);
	cr_assert_null(view.awaited);
}

/* The key of a CAK that takes part is with the KaY; its service may have to be asked anew after a
 * reload, and has not answered yet. */
Test(caks_reload, waits_for_no_key_that_is_in_use) {
	struct link_keys_view view;

	in_the_cloud(&bench.link.primary);
	fake_key.is_had = true;
	cr_assert_eq(begin_at(T0), 0);
	fake_key.is_had = false;
	link_caks_view(&bench.caks, bench.now_ns, &view);
	cr_assert_null(view.awaited);
	cr_assert_eq(view.troubled, &bench.link.primary);
}

Test(caks_reload, asks_again_by_itself) {
	in_the_cloud(&bench.link.primary);
	cr_assert_eq(begin_at(T0), 0);
	pass(5 * MINUTE);
	fake_key.is_had = true; // and nobody says so
	pass(MINUTE + 1);
	cr_assert_str_eq(participants(), "AA01:S FB01:Sf");
}

Test(caks_reload, tells_what_the_service_says_of_a_key_in_use) {
	struct link_keys_view view;

	in_the_cloud(&bench.link.primary);
	fake_key.is_had = true;
	cr_assert_eq(begin_at(T0), 0);
	link_caks_view(&bench.caks, bench.now_ns, &view);
	cr_assert_null(view.troubled);
	fake_key.view.verdict = AGENT_WARNING;
	snprintf(fake_key.view.text, sizeof(fake_key.view.text), "it expires; make another");
	link_caks_view(&bench.caks, bench.now_ns, &view);
	cr_assert_eq(view.troubled, &bench.link.primary);
	cr_assert_str_eq(view.trouble, "it expires; make another");
}

Test(caks_reload, keys_of_the_cloud_are_wanted_and_dropped_once_each) {
	bench.config.links = &bench.link;
	bench.config.n_links = 1;
	make_chain();
	in_the_cloud(&bench.link.primary);
	in_the_cloud(&bench.chain[2].cak);
	cr_assert_eq(cak_source_want(&bench.keys, &bench.config), 0);
	cr_assert_eq(fake_key.wants, 2);
	cak_source_drop(&bench.keys, &bench.config);
	cr_assert_eq(fake_key.drops, 2);
}

/* What is behind the one that cannot be wanted was not wanted: another configuration may. */
Test(caks_reload, keys_that_cannot_all_be_wanted_are_dropped_as_often_as_wanted) {
	bench.config.links = &bench.link;
	bench.config.n_links = 1;
	make_chain();
	in_the_cloud(&bench.link.primary);
	in_the_cloud(&bench.chain[0].cak);
	in_the_cloud(&bench.chain[2].cak);
	fake_key.wants_left = 2;
	cr_assert_eq(cak_source_want(&bench.keys, &bench.config), -ENOSPC);
	cr_assert_eq(fake_key.wants, 1);
	cr_assert_eq(fake_key.drops, 1);
}

Test(caks_reload, changes_nothing_that_is_the_same) {
	struct capture *capture;

	cr_assert_eq(begin_at(T0), 0);
	capture = capture_begin();
	reload();
	capture_end(capture);
	cr_assert_str_eq(capture->text, "");
	free(capture);
	cr_assert_str_eq(participants(), "AA01:S FB01:Sf");
}

Test(caks_reload, begins_what_is_new_and_ends_what_is_gone) {
	cr_assert_eq(begin_at(T0), 0);
	memcpy(changed.primary.ckn, (const uint8_t[]){0xcc, 1}, 2);
	write_key("c1", HEX64);
	snprintf(
		changed.primary.cak_ref, sizeof(changed.primary.cak_ref), "file:%s/c1", bench.folder
	);
	changed.fallback.is_set = false;
	reload();
	cr_assert_str_eq(participants(), "CC01:S", "AA01 carried nothing");
	cr_assert(!bench.caks.former.is_set);
}

Test(caks_reload, is_refused_when_a_new_key_cannot_be_read) {
	struct capture *capture;

	cr_assert_eq(begin_at(T0), 0);
	changed.primary.ckn[1] = 2;
	snprintf(
		changed.primary.cak_ref, sizeof(changed.primary.cak_ref), "file:%s/none",
		bench.folder
	);
	capture = capture_begin();
	cr_assert_lt(
		link_caks_check(&bench.caks, &bench.config, &changed, bench.wall_ns, bench.now_ns),
		0
	);
	assert_logged_once(capture, "does not exist");
	cr_assert_str_eq(participants(), "AA01:S FB01:Sf");
}

Test(caks_reload, keeps_the_key_under_a_name_that_stays) {
	struct capture *capture;

	cr_assert_eq(begin_at(T0), 0);
	in_the_cloud(&changed.primary);
	capture = capture_begin();
	reload();
	assert_logged_once(capture, "CKN AA01 has another key reference now; its key stays");
	cr_assert_str_eq(participants(), "AA01:S FB01:Sf");
}

Test(caks_reload, a_cak_of_the_chain_becomes_the_primary_as_it_is) {
	make_chain();
	bench.link.fallback.is_set = false;
	cr_assert_eq(begin_at(T0 + HOUR), 0);
	cr_assert_str_eq(participants(), "AA01:S CC01:S");
	changed = bench.link;
	changed.primary = bench.chain[0].cak;
	changed.n_chain = 0;
	reload();
	cr_assert_str_eq(participants(), "CC01:S");
}

Test(caks_reload, what_the_clock_has_come_to_stays) {
	make_chain();
	cr_assert_eq(begin_at(T0 + HOUR), 0);
	pass(30 * MINUTE);
	bench.wall_ns -= 5 * HOUR * NS;
	changed = bench.link;
	changed.fallback.is_set = false;
	reload();
	cr_assert_str_eq(participants(), "AA01:S CC01:S", "a clock set back undoes nothing");
}
