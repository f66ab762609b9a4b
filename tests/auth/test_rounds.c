/* How many rounds of DNS a message needs from nothing: no more than its longest chain of questions, of which each can be
 * asked only when the one before was answered. Every chain is written beside its row. */
#include <stdio.h>

#include "auth/message.h"
#include "dkim/explain.h"
#include "dkim/mail.h"
#include "dns/snapshot.h"
#include "support/case.h"

enum { LEVELS_MAX = 12 };

static const struct row {
	const char *name;
	const char *from, *mail_from;
	const char *dns;               /* ' for ", keys are added */
	const char *chain[LEVELS_MAX]; /* the longest: one question a level */
	const char *reason;
} rows[] = {
	{"keys and policy only",
         "a@example.com",
         NULL,
         "'_dmarc.example.com': {'TXT': ['v=DMARC1; p=none']}",
         {KEY_NAME},
         "aligned_by_dkim_spf_unchecked"},
	{"SPF without includes",
         "a@example.com",
         "a@example.com",
         "'_dmarc.example.com': {'TXT': ['v=DMARC1; p=none']}, 'example.com': {'TXT': ['v=spf1 ip4:192.0.2.1 -all']}",
         {KEY_NAME},
         "both_aligned"},
	{"a host behind SPF",
         "a@example.com",
         "a@example.com",
         "'_dmarc.example.com': {'TXT': ['v=DMARC1; p=none']}, 'example.com': {'TXT': ['v=spf1 mx -all'], 'MX': [[1, "
         "'mx.example.com']]}, "
         "'mx.example.com': {'A': ['192.0.2.1']}",
         {"example.com", "MX example.com", "A mx.example.com"},
         "both_aligned"},
	{"includes beside each other and a walk",
         "a@one.two.three.example.com",
         "a@bounce.example.com",
         "'_dmarc.example.com': {'TXT': ['v=DMARC1; p=none']}, "
         "'bounce.example.com': {'TXT': ['v=spf1 include:x.example include:y.example include:z.example -all']}, "
         "'x.example': {'TXT': ['v=spf1 ip4:198.51.100.1 -all']}, 'y.example': {'TXT': ['v=spf1 a:h.y.example -all']}, "
         "'h.y.example': {'A': ['198.51.100.2']}, 'z.example': {'TXT': ['v=spf1 ip4:192.0.2.1 -all']}",
         {"bounce.example.com", "y.example", "A h.y.example"},
         "both_aligned"},
	{"includes in each other, two signatures, a walk",
         "a@one.two.example.com",
         "a@example.com",
         "'_dmarc.example.com': {'TXT': ['v=DMARC1; p=reject']}, 'example.com': {'TXT': ['v=spf1 include:a.example "
         "-all']}, "
         "'a.example': {'TXT': ['v=spf1 include:b.example -all']}, 'b.example': {'TXT': ['v=spf1 include:c.example "
         "?all']}, "
         "'c.example': {'TXT': ['v=spf1 mx:d.example -all']}, 'd.example': {'MX': [[1, 'h.d.example']]}, "
         "'h.d.example': {'A': ['192.0.2.1']}",
         {"example.com", "a.example", "b.example", "c.example", "MX d.example", "A h.d.example"},
         "both_aligned"},
	{"a policy that asks whether the author's domain exists",
         "a@none.example.com",
         NULL,
         "'_dmarc.example.com': {'TXT': ['v=DMARC1; p=none; np=reject']}",
         {"_dmarc.example.com", "none.example.com"},
         "aligned_by_dkim_spf_unchecked"},
};

static void put_zone(struct buf *out, const struct row *r)
{
	buf_printf(out, "{\"%s\": {\"TXT\": [\"%s\"]}, \"e1._domainkey.example.com\": {\"TXT\": [\"%s\"]}, ", KEY_NAME,
	           forge_record(FORGE_RSA2048), forge_record(FORGE_ED25519));
	for (const char *p = r->dns; *p; p++)
		buf_put_char(out, *p == '\'' ? '"' : *p);
	buf_put_char(out, '}');
}

static void put_mail(struct buf *out, const struct row *r)
{
	struct buf text, sealed;

	buf_init(&text, 100000);
	buf_init(&sealed, 100000);
	buf_printf(&text, "From: %s\r\nSubject: rounds\r\nDate: Sat, 21 Nov 2026 18:30:00 +0900\r\n\r\nx\r\n", r->from);
	forge(&sealed, SIGNATURE("c=relaxed/relaxed; d=example.com; s=s1; h=from:subject; "), FORGE_RSA2048,
	      buf_str(&text));
	forge(out,
	      "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com; s=e1; h=from:subject; bh=@bh@; "
	      "b=@b@",
	      FORGE_ED25519, buf_str(&sealed));
	buf_release(&text);
	buf_release(&sealed);
}

/* Answers everything that is open. */
static void answer_round(struct evidence *evidence, const struct evidence *zone)
{
	const struct dns_question *open;
	size_t count = evidence_open(evidence, &open);
	struct dns_question questions[EVIDENCE_QUESTIONS_MAX];

	memcpy(questions, open, count * sizeof *open);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(evidence_add(evidence, questions[i].type, questions[i].name,
		                              evidence_find(zone, questions[i].type, questions[i].name)),
		                 INKAN_OK);
}

static void run_row(const void *row)
{
	const struct row *r = row;
	struct inkan_session session = {
		.struct_size = sizeof session, .ip = "192.0.2.1", .helo = "h.invalid", .mail_from = r->mail_from};
	struct inkan_message_options options;
	struct snapshot_error where;
	struct evidence *zone;
	struct inkan_message *m;
	struct buf json, mail;
	size_t rounds = 0, chain = 0;
	int state;

	buf_init(&json, 100000);
	buf_init(&mail, 100000);
	put_zone(&json, r);
	put_mail(&mail, r);
	assert_int_equal(snapshot_load(buf_str(&json), &zone, &where), INKAN_OK);
	inkan_message_options_init(&options);
	assert_int_equal(inkan_message_new(judge_context(), &options, &m), INKAN_OK);
	if (r->mail_from)
		assert_int_equal(inkan_message_set_session(m, &session), INKAN_OK);
	assert_int_equal(inkan_message_write(m, mail.p, mail.n), INKAN_OK);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	while ((state = inkan_message_evaluate(m)) == INKAN_NEED_DNS) {
		answer_round(message_evidence(m), zone);
		rounds++;
	}
	assert_int_equal(state, INKAN_OK);
	while (chain < LEVELS_MAX && r->chain[chain])
		chain++;
	assert_int_equal(rounds, chain);
	assert_string_equal(inkan_verdict_reason_name(inkan_message_verdict(m)->reason), r->reason);
	inkan_message_free(m);
	evidence_free(zone);
	buf_release(&json);
	buf_release(&mail);
}

/* ---- one after the other ---- */

enum order { TOGETHER, FIRST_ASKED, LAST_ASKED };

static void answer_one(struct evidence *evidence, const struct evidence *zone, enum order order)
{
	const struct dns_question *open;
	size_t count = evidence_open(evidence, &open);
	struct dns_question q = open[order == LAST_ASKED ? count - 1 : 0];

	assert_int_equal(evidence_add(evidence, q.type, q.name, evidence_find(zone, q.type, q.name)), INKAN_OK);
}

/* What the verdict says, with answers in that order and an evaluation after each. */
static void judge_in_order(struct buf *out, const struct row *r, const struct evidence *zone, enum order order)
{
	struct inkan_session session = {
		.struct_size = sizeof session, .ip = "192.0.2.1", .helo = "h.y.example", .mail_from = r->mail_from};
	struct inkan_message_options options;
	struct inkan_message *m;
	struct buf mail;
	int state;

	buf_init(&mail, 100000);
	put_mail(&mail, r);
	inkan_message_options_init(&options);
	assert_int_equal(inkan_message_new(judge_context(), &options, &m), INKAN_OK);
	assert_int_equal(inkan_message_set_session(m, &session), INKAN_OK);
	assert_int_equal(inkan_message_write(m, mail.p, mail.n), INKAN_OK);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	while ((state = inkan_message_evaluate(m)) == INKAN_NEED_DNS) {
		if (order == TOGETHER)
			answer_round(message_evidence(m), zone);
		else
			answer_one(message_evidence(m), zone, order);
	}
	assert_int_equal(state, INKAN_OK);
	const struct inkan_verdict *v = inkan_message_verdict(m);

	buf_printf(out, "%s %s %s %s %s", inkan_verdict_reason_name(v->reason), v->spf->mechanism,
	           inkan_result_name(v->spf_helo->result), v->spf_helo->domain, v->spf_helo->reason);
	buf_put_c(out, inkan_message_authentication_results(m, "mx.example"));
	inkan_message_free(m);
	buf_release(&mail);
}

static void run_order(const void *row)
{
	const struct row *r = row;
	struct snapshot_error where;
	struct evidence *zone;
	struct buf json, together, alone;

	buf_init(&json, 100000);
	buf_init(&together, 100000);
	buf_init(&alone, 100000);
	put_zone(&json, r);
	assert_int_equal(snapshot_load(buf_str(&json), &zone, &where), INKAN_OK);
	judge_in_order(&together, r, zone, TOGETHER);
	for (enum order order = FIRST_ASKED; order <= LAST_ASKED; order++) {
		buf_clear(&alone);
		judge_in_order(&alone, r, zone, order);
		assert_true(str_eq(buf_str(&together), buf_str(&alone)));
	}
	evidence_free(zone);
	buf_release(&json);
	buf_release(&together);
	buf_release(&alone);
}

static const struct row order_rows[] = {
	{"one by one: HELO has a record",
         "a@example.com",
         "a@example.com",
         "'_dmarc.example.com': {'TXT': ['v=DMARC1; p=none']}, 'example.com': {'TXT': ['v=spf1 mx -all'], 'MX': [[1, "
         "'mx.example.com']]}, 'mx.example.com': {'A': ['192.0.2.1']}, 'h.y.example': {'TXT': ['v=spf1 "
         "include:x.example a -all'], 'A': ['192.0.2.1']}, 'x.example': {'TXT': ['v=spf1 ?all']}",
         {NULL},
         NULL},
	{"one by one: the null sender",
         "a@example.com",
         "",
         "'_dmarc.example.com': {'TXT': ['v=DMARC1; p=none']}, 'h.y.example': {'TXT': ['v=spf1 include:x.example a "
         "-all'], 'A': ['192.0.2.1']}, 'x.example': {'TXT': ['v=spf1 mx ?all']}",
         {NULL},
         NULL},
	{"one by one: HELO alone",
         "a@one.two.example.com",
         NULL,
         "'_dmarc.example.com': {'TXT': ['v=DMARC1; p=reject; np=none']}, 'h.y.example': {'TXT': ['v=spf1 a -all']}",
         {NULL},
         NULL},
};

enum {
	LARGE_FIELD = DKIM_TRIAL_OCTETS_MAX / 3 - 10000, /* three guesses with it are all that one message has */
	OTHER_FIELD = 100000
};

static void answer_key(struct inkan_message *m, const char *name, enum forge_key key)
{
	const char *text = forge_record(key);
	size_t size = strlen(text);

	assert_int_equal(inkan_message_answer_txt(m, &(struct inkan_question){INKAN_DNS_TXT, name}, &text, &size, 1),
	                 INKAN_OK);
	assert_in_range(inkan_message_evaluate(m), INKAN_OK, INKAN_NEED_DNS);
}

/* Guesses at what changed share a budget: it goes to the signatures in the order of the message, whichever key came first. */
static void run_budget_of_guesses(const void *row)
{
	bool lower_first = row;
	const struct inkan_dkim_result *results;
	struct inkan_message_options options;
	struct inkan_message *m;
	struct buf text, once, twice, mail;

	buf_init(&text, 2 * LARGE_FIELD);
	buf_init(&once, 2 * LARGE_FIELD);
	buf_init(&twice, 2 * LARGE_FIELD);
	buf_init(&mail, 2 * LARGE_FIELD);
	buf_put_c(&text, "From: a@example.com\r\nSubject: rounds\r\nX-Large: begin");
	for (size_t i = 0; i < LARGE_FIELD; i++)
		buf_put_char(&text, 'z');
	buf_put_c(&text, "\r\nX-Other: ");
	for (size_t i = 0; i < OTHER_FIELD; i++)
		buf_put_char(&text, 'z');
	buf_put_c(&text, "\r\n\r\nx\r\n");
	forge(&once, SIGNATURE("c=relaxed/relaxed; d=example.com; s=s2; h=from:subject:x-other; "), FORGE_RSA2048_OTHER,
	      buf_str(&text));
	forge(&twice, SIGNATURE("c=relaxed/relaxed; d=example.com; s=s1; h=from:subject:x-large; "), FORGE_RSA2048,
	      buf_str(&once));
	buf_clear(&once);
	put_changed(&once, buf_str(&twice), "Subject: rounds", "Subject: [list] rounds");
	put_changed(&mail, buf_str(&once), "X-Large: begin", "X-Large: other");
	inkan_message_options_init(&options);
	assert_int_equal(inkan_message_new(judge_context(), &options, &m), INKAN_OK);
	assert_int_equal(inkan_message_write(m, mail.p, mail.n), INKAN_OK);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	if (lower_first)
		answer_key(m, "s2._domainkey.example.com", FORGE_RSA2048_OTHER);
	answer_key(m, KEY_NAME, FORGE_RSA2048);
	answer_key(m, "s2._domainkey.example.com", FORGE_RSA2048_OTHER);
	judge_answer(m, NULL, 0);
	assert_int_equal(inkan_message_evaluate(m), INKAN_OK);
	assert_int_equal(inkan_message_dkim(m, &results), 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(results[i].explanation, INKAN_EXPLAIN_HEADER_CHANGED);
		assert_string_equal(results[i].change, "");
	}
	inkan_message_free(m);
	buf_release(&text);
	buf_release(&once);
	buf_release(&twice);
	buf_release(&mail);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	TEST_TABLE(&list, order_rows, run_order);
	test_add(&list, "guesses at what changed, the upper key first", run_budget_of_guesses, NULL);
	test_add(&list, "guesses at what changed, the lower key first", run_budget_of_guesses, "");
	return test_run(&list, "auth/rounds");
}
