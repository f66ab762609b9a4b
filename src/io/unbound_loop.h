/* Lets libunbound run on a libuv loop: its pluggable event interface (unbound-event.h) over uv_poll and uv_timer. */
#pragma once

struct ub_event_base;
struct uv_loop_s;

/* A base for ub_ctx_create_ub_event(); NULL where memory is short. The loop must outlive it, and be run once after the
 * context was deleted, so that its handles are closed. */
struct ub_event_base *unbound_loop_new(struct uv_loop_s *loop);
void unbound_loop_free(struct ub_event_base *base);
