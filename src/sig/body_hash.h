/* Body hashes, each taken once while the body streams (ARCHITECTURE, promise 4; RULES V20, V21, V30).
 *
 * Every signature states its need (hash, canonical form, length); equal needs share one computation, and all needs of
 * one canonical form share one canonicalisation. */
#pragma once

#include "crypto/crypto.h"
#include "mail/canon.h"

enum { BODY_HASHES_MAX = 128 /* distinct needs of one message; each costs one pass of a hash over the body */ };

struct body_hash_need {
	enum digest_kind kind;
	enum canon canon;
	bool has_length; /* hash the first `length` canonical octets only */
	uint64_t length;
};

struct body_hashes;

INKAN_MUST_CHECK int body_hashes_new(const struct crypto *crypto, struct body_hashes **out);
void body_hashes_free(struct body_hashes *b);

/* Forgets all needs: a new message. */
void body_hashes_start(struct body_hashes *b);
/* States a need before the first feed; *index_out names its result. INKAN_ELIMIT beyond BODY_HASHES_MAX. */
INKAN_MUST_CHECK int body_hashes_need(struct body_hashes *b, struct body_hash_need need, size_t *index_out);
void body_hashes_feed(struct body_hashes *b, struct str span);
INKAN_MUST_CHECK int body_hashes_finish(struct body_hashes *b);

/* After finish: the hash of a need. */
const struct digest_value *body_hashes_value(const struct body_hashes *b, size_t index);
/* After finish: canonical octets of the whole body in the canonical form of a need. */
uint64_t body_hashes_size(const struct body_hashes *b, size_t index);
