/* Public keys: the first octet says what the rest is to be decoded as. What is accepted has the modulus that OpenSSL
 * finds in it, encodes to the same key again, and verifies nothing that it has not signed. */
#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "crypto/crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct crypto *shared_crypto(void)
{
	static struct crypto *crypto;

	if (!crypto && crypto_new(&crypto))
		abort();
	return crypto;
}

static int bits_by_openssl(struct str der)
{
	const unsigned char *p = (const unsigned char *)der.p;
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &p, (long)der.n);

	if (!pkey) {
		p = (const unsigned char *)der.p;
		pkey = d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, (long)der.n);
	}
	int bits = pkey ? EVP_PKEY_get_bits(pkey) : 0;

	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return bits;
}

static void check_encoding(const struct crypto *c, const struct public_key *k)
{
	struct public_key *again = NULL;
	enum key_trouble trouble;
	struct buf der;

	buf_init(&der, 4096);
	public_key_encode(k, &der);
	assert(buf_error(&der) == INKAN_OK);
	assert(public_key_decode(c, public_key_type(k), buf_str(&der), &again, &trouble) == INKAN_OK &&
	       trouble == KEY_OK);
	assert(public_key_eq(k, again));
	public_key_unref(again);
	buf_release(&der);
}

static void check_verify(const struct crypto *c, struct public_key *k)
{
	static const char junk[KEY_SIGNATURE_MAX] = {0x20, 0x19};
	struct digest_value digest = {.n = 32};
	size_t n = public_key_type(k) == KEY_RSA ? (public_key_bits(k) + 7) / 8 : 64;
	bool valid = true;

	assert(public_key_verify(c, k, DIGEST_SHA256, &digest, str_from(junk, n), &valid) == INKAN_OK && !valid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct crypto *c = shared_crypto();
	struct public_key *k = NULL;
	enum key_trouble trouble;

	if (size == 0)
		return 0;
	enum key_type type = data[0] & 1 ? KEY_ED25519 : KEY_RSA;
	struct str der = str_from((const char *)data + 1, size - 1);

	assert(public_key_decode(c, type, der, &k, &trouble) == INKAN_OK);
	assert((k != NULL) == (trouble == KEY_OK));
	assert(ERR_peek_error() == 0);
	if (trouble)
		return 0;
	assert(type == KEY_ED25519 || bits_by_openssl(der) == (int)public_key_bits(k));
	check_encoding(c, k);
	check_verify(c, k);
	public_key_unref(k);
	return 0;
}
