/* Syntax of records (RFC 7208 section 4.6.1, 5, 6, 7.1; RFC 4291 section 2.2). */
#include "spf/record.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/alloc.h"
#include "support/case.h"

enum { ARENA_MAX = 1024 * 1024 };

/* ---- one term ---- */

static const struct term_row {
	const char *name; /* the term follows behind "v=spf1 " */
	const char *term;
	enum spf_fault_id fault;
	enum spf_term_kind kind;
	enum inkan_result result;
	unsigned cidr4, cidr6;
	const char *domain;
} terms[] = {
	{"P6 no qualifier is +", "all", SPF_FAULT_NONE, SPF_ALL, INKAN_PASS, 32, 128, ""},
	{"P6 +", "+all", SPF_FAULT_NONE, SPF_ALL, INKAN_PASS, 32, 128, ""},
	{"P6 -", "-all", SPF_FAULT_NONE, SPF_ALL, INKAN_FAIL, 32, 128, ""},
	{"P6 ~", "~all", SPF_FAULT_NONE, SPF_ALL, INKAN_SOFTFAIL, 32, 128, ""},
	{"P6 ?", "?all", SPF_FAULT_NONE, SPF_ALL, INKAN_NEUTRAL, 32, 128, ""},
	{"P6 mechanisms in any case", "-InClUdE:a.example", SPF_FAULT_NONE, SPF_INCLUDE, INKAN_FAIL, 32, 128,
         "a.example"},
	{"P6 modifiers in any case", "REDIRECT=a.example", SPF_FAULT_NONE, SPF_REDIRECT, INKAN_PASS, 32, 128,
         "a.example"},
	{"P6 two qualifiers", "--all", SPF_FAULT_UNKNOWN_MECHANISM, 0, 0, 0, 0, NULL},
	{"P6 a qualifier alone", "-", SPF_FAULT_UNKNOWN_MECHANISM, 0, 0, 0, 0, NULL},
	{"P6 a qualifier before a modifier", "-exp=a.example", SPF_FAULT_UNKNOWN_MECHANISM, 0, 0, 0, 0, NULL},
	{"P6 an unknown qualifier", "!all", SPF_FAULT_UNKNOWN_MECHANISM, 0, 0, 0, 0, NULL},

	{"all with an argument", "all:a.example", SPF_FAULT_ARGUMENT_UNWANTED, 0, 0, 0, 0, NULL},
	{"all with a prefix length", "all/8", SPF_FAULT_ARGUMENT_UNWANTED, 0, 0, 0, 0, NULL},
	{"all with a dot", "all.", SPF_FAULT_UNKNOWN_MECHANISM, 0, 0, 0, 0, NULL},
	{"a longer name", "allx", SPF_FAULT_UNKNOWN_MECHANISM, 0, 0, 0, 0, NULL},
	{"a name of nine octets", "redirects:a.example", SPF_FAULT_UNKNOWN_MECHANISM, 0, 0, 0, 0, NULL},
	{"redirect as mechanism", "redirect:a.example", SPF_FAULT_UNKNOWN_MECHANISM, 0, 0, 0, 0, NULL},
	{"ipv4:", "ipv4:192.0.2.1", SPF_FAULT_UNKNOWN_MECHANISM, 0, 0, 0, 0, NULL},
	{"a name in a digit", "4ip:192.0.2.1", SPF_FAULT_UNKNOWN_MECHANISM, 0, 0, 0, 0, NULL},

	{"include without argument", "include", SPF_FAULT_ARGUMENT_MISSING, 0, 0, 0, 0, NULL},
	{"include with an empty one", "include:", SPF_FAULT_ARGUMENT_MISSING, 0, 0, 0, 0, NULL},
	{"include with a prefix length", "include:a.example/24", SPF_FAULT_TOP_LABEL, 0, 0, 0, 0, NULL},
	{"include=", "include=a.example", SPF_FAULT_NONE, SPF_UNKNOWN_MODIFIER, INKAN_PASS, 32, 128, ""},
	{"exists without argument", "exists", SPF_FAULT_ARGUMENT_MISSING, 0, 0, 0, 0, NULL},

	{"P13 a", "a", SPF_FAULT_NONE, SPF_A, INKAN_PASS, 32, 128, ""},
	{"P13 a with a name", "a:m.example", SPF_FAULT_NONE, SPF_A, INKAN_PASS, 32, 128, "m.example"},
	{"P13 IPv4 prefix length", "a/24", SPF_FAULT_NONE, SPF_A, INKAN_PASS, 24, 128, ""},
	{"P13 IPv6 prefix length", "a//64", SPF_FAULT_NONE, SPF_A, INKAN_PASS, 32, 64, ""},
	{"P13 both", "mx:m.example/24//64", SPF_FAULT_NONE, SPF_MX, INKAN_PASS, 24, 64, "m.example"},
	{"P13 zero", "a/0//0", SPF_FAULT_NONE, SPF_A, INKAN_PASS, 0, 0, ""},
	{"P13 the largest", "a/32//128", SPF_FAULT_NONE, SPF_A, INKAN_PASS, 32, 128, ""},
	{"P13 IPv4 beyond", "a/33", SPF_FAULT_CIDR4, 0, 0, 0, 0, NULL},
	{"P13 IPv6 beyond", "a//129", SPF_FAULT_CIDR6, 0, 0, 0, 0, NULL},
	{"P13 IPv4 with leading zero", "a/024", SPF_FAULT_CIDR4, 0, 0, 0, 0, NULL},
	{"P13 IPv6 with leading zero", "a//064", SPF_FAULT_CIDR6, 0, 0, 0, 0, NULL},
	{"P13 two zeros", "a/00", SPF_FAULT_CIDR4, 0, 0, 0, 0, NULL},
	{"P13 a number of many digits", "a/99999999999999999999", SPF_FAULT_CIDR4, 0, 0, 0, 0, NULL},
	{"P13 empty IPv4", "a/", SPF_FAULT_ARGUMENT_UNWANTED, 0, 0, 0, 0, NULL},
	{"P13 empty IPv6", "a/24//", SPF_FAULT_ARGUMENT_UNWANTED, 0, 0, 0, 0, NULL},
	{"P13 one slash for IPv6", "a/24/64", SPF_FAULT_CIDR4, 0, 0, 0, 0, NULL},
	{"P13 in the wrong order", "a//64/24", SPF_FAULT_ARGUMENT_UNWANTED, 0, 0, 0, 0, NULL},
	{"P13 an empty name", "a:", SPF_FAULT_ARGUMENT_MISSING, 0, 0, 0, 0, NULL},
	{"P13 an empty name with length", "a:/24", SPF_FAULT_ARGUMENT_MISSING, 0, 0, 0, 0, NULL},
	{"a slash in the name", "a:x/y.m.example/24", SPF_FAULT_NONE, SPF_A, INKAN_PASS, 24, 128, "x/y.m.example"},
	{"a colon in the name", "a:x:y.m.example", SPF_FAULT_NONE, SPF_A, INKAN_PASS, 32, 128, "x:y.m.example"},
	{"a port", "a:m.example:25", SPF_FAULT_TOP_LABEL, 0, 0, 0, 0, NULL},
	{"an address where a name belongs", "a:192.0.2.1", SPF_FAULT_TOP_LABEL, 0, 0, 0, 0, NULL},
	{"a name of one label", "a:museum", SPF_FAULT_TOP_LABEL, 0, 0, 0, 0, NULL},
	{"a name of one label and a dot", "a:museum.", SPF_FAULT_TOP_LABEL, 0, 0, 0, 0, NULL},
	{"a dot and a top label", "a:.museum", SPF_FAULT_NONE, SPF_A, INKAN_PASS, 32, 128, ".museum"},
	{"a top label of digits", "a:m.123", SPF_FAULT_TOP_LABEL, 0, 0, 0, 0, NULL},
	{"a top label of digits and a letter", "a:m.1x3", SPF_FAULT_NONE, SPF_A, INKAN_PASS, 32, 128, "m.1x3"},
	{"a top label with hyphens", "a:m.xn--p1ai", SPF_FAULT_NONE, SPF_A, INKAN_PASS, 32, 128, "m.xn--p1ai"},
	{"a top label of digits and a hyphen", "a:m.1-3", SPF_FAULT_NONE, SPF_A, INKAN_PASS, 32, 128, "m.1-3"},
	{"a top label that begins with a hyphen", "a:m.-x", SPF_FAULT_TOP_LABEL, 0, 0, 0, 0, NULL},
	{"a top label that ends in a hyphen", "a:m.x-", SPF_FAULT_TOP_LABEL, 0, 0, 0, 0, NULL},
	{"an underscore in the top label", "a:m.x_y", SPF_FAULT_TOP_LABEL, 0, 0, 0, 0, NULL},
	{"two dots at the end", "a:m.example..", SPF_FAULT_TOP_LABEL, 0, 0, 0, 0, NULL},
	{"P26 a dot at the end", "a:m.example.", SPF_FAULT_NONE, SPF_A, INKAN_PASS, 32, 128, "m.example."},
	{"ptr", "ptr", SPF_FAULT_NONE, SPF_PTR, INKAN_PASS, 32, 128, ""},
	{"ptr with a name", "?ptr:m.example", SPF_FAULT_NONE, SPF_PTR, INKAN_NEUTRAL, 32, 128, "m.example"},
	{"ptr with a prefix length", "ptr/24", SPF_FAULT_ARGUMENT_UNWANTED, 0, 0, 0, 0, NULL},
	{"ptr with an empty name", "ptr:", SPF_FAULT_ARGUMENT_MISSING, 0, 0, 0, 0, NULL},

	{"P17 ip4", "ip4:192.0.2.1", SPF_FAULT_NONE, SPF_IP4, INKAN_PASS, 32, 128, ""},
	{"P17 ip4 with prefix length", "-ip4:192.0.2.0/24", SPF_FAULT_NONE, SPF_IP4, INKAN_FAIL, 24, 128, ""},
	{"P17 ip4 /0", "ip4:0.0.0.0/0", SPF_FAULT_NONE, SPF_IP4, INKAN_PASS, 0, 128, ""},
	{"P17 ip4 alone", "ip4", SPF_FAULT_ARGUMENT_MISSING, 0, 0, 0, 0, NULL},
	{"P17 ip4 empty", "ip4:", SPF_FAULT_IP4, 0, 0, 0, 0, NULL},
	{"P17 ip4 three numbers", "ip4:192.0.2", SPF_FAULT_IP4, 0, 0, 0, 0, NULL},
	{"P17 ip4 three numbers and a length", "ip4:192.0.2/24", SPF_FAULT_IP4, 0, 0, 0, 0, NULL},
	{"P17 ip4 five numbers", "ip4:192.0.2.1.1", SPF_FAULT_IP4, 0, 0, 0, 0, NULL},
	{"P17 ip4 256", "ip4:192.0.2.256", SPF_FAULT_IP4, 0, 0, 0, 0, NULL},
	{"P17 ip4 255", "ip4:255.255.255.255", SPF_FAULT_NONE, SPF_IP4, INKAN_PASS, 32, 128, ""},
	{"P17 ip4 leading zero", "ip4:192.0.02.1", SPF_FAULT_IP4, 0, 0, 0, 0, NULL},
	{"P17 ip4 empty number", "ip4:192..2.1", SPF_FAULT_IP4, 0, 0, 0, 0, NULL},
	{"P17 ip4 length beyond", "ip4:192.0.2.1/33", SPF_FAULT_CIDR4, 0, 0, 0, 0, NULL},
	{"P17 ip4 length with leading zero", "ip4:192.0.2.1/08", SPF_FAULT_CIDR4, 0, 0, 0, 0, NULL},
	{"P17 ip4 length empty", "ip4:192.0.2.1/", SPF_FAULT_CIDR4, 0, 0, 0, 0, NULL},
	{"P17 ip4 length of ip6", "ip4:192.0.2.1//32", SPF_FAULT_CIDR4, 0, 0, 0, 0, NULL},
	{"P17 ip4 with a port", "ip4:192.0.2.1:25", SPF_FAULT_IP4, 0, 0, 0, 0, NULL},
	{"P17 ip4 in brackets", "ip4:[192.0.2.1]", SPF_FAULT_IP4, 0, 0, 0, 0, NULL},
	{"P17 ip4 with an IPv6 address", "ip4:2001:db8::1", SPF_FAULT_IP4, 0, 0, 0, 0, NULL},
	{"P17 ip4 of a name", "ip4:m.example", SPF_FAULT_IP4, 0, 0, 0, 0, NULL},
	{"P17 ip4/", "ip4/8", SPF_FAULT_ARGUMENT_UNWANTED, 0, 0, 0, 0, NULL},
	{"P17 ip6", "ip6:2001:db8::1", SPF_FAULT_NONE, SPF_IP6, INKAN_PASS, 32, 128, ""},
	{"P17 ip6 with prefix length", "ip6:2001:db8::/32", SPF_FAULT_NONE, SPF_IP6, INKAN_PASS, 32, 32, ""},
	{"P17 ip6 ::", "ip6:::/0", SPF_FAULT_NONE, SPF_IP6, INKAN_PASS, 32, 0, ""},
	{"P17 ip6 in upper case", "ip6:CAFE:BABE:8000::/33", SPF_FAULT_NONE, SPF_IP6, INKAN_PASS, 32, 33, ""},
	{"P17 ip6 with an IPv4 tail", "ip6:::ffff:192.0.2.1", SPF_FAULT_NONE, SPF_IP6, INKAN_PASS, 32, 128, ""},
	{"P17 ip6 with two ::", "ip6:2001::db8::1", SPF_FAULT_IP6, 0, 0, 0, 0, NULL},
	{"P17 ip6 with nine groups", "ip6:1:2:3:4:5:6:7:8:9", SPF_FAULT_IP6, 0, 0, 0, 0, NULL},
	{"P17 ip6 with a zone", "ip6:fe80::1%eth0", SPF_FAULT_IP6, 0, 0, 0, 0, NULL},
	{"P17 ip6 with an IPv4 address", "ip6:192.0.2.1", SPF_FAULT_IP6, 0, 0, 0, 0, NULL},
	{"P17 ip6 alone", "ip6", SPF_FAULT_ARGUMENT_MISSING, 0, 0, 0, 0, NULL},
	{"P17 ip6 length beyond", "ip6:2001:db8::/129", SPF_FAULT_CIDR6, 0, 0, 0, 0, NULL},
	{"P17 ip6 length with leading zero", "ip6:2001:db8::/032", SPF_FAULT_CIDR6, 0, 0, 0, 0, NULL},

	{"P7 an unknown modifier", "moo.cow-far_out=man:dog/cat", SPF_FAULT_NONE, SPF_UNKNOWN_MODIFIER, INKAN_PASS, 32,
         128, ""},
	{"P7 an unknown modifier without value", "moo=", SPF_FAULT_NONE, SPF_UNKNOWN_MODIFIER, INKAN_PASS, 32, 128, ""},
	{"P7 an unknown modifier with macros", "moo=%{l}%_%{r}", SPF_FAULT_NONE, SPF_UNKNOWN_MODIFIER, INKAN_PASS, 32,
         128, ""},
	{"P7 an unknown modifier with a wrong macro", "moo=%x", SPF_FAULT_MACRO, 0, 0, 0, 0, NULL},
	{"P7 a modifier without name", "=x", SPF_FAULT_UNKNOWN_MECHANISM, 0, 0, 0, 0, NULL},
	{"P7 a modifier that begins with a digit", "1m=x", SPF_FAULT_UNKNOWN_MECHANISM, 0, 0, 0, 0, NULL},
	{"P7 a slash before =", "moo/x=y", SPF_FAULT_UNKNOWN_MECHANISM, 0, 0, 0, 0, NULL},
	{"redirect without value", "redirect=", SPF_FAULT_ARGUMENT_MISSING, 0, 0, 0, 0, NULL},
	{"exp without value", "exp=", SPF_FAULT_ARGUMENT_MISSING, 0, 0, 0, 0, NULL},
	{"exp", "exp=e.%{d}", SPF_FAULT_NONE, SPF_EXP, INKAN_PASS, 32, 128, "e.%{d}"},

	{"an octet above 127", "a:\xc3\xa9.example", SPF_FAULT_CHARACTER, 0, 0, 0, 0, NULL},
	{"an octet above 127 in the name", "\xe2\x80\x9cmx", SPF_FAULT_CHARACTER, 0, 0, 0, 0, NULL},
	{"a tabulator", "mx\tall", SPF_FAULT_CHARACTER, 0, 0, 0, 0, NULL},
	{"a line end", "mx\r\n", SPF_FAULT_CHARACTER, 0, 0, 0, 0, NULL},
	{"DEL", "a:\x7f.example", SPF_FAULT_CHARACTER, 0, 0, 0, 0, NULL},
};

static void run_term(const void *row)
{
	const struct term_row *r = row;
	char text[200];
	struct spf_term term;

	snprintf(text, sizeof text, "v=spf1 %s", r->term);
	struct str record = str_c(text);
	enum spf_fault_id fault = spf_term_parse(record, str_skip(record, 7), &term);

	assert_string_equal(spf_fault(fault)->text, spf_fault(r->fault)->text);
	if (r->fault)
		return;
	struct spf_record whole = {.text = record, .terms = &term, .count = 1};

	assert_int_equal(term.kind, r->kind);
	assert_int_equal(term.result, r->result);
	assert_int_equal(term.cidr4, r->cidr4);
	assert_int_equal(term.cidr6, r->cidr6);
	assert_true(str_eq(spf_term_domain(&whole, &term), str_c(r->domain)));
	assert_true(str_eq(spf_term_text(&whole, &term), str_c(r->term)));
}

static void nul_in_a_term(const void *row)
{
	struct spf_term term;
	struct str record = {"v=spf1 a\0", 9};

	(void)row;
	assert_int_equal(spf_term_parse(record, str_skip(record, 7), &term), SPF_FAULT_CHARACTER);
	record = STR("v=spf1 \0a");
	assert_int_equal(spf_term_parse(record, str_skip(record, 7), &term), SPF_FAULT_CHARACTER);
	record = STR("v=spf1 a:m.example\0");
	assert_int_equal(spf_term_parse(record, str_skip(record, 7), &term), SPF_FAULT_CHARACTER);
}

/* ---- which TXT record is one ---- */

static const struct version_row {
	const char *name;
	struct str text;
	bool want;
} versions[] = {
	{"P3 version alone", {"v=spf1", 6}, true},
	{"P3 version and a space", {"v=spf1 ", 7}, true},
	{"P3 version and terms", {"v=spf1 -all", 11}, true},
	{"P3 any case", {"V=SpF1 -all", 11}, true},
	{"P3 a longer version", {"v=spf10", 7}, false},
	{"P3 no space behind", {"v=spf1mx", 8}, false},
	{"P3 a tabulator behind", {"v=spf1\t-all", 11}, false},
	{"P3 a space before", {" v=spf1 -all", 12}, false},
	{"P3 a quote before", {"\"v=spf1 -all\"", 13}, false},
	{"P3 spaces inside", {"v = spf1 -all", 13}, false},
	{"P3 Sender ID", {"spf2.0/pra -all", 15}, false},
	{"P3 too short", {"v=spf", 5}, false},
	{"P3 empty", {"", 0}, false},
	{"P3 a NUL behind", {"v=spf1\0", 7}, false},
};

static void run_version(const void *row)
{
	const struct version_row *r = row;

	assert_int_equal(spf_record_is(r->text), r->want);
}

/* ---- whole records ---- */

static const struct record_row {
	const char *name;
	const char *text;
	enum spf_fault_id fault;
	size_t count, trouble_at, trouble_size; /* terms; where the fault is */
	bool has_redirect, has_exp;
} records[] = {
	{"no terms", "v=spf1", SPF_FAULT_NONE, 0, 0, 0, false, false},
	{"spaces only", "v=spf1    ", SPF_FAULT_NONE, 0, 0, 0, false, false},
	{"many spaces", "v=spf1   mx   -all  ", SPF_FAULT_NONE, 2, 0, 0, false, false},
	{"P5 an error behind all", "v=spf1 mx -all moo", SPF_FAULT_UNKNOWN_MECHANISM, 0, 15, 3, false, false},
	{"P5 the first error counts", "v=spf1 a:x ip4:1 -all", SPF_FAULT_TOP_LABEL, 0, 7, 3, false, false},
	{"P7 redirect and exp", "v=spf1 exp=e.example redirect=r.example", SPF_FAULT_NONE, 2, 0, 0, true, true},
	{"P7 redirect before all", "v=spf1 redirect=r.example -all", SPF_FAULT_NONE, 2, 0, 0, false, false},
	{"P7 redirect behind all", "v=spf1 -all redirect=r.example", SPF_FAULT_NONE, 2, 0, 0, false, false},
	{"P7 two redirects", "v=spf1 redirect=r.example redirect=r.example", SPF_FAULT_REPEATED_REDIRECT, 0, 26, 18,
         false, false},
	{"P7 two redirects with all", "v=spf1 redirect=r.example redirect=r.example -all", SPF_FAULT_REPEATED_REDIRECT,
         0, 26, 18, false, false},
	{"P7 two exps", "v=spf1 exp=e.example -all exp=f.example", SPF_FAULT_REPEATED_EXP, 0, 26, 13, false, false},
	{"P7 two unknown modifiers", "v=spf1 x=1 x=1 -all", SPF_FAULT_NONE, 3, 0, 0, false, false},
};

static void run_record(const void *row)
{
	const struct record_row *r = row;
	struct arena arena;
	struct spf_record record;
	struct spf_trouble trouble;
	enum spf_fault_id fault;

	arena_init(&arena, ARENA_MAX);
	assert_int_equal(spf_record_parse(&arena, str_c(r->text), &record, &fault, &trouble), INKAN_OK);
	assert_string_equal(spf_fault(fault)->text, spf_fault(r->fault)->text);
	if (fault) {
		assert_int_equal(trouble.at, r->trouble_at);
		assert_int_equal(trouble.size, r->trouble_size);
	} else {
		assert_int_equal(record.count, r->count);
		assert_int_equal(record.redirect != NULL, r->has_redirect);
		assert_int_equal(record.exp != NULL, r->has_exp);
	}
	arena_release(&arena);
}

/* ---- sizes ---- */

static struct str long_record(size_t count, const char *term, size_t pad_to)
{
	struct buf b;

	buf_init(&b, 1024 * 1024);
	buf_put_c(&b, "v=spf1");
	for (size_t i = 0; i < count; i++)
		buf_put_c(&b, term);
	while (b.n < pad_to)
		buf_put_char(&b, ' ');
	assert_int_equal(buf_error(&b), INKAN_OK);
	return buf_str(&b);
}

static const struct size_row {
	const char *name;
	size_t terms;
	const char *term;
	size_t size;
	enum spf_fault_id fault;
} sizes[] = {
	{"1000 terms", SPF_TERMS_MAX, " mx", 0, SPF_FAULT_NONE},
	{"1001 terms", SPF_TERMS_MAX + 1, " mx", 0, SPF_FAULT_TOO_MANY_TERMS},
	{"10,000 terms", 10000, " mx", 0, SPF_FAULT_TOO_MANY_TERMS},
	{"65,535 octets", 1, " -all", SPF_RECORD_MAX, SPF_FAULT_NONE},
	{"65,536 octets", 1, " -all", SPF_RECORD_MAX + 1, SPF_FAULT_RECORD_SIZE},
};

static void run_size(const void *row)
{
	const struct size_row *r = row;
	struct str text = long_record(r->terms, r->term, r->size);
	struct arena arena;
	struct spf_record record;
	struct spf_trouble trouble;
	enum spf_fault_id fault;

	arena_init(&arena, ARENA_MAX);
	assert_int_equal(spf_record_parse(&arena, text, &record, &fault, &trouble), INKAN_OK);
	assert_string_equal(spf_fault(fault)->text, spf_fault(r->fault)->text);
	arena_release(&arena);
	free((char *)(uintptr_t)text.p);
}

/* A domain-spec at the limit and beyond; `tail` makes it a name. */
static void domain_spec_size(const void *row)
{
	static const char tail[] = ".example";
	char spec[SPF_DOMAIN_SPEC_MAX + 2];
	unsigned letters = 0;

	(void)row;
	memset(spec, 'x', sizeof spec);
	memcpy(spec + SPF_DOMAIN_SPEC_MAX - 8, tail, 8);
	assert_int_equal(spf_domain_spec_check(str_from(spec, SPF_DOMAIN_SPEC_MAX), &letters), SPF_FAULT_NONE);
	memcpy(spec + SPF_DOMAIN_SPEC_MAX - 7, tail, 8);
	assert_int_equal(spf_domain_spec_check(str_from(spec, SPF_DOMAIN_SPEC_MAX + 1), &letters),
	                 SPF_FAULT_DOMAIN_SPEC_SIZE);
}

static void no_memory(const void *row)
{
	struct arena arena;
	struct spf_record record;
	struct spf_trouble trouble;
	enum spf_fault_id fault;

	(void)row;
	arena_init(&arena, ARENA_MAX);
	alloc_fail_at(1);
	assert_int_equal(spf_record_parse(&arena, STR("v=spf1 mx -all"), &record, &fault, &trouble), INKAN_ENOMEM);
	alloc_fail_at(0);
	arena_release(&arena);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, terms, run_term);
	test_add(&list, "NUL in a term", nul_in_a_term, NULL);
	TEST_TABLE(&list, versions, run_version);
	TEST_TABLE(&list, records, run_record);
	TEST_TABLE(&list, sizes, run_size);
	test_add(&list, "a domain-spec of 1024 octets, and of 1025", domain_spec_size, NULL);
	test_add(&list, "no memory", no_memory, NULL);
	return test_run(&list, "spf/record");
}
