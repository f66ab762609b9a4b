/* What a message costs beyond its own signatures: DMARC with all records at hand, an ARC chain of three sets, and rounds of
 * DNS. Times are the fastest of many turns. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "auth/message.h"
#include "core/base64.h"
#include "core/buf.h"
#include "crypto/crypto.h"
#include "dmarc/dmarc.h"
#include "dns/snapshot.h"
#include "inkan/inkan.h"

enum { TURNS = 100, TURN_NS = 2000000, MESSAGE_MAX = 1024 * 1024 };

#define MAIL                                                                                         \
	"From: Hanako <hanako@one.two.example.com>\r\nTo: taro@example.net\r\nSubject: Estimate\r\n" \
	"Date: Sat, 21 Nov 2026 18:30:00 +0900\r\nMessage-ID: <1@example.com>\r\n\r\nDear Taro,\r\n\r\nsee below.\r\n"

static struct inkan_context *context;
static struct inkan_key *key;
static struct evidence *zone;
static struct inkan_snapshot *snapshot;

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench_message: %s failed\n", what);
	exit(1);
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* ns a call, at best */
static double fastest(void (*run)(void *), void *argument)
{
	double best = 0;

	for (int i = 0; i < TURNS; i++) {
		double start = now_ns(), end;
		size_t n = 0;

		do {
			run(argument);
			n++;
			end = now_ns();
		} while (end - start < TURN_NS);
		best = best == 0 || (end - start) / (double)n < best ? (end - start) / (double)n : best;
	}
	return best;
}

/* ---- what is judged ---- */

static const char ZONE[] =
	"\"_dmarc.example.com\": {\"TXT\": [\"v=DMARC1; p=reject; rua=mailto:reports@example.com\"]}, "
	"\"example.com\": {\"TXT\": [\"v=spf1 include:a.example -all\"]}, "
	"\"a.example\": {\"TXT\": [\"v=spf1 include:b.example -all\"]}, "
	"\"b.example\": {\"TXT\": [\"v=spf1 mx:d.example -all\"]}, "
	"\"d.example\": {\"MX\": [[1, \"h.d.example\"]]}, \"h.d.example\": {\"A\": [\"192.0.2.1\"]}";
static const char *const LONGEST_CHAIN[] = {"TXT example.com", "TXT a.example", "TXT b.example", "MX d.example",
                                            "A h.d.example"};

static void make_key(void)
{
	struct crypto *crypto;
	struct private_key *pair;
	struct public_key *half;
	struct buf pem, der, text, json;
	struct snapshot_error where;

	buf_init(&pem, 10000);
	buf_init(&der, 10000);
	buf_init(&text, 10000);
	buf_init(&json, 100000);
	must(!crypto_new(&crypto) && !private_key_generate_rsa(crypto, 2048, &pair), "making a key");
	must(!private_key_to_pem(pair, &pem) && !private_key_public(crypto, pair, &half), "private_key_public");
	must(!inkan_key_from_pem(context, pem.p, pem.n, &key, NULL), "inkan_key_from_pem");
	public_key_encode(half, &der);
	base64_encode(&text, (const unsigned char *)der.p, der.n);
	buf_put_char(&json, '{');
	for (int i = 1; i <= 3; i++)
		buf_printf(&json, "\"s%d._domainkey.example.com\": {\"TXT\": [\"p=%.*s\"]}, ", i, (int)text.n, text.p);
	buf_put_c(&json, ZONE);
	buf_put_char(&json, '}');
	must(!snapshot_load(buf_str(&json), &zone, &where), "snapshot_load");
	must(!inkan_snapshot_load(json.p, json.n, &snapshot, NULL, 0), "inkan_snapshot_load");
	public_key_unref(half);
	private_key_free(pair);
	crypto_free(crypto);
	buf_release(&pem);
	buf_release(&der);
	buf_release(&text);
	buf_release(&json);
}

static struct inkan_message *new_message(bool closed, unsigned flags)
{
	struct inkan_message_options options;
	struct inkan_message *m;

	inkan_message_options_init(&options);
	options.snapshot = closed ? snapshot : NULL;
	options.flags = flags;
	must(!inkan_message_new(context, &options, &m), "inkan_message_new");
	return m;
}

/* Two signatures on top. */
static void sign(struct buf *out, struct str message)
{
	struct inkan_signer_options options;
	struct inkan_signer *signer;
	size_t n;

	inkan_signer_options_init(&options);
	options.domain = "example.com";
	must(!inkan_signer_new(context, &options, &signer, NULL), "inkan_signer_new");
	must(!inkan_signer_add_key(signer, "s1", key) && !inkan_signer_add_key(signer, "s2", key),
	     "inkan_signer_add_key");
	must(!inkan_signer_write(signer, message.p, message.n) && !inkan_signer_end(signer), "inkan_signer_end");
	const char *fields = inkan_signer_fields(signer, &n);

	buf_put(out, str_from(fields, n));
	buf_put(out, message);
	inkan_signer_free(signer);
}

static void seal(struct buf *out, struct str message)
{
	struct inkan_sealer_options options;
	struct inkan_message *judged = new_message(true, 0);
	struct inkan_sealer *sealer;
	size_t n;

	inkan_sealer_options_init(&options);
	options.domain = options.authserv_id = "example.com";
	must(!inkan_sealer_new(context, &options, &sealer, NULL) && !inkan_sealer_set_key(sealer, "s3", key),
	     "inkan_sealer_new");
	must(!inkan_message_write(judged, message.p, message.n) && !inkan_message_end(judged) &&
	             !inkan_message_evaluate(judged),
	     "inkan_message_evaluate");
	must(!inkan_sealer_write(sealer, message.p, message.n) && !inkan_sealer_end(sealer, judged),
	     "inkan_sealer_end");
	const char *fields = inkan_sealer_fields(sealer, &n);

	buf_put(out, str_from(fields, n));
	buf_put(out, message);
	inkan_sealer_free(sealer);
	inkan_message_free(judged);
}

static void set_session(struct inkan_message *m)
{
	const struct inkan_session session = {.struct_size = sizeof session,
	                                      .ip = "192.0.2.1",
	                                      .helo = "h.invalid",
	                                      .mail_from = "hanako@example.com"};

	must(!inkan_message_set_session(m, &session), "inkan_message_set_session");
}

/* ---- rounds of DNS ---- */

static void count_rounds(struct str message)
{
	struct inkan_message *m = new_message(false, 0);
	struct evidence *evidence = message_evidence(m);
	const struct dns_question *open;
	size_t rounds = 0, asked = 0, n;

	set_session(m);
	must(!inkan_message_write(m, message.p, message.n) && !inkan_message_end(m), "inkan_message_end");
	while (inkan_message_evaluate(m) == INKAN_NEED_DNS) {
		struct dns_question questions[EVIDENCE_QUESTIONS_MAX];

		n = evidence_open(evidence, &open);
		memcpy(questions, open, n * sizeof *open);
		for (size_t i = 0; i < n; i++)
			must(!evidence_add(evidence, questions[i].type, questions[i].name,
			                   evidence_find(zone, questions[i].type, questions[i].name)),
			     "evidence_add");
		asked += n;
		rounds++;
	}
	must(inkan_message_verdict(m) && inkan_message_verdict(m)->kind == INKAN_VERDICT_PASS, "the cold message");
	printf("a cold message with SPF includes, two signatures and a tree walk: %zu rounds of DNS for %zu questions; "
	       "its longest chain "
	       "has %zu: ",
	       rounds, asked, sizeof LONGEST_CHAIN / sizeof *LONGEST_CHAIN);
	for (size_t i = 0; i < sizeof LONGEST_CHAIN / sizeof *LONGEST_CHAIN; i++)
		printf("%s%s", i ? ", " : "", LONGEST_CHAIN[i]);
	printf("\n");
	inkan_message_free(m);
}

/* ---- DMARC ---- */

struct dmarc_work {
	struct str from, provider;
	struct arena arena;
	struct evidence *evidence;
};

static void evaluate_dmarc(void *argument)
{
	struct dmarc_work *w = argument;
	struct dmarc_identifier spf = {.domain = STR("example.com"), .result = INKAN_PASS};
	struct dmarc_identifier dkim[] = {{.domain = STR("example.com"), .result = INKAN_PASS},
	                                  {.domain = w->provider, .result = INKAN_PASS}};
	struct dmarc_query query = {.from_domain = w->from, .spf = &spf, .spf_count = 1, .dkim = dkim, .dkim_count = 2};
	struct inkan_dmarc_result result;
	bool pending = false;

	arena_reset(&w->arena);
	must(!dmarc_evaluate(&w->arena, w->evidence, &query, &result, &pending) && !pending &&
	             result.result == INKAN_PASS,
	     "dmarc_evaluate");
}

static void measure_dmarc(const char *what, const char *from, const char *provider)
{
	struct dmarc_work w = {.from = str_c(from), .provider = str_c(provider)};

	arena_init(&w.arena, 1024 * 1024);
	must(!evidence_new(zone, 0, 0, &w.evidence), "evidence_new");
	double ns = fastest(evaluate_dmarc, &w);

	printf("DMARC, evidence at hand, %s: %.2f us, target below 2: %s\n", what, ns / 1000,
	       ns < 2000 ? "met" : "MISSED");
	evidence_free(w.evidence);
	arena_release(&w.arena);
}

/* ---- ARC ---- */

struct message_work {
	struct inkan_message *m;
	struct str text;
};

static void judge(void *argument)
{
	struct message_work *w = argument;

	must(!inkan_message_write(w->m, w->text.p, w->text.n) && !inkan_message_end(w->m) &&
	             !inkan_message_evaluate(w->m),
	     "inkan_message_evaluate");
	inkan_message_reset(w->m);
}

struct verify_work {
	struct crypto *crypto;
	struct public_key *half;
	struct digest_value digest;
	struct str signature;
};

static void verify(void *argument)
{
	struct verify_work *w = argument;
	bool valid;

	must(!public_key_verify(w->crypto, w->half, DIGEST_SHA256, &w->digest, w->signature, &valid) && valid,
	     "public_key_verify");
}

static double one_verification(void)
{
	struct verify_work w = {.digest = {.n = 32, .octets = {1, 2, 3}}};
	unsigned char signature[KEY_SIGNATURE_MAX];
	struct private_key *pair;
	size_t size;

	must(!crypto_new(&w.crypto) && !private_key_generate_rsa(w.crypto, 2048, &pair) &&
	             !private_key_public(w.crypto, pair, &w.half) &&
	             !private_key_sign(w.crypto, pair, DIGEST_SHA256, &w.digest, signature, &size),
	     "making a signature");
	w.signature = str_from((const char *)signature, size);
	double ns = fastest(verify, &w);

	public_key_unref(w.half);
	private_key_free(pair);
	crypto_free(w.crypto);
	return ns;
}

/* A chain costs one RSA verification for each seal and for each message signature that still fits the body. */
static void measure_arc(struct str message)
{
	struct message_work with = {new_message(true, 0), message},
			    without = {new_message(true, INKAN_WITHOUT_ARC), message};
	double rsa = one_verification(), chain = fastest(judge, &with) - fastest(judge, &without);

	printf("ARC chain of 3 sets, body as it was: %.1f us, that is %.2f RSA verifications (%.1f us each); RFC 8617 "
	       "asks for 4, and "
	       "oldest-pass for 2 more\n",
	       chain / 1000, chain / rsa, rsa / 1000);
	inkan_message_free(with.m);
	inkan_message_free(without.m);
}

int main(void)
{
	struct buf text, other;

	buf_init(&text, MESSAGE_MAX);
	buf_init(&other, MESSAGE_MAX);
	must(!inkan_context_new(&context), "inkan_context_new");
	make_key();
	sign(&text, STR(MAIL));
	count_rounds(buf_str(&text));
	measure_dmarc("author, SPF and DKIM of one domain, a second signature", "example.com", "provider.example");
	measure_dmarc("a walk of four names for the author", "one.two.example.com", "provider.example");
	measure_dmarc("and one for a signature", "one.two.example.com", "three.example.com");
	for (int i = 0; i < 3; i++) {
		buf_clear(&other);
		seal(&other, buf_str(&text));
		buf_clear(&text);
		buf_put(&text, buf_str(&other));
	}
	measure_arc(buf_str(&text));
	buf_release(&text);
	buf_release(&other);
	inkan_key_free(key);
	inkan_snapshot_free(snapshot);
	evidence_free(zone);
	inkan_context_free(context);
	return 0;
}
