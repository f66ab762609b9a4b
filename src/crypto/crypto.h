/* Digests, keys and signatures: the only room of the engine that sees OpenSSL and libsodium.
 *
 * A struct crypto holds the algorithms, fetched once. It never changes after crypto_new() and may be shared by threads;
 * so may keys. A struct digest belongs to one thread at a time. crypto_free() comes after everything made with it has
 * been released. Failing calls leave the thread's OpenSSL error queue empty. */
#pragma once

#include "core/buf.h"
#include "core/str.h"

struct crypto;

INKAN_MUST_CHECK int crypto_new(struct crypto **out);
void crypto_free(struct crypto *c);

/* ---- digests ---- */

enum digest_kind { DIGEST_SHA256, DIGEST_SHA1 };

enum { DIGEST_SIZE_MAX = 32 };

struct digest_value {
	unsigned char octets[DIGEST_SIZE_MAX];
	size_t n; /* 32 for SHA-256, 20 for SHA-1 */
};

struct digest;

INKAN_MUST_CHECK int digest_new(const struct crypto *c, struct digest **out);
void digest_free(struct digest *d);
/* Starts a new computation; the same object serves any number of them, of any kind. */
void digest_start(struct digest *d, enum digest_kind kind);
void digest_update(struct digest *d, struct str octets);
/* Starts a new computation in d that has taken what `from` has taken so far; `from` goes on as it was. */
void digest_copy(struct digest *d, const struct digest *from);
/* Ends the computation; INKAN_EUSAGE where none runs. INKAN_ENOMEM or INKAN_ECRYPTO where the library failed at any
 * point since digest_start(). */
INKAN_MUST_CHECK int digest_finish(struct digest *d, struct digest_value *out);

bool digest_value_eq(const struct digest_value *a, const struct digest_value *b);

/* ---- public keys ---- */

enum key_type { KEY_RSA, KEY_ED25519 };

enum {
	/* Bits of an RSA modulus. RFC 8301 section 3.2: verifiers must accept 1024 to 4096; shorter is refused unless
	 * the caller says otherwise. The upper bound keeps one verification below about 1 ms. */
	KEY_RSA_BITS_MIN = 1024,
	KEY_RSA_BITS_LEGACY_MIN = 512,
	KEY_RSA_BITS_MAX = 8192,
	KEY_SIGNATURE_MAX = KEY_RSA_BITS_MAX / 8,
	KEY_ED25519_SIZE = 32
};

enum key_trouble {
	KEY_OK,
	KEY_BAD_ENCODING, /* neither SubjectPublicKeyInfo nor RSAPublicKey, trailing octets; Ed25519: not 32 octets */
	KEY_OTHER_ALGORITHM, /* a well-formed SubjectPublicKeyInfo of another algorithm */
	KEY_TOO_LONG,        /* above KEY_RSA_BITS_MAX */
	KEY_BAD_MODULUS,     /* below KEY_RSA_BITS_LEGACY_MIN, even, zero, negative */
	KEY_BAD_EXPONENT,    /* even, below 3, 2^32 and above, negative */
	KEY_SMALL_ORDER      /* Ed25519: a point of small or mixed order, not in canonical form, or no point at all */
};

/* A decoded public key; reference counted (atomically), shareable by threads. */
struct public_key;

/* der: the decoded p= value. RSA: SubjectPublicKeyInfo or bare RSAPublicKey (RULES V17). Ed25519: 32 raw octets
 * (RFC 8463 section 4; a SubjectPublicKeyInfo is KEY_BAD_ENCODING). *trouble_out is always set; *out only for KEY_OK.
 * Short keys are decoded: whether public_key_bits() suffices is the caller's policy.
 * Result: INKAN_OK (look at the trouble), INKAN_ENOMEM, INKAN_ECRYPTO. */
INKAN_MUST_CHECK int public_key_decode(const struct crypto *c, enum key_type type, struct str der,
                                       struct public_key **out, enum key_trouble *trouble_out);
struct public_key *public_key_ref(struct public_key *k);
void public_key_unref(struct public_key *k);
enum key_type public_key_type(const struct public_key *k);
unsigned public_key_bits(const struct public_key *k); /* 256 for Ed25519 */
/* Value for p=: SubjectPublicKeyInfo DER for RSA, 32 raw octets for Ed25519. */
void public_key_encode(const struct public_key *k, struct buf *out);
/* The same key, whatever encoding it came from. */
bool public_key_eq(const struct public_key *a, const struct public_key *b);
const char *key_trouble_text(enum key_trouble trouble);

/* *valid_out: whether the signature fits. RSA: PKCS#1 v1.5 over the digest. Ed25519: PureEdDSA over the digest octets
 * (RFC 8463 section 3), S must be canonical. A signature of a wrong length is just not valid.
 * Errors: INKAN_ENOMEM, INKAN_ECRYPTO; INKAN_EUSAGE where digest and kind differ, or for Ed25519 with SHA-1. */
INKAN_MUST_CHECK int public_key_verify(const struct crypto *c, struct public_key *k, enum digest_kind kind,
                                       const struct digest_value *digest, struct str signature, bool *valid_out);
/* RSA only: opens the signature. *opened_out: it is PKCS#1 v1.5 with a DigestInfo of that kind, so this key did make
 * it, over *digest_out (set only then). False: another key made it, or its octets were damaged. */
INKAN_MUST_CHECK int public_key_open(const struct crypto *c, struct public_key *k, enum digest_kind kind,
                                     struct str signature, bool *opened_out, struct digest_value *digest_out);

/* ---- private keys ---- */

/* Wiped when freed, and so is every copy made on the way. Ed25519 keys live in guarded memory that is locked where the
 * system allows it; the numbers of RSA keys in ordinary memory of OpenSSL (README.md says why): a process that holds keys
 * locks all of its memory, mlockall(2), and allows no core dump. */
struct private_key;

/* PEM (PKCS#8 or PKCS#1, unencrypted), RSA or Ed25519. INKAN_ESYNTAX: not such a key; *trouble_out (static text, may
 * be NULL) then says what is wrong. RSA below 1024 bits is INKAN_EREFUSED. */
INKAN_MUST_CHECK int private_key_from_pem(const struct crypto *c, struct str pem, struct private_key **out,
                                          const char **trouble_out);
/* bits: 1024 to KEY_RSA_BITS_MAX, a multiple of 8; exponent 65537. Takes a fraction of a second. */
INKAN_MUST_CHECK int private_key_generate_rsa(const struct crypto *c, unsigned bits, struct private_key **out);
/* From 32 secret random octets, which the caller wipes. */
INKAN_MUST_CHECK int private_key_from_ed25519_seed(const struct crypto *c, const unsigned char seed[32],
                                                   struct private_key **out);
void private_key_free(struct private_key *k);
/* Adds PKCS#8 PEM. The caller wipes the buffer. */
INKAN_MUST_CHECK int private_key_to_pem(const struct private_key *k, struct buf *out);
/* A new reference to the public half. */
INKAN_MUST_CHECK int private_key_public(const struct crypto *c, const struct private_key *k, struct public_key **out);
enum key_type private_key_type(const struct private_key *k);
unsigned private_key_bits(const struct private_key *k);
/* Signs as public_key_verify() expects it; out has room for KEY_SIGNATURE_MAX octets. */
INKAN_MUST_CHECK int private_key_sign(const struct crypto *c, struct private_key *k, enum digest_kind kind,
                                      const struct digest_value *digest, unsigned char *out, size_t *size_out);

/* Overwrites memory in a way that the compiler does not remove. */
void crypto_wipe(void *p, size_t n);

/* ---- key holder ---- */

/* Whoever keeps private keys: this process, a key process, a token. Callers name a key by its handle only. */
struct key_holder {
	/* Signs the digest with that key: 0 or a negative inkan_error; *out has room for KEY_SIGNATURE_MAX octets. Or
	 * INKAN_PENDING (inkan/sign.h): the signature is on its way; to be called again with the same digest. */
	int (*sign)(void *context, uint64_t key, enum digest_kind kind, const struct digest_value *digest,
	            unsigned char *out, size_t *size_out);
	/* What kind of key a handle names; INKAN_EUSAGE for an unknown handle. */
	int (*describe)(void *context, uint64_t key, enum key_type *type_out, unsigned *bits_out);
	void *context;
};

/* Keys in this process. The handle is the number that local_keys_add() gave. Lookups may come from several threads
 * at once; additions not. */
struct local_keys;
INKAN_MUST_CHECK int local_keys_new(const struct crypto *c, struct local_keys **out);
void local_keys_free(struct local_keys *keys);
/* Takes the key over; where it fails, the key stays the caller's. */
INKAN_MUST_CHECK int local_keys_add(struct local_keys *keys, struct private_key *key, uint64_t *handle_out);
struct key_holder local_keys_holder(struct local_keys *keys);
