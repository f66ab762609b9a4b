/* The first process of `inkan serve`: starts the others, restarts what dies, reloads, stops. */
#pragma once

#include "config/serve.h"

enum {
	SUPERVISOR_START_PATIENCE = 60000, /* ms that a process may take until it is ready */
	SUPERVISOR_STOP_PATIENCE = 10000,  /* ms beyond milter.drain_time until it is killed */
	SUPERVISOR_GENERATIONS_MAX = 4     /* that are still ending; where there are more, the oldest is stopped */
};

/* SIGTERM, SIGINT: stop, messages under way are finished. SIGHUP: read the configuration anew. */
int server_run(const struct serve_request *request);
