/* SPDX-License-Identifier: BSD-3-Clause */
/* Levels by module; the contract is in log_level.h. */
#include "control/log_level.h"

#include <stdatomic.h>
#include <string.h>

static const char *const modules[] = {
#define X(word, meaning) word,
	LOG_MODULES(X)
#undef X
};
#define MODULES (sizeof(modules) / sizeof(modules[0]))

/* Of each module, as many steps above or below LOG_INFO; so it is right before anybody sets it. */
static atomic_int steps[MODULES];

const char *log_module(size_t index) {
	return index < MODULES ? modules[index] : NULL;
}

enum log_level log_module_level(size_t index) {
	return (enum log_level
	)((int)LOG_INFO + atomic_load_explicit(&steps[index], memory_order_relaxed));
}

static void set(size_t index, enum log_level level) {
	atomic_store_explicit(&steps[index], (int)level - (int)LOG_INFO, memory_order_relaxed);
}

static size_t find(const char *module) {
	size_t i = 0;

	while (i < MODULES && strcmp(modules[i], module) != 0)
		i++;
	return i;
}

void log_set_level(enum log_level level) {
	for (size_t i = 0; i < MODULES; i++)
		set(i, level);
}

bool log_set_module(const char *module, enum log_level level) {
	const size_t index = find(module);

	if (index == MODULES)
		return false;
	set(index, level);
	return true;
}

/* Of all modules. */
static enum log_level most_detailed(void) {
	enum log_level most = LOG_ERROR;

	for (size_t i = 0; i < MODULES; i++)
		most = log_module_level(i) > most ? log_module_level(i) : most;
	return most;
}

bool log_is_wanted(enum log_level level, const char *module) {
	const size_t index = find(module);

	return level <= (index < MODULES ? log_module_level(index) : most_detailed());
}

const char *log_level_word(uint32_t level) {
	static const char *const words[] = {
		[LOG_ERROR] = "error",
		[LOG_WARNING] = "warning",
		[LOG_INFO] = "info",
		[LOG_DEBUG] = "debug",
	};

	return level < sizeof(words) / sizeof(words[0]) ? words[level] : NULL;
}
