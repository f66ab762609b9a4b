/* Private to evidence.c and the snapshot files: what an evidence consists of.
 *
 * A hash table of names; each name has a short list of questions by type. Names and questions live in one arena, answers
 * in another one that has the cap of octets. Nothing here changes on look-up. */
#pragma once

#include "core/time.h"
#include "dns/evidence.h"

struct evidence_entry {
	struct evidence_entry *next; /* by type, ascending */
	enum dns_type type;
	const struct dns_answer *answer; /* NULL: open */
};

struct evidence_name {
	struct str name; /* normalised */
	struct evidence_entry *entries;
	const struct dns_answer *fallback; /* for types that are not held, once closed ("_error": "*"); may be NULL */
	bool exists;                       /* closed: types that are not held are NODATA */
};

struct evidence_slot {
	uint64_t hash;
	struct evidence_name *name; /* NULL: free */
};

struct evidence {
	const struct evidence *base;
	bool closed;
	bool cut; /* an answer went beyond the cap of octets */
	int error;
	unix_time saved_at; /* of a snapshot; UNIX_TIME_NONE elsewhere */
	size_t questions_max;
	size_t questions; /* entries */
	size_t asked;
	size_t name_count;
	struct evidence_slot *slots;
	size_t slot_count; /* a power of two */
	struct arena names;
	struct arena answers;
	struct dns_question *open;
	size_t open_count, open_cap;
};

/* Declares that a (normalised) name exists; fallback may be NULL. */
INKAN_MUST_CHECK int evidence_declare(struct evidence *e, struct str name, const struct dns_answer *fallback);
const struct evidence_name *evidence_find_name(const struct evidence *e, struct str name);
/* The names held, sorted; to be freed by the caller. */
INKAN_MUST_CHECK int evidence_sorted_names(const struct evidence *e, const struct evidence_name ***out,
                                           size_t *count_out);
