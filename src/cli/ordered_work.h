/* Many pieces of work in several threads, results in the order of the pieces.
 *
 * Pieces are taken one at a time, worked on in parallel and delivered one at a time, in order, by the thread that called
 * ordered_work_run(). Results that are ready before their turn wait in a window; when it is full, the workers wait, so
 * memory is bounded however uneven the work is. With one worker everything happens in the calling thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct ordered_work {
	void *context;
	unsigned workers;   /* 1 or more */
	size_t window;      /* results held at once, `workers` or more */
	size_t held_max;    /* no piece is taken while results held back have more octets than that; see `size` */
	size_t result_size; /* octets of a result; they are cleared before first use and used again and again */

	/* The state of a worker, made and released in the calling thread. NULL: it cannot be made; then nothing runs. */
	void *(*start)(void *context);
	void (*stop)(void *context, void *worker);
	/* Takes the next piece for this worker: 1; 0: there is none left; negative: an error, which ends the work. Never
	 * called by two threads at once; meanwhile other pieces are worked on and delivered, so it may take its time. */
	int (*take)(void *context, void *worker);
	/* Does the piece that the worker has taken. Called by many threads at once. */
	void (*work)(void *context, void *worker, void *result);
	/* Octets of memory that a result holds, called by the worker that made it; NULL: not counted. */
	size_t (*size)(const void *result);
	/* In the calling thread. False: no further piece is taken and nothing more delivered. */
	bool (*deliver)(void *context, void *result);
	/* In the calling thread, every now and then while results are awaited, NULL: not wanted. */
	void (*wait)(void *context);
	void (*release)(void *result); /* before the results go; NULL: nothing to do */
};

/* Returns when all is delivered: INKAN_OK, INKAN_ENOMEM (no memory or no thread; nothing ran), INKAN_EUSAGE,
 * or the error of take(): then the pieces before it were delivered, those behind it were not taken. */
int ordered_work_run(const struct ordered_work *w);
