#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/files.h"
#include "cli/trouble_text.h"
#include "io/file.h"

/* What io says is "NAME: reason"; the name is shown in its own way. */
static const char *reason(const struct io_error *error, const char *name)
{
	size_t n = strlen(name);

	return str_has_prefix(str_c(error->text), str_from(name, n)) && strncmp(error->text + n, ": ", 2) == 0
	               ? error->text + n + 2
	               : error->text;
}

int file_open(struct ui *ui, const char *name)
{
	struct io_error error = {0};
	int fd = io_open(name, &error);

	if (fd >= 0)
		return fd;
	ui_error(ui, IN_FILE(name),
	         TEXT(ui, "cannot open: %s – check name and permissions",
	              "開けません: %s – 名前と権限を確かめてください"),
	         TROUBLE(ui, reason(&error, name)));
	return -1;
}

void file_close(int fd)
{
	io_close(fd);
}

static void explain_read(struct ui *ui, const char *name, const struct io_error *error)
{
	ui_error(ui, IN_FILE(name),
	         TEXT(ui, "cannot read: %s – check name and permissions, and that it is a file",
	              "読めません: %s – 名前と権限、ファイルであることを確かめてください"),
	         TROUBLE(ui, reason(error, name)));
}

ptrdiff_t file_read_some(struct ui *ui, const char *name, int fd, char *out, size_t size)
{
	struct io_error error = {0};
	ptrdiff_t n = io_read(fd, name, out, size, &error);

	if (n >= 0)
		return n;
	explain_read(ui, name, &error);
	return -1;
}

enum exit_code file_read(struct ui *ui, const char *name, struct buf *out)
{
	struct io_error error = {0};
	int code = io_read_file(name, out, &error);

	if (code == INKAN_OK)
		return EXIT_FINE;
	if (code == INKAN_ELIMIT)
		ui_error(ui, IN_FILE(name),
		         TEXT(ui, "larger than %zu octets – give the right file",
		              "%zu オクテットを超えています – 正しいファイルを指定してください"),
		         out->max);
	else if (code == INKAN_EIO)
		explain_read(ui, name, &error);
	else
		return ui_failed(ui, IN_FILE(name), code);
	return EXIT_USAGE;
}

enum exit_code file_read_not_text(struct ui *ui, const char *name, struct buf *out)
{
	if (!strchr(name, ' ') || access(name, F_OK) == 0)
		return file_read(ui, name, out);
	ui_error(ui, NOWHERE,
	         TEXT(ui, "there is no file of that name – to give a text instead, write it behind --value",
	              "その名前のファイルはありません – 文面そのものは --value の後に書いてください"));
	return EXIT_USAGE;
}

/* ---- writing ---- */

/* The temporary name: in the same folder, so that rename() is one step. */
static void put_temporary_name(struct buf *out, const char *name)
{
	struct str path = str_c(name);
	size_t slash = str_rfind(path, '/');
	size_t folder = slash == path.n ? 0 : slash + 1;

	buf_put(out, str_head(path, folder));
	buf_put_char(out, '.');
	buf_put(out, str_skip(path, folder));
	buf_put_c(out, ".XXXXXX");
	buf_put_char(out, '\0');
}

/* Makes the name of a file last over a power failure; file systems that cannot do it are no reason to fail. */
static void sync_folder(const char *name)
{
	struct str path = str_c(name);
	size_t slash = str_rfind(path, '/');
	struct buf folder;

	buf_init(&folder, path.n + 2);
	if (slash == path.n)
		buf_put_c(&folder, ".");
	else
		buf_put(&folder, str_head(path, slash ? slash : 1));
	buf_put_char(&folder, '\0');
	if (buf_error(&folder) == INKAN_OK) {
		int fd = open(folder.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd >= 0) {
			(void)fsync(fd);
			close(fd);
		}
	}
	buf_release(&folder);
}

/* Gives the finished temporary file its name: 0 or errno (EEXIST: something is there and must stay). */
static int give_name(const char *temporary, const char *name, bool replace)
{
	if (replace)
		return rename(temporary, name) == 0 ? 0 : errno;
	if (renameat2(AT_FDCWD, temporary, AT_FDCWD, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return errno;
	/* a file system without that: a second name never replaces */
	if (link(temporary, name) != 0)
		return errno;
	(void)unlink(temporary);
	return 0;
}

/* What a file is to hold: octets, or what somebody writes. */
struct content {
	struct str octets;
	file_producer *produce; /* NULL: octets */
	void *context;
};

static int put_content(int fd, const struct content *c)
{
	return c->produce ? c->produce(c->context, fd) : write_all(fd, c->octets);
}

static int write_temporary(int fd, const struct content *content, unsigned mode)
{
	int error = fchmod(fd, (mode_t)mode) == 0 ? put_content(fd, content) : errno;

	if (!error && fsync(fd) != 0 && errno != EINVAL && errno != EROFS)
		error = errno;
	if (close(fd) != 0 && !error)
		error = errno;
	return error;
}

static void explain_write(struct ui *ui, const char *name, int error)
{
	if (error == EEXIST)
		ui_error(ui, IN_FILE(name),
		         TEXT(ui, "exists already and was not touched – choose another name, or --force to replace it",
		              "すでに存在するので変更していません – 別の名前にするか、--force で置き換えてください"));
	else
		ui_error(ui, IN_FILE(name),
		         TEXT(ui, "cannot write: %s – nothing was written; check folder, permissions and space",
		              "書き込めません: %s – 何も書いていません。フォルダー、権限、空き容量を確かめてください"),
		         TROUBLE(ui, strerror(error)));
}

/* Beside the place, so that rename() is one step: 0 or errno. */
static int write_beside(const char *place, const struct content *content, unsigned mode, bool replace)
{
	struct buf temporary;
	int error = ENOMEM;

	buf_init(&temporary, strlen(place) + 16);
	put_temporary_name(&temporary, place);
	if (buf_error(&temporary) == INKAN_OK) {
		int fd = mkostemp(temporary.p, O_CLOEXEC);

		error = fd < 0 ? errno : write_temporary(fd, content, mode);
		if (fd >= 0 && !error)
			error = give_name(temporary.p, place, replace);
		if (fd >= 0 && error)
			(void)unlink(temporary.p);
	}
	buf_release(&temporary);
	return error;
}

/* Into what stands there: a device, a FIFO. 0 or errno. */
static int write_into(const char *place, const struct content *content)
{
	int fd = open(place, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	int error = fd < 0 ? errno : put_content(fd, content);

	if (fd >= 0 && close(fd) != 0 && !error)
		error = errno;
	return error;
}

/* Where a name leads: through symbolic links to the file itself. 0 or errno; *out is to be freed. */
static int find_place(const char *name, char **out, bool *is_special_out)
{
	struct stat there;

	*is_special_out = false;
	if (lstat(name, &there) != 0) {
		if (errno != ENOENT)
			return errno;
		*out = strdup(name);
		return *out ? 0 : ENOMEM;
	}
	*out = S_ISLNK(there.st_mode) ? realpath(name, NULL) : strdup(name);
	if (!*out)
		return errno;
	*is_special_out = stat(*out, &there) == 0 && !S_ISREG(there.st_mode);
	return *is_special_out && S_ISDIR(there.st_mode) ? EISDIR : 0;
}

static enum exit_code write_content(struct ui *ui, const char *name, const struct content *content, unsigned mode,
                                    bool replace)
{
	bool is_special = false;
	char *place = NULL;
	struct stat there;
	int error;

	if (!replace && lstat(name, &there) == 0)
		error = EEXIST; /* said early; give_name() would refuse it too */
	else
		error = find_place(name, &place, &is_special);
	if (!error)
		error = is_special ? write_into(place, content) : write_beside(place, content, mode, replace);
	if (error > 0)
		explain_write(ui, name, error);
	else if (!error && !is_special)
		sync_folder(place);
	free(place);
	return error ? EXIT_USAGE : EXIT_FINE;
}

enum exit_code file_write(struct ui *ui, const char *name, struct str octets, unsigned mode, bool replace)
{
	const struct content content = {.octets = octets};

	return write_content(ui, name, &content, mode, replace);
}

enum exit_code file_write_by(struct ui *ui, const char *name, file_producer *produce, void *context, unsigned mode,
                             bool replace)
{
	const struct content content = {.produce = produce, .context = context};

	return write_content(ui, name, &content, mode, replace);
}

static int probe_beside(const char *place)
{
	struct buf temporary;
	int fd = -1, error = ENOMEM;

	buf_init(&temporary, strlen(place) + 16);
	put_temporary_name(&temporary, place);
	if (buf_error(&temporary) == INKAN_OK) {
		fd = mkostemp(temporary.p, O_CLOEXEC);
		error = fd < 0 ? errno : 0;
	}
	if (fd >= 0) {
		(void)unlink(temporary.p);
		close(fd);
	}
	buf_release(&temporary);
	return error;
}

enum exit_code file_probe(struct ui *ui, const char *name)
{
	bool is_special = false;
	char *place = NULL;
	int error = find_place(name, &place, &is_special);

	if (!error)
		error = !is_special ? probe_beside(place) : access(place, W_OK) == 0 ? 0 : errno;
	if (error)
		explain_write(ui, name, error);
	free(place);
	return error ? EXIT_USAGE : EXIT_FINE;
}
