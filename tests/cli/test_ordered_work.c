/* Work in threads: every piece once, results in order, never more than the window ahead. */
#include "cli/ordered_work.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "inkan/error.h"
#include "support/case.h"

struct result {
	unsigned piece;
	char *text; /* from malloc, to see that it is released */
};

struct scene {
	const char *name;
	unsigned workers, pieces;
	size_t window;
	unsigned stop_at;     /* deliver() refuses this piece and what follows; UINT32_MAX: none */
	unsigned start_fails; /* the n-th start fails; 0: none */
	unsigned want;        /* pieces delivered */
	int error;
	unsigned take_fails; /* taking this piece, counted from 1, is out of memory; 0: none */
	size_t held_max;     /* octets, of which each result has 10; 0: not counted */
};

static const struct scene scenes[] = {
	{"one worker", 1, 100, 1, UINT32_MAX, 0, 100, INKAN_OK},
	{"two workers", 2, 1000, 8, UINT32_MAX, 0, 1000, INKAN_OK},
	{"window as small as can be", 4, 500, 4, UINT32_MAX, 0, 500, INKAN_OK},
	{"more workers than pieces", 16, 3, 32, UINT32_MAX, 0, 3, INKAN_OK},
	{"nothing to do", 3, 0, 8, UINT32_MAX, 0, 0, INKAN_OK},
	{"the receiver stops", 3, 1000, 8, 10, 0, 11, INKAN_OK},
	{"the receiver stops a single worker", 1, 1000, 8, 10, 0, 11, INKAN_OK},
	{"a worker cannot be made", 3, 10, 8, UINT32_MAX, 2, 0, INKAN_ENOMEM},
	{"a piece cannot be taken", 3, 100, 8, UINT32_MAX, 0, 50, INKAN_ENOMEM, 51},
	{"a piece cannot be taken by a single worker", 1, 100, 1, UINT32_MAX, 0, 50, INKAN_ENOMEM, 51},
	{"the first piece cannot be taken", 2, 100, 4, UINT32_MAX, 0, 0, INKAN_ENOMEM, 1},
	{"results that hold much wait for those before them", 4, 500, 100, UINT32_MAX, 0, 500, INKAN_OK, 0, 30},
	{"each result alone holds too much", 4, 200, 100, UINT32_MAX, 0, 200, INKAN_OK, 0, 1},
	{"no worker", 0, 10, 8, UINT32_MAX, 0, 0, INKAN_EUSAGE},
	{"a window smaller than the workers", 3, 10, 2, UINT32_MAX, 0, 0, INKAN_EUSAGE},
};

struct play {
	const struct scene *scene;
	pthread_t caller;
	unsigned next, delivered, started, stopped;
	atomic_uint worked;
	atomic_int taking;
	bool in_order, ahead, wrong_thread, two_takers;
};

struct hand {
	unsigned piece;
};

static void *start(void *context)
{
	struct play *p = context;

	return ++p->started == p->scene->start_fails ? NULL : calloc(1, sizeof(struct hand));
}

static void stop(void *context, void *worker)
{
	((struct play *)context)->stopped++;
	free(worker);
}

static int take(void *context, void *worker)
{
	struct play *p = context;
	int any;

	if (atomic_fetch_add(&p->taking, 1))
		p->two_takers = true;
	any = p->next + 1 == p->scene->take_fails ? INKAN_ENOMEM : p->next < p->scene->pieces;
	if (any > 0)
		((struct hand *)worker)->piece = p->next++;
	atomic_fetch_sub(&p->taking, 1);
	return any;
}

static void work(void *context, void *worker, void *result)
{
	struct play *p = context;
	struct result *r = result;

	r->piece = ((struct hand *)worker)->piece;
	if (!r->text)
		r->text = malloc(10);
	if (r->piece % 7 == 0) /* uneven, so that others overtake */
		nanosleep(&(struct timespec){0, 1000000}, NULL);
	atomic_fetch_add(&p->worked, 1);
}

static bool deliver(void *context, void *result)
{
	struct play *p = context;
	struct result *r = result;

	if (!pthread_equal(pthread_self(), p->caller))
		p->wrong_thread = true;
	if (r->piece != p->delivered)
		p->in_order = false;
	p->delivered++;
	size_t ahead = atomic_load(&p->worked) - (p->delivered - 1);

	if (ahead > p->scene->window)
		p->ahead = true;
	if (p->scene->held_max && ahead > p->scene->held_max / 10 + p->scene->workers)
		p->ahead = true;
	return r->piece != p->scene->stop_at;
}

static void release(void *result)
{
	free(((struct result *)result)->text);
}

static size_t size(const void *result)
{
	return ((const struct result *)result)->text ? 10 : 0;
}

static void run_scene(const void *row)
{
	struct play p = {.scene = row, .in_order = true, .caller = pthread_self()};
	struct ordered_work w = {
		.context = &p,
		.workers = p.scene->workers,
		.window = p.scene->window,
		.result_size = sizeof(struct result),
		.start = start,
		.stop = stop,
		.take = take,
		.work = work,
		.deliver = deliver,
		.held_max = p.scene->held_max,
		.size = p.scene->held_max ? size : NULL,
		.release = release,
	};

	assert_int_equal(ordered_work_run(&w), p.scene->error);
	assert_int_equal(p.delivered, p.scene->want);
	assert_true(p.in_order);
	assert_false(p.ahead);
	assert_false(p.wrong_thread);
	assert_false(p.two_takers);
	assert_int_equal(p.stopped, p.started - (p.scene->start_fails ? 1 : 0));
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, scenes, run_scene);
	return test_run(&list, "cli/ordered_work");
}
