/* SPDX-License-Identifier: BSD-3-Clause */
/* macsecctl: what its commands share. One thread; everything ends with the process. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the shell sees. */
enum ctl_status {
	CTL_OK = 0,
	CTL_WRONG = 1, // the thing asked about is wrong
	CTL_USAGE = 2, // the question is wrong, or there is no daemon
};

struct ctl {
	const char *socket_path;
	uint32_t timeout_s; // for a whole answer
	bool json;
	bool all;         // counters that are 0 too
	uint32_t seconds; // operand SECONDS of suspend
};

/* One command. link: the operand LINK, NULL when it was left out. Prints to standard output. */
enum ctl_status ctl_status_command(const struct ctl *ctl, const char *link);
enum ctl_status ctl_show_link(const struct ctl *ctl, const char *link);
enum ctl_status ctl_show_mka(const struct ctl *ctl, const char *link);
enum ctl_status ctl_show_sa(const struct ctl *ctl, const char *link);
enum ctl_status ctl_show_counters(const struct ctl *ctl, const char *link);
enum ctl_status ctl_doctor(const struct ctl *ctl, const char *link);
enum ctl_status ctl_rekey(const struct ctl *ctl, const char *link);
enum ctl_status ctl_suspend(const struct ctl *ctl, const char *link);
enum ctl_status ctl_version(const struct ctl *ctl, const char *link);

/* Prints "macsecctl: text" to standard error and returns CTL_USAGE. */
__attribute__((format(printf, 1, 2))) enum ctl_status ctl_error(const char *format, ...);
