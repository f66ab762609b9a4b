/* A15: a message that a list changed, with a chain that tells how it was on arrival there; who is believed, and who not. */
#include <stdio.h>

#include "core/buf.h"
#include "dkim/mail.h"
#include "support/alloc.h"
#include "support/case.h"

#define ARRIVAL_IP "192.0.2.25"
#define LIST_IP "198.51.100.7"

static const struct zone_row *zone(void)
{
	static struct zone_row rows[7];

	rows[0] = (struct zone_row){KEY_NAME, forge_record(FORGE_RSA2048), 0};
	rows[1] = (struct zone_row){"example.com", "v=spf1 ip4:" ARRIVAL_IP " -all", 0};
	rows[2] = (struct zone_row){"_dmarc.example.com", "v=DMARC1; p=reject", 0};
	rows[3] = (struct zone_row){"s1._domainkey.list.example", forge_record(FORGE_RSA2048), 0};
	rows[4] = (struct zone_row){"s1._domainkey.other.example", forge_record(FORGE_RSA2048_OTHER), 0};
	rows[5] = (struct zone_row){"_dmarc.bank.example", "v=DMARC1; p=reject", 0};
	rows[6] = (struct zone_row){"_dmarc.quiet.example", "v=DMARC1; p=none", 0};
	return rows;
}

enum { ZONE_ROWS = 7 };

/* Judged, with that client. */
static struct inkan_message *judge_from(const char *ip, const char *const *trusted, size_t trusted_count,
                                        struct str message)
{
	struct inkan_session session = {
		.struct_size = sizeof session, .ip = ip, .helo = "mx.example", .mail_from = "hanako@example.com"};
	struct inkan_message_options options;
	struct inkan_message *m;
	int state;

	inkan_message_options_init(&options);
	options.trusted_sealers = trusted;
	options.trusted_sealer_count = trusted_count;
	assert_int_equal(inkan_message_new(judge_context(), &options, &m), INKAN_OK);
	assert_int_equal(inkan_message_set_session(m, &session), INKAN_OK);
	assert_int_equal(inkan_message_write(m, message.p, message.n), INKAN_OK);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	while ((state = inkan_message_evaluate(m)) == INKAN_NEED_DNS)
		judge_answer(m, zone(), ZONE_ROWS);
	assert_int_equal(state, INKAN_OK);
	return m;
}

/* What `domain` sends on: `sent`, sealed with what it found in `arrived`. */
static void pass_on(struct buf *out, const char *domain, enum forge_key key, const char *ip, struct str arrived,
                    struct str sent)
{
	struct inkan_sealer_options options;
	struct inkan_message *judged = judge_from(ip, NULL, 0, arrived);
	struct str pem = forge_pem(key);
	struct inkan_sealer *sealer;
	struct inkan_key *pair;
	size_t size;

	inkan_sealer_options_init(&options);
	options.domain = options.authserv_id = domain;
	assert_int_equal(inkan_key_from_pem(judge_context(), pem.p, pem.n, &pair, NULL), INKAN_OK);
	assert_int_equal(inkan_sealer_new(judge_context(), &options, &sealer, NULL), INKAN_OK);
	assert_int_equal(inkan_sealer_set_key(sealer, "s1", pair), INKAN_OK);
	assert_int_equal(inkan_sealer_write(sealer, sent.p, sent.n), INKAN_OK);
	assert_int_equal(inkan_sealer_end(sealer, judged), INKAN_OK);
	const char *fields = inkan_sealer_fields(sealer, &size);

	buf_put(out, str_from(fields, size));
	buf_put(out, sent);
	inkan_sealer_free(sealer);
	inkan_key_free(pair);
	inkan_message_free(judged);
}

static const struct row {
	const char *name;
	const char *arrival_ip; /* of the author's server, as the list saw it */
	bool signed_by_author;
	const char *find, *put; /* what the list changed */
	bool second;            /* passed on by other.example too */
	const char *trusted[2];
	size_t trusted_count;
	const char *damage; /* changed after the last seal; NULL: nothing */
	enum inkan_verdict_reason reason;
	enum inkan_dmarc_policy applied;
	const char *comment;
} rows[] = {
	{"A15 a trusted list changed the body",
         ARRIVAL_IP,
         true,
         "Dear",
         "[list] Dear",
         false,
         {"list.example"},
         1,
         NULL,
         INKAN_FAILED_BUT_VOUCHED,
         INKAN_POLICY_NONE,
         "arc=pass as[1].d=list.example"},
	{"A15 the list is a stranger",
         ARRIVAL_IP,
         true,
         "Dear",
         "[list] Dear",
         false,
         {"other.example"},
         1,
         NULL,
         INKAN_NOTHING_PASSED,
         INKAN_POLICY_REJECT,
         ""},
	{"A15 nobody is trusted",
         ARRIVAL_IP,
         true,
         "Dear",
         "[list] Dear",
         false,
         {NULL},
         0,
         NULL,
         INKAN_NOTHING_PASSED,
         INKAN_POLICY_REJECT,
         ""},
	{"A15 names are compared without case",
         ARRIVAL_IP,
         true,
         "Dear",
         "[list] Dear",
         false,
         {"LIST.example"},
         1,
         NULL,
         INKAN_FAILED_BUT_VOUCHED,
         INKAN_POLICY_NONE,
         "arc=pass as[1].d=list.example"},
	{"A15 two sealers, both trusted",
         ARRIVAL_IP,
         true,
         "Dear",
         "[list] Dear",
         true,
         {"list.example", "other.example"},
         2,
         NULL,
         INKAN_FAILED_BUT_VOUCHED,
         INKAN_POLICY_NONE,
         "arc=pass as[1].d=list.example as[2].d=other.example"},
	{"A15 two sealers, the last a stranger",
         ARRIVAL_IP,
         true,
         "Dear",
         "[list] Dear",
         true,
         {"list.example"},
         1,
         NULL,
         INKAN_NOTHING_PASSED,
         INKAN_POLICY_REJECT,
         ""},
	{"A15 two sealers, the first a stranger",
         ARRIVAL_IP,
         true,
         "Dear",
         "[list] Dear",
         true,
         {"other.example"},
         1,
         NULL,
         INKAN_NOTHING_PASSED,
         INKAN_POLICY_REJECT,
         ""},
	{"A15 it had failed on arrival there",
         LIST_IP,
         false,
         "Dear",
         "[list] Dear",
         false,
         {"list.example"},
         1,
         NULL,
         INKAN_NOTHING_PASSED,
         INKAN_POLICY_REJECT,
         ""},
	{"A15 changed again after the seal",
         ARRIVAL_IP,
         true,
         "Dear",
         "[list] Dear",
         false,
         {"list.example"},
         1,
         "see  below",
         INKAN_NOTHING_PASSED,
         INKAN_POLICY_REJECT,
         ""},
	{"A15 the pass was for another author",
         ARRIVAL_IP,
         true,
         "From: Hanako <hanako@example.com>",
         "From: Boss <boss@bank.example>",
         false,
         {"list.example"},
         1,
         NULL,
         INKAN_NOTHING_ALIGNED,
         INKAN_POLICY_REJECT,
         ""},
};

static void run_row(const void *row)
{
	const struct row *r = row;
	struct buf mail, arrived, sent, second, received;

	buf_init(&mail, 100000);
	buf_init(&arrived, 100000);
	buf_init(&sent, 100000);
	buf_init(&second, 100000);
	buf_init(&received, 100000);
	if (r->signed_by_author)
		forge(&arrived, USUAL, FORGE_RSA2048, STR(MAIL));
	else
		buf_put_c(&arrived, MAIL);
	put_changed(&mail, buf_str(&arrived), r->find, r->put);
	pass_on(&sent, "list.example", FORGE_RSA2048, r->arrival_ip, buf_str(&arrived), buf_str(&mail));
	if (r->second)
		pass_on(&second, "other.example", FORGE_RSA2048_OTHER, LIST_IP, buf_str(&sent), buf_str(&sent));
	put_changed(&received, r->second ? buf_str(&second) : buf_str(&sent), r->damage, "something else");
	/* from bank.example nothing is aligned, whoever passes */
	struct inkan_message *m = judge_from(r->reason == INKAN_NOTHING_ALIGNED ? ARRIVAL_IP : LIST_IP, r->trusted,
	                                     r->trusted_count, buf_str(&received));
	const struct inkan_verdict *v = inkan_message_verdict(m);

	assert_int_equal(v->arc->result, r->damage ? INKAN_FAIL : INKAN_PASS);
	assert_int_equal(v->kind, INKAN_VERDICT_FAIL);
	assert_string_equal(inkan_verdict_reason_name(v->reason), inkan_verdict_reason_name(r->reason));
	assert_int_equal(v->dmarc->disposition, INKAN_POLICY_REJECT);
	assert_int_equal(v->applied, r->applied);
	assert_int_equal(v->override, r->comment[0] ? INKAN_OVERRIDE_TRUSTED_FORWARDER : INKAN_OVERRIDE_NONE);
	assert_string_equal(v->override_comment, r->comment);
	inkan_message_free(m);
	buf_release(&mail);
	buf_release(&arrived);
	buf_release(&sent);
	buf_release(&second);
	buf_release(&received);
}

/* What a set says is read, whoever wrote it. */
static void run_recorded(const void *row)
{
	struct buf arrived, sent;

	(void)row;
	buf_init(&arrived, 100000);
	buf_init(&sent, 100000);
	forge(&arrived, USUAL, FORGE_RSA2048, STR(MAIL));
	pass_on(&sent, "list.example", FORGE_RSA2048, ARRIVAL_IP, buf_str(&arrived), buf_str(&arrived));
	struct inkan_message *m = judge_from(LIST_IP, NULL, 0, buf_str(&sent));
	const struct inkan_arc_set *set = inkan_message_verdict(m)->arc->sets;

	assert_int_equal(inkan_message_verdict(m)->arc->listed_sets, 1);
	assert_int_equal(set->recorded_dmarc, INKAN_PASS);
	assert_int_equal(set->recorded_spf, INKAN_PASS);
	assert_string_equal(set->recorded_from, "example.com");
	assert_string_equal(set->recorded_dkim_domain, "example.com");
	assert_string_equal(set->authserv_id, "list.example");
	inkan_message_free(m);
	buf_release(&arrived);
	buf_release(&sent);
}

/* Once a verdict stands, asking for it again costs nothing, and it stays. */
static void run_again(const void *row)
{
	static const char *const trusted[] = {"list.example"};
	struct buf arrived, mail, sent;

	(void)row;
	buf_init(&arrived, 100000);
	buf_init(&mail, 100000);
	buf_init(&sent, 100000);
	forge(&arrived, USUAL, FORGE_RSA2048, STR(MAIL));
	put_changed(&mail, buf_str(&arrived), "Dear", "[list] Dear");
	pass_on(&sent, "list.example", FORGE_RSA2048, ARRIVAL_IP, buf_str(&arrived), buf_str(&mail));
	struct inkan_message *m = judge_from(LIST_IP, trusted, 1, buf_str(&sent));
	const char *comment = inkan_message_verdict(m)->override_comment;

	for (int i = 0; i < 1000000; i++)
		assert_int_equal(inkan_message_evaluate(m), INKAN_OK);
	assert_int_equal(inkan_message_verdict(m)->reason, INKAN_FAILED_BUT_VOUCHED);
	assert_ptr_equal(inkan_message_verdict(m)->override_comment, comment);
	inkan_message_free(m);
	buf_release(&arrived);
	buf_release(&mail);
	buf_release(&sent);
}

/* ---- memory ---- */

#define INCLUDES "v=spf1 include:a.example include:b.example -all"

/* The zone with an SPF record that asks for more. */
static const struct zone_row *wide_zone(size_t *count_out)
{
	static struct zone_row wide[ZONE_ROWS + 2];

	memcpy(wide, zone(), ZONE_ROWS * sizeof *wide);
	wide[1].text = INCLUDES;
	wide[ZONE_ROWS] = (struct zone_row){"a.example", "v=spf1 a:h.a.example -all", 0};
	wide[ZONE_ROWS + 1] = (struct zone_row){"b.example", "v=spf1 exists:%{i}.b.example -all", 0};
	*count_out = ZONE_ROWS + 2;
	return wide;
}

static int answer_question(struct inkan_message *m, const struct inkan_question *q)
{
	size_t count;
	const struct zone_row *wide = wide_zone(&count);

	for (size_t i = 0; i < count; i++)
		if (q->type == INKAN_DNS_TXT && strcmp(wide[i].name, q->name) == 0)
			return inkan_message_answer_txt(m, q, &wide[i].text, &(size_t){strlen(wide[i].text)}, 1);
	return inkan_message_answer_failure(m, q, INKAN_DNS_NODATA);
}

static int answer_all(struct inkan_message *m)
{
	const struct inkan_question *questions;
	int error = INKAN_OK;

	for (size_t i = 0, n = inkan_message_questions(m, &questions); i < n && !error; i++)
		error = answer_question(m, &questions[i]);
	return error;
}

/* From the session to the field, with whatever trusted sealers, SPF with includes, a chain and a policy ask for. */
static int judge_whole(struct inkan_message *m, struct str message)
{
	const struct inkan_session session = {.struct_size = sizeof session,
	                                      .ip = LIST_IP,
	                                      .helo = "mx.example",
	                                      .mail_from = "<hanako@example.com>",
	                                      .receiver = "mx.receiver.example"};
	int error = inkan_message_set_session(m, &session);

	if (!error)
		error = inkan_message_write(m, message.p, message.n);
	if (!error)
		error = inkan_message_end(m);
	if (!error)
		error = inkan_message_evaluate(m);
	while (error == INKAN_NEED_DNS) {
		error = answer_all(m);
		error = error ? error : inkan_message_evaluate(m);
	}
	const struct inkan_verdict *v = error ? NULL : inkan_message_verdict(m);

	assert_true(!error || !inkan_message_verdict(m));
	if (v) {
		assert_int_equal(v->reason, INKAN_FAILED_BUT_VOUCHED);
		assert_int_equal(v->spf->result, INKAN_FAIL);
		assert_int_equal(v->arc->result, INKAN_PASS);
		assert_string_equal(v->override_comment, "arc=pass as[1].d=list.example as[2].d=other.example");
	}
	return v && !inkan_message_authentication_results(m, "mx.receiver.example") ? INKAN_ENOMEM : error;
}

static struct inkan_message_options whole_options(void)
{
	static const char *const trusted[] = {"list.example", "other.example"};
	struct inkan_message_options options;

	inkan_message_options_init(&options);
	options.trusted_sealers = trusted;
	options.trusted_sealer_count = 2;
	return options;
}

static void put_whole(struct buf *out)
{
	struct buf arrived, mail, sent;

	buf_init(&arrived, 100000);
	buf_init(&mail, 100000);
	buf_init(&sent, 100000);
	forge(&arrived, USUAL, FORGE_RSA2048, STR(MAIL));
	put_changed(&mail, buf_str(&arrived), "Dear", "[list] Dear");
	pass_on(&sent, "list.example", FORGE_RSA2048, ARRIVAL_IP, buf_str(&arrived), buf_str(&mail));
	pass_on(out, "other.example", FORGE_RSA2048_OTHER, LIST_IP, buf_str(&sent), buf_str(&sent));
	buf_release(&arrived);
	buf_release(&mail);
	buf_release(&sent);
}

static int judge_from_nothing(struct str message)
{
	struct inkan_message_options options = whole_options();
	struct inkan_context *context = NULL;
	struct inkan_message *m = NULL;
	int error = inkan_context_new(&context);

	if (!error)
		error = inkan_message_new(context, &options, &m);
	if (!error)
		error = judge_whole(m, message);
	inkan_message_free(m);
	inkan_context_free(context);
	return error;
}

/* Whichever allocation fails: an error, never another verdict. */
static void run_no_memory(const void *row)
{
	struct buf message;
	bool reached = true;
	size_t n;

	(void)row;
	buf_init(&message, 100000);
	put_whole(&message);
	for (n = 1; reached; n++) {
		alloc_fail_at(n);
		int error = judge_from_nothing(buf_str(&message));

		reached = alloc_count() >= n;
		alloc_fail_at(0);
		if (error != (reached ? INKAN_ENOMEM : INKAN_OK))
			fail_msg("allocation %zu: %s", n, inkan_strerror(error));
		assert_true(n < 2000);
	}
	assert_true(n > 50);
	buf_release(&message);
}

static struct inkan_snapshot *wide_snapshot(void)
{
	size_t count;
	const struct zone_row *wide = wide_zone(&count);
	struct inkan_snapshot *snapshot;
	struct buf json;

	buf_init(&json, 100000);
	for (size_t i = 0; i < count; i++)
		buf_printf(&json, "%s\"%s\": {\"TXT\": [\"%s\"]}", i ? ", " : "{", wide[i].name, wide[i].text);
	buf_put_char(&json, '}');
	assert_int_equal(inkan_snapshot_load(json.p, json.n, &snapshot, NULL, 0), INKAN_OK);
	buf_release(&json);
	return snapshot;
}

/* See test_allocations.c. */
static void run_no_allocations(const void *row)
{
	struct inkan_message_options options = whole_options();
	struct inkan_snapshot *snapshot = wide_snapshot();
	struct inkan_message *m;
	struct buf message;

	(void)row;
	options.snapshot = snapshot;
	buf_init(&message, 100000);
	put_whole(&message);
	assert_int_equal(inkan_message_new(judge_context(), &options, &m), INKAN_OK);
	for (int i = 0; i < 3; i++) {
		alloc_fail_at(0);
		assert_int_equal(judge_whole(m, buf_str(&message)), INKAN_OK);
		size_t count = alloc_count();

		assert_true(i < 2 || count == 0);
		inkan_message_reset(m);
	}
	inkan_message_free(m);
	inkan_snapshot_free(snapshot);
	buf_release(&message);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	test_add(&list, "what a set recorded is read", run_recorded, NULL);
	test_add(&list, "evaluated a million times more", run_again, NULL);
	test_add(&list, "out of memory: a whole judgement", run_no_memory, NULL);
	test_add(&list, "a whole judgement after the first allocates nothing", run_no_allocations, NULL);
	return test_run(&list, "auth/vouching");
}
