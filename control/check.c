/* SPDX-License-Identifier: BSD-3-Clause */
/* macsecd --check: is everything ready, and if not, what to do. */

#include "control/check.h"

#include "control/daemon_run.h"
#include "drivers/crypto_engines.h"
#include "drivers/eal.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void check_say(
	struct check *check, enum check_verdict verdict, const char *subject, const char *format,
	...
) {
	static const char *const words[] = {"pass", "warn", "fail"};
	va_list args;

	check->n[verdict]++;
	printf("%s  %s: ", words[verdict], subject);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static void check_configuration(struct check *check) {
	check_say(
		check, CHECK_PASS, "configuration", "%s, %zu link(s)", check->config->path,
		check->config->n_links
	);
}

static void check_engine(struct check *check) {
	if (config_engine_create(check->config, &check->engine) == 0)
		check_say(
			check, CHECK_PASS, "crypto", "%s, self-test passed",
			check->engine->description
		);
	else
		check_say(check, CHECK_FAIL, "crypto", "no usable engine; see the line above");
}

static void check_hugepages(struct check *check) {
	const uint32_t needed = config_memory_mib(check->config);
	struct eal_report report;

	if (check->config->hugepages == HUGEPAGES_NEVER) {
		check_say(check, CHECK_PASS, "hugepages", "not used, as configured");
		return;
	}
	if (eal_probe(&report) == 0 && report.free_mib >= needed) {
		check_say(
			check, CHECK_PASS, "hugepages", "%u MiB free, %u MiB needed",
			report.free_mib, needed
		);
		return;
	}
	check_say(
		check, check->config->hugepages == HUGEPAGES_REQUIRED ? CHECK_FAIL : CHECK_WARN,
		"hugepages", "%u MiB needed, %u MiB free: echo %u > /proc/sys/vm/nr_hugepages",
		needed, report.free_mib, needed / 2 + 1
	);
}

static void check_priority(struct check *check) {
	for (size_t i = 0; i < check->config->n_links; i++) {
		const struct config_link *link = &check->config->links[i];
		if (link->key_server_priority == 255 && link->direct_link.service[0] == '\0')
			check_say(
				check, CHECK_WARN, link->name,
				"key-server-priority 255 never serves: the peer must; set 16"
			);
	}
}

unsigned check_run(const struct config *config) {
	static void (*const parts[])(struct check *) = {
		check_configuration, check_engine,   check_hugepages,   check_ports, check_keys,
		check_cpus,          check_priority, check_direct_link, check_speed,
	};
	struct check check = {.config = config};

	// reasons come as log lines: into the report, each before the line that it explains
	setvbuf(stdout, NULL, _IOLBF, 0);
	dup2(STDOUT_FILENO, STDERR_FILENO);
	check_cloud_begin(&check);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		parts[i](&check);
	check_cloud_end(&check);
	crypto_engine_destroy(check.engine);
	printf("%u pass, %u warn, %u fail\n", check.n[CHECK_PASS], check.n[CHECK_WARN],
	       check.n[CHECK_FAIL]);
	return check.n[CHECK_FAIL];
}
