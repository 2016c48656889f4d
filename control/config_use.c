/* SPDX-License-Identifier: BSD-3-Clause */
/* What follows from a configuration, for the daemon and for --check alike. */

#include "control/daemon_run.h"
#include "control/log.h"
#include "drivers/crypto_engines.h"

#include <errno.h>

#define BASE_MIB 32u
#define FRAMES_PER_PORT 4096u // an upper bound of what a port's pool holds (drivers/port_pool.c)

uint32_t config_memory_mib(const struct config *config) {
	uint32_t mtu = 1500;

	if (config->memory_mib != 0)
		return config->memory_mib;
	for (size_t i = 0; i < config->n_links; i++)
		if (config->links[i].mtu > mtu)
			mtu = config->links[i].mtu;
	const uint64_t per_link = 2ull * FRAMES_PER_PORT * (mtu + 1024u);
	return BASE_MIB + (uint32_t)(config->max_links * per_link >> 20);
}

int config_engine_create(const struct config *config, struct crypto_engine **out) {
	const bool is_openssl = config->engine == ENGINE_OPENSSL;
	int error = is_openssl ? crypto_openssl_create(CRYPTO_WORKERS_MAX, out)
			       : crypto_ipsec_mb_create(CRYPTO_ARCH_AUTO, out);

	if (error != 0)
		return log_error(
			-error, "crypto", "no %s engine on this CPU; set dpdk.engine to openssl",
			is_openssl ? "openssl" : "ipsec-mb"
		);
	error = crypto_selftest(*out);
	if (error == 0)
		return 0;
	log_error(
		-error, "crypto", "%s fails its self-test; it must not be used", (*out)->description
	);
	crypto_engine_destroy(*out);
	*out = NULL;
	return error;
}
