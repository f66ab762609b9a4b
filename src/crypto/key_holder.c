/* The key holder of the simple case: private keys in this process, by number. */
#include <stdlib.h>

#include "crypto/internal.h"

enum { FIRST_CAPACITY = 8 };

struct local_keys {
	const struct crypto *crypto;
	struct private_key **keys;
	size_t n, capacity;
};

int local_keys_new(const struct crypto *c, struct local_keys **out)
{
	struct local_keys *made = calloc(1, sizeof(*made));

	if (!made)
		return INKAN_ENOMEM;
	made->crypto = c;
	*out = made;
	return INKAN_OK;
}

void local_keys_free(struct local_keys *keys)
{
	if (!keys)
		return;
	for (size_t i = 0; i < keys->n; i++)
		private_key_free(keys->keys[i]);
	free(keys->keys);
	free(keys);
}

int local_keys_add(struct local_keys *keys, struct private_key *key, uint64_t *handle_out)
{
	if (keys->n == keys->capacity) {
		size_t capacity = keys->capacity ? keys->capacity * 2 : FIRST_CAPACITY;
		struct private_key **grown = realloc(keys->keys, capacity * sizeof(struct private_key *));

		if (!grown)
			return INKAN_ENOMEM;
		keys->keys = grown;
		keys->capacity = capacity;
	}
	keys->keys[keys->n++] = key;
	*handle_out = keys->n; /* from 1, so that 0 names no key */
	return INKAN_OK;
}

static struct private_key *find(const struct local_keys *keys, uint64_t handle)
{
	return handle >= 1 && handle <= keys->n ? keys->keys[handle - 1] : NULL;
}

static int local_sign(void *context, uint64_t handle, enum digest_kind kind, const struct digest_value *digest,
                      unsigned char *out, size_t *size_out)
{
	const struct local_keys *keys = context;
	struct private_key *key = find(keys, handle);

	return key ? private_key_sign(keys->crypto, key, kind, digest, out, size_out) : INKAN_EUSAGE;
}

static int local_describe(void *context, uint64_t handle, enum key_type *type_out, unsigned *bits_out)
{
	const struct private_key *key = find(context, handle);

	if (!key)
		return INKAN_EUSAGE;
	*type_out = private_key_type(key);
	*bits_out = private_key_bits(key);
	return INKAN_OK;
}

struct key_holder local_keys_holder(struct local_keys *keys)
{
	return (struct key_holder){local_sign, local_describe, keys};
}
