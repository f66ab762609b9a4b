/* The registrar's thread that answers: workers of the filter ask who signs for an author, threads of the key process for sealed keys.
 * Nothing is kept, so whatever a command changed holds for the next question. */
#pragma once

#include "io/error.h"
#include "server/role.h"

enum {
	IDENTITY_STORE_PAUSE_MIN =
		100, /* ms until a store that could not be opened is tried again, doubled each time */
	IDENTITY_STORE_PAUSE_MAX = 5000,
	IDENTITY_STORE_LOOK = 1000 /* ms between two looks whether the file is still the one that is open */
};

struct identity_desk;

/* folder_missing: the folder of the store was not there when this process was locked in; the process is told to end (SIGTERM) as soon
 * as it is, so that its successor may open it. A store that cannot be opened is no error: it is tried again. */
INKAN_MUST_CHECK int identity_desk_start(const struct service *service, bool folder_missing, struct identity_desk **out,
                                         struct io_error *error);
void identity_desk_stop(struct identity_desk *d);

/* The store is a file, which is not there. */
bool identity_store_is_missing(const char *where);
