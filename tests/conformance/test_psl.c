/* The registrable domains of publicsuffix.org's own test (conformance/psl), by its list. */
#include <jansson.h>
#include <stdio.h>

#include "io/public_suffix.h"
#include "support/case.h"
#include "support/data.h"

static struct public_suffixes *list;

static void run_case(const void *row)
{
	json_t *spec = (json_t *)(uintptr_t)row;
	json_t *input = json_object_get(spec, "input"), *want = json_object_get(spec, "registrable");
	struct str domain = str_from(json_string_value(input), json_string_length(input));
	struct str expected = str_from(json_string_value(want), json_string_length(want));
	struct str found = public_suffixes_registrable(list, domain);

	assert_true(str_ieq(found, expected));
	/* a piece of what was handed in */
	if (found.n)
		assert_true(found.p + found.n == domain.p + domain.n);
}

static void no_suite(const void *row)
{
	(void)row;
	test_skip("conformance suites are not here");
}

int main(void)
{
	struct test_list tests = {0};
	const char *path = test_conformance_path("psl/test_psl.json");
	json_t *suite = path ? json_load_file(path, 0, NULL) : NULL, *spec;
	size_t i;

	if (!suite) {
		test_add(&tests, "psl", no_suite, NULL);
		return test_run(&tests, "conformance/psl");
	}
	if (public_suffixes_open(test_conformance_path("psl/public_suffix_list.dat"), &list, NULL))
		return 1;
	json_array_foreach(json_object_get(suite, "cases"), i, spec)
	{
		char name[400];
		const char *input = json_string_value(json_object_get(spec, "input"));

		snprintf(name, sizeof name, "%zu %s", i, input ? input : "null");
		test_add(&tests, name, run_case, spec);
	}
	int failed = test_run(&tests, "conformance/psl");

	public_suffixes_free(list);
	json_decref(suite);
	return failed;
}
