/* Each call that a role must not make is tried by it, in a child; and so is what it needs. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/perf_event.h>
#include <microhttpd.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "io/resolver.h"
#include "server/sandbox.h"
#include "support/case.h"
#include "support/fake_dns.h"

enum {
	WORKS = 0,
	KILLED = 1000 /* else: an errno */
};

static char folder[] = "/tmp/inkan-test-sandbox-XXXXXX";
static char secret[sizeof folder + 20], store[sizeof folder + 20], database[sizeof folder + 40];
static const char *const folders[] = {store, NULL};
static const char *const readable[] = {"/etc", "/usr/share", "/there/is/no/such/folder", NULL}; /* of the registrar */
static struct sandbox_report report;
static struct fake_dns *server;

/* ---- children ---- */

typedef int attempt(void); /* 0, or errno */

static int outcome_of(int status)
{
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? KILLED : -WTERMSIG(status);
	return WEXITSTATUS(status);
}

/* What becomes of it in a process of that role. before: done before it locks itself in; may be NULL. */
static int try_as(enum role role, attempt *before, attempt *then)
{
	struct io_error error;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (sandbox_begin(role, &error) || (before && before()) ||
		    sandbox_enter(role, role == ROLE_RECORDER || role == ROLE_REGISTRAR ? folders : NULL,
		                  role == ROLE_REGISTRAR ? readable : NULL, &report, &error))
			_exit(255);
		_exit(then());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return outcome_of(status);
}

/* Whether what follows means something here. */
static void need_seccomp(void)
{
	if (!report.seccomp)
		test_skip("no seccomp: the kernel has none, or a sanitizer is at work");
}

static int result(long code)
{
	return code < 0 ? errno : 0;
}

/* ---- what is forbidden, and what is not ---- */

static int open_secret(void)
{
	return result(open(secret, O_RDONLY | O_CLOEXEC));
}

static int open_passwd(void)
{
	return result(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int write_hosts(void)
{
	return result(open("/etc/hosts", O_WRONLY | O_CLOEXEC));
}

static int open_stored(void)
{
	return result(open(database, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
}

static int open_by_openat2(void)
{
	uint64_t how[3] = {O_RDONLY, 0, 0};

	return result(syscall(SYS_openat2, AT_FDCWD, secret, how, sizeof how));
}

static int write_secret(void)
{
	return result(open(secret, O_WRONLY | O_CLOEXEC));
}

static int remove_secret(void)
{
	return result(unlink(secret));
}

static int look_at_secret(void)
{
	struct stat st;

	return result(stat(secret, &st));
}

static int change_mode(void)
{
	return result(chmod(secret, 0644));
}

static int make_link(void)
{
	char other[sizeof store + 10];

	(void)snprintf(other, sizeof other, "%s/link", store);
	return result(symlink(secret, other));
}

static int make_hard_link(void)
{
	char other[sizeof store + 10];

	(void)snprintf(other, sizeof other, "%s/hard", store);
	return result(link(secret, other));
}

static int run_program(void)
{
	char *const arguments[] = {(char[]){"true"}, NULL};

	return result(execv("/bin/true", arguments));
}

static int run_program_by_descriptor(void)
{
	char *const arguments[] = {(char[]){"true"}, NULL};

	return result(syscall(SYS_execveat, 0, "", arguments, NULL, AT_EMPTY_PATH));
}

static int make_process(void)
{
	return result(fork());
}

static int make_process_by_vfork(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(0);
	return result(pid);
}

static int make_process_by_clone3(void)
{
	uint64_t arguments[8] = {[4] = SIGCHLD};

	return result(syscall(SYS_clone3, arguments, sizeof arguments));
}

static int make_namespace(void)
{
	return result(unshare(CLONE_NEWUSER));
}

static int trace_me(void)
{
	return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int trace_parent(void)
{
	return result(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int read_parent(void)
{
	char octet;
	struct iovec here = {&octet, 1}, there = {&folder, 1};

	return result(process_vm_readv(getppid(), &here, 1, &there, 1, 0));
}

static int signal_parent(void)
{
	return result(kill(getppid(), 0));
}

static int signal_thread_of_parent(void)
{
	return result(syscall(SYS_tgkill, getppid(), getppid(), 0));
}

static int signal_by_descriptor(void)
{
	return result(fcntl(STDERR_FILENO, F_SETOWN, getppid()));
}

static int open_parent(void)
{
	return result(syscall(SYS_pidfd_open, getppid(), 0));
}

static int signal_self(void)
{
	return result(kill(getpid(), 0)) || result(syscall(SYS_tgkill, getpid(), gettid(), 0));
}

static int socket_inet(void)
{
	return result(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

static int socket_inet6(void)
{
	return result(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int socket_raw(void)
{
	return result(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP));
}

static int socket_unix(void)
{
	return result(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int socket_netlink(void)
{
	return result(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
}

static int socket_packet(void)
{
	return result(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
}

static int socket_vsock(void)
{
	return result(socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int map_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno : 0;
}

static int make_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : result(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int make_memory_file(void)
{
	return result(memfd_create("code", MFD_CLOEXEC));
}

static int become_root(void)
{
	return result(setuid(0));
}

static int become_dumpable(void)
{
	return result(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static int raise_limit(void)
{
	const struct rlimit limit = {1, 1};

	return result(setrlimit(RLIMIT_CORE, &limit));
}

static int read_limit(void)
{
	struct rlimit limit;

	return result(getrlimit(RLIMIT_NOFILE, &limit));
}

static int type_into_terminal(void)
{
	return result(ioctl(STDERR_FILENO, TIOCSTI, "x"));
}

static int ask_for_terminal(void)
{
	return isatty(STDIN_FILENO) ? 0 : errno;
}

static int mount_something(void)
{
	return result(mount("none", store, "tmpfs", 0, NULL));
}

static int change_root(void)
{
	return result(chroot(store));
}

static int load_bpf(void)
{
	return result(syscall(SYS_bpf, 0, NULL, 0));
}

static int watch_kernel(void)
{
	struct perf_event_attr attributes = {.size = sizeof attributes};

	return result(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
}

static int read_kernel_keys(void)
{
	return result(syscall(SYS_keyctl, 0, -3, 0));
}

static int use_io_uring(void)
{
	return result(syscall(SYS_io_uring_setup, 1, NULL));
}

static int set_clock(void)
{
	const struct timespec now = {0, 0};

	return result(clock_settime(CLOCK_REALTIME, &now));
}

static int call_nothing(void)
{
	return result(syscall(999));
}

static void *do_nothing(void *context)
{
	return context;
}

static int make_thread(void)
{
	pthread_t thread;
	int code = pthread_create(&thread, NULL, do_nothing, NULL);

	return code ? code : pthread_join(thread, NULL);
}

static int use_memory(void)
{
	for (size_t size = 16; size < (size_t)64 << 20; size *= 4) {
		char *p = malloc(size);

		if (!p)
			return ENOMEM;
		memset(p, 1, size);
		p = realloc(p, 2 * size);
		free(p);
	}
	return 0;
}

static int tell_time(void)
{
	time_t now = time(NULL);
	struct tm broken;

	return localtime_r(&now, &broken) ? result(nanosleep(&(struct timespec){0, 1000}, NULL)) : errno;
}

static int end_by_abort(void)
{
	abort();
}

static const struct attempt_row {
	const char *name;
	attempt *attempt;
	int keys, filter, recorder, registrar;
	bool by_landlock; /* so it is with the recorder and the registrar */
} attempts[] = {
	{"opens a key file", open_secret, EACCES, EACCES, EACCES, EACCES, true},
	{"opens a key file by openat2", open_by_openat2, ENOSYS, ENOSYS, ENOSYS, ENOSYS},
	{"opens a key file for writing", write_secret, EACCES, EACCES, EACCES, EACCES, true},
	{"opens /etc/passwd", open_passwd, EACCES, EACCES, EACCES, WORKS, true},
	{"opens /etc/hosts for writing", write_hosts, EACCES, EACCES, EACCES, EACCES, true},
	{"opens the store", open_stored, EACCES, EACCES, WORKS, WORKS},
	{"removes a key file", remove_secret, KILLED, KILLED, EACCES, EACCES, true},
	{"looks at a key file", look_at_secret, EACCES, EACCES, WORKS, WORKS},
	{"changes the mode of a key file", change_mode, KILLED, KILLED, KILLED, KILLED},
	{"makes a symbolic link", make_link, KILLED, KILLED, KILLED, KILLED},
	{"makes a hard link", make_hard_link, KILLED, KILLED, KILLED, KILLED},
	{"runs a program", run_program, KILLED, KILLED, KILLED, KILLED},
	{"runs a program by descriptor", run_program_by_descriptor, KILLED, KILLED, KILLED, KILLED},
	{"makes a process", make_process, KILLED, KILLED, KILLED, KILLED},
	{"makes a process by vfork", make_process_by_vfork, KILLED, KILLED, KILLED, KILLED},
	{"makes a process by clone3", make_process_by_clone3, ENOSYS, ENOSYS, ENOSYS, ENOSYS},
	{"makes a namespace", make_namespace, KILLED, KILLED, KILLED, KILLED},
	{"has itself traced", trace_me, KILLED, KILLED, KILLED, KILLED},
	{"traces its parent", trace_parent, KILLED, KILLED, KILLED, KILLED},
	{"reads the memory of its parent", read_parent, KILLED, KILLED, KILLED, KILLED},
	{"sends its parent a signal", signal_parent, KILLED, KILLED, KILLED, KILLED},
	{"sends a thread of its parent a signal", signal_thread_of_parent, KILLED, KILLED, KILLED, KILLED},
	{"sends its parent a signal by a descriptor", signal_by_descriptor, KILLED, KILLED, KILLED, KILLED},
	{"opens its parent", open_parent, KILLED, KILLED, KILLED, KILLED},
	{"sends itself a signal", signal_self, WORKS, WORKS, WORKS, WORKS},
	{"makes an IPv4 socket", socket_inet, KILLED, WORKS, KILLED, WORKS},
	{"makes an IPv6 socket", socket_inet6, KILLED, WORKS, KILLED, WORKS},
	{"makes a raw socket", socket_raw, KILLED, EPERM, KILLED, EPERM},
	{"makes a Unix socket", socket_unix, KILLED, EAFNOSUPPORT, EAFNOSUPPORT, WORKS},
	{"makes a netlink socket", socket_netlink, KILLED, EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT},
	{"makes a packet socket", socket_packet, KILLED, KILLED, KILLED, KILLED},
	{"makes a socket to the host of a virtual machine", socket_vsock, KILLED, KILLED, KILLED, KILLED},
	{"maps memory that can be executed", map_code, KILLED, KILLED, KILLED, KILLED},
	{"makes memory executable", make_code, KILLED, KILLED, KILLED, KILLED},
	{"makes a file in memory", make_memory_file, KILLED, KILLED, KILLED, KILLED},
	{"becomes root", become_root, KILLED, KILLED, KILLED, KILLED},
	{"makes itself dumpable", become_dumpable, KILLED, KILLED, KILLED, KILLED},
	{"raises a limit", raise_limit, EPERM, EPERM, EPERM, EPERM},
	{"reads a limit", read_limit, WORKS, WORKS, WORKS, WORKS},
	{"types into the terminal", type_into_terminal, KILLED, KILLED, KILLED, KILLED},
	{"asks for a terminal", ask_for_terminal, ENOTTY, ENOTTY, ENOTTY, ENOTTY},
	{"mounts", mount_something, KILLED, KILLED, KILLED, KILLED},
	{"changes the root", change_root, KILLED, KILLED, KILLED, KILLED},
	{"loads BPF", load_bpf, KILLED, KILLED, KILLED, KILLED},
	{"watches the kernel", watch_kernel, KILLED, KILLED, KILLED, KILLED},
	{"reads keys of the kernel", read_kernel_keys, KILLED, KILLED, KILLED, KILLED},
	{"uses io_uring", use_io_uring, KILLED, ENOSYS, ENOSYS, ENOSYS},
	{"sets the clock", set_clock, KILLED, KILLED, KILLED, KILLED},
	{"makes a call that there is none", call_nothing, KILLED, KILLED, KILLED, KILLED},
	{"makes a thread", make_thread, WORKS, WORKS, WORKS, WORKS},
	{"uses memory", use_memory, WORKS, WORKS, WORKS, WORKS},
	{"tells the time", tell_time, WORKS, WORKS, WORKS, WORKS},
	{"ends by abort()", end_by_abort, -SIGABRT, -SIGABRT, -SIGABRT, -SIGABRT},
};

static void run_attempt(const void *row)
{
	const struct attempt_row *r = row;

	need_seccomp();
	assert_int_equal(try_as(ROLE_KEYS, NULL, r->attempt), r->keys);
	assert_int_equal(try_as(ROLE_FILTER, NULL, r->attempt), r->filter);
	if (r->by_landlock && !report.landlock)
		return;
	assert_int_equal(try_as(ROLE_RECORDER, NULL, r->attempt), r->recorder);
	assert_int_equal(try_as(ROLE_REGISTRAR, NULL, r->attempt), r->registrar);
}

/* Threads that were there before are locked in too. */
static pthread_barrier_t gate;

static void *try_socket(void *context)
{
	(void)context;
	pthread_barrier_wait(&gate);
	(void)!socket(AF_PACKET, SOCK_RAW, 0);
	return NULL;
}

static int begin_thread(void)
{
	pthread_t thread;

	return pthread_barrier_init(&gate, NULL, 2) || pthread_create(&thread, NULL, try_socket, NULL);
}

static int open_gate(void)
{
	pthread_barrier_wait(&gate);
	sleep(5);
	return 0;
}

static void run_old_thread(const void *row)
{
	(void)row;
	need_seccomp();
	assert_int_equal(try_as(ROLE_KEYS, begin_thread, open_gate), KILLED);
}

/* ---- what the roles really do ---- */

static struct resolver *resolver;
static enum dns_status expected;

/* Nothing that the fake server says can be validated. */
static int open_validating_resolver(void)
{
	struct resolver_options options = {.host = STR("127.0.0.1"),
	                                   .port = fake_dns_port(server),
	                                   .validate = true,
	                                   .strict = true,
	                                   .timeout = 2000};

	expected = DNS_BOGUS;
	return resolver_new(&options, NULL, &resolver, NULL);
}

/* By UDP and TCP. */
static int ask_resolver(void)
{
	static const char *const names[] = {"ok.example", "truncated.example"};
	struct evidence *e;

	if (evidence_new(NULL, 0, 0, &e))
		return ENOMEM;
	for (size_t i = 0; i < 2; i++)
		(void)evidence_ask(e, DNS_TXT, str_c(names[i]));
	if (resolver_resolve(resolver, e, 5000))
		return EIO;
	for (size_t i = 0; i < 2; i++)
		if (evidence_ask(e, DNS_TXT, str_c(names[i]))->status != expected)
			return EPROTO;
	evidence_free(e);
	resolver_free(resolver);
	return 0;
}

static int open_plain_resolver(void)
{
	struct resolver_options options = {.host = STR("127.0.0.1"), .port = fake_dns_port(server), .timeout = 2000};

	expected = DNS_ANSWER;
	return resolver_new(&options, NULL, &resolver, NULL);
}

/* Whether the world can be asked from here or not. */
static int open_recursive_resolver(void)
{
	const struct resolver_options options = {.recursive = true, .timeout = 500};

	return resolver_new(&options, NULL, &resolver, NULL);
}

static int recurse(void)
{
	struct evidence *e;

	if (evidence_new(NULL, 0, 0, &e))
		return ENOMEM;
	(void)evidence_ask(e, DNS_TXT, STR("www.example.com"));
	return resolver_resolve(resolver, e, 500);
}

/* Made when the process is locked in already. */
static int open_and_ask(void)
{
	int code = open_validating_resolver();

	return code ? code : ask_resolver();
}

static void run_dns(const void *row)
{
	size_t asked = fake_dns_questions(server);

	(void)row;
	need_seccomp();
	assert_int_equal(try_as(ROLE_FILTER, open_plain_resolver, ask_resolver), WORKS);
	assert_true(fake_dns_questions(server) >= asked + 2);
	assert_int_equal(try_as(ROLE_FILTER, open_validating_resolver, ask_resolver), WORKS);
	assert_int_equal(try_as(ROLE_REGISTRAR, open_plain_resolver, ask_resolver), WORKS);
	assert_int_equal(try_as(ROLE_REGISTRAR, NULL, open_and_ask), WORKS);
	assert_true(fake_dns_questions(server) >= asked + 3);
	assert_int_equal(try_as(ROLE_FILTER, open_recursive_resolver, recurse), WORKS);
}

/* A loop of libuv with a listener, as the filter has it: a client connects, and is answered. */
static int listener = -1;

static int listen_here(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 5);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	(void)buf;
	if (n)
		uv_close((uv_handle_t *)stream, NULL);
}

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
	static char room[4096];

	(void)handle;
	(void)wanted;
	*buf = uv_buf_init(room, sizeof room);
}

static void on_connection(uv_stream_t *stream, int status)
{
	static uv_tcp_t peer;

	(void)status;
	if (uv_tcp_init(stream->loop, &peer) == 0 && uv_accept(stream, (uv_stream_t *)&peer) == 0) {
		(void)uv_tcp_nodelay(&peer, 1);
		(void)uv_try_write((uv_stream_t *)&peer, &(uv_buf_t){.base = (char[]){"x"}, .len = 1}, 1);
		(void)uv_read_start((uv_stream_t *)&peer, on_room, on_read);
	}
	uv_close((uv_handle_t *)stream, NULL);
}

static void on_connected(uv_connect_t *request, int status)
{
	(void)status;
	uv_close((uv_handle_t *)request->handle, NULL);
}

static int run_loop(void)
{
	struct sockaddr_in address;
	socklen_t size = sizeof address;
	uv_connect_t request;
	uv_tcp_t tcp, client;
	uv_async_t wake;
	uv_loop_t loop;

	if (getsockname(listener, (struct sockaddr *)&address, &size) || uv_loop_init(&loop) ||
	    uv_async_init(&loop, &wake, NULL) || uv_tcp_init(&loop, &tcp) || uv_tcp_init(&loop, &client) ||
	    uv_tcp_open(&tcp, listener) || uv_listen((uv_stream_t *)&tcp, 5, on_connection) ||
	    uv_tcp_connect(&request, &client, (const struct sockaddr *)&address, on_connected))
		return EIO;
	uv_close((uv_handle_t *)&wake, NULL);
	return uv_run(&loop, UV_RUN_DEFAULT) || uv_loop_close(&loop);
}

static void run_libuv(const void *row)
{
	(void)row;
	need_seccomp();
	assert_int_equal(try_as(ROLE_FILTER, listen_here, run_loop), WORKS);
}

/* Write-ahead log, a transaction, a checkpoint, VACUUM. */
static int use_database(void)
{
	sqlite3 *db;
	int code = sqlite3_open(database, &db);

	code = code ? code
	            : sqlite3_exec(db,
	                           "PRAGMA journal_mode = WAL; PRAGMA temp_store = MEMORY; CREATE TABLE t (a);"
	                           "INSERT INTO t VALUES (zeroblob(3000000)); PRAGMA wal_checkpoint(TRUNCATE);"
	                           "DELETE FROM t; VACUUM; DROP TABLE t; PRAGMA journal_mode = DELETE;",
	                           NULL, NULL, NULL);
	return code ? code : sqlite3_close(db);
}

static void run_sqlite(const void *row)
{
	(void)row;
	need_seccomp();
	assert_int_equal(try_as(ROLE_RECORDER, NULL, use_database), WORKS);
	assert_int_equal(try_as(ROLE_REGISTRAR, NULL, use_database), WORKS);
	assert_int_equal(try_as(ROLE_FILTER, NULL, use_database), SQLITE_CANTOPEN);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *data, size_t *size, void **state)
{
	static char text[] = "hello";
	struct MHD_Response *response = MHD_create_response_from_buffer(5, text, MHD_RESPMEM_PERSISTENT);

	(void)context;
	(void)url;
	(void)method;
	(void)version;
	(void)data;
	(void)size;
	(void)state;
	enum MHD_Result done = MHD_queue_response(connection, MHD_HTTP_OK, response);

	MHD_destroy_response(response);
	return done;
}

/* One request, by a connection that was made before: the recorder makes none. */
static int http_client = -1;

static int connect_before(void)
{
	struct sockaddr_in address;
	socklen_t size = sizeof address;

	if (listen_here() || getsockname(listener, (struct sockaddr *)&address, &size))
		return errno;
	http_client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return http_client < 0 || connect(http_client, (struct sockaddr *)&address, size);
}

static int serve_http(void)
{
	static const char request[] = "GET / HTTP/1.0\r\n\r\n";
	char said[400];
	ssize_t n, all = 0;
	struct MHD_Daemon *daemon =
		MHD_start_daemon(MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, on_request, NULL,
	                         MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_THREAD_POOL_SIZE, 2U, MHD_OPTION_END);

	if (!daemon || write(http_client, request, sizeof request - 1) < 0)
		return EIO;
	while ((n = read(http_client, said + all, sizeof said - (size_t)all)) > 0)
		all += n;
	MHD_stop_daemon(daemon);
	return all > 5 && memcmp(said + all - 5, "hello", 5) == 0 ? 0 : EPROTO;
}

static void run_http(const void *row)
{
	(void)row;
	need_seccomp();
	assert_int_equal(try_as(ROLE_RECORDER, connect_before, serve_http), WORKS);
}

static void run_bad_folder(const void *row)
{
	static const char *const none[] = {"/nowhere/at/all", NULL};
	struct sandbox_report r = {false, false};
	struct io_error error = {""};
	pid_t pid;
	int status;

	(void)row;
	need_seccomp();
	if (!report.landlock)
		test_skip("the kernel has no Landlock");
	pid = fork();
	if (pid == 0)
		_exit(sandbox_enter(ROLE_RECORDER, none, NULL, &r, &error) == INKAN_EIO && !r.seccomp &&
		                      strstr(error.text, "/nowhere/at/all: No such file")
		              ? 0
		              : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(outcome_of(status), 0);
}

/* ---- rights ---- */

static int begin_and_look(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_max != 0)
		return 1;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 ? 2 : prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 ? 3 : 0;
}

static void run_begin(const void *row)
{
	(void)row;
	need_seccomp(); /* for the sanitizer's sake, processes stay dumpable under it */
	for (enum role role = ROLE_KEYS; role <= ROLE_REGISTRAR; role++)
		assert_int_equal(try_as(role, begin_and_look, read_limit), WORKS);
}

static bool is_nobody(void)
{
	uid_t uid[3];
	gid_t gid[3], groups[3];
	int death = 0;

	return getresuid(&uid[0], &uid[1], &uid[2]) == 0 && getresgid(&gid[0], &gid[1], &gid[2]) == 0 &&
	       uid[0] == 65534 && uid[1] == 65534 && uid[2] == 65534 && gid[0] == 65534 && gid[1] == 65534 &&
	       gid[2] == 65534 && getgroups(3, groups) == 1 && groups[0] == 65534 && setuid(0) != 0 && setgid(0) != 0 &&
	       seteuid(0) != 0 && setgroups(0, NULL) != 0 && prctl(PR_GET_PDEATHSIG, &death, 0, 0, 0) == 0 &&
	       death == SIGTERM && access(secret, R_OK) != 0;
}

static const struct user_row {
	const char *name, *user;
	int error;
	uid_t uid;
	const char *said;
} users[] = {
	{"nobody", "nobody", INKAN_OK, 65534, ""},
	{"root stays root", "root", INKAN_OK, 0, ""},
	{"no name: stays root", "", INKAN_OK, 0, ""},
	{"a user that there is none", "no-such-user", INKAN_EIO, 0, "user no-such-user: there is no such user"},
};

static int become(const struct user_row *r)
{
	const gid_t more[] = {0, 1, 2};
	struct io_error error = {""};

	if (setgroups(3, more) != 0 || sandbox_begin(ROLE_FILTER, &error) ||
	    sandbox_drop_privileges(r->user, &error) != r->error || strcmp(error.text, r->said) != 0)
		return 1;
	if (geteuid() != r->uid)
		return 2;
	if (r->uid && !is_nobody())
		return 3;
	/* whoever is not root stays who he is */
	return r->uid && sandbox_drop_privileges("root", &error) + sandbox_drop_privileges("no-such-user", &error) ? 4
	                                                                                                           : 0;
}

static void run_user(const void *row)
{
	int status;

	if (geteuid() != 0)
		test_skip("only root can become somebody else");
	pid_t pid = fork();

	if (pid == 0)
		_exit(become(row));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(outcome_of(status), 0);
}

/* Ends with its parent, also as another user. */
static void run_orphan(const void *row)
{
	struct io_error error;
	int pipes[2], status;
	char octet;

	(void)row;
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	pid_t parent = fork();

	if (parent == 0) {
		int begun[2];

		if (pipe(begun) != 0 || fork() != 0) {
			close(pipes[1]);
			_exit(read(begun[0], &octet, 1) == 1 ? 0 : 1);
		}
		if (sandbox_begin(ROLE_FILTER, &error) || sandbox_drop_privileges("nobody", &error) ||
		    write(begun[1], "x", 1) != 1)
			_exit(1);
		sleep(60);
		_exit(1);
	}
	close(pipes[1]);
	assert_int_equal(waitpid(parent, &status, 0), parent);
	assert_int_equal(outcome_of(status), 0);
	alarm(30);
	assert_int_equal(read(pipes[0], &octet, 1), 0); /* the last one who had it open is gone */
	alarm(0);
	close(pipes[0]);
}

/* ---- main ---- */

static int tell_report(void)
{
	return 100 + report.seccomp + 2 * report.landlock;
}

static void set_up(void)
{
	assert_non_null(mkdtemp(folder));
	(void)snprintf(secret, sizeof secret, "%s/secret.pem", folder);
	(void)snprintf(store, sizeof store, "%s/store", folder);
	(void)snprintf(database, sizeof database, "%s/inkan.db", store);
	int fd = open(secret, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(mkdir(store, 0700), 0);
	int told = try_as(ROLE_RECORDER, NULL, tell_report);

	assert_in_range(told, 100, 103);
	report = (struct sandbox_report){(told - 100) & 1, (told - 100) & 2};
	server = fake_dns_start();
}

static void tear_down(void)
{
	fake_dns_stop(server);
	(void)unlink(database);
	(void)unlink(secret);
	(void)rmdir(store);
	(void)rmdir(folder);
}

int main(void)
{
	struct test_list list = {0};

	set_up();
	TEST_TABLE(&list, attempts, run_attempt);
	test_add(&list, "a thread that was there before", run_old_thread, NULL);
	test_add(&list, "the filter asks DNS", run_dns, NULL);
	test_add(&list, "the filter serves a connection", run_libuv, NULL);
	test_add(&list, "the recorder uses SQLite", run_sqlite, NULL);
	test_add(&list, "the recorder serves HTTP", run_http, NULL);
	test_add(&list, "a folder that is not there", run_bad_folder, NULL);
	test_add(&list, "no core dumps, no new rights, not traceable", run_begin, NULL);
	TEST_TABLE(&list, users, run_user);
	test_add(&list, "ends with its parent", run_orphan, NULL);
	int failed = test_run(&list, "server/sandbox");

	tear_down();
	return failed;
}
