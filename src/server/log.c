#include "server/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_OCTETS = 2048 };

void log_line(enum log_level level, const char *format, ...)
{
	char line[LINE_MAX_OCTETS];
	int begin = getenv("JOURNAL_STREAM") ? snprintf(line, sizeof line, "<%d>", (int)level)
	                                     : snprintf(line, sizeof line, "inkan: ");
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line + begin, sizeof line - (size_t)begin - 1, format, arguments);
	va_end(arguments);
	size_t n = strlen(line);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 127)
			line[i] = '?';
	line[n] = '\n';
	(void)!write(STDERR_FILENO, line, n + 1);
}
