/* The recorder as a process of its own, as the supervisor starts it. */
#include "server/recorder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base64.h"
#include "crypto/crypto.h"
#include "io/clock.h"
#include "server/archive.h"
#include "server/line_log.h"
#include "server/status.h"
#include "server/status_page.h"
#include "store/outcomes.h"
#include "store/store.h"
#include "support/case.h"
#include "support/place.h"

enum { PATIENCE = 60000 /* ms for anything to happen */, LOG_MAX = 4 * 1024 * 1024 };

/* What the supervisor has, and the recorder that it started. */
static struct rig {
	char folder[64], path[96];
	struct config config;
	struct service service;
	int log_read, log_write, ready;
	uint16_t port;
	pid_t pid;
	struct buf log;
	rlim_t file_size;
} rig;

static int listen_on_loopback(uint16_t *port_out)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 50), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
	*port_out = ntohs(a.sin_port);
	return fd;
}

static void rig_make(void)
{
	int ends[2], size = 8 << 20;

	rig = (struct rig){.pid = -1, .file_size = RLIM_INFINITY};
	snprintf(rig.folder, sizeof(rig.folder), "/tmp/inkan-recorder-XXXXXX");
	assert_non_null(mkdtemp(rig.folder));
	snprintf(rig.path, sizeof(rig.path), "%s/inkan.db", rig.folder);
	rig.config = (struct config){.path = "", .user = "", .authserv_id = "mx.example.org"};
	rig.config.store.path = rig.path;
	rig.config.store.keep = 50 * 365 * 86400u;
	rig.config.store.queue_max = 10000;
	rig.service = (struct service){.config = &rig.config, .generation = 1, .metrics = metrics_new()};
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	(void)setsockopt(ends[0], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	rig.service.outcome_in = ends[0];
	rig.service.outcome_out = ends[1];
	rig.service.status.list[0] = (struct listener){listen_on_loopback(&rig.port), "inet:127.0.0.1:0"};
	rig.service.status.count = 1;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	rig.log_read = ends[0];
	rig.log_write = ends[1];
	fcntl(rig.log_read, F_SETFL, O_NONBLOCK);
	buf_init(&rig.log, LOG_MAX);
}

static void run_child(int ready)
{
	struct rlimit limit = {rig.file_size, RLIM_INFINITY};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	setrlimit(RLIMIT_FSIZE, &limit);
	dup2(rig.log_write, STDERR_FILENO);
	rig.service.ready = ready;
	_exit(recorder_run(&rig.service));
}

/* What it says when it is ready. */
static void rig_start(const char *want)
{
	char line[1000] = "";
	int ends[2];
	size_t n = 0;
	ssize_t got;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	rig.pid = fork();
	if (rig.pid == 0)
		run_child(ends[1]);
	close(ends[1]);
	while (n < sizeof(line) - 1 && (got = read(ends[0], line + n, sizeof(line) - 1 - n)) > 0)
		n += (size_t)got;
	close(ends[0]);
	if (!strstr(line, want))
		fail_msg("%s", line);
}

static void read_log(void)
{
	ssize_t n;

	while (buf_reserve(&rig.log, 65536) && (n = read(rig.log_read, rig.log.p + rig.log.n, 65536)) > 0)
		buf_commit(&rig.log, (size_t)n);
	assert_int_equal(buf_error(&rig.log), INKAN_OK);
}

/* Milliseconds that it took to end, after SIGTERM. */
static int64_t rig_end(void)
{
	int64_t since = clock_milliseconds();
	int status;

	kill(rig.pid, SIGTERM);
	while (waitpid(rig.pid, &status, WNOHANG) == 0) {
		assert_true(clock_milliseconds() - since < PATIENCE);
		usleep(2000);
	}
	rig.pid = -1;
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	return clock_milliseconds() - since;
}

static void rig_free(void)
{
	if (rig.pid > 0) {
		kill(rig.pid, SIGKILL);
		waitpid(rig.pid, NULL, 0);
	}
	close(rig.service.outcome_in);
	close(rig.service.outcome_out);
	close(rig.service.status.list[0].fd);
	close(rig.log_read);
	close(rig.log_write);
	buf_release(&rig.log);
	metrics_free(rig.service.metrics);
	remove_tree(rig.folder);
}

/* Waits for the socket where that is full. */
static void send_octets(struct str octets)
{
	assert_int_equal(send(rig.service.outcome_in, octets.p, octets.n, MSG_NOSIGNAL), octets.n);
}

static void send_outcome(struct outcome o)
{
	struct buf packed;

	buf_init(&packed, OUTCOME_PACKED_MAX);
	outcome_pack(&o, &packed);
	send_octets(buf_str(&packed));
	buf_release(&packed);
}

static void wait_for_metric(enum metric metric, int64_t want)
{
	int64_t until = clock_milliseconds() + PATIENCE;

	while (metrics_read(rig.service.metrics, metric) < want) {
		if (clock_milliseconds() > until)
			fail_msg("metric %d is %lld, not %lld", (int)metric,
			         (long long)metrics_read(rig.service.metrics, metric), (long long)want);
		usleep(2000);
	}
}

static void wait_for_flag(bool want)
{
	int64_t until = clock_milliseconds() + PATIENCE;

	while (metrics_flag(rig.service.metrics, FLAG_STORE_WORKS) != want) {
		assert_true(clock_milliseconds() < until);
		usleep(2000);
	}
}

static bool wait_for_log(const char *text)
{
	int64_t until = clock_milliseconds() + PATIENCE;

	while (clock_milliseconds() < until) {
		read_log();
		if (str_search(buf_str(&rig.log), str_c(text)) < rig.log.n)
			return true;
		usleep(2000);
	}
	return false;
}

static bool count_one(void *context, const struct outcome *o)
{
	size_t *count = context;

	(void)o;
	++*count;
	return true;
}

static size_t count_stored(void)
{
	struct io_error error = {""};
	struct store *s = NULL;
	size_t count = 0;

	if (store_open(rig.path, true, &s, &error))
		fail_msg("%s", error.text);
	assert_int_equal(store_find(s, STR(""), 100000, count_one, &count, &error), INKAN_OK);
	store_close(s);
	return count;
}

/* ---- outcomes ---- */

static void run_one(const void *row)
{
	(void)row;
	rig_make();
	rig_start("ready");
	send_outcome(outcome_inbound());
	wait_for_metric(METRIC_OUTCOMES_STORED, 1);
	assert_true(wait_for_log("inkan: inbound 4F3A2B1C0D from=*@example.com "));
	assert_int_equal(count_stored(), 1);
	assert_int_equal(metrics_read(rig.service.metrics, METRIC_OUTCOMES_WAITING), 0);
	assert_true(metrics_flag(rig.service.metrics, FLAG_STORE_WORKS));
	rig_end();
	rig_free();
}

static void run_formats(const void *row)
{
	(void)row;
	rig_make();
	rig.config.log.format = LOG_JSON;
	rig.config.log.addresses = true;
	setenv("JOURNAL_STREAM", "8:1", 1);
	rig_start("ready");
	unsetenv("JOURNAL_STREAM");
	send_outcome(outcome_inbound());
	assert_true(wait_for_log("<6>{\"time\":\"2026-11-22T09:30:00.250000Z\""));
	assert_true(wait_for_log("\"from_address\":\"alice@example.com\""));
	rig_end();
	rig_free();
}

static void run_no_store(const void *row)
{
	(void)row;
	rig_make();
	rig.config.store.path = "";
	rig_start("ready");
	send_outcome(outcome_outbound());
	assert_true(wait_for_log("inkan: outbound 5A5A5A5A5A"));
	assert_true(metrics_flag(rig.service.metrics, FLAG_STORE_WORKS));
	assert_int_equal(metrics_read(rig.service.metrics, METRIC_OUTCOMES_DROPPED), 0);
	rig_end();
	rig_free();
}

enum { MANY = 1500 };

/* More than one batch lies in the socket when it is told to end. */
static void run_term(const void *row)
{
	(void)row;
	rig_make();
	rig_start("ready");
	for (size_t i = 0; i < MANY; i++)
		send_outcome(outcome_inbound());
	assert_true(rig_end() < 5000);
	assert_int_equal(count_stored(), MANY);
	read_log();
	size_t lines = 0;

	for (size_t i = 0; i < rig.log.n; i++)
		lines += rig.log.p[i] == '\n';
	assert_int_equal(lines + (size_t)metrics_read(rig.service.metrics, METRIC_LOG_LINES_LOST), MANY);
	rig_free();
}

static void run_successor(const void *row)
{
	(void)row;
	rig_make();
	rig_start("ready");
	kill(rig.pid, SIGKILL);
	waitpid(rig.pid, NULL, 0);
	for (size_t i = 0; i < 100; i++)
		send_outcome(outcome_inbound());
	rig_start("ready");
	wait_for_metric(METRIC_OUTCOMES_STORED, 100);
	rig_end();
	assert_int_equal(count_stored(), 100);
	rig_free();
}

static void run_stuck_log(const void *row)
{
	(void)row;
	rig_make();
	rig_start("ready");
	for (size_t i = 0; i < 8000; i++)
		send_outcome(outcome_inbound());
	wait_for_metric(METRIC_OUTCOMES_STORED, 8000);
	wait_for_metric(METRIC_LOG_LINES_LOST, 1000);
	assert_true(rig_end() < 5000);
	rig_free();
}

/* The reader comes back: it is told how much it missed. */
static void run_late_reader(const void *row)
{
	(void)row;
	rig_make();
	rig_start("ready");
	for (size_t i = 0; i < 8000; i++)
		send_outcome(outcome_inbound());
	wait_for_metric(METRIC_LOG_LINES_LOST, 1);
	wait_for_metric(METRIC_OUTCOMES_STORED, 8000);
	assert_true(wait_for_log("tag"));
	for (size_t i = 0; i < 20; i++) {
		usleep(10000);
		read_log();
	}
	send_outcome(outcome_outbound());
	assert_true(wait_for_log(" lines of the log were lost: nobody read it\n"));
	assert_true(wait_for_log("inkan: outbound 5A5A5A5A5A"));
	rig_end();
	rig_free();
}

static void run_closed_log(const void *row)
{
	int fd;

	(void)row;
	rig_make();
	rig_start("ready");
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	dup2(fd, rig.log_read);
	dup2(fd, rig.log_write);
	close(fd);
	for (size_t i = 0; i < 100; i++)
		send_outcome(outcome_inbound());
	wait_for_metric(METRIC_OUTCOMES_STORED, 100);
	rig_end();
	rig_free();
}

static void run_malformed(const void *row)
{
	static char large[OUTCOME_PACKED_MAX + 2];

	(void)row;
	rig_make();
	rig_start("ready");
	send_octets(STR(""));
	send_octets(STR("\1garbage"));
	send_octets(str_from(large, sizeof(large)));
	send_octets(str_from(large, sizeof(large) - 1));
	send_outcome(outcome_inbound());
	wait_for_metric(METRIC_OUTCOMES_STORED, 1);
	assert_int_equal(metrics_read(rig.service.metrics, METRIC_OUTCOMES_DROPPED), 4);
	rig_end();
	assert_int_equal(count_stored(), 1);
	rig_free();
}

/* ---- a store that fails ---- */

static void break_store(void)
{
	FILE *f = fopen(rig.path, "wb");

	assert_non_null(f);
	fputs("this is no database, whatever its name says, and it is longer than a header of one: "
	      "0123456789 0123456789 0123456789",
	      f);
	fclose(f);
}

static void run_broken_store(const void *row)
{
	(void)row;
	rig_make();
	break_store();
	rig_start("ready");
	assert_true(wait_for_log("not a database"));
	assert_false(metrics_flag(rig.service.metrics, FLAG_STORE_WORKS));
	send_outcome(outcome_inbound());
	send_outcome(outcome_inbound());
	wait_for_metric(METRIC_OUTCOMES_WAITING, 2);
	unlink(rig.path);
	wait_for_metric(METRIC_OUTCOMES_STORED, 2);
	wait_for_flag(true);
	assert_true(wait_for_log("the store works again"));
	rig_end();
	assert_int_equal(count_stored(), 2);
	rig_free();
}

static const struct bound {
	const char *name;
	unsigned queue_max, sent;
	int64_t dropped;
} bounds[] = {
	{"as many outcomes wait as are allowed", 10, 10, 0},
	{"one more is lost and counted", 10, 11, 1},
};

static void run_bound(const void *row)
{
	const struct bound *r = row;

	rig_make();
	break_store();
	rig.config.store.queue_max = r->queue_max;
	rig_start("ready");
	for (unsigned i = 0; i < r->sent; i++)
		send_outcome(outcome_inbound());
	wait_for_metric(METRIC_OUTCOMES_WAITING, r->queue_max);
	wait_for_metric(METRIC_OUTCOMES_DROPPED, r->dropped);
	if (r->dropped)
		assert_true(wait_for_log("1 outcomes were lost"));
	assert_int_equal(metrics_read(rig.service.metrics, METRIC_OUTCOMES_DROPPED), r->dropped);
	assert_true(rig_end() < 5000);
	assert_int_equal(metrics_read(rig.service.metrics, METRIC_OUTCOMES_DROPPED), r->sent);
	assert_int_equal(metrics_read(rig.service.metrics, METRIC_OUTCOMES_WAITING), 0);
	rig_free();
}

/* Files may not grow, then they may. */
static void run_full_disk(const void *row)
{
	const struct rlimit wide = {RLIM_INFINITY, RLIM_INFINITY};
	size_t sent = 0;

	(void)row;
	rig_make();
	rig.file_size = 256 * 1024;
	rig_start("ready");
	for (int64_t until = clock_milliseconds() + PATIENCE;
	     metrics_read(rig.service.metrics, METRIC_STORE_ERRORS) == 0 && clock_milliseconds() < until; sent++) {
		send_outcome(outcome_inbound());
		usleep(200);
	}
	assert_true(wait_for_log("outcomes are not stored now, they wait: "));
	if (prlimit(rig.pid, RLIMIT_FSIZE, &wide, NULL)) {
		rig_free();
		test_skip("limits of another process may not be changed here");
	}
	wait_for_metric(METRIC_OUTCOMES_STORED, (int64_t)sent);
	rig_end();
	assert_int_equal(count_stored(), sent);
	rig_free();
}

static void run_expiry(const void *row)
{
	struct outcome old = outcome_inbound();

	(void)row;
	rig_make();
	rig.config.store.keep = 3600;
	rig_start("ready");
	old.time = ((int64_t)clock_now() - 3700) * 1000000;
	send_outcome(old);
	old.time = ((int64_t)clock_now() - 3500) * 1000000;
	send_outcome(old);
	wait_for_metric(METRIC_OUTCOMES_STORED, 2);
	rig_end();
	rig_start("ready"); /* looks for what is old at its beginning */
	usleep(100000);
	rig_end();
	assert_int_equal(count_stored(), 1);
	rig_free();
}

static void run_no_folder(const void *row)
{
	(void)row;
	rig_make();
	rig.config.store.path = "/nowhere/at/all/inkan.db";
	rig_start("/nowhere/at/all: No such file or directory");
	rig_free();
}

/* ---- HTTP ---- */

/* Sends the octets, reads until the peer closes or falls silent. */
static void http(struct str request, struct buf *out)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(rig.port)};
	struct pollfd p = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .events = POLLIN};
	ssize_t n = 1;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	buf_clear(out);
	assert_int_equal(connect(p.fd, (struct sockaddr *)&a, sizeof(a)), 0);
	(void)!send(p.fd, request.p, request.n, MSG_NOSIGNAL);
	while (n > 0 && poll(&p, 1, out->n ? 300 : PATIENCE) == 1 && buf_reserve(out, 65536)) {
		n = recv(p.fd, out->p + out->n, 65536, 0);
		if (n > 0)
			buf_commit(out, (size_t)n);
	}
	close(p.fd);
}

static bool has(const struct buf *text, const char *what)
{
	return str_search(buf_str(text), str_c(what)) < text->n;
}

#define HOST "Host: localhost\r\n"
#define CLOSE "Connection: close\r\n\r\n"

#define OCTETS(literal)                      \
	{                                    \
		literal, sizeof(literal) - 1 \
	}

/* clang-format off */
static const struct request {
	const char *name;
	struct str text;
	const char *want, *also; /* in the answer; NULL: anything */
} requests[] = {
	{"the page", OCTETS("GET / HTTP/1.1\r\n" HOST CLOSE), "HTTP/1.1 200 OK", "<html lang=\"en\">"},
	{"the page in Japanese by parameter", OCTETS("GET /?lang=ja HTTP/1.1\r\n" HOST CLOSE), "<html lang=\"ja\">",
         "状態"},
	{"the page in Japanese by preference", OCTETS("GET / HTTP/1.1\r\n" HOST "Accept-Language: ja,en;q=0.5\r\n" CLOSE),
         "<html lang=\"ja\">", NULL},
	{"the parameter counts before the preference",
         OCTETS("GET /?lang=en HTTP/1.1\r\n" HOST "Accept-Language: ja\r\n" CLOSE), "<html lang=\"en\">", NULL},
	{"a language that nobody knows", OCTETS("GET /?lang=%3Cb%3E HTTP/1.1\r\n" HOST CLOSE), "<html lang=\"en\">", NULL},
	{"a policy without scripts", OCTETS("GET / HTTP/1.1\r\n" HOST CLOSE),
         "Content-Security-Policy: default-src 'none'; style-src 'sha256-", "X-Content-Type-Options: nosniff"},
	{"metrics", OCTETS("GET /metrics HTTP/1.1\r\n" HOST CLOSE), "text/plain; version=0.0.4", "inkan_info{version="},
	{"health", OCTETS("GET /healthz HTTP/1.1\r\n" HOST CLOSE), "HTTP/1.1 200 OK", "\r\n\r\nok\n"},
	{"not ready, and why", OCTETS("GET /readyz HTTP/1.1\r\n" HOST CLOSE), "HTTP/1.1 503 ",
         "\r\n\r\nthe filter is not ready\nthe keys are not ready\n"},
	{"the head of a page only", OCTETS("HEAD /metrics HTTP/1.1\r\n" HOST CLOSE), "HTTP/1.1 200 OK",
         "Content-Length: "},
	{"a page that is not there", OCTETS("GET /../etc/passwd HTTP/1.1\r\n" HOST CLOSE), "HTTP/1.1 404 ", NULL},
	{"a method that writes", OCTETS("POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n" CLOSE), "HTTP/1.1 405 ",
         "Allow: GET, HEAD"},
	{"a method that nobody knows", OCTETS("FROB / HTTP/1.1\r\n" HOST CLOSE), "HTTP/1.1 405 ", NULL},
	{"a body", OCTETS("GET / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"), "HTTP/1.1 400 ", NULL},
	{"a body in chunks", OCTETS("GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
         "HTTP/1.1 400 ", NULL},
	{"a body of two lengths",
         OCTETS("GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"),
         "HTTP/1.1 400 ", NULL},
	{"no host", OCTETS("GET / HTTP/1.1\r\n" CLOSE), "HTTP/1.1 400 ", NULL},
	{"no host, in the old protocol", OCTETS("GET / HTTP/1.0\r\n\r\n"), " 421 ", NULL},
	{"two hosts", OCTETS("GET / HTTP/1.1\r\n" HOST "Host: evil.example\r\n" CLOSE), "HTTP/1.1 400 ", NULL},
	{"the name of a stranger", OCTETS("GET /metrics HTTP/1.1\r\nHost: evil.example\r\n" CLOSE), "HTTP/1.1 421 ", NULL},
	{"control characters in a field", OCTETS("GET / HTTP/1.1\r\n" HOST "X: a\x01z\r\n" CLOSE), "HTTP/1.1 400 ", NULL},
	{"NUL in a field", OCTETS("GET / HTTP/1.1\r\n" HOST "X: a\0z\r\n" CLOSE), NULL, NULL},
	{"no request", OCTETS("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"), NULL, NULL},
	{"lines without end", OCTETS("\r\n\r\n\r\n\r\nGET /healthz HTTP/1.1\r\n" HOST CLOSE), NULL, NULL},
};
/* clang-format on */

static void run_requests(const void *row)
{
	const struct request *r = row;
	struct buf answer;

	buf_init(&answer, LOG_MAX);
	http(r->text, &answer);
	if ((r->want && !has(&answer, r->want)) || (r->also && !has(&answer, r->also)))
		fail_msg("%.*s", (int)answer.n, answer.p);
	http(STR("GET /healthz HTTP/1.1\r\n" HOST CLOSE), &answer);
	assert_true(has(&answer, "\r\n\r\nok\n"));
	buf_release(&answer);
}

/* One recorder for all requests, so that each meets what the ones before left. */
static void run_http_begin(const void *row)
{
	(void)row;
	rig_make();
	rig_start("ready");
}

static void run_http_end(const void *row)
{
	(void)row;
	rig_end();
	rig_free();
}

static void run_large_request(const void *row)
{
	struct buf request, answer;

	(void)row;
	buf_init(&request, LOG_MAX);
	buf_init(&answer, LOG_MAX);
	buf_put_c(&request, "GET /healthz HTTP/1.1\r\n" HOST "X: ");
	while (request.n < STATUS_MEMORY)
		buf_put_c(&request, "xxxxxxxxxxxxxxxx");
	buf_put_c(&request, "\r\n" CLOSE);
	http(buf_str(&request), &answer);
	assert_false(has(&answer, "200 OK"));
	buf_release(&request);
	buf_release(&answer);
}

/* Connections that say nothing keep nobody else out for longer than STATUS_TIMEOUT, and mail not at all. */
static void run_idle_connections(const void *row)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(rig.port)};
	int fds[STATUS_CONNECTIONS_MAX + 20];

	(void)row;
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)connect(fds[i], (struct sockaddr *)&a, sizeof(a));
	}
	int64_t before = metrics_read(rig.service.metrics, METRIC_OUTCOMES_STORED);

	send_outcome(outcome_inbound());
	wait_for_metric(METRIC_OUTCOMES_STORED, before + 1);
	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		close(fds[i]);
	struct buf answer;

	buf_init(&answer, LOG_MAX);
	http(STR("GET /healthz HTTP/1.1\r\n" HOST CLOSE), &answer);
	assert_true(has(&answer, "\r\n\r\nok\n"));
	buf_release(&answer);
}

static void run_ready(const void *row)
{
	struct buf answer;

	(void)row;
	rig_make();
	rig_start("ready");
	buf_init(&answer, LOG_MAX);
	metrics_set_flag(rig.service.metrics, FLAG_FILTER_READY, true);
	metrics_set_flag(rig.service.metrics, FLAG_KEYS_READY, true);
	http(STR("GET /readyz HTTP/1.1\r\n" HOST CLOSE), &answer);
	assert_true(has(&answer, "HTTP/1.1 200 OK") && has(&answer, "\r\n\r\nready\n"));
	metrics_set_flag(rig.service.metrics, FLAG_STOPPING, true);
	http(STR("GET /readyz HTTP/1.1\r\n" HOST CLOSE), &answer);
	assert_true(has(&answer, "HTTP/1.1 503 ") && has(&answer, "\r\n\r\nthe service is stopping\n"));
	buf_release(&answer);
	rig_end();
	rig_free();
}

/* The socket is the supervisor's: it serves on when a recorder ends. */
static void run_socket_stays(const void *row)
{
	struct buf answer;

	(void)row;
	rig_make();
	rig_start("ready");
	rig_end();
	rig_start("ready");
	buf_init(&answer, LOG_MAX);
	http(STR("GET /healthz HTTP/1.1\r\n" HOST CLOSE), &answer);
	assert_true(has(&answer, "\r\n\r\nok\n"));
	buf_release(&answer);
	rig_end();
	rig_free();
}

static struct outcome hostile(void)
{
	struct outcome o = outcome_inbound();

	o.queue_id = STR("<script>alert(1)</script>");
	o.from_domain = STR("\"onload=\x1b[31m&\xff");
	return o;
}

static const struct page {
	const char *name;
	bool addresses;
	struct outcome (*make)(void);
	const char *want, *never;
} pages[] = {
	{"the page shows domains only", false, outcome_inbound, "<td>example.org</td>", "alice@"},
	{"the page shows addresses where the log does", true, outcome_inbound, "<td>alice@example.com</td>", NULL},
	{"the page escapes what messages hold", false, hostile,
         "<td>&lt;script&gt;alert(1)&lt;/script&gt;</td><td>&quot;onload=\\x1b[31m&amp;\\xff</td>", "<script"},
};

static void run_page(const void *row)
{
	const struct page *r = row;
	struct buf answer;

	rig_make();
	rig.config.log.addresses = r->addresses;
	rig_start("ready");
	for (size_t i = 0; i < 60; i++)
		send_outcome(outcome_outbound());
	send_outcome(r->make());
	wait_for_metric(METRIC_OUTCOMES_STORED, 61);
	buf_init(&answer, LOG_MAX);
	http(STR("GET / HTTP/1.1\r\n" HOST CLOSE), &answer);
	assert_true(has(&answer, r->want));
	if (r->never)
		assert_false(has(&answer, r->never));
	size_t rows = 0;

	for (struct str rest = buf_str(&answer); rest.n; rest = str_skip(rest, str_search(rest, STR("<td>2026-")) + 1))
		rows += str_search(rest, STR("<td>2026-")) < rest.n;
	assert_int_equal(rows, RECENT_MAX);
	buf_release(&answer);
	rig_end();
	rig_free();
}

/* ---- without a process ---- */

static const struct host {
	const char *name;
	const char *host;
	bool want;
} hosts[] = {
	{"host localhost", "localhost", true},
	{"host localhost with a port", "LocalHost:8953", true},
	{"host 127.0.0.1", "127.0.0.1", true},
	{"host 127.255.0.9 with a port", "127.255.0.9:1", true},
	{"host [::1]", "[::1]", true},
	{"host [::1] with a port", "[::1]:65535", true},
	{"no host at all", "", false},
	{"host with a port that is none", "localhost:x", false},
	{"host with a port too large", "localhost:65536", false},
	{"host that begins like one of ours", "127.0.0.1.evil.example", false},
	{"host that ends like one of ours", "evil.localhost", false},
	{"host with a dot behind", "localhost.", false},
	{"host of another network", "128.0.0.1", false},
	{"host in brackets that are not closed", "[::1", false},
	{"host with something behind the brackets", "[::1]x:1", false},
	{"host of another IPv6 address", "[::2]", false},
};

static void run_host(const void *row)
{
	const struct host *r = row;

	assert_int_equal(status_host_is_loopback(str_c(r->host)), r->want);
}

static const struct preference {
	const char *name;
	const char *field;
	enum language want;
} preferences[] = {
	{"no preference", "", LANGUAGE_EN},
	{"Japanese", "ja", LANGUAGE_JA},
	{"Japanese of Japan before others", "ja-JP,en-US;q=0.9,en;q=0.8", LANGUAGE_JA},
	{"English before Japanese", "en, ja;q=0.9", LANGUAGE_EN},
	{"Japanese liked better behind English", "en;q=0.5,ja;q=0.75", LANGUAGE_JA},
	{"neither of the two", "fr,de;q=0.5", LANGUAGE_EN},
	{"Japanese refused", "ja;q=0", LANGUAGE_EN},
	{"Japanese refused with digits", "ja;q=0.000", LANGUAGE_EN},
	{"a word that begins like it", "jam", LANGUAGE_EN},
	{"rubbish", ",,;;q=;=,ja;q=", LANGUAGE_JA},
};

static void run_preference(const void *row)
{
	const struct preference *r = row;

	assert_int_equal(status_language(str_c(r->field)), r->want);
}

static void run_style_hash(const void *row)
{
	struct crypto *crypto = NULL;
	struct digest *digest = NULL;
	struct digest_value value;
	struct buf text;

	(void)row;
	assert_int_equal(crypto_new(&crypto), INKAN_OK);
	assert_int_equal(digest_new(crypto, &digest), INKAN_OK);
	digest_start(digest, DIGEST_SHA256);
	digest_update(digest, STR(STATUS_PAGE_STYLE));
	assert_int_equal(digest_finish(digest, &value), INKAN_OK);
	buf_init(&text, 100);
	buf_put_c(&text, "sha256-");
	base64_encode(&text, value.octets, value.n);
	assert_true(str_eq(buf_str(&text), STR(STATUS_PAGE_STYLE_HASH)));
	buf_release(&text);
	digest_free(digest);
	crypto_free(crypto);
}

int main(void)
{
	struct test_list list = {0};

	test_add(&list, "an outcome is logged and stored", run_one, NULL);
	test_add(&list, "JSON lines with addresses, for the journal", run_formats, NULL);
	test_add(&list, "without a store", run_no_store, NULL);
	test_add(&list, "what lies in the socket at the end is logged and stored", run_term, NULL);
	test_add(&list, "after kill -9 a successor goes on with the socket", run_successor, NULL);
	test_add(&list, "a log that nobody reads stops nothing", run_stuck_log, NULL);
	test_add(&list, "a reader of the log that comes back is told what it missed", run_late_reader, NULL);
	test_add(&list, "a log that is closed stops nothing", run_closed_log, NULL);
	test_add(&list, "packets that are no outcomes are counted and forgotten", run_malformed, NULL);
	test_add(&list, "a broken store is reported, replaced, and filled with what waited", run_broken_store, NULL);
	TEST_TABLE(&list, bounds, run_bound);
	test_add(&list, "on a full disk outcomes wait", run_full_disk, NULL);
	test_add(&list, "what is older than store.keep goes", run_expiry, NULL);
	test_add(&list, "no folder for the store is a reason not to start", run_no_folder, NULL);
	test_add(&list, "requests: a recorder starts", run_http_begin, NULL);
	TEST_TABLE(&list, requests, run_requests);
	test_add(&list, "requests: one that is too large", run_large_request, NULL);
	test_add(&list, "requests: connections that say nothing", run_idle_connections, NULL);
	test_add(&list, "requests: the recorder ends", run_http_end, NULL);
	test_add(&list, "ready, and stopping", run_ready, NULL);
	test_add(&list, "the socket of the pages outlives a recorder", run_socket_stays, NULL);
	TEST_TABLE(&list, pages, run_page);
	TEST_TABLE(&list, hosts, run_host);
	TEST_TABLE(&list, preferences, run_preference);
	test_add(&list, "the style sheet is the one that is allowed", run_style_hash, NULL);
	return test_run(&list, "server/recorder");
}
