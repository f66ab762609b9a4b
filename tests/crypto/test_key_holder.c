#include "crypto/fixture.h"
#include "crypto/keys.h"
#include "support/alloc.h"

static struct private_key *key(const char *pem)
{
	struct private_key *k;

	assert_int_equal(private_key_from_pem(crypto, str_c(pem), &k, NULL), INKAN_OK);
	return k;
}

static void run_sign(const void *row)
{
	struct local_keys *keys;
	uint64_t rsa, ed25519;
	enum key_type type;
	unsigned bits;
	struct digest_value digest = {.n = 32, .octets = {5}};
	unsigned char signature[KEY_SIGNATURE_MAX];
	size_t size;
	bool valid = false;
	struct private_key *k = key(RFC8463_RSA_PEM);
	struct public_key *public_half;

	(void)row;
	assert_int_equal(private_key_public(crypto, k, &public_half), INKAN_OK);
	assert_int_equal(local_keys_new(crypto, &keys), INKAN_OK);
	assert_int_equal(local_keys_add(keys, k, &rsa), INKAN_OK);
	assert_int_equal(local_keys_add(keys, key(RFC8463_ED25519_PEM), &ed25519), INKAN_OK);
	assert_int_not_equal(rsa, ed25519);
	struct key_holder holder = local_keys_holder(keys);

	assert_int_equal(holder.describe(holder.context, rsa, &type, &bits), INKAN_OK);
	assert_int_equal(type, KEY_RSA);
	assert_int_equal(bits, 1024);
	assert_int_equal(holder.describe(holder.context, ed25519, &type, &bits), INKAN_OK);
	assert_int_equal(type, KEY_ED25519);
	assert_int_equal(bits, 256);
	assert_int_equal(holder.sign(holder.context, ed25519, DIGEST_SHA256, &digest, signature, &size), INKAN_OK);
	assert_int_equal(size, 64);
	assert_int_equal(holder.sign(holder.context, rsa, DIGEST_SHA256, &digest, signature, &size), INKAN_OK);
	assert_int_equal(public_key_verify(crypto, public_half, DIGEST_SHA256, &digest,
	                                   str_from((char *)signature, size), &valid),
	                 INKAN_OK);
	assert_true(valid);
	public_key_unref(public_half);
	local_keys_free(keys);
}

static void run_unknown(const void *row)
{
	static const uint64_t handles[] = {0, 2, 3, UINT64_MAX};
	struct local_keys *keys;
	uint64_t handle;
	struct digest_value digest = {.n = 32};
	unsigned char signature[KEY_SIGNATURE_MAX];
	enum key_type type;
	unsigned bits;
	size_t size;

	(void)row;
	assert_int_equal(local_keys_new(crypto, &keys), INKAN_OK);
	assert_int_equal(local_keys_add(keys, key(RFC8463_ED25519_PEM), &handle), INKAN_OK);
	assert_int_equal(handle, 1);
	struct key_holder holder = local_keys_holder(keys);

	for (size_t i = 0; i < sizeof(handles) / sizeof(*handles); i++) {
		assert_int_equal(holder.describe(holder.context, handles[i], &type, &bits), INKAN_EUSAGE);
		assert_int_equal(holder.sign(holder.context, handles[i], DIGEST_SHA256, &digest, signature, &size),
		                 INKAN_EUSAGE);
	}
	local_keys_free(keys);
	local_keys_free(NULL);
}

static void run_many(const void *row)
{
	struct local_keys *keys;
	uint64_t handles[100];

	(void)row;
	assert_int_equal(local_keys_new(crypto, &keys), INKAN_OK);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(local_keys_add(keys, key(RFC8463_ED25519_PEM), &handles[i]), INKAN_OK);
	for (size_t i = 1; i < 100; i++)
		assert_int_not_equal(handles[i], handles[i - 1]);
	local_keys_free(keys);
}

/* A key that could not be added is still the caller's. */
static void run_no_memory(const void *row)
{
	struct local_keys *keys = NULL;
	struct private_key *k = key(RFC8463_ED25519_PEM);
	uint64_t handle = 7;

	(void)row;
	alloc_fail_at(1);
	assert_int_equal(local_keys_new(crypto, &keys), INKAN_ENOMEM);
	alloc_fail_at(2);
	assert_int_equal(local_keys_new(crypto, &keys), INKAN_OK);
	assert_int_equal(local_keys_add(keys, k, &handle), INKAN_ENOMEM);
	alloc_fail_at(0);
	assert_int_equal(handle, 7);
	local_keys_free(keys);
	assert_int_equal(private_key_bits(k), 256);
	private_key_free(k);
}

int main(void)
{
	struct test_list list = {0};

	if (crypto_new(&crypto))
		return 2;
	test_add(&list, "RULES S10: two keys, two signatures", run_sign, NULL);
	test_add(&list, "unknown handles", run_unknown, NULL);
	test_add(&list, "a hundred keys", run_many, NULL);
	test_add(&list, "out of memory", run_no_memory, NULL);
	int failed = test_run(&list, "crypto/key_holder");

	crypto_free(crypto);
	return failed;
}
