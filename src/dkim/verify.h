/* The DKIM verifier for one message at a time (RFC 6376 section 6; RULES V1 to V33).
 *
 * Order of calls: dkim_verifier_header(), the body to the body hashes, dkim_verifier_finish_body(), then
 * dkim_verifier_evaluate() until nothing is pending. dkim_verifier_ask() may be called after the header to have DNS
 * asked while the body arrives. Signatures are computed once, top to bottom, when all their keys are known. */
#pragma once

#include "dns/evidence.h"
#include "sig/body_hash.h"
#include "sig/key_cache.h"
#include "sig/signature.h"

enum {
	DKIM_SIGNATURES_DEFAULT = 10, /* signatures evaluated (V1) */
	DKIM_SIGNATURES_MAX = 100,    /* upper bound for the option */
	DKIM_RESULTS_MAX = 1000,      /* fields listed in the results; more are counted, not listed */
	DKIM_KEY_RECORDS_MAX = 4,     /* TXT records of one name that are tried (V11) */
	DKIM_CLOCK_SKEW_DEFAULT = 300 /* seconds (V6) */
};

struct dkim_verify_options {
	unix_time now; /* UNIX_TIME_NONE: t= and x= are not judged */
	unsigned clock_skew;
	size_t signatures_max;
	bool allow_legacy;
	bool allow_partial_body;
	bool (*is_public_suffix)(void *context, const char *domain); /* NULL: a single label is one (V31) */
	void *public_suffix_context;
};

struct dkim_verifier;

/* crypto and cache must outlive the verifier. */
INKAN_MUST_CHECK int dkim_verifier_new(const struct crypto *crypto, struct dkim_key_cache *cache,
                                       const struct dkim_verify_options *options, struct dkim_verifier **out);
void dkim_verifier_free(struct dkim_verifier *v);
/* A new time of judgement, for what is evaluated from now on. */
void dkim_verifier_set_time(struct dkim_verifier *v, unix_time now);

/* Begins a message: parses the signatures, states body hash needs to `bodies` (shared with ARC; its start, feed and finish
 * are the caller's). header, arena, bodies must stay until the results were used; results live in the arena. */
INKAN_MUST_CHECK int dkim_verifier_header(struct dkim_verifier *v, struct arena *arena, const struct header *header,
                                          struct body_hashes *bodies);
/* Asks for every key that will be needed; dkim_verifier_evaluate() then wants the same evidence, not reset. */
void dkim_verifier_ask(struct dkim_verifier *v, struct evidence *evidence);
/* After body_hashes_finish(). */
INKAN_MUST_CHECK int dkim_verifier_finish_body(struct dkim_verifier *v);
/* *pending_out: questions are open in the evidence; answer them and call again. */
INKAN_MUST_CHECK int dkim_verifier_evaluate(struct dkim_verifier *v, struct evidence *evidence, bool *pending_out);

/* In the order of the message, top to bottom. */
size_t dkim_verifier_results(const struct dkim_verifier *v, const struct inkan_dkim_result **out);
