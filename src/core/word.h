/* Eight octets at once, as a number in the order of the machine. */
#pragma once

#include "core/str.h"

static inline uint64_t word_load(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof w);
	return w;
}

/* The last octets of s, at most eight; where it has fewer, different octets of the same count give different numbers. */
static inline uint64_t word_last(struct str s)
{
	uint64_t w = 0;
	uint32_t low, high;

	if (s.n >= 8) {
		w = word_load(s.p + s.n - 8);
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

/* ASCII letters of all eight octets to lower case. */
static inline uint64_t word_lower(uint64_t w)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t low7 = w & (0x7f * ones);
	uint64_t from_a = low7 + (0x80 - 'A') * ones;     /* bit 7: octet >= 'A' */
	uint64_t past_z = low7 + (0x80 - 'Z' - 1) * ones; /* bit 7: octet > 'Z' */
	uint64_t upper = from_a & ~past_z & ~w & (0x80 * ones);

	return w | upper >> 2;
}

/* One step of a multiply-and-fold hash over a and b. */
static inline uint64_t word_fold(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 u128;
	u128 product = (u128)(a ^ 0x9e3779b97f4a7c15u) * (b ^ 0xd6e8feb86659fd93u);

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}
