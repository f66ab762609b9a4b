/* Private keys: PEM in and out, signing.
 *
 * What is secret and where: an Ed25519 key lies in memory of libsodium (guard pages, locked where the system allows,
 * wiped when freed), and so does every piece of PEM, DER or number while it is converted. The numbers of an RSA key lie
 * in ordinary memory of OpenSSL, which wipes them when it frees them; README.md says why not in its secure heap. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <sodium.h>
#include <stdlib.h>

#include "core/base64.h"
#include "crypto/der.h"
#include "crypto/internal.h"
#include "crypto/pem.h"

struct private_key {
	enum key_type type;
	struct public_key *public_half;
	EVP_PKEY *pkey;               /* RSA */
	struct context_pool contexts; /* RSA: set up for PKCS#1 v1.5 over a ready DigestInfo */
	unsigned char *secret;        /* Ed25519: crypto_sign_SECRETKEYBYTES */
};

enum {
	PEM_MAX = 64 * 1024,  /* octets of text; a key of KEY_RSA_BITS_MAX needs 6.5 KiB */
	PEM_LINE_OCTETS = 48, /* 64 characters (RFC 7468 section 2) */
	PKCS8_OVERHEAD = 128, /* of PrivateKeyInfo and RSAPrivateKey round the numbers, which take 4.5 moduli */
	ED25519_SEED_SIZE = 32
};

/* The numbers of an RSAPrivateKey (RFC 8017 appendix A.1.2) in the order of its encoding. */
enum {
	RSA_MODULUS,
	RSA_EXPONENT,
	RSA_PRIVATE_EXPONENT,
	RSA_PRIME1,
	RSA_PRIME2,
	RSA_EXPONENT1,
	RSA_EXPONENT2,
	RSA_COEFFICIENT,
	RSA_PRIVATE_NUMBERS
};

static const char *const rsa_names[RSA_PRIVATE_NUMBERS] = {
	OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
	OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
	OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
	OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

static const struct str oid_rsassa_pss = {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", 9};
static const struct str oid_ec_public_key = {"\x2a\x86\x48\xce\x3d\x02\x01", 7};
static const struct str oid_ed25519 = {"\x2b\x65\x70", 3};

static int refuse(const char **trouble_out, const char *trouble)
{
	if (trouble_out)
		*trouble_out = trouble;
	return INKAN_ESYNTAX;
}

void private_key_free(struct private_key *k)
{
	if (!k)
		return;
	context_pool_release(&k->contexts);
	EVP_PKEY_free(k->pkey);
	sodium_free(k->secret);
	public_key_unref(k->public_half);
	free(k);
}

/* ---- signing ---- */

static EVP_PKEY_CTX *private_context_new(const struct crypto *c, const struct private_key *k)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(c->library, k->pkey, NULL);

	if (context && EVP_PKEY_sign_init(context) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1)
		return context;
	EVP_PKEY_CTX_free(context);
	return NULL;
}

static int sign_rsa(const struct crypto *c, struct private_key *k, enum digest_kind kind,
                    const struct digest_value *digest, unsigned char *out, size_t *size_out)
{
	unsigned char info[DIGEST_INFO_MAX];
	struct str prefix = digest_info_prefix(kind);
	EVP_PKEY_CTX *context = context_pool_take(&k->contexts);
	size_t size = KEY_SIGNATURE_MAX;

	if (!context)
		context = private_context_new(c, k);
	memcpy(info, prefix.p, prefix.n);
	memcpy(info + prefix.n, digest->octets, digest->n);
	bool done = context && EVP_PKEY_sign(context, out, &size, info, prefix.n + digest->n) == 1;

	if (done) {
		context_pool_give(&k->contexts, context);
		*size_out = size;
	} else {
		EVP_PKEY_CTX_free(context);
	}
	return crypto_result(done);
}

int private_key_sign(const struct crypto *c, struct private_key *k, enum digest_kind kind,
                     const struct digest_value *digest, unsigned char *out, size_t *size_out)
{
	if (!digest_value_fits(kind, digest) || (k->type == KEY_ED25519 && kind != DIGEST_SHA256))
		return INKAN_EUSAGE;
	if (k->type == KEY_RSA)
		return sign_rsa(c, k, kind, digest, out, size_out);
	crypto_sign_detached(out, NULL, digest->octets, digest->n, k->secret);
	*size_out = crypto_sign_BYTES;
	return INKAN_OK;
}

/* ---- making keys ---- */

int private_key_from_ed25519_seed(const struct crypto *c, const unsigned char seed[32], struct private_key **out)
{
	struct private_key *k = calloc(1, sizeof(*k));
	unsigned char point[KEY_ED25519_SIZE];
	int error = INKAN_ENOMEM;

	(void)c;
	if (!k)
		return INKAN_ENOMEM;
	k->type = KEY_ED25519;
	k->secret = sodium_malloc(crypto_sign_SECRETKEYBYTES);
	if (k->secret) {
		crypto_sign_seed_keypair(point, k->secret, seed);
		sodium_mprotect_readonly(k->secret);
		error = public_key_from_ed25519(point, &k->public_half);
	}
	if (error) {
		private_key_free(k);
		return error;
	}
	*out = k;
	return INKAN_OK;
}

static bool is_below(struct str a, struct str b)
{
	return a.n < b.n || (a.n == b.n && memcmp(a.p, b.p, a.n) < 0);
}

/* Whether the primes are below the modulus, and every other number below the one that it is reduced by. */
static bool are_reduced(const struct str magnitudes[RSA_PRIVATE_NUMBERS])
{
	return is_below(magnitudes[RSA_PRIVATE_EXPONENT], magnitudes[RSA_MODULUS]) &&
	       is_below(magnitudes[RSA_PRIME1], magnitudes[RSA_MODULUS]) &&
	       is_below(magnitudes[RSA_PRIME2], magnitudes[RSA_MODULUS]) &&
	       is_below(magnitudes[RSA_EXPONENT1], magnitudes[RSA_PRIME1]) &&
	       is_below(magnitudes[RSA_EXPONENT2], magnitudes[RSA_PRIME2]) &&
	       is_below(magnitudes[RSA_COEFFICIENT], magnitudes[RSA_PRIME1]);
}

/* Whether modulus = prime1 * prime2, both above 1. */
static int check_primes(const struct str magnitudes[RSA_PRIVATE_NUMBERS], bool *fits_out)
{
	BN_CTX *context = BN_CTX_new();
	BIGNUM *numbers[RSA_PRIME2 + 1] = {NULL};
	bool done = context != NULL;

	for (size_t i = 0; i <= RSA_PRIME2 && done; i++) {
		numbers[i] = BN_bin2bn((const unsigned char *)magnitudes[i].p, (int)magnitudes[i].n, NULL);
		done = numbers[i] != NULL;
	}
	/* the place of the exponent takes the product */
	done = done && BN_mul(numbers[RSA_EXPONENT], numbers[RSA_PRIME1], numbers[RSA_PRIME2], context) == 1;
	if (done)
		*fits_out = !BN_is_one(numbers[RSA_PRIME1]) && !BN_is_one(numbers[RSA_PRIME2]) &&
		            BN_cmp(numbers[RSA_EXPONENT], numbers[RSA_MODULUS]) == 0;
	for (size_t i = 0; i <= RSA_PRIME2; i++)
		BN_clear_free(numbers[i]);
	BN_CTX_free(context);
	return crypto_result(done);
}

/* Whether a signature of the key fits its public half. OpenSSL tests what the Chinese remainders gave and falls back on
 * the private exponent, so one of the two must be right. */
static int check_pair(const struct crypto *c, struct private_key *k, bool *fits_out)
{
	struct digest_value digest = {.n = digest_size(DIGEST_SHA256)};
	unsigned char signature[KEY_SIGNATURE_MAX];
	size_t size;
	int error = private_key_sign(c, k, DIGEST_SHA256, &digest, signature, &size);

	if (error)
		return error;
	return public_key_verify(c, k->public_half, DIGEST_SHA256, &digest, str_from((char *)signature, size),
	                         fits_out);
}

static int new_rsa(const struct crypto *c, const struct str magnitudes[RSA_PRIVATE_NUMBERS], struct private_key **out)
{
	struct rsa_number numbers[RSA_PRIVATE_NUMBERS];
	size_t total = 0;

	for (size_t i = 0; i < RSA_PRIVATE_NUMBERS; i++) {
		numbers[i] = (struct rsa_number){rsa_names[i], magnitudes[i]};
		total += magnitudes[i].n;
	}
	struct private_key *k = calloc(1, sizeof(*k));
	unsigned char *scratch = sodium_malloc(total);
	int error = k && scratch ? INKAN_OK : INKAN_ENOMEM;

	if (!error)
		error = rsa_pkey_new(c, numbers, RSA_PRIVATE_NUMBERS, EVP_PKEY_KEYPAIR, scratch, &k->pkey);
	sodium_free(scratch);
	if (!error)
		error = public_key_from_rsa(c, magnitudes[RSA_MODULUS], magnitudes[RSA_EXPONENT], &k->public_half);
	if (error) {
		private_key_free(k);
		return error;
	}
	*out = k;
	return INKAN_OK;
}

/* OpenSSL sees only numbers with which its operations cannot fail, so that a failure is never a judgement on the key. */
static int from_rsa_numbers(const struct crypto *c, const struct str magnitudes[RSA_PRIVATE_NUMBERS],
                            struct private_key **out, const char **trouble_out)
{
	struct private_key *k = NULL;
	bool fits = are_reduced(magnitudes);
	int error = fits ? check_primes(magnitudes, &fits) : INKAN_OK;

	if (!error && fits)
		error = new_rsa(c, magnitudes, &k);
	if (!error && fits)
		error = check_pair(c, k, &fits);
	if (!error && !fits)
		error = refuse(trouble_out, "the numbers of the RSA key do not belong together");
	if (error) {
		private_key_free(k);
		return error;
	}
	*out = k;
	return INKAN_OK;
}

/* ---- PEM in ---- */

/* RSAPrivateKey ::= SEQUENCE { version 0, modulus, publicExponent, privateExponent, prime1, prime2, exponent1,
 * exponent2, coefficient } */
static int rsa_private_key(const struct crypto *c, struct str der, struct private_key **out, const char **trouble_out)
{
	static const char damaged[] = "the RSA key is damaged";
	struct str content, magnitudes[RSA_PRIVATE_NUMBERS];
	struct der_integer version, number;

	if (!der_take(&der, DER_SEQUENCE, &content) || der.n || !der_take_integer(&content, &version) ||
	    version.negative)
		return refuse(trouble_out, damaged);
	if (version.magnitude.n)
		return refuse(trouble_out, "an RSA key of more than two primes");
	for (size_t i = 0; i < RSA_PRIVATE_NUMBERS; i++) {
		if (!der_take_integer(&content, &number) || number.negative || number.magnitude.n == 0)
			return refuse(trouble_out, damaged);
		magnitudes[i] = number.magnitude;
	}
	if (content.n)
		return refuse(trouble_out, damaged);
	struct str modulus = magnitudes[RSA_MODULUS];
	enum key_trouble trouble = rsa_policy(modulus, magnitudes[RSA_EXPONENT]);

	if (trouble == KEY_TOO_LONG)
		return refuse(trouble_out, "RSA modulus above 8192 bits");
	if (rsa_bits(modulus) < KEY_RSA_BITS_MIN) {
		(void)refuse(trouble_out, "RSA modulus below 1024 bits");
		return INKAN_EREFUSED;
	}
	if (trouble == KEY_BAD_EXPONENT)
		return refuse(trouble_out, "RSA exponent even, below 3 or above 32 bits");
	if (trouble)
		return refuse(trouble_out, damaged);
	return from_rsa_numbers(c, magnitudes, out, trouble_out);
}

/* CurvePrivateKey ::= OCTET STRING (RFC 8410 section 7) */
static int curve_private_key(const struct crypto *c, struct str der, struct private_key **out, const char **trouble_out)
{
	struct str seed;

	if (!der_take(&der, DER_OCTET_STRING, &seed) || der.n || seed.n != ED25519_SEED_SIZE)
		return refuse(trouble_out, "the Ed25519 key is damaged");
	return private_key_from_ed25519_seed(c, (const unsigned char *)seed.p, out);
}

static int other_algorithm(struct str oid, const char **trouble_out)
{
	if (str_eq(oid, oid_ec_public_key))
		return refuse(trouble_out, "a key for ECDSA; DKIM knows RSA and Ed25519 only");
	if (str_eq(oid, oid_rsassa_pss))
		return refuse(trouble_out, "an RSA key that is for PSS signatures only");
	return refuse(trouble_out, "a key of another algorithm than RSA and Ed25519");
}

/* Attributes and public key, which may follow the private key. A public key must be the one of the private key. */
static bool one_asymmetric_key_tail(struct str in, const struct private_key *k)
{
	struct str content;

	(void)der_take(&in, DER_CONTEXT_0, &content);
	if (der_take(&in, DER_CONTEXT_1, &content) && k->type == KEY_ED25519 &&
	    !(content.n == 1 + KEY_ED25519_SIZE && content.p[0] == 0 &&
	      memcmp(content.p + 1, k->secret + ED25519_SEED_SIZE, KEY_ED25519_SIZE) == 0))
		return false;
	return in.n == 0;
}

/* PrivateKeyInfo of RFC 5208, OneAsymmetricKey of RFC 5958:
 * SEQUENCE { version, privateKeyAlgorithm, privateKey OCTET STRING, attributes [0] OPTIONAL, publicKey [1] OPTIONAL }
 */
static int private_key_info(const struct crypto *c, struct str der, struct private_key **out, const char **trouble_out)
{
	struct str content, oid, key;
	struct der_integer version;
	struct private_key *made = NULL;
	bool is_bare;

	if (!der_take(&der, DER_SEQUENCE, &content) || der.n || !der_take_integer(&content, &version) ||
	    version.negative || version.magnitude.n > 1 || (version.magnitude.n && version.magnitude.p[0] != 1) ||
	    !der_take_algorithm(&content, &oid, &is_bare) || !der_take(&content, DER_OCTET_STRING, &key))
		return refuse(trouble_out, "the private key is damaged");
	bool is_rsa = str_eq(oid, oid_rsa_encryption);

	if (!is_rsa && !str_eq(oid, oid_ed25519))
		return other_algorithm(oid, trouble_out);
	if (!is_bare)
		return refuse(trouble_out, "the private key is damaged");
	int error = (is_rsa ? rsa_private_key : curve_private_key)(c, key, &made, trouble_out);

	if (error)
		return error;
	if (!one_asymmetric_key_tail(content, made)) {
		private_key_free(made);
		return refuse(trouble_out, "the public key beside the private key is another one, or damaged");
	}
	*out = made;
	return INKAN_OK;
}

typedef int decode_fn(const struct crypto *c, struct str der, struct private_key **out, const char **trouble_out);

/* What a block of that label holds: a key to decode, or what to say of it. */
static const struct label {
	struct str label;
	decode_fn *decode;
	const char *trouble;
} labels[] = {
	{{"PRIVATE KEY", 11}, private_key_info, NULL},
	{{"RSA PRIVATE KEY", 15}, rsa_private_key, NULL},
	{{"ENCRYPTED PRIVATE KEY", 21}, NULL, "the key is encrypted; only unencrypted keys can be read"},
	{{"EC PRIVATE KEY", 14}, NULL, "a key for ECDSA; DKIM knows RSA and Ed25519 only"},
	{{"EC PARAMETERS", 13}, NULL, "a key for ECDSA; DKIM knows RSA and Ed25519 only"},
	{{"DSA PRIVATE KEY", 15}, NULL, "a key of another algorithm than RSA and Ed25519"},
	{{"OPENSSH PRIVATE KEY", 19}, NULL, "a key in the format of OpenSSH; PKCS#8 or PKCS#1 is wanted"},
	{{"PUBLIC KEY", 10}, NULL, "a public key; the private key is wanted"},
	{{"RSA PUBLIC KEY", 14}, NULL, "a public key; the private key is wanted"},
	{{"CERTIFICATE", 11}, NULL, "a certificate; the private key is wanted"},
	{{"CERTIFICATE REQUEST", 19}, NULL, "a certificate request; the private key is wanted"},
};

static const struct label *find_label(struct str name)
{
	static const struct label unknown = {.trouble = "PEM of something that is not a private key"};

	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++)
		if (str_eq(labels[i].label, name))
			return &labels[i];
	return &unknown;
}

static int decode_block(const struct crypto *c, const struct pem_block *block, decode_fn *decode,
                        struct private_key **out, const char **trouble_out)
{
	size_t size;
	int error;

	if (!block->is_closed)
		return refuse(trouble_out, "truncated: the END line is missing, or is of another kind of block");
	/* header fields of RFC 1421; a colon is not of base64 */
	if (str_search(block->text, STR("ENCRYPTED")) < block->text.n && str_find(block->text, ':') < block->text.n)
		return refuse(trouble_out, "the key is encrypted; only unencrypted keys can be read");
	unsigned char *der = sodium_malloc(base64_decoded_max(block->text.n));

	if (!der)
		return INKAN_ENOMEM;
	if (!base64_decode(block->text, BASE64_FWS, der, &size, NULL))
		error = refuse(trouble_out, "the text between the BEGIN and END lines is not base64");
	else
		error = decode(c, str_from((const char *)der, size), out, trouble_out);
	sodium_free(der);
	return error;
}

int private_key_from_pem(const struct crypto *c, struct str pem, struct private_key **out, const char **trouble_out)
{
	struct pem_block block;
	const char *trouble = "not PEM: there is no BEGIN line";
	bool is_first = true;

	if (pem.n > PEM_MAX)
		return refuse(trouble_out, "too long for a key");
	while (pem_next(&pem, &block)) {
		const struct label *label = find_label(block.label);

		if (label->decode)
			return decode_block(c, &block, label->decode, out, trouble_out);
		/* a certificate may stand before its key; the first block is the one to talk about */
		if (is_first)
			trouble = label->trouble;
		is_first = false;
	}
	return refuse(trouble_out, trouble);
}

/* ---- generation and PEM out ---- */

/* The numbers of an RSA key; *memory_out, to be freed by sodium_free(), holds them. */
static int rsa_numbers(EVP_PKEY *pkey, struct str magnitudes[RSA_PRIVATE_NUMBERS], unsigned char **memory_out)
{
	size_t room = (size_t)EVP_PKEY_get_size(pkey);
	unsigned char *memory = sodium_malloc(RSA_PRIVATE_NUMBERS * room);
	OSSL_PARAM params[RSA_PRIVATE_NUMBERS + 1];

	if (!memory)
		return INKAN_ENOMEM;
	for (size_t i = 0; i < RSA_PRIVATE_NUMBERS; i++)
		params[i] = OSSL_PARAM_construct_BN(rsa_names[i], memory + i * room, room);
	params[RSA_PRIVATE_NUMBERS] = OSSL_PARAM_construct_end();
	bool done = EVP_PKEY_get_params(pkey, params) == 1;

	/* without memory for its lists, OpenSSL leaves numbers out and calls that a success */
	for (size_t i = 0; i < RSA_PRIVATE_NUMBERS && done; i++)
		done = OSSL_PARAM_modified(&params[i]) == 1;
	int error = crypto_result(done);

	if (error) {
		sodium_free(memory);
		return error;
	}
	for (size_t i = 0; i < RSA_PRIVATE_NUMBERS; i++)
		magnitudes[i] = rsa_to_magnitude(memory + i * room, params[i].return_size);
	*memory_out = memory;
	return INKAN_OK;
}

int private_key_generate_rsa(const struct crypto *c, unsigned bits, struct private_key **out)
{
	struct str magnitudes[RSA_PRIVATE_NUMBERS];
	EVP_PKEY *pkey = NULL;
	unsigned char *memory;

	if (bits < KEY_RSA_BITS_MIN || bits > KEY_RSA_BITS_MAX || bits % 8)
		return INKAN_EUSAGE;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(c->library, "RSA", NULL);
	bool made = context && EVP_PKEY_keygen_init(context) == 1 &&
	            EVP_PKEY_CTX_set_rsa_keygen_bits(context, (int)bits) == 1 && EVP_PKEY_generate(context, &pkey) == 1;

	EVP_PKEY_CTX_free(context);
	int error = crypto_result(made);

	if (error)
		return error;
	error = rsa_numbers(pkey, magnitudes, &memory);
	EVP_PKEY_free(pkey);
	if (error)
		return error;
	error = from_rsa_numbers(c, magnitudes, out, NULL);
	sodium_free(memory);
	return error;
}

/* PrivateKeyInfo up to the content of its privateKey, which has n octets. */
static void put_private_key_info_head(struct buf *out, struct str oid, bool has_null, size_t n)
{
	size_t algorithm = der_size(oid.n) + (has_null ? der_size(0) : 0);

	der_put_head(out, DER_SEQUENCE, der_integer_size(STR_NULL) + der_size(algorithm) + der_size(n));
	der_put_integer(out, STR_NULL);
	der_put_head(out, DER_SEQUENCE, algorithm);
	der_put_head(out, DER_OID, oid.n);
	buf_put(out, oid);
	if (has_null)
		der_put_head(out, DER_NULL, 0);
	der_put_head(out, DER_OCTET_STRING, n);
}

static void put_rsa_private_key(struct buf *out, const struct str magnitudes[RSA_PRIVATE_NUMBERS])
{
	size_t n = der_integer_size(STR_NULL);

	for (size_t i = 0; i < RSA_PRIVATE_NUMBERS; i++)
		n += der_integer_size(magnitudes[i]);
	put_private_key_info_head(out, oid_rsa_encryption, true, der_size(n));
	der_put_head(out, DER_SEQUENCE, n);
	der_put_integer(out, STR_NULL);
	for (size_t i = 0; i < RSA_PRIVATE_NUMBERS; i++)
		der_put_integer(out, magnitudes[i]);
}

static int put_private_key(const struct private_key *k, struct buf *out)
{
	struct str magnitudes[RSA_PRIVATE_NUMBERS];
	unsigned char *memory;

	if (k->type == KEY_ED25519) {
		put_private_key_info_head(out, oid_ed25519, false, der_size(ED25519_SEED_SIZE));
		der_put_head(out, DER_OCTET_STRING, ED25519_SEED_SIZE);
		/* the seed is the first half of what libsodium calls the secret key */
		buf_put(out, str_from((const char *)k->secret, ED25519_SEED_SIZE));
		return buf_error(out);
	}
	int error = rsa_numbers(k->pkey, magnitudes, &memory);

	if (error)
		return error;
	put_rsa_private_key(out, magnitudes);
	sodium_free(memory);
	return buf_error(out);
}

static void put_pem(struct buf *out, struct str der)
{
	static const char begin[] = "-----BEGIN PRIVATE KEY-----\n", end[] = "-----END PRIVATE KEY-----\n";
	size_t lines = (der.n + PEM_LINE_OCTETS - 1) / PEM_LINE_OCTETS;

	/* all the room at once: growing later would leave the first part behind in freed memory */
	if (!buf_reserve(out, sizeof(begin) - 1 + base64_encoded_size(der.n) + lines + sizeof(end) - 1))
		return;
	buf_put_c(out, begin);
	for (; der.n; der = str_skip(der, PEM_LINE_OCTETS)) {
		struct str line = str_head(der, PEM_LINE_OCTETS);

		base64_encode(out, (const unsigned char *)line.p, line.n);
		buf_put_char(out, '\n');
	}
	buf_put_c(out, end);
}

int private_key_to_pem(const struct private_key *k, struct buf *out)
{
	size_t room =
		PKCS8_OVERHEAD + (k->type == KEY_RSA ? 5 * (size_t)EVP_PKEY_get_size(k->pkey) : ED25519_SEED_SIZE);
	unsigned char *memory = sodium_malloc(room);
	struct buf der = {.p = (char *)memory, .cap = room, .max = room};

	if (!memory)
		return INKAN_ENOMEM;
	int error = put_private_key(k, &der);

	if (!error)
		put_pem(out, buf_str(&der));
	sodium_free(memory);
	return error ? error : buf_error(out);
}

int private_key_public(const struct crypto *c, const struct private_key *k, struct public_key **out)
{
	(void)c;
	*out = public_key_ref(k->public_half);
	return INKAN_OK;
}

enum key_type private_key_type(const struct private_key *k)
{
	return k->type;
}

unsigned private_key_bits(const struct private_key *k)
{
	return public_key_bits(k->public_half);
}
