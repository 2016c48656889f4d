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

#define CTL_OPERANDS_MAX 3u

/* Options that only some commands take, as bits. */
enum ctl_option {
	CTL_OPTION_CONFIG = 1 << 0,
	CTL_OPTION_YES = 1 << 1,
	CTL_OPTION_CKN = 1 << 2,
	CTL_OPTION_KEY = 1 << 3,
	CTL_OPTION_LIMIT = 1 << 4,
	CTL_OPTION_FOLLOW = 1 << 5,
	CTL_OPTION_COUNT = 1 << 6,
};

struct ctl {
	const char *socket_path;
	uint32_t timeout_s; // for a whole answer
	bool json;
	bool all;                               // counters that are 0 too
	uint32_t options;                       // those given, of enum ctl_option
	const char *config_path;                // of the commands that read it themselves
	const char *ckn, *key;                  // of the new CAK; NULL: not given
	uint32_t limit_s;                       // for a rotation's waiting
	bool follow;                            // of events: go on as they happen
	uint32_t count;                         // of events, of rounds; 0: not given
	const char *operands[CTL_OPERANDS_MAX]; // NULL: not given
};

/* What socket_path is unless it was given: commands that read the configuration file take the
 * socket from there then. Compared by address. */
extern const char ctl_default_socket[];

/* One command. link: the first operand, NULL when it was left out. Prints to standard output. */
enum ctl_status ctl_status_command(const struct ctl *ctl, const char *link);
enum ctl_status ctl_show_link(const struct ctl *ctl, const char *link);
enum ctl_status ctl_show_mka(const struct ctl *ctl, const char *link);
enum ctl_status ctl_show_sa(const struct ctl *ctl, const char *link);
enum ctl_status ctl_show_counters(const struct ctl *ctl, const char *link);
enum ctl_status ctl_show_keys(const struct ctl *ctl, const char *link);
enum ctl_status ctl_show_path(const struct ctl *ctl, const char *link);
enum ctl_status ctl_events(const struct ctl *ctl, const char *link);
enum ctl_status ctl_watch(const struct ctl *ctl, const char *link);
enum ctl_status ctl_log(const struct ctl *ctl, const char *level);
enum ctl_status ctl_support(const struct ctl *ctl, const char *file);
enum ctl_status ctl_reload(const struct ctl *ctl, const char *link);
enum ctl_status ctl_doctor(const struct ctl *ctl, const char *link);
enum ctl_status ctl_rekey(const struct ctl *ctl, const char *link);
enum ctl_status ctl_suspend(const struct ctl *ctl, const char *link, uint32_t seconds);
enum ctl_status ctl_version(const struct ctl *ctl, const char *link);
enum ctl_status ctl_key_generate(const struct ctl *ctl, const char *file);
enum ctl_status ctl_key_encode(const struct ctl *ctl, const char *file);
enum ctl_status ctl_key_decode(const struct ctl *ctl, const char *file);
enum ctl_status ctl_key_import(const struct ctl *ctl, const char *service);
enum ctl_status ctl_key_check(const struct ctl *ctl, const char *reference);
enum ctl_status ctl_direct_link_show(const struct ctl *ctl, const char *link);
enum ctl_status ctl_direct_link_check(const struct ctl *ctl, const char *link);
enum ctl_status ctl_direct_link_rotate(const struct ctl *ctl, const char *link);

/* Prints "macsecctl: text" to standard error and returns CTL_USAGE. */
__attribute__((format(printf, 1, 2))) enum ctl_status ctl_error(const char *format, ...);
