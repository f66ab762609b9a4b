/* SPF (RFC 7208; RULES P1 to P27): check_host() over the evidence.
 *
 * Evaluation is straight-line code that starts over when an answer was missing: it asks early and widely (all terms of a
 * record at once, where their names need no macro that is not known yet), so that a message costs few round trips; what
 * counts towards the limits is terms evaluated, not questions asked. */
#pragma once

#include "core/time.h"
#include "dns/evidence.h"
#include "inkan/spf.h"

enum {
	SPF_LOOKUPS_MAX = 10,      /* terms that cause look-ups (section 4.6.4) */
	SPF_VOID_LOOKUPS_MAX = 2,  /* default (section 4.6.4) */
	SPF_MX_MAX = 10,           /* records of one mx term, beyond which it is an error (section 4.6.4) */
	SPF_PTR_MAX = 10,          /* names of one ptr term or %{p}, beyond which they are ignored (section 4.6.4) */
	SPF_SENDER_MAX = 4096,     /* octets of MAIL FROM and of HELO; RFC 5321 section 4.5.3.1 has 256 */
	SPF_INCLUDE_DEPTH_MAX = 11 /* records that are open at once: follows from SPF_LOOKUPS_MAX */
};

struct spf_query {
	bool is_ipv6; /* an IPv4-mapped IPv6 address counts as IPv4 (P14): the evaluator does that itself */
	unsigned char address[16];
	struct str helo;
	struct str sender;              /* MAIL FROM without angle brackets; empty: the null sender */
	struct str domain;              /* <domain> of check_host() where it is not that of the identity; else empty */
	struct str receiver;            /* %{r}; empty: "unknown" */
	unix_time now;                  /* %{t} */
	struct str default_explanation; /* for fail without exp=; may be empty */
	unsigned void_lookups_max;      /* SPF_VOID_LOOKUPS_MAX unless configured otherwise */
};

enum spf_trace_kind {
	SPF_TRACE_RECORD,   /* a record was found, malformed or not: term is its text */
	SPF_TRACE_QUESTION, /* DNS was asked, for the term that comes next: detail is question and answer */
	SPF_TRACE_TERM,     /* a term was evaluated */
	SPF_TRACE_RESULT    /* the check ended */
};

/* For `inkan spf --trace`: what was evaluated, in order. Given only in the run that completes. */
struct spf_trace_event {
	enum spf_trace_kind kind;
	unsigned depth;    /* of include and redirect, 0 for the first record */
	struct str domain; /* whose record */
	struct str term;   /* as written; the record for SPF_TRACE_RECORD; may hold any octet */
	struct str detail; /* name asked, answer, macro expansion, why; printable ASCII */
	const char
		*result; /* of a term: "match", "no match", "temperror", "permerror"; of the check: its result; or "" */
	unsigned lookups, void_lookups; /* so far */
};

/* Strings of the event live until the callback returns. */
typedef void (*spf_trace)(void *context, const struct spf_trace_event *event);

/* MAIL FROM (or, for the null sender, postmaster@HELO). *pending_out: questions are open in the evidence; answer them
 * and call again; *out is then untouched. Strings of *out live in the arena, which also serves as working memory (some
 * 32 octets a term of the records). trace may be NULL.
 * Errors: those of the arena and of evidence_error(). */
INKAN_MUST_CHECK int spf_check_mailfrom(struct arena *arena, struct evidence *evidence, const struct spf_query *query,
                                        spf_trace trace, void *trace_context, struct inkan_spf_result *out,
                                        bool *pending_out);
/* The HELO identity (P1); none for an address literal or a single label. */
INKAN_MUST_CHECK int spf_check_helo(struct arena *arena, struct evidence *evidence, const struct spf_query *query,
                                    spf_trace trace, void *trace_context, struct inkan_spf_result *out,
                                    bool *pending_out);
