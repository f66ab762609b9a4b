#include "server/signer_memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"
#include "io/random.h"
#include "server/identity_protocol.h"

/* Address and packed answer, one behind the other. */
struct memory {
	uint64_t used; /* count of puts and gets; 0: the place is free */
	uint64_t hash;
	int64_t said; /* when the registrar said it, ms */
	uint32_t address_size, answer_size;
	unsigned char *octets;
};

struct signer_memory {
	pthread_mutex_t lock;
	uint64_t now, seed; /* seed: so that nobody can choose addresses that fall on one place */
	struct memory places[SIGNER_MEMORY_AUTHORS];
};

int signer_memory_new(struct signer_memory **out)
{
	struct signer_memory *m = calloc(1, sizeof *m);

	if (!m || pthread_mutex_init(&m->lock, NULL) != 0) {
		free(m);
		return INKAN_ENOMEM;
	}
	random_octets(&m->seed, sizeof m->seed);
	*out = m;
	return INKAN_OK;
}

void signer_memory_free(struct signer_memory *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < SIGNER_MEMORY_AUTHORS; i++)
		free(m->places[i].octets);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

/* FNV-1a over the seed and the address, its bits mixed at the end. */
static uint64_t hash_of(const struct signer_memory *m, struct str address)
{
	uint64_t hash = 14695981039346656037ULL ^ m->seed;

	for (size_t i = 0; i < address.n; i++)
		hash = (hash ^ (unsigned char)address.p[i]) * 1099511628211ULL;
	hash ^= hash >> 32;
	return hash * 0x9e3779b97f4a7c15ULL;
}

static struct memory *places_of(struct signer_memory *m, uint64_t hash)
{
	return &m->places[(hash >> 32) % (SIGNER_MEMORY_AUTHORS / SIGNER_MEMORY_WAYS) * SIGNER_MEMORY_WAYS];
}

static bool is_of(const struct memory *p, uint64_t hash, struct str address)
{
	return p->used && p->hash == hash && p->address_size == address.n &&
	       (address.n == 0 || memcmp(p->octets, address.p, address.n) == 0);
}

/* The place of the author, else the one to be used for it. */
static struct memory *choose(struct memory *places, uint64_t hash, struct str address)
{
	struct memory *best = &places[0];

	for (size_t i = 0; i < SIGNER_MEMORY_WAYS; i++) {
		if (is_of(&places[i], hash, address))
			return &places[i];
		if (places[i].used < best->used)
			best = &places[i];
	}
	return best;
}

static void fill(struct memory *p, uint64_t hash, struct str address, const unsigned char *answer, size_t size)
{
	unsigned char *octets = p->octets;

	if (!octets || p->address_size + p->answer_size < address.n + size) {
		octets = malloc(address.n + size);
		free(p->octets);
	}
	p->octets = octets;
	if (!octets) {
		p->used = 0;
		return;
	}
	if (address.n)
		memcpy(octets, address.p, address.n);
	memcpy(octets + address.n, answer, size);
	p->hash = hash;
	p->address_size = (uint32_t)address.n;
	p->answer_size = (uint32_t)size;
}

void signer_memory_put(struct signer_memory *m, struct str address, const struct identity_author *author)
{
	const struct identity_answer answer = {.question = IDENTITY_SIGNERS, .author = *author};
	unsigned char octets[IDENTITY_AUTHOR_MAX];
	size_t size = identity_answer_pack(&answer, octets);
	uint64_t hash = hash_of(m, address);

	pthread_mutex_lock(&m->lock);
	struct memory *p = choose(places_of(m, hash), hash, address);

	p->used = ++m->now;
	p->said = clock_milliseconds();
	if (!is_of(p, hash, address) || p->answer_size != size || memcmp(p->octets + address.n, octets, size) != 0)
		fill(p, hash, address, octets, size);
	pthread_mutex_unlock(&m->lock);
}

bool signer_memory_get(struct signer_memory *m, struct str address, struct identity_author *out)
{
	struct identity_answer answer;
	uint64_t hash = hash_of(m, address);

	pthread_mutex_lock(&m->lock);
	struct memory *p = choose(places_of(m, hash), hash, address);
	bool known = is_of(p, hash, address) && clock_milliseconds() - p->said <= SIGNER_MEMORY_AGE_MAX &&
	             identity_answer_unpack(p->octets + address.n, p->answer_size, &answer);

	if (known) {
		p->used = ++m->now;
		*out = answer.author;
	}
	pthread_mutex_unlock(&m->lock);
	return known;
}
