/* The header section of a message: fields kept raw, name and value located (RFC 5322 section 2.2).
 *
 * Nothing is decoded or unfolded here. All str of a header point into the text that was parsed, which must outlive it. */
#pragma once

#include "core/arena.h"
#include "core/str.h"

enum {
	/* Octets of a whole header section. Ordinary mail has 2 to 20 KiB; Postfix passes 100 KiB a field. */
	MAIL_HEADER_SIZE_MAX = 4 * 1024 * 1024,
	/* Fields of a header section. */
	MAIL_FIELDS_MAX = 10000
};

#define HEADER_NONE SIZE_MAX

struct header_field {
	struct str raw;   /* the whole field: from its first octet up to, but without, the CRLF that ends it */
	struct str name;  /* before the colon, without WSP before the colon; empty where the line has no colon */
	struct str value; /* all after the colon up to the end of raw: leading SP and folding included */
	size_t above;     /* index of the next field upward with the same name (ASCII case ignored), or HEADER_NONE */
};

struct header_name_key;

struct header {
	struct str text;             /* the section as given, up to and without the empty line */
	struct header_field *fields; /* top to bottom */
	size_t count;
	size_t malformed; /* lines that are neither a field nor a continuation; each is kept as a field without a name */
	/* private to header.c */
	uint32_t *buckets; /* index of the lowest field of each hash chain */
	uint32_t *chain;
	size_t bucket_count; /* a power of 2 */
	struct header_name_key *keys;
};

/* Splits a header section (lines end with CRLF; the last may lack it) into fields. A continuation line (SP or HTAB
 * first) belongs to the field above it; one at the very top is a malformed line.
 * Errors: INKAN_ELIMIT (more than fields_max fields), INKAN_ENOMEM or INKAN_ELIMIT of the arena. */
INKAN_MUST_CHECK int header_parse(struct arena *arena, struct str text, size_t fields_max, struct header *out);

/* Index of the lowest field of that name (ASCII case ignored), or HEADER_NONE. Follow .above for the others. */
size_t header_lowest(const struct header *h, struct str name);
/* How many fields have that name. */
size_t header_count(const struct header *h, struct str name);
