/* The check of a domain: what DNS says about its mail, with the next step. Pure, on evidence: asks, gives up, is called again. */
#pragma once

#include "check/finding.h"
#include "check/sender.h"
#include "check/spf_tree.h"
#include "crypto/crypto.h"
#include "dmarc/dmarc.h"
#include "dns/evidence.h"
#include "identity/identity.h"
#include "identity/provider.h"

enum {
	DOMAIN_SELECTORS_MAX = 64, /* selectors that are looked at, the provider's own included */
	DOMAIN_ROUNDS_MAX = 16,    /* rounds of questions */
	DOMAIN_FINDINGS_MAX = 200,
	DOMAIN_LOOKS_MAX = 400,      /* answers that are told of */
	DOMAIN_GATEWAYS_MAX = 64,    /* addresses and networks of gateways */
	DOMAIN_GATEWAY_SAMPLES = 16, /* addresses of a network that SPF is evaluated for: the ends, and between them */
	DOMAIN_PROVIDERS_MAX = 8,
	DOMAIN_SERVERS_MAX = 16,      /* name servers, mail servers that are looked at */
	DOMAIN_REPORT_URIS_MAX = 20,  /* of rua= and of ruf= */
	DOMAIN_KEY_OLD = 365 * 86400, /* seconds; older keys are remarked on */
	DOMAIN_MEMORY_MAX = 64 * 1024 * 1024
};

enum known_by { KNOWN_BY_USER, KNOWN_BY_IDENTITY, KNOWN_BY_HEADER, KNOWN_BY_PROVIDER };

/* A selector to look at, and why we know of it. */
struct known_selector {
	const char *selector;
	enum known_by why;
	const char *target; /* CNAME that is expected; NULL */
	const char *record; /* key record that is expected; NULL */
	unix_time made;     /* of the key; UNIX_TIME_NONE */
	const char *group;  /* identity whose rotation set it belongs to; NULL */
	enum identity_role role;
	bool is_idle; /* nothing is signed with it (yet, or any more): its record may be absent */
};

struct domain_check_options {
	const char *domain;
	const struct known_selector *selectors;
	size_t selector_count;
	const char *const *gateways; /* addresses or networks a gateway sends from (S0-5) */
	size_t gateway_count;
	const char *const *name_servers; /* that the zone is to be delegated to (S3-13); none: not judged */
	size_t name_server_count;
	const char *mail_from; /* custom MAIL FROM domain; NULL */
	const char *provider;  /* id of the mail service where it is known; NULL: detected */
	const char *profile;   /* "gmail", "yahoo", "microsoft" or NULL: all sender guidelines are told of */
	bool bulk;             /* 5,000 messages a day or more (S3-2) */
	enum inkan_dmarc_profile dmarc_profile;
	/* the list of public suffixes, for INKAN_RFC7489: as struct dmarc_query has it */
	struct str (*registrable_domain)(void *context, struct str domain);
	void *public_suffix_context;
	unix_time now;
};

/* What the check is about, in the order of the page. */
enum domain_part {
	DOMAIN_GATEWAY,
	DOMAIN_DELEGATION,
	DOMAIN_MX,
	DOMAIN_SPF,
	DOMAIN_DKIM,
	DOMAIN_DMARC,
	DOMAIN_MAIL_FROM,
	DOMAIN_MTA_STS,
	DOMAIN_TLSRPT,
	DOMAIN_BIMI,
	DOMAIN_DNSSEC,
	DOMAIN_SERVICE,   /* the mail service, and who signs */
	DOMAIN_RECEIVERS, /* what large receivers require */
	DOMAIN_PARTS
};
/* "gateway", "delegation", "mx", "spf" ...; and for people */
const char *domain_part_id(enum domain_part part);
const char *domain_part_title(enum domain_part part, enum language language);

enum domain_state {
	DOMAIN_NOT_ASKED, /* nothing to look at: no gateway given, no selector known ... */
	DOMAIN_FINE,
	DOMAIN_ABSENT,  /* nothing is published */
	DOMAIN_RISK,    /* published, with warnings */
	DOMAIN_BROKEN,  /* published, with errors */
	DOMAIN_UNKNOWN, /* DNS gave no answer for now */
	DOMAIN_NOT_NEEDED
};
/* "not-asked", "ok", "absent", "warning", "error", "unknown", "not-needed" */
const char *domain_state_id(enum domain_state state);

/* A finding, with what it is about. */
struct domain_note {
	enum domain_part part;
	struct str name;  /* DNS name; empty */
	struct str value; /* text that the finding's position is in; empty */
	struct finding finding;
};

/* An answer that the page rests on. */
struct domain_look {
	enum domain_part part;
	enum dns_type type;
	struct str name;
	const struct dns_answer *answer;
};

enum selector_state {
	SELECTOR_ABSENT,
	SELECTOR_KEY,      /* verifiers can use it */
	SELECTOR_INACTIVE, /* an empty text, and a sibling has the key (S3-27, S3-29) */
	SELECTOR_EMPTY,    /* an empty text, and no sibling has a key */
	SELECTOR_REVOKED,  /* "p=" */
	SELECTOR_DANGLING, /* a CNAME that leads nowhere */
	SELECTOR_WAITING, /* the same, and a sibling has a key: Microsoft's second one before the first rotation (S2-21) */
	SELECTOR_BROKEN, /* a record that verifiers cannot use, several, or none of a key */
	SELECTOR_UNKNOWN /* DNS gave no answer for now */
};
/* "absent", "key", "inactive", "empty", "revoked", "dangling", "waiting", "broken", "unknown" */
const char *selector_state_id(enum selector_state state);

struct domain_selector {
	struct known_selector known;
	struct str name;                 /* selector._domainkey.domain */
	struct str target;               /* where its CNAME leads, the last one; empty: none */
	const struct provider *provider; /* by that target, or whose selector it is; NULL */
	enum selector_state state;
	struct str text; /* of the record */
	enum key_type type;
	unsigned bits; /* 0: no key */
	bool testing, strict;
	struct str der; /* of the key, to compare */
	bool by_wildcard;
};

enum found_by { FOUND_BY_USER, FOUND_BY_MX, FOUND_BY_SPF, FOUND_BY_KEY };

struct domain_provider {
	const struct provider *provider;
	enum found_by how;
	struct str evidence; /* the host or name that told */
};

/* A line of the sender guidelines (S0-36, S2-3, S3-1, S3-2). */
struct domain_requirement {
	enum sender_receiver receiver;
	enum sender_topic topic;
	enum sender_strength strength;
	bool bulk_only;
	const char *since; /* "2024-02-01"; "": no date was given */
	enum sender_outcome outcome;
};

enum { DOMAIN_REQUIREMENTS_MAX = 32 };

enum domain_verdict { DOMAIN_VERDICT_PASS, DOMAIN_VERDICT_AT_RISK, DOMAIN_VERDICT_FAIL, DOMAIN_VERDICT_UNKNOWN };
/* "pass", "at-risk", "fail", "unknown" */
const char *domain_verdict_id(enum domain_verdict verdict);

struct domain_report {
	struct str domain; /* A-labels, lower case */
	enum domain_verdict verdict;
	struct text sentence;                 /* what it means */
	struct text next;                     /* the next step; "" where nothing is to be done */
	const struct finding_kind *next_kind; /* the finding that it comes from; NULL */
	enum domain_state states[DOMAIN_PARTS];
	struct text lines[DOMAIN_PARTS]; /* one line each; may hold text of strangers */
	unsigned registered;             /* of SPF, DKIM and DMARC (S2-5) */
	bool temporary;                  /* DNS failed for something */
	bool no_mail;                    /* the domain says that it sends none: "v=spf1 -all" */
	struct domain_note *notes;       /* in the order to be shown */
	size_t note_count, notes_left_out;
	struct domain_look *looks;
	size_t look_count;
	struct str zone; /* apex that the domain lies in; empty: not known */
	struct str spf;  /* the record; empty: none, or several */
	struct spf_tree tree;
	struct domain_selector *selectors;
	size_t selector_count;
	size_t key_count;   /* selectors that have a key which verifiers can use */
	bool selectors_cut; /* there were more than DOMAIN_SELECTORS_MAX */
	struct inkan_dmarc_result dmarc;
	struct domain_provider providers[DOMAIN_PROVIDERS_MAX];
	size_t provider_count;
	bool has_gateway;                  /* a gateway is known: two signers are wanted */
	bool service_signs, gateway_signs; /* has a usable key */
	struct domain_requirement requirements[DOMAIN_REQUIREMENTS_MAX];
	size_t requirement_count;
};

/* Looks at everything again each time. *pending_out: questions are open in the evidence; answer them, reset the arena and
 * call again; *out is then worth nothing. Texts of *out live in the arena, the evidence or the options. INKAN_EUSAGE: no
 * domain name, or a gateway that is neither address nor network. Other errors: those of the arena and of the evidence. */
INKAN_MUST_CHECK int domain_check(struct arena *arena, const struct crypto *crypto, struct evidence *evidence,
                                  const struct domain_check_options *options, struct domain_report *out,
                                  bool *pending_out);
/* The selectors of an identity, as they are to be in DNS: at most IDENTITY_SLOTS_MAX. Texts are those of the identity. */
size_t domain_selectors_of(const struct identity *identity, struct known_selector out[IDENTITY_SLOTS_MAX]);
/* Notes, for information, that the i-th selector shows the same key as a name of another domain. */
void domain_add_shared_key(struct arena *arena, struct domain_report *report, size_t selector, struct str other);
/* After DOMAIN_ROUNDS_MAX rounds: whatever is open timed out. */
INKAN_MUST_CHECK int domain_give_up(struct evidence *evidence);
/* The worst finding. */
enum severity domain_worst(const struct domain_report *report);
