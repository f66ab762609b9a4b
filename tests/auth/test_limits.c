/* Hostile size: each limit has a name, a text, and a test at n and n+1; time and memory stay bounded. What is large is
 * made while it is read. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "dkim/mail.h"
#include "mail/address.h"
#include "mail/reader.h"
#include "support/case.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { MIB = 1024 * 1024 };

struct cost {
	clock_t start;
	long rss; /* highest so far, KiB */
};

static struct cost cost_begin(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (struct cost){clock(), usage.ru_maxrss};
}

/* The address sanitizer keeps what was freed: there only the time counts. */
static void cost_end(struct cost c, double seconds, long megabytes)
{
	struct cost now = cost_begin();
	double took = (double)(now.start - c.start) / CLOCKS_PER_SEC;
	long grew = (now.rss - c.rss) / 1024;

	print_message("%.2f s, %ld MiB more\n", took, grew);
	if (took > seconds * (SANITIZED ? 10 : 1))
		fail_msg("%.2f s", took);
	if (!SANITIZED && grew > megabytes)
		fail_msg("%ld MiB", grew);
}

static struct inkan_message *new_message(unsigned signatures_max)
{
	struct inkan_message_options options;
	struct inkan_message *m;

	inkan_message_options_init(&options);
	options.signatures_max = signatures_max;
	assert_int_equal(inkan_message_new(judge_context(), &options, &m), INKAN_OK);
	return m;
}

static struct inkan_signer *new_signer(struct inkan_key **key)
{
	struct inkan_signer_options options = seal_options();
	struct str pem = forge_pem(FORGE_ED25519);
	struct inkan_signer *s;

	assert_int_equal(inkan_key_from_pem(judge_context(), pem.p, pem.n, key, NULL), INKAN_OK);
	assert_int_equal(inkan_signer_new(judge_context(), &options, &s, NULL), INKAN_OK);
	assert_int_equal(inkan_signer_add_key(s, "e1", *key), INKAN_OK);
	return s;
}

/* ---- the header ---- */

static const struct header_row {
	const char *name;
	size_t fields; /* besides From */
	size_t size;   /* of the header in all, filled up in the last field; 0: as it comes */
	const char *why;
} header_rows[] = {
	{"10,000 fields", MAIL_FIELDS_MAX - 1, 0, ""},
	{"10,001 fields", MAIL_FIELDS_MAX, 0, "the header has more than 10,000 fields"},
	{"100,000 fields", 100000, 0, "the header has more than 10,000 fields"},
	{"a header of 4 MiB", 1, MAIL_HEADER_SIZE_MAX, ""},
	{"a header of 4 MiB and one octet", 1, MAIL_HEADER_SIZE_MAX + 1, "the header is larger than 4 MiB"},
	{"a header of 10 MiB", 1, 10 * MIB, "the header is larger than 4 MiB"},
	{"a header of 10 MiB without a line end", 0, 10 * MIB, "the header is larger than 4 MiB"},
};

typedef int writer(void *target, const void *octets, size_t n);

static int write_message(void *m, const void *octets, size_t n)
{
	return inkan_message_write(m, octets, n);
}

static int write_signer(void *s, const void *octets, size_t n)
{
	return inkan_signer_write(s, octets, n);
}

/* The header of a row and a body of one line. */
static int put_header(const struct header_row *r, writer *write, void *target)
{
	static const char from[] = "From: a@example.com\r\n", filler[4096] = "X: ";
	size_t size = sizeof from - 1;
	int error = write(target, from, size);

	for (size_t i = 0; i < r->fields && !error; i++, size += 6)
		error = write(target, "X: y\r\n", 6);
	if (r->size) /* the last line goes on: take back its CRLF by a fold */
		error = error ? error : write(target, " ", 1);
	char octets[sizeof filler];

	memset(octets, 'z', sizeof octets);
	for (size++; r->size && size + 2 < r->size && !error;) {
		size_t n = r->size - size - 2 < sizeof octets ? r->size - size - 2 : sizeof octets;

		error = write(target, octets, n);
		size += n;
	}
	if (r->size && r->fields)
		error = error ? error : write(target, "\r\n", 2);
	return error ? error : write(target, "\r\nbody\r\n", 8);
}

static void run_header(const void *row)
{
	const struct header_row *r = row;
	struct cost cost = cost_begin();
	struct inkan_message *m = new_message(0);
	struct inkan_key *key;
	struct inkan_signer *s = new_signer(&key);
	int want = r->why[0] ? INKAN_ELIMIT : INKAN_OK;
	int error = put_header(r, write_message, m);

	error = error ? error : inkan_message_end(m);
	assert_int_equal(error, want);
	assert_string_equal(inkan_message_error(m), r->why);
	error = put_header(r, write_signer, s);
	error = error ? error : inkan_signer_end(s);
	assert_int_equal(error, want);
	assert_string_equal(inkan_signer_error(s), r->why);
	/* after a reset both are as good as new */
	inkan_message_reset(m);
	inkan_signer_reset(s);
	assert_int_equal(inkan_message_write(m, MAIL, strlen(MAIL)), INKAN_OK);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	assert_int_equal(inkan_signer_write(s, MAIL, strlen(MAIL)), INKAN_OK);
	assert_int_equal(inkan_signer_end(s), INKAN_OK);
	inkan_message_free(m);
	inkan_signer_free(s);
	inkan_key_free(key);
	cost_end(cost, 2, 64);
}

/* ---- the body ---- */

static const struct body_row {
	const char *name;
	const char *line;
} body_rows[] = {
	{"a body of gigabytes: lines of text", "The quick brown fox jumps over the lazy dog, and over it again.\r\n"},
	{"a body of gigabytes: white space only",
         " \t  \t  \t    \t\t\t  \t \t \t \t \t                              "},
	{"a body of gigabytes: empty lines only", "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n"},
};

/* 256 MiB; with FULL in the environment 2 GiB and more than 31 bits can count. */
static void run_body(const void *row)
{
	const struct body_row *r = row;
	uint64_t size = (getenv("FULL") ? 2049ull : SANITIZED ? 16 : 256) * MIB;
	struct cost cost = cost_begin();
	struct inkan_key *key;
	struct inkan_signer *s = new_signer(&key);
	struct inkan_message *m = new_message(0);
	const struct inkan_dkim_result *results;
	static char chunk[64 * 1024];
	size_t line = strlen(r->line), n = sizeof chunk / line * line, fields_size;

	for (size_t at = 0; at < n; at += line)
		memcpy(chunk + at, r->line, line);
	assert_int_equal(inkan_signer_write(s, HEAD "\r\n", strlen(HEAD) + 2), INKAN_OK);
	for (uint64_t at = 0; at < size; at += n)
		assert_int_equal(inkan_signer_write(s, chunk, n), INKAN_OK);
	assert_int_equal(inkan_signer_end(s), INKAN_OK);
	const char *fields = inkan_signer_fields(s, &fields_size);

	assert_int_equal(inkan_message_write(m, fields, fields_size), INKAN_OK);
	assert_int_equal(inkan_message_write(m, HEAD "\r\n", strlen(HEAD) + 2), INKAN_OK);
	for (uint64_t at = 0; at < size; at += n)
		assert_int_equal(inkan_message_write(m, chunk, n), INKAN_OK);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	judge_answer(m, &(struct zone_row){"e1._domainkey.example.com", forge_record(FORGE_ED25519), 0}, 1);
	assert_int_equal(inkan_message_evaluate(m), INKAN_OK);
	assert_int_equal(inkan_message_dkim(m, &results), 1);
	assert_fault(&results[0], DKIM_FAULT_NONE);
	inkan_message_free(m);
	inkan_signer_free(s);
	inkan_key_free(key);
	cost_end(cost, getenv("FULL") ? 120 : 10, 8);
}

/* ---- as much of everything as the limits let pass ---- */

static const struct worst {
	const char *name;
	unsigned max;
	size_t names, padding; /* octets of i= */
	size_t fields;
} worsts[] = {
	{"ten signatures of 1,000 names", 0, 1000, 0, 5000},
	{"ten signatures of 64 KiB", 0, 1000, 60000, 5000},
	{"a hundred signatures of 1,000 names", 100, 1000, 0, 9000},
	{"sixty signatures of 64 KiB", 100, 1000, 61000, 9900},
};

static void run_worst(const void *row)
{
	const struct worst *r = row;
	struct cost cost = cost_begin();
	struct zone_row zone[5];
	struct buf field, message;
	struct inkan_message *m = new_message(r->max);
	const struct inkan_dkim_result *results;
	size_t signatures = r->max ? r->padding ? 60 : 100 : 10;
	char *notes = calloc(1, 6000);

	/* four large records of other keys each, and broken signatures: everything is tried */
	assert_non_null(notes);
	snprintf(notes, 6000, "%s; n=", forge_record(FORGE_RSA2048));
	memset(notes + strlen(notes), 'n', 5000 - strlen(notes));
	for (size_t i = 0; i < 5; i++)
		zone[i] = (struct zone_row){KEY_NAME, notes, 0};
	buf_init(&field, 200000);
	buf_init(&message, 8 * MIB);
	buf_put_c(&field, "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed; d=example.com; s=s1; i=");
	for (size_t i = 0; i < r->padding; i++)
		buf_put_char(&field, 'i');
	buf_put_c(&field, "@example.com; h=from");
	for (size_t i = 1; i < r->names; i++)
		buf_put_c(&field, ":x");
	buf_put_c(&field, "; bh=g3zLYH4xKxcPrHOD18z9YfpQcnk/GaJedfustWU5uGs=; b=");
	for (size_t i = 0; i < 342; i++)
		buf_put_char(&field, 'A');
	buf_put_c(&field, "==\r\n");
	for (size_t i = 0; i < signatures; i++)
		buf_put(&message, buf_str(&field));
	buf_put_c(&message, "From: a@example.com\r\n");
	for (size_t i = 0; i < r->fields && message.n < MAIL_HEADER_SIZE_MAX - 100; i++)
		buf_put_c(&message, "X: y\r\n");
	buf_put_c(&message, "\r\n");
	assert_int_equal(buf_error(&message), INKAN_OK);
	assert_int_equal(inkan_message_write(m, message.p, message.n), INKAN_OK);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	judge_answer(m, zone, 5);
	assert_int_equal(inkan_message_evaluate(m), INKAN_OK);
	assert_int_equal(inkan_message_dkim(m, &results), signatures);
	for (size_t i = 0; i < signatures; i++)
		assert_int_equal(results[i].result, INKAN_FAIL);
	assert_non_null(inkan_message_authentication_results(m, "mx.example"));
	free(notes);
	buf_release(&field);
	buf_release(&message);
	inkan_message_free(m);
	cost_end(cost, 5, 160);
}

/* ---- chains ---- */

static const struct chain_row {
	const char *name;
	unsigned sets;
	const char *result, *property; /* of the fields that record results; repeated as often as a reader reads them */
	size_t results, properties;
	size_t names, name_size, padding; /* of each signature: entries of h=, octets of each, octets of another tag */
} chain_rows[] = {
	{"50 ARC sets that record thousands of results", 50, "; m=pass (a comment, so that it is kept)", " a.b=c", 100,
         100, 1, 1, 0},
	{"50 ARC sets with 1,000 names each", 50, "; m=pass", "", 1, 0, 1000, 4, 0},
	{"50 ARC sets of 80 KiB", 50, "; m=pass", "", 1, 0, 1000, 38, 39000},
	{"49 ARC sets of 80 KiB", 49, "; m=pass", "", 1, 0, 1000, 38, 39000},
};

static void put_chain_signature(struct buf *out, const char *head, const char *h, const struct chain_row *r)
{
	buf_put_c(out, head);
	buf_put_c(out, h);
	for (size_t i = 1; h[0] && i < r->names; i++)
		buf_printf(out, ":%0*zu", (int)r->name_size, i);
	buf_put_c(out, h[0] ? "" : "; z=");
	for (size_t i = 0; !h[0] && i < r->padding; i++)
		buf_put_char(out, 'z');
	buf_put_c(out, "; b=");
	for (size_t i = 0; i < 342; i++)
		buf_put_char(out, 'A');
	buf_put_c(out, "==\r\n");
}

static void put_chain(struct buf *out, const struct chain_row *r)
{
	char head[200];

	for (unsigned i = r->sets; i >= 1; i--) {
		buf_printf(out, "ARC-Authentication-Results: i=%u; mx.example", i);
		for (size_t k = 0; k < r->results; k++) {
			buf_put_c(out, r->result);
			for (size_t n = 0; n < r->properties; n++)
				buf_put_c(out, r->property);
		}
		buf_put_c(out, "\r\n");
		snprintf(head, sizeof head,
		         "ARC-Message-Signature: i=%u; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=k%u; "
		         "bh=g3zLYH4xKxcPrHOD18z9YfpQcnk/GaJedfustWU5uGs=; h=",
		         i, i);
		put_chain_signature(out, head, "from", r);
		snprintf(head, sizeof head, "ARC-Seal: i=%u; a=rsa-sha256; cv=%s; d=example.com; s=s%u", i,
		         i == 1 ? "none" : "pass", i);
		put_chain_signature(out, head, "", r);
	}
	buf_put_c(out, "From: a@example.com\r\n\r\n");
	assert_int_equal(buf_error(out), INKAN_OK);
}

/* Whoever writes such a chain has a verdict all the same: the chain fails, and no limit stops the rest. */
static void run_chain(const void *row)
{
	const struct chain_row *r = row;
	struct cost cost = cost_begin();
	struct inkan_message *m = new_message(0);
	struct inkan_key *key;
	struct inkan_sealer_options options;
	struct inkan_sealer *s;
	struct buf message;
	struct str pem = forge_pem(FORGE_RSA2048);

	inkan_sealer_options_init(&options);
	options.domain = options.authserv_id = "mx.example";
	assert_int_equal(inkan_key_from_pem(judge_context(), pem.p, pem.n, &key, NULL), INKAN_OK);
	assert_int_equal(inkan_sealer_new(judge_context(), &options, &s, NULL), INKAN_OK);
	assert_int_equal(inkan_sealer_set_key(s, "s1", key), INKAN_OK);
	buf_init(&message, 8 * MIB);
	put_chain(&message, r);
	assert_in_range(message.n, 0, MAIL_HEADER_SIZE_MAX);
	assert_int_equal(inkan_message_write(m, message.p, message.n), INKAN_OK);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	judge_answer(m, NULL, 0);
	assert_int_equal(inkan_message_evaluate(m), INKAN_OK);
	const struct inkan_arc_result *arc = inkan_message_verdict(m)->arc;

	assert_int_equal(arc->result, INKAN_FAIL);
	assert_int_equal(arc->listed_sets, r->sets);
	assert_non_null(inkan_message_authentication_results(m, "mx.example"));
	int error = inkan_sealer_write(s, message.p, message.n);

	error = error ? error : inkan_sealer_end(s, m);
	assert_int_equal(error, r->sets == 50 ? INKAN_EREFUSED : INKAN_OK);
	inkan_sealer_free(s);
	inkan_key_free(key);
	inkan_message_free(m);
	buf_release(&message);
	cost_end(cost, 5, 160);
}

/* ---- answers one by one ---- */

enum { LARGE_RECORD = 60000 };

/* Records as large as they come, each of which wants more. */
static const char *hostile_record(const char *name)
{
	static char policy[LARGE_RECORD], spf[LARGE_RECORD], other[LARGE_RECORD];

	if (!policy[0]) {
		size_t n = (size_t)snprintf(policy, sizeof policy, "v=DMARC1; sp=reject; rua=");

		while (n < 16000)
			n += (size_t)snprintf(policy + n, sizeof policy - n, "mailto:%%61@b.example,");
		n = (size_t)snprintf(spf, sizeof spf, "v=spf1");
		for (int i = 0; i < 10; i++)
			n += (size_t)snprintf(spf + n, sizeof spf - n, " include:%d.%%{d2}", i);
		memset(other, ';', sizeof other - 1);
	}
	return strncmp(name, "_dmarc.", 7) == 0 ? policy : strstr(name, "_domainkey") ? other : spf;
}

static void answer_hostile(struct inkan_message *m, const struct inkan_question *q)
{
	const char *text = hostile_record(q->name);
	size_t size = strlen(text);

	if (q->type == INKAN_DNS_TXT)
		assert_int_equal(inkan_message_answer_txt(m, q, &text, &size, 1), INKAN_OK);
	else
		assert_int_equal(inkan_message_answer_failure(m, q, INKAN_DNS_NODATA), INKAN_OK);
}

/* A hundred signatures of names of their own below the author's domain, fifty sets, and records that want ever more; judged
 * after each answer. */
static void run_trickle(const void *row)
{
	static const struct chain_row chain = {"", 50, "; m=pass", " a.b=c", 10, 10, 100, 4, 0};
	const struct inkan_session session = {.struct_size = sizeof session,
	                                      .ip = "192.0.2.1",
	                                      .helo = "helo.example",
	                                      .mail_from = "a@bounce.example.com"};
	struct cost cost = cost_begin();
	struct inkan_message *m = new_message(100);
	const struct inkan_question *questions;
	struct buf message;
	size_t rounds = 0;
	int state;

	(void)row;
	buf_init(&message, 8 * MIB);
	for (int i = 0; i < 1000; i++)
		buf_printf(&message,
		           "DKIM-Signature: v=1; a=rsa-sha256; d=d%d.example.com; s=s; h=from; "
		           "bh=g3zLYH4xKxcPrHOD18z9YfpQcnk/GaJedfustWU5uGs=; b=AAAA\r\n",
		           i);
	put_chain(&message, &chain);
	assert_int_equal(inkan_message_set_session(m, &session), INKAN_OK);
	assert_int_equal(inkan_message_write(m, message.p, message.n), INKAN_OK);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	for (; (state = inkan_message_evaluate(m)) == INKAN_NEED_DNS; rounds++) {
		assert_true(inkan_message_questions(m, &questions) > 0);
		answer_hostile(m, &questions[0]);
	}
	print_message("%zu answers\n", rounds);
	assert_int_equal(state, INKAN_OK);
	assert_in_range(rounds, 200, 1000);
	assert_int_equal(inkan_message_verdict(m)->dkim_count, 1000);
	assert_int_equal(inkan_message_verdict(m)->arc->result, INKAN_FAIL);
	assert_true(inkan_message_verdict(m)->kind == INKAN_VERDICT_FAIL ||
	            inkan_message_verdict(m)->kind == INKAN_VERDICT_UNKNOWN);
	assert_non_null(inkan_message_authentication_results(m, "mx.example"));
	inkan_message_free(m);
	buf_release(&message);
	cost_end(cost, 5, 64);
}

/* ---- values ---- */

static void run_nul(const void *row)
{
	static const char fields[][60] = {"DKIM-Signature: v=1\0; a=b; c=d", "DKIM-Signature: \0v=1; a=b",
	                                  "DKIM-Signature: v=1; d=exam\0ple.com", "DKIM-Signature: v=1;\0"};
	struct judged j;

	(void)row;
	for (size_t i = 0; i < 4; i++) {
		char text[200];
		size_t n = strlen(fields[i]) + 1 + strlen(fields[i] + strlen(fields[i]) + 1);

		memcpy(text, fields[i], n);
		memcpy(text + n, "\r\nFrom: a\r\n\r\n", 14);
		judge(&j, NULL, str_from(text, n + 13), NULL, 0);
		assert_int_equal(j.count, 1);
		assert_fault(&j.results[0], DKIM_FAULT_TAG_LIST);
		judged_release(&j);
	}
}

/* A record with a NUL is no tag list. */
static void run_nul_record(const void *row)
{
	const char *text = "v=DKIM1; p=\0AAAA";
	size_t size = 16;
	struct inkan_message *m = new_message(0);
	const struct inkan_question *questions;
	const struct inkan_dkim_result *results;
	struct buf message;

	(void)row;
	buf_init(&message, 10000);
	forge(&message, USUAL, FORGE_RSA2048, STR(MAIL));
	assert_int_equal(inkan_message_write(m, message.p, message.n), INKAN_OK);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	assert_int_equal(inkan_message_questions(m, &questions), 3);
	assert_int_equal(inkan_message_answer_txt(m, questions, &text, &size, 1), INKAN_OK);
	judge_answer(m, NULL, 0);
	assert_int_equal(inkan_message_evaluate(m), INKAN_OK);
	assert_int_equal(inkan_message_dkim(m, &results), 1);
	assert_fault(&results[0], DKIM_FAULT_KEY_TAG_LIST);
	inkan_message_free(m);
	buf_release(&message);
}

static void run_records(const void *row)
{
	static char text[65000];
	const char *texts[200];
	size_t sizes[200];
	struct cost cost = cost_begin();
	struct inkan_message *m = new_message(0);
	const struct inkan_question *questions;
	const struct inkan_dkim_result *results;
	struct buf message;

	(void)row;
	memset(text, ';', sizeof text);
	for (size_t i = 0; i < 200; i++) {
		texts[i] = text;
		sizes[i] = sizeof text;
	}
	buf_init(&message, 10000);
	forge(&message, USUAL, FORGE_RSA2048, STR(MAIL));
	assert_int_equal(inkan_message_write(m, message.p, message.n), INKAN_OK);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	assert_int_equal(inkan_message_questions(m, &questions), 3);
	/* 100 records fit into the cap for answers; 200 do not, and are a temporary trouble */
	assert_int_equal(inkan_message_answer_txt(m, questions, texts, sizes, 200), INKAN_OK);
	judge_answer(m, NULL, 0);
	assert_int_equal(inkan_message_evaluate(m), INKAN_OK);
	assert_int_equal(inkan_message_dkim(m, &results), 1);
	assert_fault(&results[0], DKIM_FAULT_DNS_SERVFAIL);
	inkan_message_reset(m);
	assert_int_equal(inkan_message_write(m, message.p, message.n), INKAN_OK);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	assert_int_equal(inkan_message_questions(m, &questions), 3);
	assert_int_equal(inkan_message_answer_txt(m, questions, texts, sizes, 100), INKAN_OK);
	judge_answer(m, NULL, 0);
	assert_int_equal(inkan_message_evaluate(m), INKAN_OK);
	assert_int_equal(inkan_message_dkim(m, &results), 1);
	assert_fault(&results[0], DKIM_FAULT_KEY_SIZE);
	inkan_message_free(m);
	buf_release(&message);
	cost_end(cost, 5, 32);
}

static void run_comments(const void *row)
{
	enum { DEPTH = 1000000 };
	struct cost cost = cost_begin();
	struct address_list list;
	struct arena arena;
	char *text = malloc(2 * DEPTH + 20);

	(void)row;
	assert_non_null(text);
	memset(text, '(', DEPTH);
	memset(text + DEPTH, ')', DEPTH);
	memcpy(text + 2 * DEPTH, "a@example.com", 14);
	arena_init(&arena, 16 * MIB);
	address_list_parse(&arena, str_from(text, 2 * DEPTH + 13), &list);
	assert_int_equal(list.error, ADDRESS_COMMENT_DEPTH);
	assert_true(address_error_text(list.error)[0]);
	arena_release(&arena);
	free(text);
	cost_end(cost, 2, 32);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, header_rows, run_header);
	TEST_TABLE(&list, body_rows, run_body);
	TEST_TABLE(&list, worsts, run_worst);
	TEST_TABLE(&list, chain_rows, run_chain);
	test_add(&list, "a hostile message, judged after each answer", run_trickle, NULL);
	test_add(&list, "tags with NUL", run_nul, NULL);
	test_add(&list, "a key record with NUL", run_nul_record, NULL);
	test_add(&list, "hundreds of key records of 64 KiB", run_records, NULL);
	test_add(&list, "comments a million deep in From", run_comments, NULL);
	return test_run(&list, "auth/limits");
}
