#include "cli/ordered_work.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "inkan/error.h"

enum {
	/* Milliseconds between two looks of the calling thread. Being woken for every result would cost more than small
	 * pieces of work do; people do not see the delay. */
	LOOK_MS = 20
};

struct crew {
	const struct ordered_work *w;
	pthread_mutex_t taking;  /* held while a piece is taken; before `lock` */
	pthread_mutex_t lock;    /* of everything below */
	pthread_cond_t progress; /* for the calling thread: the window is full, or a worker has ended */
	pthread_cond_t room;     /* for workers: results were delivered */
	char *results;           /* w->window of them; piece n has place n % window */
	bool *ready;
	size_t *sizes;             /* of results that are ready */
	size_t held;               /* the sum of them */
	uint64_t taken, delivered; /* pieces */
	unsigned running;          /* workers that have not ended */
	bool stopped;              /* take nothing more */
	int error;                 /* of take() */
};

struct worker {
	struct crew *crew;
	void *state;
	pthread_t thread;
	bool started;
};

static void *result_of(const struct crew *c, uint64_t piece)
{
	return c->results + (size_t)(piece % c->w->window) * c->w->result_size;
}

/* ---- workers ---- */

/* Pieces under way always come to their end, so those in front of the held ones are delivered without new ones. */
static bool is_full(const struct crew *c)
{
	uint64_t open = c->taken - c->delivered;

	return open == c->w->window || (open && c->w->size && c->held > c->w->held_max);
}

/* Waits for room in the window; false: nothing more is to be taken. */
static bool wait_for_room(struct crew *c)
{
	bool stopped;

	pthread_mutex_lock(&c->lock);
	while (!c->stopped && is_full(c)) {
		pthread_cond_signal(&c->progress);
		pthread_cond_wait(&c->room, &c->lock);
	}
	stopped = c->stopped;
	pthread_mutex_unlock(&c->lock);
	return !stopped;
}

/* Takes the next piece; false: there is nothing more to do. */
static bool take(struct crew *c, void *state, uint64_t *piece_out)
{
	int taken;

	pthread_mutex_lock(&c->taking);
	taken = wait_for_room(c) ? c->w->take(c->w->context, state) : 0;
	pthread_mutex_lock(&c->lock);
	if (taken > 0)
		*piece_out = c->taken++;
	else
		c->stopped = true;
	if (taken < 0)
		c->error = taken;
	pthread_mutex_unlock(&c->lock);
	pthread_mutex_unlock(&c->taking);
	return taken > 0;
}

static void *work(void *argument)
{
	struct worker *self = argument;
	struct crew *c = self->crew;
	uint64_t piece;

	while (take(c, self->state, &piece)) {
		void *result = result_of(c, piece);

		c->w->work(c->w->context, self->state, result);
		size_t size = c->w->size ? c->w->size(result) : 0;

		pthread_mutex_lock(&c->lock);
		c->sizes[piece % c->w->window] = size;
		c->held += size;
		c->ready[piece % c->w->window] = true;
		pthread_mutex_unlock(&c->lock);
	}
	pthread_mutex_lock(&c->lock);
	c->running--;
	pthread_cond_signal(&c->progress);
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* ---- the calling thread ---- */

/* Delivers what is ready, in order, without the lock while it does. False: the receiver wants no more. */
static bool deliver_ready(struct crew *c)
{
	while (c->delivered < c->taken && c->ready[c->delivered % c->w->window]) {
		size_t count = 0;
		bool more = true;

		while (count < c->w->window && c->delivered + count < c->taken &&
		       c->ready[(c->delivered + count) % c->w->window])
			count++;
		pthread_mutex_unlock(&c->lock);
		for (size_t i = 0; i < count && more; i++)
			more = c->w->deliver(c->w->context, result_of(c, c->delivered + i));
		pthread_mutex_lock(&c->lock);
		for (size_t i = 0; i < count; i++) {
			c->ready[(c->delivered + i) % c->w->window] = false;
			c->held -= c->sizes[(c->delivered + i) % c->w->window];
		}
		c->delivered += count;
		pthread_cond_broadcast(&c->room);
		if (!more)
			return false;
	}
	return true;
}

static void wait_a_little(struct crew *c)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)LOOK_MS * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&c->progress, &c->lock, &until);
}

static void deliver_all(struct crew *c)
{
	pthread_mutex_lock(&c->lock);
	for (;;) {
		if (!deliver_ready(c)) {
			c->stopped = true;
			pthread_cond_broadcast(&c->room);
			break;
		}
		if (c->running == 0 && c->delivered == c->taken)
			break;
		wait_a_little(c);
		if (c->w->wait) {
			pthread_mutex_unlock(&c->lock);
			c->w->wait(c->w->context);
			pthread_mutex_lock(&c->lock);
		}
	}
	pthread_mutex_unlock(&c->lock);
}

/* Starts as many threads as the system lets; none is an error. */
static int start_threads(struct crew *c, struct worker *workers)
{
	unsigned started = 0;

	pthread_mutex_lock(&c->lock);
	c->running = c->w->workers;
	pthread_mutex_unlock(&c->lock);
	for (unsigned i = 0; i < c->w->workers; i++) {
		workers[i].started = pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
		started += workers[i].started;
	}
	pthread_mutex_lock(&c->lock);
	c->running -= c->w->workers - started;
	pthread_mutex_unlock(&c->lock);
	return started ? INKAN_OK : INKAN_ENOMEM;
}

static int run_threads(struct crew *c, struct worker *workers)
{
	int error = start_threads(c, workers);

	if (!error)
		deliver_all(c);
	for (unsigned i = 0; i < c->w->workers; i++)
		if (workers[i].started)
			pthread_join(workers[i].thread, NULL);
	return error;
}

static void run_alone(struct crew *c, void *state)
{
	const struct ordered_work *w = c->w;
	int taken;

	while ((taken = w->take(w->context, state)) > 0) {
		w->work(w->context, state, c->results);
		if (!w->deliver(w->context, c->results))
			break;
		if (w->wait)
			w->wait(w->context);
	}
	if (taken < 0)
		c->error = taken;
}

/* ---- setting up ---- */

static int run_workers(struct crew *c, struct worker *workers)
{
	const struct ordered_work *w = c->w;
	int error = INKAN_OK;
	unsigned made = 0;

	for (; made < w->workers; made++) {
		workers[made].crew = c;
		workers[made].state = w->start(w->context);
		if (!workers[made].state)
			break;
	}
	if (made < w->workers)
		error = INKAN_ENOMEM;
	else if (w->workers == 1)
		run_alone(c, workers[0].state);
	else
		error = run_threads(c, workers);
	while (made)
		w->stop(w->context, workers[--made].state);
	return error ? error : c->error;
}

static void init_locks(struct crew *c)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&c->progress, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_cond_init(&c->room, NULL);
	pthread_mutex_init(&c->lock, NULL);
	pthread_mutex_init(&c->taking, NULL);
}

int ordered_work_run(const struct ordered_work *w)
{
	struct crew c = {.w = w};
	struct worker *workers;
	int error = INKAN_ENOMEM;

	if (w->workers == 0 || w->window < w->workers || w->result_size == 0)
		return INKAN_EUSAGE;
	init_locks(&c);
	workers = calloc(w->workers, sizeof *workers);
	c.results = calloc(w->window, w->result_size);
	c.ready = calloc(w->window, sizeof *c.ready);
	c.sizes = calloc(w->window, sizeof *c.sizes);
	if (workers && c.results && c.ready && c.sizes)
		error = run_workers(&c, workers);
	for (size_t i = 0; c.results && w->release && i < w->window; i++)
		w->release(c.results + i * w->result_size);
	free(c.sizes);
	free(c.ready);
	free(c.results);
	free(workers);
	pthread_mutex_destroy(&c.taking);
	pthread_mutex_destroy(&c.lock);
	pthread_cond_destroy(&c.room);
	pthread_cond_destroy(&c.progress);
	return error;
}
