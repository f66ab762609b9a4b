/* The algorithms, fetched once, and what all files of the room need.
 *
 * The library context is our own and not the default one of the process: OpenSSL reads a configuration file for the
 * default context (environment, I/O, and half of its start-up time), and whatever the process round us loads there
 * would decide how mail is judged. */
#include <openssl/err.h>
#include <openssl/evperr.h>
#include <sodium.h>
#include <stdlib.h>

#include "crypto/internal.h"

/* Whether an entry of the error queue says that memory was lacking. The second and third are all that EVP says where a
 * constructor of the provider found none; nothing else can stop one. */
static bool tells_of_memory(unsigned long code)
{
	int reason = ERR_GET_REASON(code);

	return reason == ERR_R_MALLOC_FAILURE || reason == ERR_R_INTERNAL_ERROR ||
	       (ERR_GET_LIB(code) == ERR_LIB_EVP && reason == EVP_R_INITIALIZATION_ERROR);
}

int crypto_result(bool done)
{
	bool any = false, memory = false;

	for (unsigned long code; (code = ERR_get_error()) != 0;) {
		any = true;
		memory |= tells_of_memory(code);
	}
	if (done)
		return INKAN_OK;
	/* nothing noted at all: there was not even memory for the queue */
	return memory || !any ? INKAN_ENOMEM : INKAN_ECRYPTO;
}

int crypto_new(struct crypto **out)
{
	struct crypto *c = calloc(1, sizeof(*c));

	if (!c)
		return INKAN_ENOMEM;
	/* libsodium guards itself against a second call and other threads */
	if (sodium_init() < 0) {
		free(c);
		return INKAN_ECRYPTO;
	}
	c->library = OSSL_LIB_CTX_new();
	if (c->library) {
		c->digests[DIGEST_SHA256] = EVP_MD_fetch(c->library, "SHA2-256", NULL);
		c->digests[DIGEST_SHA1] = EVP_MD_fetch(c->library, "SHA1", NULL);
		c->rsa = EVP_KEYMGMT_fetch(c->library, "RSA", NULL);
		c->rsa_signature = EVP_SIGNATURE_fetch(c->library, "RSA", NULL);
	}
	int error = crypto_result(c->digests[DIGEST_SHA256] && c->digests[DIGEST_SHA1] && c->rsa && c->rsa_signature);

	if (error) {
		crypto_free(c);
		return error;
	}
	*out = c;
	return INKAN_OK;
}

void crypto_free(struct crypto *c)
{
	if (!c)
		return;
	EVP_SIGNATURE_free(c->rsa_signature);
	EVP_KEYMGMT_free(c->rsa);
	EVP_MD_free(c->digests[DIGEST_SHA1]);
	EVP_MD_free(c->digests[DIGEST_SHA256]);
	OSSL_LIB_CTX_free(c->library);
	free(c);
}

void crypto_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}

EVP_PKEY_CTX *context_pool_take(struct context_pool *pool)
{
	for (size_t i = 0; i < CONTEXT_POOL_SIZE; i++) {
		/* reading first keeps the cache line shared where the slot is empty */
		if (!atomic_load_explicit(&pool->spare[i], memory_order_relaxed))
			continue;
		EVP_PKEY_CTX *context = atomic_exchange_explicit(&pool->spare[i], NULL, memory_order_acquire);

		if (context)
			return context;
	}
	return NULL;
}

void context_pool_give(struct context_pool *pool, EVP_PKEY_CTX *context)
{
	for (size_t i = 0; i < CONTEXT_POOL_SIZE; i++) {
		EVP_PKEY_CTX *empty = NULL;

		if (!atomic_load_explicit(&pool->spare[i], memory_order_relaxed) &&
		    atomic_compare_exchange_strong_explicit(&pool->spare[i], &empty, context, memory_order_release,
		                                            memory_order_relaxed))
			return;
	}
	EVP_PKEY_CTX_free(context);
}

void context_pool_release(struct context_pool *pool)
{
	for (size_t i = 0; i < CONTEXT_POOL_SIZE; i++)
		EVP_PKEY_CTX_free(atomic_load(&pool->spare[i]));
}
