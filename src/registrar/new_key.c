#include "registrar/new_key.h"

#include "check/dkim_record.h"
#include "io/random.h"

int new_private_key(const struct crypto *crypto, enum key_type type, unsigned bits, struct private_key **out)
{
	unsigned char seed[KEY_ED25519_SIZE];
	int error;

	if (type == KEY_RSA)
		return private_key_generate_rsa(crypto, bits, out);
	random_octets(seed, sizeof seed);
	error = private_key_from_ed25519_seed(crypto, seed, out);
	crypto_wipe(seed, sizeof seed);
	return error;
}

int new_key_record(const struct crypto *crypto, const struct private_key *key, struct buf *out)
{
	struct public_key *public;
	int error = private_key_public(crypto, key, &public);

	if (error)
		return error;
	dkim_record_print(out, public);
	public_key_unref(public);
	return buf_error(out);
}
