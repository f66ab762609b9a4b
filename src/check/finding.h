/* Findings: what a check has to say about a record, a domain or a message.
 *
 * The kinds of findings are tables: id (stable, for programs), severity, source, and two texts in both languages, in
 * which {0}, {1} and {2} stand for what was found. A finding is one kind at one place. */
#pragma once

#include "core/arena.h"
#include "core/buf.h"
#include "core/text.h"

enum severity {
	SEVERITY_INFO,    /* worth knowing, nothing to do */
	SEVERITY_WARNING, /* works, but should be changed */
	SEVERITY_ERROR    /* does not work, or does harm */
};

/* "info", "warning", "error" */
const char *severity_name(enum severity severity);

struct finding_kind {
	const char *id; /* "p_truncated" */
	enum severity severity;
	const char *source; /* "RFC 6376 section 3.6.1"; "" where it is advice */
	struct text text;   /* what is the matter, one sentence without a final stop */
	struct text fix;    /* what to do; "" where there is nothing to do */
};

enum { FINDING_ARGS = 3 };

/* A finding that concerns no octet in particular. */
#define FINDING_NOWHERE SIZE_MAX

struct finding {
	const struct finding_kind *kind;
	enum severity severity; /* that of the kind, unless the check knows better */
	size_t position;        /* octet in the text that was checked, or FINDING_NOWHERE */
	struct text text,
		fix; /* with {0} ... filled in; may hold octets of the text that was checked: not safe to print */
};

struct findings {
	struct arena *arena;
	struct finding *items; /* in the order found, until findings_sort() */
	size_t count, capacity;
};

/* Findings and their texts live in the arena; its error says whether any was lost. */
void findings_init(struct findings *f, struct arena *arena);

/* args: for {0} to {2}, copied; NULL where the kind has none. Long ones are cut. Returns the finding (until the next is
 * added), NULL where there is no memory. */
struct finding *findings_add(struct findings *f, const struct finding_kind *kind, size_t position,
                             const struct str args[FINDING_ARGS]);
/* ... where what was found has a name in each language. */
struct finding *findings_add_in_two(struct findings *f, const struct finding_kind *kind, size_t position,
                                    const struct str en[FINDING_ARGS], const struct str ja[FINDING_ARGS]);
/* Adds a finding of another list, whose texts live in the same arena; a position in it means nothing here and is dropped. */
void findings_take(struct findings *f, const struct finding *finding);
/* The first finding of that kind, or NULL. */
const struct finding *findings_find(const struct findings *f, const struct finding_kind *kind);
/* The worst severity; SEVERITY_INFO where there is no finding. */
enum severity findings_worst(const struct findings *f);
/* Errors first, then warnings, then infos; each by position. */
void findings_sort(struct findings *f);

/* A text with {0} to {2} filled in, in the arena; both are "" where there is no memory. */
struct text finding_text(struct arena *arena, struct text template, const struct str args[FINDING_ARGS]);
/* A number as text in the arena. */
struct str finding_number(struct arena *arena, uint64_t number);

/* What several checks may find: a private key where a public one belongs. */
extern const struct finding_kind private_key_kind;
