#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEP = 64 * 1024 };

int io_open(const char *path, struct io_error *error)
{
	if (strcmp(path, "-") == 0)
		return STDIN_FILENO;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? io_fail(error, "%s: %s", path, strerror(errno)) : fd;
}

void io_close(int fd)
{
	if (fd > STDIN_FILENO)
		close(fd);
}

ptrdiff_t io_read(int fd, const char *path, void *p, size_t n, struct io_error *error)
{
	ssize_t got;

	do
		got = read(fd, p, n);
	while (got < 0 && errno == EINTR);
	return got < 0 ? io_fail(error, "%s: %s", path, strerror(errno)) : got;
}

/* How much to ask for: the rest of a regular file and one octet more, so that its end shows. */
static size_t first_step(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0)
		return STEP;
	return (uint64_t)st.st_size < SIZE_MAX ? (size_t)st.st_size + 1 : STEP;
}

static int read_all(int fd, const char *path, struct buf *out, struct io_error *error)
{
	for (size_t step = first_step(fd);; step = STEP) {
		size_t room = out->max - out->n;
		char one_more;
		char *p = room ? buf_reserve(out, step < room ? step : room) : &one_more;

		if (!p)
			return buf_error(out);
		ptrdiff_t got = io_read(fd, path, p, !room ? 1 : step < room ? step : room, error);

		if (got <= 0)
			return (int)got;
		if (!room) {
			io_fail(error, "%s: larger than %zu octets", path, out->max);
			return INKAN_ELIMIT;
		}
		buf_commit(out, (size_t)got);
	}
}

int io_read_file(const char *path, struct buf *out, struct io_error *error)
{
	int fd = io_open(path, error);

	if (fd < 0)
		return fd;
	int code = read_all(fd, path, out, error);

	io_close(fd);
	return code;
}
