/* What `inkan serve` is asked to do: handed from cli to server by program/main.c, as these two do not know each other. */
#pragma once

#include "config/config.h"

struct serve_request {
	const char *config_path; /* NULL: embedded defaults */
	struct config *config;   /* what it says now; the service takes it over */
};

enum { SERVE_NOT_STARTED = 1 /* something outside is not as it must be; the log says what */ };

/* Runs until it is told to stop: 0, or SERVE_NOT_STARTED. */
typedef int serve_function(const struct serve_request *request);
