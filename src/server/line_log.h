/* Lines to standard error that never make their writer wait: what the reader does not take in time is lost, counted, and
 * said so as soon as there is room. Belongs to one thread. */
#pragma once

#include "server/metrics.h"

enum {
	LINE_LOG_WAITING_MAX = 1024 * 1024, /* octets that wait for the reader */
	LINE_LOG_PIECE =
		4096 /* octets that a pipe takes at once (PIPE_BUF) where it can be asked only whether it takes any */
};

/* As in syslog(3). */
enum line_level { LINE_WARNING = 4, LINE_INFO = 6 };

struct line_log {
	int fd;
	enum { LINE_LOG_SOCKET, LINE_LOG_NONBLOCKING, LINE_LOG_CAREFUL } way;
	bool json;          /* lines of our own are JSON too */
	const char *prefix; /* in front of lines that are not JSON; NULL: the level, for the journal */
	struct buf waiting;
	size_t written; /* octets of it that are out */
	uint64_t lost;  /* lines, since it was last said */
	struct metrics_slot *metrics;
};

/* Before privileges are dropped: standard error may have to be opened anew. */
void line_log_init(struct line_log *l, bool json, struct metrics_slot *metrics);
/* A line without its end, made for a log already. */
void line_log_put(struct line_log *l, enum line_level level, struct str line);
/* A line about ourselves: text made safe, or JSON. */
void line_log_say(struct line_log *l, enum line_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Writes what can be written now. */
void line_log_flush(struct line_log *l);
/* Lines wait: to be flushed when l->fd is writable. */
bool line_log_waits(const struct line_log *l);
/* What still waits is lost, and counted. */
void line_log_release(struct line_log *l);
