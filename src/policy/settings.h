/* What the administrator decides about messages: who is one of us, what is signed, what results lead to. Filled by the
 * configuration; the functions of this room read it. Texts are terminated and live as long as the settings. */
#pragma once

#include "core/ipset.h"
#include "inkan/message.h"
#include "inkan/sign.h"

/* What is done with a message because of a result. TAG: it is delivered, and the results stand in its field. */
enum policy_action { POLICY_TAG, POLICY_QUARANTINE, POLICY_REJECT, POLICY_TEMPFAIL };
/* "tag", "quarantine", "reject", "tempfail" */
const char *policy_action_name(enum policy_action action);

struct word_list {
	const char *const *words;
	size_t count;
};

enum gateway_mode {
	GATEWAY_EXEMPT,     /* SPF and DMARC are not checked: "skipped (trusted gateway)", never pass */
	GATEWAY_LOOK_BEHIND /* SPF is checked for the host that delivered to the outermost trusted gateway */
};

/* Hosts of ours, or of a service of ours, that hand on mail from outside (S0-34, S0-35). */
struct trusted_gateway {
	struct ipset networks;
	enum gateway_mode mode;
	struct word_list recipients; /* only for messages all of whose recipients match one of these; none: for all */
};

/* Which messages are ours, to be signed. Any one suffices. */
struct outbound_settings {
	bool authenticated;            /* the client logged in (macro {auth_authen}) */
	struct ipset networks;         /* of clients */
	struct word_list daemon_names; /* macro {daemon_name}: "ORIGINATING", "submission" */
	bool local;                    /* came by no network: the sendmail command, a Unix socket */
};

struct signing_key {
	const char *selector;
	size_t key; /* number in the list of keys of the configuration: what the key holder knows it by */
};

enum { SIGNING_RULE_KEYS_MAX = 8, SIGNATURES_MAX = 8 /* that a message gets, of all rules */ };

/* A rule of the signing table. Patterns, ASCII case ignored: "example.com" (that domain), "*.example.com" (those below
 * it), ".example.com" (both), "alice@example.com" (one address), "*" (all); before an "@", "*" stands for every
 * mailbox, and behind it any pattern of domains may stand. U-labels and A-labels are the same. */
struct signing_rule {
	struct word_list from;              /* the author's address, or its domain */
	struct word_list except_recipients; /* a message all of whose recipients match is not signed by this rule */
	const char *domain;                 /* d=; NULL: the author's domain, or what `top` says */
	bool top;                           /* domain NULL, a pattern for what is below a name: d= is that name */
	bool fallback;                      /* only where no rule before it signs */
	const char *identity;               /* i=; NULL: none */
	const char *headers;                /* as inkan_signer_options.headers; NULL: the default set */
	enum inkan_canonicalization header, body;
	int64_t expire; /* seconds; 0: no x= */
	struct signing_key keys[SIGNING_RULE_KEYS_MAX];
	size_t key_count;
};

struct action_settings {
	/* by what DMARC asks for (inkan_verdict.applied), by failures that are none of the author's ... */
	enum policy_action dmarc_reject, dmarc_quarantine, dmarc_temperror, dmarc_permerror;
	enum policy_action no_author, several_authors; /* From cannot be asked for (RULES M1 to M3) */
	enum policy_action spf_fail, spf_softfail, spf_temperror, spf_permerror; /* softfail: where DMARC fails too */
	bool spf_fail_unless_dmarc_passes; /* a message that DMARC passes is not touched because of SPF */
	struct word_list accept_from;      /* authors (patterns as above) whose failures are overridden: local_policy */
	const char *contact;               /* put behind the text of a refusal: "see https://..."; NULL: none */
};

struct signing_index;

struct policy_settings {
	bool shadow; /* judge and log, change nothing */
	struct outbound_settings outbound;
	struct ipset ignored; /* clients whose messages are neither judged nor signed */
	struct trusted_gateway *gateways;
	size_t gateway_count;
	struct signing_rule *rules;
	size_t rule_count;
	const struct signing_index *index; /* of the rules (policy/signing_index.h); NULL: all are tried */
	struct action_settings actions;
};
