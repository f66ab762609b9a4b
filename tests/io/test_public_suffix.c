#include "io/public_suffix.h"
#include "support/case.h"

static struct public_suffixes *list;

static const struct row {
	const char *name, *domain;
	bool want;
} rows[] = {
	{"V31 a country's second level", "co.jp", true},
	{"V31 a name below it", "example.co.jp", false},
	{"V31 co.uk", "co.uk", true},
	{"V31 a top level", "com", true},
	{"V31 an ordinary domain", "example.com", false},
	{"V31 a suffix of a company may sign", "github.io", false},
	{"V31 a top level that nobody runs", "invalid", false},
};

static void run_row(const void *row)
{
	const struct row *r = row;

	assert_int_equal(public_suffixes_has(list, r->domain), r->want);
}

int main(void)
{
	struct test_list tests = {0};

	if (public_suffixes_open(&list))
		return 1;
	TEST_TABLE(&tests, rows, run_row);
	int failed = test_run(&tests, "io/public_suffix");

	public_suffixes_free(list);
	return failed;
}
