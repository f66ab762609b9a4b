/* Zone files that inkan edits itself: read, and replaced as a whole. The file is locked (flock) from reading to replacing, so that of two
 * changes none is lost; a reader sees the old file or the new one. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dns/zone_file.h"
#include "io/clock.h"
#include "io/file.h"
#include "registrar/internal.h"

enum {
	FILE_MEMORY_MAX = 256 * 1024 * 1024,                   /* octets for a zone file */
	CHANGES_SIZE_MAX = REGISTRAR_PLAN_MAX / 2 * 64 * 1024, /* octets that it may grow by */
	LOCK_PATIENCE = 10000,                                 /* ms until another process has done with it ... */
	LOCK_PAUSE = 20                                        /* ... and between looks */
};

/* ---- reading ---- */

static int read_zone(struct arena *arena, const struct registrar_zone *zone, struct buf *text, struct zone *out,
                     struct io_error *error)
{
	struct zone_error where;
	int code = io_read_file(zone->file, text, error);

	if (!code)
		code = zone_file_read(arena, buf_str(text), str_c(zone->zone), out, &where);
	if (code == INKAN_ESYNTAX || code == INKAN_EREFUSED)
		code = io_fail(error, "%s:%zu:%zu: %s", zone->file, where.line, where.column, where.text);
	return code;
}

int registrar_find_in_file(struct arena *arena, const struct registrar_zone *zone, const struct record_set *wanted,
                           struct record_set *out, struct io_error *error)
{
	struct buf text;
	struct arena scratch;
	struct zone z;

	buf_init(&text, ZONE_FILE_SIZE_MAX);
	arena_init(&scratch, FILE_MEMORY_MAX);
	int code = read_zone(&scratch, zone, &text, &z, error);

	*out = (struct record_set){.name = wanted->name, .type = wanted->type};
	for (size_t i = 0; i < z.count && !code; i++)
		if (z.sets[i].set.type == wanted->type && str_eq(z.sets[i].set.name, wanted->name)) {
			code = record_set_copy(arena, &z.sets[i].set, out);
			break;
		}
	arena_release(&scratch);
	buf_release(&text);
	return code;
}

/* ---- replacing ---- */

/* The file itself, where the path is a link: it is the file that is replaced. */
static int open_locked(const char *path, char real[PATH_MAX], struct io_error *error)
{
	int64_t end = clock_milliseconds() + LOCK_PATIENCE;
	struct stat here, there;

	do {
		int fd = realpath(path, real) ? open(real, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) : -1;

		if (fd < 0)
			return io_fail(error, "%s: %s", path, strerror(errno));
		bool mine = flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &here) == 0 && stat(real, &there) == 0 &&
		            here.st_ino == there.st_ino && here.st_dev == there.st_dev;

		if (mine && S_ISREG(here.st_mode))
			return fd;
		io_close(fd);
		if (mine)
			return io_fail(error, "%s: not a file", path);
		(void)poll(NULL, 0, LOCK_PAUSE);
	} while (clock_milliseconds() < end);
	return io_fail(error, "%s: another inkan is changing it", path);
}

static bool write_text(int fd, struct str text)
{
	while (text.n) {
		ssize_t wrote = write(fd, text.p, text.n);

		if (wrote < 0 && errno != EINTR)
			return false;
		text = str_skip(text, wrote > 0 ? (size_t)wrote : 0);
	}
	return true;
}

/* Who owns it and who may read it stays: the name server has to go on reading it. */
static bool copy_rights(int fd, const struct stat *st)
{
	struct stat now;

	if (fstat(fd, &now) != 0)
		return false;
	if ((now.st_uid != st->st_uid || now.st_gid != st->st_gid) && fchown(fd, st->st_uid, st->st_gid) != 0)
		return false;
	return fchmod(fd, st->st_mode & 07777) == 0;
}

static void sync_folder_of(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int n = snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	int fd = n > 0 && (size_t)n < sizeof folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd >= 0) {
		(void)fsync(fd);
		io_close(fd);
	}
}

/* path: not a link, and locked */
static int replace_file(const char *path, struct str text, struct io_error *error)
{
	char temporary[PATH_MAX];
	int n = snprintf(temporary, sizeof temporary, "%s.inkan-new", path);
	struct stat st;

	if (n < 0 || (size_t)n >= sizeof temporary || stat(path, &st) != 0)
		return io_fail(error, "%s: %s", path, strerror(errno));
	(void)unlink(temporary); /* of who died */
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return io_fail(error, "%s: %s", temporary, strerror(errno));
	const char *what = "";
	bool well = write_text(fd, text);

	if (well && !copy_rights(fd, &st)) {
		well = false;
		what = ", to keep its owner and rights: run as its owner, or root";
	}
	well = well && fsync(fd) == 0;
	int why = errno;

	io_close(fd);
	if (well && rename(temporary, path) == 0) {
		sync_folder_of(path);
		return INKAN_OK;
	}
	why = well ? errno : why;
	(void)unlink(temporary);
	return io_fail(error, "%s: %s%s", path, strerror(why), what);
}

/* A file is replaced: it is the folder that has to be writable. */
static enum update_result may_replace(const char *path, struct io_error *error)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');

	snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	if (access(folder, W_OK) == 0)
		return UPDATE_DONE;
	(void)io_fail(error, "%s: %s", folder, strerror(errno));
	return UPDATE_REFUSED;
}

static int edit_locked(const struct registrar_plan *plan, const char *path, bool dry_run,
                       enum update_result *result_out, struct io_error *error)
{
	struct buf text, edited;
	struct arena scratch;
	struct zone_error where = {.text = ""};

	buf_init(&text, ZONE_FILE_SIZE_MAX);
	buf_init(&edited, ZONE_FILE_SIZE_MAX + CHANGES_SIZE_MAX);
	arena_init(&scratch, FILE_MEMORY_MAX);
	int code = io_read_file(path, &text, error);

	if (!code)
		code = zone_file_edit(&scratch, buf_str(&text), str_c(plan->how->zone), plan->changes,
		                      plan->change_count, &edited, &where);
	*result_out = code == INKAN_EREFUSED ? UPDATE_CHANGED_MEANWHILE : UPDATE_DONE;
	if (code == INKAN_EREFUSED || code == INKAN_ESYNTAX)
		(void)io_fail(error, "%s:%zu:%zu: %s", plan->how->file, where.line, where.column, where.text);
	if (code == INKAN_EREFUSED)
		code = INKAN_OK;
	else if (code == INKAN_ESYNTAX)
		code = INKAN_EIO;
	else if (!code && dry_run)
		*result_out = may_replace(path, error);
	else if (!code)
		code = replace_file(path, buf_str(&edited), error);
	arena_release(&scratch);
	buf_release(&edited);
	buf_release(&text);
	return code;
}

int registrar_edit_file(const struct registrar_plan *plan, bool dry_run, enum update_result *result_out,
                        struct io_error *error)
{
	char path[PATH_MAX];
	int fd = open_locked(plan->how->file, path, error);

	if (fd < 0)
		return fd;
	int code = edit_locked(plan, path, dry_run, result_out, error);

	io_close(fd);
	return code;
}
