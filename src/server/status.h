/* The pages that the recorder serves by HTTP (libmicrohttpd, a thread for each socket):
 *
 *	/metrics   counters as Prometheus text
 *	/healthz   200 while the process lives
 *	/readyz    200 where mail is judged and kept; else 503 and what is missing
 *	/          the status page, in English or Japanese
 *
 * Only GET and HEAD without a body. On a loopback address or a Unix socket only requests for a loopback host are answered, so that no
 * web page can have a browser read them under another name (DNS rebinding). */
#pragma once

#include "io/error.h"
#include "server/recent.h"
#include "server/role.h"

enum {
	STATUS_CONNECTIONS_MAX = 32,   /* of a socket at once */
	STATUS_TIMEOUT = 10,           /* s that a connection may be idle */
	STATUS_MEMORY = 16 * 1024,     /* octets of a connection: also the limit of a request's header */
	STATUS_REPLY_MAX = 1024 * 1024 /* octets of a page */
};

struct status;

/* Begins to serve service->status; none there: *out serves nothing. INKAN_EIO: *error. */
INKAN_MUST_CHECK int status_start(const struct service *service, struct recent *recent, struct status **out,
                                  struct io_error *error);
/* The listening sockets stay open for a successor. */
void status_stop(struct status *s);

/* What is missing for /readyz: a line for each, "" where nothing is. */
void status_missing(const struct metrics *m, struct buf *out);
/* Whether a Host field names this machine itself: localhost, 127.0.0.0/8 or [::1], with or without a port. */
bool status_host_is_loopback(struct str host);
