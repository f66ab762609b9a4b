/* The public DMARC cases (conformance/dmarc/mail-dmarc): evaluations, tree walks, report destinations, under RFC 9989. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "dmarc/dmarc.h"
#include "dns/snapshot.h"
#include "support/case.h"
#include "support/data.h"

static struct evidence *dns;
static struct arena arena;

static struct str text_of(json_t *object, const char *key)
{
	json_t *s = json_object_get(object, key);

	return str_from(json_string_value(s), json_string_length(s));
}

static enum inkan_result result_of(json_t *identifier)
{
	struct str word = text_of(identifier, "result");

	return word.n == 0 || str_eq(word, STR("pass")) ? INKAN_PASS : INKAN_FAIL;
}

static struct dmarc_identifier *identifiers(json_t *list, size_t *count_out)
{
	struct dmarc_identifier *made = arena_calloc(&arena, json_array_size(list) + 1, sizeof *made);
	json_t *one;
	size_t i;

	*count_out = 0;
	json_array_foreach(list, i, one)
	{
		if (str_eq(text_of(one, "scope"), STR("helo")))
			continue;
		made[(*count_out)++] =
			(struct dmarc_identifier){.domain = text_of(one, "domain"), .result = result_of(one)};
	}
	return made;
}

static void run_case(const void *row)
{
	json_t *spec = (json_t *)(uintptr_t)row, *expect = json_object_get(spec, "expect"), *want;
	struct str from = text_of(spec, "from");
	struct dmarc_query query = {.from_domain = str_skip(from, str_rfind(from, '@') + 1)};
	struct inkan_dmarc_result result;
	bool pending = false;

	query.spf = identifiers(json_object_get(spec, "spf"), &query.spf_count);
	query.dkim = identifiers(json_object_get(spec, "dkim"), &query.dkim_count);
	assert_int_equal(dmarc_evaluate(&arena, dns, &query, &result, &pending), INKAN_OK);
	assert_false(pending);
	assert_string_equal(inkan_result_name(result.result), json_string_value(json_object_get(expect, "result")));
	if ((want = json_object_get(expect, "policy")))
		assert_string_equal(inkan_dmarc_policy_name(result.disposition), json_string_value(want));
	if ((want = json_object_get(expect, "domain")))
		assert_string_equal(result.organizational_domain, json_string_value(want));
	if ((want = json_object_get(expect, "spf_aligned")))
		assert_int_equal(result.spf_aligned, json_is_true(want));
	if ((want = json_object_get(expect, "dkim_aligned")))
		assert_int_equal(result.dkim_aligned, json_is_true(want));
}

static void run_organizational(const void *row)
{
	json_t *spec = (json_t *)(uintptr_t)row;
	struct dmarc_query query = {0};
	struct str domain = text_of(spec, "domain"), want = text_of(spec, "org_domain"), got;
	bool pending = false;

	assert_int_equal(dmarc_organizational_domain(&arena, dns, domain, &query, &got, &pending), INKAN_OK);
	assert_false(pending);
	/* null: no record anywhere, so by RFC 9989 the domain itself */
	assert_true(str_eq(got, want.n ? want : domain));
}

static void run_destination(const void *row)
{
	json_t *spec = (json_t *)(uintptr_t)row;
	struct dmarc_query query = {0};
	char mail[300];
	struct str destination = text_of(spec, "destination"), replaced;
	enum dmarc_destination found;
	bool pending = false;

	snprintf(mail, sizeof mail, "reports@%.*s", STR_ARG(destination));
	struct dmarc_uri uri = {.uri = str_c(mail), .mail = str_c(mail)};

	assert_int_equal(dmarc_check_destination(&arena, dns, text_of(spec, "record_domain"), &uri, &query, &found,
	                                         &replaced, &pending),
	                 INKAN_OK);
	assert_false(pending);
	assert_int_equal(found == DMARC_DESTINATION_ALLOWED, json_is_true(json_object_get(spec, "authorized")));
}

static void run_record(const void *row)
{
	json_t *spec = (json_t *)(uintptr_t)row;
	struct dmarc_record record;
	/* where upstream is lenient or strict in ways that RFC 9989 is not, its note says so: then the RFC decides */
	bool noted = json_object_get(spec, "note") != NULL;

	assert_int_equal(dmarc_record_parse(&arena, text_of(spec, "record"), INKAN_RFC9989, &record), INKAN_OK);
	if (!noted)
		assert_int_equal(record.valid, json_is_true(json_object_get(spec, "ok")));
}

static void no_suite(const void *row)
{
	(void)row;
	test_skip("conformance suites are not here");
}

static json_t *load(const char *file)
{
	const char *path = test_conformance_path(file);

	return path ? json_load_file(path, 0, NULL) : NULL;
}

static void add(struct test_list *list, json_t *cases, const char *label, const char *key, test_case_fn *run)
{
	json_t *spec;
	size_t i;

	json_array_foreach(cases, i, spec)
	{
		char name[400];

		snprintf(name, sizeof name, "%s %s", label, json_string_value(json_object_get(spec, key)));
		test_add(list, name, run, spec);
	}
}

int main(void)
{
	struct test_list list = {0};
	json_t *mail_dmarc = load("dmarc/mail-dmarc/cases.json"), *opendmarc = load("dmarc/opendmarc/cases.json");

	if (!mail_dmarc) {
		test_add(&list, "mail-dmarc", no_suite, NULL);
		return test_run(&list, "conformance/dmarc");
	}
	struct str json = test_read_file(test_conformance_path("dmarc/mail-dmarc/dns.json"));
	struct snapshot_error error;

	arena_init(&arena, 64 * 1024 * 1024);
	assert_int_equal(snapshot_load(json, &dns, &error), INKAN_OK);
	add(&list, json_object_get(mail_dmarc, "cases"), "evaluation", "id", run_case);
	add(&list, json_object_get(mail_dmarc, "organizational_domain"), "organizational domain", "id",
	    run_organizational);
	add(&list, json_object_get(mail_dmarc, "external_reporting"), "destination", "record_domain", run_destination);
	add(&list, json_object_get(opendmarc, "records"), "record", "record", run_record);
	int failed = test_run(&list, "conformance/dmarc");

	evidence_free(dns);
	arena_release(&arena);
	free((char *)(uintptr_t)json.p);
	json_decref(mail_dmarc);
	json_decref(opendmarc);
	return failed;
}
