/* Checks of SPF records: every finding by name and place; and that the checks and the verifier never disagree. */
#include <stdio.h>

#include "check/spf_kinds.h"
#include "check/spf_record.h"
#include "support/alloc.h"
#include "support/case.h"

enum { ARENA_MAX = 16 * 1024 * 1024 };

/* One record and the findings that it must have, no more and no less: "id@position id ...", errors first. */
struct row {
	const char *name;
	const char *record;
	const char *findings;
};

static const struct row rows[] = {
	/* good ones */
	{"P27 a good record has no finding",
         "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 a mx include:_spf.example.com -all", ""},
	{"P27 nothing is sent", "v=spf1 -all", ""},
	{"P27 softfail is fine", "v=spf1 mx ~all", ""},
	{"P27 redirect is fine", "v=spf1 redirect=_spf.example.com", ""},
	{"P27 exp is fine", "v=spf1 mx -all exp=e.example.com", ""},
	{"P27 macros are fine", "v=spf1 exists:%{ir}._spf.example.com -all", ""},
	/* P3 */
	{"P3 empty", "", "version_missing@0 no_all"},
	{"P3 no version", "mx -all", "version_missing@0"},
	{"P3 a space before it", " v=spf1 -all", "version_leading@0"},
	{"P3 another version", "v=spf2 -all", "version_wrong@0"},
	{"P3 v=spf10", "v=spf10 -all", "version_wrong@0"},
	{"P3 v=spf1.0", "v=spf1.0 -all", "version_wrong@0"},
	{"P3 Sender ID", "spf2.0/pra -all", "version_wrong@0"},
	{"P3 spaces in the version", "v = spf1 -all", "version_missing@0 unknown@0 unknown@2 unknown@4"},
	{"P3 upper case", "V=SPF1 -all", "version_case@0"},
	{"P3 a semicolon behind it", "v=spf1; mx -all", "version_punctuation@6"},
	{"P3 a comma behind it", "v=spf1,mx -all", "version_punctuation@6"},
	{"P3 no space behind it", "v=spf1mx -all", "version_punctuation@6"},
	{"P4 two records in one", "v=spf1 mx -all v=spf1 a ~all", "two_records@15 dead@22 dead@24"},
	/* characters */
	{"quotes", "\"v=spf1 -all\"", "quotes@0"},
	{"quotes in the middle", "v=spf1 mx\" \"-all", "quotes@9"},
	{"typographic quotes", "“v=spf1 -all”", "smart_quotes@0"},
	{"a typographic dash", "v=spf1 mx –all", "smart_dash@10"},
	{"a backslash", "v=spf1 mx\\ -all", "backslash@9"},
	{"a no-break space", "v=spf1\xc2\xa0mx -all", "non_ascii@6"},
	{"a U-label", "v=spf1 a:bücher.example -all", "non_ascii@10"},
	{"a tabulator", "v=spf1\tmx -all", "white_space@6"},
	{"a line end", "v=spf1 mx\r\n-all", "white_space@9"},
	/* P5: names */
	{"P5 ipv4:", "v=spf1 ipv4:192.0.2.1 -all", "typo@7"},
	{"P5 -IPv6:", "v=spf1 -IPv6:2001:db8::1 -all", "typo@7"},
	{"P5 ip:", "v=spf1 ip:192.0.2.1 -all", "typo@7"},
	{"P5 inlcude:", "v=spf1 inlcude:_spf.example.com -all", "typo@7"},
	{"P5 includes=", "v=spf1 includes=_spf.example.com -all", "typo@7"},
	{"P5 -al", "v=spf1 mx -al", "typo@10 no_all"},
	{"P5 rubbish", "v=spf1 mx moo -all", "unknown@10"},
	{"P5 an address alone", "v=spf1 192.0.2.1 -all", "bare_address@7"},
	{"P5 a network alone", "v=spf1 2001:db8::/32 -all", "bare_address@7"},
	{"P5 a name alone", "v=spf1 mail.example.com -all", "bare_name@7"},
	{"P5 a comma", "v=spf1 a, mx, -all", "separator@7 separator@10"},
	{"P5 a semicolon at the end", "v=spf1 mx -all;", "separator@10 no_all"},
	{"P5 a full stop at the end", "v=spf1 mx -all.", "separator@10 no_all"},
	{"P5 a comma behind a network", "v=spf1 ip4:192.0.2.0/24, -all", "separator@7"},
	{"P5 a comma behind a name", "v=spf1 a:m.example.com, -all", "separator@7"},
	{"P5 a space behind the qualifier", "v=spf1 mx - all", "qualifier_alone@10 plus_all@12"},
	{"P5 a space behind the colon", "v=spf1 include: _spf.example.com -all", "argument_missing@7 bare_name@16"},
	{"P5 include without value", "v=spf1 include -all", "argument_missing@7"},
	{"P5 a value that is not wanted", "v=spf1 ptr/24 -all", "argument_unwanted@7"},
	{"P5 all with a value", "v=spf1 -all:x.example", "argument_unwanted@7 no_all"},
	/* P6, P7: modifiers */
	{"P7 include=", "v=spf1 include=_spf.example.com -all", "equals_for_colon@7"},
	{"P7 ip4=", "v=spf1 ip4=192.0.2.1 -all", "equals_for_colon@7"},
	{"P7 redirect:", "v=spf1 redirect:_spf.example.com", "colon_for_equals@7 no_all"},
	{"P7 exp:", "v=spf1 -all exp:e.example.com", "colon_for_equals@12"},
	{"P7 an unknown modifier", "v=spf1 moo=x -all", "unknown_modifier@7"},
	{"P7 redirect with all", "v=spf1 -all redirect=_spf.example.com", "redirect_dead@12"},
	{"P7 two redirects", "v=spf1 redirect=a.example redirect=b.example", "repeated_modifier@26"},
	{"P7 two exps", "v=spf1 -all exp=a.example exp=a.example", "repeated_modifier@26"},
	{"P7 behind all", "v=spf1 -all mx", "dead@12"},
	{"P7 neither all nor redirect", "v=spf1 mx", "no_all"},
	{"P20 exp without -", "v=spf1 mx ~all exp=e.example.com", "exp_unused@15"},
	/* P27: policies */
	{"P27 +all", "v=spf1 mx +all", "plus_all@10"},
	{"P27 all", "v=spf1 mx all", "plus_all@10"},
	{"P27 ?all", "v=spf1 mx ?all", "neutral_all@10"},
	{"P27 ptr", "v=spf1 ptr -all", "ptr@7"},
	{"P27 a term twice", "v=spf1 mx +MX -all", "repeated@10"},
	{"P9 eleven look-ups", "v=spf1 a:a.x a:b.x a:c.x a:d.x a:e.x a:f.x a:g.x a:h.x a:i.x a:j.x mx -all",
         "lookups_own"},
	{"P9 ten look-ups", "v=spf1 a:a.x a:b.x a:c.x a:d.x a:e.x a:f.x a:g.x a:h.x a:i.x a:j.x -all", ""},
	/* P13, P17: networks */
	{"P13 an address in a", "v=spf1 a:192.0.2.1 -all", "address_as_name@7"},
	{"P13 an IPv6 address in mx", "v=spf1 mx:2001:db8::1 -all", "address_as_name@7"},
	{"P13 a network in include", "v=spf1 include:192.0.2.0/24 -all", "address_as_name@7"},
	{"P13 a prefix length beyond", "v=spf1 a/33 -all", "cidr4@7"},
	{"P13 a prefix length with a zero before it", "v=spf1 a/024 -all", "cidr4@7"},
	{"P13 one slash for IPv6", "v=spf1 mx/64 -all", "cidr4@7"},
	{"P13 an IPv6 length beyond", "v=spf1 a//129 -all", "cidr6@7"},
	{"P13 a wide a", "v=spf1 a/8 -all", "wide@7"},
	{"P13 a/0", "v=spf1 a/0 -all", "everybody@7"},
	{"P17 ip4 of IPv6", "v=spf1 ip4:2001:db8::1 -all", "ip4_is_ip6@7"},
	{"P17 ip6 of IPv4", "v=spf1 ip6:192.0.2.1 -all", "ip6_is_ip4@7"},
	{"P17 three numbers", "v=spf1 ip4:192.0.2/24 -all", "ip4@7"},
	{"P17 a number beyond", "v=spf1 ip4:192.0.2.256 -all", "ip4@7"},
	{"P17 a range", "v=spf1 ip4:192.0.2.1-9 -all", "ip4@7"},
	{"P17 a name", "v=spf1 ip4:mail.example.com -all", "ip4@7"},
	{"P17 brackets", "v=spf1 ip6:[2001:db8::1] -all", "ip6@7"},
	{"P17 a length beyond", "v=spf1 ip4:192.0.2.0/33 -all", "cidr4@7"},
	{"P17 an IPv6 length beyond", "v=spf1 ip6:2001:db8::/129 -all", "cidr6@7"},
	{"P17 an address inside the network", "v=spf1 ip4:192.0.2.17/24 -all", "host_bits@7"},
	{"P17 the same for IPv6", "v=spf1 ip6:2001:db8::1/64 -all", "host_bits@7"},
	{"P17 /16 is wide", "v=spf1 ip4:198.51.0.0/16 -all", "wide@7"},
	{"P17 /17 is not", "v=spf1 ip4:198.51.0.0/17 -all", ""},
	{"P17 -/16 is not", "v=spf1 -ip4:198.51.0.0/16 ~all", ""},
	{"P17 IPv6 /31 is wide", "v=spf1 ip6:2001:db8::/31 -all", "wide@7"},
	{"P17 /0", "v=spf1 ip4:0.0.0.0/0 -all", "everybody@7"},
	{"P17 a private network", "v=spf1 ip4:10.0.0.0/8 -all", "private@7"},
	{"P17 the last private address", "v=spf1 ip4:172.31.255.255 -all", "private@7"},
	{"P17 the next is not", "v=spf1 ip4:172.32.0.0 -all", ""},
	{"P17 loopback", "v=spf1 ip6:::1 -all", "private@7"},
	/* names */
	{"a name of one label", "v=spf1 a:mail -all", "top_label@7"},
	{"a URL", "v=spf1 include:https://_spf.example.com -all", "odd_name@7"},
	{"a mailbox", "v=spf1 include:u@example.com -all", "odd_name@7"},
	{"P26 a dot at the end", "v=spf1 include:_spf.example.com. -all", "final_dot@7"},
	/* P18, P19: macros */
	{"P18 a bare percent sign", "v=spf1 exists:%(ir).example.com -all", "macro@7"},
	{"P18 a macro of explanations", "v=spf1 exists:%{c}.example.com -all", "macro_only_in_exp@7"},
	{"P19 %{p}", "v=spf1 exists:%{p}.example.com -all", "macro_p@7"},
	{"P25 %{l}", "v=spf1 exists:%{l}.example.com -all", "macro_sender@7"},
	{"P25 %{l} in exp", "v=spf1 -all exp=%{l}.example.com", ""},
};

struct check {
	struct arena arena;
	struct findings findings;
	struct spf_record_report report;
	int error;
};

static void check_begin(struct check *c, struct str record)
{
	*c = (struct check){.error = INKAN_OK};
	arena_init(&c->arena, ARENA_MAX);
	findings_init(&c->findings, &c->arena);
	c->error = spf_record_check(&c->findings, record, &c->report);
	findings_sort(&c->findings);
}

static void check_end(struct check *c)
{
	arena_release(&c->arena);
}

/* Ids without "spf_". */
static void print_findings(struct buf *out, const struct findings *f)
{
	for (size_t i = 0; i < f->count; i++) {
		assert_true(strncmp(f->items[i].kind->id, "spf_", 4) == 0);
		buf_printf(out, "%s%s", i ? " " : "", f->items[i].kind->id + 4);
		if (f->items[i].position != FINDING_NOWHERE)
			buf_printf(out, "@%zu", f->items[i].position);
	}
	buf_put_char(out, '\0');
}

static void run_row(const void *row)
{
	const struct row *r = row;
	struct check c;
	struct buf found;

	check_begin(&c, str_c(r->record));
	assert_int_equal(c.error, INKAN_OK);
	buf_init(&found, 10000);
	print_findings(&found, &c.findings);
	assert_string_equal(found.p, r->findings);
	buf_release(&found);
	check_end(&c);
}

/* The promise of spf_record.h, by the parser of the verifier. */
static void promise(struct str text)
{
	struct spf_record record;
	struct spf_trouble trouble;
	enum spf_fault_id fault = SPF_FAULT_NO_RECORD;
	struct check c;

	check_begin(&c, text);
	assert_int_equal(c.error, INKAN_OK);
	if (spf_record_is(text))
		assert_int_equal(spf_record_parse(&c.arena, text, &record, &fault, &trouble), INKAN_OK);
	assert_int_equal(c.report.is_accepted, fault == SPF_FAULT_NONE);
	if (fault)
		assert_int_equal(findings_worst(&c.findings), SEVERITY_ERROR);
	for (size_t i = 0; i < c.findings.count; i++) {
		const struct finding *f = &c.findings.items[i];

		assert_true(f->position == FINDING_NOWHERE || f->position <= text.n);
		assert_null(strstr(f->text.en, "{0}"));
	}
	check_end(&c);
}

static void checks_agree_with_the_verifier(const void *row)
{
	const struct row *r = row;
	struct check c;

	promise(str_c(r->record));
	check_begin(&c, str_c(r->record));
	assert_null(findings_find(&c.findings, &spf_kinds[SPF_F_REFUSED])); /* every reason is known */
	check_end(&c);
}

/* Every octet of a good record changed or cut off: never a crash, and the promise holds. */
static void damaged_records_keep_the_promise(const void *row)
{
	static const char good[] = "v=spf1 ip4:192.0.2.0/24 a:m.example/24//64 include:%{d2}.x.example exp=e.x -all";
	static const char changes[] = "\"\\=: /%{}\xe2,;A0-+.\t";
	char text[sizeof good];

	(void)row;
	for (size_t i = 0; i < sizeof good - 1; i++)
		for (size_t k = 0; k < sizeof changes; k++) {
			memcpy(text, good, sizeof good);
			text[i] = changes[k];
			promise(str_from(text, sizeof good - 1));
			promise(str_from(text, i));
		}
}

/* ---- what a finding says ---- */

static const struct text_row {
	const char *name;
	const char *record;
	const char *text, *fix; /* of the first finding; NULL: not compared */
} texts[] = {
	{"ipv4: is corrected", "v=spf1 ipv4:192.0.2.1 -all",
         "there is no mechanism “ipv4”; “ip4:192.0.2.1” seems to be meant", "write ip4:192.0.2.1"},
	{"the qualifier stays", "v=spf1 ~ipv4:192.0.2.1 -all", NULL, "write ~ip4:192.0.2.1"},
	{"a:address", "v=spf1 a:192.0.2.1 -all", NULL, "write ip4:192.0.2.1"},
	{"ip4 of IPv6", "v=spf1 ?ip4:2001:db8::/32 -all", NULL, "write ?ip6:2001:db8::/32"},
	{"include=", "v=spf1 include=x.example -all", NULL, "write include:x.example"},
	{"redirect:", "v=spf1 redirect:x.example", NULL, "write redirect=x.example"},
	{"host bits", "v=spf1 +ip4:198.51.100.77/26 -all", NULL,
         "write +ip4:198.51.100.64/26, or leave the length out if you mean that one address"},
	{"host bits of IPv6", "v=spf1 ip6:2001:db8::1/64 -all", NULL,
         "write ip6:2001:db8::/64, or leave the length out if you mean that one address"},
	{"how wide", "v=spf1 ip4:198.0.0.0/8 -all", "“ip4:198.0.0.0/8” lets 16777216 addresses send in your name",
         NULL},
	{"how wide, IPv6", "v=spf1 ip6:2000::/3 -all", "“ip6:2000::/3” lets 2^125 addresses send in your name", NULL},
	{"a comma", "v=spf1 mx, -all", NULL, "write mx"},
	{"an address alone", "v=spf1 2001:db8::1 -all", NULL, "write ip6:2001:db8::1"},
};

static void run_text(const void *row)
{
	const struct text_row *r = row;
	struct check c;

	check_begin(&c, str_c(r->record));
	assert_int_equal(c.error, INKAN_OK);
	assert_true(c.findings.count >= 1);
	if (r->text)
		assert_string_equal(c.findings.items[0].text.en, r->text);
	if (r->fix)
		assert_string_equal(c.findings.items[0].fix.en, r->fix);
	check_end(&c);
}

/* ---- sizes, and what is reported ---- */

static bool says(size_t size, size_t terms, enum spf_finding kind)
{
	static char text[SPF_RECORD_MAX + 10];
	struct check c;
	size_t n = 6;

	memset(text, ' ', sizeof text);
	memcpy(text, "v=spf1", 6);
	for (size_t i = 0; i < terms; i++, n += 5)
		memcpy(text + n, " -all", 5);
	check_begin(&c, str_from(text, size ? size : n));
	assert_int_equal(c.error, INKAN_OK);
	bool said = findings_find(&c.findings, &spf_kinds[kind]) != NULL;

	check_end(&c);
	return said;
}

static void sizes(const void *row)
{
	(void)row;
	assert_false(says(SPF_RECORD_SAFE_MAX, 1, SPF_F_LONG));
	assert_true(says(SPF_RECORD_SAFE_MAX + 1, 1, SPF_F_LONG));
	assert_false(says(255, 1, SPF_F_STRINGS));
	assert_true(says(256, 1, SPF_F_STRINGS));
	assert_false(says(SPF_RECORD_MAX, 1, SPF_F_TOO_LARGE));
	assert_true(says(SPF_RECORD_MAX + 1, 1, SPF_F_TOO_LARGE));
	assert_false(says(0, SPF_TERMS_MAX, SPF_F_TOO_MANY_TERMS));
	assert_true(says(0, SPF_TERMS_MAX + 1, SPF_F_TOO_MANY_TERMS));
}

static void report(const void *row)
{
	struct check c;

	(void)row;
	check_begin(&c, STR("v=spf1  mx a:m.example moo include:x.example ptr -all"));
	assert_false(c.report.is_accepted);
	assert_int_equal(c.report.term_count, 6);
	assert_true(str_eq(c.report.terms[0], STR("mx")));
	assert_true(str_eq(c.report.terms[5], STR("-all")));
	assert_int_equal(c.report.lookups, 4);
	check_end(&c);
}

static void no_memory(const void *row)
{
	(void)row;
	for (size_t n = 1;; n++) {
		struct check c = {.error = INKAN_OK};

		arena_init(&c.arena, ARENA_MAX);
		findings_init(&c.findings, &c.arena);
		alloc_fail_at(n);
		c.error = spf_record_check(&c.findings, STR("v=spf1 ipv4:192.0.2.1 ip4:192.0.2.1/24 a:1.2.3.4 -all"),
		                           &c.report);
		bool reached = alloc_count() >= n;

		alloc_fail_at(0);
		assert_int_equal(c.error, reached ? INKAN_ENOMEM : INKAN_OK);
		check_end(&c);
		if (!reached)
			break;
	}
}

int main(void)
{
	struct test_list list = {0};
	static char names[sizeof rows / sizeof *rows][120];

	TEST_TABLE(&list, rows, run_row);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(names[i], sizeof names[i], "as the verifier: %s", rows[i].name);
		test_add(&list, names[i], checks_agree_with_the_verifier, &rows[i]);
	}
	test_add(&list, "damaged records keep the promise", damaged_records_keep_the_promise, NULL);
	TEST_TABLE(&list, texts, run_text);
	test_add(&list, "P27 sizes at their limits", sizes, NULL);
	test_add(&list, "the report", report, NULL);
	test_add(&list, "out of memory is an error", no_memory, NULL);
	return test_run(&list, "check/spf_record");
}
