/* Replies of receivers that refuse unauthenticated mail (REQUIREMENTS S2-2; RULES section 3). */
#include "check/bounce.h"

#include "support/case.h"

#include "core/buf.h"

/* clang-format off */
static const struct row {
	const char *name, *text;
	const char *code, *receiver, *id; /* of the first; code NULL: nothing is found */
} rows[] = {
	{"S2-2 Gmail: unauthenticated", "550-5.7.26 This mail has been blocked because the sender is unauthenticated. gsmtp", "5.7.26", "gmail", "bounce_unauthenticated"},
	{"S2-2 Gmail: DMARC policy", "550-5.7.26 Unauthenticated email from a.example is not accepted due to\n550-5.7.26 domain's DMARC policy. - gsmtp", "5.7.26", "gmail", "bounce_dmarc_policy"},
	{"S2-2 Gmail: an old DMARC reply", "host ASPMX.L.GOOGLE.com said: 550-5.7.1 Unauthenticated email from a.example is not accepted due to domain's 550-5.7.1 DMARC policy.", "5.7.1", "gmail", "bounce_dmarc_policy"},
	{"S2-2 Gmail: PTR", "421-4.7.23 [192.0.2.1] x gsmtp", "4.7.23", "gmail", "bounce_ptr"},
	{"S2-2 Gmail: PTR refused", "550-5.7.25 [192.0.2.1] x gsmtp", "5.7.25", "gmail", "bounce_ptr"},
	{"S2-2 Gmail: SPF", "421 4.7.27 x gsmtp", "4.7.27", "gmail", "bounce_spf"},
	{"S2-2 Gmail: SPF refused", "550 5.7.27 x gsmtp", "5.7.27", "gmail", "bounce_spf"},
	{"S2-2 Gmail: TLS", "421 4.7.29 x gsmtp", "4.7.29", "gmail", "bounce_tls"},
	{"S2-2 Gmail: DKIM", "421 4.7.30 x gsmtp", "4.7.30", "gmail", "bounce_dkim"},
	{"S2-2 Gmail: no DMARC", "421 4.7.31 x gsmtp", "4.7.31", "gmail", "bounce_no_dmarc"},
	{"S2-2 Gmail: no DMARC, newer", "550 5.7.40 x gsmtp", "5.7.40", "gmail", "bounce_no_dmarc"},
	{"S2-2 Gmail: alignment", "421 4.7.32 x gsmtp", "4.7.32", "gmail", "bounce_alignment"},
	{"S2-2 Gmail: rate", "421-4.7.28 Gmail has detected an unusual rate", "4.7.28", "gmail", "bounce_complaints"},
	{"S2-2 Gmail without its name: SPF", "421 4.7.27 Your email has been rate limited because SPF authentication didn't pass for this message.", "4.7.27", "", "bounce_spf"},
	{"S2-2 Gmail without its name: TLS", "421 4.7.29 rate limited because this message wasn't sent over a TLS connection.", "4.7.29", "", "bounce_tls"},
	{"S2-2 Gmail without its name: DKIM", "550 5.7.30 blocked because DKIM authentication didn't pass for this message.", "5.7.30", "", "bounce_dkim"},
	{"S2-2 Gmail without its name: no DMARC", "421 4.7.31 the sending domain doesn't have a DMARC record", "4.7.31", "", "bounce_no_dmarc"},
	{"S2-2 Gmail without its name: no DMARC, newer", "550 5.7.40 the sending domain doesn't have a DMARC policy", "5.7.40", "", "bounce_no_dmarc"},
	{"S2-2 Gmail without its name: alignment", "421 4.7.32 the From: header isn't aligned with either the authenticated SPF or DKIM organizational domain.", "4.7.32", "", "bounce_alignment"},
	{"S2-2 RFC 8689: REQUIRETLS is not Gmail's DKIM", "550 5.7.30 REQUIRETLS support required", "5.7.30", "", "bounce_requiretls"},
	{"S2-2 Microsoft: level", "550 5.7.515 Access denied, sending domain a.example does not meet the required authentication level", "5.7.515", "microsoft", "bounce_bulk_level"},
	{"S2-2 Microsoft: DMARC", "host outlook-com.olc.protection.outlook.com said: 550 5.7.509 Access denied, sending domain [A.EXAMPLE] does not pass DMARC verification", "5.7.509", "microsoft", "bounce_dmarc_policy"},
	{"S2-2 Yahoo: policy", "host mta5.am0.yahoodns.net said: 554 5.7.9 Message not accepted for policy reasons.", "5.7.9", "yahoo", "bounce_dmarc_policy"},
	{"S2-2 Yahoo: complaints", "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to user complaints; see https://help.yahoo.com/", "4.7.0", "yahoo", "bounce_complaints"},
	{"S2-2 Apple", "host mx02.mail.icloud.com said: 554 5.7.1 Your message was rejected due to a.example's DMARC policy.", "5.7.1", "apple", "bounce_dmarc_policy"},
	{"S2-2 another receiver: DMARC", "550 5.2.0 x Message rejected due to DMARC.", "5.2.0", "", "bounce_dmarc_policy"},
	{"S2-2 RFC 7372: SPF is not Gmail's PTR", "550 5.7.23 SPF validation failed", "5.7.23", "", "bounce_spf"},
	{"S2-2 RFC 7372: several", "550 5.7.26 Multiple authentication checks failed", "5.7.26", "", "bounce_unauthenticated"},
	{"S2-2 RFC 8617: ARC is not Gmail's TLS", "550 5.7.29 ARC validation failure", "5.7.29", "", "bounce_arc"},
	{"S2-2 RFC 7505: null MX is not Gmail's SPF", "550 5.7.27 Sender address has null MX", "5.7.27", "", "bounce_null_mx"},
	{"S2-2 the receiver that stands nearest counts", "Reporting-MTA: dns; x.prod.outlook.com\n\nGenerating server: x.prod.outlook.com\nbob@gmail.com\ngmail-smtp-in.l.google.com\nRemote Server returned '550-5.7.26 This mail is unauthenticated - gsmtp'", "5.7.26", "gmail", "bounce_unauthenticated"},
	{"S2-2 a mailbox that does not exist is not about authentication", "550 5.1.1 The email account does not exist gsmtp", NULL, NULL, NULL},
	{"S2-2 an address is no code", "from 5.7.26.1 and 15.7.26 and 4.7.26-x gsmtp", NULL, NULL, NULL},
	{"S2-2 a version is no code", "version 5.7.1234 of gmail", NULL, NULL, NULL},
	{"S2-2 nothing", "", NULL, NULL, NULL},
};
/* clang-format on */

static void run_row(const void *row)
{
	const struct row *r = row;
	struct arena arena;
	struct bounce bounce;

	arena_init(&arena, 1 << 20);
	assert_int_equal(bounce_read(&arena, str_c(r->text), &bounce), INKAN_OK);
	assert_int_equal(bounce.count > 0, r->code != NULL);
	assert_true(bounce.findings.count > 0);
	if (r->code) {
		assert_true(str_eq(bounce.codes[0].code, str_c(r->code)));
		assert_string_equal(bounce_receiver_name(bounce.codes[0].receiver), r->receiver);
		assert_string_equal(bounce.codes[0].kind->id, r->id);
	}
	arena_release(&arena);
}

/* Megabytes of codes: bounded findings, each told once. */
static void run_many(const void *row)
{
	struct arena arena;
	struct bounce bounce;
	struct buf text;

	(void)row;
	arena_init(&arena, 1 << 20);
	buf_init(&text, BOUNCE_TEXT_MAX);
	for (int i = 0; i < 5000; i++)
		buf_printf(&text, "5.7.%d gsmtp ", 20 + i % 20);
	assert_int_equal(bounce_read(&arena, buf_str(&text), &bounce), INKAN_OK);
	assert_true(bounce.count > 5 && bounce.count <= BOUNCE_CODES_MAX);
	assert_int_equal(bounce.findings.count, bounce.count);
	buf_release(&text);
	arena_release(&arena);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	test_add(&list, "S2-2 thousands of codes", run_many, NULL);
	return test_run(&list, "check/bounce");
}
