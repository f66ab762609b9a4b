/* The event interface of libunbound over libuv; see unbound_loop.h.
 *
 * An event of libunbound may wait for a descriptor, a time, or both. Its uv handles are made when it is added and closed
 * when it is deleted, at once, because libunbound reuses descriptors. libuv closes handles later, so they are separate
 * allocations that forget their event first. A callback may free its event: nothing is touched after it. */
#include "io/unbound_loop.h"

#include <stdlib.h>
#include <sys/time.h>
#include <uv.h>

#include <unbound-event.h>

struct event_base {
	struct ub_event_base base; /* first: libunbound knows only this */
	struct ub_event_base_vmt vmt;
	uv_loop_t *loop;
};

struct event {
	struct ub_event event; /* first */
	uv_loop_t *loop;
	int fd;
	short bits;
	void (*callback)(int fd, short bits, void *arg);
	void *arg;
	uv_poll_t *poll;   /* NULL: not waiting for the descriptor */
	uv_timer_t *timer; /* NULL: not waiting for a time */
	uint64_t interval; /* of the timer, milliseconds */
};

static void free_handle(uv_handle_t *handle)
{
	free(handle);
}

static void stop(struct event *e)
{
	if (e->poll) {
		e->poll->data = NULL;
		uv_close((uv_handle_t *)e->poll, free_handle);
	}
	if (e->timer) {
		e->timer->data = NULL;
		uv_close((uv_handle_t *)e->timer, free_handle);
	}
	e->poll = NULL;
	e->timer = NULL;
}

static void on_timer(uv_timer_t *timer);

/* The event happened: what is not persistent stops, what is begins a new interval. The last thing done with e. */
static void happen(struct event *e, short what)
{
	if (!(e->bits & UB_EV_PERSIST))
		stop(e);
	else if (e->timer)
		uv_timer_start(e->timer, on_timer, e->interval, 0);
	e->callback(e->fd, what, e->arg);
}

static void on_timer(uv_timer_t *timer)
{
	if (timer->data)
		happen(timer->data, UB_EV_TIMEOUT);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct event *e = poll->data;
	short what = 0;

	if (!e)
		return;
	if (status < 0) /* let the reader or writer find out */
		what = (short)(e->bits & (UB_EV_READ | UB_EV_WRITE));
	if (events & UV_READABLE)
		what |= UB_EV_READ;
	if (events & UV_WRITABLE)
		what |= UB_EV_WRITE;
	happen(e, what);
}

static int start_poll(struct event *e)
{
	int events = (e->bits & UB_EV_READ ? UV_READABLE : 0) | (e->bits & UB_EV_WRITE ? UV_WRITABLE : 0);

	if (!e->poll) {
		uv_poll_t *poll = malloc(sizeof(*poll));

		if (!poll || uv_poll_init(e->loop, poll, e->fd)) {
			free(poll);
			return -1;
		}
		e->poll = poll;
		poll->data = e;
	}
	return uv_poll_start(e->poll, events, on_poll) ? -1 : 0;
}

static int start_timer(struct event *e, const struct timeval *after)
{
	if (!e->timer) {
		uv_timer_t *timer = malloc(sizeof(*timer));

		if (!timer || uv_timer_init(e->loop, timer)) {
			free(timer);
			return -1;
		}
		e->timer = timer;
		timer->data = e;
	}
	e->interval = (uint64_t)after->tv_sec * 1000 + ((uint64_t)after->tv_usec + 999) / 1000;
	uv_update_time(e->loop);
	return uv_timer_start(e->timer, on_timer, e->interval, 0) ? -1 : 0;
}

/* ---- what libunbound calls ---- */

static struct event *of(struct ub_event *event)
{
	return (struct event *)event;
}

static void event_add_bits(struct ub_event *event, short bits)
{
	of(event)->bits |= bits;
}

static void event_del_bits(struct ub_event *event, short bits)
{
	of(event)->bits = (short)(of(event)->bits & ~bits);
}

static void event_set_fd(struct ub_event *event, int fd)
{
	of(event)->fd = fd;
}

static int event_del(struct ub_event *event)
{
	stop(of(event));
	return 0;
}

static void event_free(struct ub_event *event)
{
	stop(of(event));
	free(event);
}

static int event_add(struct ub_event *event, struct timeval *timeout)
{
	struct event *e = of(event);

	if ((e->bits & (UB_EV_READ | UB_EV_WRITE)) && start_poll(e))
		return -1;
	return timeout ? start_timer(e, timeout) : 0;
}

static int event_add_timer(struct ub_event *event, struct ub_event_base *base, void (*callback)(int, short, void *),
                           void *arg, struct timeval *timeout)
{
	struct event *e = of(event);

	(void)base;
	e->callback = callback;
	e->arg = arg;
	return start_timer(e, timeout);
}

static int no_signal(struct ub_event *event, struct timeval *timeout)
{
	(void)event;
	(void)timeout;
	return -1;
}

static int no_del_signal(struct ub_event *event)
{
	(void)event;
	return -1;
}

static void no_winsock_unregister(struct ub_event *event)
{
	(void)event;
}

static void no_winsock_wouldblock(struct ub_event *event, int bits)
{
	(void)event;
	(void)bits;
}

static struct ub_event_vmt event_vmt = {
	.add_bits = event_add_bits,
	.del_bits = event_del_bits,
	.set_fd = event_set_fd,
	.free = event_free,
	.add = event_add,
	.del = event_del,
	.add_timer = event_add_timer,
	.del_timer = event_del,
	.add_signal = no_signal,
	.del_signal = no_del_signal,
	.winsock_unregister_wsaevent = no_winsock_unregister,
	.winsock_tcp_wouldblock = no_winsock_wouldblock,
};

static struct ub_event *base_new_event(struct ub_event_base *base, int fd, short bits,
                                       void (*callback)(int, short, void *), void *arg)
{
	struct event *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	*e = (struct event){
		.event = {UB_EVENT_MAGIC, &event_vmt},
		.loop = ((struct event_base *)base)->loop,
		.fd = fd,
		.bits = bits,
		.callback = callback,
		.arg = arg,
	};
	return &e->event;
}

static struct ub_event *base_new_signal(struct ub_event_base *base, int fd, void (*callback)(int, short, void *),
                                        void *arg)
{
	return base_new_event(base, fd, 0, callback, arg);
}

static struct ub_event *base_no_winsock(struct ub_event_base *base, void *event, void (*callback)(int, short, void *),
                                        void *arg)
{
	(void)base;
	(void)event;
	(void)callback;
	(void)arg;
	return NULL;
}

static int base_no_dispatch(struct ub_event_base *base)
{
	(void)base;
	return -1;
}

static int base_no_loopexit(struct ub_event_base *base, struct timeval *timeout)
{
	(void)base;
	(void)timeout;
	return 0;
}

/* "Not called by libunbound", which does so where its own set-up ran out of memory; the base is not its own. */
static void base_keep(struct ub_event_base *base)
{
	(void)base;
}

void unbound_loop_free(struct ub_event_base *base)
{
	free(base);
}

struct ub_event_base *unbound_loop_new(uv_loop_t *loop)
{
	struct event_base *made = calloc(1, sizeof(*made));

	if (!made)
		return NULL;
	made->loop = loop;
	made->vmt = (struct ub_event_base_vmt){
		.free = base_keep,
		.dispatch = base_no_dispatch,
		.loopexit = base_no_loopexit,
		.new_event = base_new_event,
		.new_signal = base_new_signal,
		.winsock_register_wsaevent = base_no_winsock,
	};
	made->base = (struct ub_event_base){UB_EVENT_MAGIC, &made->vmt};
	return &made->base;
}
