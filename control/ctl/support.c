/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * macsecctl support: one text with all that helps to find a fault. The daemon's answers have no key
 * material; the configuration names files and references only, and is looked through once more.
 */
#include "control/ctl/exact.h"
#include "control/ctl/redact.h"
#include "control/ctl/show.h"
#include "control/read_all.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define CONFIG_MAX_OCTETS (1u << 20)

static const char *const methods[] = {
	"daemon.show",   "doctor.show", "link.show", "mka.show", "sa.show",
	"counters.show", "path.show",   "keys.show", "log.show", "rpc.list",
};

static void section_begin(FILE *file, const char *title) {
	fprintf(file, "\n===== %s =====\n", title);
}

/* One answer. What the daemon refuses is said on standard error, and here that it is missing. */
static enum ctl_status
answer_print(const struct ctl *ctl, FILE *file, const struct client_request *request) {
	cJSON *result;
	const enum ctl_status status = client_call(ctl, request, &result);

	section_begin(file, request->method);
	if (status != CTL_OK) {
		fputs("(no answer)\n", file);
		return status;
	}
	const int ret = exact_print(file, result);
	cJSON_Delete(result);
	return ret < 0 ? ctl_error("out of memory") : CTL_OK;
}

/* The file's text, to be freed; NULL and errno. */
static char *config_read(const char *path) {
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char *text = fd < 0 ? NULL : calloc(1, CONFIG_MAX_OCTETS + 1);
	const ssize_t octets = text == NULL ? -errno : read_all(fd, text, CONFIG_MAX_OCTETS);

	if (fd >= 0)
		close(fd);
	if (octets < 0) {
		free(text);
		errno = (int)-octets;
		return NULL;
	}
	return text;
}

static void config_print(FILE *file, const char *path) {
	char *text = config_read(path);

	section_begin(file, "configuration");
	fprintf(file, "# %s\n", path);
	if (text == NULL)
		fprintf(file, "(cannot be read: %s)\n", strerror(errno));
	else
		redact_print(file, text);
	free(text);
}

/* The daemon knows which file it uses. */
static enum ctl_status daemon_print(const struct ctl *ctl, FILE *file) {
	const struct client_request request = {.method = "daemon.show"};
	cJSON *result;
	const enum ctl_status status = client_call(ctl, &request, &result);

	if (status != CTL_OK)
		return status;
	const char *path = cJSON_GetStringValue(cell_find(NULL, result, "config"));
	config_print(file, path == NULL ? ctl->config_path : path);
	cJSON_Delete(result);
	return CTL_OK;
}

static void machine_print(FILE *file) {
	struct utsname names;

	fputs("macsecd support bundle: states, counters and references; no keys\n", file);
	section_begin(file, "machine");
	if (uname(&names) == 0)
		fprintf(file, "%s %s %s; macsecctl %s\n", names.sysname, names.release,
			names.machine, MACSECD_VERSION);
}

static enum ctl_status support_print(const struct ctl *ctl, FILE *file) {
	const struct client_request events = {.method = "events.show", .last = 1024};
	enum ctl_status worst;

	machine_print(file);
	worst = daemon_print(ctl, file);
	if (worst != CTL_OK)
		return worst; // nobody is there: no use in asking on
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		const struct client_request request = {.method = methods[i]};
		const enum ctl_status status = answer_print(ctl, file, &request);
		worst = status > worst ? status : worst;
	}
	const enum ctl_status status = answer_print(ctl, file, &events);
	return status > worst ? status : worst;
}

/* A file that is there already is left alone: it may be a bundle of before. */
static FILE *file_create(const char *path) {
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (file == NULL)
		ctl_error("%s: cannot be created: %s", path, strerror(errno));
	if (file == NULL && fd >= 0)
		close(fd);
	return file;
}

enum ctl_status ctl_support(const struct ctl *ctl, const char *path) {
	struct ctl plain = *ctl;
	FILE *file = path == NULL ? stdout : file_create(path);

	if (file == NULL)
		return CTL_USAGE;
	plain.json = true; // answers as they came
	const enum ctl_status status = support_print(&plain, file);
	if (path == NULL)
		return status;
	const bool is_whole = ferror(file) == 0;
	if (fclose(file) != 0 || !is_whole)
		return ctl_error("%s: cannot be written: %s", path, strerror(errno));
	if (status == CTL_OK)
		printf("%s: written; look through it before you send it\n", path);
	return status;
}
