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
	SPF_MX_MAX = 10,           /* addresses of one mx term (section 4.6.4) */
	SPF_PTR_MAX = 10,          /* names of one ptr term or %{p} (section 4.6.4) */
	SPF_RECORD_MAX = 65535,    /* octets of a record that is evaluated */
	SPF_TERMS_MAX = 1000,      /* terms of a record */
	SPF_INCLUDE_DEPTH_MAX = 12 /* follows from SPF_LOOKUPS_MAX; evaluation is iterative or bounded by this */
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

enum spf_trace_kind { SPF_TRACE_RECORD, SPF_TRACE_TERM, SPF_TRACE_QUESTION, SPF_TRACE_RESULT };

/* For `inkan spf --trace`: what was evaluated, in order. Given only in the run that completes. */
struct spf_trace_event {
	enum spf_trace_kind kind;
	unsigned depth;                 /* of include and redirect, 0 for the first record */
	struct str domain;              /* whose record */
	struct str term;                /* as written; the record for SPF_TRACE_RECORD */
	struct str detail;              /* name asked, answer, macro expansion, why */
	const char *result;             /* "match", "no match", "temperror", ... or "" */
	unsigned lookups, void_lookups; /* so far */
};

typedef void (*spf_trace)(void *context, const struct spf_trace_event *event);

/* MAIL FROM (or, for the null sender, postmaster@HELO). *pending_out: questions are open in the evidence; answer them
 * and call again; *out is then untouched. Strings of *out live in the arena. trace may be NULL.
 * Errors: those of the arena. */
INKAN_MUST_CHECK int spf_check_mailfrom(struct arena *arena, struct evidence *evidence, const struct spf_query *query,
                                        spf_trace trace, void *trace_context, struct inkan_spf_result *out,
                                        bool *pending_out);
/* The HELO identity (P1); none for an address literal or a single label. */
INKAN_MUST_CHECK int spf_check_helo(struct arena *arena, struct evidence *evidence, const struct spf_query *query,
                                    spf_trace trace, void *trace_context, struct inkan_spf_result *out,
                                    bool *pending_out);
