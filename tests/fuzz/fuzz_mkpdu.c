/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A whole KaY with several CAKs, fed with frames and with what the daemon does between them. Input:
 * one octet of mode and pace, then records, each a head of two octets and, for a frame, its octets.
 * Head: what to do (3 bits), with which CAK (2), an argument (11), of a frame its length.
 *
 * Modes: 0 raw, most of it stops at the ICV; 1 the ICV is put right, under the record's CAK; 2 the
 * sender is also made to have heard us, and its wrapped SAK to unwrap, which leads to the depth; 3
 * it moreover has the SAK that we have. Beside what the sanitizers see, a KI must never be
 * installed twice, an AN never hold two SAKs, and every state told must be true.
 */
#include "control/mka/keys.h"
#include "control/mka/mkpdu.h"

#include <errno.h>
#include <stdlib.h>

#define RECORDS_MAX 64u
#define KIS_MAX (8 * RECORDS_MAX)
#define CAKS 4u
#define CKN_AT (EAPOL_HEAD_OCTETS + 4u + MKPDU_BASIC_FIXED_OCTETS)
#define MS 1000000ull

enum what { FRAME, TICK, REKEY, ADD, REMOVE, UPDATE, SUSPEND, REFUSE };

struct fuzzed {
	struct mka *kay;
	struct mka_cak caks[CAKS]; // primary, fallback, one to accept, one more
	struct mka_keys keys[CAKS];
	unsigned int mode;
	uint64_t now_ns;
	uint16_t next_random;
	unsigned int refusals; // of so many installations to come
	bool was_removed;      // a CAK
	unsigned int n_kis;
	struct ki kis[KIS_MAX];
	bool is_held[4]; // by AN
	struct ki held[4];
	bool transmits;
	struct ki transmitted;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

static void must(bool holds) {
	if (!holds)
		abort();
}

static bool is_same(const struct ki *a, const struct ki *b) {
	return a->kn == b->kn && memcmp(a->mi, b->mi, MI_OCTETS) == 0;
}

static bool is_known(const struct fuzzed *fuzzed, const struct ki *ki) {
	for (unsigned int i = 0; i < fuzzed->n_kis; i++)
		if (is_same(&fuzzed->kis[i], ki))
			return true;
	return false;
}

/* AN of a SAK that is installed, or 4. */
static unsigned int find_held(const struct fuzzed *fuzzed, const struct ki *ki) {
	unsigned int an = 0;

	while (an < 4 && !(fuzzed->is_held[an] && is_same(&fuzzed->held[an], ki)))
		an++;
	return an;
}

/* Only SAKs that are there may be reported. */
static void op_send(void *ctx, const uint8_t *frame, size_t octets) {
	const struct fuzzed *fuzzed = ctx;
	enum mka_refusal why;
	struct mkpdu pdu;

	must(octets <= MKA_FRAME_MAX_OCTETS && octets % 4 == 2 && frame[0] & 1);
	must(mkpdu_decode_head(frame, octets, &pdu, &why) && mkpdu_decode_sets(frame, &pdu));
	must(pdu.sak_use.latest.ki.kn == 0 || find_held(fuzzed, &pdu.sak_use.latest.ki) < 4);
	must(pdu.sak_use.old.ki.kn == 0 || find_held(fuzzed, &pdu.sak_use.old.ki) < 4);
}

static int op_install(void *ctx, const struct sak *sak) {
	struct fuzzed *fuzzed = ctx;

	must(sak->an < 4 && sak->suite < SUITE_COUNT && sak->n_peers < CA_MAX_MEMBERS);
	must(sak->ki.kn != 0 && !fuzzed->is_held[sak->an]);
	if (fuzzed->refusals > 0) {
		fuzzed->refusals--;
		return fuzzed->refusals & 1 ? -EEXIST : -ENOMEM;
	}
	/* What a CAK's participant remembered went with the CAK: then the door remembers. */
	must(!is_known(fuzzed, &sak->ki) || fuzzed->was_removed);
	if (is_known(fuzzed, &sak->ki))
		return -EEXIST;
	if (fuzzed->n_kis == KIS_MAX)
		return -ENOSPC;
	fuzzed->kis[fuzzed->n_kis++] = sak->ki;
	fuzzed->is_held[sak->an] = true;
	fuzzed->held[sak->an] = sak->ki;
	return 0;
}

static int op_transmit(void *ctx, const struct ki *ki) {
	struct fuzzed *fuzzed = ctx;

	must(find_held(fuzzed, ki) < 4);
	fuzzed->transmits = true;
	fuzzed->transmitted = *ki;
	return 0;
}

static void op_retire(void *ctx, const struct ki *ki) {
	struct fuzzed *fuzzed = ctx;
	unsigned int an = find_held(fuzzed, ki);

	must(an < 4);
	fuzzed->is_held[an] = false;
	if (is_same(&fuzzed->transmitted, ki))
		fuzzed->transmits = false;
}

static uint64_t op_next_pn(void *ctx, const struct ki *ki) {
	return find_held(ctx, ki) < 4;
}

static void op_floor(void *ctx, const struct ki *ki, uint64_t sci, uint64_t lowest_pn) {
	(void)sci;
	must(find_held(ctx, ki) < 4 && lowest_pn != 0);
}

static void op_state(void *ctx, enum mka_state state) {
	const struct fuzzed *fuzzed = ctx;

	must(state < MKA_STATES_COUNT);
	must((state == MKA_SECURED || state == MKA_KEEPING) == fuzzed->transmits);
}

static int op_random(void *ctx, uint8_t *octets, size_t n) {
	struct fuzzed *fuzzed = ctx;

	memset(octets, 0, n);
	fuzzed->next_random++;
	memcpy(octets, &fuzzed->next_random, sizeof(fuzzed->next_random));
	return 0;
}

static void op_log(void *ctx, enum mka_topic topic, const char *line) {
	(void)ctx, (void)topic;
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

static void prepare_cak(struct fuzzed *fuzzed, uint8_t n) {
	struct mka_cak *cak = &fuzzed->caks[n];

	*cak = (struct mka_cak){.ckn_octets = 32, .cak_octets = 16, .rank = n};
	for (uint8_t i = 0; i < 32; i++)
		cak->ckn[i] = i;
	cak->ckn[31] = (uint8_t)(31 + n);
	for (uint8_t i = 0; i < 16; i++)
		cak->cak[i] = (uint8_t)(i + n);
	cak->is_fallback = n == 1;
	cak->use = n == 2 ? MKA_USE_ACCEPT : MKA_USE_SEND;
	must(keys_derive(&fuzzed->keys[n], cak->cak, cak->cak_octets, cak->ckn, cak->ckn_octets) ==
	     0);
}

static void begin(struct fuzzed *fuzzed) {
	bool keeps_last_sak = fuzzed->mode >> 7;
	struct mka_config config = {
		.sci = 0x02000000000a0001,
		.destination_mac = {0x01, 0x80, 0xc2, 0, 0, 0x03},
		.key_server_priority = 16,
		.suite = SUITE_GCM_AES_XPN_256,
		.allowed_suites = (1u << SUITE_COUNT) - 1,
		.confidentiality = true,
		.keeps_last_sak = keeps_last_sak,
		.delay_protect = true,
		.rekeys_on_loss = true,
		.allows_plain = true,
		.honours_suspension = true,
	};
	for (uint8_t n = 0; n < CAKS; n++)
		prepare_cak(fuzzed, n);
	must(mka_create(&config, &ops, fuzzed, 0, &fuzzed->kay) == 0);
	for (uint8_t n = 0; n < CAKS - 1; n++)
		must(mka_add_cak(fuzzed->kay, &fuzzed->caks[n], 0) == 0);
}

/* The frame has room for an ICV at the end of what it says its body is. */
static void
seal(const struct fuzzed *fuzzed, unsigned int which, uint8_t *frame, const struct mkpdu *pdu) {
	keys_icv(&fuzzed->keys[which], frame, pdu->icv_offset, frame + pdu->icv_offset);
}

/* Lists us with our latest MN in the CA of this CAK. */
static void
list_us(struct fuzzed *fuzzed, unsigned int which, const struct mka_view *view, struct mkpdu *pdu,
	struct writer *out) {
	for (uint32_t i = 0; i < view->n_participants; i++) {
		const struct mka_participant_view *participant = &view->participants[i];

		if (memcmp(participant->ckn, fuzzed->caks[which].ckn, MKA_CKN_MAX_OCTETS) != 0)
			continue;
		writer_octets(out, participant->mi, MI_OCTETS);
		writer_number(out, participant->mn, 4);
	}
	if (pdu->live.n > 1)
		writer_octets(
			out, pdu->live.entries + MKPDU_LIST_ENTRY_OCTETS,
			(pdu->live.n - 1) * MKPDU_LIST_ENTRY_OCTETS
		);
	pdu->live.entries = out->base;
	pdu->live.n = out->used / MKPDU_LIST_ENTRY_OCTETS;
	mkpdu_mark(pdu, SET_LIVE_PEERS);
}

/* Makes the sender a member that heard us; wraps as SAK whatever stands in its place. */
static size_t
deepen(struct fuzzed *fuzzed, unsigned int which, struct mkpdu *pdu, uint8_t *frame, size_t size) {
	static struct mka_view view;
	static uint8_t entries[MKA_FRAME_MAX_OCTETS];
	struct mkpdu_distributed_sak *sak = &pdu->distributed_sak;
	uint8_t plain[SAK_MAX_OCTETS];
	struct writer out = {.base = entries, .size = sizeof(entries)};

	mka_view(fuzzed->kay, fuzzed->now_ns, &view);
	list_us(fuzzed, which, &view, pdu, &out);
	memcpy(pdu->basic.ckn, fuzzed->caks[which].ckn, MKA_CKN_MAX_OCTETS);
	pdu->basic.ckn_octets = fuzzed->caks[which].ckn_octets;
	if ((fuzzed->mode & 3) == 3 && view.latest.is_valid) {
		pdu->sak_use.latest.ki = view.latest.ki;
		pdu->sak_use.latest.an = view.latest.an;
		pdu->sak_use.latest.receives = true;
		mkpdu_mark(pdu, SET_SAK_USE);
	}
	if (sak->wrapped_octets != 0) {
		memcpy(plain, sak->wrapped, sizeof(plain));
		keys_wrap(&fuzzed->keys[which], plain, sak->wrapped_octets - 8u, sak->wrapped);
	}
	return mkpdu_encode(pdu, frame, size);
}

static void feed(struct fuzzed *fuzzed, unsigned int which, const uint8_t *octets, size_t n) {
	uint8_t *frame = malloc(n > 0 ? n : 1); // exact, so that ASan sees an overrun
	uint8_t deep[MKA_FRAME_MAX_OCTETS];
	unsigned int mode = fuzzed->mode & 3;
	struct mkpdu pdu;
	enum mka_refusal why;

	must(frame != NULL);
	memcpy(frame, octets, n);
	if (mode == 0 || !mkpdu_decode_head(frame, n, &pdu, &why)) {
		mka_receive(fuzzed->kay, frame, n, fuzzed->now_ns);
	} else if (mode == 1 || !mkpdu_decode_sets(frame, &pdu)) {
		if (pdu.basic.ckn_octets == MKA_CKN_MAX_OCTETS)
			memcpy(frame + CKN_AT, fuzzed->caks[which].ckn, MKA_CKN_MAX_OCTETS);
		seal(fuzzed, which, frame, &pdu);
		mka_receive(fuzzed->kay, frame, n, fuzzed->now_ns);
	} else {
		size_t deep_octets = deepen(fuzzed, which, &pdu, deep, sizeof(deep));

		if (deep_octets != 0) {
			seal(fuzzed, which, deep, &pdu);
			mka_receive(fuzzed->kay, deep, deep_octets, fuzzed->now_ns);
		}
	}
	free(frame);
}

/* To a time, with the ticks that were asked for on the way. */
static void pass(struct fuzzed *fuzzed, uint64_t ns) {
	uint64_t end_ns = fuzzed->now_ns + ns;
	uint64_t next_ns = mka_tick(fuzzed->kay, fuzzed->now_ns);

	for (unsigned int i = 0; i < 40 && next_ns < end_ns; i++) {
		must(next_ns >= fuzzed->now_ns);
		fuzzed->now_ns = next_ns;
		next_ns = mka_tick(fuzzed->kay, fuzzed->now_ns);
	}
	fuzzed->now_ns = end_ns;
	must(mka_tick(fuzzed->kay, fuzzed->now_ns) >= fuzzed->now_ns);
}

static void set_place(struct mka_cak *cak, size_t argument) {
	cak->use = argument & 1 ? MKA_USE_SEND : MKA_USE_ACCEPT;
	cak->is_fallback = argument >> 1 & 1;
	cak->rank = (int64_t)(argument >> 2 & 7);
}

static void act(struct fuzzed *fuzzed, unsigned int what, unsigned int which, size_t argument) {
	struct mka_cak *cak = &fuzzed->caks[which];
	uint64_t now_ns = fuzzed->now_ns;

	if (what == TICK)
		pass(fuzzed, argument * 10 * MS);
	else if (what == REKEY)
		mka_rekey(fuzzed->kay, now_ns);
	else if (what == REMOVE)
		fuzzed->was_removed |=
			mka_remove_cak(fuzzed->kay, cak->ckn, cak->ckn_octets, now_ns) == 0;
	else if (what == SUSPEND)
		mka_suspend(fuzzed->kay, (uint32_t)argument, now_ns);
	else if (what == REFUSE)
		fuzzed->refusals = argument & 7;
	else
		set_place(cak, argument);
	if (what == ADD)
		mka_add_cak(fuzzed->kay, cak, now_ns);
	else if (what == UPDATE)
		mka_update_cak(fuzzed->kay, cak, now_ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets) {
	struct cursor in = {.at = data, .left = octets};
	static struct fuzzed fuzzed;

	memset(&fuzzed, 0, sizeof(fuzzed));
	fuzzed.mode = (unsigned int)cursor_number(&in, 1);
	begin(&fuzzed);
	for (unsigned int i = 0; i < RECORDS_MAX && in.left >= 2; i++) {
		uint64_t head = cursor_number(&in, 2);
		unsigned int what = (unsigned int)(head >> 13), which = head >> 11 & 3;
		size_t n = head & 0x7ff;

		must(mka_tick(fuzzed.kay, fuzzed.now_ns) >= fuzzed.now_ns);
		if (what != FRAME) {
			act(&fuzzed, what, which, n);
			continue;
		}
		n = n > in.left ? in.left : n;
		feed(&fuzzed, which, cursor_take(&in, n), n);
		fuzzed.now_ns += (fuzzed.mode >> 2 & 31) * 100 * MS;
	}
	must(mka_tick(fuzzed.kay, fuzzed.now_ns) >= fuzzed.now_ns);
	mka_rekey(fuzzed.kay, fuzzed.now_ns);
	mka_destroy(fuzzed.kay);
	for (unsigned int an = 0; an < 4; an++)
		must(!fuzzed.is_held[an]);
	for (unsigned int n = 0; n < CAKS; n++)
		keys_wipe(&fuzzed.keys[n]);
	return 0;
}
