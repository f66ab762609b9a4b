/* Nobody waits for who reads the log, the supervisor least of all: it has to restart what dies. Standard error is shared with
 * other processes, so it is not made non-blocking: a socket (the journal) is written with MSG_DONTWAIT, a pipe or a terminal by
 * a description of our own; where that cannot be had, poll() is asked before. */
#include "server/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_MAX_OCTETS = 2048 /* below PIPE_BUF: a line goes into a pipe whole or not at all */ };

static int own = -1;     /* non-blocking, to the same file as standard error */
static atomic_uint lost; /* lines since the last one that got through */

void log_open(void)
{
	struct stat status;

	if (own < 0 && fstat(STDERR_FILENO, &status) == 0 && !S_ISSOCK(status.st_mode) && !S_ISREG(status.st_mode))
		own = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_APPEND | O_CLOEXEC | O_NOCTTY);
}

static bool write_line(const char *line, size_t n)
{
	struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
	ssize_t sent;

	if (own >= 0) {
		sent = write(own, line, n);
	} else {
		sent = send(STDERR_FILENO, line, n, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && errno == ENOTSOCK && poll(&p, 1, 0) == 1)
			sent = write(STDERR_FILENO, line, n);
	}
	return sent == (ssize_t)n;
}

static size_t put_prefix(char *line, size_t size, enum log_level level)
{
	int n = getenv("JOURNAL_STREAM") ? snprintf(line, size, "<%d>", (int)level) : snprintf(line, size, "inkan: ");

	return (size_t)n;
}

/* As soon as there is room again. */
static void say_what_was_lost(void)
{
	unsigned count = atomic_exchange(&lost, 0);
	char line[100];
	size_t n = put_prefix(line, sizeof line, LOG_WARNING);

	if (count == 0)
		return;
	n += (size_t)snprintf(line + n, sizeof line - n, "%u lines about the service were lost: nobody read them\n",
	                      count);
	if (!write_line(line, n))
		atomic_fetch_add(&lost, count);
}

void log_line(enum log_level level, const char *format, ...)
{
	char line[LINE_MAX_OCTETS];
	size_t begin = put_prefix(line, sizeof line, level);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line + begin, sizeof line - begin - 1, format, arguments);
	va_end(arguments);
	size_t n = strlen(line);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 127)
			line[i] = '?';
	line[n] = '\n';
	say_what_was_lost();
	if (!write_line(line, n + 1))
		atomic_fetch_add(&lost, 1);
}
