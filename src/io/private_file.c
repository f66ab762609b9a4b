#include "io/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file.h"

/* Who may read the file besides its owner; owners are root, who we are, and who we shall be. */
static int check_access(const char *path, const struct stat *st, uid_t user, struct io_error *error)
{
	unsigned mode = st->st_mode & 07777;

	if (!S_ISREG(st->st_mode))
		return io_fail(error, "key %s: not a file", path);
	if (st->st_uid != 0 && st->st_uid != geteuid() && st->st_uid != user)
		return io_fail(error, "key %s: belongs to another user (uid %lu): chown root %s", path,
		               (unsigned long)st->st_uid, path);
	if (mode & 07)
		return io_fail(error, "key %s: mode %04o lets everyone at it: chmod 0600 %s", path, mode, path);
	if (mode & 020)
		return io_fail(error, "key %s: mode %04o lets its group change it: chmod 0600 %s", path, mode, path);
	if (mode & 040 && st->st_uid != 0)
		return io_fail(error, "key %s: mode %04o lets its group read it: chmod 0600 %s", path, mode, path);
	return INKAN_OK;
}

int private_file_read(const char *path, uid_t user, struct buf *out, struct io_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	ptrdiff_t got = 1;

	if (fd < 0 || fstat(fd, &st) != 0) {
		int why = errno;

		io_close(fd);
		return io_fail(error, "key %s: %s", path, strerror(why));
	}
	int code = check_access(path, &st, user, error);

	while (!code && got > 0 && out->n < out->max) {
		got = io_read(fd, path, out->p + out->n, out->max - out->n, error);
		code = got < 0 ? (int)got : INKAN_OK;
		out->n += got > 0 ? (size_t)got : 0;
	}
	io_close(fd);
	if (!code && out->n == out->max)
		return io_fail(error, "key %s: larger than %zu octets: not a key", path, out->max - 1);
	return code;
}
