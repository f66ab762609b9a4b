/* What `inkan verify` says about one message: as a JSON object, as a page, as one line. */
#pragma once

#include "cli/explain.h"
#include "cli/output.h"
#include "core/arena.h"
#include "inkan/dkim.h"
#include "mail/header.h"

enum outcome {
	OUTCOME_PASS,       /* a signature at least passed */
	OUTCOME_DOUBTFUL,   /* likewise, but fields are repeated that none of those covers */
	OUTCOME_FAIL,       /* signed, and none passed */
	OUTCOME_UNSIGNED,   /* no DKIM-Signature field */
	OUTCOME_TEMPORARY,  /* none passed, but one at least could not be decided */
	OUTCOME_UNREADABLE, /* the message could not be read */
	OUTCOME_INTERNAL    /* out of memory, or the cryptographic library failed */
};

enum { OUTCOMES = OUTCOME_INTERNAL + 1 };

enum { REPEATED_FIELDS_MAX = 17 };

/* A field that stands more often in the message than it may, and than a passing signature covers. */
struct repeated_field {
	const char *name; /* "From" */
	size_t count, covered;
};

/* One judged message. Everything is borrowed. */
struct verdict {
	enum outcome outcome;
	const char *file;            /* as given; with the number of the message for mbox files */
	const char *error;           /* what went wrong, where no result could be had; else NULL */
	bool no_message;             /* that is: not one header field */
	const struct header *header; /* NULL where there was an error */
	const struct inkan_dkim_result *dkim;
	size_t dkim_count;
	const char *authentication_results; /* the field with its CRLF; NULL where there was an error */
	/* of the From field, where there is exactly one with an address: as written, the domain in lower case */
	struct str from_address, from_domain;
	struct repeated_field repeated[REPEATED_FIELDS_MAX];
	size_t repeated_count; /* 0 unless the outcome is OUTCOME_DOUBTFUL */
};

/* OUTCOME_PASS, _FAIL, _UNSIGNED or _TEMPORARY, by the results. */
enum outcome verdict_outcome(const struct inkan_dkim_result *dkim, size_t count);

/* Why the message's most telling signature did not pass; INKAN_EXPLAIN_NOTHING where one passed or none is there. */
enum inkan_dkim_explanation verdict_explanation(const struct verdict *v);

/* Finds the author in v->header; the texts live in the arena. */
void verdict_find_author(struct verdict *v, struct arena *arena);

/* Finds repeated fields; with one, OUTCOME_PASS becomes OUTCOME_DOUBTFUL. */
void verdict_find_repeated(struct verdict *v);
/* Adds the sentence that warns of the field. */
void repeated_field_text(struct buf *out, const struct repeated_field *field, enum language language);
/* What to do about repeated fields. */
const char *repeated_field_fix(enum language language);

/* Adds one sentence: how it is with this message. */
void verdict_summary(struct buf *out, const struct verdict *v, enum language language);

/* Adds the JSON object of the command line's contract, on one line, with a line end. */
void verdict_json(struct buf *out, const struct verdict *v, enum language language);

/* How pages look. */
struct page_style {
	enum language language;
	bool colour;
	size_t columns; /* of the whole page */
};

/* Adds the page: what the message is, its signatures, why, what to do. */
void verdict_page(struct buf *out, const struct verdict *v, const struct page_style *style);
/* Adds the rows of the page that tell of signatures: "DKIM  FAIL  body hash did not verify  d=example.com s=s1". */
void verdict_page_signatures(struct buf *out, const struct verdict *v, const struct page_style *style);
/* Adds the rows WHY and FIX, nothing where every signature passed. */
void verdict_page_why(struct buf *out, const struct verdict *v, const struct page_style *style);

/* Adds one line: "FAIL  a.eml  example.com  the content was changed after signing". */
void verdict_line(struct buf *out, const struct verdict *v, const struct page_style *style);

/* What became of many messages. */
struct tally {
	uint64_t messages;
	uint64_t outcomes[OUTCOMES];
	uint64_t explanations[INKAN_EXPLAIN_DNS +
	                      1]; /* of messages without a passing signature: that of the first one */
};

void tally_add(struct tally *tally, enum outcome outcome, enum inkan_dkim_explanation explanation);
/* Adds the line of totals. */
void tally_print(struct buf *out, const struct tally *tally, enum language language);
/* The exit code that the messages ask for; the worst wins in the order 4, 2, 3, 1, 0. */
enum exit_code tally_exit_code(const struct tally *tally);
