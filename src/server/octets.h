/* Big-endian numbers in what processes say to each other. */
#pragma once

#include <stddef.h>
#include <stdint.h>

static inline void octets_put(unsigned char *to, size_t size, uint64_t value)
{
	for (size_t i = 0; i < size; i++)
		to[i] = (unsigned char)(value >> 8 * (size - 1 - i));
}

static inline uint64_t octets_get(const unsigned char *from, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | from[i];
	return value;
}
