#include "mail/address.h"

#include "core/buf.h"
#include "support/alloc.h"
#include "support/case.h"

static const struct row {
	const char *name;
	const char *in;
	const char *want; /* "display|local part|domain" of each mailbox, each followed by "\n" */
	enum address_error error;
	size_t position;
} rows[] = {
	{"M1 addr-spec alone", "john@example.com", "|john|example.com\n", 0, 0},
	{"M1 addr-spec with FWS and comments round it", " \r\n (a) john@example.com (b)\t", "|john|example.com\n", 0,
         0},
	{"M1 name-addr", "John Doe <john@example.com>", "John Doe|john|example.com\n", 0, 0},
	{"M1 angle-addr alone", "<john@example.com>", "|john|example.com\n", 0, 0},
	{"M1 quoted display name", "\"Doe, John\" <john@example.com>", "\"Doe, John\"|john|example.com\n", 0, 0},
	{"M1 display name with an @ in quotes", "\"a@evil.example\" <john@example.com>",
         "\"a@evil.example\"|john|example.com\n", 0, 0},
	{"M1 display name with brackets in quotes", "\"<a@evil.example>\" <john@example.com>",
         "\"<a@evil.example>\"|john|example.com\n", 0, 0},
	{"M1 display name with quoted pairs", "\"a \\\" <b\" <john@example.com>", "\"a \\\" <b\"|john|example.com\n", 0,
         0},
	{"M1 dots in an unquoted display name", "John Q. Doe Jr. <john@example.com>",
         "John Q. Doe Jr.|john|example.com\n", 0, 0},
	{"M1 dot first in a display name", ".net People <john@example.com>", ".net People|john|example.com\n", 0, 0},
	{"M1 encoded word", "=?utf-8?Q?J=C3=B6rg?= <j@example.com>", "=?utf-8?Q?J=C3=B6rg?=|j|example.com\n", 0, 0},
	{"M1 encoded word in base64", "=?UTF-8?B?5Y2w6ZGR?= <j@example.com>", "=?UTF-8?B?5Y2w6ZGR?=|j|example.com\n", 0,
         0},
	{"M1 UTF-8 everywhere", "J\xc3\xb6rg <j\xc3\xb6@m\xc3\xbcller.example>",
         "J\xc3\xb6rg|j\xc3\xb6|m\xc3\xbcller.example\n", 0, 0},
	{"M1 folded", "John\r\n Doe\r\n\t<john@example.com>", "John\r\n Doe|john|example.com\n", 0, 0},
	{"M1 case and final dot are kept", "John@Example.COM.", "|John|Example.COM.\n", 0, 0},
	{"M1 quoted local part", "\"a b\"@example.com", "|a b|example.com\n", 0, 0},
	{"M1 quoted local part with @ and quoted pair", "<\"a@b\\\"c\"@example.com>", "|a@b\"c|example.com\n", 0, 0},
	{"M1 empty quoted local part", "\"\"@example.com", "||example.com\n", 0, 0},
	{"M1 folded quoted local part", "\"a\r\n b\"@example.com", "|a b|example.com\n", 0, 0},
	{"M1 domain literal", "john@[192.0.2.1]", "|john|[192.0.2.1]\n", 0, 0},
	{"M1 domain literal with FWS", "john@ [ 192.0.2.1 ] ", "|john|[192.0.2.1]\n", 0, 0},
	{"M1 domain literal with parentheses, then a comment", "a@[(1\\])] (b)", "|a|[(1])]\n", 0, 0},
	{"M1 IPv6 domain literal", "<john@[IPv6:2001:db8::1]>", "|john|[IPv6:2001:db8::1]\n", 0, 0},
	{"M1 several mailboxes", "a@b.example, C <c@d.example>,e@f.example",
         "|a|b.example\nC|c|d.example\n|e|f.example\n", 0, 0},
	{"M1 comment between", "john(comment)@(an other (nested) one)example.com", "|john|example.com\n", 0, 0},
	{"M1 comment with brackets", "(<a@evil.example>) <john@example.com>", "|john|example.com\n", 0, 0},
	{"M1 comment with quoted pair", "(\\)<a@evil.example>) john@example.com", "|john|example.com\n", 0, 0},
	{"M1 comment with a quote", "(\") john@example.com (\")", "|john|example.com\n", 0, 0},
	{"M1 obsolete: CFWS round dots", "john . doe @ example . (x) com", "|john.doe|example.com\n", 0, 0},
	{"M1 obsolete: quoted words between dots", "john.\"q r\".doe@example.com", "|john.q r.doe|example.com\n", 0, 0},
	{"M1 obsolete: route", "J <@a.example,@b.example:j@example.com>", "J|j|example.com\n", 0, 0},
	{"M1 obsolete: route with empty members", "<,,@a.example, ,@b.example : j@example.com>", "|j|example.com\n", 0,
         0},
	{"M1 obsolete: empty members", ",, a@b.example,,\r\n ,c@d.example, ", "|a|b.example\n|c|d.example\n", 0, 0},
	{"M1 dots where none may be in a local part", ".jo..hn.@example.com", "|.jo..hn.|example.com\n", 0, 0},
	{"M1 group", "Friends: a@b.example, C <c@d.example>;", "|a|b.example\nC|c|d.example\n", 0, 0},
	{"M1 group between mailboxes", "x@y.example, G: a@b.example;, c@d.example",
         "|x|y.example\n|a|b.example\n|c|d.example\n", 0, 0},
	{"M1 empty group", "undisclosed-recipients:;", "", ADDRESS_EMPTY, 24},
	{"M1 empty group with a comment", "Nobody: (none) ; (really)", "", ADDRESS_EMPTY, 25},
	{"M1 group with empty members", "A group:,,a@b.example,,;", "|a|b.example\n", 0, 0},
	{"nothing", "", "", ADDRESS_EMPTY, 0},
	{"only FWS and commas", " , ,\r\n ,", "", ADDRESS_EMPTY, 8},
	{"only a comment", "(a@b.example)", "", ADDRESS_EMPTY, 13},
	{"no address, only a name", "John Doe", "", ADDRESS_SYNTAX, 8},
	{"empty angle brackets", "John <>", "", ADDRESS_SYNTAX, 6},
	{"no local part", "@example.com", "", ADDRESS_SYNTAX, 0},
	{"no domain", "john@", "", ADDRESS_SYNTAX, 5},
	{"no domain in angle brackets", "<john@>", "", ADDRESS_SYNTAX, 6},
	{"no at sign in angle brackets", "<john>, a@b.example", "|a|b.example\n", ADDRESS_SYNTAX, 5},
	{"two at signs", "john@a.example@b.example", "", ADDRESS_SYNTAX, 14},
	{"two at signs in angle brackets", "<john@a.example@b.example>", "", ADDRESS_SYNTAX, 15},
	{"two dots in the domain", "john@a..example", "", ADDRESS_SYNTAX, 7},
	{"dot first in the domain", "john@.example", "", ADDRESS_SYNTAX, 5},
	{"a quoted name without brackets", "\"Doe, John <x@y>\" john@example.com",
         "\"Doe, John <x@y>\"|john|example.com\n", ADDRESS_SYNTAX, 18},
	{"two quoted names without brackets", "\"a\" \"b\" john@example.com", "", ADDRESS_SYNTAX, 4},
	{"space inside a local part", "john doe@example.com", "", ADDRESS_SYNTAX, 5},
	{"space inside a domain", "john@example com", "", ADDRESS_SYNTAX, 13},
	{"unquoted address before the real one", "a@evil.example <john@example.com>",
         "a@evil.example|john|example.com\n", ADDRESS_SYNTAX, 15},
	{"malformed address before the real one", "a@@ \"x, <y\" <john@example.com>",
         "a@@ \"x, <y\"|john|example.com\n", ADDRESS_SYNTAX, 2},
	{"two angle addresses", "<a@b.example> <c@d.example>", "|a|b.example\n<a@b.example>|c|d.example\n",
         ADDRESS_SYNTAX, 14},
	{"text behind the address", "<a@b.example> x", "|a|b.example\n", ADDRESS_SYNTAX, 14},
	{"nested angle brackets", "<<a@b.example>>", "<|a|b.example\n", ADDRESS_SYNTAX, 1},
	{"final bracket missing", "John <john@example.com", "John|john|example.com\n", ADDRESS_SYNTAX, 22},
	{"final bracket missing, then another", "J <j@a.example, <k@b.example>", "J|j|a.example\n|k|b.example\n",
         ADDRESS_SYNTAX, 14},
	{"quote missing", "\"John <john@example.com>", "", ADDRESS_SYNTAX, 24},
	{"comment does not end", "a@b.example (John", "|a|b.example\n", ADDRESS_COMMENT_DEPTH, 17},
	{"closing parenthesis alone", "a@b.example )", "", ADDRESS_SYNTAX, 12},
	{"domain literal does not end", "a@[192.0.2.1, c@d.example", "", ADDRESS_SYNTAX, 25},
	{"domain literal in a domain literal", "a@[[1]]", "", ADDRESS_SYNTAX, 3},
	{"malformed in the middle", "a@b.example, what is this, c@d.example", "|a|b.example\n|c|d.example\n",
         ADDRESS_SYNTAX, 25},
	{"semicolons as separators", "a@b.example; c@d.example", "|a|b.example\n|c|d.example\n", ADDRESS_SYNTAX, 11},
	{"group does not end", "G: a@b.example", "|a|b.example\n", ADDRESS_SYNTAX, 14},
	{"group in a group", "G: H: a@b.example;", "", ADDRESS_SYNTAX, 4},
	{"group without a name", ": a@b.example;", "", ADDRESS_SYNTAX, 0},
	{"colon in an unquoted display name", "Re: you <a@b.example>", "you|a|b.example\n", ADDRESS_SYNTAX, 21},
	{"mailbox right behind a group", "G: a@b.example; c@d.example", "|a|b.example\n|c|d.example\n", ADDRESS_SYNTAX,
         16},
	{"8-bit that is no UTF-8 in a display name", "J\xf6rg <j@example.com>", "J\xf6rg|j|example.com\n",
         ADDRESS_SYNTAX, 1},
	{"8-bit that is no UTF-8 in quotes", "\"J\xf6rg\" <j@example.com>", "\"J\xf6rg\"|j|example.com\n",
         ADDRESS_SYNTAX, 2},
	{"8-bit that is no UTF-8 in a domain", "<j@m\xfcller.example>", "", ADDRESS_SYNTAX, 4},
	{"M1 control character in a display name", "Jo\x01hn <j@example.com>", "Jo\x01hn|j|example.com\n",
         ADDRESS_CONTROL, 2},
	{"M1 control character in quotes", "\"Jo\x07hn\" <j@example.com>", "\"Jo\ahn\"|j|example.com\n",
         ADDRESS_CONTROL, 3},
	{"M1 control character in a domain", "<j@exam\x7fple.com>", "", ADDRESS_CONTROL, 7},
	{"M1 C1 control character in a domain", "<j@exam\xc2\x85ple.com>", "", ADDRESS_CONTROL, 7},
	{"M1 bare LF", "<j@example.com>\n, <k@example.com>", "|j|example.com\n|k|example.com\n", ADDRESS_CONTROL, 15},
	{"M1 bare CR in quotes", "\"a\rb\" <j@example.com>", "\"a\rb\"|j|example.com\n", ADDRESS_CONTROL, 2},
	{"M1 quoted CR", "\"a\\\r\n b\" <j@example.com>", "\"a\\\r\n b\"|j|example.com\n", ADDRESS_CONTROL, 3},
	{"M1 CRLF without WSP", "John\r\n<j@example.com>", "John|j|example.com\n", ADDRESS_CONTROL, 4},
};

static void run_row(const void *row)
{
	const struct row *r = row;
	struct arena arena;
	struct address_list list;
	struct buf got;

	arena_init(&arena, 1 << 16);
	buf_init(&got, SIZE_MAX);
	address_list_parse(&arena, str_c(r->in), &list);
	for (size_t i = 0; i < list.count; i++) {
		const struct mailbox *m = &list.mailboxes[i];

		buf_printf(&got, "%.*s|%.*s|%.*s\n", STR_ARG(m->display), STR_ARG(m->local_part), STR_ARG(m->domain));
		assert_true(m->position < strlen(r->in));
	}
	buf_put_char(&got, '\0');
	assert_string_equal(got.p, r->want);
	assert_string_equal(address_error_text(list.error), address_error_text(r->error));
	assert_int_equal(list.error_position, r->position);
	buf_release(&got);
	arena_release(&arena);
}

static void run_position(const void *row)
{
	struct arena arena;
	struct address_list list;

	(void)row;
	arena_init(&arena, 1 << 16);
	address_list_parse(&arena, STR(" (x) John <@r.example: (y) j@a.example>, k@b.example"), &list);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.mailboxes[0].position, 27);
	assert_int_equal(list.mailboxes[1].position, 41);
	arena_release(&arena);
}

static void run_nul(const void *row)
{
	static const struct nul {
		const char *p;
		size_t n, count, position;
	} values[] = {
		{"a@b.example\0.evil.example", 25, 0, 11},
		{"\"a\0b\" <a@b.example>", 19, 1, 2},
		{"(\0) a@b.example", 15, 1, 1},
		{"a@[1\0]", 6, 1, 4},
	};

	(void)row;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		struct arena arena;
		struct address_list list;

		arena_init(&arena, 1 << 16);
		address_list_parse(&arena, str_from(values[i].p, values[i].n), &list);
		assert_int_equal(list.error, ADDRESS_CONTROL);
		assert_int_equal(list.error_position, values[i].position);
		assert_int_equal(list.count, values[i].count);
		arena_release(&arena);
	}
}

/* before repeated, then middle, then after repeated */
static struct buf repeated(const char *before, size_t n, const char *middle, const char *after, size_t m)
{
	struct buf text;

	buf_init(&text, SIZE_MAX);
	while (n--)
		buf_put_c(&text, before);
	buf_put_c(&text, middle);
	while (m--)
		buf_put_c(&text, after);
	assert_int_equal(buf_error(&text), INKAN_OK);
	return text;
}

static void expect_repeated(const char *before, size_t n, const char *middle, const char *after, size_t m, size_t count,
                            enum address_error error)
{
	struct arena arena;
	struct address_list list;
	struct buf text = repeated(before, n, middle, after, m);

	arena_init(&arena, 1 << 24);
	address_list_parse(&arena, buf_str(&text), &list);
	assert_int_equal(list.count, count);
	assert_string_equal(address_error_text(list.error), address_error_text(error));
	arena_release(&arena);
	buf_release(&text);
}

static void run_comment_depth(const void *row)
{
	const size_t n = ADDRESS_COMMENT_DEPTH_MAX;

	(void)row;
	expect_repeated("(", n, " a ", ")", n, 0, ADDRESS_EMPTY);
	expect_repeated("(", n, ") a@b.example (", ")", n, 0, ADDRESS_EMPTY);
	expect_repeated("(", n + 1, " a ", ")", n + 1, 0, ADDRESS_COMMENT_DEPTH);
	expect_repeated("(", 100000, " a ", ")", 100000, 0, ADDRESS_COMMENT_DEPTH);
	expect_repeated("(", 100000, "", "", 0, 0, ADDRESS_COMMENT_DEPTH);
}

static void run_list_max(const void *row)
{
	(void)row;
	expect_repeated("a@b.example,", ADDRESS_LIST_MAX, "", "", 0, ADDRESS_LIST_MAX, ADDRESS_OK);
	expect_repeated("a@b.example,", ADDRESS_LIST_MAX + 1, "", "", 0, ADDRESS_LIST_MAX, ADDRESS_TOO_MANY);
	/* at signs that are none of a mailbox do not count */
	expect_repeated("\"@\" <a@b.example>,", ADDRESS_LIST_MAX, "", "", 0, ADDRESS_LIST_MAX, ADDRESS_OK);
}

/* a quarter of a megabyte of anything takes no time worth speaking of; a quadratic parser would take minutes */
static void run_hostile(const void *row)
{
	static const char *const pieces[] = {"<",  ">",     "(",  ")",    "()",   "\"",   "\"\"", "\\",  "[",  "]",
	                                     "@",  ".",     ",",  ";",    ":",    " ",    "a ",   "a.",  "a@", "<@",
	                                     "a:", "\r\n ", "<a", "<a@[", "\x80", "a@b ", "<a@b", "a@b("};

	(void)row;
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		struct arena arena;
		struct address_list list;
		struct buf text = repeated(pieces[i], (1 << 18) / strlen(pieces[i]), "", "", 0);

		arena_init(&arena, 1 << 24);
		address_list_parse(&arena, buf_str(&text), &list);
		assert_true(list.error != ADDRESS_OK);
		arena_release(&arena);
		buf_release(&text);
	}
}

static void run_no_memory(const void *row)
{
	struct buf text = repeated("\"a b\"@b.example,", 1000, "", "", 0);
	size_t n = 1;

	(void)row;
	for (bool reached = true; reached; n++) {
		struct arena arena;
		struct address_list list;

		arena_init(&arena, 1 << 24);
		alloc_fail_at(n);
		address_list_parse(&arena, buf_str(&text), &list);
		reached = alloc_count() >= n;
		alloc_fail_at(0);
		assert_int_equal(list.error, reached ? ADDRESS_NO_MEMORY : ADDRESS_OK);
		assert_int_equal(list.count, reached ? 0 : 1000);
		arena_release(&arena);
	}
	assert_true(n > 2);
	buf_release(&text);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	test_add(&list, "positions of addr-specs", run_position, NULL);
	test_add(&list, "M1 NUL", run_nul, NULL);
	test_add(&list, "ADDRESS_COMMENT_DEPTH_MAX at n and n+1, and 100,000", run_comment_depth, NULL);
	test_add(&list, "ADDRESS_LIST_MAX at n and n+1", run_list_max, NULL);
	test_add(&list, "much of each hostile piece", run_hostile, NULL);
	test_add(&list, "out of memory at every allocation", run_no_memory, NULL);
	return test_run(&list, "mail/address");
}
