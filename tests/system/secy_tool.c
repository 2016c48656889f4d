/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The data plane's two lanes as a filter, with keys and packet numbers set by hand: for comparison
 * with other implementations. Never installed; the appliance itself offers no such thing.
 *
 * Each line of standard input is a JSON object: op (protect | validate), engine (auto | sse | avx2
 * | avx512 | openssl), suite, key, salt, ssci, sci, pn (hexadecimal texts), an, encrypt, offset,
 * vlan, include_sci, frame (hexadecimal). Each answer is a line: {"fate", "reason", "frame",
 * "counters"};
 * {"fate": "no engine"} when this CPU lacks the instructions.
 */

#include "drivers/crypto_engines.h"
#include "tests/unit/lane_bench.h"

#include <cjson/cJSON.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_MAX 16384u

struct tool {
	struct lane_bench *bench; // of the last request's engine, SCI and tag form
	char engine[16];
	uint64_t sci;
	bool includes_sci;
	uint32_t kn;
};

struct request {
	bool is_validate;
	const char *engine;
	struct sak sak;
	uint64_t sci, pn;
	uint8_t vlan_in_clear;
	bool includes_sci;
	uint8_t frame[FRAME_MAX];
	uint32_t octets;
};

_Noreturn void bench_fail(const char *what) {
	fprintf(stderr, "secy_tool: %s\n", what);
	exit(2);
}

static const char *text_of(const cJSON *line, const char *name) {
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(line, name));
	bench_require(text != NULL, name);
	return text;
}

static uint8_t small_of(const cJSON *line, const char *name) {
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(line, name);
	bench_require(
		cJSON_IsBool(item) || (cJSON_IsNumber(item) && item->valuedouble < 256), name
	);
	return (uint8_t)(cJSON_IsNumber(item) ? item->valueint : cJSON_IsTrue(item));
}

static uint8_t nibble_of(char digit) {
	if (digit >= '0' && digit <= '9')
		return (uint8_t)(digit - '0');
	bench_require(digit >= 'a' && digit <= 'f', "no hexadecimal digit");
	return (uint8_t)(digit - 'a' + 10);
}

static uint32_t octets_of(const cJSON *line, const char *name, uint8_t *out, size_t room) {
	const char *text = text_of(line, name);
	const size_t n = strlen(text) / 2;

	bench_require(n <= room, name);
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(nibble_of(text[2 * i]) << 4 | nibble_of(text[2 * i + 1]));
	return (uint32_t)n;
}

static enum cipher_suite suite_of(const char *name) {
	for (unsigned i = 0; i < SUITE_COUNT; i++)
		if (strcmp(name, suite_info(i)->name) == 0)
			return i;
	bench_fail(name);
}

static void request_read(const cJSON *line, struct request *r) {
	*r = (struct request){
		.is_validate = strcmp(text_of(line, "op"), "validate") == 0,
		.engine = text_of(line, "engine"),
		.sci = strtoull(text_of(line, "sci"), NULL, 16),
		.pn = strtoull(text_of(line, "pn"), NULL, 16),
		.vlan_in_clear = small_of(line, "vlan"),
		.includes_sci = small_of(line, "include_sci"),
		.sak =
			{
				.ki.mi = "secy-tool-mi",
				.suite = suite_of(text_of(line, "suite")),
				.an = small_of(line, "an"),
				.confidentiality = small_of(line, "encrypt"),
				.confidentiality_offset = small_of(line, "offset"),
				.own_ssci = (uint32_t)strtoul(text_of(line, "ssci"), NULL, 16),
				.n_peers = 1,
			},
	};
	r->sak.peers[0] = (struct sak_member){r->sci, r->sak.own_ssci};
	octets_of(line, "key", r->sak.octets, sizeof(r->sak.octets));
	octets_of(line, "salt", r->sak.salt, sizeof(r->sak.salt));
	r->octets = octets_of(line, "frame", r->frame, sizeof(r->frame));
}

/* NULL when this CPU lacks the instructions. */
static struct crypto_engine *engine_create(const char *name) {
	static const char *const archs[] = {"auto", "sse", "avx2", "avx512"};
	struct crypto_engine *engine = NULL;
	int error = -EINVAL;

	if (strcmp(name, "openssl") == 0)
		error = crypto_openssl_create(1, &engine);
	for (unsigned i = 0; i < sizeof(archs) / sizeof(archs[0]); i++)
		if (strcmp(name, archs[i]) == 0)
			error = crypto_ipsec_mb_create((enum crypto_arch)i, &engine);
	bench_require(error == 0 || error == -ENODEV, name);
	return engine;
}

/* A bench for this request; the last one's if it fits. False without an engine. */
static bool tool_prepare(struct tool *tool, const struct request *r) {
	if (tool->bench != NULL && strcmp(tool->engine, r->engine) == 0 && tool->sci == r->sci &&
	    tool->includes_sci == r->includes_sci)
		return true;
	if (tool->bench != NULL)
		bench_close(tool->bench);
	tool->bench = NULL;
	struct crypto_engine *engine = engine_create(r->engine);
	if (engine == NULL)
		return false;
	tool->bench = bench_open(&(struct bench_request
	){.engine = engine, .sci = r->sci, .leaves_out_sci = !r->includes_sci});
	snprintf(tool->engine, sizeof(tool->engine), "%s", r->engine);
	tool->sci = r->sci;
	tool->includes_sci = r->includes_sci;
	return true;
}

static cJSON *answer_make(const struct lane_bench *bench, const char *hex) {
	const bool is_sent = bench->burst.fate[0] == FATE_SEND;
	cJSON *answer = cJSON_CreateObject();

	cJSON_AddStringToObject(answer, "fate", is_sent ? "send" : "drop");
	if (is_sent)
		cJSON_AddStringToObject(answer, "frame", hex);
	else
		cJSON_AddStringToObject(
			answer, "reason", counter_info(bench->burst.reason[0])->word
		);
	return answer;
}

static void add_counters(cJSON *answer, const struct lane_worker *w) {
	cJSON *counters = cJSON_AddObjectToObject(answer, "counters");

	for (unsigned c = 0; c < COUNTER_COUNT; c++)
		if (bench_count(w, c) != 0)
			cJSON_AddNumberToObject(
				counters, counter_info(c)->word, (double)bench_count(w, c)
			);
}

static cJSON *run(struct tool *tool, struct request *r) {
	struct lane_bench *bench = tool->bench;
	const struct lane_worker *w = r->is_validate ? &bench->validating : &bench->protecting;
	static char hex[2 * FRAME_MAX + 1];

	r->sak.ki.kn = ++tool->kn;
	bench->secy->vlan_in_clear = r->vlan_in_clear;
	bench_require(sa_install_sak(bench->door, &r->sak) == 0, "the SAK is refused");
	bench_require(sa_install_transmit(bench->door, &r->sak.ki) == 0, "no transmit SA");
	bench_set_tx_pn(bench, &r->sak.ki, r->pn);
	bench_set_rx_pn(bench, &r->sak.ki, r->pn, r->pn);
	bench_put(bench, r->frame, r->octets);
	(r->is_validate ? bench_validate : bench_protect)(bench);
	const uint32_t n = bench_get(bench, 0, r->frame, sizeof(r->frame));
	for (uint32_t i = 0; i < 2 * n; i++)
		hex[i] = "0123456789abcdef"[r->frame[i / 2] >> (i & 1 ? 0 : 4) & 0xf];
	hex[2 * n] = '\0';
	cJSON *answer = answer_make(bench, hex);
	bench_finish(bench, w);
	add_counters(answer, w);
	bench_reset_counters(bench);
	sa_install_retire(bench->door, &r->sak.ki);
	sa_install_reclaim(bench->door);
	return answer;
}

static void serve(struct tool *tool, const char *text) {
	static struct request request;
	cJSON *line = cJSON_Parse(text);
	cJSON *answer = NULL;

	bench_require(line != NULL, "a line is not JSON");
	request_read(line, &request);
	if (tool_prepare(tool, &request)) {
		answer = run(tool, &request);
	} else {
		answer = cJSON_CreateObject();
		cJSON_AddStringToObject(answer, "fate", "no engine");
	}
	char *out = cJSON_PrintUnformatted(answer);
	puts(out);
	cJSON_free(out);
	cJSON_Delete(answer);
	cJSON_Delete(line);
}

int main(void) {
	struct tool tool = {0};
	char *text = NULL;
	size_t room = 0;

	bench_eal_start();
	while (getline(&text, &room, stdin) > 0)
		serve(&tool, text);
	free(text);
	if (tool.bench != NULL)
		bench_close(tool.bench);
	return 0;
}
