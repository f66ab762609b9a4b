/* The thread that writes outcomes to the store, and what waits for it. */
#pragma once

#include "config/config.h"
#include "core/str.h"
#include "io/error.h"
#include "server/metrics.h"

enum {
	ARCHIVE_BATCH = 500,                 /* outcomes of a transaction */
	ARCHIVE_PAUSE = 1000,                /* ms that an outcome waits for others, at most */
	ARCHIVE_BACKOFF_MAX = 30 * 1000,     /* ms between two attempts where the store fails: 1 s, 2 s, 4 s ... */
	ARCHIVE_OCTETS_MAX = 256 << 20,      /* that wait, whatever store.queue_max allows */
	ARCHIVE_EXPIRE_INTERVAL = 60 * 1000, /* ms between two searches for what is old */
	ARCHIVE_EXPIRE_STEP = 1000,          /* rows that go at once */
	ARCHIVE_CLOCK_JUMP = 3600 /* seconds: after such a jump of the clock, nothing is removed for so long */
};

struct archive;

/* Makes it, and opens the store if that is possible now: *trouble (not touched else) says why it is not, which is no error, as it
 * is tried again. */
INKAN_MUST_CHECK int archive_new(const struct config *config, struct metrics *metrics, struct archive **out,
                                 struct io_error *trouble);
INKAN_MUST_CHECK int archive_start(struct archive *a);
/* Takes a packed outcome; false: there is no room, it is lost and counted. */
bool archive_put(struct archive *a, struct str packed);
/* What happened to the store since the last call, for the log: false: nothing. */
bool archive_news(struct archive *a, bool *bad_out, struct io_error *out);
/* Stores what waits, until `timeout` ms are over; what is left is counted as dropped. False: the thread hangs in the disk a second
 * later, and *a must not be freed. */
bool archive_stop(struct archive *a, int64_t timeout);
void archive_free(struct archive *a);
