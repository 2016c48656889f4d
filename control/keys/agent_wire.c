/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a message must be like before anybody acts on it. A field is looked at as octets until it is
 * known to be in range: reading an octet of 2 as a bool is undefined behaviour already.
 */
#include "control/keys/agent_wire.h"

#include <limits.h>
#include <string.h>

#define LAST_SECOND 253402300799 // of the year 9999: dates have four digits of year

_Static_assert(sizeof(struct agent_want) <= AGENT_MESSAGE_MAX, "a want is a message");
_Static_assert(sizeof(struct agent_key) <= AGENT_MESSAGE_MAX, "a key is a message");
_Static_assert(sizeof(bool) == 1, "a bool is judged as one octet");

static uint32_t number_at(const uint8_t *field) {
	uint32_t number;

	memcpy(&number, field, sizeof(number));
	return number;
}

/* Paths and names of the configuration may be UTF-8: no control character is all that is asked. */
static bool is_text(const uint8_t *field, size_t octets) {
	size_t n = strnlen((const char *)field, octets);

	for (size_t i = 0; i < n; i++)
		if (field[i] < ' ' || field[i] == 0x7f)
			return false;
	return n < octets;
}

/* What comes from the agent is shown on terminals and in JSON. */
static bool is_ascii(const uint8_t *field, size_t octets) {
	if (!is_text(field, octets))
		return false;
	for (size_t i = 0; field[i] != '\0'; i++)
		if (field[i] >= 0x80)
			return false;
	return true;
}

static bool is_bool(const uint8_t *field) {
	return *field <= 1;
}

#define AT(base, type, member) ((base) + offsetof(type, member))
#define TEXT_AT(base, type, member) \
	is_text(AT(base, type, member), sizeof(((const type *)NULL)->member))
#define ASCII_AT(base, type, member) \
	is_ascii(AT(base, type, member), sizeof(((const type *)NULL)->member))

static bool account_is_sound(const uint8_t *account) {
	return TEXT_AT(account, struct iam_account, url) &&
	       number_at(AT(account, struct iam_account, grant)) <= IAM_VPC_INSTANCE &&
	       TEXT_AT(account, struct iam_account, credential) &&
	       TEXT_AT(account, struct iam_account, profile) &&
	       TEXT_AT(account, struct iam_account, metadata_url);
}

/* Direct Link has no keys. */
static bool service_is_sound(const uint8_t *service) {
	return TEXT_AT(service, struct service, name) &&
	       number_at(AT(service, struct service, kind)) < SERVICE_DIRECT_LINK &&
	       TEXT_AT(service, struct service, url) &&
	       is_bool(AT(service, struct service, is_private)) &&
	       TEXT_AT(service, struct service, instance) &&
	       TEXT_AT(service, struct service, key_ring) &&
	       is_bool(AT(service, struct service, is_lenient)) &&
	       TEXT_AT(service, struct service, ca_file) &&
	       account_is_sound(AT(service, struct service, account));
}

static bool key_is_sound(const uint8_t *key) {
	return service_is_sound(AT(key, struct service_key, service)) &&
	       *AT(key, struct service_key, id) != '\0' && TEXT_AT(key, struct service_key, id) &&
	       TEXT_AT(key, struct service_key, ring) && TEXT_AT(key, struct service_key, crn);
}

static bool identity_is_sound(const uint8_t *identity) {
	return ASCII_AT(identity, struct agent_identity, id) &&
	       ASCII_AT(identity, struct agent_identity, version);
}

static bool identity_is_known(const uint8_t *identity) {
	return *AT(identity, struct agent_identity, id) != '\0';
}

static bool want_is_sound(const uint8_t *want, size_t octets) {
	uint32_t poll_s;

	if (octets != sizeof(struct agent_want))
		return false;
	poll_s = number_at(AT(want, struct agent_want, poll_s));
	return number_at(AT(want, struct agent_want, number)) < AGENT_KEYS_MAX && poll_s >= 1 &&
	       poll_s <= AGENT_POLL_MAX_S && is_bool(AT(want, struct agent_want, wants_key)) &&
	       identity_is_sound(AT(want, struct agent_want, known)) &&
	       (*AT(want, struct agent_want, wants_key) == 1 ||
		identity_is_known(AT(want, struct agent_want, known))) &&
	       key_is_sound(AT(want, struct agent_want, key));
}

static bool forget_is_sound(const uint8_t *forget, size_t octets) {
	return octets == sizeof(struct agent_forget) &&
	       number_at(AT(forget, struct agent_forget, number)) < AGENT_KEYS_MAX;
}

static bool pid_is_sound(const uint8_t *field) {
	const uint32_t pid = number_at(field);

	return pid != 0 && pid <= INT_MAX;
}

static bool ready_is_sound(const uint8_t *ready, size_t octets) {
	return octets == sizeof(struct agent_ready) &&
	       pid_is_sound(AT(ready, struct agent_ready, pid));
}

static bool gone_is_sound(const uint8_t *gone, size_t octets) {
	return octets == sizeof(struct agent_gone) &&
	       pid_is_sound(AT(gone, struct agent_gone, pid));
}

/* Nothing is said when all is good, and something when it is not. */
static bool verdict_is_sound(const uint8_t *news) {
	uint32_t verdict = number_at(AT(news, struct agent_news, verdict));
	bool says_something = *AT(news, struct agent_news, text) != '\0';

	return verdict <= AGENT_REFUSED && says_something == (verdict != AGENT_GOOD);
}

static bool status_is_sound(const uint8_t *field) {
	uint16_t status;

	memcpy(&status, field, sizeof(status));
	return status == 0 || (status >= 100 && status <= 599);
}

static bool time_is_sound(const uint8_t *field) {
	int64_t seconds;

	memcpy(&seconds, field, sizeof(seconds));
	return seconds >= 0 && seconds <= LAST_SECOND;
}

/* `news` begins a larger message when there is a key. */
static bool news_is_sound(const uint8_t *news) {
	return number_at(AT(news, struct agent_news, number)) < AGENT_KEYS_MAX &&
	       verdict_is_sound(news) &&
	       status_is_sound(AT(news, struct agent_news, http_status)) &&
	       number_at(AT(news, struct agent_news, retry_in_s)) <= 2 * AGENT_POLL_MAX_S &&
	       time_is_sound(AT(news, struct agent_news, expires_s)) &&
	       identity_is_sound(AT(news, struct agent_news, identity)) &&
	       ASCII_AT(news, struct agent_news, text) &&
	       ASCII_AT(news, struct agent_news, correlation);
}

/* In constant time. A key of zeroes is what a failed fetch leaves behind. */
static bool is_zero(const uint8_t *cak) {
	uint8_t bits = 0;

	for (size_t i = 0; i < AGENT_CAK_OCTETS; i++)
		bits |= cak[i];
	return bits == 0;
}

static bool agent_key_is_sound(const uint8_t *message, size_t octets) {
	const uint8_t *news = AT(message, struct agent_key, news);

	return octets == sizeof(struct agent_key) && news_is_sound(news) &&
	       number_at(AT(news, struct agent_news, verdict)) != AGENT_WAITING &&
	       number_at(AT(news, struct agent_news, verdict)) != AGENT_REFUSED &&
	       identity_is_known(AT(news, struct agent_news, identity)) &&
	       !is_zero(AT(message, struct agent_key, cak));
}

bool agent_message_is_sound(const void *message, size_t octets, bool to_agent) {
	if (octets < sizeof(uint32_t))
		return false;
	switch (number_at(message)) {
	case AGENT_WANT:
		return to_agent && want_is_sound(message, octets);
	case AGENT_FORGET:
		return to_agent && forget_is_sound(message, octets);
	case AGENT_READY:
		return !to_agent && ready_is_sound(message, octets);
	case AGENT_NEWS:
		return !to_agent && octets == sizeof(struct agent_news) && news_is_sound(message);
	case AGENT_KEY:
		return !to_agent && agent_key_is_sound(message, octets);
	case AGENT_GONE:
		return !to_agent && gone_is_sound(message, octets);
	default:
		return false;
	}
}
