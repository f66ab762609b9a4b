/* TXT records in the forms that people and tools paste them; record_set.h prints them. */
#pragma once

#include "core/arena.h"
#include "core/str.h"

struct record_text {
	struct record_text *next;
	struct str name;  /* owner without final dot, escapes resolved; empty where there was none */
	struct str value; /* the strings joined, escapes resolved */
};

/* What a person pastes, back to values. Understood are a bare value (line breaks become spaces); quoted strings, also over
 * several lines; zone lines with name, TTL and class in any number, parentheses and comments; the output of dig, dig
 * +short (a CNAME target before the strings is passed over), host and nslookup. Several records make a list.
 * Quoted strings on lines of their own belong to the record before, unless they begin like a record ("v=", "name=").
 * False: unbalanced quotes or a wrong escape, *position_out says where; or arena_error(). Text lives in the arena. */
bool record_text_list(struct arena *arena, struct str pasted, struct record_text **out, size_t *position_out);

/* The first record of the list; there is always one. */
bool record_text_parse(struct arena *arena, struct str pasted, struct str *name_out, struct str *value_out,
                       size_t *position_out);
