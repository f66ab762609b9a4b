/* The public ARC validation suite (conformance/arc/valimail). */
#include <stdio.h>
#include <stdlib.h>

#include "arc/arc.h"
#include "conformance/arc_suite.h"
#include "dns/snapshot.h"
#include "mail/reader.h"

/* One message under judgement. */
struct judging {
	struct crypto *crypto;
	struct dkim_key_cache *cache;
	struct body_hashes *bodies;
	struct arc_verifier *verifier;
	struct arena arena;
};

static int on_header(void *context, const struct header *header)
{
	struct judging *j = context;

	return arc_verifier_header(j->verifier, &j->arena, header, j->bodies);
}

static int on_body(void *context, struct str span)
{
	struct judging *j = context;

	body_hashes_feed(j->bodies, span);
	return INKAN_OK;
}

static void read_message(struct judging *j, struct reader *reader, struct str text)
{
	reader_init(reader, &j->arena, (struct reader_options){.line_ends = READER_NORMALISE},
	            (struct reader_sink){on_header, on_body, j});
	body_hashes_start(j->bodies);
	assert_int_equal(reader_feed(reader, text), INKAN_OK);
	assert_int_equal(reader_finish(reader), INKAN_OK);
	assert_int_equal(body_hashes_finish(j->bodies), INKAN_OK);
}

static void assert_verdict(const struct inkan_arc_result *result, json_t *cv)
{
	size_t i;
	json_t *one;

	json_array_foreach(cv, i, one) if (!strcmp(json_string_value(one), inkan_result_name(result->result))) return;
	char *want = json_dumps(cv, 0);

	fail_msg("got %s (%s), expected %s", inkan_result_name(result->result), result->reason, want);
}

static void run_case(const void *row)
{
	const struct arc_case *c = row;
	struct judging j = {0};
	struct evidence *dns;
	struct snapshot_error error;
	struct reader reader;
	bool pending = false;
	char *json = json_dumps(json_object_get(c->scenario, "dns"), 0);
	json_t *message = json_object_get(c->spec, "message");

	if (json_object_get(c->spec, "disputed")) {
		free(json);
		test_skip("disputed");
	}
	assert_int_equal(snapshot_load(str_c(json), &dns, &error), INKAN_OK);
	free(json);
	arena_init(&j.arena, 64 * 1024 * 1024);
	assert_int_equal(crypto_new(&j.crypto), INKAN_OK);
	assert_int_equal(dkim_key_cache_new(&j.cache), INKAN_OK);
	assert_int_equal(body_hashes_new(j.crypto, &j.bodies), INKAN_OK);
	assert_int_equal(arc_verifier_new(j.crypto, j.cache, &(struct arc_verify_options){0}, &j.verifier), INKAN_OK);
	read_message(&j, &reader, str_from(json_string_value(message), json_string_length(message)));
	assert_int_equal(arc_verifier_evaluate(j.verifier, dns, &pending), INKAN_OK);
	assert_false(pending);
	assert_verdict(arc_verifier_result(j.verifier), json_object_get(c->spec, "cv"));
	reader_release(&reader);
	arc_verifier_free(j.verifier);
	body_hashes_free(j.bodies);
	dkim_key_cache_free(j.cache);
	crypto_free(j.crypto);
	arena_release(&j.arena);
	evidence_free(dns);
}

int main(void)
{
	return arc_suite_run("arc/valimail/arc-draft-validation-tests.json", run_case, "conformance/arc");
}
