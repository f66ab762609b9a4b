/* A session of the service as a mail server has it: octets to a connection and through transaction and engine, with DNS from a
 * snapshot and this program as the key process. The first octet picks the configuration and what the key process does, the
 * second how the rest is cut. What comes back is whole frames of answers; field values hold no line end but folds; in
 * shadow nothing is changed; and when the session is over, nothing is under way. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/config.h"
#include "crypto/crypto.h"
#include "dkim_keys.h"
#include "server/connection.h"
#include "server/key_protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	KEYS_COUNT = 2,
	SHADOW = 1,
	SEAL = 2,
	TAG = 4,
	REFUSE = 8,
	CONFIGS = 16,
	KEYS_FAIL = 16,
	KEYS_LATE = 32,
	WIRE_MAX = 64 << 20
};

struct house {
	struct config *config;
	struct service service;
	struct filter filter;
	struct worker worker;
	bool open;
};

static const char dns[] = "{" FUZZ_DNS ", \"example.com\": {\"TXT\": [\"v=spf1 ip4:192.0.2.0/24 -all\"]},"
			  " \"_dmarc.example.com\": {\"TXT\": [\"v=DMARC1; p=reject\"]},"
			  " \"late.example\": {\"_error\": {\"TXT\": \"TIMEOUT\"}}}";

static struct house houses[CONFIGS];
static struct crypto *crypto;
static struct private_key *keys[KEYS_COUNT];
static enum inkan_algorithm algorithms[KEYS_COUNT] = {INKAN_RSA_SHA256, INKAN_ED25519_SHA256};

static void need(bool fine)
{
	if (!fine)
		abort();
}

/* ---- a worker ---- */

static void write_config(struct buf *out, unsigned options)
{
	buf_printf(out,
	           "user: root\nauthserv_id: mx.example.net\nmode: %s\nverify: {received_spf: yes}\n"
	           "milter: {failure: %s, message_max: 100000}\n"
	           "gateways:\n  - {networks: 198.51.100.0/24, mode: look-behind}\n  - {networks: 203.0.113.0/24, "
	           "mode: exempt}\n"
	           "sign:\n  - from: .example.com\n    keys: [{selector: r1, file: rsa.pem}, {selector: e1, file: "
	           "ed.pem}]\n"
	           "  - from: \"*\"\n    domain: provider.example\n    keys: [{selector: p1, file: rsa.pem}]\n",
	           options & SHADOW ? "shadow" : "active", options & TAG ? "tag" : "tempfail");
	if (options & SEAL)
		buf_put_c(out, "arc: {seal: {domain: example.com, selector: r1, file: rsa.pem}}\n");
	if (options & REFUSE)
		buf_put_c(out, "policy: {dmarc_reject: reject, spf_softfail: quarantine, spf_fail: quarantine,"
		               " spf_fail_unless_dmarc_passes: no, no_author: reject, contact: \"100% %s\"}\n");
}

static void pair(int *a, int *b)
{
	int ends[2];

	need(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends) == 0);
	*a = ends[0];
	*b = ends[1];
}

static void house_open(struct house *h, unsigned options)
{
	struct config_errors errors;
	struct io_error error;
	struct buf text;
	char trouble[100];

	buf_init(&text, 4096);
	write_config(&text, options);
	need(config_parse(buf_str(&text), "/etc/inkan/inkan.yaml", &h->config, &errors) == INKAN_OK);
	buf_release(&text);
	h->service = (struct service){.config = h->config, .metrics = metrics_new(), .workers = 1, .ready = -1};
	pair(&h->service.key_client[0], &h->service.key_holder[0]);
	pair(&h->service.outcome_in, &h->service.outcome_out);
	h->filter = (struct filter){.service = &h->service,
	                            .config = h->config,
	                            .policy = h->config->policy,
	                            .algorithms = algorithms,
	                            .authserv_id = "mx.example.net"};
	need(inkan_context_new(&h->filter.engine) == INKAN_OK);
	need(inkan_snapshot_load(dns, sizeof dns - 1, &h->filter.snapshot, trouble, sizeof trouble) == INKAN_OK);
	need(answer_cache_new(&(struct answer_cache_options){0}, &h->filter.answers) == INKAN_OK);
	need(public_suffixes_open(NULL, &h->filter.suffixes, NULL) == INKAN_OK);
	need(worker_open(&h->worker, &h->filter, 0, &error) == INKAN_OK);
	h->open = true;
}

static struct house *house_of(unsigned options)
{
	struct house *h = &houses[options % CONFIGS];

	if (!crypto) {
		need(crypto_new(&crypto) == INKAN_OK);
		need(private_key_from_pem(crypto, STR(FUZZ_RSA_PEM), &keys[0], NULL) == INKAN_OK);
		need(private_key_from_pem(crypto, STR(FUZZ_ED25519_PEM), &keys[1], NULL) == INKAN_OK);
	}
	if (!h->open)
		house_open(h, options);
	return h;
}

/* ---- the key process and the recorder ---- */

static void answer_key(struct house *h, const struct key_ask *ask, bool fails)
{
	struct key_answer answer = {.question = KEY_SIGN, .id = ask->id, .error = fails ? INKAN_ECRYPTO : 0};
	struct digest_value digest = {.n = KEY_DIGEST_SIZE};
	unsigned char octets[KEY_ANSWER_MAX];

	assert(ask->question == KEY_SIGN && ask->key < KEYS_COUNT);
	memcpy(digest.octets, ask->digest, KEY_DIGEST_SIZE);
	if (!fails)
		need(private_key_sign(crypto, keys[ask->key], DIGEST_SHA256, &digest, answer.signature, &answer.size) ==
		     INKAN_OK);
	(void)!send(h->service.key_holder[0], octets, key_answer_pack(&answer, octets), 0);
}

static void answer_keys(struct house *h, bool fail)
{
	unsigned char octets[KEY_ASK_MAX + 1];
	struct key_ask ask;
	ssize_t n;

	while ((n = recv(h->service.key_holder[0], octets, sizeof octets, 0)) > 0) {
		assert(key_ask_unpack(octets, (size_t)n, &ask));
		answer_key(h, &ask, fail);
	}
}

static void record(struct house *h)
{
	static char octets[OUTCOME_PACKED_MAX];
	struct outcome outcome;
	ssize_t n;

	while ((n = recv(h->service.outcome_out, octets, sizeof octets, 0)) > 0)
		assert(outcome_unpack(str_from(octets, (size_t)n), &outcome));
}

/* ---- what comes back ---- */

static void check_value(struct str value)
{
	size_t end = str_find(value, '\0');

	assert(end + 1 == value.n);
	for (size_t i = 0; i < end; i++) {
		assert(value.p[i] != '\r');
		assert(value.p[i] != '\n' || value.p[i + 1] == ' ' || value.p[i + 1] == '\t');
	}
}

static void check_frame(struct str f, bool shadow)
{
	struct str rest = str_skip(f, 5); /* letter and index */
	size_t name = str_find(rest, '\0');

	assert(!shadow || strchr("Oac", f.p[0]));
	switch (f.p[0]) {
	case 'i':
	case 'm':
		assert(f.n > 5 && name && name < rest.n);
		check_value(str_skip(rest, name + 1));
		break;
	case 'y':
		assert(f.n > 10 && (f.p[1] == '4' || f.p[1] == '5'));
		check_value(str_skip(f, 1));
		assert(str_find(f, '\n') == f.n);
		break;
	case 'q':
		check_value(str_skip(f, 1));
		assert(str_find(f, '\n') == f.n);
		break;
	default:
		assert(strchr("Oact", f.p[0]));
	}
}

static void check_answers(struct str wire, bool shadow)
{
	while (wire.n >= 5) {
		const unsigned char *p = (const unsigned char *)wire.p;
		size_t n = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];

		assert(n > 0);
		if (n > wire.n - 4)
			return; /* the session was over before */
		check_frame(str_from(wire.p + 4, n), shadow);
		wire = str_skip(wire, 4 + n);
	}
}

/* ---- a session ---- */

static bool turn(struct house *h, int fd, unsigned options, bool late, struct buf *in)
{
	char octets[4096];
	ssize_t n;

	uv_run(&h->worker.loop, UV_RUN_NOWAIT);
	if (late || !(options & KEYS_LATE))
		answer_keys(h, options & KEYS_FAIL);
	record(h);
	while ((n = recv(fd, octets, sizeof octets, MSG_DONTWAIT)) > 0)
		buf_put(in, str_from(octets, (size_t)n));
	return n < 0 && errno == EAGAIN;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf in;
	int ends[2];

	if (size < 2)
		return 0;
	struct house *h = house_of(data[0]);
	struct str wire = str_from((const char *)data + 2, size - 2);
	size_t piece = data[1] < 128 ? size : data[1] - 127u;

	buf_init(&in, WIRE_MAX);
	need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
	connection_open(&h->worker, ends[1], true);
	for (bool open = true; open && wire.n;) {
		ssize_t n = send(ends[0], wire.p, str_head(wire, piece).n, MSG_NOSIGNAL);

		wire = str_skip(wire, n > 0 ? (size_t)n : 0);
		open = turn(h, ends[0], data[0], false, &in);
	}
	for (unsigned i = 0; i < 6; i++)
		(void)turn(h, ends[0], data[0], true, &in);
	check_answers(buf_str(&in), data[0] & SHADOW);
	close(ends[0]);
	for (unsigned i = 0; i < 3; i++)
		(void)uv_run(&h->worker.loop, UV_RUN_NOWAIT);
	answer_keys(h, false);
	record(h);
	assert(h->worker.connection_count == 0);
	buf_release(&in);
	return 0;
}
