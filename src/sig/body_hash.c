#include "sig/body_hash.h"

#include <assert.h>
#include <stdlib.h>

struct hasher {
	struct body_hash_need need;
	uint64_t left;         /* octets still to be hashed */
	struct digest *digest; /* kept over messages */
	struct digest_value value;
};

struct body_hashes {
	const struct crypto *crypto;
	struct hasher *hashers; /* `allocated` of them have a digest object */
	size_t count, allocated;
	struct canon_body canons[2]; /* by enum canon */
	bool used[2];
};

int body_hashes_new(const struct crypto *crypto, struct body_hashes **out)
{
	struct body_hashes *b = calloc(1, sizeof *b);

	if (!b)
		return INKAN_ENOMEM;
	b->crypto = crypto;
	*out = b;
	return INKAN_OK;
}

void body_hashes_free(struct body_hashes *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->allocated; i++)
		digest_free(b->hashers[i].digest);
	free(b->hashers);
	free(b);
}

void body_hashes_start(struct body_hashes *b)
{
	b->count = 0;
	b->used[CANON_SIMPLE] = b->used[CANON_RELAXED] = false;
}

static bool same_need(const struct body_hash_need *a, const struct body_hash_need *b)
{
	return a->kind == b->kind && a->canon == b->canon && a->has_length == b->has_length &&
	       (!a->has_length || a->length == b->length);
}

static int add_hasher(struct body_hashes *b)
{
	struct hasher *grown = realloc(b->hashers, (b->allocated + 1) * sizeof *grown);

	if (!grown)
		return INKAN_ENOMEM;
	b->hashers = grown;
	int error = digest_new(b->crypto, &grown[b->allocated].digest);

	if (!error)
		b->allocated++;
	return error;
}

/* Hands canonical octets to every hasher of one canonical form. */
static void hash_span(struct body_hashes *b, enum canon canon, struct str span)
{
	for (size_t i = 0; i < b->count; i++) {
		struct hasher *h = &b->hashers[i];

		if (h->need.canon != canon || h->left == 0)
			continue;
		struct str part = span.n > h->left ? str_head(span, (size_t)h->left) : span;

		digest_update(h->digest, part);
		h->left -= part.n;
	}
}

static void hash_simple(void *context, struct str span)
{
	hash_span(context, CANON_SIMPLE, span);
}

static void hash_relaxed(void *context, struct str span)
{
	hash_span(context, CANON_RELAXED, span);
}

int body_hashes_need(struct body_hashes *b, struct body_hash_need need, size_t *index_out)
{
	for (size_t i = 0; i < b->count; i++)
		if (same_need(&b->hashers[i].need, &need)) {
			*index_out = i;
			return INKAN_OK;
		}
	if (b->count == BODY_HASHES_MAX)
		return INKAN_ELIMIT;
	int error = b->count == b->allocated ? add_hasher(b) : INKAN_OK;

	if (error)
		return error;
	struct hasher *h = &b->hashers[b->count];

	h->need = need;
	h->left = need.has_length ? need.length : UINT64_MAX;
	digest_start(h->digest, need.kind);
	if (!b->used[need.canon])
		canon_body_init(&b->canons[need.canon], need.canon,
		                need.canon == CANON_SIMPLE ? hash_simple : hash_relaxed, b);
	b->used[need.canon] = true;
	*index_out = b->count++;
	return INKAN_OK;
}

void body_hashes_feed(struct body_hashes *b, struct str span)
{
	for (int canon = CANON_SIMPLE; canon <= CANON_RELAXED; canon++)
		if (b->used[canon])
			canon_body_feed(&b->canons[canon], span);
}

int body_hashes_finish(struct body_hashes *b)
{
	int error = INKAN_OK;

	for (int canon = CANON_SIMPLE; canon <= CANON_RELAXED; canon++)
		if (b->used[canon])
			canon_body_finish(&b->canons[canon]);
	for (size_t i = 0; i < b->count && !error; i++)
		error = digest_finish(b->hashers[i].digest, &b->hashers[i].value);
	return error;
}

const struct digest_value *body_hashes_value(const struct body_hashes *b, size_t index)
{
	assert(index < b->count);
	return &b->hashers[index].value;
}

uint64_t body_hashes_size(const struct body_hashes *b, size_t index)
{
	assert(index < b->count);
	return b->canons[b->hashers[index].need.canon].size;
}
