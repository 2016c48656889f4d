/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports and frames without DPDK's environment: three entries in ethdev's table of fast-path
 * functions, and mbufs that were filled by hand. So the real lanes run under ThreadSanitizer with
 * nothing on a frame's way that it cannot see.
 *
 *   TOY_HOST  makes numbered frames      -> protect lane -> TOY_LINE
 *   TOY_LINE  what was sent there, and an EAPOL frame now and then
 *                                        -> validate lane -> TOY_FAR, which checks them
 *
 * What a port's queue keeps is plain memory: a lane's receive turn and transmit turn order it, and
 * ThreadSanitizer says when they do not.
 */
#pragma once

#include <stdint.h>

#define TOY_HOST 0
#define TOY_LINE 1
#define TOY_FAR 2
#define TOY_FRAME_OCTETS 64u // as the host sends it
#define TOY_KEYS_MAX 16384u  // key numbers that the line tells apart

/* Before any lane runs. */
void toy_ports_open(void);

/* Data frames that reached the far host. Any thread; orders nothing. */
uint64_t toy_ports_delivered(void);

/* Number of an EAPOL frame that was punted; fails when it is not intact. */
uint32_t toy_ports_eapol_number(const uint8_t *frame, uint32_t octets);

/* After the lanes have stopped: fails when a frame is neither free nor on the line. */
void toy_ports_must_have_all(void);
