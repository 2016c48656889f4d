/* SPDX-License-Identifier: BSD-3-Clause */
/* The door: no key identifier twice, tables that grow and shrink under readers, memory that comes
 * back. */

#include "control/ki_store.h"
#include "control/secret.h"
#include "tests/unit/scene.h"

#include <rte_rcu_qsbr.h>

#include <criterion/criterion.h>

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

static const struct rx_sc_table *table_of(const struct lane_bench *bench) {
	return atomic_load(&bench->secy->rx_scs);
}

static struct rx_sa *slot_of(const struct lane_bench *bench, uint64_t sci, uint8_t an) {
	struct rx_sc *sc = rx_sc_find(table_of(bench), sci);
	return sc == NULL ? NULL : atomic_load(&sc->sa[an]);
}

static size_t secret_octets(void) {
	struct secret_usage usage;
	secret_usage(&usage);
	return usage.in_use_octets;
}

/* A SAK with n peers from a number on: 02:…:0n. */
static struct sak sak_of(uint32_t kn, uint8_t an, uint32_t first, uint32_t n) {
	struct sak sak = scene_sak(SUITE_GCM_AES_XPN_256, kn, an, true);

	sak.n_peers = n;
	for (uint32_t i = 0; i < n; i++)
		sak.peers[i] = (struct sak_member){
			0x0200000000000001 + ((uint64_t)(first + i) << 16),
			first + i + 10,
		};
	return sak;
}

Test(sa_install, refuses_a_key_identifier_that_was_used_before) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	struct sak sak = scene_sak(SUITE_GCM_AES_256, 7, 0, true);

	scene_install(bench, &sak);
	cr_assert_eq(sa_install_sak(bench->door, &sak), -EEXIST, "installed");
	cr_assert_eq(sa_install_next_pn(bench->door, &sak.ki), 1, "and still is");
	sa_install_retire(bench->door, &sak.ki);
	sak.an = 1;
	memset(sak.octets, 0xee, sizeof(sak.octets));
	cr_assert_eq(sa_install_sak(bench->door, &sak), -EEXIST, "retired; another AN and key");
	struct ki other = sak.ki;
	other.mi[11] ^= 1;
	sak.ki = other;
	cr_assert_eq(sa_install_sak(bench->door, &sak), 0, "another member's key of that number");
	sa_install_reclaim(bench->door);
	bench_close(bench);
}

/* A new process on the same machine: the store is read again. */
Test(sa_install, refuses_a_key_identifier_of_an_earlier_process) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	const struct sak sak = scene_sak(SUITE_GCM_AES_256, 7, 0, true);
	struct ki_store *again = NULL;
	struct sa_install *door = NULL;

	scene_install(bench, &sak);
	cr_assert_eq(ki_store_open(bench->run_dir, "bench", &again), 0);
	const struct sa_install_config config = {
		.link_name = "again",
		.sci = OWN_SCI,
		.engine = bench->engine,
		.rcu = bench->rcu,
		.used_kis = again,
	};
	cr_assert_eq(sa_install_create(&config, &door), 0);
	cr_assert_eq(sa_install_sak(door, &sak), -EEXIST);
	cr_assert_eq(sa_install_transmit(door, &sak.ki), -ENOENT);
	sa_install_destroy(door);
	ki_store_close(again);
	bench_close(bench);
}

Test(sa_install, refuses_a_sak_that_cannot_be) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	const struct sak good = scene_sak(SUITE_GCM_AES_256, 7, 0, true);
	const size_t before = secret_octets();
	struct sak bad[7];

	for (unsigned i = 0; i < 7; i++)
		bad[i] = good;
	bad[0].an = 4;
	bad[1].n_peers = CA_MAX_MEMBERS + 1;
	bad[2].suite = SUITE_COUNT;
	bad[3].confidentiality_offset = 29;
	bad[4].confidentiality_offset = 51;
	bad[5].confidentiality_offset = 255;
	bad[6].suite = SUITE_GCM_AES_XPN_256, bad[6].confidentiality_offset = 30;
	for (unsigned i = 0; i < 7; i++)
		cr_assert_eq(sa_install_sak(bench->door, &bad[i]), -EINVAL, "bad SAK %u", i);
	cr_assert_eq(secret_octets(), before);
	cr_assert_eq(table_of(bench)->n, 0);
	cr_assert_eq(sa_install_sak(bench->door, &good), 0, "its identifier was not used up");
	bench_close(bench);
}

/* A full file system: a key that cannot be remembered is not used, and the old one goes on. */
Test(sa_install, changes_nothing_when_the_identifier_cannot_be_written) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	const struct sak old = scene_sak(SUITE_GCM_AES_256, 1, 0, true);
	const struct sak new = scene_sak(SUITE_GCM_AES_256, 2, 0, true);
	const struct rlimit none = {0, RLIM_INFINITY}, any = {RLIM_INFINITY, RLIM_INFINITY};

	scene_install(bench, &old);
	const size_t before = secret_octets();
	struct tx_sa *transmitting = atomic_load(&bench->secy->tx_sa);
	struct rx_sa *receiving = slot_of(bench, PEER_SCI, 0);
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
	const int error = sa_install_sak(bench->door, &new);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &any), 0);
	cr_assert_eq(error, -EIO);
	cr_assert_eq(atomic_load(&bench->secy->tx_sa), transmitting);
	cr_assert_eq(slot_of(bench, PEER_SCI, 0), receiving);
	cr_assert_eq(secret_octets(), before);
	cr_assert_eq(sa_install_sak(bench->door, &new), 0, "with room it can be used");
	cr_assert_eq(sa_install_reclaim(bench->door), 0);
	bench_close(bench);
}

Test(sa_install, ignores_key_identifiers_that_are_not_installed) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	const struct sak sak = scene_sak(SUITE_GCM_AES_256, 7, 0, true);
	const struct ki near[2] = {{.mi = "scene-mi-12", .kn = 8}, {.mi = "scene-mi-13", .kn = 7}};
	struct sa_install_entry entry;

	scene_install(bench, &sak);
	for (unsigned i = 0; i < 2; i++) {
		cr_assert_eq(sa_install_transmit(bench->door, &near[i]), -ENOENT);
		cr_assert_eq(sa_install_next_pn(bench->door, &near[i]), 0);
		sa_install_retire(bench->door, &near[i]);
	}
	cr_assert(sa_install_entry(bench->door, 0, &entry));
	cr_assert(entry.is_transmitting);
	cr_assert_not(sa_install_entry(bench->door, 1, &entry));
	bench_close(bench);
}

Test(sa_install, retires_what_had_the_same_an) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	const struct sak first = sak_of(1, 2, 0, 3), second = sak_of(2, 2, 1, 3);
	struct sa_install_entry entry;

	scene_install(bench, &first);
	cr_assert_eq(sa_install_sak(bench->door, &second), 0);
	cr_assert_null(atomic_load(&bench->secy->tx_sa), "the retired one does not transmit");
	cr_assert(sa_install_entry(bench->door, 0, &entry));
	cr_assert_eq(entry.ki.kn, 2);
	cr_assert_not(sa_install_entry(bench->door, 1, &entry));
	cr_assert_eq(table_of(bench)->n, 3);
	cr_assert_null(slot_of(bench, first.peers[0].sci, 2), "a peer that has left");
	for (unsigned i = 0; i < 3; i++)
		cr_assert_eq(slot_of(bench, second.peers[i].sci, 2), &entry.rx[i]);
	bench_close(bench);
}

/* Two SAKs side by side, as during a rekey: retiring one leaves the other as it is. */
Test(sa_install, keeps_the_other_an_when_one_is_retired) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	const struct sak old = sak_of(1, 3, 0, 4), new = sak_of(2, 0, 2, 4);

	scene_install(bench, &old);
	struct rx_sc *shared = rx_sc_find(table_of(bench), old.peers[2].sci);
	scene_install(bench, &new);
	cr_assert_eq(table_of(bench)->n, 6);
	sa_install_retire(bench->door, &old.ki);
	cr_assert_eq(table_of(bench)->n, 4);
	cr_assert_eq(rx_sc_find(table_of(bench), old.peers[2].sci), shared, "the same SC");
	for (unsigned i = 0; i < 4; i++) {
		cr_assert_not_null(slot_of(bench, new.peers[i].sci, 0));
		cr_assert_null(slot_of(bench, new.peers[i].sci, 3));
	}
	cr_assert_not_null(atomic_load(&bench->secy->tx_sa), "the new one transmits");
	cr_assert_eq(sa_install_reclaim(bench->door), 0);
	bench_close(bench);
}

/* The table is at most half full, every peer is found, and no one else, at every size. */
static void check_table(const struct lane_bench *bench, const struct sak *sak) {
	const struct rx_sc_table *table = table_of(bench);

	cr_assert_eq(table->n, sak->n_peers);
	cr_assert_geq(table->mask + 1, 2 * table->n);
	cr_assert_eq(table->mask & (table->mask + 1), 0);
	for (uint32_t i = 0; i < sak->n_peers; i++)
		cr_assert_not_null(slot_of(bench, sak->peers[i].sci, sak->an));
	cr_assert_null(rx_sc_find(table, 0x02000000ffff0001));
	if (sak->n_peers == 1)
		cr_assert_eq(rx_sc_only(table)->sci, sak->peers[0].sci);
	else
		cr_assert_null(rx_sc_only(table));
}

Test(sa_install, grows_and_shrinks_the_table_of_peers) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	const size_t before = secret_octets();
	uint32_t kn = 1;

	for (uint32_t n = 0; n <= CA_MAX_MEMBERS; n++, kn++) {
		const struct sak sak = sak_of(kn, (uint8_t)(kn % 4), 0, n);
		scene_install(bench, &sak);
		sa_install_retire(bench->door, &(struct ki){.mi = "scene-mi-12", .kn = kn - 1});
		check_table(bench, &sak);
	}
	for (uint32_t n = CA_MAX_MEMBERS + 1; n-- > 0; kn++) {
		const struct sak sak = sak_of(kn, (uint8_t)(kn % 4), CA_MAX_MEMBERS - n, n);
		scene_install(bench, &sak);
		sa_install_retire(bench->door, &(struct ki){.mi = "scene-mi-12", .kn = kn - 1});
		check_table(bench, &sak);
	}
	sa_install_retire(bench->door, &(struct ki){.mi = "scene-mi-12", .kn = kn - 1});
	cr_assert_eq(sa_install_reclaim(bench->door), 0);
	cr_assert_eq(table_of(bench)->n, 0);
	cr_assert_eq(secret_octets(), before, "key memory was lost");
	bench_close(bench);
}

/* A reader that does not report holds everything back that was retired while it could look. */
Test(sa_install, frees_only_what_no_reader_can_hold) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	const size_t before = secret_octets();

	rte_rcu_qsbr_thread_register(bench->rcu, 0);
	rte_rcu_qsbr_thread_online(bench->rcu, 0);
	const struct sak first = sak_of(1, 0, 0, 2), second = sak_of(2, 1, 2, 2);
	scene_install(bench, &first);
	rte_rcu_qsbr_quiescent(bench->rcu, 0);
	cr_assert_eq(sa_install_reclaim(bench->door), 0, "the empty table");
	const size_t one = secret_octets() - before;
	const struct rx_sa *held = slot_of(bench, first.peers[0].sci, 0);
	struct rx_sc *held_sc = rx_sc_find(table_of(bench), first.peers[0].sci);
	sa_install_retire(bench->door, &first.ki);
	scene_install(bench, &second);
	for (unsigned i = 0; i < 10; i++)
		cr_assert_gt(sa_install_reclaim(bench->door), 0);
	cr_assert_eq(secret_octets() - before, 2 * one);
	cr_assert_not_null(held->crypto.key, "what the reader holds is whole");
	cr_assert_eq(held_sc->sci, first.peers[0].sci);
	rte_rcu_qsbr_quiescent(bench->rcu, 0);
	cr_assert_eq(sa_install_reclaim(bench->door), 0);
	cr_assert_eq(secret_octets() - before, one);
	rte_rcu_qsbr_thread_offline(bench->rcu, 0);
	sa_install_retire(bench->door, &second.ki);
	cr_assert_eq(sa_install_reclaim(bench->door), 0, "a sleeping reader holds nothing");
	cr_assert_eq(secret_octets(), before);
	rte_rcu_qsbr_thread_unregister(bench->rcu, 0);
	bench_close(bench);
}

/* Both engines give all their memory back, also when the door is closed with a reader still there.
 */
Test(sa_install, returns_the_memory_of_both_engines) {
	for (unsigned i = 0; i < 2; i++) {
		struct lane_bench *bench = scene_open((struct bench_request
		){.engine = scene_engine(&engine_choices[i])});
		rte_rcu_qsbr_thread_register(bench->rcu, 0);
		rte_rcu_qsbr_thread_online(bench->rcu, 0);
		for (uint32_t kn = 1; kn < 50; kn++) {
			const struct sak sak = sak_of(kn, (uint8_t)(kn % 4), kn % 5, kn % 4);
			scene_install(bench, &sak);
			if (kn % 8 == 0)
				rte_rcu_qsbr_quiescent(bench->rcu, 0);
			sa_install_reclaim(bench->door);
		}
		bench_close(bench); // looks at the memory in use
	}
}

/* The key itself is not kept beside its expansion. */
Test(sa_install, does_not_keep_the_key) {
	struct lane_bench *bench = scene_open((struct bench_request){0});
	const struct sak sak = scene_sak(SUITE_GCM_AES_256, 7, 1, true);
	struct sa_install_entry entry;

	scene_install(bench, &sak);
	cr_assert(sa_install_entry(bench->door, 0, &entry));
	cr_assert_eq(entry.an, 1);
	cr_assert_eq(entry.suite, SUITE_GCM_AES_256);
	cr_assert(entry.confidentiality);
	cr_assert_eq(entry.n_peers, 1);
	cr_assert_eq(entry.own_ssci, OWN_SSCI);
	// what the door keeps lies around the transmit SA, in one piece of secret memory
	const struct sak *kept =
		(const struct sak *)((uintptr_t)entry.peers - offsetof(struct sak, peers));
	for (unsigned i = 0; i < SAK_MAX_OCTETS; i++)
		cr_assert_eq(kept->octets[i], 0);
	bench_close(bench);
}
