/* WHY and FIX: which sentences are said of a verdict, and when. */
#pragma once

#include "explain/facts.h"

/* What a rule looks at, one after the other. */
enum rule_scope {
	SCOPE_MESSAGE,
	SCOPE_SIGNATURE,
	SCOPE_SET,        /* of ARC */
	SCOPE_REPEATED,   /* fields */
	SCOPE_SETTING,    /* traces in the header of settings that change results */
	SCOPE_EXPLANATION /* of the signatures that did not pass: signature.h */
};

struct rule {
	const char *id; /* "third_party" */
	enum rule_scope scope;
	enum certainty certainty;
	bool (*holds)(const struct facts *f);
	struct text why; /* templates of facts.h; "": says nothing */
	struct text fix; /* likewise */
};

/* In the order of the page. */
const struct rule *statement_rules(size_t *count_out);

/* A trace of a setting: a field whose value holds a word. */
struct setting {
	const char *field, *word; /* lower case; "": any value */
	struct text text;
};

const struct setting *statement_settings(size_t *count_out);
/* Whether the header has its trace. */
bool setting_is_seen(const struct header *header, const struct setting *setting);

/* Fills page->why and page->fix. Errors: those of the arena. */
INKAN_MUST_CHECK int statements_make(struct facts *f, struct page *page);
