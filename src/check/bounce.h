/* Refusals for want of authentication (REQUIREMENTS S2-2): the reply in the text of a bounce, whose it is, and which
 * requirement was not met. The same code means different things: RFC 7372 and RFC 8617 say one, Gmail and others another. */
#pragma once

#include "check/finding.h"

enum {
	BOUNCE_CODES_MAX = 20,            /* different codes of one bounce that are told */
	BOUNCE_TEXT_MAX = 8 * 1024 * 1024 /* octets of a bounce that are read */
};

enum bounce_receiver { BOUNCE_ANYBODY, BOUNCE_GMAIL, BOUNCE_MICROSOFT, BOUNCE_YAHOO, BOUNCE_APPLE, BOUNCE_RECEIVERS };

/* "", "gmail", "microsoft", "yahoo", "apple" */
const char *bounce_receiver_name(enum bounce_receiver receiver);

struct bounce_code {
	struct str code; /* "5.7.26", as in the text */
	enum bounce_receiver receiver;
	const struct finding_kind *kind;
	size_t position;
};

struct bounce {
	struct bounce_code codes[BOUNCE_CODES_MAX];
	size_t count;
	struct findings findings; /* one a cause and receiver */
};

/* text: a message, its delivery status, or the reply alone. Codes point into it. Errors: those of the arena. */
INKAN_MUST_CHECK int bounce_read(struct arena *arena, struct str text, struct bounce *out);

extern const struct finding_kind bounce_kinds[];
extern const size_t bounce_kinds_count;
