#include "core/cursor.h"

#include "support/case.h"

static void assert_rest(const struct cursor *c, const char *want)
{
	assert_true(str_eq(cursor_rest(c), str_c(want)));
}

static void run_reading(const void *row)
{
	struct cursor c = cursor_from(STR("Key= 12 ;x"));

	(void)row;
	assert_false(cursor_iaccept(&c, STR("KEYS")));
	assert_true(cursor_iaccept(&c, STR("kEY")));
	assert_int_equal(cursor_peek(&c), '=');
	assert_false(cursor_accept(&c, ':'));
	assert_true(cursor_accept(&c, '='));
	cursor_skip_fws(&c);
	assert_int_equal(cursor_position(&c), 5);
	assert_int_equal(cursor_u64(&c, 12), 12);
	cursor_skip_fws(&c);
	cursor_expect(&c, ';');
	assert_rest(&c, "x");
	assert_false(cursor_done(&c));
	assert_true(str_eq(cursor_while(&c, is_alpha), STR("x")));
	assert_true(cursor_done(&c));
	assert_false(c.failed);
	assert_int_equal(cursor_while(&c, is_alpha).n, 0);
	assert_int_equal(cursor_peek(&c), '\0');
}

/* After a failure every read does nothing, and the place stays. */
static void run_sticky(const void *row)
{
	struct cursor c = cursor_from(STR("ab12 "));

	(void)row;
	assert_true(cursor_accept(&c, 'a'));
	cursor_expect(&c, 'x');
	assert_true(c.failed);
	assert_true(cursor_done(&c));
	assert_int_equal(cursor_position(&c), 1);
	assert_false(cursor_accept(&c, 'b'));
	assert_false(cursor_iaccept(&c, STR("b")));
	assert_int_equal(cursor_while(&c, is_alpha).n, 0);
	assert_int_equal(cursor_u64(&c, 100), 0);
	assert_int_equal(cursor_peek(&c), '\0');
	cursor_skip_fws(&c);
	cursor_expect(&c, 'b');
	assert_int_equal(cursor_position(&c), 1);
	assert_int_equal(cursor_rest(&c).n, 0);
}

static const struct number {
	const char *name;
	const char *text;
	uint64_t max, want;
	bool ok;
	size_t position;
} numbers[] = {
	{"digits and then text", "12a", 100, 12, true, 2},
	{"at the maximum", "100", 100, 100, true, 3},
	{"above the maximum: stays before it", "101", 100, 0, false, 0},
	{"no digit", "a", 100, 0, false, 0},
	{"nothing", "", 100, 0, false, 0},
	{"minus", "-1", 100, 0, false, 0},
	{"beyond 64 bits", "99999999999999999999", UINT64_MAX, 0, false, 0},
};

static void run_number(const void *row)
{
	const struct number *r = row;
	struct cursor c = cursor_from(str_c(r->text));

	assert_true(cursor_u64(&c, r->max) == r->want);
	assert_int_equal(c.failed, !r->ok);
	assert_int_equal(cursor_position(&c), r->position);
}

static void run_empty(const void *row)
{
	struct cursor c = cursor_from(STR_NULL);

	(void)row;
	assert_true(cursor_done(&c));
	assert_int_equal(cursor_peek(&c), '\0');
	assert_int_equal(cursor_position(&c), 0);
	assert_int_equal(cursor_rest(&c).n, 0);
	assert_false(cursor_accept(&c, '\0'));
	assert_true(cursor_iaccept(&c, STR("")));
	cursor_skip_fws(&c);
	assert_false(c.failed);
	cursor_expect(&c, 'a');
	assert_true(c.failed);
}

/* A NUL is an octet like others; nothing behind the end is read. */
static void run_nul(const void *row)
{
	struct cursor c = cursor_from(str_from("\0x;", 2));

	(void)row;
	assert_false(cursor_done(&c));
	assert_true(cursor_accept(&c, '\0'));
	assert_true(cursor_accept(&c, 'x'));
	assert_true(cursor_done(&c));
	assert_false(cursor_accept(&c, ';'));
}

static void run_fws(const void *row)
{
	struct cursor c = cursor_from(STR(" \t\r\n x"));

	(void)row;
	cursor_skip_fws(&c);
	assert_rest(&c, "x");
	cursor_fail(&c);
	assert_true(c.failed);
}

int main(void)
{
	struct test_list list = {0};

	test_add(&list, "reading", run_reading, NULL);
	test_add(&list, "a failure stays", run_sticky, NULL);
	TEST_TABLE(&list, numbers, run_number);
	test_add(&list, "nothing to read", run_empty, NULL);
	test_add(&list, "NUL", run_nul, NULL);
	test_add(&list, "white space", run_fws, NULL);
	return test_run(&list, "core/cursor");
}
