/* Lines about the service itself, to standard error; the journal gets their level. What becomes of messages is the recorder's
 * business. English, one line each, no control characters. */
#pragma once

enum log_level { LOG_ERROR = 3, LOG_WARNING = 4, LOG_NOTICE = 5, LOG_INFO = 6 };

/* Once, by the process that starts the others: from then on a pipe that nobody reads costs lines, no time. */
void log_open(void);

/* Never waits: what does not go out at once is lost, and counted in the next line that does. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
