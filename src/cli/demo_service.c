#include "cli/demo_service.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "cli/files.h"
#include "io/clock.h"

enum {
	ARGUMENTS_MAX = 16,
	START_PATIENCE = 30 * 1000, /* ms until the service is ready */
	STOP_PATIENCE = 40 * 1000,  /* ms until it has ended: longer than its own patience with sessions */
	HTTP_PATIENCE = 5,          /* s */
	STEP = 100,                 /* ms between two looks */
	LOG_MAX = 1024 * 1024,
	LOG_SHOWN = 600 /* octets of its end */
};

/* ---- processes ---- */

/* A descriptor of /dev/null. */
static int become_child(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (nothing >= 0)
		dup2(nothing, STDIN_FILENO);
	return nothing;
}

/* Ends the process where it fails. */
static void run_ourselves(const char *const arguments[])
{
	char *argv[ARGUMENTS_MAX + 2] = {program_invocation_name};

	for (size_t i = 0; i < ARGUMENTS_MAX && arguments[i]; i++)
		argv[i + 1] = (char *)(uintptr_t)arguments[i];
	execv("/proc/self/exe", argv);
	_exit(127);
}

static int read_to_end(int fd, struct buf *out)
{
	char piece[4096];

	for (;;) {
		ssize_t n = read(fd, piece, sizeof piece);

		if (n == 0)
			return buf_error(out);
		if (n < 0 && errno != EINTR)
			return INKAN_EIO;
		if (n > 0)
			buf_put(out, str_from(piece, (size_t)n));
	}
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return INKAN_EIO;
	return WIFEXITED(status) ? WEXITSTATUS(status) : INKAN_EIO;
}

int demo_run(const char *const arguments[], struct buf *out)
{
	int ends[2] = {-1, -1}, error = INKAN_OK;

	if (out && pipe2(ends, O_CLOEXEC) != 0)
		return INKAN_EIO;
	pid_t pid = fork();

	if (pid == 0) {
		int nothing = become_child();

		if (out) {
			dup2(ends[1], STDOUT_FILENO);
			dup2(nothing, STDERR_FILENO);
		}
		run_ourselves(arguments);
	}
	if (out) {
		close(ends[1]);
		error = pid < 0 ? INKAN_EIO : read_to_end(ends[0], out);
		close(ends[0]);
	}
	if (pid < 0)
		return INKAN_EIO;
	int status = wait_for(pid);

	return error ? error : status;
}

/* ---- the service ---- */

/* Where the service says that it is ready, as systemd would have it. */
static int open_notify(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(a.sun_path, path, strnlen(path, sizeof a.sun_path - 1)); /* demo_place.c sees to its length */
	if (fd >= 0 && bind(fd, (const struct sockaddr *)&a, sizeof a) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Hands the listening socket on as systemd does. */
static bool hand_on_status(int fd)
{
	char pid[24];

	snprintf(pid, sizeof pid, "%ld", (long)getpid());
	int done = fd == SD_LISTEN_FDS_START ? fcntl(fd, F_SETFD, 0) : dup2(fd, SD_LISTEN_FDS_START);

	return done >= 0 && setenv("LISTEN_PID", pid, 1) == 0 && setenv("LISTEN_FDS", "1", 1) == 0 &&
	       setenv("LISTEN_FDNAMES", "status", 1) == 0;
}

static void run_service(const struct demo_place *p, const char *notify)
{
	char config[DEMO_PATH_MAX], log[DEMO_PATH_MAX];

	(void)become_child();
	setpgid(0, 0); /* Ctrl-C is for the demonstration, which ends the service in order */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	demo_path(p, "inkan.yaml", config);
	demo_path(p, "log", log);
	int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0 || setenv("NOTIFY_SOCKET", notify, 1) != 0 || unsetenv("JOURNAL_STREAM") != 0)
		_exit(127);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	if (!hand_on_status(p->status))
		_exit(127);
	run_ourselves((const char *const[]){"serve", "--config", config, NULL});
}

/* True: it said so; false: it ended (*ended_out), or took too long. */
static bool wait_until_ready(int notify, pid_t service, bool *ended_out)
{
	int64_t until = clock_milliseconds() + START_PATIENCE;

	while (clock_milliseconds() < until) {
		struct pollfd p = {.fd = notify, .events = POLLIN};
		char text[512];
		ssize_t n = poll(&p, 1, STEP) == 1 ? recv(notify, text, sizeof text, 0) : 0;

		if (n > 0 && str_search(str_from(text, (size_t)n), STR("READY=1")) < (size_t)n)
			return true;
		if (waitpid(service, NULL, WNOHANG) == service) {
			*ended_out = true;
			return false;
		}
	}
	return false;
}

static void show_log(struct ui *ui, const struct demo_place *p)
{
	char path[DEMO_PATH_MAX];
	struct buf log;

	demo_path(p, "log", path);
	buf_init(&log, LOG_MAX);
	if (access(path, R_OK) == 0)
		(void)file_read(ui, path, &log);
	struct str end = str_skip(buf_str(&log), log.n > LOG_SHOWN ? log.n - LOG_SHOWN : 0);

	ui_error(ui, NOWHERE,
	         TEXT(ui, "the service did not start; its log says: %.*s – “inkan help serve” tells what it needs",
	              "サービスが起動しませんでした。ログの内容: %.*s – 必要なものは「inkan help "
	              "serve」を参照してください"),
	         STR_ARG(end));
	buf_release(&log);
}

enum exit_code demo_service_start(struct ui *ui, struct demo_place *p, pid_t *out)
{
	char path[DEMO_PATH_MAX];
	bool ended = false;

	demo_path(p, "notify", path);
	int notify = open_notify(path);
	pid_t pid = notify < 0 ? -1 : fork();

	if (pid == 0)
		run_service(p, path);
	bool ready = pid > 0 && wait_until_ready(notify, pid, &ended);

	if (notify >= 0)
		close(notify);
	demo_place_close_status(p);
	if (ready) {
		*out = pid;
		return EXIT_FINE;
	}
	show_log(ui, p);
	if (pid > 0 && !ended)
		(void)demo_service_stop(pid);
	return EXIT_INTERNAL;
}

bool demo_service_stop(pid_t service)
{
	int64_t until = clock_milliseconds() + STOP_PATIENCE;
	int status;

	kill(service, SIGTERM);
	while (clock_milliseconds() < until) {
		if (waitpid(service, &status, WNOHANG) == service)
			return WIFEXITED(status) && WEXITSTATUS(status) == 0;
		(void)poll(NULL, 0, STEP / 4);
	}
	kill(service, SIGKILL);
	(void)wait_for(service);
	return false;
}

/* ---- HTTP ---- */

static int connect_to(uint16_t port, struct io_error *error)
{
	const struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const struct timeval patience = {.tv_sec = HTTP_PATIENCE};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
	    connect(fd, (const struct sockaddr *)&a, sizeof a) != 0) {
		(void)io_fail(error, "127.0.0.1:%u: %s", port, strerror(errno));
		if (fd >= 0)
			close(fd);
		return INKAN_EIO;
	}
	return fd;
}

int demo_http_get(uint16_t port, const char *path, struct buf *out, struct io_error *error)
{
	char request[200];
	int fd = connect_to(port, error);
	uint64_t status;

	if (fd < 0)
		return fd;
	int n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n\r\n",
	                 path, port);
	int trouble = write_all(fd, str_from(request, (size_t)n));
	int code = trouble ? INKAN_EIO : read_to_end(fd, out);

	close(fd);
	if (code == INKAN_EIO)
		return io_fail(error, "127.0.0.1:%u%s: %s", port, path,
		               trouble ? strerror(trouble) : "no answer in time");
	if (code)
		return code;
	struct str line = buf_str(out);

	(void)str_split(&line, ' ');
	if (!str_to_u64(str_head(line, str_find(line, ' ')), 999, &status))
		return io_fail(error, "127.0.0.1:%u%s: no HTTP", port, path);
	return (int)status;
}
