/* A bump allocator: many small allocations with one lifetime, freed or reused together, within a cap.
 *
 * The arena in a function's signature owns what the function returns. Errors are sticky as in buf.h, so that a parser
 * may allocate freely and its caller asks arena_error() where it matters; every allocation may still return NULL. */
#pragma once

#include <stdalign.h>

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

/* Private: where the current block has no room, or there is an error. */
void *arena_take_slowly(struct arena *a, size_t n, size_t align);

static inline void *arena_take(struct arena *a, size_t n, size_t align)
{
	size_t pad = (size_t)(-(uintptr_t)a->next) & (align - 1), left = a->max - a->used;
	size_t room = (size_t)(a->end - a->next);

	room = room < left ? room : left;
	if (a->error || pad > room || n > room - pad)
		return arena_take_slowly(a, n, align);
	char *p = a->next + pad;

	a->next = p + n;
	a->used += pad + n;
	return p;
}

/* n octets aligned for any type, not cleared; NULL on error (no memory, or the cap reached). n may be 0. */
static inline void *arena_alloc(struct arena *a, size_t n)
{
	return arena_take(a, n ? n : 1, alignof(max_align_t));
}
/* An array of count elements of size octets, cleared; NULL on error or overflow. */
void *arena_calloc(struct arena *a, size_t count, size_t size);
/* A copy of s, with a NUL behind it that does not count. On error the empty str. */
struct str arena_str(struct arena *a, struct str s);
/* Room for n octets without alignment, for text. NULL on error. */
static inline char *arena_text(struct arena *a, size_t n)
{
	return arena_take(a, n ? n : 1, 1);
}

INKAN_MUST_CHECK static inline int arena_error(const struct arena *a)
{
	return a->error;
}
