#include "dns/zone_file.h"

#include <stdlib.h>

#include "support/alloc.h"
#include "support/case.h"

#define SOA "@ IN SOA ns. admin. ( 2026112201 7200 3600 1209600 300 )\n"
#define A50 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
#define A255 A50 A50 A50 A50 A50 "fffff"

/* ---- reading ---- */

/* Sets as zone lines, "LINE: " in front of each set; or "! LINE:COLUMN text" */
static const struct read {
	const char *name, *text, *want;
} reads[] = {
	{"nothing", "", ""},
	{"only comments", "; a\n\n  ; b\r\n", ""},
	{"S2-38 S2-44 the lines of a policy", "_dmarc.contoso.com. 3600 IN  TXT  \"v=DMARC1; p=none\"\n",
         "1: _dmarc.contoso.com. 3600 IN TXT \"v=DMARC1; p=none\"\n"},
	{"C-5 S2-38 the closing quote is missing",
         "$TTL 60\n_dmarc 3600 IN TXT \"v=DMARC1; pct=100; p=reject\nb A 192.0.2.1\n",
         "! 2:20 the closing quote of this string is missing"},
	{"C-5 ... at the end of the text", "a TXT \"v=DMARC1", "! 1:7 the closing quote of this string is missing"},
	{"names, TTLs and classes in any order",
         "$TTL 1h\n@ A 192.0.2.1\na IN 60 A 192.0.2.2\nb 1h30m IN A 192.0.2.3\n  A 192.0.2.4\nC.b AAAA 2001:db8::1\n",
         "3: a.example. 60 IN A 192.0.2.2\n4: b.example. 5400 IN A 192.0.2.3\nb.example. 5400 IN A 192.0.2.4\n6: "
         "c.b.example. 3600 IN AAAA 2001:db8::1\n2: example. 3600 IN A 192.0.2.1\n"},
	{"origins", "$ORIGIN a.example.\nb 1 A 192.0.2.1\n$ORIGIN c\nb 1 A 192.0.2.2\n$ORIGIN .\nd.net 1 A 192.0.2.3\n",
         "2: b.a.example. 1 IN A 192.0.2.1\n4: b.c.a.example. 1 IN A 192.0.2.2\n6: d.net. 1 IN A 192.0.2.3\n"},
	{"strings in parentheses, over lines, with comments",
         "s._domainkey 60 TXT ( \"v=DKIM1; \" ; first \"no\"\n\t\"p=x\" )\n\n",
         "1: s._domainkey.example. 60 IN TXT ( \"v=DKIM1; \" \"p=x\" )\n"},
	{"strings without quotes, escapes", "a 60 TXT v=spf1\\032-all\\; \"\\\"\\\\\\200\"\n",
         "1: a.example. 60 IN TXT ( \"v=spf1 -all;\" \"\\\"\\\\\\200\" )\n"},
	{"a semicolon without quotes begins a comment", "a 60 TXT v=DKIM1; p=x\n",
         "1: a.example. 60 IN TXT \"v=DKIM1\"\n"},
	{"CNAME, MX, NS", "a 60 CNAME b\nc 60 MX 10 d.net.\nc 60 MX 0 .\ne 60 NS ns\n",
         "1: a.example. 60 IN CNAME b.example.\n2: c.example. 60 IN MX 0 .\nc.example. 60 IN MX 10 d.net.\n4: "
         "e.example. "
         "60 IN NS ns.example.\n"},
	{"other types, classes and odd names are passed over",
         "a 60 RRSIG TXT 13 2 ( abc\n def )\nb 60 TYPE65534 \\# 1 00\nc CH TXT \"x\"\nd\\.e 60 A 192.0.2.1\nf 60 A "
         "192.0.2.1\n",
         "6: f.example. 60 IN A 192.0.2.1\n"},
	{"the same record twice counts once", "a 60 A 192.0.2.1\nA.example. 30 A 192.0.2.1\n",
         "1: a.example. 60 IN A 192.0.2.1\n"},
	{"TTLs by default: the last, else the SOA's minimum", SOA "a A 192.0.2.1\nb 60 A 192.0.2.2\nc A 192.0.2.3\n",
         "2: a.example. 300 IN A 192.0.2.1\n3: b.example. 60 IN A 192.0.2.2\n4: c.example. 60 IN A 192.0.2.3\n"},
	{"CRLF", "a 60 TXT \"x\"\r\n  TXT y\r\n", "1: a.example. 60 IN TXT \"x\"\na.example. 60 IN TXT \"y\"\n"},
	{"no line end at the end", "a 60 A 192.0.2.1", "1: a.example. 60 IN A 192.0.2.1\n"},
	{"S26 a string of 255 octets", "a 60 TXT \"" A255 "\"\n", "1: a.example. 60 IN TXT \"" A255 "\"\n"},
	{"S26 a string of 256 octets", "a 60 TXT \"" A255 "x\"\n",
         "! 1:11 this string has 256 octets, one string holds 255: split it in two"},
	{"$INCLUDE is refused", "$INCLUDE keys\n", "! 1:1 $INCLUDE is not read here: give the zone in one plain file"},
	{"$GENERATE is refused", "\n$GENERATE 1-2 a$ A 192.0.2.$\n",
         "! 2:1 $GENERATE is not read here: give the zone in one plain file"},
	{"no name yet", " A 192.0.2.1\n", "! 1:1 the first record has no name"},
	{"no type", "a 60 IN\n", "! 1:1 a record type, such as TXT, should stand here"},
	{"a closing parenthesis too many", "a 60 TXT x )\n", "! 1:12 a closing parenthesis without an opening one"},
	{"a closing parenthesis too few", "\na 60 TXT ( x\nb A 192.0.2.1\n",
         "! 2:10 the closing parenthesis is missing"},
	{"an IPv4 address that is none", "a 60 A 192.0.2\n", "! 1:8 A records hold one IPv4 address"},
	{"an MX without preference", "a 60 MX b\n",
         "! 1:9 MX records hold a number up to 65535 and the name of a host"},
	{"a wrong escape", "a 60 TXT \"\\25\"\n",
         "! 1:11 a wrong escape: three digits up to 255, or one other character"},
	{"an escape above 255", "a 60 TXT \"\\256\"\n",
         "! 1:11 a wrong escape: three digits up to 255, or one other character"},
	{"an empty label", "a..b 60 A 192.0.2.1\n",
         "! 1:1 this is no name: a label is empty or has more than 63 octets, or the name has more than 253"},
	{"two SOA records", SOA SOA, "! 2:6 a zone has one SOA record, this is the second"},
};

static void print_zone(struct buf *out, const struct zone *zone)
{
	for (size_t i = 0; i < zone->count; i++) {
		buf_printf(out, "%zu: ", zone->sets[i].line);
		assert_int_equal(
			record_sets_print(out, &zone->sets[i].set, 1, &(struct record_print){.form = RECORD_ZONE}),
			INKAN_OK);
	}
}

static void run_read(const void *row)
{
	const struct read *r = row;
	struct zone_error error;
	struct arena arena;
	struct zone zone;
	struct buf got;

	arena_init(&arena, 1 << 20);
	buf_init(&got, 1 << 16);
	int result = zone_file_read(&arena, str_c(r->text), STR("Example."), &zone, &error);

	if (result == INKAN_OK)
		print_zone(&got, &zone);
	else if (result == INKAN_ESYNTAX)
		buf_printf(&got, "! %zu:%zu %s", error.line, error.column, error.text);
	else
		fail_msg("%d", result);
	if (!str_eq(buf_str(&got), str_c(r->want)))
		fail_msg("%.*s", STR_ARG(buf_str(&got)));
	buf_release(&got);
	arena_release(&arena);
}

static void run_soa(const void *row)
{
	struct zone_error error;
	struct arena arena;
	struct zone zone;

	(void)row;
	arena_init(&arena, 1 << 20);
	assert_int_equal(zone_file_read(&arena,
	                                STR("$ORIGIN x.example.\n$TTL 2h\n@ 100 IN SOA ns. admin. ( 7 1 1 1 5m )\n"),
	                                STR(""), &zone, &error),
	                 INKAN_OK);
	assert_true(zone.has_soa && str_eq(zone.origin, STR("x.example")));
	assert_int_equal(zone.serial, 7);
	assert_int_equal(zone.default_ttl, 7200);
	assert_int_equal(zone.negative_ttl, 100);
	assert_int_equal(zone_file_read(&arena, STR(SOA "a 5 A 192.0.2.1\n"), STR("example"), &zone, &error), INKAN_OK);
	assert_int_equal(zone.negative_ttl, 300);
	assert_int_equal(zone.default_ttl, 300);
	assert_non_null(zone_find(&zone, STR("a.example"), DNS_A));
	assert_null(zone_find(&zone, STR("a.example"), DNS_AAAA));
	assert_int_equal(zone_file_read(&arena, STR("a A 192.0.2.1"), STR("a..b"), &zone, &error), INKAN_EUSAGE);
	arena_release(&arena);
}

/* ---- editing ---- */

static const struct edit {
	const char *name, *text;
	struct {
		const char *name, *before, *after; /* TXT; NULL: no set */
	} changes[3];
	const char *want; /* "! LINE text": refused */
} edits[] = {
	{"a value is replaced in place; all else stays",
         "; head\n$TTL 300\n" SOA "a  IN\tTXT \"old\" ; note\n\tA 192.0.2.1\n\n; tail\n",
         {{"a.example", "old", "new"}},
         "; head\n$TTL 300\n@ IN SOA ns. admin. ( 2026112202 7200 3600 1209600 300 )\na.example. 60 IN TXT "
         "\"new\"\n\tA "
         "192.0.2.1\n\n; tail\n"},
	{"a set over several lines and places is replaced where it first stands",
         "$TTL 300\n" SOA "a TXT ( \"o\"\n \"ld\" ; why\n )\nb TXT \"x\"\na TXT \"other\"\n",
         {{"a.example", "old|other", "new"}},
         "$TTL 300\n@ IN SOA ns. admin. ( 2026112202 7200 3600 1209600 300 )\na.example. 60 IN TXT \"new\"\nb TXT "
         "\"x\"\n"},
	{"a removed line leaves its name to the next",
         "$TTL 300\n" SOA "b A 192.0.2.2\na TXT \"old\"\n\tA 192.0.2.1\n\tA 192.0.2.3\n",
         {{"a.example", "old", NULL}},
         "$TTL 300\n@ IN SOA ns. admin. ( 2026112202 7200 3600 1209600 300 )\nb A 192.0.2.2\na.example.\tA "
         "192.0.2.1\n\tA 192.0.2.3\n"},
	{"a new set stands at the end",
         "$TTL 300\n" SOA "a A 192.0.2.1",
         {{"s._domainkey.example", NULL, A255 "x"}},
         "$TTL 300\n@ IN SOA ns. admin. ( 2026112202 7200 3600 1209600 300 )\na A 192.0.2.1\ns._domainkey.example. 60 "
         "IN "
         "TXT ( \"" A255 "\" \"x\" )\n"},
	{"several changes at once",
         "$TTL 300\n" SOA "a TXT \"1\"\nb TXT \"2\"\n",
         {{"b.example", "2", "3"}, {"a.example", "1", NULL}, {"c.example", NULL, "4"}},
         "$TTL 300\n@ IN SOA ns. admin. ( 2026112202 7200 3600 1209600 300 )\nb.example. 60 IN TXT \"3\"\nc.example. "
         "60 "
         "IN TXT \"4\"\n"},
	{"no change raises the serial",
         "$TTL 300\n" SOA,
         {{0}},
         "$TTL 300\n@ IN SOA ns. admin. ( 2026112202 7200 3600 1209600 300 )\n"},
	{"a serial that is no date", "@ 1 SOA ns. a. 41 1 1 1 1\n", {{0}}, "@ 1 SOA ns. a. 42 1 1 1 1\n"},
	{"the highest serial", "@ 1 SOA ns. a. 4294967295 1 1 1 1\n", {{0}}, "@ 1 SOA ns. a. 1 1 1 1 1\n"},
	{"a day with 100 changes", "@ 1 SOA ns. a. 2026113099 1 1 1 1\n", {{0}}, "@ 1 SOA ns. a. 2026120100 1 1 1 1\n"},
	{"a leap day", "@ 1 SOA ns. a. 2028022899 1 1 1 1\n", {{0}}, "@ 1 SOA ns. a. 2028022900 1 1 1 1\n"},
	{"the last day of a year", "@ 1 SOA ns. a. 2026123199 1 1 1 1\n", {{0}}, "@ 1 SOA ns. a. 2027010100 1 1 1 1\n"},
	{"not there", "$TTL 1\n" SOA, {{"a.example", "x", NULL}}, "! 0 a.example. TXT is not there"},
	{"there already",
         "$TTL 1\n" SOA "a TXT \"y\"\n",
         {{"a.example", NULL, "x"}},
         "! 3 a.example. TXT is there already"},
	{"something else is there",
         "$TTL 1\n" SOA "a TXT \"y\"\n",
         {{"a.example", "x", NULL}},
         "! 3 a.example. TXT is not what it was when the change was planned"},
	{"no SOA",
         "a 1 TXT \"x\"\n",
         {{"a.example", "x", NULL}},
         "! 0 there is no SOA record whose serial could rise: this is no whole zone"},
	{"a TTL that another line would inherit",
         SOA "a 60 A 192.0.2.1\nb 5 TXT \"x\"\nc A 192.0.2.2\n",
         {{"b.example", "x", NULL}},
         "! 4 c.example. A would not be what it should be afterwards: give the records a TTL, or write $TTL"},
};

/* "a|b": two records */
static void make_set(struct record_set *set, const char *name, const char *values, struct dns_record *records)
{
	struct str rest = str_c(values);

	*set = (struct record_set){str_c(name), DNS_TXT, 60, records, 0};
	while (values && (rest.n || set->count == 0))
		records[set->count++] = (struct dns_record){.text = str_split(&rest, '|')};
}

static int run_changes(const struct edit *r, struct arena *arena, struct buf *out, struct zone_error *error)
{
	struct record_change changes[3];
	struct dns_record records[3][4];
	size_t count = 0;

	for (; count < 3 && r->changes[count].name; count++) {
		make_set(&changes[count].before, r->changes[count].name, r->changes[count].before, records[count]);
		make_set(&changes[count].after, r->changes[count].name, r->changes[count].after, records[count] + 2);
	}
	return zone_file_edit(arena, str_c(r->text), STR("example"), changes, count, out, error);
}

static void run_edit(const void *row)
{
	const struct edit *r = row;
	struct zone_error error;
	struct arena arena;
	struct buf out;

	arena_init(&arena, 1 << 20);
	buf_init(&out, 1 << 16);
	int result = run_changes(r, &arena, &out, &error);

	if (result) {
		assert_int_equal(result, INKAN_EREFUSED);
		buf_clear(&out);
		buf_printf(&out, "! %zu %s", error.line, error.text);
	}
	if (!str_eq(buf_str(&out), str_c(r->want)))
		fail_msg("%.*s", STR_ARG(buf_str(&out)));
	buf_release(&out);
	arena_release(&arena);
}

static void run_usage(const void *row)
{
	static const struct edit twice = {
		"", "$TTL 1\n" SOA "a TXT \"x\"\n", {{"a.example", "x", "y"}, {"a.example", "x", "z"}}, ""};
	struct zone_error error;
	struct arena arena;
	struct buf out;

	(void)row;
	arena_init(&arena, 1 << 20);
	buf_init(&out, 1 << 16);
	assert_int_equal(run_changes(&twice, &arena, &out, &error), INKAN_EUSAGE);
	buf_release(&out);
	arena_release(&arena);
}

static void run_without_memory(const void *row)
{
	(void)row;
	for (size_t n = 1, reached = true; reached; n++) {
		struct zone_error error;
		struct arena arena;
		struct buf out;

		arena_init(&arena, 1 << 20);
		buf_init(&out, 1 << 16);
		alloc_fail_at(n);
		int result = run_changes(&edits[4], &arena, &out, &error);

		reached = alloc_count() >= n;
		alloc_fail_at(0);
		assert_int_equal(result, reached ? INKAN_ENOMEM : INKAN_OK);
		buf_release(&out);
		arena_release(&arena);
	}
}

/* ---- limits ---- */

/* All of one name, or each of its own. */
static int read_many(size_t count, bool one_name)
{
	struct zone_error error;
	struct arena arena;
	struct zone zone;
	struct buf text;

	buf_init(&text, SIZE_MAX / 2);
	arena_init(&arena, SIZE_MAX / 2);
	for (size_t i = 0; i < count; i++) {
		unsigned a = (unsigned)(i >> 16), b = i >> 8 & 255, c = i & 255;

		buf_printf(&text, one_name ? "a 1 A 10.%u.%u.%u\n" : "a%u-%u-%u 1 A 10.0.0.0\n", a, b, c);
	}
	int result = zone_file_read(&arena, buf_str(&text), STR("example"), &zone, &error);

	arena_release(&arena);
	buf_release(&text);
	return result;
}

static void run_limits(const void *row)
{
	(void)row;
	assert_int_equal(read_many(ZONE_SET_RECORDS_MAX, true), INKAN_OK);
	assert_int_equal(read_many(ZONE_SET_RECORDS_MAX + 1, true), INKAN_ELIMIT);
	assert_int_equal(read_many(ZONE_FILE_SETS_MAX, false), INKAN_OK);
	assert_int_equal(read_many(ZONE_FILE_SETS_MAX + 1, false), INKAN_ELIMIT);
}

static void run_size(const void *row)
{
	char *text = malloc(ZONE_FILE_SIZE_MAX + 1);
	struct zone_error error;
	struct arena arena;
	struct zone zone;

	(void)row;
	assert_non_null(text);
	memset(text, ';', ZONE_FILE_SIZE_MAX + 1);
	arena_init(&arena, 1 << 16);
	assert_int_equal(zone_file_read(&arena, str_from(text, ZONE_FILE_SIZE_MAX), STR("a"), &zone, &error), INKAN_OK);
	assert_int_equal(zone_file_read(&arena, str_from(text, ZONE_FILE_SIZE_MAX + 1), STR("a"), &zone, &error),
	                 INKAN_ELIMIT);
	arena_release(&arena);
	free(text);
}

/* A text of many strings: 1024 are kept, and 65,535 octets in all. */
static void run_strings(const void *row)
{
	static const struct {
		size_t count;
		const char *string;
		int want;
	} cases[] = {{1024, " x", INKAN_OK},
	             {1025, " x", INKAN_ESYNTAX},
	             {255, " " A255, INKAN_OK},
	             {257, " " A255, INKAN_ESYNTAX}};

	(void)row;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct zone_error error;
		struct arena arena;
		struct zone zone;
		struct buf text;

		buf_init(&text, 1 << 20);
		arena_init(&arena, 1 << 20);
		buf_put_c(&text, "a 1 TXT");
		for (size_t k = 0; k < cases[i].count; k++)
			buf_put_c(&text, cases[i].string);
		assert_int_equal(zone_file_read(&arena, buf_str(&text), STR("example"), &zone, &error), cases[i].want);
		arena_release(&arena);
		buf_release(&text);
	}
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, reads, run_read);
	TEST_TABLE(&list, edits, run_edit);
	test_add(&list, "what the SOA says", run_soa, NULL);
	test_add(&list, "two changes of one set", run_usage, NULL);
	test_add(&list, "every allocation fails once", run_without_memory, NULL);
	test_add(&list, "the most records of a set, and of a file", run_limits, NULL);
	test_add(&list, "the largest file", run_size, NULL);
	test_add(&list, "the most strings of a text", run_strings, NULL);
	return test_run(&list, "dns/zone_file");
}
