/* SPDX-License-Identifier: BSD-3-Clause */
/* See puppet.h. */
#include "tests/sim/puppet.h"

#include <stdlib.h>

void puppet_begin(struct puppet *puppet, const struct node *node, uint64_t sci, uint8_t priority) {
	const struct mka_config *config = &node->config;
	const struct mka_cak *cak = &node->caks[0];
	struct mkpdu *pdu = &puppet->pdu;

	memset(puppet, 0, sizeof(*puppet));
	if (keys_derive(&puppet->keys, cak->cak, cak->cak_octets, cak->ckn, cak->ckn_octets) != 0)
		abort();
	memcpy(pdu->destination, config->destination_mac, sizeof(pdu->destination));
	pdu->source[0] = 2;
	pdu->eapol_version = EAPOL_VERSION_SENT;
	pdu->basic = (struct mkpdu_basic){
		.version = 1,
		.key_server_priority = priority,
		.macsec_desired = true,
		.capability = MKA_CAP_CONFIDENTIALITY_0_30_50,
		.sci = sci,
		.ckn_octets = cak->ckn_octets,
	};
	memcpy(pdu->basic.ckn, cak->ckn, cak->ckn_octets);
	memset(pdu->basic.mi, (int)(sci >> 16 & 0x7f) | 0x80, MI_OCTETS);
}

void puppet_end(struct puppet *puppet) {
	keys_wipe(&puppet->keys);
}

static void list_node(struct puppet *puppet, struct node *node) {
	static struct mka_view view;
	struct writer out = {.base = puppet->entries, .size = sizeof(puppet->entries)};

	mka_view(node->kay, node->world->now_ns, &view);
	out.used = puppet->n_others * MKPDU_LIST_ENTRY_OCTETS;
	writer_octets(&out, view.participants[puppet->participant].mi, MI_OCTETS);
	writer_number(&out, view.participants[puppet->participant].mn, 4);
	puppet->pdu.live.entries = puppet->entries;
	puppet->pdu.live.n = puppet->n_others + 1;
	mkpdu_mark(&puppet->pdu, SET_LIVE_PEERS);
}

int puppet_say(struct puppet *puppet, struct node *node) {
	struct mkpdu pdu;
	uint8_t frame[MKA_FRAME_MAX_OCTETS];
	size_t octets, body;

	puppet->pdu.basic.mn++;
	puppet->pdu.seen[0] &= ~(1ull << SET_LIVE_PEERS);
	if (!puppet->is_silent_of_peer)
		list_node(puppet, node);
	pdu = puppet->pdu;
	if (mkpdu_encode(&pdu, frame, sizeof(frame)) == 0)
		abort();
	octets = pdu.icv_offset;
	if (puppet->rewrite != NULL)
		octets = puppet->rewrite(frame, octets, sizeof(frame) - MKPDU_ICV_OCTETS);
	body = octets + MKPDU_ICV_OCTETS - EAPOL_HEAD_OCTETS;
	frame[EAPOL_HEAD_OCTETS - 2] = (uint8_t)(body >> 8);
	frame[EAPOL_HEAD_OCTETS - 1] = (uint8_t)body;
	if (keys_icv(&puppet->keys, frame, octets, frame + octets) != 0)
		abort();
	return node_deliver(node, frame, octets + MKPDU_ICV_OCTETS);
}

void puppet_distribute(
	struct puppet *puppet, enum cipher_suite suite, uint32_t kn, uint8_t an, uint8_t fill
) {
	const struct suite_info *info = suite_info(suite);
	struct mkpdu_distributed_sak *set = &puppet->pdu.distributed_sak;
	uint8_t plain[SAK_MAX_OCTETS];

	memset(plain, fill, sizeof(plain));
	*set = (struct mkpdu_distributed_sak){
		.an = an,
		.offset_code = 1,
		.kn = kn,
		.has_suite = suite != SUITE_GCM_AES_128,
		.suite_id = info->id,
		.wrapped_octets = (uint8_t)(info->sak_octets + WRAP_EXTRA_OCTETS),
	};
	if (keys_wrap(&puppet->keys, plain, info->sak_octets, set->wrapped) != 0)
		abort();
	mkpdu_mark(&puppet->pdu, SET_DISTRIBUTED_SAK);
}

void puppet_use(
	struct puppet *puppet, bool is_latest, const struct ki *ki, bool transmits, uint64_t lpn
) {
	struct mkpdu_sak_use *use = &puppet->pdu.sak_use;

	*(is_latest ? &use->latest : &use->old) = (struct mkpdu_key_use
	){.ki = *ki, .receives = true, .transmits = transmits, .lpn = lpn};
	mkpdu_mark(&puppet->pdu, SET_SAK_USE);
	mkpdu_mark(&puppet->pdu, SET_XPN);
}

struct ki puppet_ki(const struct puppet *puppet) {
	struct ki ki = {.kn = puppet->pdu.distributed_sak.kn};

	memcpy(ki.mi, puppet->pdu.basic.mi, MI_OCTETS);
	return ki;
}
