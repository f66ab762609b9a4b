/* What `inkan verify` says about one message: as a JSON object, as a page of text or HTML, as one line. */
#pragma once

#include "cli/output.h"
#include "explain/page.h"

enum outcome {
	OUTCOME_PASS,
	OUTCOME_AT_RISK,
	OUTCOME_FAIL,
	OUTCOME_NONE,     /* no policy, but something passed */
	OUTCOME_UNPROVEN, /* no policy, and nothing passed, or fields are repeated beyond what a signature covers */
	OUTCOME_NOT_REPRESENTATIVE,
	OUTCOME_UNKNOWN,    /* DNS, or the resolver cannot start */
	OUTCOME_UNREADABLE, /* the message could not be read */
	OUTCOME_INTERNAL    /* out of memory, or the cryptographic library failed */
};

enum { OUTCOMES = OUTCOME_INTERNAL + 1 };

/* One judged message. Everything is borrowed. */
struct verdict {
	enum outcome outcome;
	const char *file;  /* as given; with the number of the message for mbox files */
	const char *error; /* what went wrong, where no result could be had; else NULL, and then the rest is there */
	bool no_message;   /* the error is: not one header field */
	const struct inkan_verdict *found;
	const struct header *header;
	const struct inkan_session *session;
	bool session_from_received;
	const char *authentication_results; /* the field with its CRLF; NULL unless it was asked for */
	const struct page *page;            /* NULL unless it was asked for */
	struct digest *redact;              /* NULL: nothing is hidden (explain/redact.h) */
};

enum outcome verdict_outcome(const struct inkan_verdict *found);

/* Why the message's most telling signature did not pass; INKAN_EXPLAIN_NOTHING where one counts or none is there. */
enum inkan_dkim_explanation verdict_explanation(const struct verdict *v);

/* Adds the Authentication-Results field on one line, without a line end. */
void verdict_results_line(struct buf *out, const struct verdict *v);

/* Adds the JSON object of the command line's contract, on one line, with a line end. */
void verdict_json(struct buf *out, const struct verdict *v, enum language language);

/* How pages look. */
struct page_style {
	enum language language;
	bool colour;
	size_t columns; /* of the whole page */
};

/* Adds the page: verdict, what the message is, mechanisms, why, what to do, the way. */
void verdict_page(struct buf *out, const struct verdict *v, const struct page_style *style);
/* Adds what the page says of signatures alone: their rows, why and what to do. */
void verdict_page_dkim(struct buf *out, const struct page *page, const struct page_style *style);

/* Adds the start of an HTML document, a section for a message, the end of the document. */
void verdict_html_begin(struct buf *out, enum language language);
void verdict_html(struct buf *out, const struct verdict *v, enum language language);
void verdict_html_end(struct buf *out);

/* Adds one line: "FAIL  a.eml  example.com  DMARC fails: …; the content was changed after signing". */
void verdict_line(struct buf *out, const struct verdict *v, const struct page_style *style);

/* What became of many messages. */
struct tally {
	uint64_t messages;
	uint64_t outcomes[OUTCOMES];
	uint64_t explanations[INKAN_EXPLAIN_DNS + 1]; /* of messages whose signatures do not count */
};

void tally_add(struct tally *tally, enum outcome outcome, enum inkan_dkim_explanation explanation);
/* Adds the line of totals. */
void tally_print(struct buf *out, const struct tally *tally, enum language language);
/* The exit code that the messages ask for; the worst wins in the order 4, 2, 3, 1, 0. */
enum exit_code tally_exit_code(const struct tally *tally);
