/* The store of outcomes: SQLite in WAL mode, one writer. Belongs to one thread. */
#pragma once

#include "io/error.h"
#include "store/outcome.h"

struct store;

/* Opens or makes the file (mode 0640) and brings its tables up to date; INKAN_EIO: *error says why (also: written by a newer
 * version). read_only: must be there. */
INKAN_MUST_CHECK int store_open(const char *path, bool read_only, struct store **out, struct io_error *error);
void store_close(struct store *s);

/* Whether the file that was opened is not the one of that name any more: it was removed, or moved away. What is added then is
 * lost with it. */
bool store_has_moved(struct store *s);

/* A batch: all of it is stored or nothing. INKAN_EIO: disk full, locked ... ; the caller keeps what it has and tries again. */
INKAN_MUST_CHECK int store_begin(struct store *s, struct io_error *error);
INKAN_MUST_CHECK int store_add(struct store *s, const struct outcome *outcome, struct io_error *error);
INKAN_MUST_CHECK int store_commit(struct store *s, struct io_error *error);
void store_rollback(struct store *s);

/* Removes what is older than `before` (Unix microseconds), at most `max` rows a call: how many went in *removed_out. */
INKAN_MUST_CHECK int store_expire(struct store *s, int64_t before, size_t max, size_t *removed_out,
                                  struct io_error *error);

/* When a message was last signed with a key here, and when one last came in with a valid signature of it: Unix microseconds, of those
 * that were stored not later than `now` (a clock may have been wrong) and are not expired; STORE_NEVER. */
#define STORE_NEVER INT64_MIN
struct store_signatures {
	int64_t made, valid;
};
INKAN_MUST_CHECK int store_signatures(struct store *s, struct str domain, struct str selector, int64_t now,
                                      struct store_signatures *out, struct io_error *error);

/* Calls `each` for the outcomes of a queue id (or Message-ID, with or without angle brackets), newest first, or for the newest ones where the id
 * is empty; `each` returns false to end. */
INKAN_MUST_CHECK int store_find(struct store *s, struct str id, size_t max,
                                bool (*each)(void *context, const struct outcome *outcome), void *context,
                                struct io_error *error);
