/* Who signs for an author: asks the registrar from a worker's loop, without waiting. Where that does not answer, what it said last of
 * this author holds (server/signer_memory.h). */
#pragma once

#include "server/identity_protocol.h"
#include "server/inquiry.h"
#include "server/signer_memory.h"

enum {
	IDENTITY_REQUEST_RETRY = 250,    /* ms after which a question is sent again */
	IDENTITY_REQUEST_DEADLINE = 2000 /* ms after which the answer before it holds */
};

/* As inquiry_client_new(). */
INKAN_MUST_CHECK int identity_client_new(struct uv_loop_s *loop, int fd, struct metrics_slot *metrics,
                                         struct inquiry_client **out);

/* One question: lives in the message's memory. Zeroed before use. */
struct identity_request {
	struct inquiry inquiry; /* first */
	struct signer_memory *memory;
	struct metrics_slot *metrics;
	void (*done)(void *context, int error); /* INKAN_OK: author is there; set by the caller */
	void *context;
	struct identity_author author;
	/* private */
	struct str address, domain;
};

/* Author as "user@domain", the domain in lower case A-labels; the texts live as long as the request. INKAN_ELIMIT, else `done` is called
 * later, with INKAN_EIO where neither the registrar nor the memory knows. An address or domain that is too long has no signers: INKAN_OK
 * with *asked_out false. */
INKAN_MUST_CHECK int identity_request_ask(struct identity_request *r, struct inquiry_client *client, struct str address,
                                          struct str domain, bool *asked_out);
/* `done` will not be called; the memory may go. */
void identity_request_cancel(struct identity_request *r);
