/* Asks the key process for signatures, without waiting: a worker's side of its socket pair.
 *
 * Requests that the key process does not answer (it died) are sent again to its successor, until KEY_REQUEST_DEADLINE. */
#pragma once

#include "inkan/sign.h"
#include "server/role.h"

struct uv_loop_s;
struct key_client;

enum {
	KEY_REQUEST_RETRY = 500,     /* ms after which a request is sent again */
	KEY_REQUEST_DEADLINE = 5000, /* ms after which it has failed */
	KEY_REQUESTS_MAX = 4096      /* of one worker at once; further ones fail at once with INKAN_ELIMIT */
};

/* fd: stays the caller's. While nothing is on its way, the client does not keep the loop running. metrics may be NULL. */
INKAN_MUST_CHECK int key_client_new(struct uv_loop_s *loop, int fd, struct metrics_slot *metrics,
                                    struct key_client **out);
/* Requests that are on their way are forgotten: `done` is not called. Not from within `done`. The loop is to be run once more
 * afterwards. */
void key_client_free(struct key_client *c);

/* One signature that is wanted: lives in the message's memory. Zeroed before use, and again for another digest. */
struct key_request {
	struct key_client *client;
	size_t key;                  /* number in config->keys */
	void (*done)(void *context); /* the answer is there: call inkan_signer_end() again; set by the caller */
	void *context;
	/* private */
	uint64_t id;
	bool asked, answered;
	int error;
	unsigned char digest[32];
	unsigned char signature[1024];
	size_t size;
	int64_t since, sent; /* ms */
	uint64_t begun;      /* ns */
	struct key_request *next, **link;
};

/* An inkan_sign_digest (context: a struct key_request): asks at the first call, which returns INKAN_PENDING; when `done` was called, the
 * next call with the same digest has the signature, or the error. With another digest it asks anew. */
int key_request_sign(void *request, const unsigned char *digest, size_t digest_size, unsigned char *signature,
                     size_t *signature_size_out);
/* `done` will not be called; the memory may go. Fine for one that was never asked. */
void key_request_cancel(struct key_request *request);

/* What the key process says of a key, at start: waits at most `timeout` ms. INKAN_EIO, INKAN_EUSAGE (no such key). */
INKAN_MUST_CHECK int key_describe(int fd, size_t key, uint32_t timeout, enum inkan_algorithm *algorithm_out,
                                  unsigned *bits_out);
