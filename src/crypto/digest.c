/* Digests (FIPS 180-4) through OpenSSL, which uses the SHA instructions of the processor. */
#include <stdlib.h>

#include "crypto/internal.h"

struct digest {
	const struct crypto *crypto;
	EVP_MD_CTX *context;
	enum digest_kind kind;
	int error; /* of the computation that runs; INKAN_EUSAGE while none does */
};

size_t digest_size(enum digest_kind kind)
{
	return kind == DIGEST_SHA256 ? 32 : 20;
}

bool digest_value_fits(enum digest_kind kind, const struct digest_value *digest)
{
	return (kind == DIGEST_SHA256 || kind == DIGEST_SHA1) && digest->n == digest_size(kind);
}

struct str digest_info_prefix(enum digest_kind kind)
{
	return kind == DIGEST_SHA256
	               ? STR("\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20")
	               : STR("\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14");
}

int digest_new(const struct crypto *c, struct digest **out)
{
	struct digest *d = malloc(sizeof(*d));
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (!d || !context) {
		int error = d ? crypto_result(false) : INKAN_ENOMEM;

		EVP_MD_CTX_free(context);
		free(d);
		return error;
	}
	*d = (struct digest){c, context, DIGEST_SHA256, INKAN_EUSAGE};
	*out = d;
	return INKAN_OK;
}

void digest_free(struct digest *d)
{
	if (!d)
		return;
	EVP_MD_CTX_free(d->context);
	free(d);
}

void digest_start(struct digest *d, enum digest_kind kind)
{
	d->kind = kind;
	d->error = crypto_result(EVP_DigestInit_ex2(d->context, d->crypto->digests[kind], NULL) == 1);
}

void digest_update(struct digest *d, struct str octets)
{
	if (octets.n && !d->error && EVP_DigestUpdate(d->context, octets.p, octets.n) != 1)
		d->error = crypto_result(false);
}

void digest_copy(struct digest *d, const struct digest *from)
{
	d->kind = from->kind;
	d->error = from->error ? from->error : crypto_result(EVP_MD_CTX_copy_ex(d->context, from->context) == 1);
}

int digest_finish(struct digest *d, struct digest_value *out)
{
	struct digest_value value;
	unsigned size;

	if (d->error)
		return d->error;
	if (EVP_DigestFinal_ex(d->context, value.octets, &size) != 1)
		return d->error = crypto_result(false);
	d->error = INKAN_EUSAGE;
	value.n = size;
	*out = value;
	return INKAN_OK;
}

bool digest_value_eq(const struct digest_value *a, const struct digest_value *b)
{
	return a->n == b->n && memcmp(a->octets, b->octets, a->n) == 0;
}
