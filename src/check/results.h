/* What the hosts on the way of a message say about it in its header: every Authentication-Results field, the one that may
 * be believed, what its results mean and what makes it worthless as a test (REQUIREMENTS S0-31,
 * S1-22, S1-24, S1-25, C-6, C-10; RULES R5, R11). */
#pragma once

#include "check/result_kinds.h"
#include "mail/header.h"

enum {
	/* Fields of results that are read; further ones are counted. */
	SEEN_FIELDS_MAX = 100
};

enum seen_kind {
	SEEN_RESULTS,     /* Authentication-Results */
	SEEN_ARC_RESULTS, /* ARC-Authentication-Results: what a sealer saw, to be believed with its seal only */
	SEEN_ORIGINAL,    /* X-Original-Authentication-Results and the like: renamed on the way */
	SEEN_RECEIVED_SPF /* Received-SPF: parsed holds one result of method spf */
};

struct seen_field {
	enum seen_kind kind;
	size_t field;      /* in the header */
	struct str name;   /* as written */
	struct str value;  /* what was read of it, folding included */
	unsigned instance; /* i= of ARC; 0 */
	bool strict;       /* by the letter of RFC 8601 */
	struct authres_field parsed;
};

/* What one result of the believed fields means. */
struct seen_cause {
	size_t field, result; /* in fields[], in its results */
	enum authres_cause cause;
	const struct authres_wording *wording; /* by which it was found; NULL */
	struct str domain;                     /* header.d and the like; empty */
};

enum seen_choice {
	SEEN_NONE,   /* there is none, or none may be believed */
	SEEN_BY_ID,  /* written by a trusted id */
	SEEN_ONLY,   /* the only one there is */
	SEEN_TOPMOST /* the topmost: written last, by the host that delivered */
};

enum seen_alignment { SEEN_UNKNOWN, SEEN_NOT_ALIGNED, SEEN_ALIGNED };

struct header_results {
	struct seen_field *fields; /* top to bottom */
	size_t count;
	size_t valid;    /* Authentication-Results that could be read */
	size_t left_out; /* beyond SEEN_FIELDS_MAX */
	enum seen_choice choice;
	size_t trusted;            /* first of the believed fields in fields[] */
	size_t trusted_count;      /* one host may write several in a row; 0: none */
	struct seen_cause *causes; /* of the believed fields, in order */
	size_t cause_count;
	struct str from_domain; /* author's domain: header.from of DMARC, else of the From field; empty */
	enum seen_alignment dkim_alignment, spf_alignment; /* of what passed, relaxed, as far as names tell */
	struct findings findings;
};

struct header_results_options {
	const struct str *trusted; /* authserv-ids of the user's receiver; none: the topmost field is chosen */
	size_t trusted_count;
	/* The registrable domain at the end of a domain, empty where there is none (io/public_suffix.h); NULL: names are
	 * compared as they are. */
	struct str (*registrable)(void *context, struct str domain);
	void *registrable_context;
};

/* Everything lives in the arena or in the header's text. Errors: those of the arena. */
INKAN_MUST_CHECK int header_results_read(struct arena *arena, const struct header *header,
                                         const struct header_results_options *options, struct header_results *out);
/* The same of one value of an Authentication-Results field, with or without its name in front. */
INKAN_MUST_CHECK int header_results_of_value(struct arena *arena, struct str value,
                                             const struct header_results_options *options, struct header_results *out);

/* Value of the first property of that name, empty where there is none. */
struct str seen_property(const struct authres_result *result, const char *name);
