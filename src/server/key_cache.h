/* Decoded private keys of the store of identities, shared by the threads of the key process: the most recently used ones. A key that is
 * dropped is wiped as soon as nobody signs with it any more. */
#pragma once

#include "crypto/crypto.h"

struct key_cache;

struct cached_key {
	struct private_key *key;
	/* private */
	uint32_t number;
	unsigned uses; /* of it now, and one of the cache */
	struct cached_key *next_in_chain;
	struct cached_key *newer, *older;
};

/* max: keys that are kept, at least 1. */
INKAN_MUST_CHECK int key_cache_new(size_t max, struct key_cache **out);
/* Nobody uses a key any more. */
void key_cache_free(struct key_cache *c);
size_t key_cache_count(struct key_cache *c);

/* To be given back; NULL: it is not there. */
struct cached_key *key_cache_get(struct key_cache *c, uint32_t number);
/* Takes the key over and gets it as above; where it is there by now, that one. NULL: no memory, then the key stays the caller's. */
struct cached_key *key_cache_put(struct key_cache *c, uint32_t number, struct private_key *key);
void key_cache_give_back(struct key_cache *c, struct cached_key *k);
