/* A generation: a configuration with the sockets and processes that live by it. */
#pragma once

#include <sys/types.h>

#include "io/error.h"
#include "server/role.h"

enum { HOST_NAME_SIZE = 256 };

struct child {
	enum role role;
	pid_t pid; /* 0: none */
	int64_t since;
	uint32_t pause;     /* ms before the next start */
	int64_t restart_at; /* 0: not to be restarted */
	bool renewing;      /* was told to end so that another one starts */
};

struct generation {
	struct config *config;
	struct service service;
	struct child registrar, keys, filter; /* registrar: only where the service has one */
	char host[HOST_NAME_SIZE];
};

/* Opens what it needs: listening sockets, of which those of `before` (NULL: there is none) are taken over, and a pair of sockets for each
 * worker. shared: number, metrics and outcome sockets. Takes the configuration over where it succeeds; where not, nothing has changed. */
INKAN_MUST_CHECK int generation_new(struct config *config, const struct service *shared, const struct service *before,
                                    struct generation **out, struct io_error *error);
/* Its listening sockets are left open: others may use them. */
void generation_free(struct generation *g);

/* In a new process: closes what its role does not need of its own generation's sockets. */
void generation_keep_for(const struct service *service, enum role role);
/* ... and all that another generation has, but for the sockets on which both listen. g may be NULL. */
void generation_close_for(const struct generation *g, const struct service *service);
