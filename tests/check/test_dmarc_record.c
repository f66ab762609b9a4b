/* Checks of DMARC records (RULES M16, M18, M19): every finding by name and place, what tags mean, and that the checks and
 * the reader of mail never disagree. */
#include <stdio.h>

#include "check/dmarc_record.h"
#include "dmarc/dmarc.h"
#include "support/alloc.h"
#include "support/case.h"

enum { ARENA_MAX = 16 * 1024 * 1024 };

#define RUA "; rua=mailto:r@example.com"
#define OWNER "_dmarc.example.com"

/* One record and the findings that it must have, no more and no less: "id@position id ...", errors first. Ids without
 * "dmarc_". */
static const struct row {
	const char *name, *record, *findings;
	const char *owner; /* NULL: not known */
	enum inkan_dmarc_profile profile;
} rows[] = {
	/* good ones */
	{"M19 a good record has no finding", "v=DMARC1; p=quarantine" RUA, "", NULL, 0},
	{"M19 p=none with reports", "v=DMARC1; p=none" RUA, "", NULL, 0},
	{"M19 spaces are fine", "v = DMARC1 ;p = None ;rua = mailto:r@example.com ;", "", NULL, 0},
	{"M19 tag names in capitals are fine", "V=DMARC1;P=none;RUA=mailto:r@example.com", "", NULL, 0},
	{"M19 np and psd are fine", "v=DMARC1; p=quarantine; np=reject; psd=n" RUA, "", NULL, 0},
	{"M19 t=y is fine", "v=DMARC1; p=reject; t=y" RUA, "reject_lists@10", NULL, 0},
	{"S1-36 the first seed's record",
         "v=DMARC1; p=reject; rua=mailto:dmarc-reports@example.com; ruf=mailto:dmarc-failure@example.com",
         "reject_lists@10 ruf@58", NULL, 0},
	{"S2-44 monitoring", "v=DMARC1; p=none", "none_unseen@10", NULL, 0},
	{"S2-44 quarantine", "v=DMARC1; p=quarantine", "no_rua@10", NULL, 0},
	{"S2-44 reject", "v=DMARC1; p=reject", "no_rua@10 reject_lists@10", NULL, 0},
	{"S3-56 the third seed's record",
         "v=DMARC1; p=none; rua=mailto:dmarc@ho2k.com; ruf=mailto:dmarcfail@ho2k.com; sp=none; pct=100",
         "ruf@45 historic@85", "_dmarc.ho2k.com", 0},
	/* v */
	{"M19 v is not first", "p=none; v=DMARC1" RUA, "tags_version_not_first@8", NULL, 0},
	{"M19 v is missing", "p=none" RUA, "tags_version_missing@0", NULL, 0},
	{"M19 nothing at all", "", "tags_version_missing@0", NULL, 0},
	{"M19 rubbish", "hello", "tags_no_equals@0 tags_version_missing@0", NULL, 0},
	{"M19 rubbish before v", "hello; v=DMARC1; p=none" RUA, "tags_no_equals@0 tags_version_missing@0", NULL, 0},
	{"S3-50 the version has its case", "v=dmarc1; p=none" RUA, "tags_version_case@2", NULL, 0},
	{"S3-50 another version", "v=DMARC2; p=none" RUA, "tags_version_wrong@2", NULL, 0},
	{"S3-50 no version", "v=; p=none" RUA, "tags_version_wrong@0", NULL, 0},
	{"M19 a space before v", " v=DMARC1; p=none" RUA, "tags_version_leading@0", NULL, 0},
	{"M19 a semicolon before v", ";v=DMARC1; p=none" RUA, "tags_version_missing@0 tags_empty_part@0", NULL, 0},
	/* p, sp, np */
	{"M19 p is missing, reports are wanted", "v=DMARC1" RUA, "p_missing", NULL, 0},
	{"M19 p is missing, nobody wants reports", "v=DMARC1", "p_missing_no_rua", NULL, 0},
	{"M19 p is missing, rua is useless", "v=DMARC1; rua=me@example.com",
         "no_uri@10 tags_uri_no_scheme@14 p_missing_no_rua", NULL, 0},
	{"M19 a public suffix domain needs no p", "v=DMARC1; psd=y", "psd@10 p_missing", NULL, 0},
	{"C-5 no such policy", "v=DMARC1; p=policy", "policy_value@12", NULL, 0},
	{"S1-40 p takes three values and no other", "v=DMARC1; p=monitor" RUA, "policy_value@12", NULL, 0},
	{"S1-40 p without a value", "v=DMARC1; p=" RUA, "policy_value@10", NULL, 0},
	{"M19 sp is no policy", "v=DMARC1; p=none; sp=all" RUA, "policy_value@21", NULL, 0},
	{"M19 np is no policy", "v=DMARC1; p=none; np=all" RUA, "policy_value@21", NULL, 0},
	{"S2-39 pct before p", "v=DMARC1; pct=100; p=none" RUA, "historic@10 p_not_second@19", NULL, 0},
	{"M19 sp is weaker than p", "v=DMARC1; p=quarantine; sp=none" RUA, "sp_weak@24", NULL, 0},
	{"M19 sp is stronger than p", "v=DMARC1; p=none; sp=reject" RUA, "", NULL, 0},
	{"M19 np is weaker than p", "v=DMARC1; p=quarantine; np=none" RUA, "np_weak@24", NULL, 0},
	{"M19 np is weaker than sp", "v=DMARC1; p=none; sp=reject; np=quarantine" RUA, "np_weak@29", NULL, 0},
	{"M19 sp in a record below the organization", "v=DMARC1; p=none; sp=reject" RUA, "sp_here@18",
         "_dmarc.mail.example.com", 0},
	{"M19 sp at the organization", "v=DMARC1; p=none; sp=reject" RUA, "", OWNER, 0},
	/* alignment */
	{"C-7 strict alignment", "v=DMARC1; p=none; adkim=s; aspf=S" RUA, "strict@18 strict@27", NULL, 0},
	{"S3-40 relaxed alignment", "v=DMARC1; p=none; adkim=r; aspf=r" RUA, "", NULL, 0},
	{"S3-41 no such alignment", "v=DMARC1; p=none; aspf=strict" RUA, "value@23", NULL, 0},
	/* t, psd */
	{"M19 t=yes", "v=DMARC1; p=quarantine; t=yes" RUA, "value@26", NULL, 0},
	{"M19 t=y changes nothing", "v=DMARC1; p=none; t=y" RUA, "testing_idle@18", NULL, 0},
	{"M19 t=y changes sp", "v=DMARC1; p=none; sp=reject; t=y" RUA, "", NULL, 0},
	{"M19 psd=y", "v=DMARC1; p=none; psd=y" RUA, "psd@18", NULL, 0},
	{"M19 psd=x", "v=DMARC1; p=none; psd=x" RUA, "value@22", NULL, 0},
	{"M19 ruf of a public suffix domain", "v=DMARC1; p=none; psd=y; ruf=mailto:r@example.com" RUA,
         "psd@18 ruf_psd@25", NULL, 0},
	/* fo */
	{"S3-42 fo", "v=DMARC1; p=none; fo=1:d:s; ruf=mailto:r@example.com" RUA, "ruf@28", NULL, 0},
	{"S3-42 fo without ruf", "v=DMARC1; p=none; fo=1" RUA, "fo_without_ruf@18", NULL, 0},
	{"S3-42 0 and 1", "v=DMARC1; p=none; fo=0:1; ruf=mailto:r@example.com" RUA, "fo_both@18 ruf@26", NULL, 0},
	{"S3-42 no such fo", "v=DMARC1; p=none; fo=1:x; ruf=mailto:r@example.com" RUA, "fo_value@23 ruf@26", NULL, 0},
	{"S3-42 fo without a value", "v=DMARC1; p=none; fo=; ruf=mailto:r@example.com" RUA, "fo_value@18 ruf@23", NULL,
         0},
	/* historic tags */
	{"C-1 pct, rf, ri are historic", "v=DMARC1; p=none; pct=100; rf=afrf; ri=86400" RUA,
         "historic@18 historic@27 historic@36", NULL, 0},
	{"C-1 older receivers honour them", "v=DMARC1; p=none; pct=50; rf=afrf; ri=86400" RUA, "", NULL, INKAN_RFC7489},
	{"S3-44 pct below 100", "v=DMARC1; p=quarantine; pct=20" RUA, "pct@24", NULL, 0},
	{"S3-44 pct=0", "v=DMARC1; p=quarantine; pct=0" RUA, "pct@24", NULL, 0},
	{"S3-44 pct=101", "v=DMARC1; p=quarantine; pct=101" RUA, "pct_value@28", NULL, 0},
	{"S3-44 pct=50%", "v=DMARC1; p=quarantine; pct=50%" RUA, "pct_value@28", NULL, INKAN_RFC7489},
	{"S3-45 rf=iodef", "v=DMARC1; p=none; rf=iodef" RUA, "", NULL, INKAN_RFC7489},
	{"S3-45 rf=pdf", "v=DMARC1; p=none; rf=pdf" RUA, "rf_value@21", NULL, 0},
	{"S3-46 ri=1d", "v=DMARC1; p=none; ri=1d" RUA, "ri_value@21", NULL, 0},
	{"S3-46 ri above 32 bits", "v=DMARC1; p=none; ri=4294967296" RUA, "ri_value@21", NULL, 0},
	{"C-1 new tags for older receivers", "v=DMARC1; p=none; np=reject; psd=n; t=y" RUA,
         "new_tag@18 new_tag@29 new_tag@36", NULL, INKAN_RFC7489},
	/* URIs */
	{"M16 an address without scheme", "v=DMARC1; p=none; rua=r@example.com", "no_uri@18 tags_uri_no_scheme@22",
         NULL, 0},
	{"M16 mailto://", "v=DMARC1; p=none; rua=mailto://r@example.com", "no_uri@18 tags_uri_slashes@22", NULL, 0},
	{"M16 another scheme", "v=DMARC1; p=none; rua=https://example.com/r,mailto:r@example.com", "tags_uri_scheme@22",
         NULL, 0},
	{"M16 only another scheme", "v=DMARC1; p=none; rua=https://example.com/r", "no_uri@18 tags_uri_scheme@22", NULL,
         0},
	{"M16 a size", "v=DMARC1; p=none; rua=mailto:r@example.com!10m", "tags_uri_size@42", NULL, 0},
	{"M16 no size", "v=DMARC1; p=none; rua=mailto:r!x@example.com", "no_uri@18 tags_uri_exclamation@30", NULL, 0},
	{"M16 an escaped !", "v=DMARC1; p=none; rua=mailto:r%21x@example.com", "", NULL, 0},
	{"M16 a broken escape", "v=DMARC1; p=none; rua=mailto:r%2x@example.com", "no_uri@18 tags_uri_address@22", NULL,
         0},
	{"M16 no address", "v=DMARC1; p=none; rua=mailto:example.com", "no_uri@18 tags_uri_address@22", NULL, 0},
	{"M16 no host", "v=DMARC1; p=none; rua=mailto:r@localhost", "no_uri@18 tags_uri_host@31", NULL, 0},
	{"M16 an empty list", "v=DMARC1; p=none; rua=", "no_uri@18 tags_uri_empty@18", NULL, 0},
	{"M16 an empty place", "v=DMARC1; p=none; rua=mailto:r@example.com,", "tags_uri_empty@18", NULL, 0},
	{"M16 spaces round the comma are fine", "v=DMARC1; p=none; rua=mailto:r@example.com , mailto:s@example.com", "",
         NULL, 0},
	{"M16 a space for a comma", "v=DMARC1; p=none; rua=mailto:r@example.com mailto:s@example.com",
         "no_uri@18 tags_uri_space@22", NULL, 0},
	{"M16 a semicolon for a comma", "v=DMARC1; p=none; rua=mailto:r@example.com;mailto:s@example.com",
         "tags_uri_alone@43", NULL, 0},
	{"M16 the same twice", "v=DMARC1; p=none; rua=mailto:r@example.com,mailto:r@example.com", "tags_uri_twice@43",
         NULL, 0},
	{"M16 three of them", "v=DMARC1; p=none; rua=mailto:r@example.com,mailto:s@example.com,mailto:t@example.com",
         "tags_uri_many@18", NULL, 0},
	{"M16 a subject is fine", "v=DMARC1; p=none; rua=mailto:r@example.com?subject=x", "", NULL, 0},
	{"M18 a mailbox of somebody else", "v=DMARC1; p=none; rua=mailto:r@other.example", "external@31", OWNER, 0},
	{"M18 a mailbox below the domain", "v=DMARC1; p=none; rua=mailto:r@mail.example.com", "", OWNER, 0},
	{"M18 a mailbox above the domain", "v=DMARC1; p=none; rua=mailto:r@example.com", "", "_dmarc.mail.example.com",
         0},
	{"M18 a suffix is no parent", "v=DMARC1; p=none; rua=mailto:r@badexample.com", "external@31", OWNER, 0},
	{"M18 the same host twice is said once", "v=DMARC1; p=none; rua=mailto:r@other.example,mailto:s@other.example",
         "external@31", OWNER, 0},
	/* text */
	{"S3-57 a semicolon is missing behind v", "v=DMARC1 p=none" RUA, "tags_semicolon_missing@9", NULL, 0},
	{"M19 a semicolon is missing behind p", "v=DMARC1; p=none rua=mailto:r@example.com",
         "tags_semicolon_missing@17", NULL, 0},
	{"M19 commas for semicolons", "v=DMARC1, p=none, rua=mailto:r@example.com", "tags_semicolon_missing@10", NULL,
         0},
	{"M19 a tag twice", "v=DMARC1; p=none; p=reject" RUA, "tags_duplicate@18", NULL, 0},
	{"M19 a tag twice in other case", "v=DMARC1; p=none; P=reject" RUA, "tags_duplicate@18", NULL, 0},
	{"M19 an unknown tag", "v=DMARC1; p=none; policy=reject" RUA, "tags_unknown@18", NULL, 0},
	{"M19 no equals sign", "v=DMARC1; p=none; reject" RUA, "tags_no_equals@18", NULL, 0},
	{"M19 no name", "v=DMARC1; p=none; =reject" RUA, "tags_no_equals@18", NULL, 0},
	{"M19 two semicolons", "v=DMARC1; p=none;;rua=mailto:r@example.com", "tags_empty_part@17", NULL, 0},
	{"M19 quotes inside", "v=DMARC1; p=none; \"rua=mailto:r@example.com", "tags_quotes@18", NULL, 0},
	{"M19 typographic quotes", "“v=DMARC1; p=none" RUA "”", "tags_smart_quotes@0 tags_version_leading@0", NULL, 0},
	{"M19 escaped semicolons", "v=DMARC1\\; p=none\\" RUA, "tags_backslash@8", NULL, 0},
	{"M19 full-width semicolons", "v=DMARC1；p=none；rua=mailto:r@example.com", "tags_wide_semicolon@8", NULL, 0},
	{"M19 a no-break space", "v=DMARC1;\xc2\xa0p=none" RUA, "tags_non_ascii@9", NULL, 0},
	{"M19 a domain in other letters", "v=DMARC1; p=none; rua=mailto:r@bücher.example", "tags_non_ascii@32", NULL,
         0},
	{"M19 a line end", "v=DMARC1;\np=none" RUA, "tags_control@9", NULL, 0},
	{"M19 a tabulator is fine", "v=DMARC1;\tp=none" RUA, "", NULL, 0},
	/* place */
	{"M19 not at _dmarc", "v=DMARC1; p=none" RUA, "tags_place", "example.com", 0},
	{"M19 something before _dmarc", "v=DMARC1; p=none" RUA, "tags_place", "www._dmarc.example.com", 0},
	{"M19 _dmarc in a zone", "v=DMARC1; p=none" RUA, "", "_dmarc", 0},
	{"M19 _DMARC in capitals", "v=DMARC1; p=none" RUA, "", "_DMARC.example.com", 0},
	{"M19 a name that only begins so", "v=DMARC1; p=none" RUA, "tags_place", "_dmarcx.example.com", 0},
};

#define AT "a.example._report._dmarc.b.example"

static const struct report_row {
	const char *name, *record, *findings, *owner;
} report_rows[] = {
	{"M18 an authorization", "v=DMARC1", "", AT},
	{"M18 with a semicolon", "v=DMARC1;", "", AT},
	{"M18 another mailbox", "v=DMARC1; rua=mailto:r@b.example", "", AT},
	{"M18 another host", "v=DMARC1; rua=mailto:r@c.example", "report_host@23", AT},
	{"M18 no mailbox", "v=DMARC1; rua=r@b.example", "no_uri@10 tags_uri_no_scheme@14", AT},
	{"M18 a policy", "v=DMARC1; p=none", "report_policy@10", AT},
	{"M18 everybody", "v=DMARC1", "report_everybody", "*._report._dmarc.b.example"},
	{"M18 no version", "rua=mailto:r@b.example", "tags_version_missing@0", AT},
	{"M18 the version has its case", "v=dmarc1", "tags_version_case@2", AT},
	{"M18 at another place", "v=DMARC1", "tags_place", "_dmarc.b.example"},
	{"M18 whose reports?", "v=DMARC1", "tags_place", "_report._dmarc.b.example"},
};

static void print_findings(struct buf *out, struct findings *f)
{
	findings_sort(f);
	for (size_t i = 0; i < f->count; i++) {
		const char *id = f->items[i].kind->id;

		buf_put_c(out, i ? " " : "");
		buf_put_c(out, strncmp(id, "dmarc_", 6) == 0 ? id + 6 : id);
		if (f->items[i].position != FINDING_NOWHERE)
			buf_printf(out, "@%zu", f->items[i].position);
	}
	buf_put_char(out, '\0');
}

/* Places lie in the record, texts are filled, tags that are known are explained in both languages. */
static void assert_sound(const struct findings *f, const struct tag_report *report, struct str value)
{
	for (size_t i = 0; i < f->count; i++) {
		assert_true(f->items[i].position == FINDING_NOWHERE || f->items[i].position <= value.n);
		assert_null(strchr(f->items[i].text.en, '{'));
		assert_null(strchr(f->items[i].text.ja, '{'));
		assert_null(strchr(f->items[i].fix.en, '{'));
		assert_string_not_equal(f->items[i].kind->id, "tags_refused");
	}
	for (size_t i = 0; i < report->count; i++) {
		const struct tag_part *part = &report->parts[i];

		assert_true(part->name.p >= value.p && part->name.p + part->name.n <= value.p + value.n);
		assert_true(part->value.n == 0 ||
		            (part->value.p >= value.p && part->value.p + part->value.n <= value.p + value.n));
		assert_int_equal(*part->meaning.en == '\0', *part->meaning.ja == '\0');
		assert_null(strchr(part->meaning.en, '{'));
	}
}

static void run_row(const void *row)
{
	const struct row *r = row;
	struct str value = str_c(r->record);
	struct dmarc_record record;
	struct tag_report report;
	struct findings f;
	struct arena arena;
	struct buf found;

	arena_init(&arena, ARENA_MAX);
	findings_init(&f, &arena);
	buf_init(&found, 4096);
	assert_int_equal(dmarc_record_check(&f, value, r->owner ? str_c(r->owner) : STR_NULL, r->profile, &report),
	                 INKAN_OK);
	print_findings(&found, &f);
	assert_string_equal(found.p, r->findings);
	assert_sound(&f, &report, value);
	/* the reader of mail has the same opinion */
	assert_int_equal(dmarc_record_parse(&arena, value, r->profile, &record), INKAN_OK);
	assert_int_equal(report.is_usable, record.valid);
	assert_true(report.is_usable || findings_worst(&f) == SEVERITY_ERROR);
	buf_release(&found);
	arena_release(&arena);
}

static void run_report_row(const void *row)
{
	const struct report_row *r = row;
	struct tag_report report;
	struct findings f;
	struct arena arena;
	struct buf found;

	arena_init(&arena, ARENA_MAX);
	findings_init(&f, &arena);
	buf_init(&found, 4096);
	assert_int_equal(dmarc_report_record_check(&f, str_c(r->record), str_c(r->owner), &report), INKAN_OK);
	print_findings(&found, &f);
	assert_string_equal(found.p, r->findings);
	assert_sound(&f, &report, str_c(r->record));
	assert_int_equal(report.is_usable, findings_worst(&f) < SEVERITY_ERROR);
	buf_release(&found);
	arena_release(&arena);
}

/* ---- what tags mean ---- */

static const struct meaning_row {
	const char *name, *spec, *meaning;
} meaning_rows[] = {
	{"S3-58 p=none", "p=none", "only watch: receivers treat failing mail as usual, reports still come"},
	{"S1-40 p=quarantine", "p=quarantine", "treat failing mail with suspicion, say as spam"},
	{"S1-40 p=reject", "p=Reject", "refuse failing mail"},
	{"S3-61 sp=none", "sp=none", "for subdomains: only watch"},
	{"S3-54 adkim=r", "adkim=r", "DKIM, relaxed: d= and From belong to the same organization"},
	{"S3-54 adkim=s", "adkim=s", "DKIM, strict: d= and From are the same domain"},
	{"S3-55 aspf=r", "aspf=r", "SPF, relaxed: MAIL FROM and From belong to the same organization"},
	{"S3-55 aspf=s", "aspf=s", "SPF, strict: MAIL FROM and From are the same domain"},
	{"S3-62 pct", "pct=100", "the policy is applied to 100 percent of failing mail (RFC 7489 only)"},
	{"S3-59 rua", "rua=mailto:a@example.com",
         "where aggregate reports go, usually once a day, on passing and failing mail"},
	{"S3-60 ruf", "ruf=mailto:a@example.com", "where failure reports go, one a message"},
	{"S3-42 fo=1", "fo=1", "failure reports where any mechanism gives no aligned pass"},
	{"S3-42 fo=d:s", "fo=d:s", "failure reports for: d:s"},
	{"S3-46 ri", "ri=3600", "an aggregate report every 3600 seconds (RFC 7489 only)"},
	{"an unknown tag", "x=y", ""},
};

static void run_meaning(const void *row)
{
	const struct meaning_row *r = row;
	struct tag_report report;
	struct findings f;
	struct arena arena;
	char record[200];

	arena_init(&arena, ARENA_MAX);
	findings_init(&f, &arena);
	snprintf(record, sizeof record, "v=DMARC1; %s", r->spec);
	assert_int_equal(dmarc_record_check(&f, str_c(record), STR_NULL, INKAN_RFC9989, &report), INKAN_OK);
	assert_int_equal(report.count, 2);
	assert_string_equal(report.parts[1].meaning.en, r->meaning);
	arena_release(&arena);
}

/* S1-36: tags and values, put together again, are the record. */
static void tags_round_trip(const void *row)
{
	static const char record[] = "v=DMARC1; p=none; rua=mailto:a@example.com,mailto:b@example.com; adkim=s; x=";
	struct tag_report report;
	struct findings f;
	struct arena arena;
	struct buf out;

	(void)row;
	arena_init(&arena, ARENA_MAX);
	findings_init(&f, &arena);
	buf_init(&out, sizeof record);
	assert_int_equal(dmarc_record_check(&f, STR(record), STR_NULL, INKAN_RFC9989, &report), INKAN_OK);
	for (size_t i = 0; i < report.count; i++) {
		buf_put_c(&out, i ? "; " : "");
		buf_put(&out, report.parts[i].name);
		buf_put_c(&out, "=");
		buf_put(&out, report.parts[i].value);
	}
	assert_true(str_eq(buf_str(&out), STR(record)));
	buf_release(&out);
	arena_release(&arena);
}

/* ---- limits ---- */

static size_t count_of(const struct findings *f, enum tag_finding kind)
{
	size_t n = 0;

	for (size_t i = 0; i < f->count; i++)
		n += f->items[i].kind == &tag_kinds[kind];
	return n;
}

/* A record of n pieces, each with a number between head and tail unless that is NULL: how often it has the finding. */
static size_t count_in(const char *start, const char *head, const char *tail, size_t n, enum tag_finding kind)
{
	struct tag_report report;
	struct findings f;
	struct arena arena;
	struct buf record;
	size_t count;

	arena_init(&arena, ARENA_MAX);
	findings_init(&f, &arena);
	buf_init(&record, 64 * 1024);
	buf_put_c(&record, start);
	for (size_t i = 0; i < n; i++) {
		buf_put_c(&record, head);
		if (tail)
			buf_put_u64(&record, i);
		buf_put_c(&record, tail ? tail : "");
	}
	assert_int_equal(dmarc_record_check(&f, buf_str(&record), STR_NULL, INKAN_RFC9989, &report), INKAN_OK);
	count = count_of(&f, kind);
	buf_release(&record);
	arena_release(&arena);
	return count;
}

static void limits_have_a_place(const void *row)
{
	(void)row;
	static const char none[] = "v=DMARC1; p=none", octets[] = "v=DMARC1; p=none; n=";
	static const char uris[] = "v=DMARC1; p=none; rua=mailto:a@b.example", uri[] = ",mailto:a@b";

	assert_int_equal(count_in(none, ";x", "=", TAG_PARTS_MAX - 2, TAGS_TOO_MANY), 0);
	assert_int_equal(count_in(none, ";x", "=", TAG_PARTS_MAX - 1, TAGS_TOO_MANY), 1);
	assert_int_equal(count_in(octets, "x", NULL, TAG_RECORD_MAX - sizeof octets + 1, TAGS_TOO_LARGE), 0);
	assert_int_equal(count_in(octets, "x", NULL, TAG_RECORD_MAX - sizeof octets + 2, TAGS_TOO_LARGE), 1);
	assert_int_equal(count_in(uris, uri, ".example", TAG_URIS_MAX - 1, TAGS_URI_TOO_MANY), 0);
	assert_int_equal(count_in(uris, uri, ".example", TAG_URIS_MAX, TAGS_URI_TOO_MANY), 1);
	assert_int_equal(TAG_RECORD_MAX, DMARC_RECORD_MAX);
	assert_int_equal(TAG_URIS_MAX, DMARC_URIS_MAX);
}

/* Memory that ends anywhere is an error, never a judgement. */
static void no_memory_is_no_verdict(const void *row)
{
	static const char record[] = "v=DMARC1; p=nonesuch; sp=x; rua=mailto:a@other.example,b; pct=3; fo=7";
	bool reached = true;

	(void)row;
	for (size_t n = 1; reached; n++) {
		struct tag_report report;
		struct findings f;
		struct arena arena;

		arena_init(&arena, ARENA_MAX);
		findings_init(&f, &arena);
		alloc_fail_at(n);
		int error = dmarc_record_check(&f, STR(record), STR(OWNER), INKAN_RFC9989, &report);

		reached = alloc_count() >= n;
		alloc_fail_at(0);
		assert_int_equal(error, reached ? INKAN_ENOMEM : INKAN_OK);
		arena_release(&arena);
	}
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	TEST_TABLE(&list, report_rows, run_report_row);
	TEST_TABLE(&list, meaning_rows, run_meaning);
	test_add(&list, "S1-36 tags and values round-trip", tags_round_trip, NULL);
	test_add(&list, "limits at n and n+1", limits_have_a_place, NULL);
	test_add(&list, "no memory is no verdict", no_memory_is_no_verdict, NULL);
	return test_run(&list, "check/dmarc_record");
}
