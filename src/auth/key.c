/* inkan_key_…: private keys in this process, and keys that a callback of the caller stands for. */
#include "auth/key.h"

#include <stdlib.h>

#include "auth/context.h"

enum { ED25519_SIGNATURE_SIZE = 64 };

struct inkan_key {
	const struct crypto *crypto;
	struct private_key *key;
};

int inkan_key_from_pem(struct inkan_context *context, const char *pem, size_t n, struct inkan_key **out,
                       const char **trouble_out)
{
	struct inkan_key *k = calloc(1, sizeof *k);
	const char *trouble = NULL;

	if (!k)
		return INKAN_ENOMEM;
	k->crypto = context->crypto;
	int error = private_key_from_pem(context->crypto, str_from(pem, n), &k->key, &trouble);

	if (error) {
		free(k);
		if (trouble_out)
			*trouble_out = trouble ? trouble : inkan_strerror(error);
		return error;
	}
	*out = k;
	return INKAN_OK;
}

void inkan_key_free(struct inkan_key *key)
{
	if (!key)
		return;
	private_key_free(key->key);
	free(key);
}

static int sign_here(void *context, uint64_t handle, enum digest_kind kind, const struct digest_value *digest,
                     unsigned char *out, size_t *size_out)
{
	struct inkan_key *k = context;

	(void)handle;
	return private_key_sign(k->crypto, k->key, kind, digest, out, size_out);
}

static int describe_here(void *context, uint64_t handle, enum key_type *type_out, unsigned *bits_out)
{
	const struct inkan_key *k = context;

	(void)handle;
	*type_out = private_key_type(k->key);
	*bits_out = private_key_bits(k->key);
	return INKAN_OK;
}

static int sign_there(void *context, uint64_t handle, enum digest_kind kind, const struct digest_value *digest,
                      unsigned char *out, size_t *size_out)
{
	const struct remote_key *k = context;
	size_t size = 0;

	(void)handle;
	(void)kind;
	int error = k->sign(k->context, digest->octets, digest->n, out, &size);

	if (error)
		return error < 0 || error == INKAN_PENDING ? error : INKAN_ECRYPTO;
	if (k->algorithm == INKAN_ED25519_SHA256 ? size != ED25519_SIGNATURE_SIZE
	                                         : size < KEY_RSA_BITS_MIN / 8 || size > KEY_SIGNATURE_MAX)
		return INKAN_ECRYPTO;
	*size_out = size;
	return INKAN_OK;
}

static int describe_there(void *context, uint64_t handle, enum key_type *type_out, unsigned *bits_out)
{
	const struct remote_key *k = context;

	(void)handle;
	*type_out = k->algorithm == INKAN_RSA_SHA256 ? KEY_RSA : KEY_ED25519;
	*bits_out = k->algorithm == INKAN_RSA_SHA256 ? KEY_RSA_BITS_MIN
	                                             : 256; /* the length of a remote key is its owner's business */
	return INKAN_OK;
}

struct key_holder key_holder_here(struct inkan_key *key)
{
	return (struct key_holder){sign_here, describe_here, key};
}

struct key_holder key_holder_there(struct remote_key *key)
{
	return (struct key_holder){sign_there, describe_there, key};
}

bool key_algorithm_is_known(enum inkan_algorithm algorithm)
{
	return algorithm == INKAN_RSA_SHA256 || algorithm == INKAN_ED25519_SHA256;
}
