#include "mail/taglist.h"

#include "core/buf.h"
#include "support/alloc.h"
#include "support/case.h"

static const struct row {
	const char *name;
	const char *in;
	enum taglist_error error;
	size_t position;
	const char *want; /* name=value pairs, each followed by "|" */
} rows[] = {
	{"V2 one tag", "v=1", TAGLIST_OK, 0, "v=1|"},
	{"V2 trailing semicolon", "v=1; a=b;", TAGLIST_OK, 0, "v=1|a=b|"},
	{"V2 trailing semicolon and FWS", "v=1; a=b; \r\n ", TAGLIST_OK, 0, "v=1|a=b|"},
	{"V2 FWS round names, equals and values", " \r\n v\t=\r\n 1 ; a = b\t", TAGLIST_OK, 0, "v=1|a=b|"},
	{"V2 FWS inside a value stays", "b=ab\r\n\tcd ef", TAGLIST_OK, 0, "b=ab\r\n\tcd ef|"},
	{"V2 names are compared with case", "a=1; A=2", TAGLIST_OK, 0, "a=1|A=2|"},
	{"V2 duplicate", "a=1; b=2; a=1", TAGLIST_DUPLICATE, 10, "a=1|b=2|"},
	{"V2 unknown tags are kept", "zzz=q; v=1", TAGLIST_OK, 0, "zzz=q|v=1|"},
	{"V2 empty value is a value", "p=; v= ;", TAGLIST_OK, 0, "p=|v=|"},
	{"V2 equals signs inside a value", "b=ab==; c==", TAGLIST_OK, 0, "b=ab==|c==|"},
	{"name with digit and underscore", "a1_b=2", TAGLIST_OK, 0, "a1_b=2|"},
	{"name starts with a digit", "v=1; 1a=2", TAGLIST_BAD_NAME, 5, "v=1|"},
	{"name starts with an underscore", "_a=2", TAGLIST_BAD_NAME, 0, ""},
	{"name with a hyphen", "v=1; a-b=2", TAGLIST_BAD_NAME, 6, "v=1|"},
	{"name with FWS inside", "a b=2", TAGLIST_BAD_NAME, 1, ""},
	{"name with 8-bit", "\xc3\xa4=2", TAGLIST_BAD_NAME, 0, ""},
	{"name empty", "v=1; =2", TAGLIST_BAD_NAME, 5, "v=1|"},
	{"no equals sign", "v=1; abc", TAGLIST_NO_EQUALS, 5, "v=1|"},
	{"two semicolons", "v=1; ; a=b", TAGLIST_EMPTY_SPEC, 5, "v=1|"},
	{"two semicolons at the end", "v=1;;", TAGLIST_EMPTY_SPEC, 4, "v=1|"},
	{"semicolon at the start", ";v=1", TAGLIST_EMPTY_SPEC, 0, ""},
	{"semicolon alone", ";", TAGLIST_EMPTY_SPEC, 0, ""},
	{"nothing", "", TAGLIST_EMPTY, 0, ""},
	{"only FWS", " \r\n\t", TAGLIST_EMPTY, 0, ""},
	{"control character", "v=1; n=a\x01", TAGLIST_BAD_VALUE, 8, "v=1|"},
	{"DEL", "n=\x7f", TAGLIST_BAD_VALUE, 2, ""},
	{"VT is no FWS", "n=a\v", TAGLIST_BAD_VALUE, 3, ""},
	{"UTF-8 in a value", "n=\xc3\xa4 \xf0\x9f\x98\x80", TAGLIST_OK, 0, "n=\xc3\xa4 \xf0\x9f\x98\x80|"},
	{"overlong UTF-8", "n=a\xc0\x80", TAGLIST_BAD_VALUE, 3, ""},
	{"cut-off UTF-8", "n=a\xe2\x82", TAGLIST_BAD_VALUE, 3, ""},
	{"Latin-1", "n=\xe4; v=1", TAGLIST_BAD_VALUE, 2, ""},
	{"line ends of any kind, as in pasted keys", "k=rsa;\np=ab\ncd\r", TAGLIST_OK, 0, "k=rsa|p=ab\ncd|"},
};

static void run_row(const void *row)
{
	const struct row *r = row;
	struct arena arena;
	struct taglist list;
	struct buf got;

	arena_init(&arena, 1 << 16);
	buf_init(&got, SIZE_MAX);
	taglist_parse(&arena, str_c(r->in), &list);
	for (size_t i = 0; i < list.count; i++) {
		const struct tag *tag = &list.tags[i];

		assert_true(str_eq(str_head(str_skip(str_c(r->in), tag->position), tag->name.n), tag->name));
		buf_put(&got, tag->name);
		buf_put_char(&got, '=');
		buf_put(&got, tag->value);
		buf_put_char(&got, '|');
	}
	buf_put_char(&got, '\0');
	assert_string_equal(got.p, r->want);
	assert_string_equal(taglist_error_text(list.error), taglist_error_text(r->error));
	assert_int_equal(list.error_position, r->position);
	buf_release(&got);
	arena_release(&arena);
}

static void run_nul(const void *row)
{
	struct arena arena;
	struct taglist list;

	(void)row;
	arena_init(&arena, 1 << 16);
	taglist_parse(&arena, STR("d=a.example\0.b.example"), &list);
	assert_int_equal(list.error, TAGLIST_BAD_VALUE);
	assert_int_equal(list.error_position, 11);
	arena_release(&arena);
}

static void run_limit(const void *row)
{
	struct arena arena;
	struct taglist list;
	struct buf text;

	(void)row;
	arena_init(&arena, 1 << 16);
	buf_init(&text, SIZE_MAX);
	for (unsigned i = 0; i < TAGLIST_TAGS_MAX; i++)
		buf_printf(&text, "t%u=%u;", i, i);
	taglist_parse(&arena, buf_str(&text), &list);
	assert_int_equal(list.error, TAGLIST_OK);
	assert_int_equal(list.count, TAGLIST_TAGS_MAX);
	assert_non_null(taglist_find(&list, "t99"));
	buf_put_c(&text, "last=1");
	taglist_parse(&arena, buf_str(&text), &list);
	assert_int_equal(list.error, TAGLIST_TOO_MANY);
	assert_int_equal(list.count, TAGLIST_TAGS_MAX);
	buf_release(&text);
	arena_release(&arena);
}

static void run_find(const void *row)
{
	struct arena arena;
	struct taglist list;

	(void)row;
	arena_init(&arena, 1 << 16);
	taglist_parse(&arena, STR("v=1; bh=x; b=y"), &list);
	assert_ptr_equal(taglist_find(&list, "b"), &list.tags[2]);
	assert_ptr_equal(taglist_find(&list, "bh"), &list.tags[1]);
	assert_null(taglist_find(&list, "B"));
	arena_release(&arena);
}

static void run_no_memory(const void *row)
{
	struct arena arena;
	struct taglist list;

	(void)row;
	arena_init(&arena, 1 << 16);
	alloc_fail_at(1);
	taglist_parse(&arena, STR("v=1"), &list);
	alloc_fail_at(0);
	assert_int_equal(list.error, TAGLIST_NO_MEMORY);
	assert_int_equal(list.count, 0);
	assert_null(taglist_find(&list, "v"));
	arena_release(&arena);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	test_add(&list, "NUL in a value, with its position", run_nul, NULL);
	test_add(&list, "TAGLIST_TAGS_MAX at n and n+1", run_limit, NULL);
	test_add(&list, "finding a tag", run_find, NULL);
	test_add(&list, "out of memory", run_no_memory, NULL);
	return test_run(&list, "mail/taglist");
}
