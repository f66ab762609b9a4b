/* The last messages, for the status page: written by one thread, read by others. */
#pragma once

#include <pthread.h>

#include "store/outcome.h"

enum { RECENT_MAX = 50 };

struct recent {
	pthread_mutex_t mutex;
	struct buf list[RECENT_MAX]; /* packed; a ring */
	uint64_t count;              /* ever put */
};

INKAN_MUST_CHECK int recent_init(struct recent *r);
void recent_release(struct recent *r);
void recent_put(struct recent *r, struct str packed);
/* Adds a copy of the i-th newest to out; false: there is none. */
bool recent_get(struct recent *r, size_t i, struct buf *out);
