/* Keys: made or brought along, sealed at once. */
#include "check/dkim_record.h"
#include "crypto/seal.h"
#include "io/master_key.h"
#include "io/random.h"
#include "registrar/internal.h"
#include "registrar/new_key.h"

#include <stdio.h>

enum { PEM_MAX = SEALED_KEY_MAX - SEAL_OVERHEAD - 64, RECORD_MAX = 8192 };

static int obtain(struct registrar *r, const struct identity *identity, struct str pem, struct private_key **out,
                  struct io_error *error)
{
	enum key_type type = identity->algorithm == IDENTITY_RSA ? KEY_RSA : KEY_ED25519;
	const char *trouble = NULL;

	if (pem.n == 0)
		return new_private_key(r->crypto, type, identity->bits, out);
	int code = private_key_from_pem(r->crypto, pem, out, &trouble);

	if (code == INKAN_ESYNTAX || code == INKAN_EREFUSED) {
		(void)io_fail(error, "the key cannot be used: %s", trouble ? trouble : inkan_strerror(code));
		return INKAN_EREFUSED;
	}
	return code;
}

/* The PEM text, sealed for that number, in the arena. */
static int seal(struct registrar *r, struct arena *arena, const struct private_key *key, uint32_t number,
                struct str *out, struct io_error *error)
{
	unsigned char master[SEAL_KEY_SIZE], ephemeral[32];
	struct buf pem, sealed;
	char context[16];
	bool there = false;
	int code = identity_store_master(r->store, master, &there, error);

	if (!code && !there)
		code = io_fail(error, "the store has no master key yet: open it once with the right to make one");
	buf_init(&pem, PEM_MAX);
	buf_init(&sealed, SEALED_KEY_MAX);
	if (!code && !buf_reserve(&pem, PEM_MAX)) /* it must not grow: that leaves copies behind */
		code = INKAN_ENOMEM;
	if (!code)
		code = private_key_to_pem(key, &pem);
	snprintf(context, sizeof context, "%u", (unsigned)number);
	random_octets(ephemeral, sizeof ephemeral);
	if (!code)
		code = seal_close(master, ephemeral, str_c(context), buf_str(&pem), &sealed);
	crypto_wipe(ephemeral, sizeof ephemeral);
	if (!code) {
		*out = arena_str(arena, buf_str(&sealed));
		code = arena_error(arena);
	}
	if (pem.p)
		crypto_wipe(pem.p, pem.cap);
	buf_release(&pem);
	buf_release(&sealed);
	return code;
}

static int describe(struct registrar *r, struct arena *arena, const struct private_key *key, struct slot *slot)
{
	struct buf record;

	buf_init(&record, RECORD_MAX);
	int code = new_key_record(r->crypto, key, &record);

	if (!code) {
		slot->record = arena_str(arena, buf_str(&record)).p;
		slot->bits = private_key_bits(key);
		slot->algorithm = private_key_type(key) == KEY_RSA ? IDENTITY_RSA : IDENTITY_ED25519;
		code = arena_error(arena);
	}
	buf_release(&record);
	return code;
}

int registrar_new_key(struct registrar *r, struct arena *arena, const struct identity *identity, struct str pem,
                      struct slot *slot, struct new_key *out, struct io_error *error)
{
	struct private_key *key = NULL;
	struct str sealed = STR_NULL;
	uint32_t number = 0;
	int code = obtain(r, identity, pem, &key, error);

	if (!code)
		code = identity_store_reserve_key(r->store, &number, error);
	if (!code)
		code = seal(r, arena, key, number, &sealed, error);
	if (!code)
		code = describe(r, arena, key, slot);
	private_key_free(key);
	if (code)
		return code;
	slot->key = number;
	*out = (struct new_key){.number = number,
	                        .record = slot->record,
	                        .algorithm = slot->algorithm,
	                        .bits = slot->bits,
	                        .sealed = sealed};
	return INKAN_OK;
}

static int open_sealed(const unsigned char seed[MASTER_KEY_SIZE], uint32_t number, struct str sealed,
                       struct buf *pem_out, struct io_error *error)
{
	unsigned char public[SEAL_KEY_SIZE], secret[SEAL_KEY_SIZE];
	char context[16];
	int code = seal_keys(seed, public, secret);

	snprintf(context, sizeof context, "%u", (unsigned)number);
	if (!code && !buf_reserve(pem_out, PEM_MAX))
		code = INKAN_ENOMEM;
	if (!code)
		code = seal_open(public, secret, str_c(context), sealed, pem_out);
	if (code == INKAN_EREFUSED)
		(void)io_fail(error, "the key was sealed with another master key, or is damaged");
	crypto_wipe(secret, sizeof secret);
	return code;
}

int registrar_export_key(struct registrar *r, uint32_t number, struct buf *pem_out, struct io_error *error)
{
	unsigned char seed[MASTER_KEY_SIZE];
	const char *path = master_key_place(r->settings.master_key);
	struct buf sealed;
	bool there = false;

	buf_init(&sealed, SEALED_KEY_MAX);
	int code = identity_store_key(r->store, number, &sealed, &there, error);

	if (!code && !there) {
		(void)io_fail(error, "there is no key %u", (unsigned)number);
		code = INKAN_EREFUSED;
	}
	if (!code)
		code = master_key_read(path, 0, seed, &there, error) ? INKAN_EREFUSED : INKAN_OK;
	if (!code && !there) {
		(void)io_fail(error, "%s: the master key is missing", path);
		code = INKAN_EREFUSED;
	}
	if (!code)
		code = open_sealed(seed, number, buf_str(&sealed), pem_out, error);
	crypto_wipe(seed, sizeof seed);
	buf_release(&sealed);
	return code;
}
