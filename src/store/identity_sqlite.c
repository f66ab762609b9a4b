/* The identity store in an SQLite file: WAL, and synchronous FULL, since a key that DNS knows must not be lost with the power.
 * SQLite gives -wal and -shm the owner and mode of the file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/identity_schema.h"
#include "store/sqlite_file.h"

enum {
	BUSY_PATIENCE = 5000,      /* ms to wait for another writer's lock */
	BUSY_PAUSE = 20,           /* ms between tries where SQLite does not wait */
	WAL_KEPT = 4 * 1024 * 1024 /* octets that the log keeps on disk after a checkpoint */
};

static const struct sqlite_kind kind = {IDENTITY_APPLICATION, IDENTITY_SCHEMA_VERSION, identity_sqlite_steps,
                                        "restore the backup: inkan identity restore"};

struct sqlite_db {
	struct db base;
	sqlite3 *db;
	sqlite3_stmt *statements[IDENTITY_STATEMENTS];
	char path[];
};

static struct sqlite_db *own(struct db *db)
{
	return (struct sqlite_db *)db;
}

static int fail(struct sqlite_db *s, struct io_error *error)
{
	return sqlite_file_fail(s->db, &kind, s->path, error);
}

static int run_sql(struct sqlite_db *s, const char *sql, struct io_error *error)
{
	return sqlite_file_run(s->db, &kind, s->path, sql, error);
}

/* ---- statements ---- */

static int prepare(struct sqlite_db *s, enum identity_statement which, sqlite3_stmt **out, struct io_error *error)
{
	if (!s->statements[which] &&
	    sqlite3_prepare_v3(s->db, identity_statements[which], -1, SQLITE_PREPARE_PERSISTENT, &s->statements[which],
	                       NULL) != SQLITE_OK)
		return fail(s, error);
	*out = s->statements[which];
	return INKAN_OK;
}

/* The values live until the statement has run. */
static void bind(sqlite3_stmt *statement, const struct db_value *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct str text = values[i].text;
		int at = (int)i + 1;

		if (values[i].kind == DB_NUMBER)
			sqlite3_bind_int64(statement, at, values[i].number);
		else if (values[i].kind == DB_TEXT)
			sqlite3_bind_text64(statement, at, text.n ? text.p : "", text.n, SQLITE_STATIC, SQLITE_UTF8);
		else if (values[i].kind == DB_OCTETS)
			sqlite3_bind_blob64(statement, at, text.n ? text.p : "", text.n, SQLITE_STATIC);
		else
			sqlite3_bind_null(statement, at);
	}
}

static struct db_value read_cell(sqlite3_stmt *statement, int column)
{
	struct db_value cell = {.kind = DB_NULL};
	int type = sqlite3_column_type(statement, column);

	if (type == SQLITE_INTEGER) {
		cell.kind = DB_NUMBER;
		cell.number = sqlite3_column_int64(statement, column);
	} else if (type == SQLITE_TEXT || type == SQLITE_BLOB) {
		const char *p = sqlite3_column_blob(statement, column);

		cell.kind = type == SQLITE_TEXT ? DB_TEXT : DB_OCTETS;
		cell.text = str_from(p, p ? (size_t)sqlite3_column_bytes(statement, column) : 0);
	}
	return cell;
}

static int hand_over(sqlite3_stmt *statement, db_row *row, void *context)
{
	struct db_value cells[DB_COLUMNS_MAX] = {{0}};
	int count = sqlite3_column_count(statement);

	for (int i = 0; i < count && i < DB_COLUMNS_MAX; i++)
		cells[i] = read_cell(statement, i);
	return row(context, cells);
}

static int sqlite_run(struct db *db, enum identity_statement which, const struct db_value *values, size_t count,
                      db_row *row, void *context, size_t *changed_out, struct io_error *error)
{
	struct sqlite_db *s = own(db);
	sqlite3_stmt *statement = NULL;
	int step, result = prepare(s, which, &statement, error);

	if (result)
		return result;
	bind(statement, values, count);
	while ((step = sqlite3_step(statement)) == SQLITE_ROW && !result)
		if (row)
			result = hand_over(statement, row, context);
	if (!result && step != SQLITE_DONE)
		result = fail(s, error);
	if (!result && changed_out)
		*changed_out = (size_t)sqlite3_changes(s->db);
	/* what a statement that was ended early has changed is taken back by its caller's transaction */
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return result;
}

static int sqlite_begin(struct db *db, enum db_transaction transaction, struct io_error *error)
{
	int moved = 0;

	sqlite3_file_control(own(db)->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	if (moved)
		return io_fail(error, "%s: the file was removed or moved away since it was opened", own(db)->path);
	return run_sql(own(db), transaction == DB_WRITE ? "BEGIN IMMEDIATE" : "BEGIN", error);
}

static int sqlite_commit(struct db *db, struct io_error *error)
{
	return run_sql(own(db), "COMMIT", error);
}

static void sqlite_rollback(struct db *db)
{
	if (own(db)->db && !sqlite3_get_autocommit(own(db)->db))
		sqlite3_exec(own(db)->db, "ROLLBACK", NULL, NULL, NULL);
}

static const char *sqlite_name(struct db *db)
{
	return own(db)->path;
}

static void sqlite_close(struct db *db)
{
	struct sqlite_db *s = own(db);

	for (size_t i = 0; i < IDENTITY_STATEMENTS; i++)
		sqlite3_finalize(s->statements[i]);
	sqlite3_close(s->db);
	free(s);
}

static const struct db_driver sqlite_driver = {sqlite_run,      sqlite_begin, sqlite_commit,
                                               sqlite_rollback, sqlite_name,  sqlite_close};

/* ---- opening ---- */

static int set_up(struct sqlite_db *s, struct io_error *error)
{
	char sql[200];

	snprintf(sql, sizeof(sql),
	         "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = %d; "
	         "PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON; PRAGMA secure_delete = ON",
	         WAL_KEPT);
	/* SQLite does not wait where several processes turn a new file into one with a log */
	for (int waited = 0;; waited += BUSY_PAUSE) {
		int result = run_sql(s, sql, error);

		if (!result || sqlite3_errcode(s->db) != SQLITE_BUSY || waited >= BUSY_PATIENCE)
			return result;
		sqlite3_sleep(BUSY_PAUSE);
	}
}

static int migrate(struct sqlite_db *s, struct io_error *error)
{
	int result = sqlite_begin(&s->base, DB_WRITE, error);

	if (!result)
		result = sqlite_file_migrate(s->db, &kind, s->path, error);
	if (!result)
		result = sqlite_commit(&s->base, error);
	if (result)
		sqlite_rollback(&s->base);
	return result;
}

static int bring_up(struct sqlite_db *s, bool read_only, bool create, struct io_error *error)
{
	int64_t version = 0;
	int result = sqlite_file_version(s->db, &kind, s->path, &version, error);

	if (!result && read_only && version > 0 && version < IDENTITY_SCHEMA_VERSION)
		return io_fail(error, "%s: made by an older inkan – “inkan identity list” brings it up to date",
		               s->path);
	if (!result && version < IDENTITY_SCHEMA_VERSION && (read_only || (version == 0 && !create)))
		return io_fail(error, "%s: no identity was stored here yet – “inkan identity create” makes the first",
		               s->path);
	if (!result && !read_only)
		result = set_up(s, error);
	if (!result && version < IDENTITY_SCHEMA_VERSION)
		result = migrate(s, error);
	return result;
}

static int open_file(struct sqlite_db *s, bool read_only, bool create, struct io_error *error)
{
	int flags = (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX;
	int result = INKAN_OK;

	if (create && !read_only)
		result = sqlite_file_make(s->path, true, error);
	else if (access(s->path, R_OK))
		result = io_fail(error, "%s: %s", s->path, strerror(errno));
	if (!result && sqlite3_open_v2(s->path, &s->db, flags, NULL) != SQLITE_OK)
		result = s->db ? fail(s, error) : INKAN_ENOMEM;
	if (result)
		return result;
	sqlite_file_restrict(s->db, BUSY_PATIENCE);
	/* SQLite opens what it may not write for reading, and says nothing */
	if (!read_only && sqlite3_db_readonly(s->db, "main"))
		return io_fail(error,
		               "%s: may not be written – mend the rights of the file and its folder; the file system "
		               "may be read-only",
		               s->path);
	return bring_up(s, read_only, create, error);
}

int identity_sqlite_open(const char *where, bool read_only, bool create, struct db **out, struct io_error *error)
{
	size_t size = strlen(where) + 1;
	struct sqlite_db *s = calloc(1, sizeof(*s) + size);

	if (!s)
		return INKAN_ENOMEM;
	s->base.driver = &sqlite_driver;
	memcpy(s->path, where, size);
	int result = open_file(s, read_only, create, error);

	if (result)
		sqlite_close(&s->base);
	else
		*out = &s->base;
	return result;
}
