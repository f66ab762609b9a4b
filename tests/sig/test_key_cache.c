/* Decoded keys, kept by the text of their record. */
#include "sig/key_cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/alloc.h"
#include "support/case.h"
#include "support/forge.h"
#include "support/random.h"

static struct crypto *crypto;

static struct dkim_key *get(struct dkim_key_cache *cache, struct str text)
{
	struct dkim_key *key = NULL;
	struct arena scratch;

	arena_init(&scratch, 100000);
	assert_int_equal(dkim_key_cache_get(cache, crypto, &scratch, text, &key), INKAN_OK);
	arena_release(&scratch);
	assert_non_null(key);
	return key;
}

static struct dkim_key_cache *new_cache(void)
{
	struct dkim_key_cache *cache;

	assert_int_equal(dkim_key_cache_new(&cache), INKAN_OK);
	return cache;
}

static void run_same(const void *row)
{
	struct dkim_key_cache *cache = new_cache();
	struct dkim_key *a = get(cache, str_c(forge_record(FORGE_RSA2048)));
	struct dkim_key *b = get(cache, str_c(forge_record(FORGE_RSA2048)));
	struct dkim_key *other = get(cache, str_c(forge_record(FORGE_ED25519)));
	struct dkim_key *faulty = get(cache, STR("v=DKIM1; p="));
	struct dkim_key *empty = get(cache, STR(""));

	(void)row;
	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, other);
	assert_int_equal(dkim_key_record_of(a)->fault, DKIM_KEY_OK);
	assert_int_equal(public_key_type(dkim_key_record_of(other)->key), KEY_ED25519);
	assert_int_equal(dkim_key_record_of(faulty)->fault, DKIM_KEY_REVOKED); /* faults are kept as well */
	assert_ptr_equal(empty, get(cache, STR("")));
	dkim_key_unref(empty);
	dkim_key_unref(empty);
	dkim_key_unref(faulty);
	dkim_key_unref(a);
	dkim_key_unref(b);
	dkim_key_cache_free(cache);
	/* whoever holds a key may use it after the cache is gone */
	assert_int_equal(public_key_bits(dkim_key_record_of(other)->key), 256);
	dkim_key_unref(other);
	dkim_key_unref(NULL);
	dkim_key_cache_free(NULL);
}

/* Texts that differ in one octet only, wherever it stands, are different keys. */
static void run_differences(const void *row)
{
	struct dkim_key_cache *cache = new_cache();
	char text[500];
	struct str whole = {text, sizeof text};
	struct dkim_key *first;

	(void)row;
	memset(text, 'x', sizeof text);
	memcpy(text, "p=; n=", 6);
	first = get(cache, whole);
	for (size_t i = 6; i < sizeof text; i++) {
		text[i] = 'y';
		struct dkim_key *key = get(cache, whole);

		assert_ptr_not_equal(key, first);
		dkim_key_unref(key);
		text[i] = 'x';
	}
	struct dkim_key *shorter = get(cache, str_head(whole, whole.n - 1));

	assert_ptr_not_equal(shorter, first);
	dkim_key_unref(shorter);
	dkim_key_unref(first);
	dkim_key_cache_free(cache);
}

static void run_limit(const void *row)
{
	struct dkim_key_cache *cache = new_cache();

	(void)row;
	for (size_t size = DKIM_KEY_CACHE_TEXT_MAX; size <= DKIM_KEY_CACHE_TEXT_MAX + 1; size++) {
		char *text = malloc(size);

		assert_non_null(text);
		memset(text, 'x', size);
		memcpy(text, "p=; n=", 6);
		struct dkim_key *a = get(cache, str_from(text, size)), *b = get(cache, str_from(text, size));

		assert_int_equal(a == b, size == DKIM_KEY_CACHE_TEXT_MAX);
		assert_int_equal(dkim_key_record_of(b)->fault, DKIM_KEY_REVOKED);
		dkim_key_unref(a);
		dkim_key_unref(b);
		free(text);
	}
	dkim_key_cache_free(cache);
}

/* Many more texts than there is room for: what is found is right, and what is asked for often stays. */
static void run_eviction(const void *row)
{
	enum { TEXTS = 3 * DKIM_KEY_CACHE_SETS * DKIM_KEY_CACHE_WAYS };
	struct dkim_key_cache *cache = new_cache();
	struct dkim_key *hot = get(cache, STR("t=y; p="));
	char text[60];

	(void)row;
	for (int i = 0; i < TEXTS; i++) {
		int n = snprintf(text, sizeof text, "t=%s; n=%d; p=", i & 1 ? "y" : "s", i);
		struct dkim_key *key = get(cache, str_from(text, (size_t)n));

		assert_int_equal(dkim_key_record_of(key)->testing, i & 1);
		dkim_key_unref(key);
		key = get(cache, STR("t=y; p="));
		assert_ptr_equal(key, hot);
		dkim_key_unref(key);
	}
	dkim_key_unref(hot);
	dkim_key_cache_free(cache);
}

static struct dkim_key_cache *shared;
static atomic_size_t wrong;

static void *hammer(void *seed)
{
	struct random random = {(uint64_t)(uintptr_t)seed};
	struct arena scratch;

	arena_init(&scratch, 1000000);
	for (int i = 0; i < 3000; i++) {
		char text[60];
		size_t number = random_below(&random, 6000);
		int n = snprintf(text, sizeof text, "t=%s; n=%zu; p=", number & 1 ? "y" : "s", number);
		struct dkim_key *key;

		arena_reset(&scratch);
		if (dkim_key_cache_get(shared, crypto, &scratch, str_from(text, (size_t)n), &key)) {
			wrong++;
			continue;
		}
		wrong += dkim_key_record_of(key)->testing != (number & 1);
		dkim_key_unref(key);
	}
	arena_release(&scratch);
	return NULL;
}

static void run_threads(const void *row)
{
	enum { THREADS = 4 };
	pthread_t threads[THREADS];

	(void)row;
	shared = new_cache();
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hammer, (void *)(i % 2)),
		                 0); /* pairs on the same texts */
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(wrong, 0);
	dkim_key_cache_free(shared);
}

static void run_no_memory(const void *row)
{
	bool reached = true;

	(void)row;
	for (size_t n = 1; reached; n++) {
		struct dkim_key_cache *cache = NULL;
		struct dkim_key *key = NULL;
		struct arena scratch;

		arena_init(&scratch, 100000);
		alloc_fail_at(n);
		int error = dkim_key_cache_new(&cache);

		if (!error)
			error = dkim_key_cache_get(cache, crypto, &scratch, str_c(forge_record(FORGE_RSA2048)), &key);
		reached = alloc_count() >= n;
		alloc_fail_at(0);
		assert_int_equal(error, reached ? INKAN_ENOMEM : INKAN_OK);
		if (error && cache) { /* nothing half done was kept */
			key = get(cache, str_c(forge_record(FORGE_RSA2048)));
			assert_int_equal(dkim_key_record_of(key)->fault, DKIM_KEY_OK);
		}
		dkim_key_unref(key);
		dkim_key_cache_free(cache);
		arena_release(&scratch);
		assert_true(n < 20);
	}
}

int main(void)
{
	struct test_list list = {0};

	if (crypto_new(&crypto))
		return 2;
	test_add(&list, "the same text is the same key", run_same, NULL);
	test_add(&list, "one octet of difference is another key", run_differences, NULL);
	test_add(&list, "texts of 2,048 octets are kept, of 2,049 not", run_limit, NULL);
	test_add(&list, "more texts than there is room for", run_eviction, NULL);
	test_add(&list, "threads share a cache", run_threads, NULL);
	test_add(&list, "out of memory", run_no_memory, NULL);
	int failed = test_run(&list, "sig/key_cache");

	crypto_free(crypto);
	return failed;
}
