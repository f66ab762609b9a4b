/* A growing octet buffer with a maximum.
 *
 * Errors are sticky: after the first failure (no memory, or the maximum reached) every further put does nothing, so a
 * printer writes all its pieces and tests buf_error() once at the end. What was put before the failure stays. */
#pragma once

#include "core/str.h"
#include "inkan/error.h"

struct buf {
	char *p;
	size_t n;
	size_t cap;
	size_t max; /* never grows beyond this many octets */
	int error;  /* INKAN_OK, INKAN_ENOMEM or INKAN_ELIMIT */
};

/* Allocates nothing yet. */
void buf_init(struct buf *b, size_t max);
/* Frees the memory; the buffer may be initialised again. */
void buf_release(struct buf *b);
/* Empties the buffer and forgets the error; keeps the memory. */
void buf_clear(struct buf *b);

void buf_put(struct buf *b, struct str s);
void buf_put_u64(struct buf *b, uint64_t value);
void buf_put_i64(struct buf *b, int64_t value);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Private: where there is no room, or an error. */
char *buf_grow(struct buf *b, size_t n);

/* Room for n more octets at the end, to be filled by the caller who then calls buf_commit(); NULL on error. */
static inline char *buf_reserve(struct buf *b, size_t n)
{
	return b->p && !b->error && n <= b->cap - b->n ? b->p + b->n : buf_grow(b, n);
}

static inline void buf_put_char(struct buf *b, char c)
{
	char *to = buf_reserve(b, 1);

	if (to) {
		*to = c;
		b->n++;
	}
}

static inline void buf_put_c(struct buf *b, const char *text)
{
	buf_put(b, str_c(text));
}

/* Declares n octets (at most what was reserved) as written. */
void buf_commit(struct buf *b, size_t n);

static inline struct str buf_str(const struct buf *b)
{
	return (struct str){b->p, b->n};
}

INKAN_MUST_CHECK static inline int buf_error(const struct buf *b)
{
	return b->error;
}
