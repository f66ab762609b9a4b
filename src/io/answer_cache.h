/* DNS answers shared by the workers of a process, in front of their resolvers: bounded in octets, by TTL, with
 * negative and temporary answers, and, if wanted, stale ones where DNS fails. Thread-safe (sharded locks). */
#pragma once

#include "dns/evidence.h"

struct answer_cache;

struct answer_cache_options {
	uint64_t size_max;         /* octets of memory; 0: 64 MiB; in less than some KiB nothing is kept */
	uint32_t min_ttl, max_ttl; /* seconds that an answer is kept; 0: 0 and 86,400 */
	uint32_t failure_ttl;      /* SERVFAIL, time-out, bogus; 0: 5 (RFC 2308 section 7: at most 300) */
	uint32_t negative_ttl;     /* NXDOMAIN, NODATA without a TTL of their own; 0: 60 */
	uint32_t stale; /* seconds that an outdated answer may stand in where DNS fails (RFC 8767); 0: none */
};

struct answer_cache_figures {
	uint64_t hits, misses;    /* questions, answered by what is fresh or not at all */
	uint64_t stale;           /* questions answered by what is outdated */
	uint64_t entries, octets; /* now */
	uint64_t evicted;         /* entries that had to go though they were of use */
};

INKAN_MUST_CHECK int answer_cache_new(const struct answer_cache_options *options, struct answer_cache **out);
void answer_cache_free(struct answer_cache *c);

/* Answers the open questions of e that it knows; now: a clock that nobody sets, ms (clock_milliseconds()). The TTL of
 * an answer is what is left of it. How many were answered in *hits_out. Errors: those of evidence_add(). */
INKAN_MUST_CHECK int answer_cache_answer(struct answer_cache *c, struct evidence *e, int64_t now, size_t *hits_out);
/* Keeps an answer that came from DNS. Where it is a temporary failure (not bogus) and an older answer is fresh enough
 * to be served stale, *instead_out is true, the older one is added to `e`, and for failure_ttl seconds it answers that
 * question without DNS being asked again; else nothing is added to `e`. Answers with a TTL of 0, and those of more
 * than 64 KiB, are not kept. Lack of memory is no error: nothing is kept. */
INKAN_MUST_CHECK int answer_cache_add(struct answer_cache *c, struct evidence *e, enum dns_type type, struct str name,
                                      const struct dns_answer *answer, int64_t now, bool *instead_out);
/* The second half of that alone, for a failure that is not to be kept: that of a caller who had no time to wait. The
 * name is normalised. */
INKAN_MUST_CHECK int answer_cache_stand_in(struct answer_cache *c, struct evidence *e, enum dns_type type,
                                           struct str name, int64_t now, bool *instead_out);
void answer_cache_figures(struct answer_cache *c, struct answer_cache_figures *out);
