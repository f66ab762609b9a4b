#include <openssl/err.h>

#include "core/base64.h"
#include "crypto/crypto.h"
#include "crypto/keys.h"
#include "support/case.h"

static struct crypto *crypto;

static void run_round_trip(const void *row)
{
	struct private_key *k, *again;
	struct public_key *public_half, *same;
	struct digest_value digest = {.n = 32, .octets = {1, 2, 3}};
	unsigned char signature[KEY_SIGNATURE_MAX];
	size_t size;
	bool valid = false;
	struct buf pem;

	assert_int_equal(private_key_from_pem(crypto, str_c(row), &k, NULL), INKAN_OK);
	assert_int_equal(private_key_public(crypto, k, &public_half), INKAN_OK);
	assert_int_equal(private_key_sign(crypto, k, DIGEST_SHA256, &digest, signature, &size), INKAN_OK);
	struct str text = str_from((const char *)signature, size);

	assert_int_equal(public_key_verify(crypto, public_half, DIGEST_SHA256, &digest, text, &valid), INKAN_OK);
	assert_true(valid);
	signature[5] ^= 1;
	assert_int_equal(public_key_verify(crypto, public_half, DIGEST_SHA256, &digest, text, &valid), INKAN_OK);
	assert_false(valid);

	buf_init(&pem, 10000);
	assert_int_equal(private_key_to_pem(k, &pem), INKAN_OK);
	assert_int_equal(private_key_from_pem(crypto, buf_str(&pem), &again, NULL), INKAN_OK);
	assert_int_equal(private_key_public(crypto, again, &same), INKAN_OK);
	assert_true(public_key_eq(public_half, same));
	assert_int_equal(ERR_peek_error(), 0);
	buf_release(&pem);
	public_key_unref(same);
	public_key_unref(public_half);
	private_key_free(again);
	private_key_free(k);
}

int main(void)
{
	struct test_list list = {0};

	if (crypto_new(&crypto))
		return 2;
	test_add(&list, "RFC 8463 RSA key: load, sign, print, load", run_round_trip, RFC8463_RSA_PEM);
	test_add(&list, "RFC 8463 Ed25519 key: load, sign, print, load", run_round_trip, RFC8463_ED25519_PEM);
	int failed = test_run(&list, "crypto/private_key");

	crypto_free(crypto);
	return failed;
}
