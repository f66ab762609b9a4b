/* What the checks of tag=value records share: DMARC, its report authorisation, TLSRPT, MTA-STS, BIMI (dmarc_record.h,
 * transport_record.h, bimi_record.h). Each of them is a table of tags with what they mean, and a small check a tag.
 *
 * The text is read tolerantly, part by part, so that one mistake does not hide the next. Internal but for the report. */
#pragma once

#include "check/finding.h"

enum {
	TAG_RECORD_MAX = 16384, /* octets of a record, as dmarc/dmarc.h has it */
	TAG_PARTS_MAX = 100,    /* parts between semicolons; the longest records have some ten */
	TAG_URIS_MAX = 100,     /* of one list, as dmarc/dmarc.h has it */
	TAG_URIS_PROMISED = 2   /* to so many URIs every receiver sends reports (RFC 7489 section 6.2) */
};

/* One "tag=value" as published. */
struct tag_part {
	struct str name, value; /* without white space round them */
	size_t position;        /* of the name in the record */
	struct text meaning;    /* for people; empty where the tag is not known; may hold octets of the record */
};

struct tag_report {
	struct tag_part *parts; /* in the order of the text; parts that are no tag are left out */
	size_t count;
	bool is_usable; /* receivers follow the record */
};

struct tag_work;

/* What one value of a tag means. */
struct tag_value {
	const char *value;
	struct text meaning;
};

struct tag_rule {
	const char *name;
	struct text meaning;            /* of values that are not listed; {0} is the value */
	const struct tag_value *values; /* in any case of letters, ended by one without value; NULL: none listed */
	void (*check)(struct tag_work *w, const struct tag_part *part); /* NULL: nothing to check */
};

/* A kind of record. */
struct tag_kind {
	const char *version; /* "DMARC1" */
	const char *place;   /* "_dmarc": labels before the domain */
	const char *form;    /* "_dmarc.DOMAIN", for messages */
	bool has_prefix;     /* something stands before the place: "SELECTOR._bimi" */
	bool is_strict;      /* names in lower case, no white space round "=" (RFC 8460, RFC 8461) */
	const struct tag_rule *rules;
	size_t rule_count;
	const char *const *schemes; /* of URIs that receivers use, ended by NULL */
	bool has_sizes;             /* URIs may end in "!10m" */
};

struct tag_work {
	struct findings *f;
	const struct tag_kind *kind;
	struct str value;  /* as published */
	struct str clean;  /* of the same length, with what does not belong there blanked out */
	struct str domain; /* behind the place in the owner's name; empty: not known */
	struct str prefix; /* before it */
	struct tag_report *report;
	const void *context; /* of the kind's own checks */
};

/* Reads the parts, checks version, names and every tag by the rules, and the owner's name (empty: not known). The report's
 * is_usable is left to the caller. Errors: those of the arena. */
INKAN_MUST_CHECK int tag_record_check(struct tag_work *w, const struct tag_kind *kind, struct findings *f,
                                      struct str value, struct str owner, struct tag_report *out);
/* The tag of that name, or NULL. */
const struct tag_part *tag_find(const struct tag_work *w, const char *name);
/* Adds a finding with up to two arguments. position: FINDING_NOWHERE or in the record. Returns it, or NULL. */
struct finding *tag_add(struct tag_work *w, const struct finding_kind *kind, size_t position, struct str first,
                        struct str second);
/* The place of a piece of the record; that of the part where the piece is empty. */
size_t tag_position(const struct tag_work *w, const struct tag_part *part, struct str piece);
/* Checks a comma-separated list of URIs. Returns how many receivers use. */
size_t tag_check_uris(struct tag_work *w, const struct tag_part *part);
/* The host of the first URI of a list, which is taken off *rest; empty where that is no mailbox. */
struct str tag_next_host(struct str *rest);
/* Whether the value is one of the listed ones of the tag. */
bool tag_value_is_listed(const struct tag_work *w, const struct tag_part *part);

enum tag_finding {
	/* the text as a whole */
	TAGS_TOO_LARGE,
	TAGS_TOO_MANY,
	TAGS_QUOTES,
	TAGS_SMART_QUOTES,
	TAGS_BACKSLASH,
	TAGS_WIDE_SEMICOLON,
	TAGS_NON_ASCII,
	TAGS_CONTROL,
	/* parts */
	TAGS_EMPTY_PART,
	TAGS_NO_EQUALS,
	TAGS_URI_ALONE,
	TAGS_SEMICOLON_MISSING,
	TAGS_DUPLICATE,
	TAGS_NAME_CASE,
	TAGS_UNKNOWN,
	TAGS_EQUALS_SPACE,
	/* v= */
	TAGS_VERSION_MISSING,
	TAGS_VERSION_NOT_FIRST,
	TAGS_VERSION_LEADING,
	TAGS_VERSION_CASE,
	TAGS_VERSION_WRONG,
	/* the owner's name */
	TAGS_PLACE,
	/* URIs */
	TAGS_URI_EMPTY,
	TAGS_URI_SPACE,
	TAGS_URI_NO_SCHEME,
	TAGS_URI_SCHEME,
	TAGS_URI_SLASHES,
	TAGS_URI_EXCLAMATION,
	TAGS_URI_SIZE,
	TAGS_URI_ADDRESS,
	TAGS_URI_HOST,
	TAGS_URI_BAD,
	TAGS_URI_TWICE,
	TAGS_URI_MANY,
	TAGS_URI_TOO_MANY,
	TAGS_REFUSED,
	TAG_FINDINGS
};

extern const struct finding_kind tag_kinds[TAG_FINDINGS];
