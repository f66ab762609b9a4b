/* The registrar's thread that takes identities from step to step: once a second it does what is due. */
#pragma once

#include "io/error.h"
#include "server/role.h"

enum {
	IDENTITY_STEPS_TICK = 1000, /* ms between two rounds */
	IDENTITY_STEPS_MAX = 32,    /* of one round */
	IDENTITY_STEPS_SAY = 60000  /* ms between two lines about the same trouble */
};

struct identity_steps;

/* Before privileges are dropped: reads TSIG keys. One that cannot be read is said in the log; updates that want it fail until then. */
INKAN_MUST_CHECK int identity_steps_new(const struct service *service, struct identity_steps **out,
                                        struct io_error *error);
/* Makes the thread, which nobody waits for: it may be ended at any point. */
INKAN_MUST_CHECK int identity_steps_start(struct identity_steps *s, struct io_error *error);
/* From any thread: no more steps; another generation does them. */
void identity_steps_pause(struct identity_steps *s);
