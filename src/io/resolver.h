/* Asks DNS (libunbound on libuv): has the open questions of an evidence answered.
 *
 * A resolver belongs to one thread and has its own cache; in front of it may stand one that threads share. Name
 * servers are those of the system, one that is given, or, by full recursion, those of the world. Answers that DNSSEC
 * finds bogus are DNS_BOGUS, never data. */
#pragma once

#include "io/answer_cache.h"
#include "io/error.h"

struct uv_loop_s;

enum {
	RESOLVER_TIMEOUT = 5000,        /* milliseconds for a question; libunbound alone gives up after 12 to 17 s */
	RESOLVER_TIMEOUT_MAX = 3600000, /* milliseconds */
	RESOLVER_PATIENCE =
		20000,           /* milliseconds for all rounds of one message: RFC 7208 section 4.6.4 asks for 20 s */
	RESOLVER_PARALLEL = 4096 /* questions on the way at once, each with its own socket */
};

#define RESOLVER_TRUST_ANCHOR "/usr/share/dns/root.key" /* Debian: dns-root-data */

struct resolver_options {
	struct str host;            /* name server: IPv4 or IPv6 address, or a name; empty: those of resolv_conf */
	uint16_t port;              /* of `host`; 0: 53 */
	bool recursive;             /* full recursion from the root; then `host` must be empty */
	bool validate;              /* check DNSSEC; always so with `recursive` */
	bool strict;                /* with `validate`: also where the name servers cannot hand on what that needs */
	const char *resolv_conf;    /* NULL: /etc/resolv.conf */
	const char *trust_anchor;   /* file of DS or DNSKEY records of the root; NULL: RESOLVER_TRUST_ANCHOR */
	uint32_t timeout;           /* milliseconds for a question; 0: RESOLVER_TIMEOUT */
	uint32_t parallel;          /* questions on the way at once; 0: RESOLVER_PARALLEL */
	struct answer_cache *cache; /* shared, asked before DNS; outlives the resolver; NULL: none */
	bool keep_file_limit;       /* leave the soft limit of open files of the process as it is */
};

struct resolver;

/* What a resolver has done. */
struct resolver_figures {
	uint64_t questions; /* all that were open */
	uint64_t hits;      /* of them answered by the shared cache, fresh or stale */
	uint64_t stale;     /* of all, answered by an outdated answer because DNS failed just now */
	uint64_t failures;  /* DNS said SERVFAIL, or nothing that can be used */
	uint64_t timeouts;
};

/* DNSSEC behind name servers of others: many strip signatures, or serve a world of their own (laboratories). Unless
 * `strict`, resolver_resolve() looks at its first call whether the root can be validated through them; where not, it
 * goes on without, and nothing is `secure`. resolver_begin() is always strict. */

/* Nothing is sent yet, but every file is read: none is opened later. loop: to run on (only resolver_begin() then);
 * NULL: an own one. INKAN_EIO: *error (may be NULL) says why. Raises the soft limit of open files of the process to
 * the hard one, unless it is to be kept; where there are too few files, fewer questions are on the way at once. */
INKAN_MUST_CHECK int resolver_new(const struct resolver_options *options, struct uv_loop_s *loop, struct resolver **out,
                                  struct io_error *error);
/* Unanswered requests are cancelled without a call of `done`. A loop that was given is to be run once more (with
 * UV_RUN_NOWAIT), so that closed handles go. */
void resolver_free(struct resolver *r);

/* Has all questions that are open in e answered, all at once, and waits. What has no answer after the shorter of the
 * resolver's timeout and `timeout` (milliseconds; 0: no limit of its own) is DNS_TIMEOUT. Looking whether the root can
 * be validated is part of `timeout`, not of the resolver's; where that is over too early to know, the next call looks
 * again. */
INKAN_MUST_CHECK int resolver_resolve(struct resolver *r, struct evidence *e, uint32_t timeout);
/* The same for several, side by side. */
INKAN_MUST_CHECK int resolver_resolve_all(struct resolver *r, struct evidence *const *list, size_t count,
                                          uint32_t timeout);

/* Finds out now what resolver_resolve() would at its first call: whether DNSSEC validation works. Only on a loop of its own. */
INKAN_MUST_CHECK int resolver_settle(struct resolver *r, bool *validates_out);

/* The `timeout` of the next round of one message (or command), now being clock_milliseconds(): what is left of
 * RESOLVER_PATIENCE since the first, at least 1, as the cache may still answer. *since is 0 before the first call,
 * which sets it. */
uint32_t resolver_patience(int64_t *since, int64_t now);

void resolver_figures(const struct resolver *r, struct resolver_figures *out);

struct resolver_request;

/* As resolver_resolve(), but returns at once and calls done(context, error) when the last answer is in e: on a later
 * turn of the loop or, where all were in the cache, before it returns. e must live until then and keep its open
 * questions. *out (may be NULL) is valid until `done` is called, and NULL where the shared cache had all of it; to be
 * given to resolver_cancel(). */
INKAN_MUST_CHECK int resolver_begin(struct resolver *r, struct evidence *e, uint32_t timeout,
                                    void (*done)(void *context, int error), void *context,
                                    struct resolver_request **out);
/* `done` will not be called. */
void resolver_cancel(struct resolver_request *request);
