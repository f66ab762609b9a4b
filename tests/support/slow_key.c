#include "support/slow_key.h"

#include <string.h>

#include "support/case.h"

void slow_key_init(struct slow_key *k, const struct crypto *crypto, struct str pem, unsigned pending)
{
	*k = (struct slow_key){.crypto = crypto, .pending = pending};
	assert_int_equal(private_key_from_pem(crypto, pem, &k->key, NULL), INKAN_OK);
}

void slow_key_release(struct slow_key *k)
{
	private_key_free(k->key);
}

int slow_key_sign(void *key, const unsigned char *digest, size_t digest_size, unsigned char *signature,
                  size_t *signature_size_out)
{
	struct slow_key *k = key;
	struct digest_value value = {.n = sizeof k->digest};

	assert_int_equal(digest_size, sizeof k->digest);
	if (k->waited)
		assert_memory_equal(digest, k->digest, digest_size);
	memcpy(k->digest, digest, digest_size);
	memcpy(value.octets, digest, digest_size);
	k->calls++;
	if (k->waited < k->pending) {
		k->waited++;
		return INKAN_PENDING;
	}
	k->waited = 0;
	if (k->error)
		return k->error;
	k->signatures++;
	return private_key_sign(k->crypto, k->key, DIGEST_SHA256, &value, signature, signature_size_out);
}
