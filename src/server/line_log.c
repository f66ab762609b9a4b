/* Standard error is shared with other processes, so it is not made non-blocking: a socket (the journal) is written with
 * MSG_DONTWAIT; a pipe or a terminal is opened anew, where that is allowed; else poll() is asked before each small piece. */
#include "server/line_log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/json.h"
#include "core/safe_text.h"

enum { SAID_MAX = 2000 /* octets of a line about ourselves */ };

static int open_anew(void)
{
	return open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_APPEND | O_CLOEXEC | O_NOCTTY);
}

void line_log_init(struct line_log *l, bool json, struct metrics_slot *metrics)
{
	struct stat status;
	bool known = fstat(STDERR_FILENO, &status) == 0;

	*l = (struct line_log){.fd = STDERR_FILENO, .way = LINE_LOG_CAREFUL, .json = json, .metrics = metrics};
	l->prefix = getenv("JOURNAL_STREAM") ? NULL : "inkan: ";
	buf_init(&l->waiting, LINE_LOG_WAITING_MAX);
	if (known && S_ISSOCK(status.st_mode)) {
		l->way = LINE_LOG_SOCKET;
	} else if (known && !S_ISREG(status.st_mode)) {
		int fd = open_anew();

		l->fd = fd < 0 ? STDERR_FILENO : fd;
		l->way = fd < 0 ? LINE_LOG_CAREFUL : LINE_LOG_NONBLOCKING;
	}
}

static void lose(struct line_log *l)
{
	l->lost++;
	metrics_add(l->metrics, METRIC_LOG_LINES_LOST, 1);
}

/* A line goes in whole or not at all. */
static void put(struct line_log *l, enum line_level level, struct str line)
{
	size_t before = l->waiting.n;

	if (!l->prefix)
		buf_printf(&l->waiting, "<%d>", (int)level);
	else if (!l->json)
		buf_put_c(&l->waiting, l->prefix);
	buf_put(&l->waiting, line);
	buf_put_char(&l->waiting, '\n');
	if (l->waiting.error) {
		l->waiting.error = INKAN_OK;
		l->waiting.n = before;
		lose(l);
	}
}

static void say(struct line_log *l, enum line_level level, struct str text)
{
	struct buf line;

	buf_init(&line, SIZE_MAX);
	if (l->json) {
		struct json j = json_to(&line);

		json_object_begin(&j);
		json_key_c(&j, "level", level == LINE_WARNING ? "warning" : "info");
		json_key_str(&j, "message", text);
		json_object_end(&j);
	} else {
		safe_text(&line, text);
	}
	if (!buf_error(&line))
		put(l, level, buf_str(&line));
	buf_release(&line);
}

/* As soon as there is room again. */
static void say_what_was_lost(struct line_log *l)
{
	char text[100];
	uint64_t lost = l->lost;

	if (!lost || l->waiting.n > LINE_LOG_WAITING_MAX / 2)
		return;
	l->lost = 0;
	snprintf(text, sizeof(text), "%llu lines of the log were lost: nobody read it", (unsigned long long)lost);
	say(l, LINE_WARNING, str_c(text));
}

void line_log_put(struct line_log *l, enum line_level level, struct str line)
{
	say_what_was_lost(l);
	put(l, level, line);
}

void line_log_say(struct line_log *l, enum line_level level, const char *format, ...)
{
	char text[SAID_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	say_what_was_lost(l);
	say(l, level, str_c(text));
}

bool line_log_waits(const struct line_log *l)
{
	return l->written < l->waiting.n;
}

static ssize_t write_some(struct line_log *l, struct str octets)
{
	struct pollfd poll_fd = {.fd = l->fd, .events = POLLOUT};

	switch (l->way) {
	case LINE_LOG_SOCKET:
		return send(l->fd, octets.p, octets.n, MSG_DONTWAIT | MSG_NOSIGNAL);
	case LINE_LOG_NONBLOCKING:
		return write(l->fd, octets.p, octets.n);
	case LINE_LOG_CAREFUL:
		break;
	}
	if (poll(&poll_fd, 1, 0) != 1) {
		errno = EAGAIN;
		return -1;
	}
	return write(l->fd, octets.p, octets.n < LINE_LOG_PIECE ? octets.n : LINE_LOG_PIECE);
}

/* Nobody will ever read it. */
static void lose_all(struct line_log *l)
{
	for (size_t i = l->written; i < l->waiting.n; i++)
		if (l->waiting.p[i] == '\n')
			lose(l);
	l->written = l->waiting.n;
}

void line_log_release(struct line_log *l)
{
	lose_all(l);
	if (l->fd != STDERR_FILENO)
		close(l->fd);
	buf_release(&l->waiting);
}

void line_log_flush(struct line_log *l)
{
	while (line_log_waits(l)) {
		ssize_t n = write_some(l, str_skip(buf_str(&l->waiting), l->written));

		if (n >= 0)
			l->written += (size_t)n;
		else if (errno == EAGAIN)
			break;
		else if (errno != EINTR)
			lose_all(l);
	}
	if (l->written == l->waiting.n) {
		buf_clear(&l->waiting);
		l->written = 0;
	} else if (l->written > LINE_LOG_WAITING_MAX / 2) {
		memmove(l->waiting.p, l->waiting.p + l->written, l->waiting.n - l->written);
		l->waiting.n -= l->written;
		l->written = 0;
	}
}
