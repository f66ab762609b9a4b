/* A reading position in text with a sticky error.
 *
 * Read ten things, test once: after the first failure every read does nothing and returns an empty value; `at` stays
 * where the trouble was found, for messages with a position. */
#pragma once

#include "core/str.h"

struct cursor {
	const char *begin, *at, *end;
	bool failed;
};

static inline struct cursor cursor_from(struct str s)
{
	const char *p = s.p ? s.p : ""; /* arithmetic on a null pointer is undefined even where it adds 0 */

	return (struct cursor){p, p, p + s.n, false};
}

static inline bool cursor_done(const struct cursor *c)
{
	return c->failed || c->at == c->end;
}

static inline size_t cursor_position(const struct cursor *c)
{
	return (size_t)(c->at - c->begin);
}

static inline struct str cursor_rest(const struct cursor *c)
{
	return str_from(c->at, c->failed ? 0 : (size_t)(c->end - c->at));
}

/* The next octet without taking it; '\0' at the end (a real NUL reads the same: use cursor_done()). */
static inline char cursor_peek(const struct cursor *c)
{
	return cursor_done(c) ? '\0' : *c->at;
}

static inline void cursor_fail(struct cursor *c)
{
	c->failed = true;
}

/* Takes the next octet if it is `want`. Never fails. */
bool cursor_accept(struct cursor *c, char want);
/* Takes the next octet, which must be `want`. */
void cursor_expect(struct cursor *c, char want);
/* Takes `want` if it comes next, whatever its case. Never fails. */
bool cursor_iaccept(struct cursor *c, struct str want);
/* Takes the longest run of octets that satisfy the predicate; may be empty. */
struct str cursor_while(struct cursor *c, bool (*predicate)(char));
/* Takes any SP, HTAB, CR and LF. */
void cursor_skip_fws(struct cursor *c);
/* Takes one or more digits, value at most max. */
uint64_t cursor_u64(struct cursor *c, uint64_t max);
