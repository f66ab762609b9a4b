#include "core/utf8.h"

#include <stdlib.h>

#include "support/case.h"

static const struct text {
	const char *name;
	struct str octets;
	size_t size; /* of the first character; 0: malformed */
	bool valid;  /* the whole */
} texts[] = {
	{"nothing", {"", 0}, 0, true},
	{"ASCII", {"ab", 2}, 1, true},
	{"NUL", {"\0", 1}, 1, true},
	{"DEL", {"\x7f", 1}, 1, true},
	{"U+0080, first of two octets", {"\xc2\x80", 2}, 2, true},
	{"U+07FF, last of two octets", {"\xdf\xbf", 2}, 2, true},
	{"U+0800, first of three octets", {"\xe0\xa0\x80", 3}, 3, true},
	{"U+D7FF, before the surrogates", {"\xed\x9f\xbf", 3}, 3, true},
	{"U+E000, behind the surrogates", {"\xee\x80\x80", 3}, 3, true},
	{"U+FFFF, last of three octets", {"\xef\xbf\xbf", 3}, 3, true},
	{"U+10000, first of four octets", {"\xf0\x90\x80\x80", 4}, 4, true},
	{"U+10FFFF, the last", {"\xf4\x8f\xbf\xbf", 4}, 4, true},
	{"Japanese", {"\xe5\x8d\xb0\xe9\x91\x91", 6}, 3, true},
	{"overlong U+0000", {"\xc0\x80", 2}, 0, false},
	{"overlong U+002F", {"\xc0\xaf", 2}, 0, false},
	{"overlong U+007F", {"\xc1\xbf", 2}, 0, false},
	{"overlong U+07FF", {"\xe0\x9f\xbf", 3}, 0, false},
	{"overlong U+FFFF", {"\xf0\x8f\xbf\xbf", 4}, 0, false},
	{"first surrogate", {"\xed\xa0\x80", 3}, 0, false},
	{"last surrogate", {"\xed\xbf\xbf", 3}, 0, false},
	{"a pair of surrogates (CESU-8)", {"\xed\xa0\xbd\xed\xb8\x80", 6}, 0, false},
	{"U+110000", {"\xf4\x90\x80\x80", 4}, 0, false},
	{"F5", {"\xf5\x80\x80\x80", 4}, 0, false},
	{"five octets", {"\xf8\x88\x80\x80\x80", 5}, 0, false},
	{"FE FF", {"\xfe\xff", 2}, 0, false},
	{"continuation alone", {"\x80", 1}, 0, false},
	{"last continuation alone", {"\xbf", 1}, 0, false},
	{"two octets cut off", {"\xc2", 1}, 0, false},
	{"three octets cut off", {"\xe5\x8d", 2}, 0, false},
	{"four octets cut off", {"\xf0\x90\x80", 3}, 0, false},
	{"second octet is ASCII", {"\xc2\x41", 2}, 0, false},
	{"third octet is a first one", {"\xe5\x8d\xc2", 3}, 0, false},
	{"fourth octet is ASCII", {"\xf0\x90\x80\x41", 4}, 0, false},
	{"good, then bad", {"a\xff", 2}, 1, false},
	{"good, then cut off", {"a\xe5\x8d", 3}, 1, false},
};

static void run_text(const void *row)
{
	const struct text *r = row;
	char *exact = malloc(r->octets.n ? r->octets.n : 1);

	assert_non_null(exact);
	memcpy(exact, r->octets.p, r->octets.n);
	assert_int_equal(utf8_char_size(str_from(exact, r->octets.n)), r->size);
	assert_int_equal(utf8_is_valid(str_from(exact, r->octets.n)), r->valid);
	free(exact);
}

/* Every code is put as one well-formed character, or is none. */
static void run_every_code(const void *row)
{
	(void)row;
	for (uint32_t code = 0; code < 0x120000; code++) {
		char out[4] = "";
		size_t n = utf8_put(code, out);
		bool is_char = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);

		assert_int_equal(n != 0, is_char);
		if (!is_char)
			continue;
		assert_int_equal(utf8_char_size(str_from(out, n)), n);
		assert_int_equal(utf8_char_size(str_from(out, n - 1)), 0);
		uint32_t back = n == 1 ? (unsigned char)out[0] : (unsigned char)out[0] & (0x7fu >> n);

		for (size_t i = 1; i < n; i++)
			back = back << 6 | ((unsigned char)out[i] & 0x3f);
		assert_int_equal(back, code);
	}
	char out[4];

	assert_int_equal(utf8_put(UINT32_MAX, out), 0);
}

/* The number of well-formed texts of up to three octets is what counting the codes gives: no other is accepted. */
static void run_count(const void *row)
{
	size_t two = 0, three = 0, four = 0;

	(void)row;
	for (unsigned a = 0x80; a < 256; a++) {
		for (unsigned b = 0; b < 256; b++) {
			char text[4] = {(char)a, (char)b};

			two += utf8_char_size(str_from(text, 2)) == 2;
			for (unsigned c = 0; c < 256; c++) {
				text[2] = (char)c;
				three += utf8_char_size(str_from(text, 3)) == 3;
				text[3] = (char)0xbf;
				four += utf8_char_size(str_from(text, 4)) == 4;
			}
		}
	}
	assert_int_equal(two, 0x800 - 0x80);
	assert_int_equal(three, 0x10000 - 0x800 - 0x800);
	assert_int_equal(four, 0x100000 / 64); /* one of 64 fourth octets */
}

/* ---- for results ---- */

static const struct shown_row {
	const char *name;
	struct str text;
	size_t max;
	const char *want;
} shown_rows[] = {
	{"shown: plain", {"abc", 3}, 10, "abc"},
	{"shown: nothing", {"", 0}, 10, ""},
	{"shown: as long as it may be", {"abc", 3}, 3, "abc"},
	{"shown: one octet longer", {"abcd", 4}, 3, "abc"},
	{"shown: line end, NUL, ESC, DEL", {"a\r\nb\0c\033d\177", 9}, 20, "a??b?c?d?"},
	{"shown: a C1 control",
         {"a\xc2\x9b"
          "b",
          4},
         20,
         "a??b"},
	{"shown: a no-break space is none",
         {"a\xc2\xa0"
          "b",
          4},
         20,
         "a\xc2\xa0"
         "b"},
	{"shown: malformed", {"a\xff\x80", 3}, 20, "a??"},
	{"shown: cut within a character", {"ab\xe5\x8d\xb0", 5}, 4, "ab??"},
};

static void run_shown(const void *row)
{
	const struct shown_row *r = row;
	struct arena arena;

	arena_init(&arena, 1000);
	assert_string_equal(utf8_shown(&arena, r->text, r->max, '?'), r->want);
	arena_release(&arena);
	arena_init(&arena, 1); /* no room */
	assert_string_equal(utf8_shown(&arena, r->text.n ? r->text : STR("x"), r->max, '?'), "");
	arena_release(&arena);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, texts, run_text);
	test_add(&list, "every code", run_every_code, NULL);
	test_add(&list, "nothing else is well-formed", run_count, NULL);
	TEST_TABLE(&list, shown_rows, run_shown);
	return test_run(&list, "core/utf8");
}
