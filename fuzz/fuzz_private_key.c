/* Private keys: PEM as it comes; or, behind an octet P or R, the DER of a PKCS#8 or PKCS#1 block, which is put into PEM
 * here, for base64 hides from the fuzzer what it changes. What is accepted signs, and prints to the same key. */
#include <assert.h>
#include <openssl/err.h>
#include <stdlib.h>

#include "core/base64.h"
#include "crypto/crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct crypto *shared_crypto(void)
{
	static struct crypto *crypto;

	if (!crypto && crypto_new(&crypto))
		abort();
	return crypto;
}

static void put_block(struct buf *pem, const char *label, const uint8_t *der, size_t size)
{
	buf_printf(pem, "-----BEGIN %s-----\n", label);
	base64_encode(pem, der, size);
	buf_printf(pem, "\n-----END %s-----\n", label);
}

static void check_signature(const struct crypto *c, struct private_key *k, struct public_key *public_half)
{
	struct digest_value digest = {.n = 32, .octets = {9}};
	unsigned char signature[KEY_SIGNATURE_MAX];
	size_t size;
	bool valid = false;

	assert(private_key_sign(c, k, DIGEST_SHA256, &digest, signature, &size) == INKAN_OK);
	assert(public_key_verify(c, public_half, DIGEST_SHA256, &digest, str_from((char *)signature, size), &valid) ==
	       INKAN_OK);
	assert(valid);
}

static void check_print(const struct crypto *c, const struct private_key *k, const struct public_key *public_half)
{
	struct private_key *again = NULL;
	struct public_key *same = NULL;
	struct buf pem;

	buf_init(&pem, 16384);
	assert(private_key_to_pem(k, &pem) == INKAN_OK);
	assert(private_key_from_pem(c, buf_str(&pem), &again, NULL) == INKAN_OK);
	assert(private_key_public(c, again, &same) == INKAN_OK);
	assert(public_key_eq(public_half, same));
	public_key_unref(same);
	private_key_free(again);
	buf_release(&pem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct crypto *c = shared_crypto();
	struct private_key *k = NULL;
	struct public_key *public_half = NULL;
	const char *trouble = NULL;
	struct buf pem;

	buf_init(&pem, 4 * size + 200);
	if (size && (data[0] == 'P' || data[0] == 'R'))
		put_block(&pem, data[0] == 'P' ? "PRIVATE KEY" : "RSA PRIVATE KEY", data + 1, size - 1);
	else
		buf_put(&pem, str_from((const char *)data, size));
	int error = private_key_from_pem(c, buf_str(&pem), &k, &trouble);

	buf_release(&pem);
	assert(error == INKAN_OK || error == INKAN_ESYNTAX || error == INKAN_EREFUSED);
	assert((error == INKAN_OK) == (trouble == NULL) && (error == INKAN_OK) == (k != NULL));
	assert(ERR_peek_error() == 0);
	if (error)
		return 0;
	assert(private_key_public(c, k, &public_half) == INKAN_OK);
	check_signature(c, k, public_half);
	check_print(c, k, public_half);
	public_key_unref(public_half);
	private_key_free(k);
	return 0;
}
