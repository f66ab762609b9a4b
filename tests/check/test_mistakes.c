/* The classic mistakes of publishing: each by what DNS shows, and that a record as it should be has none. */
#include <stdio.h>

#include "check/keys.h"
#include "check/mistakes.h"
#include "support/case.h"

#define NAME "s1._domainkey.d.example"
#define KEY "v=DKIM1; k=rsa; p=" RSA_2048
#define SPF "v=spf1 include:a.example -all"
#define DOUBLED NAME ".d.example"

enum { ARENA_MAX = 1024 * 1024, TEXTS = 3 };

/* clang-format off */
static const struct row {
	const char *name;
	const char *at; /* name of the record */
	enum dns_type type;
	const char *expected;     /* NULL: not known */
	const char *shown[TEXTS]; /* none: the name has nothing */
	const char *want;         /* id; NULL: no mistake */
	enum dns_status status;   /* where nothing is shown */
	const char *probe;        /* a name that has `probe_text`, or leads there */
	const char *probe_text;
	const char *beside; /* CNAME target, or text where a CNAME is wanted */
	bool no_zone;
} rows[] = {
	{"S3-38 as it should be", NAME, DNS_TXT, KEY, {KEY}, NULL},
	{"S3-31 in pieces with white space", NAME, DNS_TXT, KEY, {"v=DKIM1;k=rsa;p=" RSA_2048 ";"}, NULL},
	{"S3-38 beside a proof of ownership", "d.example", DNS_TXT, SPF, {"site-verification=1", SPF}, NULL},
	{"S3-75 missing", NAME, DNS_TXT, KEY, {NULL}, "record_missing", DNS_NXDOMAIN},
	{"S3-75 missing, the name is there", NAME, DNS_TXT, NULL, {NULL}, "record_missing", DNS_NODATA},
	{"S3-75 time-out", NAME, DNS_TXT, KEY, {NULL}, "record_time_out", DNS_TIMEOUT},
	{"S3-75 delegation not done", NAME, DNS_TXT, KEY, {NULL}, "delegation_missing", DNS_NXDOMAIN, .no_zone = true},
	{"S3-75 S3-36 doubled suffix", NAME, DNS_TXT, KEY, {NULL}, "doubled_suffix", DNS_NXDOMAIN, DOUBLED, KEY},
	{"S3-36 doubled suffix, value not known", NAME, DNS_TXT, NULL, {NULL}, "doubled_suffix", DNS_NXDOMAIN, DOUBLED, KEY},
	{"S3-36 doubled suffix of a CNAME", NAME, DNS_CNAME, "t.example.net", {NULL}, "doubled_suffix", DNS_NXDOMAIN, DOUBLED, "t.example.net"},
	{"S3-75 wrong zone", "s1._domainkey.m.d.example", DNS_TXT, KEY, {NULL}, "wrong_zone", DNS_NXDOMAIN, NAME, KEY},
	{"the key of the parent domain is its own", "s1._domainkey.m.d.example", DNS_TXT, NULL, {NULL}, "record_missing", DNS_NXDOMAIN, NAME, KEY},
	{"S3-38 without _domainkey", NAME, DNS_TXT, KEY, {NULL}, "label_missing", DNS_NXDOMAIN, "s1.d.example", KEY},
	{"S3-38 at the domain itself", NAME, DNS_TXT, KEY, {NULL}, "record_at_apex", DNS_NXDOMAIN, "d.example", KEY},
	{"the domain's other texts are not the key", NAME, DNS_TXT, NULL, {NULL}, "record_missing", DNS_NXDOMAIN, "d.example", SPF},
	{"S3-38 _dmarc twice", "_dmarc.d.example", DNS_TXT, NULL, {NULL}, "label_twice", DNS_NXDOMAIN, "_dmarc._dmarc.d.example", "v=DMARC1; p=none"},
	{"S3-38 dmarc without underscore", "_dmarc.d.example", DNS_TXT, NULL, {NULL}, "label_missing", DNS_NXDOMAIN, "dmarc.d.example", "v=DMARC1; p=none"},
	{"S3-38 the type SPF", "d.example", DNS_TXT, SPF, {NULL}, "type_spf", DNS_NODATA, "d.example", SPF},
	{"S3-37 S3-38 quotes in the value", NAME, DNS_TXT, KEY, {"\"" KEY "\""}, "quotes_in_value"},
	{"S2-38 a closing quote alone", NAME, DNS_TXT, KEY, {KEY "\""}, "quotes_in_value"},
	{"S3-38 quotes in the value, which is not known", NAME, DNS_TXT, NULL, {"\"" KEY "\""}, "quotes_in_value"},
	{"S3-38 pieces with their quotes", NAME, DNS_TXT, KEY, {"v=DKIM1; k=rsa; \" \"p=" RSA_2048}, "chunks_joined"},
	{"S3-38 lost quotes: a comment", NAME, DNS_TXT, KEY, {"v=DKIM1"}, "quotes_lost"},
	{"S3-38 lost quotes: a comment, with its semicolon", NAME, DNS_TXT, KEY, {"v=DKIM1;"}, "quotes_lost"},
	{"S3-38 lost quotes: no spaces", "d.example", DNS_TXT, SPF, {"v=spf1include:a.example-all"}, "quotes_lost"},
	{"S3-38 a backslash", NAME, DNS_TXT, KEY, {"v=DKIM1\\; k=rsa\\; p=" RSA_2048}, "backslash_in_value"},
	{"S3-38 typographic quotes", NAME, DNS_TXT, KEY, {"\xe2\x80\x9c" KEY "\xe2\x80\x9d"}, "typographic_in_value"},
	{"S3-38 markup", NAME, DNS_TXT, KEY, {"<p>" KEY "</p>"}, "markup_in_value"},
	{"S3-38 the whole line", NAME, DNS_TXT, KEY, {NAME ". 3600 IN TXT \"" KEY "\""}, "line_in_value"},
	{"S3-75 cut", NAME, DNS_TXT, KEY, {"v=DKIM1; k=rsa; p=MIIB"}, "value_cut"},
	{"letters changed case", NAME, DNS_TXT, "v=DKIM1; p=AbCd", {"v=dkim1; p=abcd"}, "case_changed"},
	{"S1-22 another key", NAME, DNS_TXT, KEY, {"v=DKIM1; k=ed25519; p=" ED25519}, "other_key"},
	{"another value", "d.example", DNS_TXT, SPF, {"v=spf1 -all"}, "other_value"},
	{"two SPF records, one of them right", "d.example", DNS_TXT, SPF, {SPF, "v=spf1 -all"}, "several_records"},
	{"two keys, none of them right", NAME, DNS_TXT, KEY, {"v=DKIM1; p=AAAA", "v=DKIM1; p=BBBB"}, "several_records"},
	{"other texts alone", "d.example", DNS_TXT, SPF, {"one", "two"}, "record_missing"},
	{"S3-38 the target as it should be", NAME, DNS_CNAME, "T.example.net", {"t.example.net"}, NULL},
	{"S3-36 the target without final dot", NAME, DNS_CNAME, "t.example.net", {"t.example.net.d.example"}, "target_doubled"},
	{"S3-36 a target twice in the zone", NAME, DNS_CNAME, NULL, {"t.d.example.d.example"}, "target_doubled"},
	{"another target", NAME, DNS_CNAME, "t.example.net", {"u.example.net"}, "other_target"},
	{"a TXT record where a CNAME is wanted", NAME, DNS_CNAME, "t.example.net", {NULL}, "txt_for_cname", DNS_NODATA, .beside = KEY},
	{"a CNAME where a TXT record is wanted", NAME, DNS_TXT, KEY, {NULL}, "cname_for_txt", DNS_NXDOMAIN, .beside = "t.example.net"},
};
/* clang-format on */

static bool is_text(enum dns_type type)
{
	return type == DNS_TXT || type == DNS_SPF;
}

static struct dns_record record_of(enum dns_type type, const char *text)
{
	return is_text(type) ? (struct dns_record){.text = str_c(text)} : (struct dns_record){.name = str_c(text)};
}

static struct str zone_of(const struct row *row)
{
	return strstr(row->at, "m.d.example") ? STR("m.d.example") : STR("d.example");
}

static void run_row(const void *context)
{
	const struct row *row = context;
	struct dns_record wanted = record_of(row->type, row->expected ? row->expected : ""), shown[TEXTS];
	struct record_set expected = {.name = str_c(row->at),
	                              .type = row->type,
	                              .ttl = 3600,
	                              .records = &wanted,
	                              .count = row->expected != NULL};
	struct dns_answer answer = {.status = row->status, .records = shown};
	struct dns_record found = {0}, besides = record_of(row->type == DNS_CNAME ? DNS_TXT : DNS_CNAME,
	                                                   row->beside ? row->beside : "");
	struct dns_answer probe_answer = {.status = DNS_ANSWER, .records = &found, .count = 1};
	struct dns_answer beside = {.status = DNS_ANSWER, .records = &besides, .count = row->beside != NULL};
	struct dns_answer apex = {.status = row->no_zone ? DNS_NXDOMAIN : DNS_ANSWER};
	struct mistake_probe probes[MISTAKE_PROBES_MAX];
	const struct dns_answer *answers[MISTAKE_PROBES_MAX] = {NULL};
	struct findings f;
	struct arena arena;
	size_t count = 0;
	enum mistake mistake;

	arena_init(&arena, ARENA_MAX);
	findings_init(&f, &arena);
	for (size_t i = 0; i < TEXTS && row->shown[i]; i++) {
		shown[i] = record_of(row->type, row->shown[i]);
		answer.count = i + 1;
	}
	assert_int_equal(mistakes_questions(&arena, &expected, zone_of(row), probes, &count), INKAN_OK);
	assert_true(count <= MISTAKE_PROBES_MAX);
	for (size_t i = 0; i < count; i++)
		if (row->probe && str_eq(probes[i].name, str_c(row->probe))) {
			found = record_of(probes[i].type, row->probe_text);
			answers[i] = &probe_answer;
		}
	struct mistake_view view = {.expected = &expected,
	                            .zone = zone_of(row),
	                            .shown = &answer,
	                            .beside = &beside,
	                            .apex = &apex,
	                            .probes = probes,
	                            .answers = answers,
	                            .probe_count = count};

	mistake = mistakes_find(&f, &view);
	assert_int_equal(f.count, row->want != NULL);
	if (row->want) {
		assert_string_equal(mistake_kinds[mistake].id, row->want);
		assert_ptr_equal(f.items[0].kind, &mistake_kinds[mistake]);
	} else {
		assert_int_equal(mistake, MISTAKES);
	}
	arena_release(&arena);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	return test_run(&list, "check/mistakes");
}
