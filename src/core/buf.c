#include "core/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUF_FIRST_SIZE = 256 };

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max};
}

void buf_release(struct buf *b)
{
	free(b->p);
	*b = (struct buf){.max = b->max};
}

void buf_clear(struct buf *b)
{
	b->n = 0;
	b->error = INKAN_OK;
}

char *buf_grow(struct buf *b, size_t more)
{
	if (b->error)
		return NULL;
	if (more > b->max - b->n) {
		b->error = INKAN_ELIMIT;
		return NULL;
	}
	size_t need = b->n + more;
	size_t cap = b->cap < BUF_FIRST_SIZE ? BUF_FIRST_SIZE : b->cap;

	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	if (cap > b->max)
		cap = b->max;
	char *p = realloc(b->p, cap);

	if (!p) {
		b->error = INKAN_ENOMEM;
		return NULL;
	}
	b->p = p;
	b->cap = cap;
	return p + b->n;
}

void buf_commit(struct buf *b, size_t n)
{
	assert(n <= b->cap - b->n);
	b->n += n;
}

void buf_put(struct buf *b, struct str s)
{
	char *to = s.n ? buf_reserve(b, s.n) : NULL;

	if (to) {
		memcpy(to, s.p, s.n);
		b->n += s.n;
	}
}

void buf_put_u64(struct buf *b, uint64_t value)
{
	char digits[20];
	size_t at = sizeof digits;

	do
		digits[--at] = (char)('0' + value % 10);
	while (value /= 10);
	buf_put(b, str_from(digits + at, sizeof digits - at));
}

void buf_put_i64(struct buf *b, int64_t value)
{
	if (value < 0)
		buf_put_char(b, '-');
	buf_put_u64(b, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

/* vsnprintf() wants an octet more than the text has, for a NUL: the maximum may not leave it. */
__attribute__((format(printf, 3, 0))) static void print_to_the_maximum(struct buf *b, size_t n, const char *format,
                                                                       va_list args)
{
	char *text = malloc(n + 1);

	if (!text) {
		b->error = INKAN_ENOMEM;
		return;
	}
	vsnprintf(text, n + 1, format, args);
	buf_put(b, str_from(text, n));
	free(text);
}

/* The second attempt, for n octets that did not fit into the room there was. */
__attribute__((format(printf, 3, 0))) static void print_again(struct buf *b, size_t n, const char *format, va_list args)
{
	if (n && n == b->max - b->n) {
		print_to_the_maximum(b, n, format, args);
		return;
	}
	char *to = n ? buf_reserve(b, n + 1) : NULL;

	if (to) {
		vsnprintf(to, n + 1, format, args);
		b->n += n;
	}
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list args, again;
	size_t room = b->cap - b->n;

	if (b->error)
		return;
	va_start(args, format);
	va_copy(again, args);
	int n = vsnprintf(room ? b->p + b->n : NULL, room, format, args);

	assert(n >= 0);
	if ((size_t)n < room)
		b->n += (size_t)n;
	else
		print_again(b, (size_t)n, format, again);
	va_end(again);
	va_end(args);
}
