/* inkan_resolver_…: messages judged over DNS on the loopback, by Knot DNS and by a server that misbehaves by request. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "dkim/mail.h"
#include "inkan/resolver.h"
#include "io/resolver.h"
#include "support/alloc.h"
#include "support/case.h"
#include "support/fake_dns.h"
#include "support/knot.h"

static struct fake_dns *server;
static struct knot *knot;

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct inkan_resolver_options options_for(uint16_t port)
{
	struct inkan_resolver_options options;

	inkan_resolver_options_init(&options);
	options.host = "127.0.0.1";
	options.port = port;
	options.validate = false;
	return options;
}

static struct inkan_resolver *make(const struct inkan_resolver_options *options)
{
	struct inkan_resolver *r = NULL;
	char why[200] = "";

	if (inkan_resolver_new(options, &r, why, sizeof why))
		fail_msg("%s", why);
	return r;
}

/* Complete, but not judged. Of the author and sender given; sender NULL: SPF is not checked. */
static struct inkan_message *message_of(struct str octets, const char *ip, const char *sender)
{
	struct inkan_message_options options;
	struct inkan_message *m;
	struct inkan_session session = {
		.struct_size = sizeof session, .ip = ip, .helo = "mail.plain.test", .mail_from = sender};

	inkan_message_options_init(&options);
	assert_int_equal(inkan_message_new(judge_context(), &options, &m), INKAN_OK);
	if (sender)
		assert_int_equal(inkan_message_set_session(m, &session), INKAN_OK);
	assert_int_equal(inkan_message_write(m, octets.p, octets.n), INKAN_OK);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	return m;
}

static struct inkan_message *unsigned_message(const char *domain, const char *sender)
{
	char text[200];

	snprintf(text, sizeof text, "From: a@%s\r\nDate: Sat, 21 Nov 2026 18:30:00 +0900\r\n\r\nx\r\n", domain);
	return message_of(str_c(text), "192.0.2.1", sender);
}

/* ---- a real server ---- */

#define RECORDS                                     \
	"@ TXT \"v=spf1 redirect=_spf\"\n"          \
	"_dmarc TXT \"v=DMARC1; p=reject\"\n"       \
	"mail A 192.0.2.1\n"                        \
	"mail AAAA 2001:db8::1\n"                   \
	"@ MX 10 mail\n"                            \
	"alias CNAME mx\n"                          \
	"mx TXT \"v=spf1 mx:plain.test -all\"\n"    \
	"ptr TXT \"v=spf1 ptr:plain.test -all\"\n"  \
	"a TXT \"v=spf1 a:mail.plain.test -all\"\n" \
	"void TXT \"v=spf1 a:none.plain.test -all\"\n"

static void start_knot(void)
{
	static char plain[2000];
	static const struct knot_zone zones[] = {{"plain.test", plain, 0, 0},
	                                         {"secure.test", plain, 1, 0},
	                                         {"2.0.192.in-addr.arpa", "1 PTR mail.plain.test.\n", 0, 0},
	                                         {"", "", 0, 0}};

	snprintf(plain, sizeof plain, "%ss1._domainkey TXT \"%s\"\n", RECORDS, forge_record(FORGE_ED25519));
	knot = knot_start(zones, sizeof zones / sizeof *zones);
}

static const struct spf_row {
	const char *name, *ip, *sender;
	enum inkan_result want;
} spf_rows[] = {
	{"A", "192.0.2.1", "a@a.plain.test", INKAN_PASS},
	{"another address", "192.0.2.2", "a@a.plain.test", INKAN_FAIL},
	{"AAAA", "2001:db8::1", "a@a.plain.test", INKAN_PASS},
	{"MX", "192.0.2.1", "a@mx.plain.test", INKAN_PASS},
	{"MX by way of a CNAME", "2001:db8::1", "a@alias.plain.test", INKAN_PASS},
	{"PTR", "192.0.2.1", "a@ptr.plain.test", INKAN_PASS},
	{"no such name", "192.0.2.1", "a@void.plain.test", INKAN_FAIL},
	{"no such domain", "192.0.2.1", "a@elsewhere.plain.test", INKAN_NONE},
	{"the name is there, but no TXT", "192.0.2.1", "a@mail.plain.test", INKAN_NONE},
};

static void run_spf(const void *row)
{
	const struct spf_row *s = row;

	if (!knot)
		test_skip("Knot DNS is not installed");
	struct inkan_resolver_options options = options_for(knot_port(knot));
	struct inkan_resolver *r = make(&options);
	struct inkan_message *m = message_of(STR("From: a@plain.test\r\n\r\n"), s->ip, s->sender);

	assert_int_equal(inkan_resolver_evaluate(r, m, 0), INKAN_OK);
	const struct inkan_spf_result *spf = inkan_message_verdict(m)->spf;

	if (spf->result != s->want)
		fail_msg("%s %s", inkan_result_name(spf->result), spf->reason);
	inkan_message_free(m);
	inkan_resolver_free(r);
}

enum anchor { NO_ANCHOR, RIGHT_ANCHOR, WRONG_ANCHOR };

static const struct verdict_row {
	const char *name, *domain;
	enum anchor anchor;
	bool broken; /* the body is changed */
	enum inkan_verdict_kind want;
	enum inkan_result dkim;
} verdicts[] = {
	{"a signed message passes", "plain.test", NO_ANCHOR, false, INKAN_VERDICT_PASS, INKAN_PASS},
	{"a changed body fails", "plain.test", NO_ANCHOR, true, INKAN_VERDICT_FAIL, INKAN_FAIL},
	{"DNSSEC: a signed zone", "secure.test", RIGHT_ANCHOR, false, INKAN_VERDICT_PASS, INKAN_PASS},
	{"DNSSEC: a bogus zone proves nothing", "secure.test", WRONG_ANCHOR, false, INKAN_VERDICT_UNKNOWN,
         INKAN_TEMPERROR},
	{"DNSSEC: nor does a bogus zone fail", "secure.test", WRONG_ANCHOR, true, INKAN_VERDICT_UNKNOWN,
         INKAN_TEMPERROR},
};

static void set_anchor(struct inkan_resolver_options *options, enum anchor anchor)
{
	options->validate = options->strict = anchor != NO_ANCHOR;
	if (anchor == RIGHT_ANCHOR)
		options->trust_anchor = knot_trust_anchor(knot, "secure.test");
	if (anchor == WRONG_ANCHOR)
		options->trust_anchor = knot_file(knot, "wrong.ds",
		                                  "secure.test. IN DS 12345 13 2 "
		                                  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n");
}

static void put_signed(struct buf *out, const char *domain, bool broken)
{
	char head[200], field[300];

	snprintf(head, sizeof head, "From: a@%s\r\n\r\nbody\r\n", domain);
	snprintf(field, sizeof field,
	         "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=%s; s=s1; h=from; bh=@bh@; b=@b@",
	         domain);
	buf_init(out, 10000);
	forge(out, field, FORGE_ED25519, str_c(head));
	if (broken)
		buf_put_c(out, "more\r\n");
}

static void run_verdict(const void *row)
{
	const struct verdict_row *v = row;

	if (!knot)
		test_skip("Knot DNS is not installed");
	struct inkan_resolver_options options = options_for(knot_port(knot));

	set_anchor(&options, v->anchor);
	struct inkan_resolver *r = make(&options);
	struct buf octets;

	put_signed(&octets, v->domain, v->broken);
	struct inkan_message *m = message_of(buf_str(&octets), NULL, NULL);

	for (int round = 0; round < 2; round++) {
		assert_int_equal(inkan_resolver_evaluate(r, m, 0), INKAN_OK);
		const struct inkan_verdict *verdict = inkan_message_verdict(m);

		assert_string_equal(inkan_verdict_name(verdict->kind), inkan_verdict_name(v->want));
		assert_string_equal(inkan_result_name(verdict->dkim[0].result), inkan_result_name(v->dkim));
		inkan_message_reset(m); /* once more, from the cache */
		assert_int_equal(inkan_message_write(m, octets.p, octets.n), INKAN_OK);
		assert_int_equal(inkan_message_end(m), INKAN_OK);
	}
	inkan_message_free(m);
	inkan_resolver_free(r);
	buf_release(&octets);
}

/* ---- servers that fail ---- */

static const struct failure_row {
	const char *name, *author, *sender; /* what asking for their domains leads to is in the name */
	enum inkan_verdict_kind want;
	enum inkan_result spf;
	uint32_t question_ms, message_ms;
	int64_t least_ms, most_ms; /* that it takes */
} failures[] = {
	{"SERVFAIL: unknown", "servfail.example", "a@servfail.example", INKAN_VERDICT_UNKNOWN, INKAN_TEMPERROR, 0, 0, 0,
         4000},
	{"a CNAME to itself: unknown", "loop.example", "a@loop.example", INKAN_VERDICT_UNKNOWN, INKAN_TEMPERROR, 0, 0,
         0, 4000},
	{"garbage: unknown", "garbage.example", "a@garbage.example", INKAN_VERDICT_UNKNOWN, INKAN_TEMPERROR, 2000, 0, 0,
         4000},
	{"no answer: the deadline of a question", "never.example", "a@never.example", INKAN_VERDICT_UNKNOWN,
         INKAN_TEMPERROR, 300, 0, 290, 2000},
	{"no answer: the deadline of the message", "never.example", "a@never.example", INKAN_VERDICT_UNKNOWN,
         INKAN_TEMPERROR, 0, 300, 290, 2000},
	{"slow answers are waited for", "slow.example", "a@slow.example", INKAN_VERDICT_NONE, INKAN_NONE, 0, 0, 290,
         3000},
	{"ten rounds of slow answers", "ok.example", "a@include.example", INKAN_VERDICT_NONE, INKAN_PERMERROR, 0, 0,
         2900, 6000},
	{"the deadline of the message ends all rounds", "never.example", "a@include.example", INKAN_VERDICT_UNKNOWN,
         INKAN_TEMPERROR, 0, 1000, 950, 2000},
};

static void run_failure(const void *row)
{
	const struct failure_row *f = row;
	struct inkan_resolver_options options = options_for(fake_dns_port(server));

	options.timeout = f->question_ms;
	struct inkan_resolver *r = make(&options);
	struct inkan_message *m = unsigned_message(f->author, f->sender);
	int64_t begin = now_ms();

	assert_int_equal(inkan_resolver_evaluate(r, m, f->message_ms), INKAN_OK);
	assert_in_range(now_ms() - begin, f->least_ms, f->most_ms + HICCUP);
	const struct inkan_verdict *verdict = inkan_message_verdict(m);

	assert_string_equal(inkan_verdict_name(verdict->kind), inkan_verdict_name(f->want));
	assert_string_equal(inkan_result_name(verdict->spf->result), inkan_result_name(f->spf));
	inkan_message_free(m);
	inkan_resolver_free(r);
}

/* Nobody reads what comes to this port. */
static int silent_socket(uint16_t *port_out)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof a;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
	*port_out = ntohs(a.sin_port);
	return fd;
}

static const struct silence_row {
	const char *name;
	bool validate;
	uint32_t message_ms;
	int64_t least_ms, most_ms;
} silences[] = {
	{"a server that never answers", false, 300, 290, 1500},
	{"a server that never answers, and DNSSEC is to be looked at first", true, 300, 290, 1500},
	{"a server that never answers, and time for the look at DNSSEC", true, 2500, 2400, 4000},
};

static void run_silence(const void *row)
{
	const struct silence_row *s = row;
	uint16_t port;

	if (s->validate && access(RESOLVER_TRUST_ANCHOR, R_OK) != 0)
		test_skip("no " RESOLVER_TRUST_ANCHOR);
	int fd = silent_socket(&port);
	struct inkan_resolver_options options = options_for(port);

	options.validate = s->validate;
	struct inkan_resolver *r = make(&options);

	for (int round = 0; round < 2; round++) {
		struct inkan_message *m = unsigned_message("a.example", "a@a.example");
		int64_t begin = now_ms();

		assert_int_equal(inkan_resolver_evaluate(r, m, s->message_ms), INKAN_OK);
		assert_in_range(now_ms() - begin, round ? 0 : s->least_ms, s->most_ms + HICCUP);
		assert_int_equal(inkan_message_verdict(m)->kind, INKAN_VERDICT_UNKNOWN);
		inkan_message_free(m);
	}
	inkan_resolver_free(r);
	close(fd);
}

/* The whole time of a message by default: only with FULL in the environment, as it takes that long. */
static void run_default_deadline(const void *row)
{
	uint16_t port;

	(void)row;
	int fd = silent_socket(&port);
	struct inkan_resolver_options options = options_for(port);

	options.timeout = INKAN_RESOLVER_TIMEOUT_MAX;
	struct inkan_resolver *r = make(&options);
	struct inkan_message *m = unsigned_message("a.example", "a@a.example");
	int64_t begin = now_ms();

	assert_int_equal(inkan_resolver_evaluate(r, m, 0), INKAN_OK);
	assert_in_range(now_ms() - begin, 10000, INKAN_RESOLVER_MESSAGE_TIMEOUT + 1000);
	assert_int_equal(inkan_message_verdict(m)->kind, INKAN_VERDICT_UNKNOWN);
	inkan_message_free(m);
	inkan_resolver_free(r);
	close(fd);
}

/* ---- what a process notices of it ---- */

static void run_cache(const void *row)
{
	struct inkan_resolver_options options = options_for(fake_dns_port(server));
	struct inkan_resolver *r = make(&options);
	size_t asked = 0;

	(void)row;
	for (int round = 0; round < 3; round++) {
		struct inkan_message *m = unsigned_message("ok.example", "a@ok.example");

		assert_int_equal(inkan_resolver_evaluate(r, m, 0), INKAN_OK);
		assert_int_equal(inkan_message_verdict(m)->kind, INKAN_VERDICT_NONE);
		if (round)
			assert_int_equal(fake_dns_questions(server), asked);
		asked = fake_dns_questions(server);
		inkan_message_free(m);
	}
	inkan_resolver_free(r);
}

static void run_process_unchanged(const void *row)
{
	struct inkan_resolver_options options = options_for(fake_dns_port(server));
	struct rlimit before, few, after;
	sigset_t mask;

	(void)row;
	getrlimit(RLIMIT_NOFILE, &before);
	few = before;
	few.rlim_cur = 200;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	struct inkan_resolver *r = make(&options);
	struct inkan_message *m = unsigned_message("ok.example", "a@ok.example");

	assert_int_equal(inkan_resolver_evaluate(r, m, 0), INKAN_OK);
	assert_int_equal(inkan_message_verdict(m)->kind, INKAN_VERDICT_NONE);
	getrlimit(RLIMIT_NOFILE, &after);
	setrlimit(RLIMIT_NOFILE, &before);
	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	assert_int_equal(after.rlim_cur, 200);
	assert_false(sigismember(&mask, SIGPIPE));
	inkan_message_free(m);
	inkan_resolver_free(r);
}

/* What a program has blocked, and what waits for it, is there afterwards. */
static void run_pending_signal(const void *row)
{
	struct inkan_resolver_options options = options_for(fake_dns_port(server));
	struct inkan_resolver *r = make(&options);
	struct inkan_message *m = unsigned_message("ok.example", "a@ok.example");
	sigset_t pipe, waiting;

	(void)row;
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, NULL);
	raise(SIGPIPE);
	assert_int_equal(inkan_resolver_evaluate(r, m, 0), INKAN_OK);
	sigpending(&waiting);
	int signal = sigtimedwait(&pipe, NULL, &(struct timespec){0});

	pthread_sigmask(SIG_UNBLOCK, &pipe, NULL);
	assert_true(sigismember(&waiting, SIGPIPE));
	assert_int_equal(signal, SIGPIPE);
	inkan_message_free(m);
	inkan_resolver_free(r);
}

static void run_snapshot(const void *row)
{
	static const char json[] = "{}";
	struct inkan_resolver_options options = options_for(fake_dns_port(server));
	struct inkan_resolver *r = make(&options);
	struct inkan_message_options with_snapshot;
	struct inkan_snapshot *snapshot;
	struct inkan_message *m;
	size_t before = fake_dns_questions(server);

	(void)row;
	inkan_message_options_init(&with_snapshot);
	assert_int_equal(inkan_snapshot_load(json, sizeof json - 1, &snapshot, NULL, 0), INKAN_OK);
	with_snapshot.snapshot = snapshot;
	assert_int_equal(inkan_message_new(judge_context(), &with_snapshot, &m), INKAN_OK);
	assert_int_equal(inkan_message_write(m, MAIL, sizeof MAIL - 1), INKAN_OK);
	assert_int_equal(inkan_resolver_evaluate(r, m, 0), INKAN_EUSAGE); /* not complete */
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	assert_int_equal(inkan_resolver_evaluate(r, m, INKAN_RESOLVER_TIMEOUT_MAX + 1), INKAN_EUSAGE);
	assert_null(inkan_message_verdict(m));
	assert_int_equal(inkan_resolver_evaluate(r, m, INKAN_RESOLVER_TIMEOUT_MAX), INKAN_OK);
	assert_int_equal(inkan_message_verdict(m)->kind, INKAN_VERDICT_NONE);
	assert_int_equal(fake_dns_questions(server), before);
	inkan_message_free(m);
	inkan_snapshot_free(snapshot);
	inkan_resolver_free(r);
}

/* ---- options ---- */

static const struct option_row {
	const char *name;
	struct inkan_resolver_options options; /* struct_size: what is missing from it */
	int error;
	const char *text;
} option_rows[] = {
	{"an address", {.host = "127.0.0.1"}, INKAN_OK, ""},
	{"struct_size of another version", {.struct_size = 8, .host = "127.0.0.1"}, INKAN_EUSAGE, ""},
	{"INKAN_RESOLVER_TIMEOUT_MAX", {.host = "127.0.0.1", .timeout = INKAN_RESOLVER_TIMEOUT_MAX}, INKAN_OK, ""},
	{"a millisecond more", {.host = "127.0.0.1", .timeout = INKAN_RESOLVER_TIMEOUT_MAX + 1}, INKAN_EUSAGE, ""},
	{"recursion by a name server", {.host = "127.0.0.1", .recursive = true}, INKAN_EUSAGE, ""},
	{"full recursion", {.recursive = true}, INKAN_OK, ""},
	{"no such host", {.host = "192.0.2.300"}, INKAN_EIO, "192.0.2.300"},
	{"no trust anchor",
         {.host = "127.0.0.1", .validate = true, .trust_anchor = "/nonexistent/root.key"},
         INKAN_EIO,
         "/nonexistent/root.key: No such file"},
};

static void run_options(const void *row)
{
	const struct option_row *o = row;
	struct inkan_resolver_options options = o->options;
	struct inkan_resolver *r = NULL;
	char why[200] = "";

	if (options.recursive && !options.host && access(RESOLVER_TRUST_ANCHOR, R_OK) != 0)
		test_skip("no " RESOLVER_TRUST_ANCHOR);
	options.struct_size = sizeof options - o->options.struct_size;
	assert_int_equal(inkan_resolver_new(&options, &r, why, sizeof why), o->error);
	assert_true(o->error ? !r : !!r);
	if (!strstr(why, o->text) || !*why != !*o->text)
		fail_msg("%s", why);
	inkan_resolver_free(r);
	r = NULL;
	assert_int_equal(inkan_resolver_new(&options, &r, NULL, 0), o->error);
	inkan_resolver_free(r);
}

static void run_no_options(const void *row)
{
	struct inkan_resolver *r = NULL;
	char tiny[4] = "abc";
	struct inkan_resolver_options options = options_for(0);

	(void)row;
	assert_int_equal(inkan_resolver_new(NULL, &r, NULL, 0), INKAN_EUSAGE);
	options.host = "192.0.2.300";
	assert_int_equal(inkan_resolver_new(&options, &r, tiny, sizeof tiny), INKAN_EIO);
	assert_string_equal(tiny, "nam");
	inkan_resolver_free(NULL);
}

/* ---- memory ---- */

static const struct memory_row {
	const char *name;
	bool validate; /* which is given up: everything is set up twice */
} memory_rows[] = {
	{"every allocation fails once", false},
	{"every allocation fails once, where validation is given up", true},
};

/* An error, or the verdict that the message has; unknown where libunbound was short of memory. */
static int judge_once(const struct inkan_resolver_options *options, struct inkan_message *m)
{
	struct inkan_resolver *r = NULL;
	int error = inkan_resolver_new(options, &r, NULL, 0);

	if (!error)
		error = inkan_resolver_evaluate(r, m, 0);
	enum inkan_verdict_kind kind = error ? INKAN_VERDICT_UNKNOWN : inkan_message_verdict(m)->kind;

	assert_true(kind == INKAN_VERDICT_NONE || kind == INKAN_VERDICT_UNKNOWN);
	inkan_resolver_free(r);
	return error;
}

static void run_without_memory(const void *row)
{
	const struct memory_row *w = row;
	struct inkan_resolver_options options = options_for(fake_dns_port(server));
	bool reached = true;

	if (w->validate && access(RESOLVER_TRUST_ANCHOR, R_OK) != 0)
		test_skip("no " RESOLVER_TRUST_ANCHOR);
	options.validate = w->validate;
	options.timeout = 400; /* where libunbound cannot wait for a socket, no answer comes */
	for (size_t n = 1; reached; n++) {
		struct inkan_message *m = unsigned_message("ok.example", "a@ok.example");

		alloc_fail_at(n);
		int error = judge_once(&options, m);

		reached = alloc_count() >= n;
		alloc_fail_at(0);
		if (!reached)
			assert_int_equal(inkan_message_verdict(m)->kind, INKAN_VERDICT_NONE);
		assert_true(error == INKAN_OK || (reached && error == INKAN_ENOMEM));
		inkan_message_free(m);
	}
}

int main(void)
{
	struct test_list list = {0};

	server = fake_dns_start();
	start_knot();
	TEST_TABLE(&list, spf_rows, run_spf);
	TEST_TABLE(&list, verdicts, run_verdict);
	TEST_TABLE(&list, failures, run_failure);
	TEST_TABLE(&list, silences, run_silence);
	if (getenv("FULL"))
		test_add(&list, "INKAN_RESOLVER_MESSAGE_TIMEOUT", run_default_deadline, NULL);
	test_add(&list, "messages share what was asked", run_cache, NULL);
	test_add(&list, "signals and limits of the process stay", run_process_unchanged, NULL);
	test_add(&list, "a signal that waits goes on waiting", run_pending_signal, NULL);
	test_add(&list, "a snapshot is not asked for; calls in the wrong order", run_snapshot, NULL);
	TEST_TABLE(&list, option_rows, run_options);
	test_add(&list, "no options; an error text cut off", run_no_options, NULL);
	TEST_TABLE(&list, memory_rows, run_without_memory);
	int failed = test_run(&list, "io/blocking");

	knot_stop(knot);
	fake_dns_stop(server);
	return failed;
}
