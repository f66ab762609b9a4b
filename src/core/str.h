/* A borrowed piece of text or octets: not owned, not terminated, valid as long as what it points into.
 *
 * Comparison and case rules are those of ASCII, whatever the locale: the protocols know no other. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p; /* may be NULL only when n is 0 */
	size_t n;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_NULL ((struct str){NULL, 0})
/* For printf("%.*s", STR_ARG(s)); text longer than INT_MAX octets is not printed that way. */
#define STR_ARG(s) (int)(s).n, (s).p

static inline struct str str_from(const char *p, size_t n)
{
	return (struct str){p, n};
}

/* From a terminated string; NULL gives the empty str. */
static inline struct str str_c(const char *p)
{
	return (struct str){p, p ? strlen(p) : 0};
}

static inline bool is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

/* SP, HTAB, CR or LF: what FWS (RFC 5322 section 3.2.2) consists of. */
static inline bool is_fws_char(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline char to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || (a.p[0] == b.p[0] && memcmp(a.p, b.p, a.n) == 0));
}

/* The part of s from octet `from` (clamped) on. */
static inline struct str str_skip(struct str s, size_t from)
{
	return from >= s.n ? (struct str){s.p ? s.p + s.n : NULL, 0} : (struct str){s.p + from, s.n - from};
}

static inline struct str str_head(struct str s, size_t n)
{
	return (struct str){s.p, n < s.n ? n : s.n};
}

/* Copies s to out (room for s.n octets) with ASCII letters in lower case. */
void str_put_lower(char *out, struct str s);
/* Equal but for the case of ASCII letters. */
bool str_ieq(struct str a, struct str b);
bool str_has_prefix(struct str s, struct str prefix);
bool str_ihas_prefix(struct str s, struct str prefix);
bool str_ihas_suffix(struct str s, struct str suffix);
/* Position of the first c, or s.n where there is none. */
static inline size_t str_find(struct str s, char c)
{
	const char *hit = s.n ? memchr(s.p, c, s.n) : NULL;

	return hit ? (size_t)(hit - s.p) : s.n;
}
/* Position of the last c, or s.n where there is none. */
size_t str_rfind(struct str s, char c);
/* Position of the first needle, or s.n where there is none; an empty needle is found at 0. */
size_t str_search(struct str s, struct str needle);
/* Without SP and HTAB at both ends. */
struct str str_trim_wsp(struct str s);
/* Without SP, HTAB, CR and LF at both ends. */
static inline struct str str_trim_fws(struct str s)
{
	while (s.n && is_fws_char(s.p[0]))
		s = str_skip(s, 1);
	while (s.n && is_fws_char(s.p[s.n - 1]))
		s.n--;
	return s;
}
/* Size of the longest start of s that is graphic ASCII (%x21-7E, no space) without `stop`. */
size_t str_graphic_until(struct str s, char stop);
static inline size_t str_graphic(struct str s)
{
	return str_graphic_until(s, ' ');
}
/* The text before the first c, which is taken from *rest together with it; all of *rest where there is no c.
 * Usage: while (rest.n) { struct str part = str_split(&rest, ':'); ... } */
static inline struct str str_split(struct str *rest, char c)
{
	size_t at = str_find(*rest, c);
	struct str part = str_head(*rest, at);

	*rest = str_skip(*rest, at < rest->n ? at + 1 : at);
	return part;
}
/* Decimal digits only, no sign, no space, at least one digit. False where it is not that or exceeds max. */
bool str_to_u64(struct str s, uint64_t max, uint64_t *out);
/* A hash for tables in memory (not stable between versions, not for hostile keys without `seed`). */
uint64_t str_hash(struct str s, uint64_t seed);
/* The same over the lower-case form, so that str_ieq(a, b) implies equal hashes. */
uint64_t str_ihash(struct str s, uint64_t seed);
