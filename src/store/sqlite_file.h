/* What the stores in SQLite files have in common: how a file is made, whose it is, what went wrong with it. */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "io/error.h"

/* What a file is to hold. */
struct sqlite_kind {
	int application;          /* application_id */
	int version;              /* user_version that this program writes */
	const char *const *steps; /* [i] leads from version i to i + 1 */
	const char *broken;       /* what to do about a file that is no database, or broken */
};

/* A new file gets mode 0640 whatever the umask is; one that is there keeps its own. give_away: made by root, it belongs to the
 * owner of its folder. */
INKAN_MUST_CHECK int sqlite_file_make(const char *path, bool give_away, struct io_error *error);
/* What stands in the file is not trusted to be what we wrote. patience: ms to wait for another writer's lock. */
void sqlite_file_restrict(sqlite3 *db, int patience);
/* The last error of db: INKAN_EIO with its text and what to do, or INKAN_ENOMEM. */
INKAN_MUST_CHECK int sqlite_file_fail(sqlite3 *db, const struct sqlite_kind *kind, const char *path,
                                      struct io_error *error);
INKAN_MUST_CHECK int sqlite_file_run(sqlite3 *db, const struct sqlite_kind *kind, const char *path, const char *sql,
                                     struct io_error *error);
/* Whose file is it, and of which version? Refused: of another application, or newer than ours. 0: nothing is in it. */
INKAN_MUST_CHECK int sqlite_file_version(sqlite3 *db, const struct sqlite_kind *kind, const char *path,
                                         int64_t *version_out, struct io_error *error);
/* Brings the tables up to date, in one transaction that is begun and ended by the caller. */
INKAN_MUST_CHECK int sqlite_file_migrate(sqlite3 *db, const struct sqlite_kind *kind, const char *path,
                                         struct io_error *error);
