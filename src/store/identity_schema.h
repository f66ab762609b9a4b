/* The tables of the identity store, for SQLite and PostgreSQL, and what is asked of them. */
#pragma once

#include "store/identity_db.h"

enum {
	IDENTITY_APPLICATION = 0x696e6b69, /* "inki": application_id of the SQLite file */
	IDENTITY_SCHEMA_VERSION = 2
};

/* [i] leads from version i to i + 1. In PostgreSQL they lie in the schema "inkan". */
extern const char *const identity_sqlite_steps[IDENTITY_SCHEMA_VERSION];
extern const char *const identity_postgres_steps[IDENTITY_SCHEMA_VERSION];

/* Parameters are $1, $2 ... in the order in which they first appear: that is how SQLite numbers them. */
extern const char *const identity_statements[IDENTITY_STATEMENTS];
