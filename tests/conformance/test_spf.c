/* The public SPF suites (conformance/spf): openspf's for RFC 7208 and, for information, RFC 4408; pyspf's own; the macro
 * examples of RFC 7208. Each case is one test; prints the rate per file. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "dns/snapshot.h"
#include "spf/macro.h"
#include "spf/spf.h"
#include "support/case.h"
#include "support/data.h"

enum { ARENA_MAX = 1024 * 1024, LATER = 1790000000 };

static struct suite {
	const char *file;
	bool binding; /* else the rate is printed, and nothing fails */
	int good, all, disputed;
	json_t *document;
} suites[] = {
	{"spf/openspf/rfc7208-tests.json", true, 0, 0, 0, NULL},
	{"spf/openspf/rfc4408-tests.json", false, 0, 0, 0, NULL},
	{"spf/pyspf/test.json", true, 0, 0, 0, NULL},
	{"spf/rfc7208/macros.json", true, 0, 0, 0, NULL},
};

struct spf_case {
	struct spf_case *next; /* in `cases` */
	struct suite *suite;
	json_t *document, *scenario, *spec;
};

static struct spf_case *cases;

static struct str text_of(json_t *object, const char *key)
{
	return str_c(json_string_value(json_object_get(object, key)));
}

static void set_address(struct spf_query *q, struct str ip)
{
	if (dns_address_parse(ip, DNS_A, q->address))
		return;
	q->is_ipv6 = true;
	assert_true(dns_address_parse(ip, DNS_AAAA, q->address));
}

static struct evidence *load_dns(json_t *dns)
{
	struct evidence *e = NULL;
	struct snapshot_error error;
	char *text = json_dumps(dns, 0);

	if (snapshot_load(str_c(text), &e, &error))
		fail_msg("dns: %zu:%zu: %s", error.line, error.column, error.text);
	free(text);
	return e;
}

static bool meets(json_t *expected, enum inkan_result result)
{
	size_t i;
	json_t *one;

	json_array_foreach(expected, i,
	                   one) if (!strcmp(json_string_value(one), inkan_result_name(result))) return true;
	return false;
}

static bool explains(json_t *spec, const struct inkan_spf_result *result)
{
	const char *expected = json_string_value(json_object_get(spec, "explanation"));

	return !expected || result->result != INKAN_FAIL || !strcmp(expected, result->explanation);
}

static void end_case(struct suite *suite, bool good, const char *got)
{
	suite->all++;
	suite->good += good;
	if (!good && suite->binding)
		fail_msg("got %s", got);
	if (!good)
		test_skip("differs, as RFC 7208 does from RFC 4408");
}

static void run_case(const void *row)
{
	const struct spf_case *c = row;
	struct spf_query q = {
		.helo = text_of(c->spec, "helo"),
		.sender = text_of(c->spec, "mailfrom"),
		.domain = text_of(c->spec, "domain"),
		.receiver = text_of(c->spec, "receiver"),
		.now = LATER,
		.default_explanation = STR("DEFAULT"),
		.void_lookups_max = SPF_VOID_LOOKUPS_MAX,
	};
	struct inkan_spf_result result;
	struct arena arena;
	char got[600];
	bool pending = true;

	if (json_object_get(c->spec, "disputed") || json_object_get(c->spec, "skip")) {
		c->suite->disputed++;
		test_skip("disputed");
	}
	set_address(&q, text_of(c->spec, "ip"));
	struct evidence *e = load_dns(json_object_get(c->scenario, "dns"));
	const char *procedure = json_string_value(json_object_get(c->spec, "procedure"));

	arena_init(&arena, ARENA_MAX);
	result.result = INKAN_NONE;
	if (procedure && !strcmp(procedure, "helo-first"))
		assert_int_equal(spf_check_helo(&arena, e, &q, NULL, NULL, &result, &pending), INKAN_OK);
	if (result.result != INKAN_PASS)
		assert_int_equal(spf_check_mailfrom(&arena, e, &q, NULL, NULL, &result, &pending), INKAN_OK);
	assert_false(pending);
	bool good = meets(json_object_get(c->spec, "result"), result.result) && explains(c->spec, &result);

	snprintf(got, sizeof got, "%s (%s) \"%s\"", inkan_result_name(result.result), result.reason,
	         result.explanation);
	arena_release(&arena);
	evidence_free(e);
	end_case(c->suite, good, got);
}

static void run_macro(const void *row)
{
	const struct spf_case *c = row;
	struct spf_query q = {.address = {0}};
	struct str sender = text_of(c->document, "sender"), domain = text_of(c->document, "domain");
	struct str macro = text_of(c->spec, "macro");
	char room[SPF_NAME_ROOM], got[SPF_NAME_ROOM + 1];
	unsigned letters = 0;

	set_address(&q, text_of(c->spec, "ip"));
	struct spf_macro_values values = {
		.sender = sender,
		.local_part = str_head(sender, str_find(sender, '@')),
		.sender_domain = str_skip(sender, str_find(sender, '@') + 1),
		.domain = domain,
		.is_ipv6 = q.is_ipv6,
		.address = q.address,
	};
	assert_int_equal(spf_domain_spec_check(macro, &letters), SPF_FAULT_NONE);
	struct str expanded = spf_expand_name(&values, macro, letters, room);

	snprintf(got, sizeof got, "%.*s", STR_ARG(expanded));
	end_case(c->suite, str_ieq(expanded, text_of(c->spec, "expand")), got);
}

static void no_suites(const void *row)
{
	(void)row;
	test_skip("conformance suites are not here");
}

static void add(struct test_list *list, test_case_fn *run, struct spf_case with, const char *id)
{
	struct spf_case *c = malloc(sizeof *c);
	char name[300];

	assert_non_null(c);
	*c = with;
	c->next = cases;
	cases = c;
	snprintf(name, sizeof name, "%.*s %s", (int)(strlen(with.suite->file) - 5), with.suite->file, id);
	test_add(list, name, run, c);
}

static void add_suite(struct test_list *list, struct suite *suite)
{
	const char *path = test_conformance_path(suite->file);
	json_error_t error;
	json_t *document = path ? json_load_file(path, JSON_ALLOW_NUL, &error) : NULL, *scenario, *spec;
	size_t i, k;

	if (path && !document) {
		print_error("%s:%d: %s\n", path, error.line, error.text);
		exit(1);
	}
	suite->document = document;
	if (!document) {
		test_add(list, suite->file, no_suites, NULL);
		return;
	}
	json_array_foreach(json_object_get(document, "scenarios"), i, scenario)
	{
		json_array_foreach(json_object_get(scenario, "tests"), k, spec)
		{
			char id[200];

			snprintf(id, sizeof id, "%zu %s", i + 1, json_string_value(json_object_get(spec, "id")));
			add(list, run_case, (struct spf_case){NULL, suite, document, scenario, spec}, id);
		}
	}
	json_array_foreach(json_object_get(document, "cases"), i, spec)
		add(list, run_macro, (struct spf_case){NULL, suite, document, NULL, spec},
	            json_string_value(json_object_get(spec, "expand")));
}

int main(void)
{
	struct test_list list = {0};

	for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
		add_suite(&list, &suites[i]);
	int failed = test_run(&list, "conformance/spf");

	for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
		print_message("conformance %s: %d of %d as expected, %d disputed\n", suites[i].file, suites[i].good,
		              suites[i].all, suites[i].disputed);
	for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
		json_decref(suites[i].document);
	while (cases) {
		struct spf_case *next = cases->next;

		free(cases);
		cases = next;
	}
	return failed;
}
