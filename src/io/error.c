#include "io/error.h"

#include <stdarg.h>
#include <stdio.h>

int io_fail(struct io_error *error, const char *format, ...)
{
	va_list args;

	if (!error)
		return INKAN_EIO;
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return INKAN_EIO;
}
