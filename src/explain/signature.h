/* Why a DKIM signature got its result, in words: facts, inferences and what to do, in English and Japanese.
 *
 * The four explanations that must never be confused (content changed, signed header changed, key problem, policy of the
 * receiver) and the rest are rows of one table, so that a missing language or case is a failed test, not a blank line. */
#pragma once

#include "core/buf.h"
#include "core/text.h"
#include "explain/template.h"
#include "inkan/dkim.h"
#include "sig/fault.h"

struct statement {
	enum certainty certainty;
	struct text text; /* a template, see explain_put(); text.en NULL ends a list */
};

enum { STATEMENTS_MAX = 4 };

struct explanation {
	enum inkan_dkim_explanation kind;
	enum inkan_dkim_cause cause; /* INKAN_DKIM_OK: any */
	enum dkim_fault_id fault;    /* DKIM_FAULT_NONE: any */
	const char *change;          /* NULL: any */
	bool header_verified;        /* true: only where the signature fits the header */
	struct text brief;           /* a clause: "the content was changed after signing" */
	struct statement why[STATEMENTS_MAX + 1];
	struct text fix;
};

/* The explanation of a signature that did not pass; never NULL for one that did not, NULL for one that passed. */
const struct explanation *explain(const struct inkan_dkim_result *result);

/* Adds a template: "{domain}", "{selector}", "{key_name}", "{algorithm}", "{canonicalization}", "{bits}", "{reason}",
 * "{section}", "{signed}" and "{computed}" (body hashes), "{header}" (the changed field), "{headers}" (all signed ones),
 * "{body_length}", "{body_size}", "{timestamp}" and "{expiration}" are replaced by what the result says, made safe and not longer than a line or two. */
void explain_put(struct buf *out, struct text template, const struct inkan_dkim_result *result, enum language language);

/* The value of one of these placeholders; false for another name. */
bool explain_value(const struct inkan_dkim_result *result, struct buf *out, struct str name, enum language language);

/* Adds the whole explanation as running text: every statement. Nothing for a signature that passed. */
void explain_sentences(struct buf *out, const struct inkan_dkim_result *result, enum language language);

/* The result's reason in that language. */
const char *explain_reason(const struct inkan_dkim_result *result, enum language language);

/* The table behind explain(), and the reasons in Japanese. */
const struct explanation *explain_table(size_t *count_out);
const char *explain_reason_ja(enum dkim_fault_id fault);
