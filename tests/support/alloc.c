#include "support/alloc.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>

static atomic_size_t count, fail_at;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

void alloc_fail_at(size_t n)
{
	count = 0;
	fail_at = n;
}

size_t alloc_count(void)
{
	return count;
}

static bool fails(void)
{
	size_t n = atomic_fetch_add(&count, 1) + 1;

	if (n != fail_at)
		return false;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}
