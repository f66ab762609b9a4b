/* Checks of an SPF record (RFC 7208; RULES P3 to P7, P13, P17, P18, P27).
 *
 * Whether verifiers accept the record is decided by spf/record.h, the same code that evaluates it for mail; this file says
 * why not, and what else is odd. A record that is refused has an error among its findings; one that is accepted may have
 * errors too, where it does something else than was meant, or harm. */
#pragma once

#include "check/finding.h"
#include "spf/record.h"

enum {
	SPF_RECORD_SAFE_MAX = 450, /* octets of one answer that fits into UDP everywhere (RFC 7208 section 3.4) */
	SPF_WIDE_CIDR4 = 16,       /* networks of this length or shorter are remarked on (RULES section 5) */
	SPF_WIDE_CIDR6 = 31,       /* providers get a /32 each */
	SPF_LOOKUPS_NEAR = 9       /* of 10: no room for a provider's change */
};

struct spf_record_report {
	bool is_accepted;  /* verifiers evaluate it; else permerror, or no SPF record at all */
	struct str *terms; /* as written, in order, version excluded; also where the record is refused */
	size_t term_count;
	unsigned lookups; /* terms of this record that cost a look-up; those of includes come on top (spf_tree.h) */
};

/* Checks the joined text of one record and adds findings, with positions in it. Everything lives in the arena of f.
 * Errors: those of the arena. */
INKAN_MUST_CHECK int spf_record_check(struct findings *f, struct str value, struct spf_record_report *out);
