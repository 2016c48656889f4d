/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Heap memory that is wiped when it is given back, for libcurl and cJSON: their copies of tokens
 * and keys come and go in many small pieces, which the locked arena is too slow for. What lives
 * for longer than one exchange does not stay here.
 */
#pragma once

/*
 * Makes libcurl and cJSON use it. Before any other call of either. Returns 0, or -EIO when libcurl
 * cannot start.
 */
int http_memory_use(void);
