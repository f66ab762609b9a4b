#include "core/arena.h"

#include <stdalign.h>
#include <stdlib.h>

#include "core/random.h"
#include "support/alloc.h"
#include "support/case.h"

static void run_alignment(const void *row)
{
	struct arena a;

	(void)row;
	arena_init(&a, 1 << 20);
	for (size_t n = 0; n < 200; n++) {
		char *text = arena_text(&a, n % 7);
		void *p = arena_alloc(&a, n);

		assert_non_null(text);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
		memset(p, 'x', n);
	}
	assert_int_equal(arena_error(&a), INKAN_OK);
	arena_release(&a);
}

/* Nothing overlaps, whatever is asked for in whatever order, over resets too. */
static void run_overlap(const void *row)
{
	enum { COUNT = 400 };
	struct arena a;
	uint64_t state = 3;

	(void)row;
	arena_init(&a, 4 << 20);
	for (int round = 0; round < 30; round++) {
		struct {
			unsigned char *p;
			size_t n;
		} pieces[COUNT];

		for (size_t i = 0; i < COUNT; i++) {
			/* now and then larger than a block */
			size_t n = random_below(&state, 50) ? random_below(&state, 300) : random_below(&state, 40000);

			pieces[i].n = n;
			pieces[i].p = random_below(&state, 2) ? arena_alloc(&a, n) : (void *)arena_text(&a, n);
			assert_non_null(pieces[i].p);
			memset(pieces[i].p, (int)(i & 0xff), n);
		}
		for (size_t i = 0; i < COUNT; i++)
			for (size_t at = 0; at < pieces[i].n; at++)
				assert_int_equal(pieces[i].p[at], i & 0xff);
		arena_reset(&a);
	}
	arena_release(&a);
}

static const struct cap {
	const char *name;
	size_t cap;
} caps[] = {
	{"cap of 16 octets", 16},
	{"cap of a block", 16 * 1024},
	{"cap of a block and one octet", 16 * 1024 + 1},
	{"cap of 1 MiB", 1 << 20},
};

static void run_cap(const void *row)
{
	const struct cap *r = row;
	struct arena a;

	arena_init(&a, r->cap);
	for (int round = 0; round < 2; round++) {
		/* all at once */
		assert_non_null(arena_text(&a, r->cap));
		assert_int_equal(a.used, r->cap);
		assert_null(arena_text(&a, 0)); /* takes an octet, too */
		assert_int_equal(arena_error(&a), INKAN_ELIMIT);
		arena_reset(&a);
		assert_int_equal(arena_error(&a), INKAN_OK);
		/* one more */
		assert_null(arena_text(&a, r->cap + 1));
		assert_int_equal(arena_error(&a), INKAN_ELIMIT);
		/* sticky */
		assert_null(arena_alloc(&a, 1));
		assert_null(arena_calloc(&a, 1, 1));
		assert_int_equal(arena_str(&a, STR("x")).n, 0);
		arena_reset(&a);
		/* octet by octet */
		for (size_t i = 0; i < r->cap; i++)
			assert_non_null(arena_text(&a, 1));
		assert_null(arena_text(&a, 1));
		assert_int_equal(arena_error(&a), INKAN_ELIMIT);
		arena_reset(&a);
	}
	arena_release(&a);
}

static size_t memory_of(const struct arena *a)
{
	/* the sum of blocks is not to be seen from outside: count what can be had without new memory */
	struct arena copy = *a;
	size_t n = 0;

	alloc_fail_at(1);
	while (arena_text(&copy, 1024))
		n += 1024;
	alloc_fail_at(0);
	return n;
}

/* A reset keeps the memory of an ordinary message and gives the rest back. */
static void run_reset(const void *row)
{
	struct arena a;

	(void)row;
	arena_init(&a, 64 << 20);
	for (int i = 0; i < 4000; i++)
		assert_non_null(arena_text(&a, 1024));
	arena_reset(&a);
	assert_int_equal(a.used, 0);
	size_t kept = memory_of(&a);

	assert_true(kept > 128 * 1024 && kept <= 256 * 1024);
	arena_reset(&a);
	/* the kept memory serves without an allocation */
	alloc_fail_at(0);
	for (int i = 0; i < 128; i++)
		assert_non_null(arena_text(&a, 1024));
	assert_int_equal(alloc_count(), 0);
	/* one block larger than all that is kept goes */
	arena_reset(&a);
	assert_non_null(arena_text(&a, 1 << 20));
	arena_reset(&a);
	assert_true(memory_of(&a) <= 256 * 1024);
	arena_release(&a);
	assert_int_equal(memory_of(&a), 0);
	/* usable again, with the same cap */
	assert_non_null(arena_text(&a, 10));
	arena_release(&a);
}

static void run_no_memory(const void *row)
{
	struct arena a;

	(void)row;
	arena_init(&a, 1 << 20);
	alloc_fail_at(1);
	assert_null(arena_alloc(&a, 10));
	alloc_fail_at(0);
	assert_int_equal(arena_error(&a), INKAN_ENOMEM);
	assert_null(arena_alloc(&a, 10));
	arena_reset(&a);
	assert_int_equal(arena_error(&a), INKAN_OK);
	char *first = arena_text(&a, 10);

	assert_non_null(first);
	memcpy(first, "0123456789", 10);
	/* the next block cannot be had: what was given out stays */
	alloc_fail_at(1);
	assert_null(arena_text(&a, 100000));
	alloc_fail_at(0);
	assert_int_equal(arena_error(&a), INKAN_ENOMEM);
	assert_memory_equal(first, "0123456789", 10);
	arena_release(&a);
}

static void run_calloc(const void *row)
{
	struct arena a;

	(void)row;
	arena_init(&a, 1 << 20);
	memset(arena_alloc(&a, 1000), 'x', 1000);
	arena_reset(&a);
	unsigned char *p = arena_calloc(&a, 10, 100);

	assert_non_null(p);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(p[i], 0);
	assert_non_null(arena_calloc(&a, 0, 100));
	assert_non_null(arena_calloc(&a, 100, 0));
	assert_non_null(arena_calloc(&a, SIZE_MAX, 0));
	assert_int_equal(arena_error(&a), INKAN_OK);
	assert_null(arena_calloc(&a, SIZE_MAX / 2, 3));
	assert_int_equal(arena_error(&a), INKAN_ELIMIT);
	arena_reset(&a);
	assert_null(arena_calloc(&a, 2, SIZE_MAX / 2 + 1));
	assert_int_equal(arena_error(&a), INKAN_ELIMIT);
	arena_reset(&a);
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_null(arena_text(&a, SIZE_MAX));
	assert_int_equal(arena_error(&a), INKAN_ELIMIT);
	arena_release(&a);

	/* with no cap to speak of, the size of a block must not overflow */
	arena_init(&a, SIZE_MAX);
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_int_equal(arena_error(&a), INKAN_ENOMEM);
	arena_reset(&a);
	assert_null(arena_text(&a, SIZE_MAX - 8));
	assert_int_equal(arena_error(&a), INKAN_ENOMEM);
	arena_release(&a);
}

static void run_str(const void *row)
{
	struct arena a;

	(void)row;
	arena_init(&a, 100);
	struct str copy = arena_str(&a, STR("abc"));

	assert_true(str_eq(copy, STR("abc")));
	assert_int_equal(copy.p[3], '\0');
	copy = arena_str(&a, STR_NULL);
	assert_int_equal(copy.n, 0);
	assert_int_equal(copy.p[0], '\0');
	assert_int_equal(a.used, 5);
	assert_int_equal(arena_str(&a, str_from("x", SIZE_MAX)).n, 0);
	assert_int_equal(a.used, 5);
	arena_release(&a);
}

int main(void)
{
	struct test_list list = {0};

	test_add(&list, "alignment", run_alignment, NULL);
	test_add(&list, "nothing overlaps", run_overlap, NULL);
	TEST_TABLE(&list, caps, run_cap);
	test_add(&list, "reset keeps bounded memory", run_reset, NULL);
	test_add(&list, "out of memory", run_no_memory, NULL);
	test_add(&list, "calloc, and sizes beyond memory", run_calloc, NULL);
	test_add(&list, "str", run_str, NULL);
	return test_run(&list, "core/arena");
}
