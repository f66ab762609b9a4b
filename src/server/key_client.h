/* Asks the key process for signatures, without waiting: a worker's side of its socket pair.
 *
 * Requests that the key process does not answer (it died) are sent again to its successor, until KEY_REQUEST_DEADLINE. */
#pragma once

#include "inkan/sign.h"
#include "server/inquiry.h"
#include "server/role.h"

enum {
	KEY_REQUEST_RETRY = 500,     /* ms after which a request is sent again */
	KEY_REQUEST_DEADLINE = 5000, /* ms after which it has failed */
	KEY_REQUESTS_MAX = INQUIRIES_MAX
};

/* As inquiry_client_new(), for signatures. */
INKAN_MUST_CHECK int key_client_new(struct uv_loop_s *loop, int fd, struct metrics_slot *metrics,
                                    struct inquiry_client **out);

/* One signature that is wanted: lives in the message's memory. Zeroed before use, and again for another digest. */
struct key_request {
	struct inquiry inquiry; /* first */
	struct inquiry_client *client;
	size_t key;                  /* number in config->keys; KEY_OF_STORE | number: a key of the store */
	void (*done)(void *context); /* the answer is there: call inkan_signer_end() again; set by the caller */
	void *context;
	/* private */
	bool asked, answered;
	int error;
	unsigned char digest[32];
	unsigned char signature[1024];
	size_t size;
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
