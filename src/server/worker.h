/* A worker: one thread of the filter, with its own loop, resolver and messages. Connections belong to one worker for
 * good, so nothing here is locked, but for those that are just given to it. */
#pragma once

#include <uv.h>

#include "io/resolver.h"
#include "server/filter.h"
#include "server/key_client.h"
#include "server/outcome_queue.h"
#include "server/role.h"

enum {
	WORKER_READ_SIZE = 64 * 1024, /* octets of the read buffer that all connections of a worker share */
	WORKER_SPARES_MAX = 64,       /* transactions at rest that a worker keeps for reuse */
	WORKER_SIGNERS_MAX = 8,       /* signers at rest, the last used ones: each has memory for a header */
	WORKER_NEWCOMERS_MAX = 64     /* connections given to a worker that it has not looked at yet */
};

struct connection;
struct transaction;
struct signing;

/* A place in a ring; the first member of a connection. */
struct link {
	struct link *previous, *next;
	int64_t active; /* ms of the loop's clock when something happened last */
};

/* A connection that was accepted. */
struct newcomer {
	int fd;
	bool is_unix;
};

struct worker {
	struct filter *filter;
	unsigned number;
	uv_loop_t loop;
	uv_async_t wake;        /* by worker_drain() and worker_stop() */
	uv_async_t visit;       /* by another worker: there are newcomers */
	uv_timer_t tick;        /* once a second: time-outs */
	uv_pipe_t first_stream; /* see open_first_stream() */
	uv_poll_t listeners[CONFIG_LISTEN_MAX];
	bool listener_is_unix[CONFIG_LISTEN_MAX];
	size_t listener_count;
	struct resolver *resolver;
	struct inquiry_client *keys;
	struct inquiry_client *identities; /* asks the registrar; NULL: there is none */
	struct metrics_slot *metrics;
	struct outcome_queue outcomes;
	struct link connections; /* a ring, the longest idle one first */
	size_t connection_count;
	_Atomic size_t load; /* connections and newcomers: others read it, to see who has the fewest */
	uv_mutex_t lock;     /* of the next three */
	struct newcomer newcomers[WORKER_NEWCOMERS_MAX];
	size_t newcomer_count;
	bool closed; /* takes none any more */
	struct transaction *spare_transactions;
	struct signing *spare_signings;
	size_t spare_transaction_count, spare_signing_count;
	bool accepting, paused, draining, stopping;
	_Atomic bool wants_stop;         /* set by other threads before `wake` */
	struct resolver_figures counted; /* what the metrics know of the resolver's figures */
	int64_t drain_since;             /* ms of the loop's clock */
	char *read_buffer;
	uv_thread_t thread;
	int end;     /* gets 1 added when the loop is at its end */
	int drained; /* ... and this when no more connections are taken; -1: nobody wants to know */
};

/* Sets everything up, without a thread. INKAN_EIO: *error says why. */
INKAN_MUST_CHECK int worker_open(struct worker *w, struct filter *filter, unsigned number, struct io_error *error);
/* Runs until it was told to stop and all connections are gone. */
void worker_run(struct worker *w);
void worker_close(struct worker *w);

/* From any thread. Drain: take no new connections, end when the present ones have gone, or after milter.drain_time. Stop: end each
 * connection as soon as it has no message under way. */
void worker_drain(struct worker *w);
void worker_stop(struct worker *w);

/* For connection.c: something happened on it, so it goes to the end of the ring. */
void worker_touch(struct worker *w, struct link *link);
/* It has gone. */
void worker_forget(struct worker *w, struct link *link);
