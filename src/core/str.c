#include "core/str.h"

static uint64_t load8(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof w);
	return w;
}

/* ASCII letters of all eight octets to lower case. */
static uint64_t lower8(uint64_t w)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t low7 = w & (0x7f * ones);
	uint64_t from_a = low7 + (0x80 - 'A') * ones;     /* bit 7: octet >= 'A' */
	uint64_t past_z = low7 + (0x80 - 'Z' - 1) * ones; /* bit 7: octet > 'Z' */
	uint64_t upper = from_a & ~past_z & ~w & (0x80 * ones);

	return w | upper >> 2;
}

/* The last octets of s, at most eight, as a number; those before them are used to fill up where there are any. */
static uint64_t last8(struct str s)
{
	uint64_t w = 0;
	uint32_t low, high;

	if (s.n >= 8) {
		w = load8(s.p + s.n - 8);
	} else if (s.n >= 4) {
		memcpy(&low, s.p, 4);
		memcpy(&high, s.p + s.n - 4, 4);
		w = (uint64_t)high << 32 | low;
	} else {
		for (size_t i = 0; i < s.n; i++)
			w = w << 8 | (unsigned char)s.p[i];
	}
	return w;
}

bool str_ieq(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t at = 0; at + 8 < a.n; at += 8)
		if (lower8(load8(a.p + at)) != lower8(load8(b.p + at)))
			return false;
	return lower8(last8(a)) == lower8(last8(b));
}

void str_put_lower(char *out, struct str s)
{
	size_t at = 0;

	for (; s.n - at >= 8; at += 8) {
		uint64_t w = lower8(load8(s.p + at));

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

size_t str_find(struct str s, char c)
{
	const char *hit = s.n ? memchr(s.p, c, s.n) : NULL;

	return hit ? (size_t)(hit - s.p) : s.n;
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

struct str str_trim_fws(struct str s)
{
	while (s.n && is_fws_char(s.p[0]))
		s = str_skip(s, 1);
	while (s.n && is_fws_char(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct str str_split(struct str *rest, char c)
{
	size_t at = str_find(*rest, c);
	struct str part = str_head(*rest, at);

	*rest = str_skip(*rest, at < rest->n ? at + 1 : at);
	return part;
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

size_t str_graphic(struct str s)
{
	const uint64_t ones = 0x0101010101010101u, high = 0x80 * ones;
	size_t n = 0;

	for (; s.n - n >= 8; n += 8) {
		uint64_t w = load8(s.p + n);

		/* the highest bit of an octet tells: at least 0x21; at least 0x7f (or of an octet that had it before) */
		if ((((w & ~high) + (0x80 - 0x21) * ones) & high) != high || ((w + ones) | w) & high)
			break;
	}
	while (n < s.n && s.p[n] > ' ' && s.p[n] < 0x7f)
		n++;
	return n;
}

/* A multiply-and-fold hash over eight octets at a time. */
static uint64_t fold(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 u128;
	u128 product = (u128)(a ^ 0x9e3779b97f4a7c15u) * (b ^ 0xd6e8feb86659fd93u);

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_with(struct str s, uint64_t seed, bool lower)
{
	uint64_t h = seed ^ s.n, w = last8(s);

	for (size_t at = 0; at + 8 < s.n; at += 8)
		h = fold(h, lower ? lower8(load8(s.p + at)) : load8(s.p + at));
	return fold(fold(h, lower ? lower8(w) : w), seed);
}

uint64_t str_hash(struct str s, uint64_t seed)
{
	return hash_with(s, seed, false);
}

uint64_t str_ihash(struct str s, uint64_t seed)
{
	return hash_with(s, seed, true);
}
