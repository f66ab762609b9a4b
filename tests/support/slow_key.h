/* A key that is kept elsewhere and takes its time: an inkan_sign_digest that answers INKAN_PENDING so many times. */
#pragma once

#include "crypto/crypto.h"
#include "inkan/sign.h"

struct slow_key {
	const struct crypto *crypto;
	struct private_key *key;
	unsigned pending; /* calls in vain before each signature */
	int error;        /* what comes in place of the signature, where not 0 */
	/* what happened */
	unsigned calls, signatures;
	unsigned waited; /* calls in vain since the last signature; the digest then was: */
	unsigned char digest[32];
};

/* Reads the key. */
void slow_key_init(struct slow_key *k, const struct crypto *crypto, struct str pem, unsigned pending);
void slow_key_release(struct slow_key *k);
/* Fails the test where a digest changes before it was signed. */
int slow_key_sign(void *key, const unsigned char *digest, size_t digest_size, unsigned char *signature,
                  size_t *signature_size_out);
