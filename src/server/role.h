/* The processes of `inkan serve` and what they share.
 *
 *	supervisor   reads the configuration, opens sockets, starts the others, restarts what dies, reloads by starting a new
 *	             generation of keys and filter beside the old one. Touches no mail and no key.
 *	keys         reads the private keys and answers "sign this digest with that key", nothing else.
 *	filter       talks milter with the mail server and DNS with the world, parses mail; a thread a core.
 *	recorder     writes the log and the store; serves metrics, health and the status page.
 *	registrar    has the store of identities open: tells the filter who signs for an author, hands sealed keys to the key
 *	             process, and takes identities from step to step. Only where identities.store names one.
 *
 * All are forked from the supervisor without exec, so the configuration is just there; each then locks itself in
 * (server/sandbox.h) before it touches anything from outside. The supervisor keeps both ends of every socket pair open: where a
 * process dies, its successor goes on with what lies in the socket. */
#pragma once

#include "config/config.h"
#include "server/metrics.h"

enum role { ROLE_SUPERVISOR, ROLE_KEYS, ROLE_FILTER, ROLE_RECORDER, ROLE_REGISTRAR };
const char *role_name(enum role role);

/* Sockets that are listened on, opened by the supervisor before privileges are dropped. */
struct listener {
	int fd;
	const char *address; /* as configured: "unix:/run/inkan/milter.sock" */
};

struct listeners {
	struct listener list[CONFIG_LISTEN_MAX];
	size_t count;
};

struct service {
	const struct config *config;
	uint64_t generation;     /* of the configuration: 1, 2, ... */
	struct metrics *metrics; /* in memory shared by all */
	struct listeners milter, status;
	const char *authserv_id;                 /* of the configuration, or the name of the host */
	unsigned workers;                        /* threads of the filter, and of the keys */
	int key_client[CONFIG_WORKERS_MAX];      /* worker i asks here (SOCK_SEQPACKET) ... */
	int key_holder[CONFIG_WORKERS_MAX];      /* ... and any thread of the keys answers there */
	bool registrar;                          /* there is one; else the next four are not used */
	int identity_client[CONFIG_WORKERS_MAX]; /* worker i asks the registrar here (SOCK_SEQPACKET) ... */
	int identity_desk[CONFIG_WORKERS_MAX];   /* ... who answers there; */
	int fetch_client[CONFIG_WORKERS_MAX];    /* thread i of the keys asks it here ... */
	int fetch_desk[CONFIG_WORKERS_MAX];      /* ... who answers there */
	int drained; /* an eventfd: after SIGHUP each worker of the filter adds 1 when it takes no more connections */
	int outcome_in,
		outcome_out; /* filters write packed outcomes to `in` (SOCK_SEQPACKET, not blocking); the recorder reads `out` */
	int ready;           /* a role writes "ready\n", or one line that says why it cannot start, and closes it */
};

/* Each runs until SIGTERM (finish what has begun, then end) and returns the exit status. Called in a new process with all signals at
 * their defaults, SIGTERM and SIGHUP blocked. */
int keys_run(const struct service *service);
int filter_run(const struct service *service);
int recorder_run(const struct service *service);
int registrar_process_run(const struct service *service);

#define READY_LINE "ready\n" /* what a role writes when it has started */
enum { READY_LINE_MAX = 900 /* octets of it, or of the reason why not, so that one write() to a pipe does it */ };

/* Says on service->ready how the start went (trouble NULL: well), and closes it. Trouble is logged where nobody reads there (ready is -1). */
void role_ready(const struct service *service, const char *trouble);
