/* SPF records (RFC 7208 sections 3, 4.5, 4.6, 5 and 6; RULES P3 to P7, P13, P17): which TXT record is one, and its terms.
 *
 * The whole record is checked before anything of it is evaluated (P5). Terms are small and point into the text by
 * offsets, so that a hostile record cannot cost much more memory than its own text. */
#pragma once

#include "core/arena.h"
#include "spf/macro.h"

enum {
	SPF_RECORD_MAX = 65535, /* octets: more than fits into a TXT record (RFC 1035 section 3.2.1) */
	SPF_TERMS_MAX = 1000    /* terms of a record; the world's longest have some 200 */
};

enum spf_term_kind {
	SPF_ALL,
	SPF_INCLUDE,
	SPF_A,
	SPF_MX,
	SPF_PTR,
	SPF_IP4,
	SPF_IP6,
	SPF_EXISTS,
	SPF_REDIRECT, /* the modifiers from here on */
	SPF_EXP,
	SPF_UNKNOWN_MODIFIER
};

struct spf_term {
	uint16_t at, size;               /* the term in the record, qualifier included */
	uint16_t domain_at, domain_size; /* its domain-spec; size 0 where it has none */
	uint16_t letters;                /* enum spf_macro_letter of the domain-spec */
	unsigned char kind;              /* enum spf_term_kind */
	unsigned char result;            /* enum inkan_result: what a match means */
	unsigned char cidr4, cidr6;      /* prefix lengths; 32 and 128 where none is given */
	unsigned char address[16];       /* ip4 (the first 4), ip6 */
};

struct spf_record {
	struct str text;
	const struct spf_term *terms; /* all, in the order of the text */
	size_t count;
	const struct spf_term *redirect, *exp; /* NULL where there is none; redirect also
						* where an `all` makes it void (P7) */
};

static inline struct str spf_term_text(const struct spf_record *record, const struct spf_term *term)
{
	return str_from(record->text.p + term->at, term->size);
}

static inline struct str spf_term_domain(const struct spf_record *record, const struct spf_term *term)
{
	return str_from(record->text.p + term->domain_at, term->domain_size);
}

/* Terms that count towards the limit of 10 (section 4.6.4). */
static inline bool spf_term_costs_lookup(const struct spf_term *term)
{
	return (1u << term->kind) &
	       (1u << SPF_INCLUDE | 1u << SPF_A | 1u << SPF_MX | 1u << SPF_PTR | 1u << SPF_EXISTS | 1u << SPF_REDIRECT);
}

/* Where a record is malformed: the term, as octets of the text. */
struct spf_trouble {
	size_t at, size;
};

/* Whether a TXT record is an SPF record: "v=spf1" without regard to case, then a space or the end (P3). */
bool spf_record_is(struct str text);

/* Takes the next term off *rest: skips spaces; empty at the end of the record. */
struct str spf_record_next(struct str *rest);
/* One term (without spaces) of the record `text`. On failure *out holds what was read. */
enum spf_fault_id spf_term_parse(struct str text, struct str term, struct spf_term *out);

/* A record that spf_record_is(). *fault_out: SPF_FAULT_NONE, or what is wrong at *trouble_out; then *out is untouched.
 * text must outlive *out, whose terms live in the arena. Errors: those of the arena. */
INKAN_MUST_CHECK int spf_record_parse(struct arena *arena, struct str text, struct spf_record *out,
                                      enum spf_fault_id *fault_out, struct spf_trouble *trouble_out);
