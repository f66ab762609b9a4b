#include "core/buf.h"

#include <stdio.h>

#include "core/random.h"
#include "support/alloc.h"
#include "support/case.h"

static void assert_text(const struct buf *b, const char *want)
{
	assert_int_equal(b->n, strlen(want));
	if (b->n)
		assert_memory_equal(b->p, want, b->n);
}

/* Each way to put "0123456789", ten octets. */
static void put_str(struct buf *b)
{
	buf_put(b, STR("0123456789"));
}

static void put_c(struct buf *b)
{
	buf_put_c(b, "0123456789");
}

static void put_chars(struct buf *b)
{
	for (char c = '0'; c <= '9'; c++)
		buf_put_char(b, c);
}

static void put_numbers(struct buf *b)
{
	buf_put_u64(b, 0);
	buf_put_u64(b, 123456789);
}

static void put_printf(struct buf *b)
{
	buf_printf(b, "%d%s", 0, "123456789");
}

static void put_reserved(struct buf *b)
{
	char *to = buf_reserve(b, 10);

	if (!to)
		return;
	memcpy(to, "0123456789", 10);
	buf_commit(b, 10);
}

static const struct put {
	const char *name;
	void (*put)(struct buf *);
} puts_of_ten[] = {
	{"buf_put", put_str},         {"buf_put_c", put_c},       {"buf_put_char", put_chars},
	{"buf_put_u64", put_numbers}, {"buf_printf", put_printf}, {"buf_reserve and buf_commit", put_reserved},
};

/* Ten octets fit into a maximum of ten and not into one of nine; what stood before stays. */
static void run_maximum(const void *row)
{
	const struct put *r = row;
	static const size_t before[] = {0, 1, 255, 256, 257, 1000};

	for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++) {
		for (size_t missing = 0; missing < 2; missing++) {
			struct buf b;

			buf_init(&b, before[i] + 10 - missing);
			for (size_t n = 0; n < before[i]; n++)
				buf_put_char(&b, 'x');
			r->put(&b);
			assert_int_equal(buf_error(&b), missing ? INKAN_ELIMIT : INKAN_OK);
			assert_true(b.n >= before[i] && b.n <= b.max && b.cap <= b.max);
			if (!missing)
				assert_memory_equal(b.p + before[i], "0123456789", 10);
			/* sticky: what would fit does nothing either */
			size_t n = b.n;

			buf_put(&b, STR(""));
			if (missing)
				buf_put_char(&b, '!');
			assert_int_equal(b.n, n);
			assert_int_equal(buf_error(&b), missing ? INKAN_ELIMIT : INKAN_OK);
			buf_release(&b);
		}
	}
}

static void run_no_memory(const void *row)
{
	const struct put *r = row;

	for (size_t n = 1;; n++) {
		struct buf b;

		buf_init(&b, 1000);
		alloc_fail_at(n);
		buf_put_c(&b, "before ");
		r->put(&b);
		bool reached = alloc_count() >= n;

		alloc_fail_at(0);
		assert_int_equal(buf_error(&b), reached ? INKAN_ENOMEM : INKAN_OK);
		if (!reached)
			assert_text(&b, "before 0123456789");
		buf_clear(&b);
		assert_int_equal(buf_error(&b), INKAN_OK);
		buf_put_c(&b, "again");
		assert_text(&b, "again");
		buf_release(&b);
		if (!reached)
			break;
	}
}

static const struct number {
	const char *name;
	int64_t value;
	const char *want;
} numbers[] = {
	{"zero", 0, "0"},
	{"nine", 9, "9"},
	{"ten", 10, "10"},
	{"minus one", -1, "-1"},
	{"largest", INT64_MAX, "9223372036854775807"},
	{"smallest", INT64_MIN, "-9223372036854775808"},
};

static void run_number(const void *row)
{
	const struct number *r = row;
	struct buf b;

	buf_init(&b, 20);
	buf_put_i64(&b, r->value);
	assert_text(&b, r->want);
	buf_clear(&b);
	if (r->value >= 0) {
		buf_put_u64(&b, (uint64_t)r->value);
		assert_text(&b, r->want);
	}
	buf_clear(&b);
	buf_put_u64(&b, UINT64_MAX);
	assert_text(&b, "18446744073709551615");
	buf_release(&b);
}

static void run_empty(const void *row)
{
	struct buf b;

	(void)row;
	buf_init(&b, 0);
	buf_put(&b, STR_NULL);
	buf_put_c(&b, "");
	buf_put_c(&b, NULL);
	buf_printf(&b, "%s", "");
	assert_int_equal(buf_error(&b), INKAN_OK);
	assert_int_equal(buf_str(&b).n, 0);
	buf_put_char(&b, 'x');
	assert_int_equal(buf_error(&b), INKAN_ELIMIT);
	buf_release(&b);
	assert_int_equal(buf_error(&b), INKAN_OK);
	buf_release(&b);
}

static void run_clear(const void *row)
{
	struct buf b;

	(void)row;
	buf_init(&b, 300);
	buf_put_c(&b, "some text");
	char *memory = b.p;

	buf_clear(&b);
	assert_int_equal(b.n, 0);
	buf_put_c(&b, "other");
	assert_ptr_equal(b.p, memory);
	assert_text(&b, "other");
	/* reserving less than there is moves nothing, committing less than was reserved is fine */
	assert_ptr_equal(buf_reserve(&b, 20), memory + 5);
	memcpy(memory + 5, "!!", 2);
	buf_commit(&b, 2);
	assert_text(&b, "other!!");
	buf_release(&b);
	buf_put_c(&b, "usable again");
	assert_text(&b, "usable again");
	buf_release(&b);
}

/* Whatever is put in whatever pieces, the text is their sum. */
static void run_pieces(const void *row)
{
	enum { SIZE = 5000 };
	static char want[SIZE];
	uint64_t state = 5;

	(void)row;
	for (int round = 0; round < 300; round++) {
		struct buf b;
		size_t n = 0;

		buf_init(&b, SIZE);
		while (n < SIZE) {
			size_t piece = 1 + random_below(&state, 600);

			piece = piece < SIZE - n ? piece : SIZE - n;
			for (size_t i = 0; i < piece; i++)
				want[n + i] = (char)('a' + random_below(&state, 26));
			if (random_below(&state, 2))
				buf_put(&b, str_from(want + n, piece));
			else
				buf_printf(&b, "%.*s", (int)piece, want + n);
			n += piece;
		}
		assert_int_equal(buf_error(&b), INKAN_OK);
		assert_true(str_eq(buf_str(&b), str_from(want, SIZE)));
		buf_release(&b);
	}
}

/* For the address sanitizer, which else takes a large size for a fault. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void run_huge(const void *row)
{
	struct buf b;

	(void)row;
	buf_init(&b, SIZE_MAX);
	buf_put_c(&b, "x");
	/* more than there is address space: no memory, no overflow */
	assert_null(buf_reserve(&b, SIZE_MAX / 2));
	assert_int_equal(buf_error(&b), INKAN_ENOMEM);
	buf_clear(&b);
	assert_null(buf_reserve(&b, SIZE_MAX));
	assert_int_equal(buf_error(&b), INKAN_ENOMEM);
	buf_clear(&b);
	buf_put_c(&b, "y");
	assert_text(&b, "y");
	buf_release(&b);
}

int main(void)
{
	struct test_list list = {0};
	char name[100];

	for (size_t i = 0; i < sizeof(puts_of_ten) / sizeof(*puts_of_ten); i++) {
		snprintf(name, sizeof(name), "maximum at n and n + 1: %s", puts_of_ten[i].name);
		test_add(&list, name, run_maximum, &puts_of_ten[i]);
		snprintf(name, sizeof(name), "out of memory: %s", puts_of_ten[i].name);
		test_add(&list, name, run_no_memory, &puts_of_ten[i]);
	}
	TEST_TABLE(&list, numbers, run_number);
	test_add(&list, "nothing, and a maximum of nothing", run_empty, NULL);
	test_add(&list, "clear, reserve, release", run_clear, NULL);
	test_add(&list, "any pieces", run_pieces, NULL);
	test_add(&list, "sizes beyond memory", run_huge, NULL);
	return test_run(&list, "core/buf");
}
