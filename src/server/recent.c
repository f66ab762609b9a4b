#include "server/recent.h"

int recent_init(struct recent *r)
{
	*r = (struct recent){.count = 0};
	for (size_t i = 0; i < RECENT_MAX; i++)
		buf_init(&r->list[i], OUTCOME_PACKED_MAX);
	return pthread_mutex_init(&r->mutex, NULL) ? INKAN_ENOMEM : INKAN_OK;
}

void recent_release(struct recent *r)
{
	for (size_t i = 0; i < RECENT_MAX; i++)
		buf_release(&r->list[i]);
	pthread_mutex_destroy(&r->mutex);
}

void recent_put(struct recent *r, struct str packed)
{
	pthread_mutex_lock(&r->mutex);
	struct buf *to = &r->list[r->count++ % RECENT_MAX];

	buf_clear(to);
	buf_put(to, packed);
	pthread_mutex_unlock(&r->mutex);
}

bool recent_get(struct recent *r, size_t i, struct buf *out)
{
	pthread_mutex_lock(&r->mutex);
	bool is_there = i < RECENT_MAX && i < r->count;

	if (is_there)
		buf_put(out, buf_str(&r->list[(r->count - 1 - i) % RECENT_MAX]));
	pthread_mutex_unlock(&r->mutex);
	return is_there;
}
