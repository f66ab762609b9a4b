/* Decoded key records, shared by threads and messages.
 *
 * The cache is keyed by the text of the record, not by its DNS name: what a text means never changes, so nothing in
 * here expires and the lifetime of DNS answers stays the business of whoever asks DNS. Decoding a key costs more than
 * verifying with it (LIBRARIES, OpenSSL), so it happens once. */
#pragma once

#include "sig/key_record.h"

enum {
	DKIM_KEY_CACHE_SETS = 1024,    /* a power of 2 */
	DKIM_KEY_CACHE_WAYS = 4,       /* texts kept per set: 4,096 in all */
	DKIM_KEY_CACHE_TEXT_MAX = 2048 /* longer records are decoded each time; bounds the cache to some 16 MiB */
};

struct dkim_key_cache;

/* A decoded record, reference counted; never changes. */
struct dkim_key;

INKAN_MUST_CHECK int dkim_key_cache_new(struct dkim_key_cache **out);
void dkim_key_cache_free(struct dkim_key_cache *cache);

/* The decoded form of a record's text; the caller gives it back with dkim_key_unref(). Safe from several threads.
 * Errors: those of dkim_key_record_parse(). */
INKAN_MUST_CHECK int dkim_key_cache_get(struct dkim_key_cache *cache, const struct crypto *crypto,
                                        struct arena *scratch, struct str text, struct dkim_key **out);
void dkim_key_unref(struct dkim_key *key);
const struct dkim_key_record *dkim_key_record_of(const struct dkim_key *key);
