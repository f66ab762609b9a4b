/* What the files of this room share. Nobody else includes it. */
#pragma once

#include <openssl/evp.h>
#include <stdatomic.h>

#include "crypto/crypto.h"

struct crypto {
	OSSL_LIB_CTX *library; /* our own: no configuration file, nothing shared with others in the process */
	EVP_MD *digests[2];    /* by enum digest_kind */
	EVP_KEYMGMT *rsa;      /* these two are held only so that they stay fetched */
	EVP_SIGNATURE *rsa_signature;
};

/* INKAN_OK where calls of OpenSSL did what they should, else why not. Empties the thread's error queue either way: OpenSSL
 * leaves entries there also where it has got over a failure. */
INKAN_MUST_CHECK int crypto_result(bool done);

/* ---- contexts kept with a key ----
 *
 * Setting up an EVP_PKEY_CTX costs a quarter of an RSA-2048 verification, and one context serves one thread at a time.
 * So each key keeps a few that are ready; whoever finds none makes one. Lock-free. */

enum { CONTEXT_POOL_SIZE = 8 };

struct context_pool {
	_Atomic(EVP_PKEY_CTX *) spare[CONTEXT_POOL_SIZE];
};

/* A ready context, now the caller's; NULL where there is none. */
EVP_PKEY_CTX *context_pool_take(struct context_pool *pool);
/* Keeps the context for the next, or frees it. */
void context_pool_give(struct context_pool *pool, EVP_PKEY_CTX *context);
void context_pool_release(struct context_pool *pool);

/* ---- digests ---- */

size_t digest_size(enum digest_kind kind);
/* Whether the value has the length of its kind. */
bool digest_value_fits(enum digest_kind kind, const struct digest_value *digest);
/* The DER of a DigestInfo up to the digest itself (RFC 8017 section 9.2, note 1). */
struct str digest_info_prefix(enum digest_kind kind);

enum { DIGEST_INFO_MAX = 19 + DIGEST_SIZE_MAX };

/* ---- RSA numbers ---- */

struct rsa_number {
	const char *name;     /* OSSL_PKEY_PARAM_RSA_… */
	struct str magnitude; /* big-endian, without leading zeros */
};

enum { RSA_NUMBERS_MAX = 8 };

extern const struct str oid_rsa_encryption; /* content octets */

/* Makes a key of the library from count numbers. scratch: room for all magnitudes together; the caller wipes it where
 * they are secret. */
INKAN_MUST_CHECK int rsa_pkey_new(const struct crypto *c, const struct rsa_number *numbers, size_t count, int selection,
                                  unsigned char *scratch, EVP_PKEY **out);

/* Turns a number of the library (order of the machine, padded) round in place. */
struct str rsa_to_magnitude(unsigned char *native, size_t n);

/* KEY_OK where modulus and exponent (big-endian magnitudes) are within the policy of public_key_decode(). */
enum key_trouble rsa_policy(struct str modulus, struct str exponent);
/* modulus: not empty */
unsigned rsa_bits(struct str modulus);

/* From numbers that satisfy rsa_policy(). */
INKAN_MUST_CHECK int public_key_from_rsa(const struct crypto *c, struct str modulus, struct str exponent,
                                         struct public_key **out);
/* From a point that is known to be good. */
INKAN_MUST_CHECK int public_key_from_ed25519(const unsigned char point[KEY_ED25519_SIZE], struct public_key **out);
