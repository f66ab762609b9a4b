/* Header values for people: RFC 2047, unfolding, and what must not reach a terminal. */
#include "cli/display.h"
#include "support/case.h"

static const struct row {
	const char *name;
	const char *in;
	const char *want;
} headers[] = {
	{"plain", " Estimate\r\n", "Estimate"},
	{"unfolded", " a\r\n b\r\n\tc", "a b c"},
	{"base64", "=?UTF-8?B?6KaL56mN5pu4?=", "見積書"},
	{"quoted-printable", "=?utf-8?q?caf=C3=A9_au_lait?=", "café au lait"},
	{"with a language tag", "=?us-ascii*en?q?Keith_Moore?=", "Keith Moore"},
	{"space between words is dropped", "=?utf-8?q?a?=\r\n =?utf-8?q?b?=", "ab"},
	{"space beside a word is kept", "x =?utf-8?q?a?= y", "x a y"},
	{"a character split between words", "=?UTF-8?B?6KY=?= =?UTF-8?B?iw==?=", "見"},
	{"two character sets", "=?iso-8859-1?q?=E9?= =?utf-8?q?=C3=A9?=", "éé"},
	{"iso-2022-jp", "=?ISO-2022-JP?B?GyRCPm9OaxsoQg==?=", "常鈴"},
	{"shift_jis", "=?Shift_JIS?Q?=93=FA=96{?=", "日本"},
	{"euc-jp", "=?EUC-JP?Q?=C6=FC=CB=DC?=", "日本"},
	{"gb2312", "=?GB2312?B?1tDOxA==?=", "中文"},
	{"octets outside the set", "=?Shift_JIS?Q?a=FFb?=",
         "a\xef\xbf\xbd"
         "b"},
	{"unknown set stays", "=?x-klingon?q?a?=", "=?x-klingon?q?a?="},
	{"a path for a set stays", "=?../../x?q?a?=", "=?../../x?q?a?="},
	{"unknown encoding stays", "=?utf-8?x?a?=", "=?utf-8?x?a?="},
	{"never closed", "=?utf-8?q?a", "=?utf-8?q?a"},
	{"bad base64 gives nothing", "a =?utf-8?b?****?=", "a"},
	{"bad hexadecimal stays", "=?utf-8?q?=zz=4?=", "=zz=4"},
	{"escape sequence", "a\x1b[31mb", "a\\x1b[31mb"},
	{"encoded escape sequence", "=?utf-8?q?=1B]0;x=07?=", "\\x1b]0;x\\x07"},
	{"encoded line end", "=?utf-8?q?a=0D=0ADKIM:_pass?=", "a\\r\\nDKIM: pass"},
	{"bidirectional override",
         "a\xe2\x80\xae"
         "b",
         "a\\u{202e}b"},
	{"encoded NUL", "=?utf-8?q?a=00b?=", "a\\x00b"},
	{"empty", " \r\n ", ""},
};

static void run_header(const void *p)
{
	const struct row *row = p;
	struct buf out;

	buf_init(&out, 1000);
	display_header(&out, str_c(row->in));
	buf_put_char(&out, '\0');
	assert_int_equal(buf_error(&out), INKAN_OK);
	assert_string_equal(out.p, row->want);
	buf_release(&out);
}

/* A value of `n` octets; beyond the limit it is cut and says so. */
static void cut_at(size_t n, bool cut)
{
	struct buf in, out;

	buf_init(&in, n);
	buf_init(&out, 2 * n + 10);
	for (size_t i = 0; i < n; i++)
		buf_put_char(&in, 'x');
	display_header(&out, buf_str(&in));
	assert_int_equal(out.n, cut ? 4096 + strlen("…") : n);
	buf_release(&in);
	buf_release(&out);
}

static void run_limit(const void *row)
{
	(void)row;
	cut_at(4096, false);
	cut_at(4097, true);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, headers, run_header);
	test_add(&list, "a value of 4096 and of 4097 octets", run_limit, NULL);
	return test_run(&list, "cli/display");
}
