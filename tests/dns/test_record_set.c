#include "dns/record_set.h"

#include "dns/record_text.h"
#include "support/alloc.h"
#include "support/case.h"

#define A50 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
#define A255 A50 A50 A50 A50 A50 "fffff"

/* ---- one text in every form ---- */

static const struct form {
	const char *title;
	enum record_form form;
	const char *name, *value, *want, *zone, *panel;
} forms[] = {
	{"S26 zone: 255 octets", RECORD_ZONE, "a", A255, "a. 3600 IN TXT \"" A255 "\"\n", NULL, NULL},
	{"S26 zone: 256 octets", RECORD_ZONE, "a.", A255 "x", "a. 3600 IN TXT ( \"" A255 "\" \"x\" )\n", NULL, NULL},
	{"S26 zone: 511 octets", RECORD_ZONE, "a", A255 A255 "x",
         "a. 3600 IN TXT ( \"" A255 "\" \"" A255 "\" \"x\" )\n", NULL, NULL},
	{"S26 the limit counts octets, not escapes", RECORD_DIG, "a", "\"" A255,
         "\"\\\"" A50 A50 A50 A50 A50 "ffff\" \"f\"\n", NULL, NULL},
	{"S2-20 S3-36 S3-37 zone: names with final dot, texts in quotes", RECORD_ZONE,
         "selector1._domainkey.example.com", "v=DKIM1; p=x",
         "selector1._domainkey.example.com. 3600 IN TXT \"v=DKIM1; p=x\"\n", NULL, NULL},
	{"S2-38 S2-44 zone: a policy", RECORD_ZONE, "_dmarc.contoso.com", "v=DMARC1; p=none",
         "_dmarc.contoso.com. 3600 IN TXT \"v=DMARC1; p=none\"\n", NULL, NULL},
	{"zone: no name", RECORD_ZONE, "", "x", "@ 3600 IN TXT \"x\"\n", NULL, NULL},
	{"zone: an odd name", RECORD_ZONE, "a b;\n\xc3.example", "x",
         "a\\032b\\059\\010\\195.example. 3600 IN TXT \"x\"\n", NULL, NULL},
	{"dig: nothing", RECORD_DIG, "", "", "\"\"\n", NULL, NULL},
	{"dig: quotes and backslashes", RECORD_DIG, "", "a\"b\\c;", "\"a\\\"b\\\\c;\"\n", NULL, NULL},
	{"dig: other octets", RECORD_DIG, "", "\x01\n\x7f\xc3\xbc~", "\"\\001\\010\\127\\195\\188~\"\n", NULL, NULL},
	{"nsupdate", RECORD_NSUPDATE, "a.example", "x", "update add a.example. 3600 IN TXT \"x\"\nsend\n", NULL, NULL},
	{"nsupdate: the zone where it is known", RECORD_NSUPDATE, "a.example", "x",
         "zone example.\nupdate add a.example. 3600 IN TXT \"x\"\nsend\n", "example", NULL},
	{"nsupdate cannot be led to another command", RECORD_NSUPDATE, "a\nserver evil", "x\nsend",
         "update add a\\010server\\032evil. 3600 IN TXT \"x\\010send\"\nsend\n", NULL, NULL},
	{"Route 53", RECORD_ROUTE53, "a.example", "v=x; \"q\"\\\xc3\xbc",
         "{\"Changes\":[{\"Action\":\"UPSERT\",\"ResourceRecordSet\":{\"Name\":\"a.example.\",\"Type\":\"TXT\",\"TTL\":"
         "3600,"
         "\"ResourceRecords\":[{\"Value\":\"\\\"v=x; \\\\\\\"q\\\\\\\"\\\\134\\\\303\\\\274\\\"\"}]}}]}\n",
         NULL, NULL},
	{"CSV: one piece", RECORD_CSV, "a.example", "v=x, \"q\"",
         "name,type,ttl,value\r\n\"a.example\",TXT,3600,\"v=x, \"\"q\"\"\"\r\n", NULL, NULL},
	{"PowerShell", RECORD_POWERSHELL, "_dmarc.example.com", "v=DMARC1; p=none; n=it's $(x) `y",
         "Add-DnsServerResourceRecord -ZoneName 'example.com' -Name '_dmarc' -Txt -DescriptiveText 'v=DMARC1; p=none; "
         "n=it''s $(x) `y' -TimeToLive ([TimeSpan]::FromSeconds(3600))\n",
         "example.com", NULL},
	{"PowerShell: 254 octets", RECORD_POWERSHELL, "example.com", A50 A50 A50 A50 A50 "ffff",
         "Add-DnsServerResourceRecord -ZoneName 'example.com' -Name '@' -Txt -DescriptiveText '" A50 A50 A50 A50 A50
         "ffff' -TimeToLive ([TimeSpan]::FromSeconds(3600))\n",
         "example.com", NULL},
	{"PowerShell: 255 octets go by dnscmd", RECORD_POWERSHELL, "s._domainkey.example.com", A255 "x",
         "dnscmd /RecordAdd 'example.com' 's._domainkey' 3600 TXT '" A255 "' 'x'\n", "example.com", NULL},
	{"PowerShell: a long text with quotes is refused", RECORD_POWERSHELL, "example.com", A255 "\"", NULL,
         "example.com", NULL},
	{"PowerShell: a curly quote, which ends texts there, is refused", RECORD_POWERSHELL, "example.com",
         "x\xe2\x80\x99; calc", NULL, "example.com", NULL},
	{"PowerShell: a line end is refused", RECORD_POWERSHELL, "example.com", "x\ny", NULL, "example.com", NULL},
	{"PowerShell: no zone", RECORD_POWERSHELL, "example.com", "x", NULL, NULL, NULL},
	{"PowerShell: a name outside of the zone", RECORD_POWERSHELL, "a.badexample.com", "x", NULL, "example.com",
         NULL},
	{"S2-20 table", RECORD_TABLE, "a.example", "v=x",
         "Type   Name        TTL       Value\nTXT    a.example.  3600      \"v=x\"\n", NULL, NULL},
	{"S2-41 table: hours", RECORD_TABLE, "selector1._domainkey.example.com", "v=x",
         "Type   Name                  TTL(h)    Value\nTXT    selector1._domainkey  1         v=x\n", "example.com",
         "azure"},
	{"S2-41 table: minutes", RECORD_TABLE, "example.com", "v=x",
         "Type   Name  TTL(min)  Value\nTXT    @     60        v=x\n", "example.com", "namecheap"},
	{"S2-41 table: seconds", RECORD_TABLE, "_dmarc.example.com", "v=x",
         "Type   Name    TTL       Value\nTXT    _dmarc  3600      v=x\n", "example.com", "godaddy"},
	{"S3-37 table: quotes, split", RECORD_TABLE, "a.example.com", A255 "x",
         "Type   Name  TTL       Value\nTXT    a     3600      \"" A255 "\" \"x\"\n", "example.com", "route53"},
	{"S3-37 table: quotes, in one piece", RECORD_TABLE, "a.example.com", A255 "x",
         "Type   Name  TTL       Value\nTXT    a     3600      \"" A255 "x\"\n", "example.com", "cloudflare"},
	{"S3-37 table: no quotes, in one piece", RECORD_TABLE, "a.example.com", A255 "x",
         "Type   Name  TTL       Value\nTXT    a     3600      " A255 "x\n", "example.com", "godaddy"},
	{"S3-37 table: no quotes, a line a string", RECORD_TABLE, "a.example.com", A255 "x",
         "Type   Name  TTL       Value\nTXT    a     3600      " A255 "\n                       x\n", "example.com",
         "windows"},
	{"table: a terminal obeys nothing of it", RECORD_TABLE, "a\x1b[31m.example.com", "x\x1b[31m\ny",
         "Type   Name          TTL       Value\nTXT    a\\027\\09131m  3600      x\\x1b[31m\\ny\n", "example.com",
         "godaddy"},
};

static void run_form(const void *row)
{
	const struct form *r = row;
	const struct dns_record record = {.text = str_c(r->value)};
	const struct record_set set = {str_c(r->name), DNS_TXT, 3600, &record, 1};
	struct record_print how = {.form = r->form, .zone = str_c(r->zone)};
	struct buf out;

	buf_init(&out, 8192);
	if (r->panel)
		assert_non_null(how.panel = panel_style_find(str_c(r->panel)));
	assert_int_equal(record_sets_print(&out, &set, 1, &how), r->want ? INKAN_OK : INKAN_EUSAGE);
	if (r->want && !str_eq(buf_str(&out), str_c(r->want)))
		fail_msg("%.*s", STR_ARG(buf_str(&out)));
	buf_release(&out);
}

static void run_without_memory(const void *row)
{
	static const char *const texts[] = {"v=DKIM1; p=x", A255 "x"};

	(void)row;
	for (struct record_print how = {.form = RECORD_TABLE, .zone = STR("example")}; how.form <= RECORD_POWERSHELL;
	     how.form++) {
		const struct dns_record records[] = {{.text = str_c(texts[0])}, {.text = str_c(texts[1])}};
		const struct record_set set = {STR("a.example"), DNS_TXT, 60, records, 2};
		bool reached = true;

		for (size_t n = 1; reached; n++) {
			struct buf out;

			buf_init(&out, 8192);
			alloc_fail_at(n);
			int error = record_sets_print(&out, &set, 1, &how);

			reached = alloc_count() >= n;
			alloc_fail_at(0);
			assert_int_equal(error, reached ? INKAN_ENOMEM : INKAN_OK);
			buf_release(&out);
		}
	}
}

/* Every form that can be read is read back to what was printed. */
static void run_every_octet(const void *row)
{
	char value[600];
	struct buf out;

	(void)row;
	for (size_t i = 0; i < sizeof(value); i++)
		value[i] = (char)i;
	buf_init(&out, 8192);
	for (int form = 0; form < 2; form++) {
		const struct dns_record record = {.text = str_from(value, sizeof(value))};
		const struct record_set set = {str_from(value, 256), DNS_TXT, 60, &record, 1};
		struct record_print how = {.form = form ? RECORD_ZONE : RECORD_DIG};
		struct arena arena;
		struct str name, got;
		size_t position;

		arena_init(&arena, 1 << 20);
		buf_clear(&out);
		assert_int_equal(record_sets_print(&out, &set, 1, &how), INKAN_OK);
		assert_true(record_text_parse(&arena, buf_str(&out), &name, &got, &position));
		assert_true(str_eq(got, str_from(value, sizeof(value))));
		if (form)
			assert_true(str_eq(name, str_from(value, 256)));
		arena_release(&arena);
	}
	buf_release(&out);
}

/* ---- other types ---- */

static const struct typed {
	const char *title;
	enum record_form form;
	const char *want, *panel;
} typed[] = {
	{"S3-26 S3-36 zone: targets end with a dot", RECORD_ZONE,
         "t1._domainkey.example.com. 1800 IN CNAME t1.dkim.example.net.\nmail.example.com. 1800 IN MX 10 "
         "feedback.example.net.\nexample.com. 1800 IN A 192.0.2.1\nexample.com. 1800 IN AAAA 2001:db8::1\n",
         NULL},
	{"S3-30 dig", RECORD_DIG, "t1.dkim.example.net.\n10 feedback.example.net.\n192.0.2.1\n2001:db8::1\n", NULL},
	{"S3-26 CSV", RECORD_CSV,
         "name,type,ttl,value\r\n\"t1._domainkey.example.com\",CNAME,1800,\"t1.dkim.example.net.\"\r\n\"mail.example."
         "com\""
         ",MX,1800,\"10 feedback.example.net.\"\r\n\"example.com\",A,1800,\"192.0.2.1\"\r\n\"example.com\",AAAA,1800,"
         "\"2001:db8::1\"\r\n",
         NULL},
	{"PowerShell", RECORD_POWERSHELL,
         "Add-DnsServerResourceRecord -ZoneName 'example.com' -Name 't1._domainkey' -CName -HostNameAlias "
         "'t1.dkim.example.net.' -TimeToLive ([TimeSpan]::FromSeconds(1800))\n"
         "Add-DnsServerResourceRecord -ZoneName 'example.com' -Name 'mail' -MX -Preference 10 -MailExchange "
         "'feedback.example.net.' -TimeToLive ([TimeSpan]::FromSeconds(1800))\n"
         "Add-DnsServerResourceRecord -ZoneName 'example.com' -Name '@' -A -IPv4Address 192.0.2.1 -TimeToLive "
         "([TimeSpan]::FromSeconds(1800))\n"
         "Add-DnsServerResourceRecord -ZoneName 'example.com' -Name '@' -AAAA -IPv6Address 2001:db8::1 -TimeToLive "
         "([TimeSpan]::FromSeconds(1800))\n",
         NULL},
	{"S3-36 table with final dots", RECORD_TABLE,
         "Type   Name           TTL       Value\n"
         "CNAME  t1._domainkey  1800      t1.dkim.example.net.\n"
         "MX     mail           1800      10 feedback.example.net.\n"
         "A      @              1800      192.0.2.1\n"
         "AAAA   @              1800      2001:db8::1\n",
         "google-cloud"},
	{"S3-36 S3-37 S2-41 table without, half an hour is rounded up", RECORD_TABLE,
         "Type   Name           TTL(h)    Value\n"
         "CNAME  t1._domainkey  1         t1.dkim.example.net\n"
         "MX     mail           1         10 feedback.example.net\n"
         "A      @              1         192.0.2.1\n"
         "AAAA   @              1         2001:db8::1\n",
         "azure"},
};

static void run_typed(const void *row)
{
	const struct typed *r = row;
	struct dns_record a = {.address = {192, 0, 2, 1}}, aaaa = {.address = {0x20, 1, 0xd, 0xb8, [15] = 1}};
	struct record_set sets[4] = {
		[2] = {STR("example.com"), DNS_A, 1800, &a, 1}, [3] = {STR("example.com"), DNS_AAAA, 1800, &aaaa, 1}};
	struct record_print how = {.form = r->form, .zone = STR("example.com")};
	struct arena arena;
	struct buf out;

	arena_init(&arena, 1 << 16);
	buf_init(&out, 4096);
	if (r->panel)
		assert_non_null(how.panel = panel_style_find(str_c(r->panel)));
	assert_int_equal(
		record_set_cname(&arena, STR("T1._domainkey.example.com."), 1800, STR("t1.dkim.Example.net"), &sets[0]),
		INKAN_OK);
	assert_int_equal(
		record_set_mx(&arena, STR("mail.example.com"), 1800, 10, STR("feedback.example.net."), &sets[1]),
		INKAN_OK);
	assert_int_equal(record_sets_print(&out, sets, 4, &how), INKAN_OK);
	if (!str_eq(buf_str(&out), str_c(r->want)))
		fail_msg("%.*s", STR_ARG(buf_str(&out)));
	buf_release(&out);
	arena_release(&arena);
}

/* ---- changes ---- */

static const struct change_form {
	const char *title;
	enum record_form form;
	const char *want; /* NULL: INKAN_EUSAGE */
} change_forms[] = {
	{"S3-36 changes: table", RECORD_TABLE,
         "  Type   Name               TTL       Value\n"
         "+ TXT    new.example.com.   60        \"n\"\n"
         "- TXT    old.example.com.   300       \"a\" \"b\"\n"
         "- TXT    chg.example.com.   300       \"1\"\n"
         "+ TXT    chg.example.com.   60        \"2\"\n"
         "~ CNAME  kept.example.com.  60        x.example.net.\n"},
	{"changes: nsupdate with what was planned on as prerequisites", RECORD_NSUPDATE,
         "zone example.com.\n"
         "prereq nxrrset new.example.com. IN TXT\n"
         "prereq yxrrset old.example.com. IN TXT \"a\" \"b\"\n"
         "prereq yxrrset chg.example.com. IN TXT \"1\"\n"
         "prereq yxrrset kept.example.com. IN CNAME x.example.net.\n"
         "update delete old.example.com. IN TXT\n"
         "update delete chg.example.com. IN TXT\n"
         "update delete kept.example.com. IN CNAME\n"
         "update add new.example.com. 60 IN TXT \"n\"\n"
         "update add chg.example.com. 60 IN TXT \"2\"\n"
         "update add kept.example.com. 60 IN CNAME x.example.net.\n"
         "send\n"},
	{"changes: Route 53", RECORD_ROUTE53,
         "{\"Changes\":["
         "{\"Action\":\"DELETE\",\"ResourceRecordSet\":{\"Name\":\"old.example.com.\",\"Type\":\"TXT\",\"TTL\":300,"
         "\"ResourceRecords\":[{\"Value\":\"\\\"a\\\" \\\"b\\\"\"}]}},"
         "{\"Action\":\"CREATE\",\"ResourceRecordSet\":{\"Name\":\"new.example.com.\",\"Type\":\"TXT\",\"TTL\":60,"
         "\"ResourceRecords\":[{\"Value\":\"\\\"n\\\"\"}]}},"
         "{\"Action\":\"UPSERT\",\"ResourceRecordSet\":{\"Name\":\"chg.example.com.\",\"Type\":\"TXT\",\"TTL\":60,"
         "\"ResourceRecords\":[{\"Value\":\"\\\"2\\\"\"}]}},"
         "{\"Action\":\"UPSERT\",\"ResourceRecordSet\":{\"Name\":\"kept.example.com.\",\"Type\":\"CNAME\",\"TTL\":60,"
         "\"ResourceRecords\":[{\"Value\":\"x.example.net.\"}]}}]}\n"},
	{"changes: a zone file has none", RECORD_ZONE, NULL},
	{"changes: CSV has none", RECORD_CSV, NULL},
	{"changes: PowerShell has none", RECORD_POWERSHELL, NULL},
};

static void run_changes(const void *row)
{
	const struct change_form *r = row;
	struct str strings[] = {STR("a"), STR("b")};
	struct dns_record n = {.text = STR("n")}, ab = {.text = STR("ab"), .strings = strings, .string_count = 2},
			  one = {.text = STR("1")}, two = {.text = STR("2")}, x = {.name = STR("x.example.net")};
	const struct record_change changes[] = {
		{{STR("new.example.com"), DNS_TXT, 0, NULL, 0}, {STR("new.example.com"), DNS_TXT, 60, &n, 1}},
		{{STR("old.example.com"), DNS_TXT, 300, &ab, 1}, {STR("old.example.com"), DNS_TXT, 0, NULL, 0}},
		{{STR("chg.example.com"), DNS_TXT, 300, &one, 1}, {STR("chg.example.com"), DNS_TXT, 60, &two, 1}},
		{{STR("kept.example.com"), DNS_CNAME, 300, &x, 1}, {STR("kept.example.com"), DNS_CNAME, 60, &x, 1}},
	};
	struct record_print how = {.form = r->form, .zone = STR("example.com")};
	struct buf out;

	buf_init(&out, 8192);
	assert_int_equal(record_changes_print(&out, changes, 4, &how), r->want ? INKAN_OK : INKAN_EUSAGE);
	if (r->want && !str_eq(buf_str(&out), str_c(r->want)))
		fail_msg("%.*s", STR_ARG(buf_str(&out)));
	buf_release(&out);
}

/* ---- values ---- */

static void run_equal(const void *row)
{
	struct str strings[] = {STR("a"), STR("b")};
	struct dns_record one[] = {{.text = STR("ab"), .strings = strings, .string_count = 2}, {.text = STR("c")}};
	struct dns_record other[] = {{.text = STR("c")}, {.text = STR("ab")}};
	struct record_set a = {STR("x.example"), DNS_TXT, 1, one, 2}, b = {STR("X.example"), DNS_TXT, 2, other, 2};

	(void)row;
	assert_true(record_set_eq(&a, &b));
	b.count = 1;
	assert_false(record_set_eq(&a, &b));
	assert_false(record_set_eq(&b, &a));
	b.count = 2;
	other[1].text = STR("aB");
	assert_false(record_set_eq(&a, &b));
	other[1].text = STR("ab");
	b.name = STR("y.example");
	assert_false(record_set_eq(&a, &b));
	b.name = a.name;
	b.type = DNS_SPF;
	assert_false(record_set_eq(&a, &b));
	a.count = b.count = 0;
	b.type = DNS_TXT;
	assert_true(record_set_eq(&a, &b));
}

static void run_made(const void *row)
{
	struct record_set set, copy;
	struct arena arena;

	(void)row;
	arena_init(&arena, 1 << 16);
	assert_int_equal(record_set_txt(&arena, STR("A.Example."), 60, STR(A255 "x"), &set), INKAN_OK);
	assert_true(str_eq(set.name, STR("a.example")));
	assert_int_equal(set.records[0].string_count, 2);
	assert_int_equal(set.records[0].strings[0].n, RECORD_STRING_MAX);
	assert_int_equal(record_set_copy(&arena, &set, &copy), INKAN_OK);
	assert_true(record_set_eq(&set, &copy) && copy.records != set.records && copy.ttl == 60);
	assert_true(str_eq(copy.records[0].strings[1], STR("x")));
	assert_int_equal(record_set_txt(&arena, STR("a.example"), 60, STR(""), &set), INKAN_OK);
	assert_int_equal(set.records[0].string_count, 1);
	assert_int_equal(record_set_txt(&arena, STR("a..example"), 60, STR("x"), &set), INKAN_EUSAGE);
	assert_int_equal(record_set_cname(&arena, STR("a.example"), 60, STR("b\n"), &set), INKAN_EUSAGE);
	assert_int_equal(record_set_mx(&arena, STR("a.example"), 60, 0, STR("."), &set), INKAN_OK);
	assert_true(str_eq(set.records[0].name, STR(".")));
	arena_release(&arena);
	arena_init(&arena, 300);
	assert_int_equal(record_set_txt(&arena, STR("a.example"), 60, STR(A255 A255), &set), INKAN_ELIMIT);
	arena_release(&arena);
}

static void run_names(const void *row)
{
	enum record_form form;

	(void)row;
	assert_true(record_form_from_name(STR("bind"), &form) && form == RECORD_ZONE);
	assert_true(record_form_from_name(STR("powershell"), &form) && form == RECORD_POWERSHELL);
	assert_false(record_form_from_name(STR("yaml"), &form));
	assert_null(panel_style_find(STR("nobody")));
	for (const struct panel_style *style = panel_styles(); style->id; style++) {
		assert_ptr_equal(panel_style_find(str_c(style->id)), style);
		assert_true(style->ttl_unit == 1 || style->ttl_unit == 60 || style->ttl_unit == 3600);
		assert_int_equal(strlen(style->reviewed), strlen("2026-11-22"));
	}
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, forms, run_form);
	TEST_TABLE(&list, typed, run_typed);
	TEST_TABLE(&list, change_forms, run_changes);
	test_add(&list, "every form: every allocation fails once", run_without_memory, NULL);
	test_add(&list, "every octet, printed and read", run_every_octet, NULL);
	test_add(&list, "equal sets: any order, any TTL, any splitting", run_equal, NULL);
	test_add(&list, "sets made and copied", run_made, NULL);
	test_add(&list, "S3-37 S2-41 names of forms, and every panel", run_names, NULL);
	return test_run(&list, "dns/record_set");
}
