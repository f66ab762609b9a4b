/* Header fields as people paste them: out of Outlook, Gmail or Apple Mail, a browser, a ticket or an editor. What that did
 * to the text is undone as far as it can be told: see the repairs below.
 *
 * A line with white space in front always belongs to the field above it, as in mail: no text inside a field becomes a field
 * of its own, except where a copy lost all its line ends. */
#pragma once

#include "core/arena.h"

enum {
	/* Octets of pasted text: the largest header that is read in mail (MAIL_HEADER_SIZE_MAX), and what pasting adds. */
	PASTED_HEADER_MAX = 8 * 1024 * 1024
};

enum pasted_repair {
	PASTED_DECODED = 1 << 0,  /* a byte order mark was taken off; UTF-16 was read */
	PASTED_ENTITIES = 1 << 1, /* &lt; and the like, no-break spaces: from the source of a web page */
	PASTED_QUOTED = 1 << 2,   /* "> " before every line, or the same indent */
	PASTED_REFOLDED = 1 << 3, /* continuation lines had lost their white space */
	PASTED_SPACED = 1 << 4,   /* an empty line after every line */
	PASTED_JOINED = 1 << 5,   /* all fields stood on one line */
	PASTED_LEADING = 1 << 6   /* lines before the first field were left out */
};

struct pasted_header {
	struct str text;  /* a header section with CRLF, to be read by header_parse(); empty where there is no field */
	struct str whole; /* all the text, decoded: what to look at where there is no field */
	unsigned repairs; /* enum pasted_repair */
};

/* Reads up to the first empty line (of a message: its header). Text lives in the arena. Errors: those of the arena,
 * INKAN_ELIMIT for more than PASTED_HEADER_MAX octets. */
INKAN_MUST_CHECK int pasted_header_read(struct arena *arena, struct str pasted, struct pasted_header *out);
