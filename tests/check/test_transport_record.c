/* Checks of TLSRPT, MTA-STS and BIMI records: every finding by name and place; the public cases of TLSRPT. */
#include <jansson.h>
#include <stdio.h>

#include "check/bimi_record.h"
#include "check/transport_record.h"
#include "support/case.h"
#include "support/data.h"

enum { ARENA_MAX = 16 * 1024 * 1024 };

typedef int check_fn(struct findings *f, struct str value, struct str owner, struct tag_report *out);

static const struct row {
	const char *name;
	check_fn *check;
	const char *record, *findings; /* "id@position id ...", in the order found */
	const char *owner;             /* NULL: not known */
} rows[] = {
	{"TLSRPT: good", tlsrpt_record_check, "v=TLSRPTv1; rua=mailto:r@example.com,https://example.com:8443/v1", "",
         "_smtp._tls.example.com"},
	{"TLSRPT: a semicolon at the end", tlsrpt_record_check, "v=TLSRPTv1;rua=mailto:r@example.com;", "", NULL},
	{"TLSRPT: no rua", tlsrpt_record_check, "v=TLSRPTv1;", "tlsrpt_rua_missing", NULL},
	{"TLSRPT: an empty rua", tlsrpt_record_check, "v=TLSRPTv1; rua=", "tags_uri_empty@12 tlsrpt_no_uri@12", NULL},
	{"TLSRPT: another version", tlsrpt_record_check, "v=TLSRPTv99;rua=mailto:r@example.com", "tags_version_wrong@2",
         NULL},
	{"TLSRPT: the version has its case", tlsrpt_record_check, "v=tlsrptv1;rua=mailto:r@example.com",
         "tags_version_case@2", NULL},
	{"TLSRPT: v is not first", tlsrpt_record_check, "rua=mailto:r@example.com; v=TLSRPTv1",
         "tags_version_not_first@26", NULL},
	{"TLSRPT: names have their case", tlsrpt_record_check, "v=TLSRPTv1;RUA=mailto:r@example.com",
         "tags_name_case@11", NULL},
	{"TLSRPT: no space round the equals sign", tlsrpt_record_check, "v=TLSRPTv1; rua = mailto:r@example.com",
         "tags_equals_space@12", NULL},
	{"TLSRPT: http", tlsrpt_record_check, "v=TLSRPTv1; rua=http://example.com/",
         "tags_uri_scheme@16 tlsrpt_no_uri@12", NULL},
	{"TLSRPT: https without slashes", tlsrpt_record_check, "v=TLSRPTv1; rua=https:example.com",
         "tags_uri_bad@16 tlsrpt_no_uri@12", NULL},
	{"TLSRPT: https to no host", tlsrpt_record_check, "v=TLSRPTv1; rua=https://localhost/",
         "tags_uri_host@24 tlsrpt_no_uri@12", NULL},
	{"TLSRPT: sizes are not known", tlsrpt_record_check, "v=TLSRPTv1; rua=mailto:r@example.com!10m",
         "tags_uri_exclamation@36 tlsrpt_no_uri@12", NULL},
	{"TLSRPT: an extension", tlsrpt_record_check, "v=TLSRPTv1; rua=mailto:r@example.com; x=1", "tags_unknown@38",
         NULL},
	{"TLSRPT: a semicolon is missing", tlsrpt_record_check, "v=TLSRPTv1 rua=mailto:r@example.com",
         "tags_semicolon_missing@11", NULL},
	{"TLSRPT: at another place", tlsrpt_record_check, "v=TLSRPTv1; rua=mailto:r@example.com", "tags_place",
         "_tls.example.com"},

	{"MTA-STS: good", mta_sts_record_check, "v=STSv1; id=20261121T093000;", "mta_sts_file", "_mta-sts.example.com"},
	{"MTA-STS: no id", mta_sts_record_check, "v=STSv1;", "mta_sts_id_missing", NULL},
	{"MTA-STS: an empty id", mta_sts_record_check, "v=STSv1; id=;", "mta_sts_id@9", NULL},
	{"MTA-STS: a date with hyphens", mta_sts_record_check, "v=STSv1; id=2026-11-21", "mta_sts_id@12", NULL},
	{"MTA-STS: an id of 32 characters", mta_sts_record_check, "v=STSv1; id=abcdefghijklmnopqrstuvwxyz012345",
         "mta_sts_file", NULL},
	{"MTA-STS: an id of 33 characters", mta_sts_record_check, "v=STSv1; id=abcdefghijklmnopqrstuvwxyz0123456",
         "mta_sts_id@12", NULL},
	{"MTA-STS: the policy in DNS", mta_sts_record_check, "v=STSv1; id=1; mode=enforce; mx=mail.example.com",
         "mta_sts_policy_tag@15 mta_sts_policy_tag@29", NULL},
	{"MTA-STS: the version has its case", mta_sts_record_check, "v=stsv1; id=1", "tags_version_case@2", NULL},
	{"MTA-STS: at another place", mta_sts_record_check, "v=STSv1; id=1", "tags_place", "mta-sts.example.com"},
	{"MTA-STS: nothing", mta_sts_record_check, "", "tags_version_missing@0 mta_sts_id_missing", NULL},

	{"BIMI: good", bimi_record_check, "v=BIMI1; l=https://example.com/logo.svg; a=https://example.com/vmc.pem",
         "bimi_policy", "default._bimi.example.com"},
	{"BIMI: no certificate", bimi_record_check, "v=BIMI1; l=https://example.com/logo.svg",
         "bimi_no_evidence@9 bimi_policy", NULL},
	{"BIMI: declined", bimi_record_check, "v=BIMI1; l=; a=;", "bimi_declined@9", NULL},
	{"BIMI: no l", bimi_record_check, "v=BIMI1; a=https://example.com/vmc.pem", "bimi_l_missing", NULL},
	{"BIMI: http", bimi_record_check,
         "v=BIMI1; l=http://example.com/logo.svg; a=", "bimi_uri@11 bimi_no_evidence@9 bimi_policy", NULL},
	{"BIMI: two URIs", bimi_record_check, "v=BIMI1; l=https://example.com/a.svg,https://example.com/b.svg",
         "bimi_uri@11 bimi_no_evidence@9 bimi_policy", NULL},
	{"BIMI: no host", bimi_record_check, "v=BIMI1; l=https://localhost/logo.svg",
         "bimi_uri@11 bimi_no_evidence@9 bimi_policy", NULL},
	{"BIMI: not SVG", bimi_record_check, "v=BIMI1; l=https://example.com/logo.png",
         "bimi_not_svg@11 bimi_no_evidence@9 bimi_policy", NULL},
	{"BIMI: SVG with a query", bimi_record_check, "v=BIMI1; l=https://example.com/logo.SVG?v=2#x",
         "bimi_no_evidence@9 bimi_policy", NULL},
	{"BIMI: not PEM", bimi_record_check, "v=BIMI1; l=; a=https://example.com/vmc.crt",
         "bimi_not_pem@15 bimi_policy", NULL},
	{"BIMI: avp", bimi_record_check, "v=BIMI1; l=; avp=brand", "bimi_declined@9", NULL},
	{"BIMI: no such avp", bimi_record_check, "v=BIMI1; l=; avp=logo", "bimi_avp@17 bimi_declined@9", NULL},
	{"BIMI: lps", bimi_record_check, "v=BIMI1; l=; lps=news-,a.b", "bimi_declined@9", NULL},
	{"BIMI: no such lps", bimi_record_check, "v=BIMI1; l=; lps=news,a@b", "bimi_lps@22 bimi_declined@9", NULL},
	{"BIMI: no selector", bimi_record_check, "v=BIMI1; l=", "tags_place bimi_declined@9", "_bimi.example.com"},
	{"BIMI: the version has its case", bimi_record_check, "v=bimi1; l=", "tags_version_case@2 bimi_declined@9",
         NULL},
};

static void run_row(const void *row)
{
	const struct row *r = row;
	struct tag_report report;
	struct findings f;
	struct arena arena;
	char found[1000] = "";
	size_t n = 0;

	arena_init(&arena, ARENA_MAX);
	findings_init(&f, &arena);
	assert_int_equal(r->check(&f, str_c(r->record), r->owner ? str_c(r->owner) : STR_NULL, &report), INKAN_OK);
	for (size_t i = 0; i < f.count; i++) {
		n += (size_t)snprintf(found + n, sizeof found - n, "%s%s", i ? " " : "", f.items[i].kind->id);
		if (f.items[i].position != FINDING_NOWHERE)
			n += (size_t)snprintf(found + n, sizeof found - n, "@%zu", f.items[i].position);
		assert_null(strchr(f.items[i].text.en, '{'));
		assert_null(strchr(f.items[i].text.ja, '{'));
		assert_null(strchr(f.items[i].fix.en, '{'));
	}
	assert_string_equal(found, r->findings);
	assert_int_equal(report.is_usable, findings_worst(&f) < SEVERITY_ERROR);
	for (size_t i = 0; i < report.count; i++)
		assert_int_equal(*report.parts[i].meaning.en == '\0', *report.parts[i].meaning.ja == '\0');
	arena_release(&arena);
}

/* ---- the public cases ---- */

static void run_public(const void *row)
{
	json_t *spec = (json_t *)(uintptr_t)row, *record = json_object_get(spec, "record");
	struct str value = str_from(json_string_value(record), json_string_length(record));
	struct tag_report report;
	struct findings f;
	struct arena arena;

	arena_init(&arena, ARENA_MAX);
	findings_init(&f, &arena);
	assert_int_equal(tlsrpt_record_check(&f, value, STR_NULL, &report), INKAN_OK);
	assert_int_equal(report.is_usable, json_is_true(json_object_get(spec, "ok")));
	if (report.is_usable) {
		struct str rest = report.parts[1].value;
		json_t *uri;
		size_t i;

		json_array_foreach(json_object_get(spec, "rua"), i, uri)
			assert_true(str_eq(str_trim_wsp(str_split(&rest, ',')), str_c(json_string_value(uri))));
		assert_int_equal(rest.n, 0);
	}
	arena_release(&arena);
}

static void no_suite(const void *row)
{
	(void)row;
	test_skip("conformance suites are not here");
}

int main(void)
{
	struct test_list list = {0};
	const char *path = test_conformance_path("dmarc/tlsrpt-records.json");
	json_t *suite = path ? json_load_file(path, 0, NULL) : NULL, *spec;
	size_t i;

	TEST_TABLE(&list, rows, run_row);
	if (!suite)
		test_add(&list, "tlsrpt-records", no_suite, NULL);
	json_array_foreach(json_object_get(suite, "cases"), i, spec)
	{
		char name[400];

		snprintf(name, sizeof name, "tlsrpt-records %zu %s", i,
		         json_string_value(json_object_get(spec, "record")));
		test_add(&list, name, run_public, spec);
	}
	int failed = test_run(&list, "check/transport_record");

	json_decref(suite);
	return failed;
}
