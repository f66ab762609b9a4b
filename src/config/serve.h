/* What `inkan serve` is asked to do: handed from cli to server by program/main.c, as these two do not know each other. */
#pragma once

#include "config/config.h"

struct serve_request {
	const char *config_path; /* NULL: embedded defaults */
	struct config *config;   /* what it says now; the service takes it over */
};

/* Runs until it is told to stop; the exit status of the program. */
typedef int serve_function(const struct serve_request *request);
