/* A message as a stream: chunks of any size in, the header once and body spans out (RFC 5322 section 2.1).
 *
 * Only the header section is kept. Spans of the body handed to the sink point into the caller's chunk; only stretches
 * with bare LFs that READER_NORMALISE has to mend are copied, and not kept. A span is at most READER_SPAN_MAX long, so
 * that all that works on it finds it in the cache.
 *
 * Line ends. READER_STRICT is for the SMTP edge: only CRLF ends a line, bare CR and bare LF stay what they are and are
 * counted (RULES V29). READER_NORMALISE is for files: a bare LF is read as CRLF, an existing CRLF stays, a bare CR
 * stays and is counted. */
#pragma once

#include "core/buf.h"
#include "mail/header.h"
#include "mail/scan.h"

enum { READER_SPAN_MAX = 32 * 1024 };

enum reader_line_ends { READER_STRICT, READER_NORMALISE };

struct reader_options {
	enum reader_line_ends line_ends;
	size_t header_size_max; /* 0: MAIL_HEADER_SIZE_MAX */
	size_t fields_max;      /* 0: MAIL_FIELDS_MAX */
	bool uncounted;         /* READER_STRICT: nobody asks for bare CR and LF, so they are not looked for */
};

/* A callback returns INKAN_OK, or an error that reader_feed() hands on; then the reader is dead. */
struct reader_sink {
	int (*header)(void *context, const struct header *header); /* once, before any body; at the latest at finish */
	int (*body)(void *context, struct str span);               /* never empty; CRLF line ends in READER_NORMALISE */
	void *context;
};

struct reader_facts {
	uint64_t size;             /* octets fed */
	uint64_t body_size;        /* octets handed to the body sink */
	uint64_t bare_lf, bare_cr; /* counted in header and body, before normalising; 0 where `uncounted` */
	uint64_t nul;              /* NUL octets in the header section */
	uint64_t first_bare;       /* offset of the first bare CR or LF; valid where one was counted */
	bool has_separator;        /* the empty line between header and body was there */
};

struct reader {
	struct reader_options options;
	struct reader_sink sink;
	struct arena *arena;
	struct header header;
	struct reader_facts facts;
	int error;
	/* private to reader.c */
	const struct scanner *scanner;
	struct buf header_text; /* line ends as the sink sees them, the empty line included */
	bool in_body, finished, after_cr;
};

/* Initialises; reader_release() frees the header's text. The arena must outlive the reader's header. */
void reader_init(struct reader *r, struct arena *arena, struct reader_options options, struct reader_sink sink);
void reader_release(struct reader *r);
/* Ready for the next message with the same options and sink; memory is kept. The caller resets the arena. */
void reader_reset(struct reader *r);

/* Errors: INKAN_ELIMIT (header too large, too many fields), INKAN_ENOMEM, INKAN_EUSAGE (after finish), the sink's.
 * An error is sticky. */
INKAN_MUST_CHECK int reader_feed(struct reader *r, struct str chunk);
/* End of the message. Calls the header sink if the message ended inside the header. */
INKAN_MUST_CHECK int reader_finish(struct reader *r);
