/* SPDX-License-Identifier: BSD-3-Clause */
/* What the figures belong to: the machine and the versions of what was measured. */
#pragma once

struct cJSON;
struct crypto_engine;

/* Owned by the caller; NULL without memory. EAL must run. */
struct cJSON *machine_json(void);
struct cJSON *machine_versions_json(const struct crypto_engine *engine);

/* The same as the head of a table, from the report's JSON. */
void machine_print(const struct cJSON *root, const char *command);

/* The commit that this was built from, "unknown" outside of git. */
extern const char build_commit[];
