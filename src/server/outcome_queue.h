/* Outcomes on their way to the recorder: sent at once, or kept, up to a bound, until the socket takes them. The message path never
 * waits for it. */
#pragma once

#include <uv.h>

#include "server/metrics.h"
#include "store/outcome.h"

enum {
	OUTCOME_QUEUE_MAX = 4 * 1024 * 1024 /* octets that wait in a worker; further outcomes are dropped and counted */
};

struct outcome_queue {
	int fd;
	struct metrics_slot *metrics;
	uv_poll_t poll;
	struct buf waiting; /* length (4 octets) and octets of each; from `sent` on */
	size_t sent;
	struct buf packed;
	bool polling;
};

INKAN_MUST_CHECK int outcome_queue_init(struct outcome_queue *q, uv_loop_t *loop, int fd, struct metrics_slot *metrics);
void outcome_queue_send(struct outcome_queue *q, const struct outcome *outcome);
/* Closes the handle (the loop is to be run once more) after a last try to send what waits. */
void outcome_queue_close(struct outcome_queue *q);
void outcome_queue_release(struct outcome_queue *q);
