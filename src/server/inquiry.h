/* Questions to another process over a socket pair (SOCK_SEQPACKET), from a loop that never waits: a worker's side.
 *
 * What is not answered (the other died) is asked again, of its successor, until it has waited too long. Each request and each answer has
 * version, question and the id of the question in its first ten octets, as key_protocol.h and identity_protocol.h say. */
#pragma once

#include "inkan/error.h"
#include "server/metrics.h"

struct uv_loop_s;
struct inquiry;
struct inquiry_client;

enum {
	INQUIRIES_MAX = 4096, /* of one client at once; further ones fail at once with INKAN_ELIMIT */
	INQUIRIES_ON_WAY =
		64, /* of them sent and not yet to be sent again, the others wait: so many signatures find room in a socket */
	INQUIRY_REQUEST_MAX = 600, /* octets of a request */
	INQUIRY_ANSWER_MAX = 4200  /* octets of an answer; longer ones are passed over */
};

/* What is asked, and how patiently. */
struct inquiry_kind {
	uint32_t retry, deadline; /* ms after which a request is sent again; after which it has failed */
	enum metric asked, retried, failed;
	enum metric_time time; /* of one that was answered */
	/* Writes the request, at most INQUIRY_REQUEST_MAX octets, with q->id; their number. */
	size_t (*pack)(const struct inquiry *q, unsigned char *out);
	/* An answer with q->id: takes what is in it. False: it is none of this kind. */
	bool (*take)(struct inquiry *q, const unsigned char *octets, size_t n, int *error_out);
	/* It was answered, or has failed: may do anything to this inquiry, and to others. */
	void (*done)(struct inquiry *q, int error);
};

/* One question; lives in the memory of who asks. Zeroed before use. */
struct inquiry {
	uint64_t id;
	/* private */
	struct inquiry_client *client; /* NULL: it is not on its way */
	int64_t since, sent;           /* ms */
	uint64_t begun;                /* ns */
	struct inquiry *next, **link;
	bool late; /* it was sent again */
};

/* fd: stays the caller's. While nothing is on its way, the client does not keep the loop running. metrics may be NULL. kind: static. */
INKAN_MUST_CHECK int inquiry_client_new(struct uv_loop_s *loop, int fd, const struct inquiry_kind *kind,
                                        struct metrics_slot *metrics, struct inquiry_client **out);
/* What is on its way is forgotten: `done` is not called. Not from within `done`. The loop is to be run once more afterwards. */
void inquiry_client_free(struct inquiry_client *c);

/* Not while it is on its way. INKAN_ELIMIT: there are too many; else `done` will be called, later. */
INKAN_MUST_CHECK int inquiry_ask(struct inquiry_client *c, struct inquiry *q);
/* `done` will not be called; the memory may go. Fine for one that is not on its way. */
void inquiry_cancel(struct inquiry *q);
