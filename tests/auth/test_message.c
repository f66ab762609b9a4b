/* inkan_message_…: one message from its first octet to its results. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "dkim/mail.h"
#include "support/alloc.h"
#include "support/case.h"
#include "support/random.h"

static struct buf two_signatures; /* RSA over Ed25519, both good */
static struct buf tagged_subject; /* the same with a tag in the subject */

static const struct zone_row *zone(void)
{
	static struct zone_row rows[2];

	rows[0] = (struct zone_row){KEY_NAME, forge_record(FORGE_RSA2048), 0};
	rows[1] = (struct zone_row){"e1._domainkey.example.com", forge_record(FORGE_ED25519), 0};
	return rows;
}

static struct inkan_message *new_message(void)
{
	struct inkan_message_options options;
	struct inkan_message *m;

	inkan_message_options_init(&options);
	assert_int_equal(inkan_message_new(judge_context(), &options, &m), INKAN_OK);
	return m;
}

/* ---- options ---- */

static const struct option_row {
	const char *name;
	size_t size_off; /* subtracted from struct_size */
	unsigned signatures_max;
	int error;
} option_rows[] = {
	{"defaults", 0, 0, INKAN_OK},
	{"struct_size of another version", 8, 0, INKAN_EUSAGE},
	{"one signature", 0, 1, INKAN_OK},
	{"a hundred signatures", 0, 100, INKAN_OK},
	{"a hundred and one signatures", 0, 101, INKAN_EUSAGE},
};

static void run_options(const void *row)
{
	const struct option_row *r = row;
	struct inkan_message_options options;
	struct inkan_message *m = NULL;

	inkan_message_options_init(&options);
	options.struct_size -= r->size_off;
	options.signatures_max = r->signatures_max;
	assert_int_equal(inkan_message_new(judge_context(), &options, &m), r->error);
	assert_true(r->error ? !m : !!m);
	inkan_message_free(m);
}

static void no_options(const void *row)
{
	struct inkan_message *m = NULL;

	(void)row;
	assert_int_equal(inkan_message_new(judge_context(), NULL, &m), INKAN_EUSAGE);
	assert_null(m);
}

/* ---- order of calls ---- */

static void run_order(const void *row)
{
	const struct inkan_dkim_result *results;
	const struct inkan_question *questions;
	struct inkan_message *m = new_message();

	(void)row;
	assert_int_equal(inkan_message_evaluate(m), INKAN_EUSAGE);
	assert_int_equal(inkan_message_dkim(m, &results), 0);
	assert_null(inkan_message_authentication_results(m, "mx.example"));
	assert_int_equal(inkan_message_questions(m, &questions), 0);
	assert_int_equal(inkan_message_write(m, NULL, 0), INKAN_OK);
	assert_int_equal(inkan_message_write(m, two_signatures.p, two_signatures.n), INKAN_OK);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	assert_int_equal(inkan_message_write(m, "x", 1), INKAN_EUSAGE);
	assert_int_equal(inkan_message_end(m), INKAN_EUSAGE);
	assert_int_equal(inkan_message_dkim(m, &results), 0);
	assert_null(inkan_message_authentication_results(m, "mx.example"));
	assert_int_equal(inkan_message_evaluate(m), INKAN_NEED_DNS);
	assert_int_equal(inkan_message_dkim(m, &results), 0);
	judge_answer(m, zone(), 1);
	assert_int_equal(inkan_message_evaluate(m), INKAN_OK);
	assert_int_equal(inkan_message_evaluate(m), INKAN_OK);
	assert_int_equal(inkan_message_dkim(m, &results), 2);
	assert_fault(&results[0], DKIM_FAULT_NONE);
	assert_fault(&results[1], DKIM_FAULT_KEY_MISSING);
	assert_string_equal(inkan_message_error(m), "");
	inkan_message_free(m);
	inkan_message_free(NULL);
}

static const struct bare {
	const char *name;
	struct str message;
	const char *dmarc;
} bares[] = {
	{"an empty message has no results", {"", 0}, "permerror reason=\"no From field\""},
	{"a message without signature has no results",
         {MAIL, sizeof MAIL - 1},
         "none reason=\"no policy record\" header.from=example.com"},
	{"a body only has no results", {"\r\nbody", 6}, "permerror reason=\"no From field\""},
	{"NUL octets only have no results", {"\0\0\0", 3}, "permerror reason=\"no From field\""},
};

static void run_bare(const void *row)
{
	const struct bare *r = row;
	struct judged j;

	char want[200];

	snprintf(want, sizeof want, "Authentication-Results: mx.example;\r\n dkim=none;\r\n arc=none;\r\n dmarc=%s\r\n",
	         r->dmarc);
	judge(&j, NULL, r->message, NULL, 0);
	assert_int_equal(j.count, 0);
	assert_string_equal(inkan_message_authentication_results(j.message, "mx.example"), want);
	judged_release(&j);
}

/* ---- chunks ---- */

/* All that a result says, as text. */
static void describe(struct buf *out, const struct inkan_dkim_result *results, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct inkan_dkim_result *r = &results[i];

		buf_printf(out, "%d %d %d %s %s %s %s %s %s %s %s ", (int)r->result, (int)r->cause, (int)r->explanation,
		           r->reason, r->section, r->domain, r->selector, r->identity, r->algorithm,
		           r->canonicalization, r->signature_prefix);
		buf_printf(out, "%u %d %jd %jd %jd %ju %s %s %d %s %s", r->key_bits, r->testing, (intmax_t)r->timestamp,
		           (intmax_t)r->expiration, (intmax_t)r->body_length, (uintmax_t)r->body_size,
		           r->body_hash_signed, r->body_hash_computed, r->header_verified, r->changed_header,
		           r->change);
		for (size_t k = 0; k < r->signed_header_count; k++)
			buf_printf(out, " %s", r->signed_headers[k]);
		buf_put_char(out, '\n');
	}
	assert_int_equal(buf_error(out), INKAN_OK);
}

/* Judges the message in chunks: of `size` octets, or of random ones where it is 0. */
static void judge_chunks(struct inkan_message *m, struct str message, size_t size, struct random *random,
                         struct buf *out)
{
	const struct inkan_dkim_result *results = NULL;

	while (message.n) {
		struct str chunk = str_head(message, size ? size : random_below(random, 40));

		assert_int_equal(inkan_message_write(m, chunk.p, chunk.n), INKAN_OK);
		message = str_skip(message, chunk.n);
	}
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	judge_answer(m, zone(), 2);
	assert_int_equal(inkan_message_evaluate(m), INKAN_OK);
	size_t count = inkan_message_dkim(m, &results);

	describe(out, results, count);
	buf_put_c(out, inkan_message_authentication_results(m, "mx.example"));
}

static void run_chunks(const void *row)
{
	struct inkan_message *m = new_message();
	struct random random = {1};
	struct buf whole, other;

	(void)row;
	buf_init(&whole, 100000);
	buf_init(&other, 100000);
	judge_chunks(m, buf_str(&tagged_subject), tagged_subject.n, &random, &whole);
	for (size_t size = 0; size < 200; size++) {
		inkan_message_reset(m);
		buf_clear(&other);
		judge_chunks(m, buf_str(&tagged_subject), size < 100 ? size : 0, &random, &other);
		assert_true(str_eq(buf_str(&whole), buf_str(&other)));
	}
	inkan_message_free(m);
	buf_release(&whole);
	buf_release(&other);
}

/* ---- reset ---- */

static void run_reset(const void *row)
{
	static const char *const broken[] = {"From: x\r\n", "From: x\r\n\r\nbod", "", "DKIM-Signature: v=1"};
	struct inkan_message *m = new_message();
	const struct inkan_question *questions;
	struct random random = {2};
	struct buf first, other;

	(void)row;
	buf_init(&first, 100000);
	buf_init(&other, 100000);
	for (int round = 0; round < 40; round++) {
		const char *part = broken[round % 4];

		/* something else, left at any point */
		assert_int_equal(inkan_message_write(m, part, strlen(part)), INKAN_OK);
		if (round % 8 < 4)
			assert_int_equal(inkan_message_end(m), INKAN_OK);
		inkan_message_reset(m);
		assert_int_equal(inkan_message_questions(m, &questions), 0);
		buf_clear(&other);
		judge_chunks(m, buf_str(&two_signatures), 0, &random, &other);
		if (round == 0)
			buf_put(&first, buf_str(&other));
		assert_true(str_eq(buf_str(&first), buf_str(&other)));
		inkan_message_reset(m);
	}
	inkan_message_free(m);
	buf_release(&first);
	buf_release(&other);
}

static void run_reset_after_error(const void *row)
{
	struct inkan_message *m = new_message();
	struct random random = {3};
	struct buf out;
	int error = INKAN_OK;

	(void)row;
	buf_init(&out, 100000);
	while (!error)
		error = inkan_message_write(m, "X: y\r\nX: z\r\n", 12);
	assert_int_equal(error, INKAN_ELIMIT);
	assert_int_equal(inkan_message_write(m, "x", 1), INKAN_ELIMIT);
	assert_int_equal(inkan_message_end(m), INKAN_ELIMIT);
	assert_int_equal(inkan_message_evaluate(m), INKAN_ELIMIT);
	assert_null(inkan_message_authentication_results(m, "mx.example"));
	inkan_message_reset(m);
	assert_string_equal(inkan_message_error(m), "");
	judge_chunks(m, buf_str(&two_signatures), 100, &random, &out);
	inkan_message_free(m);
	buf_release(&out);
}

/* ---- questions and answers ---- */

/* They are known when the header is, in the order of the fields, each once. */
static void run_questions(const void *row)
{
	struct inkan_message *m = new_message();
	const struct inkan_question *questions;
	struct buf message;

	(void)row;
	buf_init(&message, 100000);
	forge(&message, USUAL, FORGE_RSA2048, buf_str(&two_signatures)); /* the same key once more */
	size_t header = str_search(buf_str(&message), STR("\r\n\r\n")) + 4;

	assert_int_equal(inkan_message_write(m, message.p, header - 1), INKAN_OK);
	assert_int_equal(inkan_message_questions(m, &questions), 0);
	assert_int_equal(inkan_message_write(m, message.p + header - 1, 1), INKAN_OK);
	assert_int_equal(inkan_message_questions(m, &questions), 4);
	assert_string_equal(questions[0].name, KEY_NAME);
	assert_string_equal(questions[1].name, "e1._domainkey.example.com");
	assert_string_equal(questions[2].name, "_dmarc.example.com");
	assert_string_equal(questions[3].name, "_dmarc.com");
	assert_int_equal(questions[0].type, INKAN_DNS_TXT);
	judge_answer(m, zone(), 2);
	assert_int_equal(inkan_message_questions(m, &questions), 0);
	assert_int_equal(inkan_message_write(m, message.p + header, message.n - header), INKAN_OK);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	assert_int_equal(inkan_message_evaluate(m), INKAN_OK);
	inkan_message_free(m);
	buf_release(&message);
}

/* A caller may ask after every chunk of a long body. */
static void run_polling(const void *row)
{
	struct inkan_message *m = new_message();
	const struct inkan_question *questions;

	(void)row;
	assert_int_equal(inkan_message_write(m, two_signatures.p, two_signatures.n), INKAN_OK);
	for (size_t i = 0; i < 500000; i++)
		assert_int_equal(inkan_message_questions(m, &questions), 4);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	judge_answer(m, zone(), 2);
	assert_int_equal(inkan_message_evaluate(m), INKAN_OK);
	inkan_message_free(m);
}

/* The array stays as it is while its questions are answered one after the other. */
static void run_batch(const void *row)
{
	struct inkan_message *m = new_message();
	const struct inkan_question *questions, *left;
	const struct inkan_dkim_result *results;

	(void)row;
	assert_int_equal(inkan_message_write(m, two_signatures.p, two_signatures.n), INKAN_OK);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	assert_int_equal(inkan_message_evaluate(m), INKAN_NEED_DNS);
	assert_int_equal(inkan_message_questions(m, &questions), 4);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(questions[i].name, zone()[i].name);
		const char *text = zone()[i].text;
		size_t size = strlen(text);

		assert_int_equal(inkan_message_answer_txt(m, &questions[i], &text, &size, 1), INKAN_OK);
	}
	for (size_t i = 2; i < 4; i++)
		assert_int_equal(inkan_message_answer_failure(m, &questions[i], INKAN_DNS_NXDOMAIN), INKAN_OK);
	assert_int_equal(inkan_message_questions(m, &left), 0);
	assert_int_equal(inkan_message_evaluate(m), INKAN_OK);
	assert_int_equal(inkan_message_dkim(m, &results), 2);
	assert_fault(&results[0], DKIM_FAULT_NONE);
	assert_fault(&results[1], DKIM_FAULT_NONE);
	inkan_message_free(m);
}

static void run_wrong_answers(const void *row)
{
	struct inkan_message *m = new_message();
	const struct inkan_question *questions;
	struct inkan_question odd = {INKAN_DNS_A, KEY_NAME};
	const unsigned char packet[12] = {0};

	(void)row;
	assert_int_equal(inkan_message_write(m, two_signatures.p, two_signatures.n), INKAN_OK);
	assert_int_equal(inkan_message_answer_txt(m, &odd, NULL, NULL, 0), INKAN_EUSAGE);
	odd.type = (enum inkan_dns_type)12345;
	assert_int_equal(inkan_message_answer_packet(m, &odd, packet, 12, false), INKAN_EUSAGE);
	assert_int_equal(inkan_message_answer_failure(m, &odd, INKAN_DNS_NODATA), INKAN_EUSAGE);
	odd = (struct inkan_question){INKAN_DNS_TXT, "a..b"};
	assert_int_equal(inkan_message_answer_packet(m, &odd, packet, 12, false), INKAN_EUSAGE);
	assert_int_equal(inkan_message_answer_txt(m, &odd, NULL, NULL, 0), INKAN_EUSAGE);
	odd.name = KEY_NAME;
	assert_int_equal(inkan_message_answer_failure(m, &odd, (enum inkan_dns_failure)0), INKAN_EUSAGE);
	assert_int_equal(inkan_message_answer_failure(m, &odd, (enum inkan_dns_failure)6), INKAN_EUSAGE);
	assert_int_equal(inkan_message_questions(m, &questions), 4); /* none of it closed a question */
	assert_string_equal(inkan_message_error(m), "");
	/* no record at all is "no such record"; the last answer stands */
	assert_int_equal(inkan_message_answer_txt(m, &odd, NULL, NULL, 0), INKAN_OK);
	judge_answer(m, zone(), 2);
	odd.name = "E1._domainKEY.example.com.";
	assert_int_equal(inkan_message_answer_failure(m, &odd, INKAN_DNS_TIMEOUT), INKAN_OK);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	assert_int_equal(inkan_message_evaluate(m), INKAN_OK);
	const struct inkan_dkim_result *results;

	assert_int_equal(inkan_message_dkim(m, &results), 2);
	assert_fault(&results[0], DKIM_FAULT_KEY_MISSING);
	assert_fault(&results[1], DKIM_FAULT_DNS_TIMEOUT);
	inkan_message_free(m);
}

/* ---- answers as records ---- */

#define HOST "host.example.com"

static char longest_name[INKAN_DNS_NAME_MAX + 1], longest_with_dot[INKAN_DNS_NAME_MAX + 2],
	too_long[INKAN_DNS_NAME_MAX + 2];

/* The answer to the one question of a type that an SPF record leads to; HOST has the address 192.0.2.1. */
static const struct record_row {
	const char *name, *spf, *ip;
	enum inkan_dns_type type;
	size_t count;
	struct inkan_dns_record records[2];
	enum inkan_result want;
} record_rows[] = {
	{"A",
         "v=spf1 a -all",
         "192.0.2.9",
         INKAN_DNS_A,
         2,
         {{.address = {192, 0, 2, 8}}, {.address = {192, 0, 2, 9}}},
         INKAN_PASS},
	{"A, another address", "v=spf1 a -all", "192.0.2.9", INKAN_DNS_A, 1, {{.address = {192, 0, 2, 8}}}, INKAN_FAIL},
	{"AAAA",
         "v=spf1 a -all",
         "2001:db8::9",
         INKAN_DNS_AAAA,
         1,
         {{.address = {0x20, 1, 0xd, 0xb8, [15] = 9}}},
         INKAN_PASS},
	{"no record: the type does not exist", "v=spf1 a -all", "192.0.2.9", INKAN_DNS_A, 0, {{0}}, INKAN_FAIL},
	{"MX", "v=spf1 mx -all", "192.0.2.1", INKAN_DNS_MX, 1, {{.name = HOST, .preference = 10}}, INKAN_PASS},
	{"MX in capitals with a final dot",
         "v=spf1 mx -all",
         "192.0.2.1",
         INKAN_DNS_MX,
         1,
         {{.name = "HOST.Example.COM."}},
         INKAN_PASS},
	{"MX with an escaped final dot",
         "v=spf1 mx -all",
         "192.0.2.1",
         INKAN_DNS_MX,
         1,
         {{.name = HOST "\\."}},
         INKAN_FAIL},
	{"the null MX", "v=spf1 mx -all", "192.0.2.1", INKAN_DNS_MX, 1, {{.name = "."}}, INKAN_FAIL},
	{"PTR", "v=spf1 ptr -all", "192.0.2.1", INKAN_DNS_PTR, 1, {{.name = HOST}}, INKAN_PASS},
	{"TXT without text", "v=spf1 include:b.example -all", "192.0.2.1", INKAN_DNS_TXT, 1, {{0}}, INKAN_PERMERROR},
	{"a name of INKAN_DNS_NAME_MAX octets",
         "v=spf1 mx -all",
         "192.0.2.1",
         INKAN_DNS_MX,
         2,
         {{.name = longest_name}, {.name = HOST}},
         INKAN_PASS},
	{"a name of INKAN_DNS_NAME_MAX octets and a final dot",
         "v=spf1 mx -all",
         "192.0.2.1",
         INKAN_DNS_MX,
         2,
         {{.name = longest_with_dot}, {.name = HOST}},
         INKAN_PASS},
	{"a name of one octet more",
         "v=spf1 mx -all",
         "192.0.2.1",
         INKAN_DNS_MX,
         2,
         {{.name = too_long}, {.name = HOST}},
         INKAN_TEMPERROR},
	{"an empty name", "v=spf1 mx -all", "192.0.2.1", INKAN_DNS_MX, 1, {{.name = ""}}, INKAN_TEMPERROR},
	{"a name with a control character",
         "v=spf1 mx -all",
         "192.0.2.1",
         INKAN_DNS_MX,
         1,
         {{.name = "host\n.example.com"}},
         INKAN_TEMPERROR},
};

static struct inkan_message *new_message_from(const char *ip)
{
	struct inkan_message *m = new_message();
	const struct inkan_session session = {
		.struct_size = sizeof session, .ip = ip, .helo = "mail.example.com", .mail_from = "a@example.com"};

	assert_int_equal(inkan_message_set_session(m, &session), INKAN_OK);
	assert_int_equal(inkan_message_write(m, MAIL, sizeof MAIL - 1), INKAN_OK);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	return m;
}

static void answer_records_of(const struct record_row *r, struct inkan_message *m, const struct inkan_question *q)
{
	const struct inkan_dns_record spf = {.text = r->spf, .size = strlen(r->spf)},
				      host = {.address = {192, 0, 2, 1}};
	int error;

	if (q->type == INKAN_DNS_TXT && !strcmp(q->name, "example.com"))
		error = inkan_message_answer_records(m, q, &spf, 1, true);
	else if (q->type == INKAN_DNS_A && !strcmp(q->name, HOST))
		error = inkan_message_answer_records(m, q, &host, 1, false);
	else if (q->type == r->type && q->name[0] != '_' && strcmp(q->name, "mail.example.com") != 0)
		error = inkan_message_answer_records(m, q, r->records, r->count, false);
	else
		error = inkan_message_answer_failure(m, q, INKAN_DNS_NXDOMAIN);
	assert_int_equal(error, INKAN_OK);
}

static void run_records(const void *row)
{
	const struct record_row *r = row;
	struct inkan_message *m = new_message_from(r->ip);
	const struct inkan_question *questions;

	memset(longest_name, 'a', INKAN_DNS_NAME_MAX);
	memset(longest_with_dot, 'a', INKAN_DNS_NAME_MAX);
	longest_with_dot[INKAN_DNS_NAME_MAX] = '.';
	memset(too_long, 'a', INKAN_DNS_NAME_MAX + 1);
	while (inkan_message_evaluate(m) == INKAN_NEED_DNS) {
		size_t count = inkan_message_questions(m, &questions);

		for (size_t i = 0; i < count; i++)
			answer_records_of(r, m, &questions[i]);
	}
	const struct inkan_verdict *verdict = inkan_message_verdict(m);

	assert_non_null(verdict);
	if (verdict->spf->result != r->want)
		fail_msg("%s %s", inkan_result_name(verdict->spf->result), verdict->spf->reason);
	inkan_message_free(m);
}

static const struct refused_record_row {
	const char *name;
	struct inkan_question question;
	struct inkan_dns_record record;
} refused_records[] = {
	{"no such type", {(enum inkan_dns_type)12345, "example.com"}, {.name = HOST}},
	{"a type that nothing asks", {(enum inkan_dns_type)2, "example.com"}, {.name = HOST}},
	{"TXT without text, but with a size", {INKAN_DNS_TXT, "example.com"}, {.size = 1}},
	{"MX without name", {INKAN_DNS_MX, "example.com"}, {.preference = 10}},
	{"a question that is no name", {INKAN_DNS_A, "a..b"}, {.address = {192, 0, 2, 1}}},
};

static void run_refused_record(const void *row)
{
	const struct refused_record_row *r = row;
	struct inkan_message *m = new_message_from("192.0.2.1");
	const struct inkan_question *questions;
	size_t before = inkan_message_questions(m, &questions);

	assert_int_equal(inkan_message_answer_records(m, &r->question, &r->record, 1, false), INKAN_EUSAGE);
	assert_int_equal(inkan_message_questions(m, &questions), before);
	inkan_message_free(m);
}

/* ---- answers off the wire ---- */

static void put16(struct buf *out, unsigned v)
{
	buf_put_char(out, (char)(v >> 8));
	buf_put_char(out, (char)v);
}

static void put_name(struct buf *out, const char *name)
{
	struct str rest = str_c(name);

	while (rest.n) {
		struct str label = str_split(&rest, '.');

		buf_put_char(out, (char)label.n);
		buf_put(out, label);
	}
	buf_put_char(out, '\0');
}

static void put_record(struct buf *out, const char *owner, unsigned type, struct str rdata)
{
	put_name(out, owner);
	put16(out, type);
	put16(out, 1);
	put16(out, 0);
	put16(out, 300);
	put16(out, (unsigned)rdata.n);
	buf_put(out, rdata);
}

/* A TXT record of strings of at most 200 octets. */
static void put_txt(struct buf *out, const char *owner, struct str text)
{
	struct buf rdata;

	buf_init(&rdata, 70000);
	while (text.n) {
		struct str part = str_head(text, 200);

		buf_put_char(&rdata, (char)part.n);
		buf_put(&rdata, part);
		text = str_skip(text, part.n);
	}
	put_record(out, owner, 16, buf_str(&rdata));
	buf_release(&rdata);
}

static void put_head(struct buf *out, unsigned flags, const char *question, unsigned answers)
{
	put16(out, 4711);
	put16(out, flags);
	put16(out, 1);
	put16(out, answers);
	put16(out, 0);
	put16(out, 0);
	put_name(out, question);
	put16(out, 16);
	put16(out, 1);
}

static const struct packet_row {
	const char *name;
	unsigned flags;
	const char *question; /* NULL: KEY_NAME */
	const char *alias;    /* the question's CNAME */
	bool with_key;
	enum dkim_fault_id fault;
} packets[] = {
	{"a packet with the key", 0x8180, NULL, NULL, true, DKIM_FAULT_NONE},
	{"a packet with a CNAME and the key", 0x8180, NULL, "k.example.net", true, DKIM_FAULT_NONE},
	{"a packet with a CNAME to nowhere", 0x8183, NULL, "k.example.net", false, DKIM_FAULT_KEY_MISSING},
	{"a packet: no such name", 0x8183, NULL, NULL, false, DKIM_FAULT_KEY_MISSING},
	{"a packet: no such record", 0x8180, NULL, NULL, false, DKIM_FAULT_KEY_MISSING},
	{"a packet: server failure", 0x8182, NULL, NULL, false, DKIM_FAULT_DNS_SERVFAIL},
	{"a packet: refused", 0x8185, NULL, NULL, false, DKIM_FAULT_DNS_SERVFAIL},
	{"a packet that is a question", 0x0100, NULL, NULL, true, DKIM_FAULT_DNS_SERVFAIL},
	{"a packet that was cut off", 0x8380, NULL, NULL, true, DKIM_FAULT_DNS_SERVFAIL},
	{"a packet about something else", 0x8180, "other.example", NULL, true, DKIM_FAULT_DNS_SERVFAIL},
};

static void put_packet(struct buf *out, const struct packet_row *r)
{
	put_head(out, r->flags, r->question ? r->question : KEY_NAME, (unsigned)(r->with_key + !!r->alias));
	if (r->alias) {
		struct buf target;

		buf_init(&target, 300);
		put_name(&target, r->alias);
		put_record(out, KEY_NAME, 5, buf_str(&target));
		buf_release(&target);
	}
	if (r->with_key)
		put_txt(out, r->alias ? r->alias : KEY_NAME, str_c(forge_record(FORGE_RSA2048)));
	assert_int_equal(buf_error(out), INKAN_OK);
}

static enum inkan_dkim_cause judge_packet(struct str packet, enum dkim_fault_id fault)
{
	const struct inkan_dkim_result *results = NULL;
	struct inkan_message *m = new_message();
	struct inkan_question question = {INKAN_DNS_TXT, KEY_NAME};
	/* of exactly its size, so that the address sanitizer sees the first octet read behind it */
	unsigned char *copy = malloc(packet.n ? packet.n : 1);

	assert_non_null(copy);
	if (packet.n)
		memcpy(copy, packet.p, packet.n);
	assert_int_equal(inkan_message_write(m, two_signatures.p, two_signatures.n), INKAN_OK);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	assert_int_equal(inkan_message_answer_packet(m, &question, copy, packet.n, true), INKAN_OK);
	free(copy);
	judge_answer(m, zone(), 2);
	assert_int_equal(inkan_message_evaluate(m), INKAN_OK);
	assert_int_equal(inkan_message_dkim(m, &results), 2);
	enum inkan_dkim_cause cause = results[0].cause;

	if (fault != DKIM_FAULT_COUNT)
		assert_fault(&results[0], fault);
	inkan_message_free(m);
	return cause;
}

static void run_packet(const void *row)
{
	const struct packet_row *r = row;
	struct buf packet;

	buf_init(&packet, 70000);
	put_packet(&packet, r);
	judge_packet(buf_str(&packet), r->fault);
	buf_release(&packet);
}

static void run_cut_packet(const void *row)
{
	struct buf packet;

	(void)row;
	buf_init(&packet, 70000);
	put_packet(&packet, &packets[1]);
	for (size_t n = 0; n < packet.n; n++)
		assert_int_equal(judge_packet(str_head(buf_str(&packet), n), DKIM_FAULT_COUNT), INKAN_DKIM_DNS);
	buf_release(&packet);
}

/* ---- the Authentication-Results field ---- */

static void run_authres(const void *row)
{
	struct judged j;

	(void)row;
	judge(&j, NULL, buf_str(&tagged_subject), zone(), 2);
	const char *text = inkan_message_authentication_results(j.message, "mx.example");

	assert_non_null(text);
	assert_non_null(strstr(text, "Authentication-Results: mx.example;\r\n dkim=fail (signature did not verify) "
	                             "reason=\"signature did not verify\""));
	assert_non_null(strstr(text, "(2048-bit key)"));
	assert_non_null(strstr(text, "header.d=example.com"));
	assert_string_equal(text + strlen(text) - 2, "\r\n");
	assert_null(inkan_message_authentication_results(j.message, ""));
	assert_null(inkan_message_authentication_results(j.message, NULL));
	assert_null(inkan_message_authentication_results(j.message, "mx.example\r\nX: y"));
	assert_null(inkan_message_authentication_results(j.message, "m\xc3\xa4x.example"));
	assert_non_null(inkan_message_authentication_results(j.message, "mx.example"));
	judged_release(&j);
}

/* ---- line ends ---- */

static const struct line_row {
	const char *name;
	enum inkan_line_ends line_ends;
	bool lf_only;
	bool passes;
} line_rows[] = {
	{"V29 strict: CRLF", INKAN_LINE_ENDS_STRICT, false, true},
	{"V29 strict: LF ends no line", INKAN_LINE_ENDS_STRICT, true, false},
	{"V29 normalise: CRLF stays", INKAN_LINE_ENDS_NORMALISE, false, true},
	{"V29 normalise: LF becomes CRLF, once", INKAN_LINE_ENDS_NORMALISE, true, true},
};

static void run_line_ends(const void *row)
{
	const struct line_row *r = row;
	struct inkan_message_options options;
	struct buf message;
	struct judged j;

	buf_init(&message, 100000);
	for (size_t i = 0; i < two_signatures.n; i++)
		if (!r->lf_only || two_signatures.p[i] != '\r')
			buf_put_char(&message, two_signatures.p[i]);
	inkan_message_options_init(&options);
	options.line_ends = r->line_ends;
	judge(&j, &options, buf_str(&message), zone(), 2);
	assert_int_equal(j.count == 2 && j.results[0].result == INKAN_PASS, r->passes);
	judged_release(&j);
	buf_release(&message);
}

/* ---- out of memory ---- */

struct scenario {
	const char *name;
	const struct buf *message;
	enum dkim_fault_id fault;
};

/* The two keys are there, policies are not. */
static int answer_both(struct inkan_message *m)
{
	static const char *const names[] = {KEY_NAME, "e1._domainkey.example.com"};
	const struct inkan_question *questions;
	int error = INKAN_OK;

	for (size_t i = 0; i < 2 && !error; i++) {
		const char *text = zone()[i].text;
		size_t size = strlen(text);

		error = inkan_message_answer_txt(m, &(struct inkan_question){INKAN_DNS_TXT, names[i]}, &text, &size, 1);
	}
	while (!error && inkan_message_questions(m, &questions))
		error = inkan_message_answer_failure(m, &questions[0], INKAN_DNS_NXDOMAIN);
	return error;
}

/* The whole way; where there are results, they are the right ones. */
static int verify_all(const struct scenario *s)
{
	struct inkan_context *context = NULL;
	struct inkan_message_options options;
	struct inkan_message *m = NULL;
	const struct inkan_dkim_result *results = NULL;
	int error = inkan_context_new(&context);

	inkan_message_options_init(&options);
	if (!error)
		error = inkan_message_new(context, &options, &m);
	if (!error)
		error = inkan_message_write(m, s->message->p, s->message->n);
	if (!error)
		error = inkan_message_end(m);
	if (!error)
		error = answer_both(m);
	if (!error)
		error = inkan_message_evaluate(m);
	size_t count = m ? inkan_message_dkim(m, &results) : 0;

	assert_int_equal(count, error ? 0 : 2);
	for (size_t i = 0; i < count; i++)
		assert_fault(&results[i], s->fault);
	if (!error && !inkan_message_authentication_results(m, "mx.example"))
		error = INKAN_ENOMEM;
	inkan_message_free(m);
	inkan_context_free(context);
	return error;
}

static void run_no_memory(const void *row)
{
	const struct scenario *s = row;
	bool reached = true;

	for (size_t n = 1; reached; n++) {
		alloc_fail_at(n);
		int error = verify_all(s);

		reached = alloc_count() >= n;
		alloc_fail_at(0);
		if (error != (reached ? INKAN_ENOMEM : INKAN_OK))
			fail_msg("allocation %zu: %s", n, inkan_strerror(error));
		assert_true(n < 2000);
	}
}

static void run_snapshot_no_memory(const void *row)
{
	static const char json[] = "{\"a.example\": {\"TXT\": [\"x\", [\"y\", \"z\"]], \"CNAME\": [\"b.example\"]}, "
				   "\"b.example\": {\"A\": [\"192.0.2.1\"], \"_error\": {\"TXT\": \"TIMEOUT\"}}}";
	bool reached = true;

	(void)row;
	for (size_t n = 1; reached; n++) {
		struct inkan_snapshot *snapshot = NULL;
		char text[200] = "untouched";

		alloc_fail_at(n);
		int error = inkan_snapshot_load(json, sizeof json - 1, &snapshot, text, sizeof text);

		reached = alloc_count() >= n;
		alloc_fail_at(0);
		assert_int_equal(error, reached ? INKAN_ENOMEM : INKAN_OK);
		assert_string_equal(text, "untouched");
		inkan_snapshot_free(snapshot);
		assert_true(n < 1000);
	}
}

/* ---- snapshots ---- */

static void run_snapshot_error(const void *row)
{
	static const char json[] = "{\n  \"a.example\": {\"A\": [\"192.0.2.300\"]}}";
	struct inkan_snapshot *snapshot = NULL;
	char text[200] = "", little[4] = "";

	(void)row;
	assert_int_equal(inkan_snapshot_load(json, sizeof json - 1, &snapshot, text, sizeof text), INKAN_ESYNTAX);
	assert_null(snapshot);
	assert_int_equal(strncmp(text, "2:", 2), 0);
	assert_int_equal(inkan_snapshot_load(json, sizeof json - 1, &snapshot, little, sizeof little), INKAN_ESYNTAX);
	assert_int_equal(little[3], '\0');
	assert_int_equal(inkan_snapshot_load(json, sizeof json - 1, &snapshot, NULL, 0), INKAN_ESYNTAX);
	assert_int_equal(inkan_snapshot_load("", 0, &snapshot, NULL, 0), INKAN_ESYNTAX);
	inkan_snapshot_free(NULL);
}

/* ---- threads on one context ---- */

static void *verify_many(void *results_out)
{
	size_t *passed = results_out;

	for (int i = 0; i < 50; i++) {
		struct inkan_message_options options;
		const struct inkan_dkim_result *results = NULL;
		struct inkan_message *m = NULL;
		size_t count = 0;

		inkan_message_options_init(&options);
		if (!inkan_message_new(judge_context(), &options, &m) &&
		    !inkan_message_write(m, two_signatures.p, two_signatures.n) && !inkan_message_end(m) &&
		    !answer_both(m) && !inkan_message_evaluate(m))
			count = inkan_message_dkim(m, &results);
		for (size_t k = 0; k < count; k++)
			*passed += results[k].result == INKAN_PASS;
		inkan_message_free(m);
	}
	return NULL;
}

static void run_threads(const void *row)
{
	enum { THREADS = 4 };
	pthread_t threads[THREADS];
	size_t passed[THREADS] = {0};

	(void)row;
	(void)zone();
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, verify_many, &passed[i]), 0);
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(passed[i], 100);
	}
}

int main(void)
{
	static const struct scenario scenarios[] = {
		{"out of memory: two good signatures", &two_signatures, DKIM_FAULT_NONE},
		{"out of memory: searching for the changed field", &tagged_subject, DKIM_FAULT_HEADER_CHANGED},
	};
	struct test_list list = {0};
	struct buf one;

	buf_init(&one, 100000);
	buf_init(&two_signatures, 100000);
	buf_init(&tagged_subject, 100000);
	forge(&one, ED25519_E1, FORGE_ED25519, STR(MAIL));
	forge(&two_signatures, SIGNATURE("c=simple; d=example.com; s=s1; " NAMES), FORGE_RSA2048, buf_str(&one));
	put_changed(&tagged_subject, buf_str(&two_signatures), "Estimate", "[ml] Estimate");
	(void)judge_context();

	TEST_TABLE(&list, option_rows, run_options);
	test_add(&list, "no options", no_options, NULL);
	test_add(&list, "order of calls", run_order, NULL);
	TEST_TABLE(&list, bares, run_bare);
	test_add(&list, "any chunking gives the same results", run_chunks, NULL);
	test_add(&list, "reset at any point", run_reset, NULL);
	test_add(&list, "errors are sticky until reset", run_reset_after_error, NULL);
	test_add(&list, "questions are known with the header", run_questions, NULL);
	test_add(&list, "asking for the questions half a million times", run_polling, NULL);
	test_add(&list, "questions are answered one after the other", run_batch, NULL);
	test_add(&list, "wrong answers are refused", run_wrong_answers, NULL);
	TEST_TABLE(&list, record_rows, run_records);
	TEST_TABLE(&list, refused_records, run_refused_record);
	TEST_TABLE(&list, packets, run_packet);
	test_add(&list, "a packet cut off anywhere is a temporary error", run_cut_packet, NULL);
	test_add(&list, "Authentication-Results", run_authres, NULL);
	TEST_TABLE(&list, line_rows, run_line_ends);
	TEST_TABLE(&list, scenarios, run_no_memory);
	test_add(&list, "out of memory: loading a snapshot", run_snapshot_no_memory, NULL);
	test_add(&list, "a snapshot's error has line and column", run_snapshot_error, NULL);
	test_add(&list, "threads share a context", run_threads, NULL);
	int failed = test_run(&list, "auth/message");

	buf_release(&one);
	buf_release(&two_signatures);
	buf_release(&tagged_subject);
	return failed;
}
