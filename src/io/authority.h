/* What the authoritative name servers of a zone say, each asked by itself: no cache stands between (identities are proven on every
 * server, plans are made against them). Blocking, with deadlines; for commands and the registrar's process.
 *
 * A reply counts only from the address asked, with our id and question, and with the AA bit. UDP first, TCP where it is cut off. */
#pragma once

#include "dns/record_set.h"
#include "io/error.h"
#include "io/resolver.h"

enum {
	AUTHORITY_SERVERS_MAX = 32,       /* addresses of one zone that are asked */
	AUTHORITY_TIMEOUT = 2000,         /* ms for one try; three are made */
	AUTHORITY_ZONES_MAX = 10000,      /* kept by one struct authority */
	AUTHORITY_FLIGHT_MAX = 256,       /* questions on their way at once; others wait for their turn ... */
	AUTHORITY_FLIGHT_SERVER_MAX = 16, /* ... and of them to one server */
	AUTHORITY_FIND_MAX = 128,         /* names whose zones are looked for at once; others wait */
	AUTHORITY_NEGATIVE_TTL =
		3 * 3600 /* seconds, where no server tells: as long as resolvers keep it (RFC 2308 section 5) */
};

/* A zone that is not found by asking the world: a hidden primary, a laboratory. Counts as delegated. */
struct authority_override {
	const char *zone;           /* apex, normalised */
	const char *const *servers; /* "192.0.2.1", "[2001:db8::1]:5353", "127.0.0.1:5300", "ns1.example.com" */
	size_t server_count;
};

struct authority_options {
	struct resolver_options resolver;           /* finds zones, name servers and addresses */
	const struct authority_override *overrides; /* stay the caller's, as long as the authority lives */
	size_t override_count;
	uint32_t timeout; /* ms; 0: AUTHORITY_TIMEOUT */
};

struct authority; /* one thread */

INKAN_MUST_CHECK int authority_new(const struct authority_options *options, struct authority **out,
                                   struct io_error *error);
void authority_free(struct authority *a);

struct authority_server {
	const char *name;    /* of the NS record; the address where it was given */
	const char *address; /* "192.0.2.1:53" */
};

struct authority_zone {
	const char *apex;
	uint32_t
		negative_ttl; /* seconds (RFC 2308 section 5); of the SOA record; AUTHORITY_NEGATIVE_TTL: no server says */
	struct authority_server servers[AUTHORITY_SERVERS_MAX];
	size_t server_count;
	bool delegated; /* the zone above has NS records for it, as far as it could be asked (S3-13) */
};

/* The zone that holds a name: the longest override, else its apex by walking upwards for SOA, its servers by NS and addresses
 * (those of a kind, IPv4 or IPv6, that this host has no route to are left out). Looked up again after 5 minutes. The zone
 * lives until authority_forget() or authority_free(). INKAN_EIO: cannot be found now, *error says what was asked; INKAN_ELIMIT:
 * AUTHORITY_ZONES_MAX; INKAN_EUSAGE: no name. */
INKAN_MUST_CHECK int authority_find(struct authority *a, struct str name, const struct authority_zone **out,
                                    struct io_error *error);

/* One of several names whose zones are found side by side. */
struct authority_search {
	struct str name;
	const struct authority_zone *zone; /* what is found; NULL: `code` is not INKAN_OK */
	int code;                          /* as authority_find() returns it, with `error` */
	struct io_error error;
};
/* INKAN_ENOMEM: nothing is known of any. */
INKAN_MUST_CHECK int authority_find_all(struct authority *a, struct authority_search *list, size_t count);

/* Forgets all zones, to make room: for who runs long. */
void authority_forget(struct authority *a);
/* The same where half of AUTHORITY_ZONES_MAX is reached: for who goes on for days and has no zone in hand. */
void authority_tidy(struct authority *a);

struct authority_answer {
	const struct authority_server *server;
	struct dns_answer
		answer;        /* status; records as that server has them; a CNAME is not followed: asked for TXT it is
	                           * DNS_NODATA with `alias` */
	struct str alias;      /* the CNAME that is there instead; empty */
	struct str referral;   /* DNS_SERVFAIL: the zone below, or above, to whose servers it refers; empty */
	bool has_soa;          /* there was a SOA record in the reply */
	uint32_t serial;       /* of it; 0: not known */
	uint32_t negative_ttl; /* of it */
};

/* One question to every server of the zone, at once: servers' answers in the order of zone->servers, count = server_count.
 * Memory of the arena. Never fails for what servers do or do not say: DNS_TIMEOUT where there is no reply, DNS_SERVFAIL where it
 * is of no use, both with `why`. INKAN_EUSAGE: no name. */
INKAN_MUST_CHECK int authority_ask(struct authority *a, struct arena *arena, const struct authority_zone *zone,
                                   enum dns_type type, struct str name, struct authority_answer *out);

/* One of several questions that are asked side by side. */
struct authority_question {
	const struct authority_zone *zone;
	enum dns_type type;
	struct str name;
	struct arena *arena;
	struct authority_answer *out; /* of zone->server_count */
	int code;                     /* INKAN_EUSAGE: no name; an error of the arena */
};
/* As authority_ask() for each; a slow server delays only what it is asked. INKAN_ENOMEM: nothing is known of any. */
INKAN_MUST_CHECK int authority_ask_all(struct authority *a, struct authority_question *list, size_t count);
