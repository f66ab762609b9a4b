/* Reading order: key_fetch_sign() -> wait_for_key() -> key_fetch_read() -> take_key() -> open_key() -> serve_waiting(). */
#include "server/key_fetch.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "crypto/seal.h"
#include "io/clock.h"
#include "io/master_key.h"
#include "io/random.h"
#include "server/identity_protocol.h"
#include "server/log.h"

enum { SAY_PAUSE = 60000 /* ms between two lines about keys that cannot be opened */ };

struct key_vault {
	const struct crypto *crypto;
	struct key_cache *keys;
	struct metrics_slot *metrics; /* NULL: nobody counts */
	bool has_master;
	unsigned char public_half[SEAL_KEY_SIZE], secret[SEAL_KEY_SIZE]; /* of the master key */
	_Atomic(int64_t) said_at;                                        /* ms; 0: never */
};

/* A signature that waits for its key. */
struct waiting {
	struct key_ask ask;
	int from;
	int64_t since, sent; /* ms */
};

struct key_fetch {
	struct key_vault *vault;
	int fd;
	uint32_t mark; /* upper half of our ids: in the socket may lie answers to one who sat here before */
	struct waiting waiting[KEY_FETCH_WAITING_MAX];
	size_t count;
	unsigned char room[IDENTITY_ANSWER_MAX + 1];
};

static void count(const struct key_vault *v, enum metric metric)
{
	if (v->metrics)
		metrics_add(v->metrics, metric, 1);
}

int key_try(const struct crypto *crypto, struct private_key *key)
{
	static const struct digest_value digest = {.octets = {1, 2, 3}, .n = KEY_DIGEST_SIZE};
	unsigned char signature[KEY_SIGNATURE_MAX];
	struct public_key *half = NULL;
	bool valid = false;
	size_t size = 0;
	int error = private_key_sign(crypto, key, DIGEST_SHA256, &digest, signature, &size);

	if (!error)
		error = private_key_public(crypto, key, &half);
	if (!error)
		error = public_key_verify(crypto, half, DIGEST_SHA256, &digest, str_from((const char *)signature, size),
		                          &valid);
	public_key_unref(half);
	return error ? error : valid ? INKAN_OK : INKAN_ECRYPTO;
}

/* ---- the master key ---- */

static void read_master(struct key_vault *v, const char *path, unsigned user, struct metrics *metrics)
{
	unsigned char seed[MASTER_KEY_SIZE] = {0};
	struct io_error error = {""};
	const char *place = master_key_place(path);
	bool there = false;
	int code = master_key_read(place, user, seed, &there, &error);

	if (!code && there)
		code = seal_keys(seed, v->public_half, v->secret);
	v->has_master = !code && there;
	crypto_wipe(seed, sizeof seed);
	if (metrics)
		metrics_set_flag(metrics, FLAG_MASTER_KEY_AWAITED, !there);
	if (code)
		log_line(LOG_ERROR,
		         "master key: %s – mail of identities is deferred; mend it and have the service reload",
		         error.text[0] ? error.text : inkan_strerror(code));
	else if (!there)
		log_line(LOG_INFO, "master key: there is no %s yet: no keys of identities until it is made", place);
}

int key_vault_new(const struct crypto *crypto, const char *master_key, unsigned user, struct metrics *metrics,
                  struct key_vault **out)
{
	struct key_vault *v = calloc(1, sizeof *v);

	if (!v)
		return INKAN_ENOMEM;
	v->crypto = crypto;
	v->metrics = metrics ? metrics_slot(metrics, METRICS_KEYS_SLOT) : NULL;
	(void)mlock(v, sizeof *v); /* best effort, as for all memory here */
	if (key_cache_new(KEY_CACHE_MAX, &v->keys)) {
		free(v);
		return INKAN_ENOMEM;
	}
	read_master(v, master_key, user, metrics);
	*out = v;
	return INKAN_OK;
}

void key_vault_free(struct key_vault *v)
{
	if (!v)
		return;
	key_cache_free(v->keys);
	crypto_wipe(v->secret, sizeof v->secret);
	free(v);
}

/* ---- keys ---- */

/* At most one a minute: every message of an identity may meet the same. */
static void say(struct key_vault *v, uint32_t number, const char *why)
{
	int64_t now = clock_milliseconds(), before = atomic_load(&v->said_at);

	if ((before && now - before < SAY_PAUSE) || !atomic_compare_exchange_strong(&v->said_at, &before, now))
		return;
	log_line(LOG_ERROR, "key %lu of the store of identities: %s – its mail is deferred", (unsigned long)number,
	         why);
}

/* Opens a sealed key. The PEM text is in one piece of memory, which is wiped. */
static int open_key(struct key_vault *v, uint32_t number, struct str sealed, struct private_key **out)
{
	const char *trouble = NULL;
	struct buf pem;
	char context[16];

	snprintf(context, sizeof context, "%lu", (unsigned long)number);
	buf_init(&pem, SEALED_KEY_MAX);
	if (!buf_reserve(&pem, SEALED_KEY_MAX))
		return INKAN_ENOMEM;
	int code = seal_open(v->public_half, v->secret, str_c(context), sealed, &pem);

	if (code)
		trouble = "it was sealed to another master key, or is damaged";
	else
		code = private_key_from_pem(v->crypto, buf_str(&pem), out, &trouble);
	crypto_wipe(pem.p, pem.cap);
	buf_release(&pem);
	if (!code && (code = key_try(v->crypto, *out)) != INKAN_OK) {
		private_key_free(*out);
		trouble = "it does not sign what its public half verifies";
	}
	if (!code || code == INKAN_ENOMEM)
		return code;
	say(v, number, trouble ? trouble : inkan_strerror(code));
	return INKAN_ECRYPTO;
}

/* *out is to be given back. */
static int take_key(struct key_vault *v, uint32_t number, const struct identity_answer *answer, struct cached_key **out)
{
	struct private_key *key = NULL;
	int code = answer->error;

	if (!code)
		code = open_key(v, number, answer->sealed, &key);
	else if (code == INKAN_EUSAGE)
		say(v, number, "there is no such key");
	if (code)
		return code;
	*out = key_cache_put(v->keys, number, key);
	if (!*out) {
		private_key_free(key);
		return INKAN_ENOMEM;
	}
	if (v->metrics)
		metrics_set(v->metrics, METRIC_STORE_KEYS, (int64_t)key_cache_count(v->keys));
	return INKAN_OK;
}

/* ---- signing ---- */

static uint32_t number_of(const struct key_ask *ask)
{
	return ask->key & ~KEY_OF_STORE;
}

static void sign(const struct key_vault *v, struct cached_key *k, const struct key_ask *ask, struct key_answer *out)
{
	struct digest_value digest = {.n = KEY_DIGEST_SIZE};

	memcpy(digest.octets, ask->digest, sizeof ask->digest);
	out->error = private_key_sign(v->crypto, k->key, DIGEST_SHA256, &digest, out->signature, &out->size);
}

static void ask_registrar(struct key_fetch *f, uint32_t number)
{
	const struct identity_ask ask = {
		.question = IDENTITY_KEY, .id = (uint64_t)f->mark << 32 | number, .key = number};
	unsigned char octets[IDENTITY_ASK_MAX];

	count(f->vault, METRIC_KEY_FETCHES);
	/* where there is no room it is sent again soon */
	(void)!send(f->fd, octets, identity_ask_pack(&ask, octets), MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* INKAN_PENDING: it waits. */
static int wait_for_key(struct key_fetch *f, const struct key_ask *ask, int from)
{
	int64_t now = clock_milliseconds();
	const struct waiting *same = NULL;

	if (!f->vault->has_master) {
		say(f->vault, number_of(ask), "there is no master key to open it with");
		return INKAN_ECRYPTO;
	}
	for (size_t i = 0; i < f->count; i++) {
		if (f->waiting[i].ask.key != ask->key)
			continue;
		if (f->waiting[i].ask.id == ask->id && f->waiting[i].from == from)
			return INKAN_PENDING; /* it was sent again */
		same = &f->waiting[i];
	}
	if (f->count == KEY_FETCH_WAITING_MAX)
		return INKAN_ELIMIT;
	f->waiting[f->count] =
		(struct waiting){.ask = *ask, .from = from, .since = now, .sent = same ? same->sent : now};
	f->count++;
	if (!same)
		ask_registrar(f, number_of(ask));
	return INKAN_PENDING;
}

bool key_fetch_sign(struct key_fetch *f, const struct key_ask *ask, int from, struct key_answer *out)
{
	struct cached_key *k = ask->question == KEY_SIGN ? key_cache_get(f->vault->keys, number_of(ask)) : NULL;

	out->question = ask->question;
	out->id = ask->id;
	if (k) {
		sign(f->vault, k, ask, out);
		key_cache_give_back(f->vault->keys, k);
		return true;
	}
	out->error = ask->question == KEY_SIGN ? wait_for_key(f, ask, from) : INKAN_EUSAGE;
	return out->error != INKAN_PENDING;
}

static void finish(struct key_fetch *f, size_t i, struct cached_key *k, int error, key_fetch_answer *answer,
                   void *context)
{
	struct key_answer said = {.question = KEY_SIGN, .id = f->waiting[i].ask.id, .error = error};

	if (k)
		sign(f->vault, k, &f->waiting[i].ask, &said);
	if (said.error)
		count(f->vault, METRIC_KEY_FETCH_FAILURES);
	int from = f->waiting[i].from;

	f->waiting[i] = f->waiting[--f->count];
	answer(context, from, &said);
}

static void serve_waiting(struct key_fetch *f, uint32_t number, struct cached_key *k, int error,
                          key_fetch_answer *answer, void *context)
{
	for (size_t i = f->count; i-- > 0;)
		if (number_of(&f->waiting[i].ask) == number)
			finish(f, i, k, error, answer, context);
}

static bool is_awaited(const struct key_fetch *f, uint64_t id)
{
	if (id >> 32 != f->mark)
		return false;
	for (size_t i = 0; i < f->count; i++)
		if (number_of(&f->waiting[i].ask) == (uint32_t)id)
			return true;
	return false;
}

void key_fetch_read(struct key_fetch *f, key_fetch_answer *answer, void *context)
{
	struct identity_answer said;
	ssize_t n = recv(f->fd, f->room, sizeof f->room, MSG_DONTWAIT);

	if (n <= 0 || !identity_answer_unpack(f->room, (size_t)n, &said) || said.question != IDENTITY_KEY ||
	    !is_awaited(f, said.id))
		return;
	uint32_t number = (uint32_t)said.id;
	struct cached_key *k = NULL;
	int code = take_key(f->vault, number, &said, &k);

	serve_waiting(f, number, k, code, answer, context);
	if (k)
		key_cache_give_back(f->vault->keys, k);
}

/* Asks again for the key of the i-th, and notes so for all that wait for it. */
static void ask_again(struct key_fetch *f, size_t i, int64_t now)
{
	uint32_t key = f->waiting[i].ask.key;

	for (size_t k = 0; k < f->count; k++)
		if (f->waiting[k].ask.key == key)
			f->waiting[k].sent = now;
	ask_registrar(f, key & ~KEY_OF_STORE);
}

int key_fetch_look_after(struct key_fetch *f, key_fetch_answer *answer, void *context)
{
	int64_t now = clock_milliseconds();

	for (size_t i = f->count; i-- > 0;) {
		if (now - f->waiting[i].since >= KEY_FETCH_DEADLINE)
			finish(f, i, NULL, INKAN_EIO, answer, context);
		else if (now - f->waiting[i].sent >= KEY_FETCH_RETRY)
			ask_again(f, i, now);
	}
	return f->count ? KEY_FETCH_RETRY / 5 : -1;
}

int key_fetch_new(struct key_vault *v, int fd, struct key_fetch **out)
{
	struct key_fetch *f = calloc(1, sizeof *f);

	if (!f)
		return INKAN_ENOMEM;
	f->vault = v;
	f->fd = fd;
	random_octets(&f->mark, sizeof f->mark);
	*out = f;
	return INKAN_OK;
}

void key_fetch_free(struct key_fetch *f)
{
	free(f);
}
