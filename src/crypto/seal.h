/* Sealed octets: whoever has the public half can seal, only who holds the master key can open (libsodium's sealed boxes:
 * X25519, XSalsa20, Poly1305). So those who make keys, or store them, cannot read them back.
 *
 * In the box stand 32 octets, the BLAKE2b digest of the context, and then the octets. */
#pragma once

#include "core/buf.h"

enum {
	SEAL_KEY_SIZE = 32,   /* octets of either half */
	SEAL_OVERHEAD = 80,   /* octets that sealing adds */
	SEAL_SIZE_MAX = 65536 /* octets that are sealed at once */
};

/* The two halves from 32 secret random octets. INKAN_ECRYPTO */
INKAN_MUST_CHECK int seal_keys(const unsigned char seed[SEAL_KEY_SIZE], unsigned char public_out[SEAL_KEY_SIZE],
                               unsigned char secret_out[SEAL_KEY_SIZE]);
/* Adds the sealed octets to out. context: what the octets belong to (the id of a key); opening with another one fails.
 * ephemeral: 32 fresh random octets, never used twice, wiped by the caller. INKAN_ELIMIT: more than SEAL_SIZE_MAX octets;
 * INKAN_ECRYPTO: no public key that could be sealed to. */
INKAN_MUST_CHECK int seal_close(const unsigned char public_key[SEAL_KEY_SIZE], const unsigned char ephemeral[32],
                                struct str context, struct str octets, struct buf *out);
/* Adds the octets to out, which the caller wipes (and reserves: it must not grow). INKAN_EREFUSED: another key, another
 * context, or changed octets. */
INKAN_MUST_CHECK int seal_open(const unsigned char public_key[SEAL_KEY_SIZE],
                               const unsigned char secret_key[SEAL_KEY_SIZE], struct str context, struct str sealed,
                               struct buf *out);
