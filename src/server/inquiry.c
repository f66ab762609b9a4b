#include "server/inquiry.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <uv.h>

#include "io/clock.h"
#include "io/random.h"
#include "server/octets.h"

enum {
	SLOT_BITS = 12, /* of an id, which names the place of its inquiry; the others make it unique */
	TICK = 50,      /* ms between two looks at the clock, while something is on its way */
	ID_PLACE = 2,   /* in request and answer */
	ID_SIZE = 8
};
_Static_assert(INQUIRIES_MAX == 1 << SLOT_BITS, "an id must be able to name every slot");

struct inquiry_client {
	uv_poll_t poll;
	uv_timer_t timer;
	int open_handles;
	bool wants_room; /* for what is `waiting`: the loop says when the socket has some */
	int fd;
	const struct inquiry_kind *kind;
	struct metrics_slot *metrics; /* NULL: nobody counts */
	struct inquiry *slots[INQUIRIES_MAX];
	uint16_t free_slots[INQUIRIES_MAX];
	size_t free_count;
	uint64_t serial; /* of the last inquiry */
	struct inquiry *waiting,
		**last; /* for room in the socket, or for the answer to another; first come first served */
	size_t waiting_count;
	size_t late_count; /* that were sent, and not answered in time: others do not wait for these */
};

static void count(const struct inquiry_client *c, enum metric metric)
{
	if (c->metrics)
		metrics_add(c->metrics, metric, 1);
}

/* ---- the socket ---- */

static void wait_unlink(struct inquiry_client *c, struct inquiry *q)
{
	if (!q->link)
		return;
	*q->link = q->next;
	if (q->next)
		q->next->link = q->link;
	else
		c->last = q->link;
	q->link = NULL;
	q->next = NULL;
	c->waiting_count--;
}

static void on_socket(uv_poll_t *poll, int status, int events);

static void set_late(struct inquiry_client *c, struct inquiry *q, bool late)
{
	c->late_count = c->late_count - q->late + late;
	q->late = late;
}

static bool may_send(const struct inquiry_client *c)
{
	return INQUIRIES_MAX - c->free_count - c->waiting_count - c->late_count < INQUIRIES_ON_WAY;
}

/* Answers always, room to write only where something waits for it. */
static void watch(struct inquiry_client *c, bool room)
{
	if (room == c->wants_room)
		return;
	c->wants_room = room;
	(void)uv_poll_start(&c->poll, room ? UV_READABLE | UV_WRITABLE : UV_READABLE, on_socket);
}

static void wait_link(struct inquiry_client *c, struct inquiry *q)
{
	if (q->link)
		return;
	q->next = NULL;
	q->link = c->last;
	*c->last = q;
	c->last = &q->next;
	c->waiting_count++;
	set_late(c, q, false);
	watch(c, may_send(c));
}

/* False: there is no room now. A socket that fails otherwise is a matter of the deadline: its other end may come back. */
static bool send_request(struct inquiry_client *c, struct inquiry *q)
{
	unsigned char octets[INQUIRY_REQUEST_MAX];

	if (send(c->fd, octets, c->kind->pack(q, octets), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 &&
	    (errno == EAGAIN || errno == ENOBUFS || errno == EINTR))
		return false;
	q->sent = clock_milliseconds();
	return true;
}

static void send_waiting(struct inquiry_client *c)
{
	while (c->waiting && may_send(c) && send_request(c, c->waiting))
		wait_unlink(c, c->waiting);
	watch(c, c->waiting && may_send(c));
}

/* ---- inquiries ---- */

/* It is not on its way any more. */
static void forget(struct inquiry *q)
{
	struct inquiry_client *c = q->client;
	size_t slot = q->id % INQUIRIES_MAX;

	wait_unlink(c, q);
	set_late(c, q, false);
	c->slots[slot] = NULL;
	c->free_slots[c->free_count++] = (uint16_t)slot;
	q->client = NULL;
	watch(c, c->waiting && may_send(c)); /* the next one is sent on the loop's next turn */
	if (c->free_count == INQUIRIES_MAX)
		uv_timer_stop(&c->timer);
}

static void finish(struct inquiry *q, int error)
{
	struct inquiry_client *c = q->client;

	if (error)
		count(c, c->kind->failed);
	forget(q);
	c->kind->done(q, error);
}

static void on_answer(struct inquiry_client *c, const unsigned char *octets, size_t n)
{
	int error = INKAN_OK;

	if (n < ID_PLACE + ID_SIZE)
		return;
	uint64_t id = octets_get(octets + ID_PLACE, ID_SIZE);
	struct inquiry *q = c->slots[id % INQUIRIES_MAX];

	if (!q || q->id != id || !c->kind->take(q, octets, n, &error))
		return; /* cancelled, answered before, or not of ours */
	if (!error && c->metrics)
		metrics_time(c->metrics, c->kind->time, (uv_hrtime() - q->begun) / 1000);
	finish(q, error);
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
	struct inquiry_client *c = poll->data;
	unsigned char octets[INQUIRY_ANSWER_MAX + 1];
	ssize_t n = 1;

	(void)status;
	(void)events;
	/* no more than were asked, so that other sockets have their turn */
	for (int i = 0; n > 0 && (i == 0 || (i < INQUIRIES_ON_WAY && c->free_count < INQUIRIES_MAX)); i++) {
		n = recv(c->fd, octets, sizeof octets, MSG_DONTWAIT);
		if (n > 0)
			on_answer(c, octets, (size_t)n);
	}
	if (n == 0) {
		uv_poll_stop(&c->poll); /* closed, which is a matter of the deadline */
		c->wants_room = false;
	} else {
		send_waiting(c);
	}
}

static void look_after(struct inquiry_client *c, struct inquiry *q, int64_t now)
{
	if (now - q->since >= c->kind->deadline) {
		finish(q, INKAN_EIO);
	} else if (!q->link && now - q->sent >= c->kind->retry) {
		count(c, c->kind->retried);
		set_late(c, q, true);
		if (!send_request(c, q))
			wait_link(c, q);
	}
}

static void on_tick(uv_timer_t *timer)
{
	struct inquiry_client *c = timer->data;
	int64_t now = clock_milliseconds();

	for (size_t i = 0; i < INQUIRIES_MAX; i++)
		if (c->slots[i])
			look_after(c, c->slots[i], now);
	watch(c, c->waiting && may_send(c));
}

int inquiry_ask(struct inquiry_client *c, struct inquiry *q)
{
	if (c->free_count == 0) {
		count(c, c->kind->failed);
		return INKAN_ELIMIT;
	}
	bool is_next = !c->waiting && may_send(c);
	size_t slot = c->free_slots[--c->free_count];

	if (c->free_count == INQUIRIES_MAX - 1)
		(void)uv_timer_start(&c->timer, on_tick, TICK, TICK);
	c->slots[slot] = q;
	*q = (struct inquiry){.client = c, .id = ++c->serial << SLOT_BITS | slot, .begun = uv_hrtime()};
	q->since = q->sent = clock_milliseconds();
	count(c, c->kind->asked);
	if (!is_next || !send_request(c, q))
		wait_link(c, q);
	return INKAN_OK;
}

void inquiry_cancel(struct inquiry *q)
{
	if (q->client)
		forget(q);
}

/* ---- the client ---- */

static void on_closed(uv_handle_t *handle)
{
	struct inquiry_client *c = handle->data;

	if (--c->open_handles == 0)
		free(c);
}

static int open_handles(struct inquiry_client *c, struct uv_loop_s *loop)
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

int inquiry_client_new(struct uv_loop_s *loop, int fd, const struct inquiry_kind *kind, struct metrics_slot *metrics,
                       struct inquiry_client **out)
{
	struct inquiry_client *c = calloc(1, sizeof *c);

	if (!c)
		return INKAN_ENOMEM;
	c->fd = fd;
	c->kind = kind;
	c->metrics = metrics;
	c->last = &c->waiting;
	while (c->free_count < INQUIRIES_MAX) {
		c->free_slots[c->free_count] = (uint16_t)(INQUIRIES_MAX - 1 - c->free_count);
		c->free_count++;
	}
	/* in the socket may lie answers to one who sat here before */
	random_octets(&c->serial, sizeof c->serial);
	int error = open_handles(c, loop);

	if (error) {
		inquiry_client_free(c);
		return error;
	}
	*out = c;
	return INKAN_OK;
}

void inquiry_client_free(struct inquiry_client *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < INQUIRIES_MAX; i++)
		if (c->slots[i])
			forget(c->slots[i]);
	int open = c->open_handles;

	if (open == 0)
		free(c);
	if (open > 0)
		uv_close((uv_handle_t *)&c->timer, on_closed);
	if (open > 1)
		uv_close((uv_handle_t *)&c->poll, on_closed);
}
