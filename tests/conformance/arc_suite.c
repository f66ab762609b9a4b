#include "conformance/arc_suite.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/data.h"

enum { CASES_MAX = 1000 };

/* row: its path, where it is here, and cannot be read. */
static void no_suite(const void *row)
{
	if (row)
		fail_msg("%s: no cases in it", (const char *)row);
	test_skip("conformance suites are not here");
}

static size_t add_cases(struct test_list *list, json_t *suite, struct arc_case *cases, test_case_fn *run)
{
	json_t *scenario, *spec;
	size_t count = 0, i, k;

	json_array_foreach(json_object_get(suite, "scenarios"), i, scenario)
	{
		json_array_foreach(json_object_get(scenario, "tests"), k, spec)
		{
			char name[300];

			assert_true(count < CASES_MAX);
			cases[count] = (struct arc_case){scenario, spec};
			snprintf(name, sizeof name, "%s: %s", json_string_value(json_object_get(scenario, "scenario")),
			         json_string_value(json_object_get(spec, "id")));
			test_add(list, name, run, &cases[count++]);
		}
	}
	return count;
}

int arc_suite_run(const char *suite, test_case_fn *run, const char *group)
{
	struct test_list list = {0};
	const char *path = test_conformance_path(suite);
	json_t *json = path ? json_load_file(path, 0, NULL) : NULL;
	struct arc_case *cases = calloc(CASES_MAX, sizeof *cases);

	if (!json || !cases || add_cases(&list, json, cases, run) == 0)
		test_add(&list, suite, no_suite, path);
	int failed = test_run(&list, group);

	json_decref(json);
	free(cases);
	return failed;
}
