/* Keys of the store of identities, in the key process: fetched sealed from the registrar when they are first needed, opened with the
 * master key, kept. A thread goes on with other signatures while keys are on their way. */
#pragma once

#include "io/error.h"
#include "server/key_cache.h"
#include "server/key_protocol.h"
#include "server/metrics.h"

enum {
	KEY_FETCH_WAITING_MAX = 256, /* signatures of one thread that wait for keys; further ones are INKAN_ELIMIT */
	KEY_FETCH_RETRY = 500,       /* ms after which a key is asked for again */
	KEY_FETCH_DEADLINE = 4000,   /* ms after which it is INKAN_EIO */
	KEY_CACHE_MAX = 4096         /* keys that are kept, of all threads */
};

/* Signs something and looks at the signature: a damaged key must not be found out by others. */
INKAN_MUST_CHECK int key_try(const struct crypto *crypto, struct private_key *key);

/* ---- what all threads share: the master key, and the keys that were opened ---- */

struct key_vault;

/* master_key: its file, which may be missing, or wrong; that is said in the log, and there are no keys of the store then. user: whom the
 * process will be. metrics may be NULL. */
INKAN_MUST_CHECK int key_vault_new(const struct crypto *crypto, const char *master_key, unsigned user,
                                   struct metrics *metrics, struct key_vault **out);
/* Wipes all. */
void key_vault_free(struct key_vault *v);

/* ---- of one thread ---- */

struct key_fetch;

/* fd: where the registrar is asked; stays the caller's. */
INKAN_MUST_CHECK int key_fetch_new(struct key_vault *v, int fd, struct key_fetch **out);
void key_fetch_free(struct key_fetch *f);

/* from: as it was given to key_fetch_sign() */
typedef void key_fetch_answer(void *context, int from, const struct key_answer *answer);

/* Signs with a key of the store (ask->key has KEY_OF_STORE); from: who asks. False: its key is on its way, the answer comes by one of those
 * below. */
bool key_fetch_sign(struct key_fetch *f, const struct key_ask *ask, int from, struct key_answer *out);
/* Something lies in the socket. */
void key_fetch_read(struct key_fetch *f, key_fetch_answer *answer, void *context);
/* Asks again, gives up. ms until it is to be called again; -1: nothing waits. */
int key_fetch_look_after(struct key_fetch *f, key_fetch_answer *answer, void *context);
