/* SQLite in WAL mode: readers never wait for the writer, and what was committed survives a crash of ours; the last second may be
 * lost where the machine itself fails (synchronous NORMAL).
 *
 * Reading order: store_open() -> set_up(), migrate(); statements are prepared when first used and kept. */
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/arena.h"
#include "store/fields.h"
#include "store/schema.h"
#include "store/sqlite_file.h"

enum {
	BUSY_PATIENCE = 1000,        /* ms to wait for another writer's lock */
	WAL_KEPT = 16 * 1024 * 1024, /* octets that the log keeps on disk after a checkpoint */
	SQL_MAX = 16 * 1024,         /* octets of a statement */
	LISTS_MAX = 256 * 1024,      /* octets of a list as JSON: every octet of it may need an escape of 6 */
	ROW_MEMORY_MAX = 1 << 20,    /* octets of the lists of a row that is read */
	FIND_MAX = 100000            /* rows of one search */
};

enum statement {
	STATEMENT_BEGIN,
	STATEMENT_COMMIT,
	STATEMENT_ROLLBACK,
	STATEMENT_ADD,
	STATEMENT_EXPIRE,
	STATEMENT_NOTE,
	STATEMENT_EXPIRE_NOTES,
	STATEMENT_NOTED,
	STATEMENT_FIND,
	STATEMENT_NEWEST,
	STATEMENT_DKIM,
	STATEMENT_SIGNED,
	STATEMENTS
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENTS];
	struct arena row;
	char path[];
};

static const struct sqlite_kind kind = {SCHEMA_APPLICATION, SCHEMA_VERSION, schema_steps,
                                        "name another file, or move it away: a new one is made"};

/* ---- errors ---- */

static int fail(struct store *s, struct io_error *error)
{
	return sqlite_file_fail(s->db, &kind, s->path, error);
}

/* ---- statements ---- */

static void put_columns(struct buf *out)
{
	for (size_t i = 0; i < OUTCOME_FIELDS; i++)
		buf_printf(out, "%s, ", outcome_fields[i].name);
}

/* The members, then what is made of them: in the order of bind_outcome(). */
static void put_add(struct buf *out)
{
	buf_put_c(out, "INSERT INTO outcome (");
	put_columns(out);
	buf_put_c(out, "envelope_from, envelope_to, dkim, signatures) VALUES (?");
	for (size_t i = 1; i < OUTCOME_FIELDS + 4; i++)
		buf_put_c(out, ", ?");
	buf_put_c(out, ")");
}

/* In the order of read_row(). */
static void put_select(struct buf *out, const char *rest)
{
	buf_put_c(out, "SELECT ");
	put_columns(out);
	buf_put_c(out, "dkim, signatures FROM outcome ");
	buf_put_c(out, rest);
}

static void put_list(struct buf *out, const struct outcome_field *fields, size_t count, unsigned max)
{
	buf_put_c(out, "SELECT ");
	for (size_t i = 0; i < count; i++)
		buf_printf(out, "%svalue ->> '%s'", i ? ", " : "", fields[i].name);
	buf_printf(out, " FROM json_each(?) LIMIT %u", max);
}

static void put_sql(struct buf *out, enum statement which)
{
	switch (which) {
	case STATEMENT_BEGIN:
		buf_put_c(out, "BEGIN IMMEDIATE");
		break;
	case STATEMENT_COMMIT:
		buf_put_c(out, "COMMIT");
		break;
	case STATEMENT_ROLLBACK:
		buf_put_c(out, "ROLLBACK");
		break;
	case STATEMENT_ADD:
		put_add(out);
		break;
	case STATEMENT_EXPIRE:
		buf_put_c(out, "DELETE FROM outcome WHERE id IN "
		               "(SELECT id FROM outcome WHERE time < ? ORDER BY time LIMIT ?)");
		break;
	case STATEMENT_NOTE: /* the last one stored, not the latest time: a clock that was ahead is forgotten so */
		buf_put_c(out, "INSERT INTO signature (domain, selector, ours, time) VALUES (?, ?, ?, ?) "
		               "ON CONFLICT DO UPDATE SET time = excluded.time");
		break;
	case STATEMENT_EXPIRE_NOTES:
		buf_put_c(out, "DELETE FROM signature WHERE (domain, selector, ours) IN "
		               "(SELECT domain, selector, ours FROM signature WHERE time < ? ORDER BY time LIMIT ?)");
		break;
	case STATEMENT_NOTED:
		buf_put_c(out, "SELECT ours, time FROM signature WHERE domain = ? AND selector = ? AND time <= ?");
		break;
	case STATEMENT_FIND:
		put_select(out, "WHERE queue_id = ?1 OR message_id IN (?1, '<' || ?1 || '>') "
		                "ORDER BY time DESC, id DESC LIMIT ?2");
		break;
	case STATEMENT_NEWEST:
		put_select(out, "ORDER BY time DESC, id DESC LIMIT ?2");
		break;
	case STATEMENT_DKIM:
		put_list(out, outcome_dkim_fields, OUTCOME_DKIM_FIELDS, OUTCOME_DKIM_MAX);
		break;
	case STATEMENT_SIGNED:
		put_list(out, outcome_signed_fields, OUTCOME_SIGNED_FIELDS, OUTCOME_SIGNED_MAX);
		break;
	case STATEMENTS:
		break;
	}
}

static int prepare(struct store *s, enum statement which, sqlite3_stmt **out, struct io_error *error)
{
	struct buf sql;
	int result;

	*out = s->statements[which];
	if (*out)
		return INKAN_OK;
	buf_init(&sql, SQL_MAX);
	put_sql(&sql, which);
	if (buf_error(&sql)) {
		result = sql.error;
	} else {
		result = sqlite3_prepare_v3(s->db, sql.p, (int)sql.n, SQLITE_PREPARE_PERSISTENT, out, NULL);
		result = result == SQLITE_OK ? INKAN_OK : fail(s, error);
	}
	buf_release(&sql);
	s->statements[which] = *out;
	return result;
}

/* A statement without result rows. */
static int run(struct store *s, sqlite3_stmt *statement, struct io_error *error)
{
	int result = sqlite3_step(statement) == SQLITE_DONE ? INKAN_OK : fail(s, error);

	sqlite3_reset(statement);
	return result;
}

static int run_plain(struct store *s, enum statement which, struct io_error *error)
{
	sqlite3_stmt *statement;
	int result = prepare(s, which, &statement, error);

	return result ? result : run(s, statement, error);
}

static int run_sql(struct store *s, const char *sql, struct io_error *error)
{
	return sqlite_file_run(s->db, &kind, s->path, sql, error);
}

/* ---- opening ---- */

static int set_up(struct store *s, struct io_error *error)
{
	char sql[200];

	snprintf(sql, sizeof(sql),
	         "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = %d; "
	         "PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON",
	         WAL_KEPT);
	return run_sql(s, sql, error);
}

static int migrate(struct store *s, struct io_error *error)
{
	int result = run_plain(s, STATEMENT_BEGIN, error);

	if (!result)
		result = sqlite_file_migrate(s->db, &kind, s->path, error);
	if (!result)
		result = run_plain(s, STATEMENT_COMMIT, error);
	if (result)
		store_rollback(s);
	return result;
}

static int bring_up(struct store *s, bool read_only, struct io_error *error)
{
	int64_t version = 0;
	int result = sqlite_file_version(s->db, &kind, s->path, &version, error);

	if (!result && read_only)
		return version == SCHEMA_VERSION ? INKAN_OK
		                                 : io_fail(error,
		                                           "%s: nothing was stored yet, or by an older inkan – start "
		                                           "“inkan serve” once",
		                                           s->path);
	if (!result)
		result = set_up(s, error);
	if (!result && version < SCHEMA_VERSION)
		result = migrate(s, error);
	return result;
}

int store_open(const char *path, bool read_only, struct store **out, struct io_error *error)
{
	int flags = (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX;
	size_t size = strlen(path) + 1;
	struct store *s = calloc(1, sizeof(*s) + size);
	int result = s ? INKAN_OK : INKAN_ENOMEM;

	if (!s)
		return result;
	memcpy(s->path, path, size);
	arena_init(&s->row, ROW_MEMORY_MAX);
	if (read_only)
		result = access(path, R_OK) ? io_fail(error, "%s: %s", path, strerror(errno)) : INKAN_OK;
	else
		result = sqlite_file_make(path, false, error);
	if (!result && sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK)
		result = s->db ? fail(s, error) : INKAN_ENOMEM;
	if (!result) {
		sqlite_file_restrict(s->db, BUSY_PATIENCE);
		/* SQLite opens what it may not write for reading, and says nothing */
		if (!read_only && sqlite3_db_readonly(s->db, "main"))
			result = io_fail(error,
			                 "%s: may not be written – mend the rights of the file and its folder; the "
			                 "file system may be read-only",
			                 path);
	}
	if (!result)
		result = bring_up(s, read_only, error);
	if (result)
		store_close(s);
	else
		*out = s;
	return result;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(s->statements[i]);
	sqlite3_close(s->db);
	arena_release(&s->row);
	free(s);
}

bool store_has_moved(struct store *s)
{
	int moved = 0;

	return sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved;
}

/* ---- writing ---- */

int store_begin(struct store *s, struct io_error *error)
{
	return run_plain(s, STATEMENT_BEGIN, error);
}

int store_commit(struct store *s, struct io_error *error)
{
	return run_plain(s, STATEMENT_COMMIT, error);
}

void store_rollback(struct store *s)
{
	if (s->db && !sqlite3_get_autocommit(s->db) && run_plain(s, STATEMENT_ROLLBACK, NULL))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

/* The texts live until the statement has run. */
static void bind_text(sqlite3_stmt *statement, int at, struct str text)
{
	sqlite3_bind_text64(statement, at, text.n ? text.p : "", text.n, SQLITE_STATIC, SQLITE_UTF8);
}

static int bind_outcome(sqlite3_stmt *statement, const struct outcome *o, struct buf *dkim, struct buf *made)
{
	struct json dkim_json = json_to(dkim), made_json = json_to(made);
	int at = 0;

	for (size_t i = 0; i < OUTCOME_FIELDS; i++)
		if (outcome_fields[i].kind == FIELD_TEXT)
			bind_text(statement, ++at, field_text(o, &outcome_fields[i]));
		else
			sqlite3_bind_int64(statement, ++at, field_number(o, &outcome_fields[i]));
	bind_text(statement, ++at, address_domain(o->mail_from));
	bind_text(statement, ++at, address_domain(o->recipient));
	outcome_dkim_json(o, &dkim_json);
	outcome_signed_json(o, &made_json);
	bind_text(statement, ++at, buf_str(dkim));
	bind_text(statement, ++at, buf_str(made));
	return dkim->error ? dkim->error : made->error;
}

/* Names of a key as `signature` has them. */
struct key_names {
	char domain[OUTCOME_NAME_MAX], selector[OUTCOME_NAME_MAX];
};

static struct str put_lower(char room[OUTCOME_NAME_MAX], struct str name)
{
	name = str_head(name, OUTCOME_NAME_MAX);
	str_put_lower(room, name);
	return str_from(room, name.n);
}

static int note(struct store *s, struct str domain, struct str selector, bool ours, int64_t time,
                struct io_error *error)
{
	struct key_names room;
	sqlite3_stmt *statement;
	int result = prepare(s, STATEMENT_NOTE, &statement, error);

	if (result)
		return result;
	bind_text(statement, 1, put_lower(room.domain, domain));
	bind_text(statement, 2, put_lower(room.selector, selector));
	sqlite3_bind_int64(statement, 3, ours);
	sqlite3_bind_int64(statement, 4, time);
	result = run(s, statement, error);
	sqlite3_clear_bindings(statement);
	return result;
}

/* What was signed in shadow went out without it. */
static int note_signatures(struct store *s, const struct outcome *o, struct io_error *error)
{
	int result = INKAN_OK;

	for (size_t i = 0; i < o->signed_count && !o->shadow && !result; i++)
		result = note(s, o->signatures[i].domain, o->signatures[i].selector, true, o->time, error);
	for (size_t i = 0; i < o->dkim_count && !result; i++)
		if (str_eq(o->dkim[i].result, STR("pass")))
			result = note(s, o->dkim[i].domain, o->dkim[i].selector, false, o->time, error);
	return result;
}

int store_add(struct store *s, const struct outcome *outcome, struct io_error *error)
{
	sqlite3_stmt *statement;
	struct buf dkim, made;
	int result = prepare(s, STATEMENT_ADD, &statement, error);

	if (result)
		return result;
	buf_init(&dkim, LISTS_MAX);
	buf_init(&made, LISTS_MAX);
	result = bind_outcome(statement, outcome, &dkim, &made);
	if (!result)
		result = run(s, statement, error);
	sqlite3_clear_bindings(statement);
	buf_release(&dkim);
	buf_release(&made);
	return result ? result : note_signatures(s, outcome, error);
}

/* Of one table. */
static int expire(struct store *s, enum statement which, int64_t before, size_t max, size_t *removed_out,
                  struct io_error *error)
{
	sqlite3_stmt *statement;
	int result = prepare(s, which, &statement, error);

	if (result)
		return result;
	sqlite3_bind_int64(statement, 1, before);
	sqlite3_bind_int64(statement, 2, max < INT32_MAX ? (int64_t)max : INT32_MAX);
	result = run(s, statement, error);
	if (!result)
		*removed_out = (size_t)sqlite3_changes(s->db);
	return result;
}

int store_expire(struct store *s, int64_t before, size_t max, size_t *removed_out, struct io_error *error)
{
	size_t messages = 0, notes = 0;
	int result = expire(s, STATEMENT_EXPIRE, before, max, &messages, error);

	if (!result && messages < max)
		result = expire(s, STATEMENT_EXPIRE_NOTES, before, max - messages, &notes, error);
	if (!result)
		*removed_out = messages + notes;
	return result;
}

/* ---- reading ---- */

static struct str column_text(sqlite3_stmt *statement, int column)
{
	const char *p = (const char *)sqlite3_column_text(statement, column);
	int n = sqlite3_column_bytes(statement, column);

	return p ? str_from(p, (size_t)n) : STR("");
}

static void read_fields(sqlite3_stmt *statement, void *element, const struct outcome_field *fields, size_t count,
                        struct arena *copies)
{
	for (size_t i = 0; i < count; i++) {
		struct str text = STR("");

		if (fields[i].kind != FIELD_TEXT) {
			field_set_number(element, &fields[i], sqlite3_column_int64(statement, (int)i));
			continue;
		}
		text = column_text(statement, (int)i);
		field_set_text(element, &fields[i], copies ? arena_str(copies, text) : text);
	}
}

struct list {
	enum statement statement;
	const struct outcome_field *fields;
	size_t field_count;
	char *elements;
	size_t size, max;
};

/* Its texts are copied: SQLite keeps those of one row only. */
static int read_list(struct store *s, const struct list *list, struct str json, size_t *count_out,
                     struct io_error *error)
{
	sqlite3_stmt *statement;
	size_t count = 0;
	int step, result = prepare(s, list->statement, &statement, error);

	if (result)
		return result;
	bind_text(statement, 1, json);
	while ((step = sqlite3_step(statement)) == SQLITE_ROW && count < list->max)
		read_fields(statement, list->elements + count++ * list->size, list->fields, list->field_count, &s->row);
	if (step != SQLITE_DONE)
		result = fail(s, error);
	sqlite3_reset(statement);
	*count_out = count;
	return result ? result : arena_error(&s->row);
}

static int read_row(struct store *s, sqlite3_stmt *statement, struct outcome *out, struct io_error *error)
{
	const struct list dkim = {STATEMENT_DKIM,    outcome_dkim_fields, OUTCOME_DKIM_FIELDS,
	                          (char *)out->dkim, sizeof(*out->dkim),  OUTCOME_DKIM_MAX};
	const struct list made = {STATEMENT_SIGNED,        outcome_signed_fields,    OUTCOME_SIGNED_FIELDS,
	                          (char *)out->signatures, sizeof(*out->signatures), OUTCOME_SIGNED_MAX};
	int result;

	*out = (struct outcome){0};
	arena_reset(&s->row);
	read_fields(statement, out, outcome_fields, OUTCOME_FIELDS, NULL);
	result = read_list(s, &dkim, column_text(statement, OUTCOME_FIELDS), &out->dkim_count, error);
	if (!result)
		result = read_list(s, &made, column_text(statement, OUTCOME_FIELDS + 1), &out->signed_count, error);
	return result;
}

static struct str without_brackets(struct str id)
{
	if (id.n >= 2 && id.p[0] == '<' && id.p[id.n - 1] == '>')
		return str_from(id.p + 1, id.n - 2);
	return id;
}

int store_find(struct store *s, struct str id, size_t max, bool (*each)(void *context, const struct outcome *outcome),
               void *context, struct io_error *error)
{
	sqlite3_stmt *statement;
	struct outcome outcome;
	int step, result = prepare(s, id.n ? STATEMENT_FIND : STATEMENT_NEWEST, &statement, error);

	if (result)
		return result;
	if (id.n)
		bind_text(statement, 1, without_brackets(id));
	sqlite3_bind_int64(statement, 2, max < FIND_MAX ? (int64_t)max : FIND_MAX);
	while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
		result = read_row(s, statement, &outcome, error);
		if (result || !each(context, &outcome))
			break;
	}
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		result = fail(s, error);
	sqlite3_reset(statement);
	return result;
}

int store_signatures(struct store *s, struct str domain, struct str selector, int64_t now, struct store_signatures *out,
                     struct io_error *error)
{
	struct store_signatures found = {STORE_NEVER, STORE_NEVER};
	struct key_names room;
	sqlite3_stmt *statement;
	int step, result = prepare(s, STATEMENT_NOTED, &statement, error);

	if (result)
		return result;
	bind_text(statement, 1, put_lower(room.domain, domain));
	bind_text(statement, 2, put_lower(room.selector, selector));
	sqlite3_bind_int64(statement, 3, now);
	while ((step = sqlite3_step(statement)) == SQLITE_ROW)
		*(sqlite3_column_int64(statement, 0) ? &found.made : &found.valid) = sqlite3_column_int64(statement, 1);
	if (step != SQLITE_DONE)
		result = fail(s, error);
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	if (!result)
		*out = found;
	return result;
}
