/* RSA numbers: what we accept, and how they become keys of OpenSSL. */
#include <openssl/core_names.h>
#include <openssl/params.h>

#include <assert.h>

#include "crypto/internal.h"

const struct str oid_rsa_encryption = {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", 9};

unsigned rsa_bits(struct str modulus)
{
	unsigned bits = (unsigned)modulus.n * 8;

	for (unsigned char first = (unsigned char)modulus.p[0]; !(first & 0x80); first = (unsigned char)(first << 1))
		bits--;
	return bits;
}

static bool is_odd(struct str magnitude)
{
	return magnitude.n && (magnitude.p[magnitude.n - 1] & 1);
}

enum key_trouble rsa_policy(struct str modulus, struct str exponent)
{
	if (modulus.n > KEY_RSA_BITS_MAX / 8)
		return KEY_TOO_LONG;
	if (!is_odd(modulus) || rsa_bits(modulus) < KEY_RSA_BITS_LEGACY_MIN)
		return KEY_BAD_MODULUS;
	if (!is_odd(exponent) || exponent.n > sizeof(uint32_t) || (exponent.n == 1 && exponent.p[0] == 1))
		return KEY_BAD_EXPONENT;
	return KEY_OK;
}

/* OSSL_PARAM holds numbers in the order of the machine. */
static void reverse_unless_big_endian(unsigned char *p, size_t n)
{
	for (size_t i = 0; __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && i < n / 2; i++) {
		unsigned char octet = p[i];

		p[i] = p[n - 1 - i];
		p[n - 1 - i] = octet;
	}
}

struct str rsa_to_magnitude(unsigned char *native, size_t n)
{
	reverse_unless_big_endian(native, n);
	struct str magnitude = str_from((const char *)native, n);

	while (magnitude.n && magnitude.p[0] == 0)
		magnitude = str_skip(magnitude, 1);
	return magnitude;
}

int rsa_pkey_new(const struct crypto *c, const struct rsa_number *numbers, size_t count, int selection,
                 unsigned char *scratch, EVP_PKEY **out)
{
	OSSL_PARAM params[RSA_NUMBERS_MAX + 1];
	EVP_PKEY *pkey = NULL;

	assert(count <= RSA_NUMBERS_MAX);
	for (size_t i = 0; i < count; i++) {
		struct str magnitude = numbers[i].magnitude;

		memcpy(scratch, magnitude.p, magnitude.n);
		reverse_unless_big_endian(scratch, magnitude.n);
		params[i] = OSSL_PARAM_construct_BN(numbers[i].name, scratch, magnitude.n);
		scratch += magnitude.n;
	}
	params[count] = OSSL_PARAM_construct_end();

	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(c->library, "RSA", NULL);
	bool made = context && EVP_PKEY_fromdata_init(context) == 1 &&
	            EVP_PKEY_fromdata(context, &pkey, selection, params) == 1;

	EVP_PKEY_CTX_free(context);
	int error = crypto_result(made);

	if (!error)
		*out = pkey;
	return error;
}
