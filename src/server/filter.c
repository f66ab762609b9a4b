/* Reading order: filter_run() -> prepare() -> run_workers(). */
#include "server/filter.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "auth/message.h"
#include "config/address.h"
#include "io/file.h"
#include "policy/signing_index.h"
#include "server/key_client.h"
#include "server/log.h"
#include "server/sandbox.h"
#include "server/signer_memory.h"
#include "server/worker.h"

enum {
	KEY_PATIENCE = 10000,                 /* ms that the key process may take to tell of one key */
	SNAPSHOT_SIZE_MAX = 64 * 1024 * 1024, /* octets of dns.snapshot */
	HOST_NAME_MAX_KEPT = 255
};

/* ---- what messages are judged with ---- */

static bool is_public_suffix(void *context, const char *domain)
{
	return public_suffixes_has(context, domain);
}

static size_t registrable_domain(void *context, const char *domain)
{
	return public_suffixes_registrable(context, str_c(domain)).n;
}

int filter_message_new(const struct filter *f, struct inkan_message **out)
{
	const struct config *c = f->config;
	struct inkan_message_options o;

	inkan_message_options_init(&o);
	o.line_ends = INKAN_LINE_ENDS_STRICT;
	o.flags = (c->verify.allow_legacy ? INKAN_ALLOW_LEGACY : 0u) |
	          (c->verify.allow_partial_body ? INKAN_ALLOW_PARTIAL_BODY : 0u);
	o.signatures_max = c->verify.signatures_max;
	o.clock_skew = c->verify.clock_skew;
	o.snapshot = f->snapshot;
	o.dmarc_profile = c->verify.dmarc_profile;
	o.is_public_suffix = is_public_suffix;
	o.registrable_domain = registrable_domain;
	o.public_suffix_context = f->suffixes;
	o.trusted_sealers = c->arc.trusted_sealers.words;
	o.trusted_sealer_count = c->arc.trusted_sealers.count;
	return inkan_message_new(f->engine, &o, out);
}

void filter_resolver_options(const struct config *c, struct resolver_options *out)
{
	*out = (struct resolver_options){.recursive = c->dns.recursive,
	                                 .validate = c->dns.validate,
	                                 .strict = c->dns.strict,
	                                 .trust_anchor = c->dns.trust_anchor[0] ? c->dns.trust_anchor : NULL,
	                                 .timeout = c->dns.timeout};
	if (c->dns.resolver.count)
		(void)resolver_parse(str_c(c->dns.resolver.words[0]), &out->host, &out->port); /* checked by config */
}

/* ---- preparation ---- */

static int load_snapshot(struct filter *f, struct io_error *error)
{
	struct buf text;
	const char *path = f->config->dns.snapshot;

	if (!path[0])
		return INKAN_OK;
	buf_init(&text, SNAPSHOT_SIZE_MAX);
	int code = io_read_file(path, &text, error);
	char trouble[256] = "";

	if (!code)
		code = inkan_snapshot_load(text.p, text.n, &f->snapshot, trouble, sizeof trouble);
	if (code == INKAN_ESYNTAX)
		code = io_fail(error, "%s: no DNS snapshot: %s", path, trouble);
	buf_release(&text);
	return code;
}

static int open_cache(struct filter *f)
{
	const struct config *c = f->config;
	const struct answer_cache_options options = {.size_max = c->dns.cache_size,
	                                             .min_ttl = c->dns.cache_min_ttl,
	                                             .max_ttl = c->dns.cache_max_ttl,
	                                             .failure_ttl = c->dns.cache_failure_ttl,
	                                             .stale = c->dns.serve_stale};

	return answer_cache_new(&options, &f->answers);
}

/* Whether DNSSEC works through our name servers: many strip what it needs. Where it does not, answers are taken as they are. */
static int look_at_dns(struct filter *f, struct io_error *error)
{
	struct resolver_options options;
	struct resolver *r = NULL;

	filter_resolver_options(f->config, &options);
	f->validate = options.validate;
	if (f->snapshot || !options.validate || options.strict || options.recursive)
		return INKAN_OK;
	int code = resolver_new(&options, NULL, &r, error);

	if (!code)
		code = resolver_settle(r, &f->validate);
	resolver_free(r);
	if (!code && !f->validate)
		log_line(LOG_NOTICE,
		         "DNS answers are not validated: the name servers do not hand on what DNSSEC needs");
	return code;
}

/* The key process reads the keys; it alone knows of what kind they are. */
static int ask_for_keys(struct filter *f, struct io_error *error)
{
	size_t count = f->config->key_count;

	f->algorithms = calloc(count ? count : 1, sizeof *f->algorithms);
	if (!f->algorithms)
		return INKAN_ENOMEM;
	for (size_t i = 0; i < count; i++) {
		unsigned bits;
		int code = key_describe(f->service->key_client[0], i, KEY_PATIENCE, &f->algorithms[i], &bits);

		if (code)
			return io_fail(error, "%s: the key process does not know this key", f->config->keys[i].file);
	}
	return INKAN_OK;
}

static int prepare(struct filter *f, struct io_error *error)
{
	const char *list = f->config->verify.public_suffix_list;
	int code = inkan_context_new(&f->engine);

	if (!code)
		code = public_suffixes_open(list[0] ? list : NULL, &f->suffixes, error);
	if (!code)
		code = load_snapshot(f, error);
	if (!code)
		code = signing_index_new(f->policy.rules, f->policy.rule_count, &f->rules);
	f->policy.index = f->rules;
	if (!code)
		code = open_cache(f);
	if (!code && f->service->registrar)
		code = signer_memory_new(&f->signers);
	if (!code)
		code = look_at_dns(f, error);
	if (!code)
		code = ask_for_keys(f, error);
	return code;
}

static void release(struct filter *f)
{
	free(f->algorithms);
	answer_cache_free(f->answers);
	signer_memory_free(f->signers);
	signing_index_free(f->rules);
	inkan_snapshot_free(f->snapshot);
	public_suffixes_free(f->suffixes);
	inkan_context_free(f->engine);
}

/* ---- running ---- */

static void run_worker(void *context)
{
	struct worker *w = context;

	worker_run(w);
	(void)!write(w->end, &(uint64_t){1}, sizeof(uint64_t)); /* the main thread counts */
}

static void tell_workers(struct worker *workers, unsigned count, uint32_t signal)
{
	for (unsigned i = 0; i < count; i++) {
		if (signal == SIGTERM)
			worker_stop(&workers[i]);
		else
			worker_drain(&workers[i]);
	}
}

/* Until every worker has ended. */
static void wait_for_end(struct worker *workers, unsigned count, int signals, int end)
{
	struct pollfd fds[] = {{.fd = signals, .events = POLLIN}, {.fd = end, .events = POLLIN}};
	uint64_t ended = 0, more;

	while (ended < count) {
		struct signalfd_siginfo info;

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		while (read(signals, &info, sizeof info) == (ssize_t)sizeof info)
			tell_workers(workers, count, info.ssi_signo);
		if (read(end, &more, sizeof more) == (ssize_t)sizeof more)
			ended += more;
	}
}

/* The signals that end a filter, and what counts the workers that have ended. */
static int open_ends(int *signals_out, int *end_out)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	*signals_out = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	*end_out = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return *signals_out < 0 || *end_out < 0 ? INKAN_EIO : INKAN_OK;
}

static int run_workers(struct filter *f, struct worker *workers, int signals, int end)
{
	unsigned count = f->service->workers;

	for (unsigned i = 0; i < count; i++) {
		workers[i].end = end;
		workers[i].drained = f->service->drained;
		if (uv_thread_create(&workers[i].thread, run_worker, &workers[i]) != 0)
			return INKAN_ENOMEM;
	}
	metrics_set_flag(f->service->metrics, FLAG_FILTER_READY, true);
	role_ready(f->service, NULL);
	wait_for_end(workers, count, signals, end);
	for (unsigned i = 0; i < count; i++)
		uv_thread_join(&workers[i].thread);
	return INKAN_OK;
}

static int open_workers(struct filter *f, struct worker *workers, struct io_error *error)
{
	for (unsigned i = 0; i < f->service->workers; i++) {
		int code = worker_open(&workers[i], f, i, error);

		if (code)
			return code;
	}
	return INKAN_OK;
}

/* Each worker listens on descriptors of its own and closes them when it is to take no more; these would keep an address
 * alive where nobody answers. */
static void close_originals(const struct listeners *l)
{
	for (size_t i = 0; i < l->count; i++)
		close(l->list[i].fd);
}

static int lock_in(const struct filter *f, struct io_error *error)
{
	struct sandbox_report report;
	int code = sandbox_drop_privileges(f->config->user, error);

	return code ? code : sandbox_enter(ROLE_FILTER, NULL, NULL, &report, error);
}

int filter_run(const struct service *service)
{
	struct worker *workers = calloc(service->workers, sizeof *workers);
	struct filter f = {.service = service,
	                   .config = service->config,
	                   .policy = service->config->policy,
	                   .authserv_id = service->authserv_id,
	                   .workers = workers,
	                   .worker_count = service->workers};
	struct io_error error = {""};
	int signals, end;
	int code = workers ? sandbox_begin(ROLE_FILTER, &error) : INKAN_ENOMEM;

	if (!code)
		code = prepare(&f, &error);
	if (!code)
		code = open_workers(&f, workers, &error);
	if (!code)
		close_originals(&service->milter);
	if (!code)
		code = open_ends(&signals, &end);
	if (!code)
		code = lock_in(&f, &error);
	if (!code)
		code = run_workers(&f, workers, signals, end);
	if (code) {
		role_ready(service, error.text[0] ? error.text : inkan_strerror(code));
		_exit(1); /* whatever was opened goes with the process */
	}
	for (unsigned i = 0; i < service->workers; i++)
		worker_close(&workers[i]);
	release(&f);
	free(workers);
	return 0;
}
