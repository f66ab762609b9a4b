/* A bump allocator: many small allocations with one lifetime, freed or reused together, within a cap.
 *
 * The arena in a function's signature owns what the function returns. Errors are sticky as in buf.h, so that a parser
 * may allocate freely and its caller asks arena_error() where it matters; every allocation may still return NULL. */
#pragma once

#include "core/str.h"
#include "inkan/error.h"

struct arena_block;

struct arena {
	struct arena_block *first; /* kept over resets */
	struct arena_block *current;
	char *next, *end; /* free room in the current block */
	size_t used;      /* octets handed out since the last reset, alignment included */
	size_t max;       /* cap for `used` */
	int error;        /* INKAN_OK, INKAN_ENOMEM or INKAN_ELIMIT */
};

/* Allocates nothing yet. max: cap in octets of all that may be handed out between two resets. */
void arena_init(struct arena *a, size_t max);
void arena_release(struct arena *a);
/* Takes back everything handed out; keeps the memory of ordinary messages, frees the blocks beyond. */
void arena_reset(struct arena *a);

/* n octets aligned for any type, not cleared; NULL on error (no memory, or the cap reached). n may be 0. */
void *arena_alloc(struct arena *a, size_t n);
/* An array of count elements of size octets, cleared; NULL on error or overflow. */
void *arena_calloc(struct arena *a, size_t count, size_t size);
/* A copy of s, with a NUL behind it that does not count. On error the empty str. */
struct str arena_str(struct arena *a, struct str s);
/* Room for n octets without alignment, for text. NULL on error. */
char *arena_text(struct arena *a, size_t n);

INKAN_MUST_CHECK static inline int arena_error(const struct arena *a)
{
	return a->error;
}
