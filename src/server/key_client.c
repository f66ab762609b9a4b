#include "server/key_client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "io/clock.h"
#include "io/random.h"
#include "server/key_protocol.h"

_Static_assert((int)KEY_ASK_MAX <= (int)INQUIRY_REQUEST_MAX && (int)KEY_ANSWER_MAX <= (int)INQUIRY_ANSWER_MAX,
               "there is room for them");

/* ---- a signature ---- */

static size_t pack(const struct inquiry *q, unsigned char *out)
{
	const struct key_request *r = (const struct key_request *)q;
	struct key_ask ask = {.question = KEY_SIGN, .key = (uint32_t)r->key, .id = q->id};

	memcpy(ask.digest, r->digest, sizeof ask.digest);
	return key_ask_pack(&ask, out);
}

static bool take(struct inquiry *q, const unsigned char *octets, size_t n, int *error_out)
{
	struct key_request *r = (struct key_request *)q;
	struct key_answer answer;

	if (!key_answer_unpack(octets, n, &answer) || answer.question != KEY_SIGN)
		return false;
	*error_out = answer.error;
	if (!answer.error) {
		memcpy(r->signature, answer.signature, answer.size);
		r->size = answer.size;
	}
	return true;
}

static void done(struct inquiry *q, int error)
{
	struct key_request *r = (struct key_request *)q;

	r->answered = true;
	r->error = error;
	r->done(r->context);
}

static const struct inquiry_kind SIGNATURES = {.retry = KEY_REQUEST_RETRY,
                                               .deadline = KEY_REQUEST_DEADLINE,
                                               .asked = METRIC_KEY_REQUESTS,
                                               .retried = METRIC_KEY_RETRIES,
                                               .failed = METRIC_KEY_FAILURES,
                                               .time = METRIC_TIME_KEY,
                                               .pack = pack,
                                               .take = take,
                                               .done = done};

int key_client_new(struct uv_loop_s *loop, int fd, struct metrics_slot *metrics, struct inquiry_client **out)
{
	return inquiry_client_new(loop, fd, &SIGNATURES, metrics, out);
}

static int ask(struct key_request *r, const unsigned char *digest)
{
	memcpy(r->digest, digest, sizeof r->digest);
	int error = inquiry_ask(r->client, &r->inquiry);

	r->asked = !error;
	return error ? error : INKAN_PENDING;
}

int key_request_sign(void *request, const unsigned char *digest, size_t digest_size, unsigned char *signature,
                     size_t *signature_size_out)
{
	struct key_request *r = request;

	if (!r->client || digest_size != sizeof r->digest)
		return INKAN_EUSAGE;
	if (!r->asked || memcmp(digest, r->digest, digest_size) != 0) {
		key_request_cancel(r);
		return ask(r, digest);
	}
	if (!r->answered)
		return r->inquiry.client ? INKAN_PENDING : INKAN_EUSAGE; /* the client has gone */
	if (r->error)
		return r->error;
	memcpy(signature, r->signature, r->size);
	*signature_size_out = r->size;
	return INKAN_OK;
}

void key_request_cancel(struct key_request *r)
{
	inquiry_cancel(&r->inquiry);
	r->asked = r->answered = false;
}

/* ---- at start ---- */

static int send_describe(int fd, const struct key_ask *ask)
{
	unsigned char octets[KEY_ASK_MAX];

	return send(fd, octets, key_ask_pack(ask, octets), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno != EAGAIN
	               ? INKAN_EIO
	               : INKAN_OK;
}

/* Reads what is there until it is the answer: then true. */
static bool take_description(int fd, uint64_t id, struct key_answer *out)
{
	unsigned char octets[KEY_ANSWER_MAX + 1];
	ssize_t n;

	while ((n = recv(fd, octets, sizeof octets, MSG_DONTWAIT)) > 0)
		if (key_answer_unpack(octets, (size_t)n, out) && out->id == id && out->question == KEY_DESCRIBE)
			return true;
	return false;
}

int key_describe(int fd, size_t key, uint32_t timeout, enum inkan_algorithm *algorithm_out, unsigned *bits_out)
{
	struct key_ask ask = {.question = KEY_DESCRIBE, .key = (uint32_t)key};
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	int64_t end = clock_milliseconds() + timeout, left;
	struct key_answer answer;

	if (key > UINT32_MAX)
		return INKAN_EUSAGE;
	random_octets(&ask.id, sizeof ask.id);
	while ((left = end - clock_milliseconds()) > 0) {
		if (send_describe(fd, &ask))
			return INKAN_EIO;
		(void)poll(&ready, 1, left < KEY_REQUEST_RETRY ? (int)left : KEY_REQUEST_RETRY);
		if (!take_description(fd, ask.id, &answer))
			continue;
		if (answer.error)
			return answer.error == INKAN_EUSAGE ? INKAN_EUSAGE : INKAN_EIO;
		*algorithm_out = answer.algorithm;
		*bits_out = answer.bits;
		return INKAN_OK;
	}
	return INKAN_EIO;
}
