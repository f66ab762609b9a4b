/* The resolver: libunbound's event interface, see resolver.h.
 *
 * Flow: resolver_begin -> the shared cache, if there is one -> a query for each question that is open still ->
 * ub_resolve_event -> on_reply (at once on a cache hit, else from the loop) -> answer_of -> the shared cache -> evidence_add
 * -> finish when none is left; or on_deadline, which cancels the rest.
 *
 * What libunbound says, and what it means:
 * - rcode argument not 0: no packet, temporary error. The RCODE of the answer itself is in the packet.
 * - sec 1: bogus, though the packet looks like an answer. This comes first.
 * - configuration is not thread-safe even for separate contexts: one mutex round all of it. */
#include "io/resolver.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unbound.h>
#include <uv.h>

#include <unbound-event.h>

#include "dns/wire.h"
#include "io/clock.h"
#include "io/unbound_loop.h"

enum {
	CLASS_IN = 1,
	SECURITY_BOGUS = 1,
	SECURITY_SECURE = 2,
	FILES_SPARE = 64,                 /* descriptors that are not for questions */
	PROBE_MS = 2000,                  /* to find out whether the name servers hand on what validation needs */
	SPARES_MAX = 64,                  /* requests kept for reuse */
	SPARE_QUERIES_MAX = 32,           /* queries of such a request */
	PARALLEL_MIN = 16,                /* what libunbound has by default */
	ANSWER_SIZE_MAX = 4 * 1024 * 1024 /* octets of one parsed answer: a packet of 64 KiB unfolds to less */
};

struct query {
	struct resolver_request *request;
	enum dns_type type;
	char name[DNS_NAME_MAX + 1];
	int id; /* of libunbound */
	bool done;
};

struct resolver_request {
	struct resolver *resolver;
	struct resolver_request *next, **link; /* list of those under way */
	struct evidence *evidence;
	uint32_t timeout;
	uv_timer_t deadline;
	struct query *queries;
	size_t count, capacity, pending;
	int error;
	void (*done)(void *context, int error);
	void *context;
};

struct resolver {
	uv_loop_t own_loop;
	uv_loop_t *loop;
	struct ub_event_base *base;
	struct ub_ctx *context;
	struct arena scratch;              /* one answer */
	struct resolver_request *requests; /* under way */
	struct resolver_request *spares;   /* at rest, linked by next; their timers are not closed */
	size_t spare_count;
	uint32_t timeout;
	struct resolver_options options; /* copies of the texts below */
	char *host, *resolv_conf, *trust_anchor;
	struct resolver_figures figures;
	bool must_probe; /* whether the name servers hand on what validation needs is not known yet */
};

/* ---- set-up ---- */

static pthread_mutex_t configuring = PTHREAD_MUTEX_INITIALIZER;

/* One socket a question: raises the soft limit of open files to the hard one unless `keep`, returns how many questions
 * fit. */
static uint32_t reserve_files(uint32_t wanted, bool keep)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return wanted;
	if (!keep && limit.rlim_cur < limit.rlim_max) {
		struct rlimit raised = {limit.rlim_max, limit.rlim_max};

		if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
			limit = raised;
	}
	rlim_t room = limit.rlim_cur > FILES_SPARE + PARALLEL_MIN ? limit.rlim_cur - FILES_SPARE : PARALLEL_MIN;

	return room < wanted ? (uint32_t)room : wanted;
}

static int set_option(struct ub_ctx *context, const char *option, const char *value, struct io_error *error)
{
	int code = ub_ctx_set_option(context, option, value);

	return code ? io_fail(error, "resolver option %s %s: %s", option, value, ub_strerror(code)) : INKAN_OK;
}

/* Behind the shared cache, which holds every answer, libunbound keeps what it needs to find its way: delegations, keys. */
static int set_options(struct ub_ctx *context, uint32_t parallel, bool behind_cache, struct io_error *error)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", parallel);
	const char *const options[][2] = {
		{"outgoing-range:", number},
		{"num-queries-per-thread:", number},
		{"msg-cache-size:", behind_cache ? "512k" : "64m"},
		{"rrset-cache-size:", behind_cache ? "2m" : "128m"},
		{"do-not-query-localhost:", "no"},
		{"unblock-lan-zones:", "yes"}, /* PTR of private addresses: the site's own servers know them */
		{"val-log-level:", "0"},
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		int code = set_option(context, options[i][0], options[i][1], error);

		if (code)
			return code;
	}
	return INKAN_OK;
}

/* libunbound wants "address@port" */
static int forward_to_host(struct ub_ctx *context, const struct resolver_options *options, struct io_error *error)
{
	char host[256], target[NI_MAXHOST + 16], numeric[NI_MAXHOST];
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *found = NULL;

	if (options->host.n >= sizeof(host) || memchr(options->host.p, '\0', options->host.n))
		return io_fail(error, "no such name server: name too long");
	memcpy(host, options->host.p, options->host.n);
	host[options->host.n] = '\0';
	int code = getaddrinfo(host, NULL, &hints, &found);

	if (code == 0) {
		code = getnameinfo(found->ai_addr, found->ai_addrlen, numeric, sizeof(numeric), NULL, 0,
		                   NI_NUMERICHOST);
		freeaddrinfo(found);
	}
	if (code)
		return io_fail(error, "name server %s: %s", host, gai_strerror(code));
	snprintf(target, sizeof(target), "%s@%u", numeric, options->port ? options->port : 53u);
	code = ub_ctx_set_fwd(context, target);
	return code ? io_fail(error, "name server %s: %s", target, ub_strerror(code)) : INKAN_OK;
}

static int choose_servers(struct ub_ctx *context, const struct resolver_options *options, struct io_error *error)
{
	const char *path = options->resolv_conf ? options->resolv_conf : "/etc/resolv.conf";

	if (options->recursive)
		return INKAN_OK;
	if (options->host.n)
		return forward_to_host(context, options, error);
	int code = ub_ctx_resolvconf(context, path);

	return code ? io_fail(error, "%s: %s", path, ub_strerror(code)) : INKAN_OK;
}

static int trust(struct ub_ctx *context, const struct resolver_options *options, struct io_error *error)
{
	const char *path = options->trust_anchor ? options->trust_anchor : RESOLVER_TRUST_ANCHOR;

	if (!options->validate && !options->recursive)
		return INKAN_OK;
	FILE *file = fopen(path, "re"); /* libunbound finds out too late, and does not say why */

	if (!file)
		return io_fail(error, "%s: %s (trust anchor of DNSSEC)", path, strerror(errno));
	fclose(file);
	int code = ub_ctx_add_ta_file(context, path);

	return code ? io_fail(error, "%s: %s", path, ub_strerror(code)) : INKAN_OK;
}

/* Special names that libunbound answers by itself, but laboratories and home networks use. (Made "transparent", it would still
 * answer for the SOA and NS records of their apex.) The first of them finalises the context: all other settings come before. */
static int open_special_zones(struct ub_ctx *context, struct io_error *error)
{
	static const char *const zones[] = {"test.", "invalid.", "home.arpa."};

	for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++) {
		/* the first one has libunbound read its files; server/sandbox.h relies on it */
		int code = ub_ctx_zone_remove(context, zones[i]);

		if (code)
			return io_fail(error, "zone %s: %s", zones[i], ub_strerror(code));
	}
	return INKAN_OK;
}

static int make_context(struct resolver *r, struct io_error *error)
{
	uint32_t wanted = r->options.parallel ? r->options.parallel : RESOLVER_PARALLEL;
	uint32_t parallel = reserve_files(wanted, r->options.keep_file_limit);

	r->context = ub_ctx_create_ub_event(r->base);
	if (!r->context)
		return INKAN_ENOMEM;
	ub_ctx_debugout(r->context, NULL); /* it must not write to standard error */
	int code = set_options(r->context, parallel, r->options.cache != NULL, error);

	if (!code)
		code = choose_servers(r->context, &r->options, error);
	if (!code)
		code = trust(r->context, &r->options, error);
	return code ? code : open_special_zones(r->context, error);
}

/* r->context is there afterwards, or NULL where it failed. */
static int configure(struct resolver *r, struct io_error *error)
{
	pthread_mutex_lock(&configuring);
	int code = make_context(r, error);

	if (code && r->context) {
		ub_ctx_delete(r->context);
		r->context = NULL;
	}
	pthread_mutex_unlock(&configuring);
	return code;
}

static bool copy_text(const char *text, char **copy)
{
	*copy = text ? strdup(text) : NULL;
	return *copy || !text;
}

static int copy_options(struct resolver *r, const struct resolver_options *options)
{
	r->options = *options;
	r->timeout = options->timeout ? options->timeout : RESOLVER_TIMEOUT;
	r->must_probe = options->validate && !options->recursive && !options->strict;
	r->host = strndup(options->host.p ? options->host.p : "", options->host.n);
	if (!r->host || !copy_text(options->resolv_conf, &r->resolv_conf) ||
	    !copy_text(options->trust_anchor, &r->trust_anchor))
		return INKAN_ENOMEM;
	r->options.host = str_c(r->host);
	r->options.resolv_conf = r->resolv_conf;
	r->options.trust_anchor = r->trust_anchor;
	return INKAN_OK;
}

static void delete_context(struct resolver *r)
{
	pthread_mutex_lock(&configuring);
	ub_ctx_delete(r->context);
	pthread_mutex_unlock(&configuring);
	r->context = NULL;
}

int resolver_new(const struct resolver_options *options, struct uv_loop_s *loop, struct resolver **out,
                 struct io_error *error)
{
	struct resolver *r = calloc(1, sizeof(*r));

	if (!r)
		return INKAN_ENOMEM;
	assert(!options->recursive || !options->host.n);
	arena_init(&r->scratch, ANSWER_SIZE_MAX);
	int code = loop ? 0 : uv_loop_init(&r->own_loop);

	if (code) {
		free(r);
		return io_fail(error, "event loop: %s", uv_strerror(code));
	}
	r->loop = loop ? loop : &r->own_loop;
	r->base = unbound_loop_new(r->loop);
	code = r->base ? copy_options(r, options) : INKAN_ENOMEM;
	if (!code)
		code = configure(r, error);
	if (code) {
		resolver_free(r);
		return code;
	}
	*out = r;
	return INKAN_OK;
}

static void free_request(uv_handle_t *deadline);

void resolver_free(struct resolver *r)
{
	if (!r)
		return;
	while (r->requests)
		resolver_cancel(r->requests);
	for (struct resolver_request *spare = r->spares, *next; spare; spare = next) {
		next = spare->next;
		uv_close((uv_handle_t *)&spare->deadline, free_request);
	}
	if (r->context)
		delete_context(r);
	if (r->loop == &r->own_loop) {
		uv_run(r->loop, UV_RUN_DEFAULT);
		uv_loop_close(r->loop);
	}
	unbound_loop_free(r->base);
	arena_release(&r->scratch);
	free(r->host);
	free(r->resolv_conf);
	free(r->trust_anchor);
	free(r);
}

/* ---- asking ---- */

static void free_request(uv_handle_t *deadline)
{
	struct resolver_request *request = deadline->data;

	free(request->queries);
	free(request);
}

/* For the next one; or freed when the loop has closed its timer. */
static void keep(struct resolver_request *request)
{
	struct resolver *r = request->resolver;

	if (r->spare_count == SPARES_MAX || request->capacity > SPARE_QUERIES_MAX) {
		uv_close((uv_handle_t *)&request->deadline, free_request);
		return;
	}
	uv_timer_stop(&request->deadline);
	request->next = r->spares;
	r->spares = request;
	r->spare_count++;
}

static void retire(struct resolver_request *request)
{
	*request->link = request->next;
	if (request->next)
		request->next->link = request->link;
	keep(request);
}

static void count_answer(struct resolver *r, const struct dns_answer *answer)
{
	r->figures.timeouts += answer->status == DNS_TIMEOUT;
	r->figures.failures += answer->status == DNS_SERVFAIL || answer->status == DNS_LOOP;
}

/* Has the shared cache keep an answer of DNS (`keep`), and stand in for one that failed. */
static int consult_cache(struct query *q, const struct dns_answer *answer, bool keep, bool *instead_out)
{
	struct resolver *r = q->request->resolver;
	struct answer_cache *cache = r->options.cache;
	struct evidence *e = q->request->evidence;

	*instead_out = false;
	if (!cache)
		return INKAN_OK;
	int error =
		keep ? answer_cache_add(cache, e, q->type, str_c(q->name), answer, clock_milliseconds(), instead_out)
		     : answer_cache_stand_in(cache, e, q->type, str_c(q->name), clock_milliseconds(), instead_out);

	r->figures.stale += *instead_out;
	return error;
}

/* Notes the answer. keep: it is what DNS says, not our own trouble. */
static void add_answer(struct query *q, const struct dns_answer *answer, bool keep)
{
	struct resolver_request *request = q->request;
	bool instead;
	int error = consult_cache(q, answer, keep, &instead);

	count_answer(request->resolver, answer);
	if (!instead)
		error = evidence_add(request->evidence, q->type, str_c(q->name), answer);

	if (error && !request->error)
		request->error = error;
	q->done = true;
	request->pending--;
}

static void finish_if_done(struct resolver_request *request)
{
	if (request->pending)
		return;
	void (*done)(void *context, int error) = request->done;
	void *context = request->context;
	int error = request->error;

	retire(request);
	done(context, error);
}

static int answer_of(struct resolver *r, const struct query *q, int rcode, struct str packet, int security,
                     const char *why_bogus, struct dns_answer *out)
{
	if (security == SECURITY_BOGUS) {
		*out = (struct dns_answer){.status = DNS_BOGUS, .why = str_c(why_bogus ? why_bogus : "bogus")};
		return INKAN_OK;
	}
	if (rcode) {
		*out = (struct dns_answer){.status = DNS_SERVFAIL, .why = STR("no server answered")};
		return INKAN_OK;
	}
	int error = wire_answer_parse(&r->scratch, packet, q->type, str_c(q->name), out);

	out->secure = security == SECURITY_SECURE;
	return error;
}

static void on_reply(void *data, int rcode, void *packet, int size, int security, char *why_bogus, int ratelimited)
{
	struct query *q = data;
	struct resolver *r = q->request->resolver;
	struct dns_answer answer;

	(void)ratelimited;
	int error = answer_of(r, q, rcode, str_from(packet, rcode || size < 0 ? 0 : (size_t)size), security, why_bogus,
	                      &answer);

	if (error) {
		answer = (struct dns_answer){.status = DNS_SERVFAIL, .why = str_c(inkan_strerror(error))};
		if (error == INKAN_ENOMEM && !q->request->error)
			q->request->error = error;
	}
	add_answer(q, &answer, !error);
	arena_reset(&r->scratch);
	finish_if_done(q->request);
}

static void on_deadline(uv_timer_t *timer)
{
	struct resolver_request *request = timer->data;
	char why[64];

	snprintf(why, sizeof(why), "no answer within %u ms", request->timeout);
	struct dns_answer answer = {.status = DNS_TIMEOUT, .why = str_c(why)};

	for (size_t i = 0; i < request->count; i++) {
		if (request->queries[i].done)
			continue;
		ub_cancel(request->resolver->context, request->queries[i].id);
		add_answer(&request->queries[i], &answer, request->timeout == request->resolver->timeout);
	}
	finish_if_done(request);
}

static void send_query(struct query *q)
{
	int code =
		ub_resolve_event(q->request->resolver->context, q->name, (int)q->type, CLASS_IN, q, on_reply, &q->id);

	if (code == 0 || q->done)
		return;
	struct dns_answer answer = {.status = DNS_SERVFAIL, .why = str_c(ub_strerror(code))};

	add_answer(q, &answer, false);
}

/* One at rest, or a new one with room for `count` queries; NULL where memory is short. */
static struct resolver_request *obtain_request(struct resolver *r, size_t count)
{
	struct resolver_request *request = r->spares;

	if (request && request->capacity >= count) {
		r->spares = request->next;
		r->spare_count--;
		return request;
	}
	size_t capacity = count > SPARE_QUERIES_MAX ? count : SPARE_QUERIES_MAX;

	request = calloc(1, sizeof(*request));
	struct query *queries = calloc(capacity, sizeof(*queries));

	if (!request || !queries) {
		free(request);
		free(queries);
		return NULL;
	}
	request->resolver = r;
	request->queries = queries;
	request->capacity = capacity;
	uv_timer_init(r->loop, &request->deadline);
	request->deadline.data = request;
	return request;
}

static void set_query(struct query *q, struct resolver_request *request, const struct dns_question *question)
{
	q->request = request;
	q->type = question->type;
	memcpy(q->name, question->name.p, question->name.n);
	q->name[question->name.n] = '\0';
	q->id = 0;
	q->done = false;
}

static int make_request(struct resolver *r, struct evidence *e, struct resolver_request **out)
{
	const struct dns_question *open;
	size_t count = evidence_open(e, &open);
	struct resolver_request *request = obtain_request(r, count);

	if (!request)
		return INKAN_ENOMEM;
	request->evidence = e;
	request->count = request->pending = count;
	request->error = INKAN_OK;
	for (size_t i = 0; i < count; i++)
		set_query(&request->queries[i], request, &open[i]);
	request->next = r->requests;
	request->link = &r->requests;
	if (request->next)
		request->next->link = &request->next;
	r->requests = request;
	*out = request;
	return INKAN_OK;
}

/* *all_out: the shared cache has left nothing to ask. */
static int ask_cache(struct resolver *r, struct evidence *e, bool *all_out)
{
	const struct dns_question *open;
	size_t hits = 0;

	r->figures.questions += evidence_open(e, &open);
	if (!r->options.cache)
		return INKAN_OK;
	int error = answer_cache_answer(r->options.cache, e, clock_milliseconds(), &hits);

	r->figures.hits += hits;
	*all_out = !error && hits && evidence_open(e, &open) == 0;
	return error;
}

int resolver_begin(struct resolver *r, struct evidence *e, uint32_t timeout, void (*done)(void *context, int error),
                   void *context, struct resolver_request **out)
{
	struct resolver_request *request;
	bool all = false;
	int error = ask_cache(r, e, &all);

	if (all) {
		if (out)
			*out = NULL;
		done(context, INKAN_OK);
		return INKAN_OK;
	}
	if (!error)
		error = make_request(r, e, &request);
	if (error)
		return error;
	request->timeout = timeout && timeout < r->timeout ? timeout : r->timeout;
	request->done = done;
	request->context = context;
	if (out)
		*out = request;
	uv_update_time(r->loop);
	uv_timer_start(&request->deadline, on_deadline, request->timeout, 0);
	request->pending++; /* this call: no answer from the cache is the last one while questions are being sent */
	for (size_t i = 0; i < request->count; i++)
		send_query(&request->queries[i]);
	request->pending--;
	finish_if_done(request);
	return INKAN_OK;
}

void resolver_cancel(struct resolver_request *request)
{
	for (size_t i = 0; i < request->count; i++)
		if (!request->queries[i].done)
			ub_cancel(request->resolver->context, request->queries[i].id);
	retire(request);
}

void resolver_figures(const struct resolver *r, struct resolver_figures *out)
{
	*out = r->figures;
}

/* ---- waiting ---- */

struct probe {
	bool done, late, secure;
};

static void on_probe_reply(void *data, int rcode, void *packet, int size, int security, char *why_bogus,
                           int ratelimited)
{
	(void)packet;
	(void)size;
	(void)why_bogus;
	(void)ratelimited;
	*(struct probe *)data = (struct probe){.done = true, .secure = !rcode && security == SECURITY_SECURE};
}

static void on_probe_deadline(uv_timer_t *timer)
{
	const struct resolver_request *request = timer->data;

	*(struct probe *)request->context = (struct probe){.done = true, .late = true};
}

/* Whether the root's own records validate through the name servers, as far as that shows within `patience`. */
static int look_at_root(struct resolver *r, uint32_t patience, struct probe *out)
{
	struct resolver_request *clock = obtain_request(r, 0);
	int id = 0;

	*out = (struct probe){0};
	if (!clock)
		return INKAN_ENOMEM;
	clock->context = out;
	uv_update_time(r->loop);
	uv_timer_start(&clock->deadline, on_probe_deadline, patience, 0);
	if (ub_resolve_event(r->context, ".", DNS_NS, CLASS_IN, out, on_probe_reply, &id))
		out->done = true;
	while (!out->done)
		uv_run(r->loop, UV_RUN_ONCE);
	ub_cancel(r->context, id);
	keep(clock);
	return INKAN_OK;
}

/* Goes on without validation where the name servers cannot hand on what that needs; *known_out: whether that is known. */
static int settle_validation(struct resolver *r, uint32_t timeout, bool *known_out)
{
	uint32_t patience = r->timeout < PROBE_MS ? r->timeout : PROBE_MS;
	bool short_of_time = timeout && timeout < patience;
	struct probe probe;
	int code = look_at_root(r, short_of_time ? timeout : patience, &probe);

	*known_out = !code && !(probe.late && short_of_time);
	if (!*known_out)
		return code;
	r->must_probe = false;
	if (probe.secure)
		return INKAN_OK;
	delete_context(r);
	r->options.validate = false;
	return configure(r, NULL);
}

int resolver_settle(struct resolver *r, bool *validates_out)
{
	bool known;
	int error = INKAN_OK;

	assert(r->loop == &r->own_loop);
	if (r->must_probe)
		error = settle_validation(r, 0, &known);
	*validates_out = r->options.validate;
	return error;
}

struct waiter {
	size_t left; /* evidences that are not answered yet */
	int error;   /* the first */
};

static void on_done(void *context, int error)
{
	struct waiter *waiter = context;

	waiter->left--;
	waiter->error = waiter->error ? waiter->error : error;
}

/* Milliseconds that are left of `timeout` (0: no limit) since `begin`; at least one. */
static uint32_t time_left(const struct resolver *r, uint32_t timeout, uint64_t begin)
{
	uv_update_time(r->loop);
	uint64_t gone = uv_now(r->loop) - begin;

	return !timeout ? 0 : gone < timeout ? timeout - (uint32_t)gone : 1;
}

uint32_t resolver_patience(int64_t *since, int64_t now)
{
	if (!*since)
		*since = now;
	return now - *since < RESOLVER_PATIENCE ? (uint32_t)(RESOLVER_PATIENCE - (now - *since)) : 1;
}

int resolver_resolve_all(struct resolver *r, struct evidence *const *list, size_t count, uint32_t timeout)
{
	struct waiter waiter = {0, INKAN_OK};

	assert(r->loop == &r->own_loop);
	uv_update_time(r->loop);
	uint64_t begin = uv_now(r->loop);
	bool known = true;
	int error = r->context ? INKAN_OK : configure(r, NULL); /* NULL: it failed when validation was given up */

	if (!error && r->must_probe)
		error = settle_validation(r, timeout, &known);
	for (size_t i = 0; i < count && !error; i++) {
		waiter.left++;
		error = resolver_begin(r, list[i], known ? time_left(r, timeout, begin) : 1, on_done, &waiter, NULL);
		waiter.left -= error != INKAN_OK;
	}
	while (waiter.left)
		uv_run(r->loop, UV_RUN_ONCE);
	return error ? error : waiter.error;
}

int resolver_resolve(struct resolver *r, struct evidence *e, uint32_t timeout)
{
	return resolver_resolve_all(r, &e, 1, timeout);
}
