#include "server/worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/connection.h"
#include "server/filter.h"
#include "server/identity_client.h"
#include "server/transaction.h"

enum {
	TICK = 1000,          /* ms */
	QUESTIONS_MIN = 1024, /* that a worker may have on the way to DNS at once, however many workers there are */
};

/* ---- accepting ---- */

static void pause_accepting(struct worker *w, bool pause);
static void end_if_done(struct worker *w);

static bool is_unix_socket(int fd)
{
	int domain = AF_UNSPEC;
	socklen_t n = sizeof domain;

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) == 0 && domain == AF_UNIX;
}

/* This worker's share of milter.connections_max. */
static size_t share(const struct worker *w)
{
	unsigned workers = w->filter->service->workers;

	return (w->filter->config->milter.connections_max + workers - 1) / workers;
}

/* Who has the fewest connections; w itself where that has no more than that. */
static struct worker *least_busy(struct worker *w)
{
	struct worker *least = w;

	for (unsigned i = 0; i < w->filter->worker_count; i++)
		if (atomic_load(&w->filter->workers[i].load) < atomic_load(&least->load))
			least = &w->filter->workers[i];
	return least;
}

/* False: it cannot be given to that worker. */
static bool hand_over(struct worker *to, struct newcomer newcomer)
{
	uv_mutex_lock(&to->lock);
	bool taken = !to->closed && to->newcomer_count < WORKER_NEWCOMERS_MAX;

	if (taken) {
		to->newcomers[to->newcomer_count++] = newcomer;
		atomic_fetch_add(&to->load, 1);
		uv_async_send(&to->visit);
	}
	uv_mutex_unlock(&to->lock);
	return taken;
}

static void on_visit(uv_async_t *visit)
{
	struct worker *w = visit->data;
	struct newcomer newcomers[WORKER_NEWCOMERS_MAX];

	uv_mutex_lock(&w->lock);
	size_t count = w->newcomer_count;

	memcpy(newcomers, w->newcomers, count * sizeof *newcomers);
	w->newcomer_count = 0;
	uv_mutex_unlock(&w->lock);
	for (size_t i = 0; i < count; i++) {
		atomic_fetch_sub(&w->load, 1); /* it is counted as it is opened */
		if (w->stopping)
			close(newcomers[i].fd);
		else
			connection_open(w, newcomers[i].fd, newcomers[i].is_unix);
	}
	if (w->connection_count >= share(w))
		pause_accepting(w, true);
	end_if_done(w);
}

/* A worker that wakes first takes connections that others have more time for: sessions last, so they are dealt out. */
static void welcome(struct worker *w, struct newcomer newcomer)
{
	struct worker *to = least_busy(w);

	if (to == w || !hand_over(to, newcomer))
		connection_open(w, newcomer.fd, newcomer.is_unix);
}

/* One connection a turn, so that the workers share them. */
static void on_incoming(uv_poll_t *poll, int status, int events)
{
	struct worker *w = poll->data;
	uv_os_fd_t listener;

	(void)events;
	if (status < 0 || uv_fileno((uv_handle_t *)poll, &listener) != 0)
		return;
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0)
		welcome(w, (struct newcomer){fd, w->listener_is_unix[poll - w->listeners]});
	else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
		pause_accepting(w, true); /* until the next tick: what is there already goes on */
	if (w->connection_count >= share(w))
		pause_accepting(w, true);
}

static void pause_accepting(struct worker *w, bool pause)
{
	if (!w->accepting || pause == w->paused)
		return;
	for (size_t i = 0; i < w->listener_count; i++) {
		if (pause)
			uv_poll_stop(&w->listeners[i]);
		else
			uv_poll_start(&w->listeners[i], UV_READABLE, on_incoming);
	}
	w->paused = pause;
	if (pause)
		metrics_add(w->metrics, METRIC_ACCEPT_PAUSES, 1);
}

static void close_listener(uv_handle_t *handle)
{
	close((int)(intptr_t)handle->data);
}

static void stop_accepting(struct worker *w)
{
	if (!w->accepting)
		return;
	w->accepting = false;
	for (size_t i = 0; i < w->listener_count; i++) {
		uv_os_fd_t fd = -1;

		uv_fileno((uv_handle_t *)&w->listeners[i], &fd);
		w->listeners[i].data = (void *)(intptr_t)fd;
		uv_close((uv_handle_t *)&w->listeners[i], close_listener);
	}
}

static int start_accepting(struct worker *w)
{
	const struct listeners *all = &w->filter->service->milter;

	for (size_t i = 0; i < all->count; i++) {
		int fd = dup(all->list[i].fd); /* a loop of its own wants a descriptor of its own */

		if (fd < 0 || uv_poll_init(&w->loop, &w->listeners[i], fd) != 0) {
			if (fd >= 0)
				close(fd);
			return INKAN_EIO;
		}
		w->listeners[i].data = w;
		w->listener_is_unix[i] = is_unix_socket(fd);
		w->listener_count++;
		w->accepting = true;
		uv_poll_start(&w->listeners[i], UV_READABLE, on_incoming);
	}
	return INKAN_OK;
}

/* ---- the ring of connections ---- */

void worker_forget(struct worker *w, struct link *link)
{
	link->previous->next = link->next;
	link->next->previous = link->previous;
	w->connection_count--;
	atomic_fetch_sub(&w->load, 1);
	if (w->draining)
		uv_async_send(&w->wake); /* on a turn of its own: nothing that is in use now must go */
}

void worker_touch(struct worker *w, struct link *link)
{
	struct link *ring = &w->connections;

	if (link->next) {
		link->previous->next = link->next;
		link->next->previous = link->previous;
	} else {
		w->connection_count++;
		atomic_fetch_add(&w->load, 1);
	}
	link->active = (int64_t)uv_now(&w->loop);
	link->previous = ring->previous;
	link->next = ring;
	ring->previous->next = link;
	ring->previous = link;
}

/* Calls f for all of them; it may close them. */
static void each_connection(struct worker *w, void (*f)(struct worker *w, struct connection *c))
{
	struct link *next;

	for (struct link *link = w->connections.next; link != &w->connections; link = next) {
		next = link->next; /* f may take this one out */
		f(w, connection_of(link));
	}
}

/* ---- time-outs and the end ---- */

/* What the resolver has done since the last time. */
static void count_questions(struct worker *w)
{
	struct resolver_figures now, *before = &w->counted;

	if (!w->resolver)
		return;
	resolver_figures(w->resolver, &now);
	const struct {
		enum metric metric;
		uint64_t now, before;
	} rows[] = {{METRIC_DNS_QUESTIONS, now.questions, before->questions},
	            {METRIC_DNS_CACHE_HITS, now.hits, before->hits},
	            {METRIC_DNS_STALE, now.stale, before->stale},
	            {METRIC_DNS_FAILURES, now.failures, before->failures},
	            {METRIC_DNS_TIMEOUTS, now.timeouts, before->timeouts}};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].now != rows[i].before)
			metrics_add(w->metrics, rows[i].metric, (int64_t)(rows[i].now - rows[i].before));
	*before = now;
}

static void measure_cache(struct worker *w)
{
	struct answer_cache_figures figures;

	if (w->number != 0)
		return;
	answer_cache_figures(w->filter->answers, &figures);
	metrics_set(w->metrics, METRIC_CACHE_ENTRIES, (int64_t)figures.entries);
	metrics_set(w->metrics, METRIC_CACHE_OCTETS, (int64_t)figures.octets);
}

static void check_time(struct worker *w, struct connection *c)
{
	connection_check_time(c, (int64_t)uv_now(&w->loop));
}

static void close_if_idle(struct worker *w, struct connection *c)
{
	(void)w;
	connection_end_if_idle(c);
}

static void close_always(struct worker *w, struct connection *c)
{
	(void)w;
	connection_close(c);
}

static void close_handles(struct worker *w)
{
	uv_close((uv_handle_t *)&w->tick, NULL);
	uv_close((uv_handle_t *)&w->wake, NULL);
	uv_close((uv_handle_t *)&w->visit, NULL);
	outcome_queue_close(&w->outcomes);
	inquiry_client_free(w->keys);
	w->keys = NULL;
	inquiry_client_free(w->identities);
	w->identities = NULL;
	resolver_free(w->resolver);
	w->resolver = NULL;
}

/* Whether nobody is here or on the way here; then nobody may come any more. */
static bool closes(struct worker *w)
{
	uv_mutex_lock(&w->lock);
	w->closed = w->connection_count == 0 && w->newcomer_count == 0;
	bool closed = w->closed;

	uv_mutex_unlock(&w->lock);
	return closed;
}

/* Whether this worker is to end and has nothing left to do; then its loop ends too. */
static void end_if_done(struct worker *w)
{
	if (w->draining && w->keys && closes(w))
		close_handles(w);
}

static void on_tick(uv_timer_t *tick)
{
	struct worker *w = tick->data;
	int64_t now = (int64_t)uv_now(&w->loop);

	if (w->paused && w->connection_count < share(w))
		pause_accepting(w, false);
	each_connection(w, check_time);
	if (w->draining && now - w->drain_since > w->filter->config->milter.drain_time)
		each_connection(w, close_always);
	count_questions(w);
	measure_cache(w);
	end_if_done(w);
}

static void begin_drain(struct worker *w)
{
	if (w->draining)
		return;
	w->draining = true;
	w->drain_since = (int64_t)uv_now(&w->loop);
	stop_accepting(w);
	if (w->drained >= 0)
		(void)!write(w->drained, &(uint64_t){1}, sizeof(uint64_t));
}

static void on_wake(uv_async_t *wake)
{
	struct worker *w = wake->data;

	begin_drain(w);
	if (atomic_load(&w->wants_stop) && !w->stopping) {
		w->stopping = true;
		each_connection(w, close_if_idle);
	}
	end_if_done(w);
}

void worker_drain(struct worker *w)
{
	uv_async_send(&w->wake);
}

void worker_stop(struct worker *w)
{
	atomic_store(&w->wants_stop, true);
	uv_async_send(&w->wake);
}

/* ---- opening ---- */

/* The workers share what one resolver would use: each question on the way has a socket, and memory made for it beforehand. */
static uint32_t questions_at_once(const struct worker *w)
{
	uint32_t share = RESOLVER_PARALLEL / w->filter->service->workers;

	return share > QUESTIONS_MIN ? share : QUESTIONS_MIN;
}

static int open_resolver(struct worker *w, struct io_error *error)
{
	const struct filter *f = w->filter;
	struct resolver_options options;

	if (f->snapshot)
		return INKAN_OK;
	filter_resolver_options(f->config, &options);
	options.validate = f->validate;
	options.strict = true;
	options.cache = f->answers;
	options.parallel = questions_at_once(w);
	return resolver_new(&options, &w->loop, &w->resolver, error);
}

/* With its first stream a loop opens /dev/null, for when descriptors run out, and tries it anew with each stream where it cannot. So
 * that stream is made here, before the process may not open files any more. */
static int open_first_stream(struct worker *w)
{
	if (uv_pipe_init(&w->loop, &w->first_stream, 0) != 0)
		return INKAN_EIO;
	uv_close((uv_handle_t *)&w->first_stream, NULL);
	return INKAN_OK;
}

static int open_handles(struct worker *w)
{
	w->tick.data = w->wake.data = w->visit.data = w;
	if (uv_async_init(&w->loop, &w->wake, on_wake) != 0 || uv_async_init(&w->loop, &w->visit, on_visit) != 0 ||
	    uv_timer_init(&w->loop, &w->tick) != 0)
		return INKAN_EIO;
	uv_timer_start(&w->tick, on_tick, TICK, TICK);
	return open_first_stream(w);
}

int worker_open(struct worker *w, struct filter *filter, unsigned number, struct io_error *error)
{
	const struct service *service = filter->service;
	int code;

	*w = (struct worker){.filter = filter, .number = number, .metrics = metrics_slot(service->metrics, number)};
	w->connections.previous = w->connections.next = &w->connections;
	w->outcomes.fd = w->drained = -1;
	w->read_buffer = malloc(WORKER_READ_SIZE);
	if (!w->read_buffer || uv_mutex_init(&w->lock) != 0 || uv_loop_init(&w->loop) != 0)
		return INKAN_ENOMEM;
	code = open_resolver(w, error);
	if (!code)
		code = open_handles(w);
	if (!code)
		code = key_client_new(&w->loop, service->key_client[number], w->metrics, &w->keys);
	if (!code && service->registrar)
		code = identity_client_new(&w->loop, service->identity_client[number], w->metrics, &w->identities);
	if (!code)
		code = outcome_queue_init(&w->outcomes, &w->loop, service->outcome_in, w->metrics);
	return code ? code : start_accepting(w);
}

void worker_run(struct worker *w)
{
	uv_run(&w->loop, UV_RUN_DEFAULT);
}

void worker_close(struct worker *w)
{
	while (w->spare_transactions) {
		struct transaction *t = w->spare_transactions;

		w->spare_transactions = t->next;
		transaction_free(t);
	}
	while (w->spare_signings) {
		struct signing *s = w->spare_signings;

		w->spare_signings = s->next;
		signing_free(s);
	}
	outcome_queue_release(&w->outcomes);
	(void)uv_loop_close(&w->loop);
	uv_mutex_destroy(&w->lock);
	free(w->read_buffer);
}
