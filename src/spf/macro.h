/* Macros (RFC 7208 section 7; RULES P18, P19, P26): syntax, and expansion into names and explanations. */
#pragma once

#include "core/time.h"
#include "dns/dns.h"
#include "spf/fault.h"

/* Letters that occur, as bits. */
enum spf_macro_letter {
	SPF_MACRO_S = 1 << 0,
	SPF_MACRO_L = 1 << 1,
	SPF_MACRO_O = 1 << 2,
	SPF_MACRO_D = 1 << 3,
	SPF_MACRO_I = 1 << 4,
	SPF_MACRO_P = 1 << 5,
	SPF_MACRO_H = 1 << 6,
	SPF_MACRO_V = 1 << 7,
	SPF_MACRO_C = 1 << 8,
	SPF_MACRO_R = 1 << 9,
	SPF_MACRO_T = 1 << 10,
	SPF_MACRO_ANY = 1 << 11, /* a "%" of any kind, %% included */
	/* parts of the sender: the result is not one of (domain, address) alone (section 7.3; P25) */
	SPF_MACRO_SENDER = SPF_MACRO_S | SPF_MACRO_L | SPF_MACRO_O | SPF_MACRO_H,
	SPF_MACRO_ONLY_IN_EXP = SPF_MACRO_C | SPF_MACRO_R | SPF_MACRO_T
};

enum {
	SPF_DOMAIN_SPEC_MAX = 1024, /* octets of a domain-spec as written: bounds what its macros can cost */
	SPF_EXPANSION_MAX = 1024,   /* octets of an explanation; what is longer is cut (section 6.2 allows that) */
	SPF_NAME_ROOM = 512         /* octets that expansion into a name needs */
};

/* domain-spec (section 7.1). *letters_out gets the letters, untouched on failure. */
enum spf_fault_id spf_domain_spec_check(struct str spec, unsigned *letters_out);
/* macro-string, as in modifiers that nobody knows. */
enum spf_fault_id spf_macro_string_check(struct str text);
/* explain-string: macro-string with spaces. */
enum spf_fault_id spf_explain_string_check(struct str text, unsigned *letters_out);

/* What the letters stand for. Domains are A-labels. */
struct spf_macro_values {
	struct str sender;        /* s */
	struct str local_part;    /* l */
	struct str sender_domain; /* o */
	struct str domain;        /* d */
	struct str validated;     /* p: a validated name, or "unknown"; only where the letter occurs */
	struct str helo;          /* h */
	struct str receiver;      /* r */
	unix_time now;            /* t */
	bool is_ipv6;
	const unsigned char *address; /* i, c */
};

/* A checked domain-spec as a name: at most 253 octets, for which left labels are cut (section 7.3), without the final
 * dot. The result lies in `room` or, where there is no macro, in spec. It need not be a name that DNS can have; where it
 * cannot be cut to size it is empty. */
struct str spf_expand_name(const struct spf_macro_values *values, struct str spec, unsigned letters,
                           char room[SPF_NAME_ROOM]);
/* A checked explain-string. The result lies in `room`, at most SPF_EXPANSION_MAX octets. */
struct str spf_expand_text(const struct spf_macro_values *values, struct str text, char room[SPF_EXPANSION_MAX]);
