#include "server/key_client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <uv.h>

#include "io/clock.h"
#include "io/random.h"
#include "server/key_protocol.h"

enum {
	SLOT_BITS = 12, /* of an id, which names the place of its request; the others make it unique */
	TICK = 50       /* ms between two looks at the clock, while a request is on its way */
};
_Static_assert(KEY_REQUESTS_MAX == 1 << SLOT_BITS, "an id must be able to name every slot");

struct key_client {
	uv_poll_t poll;
	uv_timer_t timer;
	int open_handles;
	bool wants_room; /* for what is `waiting`: the loop says when the socket has some */
	int fd;
	struct metrics_slot *metrics; /* NULL: nobody counts */
	struct key_request *slots[KEY_REQUESTS_MAX];
	uint16_t free_slots[KEY_REQUESTS_MAX];
	size_t free_count;
	uint64_t serial;                     /* of the last request */
	struct key_request *waiting, **last; /* for room in the socket, first come first served */
};

static void count(const struct key_client *c, enum metric metric)
{
	if (c->metrics)
		metrics_add(c->metrics, metric, 1);
}

/* ---- the socket ---- */

static void wait_unlink(struct key_client *c, struct key_request *r)
{
	if (!r->link)
		return;
	*r->link = r->next;
	if (r->next)
		r->next->link = r->link;
	else
		c->last = r->link;
	r->link = NULL;
	r->next = NULL;
}

static void on_socket(uv_poll_t *poll, int status, int events);

/* Answers always, room to write only where something waits for it. */
static void watch(struct key_client *c, bool room)
{
	if (room == c->wants_room)
		return;
	c->wants_room = room;
	(void)uv_poll_start(&c->poll, room ? UV_READABLE | UV_WRITABLE : UV_READABLE, on_socket);
}

static void wait_link(struct key_client *c, struct key_request *r)
{
	if (r->link)
		return;
	r->next = NULL;
	r->link = c->last;
	*c->last = r;
	c->last = &r->next;
	watch(c, true);
}

/* False: there is no room now. A socket that fails otherwise is a matter of the deadline: its other end may come back. */
static bool send_request(struct key_client *c, struct key_request *r)
{
	struct key_ask ask = {.question = KEY_SIGN, .key = (uint32_t)r->key, .id = r->id};
	unsigned char octets[KEY_ASK_MAX];

	memcpy(ask.digest, r->digest, sizeof ask.digest);
	if (send(c->fd, octets, key_ask_pack(&ask, octets), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 &&
	    (errno == EAGAIN || errno == ENOBUFS || errno == EINTR))
		return false;
	r->sent = clock_milliseconds();
	return true;
}

static void send_waiting(struct key_client *c)
{
	while (c->waiting && send_request(c, c->waiting))
		wait_unlink(c, c->waiting);
	watch(c, c->waiting != NULL);
}

/* ---- requests ---- */

/* The request is not on its way any more. */
static void forget(struct key_request *r)
{
	struct key_client *c = r->client;
	size_t slot = r->id % KEY_REQUESTS_MAX;

	wait_unlink(c, r);
	c->slots[slot] = NULL;
	c->free_slots[c->free_count++] = (uint16_t)slot;
	r->asked = false;
	if (c->free_count == KEY_REQUESTS_MAX)
		uv_timer_stop(&c->timer);
}

/* `done` may do anything to the request, and to others. */
static void finish(struct key_request *r, int error)
{
	struct key_client *c = r->client;

	if (error)
		count(c, METRIC_KEY_FAILURES);
	forget(r);
	r->asked = r->answered = true;
	r->error = error;
	r->done(r->context);
}

static void on_answer(struct key_client *c, const struct key_answer *answer)
{
	struct key_request *r = c->slots[answer->id % KEY_REQUESTS_MAX];

	if (!r || r->id != answer->id || answer->question != KEY_SIGN)
		return; /* cancelled, answered before, or not of ours */
	if (!answer->error) {
		memcpy(r->signature, answer->signature, answer->size);
		r->size = answer->size;
		if (c->metrics)
			metrics_time(c->metrics, METRIC_TIME_KEY, (uv_hrtime() - r->begun) / 1000);
	}
	finish(r, answer->error);
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
	struct key_client *c = poll->data;
	unsigned char octets[KEY_ANSWER_MAX + 1];
	struct key_answer answer;
	ssize_t n = 1;

	(void)status;
	(void)events;
	/* no more than could be asked, so that other sockets have their turn */
	for (int i = 0; i < KEY_REQUESTS_MAX && n > 0; i++) {
		n = recv(c->fd, octets, sizeof octets, MSG_DONTWAIT);
		if (n > 0 && key_answer_unpack(octets, (size_t)n, &answer))
			on_answer(c, &answer);
	}
	if (n == 0) {
		uv_poll_stop(&c->poll); /* closed, which is a matter of the deadline */
		c->wants_room = false;
	} else {
		send_waiting(c);
	}
}

static void look_after(struct key_client *c, struct key_request *r, int64_t now)
{
	if (now - r->since >= KEY_REQUEST_DEADLINE) {
		finish(r, INKAN_EIO);
	} else if (!r->link && now - r->sent >= KEY_REQUEST_RETRY) {
		count(c, METRIC_KEY_RETRIES);
		if (!send_request(c, r))
			wait_link(c, r);
	}
}

static void on_tick(uv_timer_t *timer)
{
	struct key_client *c = timer->data;
	int64_t now = clock_milliseconds();

	for (size_t i = 0; i < KEY_REQUESTS_MAX; i++)
		if (c->slots[i])
			look_after(c, c->slots[i], now);
}

static int ask(struct key_request *r, const unsigned char *digest)
{
	struct key_client *c = r->client;

	r->asked = r->answered = false;
	if (c->free_count == 0) {
		count(c, METRIC_KEY_FAILURES);
		return INKAN_ELIMIT;
	}
	size_t slot = c->free_slots[--c->free_count];

	if (c->free_count == KEY_REQUESTS_MAX - 1)
		(void)uv_timer_start(&c->timer, on_tick, TICK, TICK);
	c->slots[slot] = r;
	r->id = ++c->serial << SLOT_BITS | slot;
	r->asked = true;
	r->since = r->sent = clock_milliseconds();
	r->begun = uv_hrtime();
	r->next = NULL;
	r->link = NULL;
	memcpy(r->digest, digest, sizeof r->digest);
	count(c, METRIC_KEY_REQUESTS);
	if (c->waiting || !send_request(c, r))
		wait_link(c, r);
	return INKAN_PENDING;
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
		return INKAN_PENDING;
	if (r->error)
		return r->error;
	memcpy(signature, r->signature, r->size);
	*signature_size_out = r->size;
	return INKAN_OK;
}

void key_request_cancel(struct key_request *r)
{
	if (r->asked && !r->answered)
		forget(r);
	r->asked = r->answered = false;
}

/* ---- the client ---- */

static void on_closed(uv_handle_t *handle)
{
	struct key_client *c = handle->data;

	if (--c->open_handles == 0)
		free(c);
}

static int open_handles(struct key_client *c, struct uv_loop_s *loop)
{
	if (uv_timer_init(loop, &c->timer) != 0)
		return INKAN_EIO;
	c->timer.data = c;
	c->open_handles++;
	if (uv_poll_init(loop, &c->poll, c->fd) != 0)
		return INKAN_EIO;
	c->poll.data = c;
	c->open_handles++;
	if (uv_poll_start(&c->poll, UV_READABLE, on_socket) != 0)
		return INKAN_EIO;
	uv_unref((uv_handle_t *)&c->poll); /* nobody waits for it while nothing was asked */
	return INKAN_OK;
}

int key_client_new(struct uv_loop_s *loop, int fd, struct metrics_slot *metrics, struct key_client **out)
{
	struct key_client *c = calloc(1, sizeof *c);

	if (!c)
		return INKAN_ENOMEM;
	c->fd = fd;
	c->metrics = metrics;
	c->last = &c->waiting;
	while (c->free_count < KEY_REQUESTS_MAX) {
		c->free_slots[c->free_count] = (uint16_t)(KEY_REQUESTS_MAX - 1 - c->free_count);
		c->free_count++;
	}
	/* in the socket may lie answers to one who sat here before */
	random_octets(&c->serial, sizeof c->serial);
	int error = open_handles(c, loop);

	if (error) {
		key_client_free(c);
		return error;
	}
	*out = c;
	return INKAN_OK;
}

void key_client_free(struct key_client *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < KEY_REQUESTS_MAX; i++) {
		struct key_request *r = c->slots[i];

		if (r) {
			key_request_cancel(r);
			r->client = NULL;
		}
	}
	int open = c->open_handles;

	if (open == 0)
		free(c);
	if (open > 0)
		uv_close((uv_handle_t *)&c->timer, on_closed);
	if (open > 1)
		uv_close((uv_handle_t *)&c->poll, on_closed);
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
