/* SMTP replies and Received-SPF. */
#include "spf/output.h"

#include "zone.h"

static const struct reply_row {
	const char *name;
	enum inkan_result result;
	unsigned code;
	const char *enhanced;
} replies[] = {
	{"P23 fail", INKAN_FAIL, 550, "5.7.23"},
	{"P23 temperror", INKAN_TEMPERROR, 451, "4.7.24"},
	{"P23 permerror", INKAN_PERMERROR, 550, "5.7.24"},
	{"P23 softfail is no ground for refusing", INKAN_SOFTFAIL, 0, NULL},
	{"P23 neutral is none", INKAN_NEUTRAL, 0, NULL},
	{"P23 none", INKAN_NONE, 0, NULL},
	{"P23 pass", INKAN_PASS, 0, NULL},
};

static void run_reply(const void *row)
{
	const struct reply_row *r = row;
	const struct spf_reply *reply = spf_reply(r->result);

	assert_int_equal(reply != NULL, r->code != 0);
	if (!reply)
		return;
	assert_int_equal(reply->code, r->code);
	assert_string_equal(reply->enhanced, r->enhanced);
	assert_int_equal(reply->enhanced[0], '0' + (int)reply->code / 100);
}

static const struct received_row {
	const char *name;
	const char *ip, *helo, *sender, *receiver;
	enum inkan_spf_identity identity;
	const char *want;
} received[] = {
	{"P24 pass", "192.0.2.1", "h.example", "u@d.example", "mx.example", INKAN_SPF_MAILFROM,
         "Received-SPF: pass (mx.example:\r\n\tdomain of d.example\r\n\tdesignates the client as permitted sender)\r\n"
         "\tclient-ip=192.0.2.1;\r\n\tenvelope-from=\"u@d.example\";\r\n\thelo=h.example;\r\n\tidentity=mailfrom;\r\n"
         "\treceiver=mx.example;\r\n\tmechanism=\"ip4:192.0.2.1\";\r\n"},
	{"P24 default", "192.0.2.2", "h.example", "u@d.example", "", INKAN_SPF_MAILFROM,
         "Received-SPF: neutral (\r\n\tdomain of d.example\r\n\tsays nothing about the client)\r\n"
         "\tclient-ip=192.0.2.2;\r\n\tenvelope-from=\"u@d.example\";\r\n\thelo=h.example;\r\n\tidentity=mailfrom;\r\n"
         "\tmechanism=default;\r\n"},
	{"P24 HELO, IPv6, a problem", "2001:db8::1", "h.example", "u@d.example", "mx.example", INKAN_SPF_HELO,
         "Received-SPF: permerror (mx.example:\r\n\tdomain of h.example\r\n\thas a record that cannot be "
         "interpreted)\r\n"
         "\tclient-ip=\"2001:db8::1\";\r\n\thelo=h.example;\r\n\tidentity=helo;\r\n\treceiver=mx.example;\r\n"
         "\tproblem=\"unknown mechanism (moo in the record of h.example)\";\r\n"},
	{"P24 null sender", "192.0.2.1", "[192.0.2.1]", "", "mx.example", INKAN_SPF_MAILFROM,
         "Received-SPF: none (mx.example:\r\n\tdomain of [192.0.2.1]\r\n\tdesignates no permitted senders)\r\n"
         "\tclient-ip=192.0.2.1;\r\n\tenvelope-from=\"<>\";\r\n\thelo=\"[192.0.2.1]\";\r\n\tidentity=mailfrom;\r\n"
         "\treceiver=mx.example;\r\n\tproblem=\"an address literal is no domain\";\r\n"},
	{"P24 what a stranger sends is quoted", "192.0.2.1", "a\"; x=\r\nSubject: y\\", "x)(\001\xff@d.example",
         "m\\(x", INKAN_SPF_MAILFROM,
         "Received-SPF: pass (m\\\\\\(x:\r\n\tdomain of d.example\r\n\tdesignates the client as permitted sender)\r\n"
         "\tclient-ip=192.0.2.1;\r\n\tenvelope-from=\"x)(??@d.example\";\r\n\thelo=\"a\\\"; x=??Subject: y\\\\\";\r\n"
         "\tidentity=mailfrom;\r\n\treceiver=\"m\\\\(x\";\r\n\tmechanism=\"ip4:192.0.2.1\";\r\n"},
};

static void run_received(const void *row)
{
	const struct received_row *r = row;
	struct evidence *e =
		zone_load("'d.example':{'TXT':['v=spf1 ip4:192.0.2.1']},'h.example':{'TXT':['v=spf1 moo']}");
	struct spf_query q = zone_query(r->ip, r->helo, r->sender);
	struct arena arena;
	struct buf out;

	q.receiver = str_c(r->receiver);
	arena_init(&arena, ZONE_ARENA_MAX);
	buf_init(&out, 10000);
	struct inkan_spf_result result = zone_check(&arena, e, &q, r->identity);

	spf_received(&out, &q, &result);
	buf_put_char(&out, '\0');
	assert_int_equal(buf_error(&out), INKAN_OK);
	assert_string_equal(out.p, r->want);
	buf_release(&out);
	arena_release(&arena);
	evidence_free(e);
}

/* No line above 998 octets, whatever comes (RFC 5322 section 2.1.1). */
static void long_values(const void *row)
{
	static char sender[4000], helo[4000];
	struct spf_query q = zone_query("192.0.2.1", "", "");
	struct inkan_spf_result result = {.identity = INKAN_SPF_MAILFROM, .domain = "", .mechanism = "", .reason = ""};
	struct buf out;
	size_t column = 0;

	(void)row;
	memset(sender, '"', sizeof sender);
	memset(helo, 'a', sizeof helo);
	q.sender = str_from(sender, sizeof sender);
	q.helo = q.receiver = str_from(helo, sizeof helo);
	buf_init(&out, 10000);
	spf_received(&out, &q, &result);
	assert_int_equal(buf_error(&out), INKAN_OK);
	for (size_t i = 0; i < out.n; i++) {
		column = out.p[i] == '\n' ? 0 : column + 1;
		assert_true(column < 999);
	}
	buf_release(&out);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, replies, run_reply);
	TEST_TABLE(&list, received, run_received);
	test_add(&list, "P24 long values", long_values, NULL);
	return test_run(&list, "spf/output");
}
