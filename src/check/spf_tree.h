/* What an SPF record costs and leads to: its includes and redirects, followed through DNS whoever the client is
 * (RFC 7208 section 4.6.4; RULES P9, P10, P11, P27). */
#pragma once

#include "check/spf_record.h"
#include "dns/evidence.h"

enum {
	SPF_TREE_NODES_MAX = 100, /* terms that are followed; verifiers give up after ten */
	SPF_TREE_DEPTH_MAX = 12   /* records open at once: beyond ten includes the limit of look-ups is passed */
};

/* A term that costs a look-up. */
struct spf_tree_node {
	struct str domain; /* whose record it stands in */
	struct str term;   /* as written */
	struct str target; /* the name; empty where it depends on the message (macros) */
	unsigned depth;    /* 0: in the record of the domain itself */
	unsigned lookups;  /* what the term costs, what it includes counted in: 1 or more */
	bool is_void;      /* it finds nothing in DNS */
};

struct spf_tree {
	struct str record;           /* of the domain itself; empty where there is none, or several */
	struct spf_tree_node *nodes; /* an include before what it includes */
	size_t count;
	unsigned lookups;      /* upper bound: what a client costs that matches nothing */
	unsigned void_lookups; /* terms that find nothing for IPv4 and IPv6 clients alike */
	unsigned depth;        /* how deep includes are nested */
	bool has_unanswered;   /* DNS failed for one of the domains: the numbers are too low */
};

/* Follows the record of the domain and adds findings, without positions; those of the record itself are
 * spf_record_check()'s. *pending_out: questions are open in the evidence; answer them and call again; no finding was then
 * added. Everything lives in the arena of f. Errors: those of the arena and of evidence_error(). */
INKAN_MUST_CHECK int spf_tree_check(struct findings *f, struct evidence *evidence, struct str domain,
                                    struct spf_tree *out, bool *pending_out);
