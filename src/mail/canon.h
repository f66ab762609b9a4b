/* Canonical forms of header fields and bodies (RFC 6376 section 3.4; RULES V20 to V24).
 *
 * The body form streams: it hands unchanged spans of the caller's buffer straight to a sink and breaks them only where
 * octets change; short pieces are gathered first, so that the sink is called for few and large spans. WSP is SP and
 * HTAB only. A bare CR or LF is an ordinary octet here. */
#pragma once

#include "core/buf.h"
#include "mail/scan.h"

enum canon { CANON_SIMPLE, CANON_RELAXED };

enum { CANON_GATHER_SIZE = 4096 };

/* "simple" or "relaxed" */
struct str canon_name(enum canon canon);
bool canon_from_name(struct str name, enum canon *out);

/* Puts one header field (raw: without its final CRLF) in canonical form, then CRLF if with_crlf.
 * relaxed: "B : Y\t\r\n\tZ  " becomes "b:Y Z". simple: as it is. A line without a colon is treated as a name.
 * The maximum of out should leave room for SCAN_SLACK octets more than are put. */
void canon_field(struct buf *out, enum canon canon, struct str raw, bool with_crlf);

/* The span is valid during the call only; it is never empty. */
typedef void (*canon_sink)(void *context, struct str span);

struct canon_body {
	enum canon canon;
	canon_sink sink;
	void *context;
	const struct scanner *scanner;
	uint64_t size; /* canonical octets so far; those gathered count, the line ends held back do not */
	/* private to canon.c */
	uint64_t held_lines; /* CRLFs held back, as they may be the end of the body */
	bool held_cr;        /* and a CR after them */
	bool after_wsp;      /* relaxed: WSP held back, as it may be the end of a line */
	bool after_wsp_cr;   /* and a CR after it */
	size_t gathered;
	char gather[CANON_GATHER_SIZE];
};

void canon_body_init(struct canon_body *c, enum canon canon, canon_sink sink, void *context);
/* Any chunking gives the same octets to the sink (in other spans). */
void canon_body_feed(struct canon_body *c, struct str chunk);
/* Ends the body: simple gives at least one CRLF, relaxed nothing for an empty body; a missing last CRLF is added. All
 * has been handed to the sink when this returns. */
void canon_body_finish(struct canon_body *c);
