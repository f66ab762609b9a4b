/* Signature fields, read as each of their kinds: what is accepted lies inside of the field. */
#include <assert.h>
#include <stdlib.h>

#include "sig/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_signature(const struct dkim_signature *s, enum signature_kind kind)
{
	assert(s->b_begin <= s->b_end && s->b_end <= s->field->raw.n);
	assert(s->signature.n > 0 && s->domain.n > 0 && s->selector.n > 0 && s->key_name.n > 0);
	if (kind == SIGNATURE_DKIM)
		assert(s->name_count > 0 && s->name_count <= DKIM_HEADER_NAMES_MAX && s->body_hash.n > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct header header;
	struct buf text;

	arena_init(&arena, 64 * 1024 * 1024);
	buf_init(&text, MAIL_HEADER_SIZE_MAX);
	buf_put_c(&text, "DKIM-Signature:");
	buf_put(&text, str_from((const char *)data, size));
	if (buf_error(&text) || header_parse(&arena, buf_str(&text), MAIL_FIELDS_MAX, &header))
		abort();
	for (int kind = SIGNATURE_DKIM; kind <= SIGNATURE_ARC_SEAL; kind++) {
		struct dkim_signature signature;
		struct inkan_dkim_result result = {0};
		enum dkim_fault_id fault;

		if (dkim_signature_parse(&arena, &header.fields[0], (enum signature_kind)kind, &signature, &result,
		                         &fault))
			abort();
		if (fault == DKIM_FAULT_NONE)
			check_signature(&signature, (enum signature_kind)kind);
	}
	buf_release(&text);
	arena_release(&arena);
	return 0;
}
