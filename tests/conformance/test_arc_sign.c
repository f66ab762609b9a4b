/* The public ARC signing suite (conformance/arc/valimail): the sets to be made, tag for tag, signatures octet for octet. */
#include <stdio.h>
#include <stdlib.h>

#include "arc/seal.h"
#include "authres/merge.h"
#include "conformance/arc_suite.h"
#include "mail/reader.h"

struct sealing {
	struct arc_sealer *sealer;
	struct arena arena;
	const struct header *header;
	int refused;
};

static struct str text_of(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return str_from(json_string_value(value), json_string_length(value));
}

static int on_header(void *context, const struct header *header)
{
	struct sealing *s = context;

	s->header = header;
	s->refused = arc_sealer_header(s->sealer, &s->arena, header);
	return s->refused == INKAN_EREFUSED ? INKAN_OK : s->refused;
}

static int on_body(void *context, struct str span)
{
	struct sealing *s = context;

	if (!s->refused)
		arc_sealer_body(s->sealer, span);
	return INKAN_OK;
}

/* The payload of the field to be written, from the results that stand in the message; *chain: what they say of it. */
static void merge_results(struct sealing *s, struct str authserv_id, struct buf *out, enum inkan_result *chain)
{
	struct authres_result *results;
	struct authres_printer printer;
	size_t count;

	assert_int_equal(authres_gather(&s->arena, s->header, authserv_id, &results, &count), INKAN_OK);
	assert_true(authres_begin(&printer, out, authserv_id));
	*chain = INKAN_NONE;
	for (size_t i = 0; i < count; i++) {
		authres_put_result(&printer, &results[i]);
		if (str_eq(results[i].method, STR("arc")))
			*chain = str_eq(results[i].result, STR("pass"))   ? INKAN_PASS
			         : str_eq(results[i].result, STR("fail")) ? INKAN_FAIL
			                                                  : INKAN_NONE;
	}
	authres_end(&printer);
	assert_int_equal(buf_error(out), INKAN_OK);
}

/* Removes all white space, in place. */
static struct str squeeze(struct buf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		if (!is_fws_char(b->p[i]))
			b->p[n++] = b->p[i];
	b->n = n;
	return buf_str(b);
}

static bool has_part(struct str list, struct str part)
{
	while (list.n)
		if (str_eq(str_split(&list, ';'), part))
			return true;
	return false;
}

/* The same ";"-separated parts, whatever their order. */
static void assert_same_parts(struct str got, struct str want)
{
	size_t got_parts = 0, want_parts = 0;

	for (struct str rest = want; rest.n; want_parts++)
		if (!has_part(got, str_split(&rest, ';')))
			fail_msg("got  %.*s\nwant %.*s", STR_ARG(got), STR_ARG(want));
	for (struct str rest = got; rest.n; got_parts++)
		(void)str_split(&rest, ';');
	assert_int_equal(got_parts, want_parts);
}

/* One field of the set, given with its name, against that of the suite, which has none. */
static void assert_field(struct str *set, const char *name, struct str want)
{
	struct buf got, wanted;
	size_t end = 0;

	do
		end += str_search(str_skip(*set, end), STR("\r\n")) + 2;
	while (end < set->n && is_wsp(set->p[end]));
	assert_true(str_has_prefix(*set, str_c(name)));
	buf_init(&got, 100000);
	buf_init(&wanted, 100000);
	buf_put(&got, str_skip(str_head(*set, end), strlen(name) + 1));
	buf_put(&wanted, want);
	assert_same_parts(squeeze(&got), squeeze(&wanted));
	*set = str_skip(*set, end);
	buf_release(&got);
	buf_release(&wanted);
}

static void run_case(const void *row)
{
	const struct arc_case *c = row;
	struct sealing s = {.refused = 0};
	struct crypto *crypto;
	struct local_keys *keys;
	struct private_key *key;
	struct reader reader;
	uint64_t handle;
	enum inkan_result chain;
	struct buf payload, out;

	arena_init(&s.arena, 64 * 1024 * 1024);
	buf_init(&payload, 100000);
	buf_init(&out, 100000);
	assert_int_equal(crypto_new(&crypto), INKAN_OK);
	assert_int_equal(local_keys_new(crypto, &keys), INKAN_OK);
	assert_int_equal(private_key_from_pem(crypto, text_of(c->scenario, "privatekey"), &key, NULL), INKAN_OK);
	assert_int_equal(local_keys_add(keys, key, &handle), INKAN_OK);
	assert_int_equal(
		arc_sealer_new(crypto,
	                       &(struct arc_seal_options){.domain = text_of(c->scenario, "domain"),
	                                                  .headers = text_of(c->spec, "sig-headers"),
	                                                  .now = json_integer_value(json_object_get(c->spec, "t"))},
	                       &s.sealer, NULL),
		INKAN_OK);
	assert_int_equal(arc_sealer_set_key(s.sealer, text_of(c->scenario, "sel"), local_keys_holder(keys), handle),
	                 INKAN_OK);
	reader_init(&reader, &s.arena, (struct reader_options){.line_ends = READER_NORMALISE},
	            (struct reader_sink){on_header, on_body, &s});
	assert_int_equal(reader_feed(&reader, text_of(c->spec, "message")), INKAN_OK);
	assert_int_equal(reader_finish(&reader), INKAN_OK);
	if (text_of(c->spec, "AS").n == 0) {
		assert_int_equal(s.refused, INKAN_EREFUSED);
	} else {
		assert_int_equal(s.refused, INKAN_OK);
		merge_results(&s, text_of(c->spec, "srv-id"), &payload, &chain);
		struct str results = str_trim_fws(str_skip(buf_str(&payload), strlen("Authentication-Results:")));

		assert_int_equal(arc_sealer_finish(s.sealer, chain, results, &out), INKAN_OK);
		struct str set = buf_str(&out);

		assert_field(&set, "ARC-Seal", text_of(c->spec, "AS"));
		assert_field(&set, "ARC-Message-Signature", text_of(c->spec, "AMS"));
		assert_field(&set, "ARC-Authentication-Results", text_of(c->spec, "AAR"));
		assert_int_equal(set.n, 0);
	}
	reader_release(&reader);
	arc_sealer_free(s.sealer);
	local_keys_free(keys);
	crypto_free(crypto);
	arena_release(&s.arena);
	buf_release(&payload);
	buf_release(&out);
}

int main(void)
{
	return arc_suite_run("arc/valimail/arc-draft-sign-tests.json", run_case, "conformance/arc_sign");
}
