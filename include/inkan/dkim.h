/* Results of DKIM verification (RFC 6376, RFC 8301, RFC 8463, RFC 8616). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inkan/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Result words of RFC 8601 section 2.7. */
enum inkan_result {
	INKAN_NONE,
	INKAN_PASS,
	INKAN_FAIL,
	INKAN_NEUTRAL,
	INKAN_POLICY,
	INKAN_TEMPERROR,
	INKAN_PERMERROR,
	INKAN_SOFTFAIL /* SPF only */
};

/* The word as the RFC spells it: "pass", "permerror", ... */
INKAN_API const char *inkan_result_name(enum inkan_result result);

/* Why a signature got its result. */
enum inkan_dkim_cause {
	INKAN_DKIM_OK,
	INKAN_DKIM_BODY_HASH_MISMATCH, /* fail: the body is not the one that was signed */
	INKAN_DKIM_SIGNATURE_MISMATCH, /* fail: signed header fields changed, or another key signed */
	INKAN_DKIM_KEY_MISSING,        /* permerror: no such name or record */
	INKAN_DKIM_KEY_REVOKED,        /* permerror: p= is empty */
	INKAN_DKIM_KEY_SYNTAX,         /* permerror: the record cannot be read */
	INKAN_DKIM_KEY_UNUSABLE,       /* permerror: k=, h=, s=, t=s, size or kind of key do not allow it */
	INKAN_DKIM_SYNTAX,             /* neutral or permerror: the signature field cannot be read */
	INKAN_DKIM_EXPIRED,            /* permerror: x= has passed */
	INKAN_DKIM_UNSUPPORTED,        /* neutral: unknown a=, c= or q= */
	INKAN_DKIM_DNS,                /* temperror: the key could not be asked for */
	INKAN_DKIM_POLICY              /* policy or permerror: refused by a rule of this verifier or of RFC 8301 */
};

/* "body_hash_mismatch" and so on, as JSON output spells it. */
INKAN_API const char *inkan_dkim_cause_name(enum inkan_dkim_cause cause);

/* The four explanations that must never be confused, and the rest. */
enum inkan_dkim_explanation {
	INKAN_EXPLAIN_NOTHING,         /* it passed */
	INKAN_EXPLAIN_CONTENT_CHANGED, /* the body changed after signing */
	INKAN_EXPLAIN_HEADER_CHANGED,  /* a signed header field changed after signing */
	INKAN_EXPLAIN_KEY_PROBLEM,     /* no key, a revoked, wrong or unusable key */
	INKAN_EXPLAIN_RECEIVER_POLICY, /* too old, too weak, not wholly signed: refused, intact or not */
	INKAN_EXPLAIN_SIGNATURE_FIELD, /* the DKIM-Signature field itself is malformed or of an unknown kind */
	INKAN_EXPLAIN_DNS              /* temporary: the key could not be fetched */
};

/* "content_changed" and so on; "" for INKAN_EXPLAIN_NOTHING. */
INKAN_API const char *inkan_dkim_explanation_name(enum inkan_dkim_explanation explanation);

#define INKAN_TIME_NONE INT64_MIN

/* One DKIM-Signature field. Strings are terminated, never NULL ("" where unknown), and hold neither control characters
 * nor line ends. */
struct inkan_dkim_result {
	enum inkan_result result;
	enum inkan_dkim_cause cause;
	enum inkan_dkim_explanation explanation;
	const char *reason;  /* short English text; "body hash did not verify"; "" for pass */
	const char *section; /* "RFC 6376 section 6.1.3" */

	const char *domain;           /* d=, lower case: the signing domain (SDID) */
	const char *selector;         /* s= */
	const char *identity;         /* i= or "@" d=: the agent or user identifier (AUID) */
	const char *algorithm;        /* a= as known ("rsa-sha256"), or as written */
	const char *canonicalization; /* "relaxed/simple", always both */
	const char *signature_prefix; /* first octets of b=, for header.b (RFC 6008) */
	unsigned key_bits;            /* 0 where no key was decoded; 256 for Ed25519 */
	bool testing;                 /* the key record says t=y */
	/* With the author's domain (RFC 9989 section 4.4), whatever the result; false where DMARC was not evaluated: without one
	 * author domain, or behind a trusted gateway. */
	bool aligned;
	int64_t timestamp;                 /* t=, or INKAN_TIME_NONE */
	int64_t expiration;                /* x=, or INKAN_TIME_NONE */
	int64_t body_length;               /* l=, or -1 */
	uint64_t body_size;                /* canonical octets of the body that arrived */
	const char *const *signed_headers; /* h= in lower case, as listed */
	size_t signed_header_count;

	const char *body_hash_signed;   /* bh= without white space */
	const char *body_hash_computed; /* base64; "" where it was not computed */
	bool header_verified;           /* the signature fits the header and bh=, whatever became of the body */
	/* Where a signed field changed (INKAN_EXPLAIN_HEADER_CHANGED; INKAN_EXPLAIN_CONTENT_CHANGED, if the header did so
	 * too): the field that was found by trying or by comparing with the message's other signatures, lower case, and
	 * what happened to it: "added", "changed", "subject-prefix", "refolded", "reordered". Both "" where nothing was
	 * found. */
	const char *changed_header;
	const char *change;
};

#ifdef __cplusplus
}
#endif
