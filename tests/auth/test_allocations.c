/* After the first messages nothing is allocated any more: an object that is reused keeps the memory that it needs. What
 * OpenSSL allocates inside itself is not counted. */
#include <stdlib.h>

#include "dkim/mail.h"
#include "support/alloc.h"
#include "support/case.h"

enum { WARM_UP = 2, BODY_SIZE = 300000, HEADER_FIELDS = 60 };

static const char snapshot_text[] = "{\"s1._domainkey.example.com\":{\"TXT\":[\"%s\"]},"
				    "\"e1._domainkey.example.com\":{\"TXT\":[\"%s\"]}}";

/* A header that has no room in the first blocks, and a body of more than one span. */
static void put_large_mail(struct buf *out)
{
	buf_put_c(out, HEAD);
	for (int i = 0; i < HEADER_FIELDS; i++)
		buf_printf(out, "X-Note-%d: %0200d\r\n", i, i);
	buf_put_c(out, "\r\n");
	for (int i = 0; out->n < BODY_SIZE; i++)
		buf_printf(out, "line  %d \r\n\t%0*d\r\n", i, i % 70, i);
}

static const struct row {
	const char *name;
	const char *fields[2]; /* put above the message, the last one first */
	enum forge_key keys[2];
	bool large;
} rows[] = {
	{"RSA, relaxed", {USUAL}, {FORGE_RSA2048}, false},
	{"RSA, simple", {SIGNATURE("c=simple/simple; d=example.com; s=s1; " NAMES)}, {FORGE_RSA2048}, false},
	{"Ed25519", {ED25519_E1}, {FORGE_ED25519}, false},
	{"two signatures, a large message", {USUAL, ED25519_E1}, {FORGE_RSA2048, FORGE_ED25519}, true},
};

static struct buf message_of(const struct row *r)
{
	struct buf text, out;

	buf_init(&text, SIZE_MAX);
	if (r->large)
		put_large_mail(&text);
	else
		buf_put_c(&text, MAIL);
	for (size_t i = 0; i < 2 && r->fields[i]; i++) {
		buf_init(&out, SIZE_MAX);
		forge(&out, r->fields[i], r->keys[i], buf_str(&text));
		buf_release(&text);
		text = out;
	}
	return text;
}

static void verify(struct inkan_message *m, struct str text, size_t want)
{
	const struct inkan_dkim_result *results;

	for (; text.n; text = str_skip(text, 65536))
		assert_int_equal(inkan_message_write(m, text.p, str_head(text, 65536).n), INKAN_OK);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	assert_int_equal(inkan_message_evaluate(m), INKAN_OK);
	assert_int_equal(inkan_message_dkim(m, &results), want);
	for (size_t i = 0; i < want; i++)
		assert_int_equal(results[i].result, INKAN_PASS);
	inkan_message_reset(m);
}

static void run_verify(const void *row)
{
	const struct row *r = row;
	struct buf text = message_of(r), json;
	struct inkan_message_options options;
	struct inkan_snapshot *snapshot;
	struct inkan_message *m;

	buf_init(&json, SIZE_MAX);
	buf_printf(&json, snapshot_text, forge_record(FORGE_RSA2048), forge_record(FORGE_ED25519));
	assert_int_equal(inkan_snapshot_load(json.p, json.n, &snapshot, NULL, 0), INKAN_OK);
	inkan_message_options_init(&options);
	options.snapshot = snapshot;
	assert_int_equal(inkan_message_new(judge_context(), &options, &m), INKAN_OK);
	for (int i = 0; i < WARM_UP; i++)
		verify(m, buf_str(&text), r->fields[1] ? 2 : 1);
	alloc_fail_at(0);
	verify(m, buf_str(&text), r->fields[1] ? 2 : 1);
	assert_int_equal(alloc_count(), 0);
	inkan_message_free(m);
	inkan_snapshot_free(snapshot);
	buf_release(&json);
	buf_release(&text);
}

static void sign(struct inkan_signer *s, struct str text)
{
	assert_int_equal(inkan_signer_write(s, text.p, text.n), INKAN_OK);
	assert_int_equal(inkan_signer_end(s), INKAN_OK);
	assert_non_null(inkan_signer_fields(s, NULL));
	inkan_signer_reset(s);
}

static void run_sign(const void *row)
{
	struct inkan_signer_options options;
	struct inkan_key *keys[2];
	struct inkan_signer *s;
	struct buf text;

	(void)row;
	buf_init(&text, SIZE_MAX);
	put_large_mail(&text);
	inkan_signer_options_init(&options);
	options.domain = "example.com";
	options.now = NOW;
	assert_int_equal(inkan_signer_new(judge_context(), &options, &s, NULL), INKAN_OK);
	for (size_t i = 0; i < 2; i++) {
		struct str pem = forge_pem(i ? FORGE_ED25519 : FORGE_RSA2048);

		assert_int_equal(inkan_key_from_pem(judge_context(), pem.p, pem.n, &keys[i], NULL), INKAN_OK);
		assert_int_equal(inkan_signer_add_key(s, i ? "e1" : "s1", keys[i]), INKAN_OK);
	}
	for (int i = 0; i < WARM_UP; i++)
		sign(s, buf_str(&text));
	alloc_fail_at(0);
	sign(s, buf_str(&text));
	assert_int_equal(alloc_count(), 0);
	inkan_signer_free(s);
	inkan_key_free(keys[0]);
	inkan_key_free(keys[1]);
	buf_release(&text);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_verify);
	test_add(&list, "two keys sign a large message", run_sign, NULL);
	return test_run(&list, "auth/allocations");
}
