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

/* every octet at every place of a text of every small size */
static void run_graphic(const void *row)
{
	char text[24];

	(void)row;
	for (size_t n = 0; n <= sizeof text; n++) {
		memset(text, '~', sizeof text);
		assert_int_equal(str_graphic(str_from(text, n)), n);
		for (size_t at = 0; at < n; at++) {
			for (int c = 0; c < 256; c++) {
				text[at] = (char)c;
				assert_int_equal(str_graphic(str_from(text, n)), c > 0x20 && c < 0x7f ? n : at);
			}
			text[at] = '!';
		}
	}
}

static void run_hash(const void *row)
{
	static const char lower[] = "abcdefghijklmnopqrstuvwxyz", mixed[] = "aBcDeFgHiJkLmNoPqRsTuVwXyZ";

	(void)row;
	for (size_t n = 0; n < sizeof lower; n++) {
		struct str a = str_from(lower, n), b = str_from(mixed, n);

		assert_true(str_ihash(a, 7) == str_ihash(b, 7));
		assert_true(str_ihash(a, 7) == str_hash(a, 7));
		assert_true(n < 2 || str_hash(a, 7) != str_hash(b, 7));
		assert_true(str_hash(a, 7) != str_hash(a, 8));
		assert_true(str_hash(a, 7) != str_hash(str_from(lower, n + 1), 7));
	}
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, searches, run_search);
	test_add(&list, "graphic octets", run_graphic, NULL);
	test_add(&list, "hashes", run_hash, NULL);
	return test_run(&list, "core/str");
}
