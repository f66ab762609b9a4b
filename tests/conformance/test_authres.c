/* The public Authentication-Results cases (conformance/authres): the RFC's grammar strictly, and what a tolerant reader
 * should make of the rest. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "authres/parse.h"
#include "support/case.h"
#include "support/data.h"

static struct str json_text(json_t *s)
{
	return str_from(json_string_value(s), json_string_length(s));
}

static void assert_text(const char *what, struct str got, struct str want)
{
	if (!str_eq(got, want))
		fail_msg("%s: got \"%.*s\", expected \"%.*s\"", what, STR_ARG(got), STR_ARG(want));
}

static void assert_result(const struct authres_result *got, json_t *want)
{
	json_t *version = json_object_get(want, "method_version"), *reason = json_object_get(want, "reason"), *pair;
	size_t i;

	assert_text("method", got->method, json_text(json_object_get(want, "method")));
	assert_text("result", got->result, json_text(json_object_get(want, "result")));
	assert_int_equal(got->method_version, version ? json_integer_value(version) : 1);
	assert_text("reason", got->reason, reason ? json_text(reason) : STR_NULL);
	assert_int_equal(got->property_count, json_array_size(json_object_get(want, "props")));
	json_array_foreach(json_object_get(want, "props"), i, pair)
	{
		assert_text("property", got->properties[i].name, json_text(json_array_get(pair, 0)));
		assert_text("value", got->properties[i].value, json_text(json_array_get(pair, 1)));
	}
}

static void assert_field(const struct authres_field *got, json_t *want)
{
	size_t i;
	json_t *result;

	if (!got->valid)
		fail_msg("%s at %zu", got->trouble, got->position);
	assert_text("authserv-id", got->authserv_id, json_text(json_object_get(want, "authserv_id")));
	assert_int_equal(got->version, json_integer_value(json_object_get(want, "version")));
	assert_int_equal(got->none, json_is_true(json_object_get(want, "none")));
	assert_int_equal(got->result_count, json_array_size(json_object_get(want, "results")));
	json_array_foreach(json_object_get(want, "results"), i, result) assert_result(&got->results[i], result);
}

static void run_mode(json_t *spec, const char *key, enum authres_mode mode)
{
	json_t *want = json_object_get(spec, key);
	struct arena arena;
	struct authres_field field;

	if (!want)
		return;
	arena_init(&arena, 16 * 1024 * 1024);
	assert_int_equal(authres_parse(&arena, json_text(json_object_get(spec, "value")), mode, &field), INKAN_OK);
	if (!json_object_get(want, "error"))
		assert_field(&field, want);
	else if (mode == AUTHRES_STRICT && field.valid)
		fail_msg("accepted, but: %s", json_string_value(json_object_get(want, "error")));
	arena_release(&arena);
}

static void run_case(const void *row)
{
	json_t *spec = (json_t *)(uintptr_t)row;

	run_mode(spec, "expect", AUTHRES_STRICT);
	/* whoever is tolerant reads what is right all the same */
	run_mode(spec, json_object_get(spec, "expect_relaxed") ? "expect_relaxed" : "expect", AUTHRES_RELAXED);
}

static void no_suite(const void *row)
{
	(void)row;
	test_skip("conformance suites are not here");
}

/* The document stays until its cases have run; the caller releases it. */
static json_t *add_file(struct test_list *list, const char *file)
{
	const char *path = test_conformance_path(file);
	json_t *json = path ? json_load_file(path, 0, NULL) : NULL, *spec;
	size_t i;

	if (!json) {
		test_add(list, file, no_suite, NULL);
		return NULL;
	}
	json_array_foreach(json_object_get(json, "cases"), i, spec)
	{
		char name[300];

		snprintf(name, sizeof name, "%s %s", file, json_string_value(json_object_get(spec, "id")));
		test_add(list, name, run_case, spec);
	}
	return json;
}

int main(void)
{
	struct test_list list = {0};
	json_t *rfc = add_file(&list, "authres/rfc8601.json");
	json_t *perl = add_file(&list, "authres/mail-authenticationresults.json");
	int failed = test_run(&list, "conformance/authres");

	json_decref(rfc);
	json_decref(perl);
	return failed;
}
