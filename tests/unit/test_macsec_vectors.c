/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every frame of the vectors through the real stages, with both engines: what must be accepted
 * gives the plain frame and moves in-pkts-ok alone, what must be refused moves its own counter
 * alone; what we send is the same octet for octet.
 */

#include "dataplane/pn.h"
#include "drivers/crypto_engines.h"
#include "tests/unit/lane_bench.h"
#include "tests/unit/vectors.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <errno.h>

#define FRAME_MAX 2048

struct engine_choice {
	bool is_openssl;
	enum crypto_arch arch;
	uint16_t segment_octets; // 0: whole frames
};

struct vector {
	const char *name, *kind, *expect;
	struct sak sak;
	uint64_t sci, pn;
	uint8_t tci_an;
	uint8_t vlan_tags; // in clear before the SecTAG
	uint8_t plain[FRAME_MAX], secured[FRAME_MAX];
	uint32_t plain_octets, secured_octets;
};

static struct crypto_engine *engine_of(const struct engine_choice *choice) {
	struct crypto_engine *engine = NULL;
	const int error = choice->is_openssl ? crypto_openssl_create(1, &engine)
					     : crypto_ipsec_mb_create(choice->arch, &engine);
	if (error == -ENODEV)
		cr_skip_test("this CPU has no such instructions");
	cr_assert_eq(error, 0);
	return engine;
}

static enum cipher_suite suite_of(const char *cipher) {
	static const char *const names[SUITE_COUNT] = {
		"GCM-AES-128",
		"GCM-AES-256",
		"GCM-AES-XPN-128",
		"GCM-AES-XPN-256",
	};
	for (unsigned i = 0; cipher != NULL && i < SUITE_COUNT; i++)
		if (strcmp(cipher, names[i]) == 0)
			return (enum cipher_suite)i;
	return SUITE_GCM_AES_128; // frames without a SecTAG
}

static void read_sak(const cJSON *json, struct vector *v) {
	struct sak *sak = &v->sak;

	sak->suite = suite_of(vector_text(json, "cipher"));
	vector_octets(json, "key", sak->octets, sizeof(sak->octets));
	vector_octets(json, "salt", sak->salt, sizeof(sak->salt));
	sak->own_ssci =
		vector_text(json, "ssci") == NULL ? 0 : (uint32_t)vector_hex_u64(json, "ssci");
	sak->an = v->tci_an & TCI_AN;
	sak->confidentiality = vector_flag(json, "confidentiality");
	sak->confidentiality_offset = (uint8_t)vector_number(json, "confidentiality_offset");
	sak->n_peers = 1;
	sak->peers[0] = (struct sak_member){v->sci, sak->own_ssci};
	memcpy(sak->ki.mi, "vector-mi-12", MI_OCTETS);
	sak->ki.kn = 1;
}

static void read_vector(const cJSON *json, struct vector *v) {
	*v = (struct vector){
		.name = vector_text(json, "name"),
		.kind = vector_text(json, "kind"),
		.expect = vector_text(json, "expect"),
	};
	v->plain_octets = (uint32_t)vector_octets(json, "plain", v->plain, FRAME_MAX);
	v->secured_octets = (uint32_t)vector_octets(json, "secured", v->secured, FRAME_MAX);
	if (vector_text(json, "tci_an") == NULL) // no SecTAG
		return;
	v->tci_an = (uint8_t)vector_hex_u64(json, "tci_an");
	v->sci = vector_hex_u64(json, "sci");
	const char *pn64 = vector_text(json, "pn64");
	v->pn = vector_hex_u64(json, pn64 != NULL ? "pn64" : "pn32_on_wire");
	v->vlan_tags = (uint8_t)((vector_number(json, "sectag_offset") - 12) / 4);
	read_sak(json, v);
}

static struct lane_bench *
bench_for(const struct vector *v, const struct engine_choice *choice, enum secy_validate validate) {
	const struct bench_request request = {
		.engine = engine_of(choice),
		.sci = v->sci,
		.leaves_out_sci = !(v->tci_an & TCI_SC),
		.validate = validate,
		.vlan_in_clear = v->vlan_tags,
		.segment_octets = choice->segment_octets,
	};
	return bench_open(&request);
}

static bool is_refused(const struct vector *v) {
	return strcmp(v->kind, "negative") == 0;
}

/* The counter that a refused vector must move, from the words of its expectation. */
static enum counter refusal_of(const struct vector *v) {
	if (strstr(v->expect, "InPktsNotValid") != NULL)
		return C_IN_PKTS_NOT_VALID;
	if (strstr(v->expect, "bad tag") != NULL)
		return C_IN_PKTS_BAD_TAG;
	cr_assert_not_null(strstr(v->expect, "InPktsNoTag"), "%s: %s", v->name, v->expect);
	return C_IN_PKTS_NO_TAG;
}

/* Every counter but those named is 0: a frame moves exactly what it should. */
static void assert_only(
	const struct lane_worker *w, const char *name, enum counter frames, enum counter octets
) {
	for (unsigned c = 0; c < COUNTER_COUNT; c++) {
		const uint64_t value = bench_count(w, c);
		if (c == (unsigned)frames)
			cr_assert_eq(value, 1, "%s: %s", name, counter_info(c)->word);
		else if (c != (unsigned)octets)
			cr_assert_eq(value, 0, "%s: %s moved", name, counter_info(c)->word);
	}
}

static void check_accepted(struct lane_bench *bench, const struct vector *v) {
	uint8_t out[FRAME_MAX];
	const bool is_encrypted = v->tci_an & TCI_E;

	cr_assert_eq(
		bench->burst.fate[0], FATE_SEND, "%s is not accepted: %s", v->name,
		counter_info(bench->burst.reason[0])->word
	);
	cr_assert_eq(bench_get(bench, 0, out, sizeof(out)), v->plain_octets, "%s: length", v->name);
	cr_assert_arr_eq(out, v->plain, v->plain_octets, "%s: plain frame", v->name);
	bench_finish(bench, &bench->validating);
	assert_only(
		&bench->validating, v->name, C_IN_PKTS_OK,
		is_encrypted ? C_IN_OCTETS_DECRYPTED : C_IN_OCTETS_VALIDATED
	);
}

static void check_refused(struct lane_bench *bench, const struct vector *v) {
	cr_assert_eq(bench->burst.fate[0], FATE_DROP, "%s is not refused", v->name);
	bench_finish(bench, &bench->validating);
	assert_only(&bench->validating, v->name, refusal_of(v), refusal_of(v));
	struct sa_install_entry entry;
	if (sa_install_entry(bench->door, 0, &entry))
		cr_assert_eq(
			entry.rx->next_pn, v->pn, "%s: a refused frame moved the window", v->name
		);
}

static void receive_vector(const struct vector *v, const struct engine_choice *choice) {
	struct lane_bench *bench = bench_for(v, choice, SECY_STRICT);

	if (v->sci != 0) {
		cr_assert_eq(sa_install_sak(bench->door, &v->sak), 0);
		bench_set_rx_pn(bench, &v->sak.ki, v->pn, v->pn);
	}
	bench_put(bench, v->secured, v->secured_octets);
	bench_validate(bench);
	if (is_refused(v))
		check_refused(bench, v);
	else
		check_accepted(bench, v);
	bench_close(bench);
}

/* ES and SCB are never sent; of the others what we build must be the vector itself, but for MAC
 * padding. */
static void send_vector(const struct vector *v, const struct engine_choice *choice) {
	uint8_t out[FRAME_MAX];

	if (v->tci_an & (TCI_ES | TCI_SCB) || strstr(v->name, "padded") != NULL)
		return;
	struct lane_bench *bench = bench_for(v, choice, SECY_STRICT);
	cr_assert_eq(sa_install_sak(bench->door, &v->sak), 0);
	cr_assert_eq(sa_install_transmit(bench->door, &v->sak.ki), 0);
	bench_set_tx_pn(bench, &v->sak.ki, v->pn);
	bench_put(bench, v->plain, v->plain_octets);
	bench_protect(bench);
	cr_assert_eq(bench->burst.fate[0], FATE_SEND, "%s", v->name);
	cr_assert_eq(bench_get(bench, 0, out, sizeof(out)), v->secured_octets, "%s", v->name);
	cr_assert_arr_eq(out, v->secured, v->secured_octets, "%s: secured frame", v->name);
	bench_finish(bench, &bench->protecting);
	assert_only(
		&bench->protecting, v->name,
		v->sak.confidentiality ? C_OUT_PKTS_ENCRYPTED : C_OUT_PKTS_PROTECTED,
		v->sak.confidentiality ? C_OUT_OCTETS_ENCRYPTED : C_OUT_OCTETS_PROTECTED
	);
	bench_close(bench);
}

ParameterizedTestParameters(macsec_vectors, engine_gives_every_frame) {
	static struct engine_choice choices[] = {
		{.arch = CRYPTO_ARCH_AUTO},
		{.arch = CRYPTO_ARCH_SSE},
		{.arch = CRYPTO_ARCH_AVX2},
		{.arch = CRYPTO_ARCH_AVX512},
		{.is_openssl = true},
		{.arch = CRYPTO_ARCH_AUTO, .segment_octets = 40}, // chained mbufs
		{.is_openssl = true, .segment_octets = 37},
	};
	return cr_make_param_array(
		struct engine_choice, choices, sizeof(choices) / sizeof(choices[0])
	);
}

ParameterizedTest(struct engine_choice *choice, macsec_vectors, engine_gives_every_frame) {
	cJSON *root = vectors_load("macsec.json");
	const cJSON *json;
	struct vector v;
	unsigned accepted = 0, refused = 0;

	bench_eal_start();
	cJSON_ArrayForEach(json, vector_list(root, "vectors")) {
		read_vector(json, &v);
		receive_vector(&v, choice);
		if (is_refused(&v)) {
			refused++;
		} else {
			send_vector(&v, choice);
			accepted++;
		}
	}
	cr_assert_eq(accepted, 87);
	cr_assert_eq(refused, 13);
	cJSON_Delete(root);
}
