/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading the command line; the contract is in probe_options.h. */
#include "tests/cloud/probe_options.h"

#include "control/cloud/crn.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"Usage: cloud_probe look|fetch [OPTION...] KEYID\n"
	"       cloud_probe import --name NAME --payload-file FILE [OPTION...]\n"
	"Service: --kind hpcs|key-protect|secrets-manager --url URL --instance GUID --ring RING\n"
	"         --ca-file FILE --lenient; or --crn CRN [--private] in place of KEYID\n"
	"Account: --iam-url URL --grant api-key|compute-resource|vpc-instance --credential FILE\n"
	"         --profile PROFILE --metadata-url URL\n"
	"Calls:   --repeat N   N calls, waiting as control/cloud/retry.h says; ends with a final "
	"one\n"
	"         --until-ok   ends with the first good one, too\n"
	"         --hold       after the last call, wait for the end of standard input\n"
	"Prints one line of JSON for each call. Status 0: the last call was good.\n";

enum {
	KIND = 256,
	URL,
	INSTANCE,
	RING,
	CA_FILE,
	LENIENT,
	CRN,
	PRIVATE,
	IAM_URL,
	GRANT,
	CREDENTIAL,
	PROFILE,
	METADATA_URL,
	REPEAT,
	UNTIL_OK,
	HOLD,
	NAME,
	PAYLOAD_FILE
};

static const struct option options[] = {
	{"kind", required_argument, NULL, KIND},
	{"url", required_argument, NULL, URL},
	{"instance", required_argument, NULL, INSTANCE},
	{"ring", required_argument, NULL, RING},
	{"ca-file", required_argument, NULL, CA_FILE},
	{"lenient", no_argument, NULL, LENIENT},
	{"crn", required_argument, NULL, CRN},
	{"private", no_argument, NULL, PRIVATE},
	{"iam-url", required_argument, NULL, IAM_URL},
	{"grant", required_argument, NULL, GRANT},
	{"credential", required_argument, NULL, CREDENTIAL},
	{"profile", required_argument, NULL, PROFILE},
	{"metadata-url", required_argument, NULL, METADATA_URL},
	{"repeat", required_argument, NULL, REPEAT},
	{"until-ok", no_argument, NULL, UNTIL_OK},
	{"hold", no_argument, NULL, HOLD},
	{"name", required_argument, NULL, NAME},
	{"payload-file", required_argument, NULL, PAYLOAD_FILE},
	{0},
};

static void fail(const char *what) {
	fprintf(stderr, "cloud_probe: %s\n%s", what, usage);
	exit(2);
}

static void take(char *out, size_t room, const char *value) {
	if (strlen(value) >= room)
		fail("an argument is too long");
	memcpy(out, value, strlen(value) + 1);
}

static enum service_kind kind_of(const char *word) {
	for (enum service_kind kind = SERVICE_HPCS; kind < SERVICE_DIRECT_LINK; kind++)
		if (strcmp(word, service_kind_word(kind)) == 0)
			return kind;
	fail("no such kind");
	return SERVICE_HPCS;
}

static enum iam_grant grant_of(const char *word) {
	for (enum iam_grant grant = IAM_API_KEY; grant <= IAM_VPC_INSTANCE; grant++)
		if (strcmp(word, iam_grant_word(grant)) == 0)
			return grant;
	fail("no such grant");
	return IAM_API_KEY;
}

static void take_account(struct iam_account *account, int option) {
	switch (option) {
	case IAM_URL:
		take(account->url, sizeof(account->url), optarg);
		break;
	case GRANT:
		account->grant = grant_of(optarg);
		break;
	case CREDENTIAL:
		take(account->credential, sizeof(account->credential), optarg);
		break;
	case PROFILE:
		take(account->profile, sizeof(account->profile), optarg);
		break;
	case METADATA_URL:
		take(account->metadata_url, sizeof(account->metadata_url), optarg);
		break;
	default:
		fail("not understood");
	}
}

static void take_service(struct service_key *key, int option) {
	struct service *service = &key->service;

	switch (option) {
	case KIND:
		service->kind = kind_of(optarg);
		break;
	case URL:
		take(service->url, sizeof(service->url), optarg);
		break;
	case INSTANCE:
		take(service->instance, sizeof(service->instance), optarg);
		break;
	case RING:
		take(key->ring, sizeof(key->ring), optarg);
		break;
	case CA_FILE:
		take(service->ca_file, sizeof(service->ca_file), optarg);
		break;
	case LENIENT:
		service->is_lenient = true;
		break;
	case CRN:
		take(key->crn, sizeof(key->crn), optarg);
		break;
	case PRIVATE:
		service->is_private = true;
		break;
	default:
		take_account(&service->account, option);
	}
}

static void take_option(struct probe_options *out, int option) {
	switch (option) {
	case REPEAT:
		out->repeat = (uint32_t)strtoul(optarg, NULL, 10);
		break;
	case UNTIL_OK:
		out->until_ok = true;
		break;
	case HOLD:
		out->hold = true;
		break;
	case NAME:
		out->name = optarg;
		break;
	case PAYLOAD_FILE:
		out->payload_file = optarg;
		break;
	default:
		take_service(&out->key, option);
	}
}

static void resolve_crn(struct service_key *key) {
	struct crn crn;

	if (key->crn[0] == '\0')
		return;
	if (crn_read(key->crn, &crn) < 0)
		fail("no CRN of a key");
	key->service.kind = crn.kind;
	memcpy(key->id, crn.id, sizeof(key->id));
	if (key->service.instance[0] == '\0')
		memcpy(key->service.instance, crn.instance, sizeof(key->service.instance));
	if (key->service.url[0] == '\0' &&
	    crn_url(&crn, key->service.is_private, key->service.url, SERVICE_URL_MAX) < 0)
		fail("the CRN's url is too long");
}

static enum probe_action action_of(const char *word) {
	static const char *const words[] = {"look", "fetch", "import"};

	for (uint32_t i = 0; i < 3; i++)
		if (strcmp(word, words[i]) == 0)
			return (enum probe_action)i;
	fail("no such action");
	return PROBE_LOOK;
}

void probe_options_read(int n, char **words, struct probe_options *out) {
	int option;

	*out = (struct probe_options){.repeat = 1};
	take(out->key.service.name, SERVICE_NAME_MAX, "probe");
	while ((option = getopt_long(n, words, "", options, NULL)) != -1)
		take_option(out, option);
	if (optind >= n)
		fail("no action");
	out->action = action_of(words[optind++]);
	resolve_crn(&out->key);
	if (optind < n)
		take(out->key.id, sizeof(out->key.id), words[optind++]);
	if (optind < n || (out->action != PROBE_IMPORT && out->key.id[0] == '\0') ||
	    (out->action == PROBE_IMPORT && (out->name == NULL || out->payload_file == NULL)))
		fail("too few or too many arguments");
}
