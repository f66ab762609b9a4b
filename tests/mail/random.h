/* Random texts for property tests: always the same ones. */
#pragma once

#include <stdlib.h>

#include "core/str.h"

/* xorshift64: the seed must not be 0 */
static inline uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static inline size_t random_below(uint64_t *state, size_t n)
{
	return (size_t)(random_next(state) >> 11) % n;
}

/* Fills p from an alphabet; the larger `steady`, the longer the stretches of one letter. */
static inline void random_fill(uint64_t *state, char *p, size_t n, struct str alphabet, size_t steady)
{
	char c = alphabet.p[0];

	for (size_t i = 0; i < n; i++) {
		if (random_below(state, steady) == 0)
			c = alphabet.p[random_below(state, alphabet.n)];
		p[i] = c;
	}
}
