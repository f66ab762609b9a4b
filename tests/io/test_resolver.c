/* The resolver against a server that misbehaves by request (support/fake_dns.h). */
#include "io/resolver.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "support/alloc.h"
#include "support/case.h"
#include "support/fake_dns.h"

static struct fake_dns *server;

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct resolver *make_with(struct resolver_options options, struct uv_loop_s *loop)
{
	struct resolver *r = NULL;
	struct io_error error = {""};

	if (resolver_new(&options, loop, &r, &error))
		fail_msg("%s", error.text);
	return r;
}

static struct resolver *make(uint32_t timeout)
{
	return make_with(
		(struct resolver_options){.host = STR("127.0.0.1"), .port = fake_dns_port(server), .timeout = timeout},
		NULL);
}

static struct evidence *fresh(void)
{
	struct evidence *e = NULL;

	assert_int_equal(evidence_new(NULL, 0, 0, &e), INKAN_OK);
	return e;
}

/* ---- one question ---- */

static const struct question {
	const char *name;
	enum dns_type type;
	const char *owner;
	enum dns_status status;
	size_t count;
	const char *text; /* of the first record, or part of why */
	uint32_t timeout;
} questions[] = {
	{"TXT", DNS_TXT, "OK.example.", DNS_ANSWER, 1, "ok", 0},
	{"A", DNS_A, "ok.example", DNS_ANSWER, 2, NULL, 0},
	{"AAAA", DNS_AAAA, "ok.example", DNS_ANSWER, 1, NULL, 0},
	{"MX", DNS_MX, "ok.example", DNS_ANSWER, 1, "mx.ok.test", 0},
	{"PTR", DNS_PTR, "ok.1.2.0.192.in-addr.arpa", DNS_ANSWER, 1, "host.ok.test", 0},
	{"PTR of a private address", DNS_PTR, "ok.1.0.10.in-addr.arpa", DNS_ANSWER, 1, "host.ok.test", 0},
	{"NS", DNS_NS, "ok.example", DNS_ANSWER, 1, "host.ok.test", 0},
	{"a name in .test", DNS_TXT, "ok.mail.test", DNS_ANSWER, 1, "ok", 0},
	{"a name in .invalid", DNS_TXT, "ok.mail.invalid", DNS_ANSWER, 1, "ok", 0},
	{"a name in home.arpa", DNS_TXT, "ok.home.arpa", DNS_ANSWER, 1, "ok", 0},
	{"a name with a space", DNS_TXT, "ok%a b.example", DNS_ANSWER, 1, "ok", 0},
	{"V10 NXDOMAIN", DNS_TXT, "nxdomain.example", DNS_NXDOMAIN, 0, NULL, 0},
	{"V10 NODATA", DNS_TXT, "nodata.example", DNS_NODATA, 0, NULL, 0},
	{"V10 SERVFAIL", DNS_TXT, "servfail.example", DNS_SERVFAIL, 0, "", 0},
	{"V10 REFUSED", DNS_TXT, "refused.example", DNS_SERVFAIL, 0, "", 0},
	{"V10 no answer", DNS_TXT, "never.example", DNS_TIMEOUT, 0, "no answer within 400 ms", 400},
	{"a reply with another id is not taken", DNS_TXT, "wrongid.example", DNS_TIMEOUT, 0, "no answer within 400 ms",
         400},
	{"garbage", DNS_TXT, "garbage.example", DNS_SERVFAIL, 0, "no server answered", 0},
	{"cut off over UDP, whole over TCP", DNS_TXT, "truncated.example", DNS_ANSWER, 1, "long answer", 0},
	{"V12 300 strings", DNS_TXT, "strings.example", DNS_ANSWER, 1, NULL, 0},
	{"V10 CNAME", DNS_TXT, "chain1.example", DNS_ANSWER, 1, "ok", 0},
	{"V10 chain of 8 CNAMEs", DNS_TXT, "chain8.example", DNS_ANSWER, 1, "ok", 0},
	{"V10 chain of 9 CNAMEs", DNS_TXT, "chain9.example", DNS_LOOP, 0, NULL, 0},
	{"V10 CNAME that leads nowhere", DNS_TXT, "dangling.example", DNS_NXDOMAIN, 0, NULL, 0},
};

static void run_question(const void *row)
{
	const struct question *q = row;
	struct resolver *r = make(q->timeout);
	struct evidence *e = fresh();

	assert_null(evidence_ask(e, q->type, str_c(q->owner)));
	assert_int_equal(resolver_resolve(r, e, 0), INKAN_OK);
	const struct dns_answer *a = evidence_ask(e, q->type, str_c(q->owner));

	assert_non_null(a);
	if (a->status != q->status)
		fail_msg("%s (%.*s)", dns_status_name(a->status), STR_ARG(a->why));
	assert_int_equal(a->count, q->count);
	assert_false(a->secure);
	if (q->count) {
		assert_true(a->has_ttl);
		assert_int_equal(a->ttl, 60);
	}
	if (q->text) {
		struct str text = !q->count ? a->why : a->records[0].text.p ? a->records[0].text : a->records[0].name;

		assert_true(str_search(text, str_c(q->text)) < text.n || !*q->text);
	}
	evidence_free(e);
	resolver_free(r);
}

static void run_strings(const void *row)
{
	struct resolver *r = make(0);
	struct evidence *e = fresh();

	(void)row;
	assert_null(evidence_ask(e, DNS_TXT, STR("strings.example")));
	assert_int_equal(resolver_resolve(r, e, 0), INKAN_OK);
	const struct dns_record *record = &evidence_ask(e, DNS_TXT, STR("strings.example"))->records[0];

	assert_int_equal(record->string_count, 300);
	assert_true(str_eq(record->strings[299], STR("string0299")));
	assert_int_equal(record->text.n, 3000);
	assert_true(str_has_prefix(record->text, STR("string0000string0001")));
	evidence_free(e);
	resolver_free(r);
}

/* A CNAME to itself never ends: libunbound gives up with SERVFAIL, or the whole loop is handed on. Temporary both. */
static void run_loop(const void *row)
{
	struct resolver *r = make(0);
	struct evidence *e = fresh();

	(void)row;
	assert_null(evidence_ask(e, DNS_TXT, STR("loop.example")));
	assert_int_equal(resolver_resolve(r, e, 0), INKAN_OK);
	assert_true(dns_status_is_temporary(evidence_ask(e, DNS_TXT, STR("loop.example"))->status));
	evidence_free(e);
	resolver_free(r);
}

/* ---- many questions ---- */

static void ask_many(struct evidence *e, const char *word, int count)
{
	char name[64];

	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%s%d.example", word, i);
		assert_null(evidence_ask(e, DNS_TXT, str_c(name)));
	}
}

static void assert_many(struct evidence *e, const char *word, int count, enum dns_status status)
{
	char name[64];

	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%s%d.example", word, i);
		const struct dns_answer *a = evidence_ask(e, DNS_TXT, str_c(name));

		if (a->status != status)
			fail_msg("%s: %s (%.*s)", name, dns_status_name(a->status), STR_ARG(a->why));
	}
}

static void run_parallel(const void *row)
{
	struct resolver *r = make(0);
	struct evidence *e = fresh();

	(void)row;
	ask_many(e, "slow", 50);
	int64_t begin = now_ms();

	assert_int_equal(resolver_resolve(r, e, 0), INKAN_OK);
	int64_t took = now_ms() - begin;

	assert_many(e, "slow", 50, DNS_ANSWER);
	print_message("50 questions of 300 ms each: %d ms\n", (int)took);
	assert_in_range(took, 295, 2500 + HICCUP); /* one after the other it would be 15 s */
	evidence_free(e);
	resolver_free(r);
}

static void run_thousand(const void *row)
{
	struct resolver *r = make(0);
	struct evidence *e = fresh();

	(void)row;
	ask_many(e, "slow", EVIDENCE_QUESTIONS_MAX);
	int64_t begin = now_ms();

	assert_int_equal(resolver_resolve(r, e, 0), INKAN_OK);
	print_message("1000 questions of 300 ms each: %d ms\n", (int)(now_ms() - begin));
	assert_many(e, "slow", EVIDENCE_QUESTIONS_MAX, DNS_ANSWER);
	assert_in_range(now_ms() - begin, 295, 4500 + HICCUP);
	evidence_free(e);
	resolver_free(r);
}

static void run_cache(const void *row)
{
	struct resolver *r = make(0);
	struct evidence *e = fresh();

	(void)row;
	ask_many(e, "okcached", 20);
	assert_int_equal(resolver_resolve(r, e, 0), INKAN_OK);
	size_t asked = fake_dns_questions(server);

	evidence_reset(e);
	ask_many(e, "okcached", 20);
	assert_int_equal(resolver_resolve(r, e, 0), INKAN_OK);
	assert_many(e, "okcached", 20, DNS_ANSWER);
	assert_int_equal(fake_dns_questions(server), asked);
	evidence_free(e);
	resolver_free(r);
}

static void run_mixed(const void *row)
{
	struct resolver *r = make(600);
	struct evidence *e = fresh();
	const struct dns_question *open;

	(void)row;
	ask_many(e, "never", 5);
	ask_many(e, "ok", 5);
	ask_many(e, "slow", 5);
	int64_t begin = now_ms();

	assert_int_equal(resolver_resolve(r, e, 0), INKAN_OK);
	assert_in_range(now_ms() - begin, 550, 1500 + HICCUP);
	assert_int_equal(evidence_open(e, &open), 0);
	assert_many(e, "never", 5, DNS_TIMEOUT);
	assert_many(e, "ok", 5, DNS_ANSWER);
	assert_many(e, "slow", 5, DNS_ANSWER);

	/* what never came does no harm to what is asked later */
	evidence_reset(e);
	ask_many(e, "oklater", 5);
	assert_int_equal(resolver_resolve(r, e, 0), INKAN_OK);
	assert_many(e, "oklater", 5, DNS_ANSWER);
	evidence_free(e);
	resolver_free(r);
}

static void run_deadline(const void *row)
{
	struct resolver *r = make(0);
	struct evidence *e = fresh();

	(void)row;
	ask_many(e, "never", 3);
	int64_t begin = now_ms();

	assert_int_equal(resolver_resolve(r, e, 200), INKAN_OK);
	assert_in_range(now_ms() - begin, 190, 1000 + HICCUP);
	assert_many(e, "never", 3, DNS_TIMEOUT);
	evidence_free(e);
	resolver_free(r);
}

/* Any beginning but 0, which means that nothing was asked yet. */
static void run_patience(const void *row)
{
	int64_t since = 0;

	(void)row;
	assert_int_equal(resolver_patience(&since, 777), RESOLVER_PATIENCE);
	assert_int_equal(since, 777);
	assert_int_equal(resolver_patience(&since, 777 + RESOLVER_PATIENCE - 2), 2);
	assert_int_equal(resolver_patience(&since, 777 + RESOLVER_PATIENCE - 1), 1);
	assert_int_equal(resolver_patience(&since, 777 + RESOLVER_PATIENCE), 1);
	assert_int_equal(resolver_patience(&since, INT64_MAX), 1);
	assert_int_equal(since, 777);
}

static void run_nothing_to_ask(const void *row)
{
	struct resolver *r = make(0);
	struct evidence *e = fresh();

	(void)row;
	assert_int_equal(resolver_resolve(r, e, 0), INKAN_OK);
	evidence_free(e);
	resolver_free(r);
	resolver_free(NULL);
}

/* ---- on a loop of the caller ---- */

struct done {
	int calls, error;
};

static void count_done(void *context, int error)
{
	struct done *d = context;

	d->calls++;
	d->error = error;
}

static void run_begin(const void *row)
{
	uv_loop_t loop;
	struct done a = {0}, b = {0}, c = {0};
	struct resolver_request *request;
	struct evidence *one = fresh(), *two = fresh(), *three = fresh();

	(void)row;
	assert_int_equal(uv_loop_init(&loop), 0);
	struct resolver *r =
		make_with((struct resolver_options){.host = STR("127.0.0.1"), .port = fake_dns_port(server)}, &loop);

	ask_many(one, "slow", 3);
	ask_many(two, "slow", 3);
	ask_many(three, "never", 3);
	assert_int_equal(resolver_begin(r, one, 0, count_done, &a, NULL), INKAN_OK);
	assert_int_equal(resolver_begin(r, two, 0, count_done, &b, &request), INKAN_OK);
	assert_int_equal(resolver_begin(r, three, 0, count_done, &c, NULL), INKAN_OK);
	assert_int_equal(a.calls, 0);
	resolver_cancel(request);
	while (!a.calls)
		uv_run(&loop, UV_RUN_ONCE);
	assert_many(one, "slow", 3, DNS_ANSWER);
	assert_int_equal(a.error, INKAN_OK);

	/* from the cache: at once */
	evidence_reset(one);
	ask_many(one, "slow", 3);
	assert_int_equal(resolver_begin(r, one, 0, count_done, &a, NULL), INKAN_OK);
	assert_int_equal(a.calls, 2);
	resolver_free(r); /* the third is still under way */
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(b.calls, 0);
	assert_int_equal(c.calls, 0);
	evidence_free(one);
	evidence_free(two);
	evidence_free(three);
}

/* ---- DNSSEC behind a server that knows no signatures ---- */

static const struct lenience {
	const char *name;
	bool strict;
	enum dns_status status;
} leniences[] = {
	{"validation wanted, impossible: without", false, DNS_ANSWER},
	{"validation wanted, impossible, strict: bogus", true, DNS_BOGUS},
};

static void run_lenience(const void *row)
{
	const struct lenience *l = row;
	struct evidence *e = fresh();

	if (access(RESOLVER_TRUST_ANCHOR, R_OK) != 0)
		test_skip("no " RESOLVER_TRUST_ANCHOR);
	struct resolver *r = make_with(
		(struct resolver_options){
			.host = STR("127.0.0.1"), .port = fake_dns_port(server), .validate = true, .strict = l->strict},
		NULL);

	for (int round = 0; round < 2; round++) {
		evidence_reset(e);
		assert_null(evidence_ask(e, DNS_TXT, STR("ok.example")));
		assert_int_equal(resolver_resolve(r, e, 0), INKAN_OK);
		assert_int_equal(evidence_ask(e, DNS_TXT, STR("ok.example"))->status, l->status);
		assert_false(evidence_ask(e, DNS_TXT, STR("ok.example"))->secure);
	}
	evidence_free(e);
	resolver_free(r);
}

/* ---- threads ---- */

static void *resolve_in_thread(void *context)
{
	struct resolver_options options = {.host = STR("127.0.0.1"), .port = fake_dns_port(server)};
	struct resolver *r = NULL;
	struct evidence *e = NULL;
	bool fine = false;

	if (!resolver_new(&options, NULL, &r, NULL) && !evidence_new(NULL, 0, 0, &e)) {
		(void)evidence_ask(e, DNS_TXT, STR("ok.example"));
		fine = !resolver_resolve(r, e, 0) && evidence_ask(e, DNS_TXT, STR("ok.example"))->status == DNS_ANSWER;
	}
	evidence_free(e);
	resolver_free(r);
	return fine ? NULL : context;
}

static void run_threads(const void *row)
{
	pthread_t threads[8];

	(void)row;
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, resolve_in_thread, threads), 0);
	for (size_t i = 0; i < 8; i++) {
		void *wrong;

		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
}

/* ---- memory ---- */

/* INKAN_ENOMEM, or an answer: never a wrong one. */
static int resolve_once(void)
{
	struct resolver_options options = {
		.host = STR("127.0.0.1"), .port = fake_dns_port(server), .timeout = 400, .parallel = 16};
	struct resolver *r = NULL;
	struct evidence *e = NULL;
	int code = resolver_new(&options, NULL, &r, NULL);

	if (!code)
		code = evidence_new(NULL, 0, 0, &e);
	if (!code) {
		(void)evidence_ask(e, DNS_TXT, STR("ok.example"));
		code = evidence_error(e);
	}
	if (!code)
		code = resolver_resolve(r, e, 0);
	const struct dns_answer *a = code ? NULL : evidence_find(e, DNS_TXT, STR("ok.example"));

	assert_true(code == INKAN_ENOMEM || (a && (a->status == DNS_ANSWER || dns_status_is_temporary(a->status))));
	evidence_free(e);
	resolver_free(r);
	return code;
}

static void run_without_memory(const void *row)
{
	bool reached = true;

	(void)row;
	for (size_t n = 1; reached; n++) {
		alloc_fail_at(n);
		int code = resolve_once();

		reached = alloc_count() >= n;
		alloc_fail_at(0);
		if (!reached)
			assert_int_equal(code, INKAN_OK);
	}
}

/* ---- set-up ---- */

static void run_resolv_conf(const void *row)
{
	static const char address[] = "127.77.0.53";
	struct fake_dns *own = fake_dns_start_on(address, 53);
	char path[] = "/tmp/inkan-resolv-XXXXXX";
	int fd = mkstemp(path);
	struct evidence *e = fresh();

	(void)row;
	assert_true(fd >= 0);
	dprintf(fd, "# comment\nsearch example.org\nnameserver %s\noptions timeout:1\n", address);
	close(fd);
	struct resolver *r = make_with((struct resolver_options){.resolv_conf = path}, NULL);

	unlink(path);
	assert_null(evidence_ask(e, DNS_TXT, STR("ok.example")));
	int error = own ? resolver_resolve(r, e, 0) : INKAN_OK;
	const struct dns_answer *a = evidence_ask(e, DNS_TXT, STR("ok.example"));
	bool fine = !error && a && a->status == DNS_ANSWER;

	evidence_free(e);
	resolver_free(r);
	if (!own)
		test_skip("port 53 is not to be had");
	fake_dns_stop(own);
	assert_true(fine);
}

static const struct host {
	const char *name;
	struct str host;
} hosts[] = {
	{"an IPv6 server", {"::1", 3}},
	{"a server by name", {"localhost", 9}},
};

static void run_host(const void *row)
{
	const struct host *h = row;

	resolver_free(make_with((struct resolver_options){.host = h->host, .port = 53}, NULL));
}

static void run_few_files(const void *row)
{
	struct rlimit before, few, after;

	(void)row;
	getrlimit(RLIMIT_NOFILE, &before);
	few = before;
	few.rlim_cur = 256;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	struct resolver *r = make(0);

	getrlimit(RLIMIT_NOFILE, &after);
	assert_int_equal(after.rlim_cur, before.rlim_max);
	resolver_free(r);
	setrlimit(RLIMIT_NOFILE, &before);
}

static const struct refusal {
	const char *name;
	struct resolver_options options;
	const char *text;
} refusals[] = {
	{"no resolv.conf", {.resolv_conf = "/nonexistent/resolv.conf"}, "/nonexistent/resolv.conf"},
	{"no such host", {.host = {"no-such-host.invalid", 20}}, "no-such-host.invalid"},
	{"no address", {.host = {"192.0.2.300", 11}}, "192.0.2.300"},
	{"no trust anchor",
         {.recursive = true, .trust_anchor = "/nonexistent/root.key"},
         "/nonexistent/root.key: No such file"},
};

static void run_refusal(const void *row)
{
	const struct refusal *f = row;
	struct resolver *r = NULL;
	struct io_error error = {""};

	assert_int_equal(resolver_new(&f->options, NULL, &r, &error), INKAN_EIO);
	assert_null(r);
	if (!strstr(error.text, f->text))
		fail_msg("%s", error.text);
}

int main(void)
{
	struct test_list list = {0};

	server = fake_dns_start();
	TEST_TABLE(&list, questions, run_question);
	test_add(&list, "V12 every one of 300 strings", run_strings, NULL);
	test_add(&list, "V10 a CNAME to itself is temporary", run_loop, NULL);
	test_add(&list, "50 questions at once", run_parallel, NULL);
	test_add(&list, "EVIDENCE_QUESTIONS_MAX questions at once", run_thousand, NULL);
	test_add(&list, "the second time from the cache", run_cache, NULL);
	test_add(&list, "answers of all kinds at once", run_mixed, NULL);
	test_add(&list, "a shorter deadline", run_deadline, NULL);
	test_add(&list, "P12 20 seconds for the rounds of a message, and the cache after that", run_patience, NULL);
	test_add(&list, "nothing to ask", run_nothing_to_ask, NULL);
	test_add(&list, "requests on a loop of the caller, one cancelled", run_begin, NULL);
	TEST_TABLE(&list, leniences, run_lenience);
	test_add(&list, "eight threads set up and ask", run_threads, NULL);
	test_add(&list, "every allocation fails once", run_without_memory, NULL);
	test_add(&list, "name servers from resolv.conf", run_resolv_conf, NULL);
	TEST_TABLE(&list, hosts, run_host);
	test_add(&list, "the limit of open files is raised", run_few_files, NULL);
	TEST_TABLE(&list, refusals, run_refusal);
	int failed = test_run(&list, "io/resolver");

	fake_dns_stop(server);
	return failed;
}
