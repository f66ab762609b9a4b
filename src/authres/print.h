/* Printing Authentication-Results fields (RFC 8601; RULES R2, R6 to R10), safe against injection.
 *
 * Whatever a value holds, the output is one well-formed field: values that are no token are quoted, control characters
 * and octets above 127 become "?", long values are cut. Lines are folded at 78 columns where they can be. */
#pragma once

#include "core/buf.h"
#include "inkan/dkim.h"

enum {
	AUTHRES_VALUE_MAX = 255, /* octets of one value; longer ones are cut */
	AUTHRES_DKIM_MAX = 100   /* DKIM results in one field */
};

struct authres_printer {
	struct buf *out;
	size_t column;
	bool any;
};

/* Begins "Authentication-Results: id". False: the id is empty or holds something else than printable ASCII. */
bool authres_begin(struct authres_printer *p, struct buf *out, struct str authserv_id);
/* Ends the field: "; none" where no method was put, and CRLF. */
void authres_end(struct authres_printer *p);

/* "; method=result", then optionally `reason="..."` (reason may be empty). */
void authres_method(struct authres_printer *p, const char *method, const char *result, struct str reason);
/* A comment behind what was put last; parentheses and backslashes in text are escaped. */
void authres_comment(struct authres_printer *p, struct str text);
/* "ptype.property=value", not put where the value is empty. */
void authres_property(struct authres_printer *p, const char *name, struct str value);

/* All DKIM results of a message; "dkim=none" where there are none. */
void authres_dkim(struct authres_printer *p, const struct inkan_dkim_result *results, size_t count);
