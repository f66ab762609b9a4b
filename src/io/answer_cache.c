/* The shared cache of DNS answers, see answer_cache.h.
 *
 * Shards by the hash of the question, each with a lock, a table of chains and a ring of its entries. An entry is one piece
 * of memory: question, answer, records, text. Where a shard is full, a hand goes round the ring and takes what has not been
 * asked for since it came by (the clock algorithm): names that a stranger makes up are asked once, and push out each other.
 *
 * What is counted in `octets` is what the memory really takes (blocks of malloc, tables), so size_max holds for the process. */
#include "io/answer_cache.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "io/random.h"

enum {
	SHARDS_MAX = 16,                 /* a power of 2 */
	SHARD_SIZE_MIN = 256 * 1024,     /* octets; a smaller cache has fewer shards */
	ENTRY_SIZE_MAX = 64 * 1024,      /* octets of an answer that is kept, well below what malloc maps by itself */
	BUCKET_SHARE = 512,              /* octets of a shard for each bucket: about one entry */
	BLOCK_OVERHEAD = 8,              /* of malloc ... */
	BLOCK_ALIGN = 16,                /* ... and what it rounds up to */
	SIZE_DEFAULT = 64 * 1024 * 1024, /* octets */
	MAX_TTL_DEFAULT = 86400,         /* seconds */
	FAILURE_TTL_DEFAULT = 5,         /* seconds */
	FAILURE_TTL_MAX = 300,           /* seconds (RFC 2308 section 7) */
	NEGATIVE_TTL_DEFAULT = 60,       /* seconds */
	STALE_ANSWER_TTL = 30,           /* seconds (RFC 8767 section 4) */
	MILLISECONDS = 1000
};

struct entry {
	struct entry *chain;       /* same bucket */
	struct entry *next, *prev; /* ring, in no order */
	uint64_t hash;
	int64_t expires;  /* ms */
	int64_t deferred; /* until then it stands in, stale, without a new question; 0: never yet */
	size_t cost;
	bool asked; /* since the hand came by */
	struct dns_question question;
	struct dns_answer answer;
	/* then the records, arrays of strings, text */
};

struct shard {
	pthread_mutex_t lock;
	struct entry **buckets;
	struct entry *hand; /* of the ring; NULL: empty */
	struct answer_cache_figures figures;
};

struct answer_cache {
	struct answer_cache_options options;
	uint64_t seed;
	uint64_t shard_size; /* octets each */
	size_t bucket_count; /* of each; a power of 2 */
	size_t shard_count;  /* a power of 2 */
	struct shard shards[SHARDS_MAX];
};

/* ---- set-up ---- */

static size_t block_cost(size_t size)
{
	return (size + BLOCK_OVERHEAD + BLOCK_ALIGN - 1) / BLOCK_ALIGN * BLOCK_ALIGN;
}

static void set_default(uint32_t *option, uint32_t value)
{
	*option = *option ? *option : value;
}

static void set_options(struct answer_cache *c, const struct answer_cache_options *options)
{
	struct answer_cache_options *o = &c->options;

	*o = *options;
	o->size_max = o->size_max ? o->size_max : SIZE_DEFAULT;
	set_default(&o->max_ttl, MAX_TTL_DEFAULT);
	set_default(&o->failure_ttl, FAILURE_TTL_DEFAULT);
	set_default(&o->negative_ttl, NEGATIVE_TTL_DEFAULT);
	o->failure_ttl = o->failure_ttl < FAILURE_TTL_MAX ? o->failure_ttl : FAILURE_TTL_MAX;
	uint64_t left = o->size_max > sizeof *c ? o->size_max - sizeof *c : 0;

	for (c->shard_count = SHARDS_MAX; c->shard_count > 1 && left / c->shard_count < SHARD_SIZE_MIN;)
		c->shard_count /= 2;
	c->shard_size = left / c->shard_count;
	for (c->bucket_count = 1; c->bucket_count * 2 <= c->shard_size / BUCKET_SHARE;)
		c->bucket_count *= 2;
}

int answer_cache_new(const struct answer_cache_options *options, struct answer_cache **out)
{
	struct answer_cache *c = calloc(1, sizeof *c);

	if (!c)
		return INKAN_ENOMEM;
	set_options(c, options);
	random_octets(&c->seed, sizeof c->seed);
	for (size_t i = 0; i < c->shard_count; i++) {
		struct shard *s = &c->shards[i];

		pthread_mutex_init(&s->lock, NULL);
		s->buckets = calloc(c->bucket_count, sizeof(struct entry *));
		s->figures.octets = block_cost(c->bucket_count * sizeof(struct entry *));
		if (!s->buckets) {
			c->shard_count = i + 1;
			answer_cache_free(c);
			return INKAN_ENOMEM;
		}
	}
	*out = c;
	return INKAN_OK;
}

static void remove_entry(struct answer_cache *c, struct shard *s, struct entry *e);

void answer_cache_free(struct answer_cache *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->shard_count; i++) {
		while (c->shards[i].hand)
			remove_entry(c, &c->shards[i], c->shards[i].hand);
		free(c->shards[i].buckets);
		pthread_mutex_destroy(&c->shards[i].lock);
	}
	free(c);
}

/* ---- finding ---- */

static uint64_t hash_of(const struct answer_cache *c, enum dns_type type, struct str name)
{
	return str_hash(name, c->seed ^ ((uint64_t)type << 32));
}

/* By the highest bits; buckets go by the lowest. */
static struct shard *shard_of(struct answer_cache *c, uint64_t hash)
{
	return &c->shards[(hash >> 56) & (c->shard_count - 1)];
}

static struct entry **bucket_of(const struct answer_cache *c, struct shard *s, uint64_t hash)
{
	return &s->buckets[hash & (c->bucket_count - 1)];
}

static struct entry *find(const struct answer_cache *c, struct shard *s, uint64_t hash, enum dns_type type,
                          struct str name)
{
	struct entry *e = *bucket_of(c, s, hash);

	while (e && !(e->hash == hash && e->question.type == type && str_eq(e->question.name, name)))
		e = e->chain;
	return e;
}

/* ---- going ---- */

static void remove_entry(struct answer_cache *c, struct shard *s, struct entry *e)
{
	struct entry **link = bucket_of(c, s, e->hash);

	while (*link != e)
		link = &(*link)->chain;
	*link = e->chain;
	if (s->hand == e)
		s->hand = e->next == e ? NULL : e->next;
	e->prev->next = e->next;
	e->next->prev = e->prev;
	s->figures.entries--;
	s->figures.octets -= e->cost;
	free(e);
}

static int64_t of_use_until(const struct answer_cache *c, const struct entry *e)
{
	bool lasts = !dns_status_is_temporary(e->answer.status);

	return e->expires + (lasts ? (int64_t)c->options.stale * MILLISECONDS : 0);
}

/* Lets go of entries until `cost` more octets fit; false where they never will. */
static bool make_room(struct answer_cache *c, struct shard *s, size_t cost, int64_t now)
{
	while (s->figures.octets + cost > c->shard_size) {
		struct entry *e = s->hand;

		if (!e)
			return false;
		if (e->asked && now < of_use_until(c, e)) {
			e->asked = false;
			s->hand = e->next;
			continue;
		}
		s->figures.evicted += now < of_use_until(c, e);
		remove_entry(c, s, e);
	}
	return true;
}

/* ---- packing ---- */

static size_t text_size(const struct dns_record *r)
{
	size_t size = r->name.n;

	for (size_t i = 0; i < r->string_count; i++)
		size += r->strings[i].n;
	return r->string_count ? size : size + r->text.n;
}

static size_t entry_size(struct str name, const struct dns_answer *answer)
{
	size_t size = sizeof(struct entry) + answer->count * sizeof(struct dns_record) + name.n + answer->why.n;

	for (size_t i = 0; i < answer->count; i++)
		size += answer->records[i].string_count * sizeof(struct str) + text_size(&answer->records[i]);
	return size;
}

static struct str put(char **at, struct str s)
{
	struct str copy = str_from(*at, s.n);

	if (s.n)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return copy;
}

static void pack_record(const struct dns_record *from, struct dns_record *to, struct str **strings, char **at)
{
	*to = *from;
	to->name = put(at, from->name);
	if (!from->string_count) {
		to->text = put(at, from->text);
		to->strings = NULL;
		return;
	}
	to->strings = *strings;
	to->text = str_from(*at, 0);
	for (size_t i = 0; i < from->string_count; i++)
		to->strings[i] = put(at, from->strings[i]);
	to->text.n = (size_t)(*at - to->text.p);
	*strings += from->string_count;
}

static void pack(struct entry *e, enum dns_type type, struct str name, const struct dns_answer *answer)
{
	struct dns_record *records = (struct dns_record *)(e + 1);
	struct str *strings = (struct str *)(records + answer->count);
	char *at = (char *)strings;

	for (size_t i = 0; i < answer->count; i++)
		at += answer->records[i].string_count * sizeof(struct str);
	e->question = (struct dns_question){type, put(&at, name)};
	e->answer = *answer;
	e->answer.why = put(&at, answer->why);
	e->answer.records = records;
	for (size_t i = 0; i < answer->count; i++)
		pack_record(&answer->records[i], &records[i], &strings, &at);
}

/* ---- keeping ---- */

/* Milliseconds that an answer is kept; 0: not at all. */
static int64_t lifetime(const struct answer_cache_options *o, const struct dns_answer *answer)
{
	uint32_t ttl = answer->has_ttl ? answer->ttl : o->negative_ttl;

	if (dns_status_is_temporary(answer->status))
		return (int64_t)o->failure_ttl * MILLISECONDS;
	ttl = ttl < o->min_ttl ? o->min_ttl : ttl;
	return (int64_t)(ttl < o->max_ttl ? ttl : o->max_ttl) * MILLISECONDS;
}

static void link_entry(struct answer_cache *c, struct shard *s, struct entry *e)
{
	struct entry **bucket = bucket_of(c, s, e->hash);

	e->chain = *bucket;
	*bucket = e;
	if (!s->hand)
		s->hand = e->prev = e;
	/* right behind the hand: the last to be looked at */
	e->next = s->hand;
	e->prev = s->hand->prev;
	e->prev->next = e;
	s->hand->prev = e;
	s->figures.entries++;
	s->figures.octets += e->cost;
}

static void keep(struct answer_cache *c, struct shard *s, uint64_t hash, enum dns_type type, struct str name,
                 const struct dns_answer *answer, int64_t now)
{
	int64_t life = lifetime(&c->options, answer);
	size_t size = entry_size(name, answer), cost = block_cost(size);
	struct entry *e = find(c, s, hash, type, name);

	if (e)
		remove_entry(c, s, e);
	if (life == 0 || size > ENTRY_SIZE_MAX || !make_room(c, s, cost, now))
		return;
	e = malloc(size);
	if (!e)
		return;
	*e = (struct entry){.hash = hash, .expires = now + life, .cost = cost};
	pack(e, type, name, answer);
	link_entry(c, s, e);
}

/* ---- answering ---- */

static int hand_out(struct evidence *evidence, const struct entry *e, uint32_t ttl)
{
	struct dns_answer answer = e->answer;

	answer.has_ttl = true;
	answer.ttl = ttl;
	return evidence_add(evidence, e->question.type, e->question.name, &answer);
}

/* Adds what is known of a question; *hit_out: whether it is. */
static int answer_one(struct answer_cache *c, struct evidence *evidence, const struct dns_question *q, int64_t now,
                      bool *hit_out)
{
	uint64_t hash = hash_of(c, q->type, q->name);
	struct shard *s = shard_of(c, hash);
	int error = INKAN_OK;

	pthread_mutex_lock(&s->lock);
	struct entry *e = find(c, s, hash, q->type, q->name);
	bool fresh = e && now < e->expires, stale = e && !fresh && now < e->deferred;

	*hit_out = fresh || stale;
	s->figures.hits += fresh;
	s->figures.stale += stale;
	s->figures.misses += !*hit_out;
	if (*hit_out) {
		e->asked = true;
		error = hand_out(evidence, e, stale ? STALE_ANSWER_TTL : (uint32_t)((e->expires - now) / MILLISECONDS));
	}
	pthread_mutex_unlock(&s->lock);
	return error;
}

int answer_cache_answer(struct answer_cache *c, struct evidence *e, int64_t now, size_t *hits_out)
{
	const struct dns_question *open;
	size_t hits = 0, left = 0; /* questions that stay open, from the first on */
	int error = INKAN_OK;

	while (!error && left < evidence_open(e, &open)) {
		bool hit;

		error = answer_one(c, e, &open[left], now, &hit);
		hits += hit && !error;
		left += !hit;
	}
	*hits_out = hits;
	return error;
}

/* The older answer in place of a failure, where there is one. */
static int stand_in(struct answer_cache *c, struct shard *s, struct entry *held, struct evidence *evidence, int64_t now,
                    bool *instead_out)
{
	if (!held || dns_status_is_temporary(held->answer.status) || now >= of_use_until(c, held))
		return INKAN_OK;
	int64_t deferred = now + (int64_t)c->options.failure_ttl * MILLISECONDS;

	held->deferred = deferred < of_use_until(c, held) ? deferred : of_use_until(c, held);
	held->asked = true;
	s->figures.stale++;
	*instead_out = true;
	return hand_out(evidence, held, STALE_ANSWER_TTL);
}

int answer_cache_add(struct answer_cache *c, struct evidence *e, enum dns_type type, struct str name,
                     const struct dns_answer *answer, int64_t now, bool *instead_out)
{
	char key[DNS_NAME_MAX];
	struct str normal = {key, 0};
	bool instead = false;
	int error = INKAN_OK;

	*instead_out = false;
	if (!dns_name_normalise(name, key, &normal.n))
		return INKAN_OK;
	uint64_t hash = hash_of(c, type, normal);
	struct shard *s = shard_of(c, hash);

	pthread_mutex_lock(&s->lock);
	if (dns_status_is_temporary(answer->status) && answer->status != DNS_BOGUS)
		error = stand_in(c, s, find(c, s, hash, type, normal), e, now, &instead);
	if (!instead)
		keep(c, s, hash, type, normal, answer, now);
	pthread_mutex_unlock(&s->lock);
	*instead_out = instead;
	return error;
}

int answer_cache_stand_in(struct answer_cache *c, struct evidence *e, enum dns_type type, struct str name, int64_t now,
                          bool *instead_out)
{
	uint64_t hash = hash_of(c, type, name);
	struct shard *s = shard_of(c, hash);
	bool instead = false;

	pthread_mutex_lock(&s->lock);
	int error = stand_in(c, s, find(c, s, hash, type, name), e, now, &instead);

	pthread_mutex_unlock(&s->lock);
	*instead_out = instead;
	return error;
}

void answer_cache_figures(struct answer_cache *c, struct answer_cache_figures *out)
{
	*out = (struct answer_cache_figures){.octets = sizeof *c};
	for (size_t i = 0; i < c->shard_count; i++) {
		struct shard *s = &c->shards[i];

		pthread_mutex_lock(&s->lock);
		out->hits += s->figures.hits;
		out->misses += s->figures.misses;
		out->stale += s->figures.stale;
		out->entries += s->figures.entries;
		out->octets += s->figures.octets;
		out->evicted += s->figures.evicted;
		pthread_mutex_unlock(&s->lock);
	}
}
