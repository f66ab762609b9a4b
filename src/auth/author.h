/* The author domain: exactly one From field with exactly one domain (RFC 9989 section 5.3.1; RULES M1, M2). */
#pragma once

#include "mail/header.h"

enum author_state {
	AUTHOR_ONE,    /* one domain, of one or several mailboxes */
	AUTHOR_NONE,   /* no From field, or none with a domain that DNS can have */
	AUTHOR_SEVERAL /* several From fields, or several domains */
};

struct author {
	enum author_state state;
	const char *reason;  /* for AUTHOR_NONE and AUTHOR_SEVERAL: short English text; "" else */
	const char *address; /* of the first mailbox; "" unless AUTHOR_ONE */
	const char *domain;  /* A-label, lower case, no final dot; "" unless AUTHOR_ONE */
};

/* Strings live in the arena. Errors: those of the arena. */
INKAN_MUST_CHECK int author_find(struct arena *arena, const struct header *header, struct author *out);
