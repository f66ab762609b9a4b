/* Finds the rules of a signing table that may match an author, where there are many: by the hash of the author's domain. Rules
 * with a wild pattern, or with one in U-labels, may match anybody. */
#pragma once

#include "policy/settings.h"

struct signing_index;

/* The rules must not change while it lives. INKAN_ENOMEM */
INKAN_MUST_CHECK int signing_index_new(const struct signing_rule *rules, size_t count, struct signing_index **out);
void signing_index_free(struct signing_index *index);

/* The way through the candidates; filled by signing_index_begin(). */
struct signing_walk {
	const struct signing_index *index; /* NULL: all rules are candidates */
	size_t rule_count;
	uint64_t hash;
	size_t next, plain, wild;
};

/* author: an address or a domain. Every rule with a pattern that matches it is among the candidates, in the order of the table. */
void signing_index_begin(const struct policy_settings *settings, struct str author, struct signing_walk *out);
/* False: there are no more. */
bool signing_index_next(struct signing_walk *walk, size_t *rule_out);
