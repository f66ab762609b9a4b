/* What each method found, printed (RFC 8601; RULES R2, R6 to R10, A14): octet for octet, and read again by the strict
 * reader whatever the values hold. */
#include "authres/parse.h"
#include "authres/print.h"

#include "support/alloc.h"
#include "support/case.h"
#include "support/random.h"

static const struct inkan_spf_result spf_pass = {.result = INKAN_PASS,
                                                 .identity = INKAN_SPF_MAILFROM,
                                                 .domain = "example.com",
                                                 .mechanism = "ip4:192.0.2.0/24",
                                                 .explanation = "",
                                                 .reason = "",
                                                 .section = ""};
static const struct inkan_spf_result spf_error = {.result = INKAN_PERMERROR,
                                                  .identity = INKAN_SPF_MAILFROM,
                                                  .domain = "example.com",
                                                  .mechanism = "",
                                                  .explanation = "",
                                                  .reason = "too many look-ups",
                                                  .section = ""};
static const struct inkan_spf_result spf_unchecked = {.result = INKAN_NONE,
                                                      .domain = "",
                                                      .mechanism = "",
                                                      .explanation = "",
                                                      .reason = "the session is not known",
                                                      .section = ""};
static const struct inkan_spf_result helo_none = {.result = INKAN_NONE,
                                                  .identity = INKAN_SPF_HELO,
                                                  .domain = "mail.example.com",
                                                  .mechanism = "",
                                                  .explanation = "",
                                                  .reason = "",
                                                  .section = ""};
static const struct inkan_spf_result helo_pass = {.result = INKAN_PASS,
                                                  .identity = INKAN_SPF_HELO,
                                                  .domain = "mail.example.com",
                                                  .mechanism = "a",
                                                  .explanation = "",
                                                  .reason = "",
                                                  .section = ""};
static const struct inkan_spf_result spf_injecting = {.result = INKAN_FAIL,
                                                      .identity = INKAN_SPF_MAILFROM,
                                                      .domain = "example.com",
                                                      .mechanism = "exists:a)\r\nBcc: x(",
                                                      .explanation = "",
                                                      .reason = "",
                                                      .section = ""};
static const struct inkan_dkim_result dkim_pass = {.result = INKAN_PASS,
                                                   .reason = "",
                                                   .domain = "example.com",
                                                   .selector = "s1",
                                                   .identity = "@example.com",
                                                   .algorithm = "rsa-sha256",
                                                   .signature_prefix = "AbCdEf12",
                                                   .key_bits = 2048};
static const struct inkan_dkim_result dkim_two[2] = {
	{.result = INKAN_PASS,
         .reason = "",
         .domain = "example.com",
         .selector = "s1",
         .identity = "@example.com",
         .algorithm = "rsa-sha256",
         .signature_prefix = "AbCdEf12",
         .key_bits = 2048},
	{.result = INKAN_FAIL,
         .reason = "body hash did not verify",
         .domain = "list.example",
         .selector = "l",
         .identity = "@list.example",
         .algorithm = "ed25519-sha256",
         .signature_prefix = "ZyXwVu98",
         .key_bits = 0},
};
static const struct inkan_arc_set sealers[2] = {{.instance = 1, .sealer = "gw.example.net"},
                                                {.instance = 2, .sealer = "list.example.org"}};
static const struct inkan_arc_result arc_none = {.result = INKAN_NONE, .reason = "", .section = "", .oldest_pass = -1};
static const struct inkan_arc_result arc_pass = {
	.result = INKAN_PASS, .reason = "", .section = "", .set_count = 2, .sets = sealers, .listed_sets = 2};
static const struct inkan_arc_result arc_fail = {.result = INKAN_FAIL,
                                                 .reason = "ARC-Seal of set 2 did not verify",
                                                 .section = "",
                                                 .set_count = 2,
                                                 .oldest_pass = -1,
                                                 .sets = sealers,
                                                 .listed_sets = 2};
static const struct inkan_dmarc_result dmarc_pass = {.result = INKAN_PASS,
                                                     .reason = "",
                                                     .section = "",
                                                     .from_domain = "example.com",
                                                     .policy_domain = "example.com",
                                                     .record = "v=DMARC1; p=quarantine",
                                                     .policy = INKAN_POLICY_QUARANTINE,
                                                     .policy_tag = "p"};
static const struct inkan_dmarc_result dmarc_fail = {.result = INKAN_FAIL,
                                                     .reason = "",
                                                     .section = "",
                                                     .from_domain = "a.example.com",
                                                     .policy_domain = "example.com",
                                                     .record = "v=DMARC1; p=none; sp=reject",
                                                     .policy = INKAN_POLICY_REJECT,
                                                     .disposition = INKAN_POLICY_REJECT,
                                                     .policy_tag = "sp"};
static const struct inkan_dmarc_result dmarc_none = {.result = INKAN_NONE,
                                                     .reason = "no record",
                                                     .section = "",
                                                     .from_domain = "example.com",
                                                     .policy_domain = "",
                                                     .record = "",
                                                     .policy_tag = ""};

static const struct inkan_session session = {
	.struct_size = sizeof session, .ip = "192.0.2.25", .helo = "mail.example.com", .mail_from = "<a@example.com>"};
static const struct inkan_session session6 = {
	.struct_size = sizeof session, .ip = "2001:db8::25", .helo = "mail.example.com", .mail_from = "a@example.com"};
static const struct inkan_session bounce = {
	.struct_size = sizeof session, .ip = "192.0.2.25", .helo = "mail.example.com", .mail_from = ""};
static const struct inkan_session odd = {
	.struct_size = sizeof session, .ip = "192.0.2.25", .mail_from = "<\"a; dkim=pass\r\n (\"@example.com>"};
static const struct inkan_session gateway = {.struct_size = sizeof session,
                                             .ip = "192.0.2.25",
                                             .helo = "mail.example.com",
                                             .mail_from = "a@example.com",
                                             .trusted_gateway = true};

#define ID "Authentication-Results: mx.example;\r\n"
#define SPF " spf=pass (by ip4:192.0.2.0/24) smtp.mailfrom=a@example.com;\r\n"
#define DKIM                                                                       \
	" dkim=pass (2048-bit key) header.d=example.com header.i=@example.com\r\n" \
	" header.s=s1 header.a=rsa-sha256 header.b=AbCdEf12;\r\n"

static const struct row {
	const char *name;
	struct inkan_verdict verdict;
	const struct inkan_session *session;
	const char *want;
} rows[] = {
	{"R2 R7 everything passes: spf, dkim, arc, dmarc",
         {.spf = &spf_pass,
          .spf_helo = &helo_none,
          .dkim = &dkim_pass,
          .dkim_count = 1,
          .arc = &arc_none,
          .dmarc = &dmarc_pass,
          .override_comment = ""},
         &session,
         ID SPF DKIM " arc=none smtp.remote-ip=192.0.2.25;\r\n"
                     " dmarc=pass (p=quarantine dis=none) header.from=example.com policy.dmarc=none\r\n"},
	{"R9 HELO beside MAIL FROM, two signatures",
         {.spf = &spf_pass, .spf_helo = &helo_pass, .dkim = dkim_two, .dkim_count = 2, .override_comment = ""},
         &session,
         ID SPF " spf=pass (by a) smtp.helo=mail.example.com;\r\n" DKIM
                " dkim=fail (body hash did not verify) reason=\"body hash did not verify\"\r\n"
                " header.d=list.example header.i=@list.example header.s=l\r\n"
                " header.a=ed25519-sha256 header.b=ZyXwVu98\r\n"},
	{"R7 the null sender shows as HELO, once",
         {.spf = &helo_pass, .spf_helo = &helo_pass, .override_comment = ""},
         &bounce,
         ID " spf=pass (by a) smtp.helo=mail.example.com;\r\n dkim=none\r\n"},
	{"R7 postmaster of HELO shows as HELO",
         {.spf = &spf_pass, .spf_helo = &helo_pass, .override_comment = ""},
         &bounce,
         ID " spf=pass (by ip4:192.0.2.0/24) smtp.helo=example.com;\r\n dkim=none\r\n"},
	{"R9 an error of SPF has its reason",
         {.spf = &spf_error, .override_comment = ""},
         &session,
         ID " spf=permerror reason=\"too many look-ups\" smtp.mailfrom=a@example.com;\r\n dkim=none\r\n"},
	{"R6 MAIL FROM and a term that would break out",
         {.spf = &spf_injecting, .override_comment = ""},
         &odd,
         ID " spf=fail (by exists:a\\)??Bcc: x\\()\r\n"
            " smtp.mailfrom=\"\\\"a; dkim=pass?? (\\\"@example.com\";\r\n dkim=none\r\n"},
	{"R2 SPF is not mentioned where the session is not known",
         {.spf = &spf_unchecked, .dmarc = &dmarc_none, .override_comment = ""},
         NULL,
         ID " dkim=none;\r\n dmarc=none reason=\"no record\" header.from=example.com\r\n"},
	{"A14 arc=pass with the client and the oldest pass",
         {.arc = &arc_pass, .override_comment = ""},
         &session,
         ID " dkim=none;\r\n"
            " arc=pass (i=2 sealed by gw.example.net, list.example.org)\r\n"
            " smtp.remote-ip=192.0.2.25 header.oldest-pass=0\r\n"},
	{"A14 an IPv6 client is quoted",
         {.arc = &arc_pass, .override_comment = ""},
         &session6,
         ID " dkim=none;\r\n"
            " arc=pass (i=2 sealed by gw.example.net, list.example.org)\r\n"
            " smtp.remote-ip=\"2001:db8::25\" header.oldest-pass=0\r\n"},
	{"A14 arc=fail has its reason and no oldest pass",
         {.arc = &arc_fail, .override_comment = ""},
         NULL,
         ID " dkim=none;\r\n"
            " arc=fail reason=\"ARC-Seal of set 2 did not verify\"\r\n"
            " (i=2 sealed by gw.example.net, list.example.org)\r\n"},
	{"R7 a policy of sp, applied as it is",
         {.dmarc = &dmarc_fail, .applied = INKAN_POLICY_REJECT, .override_comment = ""},
         NULL,
         ID " dkim=none;\r\n"
            " dmarc=fail (sp=reject dis=reject) header.from=a.example.com\r\n"
            " policy.dmarc=reject\r\n"},
	{"R7 an override shows, and what was applied",
         {.dmarc = &dmarc_fail,
          .override = INKAN_OVERRIDE_TRUSTED_FORWARDER,
          .override_comment = "arc=pass as[2].d=example.org"},
         NULL,
         ID " dkim=none;\r\n"
            " dmarc=fail\r\n"
            " (sp=reject dis=none override=trusted_forwarder arc=pass as[2].d=example.org)\r\n"
            " header.from=a.example.com policy.dmarc=none\r\n"},
	{"R2 a trusted gateway: SPF and DMARC were skipped, whatever the structs hold",
         {.spf = &spf_pass,
          .spf_helo = &helo_pass,
          .dmarc = &dmarc_pass,
          .from_domain = "example.com",
          .override_comment = ""},
         &gateway,
         ID " spf=none (skipped: trusted gateway);\r\n dkim=none;\r\n"
            " dmarc=none (skipped: trusted gateway) header.from=example.com\r\n"},
};

static void print(struct buf *out, const struct inkan_verdict *v, const struct inkan_session *s)
{
	struct authres_printer p;

	assert_true(authres_begin(&p, out, STR("mx.example")));
	authres_verdict(&p, v, s);
	authres_end(&p);
}

/* The field as the strict reader reads it; it must be able to. */
static void read_again(struct arena *arena, struct str text, struct authres_field *field)
{
	struct str head = STR("Authentication-Results:");

	assert_true(str_has_prefix(text, head));
	assert_int_equal(
		authres_parse(arena, str_head(str_skip(text, head.n), text.n - head.n - 2), AUTHRES_STRICT, field),
		INKAN_OK);
	if (!field->valid)
		fail_msg("%s at %zu: %.*s", field->trouble, field->position, STR_ARG(text));
}

static void run_row(const void *row)
{
	const struct row *r = row;
	struct authres_field field;
	struct arena arena;
	struct buf out;

	arena_init(&arena, 16 * 1024 * 1024);
	buf_init(&out, 100000);
	print(&out, &r->verdict, r->session);
	buf_put_char(&out, '\0');
	assert_int_equal(buf_error(&out), INKAN_OK);
	assert_string_equal(out.p, r->want);
	read_again(&arena, str_c(out.p), &field);
	buf_release(&out);
	arena_release(&arena);
}

static void run_iprev(const void *row)
{
	struct authres_printer p;
	struct buf out;

	(void)row;
	buf_init(&out, 100000);
	assert_true(authres_begin(&p, &out, STR("mx.example")));
	authres_iprev(&p, INKAN_PASS, "192.0.2.1", "mail.example.com");
	authres_iprev(&p, INKAN_FAIL, "2001:db8::1", "");
	authres_end(&p);
	buf_put_char(&out, '\0');
	assert_string_equal(out.p, ID " iprev=pass (mail.example.com) policy.iprev=192.0.2.1;\r\n"
	                              " iprev=fail policy.iprev=\"2001:db8::1\"\r\n");
	buf_release(&out);
}

/* ---- anything at all ---- */

static const char *random_text(struct random *random, char room[400])
{
	static const char nasty[] = "\"\\()<>@,;:/[]?= \t\r\n\x7f\x80\xff.=abc";
	size_t n = random_below(random, 4) ? random_below(random, 30) : random_below(random, 399);

	for (size_t i = 0; i < n; i++)
		room[i] = nasty[random_below(random, sizeof nasty - 1)];
	room[n] = '\0';
	return room;
}

static void run_random(const void *row)
{
	char rooms[8][400];
	struct random random = {12};
	struct authres_field field;
	struct arena arena;
	struct buf out;

	(void)row;
	arena_init(&arena, 64 * 1024 * 1024);
	buf_init(&out, 1000000);
	for (int round = 0; round < 3000; round++) {
		struct inkan_arc_set sets[60];
		struct inkan_arc_result arc = {
			.result = INKAN_PASS, .section = "", .set_count = 60, .sets = sets, .listed_sets = 60};
		struct inkan_spf_result spf = spf_pass;
		struct inkan_dmarc_result dmarc = dmarc_fail;
		struct inkan_session s = session;

		arc.reason = random_text(&random, rooms[0]);
		for (size_t i = 0; i < 60; i++)
			sets[i].sealer = random_text(&random, rooms[1]);
		spf.mechanism = random_text(&random, rooms[2]);
		spf.reason = random_text(&random, rooms[3]);
		s.ip = s.mail_from = random_text(&random, rooms[4]);
		dmarc.from_domain = random_text(&random, rooms[5]);
		dmarc.reason = random_text(&random, rooms[6]);
		struct inkan_verdict v = {.spf = &spf,
		                          .arc = &arc,
		                          .dmarc = &dmarc,
		                          .override = INKAN_OVERRIDE_OTHER,
		                          .override_comment = random_text(&random, rooms[7])};

		arena_reset(&arena);
		buf_clear(&out);
		print(&out, &v, &s);
		assert_int_equal(buf_error(&out), INKAN_OK);
		read_again(&arena, buf_str(&out), &field);
		assert_int_equal(field.result_count, 4);
	}
	buf_release(&out);
	arena_release(&arena);
}

/* Without room or memory: an error, never a shorter field that looks whole. */
static void run_no_memory(const void *row)
{
	bool reached = true;

	(void)row;
	for (size_t n = 1; reached; n++) {
		struct buf out;

		buf_init(&out, 10000);
		alloc_fail_at(n);
		print(&out, &rows[0].verdict, &session);
		reached = alloc_count() >= n;
		alloc_fail_at(0);
		assert_int_equal(buf_error(&out), reached ? INKAN_ENOMEM : INKAN_OK);
		buf_release(&out);
	}
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	test_add(&list, "R7 iprev", run_iprev, NULL);
	test_add(&list, "R6 anything at all gives one field with four results", run_random, NULL);
	test_add(&list, "no memory", run_no_memory, NULL);
	return test_run(&list, "authres/results");
}
