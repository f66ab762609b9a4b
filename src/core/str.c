#include "core/word.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

bool str_ieq(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t at = 0; at + 8 < a.n; at += 8)
		if (word_lower(word_load(a.p + at)) != word_lower(word_load(b.p + at)))
			return false;
	return word_lower(word_last(a)) == word_lower(word_last(b));
}

void str_put_lower(char *out, struct str s)
{
	size_t at = 0;

	for (; s.n - at >= 8; at += 8) {
		uint64_t w = word_lower(word_load(s.p + at));

		memcpy(out + at, &w, 8);
	}
	for (; at < s.n; at++)
		out[at] = to_lower(s.p[at]);
}

bool str_has_prefix(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq(str_head(s, prefix.n), prefix);
}

bool str_ihas_prefix(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_ieq(str_head(s, prefix.n), prefix);
}

bool str_ihas_suffix(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_ieq(str_skip(s, s.n - suffix.n), suffix);
}

size_t str_rfind(struct str s, char c)
{
	const char *hit = s.n ? memrchr(s.p, c, s.n) : NULL;

	return hit ? (size_t)(hit - s.p) : s.n;
}

size_t str_search(struct str s, struct str needle)
{
	if (needle.n == 0)
		return 0;
	if (s.n < needle.n)
		return s.n;
	const char *hit = memmem(s.p, s.n, needle.p, needle.n);

	return hit ? (size_t)(hit - s.p) : s.n;
}

struct str str_trim_wsp(struct str s)
{
	while (s.n && is_wsp(s.p[0]))
		s = str_skip(s, 1);
	while (s.n && is_wsp(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool str_to_u64(struct str s, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!is_digit(s.p[i]))
			return false;
		uint64_t digit = (uint64_t)(s.p[i] - '0');

		if (value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (value > max)
		return false;
	*out = value;
	return true;
}

/* Sixteen octets, signed, so that what is not ASCII is below the space. */
typedef signed char v16 __attribute__((vector_size(16)));

/* Index of the first octet that is not graphic, or is `stop`; 16 where there is none. */
static inline size_t first_other(v16 v, char stop)
{
	v16 others = (v <= ' ') | (v == 0x7f) | (v == (signed char)stop);
#if defined(__SSE2__)
	return (size_t)__builtin_ctz(1u << 16 | (unsigned)_mm_movemask_epi8((__m128i)others));
#else
	size_t i = 0;

	while (i < sizeof v && !others[i])
		i++;
	return i;
#endif
}

size_t str_graphic_until(struct str s, char stop)
{
	size_t n = 0;
	v16 v;

	for (; s.n - n >= 16; n += 16) {
		memcpy(&v, s.p + n, 16);
		size_t run = first_other(v, stop);

		if (run < 16)
			return n + run;
	}
	if (s.n > 16 && n < s.n) { /* the last sixteen; those of them that were seen are good */
		memcpy(&v, s.p + s.n - 16, 16);
		return s.n - 16 + first_other(v, stop);
	}
	if (s.n > 8 && n == 0) { /* the first eight and the last eight */
		uint64_t halves[2] = {word_load(s.p), word_load(s.p + s.n - 8)};

		memcpy(&v, halves, 16);
		n = first_other(v, stop);
		return n < 8 ? n : s.n - 16 + n;
	}
	while (n < s.n && s.p[n] > ' ' && s.p[n] < 0x7f && s.p[n] != stop)
		n++;
	return n;
}

/* A multiply-and-fold hash over sixteen octets at a time. */
static inline uint64_t hash_with(struct str s, uint64_t seed, bool lower)
{
	uint64_t h = seed + s.n;

	for (; s.n > 16; s = str_skip(s, 16)) {
		uint64_t first = word_load(s.p), second = word_load(s.p + 8);

		h = word_fold((lower ? word_lower(first) : first) ^ h, (lower ? word_lower(second) : second) + h);
	}
	uint64_t first = s.n > 8 ? word_load(s.p) : 0, last = word_last(s);

	return word_fold((lower ? word_lower(first) : first) ^ h, (lower ? word_lower(last) : last) + seed);
}

uint64_t str_hash(struct str s, uint64_t seed)
{
	return hash_with(s, seed, false);
}

uint64_t str_ihash(struct str s, uint64_t seed)
{
	return hash_with(s, seed, true);
}
