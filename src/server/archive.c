/* One list of packed outcomes between two threads. The writer takes up to ARCHIVE_BATCH of them, which count as waiting until they
 * are stored; where that fails it keeps them, closes the store, and opens it again later: whoever moves a broken file away, or makes
 * room, needs not restart anything.
 *
 * Reading order: write_loop() -> wait_for_work(), take_batch(), store_batch(), expire_some(). */
#include "server/archive.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "io/clock.h"
#include "store/outcome.h"
#include "store/store.h"

struct entry {
	struct entry *next;
	size_t n;
	char octets[];
};

struct archive {
	const struct config *config;
	struct metrics *metrics;
	struct metrics_slot *slot;
	pthread_t thread;
	bool started;

	/* the writer's */
	struct store *store;
	struct entry *batch; /* taken, not stored yet */
	size_t batch_count;
	int64_t expire_at, trust_clock_at; /* ms */
	int64_t wall, steady;              /* s, ms: the clocks when they were last compared */

	pthread_mutex_t mutex;
	pthread_cond_t wake;
	/* under the mutex */
	struct entry *first, **last;
	size_t count, octets; /* waiting, the batch included */
	size_t unstored;      /* of them in the list */
	int64_t oldest;       /* ms: since when the first of the list waits */
	bool stopping;
	int64_t stop_at; /* ms */
	bool has_news, news_bad;
	struct io_error news;
};

/* ---- for the main thread ---- */

static int init_locks(struct archive *a)
{
	pthread_condattr_t attributes;
	int failed = pthread_condattr_init(&attributes);

	if (!failed)
		failed = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	if (!failed)
		failed = pthread_cond_init(&a->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	if (!failed)
		failed = pthread_mutex_init(&a->mutex, NULL);
	return failed ? INKAN_ENOMEM : INKAN_OK;
}

int archive_new(const struct config *config, struct metrics *metrics, struct archive **out, struct io_error *trouble)
{
	struct archive *a = calloc(1, sizeof(*a));

	if (!a)
		return INKAN_ENOMEM;
	if (init_locks(a)) {
		free(a);
		return INKAN_ENOMEM;
	}
	a->config = config;
	a->metrics = metrics;
	a->slot = metrics_slot(metrics, METRICS_RECORDER_SLOT);
	a->last = &a->first;
	a->wall = clock_now();
	a->steady = clock_milliseconds();
	bool works = !config->store.path[0] || store_open(config->store.path, false, &a->store, trouble) == INKAN_OK;

	metrics_set_flag(metrics, FLAG_STORE_WORKS, works);
	metrics_set(a->slot, METRIC_OUTCOMES_WAITING, 0);
	*out = a;
	return INKAN_OK;
}

static void free_entries(struct entry *e)
{
	while (e) {
		struct entry *next = e->next;

		free(e);
		e = next;
	}
}

void archive_free(struct archive *a)
{
	if (!a)
		return;
	store_close(a->store);
	free_entries(a->batch);
	free_entries(a->first);
	pthread_mutex_destroy(&a->mutex);
	pthread_cond_destroy(&a->wake);
	free(a);
}

static bool has_room(const struct archive *a, size_t n)
{
	return a->count < a->config->store.queue_max && n <= ARCHIVE_OCTETS_MAX - a->octets;
}

bool archive_put(struct archive *a, struct str packed)
{
	struct entry *e = a->config->store.path[0] ? malloc(sizeof(*e) + packed.n) : NULL;
	bool taken = false;

	if (!a->config->store.path[0])
		return true;
	pthread_mutex_lock(&a->mutex);
	if (e && has_room(a, packed.n)) {
		e->next = NULL;
		e->n = packed.n;
		memcpy(e->octets, packed.p, packed.n);
		if (!a->first)
			a->oldest = clock_milliseconds();
		*a->last = e;
		a->last = &e->next;
		a->octets += packed.n;
		a->unstored++;
		metrics_set(a->slot, METRIC_OUTCOMES_WAITING, (int64_t)++a->count);
		if (a->unstored == 1 || a->unstored == ARCHIVE_BATCH)
			pthread_cond_signal(&a->wake);
		taken = true;
	}
	pthread_mutex_unlock(&a->mutex);
	if (!taken) {
		metrics_add(a->slot, METRIC_OUTCOMES_DROPPED, 1);
		free(e);
	}
	return taken;
}

bool archive_news(struct archive *a, bool *bad_out, struct io_error *out)
{
	pthread_mutex_lock(&a->mutex);
	bool news = a->has_news;

	if (news) {
		*out = a->news;
		*bad_out = a->news_bad;
	}
	a->has_news = false;
	pthread_mutex_unlock(&a->mutex);
	return news;
}

/* ---- the writer ---- */

static struct timespec timespec_of(int64_t milliseconds)
{
	return (struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000};
}

/* Under the mutex; until then, or until something happens. */
static void wait_until(struct archive *a, int64_t moment)
{
	struct timespec t = timespec_of(moment);

	pthread_cond_timedwait(&a->wake, &a->mutex, &t);
}

/* Until there is a batch, or it is time to look for what is old, or to end. */
static void wait_for_work(struct archive *a)
{
	pthread_mutex_lock(&a->mutex);
	for (;;) {
		int64_t now = clock_milliseconds(), until = a->expire_at;

		if (a->first && a->oldest + ARCHIVE_PAUSE < until)
			until = a->oldest + ARCHIVE_PAUSE;
		if (a->stopping || a->unstored >= ARCHIVE_BATCH || now >= until)
			break;
		wait_until(a, until);
	}
	pthread_mutex_unlock(&a->mutex);
}

static void take_batch(struct archive *a)
{
	struct entry **end = &a->first;

	pthread_mutex_lock(&a->mutex);
	while (*end && a->batch_count < ARCHIVE_BATCH) {
		end = &(*end)->next;
		a->batch_count++;
	}
	a->batch = a->batch_count ? a->first : NULL;
	a->first = *end;
	*end = NULL;
	if (!a->first)
		a->last = &a->first;
	a->unstored -= a->batch_count;
	a->oldest = clock_milliseconds();
	pthread_mutex_unlock(&a->mutex);
}

static void forget_batch(struct archive *a)
{
	size_t octets = 0;

	for (const struct entry *e = a->batch; e; e = e->next)
		octets += e->n;
	metrics_add(a->slot, METRIC_OUTCOMES_STORED, (int64_t)a->batch_count);
	pthread_mutex_lock(&a->mutex);
	a->count -= a->batch_count;
	a->octets -= octets;
	metrics_set(a->slot, METRIC_OUTCOMES_WAITING, (int64_t)a->count);
	pthread_mutex_unlock(&a->mutex);
	free_entries(a->batch);
	a->batch = NULL;
	a->batch_count = 0;
}

static void tell(struct archive *a, bool bad, const struct io_error *text)
{
	pthread_mutex_lock(&a->mutex);
	a->has_news = true;
	a->news_bad = bad;
	a->news = *text;
	pthread_mutex_unlock(&a->mutex);
}

static int add_batch(struct archive *a, struct io_error *error)
{
	struct outcome outcome;
	int result = store_begin(a->store, error);

	for (const struct entry *e = a->batch; e && !result; e = e->next)
		if (outcome_unpack(str_from(e->octets, e->n), &outcome))
			result = store_add(a->store, &outcome, error);
	return result ? result : store_commit(a->store, error);
}

static void set_works(struct archive *a, bool works, const struct io_error *error)
{
	bool worked = metrics_flag(a->metrics, FLAG_STORE_WORKS);

	metrics_set_flag(a->metrics, FLAG_STORE_WORKS, works);
	if (!works)
		metrics_add(a->slot, METRIC_STORE_ERRORS, 1);
	if (!works || !worked)
		tell(a, !works, error);
}

/* Who moves the file away, or removes it, wants a new one. */
static void look_for_file(struct archive *a)
{
	const struct io_error news = {"the file of the store has gone, a new one is made"};

	if (!a->store || !store_has_moved(a->store))
		return;
	store_close(a->store);
	a->store = NULL;
	tell(a, false, &news);
}

/* Opens the store where it is not, and writes the batch. False: it has to be tried again. */
static bool store_batch(struct archive *a)
{
	struct io_error error = {"the store works again"};

	look_for_file(a);
	int result = a->store ? INKAN_OK : store_open(a->config->store.path, false, &a->store, &error);

	if (!result && a->batch)
		result = add_batch(a, &error);
	if (result == INKAN_ENOMEM)
		io_fail(&error, "%s: %s", a->config->store.path, inkan_strerror(result));
	if (result) {
		store_close(a->store);
		a->store = NULL;
	}
	set_works(a, !result, &error);
	if (!result && a->batch)
		forget_batch(a);
	return !result;
}

/* A clock that jumped far is not believed for a while: else it would empty the store. */
static bool clock_is_trusted(struct archive *a)
{
	int64_t wall = clock_now(), steady = clock_milliseconds();
	int64_t jump = (wall - a->wall) - (steady - a->steady) / 1000;

	a->wall = wall;
	a->steady = steady;
	if (jump > ARCHIVE_CLOCK_JUMP || jump < -ARCHIVE_CLOCK_JUMP)
		a->trust_clock_at = steady + (int64_t)ARCHIVE_CLOCK_JUMP * 1000;
	return steady >= a->trust_clock_at;
}

/* One step; the next one comes at once where there may be more. */
static void expire_some(struct archive *a)
{
	int64_t now = clock_milliseconds();
	struct io_error error = {""};
	size_t removed = 0;

	if (now < a->expire_at || !a->store)
		return;
	bool trusted = clock_is_trusted(a);
	int64_t before = (a->wall - (int64_t)a->config->store.keep) * 1000000;

	if (trusted && store_expire(a->store, before, ARCHIVE_EXPIRE_STEP, &removed, &error))
		set_works(a, false, &error);
	if (removed < ARCHIVE_EXPIRE_STEP)
		a->expire_at = now + ARCHIVE_EXPIRE_INTERVAL;
}

/* False: it is time to end. */
static bool pause_after_failure(struct archive *a, int64_t *backoff)
{
	int64_t until = clock_milliseconds() + *backoff;

	*backoff = *backoff * 2 < ARCHIVE_BACKOFF_MAX ? *backoff * 2 : ARCHIVE_BACKOFF_MAX;
	pthread_mutex_lock(&a->mutex);
	while (!a->stopping && clock_milliseconds() < until)
		wait_until(a, until);
	bool go_on = !a->stopping;

	pthread_mutex_unlock(&a->mutex);
	return go_on;
}

static bool is_over(struct archive *a)
{
	pthread_mutex_lock(&a->mutex);
	bool over = a->stopping && (!a->first || clock_milliseconds() >= a->stop_at);

	pthread_mutex_unlock(&a->mutex);
	return over;
}

static void *write_loop(void *context)
{
	struct archive *a = context;
	int64_t backoff = ARCHIVE_PAUSE;

	while (a->batch || !is_over(a)) {
		if (!a->batch) {
			wait_for_work(a);
			take_batch(a);
		}
		if (store_batch(a))
			backoff = ARCHIVE_PAUSE;
		else if (!pause_after_failure(a, &backoff))
			break;
		else
			continue;
		expire_some(a);
	}
	return NULL;
}

int archive_start(struct archive *a)
{
	if (!a->config->store.path[0])
		return INKAN_OK;
	if (pthread_create(&a->thread, NULL, write_loop, a))
		return INKAN_ENOMEM;
	a->started = true;
	return INKAN_OK;
}

bool archive_stop(struct archive *a, int64_t timeout)
{
	if (!a->started)
		return true;
	pthread_mutex_lock(&a->mutex);
	a->stopping = true;
	a->stop_at = clock_milliseconds() + timeout;
	pthread_cond_signal(&a->wake);
	pthread_mutex_unlock(&a->mutex);
	const struct timespec until = timespec_of(a->stop_at + 1000);

	if (pthread_clockjoin_np(a->thread, NULL, CLOCK_MONOTONIC, &until))
		return false;
	a->started = false;
	metrics_add(a->slot, METRIC_OUTCOMES_DROPPED, (int64_t)a->count);
	metrics_set(a->slot, METRIC_OUTCOMES_WAITING, 0);
	return true;
}
