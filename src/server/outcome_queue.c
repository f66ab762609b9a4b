#include "server/outcome_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void flush(struct outcome_queue *q);

static void on_writable(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	flush(poll->data);
}

int outcome_queue_init(struct outcome_queue *q, uv_loop_t *loop, int fd, struct metrics_slot *metrics)
{
	*q = (struct outcome_queue){.fd = dup(fd), .metrics = metrics}; /* a loop wants a descriptor of its own */
	buf_init(&q->waiting, OUTCOME_QUEUE_MAX);
	buf_init(&q->packed, OUTCOME_PACKED_MAX);
	if (q->fd < 0)
		return INKAN_EIO;
	if (uv_poll_init(loop, &q->poll, q->fd) != 0) {
		close(q->fd);
		q->fd = -1;
		return INKAN_EIO;
	}
	q->poll.data = q;
	return INKAN_OK;
}

/* 1: sent; 0: not now; -1: never */
static int send_one(struct outcome_queue *q, struct str packed)
{
	ssize_t n;

	do
		n = send(q->fd, packed.p, packed.n, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 1;
	return errno == EAGAIN || errno == ENOBUFS ? 0 : -1;
}

static void drop(struct outcome_queue *q)
{
	metrics_add(q->metrics, METRIC_OUTCOMES_DROPPED, 1);
}

static void watch(struct outcome_queue *q, bool wanted)
{
	if (wanted == q->polling)
		return;
	if (wanted)
		uv_poll_start(&q->poll, UV_WRITABLE, on_writable);
	else
		uv_poll_stop(&q->poll);
	q->polling = wanted;
}

/* Sends what waits, in order, until the socket is full again. */
static void flush(struct outcome_queue *q)
{
	while (q->sent < q->waiting.n) {
		uint32_t n;

		memcpy(&n, q->waiting.p + q->sent, sizeof n);
		int state = send_one(q, str_from(q->waiting.p + q->sent + sizeof n, n));

		if (state == 0)
			break;
		if (state < 0)
			drop(q);
		q->sent += sizeof n + n;
	}
	if (q->sent == q->waiting.n) {
		buf_clear(&q->waiting);
		q->sent = 0;
	}
	watch(q, q->sent < q->waiting.n);
}

/* The room of what was sent is used again before more memory is. */
static void compact(struct outcome_queue *q)
{
	if (q->sent < q->waiting.n / 2)
		return;
	memmove(q->waiting.p, q->waiting.p + q->sent, q->waiting.n - q->sent);
	q->waiting.n -= q->sent;
	q->sent = 0;
}

static void keep(struct outcome_queue *q, struct str packed)
{
	uint32_t n = (uint32_t)packed.n;

	compact(q);
	char *to =
		packed.n + sizeof n <= OUTCOME_QUEUE_MAX - q->waiting.n ? buf_reserve(&q->waiting, sizeof n + n) : NULL;

	if (!to) {
		q->waiting.error = INKAN_OK; /* what waits is whole: nothing was put */
		drop(q);
		return;
	}
	memcpy(to, &n, sizeof n);
	memcpy(to + sizeof n, packed.p, n);
	buf_commit(&q->waiting, sizeof n + n);
	watch(q, true);
}

void outcome_queue_send(struct outcome_queue *q, const struct outcome *outcome)
{
	buf_clear(&q->packed);
	outcome_pack(outcome, &q->packed);
	if (buf_error(&q->packed)) {
		drop(q);
		return;
	}
	int state = q->waiting.n ? 0 : send_one(q, buf_str(&q->packed));

	if (state == 0)
		keep(q, buf_str(&q->packed));
	else if (state < 0)
		drop(q);
}

void outcome_queue_close(struct outcome_queue *q)
{
	if (q->fd < 0)
		return;
	flush(q);
	for (size_t at = q->sent; at < q->waiting.n;) {
		uint32_t n;

		memcpy(&n, q->waiting.p + at, sizeof n);
		drop(q);
		at += sizeof n + n;
	}
	uv_close((uv_handle_t *)&q->poll, NULL);
}

void outcome_queue_release(struct outcome_queue *q)
{
	if (q->fd >= 0)
		close(q->fd);
	q->fd = -1;
	buf_release(&q->waiting);
	buf_release(&q->packed);
}
