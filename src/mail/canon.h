/* Canonical forms of header fields and bodies (RFC 6376 section 3.4; RULES V20 to V24).
 *
 * The body form streams: it hands unchanged spans of the caller's buffer straight to a sink and breaks them only where
 * octets change. WSP is SP and HTAB only. A bare CR or LF is an ordinary octet here. */
#pragma once

#include "core/buf.h"
#include "mail/scan.h"

enum canon { CANON_SIMPLE, CANON_RELAXED };

/* "simple" or "relaxed" */
struct str canon_name(enum canon canon);
bool canon_from_name(struct str name, enum canon *out);

/* Puts one header field (raw: without its final CRLF) in canonical form, then CRLF if with_crlf.
 * relaxed: "B : Y\t\r\n\tZ  " becomes "b:Y Z". simple: as it is. A line without a colon is treated as a name. */
void canon_field(struct buf *out, enum canon canon, struct str raw, bool with_crlf);

typedef void (*canon_sink)(void *context, struct str span);

struct canon_body {
	enum canon canon;
	canon_sink sink;
	void *context;
	const struct scanner *scanner;
	uint64_t size; /* canonical octets handed to the sink so far */
	/* private to canon.c */
	uint64_t pending_lines; /* CRLFs held back, as they may be the end */
	bool pending_cr, pending_wsp, line_has_octets, any;
};

void canon_body_init(struct canon_body *c, enum canon canon, canon_sink sink, void *context);
/* Any chunking gives the same octets to the sink (in other spans). */
void canon_body_feed(struct canon_body *c, struct str chunk);
/* Ends the body: simple gives at least one CRLF, relaxed nothing for an empty body; a missing last CRLF is added. */
void canon_body_finish(struct canon_body *c);
