/* Macros (RFC 7208 section 7). The examples of section 7.4 are in tests/conformance. */
#include "spf/macro.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "support/case.h"

static const unsigned char address4[16] = {192, 0, 2, 3};
static const unsigned char address6[16] = {0x20, 0x01, 0x0d, 0xb8, [14] = 0xcb, [15] = 0x01};

static struct spf_macro_values values(bool is_ipv6)
{
	return (struct spf_macro_values){
		.sender = STR("strong-bad+x@Email.Example.com"),
		.local_part = STR("strong-bad+x"),
		.sender_domain = STR("Email.Example.com"),
		.domain = STR("d.example"),
		.validated = STR("host.d.example"),
		.helo = STR("helo.example"),
		.receiver = STR("mx.example"),
		.now = 1790000000,
		.is_ipv6 = is_ipv6,
		.address = is_ipv6 ? address6 : address4,
	};
}

/* ---- syntax ---- */

static const struct syntax_row {
	const char *name;
	const char *spec;
	enum spf_fault_id fault;
	unsigned letters;
} syntax[] = {
	{"no macro", "a.example", SPF_FAULT_NONE, 0},
	{"P18 a letter", "%{d}", SPF_FAULT_NONE, SPF_MACRO_ANY | SPF_MACRO_D},
	{"P18 all letters", "%{s}%{l}%{o}%{d}%{i}%{p}%{h}%{v}", SPF_FAULT_NONE, SPF_MACRO_ANY | 0xff},
	{"P18 letters in upper case", "%{S}%{D}", SPF_FAULT_NONE, SPF_MACRO_ANY | SPF_MACRO_S | SPF_MACRO_D},
	{"P18 digits, r, delimiters", "%{d12r.-+,/_=}", SPF_FAULT_NONE, SPF_MACRO_ANY | SPF_MACRO_D},
	{"P18 r in upper case", "%{dR}", SPF_FAULT_NONE, SPF_MACRO_ANY | SPF_MACRO_D},
	{"P18 127", "%{d127}", SPF_FAULT_NONE, SPF_MACRO_ANY | SPF_MACRO_D},
	{"P18 a number of many digits", "%{d99999999999999999999999999r}", SPF_FAULT_NONE, SPF_MACRO_ANY | SPF_MACRO_D},
	{"P18 zero", "%{d0}", SPF_FAULT_MACRO, 0},
	{"P18 zeros", "%{d000}", SPF_FAULT_MACRO, 0},
	{"P18 a leading zero", "%{d01}", SPF_FAULT_NONE, SPF_MACRO_ANY | SPF_MACRO_D},
	{"P18 an unknown letter", "%{a}.example", SPF_FAULT_MACRO, 0},
	{"P18 no letter", "%{}", SPF_FAULT_MACRO, 0},
	{"P18 two letters", "%{dd}", SPF_FAULT_MACRO, 0},
	{"P18 digits behind r", "%{dr2}", SPF_FAULT_MACRO, 0},
	{"P18 r behind a delimiter", "%{d-r}", SPF_FAULT_MACRO, 0},
	{"P18 a wrong delimiter", "%{d*}", SPF_FAULT_MACRO, 0},
	{"P18 not closed", "%{d", SPF_FAULT_MACRO, 0},
	{"P18 not closed, digits", "%{d12", SPF_FAULT_MACRO, 0},
	{"P18 cut short", "%{", SPF_FAULT_MACRO, 0},
	{"P18 a bare %", "a%.example", SPF_FAULT_MACRO, 0},
	{"P18 a % at the end", "a.example%", SPF_FAULT_MACRO, 0},
	{"P18 a bracket", "%(d).example", SPF_FAULT_MACRO, 0},
	{"P18 %%, %_ and %-", "%%%_%-", SPF_FAULT_NONE, SPF_MACRO_ANY},
	{"P18 c is for explanations", "%{c}.example", SPF_FAULT_MACRO_ONLY_IN_EXP, 0},
	{"P18 r is for explanations", "%{R}.example", SPF_FAULT_MACRO_ONLY_IN_EXP, 0},
	{"P18 t is for explanations", "%{t}.example", SPF_FAULT_MACRO_ONLY_IN_EXP, 0},
	{"a macro at the end needs no top label", "a.%{d}", SPF_FAULT_NONE, SPF_MACRO_ANY | SPF_MACRO_D},
	{"letters behind the last macro are no top label", "a.%{d}com", SPF_FAULT_TOP_LABEL, 0},
	{"a top label behind the last macro", "%{d}.com", SPF_FAULT_NONE, SPF_MACRO_ANY | SPF_MACRO_D},
	{"P26 a dot behind that", "%{d}.com.", SPF_FAULT_NONE, SPF_MACRO_ANY | SPF_MACRO_D},
	{"only a dot behind the last macro", "%{d}.", SPF_FAULT_TOP_LABEL, 0},
	{"a brace is a literal", "a}b{.example", SPF_FAULT_NONE, 0},
	{"a space", "a b.example", SPF_FAULT_CHARACTER, 0},
	{"empty", "", SPF_FAULT_ARGUMENT_MISSING, 0},
};

static void run_syntax(const void *row)
{
	const struct syntax_row *r = row;
	unsigned letters = 0;

	assert_string_equal(spf_fault(spf_domain_spec_check(str_c(r->spec), &letters))->text,
	                    spf_fault(r->fault)->text);
	assert_int_equal(letters, r->letters);
}

/* ---- names ---- */

static const struct name_row {
	const char *name;
	bool is_ipv6;
	const char *spec, *want;
} names[] = {
	{"no macro", false, "A.example", "A.example"},
	{"P26 the final dot goes", false, "a.example.", "a.example"},
	{"P26 the final dot goes behind a macro", false, "%{d}.example.", "d.example.example"},
	{"P18 s", false, "%{s}", "strong-bad+x@Email.Example.com"},
	{"P18 l", false, "%{l}.example", "strong-bad+x.example"},
	{"P18 o", false, "%{o}", "Email.Example.com"},
	{"P18 d", false, "%{d}", "d.example"},
	{"P18 p", false, "%{p}", "host.d.example"},
	{"P18 h", false, "%{h}", "helo.example"},
	{"P18 v", false, "%{v}.arpa", "in-addr.arpa"},
	{"P18 v for IPv6", true, "%{v}.arpa", "ip6.arpa"},
	{"P18 i", false, "%{i}", "192.0.2.3"},
	{"P18 ir", false, "%{ir}.x", "3.2.0.192.x"},
	{"P18 i for IPv6 is dotted nibbles", true, "%{i}",
         "2.0.0.1.0.D.B.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.C.B.0.1"},
	{"P18 digits take from the right", false, "%{o2}", "Example.com"},
	{"P18 digits and r", false, "%{o2r}", "Example.Email"},
	{"P18 more than there are", false, "%{o9}", "Email.Example.com"},
	{"P18 more than there are, reversed", false, "%{o9r}", "com.Example.Email"},
	{"P18 a huge number", false, "%{o99999999999999999999r}", "com.Example.Email"},
	{"P18 1", false, "%{o1}", "com"},
	{"P18 delimiters", false, "%{l-+}", "strong.bad.x"},
	{"P18 delimiters, reversed", false, "%{lr-+}", "x.bad.strong"},
	{"P18 delimiters, digits", false, "%{l2-+}", "bad.x"},
	{"P18 delimiters, digits, reversed", false, "%{l2r-+}", "bad.strong"},
	{"P18 delimiters without the dot leave dots alone", false, "%{o-}", "Email.Example.com"},
	{"P18 a delimiter that does not occur", false, "%{l1=}", "strong-bad+x"},
	{"P18 upper case escapes", false, "%{L}.%{S1}", "strong-bad%2Bx.com"},
	{"P18 upper case escapes parts", false, "%{S=}", "strong-bad%2Bx%40Email.Example.com"},
	{"P18 %%, %_ and %-", false, "a%%b%_c%-d.example", "a%b c%20d.example"},
};

static void run_name(const void *row)
{
	const struct name_row *r = row;
	struct spf_macro_values v = values(r->is_ipv6);
	char room[SPF_NAME_ROOM], got[SPF_NAME_ROOM + 1];
	unsigned letters = 0;

	assert_int_equal(spf_domain_spec_check(str_c(r->spec), &letters), SPF_FAULT_NONE);
	struct str name = spf_expand_name(&v, str_c(r->spec), letters, room);

	snprintf(got, sizeof got, "%.*s", STR_ARG(name));
	assert_string_equal(got, r->want);
}

static const struct parts_row {
	const char *name;
	const char *value, *spec, *want;
} parts[] = {
	{"P18 an empty value", "", "%{l}x.%{v}", "x.in-addr"},
	{"P18 an empty value, reversed", "", "%{lr}x.%{v}", "x.in-addr"},
	{"P18 an empty value, one part", "", "%{l1r}x.%{v}", "x.in-addr"},
	{"P18 empty parts stay", ".a..b.", "%{l-}%{v}", ".a..b.in-addr"},
	{"P18 empty parts stay, reversed", ".a..b.", "%{lr}%{v}", ".b..a.in-addr"},
	{"P18 an empty part from the right", ".a..b.", "%{l2}%{v}", "b.in-addr"},
	{"P18 empty parts from the left", ".a..b.", "%{l3r}%{v}", ".a.in-addr"},
	{"P18 as many parts as there are", "a-b-c", "%{l3-}%{v}", "a.b.cin-addr"},
	{"P18 as many parts as there are, reversed", "a-b-c", "%{l3r-}%{v}", "c.b.ain-addr"},
	{"P18 only delimiters", "---", "%{l2-}%{v}", ".in-addr"},
};

static void run_parts(const void *row)
{
	const struct parts_row *r = row;
	struct spf_macro_values v = values(false);
	char room[SPF_NAME_ROOM], got[SPF_NAME_ROOM + 1];

	v.local_part = str_c(r->value);
	struct str name = spf_expand_name(&v, str_c(r->spec), SPF_MACRO_ANY, room);

	snprintf(got, sizeof got, "%.*s", STR_ARG(name));
	assert_string_equal(got, r->want);
}

/* ---- names that are too long (section 7.3: "the left side is truncated") ---- */

/* `count` labels of `size` octets and "end.example" (11 octets) */
static struct str labels(char *out, size_t count, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		memset(out + n, (int)('a' + i % 26), size);
		n += size;
		out[n++] = '.';
	}
	memcpy(out + n, "end.example", 11);
	return str_from(out, n + 11);
}

static const struct long_row {
	const char *name;
	size_t count, size, want; /* octets of the result */
} longs[] = {
	{"P18 253 octets stay", 22, 10, 253},
	{"P18 254 octets are cut", 27, 8, 245},
	{"P18 many labels are cut to fit", 400, 1, 253},
	{"P18 a label beyond all measure goes", 1, 5000, 11},
};

static void run_long(const void *row)
{
	const struct long_row *r = row;
	char value[6000], room[SPF_NAME_ROOM];
	struct spf_macro_values v = values(false);

	v.domain = labels(value, r->count, r->size);
	struct str name = spf_expand_name(&v, STR("%{d}"), SPF_MACRO_ANY, room);

	assert_int_equal(name.n, r->want);
	assert_true(str_ihas_suffix(v.domain, name));
	if (name.n < v.domain.n)
		assert_int_equal(value[v.domain.n - name.n - 1], '.');
}

static void one_long_label(const void *row)
{
	char value[300], room[SPF_NAME_ROOM];
	struct spf_macro_values v = values(false);

	(void)row;
	memset(value, 'x', sizeof value);
	v.domain = str_from(value, 254);
	assert_int_equal(spf_expand_name(&v, STR("%{d}"), SPF_MACRO_ANY, room).n, 0);
	v.domain = str_from(value, 253);
	assert_int_equal(spf_expand_name(&v, STR("%{d}"), SPF_MACRO_ANY, room).n, 253);
}

/* Literals and macros that overrun the room several times keep the right end. */
static void long_literals(const void *row)
{
	char spec[SPF_DOMAIN_SPEC_MAX], room[SPF_NAME_ROOM];
	struct spf_macro_values v = values(false);
	size_t n = 0;

	(void)row;
	while (n + 12 < sizeof spec - 4) {
		memcpy(spec + n, "abcdefghij.%%", 12);
		n += 11;
	}
	memcpy(spec + n, "%{d}", 4);
	struct str name = spf_expand_name(&v, str_from(spec, n + 4), SPF_MACRO_ANY, room);

	assert_true(name.n <= DNS_NAME_MAX && name.n > DNS_NAME_MAX - 11);
	assert_true(str_ihas_suffix(name, STR("abcdefghij.d.example")));
}

/* ---- explanations ---- */

static const struct text_row {
	const char *name;
	bool is_ipv6;
	const char *text, *want;
} texts[] = {
	{"plain text", false, "See our page.", "See our page."},
	{"empty", false, "", ""},
	{"P20 c", false, "%{c} is not ours", "192.0.2.3 is not ours"},
	{"P20 c for IPv6 is for people", true, "%{c}", "2001:db8::cb01"},
	{"P20 r", false, "says %{r}", "says mx.example"},
	{"P20 t", false, "at %{t}", "at 1790000000"},
	{"P20 the RFC's URL", false, "See http://%{d}/why.html?s=%{S}&i=%{I}",
         "See http://d.example/why.html?s=strong-bad%2Bx%40Email.Example.com&i=192.0.2.3"},
};

static void run_text(const void *row)
{
	const struct text_row *r = row;
	struct spf_macro_values v = values(r->is_ipv6);
	char room[SPF_EXPANSION_MAX], got[SPF_EXPANSION_MAX + 1];
	unsigned letters;

	assert_int_equal(spf_explain_string_check(str_c(r->text), &letters), SPF_FAULT_NONE);
	struct str text = spf_expand_text(&v, str_c(r->text), room);

	snprintf(got, sizeof got, "%.*s", STR_ARG(text));
	assert_string_equal(got, r->want);
}

static void no_receiver(const void *row)
{
	struct spf_macro_values v = values(false);
	char room[SPF_EXPANSION_MAX];

	(void)row;
	v.receiver = STR_NULL;
	assert_true(str_eq(spf_expand_text(&v, STR("%{r}"), room), STR("unknown")));
}

/* 1023, 1024 and 1025 octets, and very many macros. */
static void long_text(const void *row)
{
	static char text[60000];
	struct spf_macro_values v = values(false);
	char room[SPF_EXPANSION_MAX];

	(void)row;
	memset(text, 'x', sizeof text);
	for (size_t n = SPF_EXPANSION_MAX - 1; n <= SPF_EXPANSION_MAX + 1; n++) {
		struct str out = spf_expand_text(&v, str_from(text, n), room);

		assert_int_equal(out.n, n < SPF_EXPANSION_MAX ? n : SPF_EXPANSION_MAX);
	}
	for (size_t n = 0; n < sizeof text; n += 4)
		memcpy(text + n, "%{s}", 4);
	assert_int_equal(spf_expand_text(&v, str_from(text, sizeof text), room).n, SPF_EXPANSION_MAX);
}

static void explain_syntax(const void *row)
{
	unsigned letters = 0;

	(void)row;
	assert_int_equal(spf_explain_string_check(STR("a %{p} %_"), &letters), SPF_FAULT_NONE);
	assert_int_equal(letters, SPF_MACRO_ANY | SPF_MACRO_P);
	assert_int_equal(spf_explain_string_check(STR("100 % sure"), &letters), SPF_FAULT_MACRO);
	assert_int_equal(spf_explain_string_check(STR("caf\xc3\xa9"), &letters), SPF_FAULT_CHARACTER);
	assert_int_equal(spf_explain_string_check(STR("two\r\nlines"), &letters), SPF_FAULT_CHARACTER);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, syntax, run_syntax);
	TEST_TABLE(&list, names, run_name);
	TEST_TABLE(&list, parts, run_parts);
	TEST_TABLE(&list, longs, run_long);
	test_add(&list, "P18 one label of 253 octets, and of 254", one_long_label, NULL);
	test_add(&list, "P18 literals that overrun the room", long_literals, NULL);
	TEST_TABLE(&list, texts, run_text);
	test_add(&list, "P20 r without a receiver", no_receiver, NULL);
	test_add(&list, "P20 long explanations are cut", long_text, NULL);
	test_add(&list, "P20 syntax of explanations", explain_syntax, NULL);
	return test_run(&list, "spf/macro");
}
