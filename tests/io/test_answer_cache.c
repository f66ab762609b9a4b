/* The shared cache of answers, alone and in front of a resolver. */
#include "io/answer_cache.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/random.h"
#include "dns/snapshot.h"
#include "io/clock.h"
#include "io/resolver.h"
#include "support/alloc.h"
#include "support/case.h"
#include "support/data.h"
#include "support/fake_dns.h"

enum { START = 1000000 /* ms: some moment */, MALLOC_SLACK = 16384 /* octets */ };

static struct answer_cache *make(struct answer_cache_options options)
{
	struct answer_cache *c = NULL;

	assert_int_equal(answer_cache_new(&options, &c), INKAN_OK);
	return c;
}

static struct evidence *fresh(void)
{
	struct evidence *e = NULL;

	assert_int_equal(evidence_new(NULL, 0, 0, &e), INKAN_OK);
	return e;
}

static const struct dns_record one_text = {.text = {"v=spf1 -all", 11}};

static struct dns_answer answer_of(enum dns_status status, int ttl)
{
	return (struct dns_answer){.status = status,
	                           .has_ttl = ttl >= 0,
	                           .ttl = ttl >= 0 ? (uint32_t)ttl : 0,
	                           .records = status == DNS_ANSWER ? &one_text : NULL,
	                           .count = status == DNS_ANSWER};
}

static bool put(struct answer_cache *c, struct evidence *e, const char *name, const struct dns_answer *answer,
                int64_t now)
{
	bool instead;

	assert_int_equal(answer_cache_add(c, e, DNS_TXT, str_c(name), answer, now, &instead), INKAN_OK);
	return instead;
}

/* What the cache says to a question at that time; NULL: nothing. Valid until the next call. */
static const struct dns_answer *ask(struct answer_cache *c, struct evidence *e, const char *name, int64_t now)
{
	size_t hits = 0;

	evidence_reset(e);
	assert_null(evidence_ask(e, DNS_TXT, str_c(name)));
	assert_int_equal(answer_cache_answer(c, e, now, &hits), INKAN_OK);
	const struct dns_answer *answer = evidence_ask(e, DNS_TXT, str_c(name));

	assert_int_equal(hits, answer != NULL);
	return answer;
}

/* ---- how long ---- */

static const struct age_row {
	const char *name;
	struct answer_cache_options options;
	enum dns_status status;
	int ttl;      /* seconds; -1: none */
	int64_t last; /* ms at which it is known for the last time; -1: not kept */
} ages[] = {
	{"an answer, for its TTL", {0}, DNS_ANSWER, 300, 299999},
	{"an answer with TTL 0", {0}, DNS_ANSWER, 0, -1},
	{"an answer with TTL 0, and a least one", {.min_ttl = 10}, DNS_ANSWER, 0, 9999},
	{"an answer above the least TTL", {.min_ttl = 10}, DNS_ANSWER, 11, 10999},
	{"an answer beyond a day", {0}, DNS_ANSWER, 86401, 86399999},
	{"an answer beyond what is configured", {.max_ttl = 60}, DNS_ANSWER, 61, 59999},
	{"an answer with the highest TTL",
         {.max_ttl = UINT32_MAX},
         DNS_ANSWER,
         INT32_MAX,
         INT32_MAX *INT64_C(1000) - 1},
	{"NXDOMAIN with a TTL", {0}, DNS_NXDOMAIN, 30, 29999},
	{"NXDOMAIN without TTL", {0}, DNS_NXDOMAIN, -1, 59999},
	{"NODATA without TTL, as configured", {.negative_ttl = 7}, DNS_NODATA, -1, 6999},
	{"SERVFAIL", {0}, DNS_SERVFAIL, -1, 4999},
	{"SERVFAIL, whatever its TTL", {0}, DNS_SERVFAIL, 3600, 4999},
	{"a time-out, as configured", {.failure_ttl = 9}, DNS_TIMEOUT, -1, 8999},
	{"bogus", {0}, DNS_BOGUS, -1, 4999},
	{"a loop", {0}, DNS_LOOP, -1, 4999},
	{"a failure for 300 seconds", {.failure_ttl = 300}, DNS_TIMEOUT, -1, 299999},
	{"a failure for 301 seconds", {.failure_ttl = 301}, DNS_TIMEOUT, -1, 299999},
};

static void run_age(const void *row)
{
	const struct age_row *r = row;
	struct answer_cache *c = make(r->options);
	struct dns_answer answer = answer_of(r->status, r->ttl);
	struct evidence *e = fresh();

	assert_false(put(c, e, "a.example", &answer, START));
	if (r->last >= 0) {
		const struct dns_answer *got = ask(c, e, "a.example", START);

		assert_non_null(got);
		assert_int_equal(got->status, r->status);
		assert_true(got->has_ttl);
		assert_int_equal(got->ttl, (r->last + 1) / 1000);
		got = ask(c, e, "a.example", START + r->last);
		assert_non_null(got);
		assert_int_equal(got->ttl, 0);
	}
	assert_null(ask(c, e, "a.example", START + r->last + 1));
	assert_null(ask(c, e, "b.example", START));
	evidence_free(e);
	answer_cache_free(c);
}

/* ---- outdated answers ---- */

static const struct stale_row {
	const char *name;
	uint32_t stale;
	enum dns_status held, failure;
	int64_t at; /* ms after it was kept; the TTL is 60 s */
	bool want;
} stales[] = {
	{"outdated answers are not wanted", 0, DNS_ANSWER, DNS_TIMEOUT, 60000, false},
	{"a time-out right after the TTL", 100, DNS_ANSWER, DNS_TIMEOUT, 60000, true},
	{"SERVFAIL", 100, DNS_ANSWER, DNS_SERVFAIL, 60000, true},
	{"the last moment", 100, DNS_ANSWER, DNS_TIMEOUT, 159999, true},
	{"too late", 100, DNS_ANSWER, DNS_TIMEOUT, 160000, false},
	{"NXDOMAIN is an answer as well", 100, DNS_NXDOMAIN, DNS_TIMEOUT, 60000, true},
	{"a failure does not stand in for another", 100, DNS_SERVFAIL, DNS_TIMEOUT, 60000, false},
	{"bogus is no failure to be papered over", 100, DNS_ANSWER, DNS_BOGUS, 60000, false},
};

static void run_stale(const void *row)
{
	const struct stale_row *r = row;
	struct answer_cache *c = make((struct answer_cache_options){.stale = r->stale});
	struct dns_answer held = answer_of(r->held, 60), failure = answer_of(r->failure, -1),
			  newer = answer_of(DNS_NODATA, 60);
	struct evidence *e = fresh();
	int64_t at = START + r->at;

	assert_false(put(c, e, "a.example", &held, START));
	assert_null(ask(c, e, "a.example", at)); /* DNS goes first */
	assert_int_equal(put(c, e, "a.example", &failure, at), r->want);
	const struct dns_answer *got = evidence_find(e, DNS_TXT, STR("a.example"));

	assert_int_equal(got != NULL, r->want);
	if (r->want) {
		struct answer_cache_figures figures;

		assert_int_equal(got->status, r->held);
		assert_int_equal(got->ttl, 30);
		if (r->at < 155000) { /* and DNS is left in peace for a while */
			assert_non_null(ask(c, e, "a.example", at + 4999));
			assert_null(ask(c, e, "a.example", at + 5000));
		}
		answer_cache_figures(c, &figures);
		assert_int_equal(figures.stale, r->at < 155000 ? 2 : 1);
	} else {
		assert_int_equal(ask(c, e, "a.example", at)->status, r->failure);
	}
	assert_false(put(c, e, "a.example", &newer, at));
	assert_int_equal(ask(c, e, "a.example", at)->status, DNS_NODATA);
	evidence_free(e);
	answer_cache_free(c);
}

/* ---- what comes back ---- */

static void assert_same(const struct dns_answer *a, const struct dns_answer *b, enum dns_type type)
{
	assert_int_equal(a->status, b->status);
	assert_int_equal(a->secure, b->secure);
	assert_int_equal(a->count, b->count);
	assert_true(str_eq(a->why, b->why));
	for (size_t i = 0; i < a->count; i++) {
		const struct dns_record *x = &a->records[i], *y = &b->records[i];

		assert_true(str_eq(x->text, y->text));
		assert_true(str_eq(x->name, y->name));
		assert_int_equal(x->preference, y->preference);
		assert_memory_equal(x->address, y->address, type == DNS_A ? 4 : 16);
		assert_int_equal(x->string_count, y->string_count);
		for (size_t k = 0; k < x->string_count; k++)
			assert_true(str_eq(x->strings[k], y->strings[k]));
	}
}

struct replay {
	struct answer_cache *cache;
	struct evidence *through;
	size_t count;
};

/* By way of the cache and straight: the same. */
static void replay_one(void *context, const struct dns_question *q, const struct dns_answer *answer)
{
	struct replay *r = context;
	struct evidence *straight = fresh();
	bool instead;
	size_t hits;

	evidence_reset(r->through);
	assert_int_equal(evidence_add(straight, q->type, q->name, answer), INKAN_OK);
	assert_int_equal(answer_cache_add(r->cache, r->through, q->type, q->name, answer, START, &instead), INKAN_OK);
	assert_null(evidence_ask(r->through, q->type, q->name));
	assert_int_equal(answer_cache_answer(r->cache, r->through, START, &hits), INKAN_OK);
	assert_int_equal(hits, 1);
	assert_same(evidence_find(r->through, q->type, q->name), evidence_find(straight, q->type, q->name), q->type);
	evidence_free(straight);
	r->count++;
}

/* Saved DNS of whole suites of messages: the same answers are the same verdicts. */
static const struct replay_row {
	const char *name, *path;
	bool is_public; /* of the conformance suites */
} replays[] = {
	{"through the cache as without it: our messages", "lab/replay/dns.json", false},
	{"through the cache as without it: Mail::DKIM", "dkim/mail-dkim/dns.json", true},
	{"through the cache as without it: RFC 6376", "dkim/rfc/dns.json", true},
	{"through the cache as without it: Mail::DMARC", "dmarc/mail-dmarc/dns.json", true},
};

static void run_replay(const void *row)
{
	const struct replay_row *what = row;
	const char *path = what->is_public ? test_conformance_path(what->path) : test_source_path(what->path);

	if (!path)
		test_skip("no conformance suites");
	struct replay r = {make((struct answer_cache_options){.min_ttl = 10}), fresh(), 0};
	struct str json = test_read_file(path);
	struct snapshot_error error;
	struct evidence *snapshot;

	assert_int_equal(snapshot_load(json, &snapshot, &error), INKAN_OK);
	assert_int_equal(evidence_each(snapshot, replay_one, &r), INKAN_OK);
	assert_true(r.count > 0);
	evidence_free(snapshot);
	free((void *)(uintptr_t)json.p);
	evidence_free(r.through);
	answer_cache_free(r.cache);
}

/* Records of random shapes. */
static void run_shapes(const void *row)
{
	static char text[4000];
	uint64_t state = 5;
	struct replay r = {make((struct answer_cache_options){0}), fresh(), 0};
	static const enum dns_type types[] = {DNS_TXT, DNS_MX, DNS_PTR, DNS_A, DNS_AAAA, DNS_CNAME, DNS_NS, DNS_SPF};

	(void)row;
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)(i % 26 + 'a');
	for (int round = 0; round < 3000; round++) {
		struct dns_record records[8] = {{.preference = 0}};
		struct str strings[8][8];
		struct dns_question q = {types[random_below(&state, 8)], STR("shapes.example")};
		struct dns_answer answer = {.has_ttl = true, .ttl = 60, .records = records};

		answer.count = 1 + random_below(&state, 8);
		answer.secure = random_below(&state, 2);
		for (size_t i = 0; i < answer.count; i++) {
			struct dns_record *record = &records[i];

			record->preference = (uint16_t)random_next(&state);
			record->name = str_from(text, 1 + random_below(&state, 60));
			record->address[3] = (unsigned char)round;
			record->text = str_from(text, random_below(&state, 300));
			record->string_count = random_below(&state, 9);
			record->strings = record->string_count ? strings[i] : NULL;
			for (size_t k = 0; k < record->string_count; k++)
				strings[i][k] = str_from(text + k, random_below(&state, 256));
		}
		replay_one(&r, &q, &answer);
	}
	evidence_free(r.through);
	answer_cache_free(r.cache);
}

/* Some of several questions are known; the others stay open, in their order. */
static void run_some(const void *row)
{
	struct answer_cache *c = make((struct answer_cache_options){0});
	struct dns_answer answer = answer_of(DNS_ANSWER, 60);
	struct evidence *e = fresh();
	const struct dns_question *open;
	char name[32];
	size_t hits;

	(void)row;
	for (int i = 0; i < 20; i += 2) {
		snprintf(name, sizeof name, "N%d.example.", i);
		assert_false(put(c, e, name, &answer, START));
	}
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof name, "n%d.example", i);
		assert_null(evidence_ask(e, DNS_TXT, str_c(name)));
	}
	assert_null(evidence_ask(e, DNS_A, STR("n0.example"))); /* another type */
	assert_int_equal(answer_cache_answer(c, e, START, &hits), INKAN_OK);
	assert_int_equal(hits, 10);
	assert_int_equal(evidence_open(e, &open), 11);
	assert_true(str_eq(open[0].name, STR("n1.example")));
	assert_true(str_eq(open[9].name, STR("n19.example")));
	assert_int_equal(open[10].type, DNS_A);
	evidence_free(e);
	answer_cache_free(c);
}

/* ---- bounds ---- */

static void add_numbered(struct answer_cache *c, struct evidence *e, const char *word, int i)
{
	struct dns_answer answer = answer_of(i % 3 ? DNS_NXDOMAIN : DNS_ANSWER, 3600);
	char name[64];

	snprintf(name, sizeof name, "%s%d.example", word, i);
	assert_false(put(c, e, name, &answer, START));
}

static const struct bound_row {
	const char *name;
	uint64_t size;
} bounds[] = {
	{"1,000,000 names of strangers in 1 MiB", 1 << 20},
	{"1,000,000 names of strangers in 8 MiB", 8 << 20},
	{"1,000,000 names of strangers in 64 KiB", 64 << 10},
};

static void run_bound(const void *row)
{
	const struct bound_row *r = row;
	struct evidence *e = fresh();
	size_t before = mallinfo2().uordblks, most = 0;
	struct answer_cache *c = make((struct answer_cache_options){.size_max = r->size});
	struct answer_cache_figures figures;

	for (int i = 0; i < 1000000; i++) {
		add_numbered(c, e, "stranger", i);
		if (i % 1000)
			continue;
		size_t now = mallinfo2().uordblks;

		most = now > most ? now : most;
		answer_cache_figures(c, &figures);
		assert_true(figures.octets <= r->size);
	}
	answer_cache_figures(c, &figures);
	assert_true(figures.evicted > 800000);
	assert_int_equal(figures.entries + figures.evicted, 1000000);
	if (most) { /* no sanitizer counts for us: the books are true, but for what malloc keeps for reuse */
		size_t taken = mallinfo2().uordblks - before;

		assert_true(most - before <= r->size + MALLOC_SLACK);
		assert_in_range(taken + MALLOC_SLACK, figures.octets * 99 / 100,
		                figures.octets * 101 / 100 + 2 * MALLOC_SLACK);
	}
	answer_cache_free(c);
	assert_true(mallinfo2().uordblks <= before + MALLOC_SLACK);
	evidence_free(e);
}

/* What is asked for again and again stays, whatever strangers make up. */
static void run_popular(const void *row)
{
	struct answer_cache *c = make((struct answer_cache_options){.size_max = 1 << 20});
	struct evidence *e = fresh();
	char name[64];

	(void)row;
	for (int i = 0; i < 100; i++)
		add_numbered(c, e, "popular", i);
	for (int i = 0; i < 100000; i++) {
		add_numbered(c, e, "stranger", i);
		snprintf(name, sizeof name, "popular%d.example", i % 100);
		assert_non_null(ask(c, e, name, START + i % 1000));
	}
	evidence_free(e);
	answer_cache_free(c);
}

/* An answer of so many octets of text. */
static void put_long(struct answer_cache *c, struct evidence *e, const char *name, size_t size)
{
	char *text = calloc(1, size);
	struct dns_record record = {.text = {text, size}};
	struct dns_answer answer = {.has_ttl = true, .ttl = 60, .records = &record, .count = 1};

	assert_non_null(text);
	assert_false(put(c, e, name, &answer, START));
	free(text);
}

static void run_long(const void *row)
{
	struct answer_cache *c = make((struct answer_cache_options){0});
	struct evidence *e = fresh();

	(void)row;
	put_long(c, e, "long.example", 65000);
	put_long(c, e, "longer.example", 65536);
	assert_non_null(ask(c, e, "long.example", START));
	assert_null(ask(c, e, "longer.example", START));
	put_long(c, e, "long.example", 65536); /* and it does not stay in its old form */
	assert_null(ask(c, e, "long.example", START));
	evidence_free(e);
	answer_cache_free(c);
}

/* A cache that has no room for a single answer has none, and harms nobody. */
static void run_tiny(const void *row)
{
	struct answer_cache *c = make((struct answer_cache_options){.size_max = 1});
	struct dns_answer answer = answer_of(DNS_ANSWER, 60);
	struct evidence *e = fresh();

	(void)row;
	assert_false(put(c, e, "a.example", &answer, START));
	assert_null(ask(c, e, "a.example", START));
	evidence_free(e);
	answer_cache_free(c);
	answer_cache_free(NULL);
}

static void run_memory(const void *row)
{
	(void)row;
	for (size_t n = 1;; n++) {
		struct answer_cache_options options = {0};
		struct answer_cache *c = NULL;
		struct dns_answer answer = answer_of(DNS_ANSWER, 60);
		struct evidence *e = fresh();
		bool instead;

		alloc_fail_at(n);
		int error = answer_cache_new(&options, &c);

		if (!error) /* keeps nothing, which is no error */
			assert_int_equal(answer_cache_add(c, e, DNS_TXT, STR("a"), &answer, START, &instead), INKAN_OK);
		bool reached = alloc_count() >= n;

		alloc_fail_at(0);
		assert_int_equal(error, c ? INKAN_OK : INKAN_ENOMEM);
		if (c)
			assert_int_equal(ask(c, e, "a", START) == NULL, reached);
		answer_cache_free(c);
		evidence_free(e);
		if (!reached)
			break;
	}
}

/* ---- threads ---- */

enum { THREADS = 4, NAMES = 500, ROUNDS = 60000 };

struct worker {
	pthread_t thread;
	struct answer_cache *cache;
	uint64_t state;
	size_t wrong, hits;
};

/* Answers say which name they are for. */
static void *work(void *context)
{
	struct worker *w = context;
	struct evidence *e = NULL;

	w->wrong += evidence_new(NULL, 0, 0, &e) != INKAN_OK;
	for (int i = 0; i < ROUNDS && e; i++) {
		char name[32];
		size_t hits = 0;
		int size = snprintf(name, sizeof name, "n%zu.example", random_below(&w->state, NAMES));
		struct str key = str_from(name, (size_t)size);
		struct dns_record record = {.text = key};
		struct dns_answer answer = {.has_ttl = true, .ttl = 1, .records = &record, .count = 1};
		bool instead;

		evidence_reset(e);
		(void)evidence_ask(e, DNS_TXT, key);
		w->wrong += answer_cache_answer(w->cache, e, START + i / 10, &hits) != INKAN_OK;
		const struct dns_answer *got = evidence_find(e, DNS_TXT, key);

		w->hits += hits;
		if (got)
			w->wrong += !str_eq(got->records[0].text, key);
		else
			w->wrong += answer_cache_add(w->cache, e, DNS_TXT, key, &answer, START + i / 10, &instead) != 0;
	}
	evidence_free(e);
	return NULL;
}

static void run_threads(const void *row)
{
	struct answer_cache *c = make((struct answer_cache_options){.size_max = 64 << 10});
	struct worker workers[THREADS];
	struct answer_cache_figures figures;
	size_t hits = 0;

	(void)row;
	for (size_t i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){.cache = c, .state = i};
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		assert_int_equal(workers[i].wrong, 0);
		hits += workers[i].hits;
	}
	answer_cache_figures(c, &figures);
	assert_int_equal(figures.hits, hits);
	assert_int_equal(figures.hits + figures.misses, THREADS * ROUNDS);
	assert_true(hits > 1000);
	answer_cache_free(c);
}

/* ---- in front of a resolver ---- */

static struct fake_dns *server;

static struct resolver *make_resolver(struct answer_cache *cache, uint32_t timeout, const struct fake_dns *dns)
{
	struct resolver_options options = {
		.host = STR("127.0.0.1"), .port = fake_dns_port(dns), .timeout = timeout, .cache = cache};
	struct resolver *r = NULL;

	assert_int_equal(resolver_new(&options, NULL, &r, NULL), INKAN_OK);
	return r;
}

static enum dns_status resolve(struct resolver *r, struct evidence *e, const char *name, uint32_t timeout)
{
	evidence_reset(e);
	assert_null(evidence_ask(e, DNS_TXT, str_c(name)));
	assert_int_equal(resolver_resolve(r, e, timeout), INKAN_OK);
	return evidence_ask(e, DNS_TXT, str_c(name))->status;
}

static const struct resolve_row {
	const char *name, *owner;
	enum dns_status want;
	uint32_t timeout; /* of the message */
	size_t hits;      /* of the second resolver, asked the same */
} resolves[] = {
	{"resolver: an answer", "okshared.example", DNS_ANSWER, 0, 1},
	{"resolver: NXDOMAIN", "nxdomainshared.example", DNS_NXDOMAIN, 0, 1},
	{"resolver: NODATA", "nodatashared.example", DNS_NODATA, 0, 1},
	{"resolver: SERVFAIL", "servfailshared.example", DNS_SERVFAIL, 0, 1},
	{"resolver: a time-out", "nevershared.example", DNS_TIMEOUT, 0, 1},
	{"resolver: a time-out of a message in a hurry is not kept", "neverhurry.example", DNS_TIMEOUT, 50, 0},
};

static void run_resolve(const void *row)
{
	const struct resolve_row *r = row;
	struct answer_cache *c = make((struct answer_cache_options){0});
	struct resolver *first = make_resolver(c, 300, server), *second = make_resolver(c, 300, server);
	struct evidence *e = fresh();
	struct resolver_figures figures;

	assert_int_equal(resolve(first, e, r->owner, r->timeout), r->want);
	assert_int_equal(resolve(second, e, r->owner, r->timeout), r->want);
	resolver_figures(first, &figures);
	assert_int_equal(figures.questions, 1);
	assert_int_equal(figures.hits, 0);
	assert_int_equal(figures.timeouts, r->want == DNS_TIMEOUT);
	assert_int_equal(figures.failures, r->want == DNS_SERVFAIL);
	resolver_figures(second, &figures);
	assert_int_equal(figures.hits, r->hits);
	resolver_free(first);
	resolver_free(second);
	evidence_free(e);
	answer_cache_free(c);
}

/* The name server falls silent; what it said before stands in, though too old. */
static void run_silence(const void *row)
{
	struct answer_cache *c = make((struct answer_cache_options){.max_ttl = 1, .stale = 100});
	struct fake_dns *mortal = fake_dns_start();
	struct resolver *r = make_resolver(c, 300, mortal), *other = make_resolver(c, 300, mortal);
	struct evidence *e = fresh();
	struct resolver_figures figures;

	(void)row;
	assert_int_equal(resolve(r, e, "okold.example", 0), DNS_ANSWER);
	fake_dns_stop(mortal);
	for (int64_t end = clock_milliseconds() + 1100; clock_milliseconds() < end;)
		usleep(10000);
	assert_int_equal(resolve(other, e, "okold.example", 50), DNS_ANSWER); /* in a hurry */
	assert_int_equal(evidence_ask(e, DNS_TXT, STR("okold.example"))->ttl, 30);
	resolver_figures(other, &figures);
	assert_int_equal(figures.stale, 1);
	assert_int_equal(resolve(other, e, "okold.example", 0), DNS_ANSWER); /* at once */
	resolver_figures(other, &figures);
	assert_int_equal(figures.hits, 1);
	assert_true(dns_status_is_temporary(resolve(other, e, "oknever.example", 0)));
	resolver_free(r);
	resolver_free(other);
	evidence_free(e);
	answer_cache_free(c);
}

int main(void)
{
	struct test_list list = {0};

	server = fake_dns_start();
	TEST_TABLE(&list, ages, run_age);
	TEST_TABLE(&list, stales, run_stale);
	TEST_TABLE(&list, replays, run_replay);
	test_add(&list, "records of random shapes", run_shapes, NULL);
	test_add(&list, "some of the questions are known", run_some, NULL);
	TEST_TABLE(&list, bounds, run_bound);
	test_add(&list, "what is asked for stays", run_popular, NULL);
	test_add(&list, "an answer of 64 KiB, and a longer one", run_long, NULL);
	test_add(&list, "a cache without room", run_tiny, NULL);
	test_add(&list, "no memory at any allocation", run_memory, NULL);
	test_add(&list, "four threads on 500 names", run_threads, NULL);
	TEST_TABLE(&list, resolves, run_resolve);
	test_add(&list, "resolver: a silent name server and an old answer", run_silence, NULL);
	int status = test_run(&list, "io/answer_cache");

	fake_dns_stop(server);
	return status;
}
