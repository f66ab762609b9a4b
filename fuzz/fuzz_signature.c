/* A DKIM-Signature field of any shape over a message that stays; read also as the fields of ARC. What is shown of it is clean. Where it can be read and its
 * b= is signed anew by this target's own key, the verifier finds that the header fits, however odd the field is: the
 * octets that signer and verifier hash are the same. */
#include <assert.h>
#include <stdlib.h>

#include "core/base64.h"
#include "core/utf8.h"
#include "dkim_keys.h"
#include "inkan/inkan.h"
#include "sig/header_hash.h"
#include "sig/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAIL "From: a@example.com\r\nTo: b@example.net\r\nTo: c@example.net\r\nSubject:  x \r\n\ty\r\n\r\nbody \r\n\r\n"

static struct crypto *crypto;
static struct private_key *key;
static struct inkan_context *context;

static void prepare(void)
{
	if (crypto)
		return;
	if (crypto_new(&crypto) || private_key_from_pem(crypto, STR(FUZZ_ED25519_PEM), &key, NULL) ||
	    inkan_context_new(&context))
		abort();
}

static void assert_shown(const char *text)
{
	struct str s = str_c(text);

	assert(utf8_is_valid(s) && s.n <= 1100);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		assert(c >= 0x20 && c != 0x7f && !(c == 0xc2 && (unsigned char)s.p[i + 1] < 0xa0));
	}
}

static void assert_clean(const struct inkan_dkim_result *r)
{
	const char *texts[] = {r->reason,           r->section,
	                       r->domain,           r->selector,
	                       r->identity,         r->algorithm,
	                       r->canonicalization, r->signature_prefix,
	                       r->body_hash_signed, r->body_hash_computed,
	                       r->changed_header,   r->change};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_shown(texts[i]);
	for (size_t i = 0; i < r->signed_header_count; i++)
		assert_shown(r->signed_headers[i]);
}

/* Judges the message; every key is ours. The result of the uppermost signature. */
static void judge(struct str message, struct inkan_dkim_result *first_out, size_t *count_out)
{
	static const char record[] = FUZZ_ED25519_RECORD;
	const char *text = record;
	size_t text_size = sizeof record - 1;
	struct inkan_message_options options;
	struct inkan_message *m;
	const struct inkan_question *questions;
	const struct inkan_dkim_result *results = NULL;

	inkan_message_options_init(&options);
	options.now = 1795253400;
	if (inkan_message_new(context, &options, &m) || inkan_message_write(m, message.p, message.n) ||
	    inkan_message_end(m))
		abort();
	while (inkan_message_questions(m, &questions))
		if (inkan_message_answer_txt(m, questions, &text, &text_size, 1))
			abort();
	if (inkan_message_evaluate(m))
		abort();
	*count_out = inkan_message_dkim(m, &results);
	for (size_t i = 0; i < *count_out; i++)
		assert_clean(&results[i]);
	if (*count_out)
		*first_out = results[0];
	if (!inkan_message_authentication_results(m, "mx.example"))
		abort();
	inkan_message_free(m);
}

static void check_signature(const struct dkim_signature *s, enum signature_kind kind)
{
	assert(s->b_begin <= s->b_end && s->b_end <= s->field->raw.n);
	assert(s->signature.n > 0 && s->domain.n > 0 && s->selector.n > 0 && s->key_name.n > 0);
	if (kind != SIGNATURE_ARC_SEAL)
		assert(s->name_count <= DKIM_HEADER_NAMES_MAX && s->body_hash.n > 0);
}

/* The digest that the field's signature is to be made over. */
static void digest_header(struct arena *arena, const struct header *header, const struct dkim_signature *s,
                          struct digest_value *out)
{
	size_t *fields = arena_calloc(arena, s->name_count + 1, sizeof *fields);
	struct digest *digest;
	struct buf input, own, scratch;

	buf_init(&input, SIZE_MAX / 2);
	buf_init(&own, SIZE_MAX / 2);
	buf_init(&scratch, SIZE_MAX / 2);
	if (!fields || header_select(arena, header, s->names, s->name_count, fields) || digest_new(crypto, &digest))
		abort();
	header_hash_fields(&input, s->header_canon, header, fields, s->name_count);
	header_hash_own(&input, &scratch, s->header_canon, s->field->raw, s->b_begin, s->b_end);
	digest_start(digest, DIGEST_SHA256);
	digest_update(digest, buf_str(&input));
	if (buf_error(&input) || digest_finish(digest, out))
		abort();
	digest_free(digest);
	buf_release(&input);
	buf_release(&own);
	buf_release(&scratch);
}

/* The message with b= of its first field signed anew. */
static void sign_anew(struct arena *arena, const struct header *header, const struct dkim_signature *s,
                      struct str message, struct buf *out)
{
	struct digest_value digest;
	unsigned char signature[KEY_SIGNATURE_MAX];
	size_t signature_size;

	digest_header(arena, header, s, &digest);
	if (private_key_sign(crypto, key, DIGEST_SHA256, &digest, signature, &signature_size))
		abort();
	buf_put(out, str_head(message, s->b_begin));
	buf_put_char(out, '\t');
	base64_encode(out, signature, signature_size);
	buf_put_c(out, "\r\n ");
	buf_put(out, str_skip(message, s->b_end));
	if (buf_error(out))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct buf message, sealed;
	struct header header;
	struct dkim_signature s;
	struct inkan_dkim_result result = {0};
	enum dkim_fault_id fault;
	size_t count;

	prepare();
	arena_init(&arena, 64 * 1024 * 1024);
	buf_init(&message, SIZE_MAX / 2);
	buf_init(&sealed, SIZE_MAX / 2);
	buf_put_c(&message, "DKIM-Signature:");
	buf_put(&message, str_from((const char *)data, size));
	buf_put_c(&message, "\r\n" MAIL);
	judge(buf_str(&message), &result, &count);
	size_t end = str_search(buf_str(&message), STR("\r\n\r\n"));

	if (header_parse(&arena, str_head(buf_str(&message), end + 2), MAIL_FIELDS_MAX, &header))
		abort();
	for (int kind = SIGNATURE_ARC_SEAL; kind >= SIGNATURE_DKIM; kind--) {
		if (dkim_signature_parse(&arena, &header.fields[0], (enum signature_kind)kind, &s, &result, &fault))
			abort();
		if (!fault)
			check_signature(&s, (enum signature_kind)kind);
	}
	if (!fault && s.algorithm == DKIM_ED25519_SHA256) {
		sign_anew(&arena, &header, &s, buf_str(&message), &sealed);
		judge(buf_str(&sealed), &result, &count);
		/* a rule of the receiver may still refuse it, but never because the signature does not fit */
		assert(count > 0 && result.explanation != INKAN_EXPLAIN_HEADER_CHANGED);
		assert(result.result != INKAN_PASS || result.header_verified);
		if (result.explanation == INKAN_EXPLAIN_CONTENT_CHANGED)
			assert(result.header_verified);
	}
	buf_release(&message);
	buf_release(&sealed);
	arena_release(&arena);
	return 0;
}
