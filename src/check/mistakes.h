/* The classic mistakes of publishing a record, by name: what was to be published, what DNS shows, and what it shows at names
 * where such records land by mistake (S3-36 to S3-38, S3-75). Pure. */
#pragma once

#include "check/finding.h"
#include "dns/evidence.h"
#include "dns/record_set.h"

enum {
	MISTAKE_PROBES_MAX = 6 /* names that are tried */
};

enum mistake {
	MISTAKE_MISSING,      /* the name has nothing, nor has any name that is tried */
	MISTAKE_TIME_OUT,     /* DNS gave no answer for now */
	MISTAKE_DELEGATION,   /* the zone does not exist, or is not delegated */
	MISTAKE_DOUBLED_NAME, /* name.example.com.example.com exists */
	MISTAKE_PARENT_ZONE,  /* the record stands at the same place of the parent domain */
	MISTAKE_NO_LABEL,     /* without _domainkey, _dmarc */
	MISTAKE_LABEL_TWICE,  /* _dmarc._dmarc */
	MISTAKE_AT_APEX,
	MISTAKE_TYPE_SPF,       /* type 99 */
	MISTAKE_TARGET_DOUBLED, /* of CNAME, MX: no final dot */
	MISTAKE_OTHER_TARGET,
	MISTAKE_TXT_FOR_CNAME, /* a TXT record where a CNAME was wanted */
	MISTAKE_CNAME_FOR_TXT,
	MISTAKE_CNAME_BESIDE, /* a CNAME, and other data at the same name */
	MISTAKE_QUOTES,       /* octets of quotes in the value */
	MISTAKE_CHUNKS,       /* quotes and spaces between the pieces in the value */
	MISTAKE_QUOTES_LOST,  /* the value ends at its first ";", or its spaces are gone */
	MISTAKE_BACKSLASH,    /* "\;" */
	MISTAKE_SMART_QUOTES,
	MISTAKE_MARKUP,  /* HTML */
	MISTAKE_LINE,    /* the whole line of the zone file stands in the value */
	MISTAKE_CUT,     /* the value ends early */
	MISTAKE_CASE,    /* letters changed case */
	MISTAKE_SEVERAL, /* the record, and others of its kind */
	MISTAKE_OTHER_KEY,
	MISTAKE_OTHER_VALUE,
	MISTAKES
};

extern const struct finding_kind mistake_kinds[MISTAKES];

/* A name that is tried, where the record is not at its own. */
struct mistake_probe {
	enum mistake mistake; /* that it proves */
	enum dns_type type;
	struct str name;
};

/* What to ask. expected->count 0: only name and type are known. zone: the domain (or apex) that the name was to be entered
 * in. Names live in the arena. Errors: those of the arena. */
INKAN_MUST_CHECK int mistakes_questions(struct arena *arena, const struct record_set *expected, struct str zone,
                                        struct mistake_probe out[MISTAKE_PROBES_MAX], size_t *count_out);

struct mistake_view {
	const struct record_set *expected;
	struct str zone;
	const struct dns_answer *shown; /* to name and type of `expected` */
	/* to its CNAME, or, where a CNAME is expected, to its TXT; NULL: not asked */
	const struct dns_answer *beside;
	const struct dns_answer *apex; /* SOA or NS of the zone; NULL: not asked */
	const struct mistake_probe *probes;
	const struct dns_answer *const *answers; /* to the probes; NULL elements: not asked */
	size_t probe_count;
};

/* Adds what is wrong; nothing: the record is there as expected (or, where its value is not known, anything is). Returns the first
 * mistake, MISTAKES where there is none. */
enum mistake mistakes_find(struct findings *f, const struct mistake_view *view);

/* "x.dkim.example.net.example.com.example.com": what a target was meant to be that ends with the zone twice, for lack of a final
 * dot. Else empty. */
struct str mistake_undoubled(struct str target, struct str zone);
