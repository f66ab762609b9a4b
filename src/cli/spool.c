#include "cli/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

void spool_init(struct spool *s)
{
	buf_init(&s->memory, SPOOL_MEMORY_MAX);
	s->fd = -1;
}

void spool_release(struct spool *s)
{
	buf_release(&s->memory);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static int open_named(const char *folder)
{
	struct buf path;
	int fd = -1;

	buf_init(&path, 4096);
	buf_printf(&path, "%s/inkan.XXXXXX", folder);
	buf_put_char(&path, '\0');
	if (buf_error(&path)) {
		errno = ENAMETOOLONG;
	} else {
		fd = mkostemp(path.p, O_CLOEXEC);
		if (fd >= 0)
			(void)unlink(path.p);
	}
	buf_release(&path);
	return fd;
}

static int open_nameless(void)
{
	const char *folder = getenv("TMPDIR");
	int fd;

	if (!folder || !*folder)
		folder = "/tmp";
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL) ? fd : open_named(folder);
}

int spool_put(struct spool *s, struct str octets)
{
	if (s->fd < 0 && octets.n <= SPOOL_MEMORY_MAX - s->memory.n) {
		buf_put(&s->memory, octets);
		return buf_error(&s->memory) ? ENOMEM : 0;
	}
	if (s->fd < 0) {
		s->fd = open_nameless();
		int error = s->fd < 0 ? errno : write_all(s->fd, buf_str(&s->memory));

		if (error)
			return error;
		buf_release(&s->memory);
	}
	return write_all(s->fd, octets);
}

int spool_copy(struct spool *s, struct output *out)
{
	enum { STEP = 64 * 1024 };

	if (s->fd < 0) {
		buf_put(&out->text, buf_str(&s->memory));
		return 0;
	}
	if (lseek(s->fd, 0, SEEK_SET) < 0)
		return errno;
	for (;;) {
		char *room = buf_reserve(&out->text, STEP);
		ssize_t n = room ? read(s->fd, room, STEP) : 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : 0;
		buf_commit(&out->text, (size_t)n);
		if (!output_flush(out))
			return 0;
	}
}
