#include "server/key_cache.h"

#include <pthread.h>
#include <stdlib.h>

struct key_cache {
	pthread_mutex_t lock;
	size_t max, count, chain_count;
	struct cached_key **chains;         /* by number */
	struct cached_key *newest, *oldest; /* by last use */
};

int key_cache_new(size_t max, struct key_cache **out)
{
	struct key_cache *c = calloc(1, sizeof *c);

	if (!c || !(c->chains = calloc(max, sizeof(struct cached_key *))) || pthread_mutex_init(&c->lock, NULL) != 0) {
		if (c)
			free(c->chains);
		free(c);
		return INKAN_ENOMEM;
	}
	c->max = c->chain_count = max;
	*out = c;
	return INKAN_OK;
}

/* ---- with the lock ---- */

static struct cached_key **find(struct key_cache *c, uint32_t number)
{
	struct cached_key **at = &c->chains[number % c->chain_count];

	while (*at && (*at)->number != number)
		at = &(*at)->next_in_chain;
	return at;
}

static void take_out(struct key_cache *c, struct cached_key *k)
{
	*(k->newer ? &k->newer->older : &c->newest) = k->older;
	*(k->older ? &k->older->newer : &c->oldest) = k->newer;
	k->newer = k->older = NULL;
}

static void put_first(struct key_cache *c, struct cached_key *k)
{
	k->older = c->newest;
	*(c->newest ? &c->newest->newer : &c->oldest) = k;
	c->newest = k;
}

static void drop_use(struct cached_key *k)
{
	if (--k->uses)
		return;
	private_key_free(k->key);
	free(k);
}

static void drop_oldest(struct key_cache *c)
{
	struct cached_key *k = c->oldest;

	*find(c, k->number) = k->next_in_chain;
	take_out(c, k);
	c->count--;
	drop_use(k);
}

/* ---- for all ---- */

void key_cache_free(struct key_cache *c)
{
	if (!c)
		return;
	while (c->count)
		drop_oldest(c);
	pthread_mutex_destroy(&c->lock);
	free(c->chains);
	free(c);
}

size_t key_cache_count(struct key_cache *c)
{
	pthread_mutex_lock(&c->lock);
	size_t count = c->count;

	pthread_mutex_unlock(&c->lock);
	return count;
}

struct cached_key *key_cache_get(struct key_cache *c, uint32_t number)
{
	pthread_mutex_lock(&c->lock);
	struct cached_key *k = *find(c, number);

	if (k) {
		k->uses++;
		take_out(c, k);
		put_first(c, k);
	}
	pthread_mutex_unlock(&c->lock);
	return k;
}

struct cached_key *key_cache_put(struct key_cache *c, uint32_t number, struct private_key *key)
{
	struct cached_key *made = calloc(1, sizeof *made);

	if (!made)
		return NULL;
	*made = (struct cached_key){.key = key, .number = number, .uses = 1};
	pthread_mutex_lock(&c->lock);
	struct cached_key **at = find(c, number), *k = *at;

	if (k) { /* another thread was quicker */
		drop_use(made);
	} else {
		if (c->count == c->max) {
			drop_oldest(c);
			at = find(c, number);
		}
		k = *at = made;
		put_first(c, k);
		c->count++;
	}
	k->uses++;
	pthread_mutex_unlock(&c->lock);
	return k;
}

void key_cache_give_back(struct key_cache *c, struct cached_key *k)
{
	pthread_mutex_lock(&c->lock);
	drop_use(k);
	pthread_mutex_unlock(&c->lock);
}
