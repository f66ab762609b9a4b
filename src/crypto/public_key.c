/* Public keys: decoding (RFC 6376 section 3.6.1, RFC 8463 section 4.2) and verification.
 *
 * RSA: the DER is walked here and its size judged before OpenSSL sees a number; its own SubjectPublicKeyInfo decoder
 * costs six verifications. OpenSSL then only computes s^e mod n; the PKCS#1 v1.5 block is compared here (RFC 8017
 * section 8.2.2 as written: encode and compare), so a call of OpenSSL that fails is always a failure and never looks
 * like a bad signature. Ed25519: libsodium, which refuses points of small order where OpenSSL does not. */
#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <sodium.h>
#include <stdlib.h>

#include "crypto/der.h"
#include "crypto/internal.h"

struct public_key {
	atomic_uint references;
	enum key_type type;
	unsigned bits;
	struct context_pool contexts; /* RSA: set up for the bare public operation */
	EVP_PKEY *pkey;               /* RSA */
	struct str modulus, exponent; /* RSA, big-endian, in octets[] */
	size_t n;
	unsigned char octets[]; /* RSA: modulus, exponent; Ed25519: the point */
};

enum { RSA_EXPONENT_MAX = sizeof(uint32_t) };

static struct public_key *key_new(enum key_type type, struct str first, struct str second)
{
	struct public_key *k = calloc(1, sizeof(*k) + first.n + second.n);

	if (!k)
		return NULL;
	k->references = 1;
	k->type = type;
	k->n = first.n + second.n;
	memcpy(k->octets, first.p, first.n);
	if (second.n)
		memcpy(k->octets + first.n, second.p, second.n);
	return k;
}

int public_key_from_rsa(const struct crypto *c, struct str modulus, struct str exponent, struct public_key **out)
{
	struct public_key *k = key_new(KEY_RSA, modulus, exponent);

	if (!k)
		return INKAN_ENOMEM;
	k->bits = rsa_bits(modulus);
	k->modulus = str_from((const char *)k->octets, modulus.n);
	k->exponent = str_from((const char *)k->octets + modulus.n, exponent.n);

	unsigned char scratch[KEY_RSA_BITS_MAX / 8 + RSA_EXPONENT_MAX];
	const struct rsa_number numbers[] = {{OSSL_PKEY_PARAM_RSA_N, k->modulus}, {OSSL_PKEY_PARAM_RSA_E, k->exponent}};
	int error = rsa_pkey_new(c, numbers, 2, EVP_PKEY_PUBLIC_KEY, scratch, &k->pkey);

	if (error) {
		public_key_unref(k);
		return error;
	}
	*out = k;
	return INKAN_OK;
}

int public_key_from_ed25519(const unsigned char point[KEY_ED25519_SIZE], struct public_key **out)
{
	struct public_key *k = key_new(KEY_ED25519, str_from((const char *)point, KEY_ED25519_SIZE), STR_NULL);

	if (!k)
		return INKAN_ENOMEM;
	k->bits = 256;
	*out = k;
	return INKAN_OK;
}

struct public_key *public_key_ref(struct public_key *k)
{
	atomic_fetch_add_explicit(&k->references, 1, memory_order_relaxed);
	return k;
}

void public_key_unref(struct public_key *k)
{
	if (!k || atomic_fetch_sub_explicit(&k->references, 1, memory_order_acq_rel) != 1)
		return;
	context_pool_release(&k->contexts);
	EVP_PKEY_free(k->pkey);
	free(k);
}

enum key_type public_key_type(const struct public_key *k)
{
	return k->type;
}

unsigned public_key_bits(const struct public_key *k)
{
	return k->bits;
}

bool public_key_eq(const struct public_key *a, const struct public_key *b)
{
	return a->type == b->type && a->modulus.n == b->modulus.n && a->n == b->n &&
	       memcmp(a->octets, b->octets, a->n) == 0;
}

const char *key_trouble_text(enum key_trouble trouble)
{
	switch (trouble) {
	case KEY_OK:
		return "usable key";
	case KEY_BAD_ENCODING:
		return "not the encoding of a key of this type";
	case KEY_OTHER_ALGORITHM:
		return "a key of another algorithm";
	case KEY_TOO_LONG:
		return "RSA modulus too long";
	case KEY_BAD_MODULUS:
		return "RSA modulus too short, even or negative";
	case KEY_BAD_EXPONENT:
		return "RSA exponent even, too small or too large";
	case KEY_SMALL_ORDER:
		return "not a point of the prime-order group of Ed25519";
	}
	return "unknown trouble";
}

/* ---- encoding ---- */

/* SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }
 * `in` is its content; *key_out the octets of the key. */
static enum key_trouble subject_public_key_info(struct str in, struct str *key_out)
{
	struct str oid, bits;
	bool is_bare;

	if (!der_take_algorithm(&in, &oid, &is_bare) || !der_take(&in, DER_BIT_STRING, &bits) || in.n || bits.n == 0)
		return KEY_BAD_ENCODING;
	if (!str_eq(oid, oid_rsa_encryption))
		return KEY_OTHER_ALGORITHM;
	/* the first octet counts the unused bits of the last */
	if (!is_bare || bits.p[0] != 0)
		return KEY_BAD_ENCODING;
	*key_out = str_skip(bits, 1);
	return KEY_OK;
}

/* RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }, bare or in a SubjectPublicKeyInfo */
static enum key_trouble rsa_public_key(struct str der, struct str *modulus_out, struct str *exponent_out)
{
	struct str content, key;
	struct der_integer modulus, exponent;

	if (!der_take(&der, DER_SEQUENCE, &content) || der.n || content.n == 0)
		return KEY_BAD_ENCODING;
	if (content.p[0] == DER_SEQUENCE) {
		enum key_trouble trouble = subject_public_key_info(content, &key);

		if (trouble)
			return trouble;
		if (!der_take(&key, DER_SEQUENCE, &content) || key.n)
			return KEY_BAD_ENCODING;
	}
	if (!der_take_integer(&content, &modulus) || !der_take_integer(&content, &exponent) || content.n)
		return KEY_BAD_ENCODING;
	if (modulus.negative)
		return KEY_BAD_MODULUS;
	if (exponent.negative)
		return KEY_BAD_EXPONENT;
	*modulus_out = modulus.magnitude;
	*exponent_out = exponent.magnitude;
	return rsa_policy(modulus.magnitude, exponent.magnitude);
}

static int decode_rsa(const struct crypto *c, struct str der, struct public_key **out, enum key_trouble *trouble_out)
{
	struct str modulus, exponent;

	*trouble_out = rsa_public_key(der, &modulus, &exponent);
	return *trouble_out ? INKAN_OK : public_key_from_rsa(c, modulus, exponent, out);
}

static int decode_ed25519(struct str octets, struct public_key **out, enum key_trouble *trouble_out)
{
	const unsigned char *point = (const unsigned char *)octets.p;

	*trouble_out = KEY_BAD_ENCODING;
	if (octets.n != KEY_ED25519_SIZE)
		return INKAN_OK;
	*trouble_out = crypto_core_ed25519_is_valid_point(point) == 1 ? KEY_OK : KEY_SMALL_ORDER;
	return *trouble_out ? INKAN_OK : public_key_from_ed25519(point, out);
}

int public_key_decode(const struct crypto *c, enum key_type type, struct str der, struct public_key **out,
                      enum key_trouble *trouble_out)
{
	return type == KEY_RSA ? decode_rsa(c, der, out, trouble_out) : decode_ed25519(der, out, trouble_out);
}

void public_key_encode(const struct public_key *k, struct buf *out)
{
	if (k->type == KEY_ED25519) {
		buf_put(out, str_from((const char *)k->octets, k->n));
		return;
	}
	size_t numbers = der_integer_size(k->modulus) + der_integer_size(k->exponent);
	size_t bits = 1 + der_size(numbers);
	size_t algorithm = der_size(oid_rsa_encryption.n) + der_size(0);

	der_put_head(out, DER_SEQUENCE, der_size(algorithm) + der_size(bits));
	der_put_head(out, DER_SEQUENCE, algorithm);
	der_put_head(out, DER_OID, oid_rsa_encryption.n);
	buf_put(out, oid_rsa_encryption);
	der_put_head(out, DER_NULL, 0);
	der_put_head(out, DER_BIT_STRING, bits);
	buf_put_char(out, '\0');
	der_put_head(out, DER_SEQUENCE, numbers);
	der_put_integer(out, k->modulus);
	der_put_integer(out, k->exponent);
}

/* ---- verification ---- */

static EVP_PKEY_CTX *public_context_new(const struct crypto *c, const struct public_key *k)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(c->library, k->pkey, NULL);

	if (context && EVP_PKEY_verify_recover_init(context) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) == 1)
		return context;
	EVP_PKEY_CTX_free(context);
	return NULL;
}

/* s^e mod n (RSAVP1 of RFC 8017) for a signature of the length of the modulus and below it. */
static int rsa_public_operation(const struct crypto *c, struct public_key *k, struct str signature,
                                unsigned char block[KEY_SIGNATURE_MAX])
{
	EVP_PKEY_CTX *context = context_pool_take(&k->contexts);
	size_t size = KEY_SIGNATURE_MAX;

	if (!context)
		context = public_context_new(c, k);
	bool done =
		context &&
		EVP_PKEY_verify_recover(context, block, &size, (const unsigned char *)signature.p, signature.n) == 1 &&
		size == k->modulus.n;

	if (done)
		context_pool_give(&k->contexts, context);
	else
		EVP_PKEY_CTX_free(context);
	return crypto_result(done);
}

/* Whether the signature is a number that this key can have made. */
static bool is_representative(const struct public_key *k, struct str signature)
{
	return signature.n == k->modulus.n && memcmp(signature.p, k->modulus.p, signature.n) < 0;
}

static bool is_all_ff(struct str s)
{
	return (unsigned char)s.p[0] == 0xff && memcmp(s.p, s.p + 1, s.n - 1) == 0;
}

/* 00 01 FF ... FF 00 DigestInfo (EMSA-PKCS1-v1_5 of RFC 8017 section 9.2); *digest_out points into the block. */
static bool open_block(struct str block, enum digest_kind kind, struct str *digest_out)
{
	struct str prefix = digest_info_prefix(kind);
	/* KEY_RSA_BITS_LEGACY_MIN leaves room for the longest DigestInfo and 8 octets of FF */
	size_t info = block.n - prefix.n - digest_size(kind);

	if (block.p[0] != 0 || block.p[1] != 1 || !is_all_ff(str_from(block.p + 2, info - 3)) ||
	    block.p[info - 1] != 0 || !str_has_prefix(str_skip(block, info), prefix))
		return false;
	*digest_out = str_skip(block, info + prefix.n);
	return true;
}

int public_key_open(const struct crypto *c, struct public_key *k, enum digest_kind kind, struct str signature,
                    bool *opened_out, struct digest_value *digest_out)
{
	unsigned char block[KEY_SIGNATURE_MAX];
	struct str digest;

	if (k->type != KEY_RSA)
		return INKAN_EUSAGE;
	if (!is_representative(k, signature)) {
		*opened_out = false;
		return INKAN_OK;
	}
	int error = rsa_public_operation(c, k, signature, block);

	if (error)
		return error;
	*opened_out = open_block(str_from((const char *)block, k->modulus.n), kind, &digest);
	if (*opened_out) {
		memcpy(digest_out->octets, digest.p, digest.n);
		digest_out->n = digest.n;
	}
	return INKAN_OK;
}

static bool verify_ed25519(const struct public_key *k, const struct digest_value *digest, struct str signature)
{
	return signature.n == crypto_sign_BYTES &&
	       crypto_sign_verify_detached((const unsigned char *)signature.p, digest->octets, digest->n, k->octets) ==
	               0;
}

int public_key_verify(const struct crypto *c, struct public_key *k, enum digest_kind kind,
                      const struct digest_value *digest, struct str signature, bool *valid_out)
{
	struct digest_value opened;
	bool is_open;

	if (!digest_value_fits(kind, digest) || (k->type == KEY_ED25519 && kind != DIGEST_SHA256))
		return INKAN_EUSAGE;
	if (k->type == KEY_ED25519) {
		*valid_out = verify_ed25519(k, digest, signature);
		return INKAN_OK;
	}
	int error = public_key_open(c, k, kind, signature, &is_open, &opened);

	if (error)
		return error;
	*valid_out = is_open && digest_value_eq(&opened, digest);
	return INKAN_OK;
}
