/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys against mka.json: CMAC, key wrap, KDF, salt, SSCI. */
#include "control/mka/machines.h"
#include "tests/unit/mka_json.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>

TestSuite(vectors, .init = mka_vectors_load, .fini = mka_vectors_unload);

static void check_cmac(const cJSON *vector) {
	uint8_t key[32], message[256], mac[16];
	size_t key_octets = hex_of(vector, "key", key, sizeof(key));
	size_t octets = hex_of(vector, "message", message, sizeof(message));

	cr_assert_eq(keys_cmac(key, key_octets, message, octets, mac), 0);
	assert_hex(mac, sizeof(mac), word(vector, "mac"), word(vector, "source"));
}

static void check_wrap(const cJSON *vector) {
	struct mka_keys keys = {0};
	uint8_t plain[32], wrapped[40], out[40];
	size_t octets = hex_of(vector, "plain", plain, sizeof(plain));

	keys.octets = (uint8_t)hex_of(vector, "kek", keys.kek, sizeof(keys.kek));
	cr_assert_eq(keys_wrap(&keys, plain, octets, out), 0);
	assert_hex(out, octets + 8, word(vector, "wrapped"), word(vector, "source"));
	hex_of(vector, "wrapped", wrapped, sizeof(wrapped));
	cr_assert_eq(keys_unwrap(&keys, wrapped, octets + 8, out), 0);
	assert_hex(out, octets, word(vector, "plain"), word(vector, "source"));
	wrapped[3] ^= 1;
	cr_assert_eq(keys_unwrap(&keys, wrapped, octets + 8, out), -EBADMSG);
}

Test(vectors, primitives_give_the_published_values) {
	const cJSON *vector;
	int n = 0;

	cJSON_ArrayForEach(vector, member(mka_vectors, "primitives")) {
		if (strcmp(word(vector, "type"), "aes-cmac") == 0)
			check_cmac(vector);
		else
			check_wrap(vector);
		n++;
	}
	cr_assert_eq(n, 11);
}

static void check_kek_and_ick(const cJSON *vector) {
	struct mka_keys keys = {0};
	uint8_t cak[32], ckn[32];
	size_t cak_octets = hex_of(vector, "key", cak, sizeof(cak));
	size_t ckn_octets = hex_of(vector, "ckn", ckn, sizeof(ckn));
	bool is_kek = strcmp(word(vector, "label"), "IEEE8021 KEK") == 0;

	cr_assert_eq(keys_derive(&keys, cak, cak_octets, ckn, ckn_octets), 0);
	assert_hex(
		is_kek ? keys.kek : keys.ick, keys.octets, word(vector, "output"),
		word(vector, "name")
	);
	keys_wipe(&keys);
}

Test(vectors, kdf_gives_every_value) {
	const cJSON *vector;
	int n = 0;

	cJSON_ArrayForEach(vector, member(mka_vectors, "kdf")) {
		uint8_t key[32], context[512], out[32];
		size_t key_octets = hex_of(vector, "key", key, sizeof(key));
		size_t octets = hex_of(vector, "context", context, sizeof(context));
		unsigned int bits = (unsigned int)number(vector, "length_bits");

		cr_assert_eq(
			keys_kdf(
				key, key_octets, word(vector, "label"), context, octets, bits, out
			),
			0
		);
		assert_hex(out, bits / 8, word(vector, "output"), word(vector, "name"));
		if (cJSON_GetObjectItem(vector, "ckn") != NULL)
			check_kek_and_ick(vector);
		n++;
	}
	cr_assert_eq(n, 30);
}

Test(vectors, salt_mixes_the_key_number) {
	const cJSON *vector;

	cJSON_ArrayForEach(vector, member(mka_vectors, "xpn_salt")) {
		struct ki ki;
		uint8_t salt[SALT_OCTETS];

		hex_of(vector, "key_server_mi", ki.mi, sizeof(ki.mi));
		ki.kn = (uint32_t)hex_number(word(vector, "kn"));
		keys_salt(&ki, salt);
		assert_hex(salt, sizeof(salt), word(vector, "salt"), "salt");
	}
}

/* Each member of a case in turn is "we". */
static void check_sscis(const cJSON *scis, const cJSON *expected) {
	int n = cJSON_GetArraySize(scis);

	for (int own = 0; own < n; own++) {
		const char *own_sci = cJSON_GetArrayItem(scis, own)->valuestring;
		struct sak sak = {0};

		for (int i = 0; i < n; i++)
			if (i != own)
				sak.peers[sak.n_peers++].sci =
					hex_number(cJSON_GetArrayItem(scis, i)->valuestring);
		sak_assign_sscis(&sak, hex_number(own_sci));
		cr_assert_eq(sak.own_ssci, hex_number(word(expected, own_sci)));
		for (uint32_t i = 0; i < sak.n_peers; i++) {
			char sci[17];

			snprintf(sci, sizeof(sci), "%016llx", (unsigned long long)sak.peers[i].sci);
			cr_assert_eq(sak.peers[i].ssci, hex_number(word(expected, sci)));
		}
	}
}

Test(vectors, sscis_follow_descending_scis) {
	const cJSON *vector;

	cJSON_ArrayForEach(vector, member(member(mka_vectors, "ssci_assignment"), "cases"))
		check_sscis(member(vector, "scis"), member(vector, "ssci"));
}
