/* The identity store in PostgreSQL, tables in the schema "inkan". Parameters and results travel in binary form, never as SQL text.
 * Everything waits with a limit: for the server, for locks, for a statement.
 *
 * A connection that is lost outside a transaction is made anew, once, and the statement sent again; in one, the transaction is lost
 * and its caller told. */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/identity_schema.h"

enum {
	NAME_MAX_SIZE = 200,
	NUMBER_SIZE = 8,           /* octets of a BIGINT on the wire */
	OID_OCTETS = 17,           /* pg_type.h: BYTEAOID ... */
	OID_NUMBER = 20,           /* ... INT8OID ... */
	OID_TEXT = 25,             /* ... TEXTOID */
	MIGRATION_LOCK = 0x696e6b6 /* key of the advisory lock of who makes tables */
};

struct postgres_db {
	struct db base;
	PGconn *connection;
	bool prepared[IDENTITY_STATEMENTS];
	bool read_only, in_transaction;
	char name[NAME_MAX_SIZE]; /* for people */
	char where[];
};

/* Of every new connection; times in ms. */
static const char settings[] = "SET search_path = inkan, pg_temp; SET client_min_messages = warning;"
			       "SET statement_timeout = 15000; SET lock_timeout = 10000;"
			       "SET idle_in_transaction_session_timeout = 60000";

static struct postgres_db *own(struct db *db)
{
	return (struct postgres_db *)db;
}

/* ---- errors ---- */

/* The first line of what the server says, without "ERROR:  ". */
static struct str first_line(const char *text)
{
	struct str line = str_head(str_c(text), str_find(str_c(text), '\n'));
	size_t at = str_search(line, STR(":  "));

	return at < line.n ? str_skip(line, at + 3) : line;
}

static int fail_with(struct postgres_db *s, const char *text, struct io_error *error)
{
	struct str line = first_line(text);

	if (str_eq(line, STR("out of memory")))
		return INKAN_ENOMEM;
	return io_fail(error, "%s: %.*s", s->name, STR_ARG(line));
}

static bool is_lost(const struct postgres_db *s)
{
	return PQstatus(s->connection) != CONNECTION_OK;
}

static bool is_done(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* ---- connecting ---- */

static void name_it(struct postgres_db *s)
{
	const char *host = PQhost(s->connection), *database = PQdb(s->connection);

	snprintf(s->name, sizeof(s->name), "PostgreSQL %s at %s", database ? database : "", host ? host : "");
}

static int set_up(struct postgres_db *s, struct io_error *error)
{
	PGresult *result = PQexec(s->connection, settings);
	bool done = is_done(result);

	PQclear(result);
	if (done && s->read_only) {
		result = PQexec(s->connection, "SET default_transaction_read_only = on");
		done = is_done(result);
		PQclear(result);
	}
	return done ? INKAN_OK : fail_with(s, PQerrorMessage(s->connection), error);
}

static int connect_to(struct postgres_db *s, struct io_error *error)
{
	/* what `where` says comes before the defaults ahead of it; behind it stands what must be so */
	const char *const words[] = {"connect_timeout", "tcp_user_timeout", "fallback_application_name",
	                             "dbname",          "client_encoding",  NULL};
	const char *const values[] = {"10", "20000", "inkan", s->where, "UTF8", NULL};

	PQfinish(s->connection);
	memset(s->prepared, 0, sizeof(s->prepared));
	s->in_transaction = false;
	s->connection = PQconnectdbParams(words, values, 1);
	if (!s->connection)
		return INKAN_ENOMEM;
	name_it(s);
	if (PQstatus(s->connection) != CONNECTION_OK)
		return fail_with(s, PQerrorMessage(s->connection), error);
	return set_up(s, error);
}

/* A statement of ours without parameters. */
static int run_sql(struct postgres_db *s, const char *sql, struct io_error *error)
{
	PGresult *result = PQexec(s->connection, sql);

	if (!is_done(result) && is_lost(s) && !s->in_transaction) {
		int code = connect_to(s, error);

		PQclear(result);
		if (code)
			return code;
		result = PQexec(s->connection, sql);
	}
	int code = is_done(result) ? INKAN_OK : fail_with(s, PQerrorMessage(s->connection), error);

	PQclear(result);
	return code;
}

/* ---- statements ---- */

struct parameters {
	Oid types[DB_PARAMETERS_MAX];
	const char *values[DB_PARAMETERS_MAX];
	int sizes[DB_PARAMETERS_MAX], formats[DB_PARAMETERS_MAX];
	char numbers[DB_PARAMETERS_MAX][NUMBER_SIZE];
	int count;
};

static void number_to_wire(int64_t number, char out[NUMBER_SIZE])
{
	uint64_t left = (uint64_t)number;

	for (size_t i = NUMBER_SIZE; i-- > 0; left >>= 8)
		out[i] = (char)(left & 0xff);
}

static int64_t number_from_wire(const char *p)
{
	uint64_t number = 0;

	for (size_t i = 0; i < NUMBER_SIZE; i++)
		number = number << 8 | (unsigned char)p[i];
	return (int64_t)number;
}

static void set_parameters(struct parameters *p, const struct db_value *values, size_t count)
{
	static const Oid types[] = {
		[DB_NULL] = OID_NUMBER, [DB_NUMBER] = OID_NUMBER, [DB_TEXT] = OID_TEXT, [DB_OCTETS] = OID_OCTETS};

	p->count = (int)count;
	for (size_t i = 0; i < count && i < DB_PARAMETERS_MAX; i++) {
		const struct db_value *v = &values[i];

		p->types[i] = types[v->kind];
		p->formats[i] = 1;
		if (v->kind == DB_NULL) {
			p->values[i] = NULL;
		} else if (v->kind == DB_NUMBER) {
			number_to_wire(v->number, p->numbers[i]);
			p->values[i] = p->numbers[i];
			p->sizes[i] = NUMBER_SIZE;
		} else {
			p->values[i] = v->text.n ? v->text.p : "";
			p->sizes[i] = (int)v->text.n;
		}
	}
}

static PGresult *execute(struct postgres_db *s, enum identity_statement which, const struct parameters *p)
{
	char name[16];

	snprintf(name, sizeof(name), "inkan%d", (int)which);
	if (!s->prepared[which]) {
		PGresult *result = PQprepare(s->connection, name, identity_statements[which], p->count, p->types);

		if (!is_done(result))
			return result;
		PQclear(result);
		s->prepared[which] = true;
	}
	return PQexecPrepared(s->connection, name, p->count, p->values, p->sizes, p->formats, 1);
}

static struct db_value read_cell(const PGresult *result, int row, int column)
{
	struct db_value cell = {.kind = DB_NULL};
	const char *p = PQgetvalue(result, row, column);
	size_t n = (size_t)PQgetlength(result, row, column);
	Oid type = PQftype(result, column);

	if (PQgetisnull(result, row, column))
		return cell;
	if (type == OID_NUMBER && n == NUMBER_SIZE) {
		cell.kind = DB_NUMBER;
		cell.number = number_from_wire(p);
	} else {
		cell.kind = type == OID_TEXT ? DB_TEXT : DB_OCTETS;
		cell.text = str_from(p, n);
	}
	return cell;
}

static int hand_over(const PGresult *result, db_row *row, void *context)
{
	struct db_value cells[DB_COLUMNS_MAX] = {{0}};
	int rows = PQntuples(result), columns = PQnfields(result), code = INKAN_OK;

	for (int i = 0; !code && i < rows; i++) {
		for (int k = 0; k < columns && k < DB_COLUMNS_MAX; k++)
			cells[k] = read_cell(result, i, k);
		code = row(context, cells);
	}
	return code;
}

static size_t changed_by(PGresult *result)
{
	uint64_t changed = 0;

	return str_to_u64(str_c(PQcmdTuples(result)), SIZE_MAX, &changed) ? (size_t)changed : 0;
}

static int postgres_run(struct db *db, enum identity_statement which, const struct db_value *values, size_t count,
                        db_row *row, void *context, size_t *changed_out, struct io_error *error)
{
	struct postgres_db *s = own(db);
	struct parameters p;
	int code = INKAN_OK;

	set_parameters(&p, values, count);
	PGresult *result = execute(s, which, &p);

	if (!is_done(result) && is_lost(s) && !s->in_transaction) {
		PQclear(result);
		code = connect_to(s, error);
		if (code)
			return code;
		result = execute(s, which, &p);
	}
	if (!is_done(result))
		code = fail_with(s, PQerrorMessage(s->connection), error);
	else if (row)
		code = hand_over(result, row, context);
	if (!code && changed_out)
		*changed_out = changed_by(result);
	PQclear(result);
	return code;
}

static int postgres_begin(struct db *db, enum db_transaction kind, struct io_error *error)
{
	struct postgres_db *s = own(db);
	int code = run_sql(s, kind == DB_WRITE ? "BEGIN" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", error);

	s->in_transaction = !code;
	return code;
}

static int postgres_commit(struct db *db, struct io_error *error)
{
	struct postgres_db *s = own(db);
	int code = run_sql(s, "COMMIT", error);

	if (!code)
		s->in_transaction = false;
	return code;
}

static void postgres_rollback(struct db *db)
{
	struct postgres_db *s = own(db);

	if (s->in_transaction)
		PQclear(PQexec(s->connection, "ROLLBACK"));
	s->in_transaction = false;
}

static const char *postgres_name(struct db *db)
{
	return own(db)->name;
}

static void postgres_close(struct db *db)
{
	PQfinish(own(db)->connection);
	free(own(db));
}

static const struct db_driver postgres_driver = {postgres_run,      postgres_begin, postgres_commit,
                                                 postgres_rollback, postgres_name,  postgres_close};

/* ---- tables ---- */

/* The first number of the first row; `none` where there is no row, or a null. */
static int read_number(struct postgres_db *s, const char *sql, int64_t none, int64_t *out, struct io_error *error)
{
	PGresult *result = PQexecParams(s->connection, sql, 0, NULL, NULL, NULL, NULL, 1);
	struct db_value cell = {.kind = DB_NULL};
	int code = is_done(result) ? INKAN_OK : fail_with(s, PQerrorMessage(s->connection), error);

	if (!code && PQntuples(result) > 0)
		cell = read_cell(result, 0, 0);
	if (!code)
		*out = cell.kind == DB_NUMBER ? cell.number : none;
	PQclear(result);
	return code;
}

/* 0: no tables of ours. */
static int read_version(struct postgres_db *s, int64_t *out, struct io_error *error)
{
	int64_t tables = 0;
	int code = read_number(s, "SELECT count(*) FROM pg_tables WHERE schemaname = 'inkan'", 0, &tables, error);

	*out = 0;
	if (code || tables == 0)
		return code;
	code = read_number(s, "SELECT count(*) FROM pg_tables WHERE schemaname = 'inkan' AND tablename = 'meta'", 0,
	                   &tables, error);
	if (!code && tables)
		code = read_number(s, "SELECT number FROM inkan.meta WHERE name = 'version'", -1, out, error);
	if (code)
		return code;
	if (!tables || *out < 0)
		return io_fail(error, "%s: its schema “inkan” is of another program – name another database", s->name);
	if (*out > IDENTITY_SCHEMA_VERSION)
		return io_fail(error, "%s: written by a newer inkan (version %lld, this one knows %d) – update inkan",
		               s->name, (long long)*out, IDENTITY_SCHEMA_VERSION);
	return INKAN_OK;
}

static int make_steps(struct postgres_db *s, struct io_error *error)
{
	char sql[200];
	int64_t version = 0;
	int code;

	snprintf(sql, sizeof(sql), "SELECT pg_advisory_xact_lock(%d)", MIGRATION_LOCK);
	code = run_sql(s, sql, error);
	/* asked again: another host may have been faster */
	if (!code)
		code = read_version(s, &version, error);
	if (!code && version == 0)
		code = run_sql(s, "CREATE SCHEMA IF NOT EXISTS inkan", error);
	for (; !code && version < IDENTITY_SCHEMA_VERSION; version++)
		code = run_sql(s, identity_postgres_steps[version], error);
	snprintf(sql, sizeof(sql),
	         "INSERT INTO meta (name, number) VALUES ('version', %d) "
	         "ON CONFLICT (name) DO UPDATE SET number = excluded.number",
	         IDENTITY_SCHEMA_VERSION);
	return code ? code : run_sql(s, sql, error);
}

static int migrate(struct postgres_db *s, struct io_error *error)
{
	int code = postgres_begin(&s->base, DB_WRITE, error);

	if (!code)
		code = make_steps(s, error);
	if (!code)
		code = postgres_commit(&s->base, error);
	if (code)
		postgres_rollback(&s->base);
	return code;
}

static int bring_up(struct postgres_db *s, bool create, struct io_error *error)
{
	int64_t version = 0;
	int code = read_version(s, &version, error);

	if (code || version == IDENTITY_SCHEMA_VERSION)
		return code;
	if (s->read_only && version > 0)
		return io_fail(error, "%s: made by an older inkan – “inkan identity list” brings it up to date",
		               s->name);
	if (s->read_only || (version == 0 && !create))
		return io_fail(error, "%s: no identity was stored here yet – “inkan identity create” makes the first",
		               s->name);
	return migrate(s, error);
}

int identity_postgres_open(const char *where, bool read_only, bool create, struct db **out, struct io_error *error)
{
	size_t size = strlen(where) + 1;
	struct postgres_db *s = calloc(1, sizeof(*s) + size);

	if (!s)
		return INKAN_ENOMEM;
	s->base.driver = &postgres_driver;
	s->read_only = read_only;
	memcpy(s->where, where, size);
	snprintf(s->name, sizeof(s->name), "PostgreSQL");
	int code = connect_to(s, error);

	if (!code)
		code = bring_up(s, create, error);
	if (code)
		postgres_close(&s->base);
	else
		*out = &s->base;
	return code;
}
