/* SPDX-License-Identifier: BSD-3-Clause */
/* The rig's rings, ring ports and pools. Main thread. */
#pragma once

#include "tests/loop/rig.h"

/* Makes rings, pools and ports of both ends. segment_octets as in struct rig_request. */
void rig_ports_open(struct rig *rig, uint16_t segment_octets);

/* Fails when an mbuf is still out. */
void rig_ports_close(struct rig *rig);
