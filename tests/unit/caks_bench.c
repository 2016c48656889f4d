/* SPDX-License-Identifier: BSD-3-Clause */
/* A link's CAKs in a KaY; the contract is in caks_bench.h. */
#include "tests/unit/caks_bench.h"

#include "control/secret.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

struct caks_bench bench;

static void ignore_send(void *ctx, const uint8_t *frame, size_t octets) {
	(void)ctx, (void)frame, (void)octets;
}
static int ignore_sak(void *ctx, const struct sak *sak) {
	(void)ctx, (void)sak;
	return 0;
}
static int ignore_transmit(void *ctx, const struct ki *ki) {
	(void)ctx, (void)ki;
	return 0;
}
static void ignore_retire(void *ctx, const struct ki *ki) {
	(void)ctx, (void)ki;
}
static uint64_t no_pn(void *ctx, const struct ki *ki) {
	(void)ctx, (void)ki;
	return 0;
}
static void ignore_floor(void *ctx, const struct ki *ki, uint64_t sci, uint64_t lowest_pn) {
	(void)ctx, (void)ki, (void)sci, (void)lowest_pn;
}
static void ignore_state(void *ctx, enum mka_state state) {
	(void)ctx, (void)state;
}
static int count_up(void *ctx, uint8_t *octets, size_t n) {
	static uint8_t next;
	(void)ctx;
	memset(octets, ++next, n);
	return 0;
}
static void ignore_log(void *ctx, enum mka_topic topic, const char *line) {
	(void)ctx, (void)topic, (void)line;
}
static void *take_secret(void *ctx, size_t octets) {
	(void)ctx;
	if (bench.allocs_left == 0)
		return NULL;
	bench.allocs_left--;
	return secret_alloc(octets);
}
static void give_secret(void *ctx, void *mem) {
	(void)ctx;
	secret_free(mem);
}

static const struct mka_ops ops = {
	ignore_send,  ignore_sak, ignore_transmit, ignore_retire, no_pn,       ignore_floor,
	ignore_state, count_up,   ignore_log,      take_secret,   give_secret,
};

static void path_of(const char *name, char *path, size_t size) {
	snprintf(path, size, "%s/%s", bench.folder, name);
}

void write_key(const char *name, const char *text) {
	char path[128];
	FILE *stream;

	path_of(name, path, sizeof(path));
	stream = fopen(path, "w");
	cr_assert_not_null(stream);
	fprintf(stream, "%s\n", text);
	fclose(stream);
	cr_assert_eq(chmod(path, 0600), 0);
}

void remove_key(const char *name) {
	char path[128];

	path_of(name, path, sizeof(path));
	unlink(path);
}

static struct config_cak cak_of(uint8_t first, uint8_t second, const char *name) {
	struct config_cak cak = {
		.is_set = true, .ckn = {first, second}, .ckn_octets = 2, .cak_mark = {7, 9}};

	snprintf(cak.cak_ref, sizeof(cak.cak_ref), "file:%s/%s", bench.folder, name);
	write_key(name, HEX64);
	return cak;
}

void make_chain(void) {
	static const char *const names[] = {"c1", "c2", "c3"};

	for (uint8_t i = 0; i < 3; i++) {
		const int64_t start_s = T0 + 24 * HOUR * i;
		bench.chain[i] = (struct config_chain_cak){
			.cak = cak_of(0xcc, (uint8_t)(i + 1), names[i]),
			.accept_from_s = start_s - HOUR,
			.start_s = start_s,
			.end_s = i == 2 ? INT64_MAX : start_s + 24 * HOUR,
			.accept_until_s = i == 2 ? INT64_MAX : start_s + 25 * HOUR,
		};
	}
	bench.link.chain = bench.chain;
	bench.link.n_chain = 3;
}

void make_bench(void) {
	const struct mka_config config = {
		.sci = 0x02000000000a0001,
		.destination_mac = {1, 0x80, 0xc2, 0, 0, 3},
		.suite = SUITE_GCM_AES_XPN_256,
		.allowed_suites = 1u << SUITE_GCM_AES_XPN_256,
		.confidentiality = true,
	};

	snprintf(bench.folder, sizeof(bench.folder), "/tmp/macsecd-caks-XXXXXX");
	cr_assert_not_null(mkdtemp(bench.folder));
	snprintf(bench.config.path, sizeof(bench.config.path), "m.yaml");
	snprintf(bench.link.name, sizeof(bench.link.name), "west");
	bench.link.primary = cak_of(0xaa, 1, "primary");
	bench.link.fallback = cak_of(0xfb, 1, "fallback");
	bench.allocs_left = 100;
	bench.wall_ns = T0 * NS;
	bench.now_ns = 77 * NS;
	cr_assert_eq(mka_create(&config, &ops, NULL, bench.now_ns, &bench.mka), 0);
}

void end_bench(void) {
	static const char *const names[] = {"primary", "fallback", "c1", "c2", "c3"};
	struct secret_usage usage;

	mka_destroy(bench.mka);
	secret_usage(&usage);
	cr_assert_eq(usage.in_use_octets, 0, "a key was left behind");
	secret_shutdown();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		remove_key(names[i]);
	rmdir(bench.folder);
}

int begin_at(int64_t wall_s) {
	bench.wall_ns = wall_s * NS;
	return link_caks_begin(
		&bench.caks, &bench.config, &bench.link, bench.mka, &bench.keys, bench.wall_ns,
		bench.now_ns
	);
}

bool pass(int64_t seconds) {
	const uint64_t end_ns = bench.now_ns + (uint64_t)(seconds * NS);
	bool is_changed = false;

	while (bench.now_ns < end_ns) {
		const uint64_t next_ns = bench.caks.next_ns < end_ns ? bench.caks.next_ns : end_ns;
		cr_assert_gt(next_ns, bench.now_ns, "a look that asks for another one at once");
		bench.wall_ns += (int64_t)(next_ns - bench.now_ns);
		bench.now_ns = next_ns;
		is_changed |= link_caks_look(&bench.caks, bench.wall_ns, bench.now_ns);
	}
	return is_changed;
}

const char *participants(void) {
	static const char *const known[] = {"AA01", "FB01", "CC01", "CC02", "CC03"};
	static const uint8_t ckns[][2] = {{0xaa, 1}, {0xfb, 1}, {0xcc, 1}, {0xcc, 2}, {0xcc, 3}};
	static char text[128];
	struct mka_view view;
	size_t used = 0;

	mka_view(bench.mka, bench.now_ns, &view);
	text[0] = '\0';
	for (size_t i = 0; i < 5; i++)
		for (uint32_t j = 0; j < view.n_participants; j++) {
			const struct mka_participant_view *at = &view.participants[j];
			if (memcmp(at->ckn, ckns[i], 2) == 0)
				used += (size_t)snprintf(
					text + used, sizeof(text) - used, "%s%s:%s%s",
					used == 0 ? "" : " ", known[i],
					at->use == MKA_USE_SEND ? "S" : "a",
					at->is_fallback ? "f" : ""
				);
		}
	return text;
}

void assert_logged(struct capture *capture, const char *line) {
	capture_end(capture);
	cr_assert_not_null(strstr(capture->text, line), "\"%s\" lacks \"%s\"", capture->text, line);
	free(capture);
}

void assert_logged_once(struct capture *capture, const char *line) {
	capture_end(capture);
	const char *found = strstr(capture->text, line);
	cr_assert_not_null(found, "\"%s\" lacks \"%s\"", capture->text, line);
	cr_assert_null(strstr(found + 1, line), "\"%s\" has \"%s\" twice", capture->text, line);
	free(capture);
}
