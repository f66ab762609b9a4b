#include <openssl/err.h>

#include "core/base64.h"
#include "crypto/crypto.h"
#include "crypto/keys.h"
#include "support/case.h"

static struct crypto *crypto;

static const struct record {
	const char *name;
	enum key_type type;
	const char *p;
	enum key_trouble trouble;
	unsigned bits;
} records[] = {
	{"RULES V17: SubjectPublicKeyInfo", KEY_RSA, RFC8463_RSA_P, KEY_OK, 1024},
	{"RULES V19: Ed25519 of RFC 8463", KEY_ED25519, RFC8463_ED25519_P, KEY_OK, 256},
	{"RULES V19: Ed25519 under k=rsa", KEY_RSA, RFC8463_ED25519_P, KEY_BAD_ENCODING, 0},
	{"RULES V19: RSA under k=ed25519", KEY_ED25519, RFC8463_RSA_P, KEY_BAD_ENCODING, 0},
};

static void run_record(const void *row)
{
	const struct record *r = row;
	unsigned char der[4096];
	size_t size;
	struct public_key *k = NULL;
	enum key_trouble trouble;

	assert_true(base64_decode(str_c(r->p), BASE64_FWS, der, &size, NULL));
	assert_int_equal(public_key_decode(crypto, r->type, str_from((char *)der, size), &k, &trouble), INKAN_OK);
	assert_int_equal(trouble, r->trouble);
	if (r->trouble == KEY_OK) {
		struct buf encoded;

		assert_int_equal(public_key_bits(k), r->bits);
		buf_init(&encoded, 4096);
		public_key_encode(k, &encoded);
		assert_int_equal(buf_error(&encoded), INKAN_OK);
		assert_true(str_eq(buf_str(&encoded), str_from((char *)der, size)));
		buf_release(&encoded);
	}
	public_key_unref(k);
	assert_int_equal(ERR_peek_error(), 0);
}

int main(void)
{
	struct test_list list = {0};

	if (crypto_new(&crypto))
		return 2;
	TEST_TABLE(&list, records, run_record);
	int failed = test_run(&list, "crypto/public_key");

	crypto_free(crypto);
	return failed;
}
