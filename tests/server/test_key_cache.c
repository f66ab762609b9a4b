/* What is kept by number and by author: keys that were opened, and what the registrar said last. */
#include <stdio.h>
#include <string.h>

#include "server/key_cache.h"
#include "server/signer_memory.h"
#include "support/case.h"

enum { ROOM = 4 };

static struct crypto *crypto;

static struct private_key *new_key(void)
{
	static const unsigned char seed[32] = {1};
	struct private_key *key = NULL;

	assert_int_equal(private_key_from_ed25519_seed(crypto, seed, &key), INKAN_OK);
	return key;
}

static bool has(struct key_cache *c, uint32_t number)
{
	struct cached_key *k = key_cache_get(c, number);

	if (k)
		key_cache_give_back(c, k);
	return k != NULL;
}

static void put(struct key_cache *c, uint32_t number)
{
	struct cached_key *k = key_cache_put(c, number, new_key());

	assert_non_null(k);
	key_cache_give_back(c, k);
}

static void run_limit(const void *row)
{
	struct key_cache *c;

	(void)row;
	assert_int_equal(key_cache_new(ROOM, &c), INKAN_OK);
	for (uint32_t i = 1; i <= ROOM; i++)
		put(c, i * ROOM); /* all in one chain */
	for (uint32_t i = 1; i <= ROOM; i++)
		assert_true(has(c, i * ROOM));
	assert_int_equal(key_cache_count(c), ROOM);
	assert_true(has(c, ROOM)); /* the first is used again, so the second is the oldest */
	put(c, 99);
	assert_int_equal(key_cache_count(c), ROOM);
	assert_true(has(c, ROOM) && has(c, 99));
	assert_false(has(c, 2 * ROOM));
	key_cache_free(c);
	key_cache_free(NULL);
}

static void run_room_of_one(const void *row)
{
	struct key_cache *c;

	(void)row;
	assert_int_equal(key_cache_new(1, &c), INKAN_OK);
	for (uint32_t i = 0; i < 10; i++) {
		put(c, i);
		assert_true(has(c, i));
		assert_int_equal(key_cache_count(c), 1);
	}
	key_cache_free(c);
}

/* It signs on although it was dropped; a sanitizer sees whether it was freed too early, or never. */
static void run_in_use(const void *row)
{
	const struct digest_value digest = {.n = 32};
	unsigned char signature[KEY_SIGNATURE_MAX];
	struct key_cache *c;
	size_t size;

	(void)row;
	assert_int_equal(key_cache_new(1, &c), INKAN_OK);
	struct cached_key *k = key_cache_put(c, 1, new_key());

	put(c, 2);
	assert_false(has(c, 1));
	assert_int_equal(private_key_sign(crypto, k->key, DIGEST_SHA256, &digest, signature, &size), INKAN_OK);
	key_cache_give_back(c, k);
	/* two threads opened the same key: the second gets the first's */
	k = key_cache_get(c, 2);
	struct cached_key *other = key_cache_put(c, 2, new_key());

	assert_ptr_equal(k, other);
	key_cache_give_back(c, k);
	key_cache_give_back(c, other);
	key_cache_free(c);
}

/* ---- the memory of signers ---- */

static struct str author(char *room, size_t size, unsigned i)
{
	return str_from(room, (size_t)snprintf(room, size, "user%u@example.com", i));
}

static void run_memory(const void *row)
{
	struct identity_author said = {
		.signers = {{.key = 7, .algorithm = IDENTITY_ED25519, .selector = "s1", .domain = "example.com"},
	                    {.key = 8, .algorithm = IDENTITY_RSA, .selector = "gw", .domain = "example.com"}},
		.count = 2,
		.failed = {{.behaviour = MX_FAILURE_REJECT, .domain = "mail.example.com"}},
		.failed_count = 1};
	struct identity_author back;
	struct signer_memory *m;

	(void)row;
	assert_int_equal(signer_memory_new(&m), INKAN_OK);
	assert_false(signer_memory_get(m, STR("a@example.com"), &back));
	signer_memory_put(m, STR("a@example.com"), &said);
	assert_true(signer_memory_get(m, STR("a@example.com"), &back));
	assert_int_equal(back.count, 2);
	assert_string_equal(back.signers[1].selector, "gw");
	assert_int_equal(back.signers[0].key, 7);
	assert_int_equal(back.failed_count, 1);
	assert_string_equal(back.failed[0].domain, "mail.example.com");
	assert_int_equal(back.failed[0].behaviour, MX_FAILURE_REJECT);
	assert_false(signer_memory_get(m, STR("a@example.co"), &back));
	/* that nobody signs is an answer too, and the newest holds */
	said.count = said.failed_count = 0;
	signer_memory_put(m, STR("a@example.com"), &said);
	assert_true(signer_memory_get(m, STR("a@example.com"), &back));
	assert_true(back.count == 0 && back.failed_count == 0);
	said.count = 1;
	signer_memory_put(m, STR("a@example.com"), &said);
	assert_true(signer_memory_get(m, STR("a@example.com"), &back) && back.count == 1);
	signer_memory_free(m);
	signer_memory_free(NULL);
}

/* Twice as many authors as there is room for: about half of them stay known, the newest among them. */
static void run_memory_full(const void *row)
{
	const struct identity_author nobody = {.count = 0};
	struct identity_author back;
	struct signer_memory *m;
	size_t known = 0;
	char room[64];

	(void)row;
	assert_int_equal(signer_memory_new(&m), INKAN_OK);
	for (unsigned i = 0; i < 2 * SIGNER_MEMORY_AUTHORS; i++)
		signer_memory_put(m, author(room, sizeof room, i), &nobody);
	assert_true(signer_memory_get(m, author(room, sizeof room, 2 * SIGNER_MEMORY_AUTHORS - 1), &back));
	for (unsigned i = 0; i < 2 * SIGNER_MEMORY_AUTHORS; i++)
		known += signer_memory_get(m, author(room, sizeof room, i), &back);
	assert_true(known <= SIGNER_MEMORY_AUTHORS && known > SIGNER_MEMORY_AUTHORS * 9 / 10);
	signer_memory_free(m);
}

int main(void)
{
	struct test_list list = {0};

	if (crypto_new(&crypto))
		return 1;
	test_add(&list, "as many keys as there is room for, and one more: the one longest without use goes", run_limit,
	         NULL);
	test_add(&list, "room for one key", run_room_of_one, NULL);
	test_add(&list, "a key that is dropped while it signs", run_in_use, NULL);
	test_add(&list, "who signed for an author last", run_memory, NULL);
	test_add(&list, "twice as many authors as there is room for", run_memory_full, NULL);
	int failed = test_run(&list, "server/key_cache");

	crypto_free(crypto);
	return failed;
}
