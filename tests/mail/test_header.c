#include "mail/header.h"

#include <stdlib.h>

#include "core/buf.h"
#include "support/alloc.h"
#include "support/case.h"

static const struct row {
	const char *name;
	const char *in;
	const char *want; /* "name/value/above" of each field, "-" for HEADER_NONE, each followed by "|" */
	size_t malformed;
} rows[] = {
	{"nothing", "", "", 0},
	{"one field", "A: x\r\n", "A/ x/-|", 0},
	{"the last CRLF is missing", "A: x\r\nB: y", "A/ x/-|B/ y/-|", 0},
	{"folding", "A: x\r\n y\r\n\tz\r\nB:\r\n c\r\n", "A/ x\r\n y\r\n\tz/-|B/\r\n c/-|", 0},
	{"WSP before the colon", "A \t: x\r\n", "A/ x/-|", 0},
	{"empty value", "A:\r\nB:\r\n", "A//-|B//-|", 0},
	{"the same name again, whatever its case", "To: a\r\nX: b\r\ntO: c\r\nTO: d\r\n",
         "To/ a/-|X/ b/-|tO/ c/0|TO/ d/2|", 0},
	{"a line without a colon", "A: x\r\nfoo\r\nB: y\r\n", "A/ x/-|/foo/-|B/ y/-|", 1},
	{"a continuation at the very top", " A: x\r\nB: y\r\n", "/ A: x/-|B/ y/-|", 1},
	{"an empty line in between", "A: x\r\n\r\nB: y\r\n", "A/ x/-|//-|B/ y/-|", 1},
	{"no name before the colon", ": x\r\nB: y\r\n", "/: x/-|B/ y/-|", 1},
	{"a space inside the name", "From evil: x\r\n", "/From evil: x/-|", 1},
	{"a control character in the name", "Fr\x01om: x\r\n", "/Fr\x01om: x/-|", 1},
	{"8-bit in the name", "Fr\xc3\xb6m: x\r\n", "/Fr\xc3\xb6m: x/-|", 1},
	{"the name is folded", "A\r\n : x\r\n", "/A\r\n : x/-|", 1},
	{"bare LF ends no line", "A: x\nB: y\r\n", "A/ x\nB: y/-|", 0},
	{"bare CR ends no line", "A: x\rB: y\r\r\nC: z\r\n", "A/ x\rB: y\r/-|C/ z/-|", 0},
};

static void run_row(const void *row)
{
	const struct row *r = row;
	struct arena arena;
	struct header h;
	struct buf got;

	arena_init(&arena, 1 << 20);
	buf_init(&got, SIZE_MAX);
	assert_int_equal(header_parse(&arena, str_c(r->in), MAIL_FIELDS_MAX, &h), INKAN_OK);
	for (size_t i = 0; i < h.count; i++) {
		buf_put(&got, h.fields[i].name);
		buf_put_char(&got, '/');
		buf_put(&got, h.fields[i].value);
		buf_put_char(&got, '/');
		if (h.fields[i].above == HEADER_NONE)
			buf_put_char(&got, '-');
		else
			buf_put_u64(&got, h.fields[i].above);
		buf_put_char(&got, '|');
	}
	buf_put_char(&got, '\0');
	assert_string_equal(got.p, r->want);
	assert_int_equal(h.malformed, r->malformed);
	buf_release(&got);
	arena_release(&arena);
}

static void run_find(const void *row)
{
	struct arena arena;
	struct header h, empty;

	(void)row;
	arena_init(&arena, 1 << 20);
	struct str text = STR("Received: 1\r\nFrom: a\r\nreceived : 2\r\nno field\r\nRECEIVED: 3\r\n");

	assert_int_equal(header_parse(&arena, text, MAIL_FIELDS_MAX, &h), INKAN_OK);
	assert_int_equal(header_lowest(&h, STR("from")), 1);
	assert_int_equal(header_lowest(&h, STR("Received")), 4);
	assert_int_equal(header_count(&h, STR("received")), 3);
	assert_int_equal(header_count(&h, STR("Date")), 0);
	assert_int_equal(header_lowest(&h, STR("")), HEADER_NONE);
	assert_true(str_eq(h.fields[1].raw, STR("From: a")));
	assert_int_equal(header_parse(&arena, STR_NULL, MAIL_FIELDS_MAX, &empty), INKAN_OK);
	assert_int_equal(header_lowest(&empty, STR("From")), HEADER_NONE);
	arena_release(&arena);
}

/* many fields, half of them of one name and half with names of their own: index and limit */
static void run_many(const void *row)
{
	struct arena arena;
	struct buf text, name;
	struct header h;

	(void)row;
	arena_init(&arena, 1 << 24);
	buf_init(&text, SIZE_MAX);
	buf_init(&name, SIZE_MAX);
	for (unsigned i = 0; i < MAIL_FIELDS_MAX / 2; i++)
		buf_printf(&text, "Same: %u\r\nName%u: x\r\n", i, i);
	assert_int_equal(header_parse(&arena, buf_str(&text), MAIL_FIELDS_MAX, &h), INKAN_OK);
	assert_int_equal(h.count, MAIL_FIELDS_MAX);
	assert_int_equal(header_count(&h, STR("same")), MAIL_FIELDS_MAX / 2);
	for (unsigned i = 0; i < MAIL_FIELDS_MAX / 2; i++) {
		buf_clear(&name);
		buf_printf(&name, "nAME%u", i);
		assert_int_equal(header_lowest(&h, buf_str(&name)), 2 * i + 1);
	}
	size_t lowest = header_lowest(&h, STR("Same"));

	buf_put_c(&text, "One: more\r\n");
	assert_int_equal(header_parse(&arena, buf_str(&text), MAIL_FIELDS_MAX, &h), INKAN_ELIMIT);
	assert_int_equal(header_lowest(&h, STR("Same")), lowest); /* untouched on failure */
	buf_release(&name);
	buf_release(&text);
	arena_release(&arena);
}

static void run_no_memory(const void *row)
{
	struct buf text;

	(void)row;
	buf_init(&text, SIZE_MAX);
	for (unsigned i = 0; i < 3000; i++)
		buf_printf(&text, "Name%u: x\r\n", i);
	size_t n = 1;

	for (bool reached = true; reached; n++) {
		struct arena arena;
		struct header h;

		arena_init(&arena, 1 << 24);
		alloc_fail_at(n);
		int error = header_parse(&arena, buf_str(&text), MAIL_FIELDS_MAX, &h);

		reached = alloc_count() >= n;
		alloc_fail_at(0);
		assert_int_equal(error, reached ? INKAN_ENOMEM : INKAN_OK);
		arena_release(&arena);
	}
	assert_true(n > 3);
	buf_release(&text);
}

static void run_arena_full(const void *row)
{
	struct arena arena;
	struct header h;

	(void)row;
	arena_init(&arena, 64);
	assert_int_equal(header_parse(&arena, STR("A: x\r\n"), MAIL_FIELDS_MAX, &h), INKAN_ELIMIT);
	arena_release(&arena);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	test_add(&list, "finding fields by name, bottom up", run_find, NULL);
	test_add(&list, "MAIL_FIELDS_MAX at n and n+1", run_many, NULL);
	test_add(&list, "out of memory at every allocation", run_no_memory, NULL);
	test_add(&list, "arena full", run_arena_full, NULL);
	return test_run(&list, "mail/header");
}
