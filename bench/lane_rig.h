/* SPDX-License-Identifier: BSD-3-Clause */
/* A protect lane between two null ports: the real worker's code without a wire. */
#pragma once

#include "dataplane/lane.h"

#include <stdint.h>

struct lane_rig;

/*
 * Makes ports that receive frames of `frame_octets` without end and swallow what is sent, and a
 * lane with an installed SA of this suite. EAL must run. Returns NULL after a message.
 */
struct lane_rig *
lane_rig_create(const struct crypto_engine *engine, enum cipher_suite suite, uint16_t frame_octets);
void lane_rig_destroy(struct lane_rig *rig);

/* One round each; for windows_run. All return the frames handled. */
unsigned lane_rig_floor(void *rig); // receive and transmit only
unsigned lane_rig_raw(void *rig);   // the cryptography only, header and IV written beforehand
unsigned lane_rig_lane(void *rig);  // the lane

/* Frames that the lane has dropped so far: with any, the figures are those of something else. */
uint64_t lane_rig_lost(const struct lane_rig *rig);
