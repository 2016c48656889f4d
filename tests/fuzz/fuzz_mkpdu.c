/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A whole KaY fed with frames. Input: one octet of mode and pace, then frames, each after its
 * length in two octets. Modes: 0 raw, most of it stops at the ICV; 1 the ICV is put right; 2 the
 * sender is also made to have heard us, and its wrapped SAK to unwrap, which leads to the depth.
 * Beside what the sanitizers see, a KI must never be installed twice.
 */
#include "control/mka/keys.h"
#include "control/mka/mkpdu.h"

#include <stdlib.h>

#define FRAMES_MAX 48u
#define KIS_MAX (2 * FRAMES_MAX)

struct fuzzed {
	struct mka *kay;
	struct mka_keys keys;
	uint64_t now_ns;
	uint8_t next_random;
	unsigned int n_kis;
	struct ki kis[KIS_MAX];
	struct ki transmits;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

static void must(bool holds) {
	if (!holds)
		abort();
}

static bool is_known(const struct fuzzed *fuzzed, const struct ki *ki) {
	for (unsigned int i = 0; i < fuzzed->n_kis; i++)
		if (fuzzed->kis[i].kn == ki->kn &&
		    memcmp(fuzzed->kis[i].mi, ki->mi, MI_OCTETS) == 0)
			return true;
	return false;
}

static void op_send(void *ctx, const uint8_t *frame, size_t octets) {
	(void)ctx;
	must(octets <= MKA_FRAME_MAX_OCTETS && octets % 4 == 2 && frame[0] & 1);
}

static int op_install(void *ctx, const struct sak *sak) {
	struct fuzzed *fuzzed = ctx;

	must(sak->an < 4 && sak->suite < SUITE_COUNT && sak->n_peers < CA_MAX_MEMBERS);
	must(sak->ki.kn != 0 && !is_known(fuzzed, &sak->ki) && fuzzed->n_kis < KIS_MAX);
	fuzzed->kis[fuzzed->n_kis++] = sak->ki;
	return 0;
}

static int op_transmit(void *ctx, const struct ki *ki) {
	struct fuzzed *fuzzed = ctx;

	must(is_known(fuzzed, ki));
	fuzzed->transmits = *ki;
	return 0;
}

static void op_retire(void *ctx, const struct ki *ki) {
	must(is_known(ctx, ki));
}

static uint64_t op_next_pn(void *ctx, const struct ki *ki) {
	return is_known(ctx, ki);
}

static void op_floor(void *ctx, const struct ki *ki, uint64_t sci, uint64_t lowest_pn) {
	(void)sci, (void)lowest_pn;
	must(is_known(ctx, ki));
}

static void op_state(void *ctx, enum mka_state state) {
	(void)ctx;
	must(state < MKA_STATES_COUNT);
}

static int op_random(void *ctx, uint8_t *octets, size_t n) {
	struct fuzzed *fuzzed = ctx;

	memset(octets, fuzzed->next_random++, n);
	return 0;
}

static void op_log(void *ctx, const char *line) {
	(void)ctx;
	must(strlen(line) < 400);
}

static void *op_alloc(void *ctx, size_t octets) {
	(void)ctx;
	return malloc(octets);
}

static void op_free(void *ctx, void *mem) {
	(void)ctx;
	free(mem);
}

static const struct mka_ops ops = {
	.send = op_send,
	.sak_install = op_install,
	.sak_transmit = op_transmit,
	.sak_retire = op_retire,
	.next_pn = op_next_pn,
	.lpn_floor = op_floor,
	.state_changed = op_state,
	.random = op_random,
	.log = op_log,
	.secret_alloc = op_alloc,
	.secret_free = op_free,
};

static void begin(struct fuzzed *fuzzed) {
	struct mka_config config = {
		.sci = 0x02000000000a0001,
		.destination_mac = {0x01, 0x80, 0xc2, 0, 0, 0x03},
		.key_server_priority = 16,
		.suite = SUITE_GCM_AES_XPN_256,
		.allowed_suites = (1u << SUITE_COUNT) - 1,
		.confidentiality = true,
	};
	struct mka_cak cak = {.ckn_octets = 32, .cak_octets = 16, .use = MKA_USE_SEND};

	for (uint8_t i = 0; i < 32; i++)
		cak.ckn[i] = i;
	for (uint8_t i = 0; i < 16; i++)
		cak.cak[i] = i;
	must(keys_derive(&fuzzed->keys, cak.cak, cak.cak_octets, cak.ckn, cak.ckn_octets) == 0);
	must(mka_create(&config, &ops, fuzzed, 0, &fuzzed->kay) == 0);
	must(mka_add_cak(fuzzed->kay, &cak, 0) == 0);
}

/* The frame has room for an ICV at the end of what it says its body is. */
static void seal(const struct fuzzed *fuzzed, uint8_t *frame, const struct mkpdu *pdu) {
	keys_icv(&fuzzed->keys, frame, pdu->icv_offset, frame + pdu->icv_offset);
}

/* Lists us with our latest MN, and wraps as SAK whatever stands in its place. */
static size_t deepen(struct fuzzed *fuzzed, struct mkpdu *pdu, uint8_t *frame, size_t size) {
	static struct mka_view view;
	static uint8_t entries[MKA_FRAME_MAX_OCTETS];
	struct mkpdu_distributed_sak *sak = &pdu->distributed_sak;
	uint8_t plain[SAK_MAX_OCTETS];
	struct writer out = {.base = entries, .size = sizeof(entries)};

	mka_view(fuzzed->kay, fuzzed->now_ns, &view);
	writer_octets(&out, view.mi, MI_OCTETS);
	writer_number(&out, view.mn, 4);
	if (pdu->live.n > 1)
		writer_octets(
			&out, pdu->live.entries + MKPDU_LIST_ENTRY_OCTETS,
			(pdu->live.n - 1) * MKPDU_LIST_ENTRY_OCTETS
		);
	pdu->live.entries = entries;
	pdu->live.n = out.used / MKPDU_LIST_ENTRY_OCTETS;
	mkpdu_mark(pdu, SET_LIVE_PEERS);
	if (sak->wrapped_octets != 0) {
		memcpy(plain, sak->wrapped, sizeof(plain));
		keys_wrap(&fuzzed->keys, plain, sak->wrapped_octets - 8u, sak->wrapped);
	}
	return mkpdu_encode(pdu, frame, size);
}

static void feed(struct fuzzed *fuzzed, unsigned int mode, const uint8_t *octets, size_t n) {
	uint8_t *frame = malloc(n > 0 ? n : 1); // exact, so that ASan sees an overrun
	uint8_t deep[MKA_FRAME_MAX_OCTETS];
	struct mkpdu pdu;
	enum mka_refusal why;

	must(frame != NULL);
	memcpy(frame, octets, n);
	if (mode == 0 || !mkpdu_decode_head(frame, n, &pdu, &why)) {
		mka_receive(fuzzed->kay, frame, n, fuzzed->now_ns);
	} else if (mode == 1 || !mkpdu_decode_sets(frame, &pdu)) {
		seal(fuzzed, frame, &pdu);
		mka_receive(fuzzed->kay, frame, n, fuzzed->now_ns);
	} else {
		size_t deep_octets = deepen(fuzzed, &pdu, deep, sizeof(deep));

		if (deep_octets != 0) {
			seal(fuzzed, deep, &pdu);
			mka_receive(fuzzed->kay, deep, deep_octets, fuzzed->now_ns);
		}
	}
	free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets) {
	struct cursor in = {.at = data, .left = octets};
	unsigned int mode = (unsigned int)cursor_number(&in, 1);
	static struct fuzzed fuzzed;

	memset(&fuzzed, 0, sizeof(fuzzed));
	begin(&fuzzed);
	for (unsigned int i = 0; i < FRAMES_MAX && in.left > 2; i++) {
		size_t n = cursor_number(&in, 2);

		n = n > in.left ? in.left : n;
		must(mka_tick(fuzzed.kay, fuzzed.now_ns) >= fuzzed.now_ns);
		feed(&fuzzed, mode & 3, cursor_take(&in, n), n);
		fuzzed.now_ns += (mode >> 2) * 100000000ull;
	}
	must(mka_tick(fuzzed.kay, fuzzed.now_ns) >= fuzzed.now_ns);
	mka_rekey(fuzzed.kay, fuzzed.now_ns);
	mka_destroy(fuzzed.kay);
	keys_wipe(&fuzzed.keys);
	return 0;
}
