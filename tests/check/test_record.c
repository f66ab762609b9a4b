/* Records as people paste them: kind, owner, value, and the mistakes of pasting (RULES S26, V11). */
#include <stdio.h>

#include "check/keys.h"
#include "check/record.h"
#include "support/case.h"

enum { ARENA_MAX = 4 * 1024 * 1024 };

/* ---- kinds ---- */

struct kind_row {
	const char *name;
	const char *owner, *value;
	enum record_kind kind;
};

static const struct kind_row kind_rows[] = {
	{"a DKIM key", "", "v=DKIM1; p=x", RECORD_DKIM},
	{"a DKIM key, any case and space", "", " V = dkim1 ;p=x", RECORD_DKIM},
	{"a DKIM key in quotes", "", "\"v=DKIM1; p=x\"", RECORD_DKIM},
	{"a DKIM key of another version", "", "v=DKIM2; p=x", RECORD_DKIM},
	{"a DKIM key without version", "", "k=rsa; p=x", RECORD_DKIM},
	{"a DKIM key with capitals", "", "k=rsa; P=x", RECORD_DKIM},
	{"SPF", "", "v=spf1 -all", RECORD_SPF},
	{"DMARC", "", "v=DMARC1; p=none", RECORD_DMARC},
	{"DMARC with p first", "", "p=none; v=DMARC1", RECORD_DMARC},
	{"DMARC without version", "", "p=none; rua=mailto:r@example.com", RECORD_DMARC},
	{"DMARC at a report authorization", "a.example._report._dmarc.b.example", "v=DMARC1", RECORD_DMARC_REPORT},
	{"a report authorization by its name", "a.example._report._dmarc.b.example", "rubbish", RECORD_DMARC_REPORT},
	{"TLSRPT", "", "v=TLSRPTv1; rua=mailto:a@example.com", RECORD_TLSRPT},
	{"MTA-STS", "", "v=STSv1; id=1", RECORD_MTA_STS},
	{"BIMI", "", "v=BIMI1; l=", RECORD_BIMI},
	{"by the owner's name", "s1._domainkey.example.com", "rubbish", RECORD_DKIM},
	{"by the owner's name in capitals", "_DMARC.example.com", "rubbish", RECORD_DMARC},
	{"the text counts more than the name", "_dmarc.example.com", "v=spf1 -all", RECORD_SPF},
	{"nothing known", "example.com", "hello", RECORD_UNKNOWN},
	{"nothing at all", "", "", RECORD_UNKNOWN},
	{"a part of a version", "", "v=spf", RECORD_UNKNOWN},
};

static void guess(const void *row)
{
	const struct kind_row *r = row;

	assert_int_equal(record_kind_guess(str_c(r->owner), str_c(r->value)), r->kind);
}

static void kinds_have_names(const void *row)
{
	(void)row;
	for (enum record_kind kind = RECORD_DKIM; kind <= RECORD_BIMI; kind++) {
		enum record_kind back = RECORD_UNKNOWN;

		assert_non_null(record_kind_name(kind));
		assert_true(record_kind_from_name(str_c(record_kind_name(kind)), &back));
		assert_int_equal(back, kind);
	}
	enum record_kind untouched = RECORD_SPF;

	assert_null(record_kind_name(RECORD_UNKNOWN));
	assert_false(record_kind_from_name(STR("DKIM"), &untouched));
	assert_int_equal(untouched, RECORD_SPF);
}

/* ---- pasting ---- */

#define VALUE "v=DKIM1; k=ed25519; p=" ED25519
#define NAME "s1._domainkey.example.com"

struct pasted_row {
	const char *name;
	const char *pasted;
	const char *owner, *value; /* NULL: not looked at */
	const char *findings;      /* "id@position id" */
};

static const struct pasted_row pasted_rows[] = {
	{"a bare value", VALUE, "", VALUE, ""},
	{"a value with line ends round it", "\n " VALUE " \r\n", "", VALUE, ""},
	{"quoted strings", "\"v=DKIM1; k=ed25519; \" \"p=" ED25519 "\"", "", VALUE, ""},
	{"a zone line", NAME ". 3600 IN TXT \"" VALUE "\"", NAME, VALUE, ""},
	{"a zone line in parentheses", NAME ". IN TXT ( \"v=DKIM1; k=ed25519; \"\n\t\"p=" ED25519 "\" )", NAME, VALUE,
         ""},
	{"a closing quote is missing", "\"" VALUE, "", VALUE, "quote_not_closed@66"},
	{"C-5 a closing quote is missing in a zone line", "_dmarc.domain 3600 IN TXT \"v=DMARC1; pct=100; p=policy",
         "_dmarc.domain", "v=DMARC1; pct=100; p=policy", "quote_not_closed@27"},
	{"a backslash at the end", "\"v=DMARC1; p=none\\", "", NULL, "text_not_readable@17"},
	{"S2-38 a zone line without a class", "_dmarc.example.com 3600 TXT \"v=DMARC1; pct=100; p=none\"",
         "_dmarc.example.com", "v=DMARC1; pct=100; p=none", ""},
	{"S2-44 a zone line with double spaces", "_dmarc.contoso.com 3600 IN  TXT  \"v=DMARC1; p=none\"",
         "_dmarc.contoso.com", "v=DMARC1; p=none", ""},
	{"what dig prints of a domain: the one that is known", "\"google-site-verification=x\"\n\"v=spf1 -all\"", "",
         "v=spf1 -all", ""},
	{"M6 two DMARC records", "\"v=DMARC1; p=none\"\n\"v=DMARC1; p=reject\"", "", "v=DMARC1; p=none", "two_records"},
	{"nothing", "", "", "", "empty"},
	{"only white space", " \n\t ", "", "", "empty"},
	{"only empty quotes", "\"\"", "", "", "empty"},
	{"a doubled domain", NAME ".example.com. IN TXT \"" VALUE "\"", NULL, VALUE, "name_doubled"},
	{"a doubled country domain", "s1._domainkey.example.co.jp.example.co.jp. IN TXT \"" VALUE "\"", NULL, VALUE,
         "name_doubled"},
	{"a name that repeats a label only", "s1._domainkey.example.example. IN TXT \"" VALUE "\"", NULL, VALUE, ""},
	{"V11 two records", "\"" VALUE "\"\n\"" VALUE "\"", "", VALUE, "two_records"},
	{"V11 two records in one", VALUE "; v=DKIM1; p=x", "", NULL, "two_records@68"},
	{"a private key", "-----BEGIN PRIVATE KEY-----\n" ED25519_PRIVATE "\n-----END PRIVATE KEY-----", NULL, NULL,
         "private_key@0"},
	{"a private key of another kind", "v=DKIM1; p=-----BEGIN RSA PRIVATE KEY-----x", NULL, NULL, "private_key@11"},
	{"a public key is none", "v=DKIM1; p=-----BEGIN PUBLIC KEY-----x", NULL, NULL, ""},
};

static void print_findings(struct buf *out, const struct findings *f)
{
	for (size_t i = 0; i < f->count; i++) {
		buf_printf(out, "%s%s", i ? " " : "", f->items[i].kind->id);
		if (f->items[i].position != FINDING_NOWHERE)
			buf_printf(out, "@%zu", f->items[i].position);
	}
	buf_put_char(out, '\0');
}

static void read_pasted(const void *row)
{
	const struct pasted_row *r = row;
	struct pasted_record record;
	struct findings f;
	struct arena arena;
	struct buf found;

	arena_init(&arena, ARENA_MAX);
	findings_init(&f, &arena);
	buf_init(&found, 4096);
	pasted_record_read(&f, str_c(r->pasted), &record);
	assert_int_equal(arena_error(&arena), INKAN_OK);
	print_findings(&found, &f);
	assert_string_equal(found.p, r->findings);
	if (r->owner)
		assert_true(str_eq(record.name, str_c(r->owner)));
	if (r->value)
		assert_true(str_eq(record.value, str_c(r->value)));
	buf_release(&found);
	arena_release(&arena);
}

static void a_doubled_domain_says_what_to_enter(const void *row)
{
	(void)row;
	struct pasted_record record;
	struct findings f;
	struct arena arena;

	arena_init(&arena, ARENA_MAX);
	findings_init(&f, &arena);
	pasted_record_read(&f, STR(NAME ".example.com. IN TXT \"" VALUE "\""), &record);
	assert_string_equal(f.items[0].fix.en,
	                    "enter only “s1._domainkey” as the name (or end the full name with a dot)");
	arena_release(&arena);
}

/* A string of n and of n+1 octets. */
static void a_string_has_255_octets_at_most(const void *row)
{
	(void)row;
	for (size_t n = CHARACTER_STRING_MAX; n <= CHARACTER_STRING_MAX + 1; n++) {
		char pasted[CHARACTER_STRING_MAX + 4];
		struct pasted_record record;
		struct findings f;
		struct arena arena;

		memset(pasted, 'x', sizeof(pasted));
		memcpy(pasted, "\"v=DKIM1; p=", 12);
		pasted[n + 1] = '"';
		arena_init(&arena, ARENA_MAX);
		findings_init(&f, &arena);
		pasted_record_read(&f, str_from(pasted, n + 2), &record);
		assert_int_equal(record.value.n, n);
		assert_int_equal(f.count, n > CHARACTER_STRING_MAX);
		arena_release(&arena);
	}
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, kind_rows, guess);
	test_add(&list, "kinds have names", kinds_have_names, NULL);
	TEST_TABLE(&list, pasted_rows, read_pasted);
	test_add(&list, "a doubled domain says what to enter", a_doubled_domain_says_what_to_enter, NULL);
	test_add(&list, "S26 a string has 255 octets at most", a_string_has_255_octets_at_most, NULL);
	return test_run(&list, "check/record");
}
