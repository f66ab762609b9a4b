/* The kinds of records that `inkan check record` knows: a row a kind, with how it is checked and shown. */
#pragma once

#include "check/dkim_record.h"
#include "check/record.h"
#include "check/spf_tree.h"
#include "check/tag_record.h"
#include "cli/options.h"
#include "core/json.h"

struct record_check_kind;

/* One record while it is checked. */
struct record_check {
	const struct invocation *in;
	const struct record_check_kind *kind;
	struct arena arena;
	struct findings findings;
	struct pasted_record record;
	const struct text *state; /* says more than good or bad; NULL */
	struct crypto *crypto;
	/* by kind */
	struct dkim_record_report dkim;
	struct spf_record_report spf;
	struct spf_tree tree;
	bool has_tree;
	struct tag_report tags;
};

struct record_check_kind {
	enum record_kind kind;
	struct text title;     /* "DMARC record" */
	struct text good, bad; /* what follows it */
	/* Adds findings and fills the report. Called for text that can be read and is not empty. Other than EXIT_FINE: a
	 * message was printed. */
	enum exit_code (*check)(struct record_check *c);
	/* Adds what the record says, a line a tag. */
	void (*print)(struct buf *out, const struct ui *ui, const struct record_check *c);
	/* Adds "tags" and what else the kind has to the object that is open. Errors: enum inkan_error. */
	int (*json)(struct json *j, const struct record_check *c);
};

/* The row of a kind; that of DKIM for RECORD_UNKNOWN. */
const struct record_check_kind *record_check_kind(enum record_kind kind);
/* Releases everything but the arena. */
void record_check_release(struct record_check *c);
