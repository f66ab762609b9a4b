/* The recorder: outcomes come in on one socket and go to the log, to the store (server/archive.h) and to the status page
 * (server/status.h). This thread waits for nobody: a stuck log or disk costs lines and outcomes, which are counted.
 *
 * Reading order: recorder_run() -> prepare(), start(), loop() -> read_outcomes() -> take_outcome(); finish(). */
#include "server/recorder.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/clock.h"
#include "server/archive.h"
#include "server/line_log.h"
#include "server/recent.h"
#include "server/sandbox.h"
#include "server/status.h"
#include "store/outcome.h"

struct recorder {
	const struct service *service;
	struct line_log log;
	struct archive *archive;
	struct status *status;
	struct recent recent;
	int signals;
	bool closed; /* no filter will ever send again */
	struct buf line;
	int64_t dropped, said_dropped_at; /* when that was said, and how many had been by then */
	char packed[OUTCOME_PACKED_MAX + 1];
};

/* ---- outcomes ---- */

static void take_outcome(struct recorder *r, struct str packed)
{
	const struct config *config = r->service->config;
	struct outcome outcome;

	if (!outcome_unpack(packed, &outcome)) {
		metrics_add(metrics_slot(r->service->metrics, METRICS_RECORDER_SLOT), METRIC_OUTCOMES_DROPPED, 1);
		return;
	}
	buf_clear(&r->line);
	outcome_line(&outcome, config->log.format == LOG_JSON, config->log.addresses, &r->line);
	if (!buf_error(&r->line))
		line_log_put(&r->log, LINE_INFO, buf_str(&r->line));
	(void)archive_put(r->archive, packed);
	recent_put(&r->recent, packed);
}

static bool is_hung_up(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1 && p.revents & POLLHUP;
}

/* At most RECORDER_ROUND of them. False: there are no more now. */
static bool read_outcomes(struct recorder *r)
{
	for (unsigned i = 0; i < RECORDER_ROUND; i++) {
		ssize_t n = recv(r->service->outcome_out, r->packed, sizeof(r->packed), MSG_DONTWAIT | MSG_TRUNC);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		if (n == 0 && is_hung_up(r->service->outcome_out)) {
			r->closed = true;
			return false;
		}
		/* what was cut is refused by its size */
		take_outcome(r, str_from(r->packed, (size_t)n < sizeof(r->packed) ? (size_t)n : sizeof(r->packed)));
	}
	return true;
}

/* ---- what is said about ourselves ---- */

static void say_news(struct recorder *r)
{
	struct io_error text;
	bool bad;

	if (!archive_news(r->archive, &bad, &text))
		return;
	if (bad)
		line_log_say(&r->log, LINE_WARNING, "outcomes are not stored now, they wait: %s", text.text);
	else
		line_log_say(&r->log, LINE_INFO, "%s", text.text);
}

/* Once in RECORDER_SAY_INTERVAL, and at the end. */
static void say_dropped(struct recorder *r, bool at_the_end)
{
	int64_t dropped = metrics_read(r->service->metrics, METRIC_OUTCOMES_DROPPED), now = clock_milliseconds();

	if (dropped == r->dropped || (!at_the_end && now < r->said_dropped_at + RECORDER_SAY_INTERVAL))
		return;
	line_log_say(&r->log, LINE_WARNING, "%lld outcomes were lost: the store did not take them in time",
	             (long long)(dropped - r->dropped));
	r->dropped = dropped;
	r->said_dropped_at = now;
}

/* ---- start and end ---- */

static int open_signals(int *fd_out, struct io_error *error)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL); /* it is already, but this must not depend on it */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error like a full disk */
	*fd_out = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return *fd_out < 0 ? io_fail(error, "signalfd: %s", strerror(errno)) : INKAN_OK;
}

/* The folder of the store, for Landlock: text of `room`. */
static const char *folder_of(const char *path, char *room, size_t size)
{
	struct str text = str_c(path);
	size_t slash = str_rfind(text, '/');

	if (slash == text.n)
		return ".";
	if (slash == 0)
		return "/";
	if (slash >= size)
		return NULL;
	memcpy(room, path, slash);
	room[slash] = '\0';
	return room;
}

static int lock_in(const struct config *config, struct io_error *error)
{
	const char *folders[2] = {NULL, NULL};
	struct sandbox_report report;
	char room[4096];

	if (config->store.path[0]) {
		folders[0] = folder_of(config->store.path, room, sizeof(room));
		if (!folders[0])
			return io_fail(error, "%s: too long a name", config->store.path);
		if (access(folders[0], F_OK))
			return io_fail(error, "%s: %s – make the folder of the store (store.path)", folders[0],
			               strerror(errno));
	}
	return sandbox_enter(ROLE_RECORDER, folders, NULL, &report, error);
}

/* Everything that is opened by name is opened here; threads come after, as they are locked in like the one that makes them. */
static int prepare(struct recorder *r, struct io_error *error)
{
	const struct config *config = r->service->config;
	struct io_error trouble = {""};
	int result = sandbox_begin(ROLE_RECORDER, error);

	line_log_init(&r->log, config->log.format == LOG_JSON,
	              metrics_slot(r->service->metrics, METRICS_RECORDER_SLOT));
	buf_init(&r->line, RECORDER_LINE_MAX);
	if (!result)
		result = recent_init(&r->recent);
	if (!result)
		result = open_signals(&r->signals, error);
	if (!result)
		result = sandbox_drop_privileges(config->user, error);
	if (!result)
		result = archive_new(config, r->service->metrics, &r->archive, &trouble);
	if (trouble.text[0])
		line_log_say(&r->log, LINE_WARNING, "the store cannot be opened, outcomes wait: %s", trouble.text);
	return result ? result : lock_in(config, error);
}

static int start(struct recorder *r, struct io_error *error)
{
	int result = prepare(r, error);

	if (!result)
		result = archive_start(r->archive);
	if (!result)
		result = status_start(r->service, &r->recent, &r->status, error);
	r->dropped = metrics_read(r->service->metrics, METRIC_OUTCOMES_DROPPED);
	return result;
}

/* True: SIGTERM has come. `outcomes`: whether those end the wait. */
static bool wait_for_work(struct recorder *r, bool outcomes, int patience)
{
	struct pollfd fds[3] = {
		{.fd = r->signals, .events = POLLIN},
		{.fd = outcomes && !r->closed ? r->service->outcome_out : -1, .events = POLLIN},
		{.fd = line_log_waits(&r->log) ? r->log.fd : -1, .events = POLLOUT},
	};

	(void)poll(fds, 3, patience);
	return fds[0].revents & POLLIN;
}

static void loop(struct recorder *r)
{
	bool more = false;

	while (!wait_for_work(r, true, more ? 0 : RECORDER_TICK)) {
		more = !r->closed && read_outcomes(r);
		say_news(r);
		say_dropped(r, false);
		line_log_flush(&r->log);
		if (!more && wait_for_work(r, false, RECORDER_PAUSE))
			break;
	}
}

/* What lies in the socket, in the queue and in the log goes out, each within its time. */
static bool finish(struct recorder *r)
{
	int64_t now = clock_milliseconds(), until = now + RECORDER_DRAIN;

	while (!r->closed && clock_milliseconds() < until && read_outcomes(r))
		line_log_flush(&r->log);
	bool ended = archive_stop(r->archive, RECORDER_STORE_TIME);

	say_news(r);
	say_dropped(r, true);
	until = clock_milliseconds() + RECORDER_DRAIN;
	for (line_log_flush(&r->log); line_log_waits(&r->log) && clock_milliseconds() < until;) {
		struct pollfd p = {.fd = r->log.fd, .events = POLLOUT};

		(void)poll(&p, 1, RECORDER_DRAIN / 10);
		line_log_flush(&r->log);
	}
	return ended;
}

static void release(struct recorder *r, bool archive_ended)
{
	status_stop(r->status);
	if (archive_ended)
		archive_free(r->archive);
	recent_release(&r->recent);
	line_log_release(&r->log);
	buf_release(&r->line);
	if (r->signals >= 0)
		close(r->signals);
	free(r);
}

int recorder_run(const struct service *service)
{
	struct recorder *r = calloc(1, sizeof(*r));
	struct io_error error = {""};
	int result = INKAN_ENOMEM;

	if (r) {
		r->service = service;
		r->signals = -1;
		result = start(r, &error);
	}
	if (result) {
		role_ready(service, error.text[0] ? error.text : inkan_strerror(result));
		if (r)
			_exit(1); /* threads may run already */
		return 1;
	}
	role_ready(service, NULL);
	loop(r);
	bool ended = finish(r);

	release(r, ended);
	return 0;
}
