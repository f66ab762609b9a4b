#include "store/sqlite_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FILE_MODE = 0640,
	VALUE_MAX = 16 * 1024 * 1024 /* octets of any value of the file: ours are far smaller */
};

static int to_owner_of_folder(int fd, const char *path)
{
	char copy[PATH_MAX];
	struct stat status;

	if (geteuid() != 0)
		return 0;
	if ((size_t)snprintf(copy, sizeof(copy), "%s", path) >= sizeof(copy)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return stat(dirname(copy), &status) || fchown(fd, status.st_uid, status.st_gid) ? -1 : 0;
}

int sqlite_file_make(const char *path, bool give_away, struct io_error *error)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);

	if (fd < 0 && errno == EEXIST)
		return INKAN_OK;
	if (fd < 0)
		return io_fail(error, "%s: %s", path, strerror(errno));
	int failed = fchmod(fd, FILE_MODE);

	if (!failed && give_away)
		failed = to_owner_of_folder(fd, path);
	int result = failed ? io_fail(error, "%s: %s", path, strerror(errno)) : INKAN_OK;

	close(fd);
	return result;
}

void sqlite_file_restrict(sqlite3 *db, int patience)
{
	int keep_wal = 1;

	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, VALUE_MAX);
	sqlite3_busy_timeout(db, patience);
	/* the log stays beside the file, so that who may only read finds it */
	sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &keep_wal);
}

static const struct hint {
	int code;
	const char *text;
} hints[] = {
	{SQLITE_FULL, " – make room"},
	{SQLITE_BUSY, " – another process writes to it"},
};

int sqlite_file_fail(sqlite3 *db, const struct sqlite_kind *kind, const char *path, struct io_error *error)
{
	int code = sqlite3_errcode(db), system = sqlite3_system_errno(db);
	const char *hint = "";

	if (code == SQLITE_NOMEM)
		return INKAN_ENOMEM;
	for (size_t i = 0; i < sizeof(hints) / sizeof(*hints); i++)
		if (hints[i].code == code)
			hint = hints[i].text;
	if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
		return io_fail(error, "%s: %s – %s", path, sqlite3_errmsg(db), kind->broken);
	if (system && (code == SQLITE_IOERR || code == SQLITE_CANTOPEN))
		return io_fail(error, "%s: %s: %s", path, sqlite3_errmsg(db), strerror(system));
	return io_fail(error, "%s: %s%s", path, sqlite3_errmsg(db), hint);
}

int sqlite_file_run(sqlite3 *db, const struct sqlite_kind *kind, const char *path, const char *sql,
                    struct io_error *error)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? INKAN_OK
	                                                            : sqlite_file_fail(db, kind, path, error);
}

struct marks {
	int64_t application, version, tables;
};

/* All of one state: another process may be making the tables. */
static int read_marks(sqlite3 *db, const struct sqlite_kind *kind, const char *path, struct marks *out,
                      struct io_error *error)
{
	static const char sql[] = "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema) "
				  "FROM pragma_application_id, pragma_user_version";
	sqlite3_stmt *statement = NULL;
	int result = INKAN_OK;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
		*out = (struct marks){sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1),
		                      sqlite3_column_int64(statement, 2)};
	else
		result = sqlite_file_fail(db, kind, path, error);
	sqlite3_finalize(statement);
	return result;
}

int sqlite_file_version(sqlite3 *db, const struct sqlite_kind *kind, const char *path, int64_t *version_out,
                        struct io_error *error)
{
	struct marks found = {0};
	int result = read_marks(db, kind, path, &found, error);

	if (result)
		return result;
	if (found.application != kind->application && (found.application || found.version || found.tables))
		return io_fail(error, "%s: a database of another program – name another file", path);
	if (found.version > kind->version)
		return io_fail(error, "%s: written by a newer inkan (version %lld, this one knows %d) – update inkan",
		               path, (long long)found.version, kind->version);
	if (found.version < 0)
		return io_fail(error, "%s: its version is %lld, which no inkan writes", path, (long long)found.version);
	*version_out = found.version;
	return INKAN_OK;
}

int sqlite_file_migrate(sqlite3 *db, const struct sqlite_kind *kind, const char *path, struct io_error *error)
{
	char sql[100];
	int64_t version = 0; /* asked again: another process may have been faster */
	int result = sqlite_file_version(db, kind, path, &version, error);

	for (; !result && version < kind->version; version++)
		result = sqlite_file_run(db, kind, path, kind->steps[version], error);
	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d", kind->application,
	         kind->version);
	return result ? result : sqlite_file_run(db, kind, path, sql, error);
}
