#include "core/arena.h"

#include <stdlib.h>

enum {
	ARENA_BLOCK_SIZE = 16 * 1024, /* one block holds all of an ordinary message */
	ARENA_KEPT_SIZE = 256 * 1024  /* blocks up to this sum survive a reset */
};

struct arena_block {
	struct arena_block *next;
	size_t size;
	alignas(max_align_t) char data[];
};

void arena_init(struct arena *a, size_t max)
{
	*a = (struct arena){.max = max};
}

static void free_blocks(struct arena_block *b)
{
	while (b) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
}

void arena_release(struct arena *a)
{
	free_blocks(a->first);
	arena_init(a, a->max);
}

static void enter(struct arena *a, struct arena_block *b)
{
	a->current = b;
	a->next = b ? b->data : NULL;
	a->end = b ? b->data + b->size : NULL;
}

void arena_reset(struct arena *a)
{
	size_t kept = 0;
	struct arena_block **link = &a->first;

	while (*link && (kept += (*link)->size) <= ARENA_KEPT_SIZE)
		link = &(*link)->next;
	free_blocks(*link);
	*link = NULL;
	a->used = 0;
	a->error = INKAN_OK;
	enter(a, a->first);
}

static bool next_block(struct arena *a, size_t n)
{
	struct arena_block *b = a->current ? a->current->next : a->first;

	if (b && b->size >= n) {
		enter(a, b);
		return true;
	}
	size_t size = n > ARENA_BLOCK_SIZE ? n : ARENA_BLOCK_SIZE;
	struct arena_block *made = size > SIZE_MAX - sizeof *made ? NULL : malloc(sizeof *made + size);

	if (!made) {
		a->error = INKAN_ENOMEM;
		return false;
	}
	made->size = size;
	made->next = b;
	if (a->current)
		a->current->next = made;
	else
		a->first = made;
	enter(a, made);
	return true;
}

void *arena_take_slowly(struct arena *a, size_t n, size_t align)
{
	if (a->error)
		return NULL;
	size_t pad = (size_t)(-(uintptr_t)a->next) & (align - 1);

	if (n > a->max - a->used || pad > a->max - a->used - n) {
		a->error = INKAN_ELIMIT;
		return NULL;
	}
	if (!next_block(a, n))
		return NULL;
	char *p = a->next;

	a->next = p + n;
	a->used += n;
	return p;
}

void *arena_calloc(struct arena *a, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size) {
		a->error = a->error ? a->error : INKAN_ELIMIT;
		return NULL;
	}
	void *p = arena_alloc(a, count * size);

	return p ? memset(p, 0, count * size) : NULL;
}

struct str arena_str(struct arena *a, struct str s)
{
	char *p = s.n == SIZE_MAX ? NULL : arena_text(a, s.n + 1);

	if (!p)
		return STR_NULL;
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return str_from(p, s.n);
}
