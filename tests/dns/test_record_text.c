#include "dns/record_text.h"

#include <stdlib.h>

#include "core/buf.h"
#include "support/case.h"

/* ---- parsing ---- */

static const struct parse {
	const char *name;
	const char *pasted;
	const char *want; /* "owner=value\n" for each record; NULL: refused */
	size_t position;
} parses[] = {
	{"a bare value", "v=DKIM1; k=rsa; p=MIIB", "=v=DKIM1; k=rsa; p=MIIB\n", 0},
	{"a bare value with space round it", " \t v=spf1 -all \r\n\r\n", "=v=spf1 -all\n", 0},
	{"a bare value over lines", "v=spf1 ip4:192.0.2.0/24\r\n   include:example.com\n-all",
         "=v=spf1 ip4:192.0.2.0/24 include:example.com -all\n", 0},
	{"a bare value with quotes inside", "v=DKIM1; n=\"x\"; p=a", "=v=DKIM1; n=\"x\"; p=a\n", 0},
	{"nothing", "", "=\n", 0},
	{"V12 quoted strings", "\"v=DKIM1; \" \"p=MIIB\"\t\"xyz\"", "=v=DKIM1; p=MIIBxyz\n", 0},
	{"an empty string", "\"\"", "=\n", 0},
	{"V12 quoted strings on lines", "\"v=DKIM1; k=rsa; \"\n\"p=MIIB\"\n\"abcd==\"\n",
         "=v=DKIM1; k=rsa; p=MIIBabcd==\n", 0},
	{"a string broken by a terminal", "\"v=DKIM1; p=MII\nBIjAN\r\nBgk\"", "=v=DKIM1; p=MIIBIjANBgk\n", 0},
	{"escapes", "\"a\\\"b\\\\c\\;d\\065\\200\"", "=a\"b\\c;dA\xc8\n", 0},
	{"parentheses and comments", "( \"v=DKIM1; \" ; first \"no\"\n  \"p=x\" ) ; last", "=v=DKIM1; p=x\n", 0},
	{"words in parentheses", "a TXT ( v=spf1\n -all )", "a=v=spf1-all\n", 0},
	{"signs between strings", "\"v=DKIM1;\", \"p=x\"", "=v=DKIM1;p=x\n", 0},
	{"a zone line", "s1._domainkey.example.com. 3600 IN TXT \"v=DKIM1; p=x\"\n",
         "s1._domainkey.example.com=v=DKIM1; p=x\n", 0},
	{"a zone line, class before TTL", "a IN 1h30m TXT \"x\"", "a=x\n", 0},
	{"a zone line without TTL", "a\tIN\tTXT\t\"x\"", "a=x\n", 0},
	{"a zone line without class and TTL", "a TXT \"x\"", "a=x\n", 0},
	{"a zone line without name", "\tIN TXT \"x\"", "=x\n", 0},
	{"a zone line of the origin", "@ IN TXT \"x\"", "=x\n", 0},
	{"a zone line in small letters", "a in txt \"x\"", "a=x\n", 0},
	{"type and value without space", "a TXT\"x\"", "a=x\n", 0},
	{"a zone line without quotes", "example.com. 3600 IN TXT v=spf1 include:x -all \r\n",
         "example.com=v=spf1 include:x -all\n", 0},
	{"a zone line without quotes, with escapes", "a TXT v=DKIM1\\; p=x", "a=v=DKIM1; p=x\n", 0},
	{"a name of digits", "10.example TXT \"x\"", "10.example=x\n", 0},
	{"escapes in a name", "a\\032b\\\"c.example TXT \"x\"", "a b\"c.example=x\n", 0},
	{"what opendkim-genkey writes",
         "s1._domainkey\tIN\tTXT\t( \"v=DKIM1; h=sha256; k=rsa; \"\n\t  \"p=MIIB\"\n\t  \"xyz\" )  ; ----- DKIM key s1 "
         "for example.com\n",
         "s1._domainkey=v=DKIM1; h=sha256; k=rsa; p=MIIBxyz\n", 0},
	{"parentheses without end", "a TXT ( \"x\"", "a=x\n", 0},
	{"several zone lines", "a TXT \"x\"\nb 60 IN TXT ( \"y\"\n \"z\" )\n", "a=x\nb=yz\n", 0},
	{"a type 99 record", "a IN SPF \"v=spf1 -all\"", "a=v=spf1 -all\n", 0},
	{"dig",
         "\n; <<>> DiG 9.18 <<>> txt a.example\n;; global options: +cmd\n;; Got answer:\n;; QUESTION "
         "SECTION:\n;a.example.\t\tIN\tTXT\n\n;; ANSWER "
         "SECTION:\na.example.\t\t300\tIN\tCNAME\tb.example.\nb.example.\t\t300\tIN\tTXT\t\"v=DKIM1; \" "
         "\"p=x\"\nb.example. 300 IN RRSIG TXT 13 2 300 20261201 20261101 1 example. abc==\n\n;; Query time: 1 msec\n",
         "b.example=v=DKIM1; p=x\n", 0},
	{"dig of several records", "a. 300 IN TXT \"google-site-verification=x\"\na. 300 IN TXT \"v=spf1 -all\"\n",
         "a=google-site-verification=x\na=v=spf1 -all\n", 0},
	{"dig +short", "\"v=DKIM1; k=rsa; p=x\"\n", "=v=DKIM1; k=rsa; p=x\n", 0},
	{"dig +short through a CNAME", "token.dkim.provider.example.\n\"p=MIIB\" \"xyz\"\n", "=p=MIIBxyz\n", 0},
	{"dig +short of several records", "\"MS=ms1234\"\n\"v=spf1 -all\"\n\"site-verification=abc\"\n",
         "=MS=ms1234\n=v=spf1 -all\n=site-verification=abc\n", 0},
	{"a tag at the start of an indented line goes on", "\"v=DMARC1; p=none\"\n  \";rua=mailto:a@b\"\n",
         "=v=DMARC1; p=none;rua=mailto:a@b\n", 0},
	{"a tag behind a semicolon goes on", "\"v=DMARC1; p=none; \"\n\"rua=mailto:a@b\"\n",
         "=v=DMARC1; p=none; rua=mailto:a@b\n", 0},
	{"host", "a.example is an alias for b.example.\nb.example descriptive text \"v=spf1 \" \"-all\"\n",
         "b.example=v=spf1 -all\n", 0},
	{"nslookup",
         "Server:\t\t192.0.2.1\nAddress:\t192.0.2.1#53\n\nNon-authoritative answer:\na.example\ttext = \"v=spf1 "
         "-all\"\n\nAuthoritative answers can be found from:\n",
         "a.example=v=spf1 -all\n", 0},
	{"nslookup of Windows",
         "Server:  dns.example\r\nAddress:  192.0.2.1\r\n\r\nNon-authoritative "
         "answer:\r\ns1._domainkey.a.example\ttext =\r\n\r\n\t\"v=DKIM1; p=MIIB\"\r\n\t\"xyz\"\r\na.example\ttext "
         "=\r\n\r\n\t\"other\"\r\n",
         "s1._domainkey.a.example=v=DKIM1; p=MIIBxyz\na.example=other\n", 0},
	{"only comments", "; nothing\n;; at all\n", "=\n", 0},
	{"a quote that does not end", "a TXT \"x\" \"y", NULL, 10},
	{"a quote that does not end, on the second line", "\"x\"\n  \"y\n\n", NULL, 6},
	{"an escape of two digits", "\"ab\\12\"", NULL, 3},
	{"an escape above 255", "\"ab\\256\"", NULL, 3},
	{"an escape of 255", "\"\\255\"", "=\xff\n", 0},
	{"a wrong escape in a name", "a\\9b TXT \"x\"", NULL, 1},
	{"a backslash at the end", "a TXT x\\", NULL, 7},
};

static void run_parse(const void *row)
{
	const struct parse *r = row;
	struct arena arena;
	struct record_text *list = NULL;
	struct buf got;
	size_t position = 999;
	size_t n = strlen(r->pasted);
	char *exact = malloc(n + 1);
	char *octets = memcpy(exact, r->pasted, n);

	exact = realloc(octets, n ? n : 1);
	arena_init(&arena, 1 << 20);
	buf_init(&got, 4096);
	bool fine = record_text_list(&arena, str_from(exact, n), &list, &position);

	assert_int_equal(fine, r->want != NULL);
	if (!fine)
		assert_int_equal(position, r->position);
	for (; list; list = list->next) {
		buf_put(&got, list->name);
		buf_put_char(&got, '=');
		buf_put(&got, list->value);
		buf_put_char(&got, '\n');
	}
	if (fine && !str_eq(buf_str(&got), str_c(r->want)))
		fail_msg("%.*s", STR_ARG(buf_str(&got)));
	buf_release(&got);
	arena_release(&arena);
	free(exact);
}

static void run_first(const void *row)
{
	struct arena arena;
	struct str name, value;
	size_t position;

	(void)row;
	arena_init(&arena, 1 << 20);
	assert_true(record_text_parse(&arena, STR("a. TXT \"x\"\nb. TXT \"y\""), &name, &value, &position));
	assert_true(str_eq(name, STR("a")) && str_eq(value, STR("x")));
	assert_false(record_text_parse(&arena, STR("\""), &name, &value, &position));
	arena_release(&arena);
}

static void run_small_arena(const void *row)
{
	(void)row;
	for (size_t max = 0;; max++) {
		struct arena arena;
		struct str name, value;
		size_t position;

		arena_init(&arena, max);
		bool fine = record_text_parse(&arena, STR("a. TXT \"x\" \"y\""), &name, &value, &position);

		assert_int_equal(fine, arena_error(&arena) == INKAN_OK);
		arena_release(&arena);
		if (fine)
			break;
		assert_in_range(max, 0, 500);
	}
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, parses, run_parse);
	test_add(&list, "the first of several", run_first, NULL);
	test_add(&list, "an arena too small", run_small_arena, NULL);
	return test_run(&list, "dns/record_text");
}
