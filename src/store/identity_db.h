/* What the identity store asks of a database: numbered statements with parameters, transactions. Two make it so: identity_sqlite.c,
 * identity_postgres.c. Nobody else includes it. */
#pragma once

#include "core/str.h"
#include "io/error.h"

/* Their texts are in identity_schema.c; both databases understand them. */
enum identity_statement {
	STATEMENT_COUNT_UP,
	STATEMENT_COUNTER,
	STATEMENT_SET_COUNTER,
	STATEMENT_MASTER,
	STATEMENT_SET_MASTER,
	STATEMENT_ADD,
	STATEMENT_CHANGE,
	STATEMENT_GET,
	STATEMENT_DELETE,
	STATEMENT_CLAIM,
	STATEMENT_EACH,
	STATEMENT_EACH_DOMAIN,
	STATEMENT_EACH_TENANT,
	STATEMENT_DUE,
	STATEMENT_DUE_AHEAD,
	STATEMENT_PUT_OFF,
	STATEMENT_SIGNERS,
	STATEMENT_COUNT_SIGNERS,
	STATEMENT_ADD_SIGNER,
	STATEMENT_CLEAR_SIGNERS,
	STATEMENT_ADD_FAILED,
	STATEMENT_CLEAR_FAILED,
	STATEMENT_KEY,
	STATEMENT_ADD_KEY,
	STATEMENT_COUNT_KEYS,
	STATEMENT_TRIM_KEYS,
	STATEMENT_CLEAR_KEYS,
	STATEMENT_EVENTS,
	STATEMENT_ADD_EVENT,
	STATEMENT_TRIM_EVENTS,
	STATEMENT_CLEAR_EVENTS,
	STATEMENT_TENANTS,
	STATEMENT_PUT_TENANT,
	STATEMENT_PUBLICATION,
	STATEMENT_ADD_PUBLICATION,
	STATEMENT_TRIM_PUBLICATIONS,
	STATEMENT_IS_EMPTY,
	STATEMENT_SAVE_IDENTITIES,
	STATEMENT_SAVE_KEYS,
	STATEMENT_SAVE_EVENTS,
	STATEMENT_SAVE_PUBLICATIONS,
	IDENTITY_STATEMENTS
};

enum db_kind { DB_NULL, DB_NUMBER, DB_TEXT, DB_OCTETS };

struct db_value {
	enum db_kind kind;
	int64_t number;
	struct str text; /* of DB_TEXT and DB_OCTETS */
};

enum { DB_PARAMETERS_MAX = 12, DB_COLUMNS_MAX = 8 };

/* A row of results: as many cells as the statement has columns, valid during the call. What it returns ends the statement unless
 * it is INKAN_OK, and is what run() returns then. */
typedef int db_row(void *context, const struct db_value *cells);

enum db_transaction {
	DB_WRITE, /* waits for other writers at once */
	DB_READ   /* sees one state all the time */
};

struct db {
	const struct db_driver *driver;
};

struct db_driver {
	/* Texts are well-formed UTF-8 without NUL. changed_out: rows that were changed; NULL is fine. Without a transaction
	 * around it the statement is one. INKAN_EIO: *error */
	int (*run)(struct db *db, enum identity_statement which, const struct db_value *values, size_t count,
	           db_row *row, void *context, size_t *changed_out, struct io_error *error);
	int (*begin)(struct db *db, enum db_transaction kind, struct io_error *error);
	int (*commit)(struct db *db, struct io_error *error);
	void (*rollback)(struct db *db);    /* nothing to take back: does nothing */
	const char *(*name)(struct db *db); /* for people, without password */
	void (*close)(struct db *db);
};

/* As identity_store_open(). */
INKAN_MUST_CHECK int identity_sqlite_open(const char *where, bool read_only, bool create, struct db **out,
                                          struct io_error *error);
INKAN_MUST_CHECK int identity_postgres_open(const char *where, bool read_only, bool create, struct db **out,
                                            struct io_error *error);
