/* Reading order: server_run() -> start() -> loop() -> on_signal() -> reap(), reload(), stop().
 *
 * A generation is a configuration with the processes that live by it: one for the keys, one for the filter, and, where there is a store
 * of identities, one that has it open. Reloading makes a
 * new one beside the old one, on the same listening sockets; the old filter takes no new connections and ends with its last one.
 * So no message is ever judged by half a configuration, and the same few lines restart what has died. */
#include "server/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/master_key.h"
#include "server/generation.h"
#include "server/listen.h"
#include "server/log.h"

enum {
	START_STEP = 100,  /* ms between two looks whether to go on waiting */
	SHORT_LIFE = 1000, /* ms: what dies earlier is restarted with a pause */
	PAUSE_MIN = 100,   /* ms, doubled each time */
	PAUSE_MAX = 10000,
	MASTER_KEY_LOOK = 1000,      /* ms between two looks whether there is a master key now */
	FINISH_PATIENCE = 2000,      /* ms for the oldest of too many generations */
	DRAIN_PATIENCE = 500,        /* ms for a filter to take no more connections */
	OUTCOME_SOCKET = 1024 * 1024 /* octets of its buffer, as far as the system allows */
};

struct supervisor {
	const char *config_path;
	struct metrics *metrics;
	struct generation *current;
	struct generation *next; /* while it is being started */
	struct generation *ending[SUPERVISOR_GENERATIONS_MAX];
	struct child recorder;
	int outcome_in, outcome_out;
	int signals;
	uint64_t generations;
	bool stopping;
	int64_t stopping_since;
	pid_t self;
};

/* ---- processes ---- */

/* A process keeps only what its role needs. */
static void close_what_is_others(const struct supervisor *s, enum role role, const struct service *service)
{
	close(s->signals);
	generation_keep_for(service, role);
	generation_close_for(s->current, service);
	generation_close_for(s->next, service);
	for (size_t i = 0; i < SUPERVISOR_GENERATIONS_MAX; i++)
		generation_close_for(s->ending[i], service);
}

static void run_role(const struct supervisor *s, enum role role, struct service *service)
{
	static int (*const roles[])(const struct service *) = {[ROLE_KEYS] = keys_run,
	                                                       [ROLE_FILTER] = filter_run,
	                                                       [ROLE_RECORDER] = recorder_run,
	                                                       [ROLE_REGISTRAR] = registrar_process_run};
	char name[16];

	snprintf(name, sizeof name, "inkan-%s", role_name(role));
	prctl(PR_SET_NAME, name);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != s->self)
		_exit(0);
	close_what_is_others(s, role, service);
	exit(roles[role](service));
}

/* Starts a process. *ready_out (may be NULL) is where it tells how that went. */
static int spawn(struct supervisor *s, struct child *child, enum role role, const struct generation *g, int *ready_out)
{
	struct service service = g->service;
	int ends[2] = {-1, -1};

	if (ready_out && pipe2(ends, O_CLOEXEC) != 0)
		return INKAN_EIO;
	service.ready = ends[1];
	pid_t pid = fork();

	if (pid == 0) {
		if (ends[0] >= 0)
			close(ends[0]);
		run_role(s, role, &service);
	}
	if (ends[1] >= 0)
		close(ends[1]);
	if (pid < 0) {
		if (ends[0] >= 0)
			close(ends[0]);
		return INKAN_EIO;
	}
	child->role = role;
	child->pid = pid;
	child->since = clock_milliseconds();
	child->restart_at = 0;
	if (ready_out)
		*ready_out = ends[0];
	return INKAN_OK;
}

/* Ends a process for good and waits for it. */
static void end_child(struct child *child)
{
	if (child->pid <= 0)
		return;
	kill(child->pid, SIGKILL);
	while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
		;
	child->pid = 0;
}

/* Has a process end what it is at, for a while, then ends it for good. */
static void finish_child(struct child *child)
{
	if (child->pid <= 0)
		return;
	kill(child->pid, SIGTERM);
	for (int left = FINISH_PATIENCE; left > 0; left -= START_STEP) {
		if (waitpid(child->pid, NULL, WNOHANG) == child->pid) {
			child->pid = 0;
			return;
		}
		(void)poll(NULL, 0, START_STEP);
	}
	end_child(child);
}

/* ---- what dies ---- */

static const char *how_it_ended(int status, char *room, size_t size)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		snprintf(room, size, "made a system call that it may not make (the kernel's audit log has its number)");
	else if (WIFSIGNALED(status))
		snprintf(room, size, "was killed by signal %d", WTERMSIG(status));
	else
		snprintf(room, size, "ended with status %d", WEXITSTATUS(status));
	return room;
}

static void plan_restart(struct supervisor *s, struct child *child, int status)
{
	int64_t now = clock_milliseconds();
	bool may_end = child->role == ROLE_RECORDER || child->role == ROLE_REGISTRAR || child->renewing;
	bool wanted = may_end && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	bool short_life = now - child->since < SHORT_LIFE;
	char how[128];

	child->renewing = false;
	if (s->stopping)
		return;
	if (wanted) { /* after a reload, for a new master key or folder of the store: no reason to wait, now or at the next death */
		child->restart_at = now;
		return;
	}
	child->pause = !short_life ? 0 : child->pause ? child->pause * 2 : PAUSE_MIN;
	child->pause = child->pause > PAUSE_MAX ? PAUSE_MAX : child->pause;
	child->restart_at = now + child->pause;
	log_line(LOG_ERROR, "the %s process %s; starting it again", role_name(child->role),
	         how_it_ended(status, how, sizeof how));
	metrics_add(metrics_slot(s->metrics, 0), METRIC_RESTARTS, 1);
	if (child->role == ROLE_FILTER)
		metrics_set_flag(s->metrics, FLAG_FILTER_READY, false);
	if (child->role == ROLE_KEYS)
		metrics_set_flag(s->metrics, FLAG_KEYS_READY, false);
}

/* Whether the process has ended since the last time. */
static bool has_ended(struct child *child, int *status_out)
{
	if (child->pid <= 0 || waitpid(child->pid, status_out, WNOHANG) != child->pid)
		return false;
	child->pid = 0;
	return true;
}

static void signal_child(const struct child *child, int signal)
{
	if (child->pid > 0)
		kill(child->pid, signal);
}

static bool has_processes(const struct generation *g)
{
	return g->filter.pid > 0 || g->keys.pid > 0 || g->registrar.pid > 0;
}

/* Generations that are ending: without a filter nobody needs the others. */
static void reap_ending(struct supervisor *s)
{
	int status;

	for (size_t i = 0; i < SUPERVISOR_GENERATIONS_MAX; i++) {
		struct generation *g = s->ending[i];

		if (!g)
			continue;
		if (has_ended(&g->filter, &status)) {
			signal_child(&g->keys, SIGTERM);
			signal_child(&g->registrar, SIGTERM);
		}
		(void)has_ended(&g->keys, &status);
		(void)has_ended(&g->registrar, &status);
		if (!has_processes(g)) {
			generation_free(g);
			s->ending[i] = NULL;
		}
	}
}

static void reap(struct supervisor *s)
{
	struct child *const children[] = {&s->recorder, &s->current->registrar, &s->current->keys, &s->current->filter};
	int status;

	for (size_t i = 0; i < sizeof children / sizeof *children; i++)
		if (has_ended(children[i], &status))
			plan_restart(s, children[i], status);
	reap_ending(s);
}

/* Starts what is due; ms until the next one is, or -1. */
static int restart_due(struct supervisor *s)
{
	struct child *const children[] = {&s->current->registrar, &s->current->keys, &s->current->filter, &s->recorder};
	static const enum role roles[] = {ROLE_REGISTRAR, ROLE_KEYS, ROLE_FILTER, ROLE_RECORDER};
	int64_t now = clock_milliseconds(), next = -1;

	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
		struct child *c = children[i];

		if (c->restart_at == 0)
			continue;
		if (c->restart_at <= now) {
			if (spawn(s, c, roles[i], s->current, NULL) != INKAN_OK)
				c->restart_at = now + PAUSE_MAX;
		}
		if (c->restart_at && (next < 0 || c->restart_at - now < next))
			next = c->restart_at - now;
	}
	return (int)next;
}

/* ---- generations ---- */

/* A signal that ends the service waits to be read. */
static bool is_to_stop(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && (sigismember(&pending, SIGTERM) || sigismember(&pending, SIGINT));
}

/* What the process says; *error: why it does not start. Given up where the service is to stop. What dies meanwhile of the
 * generation before is started again. */
static int wait_until_ready(struct supervisor *s, enum role role, int fd, struct io_error *error)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char text[READY_LINE_MAX + 2];
	int n = 0;

	for (int left = SUPERVISOR_START_PATIENCE; n == 0 && left > 0 && !is_to_stop(); left -= START_STEP) {
		n = poll(&p, 1, START_STEP);
		if (s->current) {
			reap(s);
			(void)restart_due(s);
		}
	}
	ssize_t got = n == 1 ? read(fd, text, sizeof text - 1) : -1;

	close(fd);
	text[got > 0 ? got : 0] = '\0';
	if (strcmp(text, READY_LINE) == 0)
		return INKAN_OK;
	text[strcspn(text, "\n")] = '\0';
	return io_fail(error, "%s: %s", role_name(role),
	               is_to_stop() ? "was not waited for, as the service is to stop"
	               : n == 0     ? "is not ready in time"
	               : text[0]    ? text
	                            : "died at its start");
}

static int start_child(struct supervisor *s, struct child *child, enum role role, const struct generation *g,
                       struct io_error *error_out)
{
	int ready = -1;
	int error = spawn(s, child, role, g, &ready);

	return error ? error : wait_until_ready(s, role, ready, error_out);
}

/* For good. */
static void end_generation(struct generation *g)
{
	end_child(&g->filter);
	end_child(&g->keys);
	end_child(&g->registrar);
}

static int start_generation(struct supervisor *s, struct generation *g, struct io_error *error_out)
{
	int error = INKAN_OK;

	if (g->service.registrar)
		error = start_child(s, &g->registrar, ROLE_REGISTRAR, g, error_out);
	if (!error)
		error = start_child(s, &g->keys, ROLE_KEYS, g, error_out);
	if (!error)
		error = start_child(s, &g->filter, ROLE_FILTER, g, error_out);
	if (error)
		end_generation(g);
	return error;
}

static void announce(const struct supervisor *s)
{
	const struct service *service = &s->current->service;
	char name[300];

	for (size_t i = 0; i < service->milter.count; i++) {
		listener_name(&service->milter.list[i], name, sizeof name);
		log_line(LOG_INFO, "milter on %s", name);
	}
	for (size_t i = 0; i < service->status.count; i++) {
		listener_name(&service->status.list[i], name, sizeof name);
		log_line(LOG_INFO, "status page and metrics on %s", name);
	}
	log_line(LOG_INFO, "ready: %zu signing rules, %zu keys, %u workers, configuration %s, generation %llu",
	         s->current->config->policy.rule_count, s->current->config->key_count, service->workers,
	         s->config_path ? s->config_path : "embedded defaults", (unsigned long long)service->generation);
}

/* ---- reloading ---- */

static void log_errors(const char *path, const struct config_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++) {
		const struct config_error *e = &errors->list[i];

		log_line(e->warning ? LOG_WARNING : LOG_ERROR, "%s:%zu:%zu: %s", path, e->line, e->column, e->text.en);
	}
}

/* Has the filter take no more connections, and waits until it does not: who comes after the reload gets the new rules. One that is
 * stuck is not waited for. */
static void drain(const struct generation *g)
{
	struct pollfd p = {.fd = g->service.drained, .events = POLLIN};
	int64_t end = clock_milliseconds() + DRAIN_PATIENCE, left;
	uint64_t drained = 0, more;

	if (g->filter.pid <= 0)
		return;
	signal_child(&g->filter, SIGHUP);
	while (drained < g->service.workers && (left = end - clock_milliseconds()) > 0) {
		(void)poll(&p, 1, (int)left);
		if (read(g->service.drained, &more, sizeof more) == (ssize_t)sizeof more)
			drained += more;
	}
}

/* Where there are too many that are still ending, the oldest ends now. */
static void put_aside(struct supervisor *s, struct generation *g)
{
	size_t free_place = SUPERVISOR_GENERATIONS_MAX;

	for (size_t i = 0; i < SUPERVISOR_GENERATIONS_MAX; i++)
		if (!s->ending[i])
			free_place = i;
	if (free_place == SUPERVISOR_GENERATIONS_MAX) {
		free_place = 0;
		for (size_t i = 1; i < SUPERVISOR_GENERATIONS_MAX; i++)
			if (s->ending[i]->service.generation < s->ending[free_place]->service.generation)
				free_place = i;
		finish_child(&s->ending[free_place]->filter);
		end_generation(s->ending[free_place]);
		generation_free(s->ending[free_place]);
	}
	s->ending[free_place] = g;
	g->filter.restart_at = g->keys.restart_at = g->registrar.restart_at = 0;
	if (!has_processes(g)) {
		generation_free(g);
		s->ending[free_place] = NULL;
		return;
	}
	/* where its filter has just died, nobody needs the others */
	drain(g);
	signal_child(&g->registrar, g->filter.pid > 0 ? SIGHUP : SIGTERM);
	if (g->filter.pid <= 0)
		signal_child(&g->keys, SIGTERM);
}

static int take_over(struct supervisor *s, struct config *config, struct io_error *error)
{
	struct generation *next = NULL, *before = s->current;
	const struct service shared = {.generation = s->generations + 1,
	                               .metrics = s->metrics,
	                               .outcome_in = s->outcome_in,
	                               .outcome_out = s->outcome_out};
	int code = generation_new(config, &shared, before ? &before->service : NULL, &next, error);

	if (code)
		return code;
	s->next = next;
	if (before && strcmp(config->identities.store, before->config->identities.store) != 0) {
		metrics_set_flag(s->metrics, FLAG_IDENTITIES_SEEN, false); /* that was another store */
		metrics_set_flag(s->metrics, FLAG_IDENTITIES_TROUBLE, false);
	}
	code = start_generation(s, next, error);
	s->next = NULL;
	if (code) {
		listeners_close(&next->service.milter, before ? &before->service.milter : NULL);
		listeners_close(&next->service.status, before ? &before->service.status : NULL);
		next->config = NULL;
		generation_free(next);
		return code;
	}
	s->generations++;
	s->current = next;
	if (before) {
		listeners_close(&before->service.milter, &next->service.milter);
		listeners_close(&before->service.status, &next->service.status);
		put_aside(s, before);
	}
	return INKAN_OK;
}

static void notify_reloading(void)
{
	char text[80];
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%lld",
	         (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	(void)sd_notify(0, text);
}

static void reload(struct supervisor *s)
{
	struct config_errors errors = {.count = 0};
	struct io_error error = {""};
	struct config *config = NULL;

	if (!s->config_path) {
		log_line(LOG_NOTICE, "there is no configuration file to read anew");
		return;
	}
	notify_reloading();
	int code = config_load(s->config_path, &config, &errors, &error);

	log_errors(s->config_path, &errors);
	if (!code)
		code = take_over(s, config, &error);
	if (code) {
		config_free(config);
		log_line(LOG_ERROR, "reload refused, going on as before: %s",
		         error.text[0]   ? error.text
		         : errors.errors ? "the configuration has errors"
		                         : inkan_strerror(code));
		metrics_add(metrics_slot(s->metrics, 0), METRIC_RELOADS_REFUSED, 1);
	} else {
		metrics_add(metrics_slot(s->metrics, 0), METRIC_RELOADS, 1);
		metrics_set(metrics_slot(s->metrics, 0), METRIC_GENERATION, (int64_t)s->generations);
		if (s->recorder.pid > 0)
			kill(s->recorder.pid,
			     SIGTERM); /* its successor, by the new configuration, goes on with the socket */
		announce(s);
	}
	(void)sd_notify(0, "READY=1");
}

/* ---- stopping ---- */

/* That process of the i-th generation, the current one first; NULL where there is none. */
static const struct child *child_of(const struct supervisor *s, size_t i, enum role role)
{
	const struct generation *g = i ? s->ending[i - 1] : s->current;
	const struct child *child = !g                       ? NULL
	                            : role == ROLE_KEYS      ? &g->keys
	                            : role == ROLE_REGISTRAR ? &g->registrar
	                                                     : &g->filter;

	return child && child->pid > 0 ? child : NULL;
}

static bool any_left(const struct supervisor *s, enum role role)
{
	bool any = false;

	for (size_t i = 0; i <= SUPERVISOR_GENERATIONS_MAX; i++)
		any = any || child_of(s, i, role);
	return any;
}

static void signal_all(const struct supervisor *s, enum role role, int signal)
{
	for (size_t i = 0; i <= SUPERVISOR_GENERATIONS_MAX; i++) {
		const struct child *child = child_of(s, i, role);

		if (child)
			kill(child->pid, signal);
	}
}

static void begin_stop(struct supervisor *s)
{
	if (s->stopping)
		return;
	s->stopping = true;
	s->stopping_since = clock_milliseconds();
	s->current->keys.restart_at = s->current->filter.restart_at = s->current->registrar.restart_at = 0;
	if (s->recorder.restart_at) /* what lies in its socket is still to be recorded */
		s->recorder.restart_at = s->stopping_since;
	metrics_set_flag(s->metrics, FLAG_STOPPING, true);
	(void)sd_notify(0, "STOPPING=1");
	log_line(LOG_INFO, "stopping");
	signal_all(s, ROLE_FILTER, SIGTERM);
}

/* Filters first, then what they need. True: all have gone. */
static bool go_on_stopping(struct supervisor *s)
{
	int64_t gone = clock_milliseconds() - s->stopping_since;
	bool too_long = gone > (int64_t)s->current->config->milter.drain_time + SUPERVISOR_STOP_PATIENCE;

	if (any_left(s, ROLE_FILTER)) {
		if (too_long)
			signal_all(s, ROLE_FILTER, SIGKILL);
		return false;
	}
	signal_all(s, ROLE_KEYS, too_long ? SIGKILL : SIGTERM);
	signal_all(s, ROLE_REGISTRAR, too_long ? SIGKILL : SIGTERM);
	signal_child(&s->recorder, too_long ? SIGKILL : SIGTERM);
	return !any_left(s, ROLE_KEYS) && !any_left(s, ROLE_REGISTRAR) && s->recorder.pid <= 0;
}

/* ---- the master key ---- */

/* Whether the keys were read before there was a master key. Where it has been made meanwhile, they are read anew, by a successor: a key
 * process that is locked in can open no file. */
static bool awaits_master_key(struct supervisor *s)
{
	struct child *keys = &s->current->keys;

	if (!metrics_flag(s->metrics, FLAG_MASTER_KEY_AWAITED) || !s->current->service.registrar)
		return false;
	if (keys->pid > 0 && !keys->renewing &&
	    access(master_key_place(s->current->config->identities.master_key), F_OK) == 0) {
		log_line(LOG_INFO, "the master key has been made: reading the keys anew");
		metrics_set_flag(s->metrics, FLAG_MASTER_KEY_AWAITED, false);
		keys->renewing = true;
		kill(keys->pid, SIGTERM);
	}
	return true;
}

/* ---- the loop ---- */

static void on_signal(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo == SIGCHLD)
			continue;
		if (info.ssi_signo == SIGHUP && !s->stopping)
			reload(s);
		else if (info.ssi_signo != SIGHUP)
			begin_stop(s);
	}
	reap(s);
}

static void loop(struct supervisor *s)
{
	for (;;) {
		int wait = restart_due(s);

		if (s->stopping) {
			if (go_on_stopping(s))
				return;
			wait = 100;
		} else if (awaits_master_key(s)) {
			wait = wait < 0 || wait > MASTER_KEY_LOOK ? MASTER_KEY_LOOK : wait;
		}
		struct pollfd p = {.fd = s->signals, .events = POLLIN};

		if (poll(&p, 1, wait) < 0 && errno != EINTR)
			return;
		on_signal(s);
	}
}

static int open_signals(struct supervisor *s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return INKAN_EIO;
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signals < 0 ? INKAN_EIO : INKAN_OK;
}

/* Each milter connection and each DNS question is a descriptor. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int open_outcomes(struct supervisor *s)
{
	int ends[2], size = OUTCOME_SOCKET;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return INKAN_EIO;
	if (setsockopt(ends[0], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) != 0)
		(void)setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	s->outcome_in = ends[0];
	s->outcome_out = ends[1];
	return INKAN_OK;
}

static int start(struct supervisor *s, const struct serve_request *request, struct io_error *error)
{
	log_open();
	s->self = getpid();
	s->config_path = request->config_path;
	s->metrics = metrics_new();
	if (!s->metrics)
		return INKAN_ENOMEM;
	raise_file_limit();
	int code = open_signals(s);

	if (!code)
		code = open_outcomes(s);
	if (!code)
		code = take_over(s, request->config, error);
	if (!code)
		code = start_child(s, &s->recorder, ROLE_RECORDER, s->current, error);
	return code;
}

int server_run(const struct serve_request *request)
{
	struct supervisor s = {.signals = -1};
	struct io_error error = {""};
	int code = start(&s, request, &error);

	if (code) {
		log_line(LOG_ERROR, "not started: %s", error.text[0] ? error.text : inkan_strerror(code));
		if (s.current) {
			end_generation(s.current);
			listeners_close(&s.current->service.milter, NULL);
			listeners_close(&s.current->service.status, NULL);
			generation_free(s.current);
		} else {
			config_free(request->config);
		}
		end_child(&s.recorder);
		metrics_free(s.metrics);
		return SERVE_NOT_STARTED;
	}
	metrics_set(metrics_slot(s.metrics, 0), METRIC_GENERATION, 1);
	announce(&s);
	(void)sd_notify(0, "READY=1");
	loop(&s);
	for (size_t i = 0; i < SUPERVISOR_GENERATIONS_MAX; i++)
		generation_free(s.ending[i]);
	listeners_close(&s.current->service.milter, NULL);
	listeners_close(&s.current->service.status, NULL);
	generation_free(s.current);
	metrics_free(s.metrics);
	close(s.outcome_in);
	close(s.outcome_out);
	close(s.signals);
	log_line(LOG_INFO, "stopped");
	return 0;
}
