/* tag=value lists (RFC 6376 section 3.2; RULES V2), as in DKIM signatures and keys, ARC fields, DMARC and other records. */
#pragma once

#include "core/arena.h"

enum { TAGLIST_TAGS_MAX = 100 };

struct tag {
	struct str name;  /* case kept */
	struct str value; /* without FWS at both ends; FWS inside kept; may be empty */
	size_t position;  /* of the name's first octet in the list */
};

enum taglist_error {
	TAGLIST_OK,
	TAGLIST_DUPLICATE,  /* the same tag name twice (names are compared with case) */
	TAGLIST_NO_EQUALS,  /* a tag-spec without "=" */
	TAGLIST_BAD_NAME,   /* not ALPHA *ALNUMPUNC */
	TAGLIST_BAD_VALUE,  /* an octet outside VALCHAR and FWS (control character, NUL, 8-bit unless allowed) */
	TAGLIST_EMPTY_SPEC, /* nothing between two semicolons */
	TAGLIST_EMPTY,      /* no tag at all */
	TAGLIST_TOO_MANY,   /* more than TAGLIST_TAGS_MAX tags */
	TAGLIST_NO_MEMORY
};

struct taglist {
	struct tag *tags; /* in the order of the text */
	size_t count;
	enum taglist_error error;
	size_t error_position; /* octet in the text where the error was found */
	uint64_t initials;     /* private: first letters of the names so far, a bit for each */
};

/* UTF-8 is allowed in values (RFC 8616). One trailing ";" is fine. On error the tags before it are still listed. */
void taglist_parse(struct arena *arena, struct str text, struct taglist *out);
/* The tag of that name (with case), or NULL. */
const struct tag *taglist_find(const struct taglist *list, const char *name);
/* Short English text for an error. */
const char *taglist_error_text(enum taglist_error error);
