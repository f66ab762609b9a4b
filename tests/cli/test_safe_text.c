/* Untrusted text on a terminal: harmless, measured, cut and wrapped. */
#include "cli/output.h"
#include "support/case.h"

enum { TEXT_MAX = 4096 };

static void assert_text(struct buf *out, const char *want)
{
	buf_put_char(out, '\0');
	assert_int_equal(buf_error(out), INKAN_OK);
	assert_string_equal(out->p, want);
	buf_release(out);
}

#define OCTETS(text)                   \
	{                              \
		text, sizeof(text) - 1 \
	}

struct row {
	const char *name;
	struct str in;
	const char *out;
};

static const struct row rows[] = {
	{"plain text", OCTETS("hello, world"), "hello, world"},
	{"nothing", OCTETS(""), ""},
	{"ESC", OCTETS("\033[31mred"), "\\x1b[31mred"},
	{"line ends and tabs", OCTETS("a\r\nb\tc"), "a\\r\\nb\\tc"},
	{"NUL and DEL", OCTETS("a\0b\177c"), "a\\x00b\\x7fc"},
	{"C1 controls", OCTETS("\xc2\x9b\x33m"), "\\u{9b}3m"},
	{"a bare C1 octet", OCTETS("\x9b\x33m"), "\\x9b3m"},
	{"malformed UTF-8", OCTETS("a\xff\xfe"), "a\\xff\\xfe"},
	{"a character cut off", OCTETS("\xe5\x8d"), "\\xe5\\x8d"},
	{"an overlong form", OCTETS("\xc0\x9b"), "\\xc0\\x9b"},
	{"a surrogate", OCTETS("\xed\xa0\x80"), "\\xed\\xa0\\x80"},
	{"right-to-left override", OCTETS("a\u202Eb"), "a\\u{202e}b"},
	{"isolates", OCTETS("\u2066x\u2069"), "\\u{2066}x\\u{2069}"},
	{"zero-width space", OCTETS("a\u200Bb"), "a\\u{200b}b"},
	{"line separator", OCTETS("a\u2028b"), "a\\u{2028}b"},
	{"byte order mark", OCTETS("\uFEFFa"), "\\u{feff}a"},
	{"soft hyphen", OCTETS("a\u00ADb"), "a\\u{ad}b"},
	{"a tag character", OCTETS("\U000E0041"), "\\u{e0041}"},
	{"Japanese", OCTETS("印鑑"), "印鑑"},
	{"kana and full width", OCTETS("インカンＡ"), "インカンＡ"},
	{"half-width kana", OCTETS("ｲﾝｶﾝ"), "ｲﾝｶﾝ"},
	{"Hangul", OCTETS("인감"), "인감"},
	{"a combining mark", OCTETS("e\u0301"), "e\u0301"},
	{"beyond the BMP", OCTETS("𠮷"), "𠮷"},
	{"Latin with accents", OCTETS("Größe"), "Größe"},
	{"a backslash", OCTETS("a\\n"), "a\\n"},
};

struct width {
	const char *name;
	const char *text; /* safe */
	size_t columns;
};

static const struct width widths[] = {
	{"plain text", "hello, world", 12},
	{"nothing", "", 0},
	{"Japanese", "印鑑", 4},
	{"kana and full width", "インカンＡ", 10},
	{"half-width kana", "ｲﾝｶﾝ", 4},
	{"Hangul", "인감", 4},
	{"a combining mark", "e\u0301", 1},
	{"beyond the BMP", "𠮷", 2},
	{"Latin with accents", "Größe", 5},
	{"a backslash", "a\\n", 3},
};

static void safe(const void *row)
{
	const struct row *r = row;
	struct buf out;

	buf_init(&out, TEXT_MAX);
	safe_text(&out, r->in);
	assert_text(&out, r->out);
}

static void measured(const void *row)
{
	const struct width *r = row;

	assert_int_equal(text_columns(str_c(r->text)), r->columns);
}

/* Whatever the octets: nothing that a terminal obeys comes out. */
static void no_octet_gets_through(const void *row)
{
	(void)row;
	for (unsigned a = 0; a < 256; a++)
		for (unsigned b = 0; b < 256; b++) {
			char octets[2] = {(char)a, (char)b};
			struct buf out;

			buf_init(&out, TEXT_MAX);
			safe_text(&out, str_from(octets, 2));
			for (size_t i = 0; i < out.n; i++) {
				assert_true((unsigned char)out.p[i] >= 0x20);
				assert_int_not_equal(out.p[i], 0x7f);
				/* C1 in UTF-8 */
				assert_false(i + 1 < out.n && (unsigned char)out.p[i] == 0xc2 &&
				             (unsigned char)out.p[i + 1] < 0xa0);
			}
			buf_release(&out);
		}
}

struct padded {
	const char *name;
	const char *in;
	size_t columns;
	const char *out;
};

static const struct padded padded_rows[] = {
	{"filled", "ab", 4, "ab  "},
	{"exact", "abcd", 4, "abcd"},
	{"cut", "abcdef", 4, "abc…"},
	{"Japanese filled", "印鑑", 6, "印鑑  "},
	{"Japanese cut between characters", "印鑑証明", 6, "印鑑… "},
	{"Japanese cut at an odd column", "印鑑証明", 5, "印鑑…"},
	{"no room", "abc", 0, ""},
};

static void padded(const void *row)
{
	const struct padded *r = row;
	struct buf out;

	buf_init(&out, TEXT_MAX);
	text_padded(&out, str_c(r->in), r->columns);
	assert_text(&out, r->out);
}

struct wrapped {
	const char *name;
	const char *in;
	size_t indent, columns;
	const char *out;
};

static const struct wrapped wrapped_rows[] = {
	{"short text stays", "one two", 2, 20, "one two"},
	{"at spaces", "one two three", 2, 8, "one two\n  three"},
	{"exactly full", "one two", 0, 7, "one two"},
	{"a word that is too long", "abcdefgh", 0, 4, "abcd\nefgh"},
	{"line ends are kept", "a\nb", 1, 10, "a\n b"},
	{"an empty line", "a\n\nb", 1, 10, "a\n\n b"},
	{"between wide characters", "印鑑証明書", 0, 4, "印鑑\n証明\n書"},
	{"no stop at the start of a line", "印鑑、証明", 0, 4, "印\n鑑、\n証明"},
	{"no closing bracket at the start of a line", "印(鑑証)明", 0, 7, "印(鑑\n証)明"},
	{"no opening bracket at the end of a line", "印鑑「証」", 0, 6, "印鑑\n「証」"},
	{"no ASCII one either", "印鑑(証明)", 0, 5, "印鑑\n(証\n明)"},
	{"no space at the end of a line that goes on", "one  two", 0, 6, "one\ntwo"},
	{"nothing", "", 2, 10, ""},
};

static void wrapped(const void *row)
{
	const struct wrapped *r = row;
	struct buf out;

	buf_init(&out, TEXT_MAX);
	text_wrapped(&out, str_c(r->in), r->indent, r->columns);
	assert_text(&out, r->out);
}

static void styles_are_for_terminals(const void *row)
{
	(void)row;
	struct buf out;

	buf_init(&out, TEXT_MAX);
	styled(&out, false, STYLE_BAD, "no");
	styled(&out, true, STYLE_PLAIN, "plain");
	styled(&out, true, STYLE_BAD, "x");
	assert_text(&out, "noplain\033[1;31mx\033[0m");
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, safe);
	TEST_TABLE(&list, widths, measured);
	test_add(&list, "no octet gets through", no_octet_gets_through, NULL);
	TEST_TABLE(&list, padded_rows, padded);
	TEST_TABLE(&list, wrapped_rows, wrapped);
	test_add(&list, "styles are for terminals", styles_are_for_terminals, NULL);
	return test_run(&list, "cli/safe_text");
}
