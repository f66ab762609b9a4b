/* A mail identity: a domain (or an address) that signs, its selectors and keys, and how far each of them is on its way.
 *
 * A domain may have several identities, which sign beside each other: the mail service's and the gateway's (S0-1). An id is the domain,
 * with "/name" behind it for all but the first: "example.com", "example.com/gateway", "alice@example.com". Plain data; texts are
 * terminated and live in the arena the identity was read into. */
#pragma once

#include "core/arena.h"
#include "core/buf.h"
#include "core/time.h"
#include "dns/dns.h"

enum identity_role {
	IDENTITY_SERVICE, /* the mail service or server that the domain sends with */
	IDENTITY_GATEWAY  /* what rewrites mail behind it */
};

/* How selectors and keys are published. */
enum identity_scheme {
	IDENTITY_TXT,    /* one TXT record a key below the domain itself; a new selector for each key */
	IDENTITY_CNAME2, /* two fixed selectors, CNAMEs into our zone (as Microsoft 365): selector1, selector2 */
	IDENTITY_CNAME3, /* three tokens, CNAMEs into our zone (as Amazon SES) */
	IDENTITY_EXTERNAL /* somebody else holds the keys: selectors are only looked at (Google Workspace, Microsoft 365, SES) */
};

enum identity_algorithm { IDENTITY_RSA, IDENTITY_ED25519 };

/* The way of one key. identity/life.c has the table of what leads where. */
enum slot_state {
	SLOT_EMPTY,     /* no key; CNAME schemes publish an empty text (S3-27) */
	SLOT_GENERATED, /* has a key, not yet in DNS */
	SLOT_PUBLISHED, /* the record is in DNS, or was handed out to be put there */
	SLOT_PROVEN,    /* every authoritative server shows it, longer than the old negative answers live */
	SLOT_ACTIVE,    /* signs */
	SLOT_OVERLAP,   /* signs no more; its record is still needed by mail on its way */
	SLOT_REVOKED    /* published as revoked: "p=" (TXT) or empty (CNAME schemes) */
};

enum identity_state {                       /* of the identity as a whole */
	              IDENTITY_REQUESTED,   /* waits for approval (S0-10) */
	              IDENTITY_NOT_STARTED, /* no key yet */
	              IDENTITY_PENDING,     /* keys are there, DNS does not show them yet */
	              IDENTITY_VERIFIED, /* every server shows its key; it signs, if enabled, from when the key is proven */
	              IDENTITY_UNSTABLE, /* was verified, and its records are not seen just now: SES's Temporary Failure */
	              IDENTITY_FAILED    /* not verified in time, or unstable for too long */
};

enum mail_from_state { /* a machine of its own, apart from the keys' */
	               MAIL_FROM_NONE,
	               MAIL_FROM_PENDING,
	               MAIL_FROM_SUCCESS,
	               MAIL_FROM_UNSTABLE,
	               MAIL_FROM_FAILED
};
enum mx_failure { MX_FAILURE_DEFAULT, MX_FAILURE_REJECT }; /* S3-17: use the default MAIL FROM, or reject the message */

enum {
	IDENTITY_SLOTS_MAX = 3,
	IDENTITY_ID_MAX = 320,
	IDENTITY_NAME_MAX =
		63, /* of the part behind "/", tenants, environments, sites: letters, digits, "-", "_", "." */
	IDENTITY_JSON_MAX = 64 * 1024,
	IDENTITY_RECORD_MAX = 4096,            /* octets of a key record; the longest key has about 1400 */
	IDENTITY_TROUBLE_MAX = 1000,           /* octets of `trouble` that are kept */
	IDENTITY_SELECTOR_MAX = 32,            /* octets of the selectors made here */
	IDENTITY_INTERVAL_MAX = 3650 * 86400,  /* seconds of `overlap` and `rotate_every` */
	IDENTITY_ROTATE_EVERY_MIN = 24 * 3600, /* seconds */
	IDENTITY_RSA_BITS = 2048               /* default (C-11) */
};

struct slot {
	enum slot_state state;
	const char *selector; /* "selector1", a token, "s20261122"; "": none yet */
	const char *
		target; /* CNAME schemes: where selector._domainkey.domain points; opaque, never derived (S2-19); else "" */
	uint32_t key;       /* number of the key in the store; 0: none */
	const char *record; /* text of the key record: "v=DKIM1; k=rsa; p=..."; "" */
	unsigned bits;
	enum identity_algorithm algorithm;
	/* Unix seconds; UNIX_TIME_NONE: not (yet) */
	unix_time since; /* of the state */
	unix_time made;  /* the key */
	unix_time published;
	unix_time first_seen;    /* on every server, without a gap up to now */
	unix_time last_shown;    /* newest look at which every server showed it */
	unix_time last_seen;     /* on any server */
	unix_time last_signed;   /* newest message that we signed with it */
	unix_time last_verified; /* newest message that came in with a valid signature of it */
};

struct identity {
	const char *id;                   /* key of the store */
	const char *domain;               /* lower case A-labels: what d= is; of an address: what is behind the "@" */
	const char *address;              /* "": a domain identity */
	const char *name;                 /* what stands behind "/" in the id; "" */
	const char *tenant, *environment; /* "": none */
	enum identity_role role;
	enum identity_scheme scheme;
	enum identity_state state;
	unix_time state_since, created, checked; /* checked: last look at DNS */
	bool enabled;                            /* signing is switched on */
	bool deterministic; /* CNAME3: tokens come from a secret and the domain, the same on every host and site */
	enum identity_algorithm algorithm; /* of keys to come */
	unsigned bits;
	const char *host_zone; /* CNAME schemes, MAIL FROM: zone of ours that names lead into: "dkim.example.net" */
	const char *site;      /* region or node, part of the MX host (S3-34); "" */
	const char *provider;  /* IDENTITY_EXTERNAL: id of identity/provider.h; "" */
	const char *mail_from; /* custom MAIL FROM domain; "" */
	enum mx_failure mx_failure;
	enum mail_from_state mail_from_state;
	unix_time mail_from_since;
	bool publishes;       /* we write the domain's own zone ourselves; else its owner copies the records */
	bool rotating;        /* a rotation has begun and is not done */
	int64_t rotate_every; /* seconds between rotations; 0: only when asked */
	int64_t overlap;      /* seconds that a key stays in DNS after its last signature */
	unix_time next_due;   /* when the next step, or look, is to be made; UNIX_TIME_NONE: never by itself */
	const char *trouble;  /* what the last look or step met, English; "" */
	size_t slot_count;    /* of the scheme */
	struct slot slots[IDENTITY_SLOTS_MAX];
};

/* What is wanted of a new identity. NULL texts: none. */
struct identity_wish {
	const char *id; /* as above; U-labels and capitals are taken */
	enum identity_role role;
	enum identity_scheme scheme;
	enum identity_algorithm algorithm;
	unsigned bits; /* 0: default */
	const char *tenant, *environment, *host_zone, *site, *provider, *mail_from;
	const char *
		selector; /* TXT: name of the first selector; EXTERNAL: those to look at, with blanks between them, NULL: the provider's */
	enum mx_failure mx_failure;
	bool enabled, deterministic, publishes, needs_approval;
	int64_t rotate_every, overlap; /* overlap 0: LIFE_OVERLAP */
	/* CNAME3: slot_count tokens of 16 random octets, or, deterministic, a secret of 32 octets that all hosts share */
	const unsigned char *random; /* 48 octets */
	const unsigned char *secret; /* 32 octets; NULL unless deterministic */
};

/* A new identity in state REQUESTED or NOT_STARTED, slots empty, selectors and targets of CNAME schemes given. (EXTERNAL:
 * PENDING, its keys are somebody else's.) INKAN_EUSAGE: *why_out says what is wrong with the wish (static or in the arena). */
INKAN_MUST_CHECK int identity_new(struct arena *arena, const struct identity_wish *wish, unix_time now,
                                  struct identity *out, const char **why_out);
/* Whether keys of that kind are made: RSA of 1024, 2048, 3072, 4096 bits, Ed25519 (256). */
bool identity_key_is_allowed(enum identity_algorithm algorithm, unsigned bits);
/* Sets the custom MAIL FROM domain, NULL or "": none; its state begins anew. Otherwise as identity_new(). */
INKAN_MUST_CHECK int identity_set_mail_from(struct arena *arena, struct identity *identity, const char *mail_from,
                                            enum mx_failure mx_failure, unix_time now, const char **why_out);
/* TXT: a selector for a key made now, "s20261122", for gateways "gw20261122"; attempt 1 and on, where it is taken: with "b", "c" ...
 * behind it. Not one of this identity's. False: no attempt is left. */
bool identity_new_selector(const struct identity *identity, unix_time now, unsigned attempt,
                           char out[IDENTITY_SELECTOR_MAX]);

/* A selector in front of "._domainkey.domain", within the lengths of DNS (RFC 6376 section 3.1). */
bool identity_is_selector(struct str selector, struct str domain);

/* As JSON for the store, and back. INKAN_ESYNTAX: nothing that identity_print_json() made. */
INKAN_MUST_CHECK int identity_print_json(const struct identity *identity, struct buf *out);
INKAN_MUST_CHECK int identity_read_json(struct arena *arena, struct str json, struct identity *out);
/* All of it in that arena. */
INKAN_MUST_CHECK int identity_copy(struct arena *arena, const struct identity *from, struct identity *out);

/* "service", "gateway" ...: words of the command line and JSON. */
const char *identity_role_name(enum identity_role role);
const char *identity_scheme_name(enum identity_scheme scheme);          /* "txt", "cname2", "cname3", "external" */
const char *identity_algorithm_name(enum identity_algorithm algorithm); /* "rsa", "ed25519" */
const char *slot_state_name(enum slot_state state);
const char *identity_state_name(enum identity_state state);
const char *mail_from_state_name(enum mail_from_state state);
const char *mx_failure_name(enum mx_failure failure); /* "default", "reject" */
bool identity_role_from_name(struct str name, enum identity_role *out);
bool identity_scheme_from_name(struct str name, enum identity_scheme *out);
bool identity_algorithm_from_name(struct str name, enum identity_algorithm *out);
bool mx_failure_from_name(struct str name, enum mx_failure *out);

/* The slot that signs, or NULL. */
const struct slot *identity_active_slot(const struct identity *identity);
/* "selector._domainkey.domain" of a slot; "" where it has no selector. out: DNS_NAME_MAX + 1. */
void identity_slot_name(const struct identity *identity, const struct slot *slot, char *out);
