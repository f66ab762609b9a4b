#include "io/master_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base64.h"
#include "io/file.h"
#include "io/random.h"

enum { DIGITS = 2 * MASTER_KEY_SIZE, PATH_SIZE = 4096 };

static void wipe(void *p, size_t n)
{
	explicit_bzero(p, n);
}

const char *master_key_place(const char *path)
{
	static char room[PATH_SIZE];
	const char *folder = getenv("CREDENTIALS_DIRECTORY");

	if (!folder || !folder[0])
		return path;
	int n = snprintf(room, sizeof room, "%s/%s", folder, MASTER_KEY_CREDENTIAL);

	return n > 0 && (size_t)n < sizeof room && access(room, F_OK) == 0 ? room : path;
}

static int check_access(const char *path, int fd, uid_t user, struct io_error *error)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return io_fail(error, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return io_fail(error, "%s: not a file", path);
	if (st.st_uid != 0 && st.st_uid != geteuid() && st.st_uid != user)
		return io_fail(error, "%s: belongs to another user (uid %lu): chown root %s", path,
		               (unsigned long)st.st_uid, path);
	if (st.st_mode & 037)
		return io_fail(error, "%s: mode %04o lets others at it: chmod 0600 %s", path,
		               (unsigned)st.st_mode & 07777, path);
	return INKAN_OK;
}

int master_key_read(const char *path, unsigned user, unsigned char seed[MASTER_KEY_SIZE], bool *there_out,
                    struct io_error *error)
{
	char text[DIGITS + 2];
	size_t size = 0, n = 0;
	ptrdiff_t got = 1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	*there_out = fd >= 0 || errno != ENOENT;
	if (fd < 0)
		return *there_out ? io_fail(error, "%s: %s", path, strerror(errno)) : INKAN_OK;
	int code = check_access(path, fd, user, error);

	while (!code && got > 0 && n < sizeof text) {
		got = io_read(fd, path, text + n, sizeof text - n, error);
		code = got < 0 ? (int)got : INKAN_OK;
		n += got > 0 ? (size_t)got : 0;
	}
	io_close(fd);
	n -= n && text[n - 1] == '\n';
	if (!code && (n != DIGITS || !hex_decode(str_from(text, n), seed, &size)))
		code = io_fail(error, "%s: not a master key: 64 hexadecimal digits in one line", path);
	wipe(text, sizeof text);
	return code;
}

/* Makes the folder of a path, and each on the way to it. */
static int make_folder(const char *path, struct io_error *error)
{
	char folder[PATH_SIZE];
	const char *slash = strrchr(path, '/');
	int n = snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");

	if (n < 0 || (size_t)n >= sizeof folder)
		return io_fail(error, "%s: the path is too long", path);
	if (n == 0)
		return INKAN_OK;
	for (char *p = folder + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		(void)mkdir(folder, 0755);
		*p = '/';
	}
	if (mkdir(folder, 0750) != 0 && errno != EEXIST)
		return io_fail(error, "%s: %s", folder, strerror(errno));
	return INKAN_OK;
}

static int write_key(int fd, const char *path, const unsigned char seed[MASTER_KEY_SIZE], struct io_error *error)
{
	struct buf text;
	int code = INKAN_OK;

	buf_init(&text, DIGITS + 1);
	if (!buf_reserve(&text, DIGITS + 1))
		return INKAN_ENOMEM;
	hex_encode(&text, seed, MASTER_KEY_SIZE);
	buf_put_char(&text, '\n');
	if (write(fd, text.p, text.n) != (ssize_t)text.n || fsync(fd) != 0)
		code = io_fail(error, "%s: %s", path, strerror(errno));
	wipe(text.p, text.n);
	buf_release(&text);
	return code;
}

/* What is in a folder survives a power cut only when the folder itself is written. */
static int sync_folder(const char *path, struct io_error *error)
{
	char folder[PATH_SIZE];
	const char *slash = strrchr(path, '/');
	int n = snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	int fd = n > 0 && (size_t)n < sizeof folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool well = fd >= 0 && fsync(fd) == 0;
	int why = errno;

	if (fd >= 0)
		io_close(fd);
	return well ? INKAN_OK : io_fail(error, "%s: %s", folder, strerror(why));
}

/* The key in a file of its own, whole; its name is left in `temporary`. */
static int write_beside(const char *path, const unsigned char seed[MASTER_KEY_SIZE], char temporary[PATH_SIZE],
                        struct io_error *error)
{
	unsigned char mark[4];

	random_octets(mark, sizeof mark);
	int n = snprintf(temporary, PATH_SIZE, "%s.%02x%02x%02x%02x", path, mark[0], mark[1], mark[2], mark[3]);

	if (n < 0 || n >= PATH_SIZE)
		return io_fail(error, "%s: the path is too long", path);
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return io_fail(error, "%s: %s", temporary, strerror(errno));
	int code = write_key(fd, path, seed, error);

	io_close(fd);
	if (code)
		(void)unlink(temporary);
	return code;
}

int master_key_create(const char *path, unsigned char seed[MASTER_KEY_SIZE], struct io_error *error)
{
	char temporary[PATH_SIZE];
	int code = make_folder(path, error);

	if (code)
		return code;
	random_octets(seed, MASTER_KEY_SIZE);
	code = write_beside(path, seed, temporary, error);
	if (code)
		return code;
	if (link(temporary, path) != 0) /* unlike rename() it replaces nothing */
		code = errno == EEXIST ? INKAN_EREFUSED : INKAN_EIO;
	if (code)
		(void)io_fail(error, "%s: %s", path, strerror(errno));
	(void)unlink(temporary);
	return code ? code : sync_folder(path, error);
}
