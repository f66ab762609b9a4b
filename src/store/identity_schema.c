/* One text of every table and statement; the databases differ in the names of types only.
 *
 * An identity is a row with its JSON (identity_print_json()) and, beside it, what is searched for. `signer` is made of it
 * whenever it is stored: who signs for an author is one look into an index. So is `failed_mail_from`, custom MAIL FROM domains that have
 * failed (behaviour: enum mx_failure). Times are Unix seconds; next_due is NULL where
 * nothing is due by itself.
 *
 * meta has the counters ("mark", "key", "publication") and the public half of the master key. Every transaction that changes
 * something begins with a count of "mark": so writers of PostgreSQL queue at that row, in one order, and cannot wait for each
 * other in a circle. */
#include "store/identity_schema.h"

/* clang-format off */
#define VERSION_1(TEXT, NUMBER, OCTETS, END)                                                                            \
	"CREATE TABLE meta ("                                                                                           \
	"  name " TEXT " PRIMARY KEY,"                                                                                  \
	"  number " NUMBER " NOT NULL DEFAULT 0,"                                                                       \
	"  octets " OCTETS                                                                                              \
	")" END ";"                                                                                                     \
	"INSERT INTO meta (name) VALUES ('mark'), ('key'), ('publication');"                                            \
	"CREATE TABLE tenant ("                                                                                         \
	"  name " TEXT " PRIMARY KEY,"                                                                                  \
	"  organisation " TEXT " NOT NULL,"                                                                             \
	"  created " NUMBER " NOT NULL"                                                                                 \
	")" END ";"                                                                                                     \
	"CREATE TABLE identity ("                                                                                       \
	"  id " TEXT " PRIMARY KEY,"                                                                                    \
	"  version " NUMBER " NOT NULL,"                                                                                \
	"  domain " TEXT " NOT NULL,"                                                                                   \
	"  tenant " TEXT " NOT NULL,"                                                                                   \
	"  environment " TEXT " NOT NULL,"                                                                              \
	"  next_due " NUMBER ","                                                                                        \
	"  claimed_by " TEXT " NOT NULL DEFAULT '',"                                                                    \
	"  claimed_until " NUMBER " NOT NULL DEFAULT 0,"                                                                \
	"  doc " TEXT " NOT NULL"                                                                                       \
	")" END ";"                                                                                                     \
	"CREATE INDEX identity_by_domain ON identity (domain, id);"                                                     \
	"CREATE INDEX identity_by_tenant ON identity (tenant, id);"                                                     \
	"CREATE INDEX identity_by_next_due ON identity (next_due, id);"                                                 \
	"CREATE TABLE signer ("                                                                                         \
	"  author " TEXT " NOT NULL,"                                                                                   \
	"  number " NUMBER " NOT NULL,"                                                                                 \
	"  identity " TEXT " NOT NULL,"                                                                                 \
	"  algorithm " NUMBER " NOT NULL,"                                                                              \
	"  selector " TEXT " NOT NULL,"                                                                                 \
	"  domain " TEXT " NOT NULL,"                                                                                   \
	"  PRIMARY KEY (author, number)"                                                                                \
	")" END ";"                                                                                                     \
	"CREATE INDEX signer_by_identity ON signer (identity);"                                                         \
	"CREATE TABLE sealed_key ("                                                                                     \
	"  number " NUMBER " PRIMARY KEY,"                                                                              \
	"  identity " TEXT " NOT NULL,"                                                                                 \
	"  algorithm " NUMBER " NOT NULL,"                                                                              \
	"  bits " NUMBER " NOT NULL,"                                                                                   \
	"  record " TEXT " NOT NULL,"                                                                                   \
	"  sealed " OCTETS " NOT NULL"                                                                                  \
	")" END ";"                                                                                                     \
	"CREATE INDEX sealed_key_by_identity ON sealed_key (identity);"                                                 \
	"CREATE TABLE event ("                                                                                          \
	"  identity " TEXT " NOT NULL,"                                                                                 \
	"  version " NUMBER " NOT NULL,"                                                                                \
	"  moment " NUMBER " NOT NULL,"                                                                                 \
	"  host " TEXT " NOT NULL,"                                                                                     \
	"  who " TEXT " NOT NULL,"                                                                                      \
	"  action " TEXT " NOT NULL,"                                                                                   \
	"  detail " TEXT " NOT NULL,"                                                                                   \
	"  PRIMARY KEY (identity, version)"                                                                             \
	")" END ";"                                                                                                     \
	"CREATE TABLE publication ("                                                                                    \
	"  number " NUMBER " PRIMARY KEY,"                                                                              \
	"  zone " TEXT " NOT NULL,"                                                                                     \
	"  moment " NUMBER " NOT NULL,"                                                                                 \
	"  doc " TEXT " NOT NULL"                                                                                       \
	")" END ";"                                                                                                     \
	"CREATE INDEX publication_by_zone ON publication (zone, number);"

/* Only documents that name such a domain are read, so that a damaged one keeps nobody from the others; SQLite can be asked whether one is
 * valid, PostgreSQL before 16 cannot. */
#define VERSION_2(TEXT, NUMBER, END, DOC, VALID)                                                                        \
	"CREATE TABLE failed_mail_from ("                                                                               \
	"  author " TEXT " NOT NULL,"                                                                                   \
	"  identity " TEXT " NOT NULL,"                                                                                 \
	"  behaviour " NUMBER " NOT NULL,"                                                                              \
	"  domain " TEXT " NOT NULL,"                                                                                   \
	"  PRIMARY KEY (author, identity)"                                                                              \
	")" END ";"                                                                                                     \
	"CREATE INDEX failed_mail_from_by_identity ON failed_mail_from (identity);"                                     \
	"INSERT INTO failed_mail_from (author, identity, behaviour, domain) "                                           \
	"SELECT CASE WHEN " DOC " ->> 'address' = '' THEN domain ELSE " DOC " ->> 'address' END, id, "                  \
	"CASE WHEN " DOC " ->> 'mx_failure' = 'reject' THEN 1 ELSE 0 END, " DOC " ->> 'mail_from' "                     \
	"FROM identity WHERE doc LIKE '{%\"mail_from_state\":\"failed\"%}'" VALID ";"
/* clang-format on */

const char *const identity_sqlite_steps[IDENTITY_SCHEMA_VERSION] = {
	VERSION_1("TEXT", "INTEGER", "BLOB", " STRICT"),
	VERSION_2("TEXT", "INTEGER", " STRICT", "doc", " AND json_valid(doc)")};
/* texts in the order of their octets, as SQLite has them */
const char *const identity_postgres_steps[IDENTITY_SCHEMA_VERSION] = {
	VERSION_1("TEXT COLLATE \"C\"", "BIGINT", "BYTEA", ""),
	VERSION_2("TEXT COLLATE \"C\"", "BIGINT", "", "doc::json", "")};

/* Seconds: who claimed for longer than this from now on had a clock that was wrong, and may have died with it. */
#define CLAIM_MAX "3600"
/* Seconds: likewise, what is due later than this is due now. */
#define DUE_AHEAD_MAX "604800"
#define NOT_CLAIMED "(claimed_until <= $1 OR claimed_until > $1 + " CLAIM_MAX ")"

const char *const identity_statements[IDENTITY_STATEMENTS] = {
	[STATEMENT_COUNT_UP] = "UPDATE meta SET number = number + 1 WHERE name = $1 RETURNING number",
	[STATEMENT_COUNTER] = "SELECT number FROM meta WHERE name = $1",
	[STATEMENT_SET_COUNTER] = "UPDATE meta SET number = $1 WHERE name = $2",
	[STATEMENT_MASTER] = "SELECT octets FROM meta WHERE name = 'master'",
	[STATEMENT_SET_MASTER] = "INSERT INTO meta (name, octets) VALUES ('master', $1) ON CONFLICT (name) DO NOTHING",
	[STATEMENT_ADD] = "INSERT INTO identity (version, domain, tenant, environment, next_due, doc, id) "
			  "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING",
	[STATEMENT_CHANGE] = "UPDATE identity SET version = $1, domain = $2, tenant = $3, environment = $4, "
			     "next_due = $5, doc = $6, claimed_by = '', claimed_until = 0 "
			     "WHERE id = $7 AND version = $8",
	[STATEMENT_GET] = "SELECT version, doc FROM identity WHERE id = $1",
	[STATEMENT_DELETE] = "DELETE FROM identity WHERE id = $1 AND version = $2",
	[STATEMENT_CLAIM] = "UPDATE identity SET claimed_by = $1, claimed_until = $2 WHERE id = $3 "
			    "AND ($4 = 0 OR version = $4) "
			    "AND (claimed_by = $1 OR claimed_until <= $5 OR claimed_until > $5 + " CLAIM_MAX ") "
			    "RETURNING version, doc",
	[STATEMENT_EACH] = "SELECT id, doc FROM identity WHERE id > $1 AND ($2 = '' OR environment = $2) "
			   "ORDER BY id LIMIT $3",
	[STATEMENT_EACH_DOMAIN] = "SELECT id, doc FROM identity WHERE id > $1 AND ($2 = '' OR environment = $2) "
				  "AND domain = $3 AND ($4 = '' OR tenant = $4) ORDER BY id LIMIT $5",
	[STATEMENT_EACH_TENANT] = "SELECT id, doc FROM identity WHERE id > $1 AND ($2 = '' OR environment = $2) "
				  "AND tenant = $3 ORDER BY id LIMIT $4",
	[STATEMENT_DUE] = "SELECT id FROM identity WHERE next_due <= $1 AND " NOT_CLAIMED " "
			  "ORDER BY next_due, id LIMIT $2",
	[STATEMENT_DUE_AHEAD] = "SELECT id FROM identity WHERE next_due > $1 + " DUE_AHEAD_MAX " AND " NOT_CLAIMED " "
				"ORDER BY next_due, id LIMIT $2",
	[STATEMENT_PUT_OFF] = "UPDATE identity SET next_due = $1 WHERE id = $2 AND version = $3",
	[STATEMENT_SIGNERS] = "SELECT author, number, algorithm, selector, domain FROM signer WHERE author = $1 "
			      "UNION ALL SELECT author, number, algorithm, selector, domain FROM signer "
			      "WHERE author = $2 AND NOT EXISTS (SELECT 1 FROM signer WHERE author = $1) "
			      /* -1 in place of a key */
			      "UNION ALL SELECT author, -1, behaviour, '', domain FROM failed_mail_from "
			      "WHERE author IN ($1, $2)",
	[STATEMENT_COUNT_SIGNERS] = "SELECT count(*) FROM signer WHERE author = $1",
	[STATEMENT_ADD_SIGNER] = "INSERT INTO signer (author, number, identity, algorithm, selector, domain) "
				 "VALUES ($1, $2, $3, $4, $5, $6)",
	[STATEMENT_CLEAR_SIGNERS] = "DELETE FROM signer WHERE identity = $1",
	[STATEMENT_ADD_FAILED] =
		"INSERT INTO failed_mail_from (author, identity, behaviour, domain) VALUES ($1, $2, $3, $4)",
	[STATEMENT_CLEAR_FAILED] = "DELETE FROM failed_mail_from WHERE identity = $1",
	[STATEMENT_KEY] = "SELECT sealed FROM sealed_key WHERE number = $1",
	[STATEMENT_ADD_KEY] = "INSERT INTO sealed_key (number, identity, algorithm, bits, record, sealed) "
			      "VALUES ($1, $2, $3, $4, $5, $6)",
	[STATEMENT_COUNT_KEYS] = "SELECT count(*) FROM sealed_key WHERE identity = $1 AND number IN ($2, $3, $4)",
	[STATEMENT_TRIM_KEYS] = "DELETE FROM sealed_key WHERE identity = $1 AND number NOT IN ($2, $3, $4)",
	[STATEMENT_CLEAR_KEYS] = "DELETE FROM sealed_key WHERE identity = $1",
	[STATEMENT_EVENTS] = "SELECT moment, host, who, action, detail FROM event WHERE identity = $1 "
			     "ORDER BY version DESC LIMIT $2",
	[STATEMENT_ADD_EVENT] = "INSERT INTO event (identity, version, moment, host, who, action, detail) "
				"VALUES ($1, $2, $3, $4, $5, $6, $7)",
	[STATEMENT_TRIM_EVENTS] = "DELETE FROM event WHERE identity = $1 AND version <= "
				  "(SELECT version FROM event WHERE identity = $1 "
				  "ORDER BY version DESC LIMIT 1 OFFSET $2)",
	[STATEMENT_CLEAR_EVENTS] = "DELETE FROM event WHERE identity = $1",
	[STATEMENT_TENANTS] = "SELECT name, organisation, created FROM tenant WHERE name > $1 ORDER BY name LIMIT $2",
	[STATEMENT_PUT_TENANT] = "INSERT INTO tenant (name, organisation, created) VALUES ($1, $2, $3) "
				 "ON CONFLICT (name) DO UPDATE SET organisation = excluded.organisation",
	[STATEMENT_PUBLICATION] = "SELECT number, moment, doc FROM publication WHERE zone = $1 "
				  "AND ($2 = 0 OR number < $2) ORDER BY number DESC LIMIT 1",
	[STATEMENT_ADD_PUBLICATION] = "INSERT INTO publication (number, zone, moment, doc) VALUES ($1, $2, $3, $4)",
	[STATEMENT_TRIM_PUBLICATIONS] = "DELETE FROM publication WHERE zone = $1 AND number <= "
					"(SELECT number FROM publication WHERE zone = $1 "
					"ORDER BY number DESC LIMIT 1 OFFSET $2)",
	[STATEMENT_IS_EMPTY] = "SELECT (SELECT count(*) FROM (SELECT 1 FROM identity LIMIT 1) AS i) + "
			       "(SELECT count(*) FROM (SELECT 1 FROM tenant LIMIT 1) AS t) + "
			       "(SELECT count(*) FROM (SELECT 1 FROM publication LIMIT 1) AS p)",
	[STATEMENT_SAVE_IDENTITIES] = "SELECT id, version, doc FROM identity WHERE id > $1 ORDER BY id LIMIT $2",
	[STATEMENT_SAVE_KEYS] = "SELECT number, identity, algorithm, bits, record, sealed FROM sealed_key "
				"WHERE number > $1 ORDER BY number LIMIT $2",
	[STATEMENT_SAVE_EVENTS] = "SELECT identity, version, moment, host, who, action, detail FROM event "
				  "WHERE (identity, version) > ($1, $2) ORDER BY identity, version LIMIT $3",
	[STATEMENT_SAVE_PUBLICATIONS] = "SELECT number, zone, moment, doc FROM publication WHERE number > $1 "
					"ORDER BY number LIMIT $2",
};
