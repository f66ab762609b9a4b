/* Tables of named cases as cmocka tests: every row is one counted, named test.
 *
 *	static const struct row { const char *name; struct str in; bool want; } rows[] = { ... };
 *	static void run_row(const void *row) { const struct row *r = row; assert_int_equal(...); }
 *
 *	int main(void)
 *	{
 *		struct test_list list = {0};
 *
 *		TEST_TABLE(&list, rows, run_row);
 *		test_add(&list, "a single case", run_single, NULL);
 *		return test_run(&list, "core/str");
 *	}
 *
 * Rows found at run time (conformance files) are added one by one with test_add(). */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What ends by a deadline may end so much later, in ms, where others keep the machine busy: less than any deadline by default, so a
 * deadline that was passed over is still seen. */
enum { HICCUP = 2500 };

/* Runs one case: fails by the assert_… macros of cmocka, gives up with test_skip(). */
typedef void test_case_fn(const void *row);

struct test_list {
	struct CMUnitTest *tests;
	size_t n;
};

/* Adds a case. The name is copied, the row must live until test_run() has returned. */
void test_add(struct test_list *list, const char *name, test_case_fn *run, const void *row);

/* Adds n rows of `size` octets each, whose first member is `const char *name`. */
void test_add_rows(struct test_list *list, const void *rows, size_t n, size_t size, test_case_fn *run);

/* Adds every row of an array. */
#define TEST_TABLE(list, rows, run) test_add_rows(list, rows, sizeof(rows) / sizeof(*(rows)), sizeof(*(rows)), run)

/* Leaves the running case as skipped, saying why. */
_Noreturn void test_skip(const char *reason);

/* Runs all cases and releases the list; the result is the exit code of the program: not 0 where a case failed or none
 * was there. Where the program has an argument in the environment variable TEST, only cases whose name holds it run. */
int test_run(struct test_list *list, const char *group);
