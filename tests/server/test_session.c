/* A whole session in one process: the octets of a mail server through connection, transaction and engine, with DNS from a snapshot
 * and the test as the key process. Above all: where the n-th allocation fails, for every n, the mail server has an answer that is
 * right, one that defers, or the end of the connection; and the next message on the same worker, which reuses what lies there, is
 * done as if nothing had been. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/config.h"
#include "core/buf.h"
#include "crypto/crypto.h"
#include "proto/milter.h"
#include "server/connection.h"
#include "server/identity_protocol.h"
#include "server/key_protocol.h"
#include "server/transaction.h"
#include "support/alloc.h"
#include "support/case.h"
#include "support/forge.h"

enum {
	RSA,
	ED25519,
	KEYS_COUNT,
	TURNS_MAX = 2000, /* of the loop, each a ms at most, until a session that says nothing counts as stuck */
	WIRE_MAX = 16 << 20,
	ALLOCATIONS_MAX = 5000 /* of a session */
};

static const char CONFIG[] = "user: root\n"
			     "authserv_id: mx.example.net\n"
			     "milter: {failure: tag}\n"
			     "verify: {received_spf: yes}\n"
			     "sign:\n"
			     "  - from: example.com\n"
			     "    keys: [{selector: r1, file: rsa.pem}, {selector: e1, file: ed.pem}]\n";
static const char SEALING[] = "arc: {seal: {domain: example.com, selector: r1, file: rsa.pem}}\n";
static const char DNS[] = "{\"example.com\": {\"TXT\": [\"v=spf1 ip4:192.0.2.0/24 -all\"]},"
			  " \"_dmarc.example.com\": {\"TXT\": [\"v=DMARC1; p=reject\"]}}";

static struct crypto *crypto;
static struct private_key *keys[KEYS_COUNT];

/* ---- a worker, and the mail server at the other end ---- */

struct house {
	struct config *config;
	struct service service;
	struct filter filter;
	enum inkan_algorithm algorithms[KEYS_COUNT];
	struct worker worker;
	int key_error;                  /* what the key process says in place of signatures */
	bool keys_silent;               /* it says nothing */
	size_t identities;              /* keys of identities that the registrar names, of mail.example.com */
	struct failed_mail_from failed; /* what it says of a MAIL FROM domain; domain "": none has failed */
	int registrar_error;            /* what it says in place of them */
	bool registrar_silent;
	bool keeps_outcomes; /* the test reads them */
};

struct session {
	struct house *house;
	int fd;
	struct buf in;
	bool ended; /* by inkan */
};

/* What came for one message. */
struct answer {
	char letter; /* 0: the end of the connection */
	unsigned inserted, changed, held;
	char reply[1000], sender[1000]; /* sender: another one, with angle brackets */
};

static void pair(int type, int *a, int *b)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
	*a = ends[0];
	*b = ends[1];
}

static void house_open(struct house *h, const char *more)
{
	struct config_errors errors;
	struct io_error error;
	struct buf text;
	char trouble[100];

	*h = (struct house){.algorithms = {[RSA] = INKAN_RSA_SHA256, [ED25519] = INKAN_ED25519_SHA256}};
	buf_init(&text, 4096);
	buf_printf(&text, "%s%s", CONFIG, more);
	assert_int_equal(config_parse(buf_str(&text), "/etc/inkan/inkan.yaml", &h->config, &errors), INKAN_OK);
	buf_release(&text);
	h->service = (struct service){.config = h->config, .metrics = metrics_new(), .workers = 1, .ready = -1};
	pair(SOCK_SEQPACKET, &h->service.key_client[0], &h->service.key_holder[0]);
	pair(SOCK_SEQPACKET, &h->service.identity_client[0], &h->service.identity_desk[0]);
	h->service.registrar = true;
	pair(SOCK_SEQPACKET, &h->service.outcome_in, &h->service.outcome_out);
	h->filter = (struct filter){.service = &h->service,
	                            .config = h->config,
	                            .policy = h->config->policy,
	                            .algorithms = h->algorithms,
	                            .authserv_id = "mx.example.net"};
	assert_int_equal(inkan_context_new(&h->filter.engine), INKAN_OK);
	assert_int_equal(inkan_snapshot_load(DNS, sizeof DNS - 1, &h->filter.snapshot, trouble, sizeof trouble),
	                 INKAN_OK);
	assert_int_equal(signer_memory_new(&h->filter.signers), INKAN_OK);
	assert_int_equal(answer_cache_new(&(struct answer_cache_options){0}, &h->filter.answers), INKAN_OK);
	assert_int_equal(public_suffixes_open(NULL, &h->filter.suffixes, NULL), INKAN_OK);
	assert_int_equal(worker_open(&h->worker, &h->filter, 0, &error), INKAN_OK);
}

static void house_close(struct house *h)
{
	worker_stop(&h->worker);
	worker_run(&h->worker);
	worker_close(&h->worker);
	close(h->service.key_client[0]);
	close(h->service.key_holder[0]);
	close(h->service.identity_client[0]);
	close(h->service.identity_desk[0]);
	close(h->service.outcome_in);
	close(h->service.outcome_out);
	answer_cache_free(h->filter.answers);
	signer_memory_free(h->filter.signers);
	public_suffixes_free(h->filter.suffixes);
	inkan_snapshot_free(h->filter.snapshot);
	inkan_context_free(h->filter.engine);
	metrics_free(h->service.metrics);
	config_free(h->config);
}

static void answer_key(struct house *h, const struct key_ask *ask)
{
	struct key_answer answer = {.question = KEY_SIGN, .id = ask->id, .error = h->key_error};
	struct digest_value digest = {.n = KEY_DIGEST_SIZE};
	unsigned char octets[KEY_ANSWER_MAX];

	uint32_t key = ask->key & ~KEY_OF_STORE;

	assert_true(ask->question == KEY_SIGN && key < KEYS_COUNT);
	memcpy(digest.octets, ask->digest, KEY_DIGEST_SIZE);
	if (!answer.error)
		assert_int_equal(
			private_key_sign(crypto, keys[key], DIGEST_SHA256, &digest, answer.signature, &answer.size),
			INKAN_OK);
	size_t n = key_answer_pack(&answer, octets);

	assert_int_equal(send(h->service.key_holder[0], octets, n, 0), n);
}

static void answer_author(struct house *h, const struct identity_ask *ask)
{
	static unsigned char octets[IDENTITY_ANSWER_MAX];
	struct identity_answer answer = {.question = IDENTITY_SIGNERS, .id = ask->id, .error = h->registrar_error};

	assert_true(str_eq(ask->address, STR("alice@example.com")) && str_eq(ask->domain, STR("example.com")));
	for (size_t i = 0; i < h->identities; i++)
		answer.author.signers[answer.author.count++] =
			(struct identity_signer){.key = (uint32_t)i % KEYS_COUNT,
		                                 .algorithm = i % KEYS_COUNT == RSA ? IDENTITY_RSA : IDENTITY_ED25519,
		                                 .selector = {'i', (char)('a' + (char)i)},
		                                 .domain = "mail.example.com"};
	if (h->failed.domain[0])
		answer.author.failed[answer.author.failed_count++] = h->failed;
	size_t n = identity_answer_pack(&answer, octets);

	assert_int_equal(send(h->service.identity_desk[0], octets, n, 0), n);
}

/* The key process, the registrar and the recorder: what lies in their sockets. */
static void others(struct house *h)
{
	unsigned char octets[KEY_ASK_MAX + 1], author[IDENTITY_ASK_MAX + 1];
	static char outcome[1 << 17];
	struct identity_ask about;
	struct key_ask ask;
	ssize_t n;

	while (!h->keeps_outcomes && recv(h->service.outcome_out, outcome, sizeof outcome, 0) > 0)
		;
	while (!h->keys_silent && (n = recv(h->service.key_holder[0], octets, sizeof octets, 0)) > 0) {
		assert_true(key_ask_unpack(octets, (size_t)n, &ask));
		answer_key(h, &ask);
	}
	while (!h->registrar_silent && (n = recv(h->service.identity_desk[0], author, sizeof author, 0)) > 0) {
		assert_true(identity_ask_unpack(author, (size_t)n, &about));
		answer_author(h, &about);
	}
}

static void session_open(struct session *s, struct house *h)
{
	int fd;

	*s = (struct session){.house = h};
	pair(SOCK_STREAM, &s->fd, &fd);
	buf_init(&s->in, WIRE_MAX);
	assert_non_null(buf_reserve(&s->in, 64 * 1024));
	connection_open(&h->worker, fd, true);
}

static void turn(struct session *s, unsigned count)
{
	char octets[4096];
	ssize_t n;

	uv_run(&s->house->worker.loop, UV_RUN_NOWAIT);
	others(s->house);
	while ((n = read(s->fd, octets, sizeof octets)) > 0)
		buf_put(&s->in, str_from(octets, (size_t)n));
	s->ended = s->ended || n == 0 || (n < 0 && errno != EAGAIN);
	if (count > 100) /* what goes on by time */
		usleep(1000);
}

static void session_close(struct session *s)
{
	close(s->fd);
	for (unsigned i = 0; i < 5; i++) {
		uv_run(&s->house->worker.loop, UV_RUN_NOWAIT);
		others(s->house);
	}
	assert_int_equal(s->house->worker.connection_count, 0);
	buf_release(&s->in);
}

static void frame(struct buf *wire, char command, const char *data, size_t n)
{
	char head[] = {(char)((n + 1) >> 24), (char)((n + 1) >> 16), (char)((n + 1) >> 8), (char)(n + 1), command};

	buf_put(wire, str_from(head, sizeof head));
	buf_put(wire, str_from(data, n));
}

#define FRAME(wire, command, text) frame(wire, command, text, sizeof(text) - 1)

static void put_negotiation(struct buf *wire)
{
	FRAME(wire, 'O', "\0\0\0\6\0\0\1\377\0\37\377\377");
}

static void put_message(struct buf *wire, bool outbound, const char *body)
{
	FRAME(wire, 'D', "Cj\0host.example.net\0{daemon_name}\0smtpd\0");
	if (outbound)
		FRAME(wire, 'C', "client.example\0004\0\031127.0.0.1\0");
	else
		FRAME(wire, 'C', "client.example\0004\0\031192.0.2.1\0");
	FRAME(wire, 'H', "mail.example.com\0");
	FRAME(wire, 'D', "Mi\0QUEUE1\0");
	FRAME(wire, 'M', "<alice@example.com>\0SIZE=100\0");
	for (unsigned i = 0; i < 20; i++)
		FRAME(wire, 'R', "<bob@example.org>\0");
	FRAME(wire, 'L', "Authentication-Results\0 mx.example.net; dmarc=pass\0");
	FRAME(wire, 'L', "From\0 Alice <alice@example.com>\0");
	FRAME(wire, 'L', "To\0 bob@example.org\0");
	FRAME(wire, 'L', "Subject\0 folded\n\tsubject\0");
	FRAME(wire, 'L', "Message-ID\0 <1@example.com>\0");
	FRAME(wire, 'N', "");
	frame(wire, 'B', body, strlen(body));
	FRAME(wire, 'E', "");
}

static void send_all(struct session *s, struct str wire)
{
	while (wire.n && !s->ended) {
		ssize_t n = send(s->fd, wire.p, wire.n, MSG_NOSIGNAL);

		if (n > 0)
			wire = str_skip(wire, (size_t)n);
		else if (errno != EAGAIN)
			break;
		turn(s, 0);
	}
}

/* The next frame of inkan; false: there is none yet. */
static bool take(struct session *s, size_t *at, struct str *out)
{
	struct str rest = str_skip(buf_str(&s->in), *at);

	if (rest.n < 5)
		return false;
	const unsigned char *p = (const unsigned char *)rest.p;
	size_t n = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];

	if (rest.n < 4 + n)
		return false;
	*out = str_from(rest.p + 4, n);
	*at += 4 + n;
	return true;
}

static bool is_last(struct answer *a, struct str f)
{
	a->inserted += f.p[0] == 'i';
	a->changed += f.p[0] == 'm';
	a->held += f.p[0] == 'q';
	if (f.p[0] == 'e')
		(void)snprintf(a->sender, sizeof a->sender, "%.*s", (int)f.n - 1, f.p + 1);
	if (!strchr("aytrc", f.p[0]))
		return false;
	a->letter = f.p[0];
	if (f.p[0] == 'y')
		(void)snprintf(a->reply, sizeof a->reply, "%.*s", (int)f.n - 1, f.p + 1);
	return true;
}

/* Reads the answer to a message; fails where neither it nor the end of the connection comes. */
static struct answer read_answer(struct session *s)
{
	struct answer a = {0};
	struct str f;
	size_t at = 0;

	for (unsigned i = 0; i < TURNS_MAX; i++) {
		while (take(s, &at, &f))
			if (is_last(&a, f)) {
				size_t left = s->in.n - at;

				memmove(s->in.p, s->in.p + at, left);
				s->in.n = left;
				return a;
			}
		if (s->ended)
			return (struct answer){0};
		turn(s, i);
	}
	fail_msg("no answer, and the connection stays open");
	return a;
}

/* What a session sends, made before allocations are counted. */
static struct buf wires[2];

static struct answer deliver(struct session *s, bool outbound)
{
	send_all(s, buf_str(&wires[outbound]));
	return read_answer(s);
}

static void negotiate(struct session *s)
{
	struct buf wire;

	buf_init(&wire, 100);
	put_negotiation(&wire);
	send_all(s, buf_str(&wire));
	buf_release(&wire);
}

/* ---- the n-th allocation ---- */

static const struct scenario {
	const char *name;
	const char *more;
	bool outbound;
	unsigned inserted, changed;
	size_t identities;
	const char *failed; /* MAIL FROM domain; the sender stays */
} scenarios[] = {
	{"out of memory: mail from outside", "", false, 2, 1},
	{"out of memory: mail from outside, sealed", SEALING, false, 5, 1},
	{"out of memory: mail of ours, signed with two keys", "", true, 2, 0},
	{"out of memory: mail of ours, signed by a rule and by identities", "", true, 5, 0, 3},
	{"out of memory: a MAIL FROM domain that has failed", "", true, 3, 0, 1, "example.com"},
	{"out of memory: shadow", "mode: shadow\n", false, 0, 0},
};

static bool is_whole(const struct answer *a, const struct scenario *s)
{
	return a->letter == 'a' && a->inserted == s->inserted && a->changed == s->changed;
}

/* What was accepted is whole, or, as failure: tag says, has nothing of ours, and no forged results either. */
static bool is_fine(const struct answer *a, const struct scenario *s)
{
	if (a->letter == 'a')
		return is_whole(a, s) || (a->inserted == 0 && a->changed == s->changed);
	return a->letter == 0 || a->letter == 't' || (a->letter == 'y' && a->reply[0] == '4');
}

static bool fail_nth(struct house *h, const struct scenario *scenario, size_t n)
{
	struct session s;

	session_open(&s, h);
	negotiate(&s);
	alloc_fail_at(n);
	struct answer a = deliver(&s, scenario->outbound);
	bool reached = alloc_count() >= n;

	alloc_fail_at(0);
	if (!is_fine(&a, scenario) || (!reached && !is_whole(&a, scenario)))
		fail_msg("allocation %zu: answer %c (%s), %u inserted, %u changed", n, a.letter ? a.letter : '-',
		         a.reply, a.inserted, a.changed);
	session_close(&s);
	return reached;
}

static void expect_whole(struct house *h, const struct scenario *scenario, size_t n)
{
	struct session s;

	session_open(&s, h);
	negotiate(&s);
	struct answer a = deliver(&s, scenario->outbound);

	if (!is_whole(&a, scenario))
		fail_msg("after allocation %zu had failed: answer %c (%s), %u inserted, %u changed", n,
		         a.letter ? a.letter : '-', a.reply, a.inserted, a.changed);
	session_close(&s);
}

/* Nothing lies at rest: all is made anew. */
static void run_cold(const struct scenario *scenario)
{
	for (size_t n = 1; n < ALLOCATIONS_MAX; n++) {
		struct house h;

		house_open(&h, scenario->more);
		h.identities = scenario->identities;
		snprintf(h.failed.domain, sizeof h.failed.domain, "%s", scenario->failed ? scenario->failed : "");
		bool reached = fail_nth(&h, scenario, n);

		expect_whole(&h, scenario, n);
		house_close(&h);
		if (!reached)
			return;
	}
	fail_msg("more allocations than expected");
}

/* What lies at rest is used again. */
static void run_warm(const struct scenario *scenario)
{
	struct house h;

	house_open(&h, scenario->more);
	h.identities = scenario->identities;
	snprintf(h.failed.domain, sizeof h.failed.domain, "%s", scenario->failed ? scenario->failed : "");
	expect_whole(&h, scenario, 0);
	for (size_t n = 1; n < ALLOCATIONS_MAX && fail_nth(&h, scenario, n); n++)
		expect_whole(&h, scenario, n);
	house_close(&h);
}

static void run_scenario(const void *row)
{
	run_cold(row);
	run_warm(row);
}

/* ---- faults ---- */

static void run_key_failure(const void *row)
{
	struct house h;
	struct session s;

	(void)row;
	house_open(&h, SEALING);
	session_open(&s, &h);
	negotiate(&s);
	h.key_error = INKAN_ECRYPTO;
	/* failure: tag: nothing of ours, nothing forged */
	struct answer a = deliver(&s, false);

	assert_true(a.letter == 'a' && a.inserted == 0 && a.changed == 1);
	a = deliver(&s, true);
	assert_true(a.letter == 'a' && a.inserted == 0 && a.changed == 0);
	h.key_error = 0;
	a = deliver(&s, true);
	assert_true(a.letter == 'a' && a.inserted == 2);
	a = deliver(&s, false);
	assert_true(a.letter == 'a' && a.inserted == 5);
	session_close(&s);
	house_close(&h);
}

static void ignore(void *context)
{
	(void)context;
}

static void run_full_queue(const void *row)
{
	static struct key_request requests[KEY_REQUESTS_MAX];
	unsigned char digest[KEY_DIGEST_SIZE] = {0}, signature[KEY_SIGNATURE_SIZE_MAX];
	struct house h;
	struct session s;
	size_t size;

	(void)row;
	house_open(&h, "");
	h.config->milter.failure = POLICY_TEMPFAIL;
	h.keys_silent = true;
	for (size_t i = 0; i < KEY_REQUESTS_MAX; i++) {
		requests[i] = (struct key_request){.client = h.worker.keys, .done = ignore};
		assert_int_equal(key_request_sign(&requests[i], digest, sizeof digest, signature, &size),
		                 INKAN_PENDING);
	}
	session_open(&s, &h);
	negotiate(&s);
	struct answer a = deliver(&s, true);

	assert_int_equal(a.letter, 'y');
	assert_memory_equal(a.reply, "451 4.3.0", 9);
	for (size_t i = 0; i < KEY_REQUESTS_MAX; i++)
		key_request_cancel(&requests[i]);
	h.keys_silent = false;
	a = deliver(&s, true);
	assert_true(a.letter == 'a' && a.inserted == 2);
	session_close(&s);
	house_close(&h);
}

/* The connection goes while the transaction waits for keys: by its peer, by ABORT, by a new session, by the end of the worker. */
static const struct parting {
	const char *name;
	char command; /* 0: the socket is closed */
	bool outbound;
	bool author; /* it is the registrar that says nothing */
} partings[] = {
	{"the peer goes while a seal is awaited", 0, false},
	{"the peer goes while signatures are awaited", 0, true},
	{"ABORT while a seal is awaited", 'A', false},
	{"ABORT while signatures are awaited", 'A', true},
	{"a new session while signatures are awaited", 'K', true},
	{"QUIT while signatures are awaited", 'Q', true},
	{"a field while signatures are awaited", 'L', true},
	{"the peer goes while it is not known who signs", 0, true, true},
	{"ABORT while it is not known who signs", 'A', true, true},
	{"a new session while it is not known who signs", 'K', true, true},
	{"QUIT while it is not known who signs", 'Q', true, true},
	{"a field while it is not known who signs", 'L', true, true},
};

static void run_parting(const void *row)
{
	const struct parting *p = row;
	struct house h;
	struct session s;
	struct buf wire;

	house_open(&h, SEALING);
	session_open(&s, &h);
	negotiate(&s);
	*(p->author ? &h.registrar_silent : &h.keys_silent) = true;
	buf_init(&wire, WIRE_MAX);
	put_message(&wire, p->outbound, "Hello.\r\n");
	if (p->command)
		frame(&wire, p->command, "x\0y\0", p->command == 'L' ? 4 : 0);
	send_all(&s, buf_str(&wire));
	for (unsigned i = 0; i < 5; i++)
		turn(&s, 0);
	if (p->command == 'A' || p->command == 'K') {
		h.keys_silent = h.registrar_silent = false; /* answers to what nobody waits for any more */
		for (unsigned i = 0; i < 5; i++)
			turn(&s, 0);
		buf_clear(&s.in);
		struct answer a = deliver(&s, p->outbound);

		assert_true(a.letter == 'a' && a.inserted == (p->outbound ? 2 : 5));
	} else {
		assert_true(!p->command || s.ended);
	}
	buf_release(&wire);
	session_close(&s);
	h.keys_silent = h.registrar_silent = false;
	house_close(&h);
}

/* The registrar names more keys than a message has room for, then fails, and says nothing: what it said before holds. */
static void run_registrar(const void *row)
{
	struct house h;
	struct session s;

	(void)row;
	house_open(&h, "");
	h.config->milter.failure = POLICY_TEMPFAIL;
	session_open(&s, &h);
	negotiate(&s);
	h.registrar_error = INKAN_EIO;
	struct answer a = deliver(&s, true);

	assert_int_equal(a.letter, 'y');
	assert_memory_equal(a.reply, "451 4.3.0", 9);
	assert_int_equal(metrics_read(h.service.metrics, METRIC_IDENTITY_DEFERRED), 1);
	h.registrar_error = 0;
	h.identities = IDENTITY_SIGNERS_MAX;
	a = deliver(&s, true);
	assert_true(a.letter == 'a' && a.inserted == SIGNATURES_MAX); /* two of them the rule's */
	h.identities = 1;
	a = deliver(&s, true);
	assert_true(a.letter == 'a' && a.inserted == 3);
	h.registrar_error = INKAN_EIO;
	a = deliver(&s, true);
	assert_true(a.letter == 'a' && a.inserted == 3);
	h.registrar_silent = true;
	a = deliver(&s, true);
	assert_true(a.letter == 'a' && a.inserted == 3);
	assert_int_equal(metrics_read(h.service.metrics, METRIC_IDENTITY_REMEMBERED), 2);
	session_close(&s);
	h.registrar_silent = false;
	house_close(&h);
}

/* ---- a MAIL FROM domain that has failed ---- */

// clang-format off
static const struct failure {
	const char *name, *more, *sender, *failed;
	enum mx_failure behaviour;
	const char *want_reply, *want_sender, *want_reason;
	uint32_t offered; /* actions; 0: all */
} failures[] = {
#define INSTEAD "identities: {default_mail_from: bounces@mail.example.net}\n"
	{"S3-17 reject: refused, with a code that fits", "", "x@m.example.com", "m.example.com", MX_FAILURE_REJECT,
	 "550 5.1.8 MailFromDomainNotVerified: the MX or SPF record of the MAIL FROM domain m.example.com is missing", "", "mail is to be refused", 0},
	{"S3-17 reject, although there is a default", INSTEAD, "x@M.Example.COM", "m.example.com", MX_FAILURE_REJECT, "550 5.1.8", "", "to be refused", 0},
	{"S3-17 default: another envelope sender", INSTEAD, "x@m.example.com", "m.example.com", MX_FAILURE_DEFAULT, "", "<bounces@mail.example.net>", "sent with", 0},
	{"S3-17 default: U-labels are the same domain", INSTEAD, "x@b\xc3\xbc.example.com", "xn--b-eha.example.com", MX_FAILURE_DEFAULT, "",
	 "<bounces@mail.example.net>", "sent with", 0},
	{"S3-17 default, and there is none", "", "x@m.example.com", "m.example.com", MX_FAILURE_DEFAULT, "", "", "no identities.default_mail_from", 0},
	{"S3-17 default, and the mail server does not let it be changed", INSTEAD, "x@m.example.com", "m.example.com", MX_FAILURE_DEFAULT, "", "",
	 "does not let it be changed", 0x1bf},
	{"S3-17 shadow: nothing is refused", "mode: shadow\n", "x@m.example.com", "m.example.com", MX_FAILURE_REJECT, "", "", "to be refused", 0},
	{"S3-17 shadow: nothing is replaced", "mode: shadow\n" INSTEAD, "x@m.example.com", "m.example.com", MX_FAILURE_DEFAULT, "", "", "sent with", 0},
	{"S3-17 another envelope sender is not touched", INSTEAD, "x@example.com", "m.example.com", MX_FAILURE_REJECT, "", "", "", 0},
	{"S3-17 a name below the MAIL FROM domain is another one", INSTEAD, "x@a.m.example.com", "m.example.com", MX_FAILURE_REJECT, "", "", "", 0},
	{"S3-17 a name that only ends alike", INSTEAD, "x@am.example.com", "m.example.com", MX_FAILURE_REJECT, "", "", "", 0},
	{"S3-17 no envelope sender", INSTEAD, "", "m.example.com", MX_FAILURE_REJECT, "", "", "", 0},
	{"S3-17 nothing has failed", INSTEAD, "x@m.example.com", "", MX_FAILURE_REJECT, "", "", "", 0},
};
// clang-format on

static void put_offer(struct buf *wire, uint32_t actions)
{
	char octets[] = "\0\0\0\6\0\0\1\377\0\37\377\377";

	octets[6] = (char)(actions >> 8);
	octets[7] = (char)actions;
	frame(wire, 'O', octets, sizeof octets - 1);
}

static void put_message_from(struct buf *wire, const char *sender)
{
	char address[200];
	int n = snprintf(address, sizeof address, "<%s>", sender);

	FRAME(wire, 'C', "client.example\0004\0\031127.0.0.1\0");
	frame(wire, 'M', address, (size_t)n + 1);
	FRAME(wire, 'R', "<bob@example.org>\0");
	FRAME(wire, 'L', "From\0 Alice <alice@example.com>\0");
	FRAME(wire, 'N', "");
	FRAME(wire, 'E', "");
}

/* What the recorder gets. */
static const char *reason_of_outcome(struct house *h)
{
	static char packed[1 << 17], reason[600];
	struct outcome outcome;
	ssize_t n = recv(h->service.outcome_out, packed, sizeof packed, 0);

	assert_true(n > 0 && outcome_unpack(str_from(packed, (size_t)n), &outcome));
	snprintf(reason, sizeof reason, "%.*s", STR_ARG(outcome.action_reason));
	return reason;
}

static void run_failure(const void *row)
{
	const struct failure *f = row;
	bool is_shadow = strstr(f->more, "shadow") != NULL;
	struct house h;
	struct session s;
	struct buf wire;

	house_open(&h, f->more);
	snprintf(h.failed.domain, sizeof h.failed.domain, "%s", f->failed);
	h.failed.behaviour = f->behaviour;
	h.keeps_outcomes = true;
	session_open(&s, &h);
	buf_init(&wire, WIRE_MAX);
	put_offer(&wire, f->offered ? f->offered : 0x1ff);
	put_message_from(&wire, f->sender);
	send_all(&s, buf_str(&wire));
	struct answer a = read_answer(&s);

	assert_int_equal(a.letter, f->want_reply[0] ? 'y' : 'a');
	if (strncmp(a.reply, f->want_reply, strlen(f->want_reply)) != 0)
		fail_msg("%s", a.reply);
	assert_string_equal(a.sender, f->want_sender);
	assert_int_equal(a.inserted, f->want_reply[0] || is_shadow ? 0 : 2);
	const char *reason = reason_of_outcome(&h);

	if (!strstr(reason, f->want_reason) || (!f->want_reason[0] && reason[0]))
		fail_msg("%s", reason);
	buf_release(&wire);
	session_close(&s);
	house_close(&h);
}

/* What the mail server is asked to allow: to change the sender only where there is one to put in its place. */
static void run_terms(const void *row)
{
	static const struct {
		const char *more;
		uint32_t want;
	} terms[] = {{"", 0x31}, {INSTEAD, 0x71}, {INSTEAD "mode: shadow\n", 0}};

	(void)row;
	for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
		struct house h;
		struct session s;
		struct str frame;
		size_t at = 0;

		house_open(&h, terms[i].more);
		session_open(&s, &h);
		negotiate(&s);
		for (unsigned n = 0; n < TURNS_MAX && !take(&s, &at, &frame); n++)
			turn(&s, n);
		assert_true(frame.n == 13 && frame.p[0] == 'O');
		assert_int_equal((unsigned char)frame.p[7] << 8 | (unsigned char)frame.p[8], terms[i].want);
		session_close(&s);
		house_close(&h);
	}
}

static void run_stop(const void *row)
{
	struct house h;
	struct session s;
	struct buf wire;

	(void)row;
	house_open(&h, "");
	session_open(&s, &h);
	negotiate(&s);
	turn(&s, 0);
	buf_clear(&s.in);
	buf_init(&wire, WIRE_MAX);
	FRAME(&wire, 'M', "<alice@example.com>\0");
	send_all(&s, buf_str(&wire));
	worker_stop(&h.worker);
	turn(&s, 0);
	assert_false(s.ended);
	buf_clear(&wire);
	FRAME(&wire, 'E', "");
	send_all(&s, buf_str(&wire));
	struct answer a = read_answer(&s);

	assert_true(a.letter == 'a' && a.inserted >= 1);
	turn(&s, 0);
	assert_true(s.ended);
	buf_release(&wire);
	session_close(&s);
	house_close(&h);
}

int main(void)
{
	struct test_list list = {0};

	assert_int_equal(crypto_new(&crypto), INKAN_OK);
	assert_int_equal(private_key_from_pem(crypto, forge_pem(FORGE_RSA1024), &keys[RSA], NULL), INKAN_OK);
	assert_int_equal(private_key_from_pem(crypto, forge_pem(FORGE_ED25519), &keys[ED25519], NULL), INKAN_OK);
	for (size_t i = 0; i < 2; i++) {
		buf_init(&wires[i], WIRE_MAX);
		put_message(&wires[i], i == 1, "Hello.\r\n");
	}
	TEST_TABLE(&list, scenarios, run_scenario);
	test_add(&list, "a key process that fails: tag delivers without results, and the next message is signed",
	         run_key_failure, NULL);
	test_add(&list, "4096 requests to the key process on their way: one more message is deferred, not refused",
	         run_full_queue, NULL);
	TEST_TABLE(&list, partings, run_parting);
	test_add(&list, "a registrar with more keys than there is room for, one that fails, one that says nothing",
	         run_registrar, NULL);
	TEST_TABLE(&list, failures, run_failure);
	test_add(&list, "S3-17 the mail server is asked to let its sender be changed only where there is another one",
	         run_terms, NULL);
	test_add(&list, "stop: a message that has begun is answered, then the connection ends", run_stop, NULL);
	int failed = test_run(&list, "server/session");

	buf_release(&wires[0]);
	buf_release(&wires[1]);
	private_key_free(keys[RSA]);
	private_key_free(keys[ED25519]);
	crypto_free(crypto);
	return failed;
}
