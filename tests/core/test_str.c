#include "core/str.h"

#include "support/case.h"

static const struct search {
	const char *name;
	const char *text, *needle;
	size_t want;
} searches[] = {
	{"empty needle", "abc", "", 0},  {"at the start", "abc", "a", 0},
	{"at the end", "abcd", "cd", 2}, {"after a false start", "aab", "ab", 1},
	{"absent", "abc", "x", 3},       {"longer than the text", "ab", "abc", 2},
};

static void run_search(const void *row)
{
	const struct search *r = row;

	assert_int_equal(str_search(str_c(r->text), str_c(r->needle)), r->want);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, searches, run_search);
	return test_run(&list, "core/str");
}
