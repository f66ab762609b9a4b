/* The resolver against a real server (Knot DNS), with and without DNSSEC. */
#include "io/resolver.h"

#include "support/case.h"
#include "support/knot.h"

#define RECORDS                                               \
	"s1._domainkey TXT \"v=DKIM1; k=rsa; \" \"p=MIIB\"\n" \
	"alias CNAME s1._domainkey\n"                         \
	"nowhere CNAME absent\n"                              \
	"@ MX 10 mail\n"                                      \
	"mail A 192.0.2.1\n"                                  \
	"mail AAAA 2001:db8::1\n"

static const struct knot_zone zones[] = {
	{"secure.test", RECORDS, 1, 0},
	{"plain.test", RECORDS, 0, 0},
	{"", RECORDS, 1, 0}, /* a root of our own, for the look whether it can be validated */
};

static struct knot *knot;

enum anchor {
	NO_ANCHOR,
	RIGHT_ANCHOR, /* that of secure.test */
	ROOT_ANCHOR,  /* that of our root, not strict */
	WRONG_ANCHOR  /* of a key that secure.test does not have */
};

static struct resolver *make(enum anchor anchor)
{
	struct resolver_options options = {.host = STR("127.0.0.1"), .port = knot_port(knot)};
	struct resolver *r = NULL;
	struct io_error error = {""};

	options.validate = anchor != NO_ANCHOR;
	options.strict = anchor != ROOT_ANCHOR;
	if (anchor == ROOT_ANCHOR)
		options.trust_anchor = knot_trust_anchor(knot, "");
	if (anchor == RIGHT_ANCHOR)
		options.trust_anchor = knot_trust_anchor(knot, "secure.test");
	if (anchor == WRONG_ANCHOR)
		options.trust_anchor = knot_file(knot, "wrong.ds",
		                                 "secure.test. IN DS 12345 13 2 "
		                                 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n");
	if (resolver_new(&options, NULL, &r, &error))
		fail_msg("%s", error.text);
	return r;
}

static const struct question {
	const char *name;
	enum anchor anchor;
	enum dns_type type;
	const char *owner;
	enum dns_status status;
	const char *text; /* of the first record */
	bool secure;
} questions[] = {
	{"V12 TXT of two strings", NO_ANCHOR, DNS_TXT, "s1._domainkey.plain.test", DNS_ANSWER, "v=DKIM1; k=rsa; p=MIIB",
         false},
	{"MX", NO_ANCHOR, DNS_MX, "plain.test", DNS_ANSWER, "mail.plain.test", false},
	{"A", NO_ANCHOR, DNS_A, "mail.plain.test", DNS_ANSWER, NULL, false},
	{"AAAA", NO_ANCHOR, DNS_AAAA, "mail.plain.test", DNS_ANSWER, NULL, false},
	{"NS", NO_ANCHOR, DNS_NS, "plain.test", DNS_ANSWER, "ns.plain.test", false},
	{"V10 CNAME", NO_ANCHOR, DNS_TXT, "alias.plain.test", DNS_ANSWER, "v=DKIM1; k=rsa; p=MIIB", false},
	{"V10 dangling CNAME", NO_ANCHOR, DNS_TXT, "nowhere.plain.test", DNS_NXDOMAIN, NULL, false},
	{"V10 NXDOMAIN", NO_ANCHOR, DNS_TXT, "absent.plain.test", DNS_NXDOMAIN, NULL, false},
	{"V10 NODATA", NO_ANCHOR, DNS_TXT, "mail.plain.test", DNS_NODATA, NULL, false},
	{"V10 a name that the root denies", NO_ANCHOR, DNS_TXT, "elsewhere.example", DNS_NXDOMAIN, NULL, false},
	{"V10 the apex of a special name is asked for like all others", NO_ANCHOR, DNS_NS, "test", DNS_NXDOMAIN, NULL,
         false},
	{"signed, not asked to validate", NO_ANCHOR, DNS_TXT, "s1._domainkey.secure.test", DNS_ANSWER,
         "v=DKIM1; k=rsa; p=MIIB", false},
	{"secure TXT", RIGHT_ANCHOR, DNS_TXT, "s1._domainkey.secure.test", DNS_ANSWER, "v=DKIM1; k=rsa; p=MIIB", true},
	{"secure CNAME", RIGHT_ANCHOR, DNS_TXT, "alias.secure.test", DNS_ANSWER, "v=DKIM1; k=rsa; p=MIIB", true},
	{"secure NXDOMAIN", RIGHT_ANCHOR, DNS_TXT, "absent.secure.test", DNS_NXDOMAIN, NULL, true},
	{"secure NODATA", RIGHT_ANCHOR, DNS_TXT, "mail.secure.test", DNS_NODATA, NULL, true},
	{"no anchor above the zone: not secure", RIGHT_ANCHOR, DNS_TXT, "s1._domainkey.plain.test", DNS_ANSWER,
         "v=DKIM1; k=rsa; p=MIIB", false},
	{"a root that validates: secure", ROOT_ANCHOR, DNS_TXT, "s1._domainkey", DNS_ANSWER, "v=DKIM1; k=rsa; p=MIIB",
         true},
	{"a root that validates: secure NXDOMAIN", ROOT_ANCHOR, DNS_TXT, "a.absent", DNS_NXDOMAIN, NULL, true},
	{"a root that validates, a zone that it denies: bogus", ROOT_ANCHOR, DNS_TXT, "s1._domainkey.plain.test",
         DNS_BOGUS, NULL, false},
	{"bogus TXT", WRONG_ANCHOR, DNS_TXT, "s1._domainkey.secure.test", DNS_BOGUS, NULL, false},
	{"bogus NXDOMAIN", WRONG_ANCHOR, DNS_TXT, "absent.secure.test", DNS_BOGUS, NULL, false},
};

static void run_question(const void *row)
{
	const struct question *q = row;
	struct evidence *e = NULL;

	if (!knot)
		test_skip("Knot DNS is not installed");
	struct resolver *r = make(q->anchor);

	assert_int_equal(evidence_new(NULL, 0, 0, &e), INKAN_OK);
	for (int round = 0; round < 2; round++) { /* the second time from the cache */
		evidence_reset(e);
		assert_null(evidence_ask(e, q->type, str_c(q->owner)));
		assert_int_equal(resolver_resolve(r, e, 0), INKAN_OK);
		const struct dns_answer *a = evidence_ask(e, q->type, str_c(q->owner));

		if (a->status != q->status)
			fail_msg("round %d: %s (%.*s)", round, dns_status_name(a->status), STR_ARG(a->why));
		assert_int_equal(a->secure, q->secure);
		assert_int_equal(a->count, q->status == DNS_ANSWER);
		if (q->status == DNS_BOGUS)
			assert_true(a->why.n > 0);
		if (q->text) {
			struct str text = a->records[0].text.p ? a->records[0].text : a->records[0].name;

			assert_true(str_eq(text, str_c(q->text)));
		}
	}
	evidence_free(e);
	resolver_free(r);
}

int main(void)
{
	struct test_list list = {0};

	knot = knot_start(zones, sizeof(zones) / sizeof(*zones));
	TEST_TABLE(&list, questions, run_question);
	int failed = test_run(&list, "io/resolver_knot");

	knot_stop(knot);
	return failed;
}
