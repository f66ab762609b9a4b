/* The check of a domain: what DNS says about its mail, with the next step. Pure, on evidence: asks, gives up, is called again. */
#pragma once

#include "check/finding.h"
#include "dns/evidence.h"
#include "identity/identity.h"
#include "inkan/message.h"

enum {
	DOMAIN_SELECTORS_MAX = 64,
	DOMAIN_ROUNDS_MAX = 16, /* rounds of questions */
	DOMAIN_FINDINGS_MAX = 200
};

/* A selector to look at, and why we know of it. */
struct known_selector {
	const char *selector;
	enum { KNOWN_BY_USER, KNOWN_BY_IDENTITY, KNOWN_BY_HEADER, KNOWN_BY_PROVIDER } why;
	const char *target; /* CNAME that is expected; NULL */
	const char *record; /* key record that is expected; NULL */
	unix_time made;     /* of the key; UNIX_TIME_NONE */
	const char *group;  /* identity whose rotation set it belongs to; NULL */
};

struct domain_check_options {
	const char *domain;
	const struct known_selector *selectors;
	size_t selector_count;
	const char *const *gateways; /* addresses or networks a gateway sends from (S0-5) */
	size_t gateway_count;
	const char *mail_from; /* custom MAIL FROM domain; NULL */
	const char *provider;  /* id of the mail service where it is known; NULL: detected */
	const char *profile;   /* "gmail", "yahoo", "microsoft" or NULL: all sender guidelines are told of */
	enum inkan_dmarc_profile dmarc_profile;
	bool (*is_public_suffix)(void *context, const char *domain);
	size_t (*registrable_domain)(void *context, const char *domain);
	void *public_suffix_context;
	unix_time now;
};
