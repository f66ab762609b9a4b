/* Key records: read with and without the cache, to the same end; a key that can be used is the same key when it is written
 * and read again. */
#include <assert.h>
#include <stdlib.h>

#include "core/base64.h"
#include "sig/key_cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct crypto *crypto;
static struct dkim_key_cache *cache;

static void assert_same(const struct dkim_key_record *a, const struct dkim_key_record *b)
{
	assert(a->fault == b->fault && a->position == b->position && a->trouble == b->trouble);
	assert(a->testing == b->testing && a->strict_identity == b->strict_identity);
	assert(a->allows_email == b->allows_email && a->allows_sha1 == b->allows_sha1 &&
	       a->allows_sha256 == b->allows_sha256);
	assert(!a->key == !b->key && (!a->key || public_key_eq(a->key, b->key)));
}

static void write_and_read(struct arena *arena, const struct dkim_key_record *record)
{
	struct dkim_key_record again;
	struct buf octets, text;

	buf_init(&octets, SIZE_MAX / 2);
	buf_init(&text, SIZE_MAX / 2);
	public_key_encode(record->key, &octets);
	buf_put_c(&text, record->type == KEY_RSA ? "v=DKIM1; k=rsa; p=" : "v=DKIM1; k=ed25519; p=");
	base64_encode(&text, (const unsigned char *)octets.p, octets.n);
	if (dkim_key_record_parse(crypto, arena, buf_str(&text), &again))
		abort();
	assert(again.fault == DKIM_KEY_OK && public_key_eq(again.key, record->key));
	dkim_key_record_release(&again);
	buf_release(&octets);
	buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	struct dkim_key_record record;
	struct dkim_key *cached;
	struct arena arena;

	if (!crypto && (crypto_new(&crypto) || dkim_key_cache_new(&cache)))
		abort();
	arena_init(&arena, 1024 * 1024);
	if (dkim_key_record_parse(crypto, &arena, text, &record))
		abort();
	assert(!record.key == (record.fault != DKIM_KEY_OK));
	assert(!record.key || dkim_key_record_is_likely(text));
	assert(record.position <= size && dkim_key_fault_text(record.fault)[0]);
	for (int i = 0; i < 2; i++) {
		if (dkim_key_cache_get(cache, crypto, &arena, text, &cached))
			abort();
		assert_same(&record, dkim_key_record_of(cached));
		dkim_key_unref(cached);
	}
	if (record.key)
		write_and_read(&arena, &record);
	dkim_key_record_release(&record);
	arena_release(&arena);
	return 0;
}
