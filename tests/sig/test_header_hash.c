/* Which fields h= stands for, and their canonical octets (RFC 6376 sections 3.7 and 5.4.2; RULES S3, S5, S17, V25). */
#include "sig/header_hash.h"

#include "support/alloc.h"
#include "support/case.h"

#define HEADER "A: 1\r\nB: 2\r\na: 3\r\nC :  x \t y\r\n\tz \r\nA: 4\r\nb:5\r\n"

static const struct row {
	const char *name;
	const char *names; /* separated by ":" */
	enum canon canon;
	const char *want;
} rows[] = {
	{"V25 the lowest instance first", "a", CANON_SIMPLE, "A: 4\r\n"},
	{"V25 two instances", "a:a", CANON_SIMPLE, "A: 4\r\na: 3\r\n"},
	{"V25 all instances, and two more", "a:A:a:a:A", CANON_SIMPLE, "A: 4\r\na: 3\r\nA: 1\r\n"},
	{"V25 instances of several names, mixed", "b:a:B:a", CANON_SIMPLE, "b:5\r\nA: 4\r\nB: 2\r\na: 3\r\n"},
	{"S5 a name without a field", "x:c:x", CANON_SIMPLE, "C :  x \t y\r\n\tz \r\n"},
	{"S5 no name at all", "", CANON_SIMPLE, ""},
	{"S5 a name that only begins alike", "aa:bc", CANON_SIMPLE, ""},
	{"V23 relaxed", "C:a:b", CANON_RELAXED, "c:x y z\r\na:4\r\nb:5\r\n"},
	{"V24 simple", "C:b", CANON_SIMPLE, "C :  x \t y\r\n\tz \r\nb:5\r\n"},
};

static void run_row(const void *row)
{
	const struct row *r = row;
	struct arena arena;
	struct header header;
	struct str names[20], rest = str_c(r->names);
	size_t fields[20], count = 0;
	struct buf out;

	arena_init(&arena, 100000);
	buf_init(&out, 1000);
	assert_int_equal(header_parse(&arena, STR(HEADER), 100, &header), INKAN_OK);
	while (rest.n)
		names[count++] = str_split(&rest, ':');
	assert_int_equal(header_select(&arena, &header, names, count, fields), INKAN_OK);
	header_hash_fields(&out, r->canon, &header, fields, count);
	if (!str_eq(buf_str(&out), str_c(r->want)))
		fail_msg("%.*s", STR_ARG(buf_str(&out)));
	buf_release(&out);
	arena_release(&arena);
}

static const struct own_row {
	const char *name;
	const char *before, *hole, *after;
	enum canon canon;
	const char *want;
} own_rows[] = {
	{"S17 b= at the end", "DKIM-Signature: a=b; b=", "xyz", "", CANON_SIMPLE, "DKIM-Signature: a=b; b="},
	{"S17 b= with white space round it", "D: a=b; b=", " \r\n\txyz\r\n ", "", CANON_SIMPLE, "D: a=b; b="},
	{"S17 b= in the middle", "D: b=", " x ", "; a=c", CANON_SIMPLE, "D: b=; a=c"},
	{"S17 relaxed", "DKIM-Signature : A=b ;\r\n\t b=", "x", " ; c=d \r\n\t", CANON_RELAXED,
         "dkim-signature:A=b ; b= ; c=d"},
	{"S17 no CRLF at the end", "D: b=", "", "", CANON_RELAXED, "d:b="},
};

static void run_own(const void *row)
{
	const struct own_row *r = row;
	struct buf raw, scratch, out;

	buf_init(&raw, 1000);
	buf_init(&scratch, 1000);
	buf_init(&out, 1000);
	buf_put_c(&raw, r->before);
	buf_put_c(&raw, r->hole);
	buf_put_c(&raw, r->after);
	for (int round = 0; round < 2; round++) {
		buf_clear(&out);
		header_hash_own(&out, &scratch, r->canon, buf_str(&raw), strlen(r->before),
		                strlen(r->before) + strlen(r->hole));
		if (!str_eq(buf_str(&out), str_c(r->want)))
			fail_msg("%.*s", STR_ARG(buf_str(&out)));
	}
	buf_release(&raw);
	buf_release(&scratch);
	buf_release(&out);
}

static void run_empty(const void *row)
{
	struct arena arena;
	struct header header;
	struct str name = STR("from");
	size_t field = 0;

	(void)row;
	arena_init(&arena, 100000);
	assert_int_equal(header_parse(&arena, STR(""), 100, &header), INKAN_OK);
	assert_int_equal(header_select(&arena, &header, &name, 1, &field), INKAN_OK);
	assert_true(field == HEADER_NONE);
	assert_int_equal(header_select(&arena, &header, NULL, 0, NULL), INKAN_OK);
	arena_release(&arena);
}

static void run_no_memory(const void *row)
{
	struct arena arena, scratch;
	struct header header;
	struct str name = STR("a");
	size_t field = 77;

	(void)row;
	arena_init(&arena, 100000);
	arena_init(&scratch, 100000);
	assert_int_equal(header_parse(&arena, STR(HEADER), 100, &header), INKAN_OK);
	alloc_fail_at(1);
	assert_int_equal(header_select(&scratch, &header, &name, 1, &field), INKAN_ENOMEM);
	alloc_fail_at(0);
	arena_release(&scratch);
	arena_init(&scratch, 1);
	assert_int_equal(header_select(&scratch, &header, &name, 1, &field), INKAN_ELIMIT);
	assert_int_equal(field, 77);
	arena_release(&scratch);
	arena_release(&arena);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	TEST_TABLE(&list, own_rows, run_own);
	test_add(&list, "S5 a header without fields", run_empty, NULL);
	test_add(&list, "out of memory, and out of the arena", run_no_memory, NULL);
	return test_run(&list, "sig/header_hash");
}
