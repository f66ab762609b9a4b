/* Two workers that listen on one socket: who gets the connections. The loops are run by the test, in the order that a case wants. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "auth/message.h"
#include "server/worker.h"
#include "support/case.h"

enum { WORKERS = 2, CLIENTS_MAX = 200 };

static const char CONFIG[] = "authserv_id: mx.example.net\n";

struct house {
	struct config *config;
	struct service service;
	struct filter filter;
	struct worker workers[WORKERS];
	int clients[CLIENTS_MAX];
	size_t client_count;
	struct sockaddr_un address;
	socklen_t address_size;
};

static void pair(int *a, int *b)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
	*a = ends[0];
	*b = ends[1];
}

/* A socket without a file: the kernel gives it a name. */
static void listen_on(struct house *h)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	h->address.sun_family = AF_UNIX;
	h->address_size = sizeof h->address;
	assert_int_equal(bind(fd, (struct sockaddr *)&h->address, sizeof(sa_family_t)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&h->address, &h->address_size), 0);
	assert_int_equal(listen(fd, CLIENTS_MAX), 0);
	h->service.milter = (struct listeners){.list = {{.fd = fd, .address = "unix:"}}, .count = 1};
}

static void house_open_as(struct house *h, struct str text)
{
	struct config_errors errors;
	struct io_error error;

	*h = (struct house){.client_count = 0};
	assert_int_equal(config_parse(text, "/etc/inkan/inkan.yaml", &h->config, &errors), INKAN_OK);
	h->service = (struct service){.config = h->config, .metrics = metrics_new(), .workers = WORKERS, .ready = -1};
	pair(&h->service.outcome_in, &h->service.outcome_out);
	listen_on(h);
	h->filter = (struct filter){.service = &h->service,
	                            .config = h->config,
	                            .policy = h->config->policy,
	                            .authserv_id = "mx.example.net",
	                            .workers = h->workers,
	                            .worker_count = WORKERS};
	assert_int_equal(inkan_context_new(&h->filter.engine), INKAN_OK);
	assert_int_equal(answer_cache_new(&(struct answer_cache_options){0}, &h->filter.answers), INKAN_OK);
	for (unsigned i = 0; i < WORKERS; i++) {
		pair(&h->service.key_client[i], &h->service.key_holder[i]);
		assert_int_equal(worker_open(&h->workers[i], &h->filter, i, &error), INKAN_OK);
	}
}

static void house_open(struct house *h)
{
	house_open_as(h, STR(CONFIG));
}

static void house_close(struct house *h)
{
	for (unsigned i = 0; i < WORKERS; i++)
		worker_stop(&h->workers[i]);
	for (unsigned i = 0; i < WORKERS; i++)
		worker_run(&h->workers[i]); /* comes back: nobody is left */
	for (unsigned i = 0; i < WORKERS; i++) {
		assert_int_equal(h->workers[i].connection_count, 0);
		assert_int_equal(atomic_load(&h->workers[i].load), 0);
		worker_close(&h->workers[i]);
		close(h->service.key_client[i]);
		close(h->service.key_holder[i]);
	}
	for (size_t i = 0; i < h->client_count; i++)
		close(h->clients[i]);
	close(h->service.milter.list[0].fd);
	close(h->service.outcome_in);
	close(h->service.outcome_out);
	answer_cache_free(h->filter.answers);
	inkan_context_free(h->filter.engine);
	metrics_free(h->service.metrics);
	config_free(h->config);
}

/* So many clients come, one after the other; this worker alone is awake. */
static void come(struct house *h, size_t count, unsigned awake)
{
	for (size_t i = 0; i < count; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		assert_int_equal(connect(fd, (struct sockaddr *)&h->address, h->address_size), 0);
		h->clients[h->client_count++] = fd;
		uv_run(&h->workers[awake].loop, UV_RUN_NOWAIT);
	}
}

static void assert_has(struct house *h, unsigned number, size_t connections, size_t newcomers)
{
	const struct worker *w = &h->workers[number];

	assert_int_equal(w->connection_count, connections);
	assert_int_equal(w->newcomer_count, newcomers);
	assert_int_equal(atomic_load(&w->load), connections + newcomers);
}

/* Whether the other end of the i-th client is closed. */
static bool is_ended(const struct house *h, size_t i)
{
	char octet;

	return recv(h->clients[i], &octet, 1, MSG_DONTWAIT) == 0;
}

/* ---- cases ---- */

static void run_dealt(const void *row)
{
	struct house h;

	(void)row;
	house_open(&h);
	come(&h, 20, 0);
	assert_has(&h, 0, 10, 0);
	assert_has(&h, 1, 0, 10);
	uv_run(&h.workers[1].loop, UV_RUN_NOWAIT);
	assert_has(&h, 1, 10, 0);
	come(&h, 1, 1);
	assert_has(&h, 1, 11, 0);
	come(&h, 1, 1);
	assert_has(&h, 0, 10, 1);
	house_close(&h);
}

/* The one that sleeps is given 64, not 65; who is awake keeps the others. */
static void run_asleep(const void *row)
{
	struct house h;

	(void)row;
	house_open(&h);
	come(&h, (size_t)2 * WORKER_NEWCOMERS_MAX, 0);
	assert_has(&h, 0, WORKER_NEWCOMERS_MAX, 0);
	assert_has(&h, 1, 0, WORKER_NEWCOMERS_MAX);
	come(&h, 2, 0);
	assert_has(&h, 0, WORKER_NEWCOMERS_MAX + 2, 0);
	assert_has(&h, 1, 0, WORKER_NEWCOMERS_MAX);
	for (size_t i = 0; i < h.client_count; i++)
		assert_false(is_ended(&h, i));
	house_close(&h);
}

/* Two for each of both: the fifth waits until one goes. */
static void run_full(const void *row)
{
	struct house h;

	(void)row;
	house_open_as(&h, STR("authserv_id: mx.example.net\nmilter: {connections_max: 4}\n"));
	come(&h, 4, 0);
	uv_run(&h.workers[1].loop, UV_RUN_NOWAIT);
	come(&h, 1, 1);
	uv_run(&h.workers[0].loop, UV_RUN_NOWAIT);
	assert_has(&h, 0, 2, 0);
	assert_has(&h, 1, 2, 0);
	assert_true(h.workers[0].paused && h.workers[1].paused);
	house_close(&h);
}

/* A worker that has ended is given nothing; one that is to stop ends those that it was given, and lives until it has seen them. */
static void run_ended(const void *row)
{
	struct house h;

	(void)row;
	house_open(&h);
	worker_drain(&h.workers[1]);
	worker_run(&h.workers[1]);
	come(&h, 3, 0);
	assert_has(&h, 0, 3, 0);
	assert_true(h.workers[1].closed);
	house_close(&h);

	house_open(&h);
	come(&h, 2, 0);
	assert_has(&h, 1, 0, 1);
	worker_stop(&h.workers[1]);
	worker_run(&h.workers[1]);
	assert_has(&h, 1, 0, 0);
	assert_true(is_ended(&h, 1));
	assert_false(is_ended(&h, 0));
	house_close(&h);
}

int main(void)
{
	struct test_list list = {0};

	test_add(&list, "connections are dealt out, whoever wakes first", run_dealt, NULL);
	test_add(&list, "a worker that sleeps is given 64 connections, not 65", run_asleep, NULL);
	test_add(&list, "milter.connections_max of 4 over both workers: 4, not 5", run_full, NULL);
	test_add(&list, "a worker that ends", run_ended, NULL);
	return test_run(&list, "server/workers");
}
