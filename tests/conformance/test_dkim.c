/* The public DKIM suites (conformance/dkim), each case of each manifest as one test; mail-dkim a second time with what RFC
 * 8301 forbids allowed. Prints the rate per folder. */
#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "inkan/inkan.h"
#include "support/case.h"
#include "support/data.h"

enum { LATER = 1790000000 /* where a case names no time: after every signing time, 2026-09-21 */ };

struct dkim_case {
	const char *folder;
	json_t *manifest, *spec;
	const char *expect_key;
	unsigned flags;
};

static struct rate {
	const char *folder;
	int good, all, disputed;
} rates[8];

static struct rate *rate_of(const char *folder)
{
	struct rate *r = rates;

	while (r->folder && strcmp(r->folder, folder))
		r++;
	r->folder = folder;
	return r;
}

static json_t *load_json(const char *folder, const char *file)
{
	char relative[500];
	json_error_t error;

	snprintf(relative, sizeof relative, "dkim/%s/%s", folder, file);
	const char *path = test_conformance_path(relative);
	json_t *json = path ? json_load_file(path, 0, &error) : NULL;

	if (path && !json)
		fail_msg("%s: line %d: %s", path, error.line, error.text);
	return json;
}

/* The DNS of a case: that of the folder, with the case's own names over it. */
static struct inkan_snapshot *dns_of(const struct dkim_case *c)
{
	json_t *dns = load_json(c->folder, json_string_value(json_object_get(c->manifest, "dns")));
	json_t *override = json_object_get(c->spec, "dns_override");
	struct inkan_snapshot *snapshot = NULL;
	char why[300] = "";

	if (override)
		json_object_update(dns, override);
	char *text = json_dumps(dns, 0);

	if (inkan_snapshot_load(text, strlen(text), &snapshot, why, sizeof why))
		fail_msg("dns: %s", why);
	free(text);
	json_decref(dns);
	return snapshot;
}

/* pass if one passes, else the first result, none without signatures */
static enum inkan_result overall(const struct inkan_dkim_result *results, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (results[i].result == INKAN_PASS)
			return INKAN_PASS;
	return count ? results[0].result : INKAN_NONE;
}

static int is_expected(const char *expect, const struct inkan_dkim_result *results, size_t count)
{
	enum inkan_result result = overall(results, count);

	if (!strcmp(expect, "any"))
		return 1;
	if (!strcmp(expect, "!pass"))
		return result != INKAN_PASS;
	if (!strcmp(expect, inkan_result_name(result)))
		return 1;
	for (size_t i = 0; i < count && result != INKAN_PASS; i++)
		if (!strcmp(expect, inkan_result_name(results[i].result)))
			return 1;
	return 0;
}

static int meets(json_t *expect, const struct inkan_dkim_result *results, size_t count)
{
	size_t i;
	json_t *one;

	if (json_is_string(expect))
		return is_expected(json_string_value(expect), results, count);
	json_array_foreach(expect, i, one) if (is_expected(json_string_value(one), results, count)) return 1;
	return 0;
}

static struct inkan_message *judge(const struct dkim_case *c, struct inkan_context *context,
                                   struct inkan_snapshot *snapshot)
{
	char relative[500];
	struct inkan_message_options options;
	struct inkan_message *m;
	json_t *time = json_object_get(c->spec, "time");

	snprintf(relative, sizeof relative, "dkim/%s/%s", c->folder,
	         json_string_value(json_object_get(c->spec, "file")));
	struct str text = test_read_file(test_conformance_path(relative));

	inkan_message_options_init(&options);
	options.line_ends = INKAN_LINE_ENDS_NORMALISE;
	options.flags = c->flags | INKAN_ALLOW_PARTIAL_BODY;
	options.snapshot = snapshot;
	options.now = time ? (int64_t)json_number_value(time) : LATER;
	assert_int_equal(inkan_message_new(context, &options, &m), INKAN_OK);
	assert_int_equal(inkan_message_write(m, text.p, text.n), INKAN_OK);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	assert_int_equal(inkan_message_evaluate(m), INKAN_OK);
	free((char *)(uintptr_t)text.p);
	return m;
}

static void run_case(const void *row)
{
	const struct dkim_case *c = row;
	struct inkan_context *context;
	const struct inkan_dkim_result *results = NULL;
	json_t *expect = json_object_get(c->spec, c->expect_key);
	struct rate *rate = rate_of(c->folder);

	if (json_object_get(c->spec, "disputed")) {
		rate->disputed++;
		test_skip("disputed");
	}
	rate->all++;
	assert_non_null(expect);
	assert_int_equal(inkan_context_new(&context), INKAN_OK);
	struct inkan_snapshot *snapshot = dns_of(c);
	struct inkan_message *m = judge(c, context, snapshot);
	size_t count = inkan_message_dkim(m, &results);
	int good = meets(expect, results, count);

	for (size_t i = 0; i < count && !good; i++)
		print_message("  %s d=%s s=%s: %s (%s)\n", inkan_result_name(results[i].result), results[i].domain,
		              results[i].selector, inkan_dkim_cause_name(results[i].cause), results[i].reason);
	inkan_message_free(m);
	inkan_snapshot_free(snapshot);
	inkan_context_free(context);
	if (!good) {
		char *wanted = json_dumps(expect, JSON_ENCODE_ANY);

		fail_msg("expected %s, got %s", wanted, count ? "the above" : "none");
	}
	rate->good++;
}

static void no_suites(const void *row)
{
	(void)row;
	test_skip("conformance suites are not here");
}

static struct {
	json_t *manifest;
	struct dkim_case *cases;
} folders[8];
static size_t folder_count;

static void add_folder(struct test_list *list, const char *folder, const char *expect_key, unsigned flags)
{
	json_t *manifest = load_json(folder, "manifest.json"), *spec;
	size_t i;

	if (!manifest) {
		test_add(list, folder, no_suites, NULL);
		return;
	}
	json_t *specs = json_object_get(manifest, "cases");
	struct dkim_case *cases = calloc(json_array_size(specs), sizeof *cases);

	assert(cases);
	folders[folder_count].manifest = manifest;
	folders[folder_count++].cases = cases;
	json_array_foreach(specs, i, spec)
	{
		struct dkim_case *c = &cases[i];
		char name[300];
		const char *key = json_object_get(spec, expect_key) ? expect_key : "expect";

		*c = (struct dkim_case){folder, manifest, spec, key, flags};
		snprintf(name, sizeof name, "dkim/%s %s%s", folder, json_string_value(json_object_get(spec, "id")),
		         flags ? " (legacy)" : "");
		test_add(list, name, run_case, c);
	}
}

int main(void)
{
	struct test_list list = {0};

	add_folder(&list, "rfc", "expect", 0);
	add_folder(&list, "dkimpy", "expect", 0);
	add_folder(&list, "mail-dkim", "expect", 0);
	add_folder(&list, "mail-dkim", "expect_legacy", INKAN_ALLOW_LEGACY);
	int failed = test_run(&list, "conformance/dkim");

	for (struct rate *r = rates; r->folder; r++)
		print_message("conformance dkim/%s: %d of %d as expected, %d disputed\n", r->folder, r->good, r->all,
		              r->disputed);
	while (folder_count) {
		json_decref(folders[--folder_count].manifest);
		free(folders[folder_count].cases);
	}
	return failed;
}
