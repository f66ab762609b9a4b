/* Numbers that look random and are the same in every run. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct random {
	uint64_t state; /* any start */
};

/* splitmix64 */
static inline uint64_t random_u64(struct random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* From 0 to n - 1; n is not 0. */
static inline size_t random_below(struct random *r, size_t n)
{
	return (size_t)(random_u64(r) % n);
}
