#include "core/str.h"

#include <stdlib.h>

#include "core/random.h"
#include "support/case.h"

static void assert_str(struct str found, const char *want)
{
	assert_int_equal(found.n, strlen(want));
	if (found.n)
		assert_memory_equal(found.p, want, found.n);
}

/* ---- search ---- */

static const struct search {
	const char *name;
	const char *text, *needle;
	size_t want;
} searches[] = {
	{"empty needle", "abc", "", 0},
	{"at the start", "abc", "a", 0},
	{"at the end", "abcd", "cd", 2},
	{"after a false start", "aab", "ab", 1},
	{"absent", "abc", "x", 3},
	{"longer than the text", "ab", "abc", 2},
	{"in nothing", "", "a", 0},
	{"nothing in nothing", "", "", 0},
	{"the whole text", "abc", "abc", 0},
	{"the first of two", "xabab", "ab", 1},
	{"cut off at the end", "xxab", "abc", 4},
};

static void run_search(const void *row)
{
	const struct search *r = row;

	assert_int_equal(str_search(str_c(r->text), str_c(r->needle)), r->want);
}

static bool is_at(struct str text, size_t i, struct str needle)
{
	return i + needle.n <= text.n && memcmp(text.p + i, needle.p, needle.n) == 0;
}

/* Texts of two letters, so that there is much to be found. */
static void run_search_property(const void *row)
{
	uint64_t state = 1;

	(void)row;
	for (int round = 0; round < 20000; round++) {
		char text[24], needle[4];
		struct str t = str_from(text, random_below(&state, sizeof(text) + 1));
		struct str s = str_from(needle, random_below(&state, sizeof(needle) + 1));
		size_t first = 0, left = t.n, right = t.n;

		for (size_t i = 0; i < t.n; i++)
			text[i] = "ab"[random_below(&state, 2)];
		for (size_t i = 0; i < s.n; i++)
			needle[i] = "ab"[random_below(&state, 2)];
		while (first < t.n && !is_at(t, first, s))
			first++;
		for (size_t i = 0; i < t.n; i++) {
			if (text[i] != 'b')
				continue;
			left = left == t.n ? i : left;
			right = i;
		}
		assert_int_equal(str_search(t, s), s.n ? first : 0);
		assert_int_equal(str_find(t, 'b'), left);
		assert_int_equal(str_rfind(t, 'b'), right);
	}
}

/* ---- comparison ---- */

static const struct pair {
	const char *name;
	const char *a, *b;
	bool eq, ieq, prefix, iprefix, isuffix; /* b is ... of a */
} pairs[] = {
	{"equal", "abc", "abc", true, true, true, true, true},
	{"other case", "aBc", "AbC", false, true, false, true, true},
	{"both empty", "", "", true, true, true, true, true},
	{"empty beside text", "abc", "", false, false, true, true, true},
	{"text beside empty", "", "abc", false, false, false, false, false},
	{"head", "abc", "ab", false, false, true, true, false},
	{"head in other case", "ABC", "ab", false, false, false, true, false},
	{"tail", "abc", "bc", false, false, false, false, true},
	{"tail in other case", "abc", "BC", false, false, false, false, true},
	{"@ is not `, [ is not {", "@[", "`{", false, false, false, false, false},
	{"octets above ASCII have no case", "\xc4", "\xe4", false, false, false, false, false},
};

static void run_pair(const void *row)
{
	const struct pair *r = row;
	struct str a = str_c(r->a), b = str_c(r->b);

	assert_int_equal(str_eq(a, b), r->eq);
	assert_int_equal(str_ieq(a, b), r->ieq);
	assert_int_equal(str_has_prefix(a, b), r->prefix);
	assert_int_equal(str_ihas_prefix(a, b), r->iprefix);
	assert_int_equal(str_ihas_suffix(a, b), r->isuffix);
	if (r->eq)
		assert_true(str_hash(a, 7) == str_hash(b, 7));
	if (r->ieq)
		assert_true(str_ihash(a, 7) == str_ihash(b, 7));
}

static void run_null(const void *row)
{
	struct str null = STR_NULL, rest = STR_NULL;
	uint64_t value = 7;

	(void)row;
	assert_true(str_eq(null, STR("")));
	assert_true(str_eq(str_c(NULL), null));
	assert_int_equal(str_find(null, 'a'), 0);
	assert_int_equal(str_rfind(null, 'a'), 0);
	assert_int_equal(str_search(null, STR("a")), 0);
	assert_int_equal(str_skip(null, 5).n, 0);
	assert_int_equal(str_head(null, 5).n, 0);
	assert_int_equal(str_trim_wsp(null).n, 0);
	assert_int_equal(str_trim_fws(null).n, 0);
	assert_int_equal(str_split(&rest, ':').n, 0);
	assert_false(str_to_u64(null, 10, &value));
	assert_int_equal(value, 7);
	assert_true(str_hash(null, 1) == str_hash(STR(""), 1));
}

/* Of all octets, only the 26 letters have two cases; hashes of equal texts are equal and others differ. */
static void run_case_of_every_octet(const void *row)
{
	(void)row;
	for (unsigned a = 0; a < 256; a++) {
		for (unsigned b = 0; b < 256; b++) {
			/* in every place of a hash's word of eight octets */
			char left[11] = "xxxxxxxxxx", right[11] = "xxxxxxxxxx";
			size_t at = (a + b) % 10;

			left[at] = (char)a;
			right[at] = (char)b;
			struct str l = str_from(left, 10), r = str_from(right, 10);
			bool letters = (a | 0x20) >= 'a' && (a | 0x20) <= 'z' && a < 128;
			bool same = a == b || (letters && (a ^ b) == 0x20);

			assert_int_equal(str_ieq(l, r), same);
			assert_int_equal(str_ihash(l, 3) == str_ihash(r, 3), same);
			assert_int_equal(str_hash(l, 3) == str_hash(r, 3), a == b);
			assert_int_equal(to_lower((char)a) == to_lower((char)b), same);
		}
	}
}

/* In memory of exactly the size, every length, each octet in turn changed or in the other case. */
static void run_case_of_every_length(const void *row)
{
	(void)row;
	for (size_t n = 1; n <= 20; n++) {
		char *a = malloc(n), *b = malloc(n), *lower = malloc(n);

		assert_non_null(a);
		assert_non_null(b);
		assert_non_null(lower);
		for (size_t i = 0; i < n; i++)
			a[i] = (char)('A' + i);
		for (size_t at = 0; at < n; at++) {
			memcpy(b, a, n);
			b[at] |= 0x20;
			assert_true(str_ieq(str_from(a, n), str_from(b, n)));
			assert_false(str_eq(str_from(a, n), str_from(b, n)));
			assert_true(str_ihash(str_from(a, n), 9) == str_ihash(str_from(b, n), 9));
			assert_true(str_hash(str_from(a, n), 9) != str_hash(str_from(b, n), 9));
			b[at] ^= 1;
			assert_false(str_ieq(str_from(a, n), str_from(b, n)));
			assert_true(str_ihash(str_from(a, n), 9) != str_ihash(str_from(b, n), 9));
			assert_false(str_ieq(str_from(a, n), str_from(b, n - 1)));
		}
		a[n / 2] = '[';
		str_put_lower(lower, str_from(a, n));
		for (size_t i = 0; i < n; i++)
			assert_int_equal(lower[i], i == n / 2 ? '[' : (int)('a' + i));
		free(a);
		free(b);
		free(lower);
	}
}

static void run_hash(const void *row)
{
	static const char zeros[40];

	(void)row;
	/* length and seed count, zeros at the end too */
	for (size_t n = 0; n < sizeof(zeros); n++) {
		for (size_t m = 0; m < n; m++)
			assert_true(str_hash(str_from(zeros, n), 1) != str_hash(str_from(zeros, m), 1));
		assert_true(str_hash(str_from(zeros, n), 1) != str_hash(str_from(zeros, n), 2));
	}
}

static void run_hash_of_letters(const void *row)
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

/* ---- parts ---- */

static const struct trim {
	const char *name;
	const char *text, *wsp, *fws;
} trims[] = {
	{"nothing", "", "", ""},
	{"nothing to trim", "a b", "a b", "a b"},
	{"blanks and tabs", " \ta\t b \t", "a\t b", "a\t b"},
	{"ends of lines", "\r\n a\r\n", "\r\n a\r\n", "a"},
	{"blanks only", " \t ", "", ""},
	{"white space only", " \r\n\t", "\r\n", ""},
	{"other white space stays", "\va\f", "\va\f", "\va\f"},
};

static void run_trim(const void *row)
{
	const struct trim *r = row;

	assert_str(str_trim_wsp(str_c(r->text)), r->wsp);
	assert_str(str_trim_fws(str_c(r->text)), r->fws);
}

static const struct split {
	const char *name;
	const char *text;
	const char *parts[5];
} splits[] = {
	{"nothing has no part", "", {NULL}},
	{"one part", "ab", {"ab"}},
	{"two parts", "a:b", {"a", "b"}},
	{"an empty part before", ":b", {"", "b"}},
	{"an empty part between", "a::b", {"a", "", "b"}},
	{"nothing behind the last colon is no part", "a:", {"a"}},
	{"colons only", "::", {"", ""}},
	{"four parts", "a:b:c:d", {"a", "b", "c", "d"}},
};

static void run_split(const void *row)
{
	const struct split *r = row;
	struct str rest = str_c(r->text);
	size_t i = 0;

	while (rest.n) {
		struct str part = str_split(&rest, ':');

		assert_non_null(r->parts[i]);
		assert_str(part, r->parts[i++]);
	}
	assert_null(r->parts[i]);
}

static void run_slices(const void *row)
{
	struct str s = STR("abc");

	(void)row;
	assert_str(str_skip(s, 0), "abc");
	assert_str(str_skip(s, 2), "c");
	assert_str(str_skip(s, 3), "");
	assert_ptr_equal(str_skip(s, 3).p, s.p + 3);
	assert_str(str_skip(s, 4), "");
	assert_ptr_equal(str_skip(s, SIZE_MAX).p, s.p + 3);
	assert_str(str_head(s, 0), "");
	assert_str(str_head(s, 2), "ab");
	assert_str(str_head(s, 3), "abc");
	assert_str(str_head(s, SIZE_MAX), "abc");
}

/* ---- numbers ---- */

static const struct number {
	const char *name;
	const char *text;
	uint64_t max;
	bool ok;
	uint64_t want;
} numbers[] = {
	{"zero", "0", 10, true, 0},
	{"leading zeros", "0007", 10, true, 7},
	{"at the maximum", "10", 10, true, 10},
	{"above the maximum", "11", 10, false, 0},
	{"maximum zero", "0", 0, true, 0},
	{"2^64 - 1", "18446744073709551615", UINT64_MAX, true, UINT64_MAX},
	{"2^64", "18446744073709551616", UINT64_MAX, false, 0},
	{"2^64 + 10", "18446744073709551626", UINT64_MAX, false, 0},
	{"10 * 2^64", "184467440737095516150", UINT64_MAX, false, 0},
	{"many zeros before it", "00000000000000000000000000000018446744073709551615", UINT64_MAX, true, UINT64_MAX},
	{"forty digits", "1000000000000000000000000000000000000000", UINT64_MAX, false, 0},
	{"nothing", "", 10, false, 0},
	{"plus", "+1", 10, false, 0},
	{"minus", "-1", 10, false, 0},
	{"a blank before", " 1", 10, false, 0},
	{"a blank behind", "1 ", 10, false, 0},
	{"hexadecimal", "0x1", 10, false, 0},
	{"a letter behind", "1a", 10, false, 0},
	{"an Arabic digit", "\xd9\xa1", 10, false, 0},
};

static void run_number(const void *row)
{
	const struct number *r = row;
	uint64_t value = 99;

	assert_int_equal(str_to_u64(str_c(r->text), r->max, &value), r->ok);
	assert_true(value == (r->ok ? r->want : 99));
}

static void run_classes(const void *row)
{
	(void)row;
	for (unsigned i = 0; i < 256; i++) {
		char c = (char)i;

		assert_int_equal(is_wsp(c), i == ' ' || i == '\t');
		assert_int_equal(is_fws_char(c), i == ' ' || i == '\t' || i == '\r' || i == '\n');
		assert_int_equal(is_digit(c), i >= '0' && i <= '9');
		assert_int_equal(is_alpha(c), (i >= 'a' && i <= 'z') || (i >= 'A' && i <= 'Z'));
		assert_int_equal(to_lower(c), (char)(i >= 'A' && i <= 'Z' ? i + 32 : i));
	}
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

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, searches, run_search);
	test_add(&list, "search, find, rfind: as a plain loop does it", run_search_property, NULL);
	TEST_TABLE(&list, pairs, run_pair);
	test_add(&list, "the str without memory", run_null, NULL);
	test_add(&list, "the case of every octet", run_case_of_every_octet, NULL);
	test_add(&list, "the case in every length", run_case_of_every_length, NULL);
	test_add(&list, "hash of zeros", run_hash, NULL);
	TEST_TABLE(&list, trims, run_trim);
	TEST_TABLE(&list, splits, run_split);
	test_add(&list, "skip and head", run_slices, NULL);
	TEST_TABLE(&list, numbers, run_number);
	test_add(&list, "classes of octets", run_classes, NULL);
	test_add(&list, "graphic octets", run_graphic, NULL);
	test_add(&list, "hashes of letters", run_hash_of_letters, NULL);
	return test_run(&list, "core/str");
}
