/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Key references: what stands behind `cak:`.
 *
 *   file:/absolute/path                     a file on this machine (keys/key_file.h)
 *   crn:v1:…                                a key or secret by its cloud resource name
 *   hpcs:SERVICE/KEY, hpcs:SERVICE/RING/KEY  by id or alias, of a service of the configuration;
 *                                            key-protect: likewise
 *   secrets-manager:SERVICE/SECRET          by id
 *
 * Pure.
 */
#pragma once

#include "control/config.h"

/* True when the text has one of these forms, whatever it names. */
bool config_key_is_sound(const char *reference);

/* True for a file. */
bool config_key_is_file(const struct config_cak *cak);

/*
 * Resolves a reference of the cloud: service, URL, instance, key. A CRN belongs to the service of
 * its kind with its instance, else to the first one of its kind that names no instance.
 *
 * Returns 0; -ENOENT for a file; else why not, as config_load says it:
 * -ENXIO no such service, -EDESTADDRREQ the service has no URL and the reference is no CRN,
 * -ENODATA the KMS needs an instance, -EINVAL the form, -EPROTOTYPE the service is of another kind.
 */
int config_key(const struct config *config, const struct config_cak *cak, struct service_key *out);

/* One sentence for such an errno (positive or negative), with the fix. Never NULL. */
const char *config_key_problem(int error);
