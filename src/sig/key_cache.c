#include "sig/key_cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { HASHED_MAX = 64 };

struct dkim_key {
	atomic_uint references;
	struct dkim_key_record record;
	uint64_t hash;
	size_t text_size;
	char text[];
};

struct dkim_key_cache {
	pthread_mutex_t lock; /* held for pointer work only, never while decoding */
	uint64_t seed;
	struct dkim_key *ways[DKIM_KEY_CACHE_SETS][DKIM_KEY_CACHE_WAYS]; /* most recently found first */
};

int dkim_key_cache_new(struct dkim_key_cache **out)
{
	struct dkim_key_cache *cache = calloc(1, sizeof *cache);

	if (!cache)
		return INKAN_ENOMEM;
	if (pthread_mutex_init(&cache->lock, NULL)) {
		free(cache);
		return INKAN_ENOMEM;
	}
	cache->seed = (uint64_t)(uintptr_t)cache;
	*out = cache;
	return INKAN_OK;
}

void dkim_key_cache_free(struct dkim_key_cache *cache)
{
	if (!cache)
		return;
	for (size_t set = 0; set < DKIM_KEY_CACHE_SETS; set++)
		for (size_t way = 0; way < DKIM_KEY_CACHE_WAYS; way++)
			dkim_key_unref(cache->ways[set][way]);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

static struct dkim_key *ref(struct dkim_key *key)
{
	atomic_fetch_add_explicit(&key->references, 1, memory_order_relaxed);
	return key;
}

void dkim_key_unref(struct dkim_key *key)
{
	if (!key || atomic_fetch_sub_explicit(&key->references, 1, memory_order_acq_rel) != 1)
		return;
	dkim_key_record_release(&key->record);
	free(key);
}

const struct dkim_key_record *dkim_key_record_of(const struct dkim_key *key)
{
	return &key->record;
}

/* Puts key first in its set; what stood at `way` falls out of the order there. */
static void move_to_front(struct dkim_key **set, size_t way, struct dkim_key *key)
{
	for (; way > 0; way--)
		set[way] = set[way - 1];
	set[0] = key;
}

/* The end of a record is the end of its key, and tells keys apart as well as the whole. */
static uint64_t hash_of(const struct dkim_key_cache *cache, struct str text)
{
	return str_hash(str_skip(text, text.n > HASHED_MAX ? text.n - HASHED_MAX : 0), cache->seed ^ text.n);
}

static struct dkim_key **set_of(struct dkim_key_cache *cache, uint64_t hash)
{
	return cache->ways[hash & (DKIM_KEY_CACHE_SETS - 1)];
}

static struct dkim_key *find(struct dkim_key_cache *cache, uint64_t hash, struct str text)
{
	struct dkim_key **set = set_of(cache, hash), *found = NULL;

	pthread_mutex_lock(&cache->lock);
	for (size_t way = 0; way < DKIM_KEY_CACHE_WAYS && !found; way++) {
		struct dkim_key *key = set[way];

		if (key && key->hash == hash && str_eq(str_from(key->text, key->text_size), text)) {
			move_to_front(set, way, key);
			found = ref(key);
		}
	}
	pthread_mutex_unlock(&cache->lock);
	return found;
}

static void insert(struct dkim_key_cache *cache, struct dkim_key *key)
{
	struct dkim_key **set = set_of(cache, key->hash);

	pthread_mutex_lock(&cache->lock);
	struct dkim_key *evicted = set[DKIM_KEY_CACHE_WAYS - 1];

	move_to_front(set, DKIM_KEY_CACHE_WAYS - 1, ref(key));
	pthread_mutex_unlock(&cache->lock);
	dkim_key_unref(evicted);
}

static int decode(const struct crypto *crypto, struct arena *scratch, struct str text, uint64_t hash,
                  struct dkim_key **out)
{
	size_t kept = text.n <= DKIM_KEY_CACHE_TEXT_MAX ? text.n : 0;
	struct dkim_key *key = malloc(sizeof *key + kept);

	if (!key)
		return INKAN_ENOMEM;
	atomic_init(&key->references, 1);
	key->hash = hash;
	key->text_size = kept;
	if (kept)
		memcpy(key->text, text.p, kept);
	int error = dkim_key_record_parse(crypto, scratch, text, &key->record);

	if (error) {
		free(key);
		return error;
	}
	*out = key;
	return INKAN_OK;
}

int dkim_key_cache_get(struct dkim_key_cache *cache, const struct crypto *crypto, struct arena *scratch,
                       struct str text, struct dkim_key **out)
{
	uint64_t hash = hash_of(cache, text);

	if (text.n <= DKIM_KEY_CACHE_TEXT_MAX && (*out = find(cache, hash, text)))
		return INKAN_OK;
	int error = decode(crypto, scratch, text, hash, out);

	if (!error && text.n <= DKIM_KEY_CACHE_TEXT_MAX)
		insert(cache, *out);
	return error;
}
