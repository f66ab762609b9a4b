/* Sealed boxes as libsodium makes them (crypto_box_seal_open() opens ours), but for the random numbers, which the engine does not
 * draw: an ephemeral key pair, its public half first, then the box, whose nonce is the digest of both public keys. */
#include "crypto/seal.h"

#include <sodium.h>

#include "crypto/crypto.h"

enum { CONTEXT_SIZE = 32 /* octets of the digest of a context */ };

_Static_assert(SEAL_KEY_SIZE == crypto_box_PUBLICKEYBYTES && SEAL_KEY_SIZE == crypto_box_SECRETKEYBYTES &&
                       SEAL_KEY_SIZE == crypto_box_SEEDBYTES,
               "keys of a box");
_Static_assert(SEAL_OVERHEAD == crypto_box_SEALBYTES + CONTEXT_SIZE, "what sealing adds");

int seal_keys(const unsigned char seed[SEAL_KEY_SIZE], unsigned char public_out[SEAL_KEY_SIZE],
              unsigned char secret_out[SEAL_KEY_SIZE])
{
	return crypto_box_seed_keypair(public_out, secret_out, seed) ? INKAN_ECRYPTO : INKAN_OK;
}

static void context_digest(struct str context, unsigned char out[CONTEXT_SIZE])
{
	(void)crypto_generichash(out, CONTEXT_SIZE, (const unsigned char *)context.p, context.n, NULL, 0);
}

static void box_nonce(const unsigned char *ephemeral_public, const unsigned char *public_key,
                      unsigned char nonce[crypto_box_NONCEBYTES])
{
	unsigned char both[2 * SEAL_KEY_SIZE];

	memcpy(both, ephemeral_public, SEAL_KEY_SIZE);
	memcpy(both + SEAL_KEY_SIZE, public_key, SEAL_KEY_SIZE);
	(void)crypto_generichash(nonce, crypto_box_NONCEBYTES, both, sizeof(both), NULL, 0);
}

/* The box in `to`: room for the size of octets and SEAL_OVERHEAD. */
static bool close_box(const unsigned char *public_key, const unsigned char *ephemeral, struct str context,
                      struct str octets, unsigned char *inside, unsigned char *to)
{
	unsigned char secret[SEAL_KEY_SIZE], nonce[crypto_box_NONCEBYTES];
	bool done = !crypto_box_seed_keypair(to, secret, ephemeral);

	context_digest(context, inside);
	if (octets.n)
		memcpy(inside + CONTEXT_SIZE, octets.p, octets.n);
	box_nonce(to, public_key, nonce);
	done = done && !crypto_box_easy(to + SEAL_KEY_SIZE, inside, CONTEXT_SIZE + octets.n, nonce, public_key, secret);
	crypto_wipe(secret, sizeof(secret));
	return done;
}

int seal_close(const unsigned char public_key[SEAL_KEY_SIZE], const unsigned char ephemeral[32], struct str context,
               struct str octets, struct buf *out)
{
	unsigned char *inside;
	char *to;

	if (octets.n > SEAL_SIZE_MAX)
		return INKAN_ELIMIT;
	to = buf_reserve(out, octets.n + SEAL_OVERHEAD);
	if (!to)
		return buf_error(out);
	inside = sodium_malloc(CONTEXT_SIZE + octets.n);
	if (!inside)
		return INKAN_ENOMEM;
	bool done = close_box(public_key, ephemeral, context, octets, inside, (unsigned char *)to);

	sodium_free(inside);
	if (!done)
		return INKAN_ECRYPTO;
	buf_commit(out, octets.n + SEAL_OVERHEAD);
	return INKAN_OK;
}

static bool open_box(const unsigned char *public_key, const unsigned char *secret_key, struct str context,
                     struct str sealed, unsigned char *inside)
{
	unsigned char nonce[crypto_box_NONCEBYTES], want[CONTEXT_SIZE];
	const unsigned char *box = (const unsigned char *)sealed.p;

	box_nonce(box, public_key, nonce);
	context_digest(context, want);
	return !crypto_box_open_easy(inside, box + SEAL_KEY_SIZE, sealed.n - SEAL_KEY_SIZE, nonce, box, secret_key) &&
	       !sodium_memcmp(inside, want, CONTEXT_SIZE);
}

int seal_open(const unsigned char public_key[SEAL_KEY_SIZE], const unsigned char secret_key[SEAL_KEY_SIZE],
              struct str context, struct str sealed, struct buf *out)
{
	unsigned char *inside;
	int error = INKAN_EREFUSED;

	if (sealed.n < SEAL_OVERHEAD || sealed.n > SEAL_SIZE_MAX + SEAL_OVERHEAD)
		return INKAN_EREFUSED;
	inside = sodium_malloc(sealed.n - crypto_box_SEALBYTES);
	if (!inside)
		return INKAN_ENOMEM;
	if (open_box(public_key, secret_key, context, sealed, inside)) {
		buf_put(out, str_from((const char *)inside + CONTEXT_SIZE, sealed.n - SEAL_OVERHEAD));
		error = buf_error(out);
	}
	sodium_free(inside);
	return error;
}
