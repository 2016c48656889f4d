/* SPDX-License-Identifier: BSD-3-Clause */

#include "bench/machine.h"

#include "bench/cpus.h"
#include "dataplane/crypto.h"

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_version.h>

#include <cjson/cJSON.h>
#include <openssl/crypto.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* "Intel(R) Xeon(R) …", as the kernel calls it. */
static void cpu_name(char name[static 128]) {
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256];

	snprintf(name, 128, "unknown");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		const char *colon = strchr(line, ':');
		if (strncmp(line, "model name", 10) != 0 || colon == NULL)
			continue;
		snprintf(name, 128, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
		break;
	}
	if (file != NULL)
		fclose(file);
}

cJSON *machine_json(void) {
	cJSON *json = cJSON_CreateObject();
	double load[1] = {0};
	struct utsname kernel;
	char cpu[128];

	cpu_name(cpu);
	cJSON_AddStringToObject(json, "cpu", cpu);
	cJSON_AddNumberToObject(json, "cpus", cpus_count());
	cJSON_AddNumberToObject(json, "tsc-hz", (double)rte_get_tsc_hz());
	cJSON_AddBoolToObject(json, "hugepages", rte_eal_has_hugepages());
	if (uname(&kernel) == 0)
		cJSON_AddStringToObject(json, "kernel", kernel.release);
	if (getloadavg(load, 1) == 1) // before the run: what the neighbours do
		cJSON_AddNumberToObject(json, "load-average", load[0]);
	return json;
}

cJSON *machine_versions_json(const struct crypto_engine *engine) {
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "macsecd", MACSECD_VERSION);
	cJSON_AddStringToObject(json, "commit", build_commit);
	cJSON_AddStringToObject(json, "dpdk", rte_version());
	cJSON_AddStringToObject(json, "engine", engine->description);
	cJSON_AddStringToObject(json, "openssl", OpenSSL_version(OPENSSL_VERSION_STRING));
	return json;
}

static const char *text_of(const cJSON *root, const char *object, const char *key) {
	const cJSON *part = cJSON_GetObjectItemCaseSensitive(root, object);
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(part, key));
	return text != NULL ? text : "unknown";
}

void machine_print(const cJSON *root, const char *command) {
	printf("machine: %s, %u CPUs, TSC %.2f GHz, %s\n", text_of(root, "machine", "cpu"),
	       cpus_count(), (double)rte_get_tsc_hz() / 1e9,
	       rte_eal_has_hugepages() ? "hugepages" : "no hugepages");
	printf("versions: macsecd %s (%s), %s, %s, OpenSSL %s\n", MACSECD_VERSION, build_commit,
	       text_of(root, "versions", "engine"), text_of(root, "versions", "dpdk"),
	       text_of(root, "versions", "openssl"));
	printf("command: %s\n\n", command);
}
