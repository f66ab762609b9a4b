/* One message with everything: session, keys, records in; verdict, dispositions and Authentication-Results out. */
#include <stdio.h>
#include <stdlib.h>

#include "core/buf.h"
#include "dkim/mail.h"
#include "dmarc/reply.h"
#include "support/case.h"

#define SPF "v=spf1 ip4:192.0.2.0/24 -all"
#define GOOD_IP "192.0.2.25"
#define BAD_IP "198.51.100.7"
#define THIRD_PARTY SIGNATURE("c=relaxed/relaxed; d=provider.example; s=s1; " NAMES)
#define SUBDOMAIN SIGNATURE("c=relaxed/relaxed; d=mail.example.com; s=s1; " NAMES)

enum { RECORDS = 6 };

static const struct row {
	const char *name;
	const char *fields[2];  /* signatures, the last one topmost */
	const char *find, *put; /* a change after signing */
	const char *ip, *helo, *mail_from;
	const char *spf, *dmarc; /* records of example.com; NULL: none */
	struct zone_row more[RECORDS];
	unsigned flags;
	enum inkan_dmarc_profile profile;
	unsigned sample;
	bool gateway;
	enum inkan_verdict_kind kind;
	enum inkan_verdict_reason reason;
	const char *legs;    /* "spf dkim" */
	const char *outcome; /* "result disposition applied override" of DMARC */
	const char *field;   /* a part of the Authentication-Results field, or NULL */
} rows[] = {
	{"everything passes",
         {USUAL},
         NULL,
         NULL,
         GOOD_IP,
         "mx.example.com",
         "hanako@example.com",
         SPF,
         "v=DMARC1; p=reject",
         .kind = INKAN_VERDICT_PASS,
         .reason = INKAN_BOTH_ALIGNED,
         .legs = "aligned aligned",
         .outcome = "pass none none ",
         .field = "dmarc=pass"},
	{"NG1: the body changed on the way, SPF carries",
         {USUAL},
         "Dear",
         "dear",
         GOOD_IP,
         "mx.example.com",
         "hanako@example.com",
         SPF,
         "v=DMARC1; p=quarantine",
         .kind = INKAN_VERDICT_AT_RISK,
         .reason = INKAN_BY_SPF_SIGNATURE_BROKEN,
         .legs = "aligned failed",
         .outcome = "pass none none ",
         .field = "dkim=fail (body hash did not verify)"},
	{"forwarded: SPF fails, DKIM carries",
         {USUAL},
         NULL,
         NULL,
         BAD_IP,
         "relay.example",
         "hanako@example.com",
         SPF,
         "v=DMARC1; p=reject",
         .kind = INKAN_VERDICT_AT_RISK,
         .reason = INKAN_BY_DKIM_SPF_FAILED,
         .legs = "failed aligned",
         .outcome = "pass none none "},
	{"forwarded and changed: fails",
         {USUAL},
         "Dear",
         "dear",
         BAD_IP,
         "relay.example",
         "hanako@example.com",
         SPF,
         "v=DMARC1; p=reject",
         .kind = INKAN_VERDICT_FAIL,
         .reason = INKAN_NOTHING_PASSED,
         .legs = "failed failed",
         .outcome = "fail reject reject "},
	{"S1-29 quarantine is asked for",
         {NULL},
         NULL,
         NULL,
         BAD_IP,
         "relay.example",
         "hanako@example.com",
         SPF,
         "v=DMARC1; p=quarantine",
         .kind = INKAN_VERDICT_FAIL,
         .reason = INKAN_NOTHING_PASSED,
         .legs = "failed absent",
         .outcome = "fail quarantine quarantine ",
         .field = "dmarc=fail"},
	{"S1-28 p=none asks for nothing",
         {NULL},
         NULL,
         NULL,
         BAD_IP,
         "relay.example",
         "hanako@example.com",
         SPF,
         "v=DMARC1; p=none",
         .kind = INKAN_VERDICT_FAIL,
         .reason = INKAN_NOTHING_PASSED,
         .legs = "failed absent",
         .outcome = "fail none none "},
	{"M11 M13 t=y lowers by one step, and is recorded",
         {NULL},
         NULL,
         NULL,
         BAD_IP,
         "relay.example",
         "hanako@example.com",
         SPF,
         "v=DMARC1; p=reject; t=y",
         .kind = INKAN_VERDICT_FAIL,
         .reason = INKAN_NOTHING_PASSED,
         .legs = "failed absent",
         .outcome = "fail quarantine quarantine policy_test_mode"},
	{"S1-12 a provider signed, its signature is not the author's",
         {THIRD_PARTY},
         NULL,
         NULL,
         BAD_IP,
         "relay.example",
         "b@provider.example",
         NULL,
         "v=DMARC1; p=reject",
         {{"s1._domainkey.provider.example", "(key)", 0}, {"provider.example", "v=spf1 ip4:" BAD_IP " -all", 0}},
         .kind = INKAN_VERDICT_FAIL,
         .reason = INKAN_NOTHING_ALIGNED,
         .legs = "not-aligned not-aligned",
         .outcome = "fail reject reject "},
	{"S3-12 SPF passes for the provider, DKIM carries",
         {USUAL},
         NULL,
         NULL,
         BAD_IP,
         "relay.example",
         "b@provider.example",
         NULL,
         "v=DMARC1; p=reject",
         {{"provider.example", "v=spf1 ip4:" BAD_IP " -all", 0}},
         .kind = INKAN_VERDICT_AT_RISK,
         .reason = INKAN_BY_DKIM_SPF_NOT_ALIGNED,
         .legs = "not-aligned aligned",
         .outcome = "pass none none "},
	{"M15: S0-27 a provider's broken signature beside the author's: both are recorded",
         {USUAL, THIRD_PARTY},
         NULL,
         NULL,
         GOOD_IP,
         "mx.example.com",
         "hanako@example.com",
         SPF,
         "v=DMARC1; p=reject",
         .kind = INKAN_VERDICT_PASS,
         .reason = INKAN_BOTH_ALIGNED,
         .legs = "aligned aligned",
         .outcome = "pass none none ",
         .field = "header.d=example.com header.i=@example.com"},
	{"M8 relaxed: a subdomain's signature is aligned",
         {SUBDOMAIN},
         NULL,
         NULL,
         NULL,
         NULL,
         NULL,
         NULL,
         "v=DMARC1; p=reject",
         {{"s1._domainkey.mail.example.com", "(key)", 0}},
         .kind = INKAN_VERDICT_PASS,
         .reason = INKAN_ALIGNED_BY_DKIM_SPF_UNCHECKED,
         .legs = "unchecked aligned",
         .outcome = "pass none none "},
	{"M8 strict: it is not",
         {SUBDOMAIN},
         NULL,
         NULL,
         NULL,
         NULL,
         NULL,
         NULL,
         "v=DMARC1; p=reject; adkim=s",
         {{"s1._domainkey.mail.example.com", "(key)", 0}},
         .kind = INKAN_VERDICT_FAIL,
         .reason = INKAN_NOTHING_ALIGNED,
         .legs = "unchecked not-aligned",
         .outcome = "fail reject reject "},
	{"the null sender: postmaster@HELO is the identity",
         {NULL},
         NULL,
         NULL,
         GOOD_IP,
         "mx.example.com",
         "",
         NULL,
         "v=DMARC1; p=reject",
         {{"mx.example.com", "v=spf1 ip4:" GOOD_IP " -all", 0}},
         .kind = INKAN_VERDICT_AT_RISK,
         .reason = INKAN_BY_SPF_NOT_SIGNED,
         .legs = "aligned absent",
         .outcome = "pass none none ",
         .field = "smtp.helo=mx.example.com"},
	{"HELO alone does not count",
         {NULL},
         NULL,
         NULL,
         GOOD_IP,
         "mx.example.com",
         NULL,
         NULL,
         "v=DMARC1; p=reject",
         {{"mx.example.com", "v=spf1 ip4:" GOOD_IP " -all", 0}},
         .kind = INKAN_VERDICT_FAIL,
         .reason = INKAN_NOTHING_PASSED,
         .legs = "unchecked absent",
         .outcome = "fail reject reject "},
	{"HELO passes, MAIL FROM fails",
         {NULL},
         NULL,
         NULL,
         BAD_IP,
         "mx.example.com",
         "hanako@example.com",
         SPF,
         "v=DMARC1; p=reject",
         {{"mx.example.com", "v=spf1 ip4:" BAD_IP " -all", 0}},
         .kind = INKAN_VERDICT_FAIL,
         .reason = INKAN_NOTHING_PASSED,
         .legs = "failed absent",
         .outcome = "fail reject reject "},
	{"no session: SPF is not checked",
         {USUAL},
         NULL,
         NULL,
         NULL,
         NULL,
         NULL,
         SPF,
         "v=DMARC1; p=reject",
         .kind = INKAN_VERDICT_PASS,
         .reason = INKAN_ALIGNED_BY_DKIM_SPF_UNCHECKED,
         .legs = "unchecked aligned",
         .outcome = "pass none none "},
	{"M9 no policy",
         {USUAL},
         NULL,
         NULL,
         GOOD_IP,
         "mx.example.com",
         "hanako@example.com",
         SPF,
         NULL,
         .kind = INKAN_VERDICT_NONE,
         .reason = INKAN_NO_POLICY,
         .legs = "aligned aligned",
         .outcome = "none none none ",
         .field = "dmarc=none"},
	{"M9 the policy cannot be asked for",
         {USUAL},
         NULL,
         NULL,
         GOOD_IP,
         "mx.example.com",
         "hanako@example.com",
         SPF,
         NULL,
         {{"_dmarc.example.com", NULL, INKAN_DNS_TIMEOUT}},
         .kind = INKAN_VERDICT_UNKNOWN,
         .reason = INKAN_DNS_FAILED,
         .legs = "aligned aligned",
         .outcome = "temperror none none "},
	{"bogus DNSSEC is no policy and no pass",
         {USUAL},
         NULL,
         NULL,
         GOOD_IP,
         "mx.example.com",
         "hanako@example.com",
         SPF,
         NULL,
         {{"_dmarc.example.com", NULL, INKAN_DNS_BOGUS}},
         .kind = INKAN_VERDICT_UNKNOWN,
         .reason = INKAN_DNS_FAILED,
         .legs = "aligned aligned",
         .outcome = "temperror none none "},
	{"the key cannot be asked for, nothing else carries",
         {THIRD_PARTY},
         NULL,
         NULL,
         BAD_IP,
         "relay.example",
         "hanako@example.com",
         SPF,
         "v=DMARC1; p=reject",
         {{"s1._domainkey.provider.example", NULL, INKAN_DNS_SERVFAIL}},
         .kind = INKAN_VERDICT_FAIL,
         .reason = INKAN_NOTHING_PASSED,
         .legs = "failed undecided",
         .outcome = "fail reject reject "},
	{"SPF cannot be asked for, DKIM carries",
         {USUAL},
         NULL,
         NULL,
         BAD_IP,
         "relay.example",
         "hanako@example.com",
         NULL,
         "v=DMARC1; p=reject",
         {{"example.com", NULL, INKAN_DNS_SERVFAIL}},
         .kind = INKAN_VERDICT_PASS,
         .reason = INKAN_ALIGNED_BY_DKIM_SPF_UNDECIDED,
         .legs = "undecided aligned",
         .outcome = "pass none none "},
	{"SPF cannot be asked for, not signed: open",
         {NULL},
         NULL,
         NULL,
         BAD_IP,
         "relay.example",
         "hanako@example.com",
         NULL,
         "v=DMARC1; p=reject",
         {{"example.com", NULL, INKAN_DNS_SERVFAIL}},
         .kind = INKAN_VERDICT_UNKNOWN,
         .reason = INKAN_DNS_FAILED,
         .legs = "undecided absent",
         .outcome = "temperror none none "},
	{"S0-34 a trusted gateway: SPF and DMARC are skipped",
         {USUAL},
         NULL,
         NULL,
         BAD_IP,
         "relay.example",
         "hanako@example.com",
         SPF,
         "v=DMARC1; p=reject",
         .gateway = true,
         .kind = INKAN_VERDICT_NOT_REPRESENTATIVE,
         .reason = INKAN_THROUGH_TRUSTED_GATEWAY,
         .legs = "unchecked not-aligned",
         .outcome = "none none none ",
         .field = "spf=none (skipped: trusted gateway)"},
	{"M1 no author",
         {USUAL},
         "From:",
         "X-From:",
         GOOD_IP,
         "mx.example.com",
         "hanako@example.com",
         SPF,
         "v=DMARC1; p=reject",
         .kind = INKAN_VERDICT_FAIL,
         .reason = INKAN_NO_AUTHOR,
         .legs = "not-aligned failed",
         .outcome = "permerror none none ",
         .field = "dmarc=permerror"},
	{"M1 two authors",
         {USUAL},
         "To:",
         "From: x@evil.example\r\nTo:",
         GOOD_IP,
         "mx.example.com",
         "hanako@example.com",
         SPF,
         "v=DMARC1; p=reject",
         .kind = INKAN_VERDICT_FAIL,
         .reason = INKAN_SEVERAL_AUTHORS,
         .legs = "not-aligned failed",
         .outcome = "permerror none none "},
	{"a second Subject that no signature covers",
         {USUAL},
         "From:",
         "Subject: buy!\r\nFrom:",
         GOOD_IP,
         "mx.example.com",
         "hanako@example.com",
         SPF,
         "v=DMARC1; p=reject",
         .kind = INKAN_VERDICT_AT_RISK,
         .reason = INKAN_REPEATED_FIELDS,
         .legs = "aligned aligned",
         .outcome = "pass none none "},
	{"C-10 mail inside one organization",
         {NULL},
         "From:",
         "X-MS-Exchange-Organization-AuthAs: Internal\r\nFrom:",
         NULL,
         NULL,
         NULL,
         SPF,
         "v=DMARC1; p=reject",
         .kind = INKAN_VERDICT_NOT_REPRESENTATIVE,
         .reason = INKAN_INSIDE_ONE_ORGANIZATION,
         .legs = "unchecked absent",
         .outcome = "fail reject reject "},
	{"C-10 a stranger writes the mark",
         {NULL},
         "From:",
         "X-MS-Exchange-Organization-AuthAs: Internal\r\nFrom:",
         BAD_IP,
         "mx.evil.example",
         "hanako@example.com",
         SPF,
         "v=DMARC1; p=reject",
         .kind = INKAN_VERDICT_FAIL,
         .reason = INKAN_NOTHING_PASSED,
         .legs = "failed absent",
         .outcome = "fail reject reject "},
	{"C-10 the mark of another tenant says nothing",
         {NULL},
         "From:",
         "X-MS-Exchange-CrossTenant-AuthAs: Internal\r\nFrom:",
         NULL,
         NULL,
         NULL,
         SPF,
         "v=DMARC1; p=reject",
         .kind = INKAN_VERDICT_FAIL,
         .reason = INKAN_NOTHING_PASSED,
         .legs = "unchecked absent",
         .outcome = "fail reject reject "},
	{"S0-4 from an address of the own network",
         {NULL},
         NULL,
         NULL,
         "192.168.1.1",
         "pc.example",
         "hanako@example.com",
         SPF,
         "v=DMARC1; p=reject",
         .kind = INKAN_VERDICT_NOT_REPRESENTATIVE,
         .reason = INKAN_FROM_PRIVATE_ADDRESS,
         .legs = "failed absent",
         .outcome = "fail reject reject "},
	{"S3-44 RFC 7489: pct leaves the message out",
         {NULL},
         NULL,
         NULL,
         BAD_IP,
         "relay.example",
         "hanako@example.com",
         SPF,
         "v=DMARC1; p=reject; pct=30",
         .profile = INKAN_RFC7489,
         .sample = 30,
         .kind = INKAN_VERDICT_FAIL,
         .reason = INKAN_NOTHING_PASSED,
         .legs = "failed absent",
         .outcome = "fail quarantine quarantine "},
	{"S2-42 RFC 7489: pct takes it in",
         {NULL},
         NULL,
         NULL,
         BAD_IP,
         "relay.example",
         "hanako@example.com",
         SPF,
         "v=DMARC1; p=reject; pct=30",
         .profile = INKAN_RFC7489,
         .sample = 29,
         .kind = INKAN_VERDICT_FAIL,
         .reason = INKAN_NOTHING_PASSED,
         .legs = "failed absent",
         .outcome = "fail reject reject "},
	{"M12 RFC 9989: pct is ignored",
         {NULL},
         NULL,
         NULL,
         BAD_IP,
         "relay.example",
         "hanako@example.com",
         SPF,
         "v=DMARC1; p=reject; pct=0",
         .sample = 99,
         .kind = INKAN_VERDICT_FAIL,
         .reason = INKAN_NOTHING_PASSED,
         .legs = "failed absent",
         .outcome = "fail reject reject "},
};

static size_t make_zone(const struct row *r, struct zone_row *zone)
{
	size_t n = 0;

	zone[n++] = (struct zone_row){KEY_NAME, forge_record(FORGE_RSA2048), 0};
	if (r->spf)
		zone[n++] = (struct zone_row){"example.com", r->spf, 0};
	if (r->dmarc)
		zone[n++] = (struct zone_row){"_dmarc.example.com", r->dmarc, 0};
	for (size_t i = 0; i < RECORDS && r->more[i].name; i++) {
		zone[n] = r->more[i];
		if (zone[n].text && strcmp(zone[n].text, "(key)") == 0)
			zone[n].text = forge_record(FORGE_RSA2048);
		n++;
	}
	return n;
}

static void put_message(const struct row *r, struct buf *out)
{
	struct buf text, more;

	buf_init(&text, 100000);
	buf_put_c(&text, MAIL);
	for (size_t i = 0; i < 2 && r->fields[i]; i++) {
		buf_init(&more, 100000);
		forge(&more, r->fields[i], FORGE_RSA2048, buf_str(&text));
		buf_release(&text);
		text = more;
	}
	put_changed(out, buf_str(&text), r->find, r->put);
	buf_release(&text);
}

static size_t registrable(void *context, const char *domain)
{
	size_t n = strlen(domain);

	(void)context;
	return n >= 11 && strcmp(domain + n - 11, "example.com") == 0 ? 11 : 0;
}

/* Judges with answers coming one by one, in rounds; returns the number of rounds. */
static unsigned judge_session(struct inkan_message *m, const struct row *r, struct str message)
{
	struct inkan_session session = {.struct_size = sizeof session,
	                                .ip = r->ip,
	                                .helo = r->helo,
	                                .mail_from = r->mail_from,
	                                .trusted_gateway = r->gateway};
	struct zone_row zone[RECORDS + 3];
	size_t zone_size = make_zone(r, zone);
	unsigned rounds = 0;
	int state;

	assert_int_equal(inkan_message_set_session(m, &session), INKAN_OK);
	assert_int_equal(inkan_message_write(m, message.p, message.n), INKAN_OK);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	assert_null(inkan_message_verdict(m));
	while ((state = inkan_message_evaluate(m)) == INKAN_NEED_DNS && rounds < 20) {
		judge_answer(m, zone, zone_size);
		rounds++;
	}
	assert_int_equal(state, INKAN_OK);
	return rounds;
}

static void assert_row(const struct row *r, struct inkan_message *m)
{
	const struct inkan_verdict *v = inkan_message_verdict(m);
	char legs[100], outcome[100];

	assert_non_null(v);
	assert_string_equal(inkan_verdict_name(v->kind), inkan_verdict_name(r->kind));
	assert_string_equal(inkan_verdict_reason_name(v->reason), inkan_verdict_reason_name(r->reason));
	snprintf(legs, sizeof legs, "%s %s", inkan_leg_name(v->spf_leg), inkan_leg_name(v->dkim_leg));
	assert_string_equal(legs, r->legs);
	snprintf(outcome, sizeof outcome, "%s %s %s %s", inkan_result_name(v->dmarc->result),
	         inkan_dmarc_policy_name(v->dmarc->disposition), inkan_dmarc_policy_name(v->applied),
	         inkan_override_name(v->override));
	assert_string_equal(outcome, r->outcome);
	const char *field = inkan_message_authentication_results(m, "mx.example");

	assert_non_null(field);
	if (r->field && !strstr(field, r->field))
		fail_msg("\"%s\" is not in %s", r->field, field);
}

static void run_row(const void *row)
{
	const struct row *r = row;
	struct inkan_message_options options;
	struct inkan_message *m;
	struct buf message;

	inkan_message_options_init(&options);
	options.flags = r->flags;
	options.dmarc_profile = r->profile;
	options.sample = r->sample;
	options.registrable_domain = registrable;
	buf_init(&message, 100000);
	put_message(r, &message);
	assert_int_equal(inkan_message_new(judge_context(), &options, &m), INKAN_OK);
	for (int round = 0; round < 2; round++) { /* a reused object says the same */
		assert_true(judge_session(m, r, buf_str(&message)) <= 3);
		assert_row(r, m);
		inkan_message_reset(m);
		assert_null(inkan_message_verdict(m));
	}
	inkan_message_free(m);
	buf_release(&message);
}

/* ---- sessions ---- */

static void run_session_calls(const void *row)
{
	struct inkan_session session = {.struct_size = sizeof session, .ip = "no address"};
	struct inkan_message_options options;
	struct inkan_message *m;

	(void)row;
	inkan_message_options_init(&options);
	assert_int_equal(inkan_message_new(judge_context(), &options, &m), INKAN_OK);
	assert_int_equal(inkan_message_set_session(m, &session), INKAN_EUSAGE);
	assert_string_equal(inkan_message_error(m), "");
	session.ip = GOOD_IP;
	assert_int_equal(inkan_message_set_session(m, &session), INKAN_OK);
	assert_int_equal(inkan_message_write(m, "From: a@b.example\r\n", 19), INKAN_OK);
	assert_int_equal(inkan_message_set_session(m, &session), INKAN_OK);
	assert_int_equal(inkan_message_write(m, "\r\n", 2), INKAN_OK);
	assert_int_equal(inkan_message_set_session(m, &session), INKAN_EUSAGE);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	inkan_message_free(m);
}

/* ---- options ---- */

static const char *sealers[INKAN_TRUSTED_SEALERS_MAX];

static const struct option_row {
	const char *name;
	struct inkan_message_options options; /* struct_size and defaults are added */
	int error;
} option_rows[] = {
	{"1,000 questions", {.questions_max = 1000}, INKAN_OK},
	{"1,001 questions", {.questions_max = 1001}, INKAN_EUSAGE},
	{"sample 99", {.sample = 99}, INKAN_OK},
	{"sample 100", {.sample = 100}, INKAN_EUSAGE},
	{"a profile that is none", {.dmarc_profile = (enum inkan_dmarc_profile)2}, INKAN_EUSAGE},
	{"1,001 trusted sealers", {.trusted_sealers = sealers, .trusted_sealer_count = 1001}, INKAN_EUSAGE},
	{"1,000 trusted sealers", {.trusted_sealers = sealers, .trusted_sealer_count = 1000}, INKAN_OK},
	{"a trusted sealer", {.trusted_sealers = sealers, .trusted_sealer_count = 1}, INKAN_OK},
};

static void run_option(const void *row)
{
	const struct option_row *r = row;
	struct inkan_message_options options = r->options;
	struct inkan_message *m = NULL;

	options.struct_size = sizeof options;
	options.now = INKAN_TIME_NONE;
	assert_int_equal(inkan_message_new(judge_context(), &options, &m), r->error);
	inkan_message_free(m);
}

/* ---- budgets ---- */

/* Every name that a hostile record asks for counts; beyond the budget answers fail for now, and nothing passes by it. */
static void run_budget(const void *row)
{
	static const struct row r = {
		"",
		{NULL},
		NULL,
		NULL,
		GOOD_IP,
		"mx.example.com",
		"hanako@example.com",
		"v=spf1 include:a.example include:b.example include:c.example include:d.example ip4:" GOOD_IP " -all",
		"v=DMARC1; p=reject",
		{{"a.example", "v=spf1 -all", 0},
	         {"b.example", "v=spf1 -all", 0},
	         {"c.example", "v=spf1 -all", 0},
	         {"d.example", "v=spf1 -all", 0}}};
	unsigned budget = *(const unsigned *)row;
	struct inkan_message_options options;
	struct inkan_message *m;
	struct buf message;

	inkan_message_options_init(&options);
	options.questions_max = budget;
	buf_init(&message, 100000);
	put_message(&r, &message);
	assert_int_equal(inkan_message_new(judge_context(), &options, &m), INKAN_OK);
	judge_session(m, &r, buf_str(&message));
	const struct inkan_verdict *v = inkan_message_verdict(m);

	/* _dmarc.example.com, _dmarc.com, two identities and four includes */
	assert_int_equal(v->spf->result, budget >= 8 ? INKAN_PASS : INKAN_TEMPERROR);
	assert_int_equal(v->kind == INKAN_VERDICT_AT_RISK, budget >= 8);
	assert_int_equal(v->kind == INKAN_VERDICT_UNKNOWN, budget < 8);
	inkan_message_free(m);
	buf_release(&message);
}

/* However often evaluation is tried while answers trickle in, memory does not grow. */
static void run_trickle(const void *row)
{
	static const struct row r = {
		"", {USUAL}, NULL, NULL, GOOD_IP, "mx.example.com", "hanako@example.com", SPF, "v=DMARC1; p=reject"};
	struct zone_row zone[RECORDS + 3];
	size_t zone_size = make_zone(&r, zone);
	struct inkan_session session = {
		.struct_size = sizeof session, .ip = r.ip, .helo = r.helo, .mail_from = r.mail_from};
	struct inkan_message_options options;
	struct inkan_message *m;
	struct buf message;

	(void)row;
	inkan_message_options_init(&options);
	buf_init(&message, 100000);
	put_message(&r, &message);
	assert_int_equal(inkan_message_new(judge_context(), &options, &m), INKAN_OK);
	assert_int_equal(inkan_message_set_session(m, &session), INKAN_OK);
	assert_int_equal(inkan_message_write(m, message.p, message.n), INKAN_OK);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	for (int i = 0; i < 200000; i++)
		assert_int_equal(inkan_message_evaluate(m), INKAN_NEED_DNS);
	judge_answer(m, zone, zone_size);
	assert_int_equal(inkan_message_evaluate(m), INKAN_OK);
	assert_int_equal(inkan_message_verdict(m)->kind, INKAN_VERDICT_PASS);
	inkan_message_free(m);
	buf_release(&message);
}

/* ---- replies ---- */

static const struct reply_row {
	const char *name;
	enum inkan_result result;
	const char *want;
} reply_rows[] = {
	{"M14 fail", INKAN_FAIL, "550 5.7.1 rejected by the DMARC policy for example.com (sp=reject)"},
	{"M14 temperror", INKAN_TEMPERROR,
         "451 4.7.1 the DMARC policy for example.com cannot be looked up, try again later"},
	{"M14 pass", INKAN_PASS, ""},
	{"M14 none", INKAN_NONE, ""},
	{"M14 permerror", INKAN_PERMERROR, ""},
};

static void run_reply(const void *row)
{
	const struct reply_row *r = row;
	const struct inkan_dmarc_result result = {
		.result = r->result, .from_domain = "example.com", .policy_tag = "sp", .policy = INKAN_POLICY_REJECT};
	struct buf out;

	buf_init(&out, 1000);
	assert_int_equal(dmarc_reply(&out, &result), r->want[0] != '\0');
	assert_true(str_eq(buf_str(&out), str_c(r->want)));
	buf_release(&out);
}

int main(void)
{
	for (size_t i = 0; i < INKAN_TRUSTED_SEALERS_MAX; i++)
		sealers[i] = "gw.example";
	static const unsigned budgets[] = {7, 8};
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	test_add(&list, "a session is given before the end of the header", run_session_calls, NULL);
	TEST_TABLE(&list, option_rows, run_option);
	test_add(&list, "a budget of 7 questions is too small", run_budget, &budgets[0]);
	test_add(&list, "a budget of 8 questions is enough", run_budget, &budgets[1]);
	test_add(&list, "evaluation tried two hundred thousand times", run_trickle, NULL);
	TEST_TABLE(&list, reply_rows, run_reply);
	return test_run(&list, "auth/verdict");
}
