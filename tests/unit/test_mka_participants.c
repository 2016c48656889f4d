/* SPDX-License-Identifier: BSD-3-Clause */
/* Participants as such: the calls that add, change and remove them, and what each says. */
#include "tests/unit/mka_caks.h"

#include <criterion/criterion.h>

#include <errno.h>

TestSuite(participants, .init = open_world, .fini = close_world);

Test(participants, are_refused_when_the_cak_cannot_be) {
	struct mka_cak bad;

	add_pair(SUITE_GCM_AES_128);
	node_start(a);
	cr_assert_eq(mka_add_cak(a->kay, &a->caks[0], world.now_ns), -EEXIST);
	for (unsigned int i = 0; i < 5; i++) {
		bad = cak(1);
		bad.ckn_octets = i == 0 ? 0 : i == 1 ? 33 : bad.ckn_octets;
		bad.cak_octets = i == 2 ? 24 : i == 3 ? 0 : bad.cak_octets;
		if (i == 4)
			bad.use = (enum mka_use)7;
		cr_assert_eq(mka_add_cak(a->kay, &bad, world.now_ns), -EINVAL, "%u", i);
	}
	cr_assert_eq(view_of(a).n_participants, 1);
	for (uint8_t n = 1; n < MKA_PARTICIPANTS_MAX; n++)
		give(a, cak(n));
	bad = cak(20);
	cr_assert_eq(mka_add_cak(a->kay, &bad, world.now_ns), -ENOSPC);
	take_away(a, 3);
	give(a, cak(20));
}

Test(participants, are_changed_and_removed_by_name_only) {
	struct mka_cak other = cak(0);

	add_pair(SUITE_GCM_AES_128);
	node_start(a);
	other.ckn_octets = 2; // 01 02 is not 01 02 00
	cr_assert_eq(mka_update_cak(a->kay, &other, world.now_ns), -ENOENT);
	cr_assert_eq(mka_remove_cak(a->kay, other.ckn, 2, world.now_ns), -ENOENT);
	other.ckn_octets = 4;
	cr_assert_eq(mka_update_cak(a->kay, &other, world.now_ns), -ENOENT);
	other = cak(0);
	other.use = (enum mka_use)2;
	cr_assert_eq(mka_update_cak(a->kay, &other, world.now_ns), -EINVAL);
	cr_assert_eq(view_of(a).participants[0].use, MKA_USE_SEND);
	give(a, other = to_accept(cak(1)));
	other.is_fallback = true;
	change(a, other);
	cr_assert(view_of(a).participants[1].is_fallback);
	take_away(a, 0);
	cr_assert_eq(view_of(a).n_participants, 1);
	cr_assert_eq(view_of(a).ckn[2], 1);
}

/* Random numbers of a generator that is broken, and then is not. */
static unsigned int repeats;

static int repeat(void *ctx, uint8_t *octets, size_t n) {
	(void)ctx;
	memset(octets, repeats > 0 ? 0x77 : 0x78, n);
	repeats -= repeats > 0;
	return 0;
}

Test(participants, of_one_link_never_share_a_member_identifier) {
	struct mka_ops ops;
	struct mka_cak second = cak(1);

	add_pair(SUITE_GCM_AES_128);
	a->n_caks = 0;
	node_start(a);
	ops = *a->kay->ops;
	ops.random = repeat;
	a->kay->ops = &ops;
	repeats = 2;
	give(a, cak(0));
	cr_assert_eq(mka_add_cak(a->kay, &second, world.now_ns), -EIO);
	cr_assert_eq(view_of(a).n_participants, 1);
	give(a, second);
	cr_assert_neq(
		memcmp(view_of(a).participants[0].mi, view_of(a).participants[1].mi, MI_OCTETS), 0
	);
	mka_destroy(a->kay);
	a->kay = NULL;
}

/* All that a sent, by CKN: which KIs and which member identifiers it named. */
static struct {
	unsigned int n;
	unsigned int foreign;
	uint8_t mi[2][MI_OCTETS];
} said;

static bool names(const struct mkpdu_list *list, const uint8_t mi[MI_OCTETS]) {
	uint32_t mn;

	return list->n > 0 && mkpdu_list_find(list, mi, &mn) < list->n;
}

static bool
listen(struct world *of, unsigned int from, unsigned int to, uint8_t *frame, size_t octets) {
	const struct mka_cak *second = &of->nodes[0].caks[1];
	const struct mkpdu_key_use *uses[2];
	enum mka_refusal why;
	struct mkpdu pdu;
	unsigned int own;

	(void)to;
	if (from != 0 || !mkpdu_decode_head(frame, octets, &pdu, &why) ||
	    !mkpdu_decode_sets(frame, &pdu))
		return true;
	own = memcmp(pdu.basic.ckn, second->ckn, second->ckn_octets) == 0;
	said.n++;
	uses[0] = &pdu.sak_use.latest;
	uses[1] = &pdu.sak_use.old;
	for (unsigned int i = 0; i < 2; i++)
		said.foreign +=
			uses[i]->ki.kn != 0 && memcmp(uses[i]->ki.mi, said.mi[own], MI_OCTETS) != 0;
	said.foreign += names(&pdu.live, said.mi[!own]) + names(&pdu.potential, said.mi[!own]);
	said.foreign += memcmp(pdu.basic.mi, said.mi[own], MI_OCTETS) != 0;
	return true;
}

/* While a hand-over from one CA to the other is under way the SecY has SAKs of both. */
Test(participants, tell_of_their_own_ca_alone) {
	add_pair(SUITE_GCM_AES_XPN_256);
	node_start(a);
	give(a, to_accept(cak(1)));
	node_start(b);
	give(b, to_accept(cak(1)));
	for (unsigned int i = 0; i < 2; i++)
		memcpy(said.mi[i], view_of(a).participants[i].mi, MI_OCTETS);
	world.filter = listen;
	run_for(10 * SECOND);
	change(a, cak(1));
	run_for(2 * SECOND);
	cr_assert(view_of(a).old.is_valid);
	cr_assert_neq(view_of(a).old.ckn[2], view_of(a).latest.ckn[2]);
	change(a, to_accept(cak(1)));
	run_for(10 * SECOND);
	cr_assert_gt(said.n, 20);
	cr_assert_eq(said.foreign, 0);
	cr_assert_eq(missed(), 0);
}
