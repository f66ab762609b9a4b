/* Addresses of From and its like (RFC 5322 section 3.4, obsolete forms too; RULES M1).
 *
 * Reads mailboxes, groups, comments (nesting is counted, never recursed), quoted strings, encoded words (left as they
 * are), routes "<@a,@b:c@d>". It does not judge: it locates every addr-spec, so that "exactly one author domain" can
 * be decided by the caller.
 *
 * Accepted without an error, as mail is full of it: dots anywhere in phrases and local parts, a final dot of a domain,
 * empty members of lists. Listed although an error is noted: an address in "<>" after a malformed phrase, as in
 * `x@y <a@b>`, one whose ">" is missing, and one behind a quoted name without brackets, as in `"A B" a@b`. */
#pragma once

#include "core/arena.h"

enum {
	ADDRESS_LIST_MAX = 1000,       /* mailboxes in one field */
	ADDRESS_COMMENT_DEPTH_MAX = 32 /* nested comments */
};

struct mailbox {
	struct str display;    /* phrase as written, trimmed; may be empty; quotes, encoded words not decoded */
	struct str local_part; /* unquoted: `"a b"@c` gives `a b`; arena text */
	struct str domain; /* without comments and FWS, case kept, final dot kept, "[...]" for a literal; arena text */
	size_t position;   /* of the addr-spec in the field value */
};

enum address_error {
	ADDRESS_OK,
	ADDRESS_EMPTY,         /* no mailbox at all (an empty group as well) */
	ADDRESS_SYNTAX,        /* something that is no mailbox; those before and after it are still listed */
	ADDRESS_CONTROL,       /* NUL, CR, LF outside folding or another control character */
	ADDRESS_COMMENT_DEPTH, /* nested deeper than ADDRESS_COMMENT_DEPTH_MAX, or never closed */
	ADDRESS_TOO_MANY,
	ADDRESS_NO_MEMORY
};

struct address_list {
	struct mailbox *mailboxes;
	size_t count;
	enum address_error error; /* the first that was met */
	size_t error_position;
};

void address_list_parse(struct arena *arena, struct str value, struct address_list *out);
const char *address_error_text(enum address_error error);
