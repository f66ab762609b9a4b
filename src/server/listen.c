#include "server/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "config/address.h"

enum { BACKLOG = 1024 };

/* ---- Unix sockets ---- */

static struct sockaddr_un unix_address(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	memcpy(a.sun_path, path, strlen(path) + 1); /* SOCKET_PATH_MAX fits */
	return a;
}

/* Whether somebody listens there. The socket of a service that is running belongs to its user, and root without CAP_DAC_OVERRIDE
 * (inkan.service) may not connect to it: then it is tried as that user and group. */
static bool is_alive(int fd, const struct sockaddr_un *a, const struct stat *info)
{
	/* one that is busy refuses at once (EAGAIN), it does not keep us waiting */
	bool alive = connect(fd, (const struct sockaddr *)a, sizeof *a) == 0 || errno == EAGAIN;

	if (alive || errno != EACCES || geteuid() != 0)
		return alive;
	setfsgid(info->st_gid);
	setfsuid(info->st_uid);
	alive = connect(fd, (const struct sockaddr *)a, sizeof *a) == 0 || errno == EAGAIN;
	setfsuid(geteuid());
	setfsgid(getegid());
	return alive;
}

/* A socket file that nobody listens on is left from a process that died. */
static int remove_stale(const char *path, struct io_error *error)
{
	struct sockaddr_un a = unix_address(path);
	struct stat info;

	if (lstat(path, &info) != 0)
		return INKAN_OK;
	if (!S_ISSOCK(info.st_mode))
		return io_fail(error, "%s: is there already, and no socket", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return io_fail(error, "%s: %s", path, strerror(errno));
	bool alive = is_alive(fd, &a, &info);

	close(fd);
	if (alive)
		return io_fail(error, "%s: another process listens there", path);
	if (unlink(path) != 0)
		return io_fail(error, "%s: %s", path, strerror(errno));
	return INKAN_OK;
}

static int give_to(const char *path, const struct listen_options *o, struct io_error *error)
{
	const struct group *group = o->group[0] ? getgrnam(o->group) : NULL;
	const struct passwd *owner = o->owner[0] && geteuid() == 0 ? getpwnam(o->owner) : NULL;

	if (o->group[0] && !group)
		return io_fail(error, "%s: there is no group %s", path, o->group);
	/* first the mode: once it belongs to somebody else, root without CAP_FOWNER (inkan.service) may not change it */
	if (chmod(path, (mode_t)o->mode) != 0)
		return io_fail(error, "%s: cannot set mode %04o: %s", path, o->mode, strerror(errno));
	if ((group || owner) && chown(path, owner ? owner->pw_uid : (uid_t)-1, group ? group->gr_gid : (gid_t)-1) != 0)
		return io_fail(error, "%s: cannot give it to %s%s: %s", path, group ? "group " : "user ",
		               group ? o->group : o->owner, strerror(errno));
	return INKAN_OK;
}

static int open_unix(const char *path, const struct listen_options *o, int *out, struct io_error *error)
{
	struct sockaddr_un a = unix_address(path);
	int code = remove_stale(path, error);
	int fd = code ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (code)
		return code;
	mode_t mask = umask(0177); /* nobody may connect before it has its group */
	int bound = fd < 0 ? -1 : bind(fd, (struct sockaddr *)&a, sizeof a);

	umask(mask);
	if (bound != 0 || listen(fd, BACKLOG) != 0) {
		code = io_fail(error, "%s: %s%s", path, strerror(errno), errno == ENOENT ? " – make its folder" : "");
	} else {
		code = give_to(path, o, error);
		if (code)
			unlink(path);
	}
	if (code && fd >= 0)
		close(fd);
	*out = fd;
	return code;
}

/* ---- internet sockets ---- */

static int bind_inet(const struct addrinfo *a, int *out)
{
	int one = 1, fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
		int reason = errno;

		close(fd);
		errno = reason;
		return -1;
	}
	*out = fd;
	return 0;
}

static int open_inet(const struct socket_address *address, int *out, struct io_error *error)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	char port[16];

	snprintf(port, sizeof port, "%u", address->port);
	int code = getaddrinfo(address->host[0] ? address->host : NULL, port, &hints, &found);

	if (code)
		return io_fail(error, "inet:%s:%s: %s", address->host, port, gai_strerror(code));
	/* for every address of the host: IPv6, which takes IPv4 too */
	const struct addrinfo *best = found;

	for (const struct addrinfo *a = found; a && !address->host[0]; a = a->ai_next)
		best = a->ai_family == AF_INET6 ? a : best;
	if (bind_inet(best, out) != 0 && (best == found || bind_inet(found, out) != 0))
		code = io_fail(error, "inet:%s:%s: %s%s", address->host, port, strerror(errno),
		               errno == EADDRINUSE ? " – another process listens there" : "");
	freeaddrinfo(found);
	return code;
}

/* ---- all of them ---- */

static int open_one(const char *text, const struct listen_options *o, int *out, struct io_error *error)
{
	struct socket_address address;
	const char *trouble;

	if (!socket_address_parse(str_c(text), &address, &trouble))
		return io_fail(error, "%s: %s", text, trouble);
	return address.kind == SOCKET_UNIX ? open_unix(address.path, o, out, error) : open_inet(&address, out, error);
}

static int find(const struct listeners *l, const char *address)
{
	for (size_t i = 0; l && i < l->count; i++)
		if (strcmp(l->list[i].address, address) == 0)
			return l->list[i].fd;
	return -1;
}

/* Sockets of that name that systemd has opened for us; they stay ours over reloads. */
static void take_activated(const char *name, struct listeners *out)
{
	static char **names;
	static int count = -1;

	if (count < 0)
		count = sd_listen_fds_with_names(0, &names);
	for (int i = 0; i < count && out->count < CONFIG_LISTEN_MAX; i++) {
		int fd = SD_LISTEN_FDS_START + i;

		if (strcmp(names[i], name) != 0)
			continue;
		(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
		out->list[out->count++] = (struct listener){fd, "systemd"};
	}
}

int listeners_open(const struct listen_options *o, const struct listeners *before, struct listeners *out,
                   struct io_error *error)
{
	struct listeners made = {.count = 0};
	int code = INKAN_OK;

	take_activated(o->activation_name, &made);
	if (made.count) {
		*out = made;
		return INKAN_OK;
	}
	for (size_t i = 0; i < o->addresses->count && i < CONFIG_LISTEN_MAX && !code; i++) {
		const char *address = o->addresses->words[i];
		int fd = find(before, address);

		if (find(&made, address) >= 0)
			continue; /* named twice */
		code = fd >= 0 ? INKAN_OK : open_one(address, o, &fd, error);
		if (!code)
			made.list[made.count++] = (struct listener){fd, address};
	}
	if (code)
		listeners_close(&made, before);
	else
		*out = made;
	return code;
}

void listeners_close(struct listeners *l, const struct listeners *kept)
{
	struct socket_address address;

	for (size_t i = 0; i < l->count; i++) {
		const struct listener *one = &l->list[i];
		bool is_kept = false;

		for (size_t k = 0; kept && k < kept->count; k++)
			is_kept = is_kept || kept->list[k].fd == one->fd;
		if (is_kept)
			continue;
		close(one->fd);
		if (socket_address_parse(str_c(one->address), &address, NULL) && address.kind == SOCKET_UNIX)
			unlink(address.path);
	}
	l->count = 0;
}

void listener_name(const struct listener *l, char *out, size_t size)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof a;
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (getsockname(l->fd, (struct sockaddr *)&a, &n) == 0 && (a.ss_family == AF_INET || a.ss_family == AF_INET6) &&
	    getnameinfo((struct sockaddr *)&a, n, host, sizeof host, port, sizeof port,
	                NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		snprintf(out, size, a.ss_family == AF_INET6 ? "inet:[%s]:%s" : "inet:%s:%s", host, port);
	else
		snprintf(out, size, "%s", l->address);
}
