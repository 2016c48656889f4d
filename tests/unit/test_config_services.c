/* SPDX-License-Identifier: BSD-3-Clause */
/* Services of IBM Cloud in the configuration, and the key references that name them. */
#include "control/config_key.h"
#include "tests/unit/config_refusal.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define GUID "11111111-2222-4333-8444-555555555555"
#define OTHER_GUID "99999999-2222-4333-8444-555555555555"
#define KEY_ID "66666666-7777-4888-9999-aaaaaaaaaaaa"
#define CRN(service, instance, what)                                                              \
	"crn:v1:bluemix:public:" service ":us-south:a/00000000000000000000000000000000:" instance \
	":" what ":" KEY_ID

static const char services[] =
	"keys:\n"
	"  services:\n"
	"    - {name: any, credential: /k, private: true}\n"
	"    - {name: own, instance: " GUID ", url: 'https://hpcs.example:8443', key-ring: ring-1, "
	"credential: api-key, lenient: true}\n"
	"    - {name: kp, kind: key-protect, instance: " GUID
	", url: 'https://eu-de.kms.cloud.ibm.com', grant: vpc-instance, profile: Profile-1}\n"
	"    - {name: sm, kind: secrets-manager, url: 'https://sm.example', credential: /k}\n"
	"    - {name: dl, kind: direct-link, credential: /k}\n";

#define REFERENCE_LINE 8u // behind the services

static struct config *config;

/* One link with this primary below the services. */
static int load(const char *reference) {
	char text[4096];
	int n = snprintf(
		text, sizeof(text),
		"%slinks: [{name: a, host: h0, line: l0, mka: {primary: {ckn: AA, cak: '%s'}}}]\n",
		services, reference
	);

	config_free(config);
	config = NULL;
	return config_parse("f", text, (size_t)n, &config);
}

static struct service_key resolved(const char *reference) {
	struct service_key key;

	cr_assert_eq(load(reference), 0, "%s", reference);
	cr_assert_eq(config_key(config, &config->links[0].primary, &key), 0, "%s", reference);
	return key;
}

static void end(void) {
	config_free(config);
}

TestSuite(config_services, .fini = end);

Test(config_services, a_crn_belongs_to_the_service_of_its_instance) {
	struct service_key key = resolved(CRN("hs-crypto", GUID, "key"));

	cr_assert_str_eq(key.service.name, "own");
	cr_assert_str_eq(key.service.url, "https://hpcs.example:8443");
	cr_assert_str_eq(key.id, KEY_ID);
	cr_assert_str_eq(key.ring, "ring-1");
	cr_assert_str_eq(key.crn, CRN("hs-crypto", GUID, "key"));
	cr_assert(key.service.is_lenient);
}

Test(config_services, a_crn_of_another_instance_makes_its_own_url) {
	struct service_key key = resolved(CRN("hs-crypto", OTHER_GUID, "key"));

	cr_assert_str_eq(key.service.name, "any");
	cr_assert_str_eq(
		key.service.url,
		"https://" OTHER_GUID ".api.private.us-south.hs-crypto.appdomain.cloud"
	);
	cr_assert_str_eq(key.service.instance, OTHER_GUID);
	cr_assert_str_eq(key.ring, "");
}

Test(config_services, names_work_without_a_crn) {
	struct service_key key = resolved("hpcs:own/my-alias");

	cr_assert_str_eq(key.id, "my-alias");
	cr_assert_str_eq(key.ring, "ring-1");
	cr_assert_str_eq(key.crn, "");
	key = resolved("hpcs:own/ring-2/my-alias");
	cr_assert_str_eq(key.ring, "ring-2");
	key = resolved("key-protect:kp/" KEY_ID);
	cr_assert_eq(key.service.account.grant, IAM_VPC_INSTANCE);
	key = resolved("secrets-manager:sm/" KEY_ID);
	cr_assert_eq(key.service.kind, SERVICE_SECRETS_MANAGER);
}

Test(config_services, has_defaults) {
	const struct service *service;

	cr_assert_eq(load("file:/k"), 0);
	service = &config->services[0].service;
	cr_assert_eq(config->key_poll_s, 300);
	cr_assert_eq(service->kind, SERVICE_HPCS);
	cr_assert_eq(service->account.grant, IAM_API_KEY);
	cr_assert_str_eq(service->account.url, "https://iam.cloud.ibm.com");
	cr_assert_str_eq(service->account.metadata_url, "http://169.254.169.254");
	cr_assert(!service->is_lenient);
}

Test(config_services, of_a_file_are_none) {
	struct service_key key;

	cr_assert_eq(load("file:/k"), 0);
	cr_assert_eq(config_key(config, &config->links[0].primary, &key), -ENOENT);
	cr_assert(config_key_is_file(&config->links[0].primary));
}

/* Two results for one reference are equal octet for octet: the key agent compares them so. */
Test(config_services, are_resolved_to_the_last_octet) {
	struct service_key keys[2];

	memset(keys, 0xa5, sizeof(keys));
	cr_assert_eq(load("hpcs:own/my-alias"), 0);
	for (int i = 0; i < 2; i++)
		cr_assert_eq(config_key(config, &config->links[0].primary, &keys[i]), 0);
	cr_assert_arr_eq(&keys[0], &keys[1], sizeof(keys[0]));
}

static const struct {
	const char *reference, *says;
} refused[] = {
	{"hpcs:nobody/k", "names a service that is not in"},
	{"hpcs:kp/k", "of another 'kind'"},
	{"hpcs:any/k", "needs the 'url'"},
	{"hpcs:dl/k", "of another 'kind'"},
	{CRN("kms", OTHER_GUID, "key"), "names a service that is not in"},
	{CRN("direct-link", GUID, "key"), "is no key reference"},
	{"crn:v1:", "is no key reference"},
	{"hpcs:", "is no key reference"},
	{"hpcs:own", "is no key reference"},
	{"hpcs:own/", "is no key reference"},
	{"hpcs:own//k", "is no key reference"},
	{"hpcs:own/a/b/c", "is no key reference"},
	{"hpcs:own/../../keys", "is no key reference"},
	{"hpcs:own/a b", "is no key reference"},
	{"hpcs:own/a?b", "is no key reference"},
	{"secrets-manager:sm/ring/k", "is no key reference"},
	{"file:relative", "is no key reference"},
	{"https://hpcs.example/key", "is no key reference"},
};

Test(config_services, refuse_references_that_lead_nowhere) {
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		char text[4096];

		snprintf(
			text, sizeof(text),
			"%slinks: [{name: a, host: h0, line: l0, mka: {primary: {ckn: AA, cak: "
			"'%s'}}}]\n",
			services, refused[i].reference
		);
		expect(&(struct refusal){text, REFERENCE_LINE, 0, refused[i].says}, text,
		       strlen(text));
	}
}

#define ONE_LINK \
	"links: [{name: a, host: h0, line: l0, mka: {primary: {ckn: AA, cak: 'file:/k'}}%s}]\n"

static const struct {
	const char *service, *link, *says;
} wrong[] = {
	{"{name: a}", "", "'credential' of service 'a' is missing"},
	{"{name: a, grant: vpc-instance}", "", "'profile' of service 'a' is missing"},
	{"{name: a, grant: compute-resource}", "", "needs a trusted profile"},
	{"{name: a, credential: /k}, {name: a, credential: /k}", "", "'a' is taken"},
	{"{name: a, credential: /k, url: 'http://hpcs.example'}", "", "without a path"},
	{"{name: a, credential: /k, url: 'https://hpcs.example/api'}", "", "without a path"},
	{"{name: a, credential: /k, url: 'https://user@hpcs.example'}", "", "without a path"},
	{"{name: a, credential: /k, url: 'http://127.0.0.1.example'}", "", "without a path"},
	{"{name: a, credential: keys/api}", "", "neither an absolute path"},
	{"{name: a, credential: /k, kind: hsm}", "", "write one of hpcs"},
	{"{name: a, credential: /k}", ", direct-link: {service: b, gateway: g}",
	 "names no service"},
	{"{name: a, credential: /k}", ", direct-link: {service: a, gateway: g}",
	 "of 'kind: hpcs'; name one of 'kind: direct-link'"},
	{"{name: a, credential: /k, kind: direct-link}", ", direct-link: {service: a}",
	 "'gateway' is missing"},
};

Test(config_services, refuse_services_that_cannot_work) {
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char text[4096];

		snprintf(
			text, sizeof(text), "keys: {services: [%s]}\n" ONE_LINK, wrong[i].service,
			wrong[i].link
		);
		expect(&(struct refusal){text, wrong[i].link[0] == '\0' ? 1 : 2, 0, wrong[i].says},
		       text, strlen(text));
	}
}
