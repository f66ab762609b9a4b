/* The check of a domain on worlds of DNS: which findings it has, in which state each part is, and that questions stay few. */
#include <stdio.h>

#include "check/domain.h"
#include "check/keys.h"
#include "spf/zone.h"
#include "support/alloc.h"

#define KEY "v=DKIM1; k=ed25519; p=" ED25519
#define KEY_2 "v=DKIM1; k=rsa; p=" RSA_2048
#define TARGET_A "a.dkim.example.net"

/* A domain with its servers; more members may follow. */
#define ZONE                                                                                                           \
	"'ns1.example.net':{'A':['192.0.2.1']},'ns2.example.net':{'A':['192.0.2.2']},'mx.example.net':{'A':['192.0.2." \
	"3']}"
#define SERVERS "'NS':['ns1.example.net','ns2.example.net'],'SOA':['ns1.example.net'],'MX':[[10,'mx.example.net']]"
#define SPF "v=spf1 ip4:192.0.2.0/24 -all"
#define APEX "'d.example':{" SERVERS ",'TXT':['" SPF "']}"
#define GOOGLE_APEX                                                                          \
	"'d.example':{'NS':['ns1.example.net','ns2.example.net'],'SOA':['ns1.example.net']," \
	"'MX':[[1,'smtp.google.com']],'TXT':['v=spf1 include:_spf.google.com ~all']},"       \
	"'smtp.google.com':{'A':['192.0.2.9']},'_spf.google.com':{'TXT':['v=spf1 ip4:192.0.2.0/24 ~all']}"
#define MICROSOFT_APEX(spf)                                                                  \
	"'d.example':{'NS':['ns1.example.net','ns2.example.net'],'SOA':['ns1.example.net']," \
	"'MX':[[1,'d-example.mail.protection.outlook.com']],'TXT':['" spf "']},"             \
	"'d-example.mail.protection.outlook.com':{'A':['192.0.2.9']},"                       \
	"'spf.protection.outlook.com':{'TXT':['v=spf1 ip4:192.0.2.0/24 -all']}"
#define DMARC(text) "'_dmarc.d.example':{'TXT':['" text "']}"
#define POLICY "v=DMARC1; p=none; rua=mailto:r@d.example"
#define SELECTOR(name, text) "'" name "._domainkey.d.example':{'TXT':['" text "']}"
#define ALIAS(name, target) "'" name "._domainkey.d.example':{'CNAME':['" target "']}"
#define ALL ZONE "," APEX "," DMARC(POLICY) "," SELECTOR("s1", KEY)

enum { SELECTORS = 4 };

/* The formatter would break the zones. */
/* clang-format off */
static const struct row {
	const char *name;
	const char *zone;
	const char *findings; /* errors and warnings, in the order shown; those behind "+" must be there as infos */
	const char *states;   /* "spf=ok dkim=absent", those that matter */
	const char *verdict;
	struct known_selector selectors[SELECTORS];
	const char *gateway, *mail_from, *provider, *profile, *name_server;
	bool bulk;
	const char *next; /* id of the finding that the next step is of; NULL: not looked at */
} rows[] = {
	{"S2-5 all three are registered", ALL, "", "spf=ok dkim=ok dmarc=ok mx=ok delegation=ok", "pass", {{"s1"}}},
	{"S1-23 without a selector nothing is said to be missing", ZONE "," APEX "," DMARC(POLICY), "+selector_unknown",
         "dkim=not-asked dmarc=ok", "pass"},
	{"S2-1 nothing is published: at risk, never forbidden",
         ZONE ",'d.example':{" SERVERS "}", "spf_absent dmarc_absent receiver_requires receiver_requires",
         "spf=absent dmarc=absent", "at-risk", {{"s1", .why = KNOWN_BY_USER, .is_idle = true}}},
	/* delegation, mail servers */
	{"S3-13 S3-75 a domain that does not exist", "", "domain_missing mx_nowhere spf_absent dmarc_absent", "delegation=error", "fail"},
	{"S3-13 the delegation leads elsewhere", ALL, "ns_elsewhere", "delegation=error", "fail", {{"s1"}}, .name_server = "ns.example.org"},
	{"S3-13 of the two servers one is expected", ALL, "ns_elsewhere", "delegation=error", "fail", {{"s1"}}, .name_server = "NS1.example.net."},
	{"S3-75 the servers do not answer", "'d.example':{'_error':{'*':'SERVFAIL'}},'_dmarc.d.example':{'_error':{'*':'SERVFAIL'}}", "domain_dns domain_dns domain_dns domain_dns domain_dns", "spf=unknown dmarc=unknown", "unknown"},
	{"a name server without address", ZONE ",'d.example':{'NS':['ns1.example.net','ns9.example.net'],'SOA':['ns1.example.net'],'MX':[[1,'mx.example.net']],'TXT':['" SPF "']}," DMARC(POLICY) "," SELECTOR("s1", KEY),
         "ns_address", "delegation=error", "fail", {{"s1"}}},
	{"S3-36 an MX record without final dot",
         ZONE ",'d.example':{'NS':['ns1.example.net','ns2.example.net'],'SOA':['ns1.example.net'],'MX':[[1,'mx.d.example.d.example']],'TXT':['" SPF "']}," DMARC("v=DMARC1; p=none; rua=mailto:r@example.net") ",'example.net':{'A':['192.0.2.7']},'d.example._report._dmarc.example.net':{'TXT':['v=DMARC1']}," SELECTOR("s1", KEY),
         "target_doubled mx_address", "mx=error", "fail", {{"s1"}}},
	{"a domain that neither sends nor receives",
         ZONE ",'d.example':{'NS':['ns1.example.net','ns2.example.net'],'SOA':['ns1.example.net'],'MX':[[0,'.']],'TXT':['v=spf1 -all']}," DMARC("v=DMARC1; p=reject"),
         "dmarc_no_rua +mx_null", "dkim=not-needed receivers=not-needed", "at-risk"},
	/* SPF */
	{"S1-32 two SPF records", ZONE ",'d.example':{" SERVERS ",'TXT':['" SPF "','v=spf1 mx -all']}," DMARC(POLICY) "," SELECTOR("s1", KEY),
         "spf_several dmarc_before_spf", "spf=error", "fail", {{"s1"}}},
	{"S1-32 the record has the type SPF", ZONE ",'d.example':{" SERVERS ",'SPF':['" SPF "']}," DMARC(POLICY) "," SELECTOR("s1", KEY),
         "type_spf dmarc_before_spf", "spf=absent", "fail", {{"s1"}}},
	{"S3-37 S3-38 quotes in the SPF record", ZONE ",'d.example':{" SERVERS ",'TXT':['\\\"" SPF "\\\"']}," DMARC(POLICY) "," SELECTOR("s1", KEY),
         "quotes_in_value dmarc_before_spf", "spf=error", "fail", {{"s1"}}},
	{"S2-7 Exchange Online without its include", ZONE "," MICROSOFT_APEX("v=spf1 ip4:192.0.2.0/24 -all") "," DMARC(POLICY) "," SELECTOR("s1", KEY),
         "spf_provider_missing provider_dkim_off", "spf=warning", "at-risk", {{"s1"}}},
	{"S2-7 Exchange Online with its include", ZONE "," MICROSOFT_APEX("v=spf1 include:spf.protection.outlook.com -all") "," DMARC(POLICY) "," SELECTOR("selector1", KEY),
         "", "spf=ok", "pass"},
	/* gateways */
	{"S0-5 the gateway is authorised", ALL, "signer_gateway_missing", "gateway=ok", "at-risk", {{"s1"}}, .gateway = "192.0.2.25"},
	{"S0-5 the gateway is not authorised: the first finding", ZONE "," APEX "," DMARC(POLICY), "gateway_not_authorised signer_gateway_missing",
         "gateway=error", "fail", .gateway = "198.51.100.25"},
	{"S0-5 a network of which a part is not authorised", ALL, "gateway_not_authorised signer_gateway_missing", "gateway=error", "fail", {{"s1"}}, .gateway = "192.0.0.0/16"},
	{"S0-5 a network that is authorised", ALL, "signer_gateway_missing", "gateway=ok", "at-risk", {{"s1"}}, .gateway = "192.0.2.128/25"},
	{"S0-5 an IPv6 network", ALL, "gateway_not_authorised signer_gateway_missing", "gateway=error", "fail", {{"s1"}}, .gateway = "2001:db8::/32"},
	{"S0-5 before everything else", "", "gateway_not_authorised domain_missing mx_nowhere spf_absent dmarc_absent signer_gateway_missing receiver_requires receiver_requires", "gateway=error",
         "fail", {{"s1", .is_idle = true}}, .gateway = "192.0.2.1"},
	{"S0-1 S0-16 both sign", ALL "," SELECTOR("gw", KEY_2), "", "service=ok", "pass", {{"s1"}, {"gw", .role = IDENTITY_GATEWAY}}, .gateway = "192.0.2.25"},
	{"S0-16 the gateway alone signs", ZONE "," APEX "," DMARC(POLICY) "," SELECTOR("gw", KEY_2), "signer_service_missing", "service=warning", "at-risk",
         {{"gw", .role = IDENTITY_GATEWAY}}, .gateway = "192.0.2.25"},
	/* services */
	{"S0-12 S1-14 Google Workspace with its selector", ZONE "," GOOGLE_APEX "," DMARC(POLICY) "," SELECTOR("google", KEY), "", "dkim=ok service=ok", "pass"},
	{"S0-12 S0-15 S1-14 S1-34 Google Workspace without DKIM", ZONE "," GOOGLE_APEX "," DMARC(POLICY), "provider_dkim_off +selector_unknown", "dkim=not-asked", "at-risk"},
	{"S0-12 Microsoft 365, the old form", ZONE "," MICROSOFT_APEX("v=spf1 include:spf.protection.outlook.com -all") "," DMARC(POLICY) "," ALIAS("selector1", "selector1-d-example._domainkey.d.onmicrosoft.com") "," ALIAS("selector2", "selector2-d-example._domainkey.d.onmicrosoft.com") ",'selector1-d-example._domainkey.d.onmicrosoft.com':{'TXT':['" KEY_2 "']},'selector2-d-example._domainkey.d.onmicrosoft.com':{'TXT':['" KEY "']}",
         "", "dkim=ok", "pass"},
	{"C-9 S2-21 Microsoft 365, the new form; the second comes with the first rotation", ZONE "," MICROSOFT_APEX("v=spf1 include:spf.protection.outlook.com -all") "," DMARC(POLICY) "," ALIAS("selector1", "selector1-d-example._domainkey.d.x-v1.dkim.mail.microsoft") "," ALIAS("selector2", "selector2-d-example._domainkey.d.x-v1.dkim.mail.microsoft") ",'selector1-d-example._domainkey.d.x-v1.dkim.mail.microsoft':{'TXT':['" KEY_2 "']}",
         "+cname_waiting", "dkim=ok", "pass"},
	{"S2-21 both of them dangle", ZONE "," MICROSOFT_APEX("v=spf1 include:spf.protection.outlook.com -all") "," DMARC(POLICY) "," ALIAS("selector1", "selector1-d-example._domainkey.d.onmicrosoft.com") "," ALIAS("selector2", "selector2-d-example._domainkey.d.onmicrosoft.com"),
         "cname_dangling cname_dangling dmarc_before_dkim", "dkim=error", "fail"},
	/* slots */
	{"S3-27 S3-28 S3-29 two empty slots beside one with the key", ZONE "," APEX "," DMARC(POLICY) "," ALIAS("a", TARGET_A) "," ALIAS("b", "b.dkim.example.net") "," ALIAS("c", "c.dkim.example.net") ",'a.dkim.example.net':{'TXT':['']},'b.dkim.example.net':{'TXT':['" KEY "']},'c.dkim.example.net':{'TXT':['']}",
         "+slot_inactive", "dkim=ok", "pass", {{"a"}, {"b"}, {"c"}}},
	{"S3-29 all three empty", ZONE "," APEX "," DMARC(POLICY) "," ALIAS("a", TARGET_A) "," ALIAS("b", TARGET_A) "," ALIAS("c", TARGET_A) ",'" TARGET_A "':{'TXT':['']}",
         "slots_all_empty dmarc_before_dkim", "dkim=error", "fail", {{"a"}, {"b"}, {"c"}}},
	{"S3-29 slots of another identity do not count", ZONE "," APEX "," DMARC(POLICY) "," ALIAS("a", TARGET_A) ",'" TARGET_A "':{'TXT':['']}," SELECTOR("b", KEY),
         "slot_empty", "dkim=error", "fail", {{"a", .group = "d.example"}, {"b", .group = "d.example/gateway"}}},
	{"S3-31 a key without v= and k=, in pieces with spaces", ZONE "," APEX "," DMARC(POLICY) ",'s1._domainkey.d.example':{'TXT':[['p=','" RSA_2048 "','  ']]}",
         "+v_missing", "dkim=ok", "pass", {{"s1"}}},
	{"a revoked key that signs nothing", ALL "," SELECTOR("old", "v=DKIM1; p="), "", "dkim=ok", "pass", {{"s1"}, {"old", .is_idle = true}}},
	{"the same key under two selectors", ALL "," SELECTOR("s2", KEY), "key_shared", "dkim=warning", "at-risk", {{"s1"}, {"s2"}}},
	{"a key of more than a year", ALL, "key_old", "dkim=warning", "at-risk", {{"s1", .made = ZONE_NOW - DOMAIN_KEY_OLD - 1}}},
	{"a key of a year", ALL, "", "dkim=ok", "pass", {{"s1", .made = ZONE_NOW - DOMAIN_KEY_OLD}}},
	{"several keys under one selector", ZONE "," APEX "," DMARC(POLICY) ",'s1._domainkey.d.example':{'TXT':['" KEY "','" KEY_2 "']}",
         "selector_several dmarc_before_dkim", "dkim=error", "fail", {{"s1"}}},
	/* classic mistakes */
	{"S3-36 S3-38 S3-75 the doubled suffix", ZONE "," APEX "," DMARC(POLICY) ",'s1._domainkey.d.example.d.example':{'TXT':['" KEY "']}",
         "doubled_suffix dmarc_before_dkim", "dkim=error", "fail", {{"s1"}}},
	{"S3-75 the record is missing", ZONE "," APEX "," DMARC(POLICY), "record_missing dmarc_before_dkim", "dkim=error", "fail", {{"s1"}}},
	{"S3-38 S3-75 in the wrong zone", ZONE ",'m.d.example':{" SERVERS ",'TXT':['" SPF "']},'_dmarc.m.d.example':{'TXT':['" POLICY "']}," SELECTOR("s1", KEY) ",'d.example':{'MX':[[1,'mx.example.net']]}",
         "wrong_zone reports_not_authorised dmarc_before_dkim", "dkim=error", "fail", {{"s1", .record = KEY}}},
	{"S3-75 a cut value", ZONE "," APEX "," DMARC(POLICY) "," SELECTOR("s1", "v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"),
         "p_truncated value_cut dmarc_before_dkim", "dkim=error", "fail", {{"s1", .record = KEY_2}}},
	{"S3-75 a DMARC record without semicolon is named, not said to be missing", ZONE "," APEX "," DMARC("v=DMARC1 p=reject") "," SELECTOR("s1", KEY), "tags_semicolon_missing", "dmarc=error", "fail", {{"s1"}}},
	{"S3-75 an SPF record without space is named, not said to be missing", ZONE ",'d.example':{" SERVERS ",'TXT':['v=spf1ip4:192.0.2.1 -all']}," DMARC(POLICY) "," SELECTOR("s1", KEY),
         "spf_version_punctuation dmarc_before_spf", "spf=error dmarc=warning", "fail", {{"s1"}}},
	{"the next step is SPF before DMARC, where both are missing", ZONE ",'d.example':{'NS':['ns1.example.net'],'SOA':['ns1.example.net'],'MX':[[10,'mx.example.net']]}," SELECTOR("s1", KEY),
         "ns_one spf_absent dmarc_absent", "", "at-risk", {{"s1"}}, .next = "spf_absent"},
	{"the next step is DMARC before a second name server", ZONE ",'d.example':{'NS':['ns1.example.net'],'SOA':['ns1.example.net'],'MX':[[10,'mx.example.net']],'TXT':['" SPF "']}," SELECTOR("s1", KEY),
         "ns_one dmarc_absent", "", "at-risk", {{"s1"}}, .next = "dmarc_absent"},
	{"the next step is the SPF record, not that it should have come first", ZONE ",'d.example':{" SERVERS "}," DMARC("v=DMARC1; p=reject; rua=mailto:r@d.example") "," SELECTOR("s1", KEY),
         "dmarc_before_spf spf_absent", "", "fail", {{"s1"}}, .next = "spf_absent"},
	{"S3-75 a parent does not answer for its policy: it is named", ZONE "," APEX ",'_dmarc.example':{'_error':{'*':'SERVFAIL'}}," SELECTOR("s1", KEY), "domain_dns", "dmarc=unknown", "unknown", {{"s1"}}},
	{"S3-75 a time-out", ZONE "," APEX "," DMARC(POLICY) ",'s1._domainkey.d.example':{'_error':{'*':'TIMEOUT'}}", "domain_dns", "dkim=unknown", "unknown", {{"s1"}}},
	{"S3-38 without _domainkey", ZONE "," APEX "," DMARC(POLICY) ",'s1.d.example':{'TXT':['" KEY "']}", "label_missing dmarc_before_dkim", "dkim=error", "fail", {{"s1"}}},
	{"S1-22 the published key is another one", ALL, "other_key dmarc_before_dkim", "dkim=error", "fail", {{"s1", .record = KEY_2}}},
	{"a CNAME without final dot", ZONE "," APEX "," DMARC(POLICY) "," ALIAS("s1", "x.dkim.example.net.d.example"), "cname_dangling target_doubled dmarc_before_dkim", "dkim=error", "fail", {{"s1", .target = "x.dkim.example.net"}}},
	{"a wildcard", ALL ",'inkan-no-such-selector._domainkey.d.example':{'TXT':['hello']}", "wildcard_txt", "dkim=warning", "at-risk", {{"s1"}}},
	{"a selector of which only the wildcard speaks", ZONE "," APEX "," DMARC(POLICY) ",'inkan-no-such-selector._domainkey.d.example':{'TXT':['hello']}," SELECTOR("s1", "hello"),
         "record_missing wildcard_txt dmarc_before_dkim", "dkim=error", "fail", {{"s1"}}},
	/* DMARC */
	{"C-2 S1-32 p=none without SPF and DKIM is a warning", ZONE ",'d.example':{" SERVERS "}," DMARC(POLICY), "record_missing spf_absent dmarc_before_spf dmarc_before_dkim receiver_requires receiver_requires", "dmarc=warning", "fail", {{"s1"}}},
	{"C-2 S1-34 p=reject without SPF and DKIM is an error", ZONE ",'d.example':{" SERVERS "}," DMARC("v=DMARC1; p=reject; rua=mailto:r@d.example"), "record_missing dmarc_before_spf dmarc_before_dkim spf_absent receiver_requires receiver_requires", "dmarc=error", "fail", {{"s1"}}},
	{"C-2 S1-34 p=reject, and no selector known", ZONE "," APEX "," DMARC("v=DMARC1; p=reject; rua=mailto:r@d.example"), "+dmarc_dkim_unseen", "dkim=not-asked", "pass"},
	{"two DMARC records", ZONE "," APEX "," SELECTOR("s1", KEY) ",'_dmarc.d.example':{'TXT':['" POLICY "','" POLICY "']}", "dmarc_several", "dmarc=error", "fail", {{"s1"}}},
	{"S3-38 _dmarc twice", ZONE "," APEX "," SELECTOR("s1", KEY) ",'_dmarc._dmarc.d.example':{'TXT':['" POLICY "']}", "label_twice", "dmarc=absent", "fail", {{"s1"}}},
	{"S3-36 _dmarc with the doubled suffix", ZONE "," APEX "," SELECTOR("s1", KEY) ",'_dmarc.d.example.d.example':{'TXT':['" POLICY "']}", "doubled_suffix", "dmarc=absent", "fail", {{"s1"}}},
	{"S3-38 the policy at the domain itself", ZONE ",'d.example':{" SERVERS ",'TXT':['" SPF "','" POLICY "']}," SELECTOR("s1", KEY), "record_at_apex", "dmarc=absent", "fail", {{"s1"}}},
	{"S3-67 a report address without mail server", ZONE "," APEX "," SELECTOR("s1", KEY) "," DMARC("v=DMARC1; p=none; rua=mailto:r@r.d.example"), "reports_no_mailbox", "dmarc=warning", "at-risk", {{"s1"}}},
	{"S3-67 a report address of others, who have not agreed", ZONE "," APEX "," SELECTOR("s1", KEY) "," DMARC("v=DMARC1; p=none; rua=mailto:r@example.net") ",'example.net':{'MX':[[1,'mx.example.net']]}", "reports_not_authorised", "dmarc=warning", "at-risk", {{"s1"}}},
	/* MAIL FROM */
	{"S3-12 C-12 a custom MAIL FROM domain", ALL ",'bounce.d.example':{'MX':[[10,'feedback-smtp.x.amazonses.com']],'TXT':['v=spf1 include:amazonses.com ~all']}", "", "mail_from=ok", "pass", {{"s1"}}, .mail_from = "bounce.d.example"},
	{"C-12 two MX records", ALL ",'bounce.d.example':{'MX':[[10,'f.example'],[20,'g.example']],'TXT':['v=spf1 a ~all']}", "mail_from_mx_several", "mail_from=error", "fail", {{"s1"}}, .mail_from = "bounce.d.example"},
	{"C-12 no MX record, no SPF record", ALL, "mail_from_mx_missing mail_from_spf_absent", "mail_from=error", "fail", {{"s1"}}, .mail_from = "bounce.d.example"},
	{"S3-12 a MAIL FROM domain of others is not aligned", ALL ",'b.example.org':{'MX':[[10,'f.example']],'TXT':['v=spf1 a ~all']}", "mail_from_not_aligned", "mail_from=warning", "at-risk", {{"s1"}}, .mail_from = "b.example.org"},
	{"S3-12 Amazon SES without one", ALL, "spf_provider_missing +mail_from_default", "mail_from=not-asked", "at-risk", {{"s1"}}, .provider = "ses"},
	/* receivers */
	{"S0-36 S3-1 Gmail: neither SPF nor DKIM", ZONE ",'d.example':{" SERVERS "}," DMARC(POLICY), "record_missing spf_absent dmarc_before_spf dmarc_before_dkim receiver_requires", "receivers=warning", "fail", {{"s1"}}, .profile = "gmail"},
	{"S3-2 Gmail, many messages: DMARC too", ZONE "," APEX "," SELECTOR("s1", KEY), "dmarc_absent receiver_requires", "receivers=warning", "at-risk", {{"s1"}}, .profile = "gmail", .bulk = true},
	{"S3-2 Gmail, few messages", ZONE "," APEX "," SELECTOR("s1", KEY), "dmarc_absent", "receivers=ok", "at-risk", {{"s1"}}, .profile = "gmail"},
	{"S2-3 Outlook.com, many messages", ZONE "," APEX "," SELECTOR("s1", KEY), "dmarc_absent receiver_requires", "receivers=warning", "at-risk", {{"s1"}}, .profile = "microsoft", .bulk = true},
};
/* clang-format on */

static bool has_note(const struct domain_report *r, struct str id, enum severity severity)
{
	for (size_t i = 0; i < r->note_count; i++)
		if (str_eq(str_c(r->notes[i].finding.kind->id), id) && r->notes[i].finding.severity == severity)
			return true;
	return false;
}

static void check_findings(const struct row *row, const struct domain_report *r)
{
	struct str wanted = str_c(row->findings);
	struct buf got, hard;

	buf_init(&got, 16384);
	buf_init(&hard, 16384);
	for (size_t i = 0; i < r->note_count; i++)
		if (r->notes[i].finding.severity > SEVERITY_INFO)
			buf_printf(&got, "%s%s", got.n ? " " : "", r->notes[i].finding.kind->id);
	while (wanted.n) {
		struct str id = str_split(&wanted, ' ');

		if (id.p[0] == '+') {
			if (!has_note(r, str_skip(id, 1), SEVERITY_INFO))
				fail_msg("no %.*s", STR_ARG(id));
		} else {
			buf_printf(&hard, "%s%.*s", hard.n ? " " : "", STR_ARG(id));
		}
	}
	buf_put_char(&got, '\0');
	buf_put_char(&hard, '\0');
	assert_string_equal(got.p, hard.p);
	buf_release(&got);
	buf_release(&hard);
}

static void check_states(const struct row *row, const struct domain_report *r)
{
	struct str rest = str_c(row->states);

	while (rest.n) {
		struct str wanted = str_split(&rest, ' '), part = str_split(&wanted, '=');
		bool found = false;

		for (enum domain_part p = 0; p < DOMAIN_PARTS; p++)
			if (str_eq(part, str_c(domain_part_id(p)))) {
				found = true;
				if (!str_eq(wanted, str_c(domain_state_id(r->states[p]))))
					fail_msg("%.*s is %s", STR_ARG(part), domain_state_id(r->states[p]));
			}
		assert_true(found);
	}
}

/* Answers what is open out of the world until nothing is; returns the rounds. */
static unsigned check(struct arena *arena, const struct crypto *crypto, struct evidence *e, struct evidence *world,
                      const struct domain_check_options *options, struct domain_report *out)
{
	unsigned rounds = 0;
	bool pending = true;

	while (pending) {
		const struct dns_question *open;

		arena_reset(arena);
		assert_int_equal(domain_check(arena, crypto, e, options, out, &pending), INKAN_OK);
		assert_true(++rounds <= DOMAIN_ROUNDS_MAX);
		assert_int_equal(pending, evidence_open(e, &open) > 0);
		while (evidence_open(e, &open))
			assert_int_equal(evidence_add(e, open[0].type, open[0].name,
			                              evidence_find(world, open[0].type, open[0].name)),
			                 INKAN_OK);
	}
	return rounds;
}

static void fill(const struct row *row, struct domain_check_options *o, struct known_selector selectors[SELECTORS])
{
	*o = (struct domain_check_options){.domain = strstr(row->zone, "'m.d.example'") ? "M.d.example" : "D.example",
	                                   .selectors = selectors,
	                                   .mail_from = row->mail_from,
	                                   .provider = row->provider,
	                                   .profile = row->profile,
	                                   .bulk = row->bulk,
	                                   .gateways = &row->gateway,
	                                   .gateway_count = row->gateway != NULL,
	                                   .name_servers = &row->name_server,
	                                   .name_server_count = row->name_server != NULL,
	                                   .now = ZONE_NOW};
	for (size_t i = 0; i < SELECTORS && row->selectors[i].selector; i++) {
		selectors[i] = row->selectors[i];
		if (selectors[i].made == 0)
			selectors[i].made = UNIX_TIME_NONE;
		o->selector_count = i + 1;
	}
}

static void run_row(const void *context)
{
	const struct row *row = context;
	struct known_selector selectors[SELECTORS];
	struct domain_check_options options;
	struct domain_report report;
	struct evidence *world = zone_load(row->zone), *e = NULL;
	struct crypto *crypto = NULL;
	struct arena arena;

	assert_int_equal(crypto_new(&crypto), INKAN_OK);
	assert_int_equal(evidence_new(NULL, 0, 0, &e), INKAN_OK);
	arena_init(&arena, DOMAIN_MEMORY_MAX);
	fill(row, &options, selectors);
	(void)check(&arena, crypto, e, world, &options, &report);
	check_findings(row, &report);
	check_states(row, &report);
	assert_string_equal(domain_verdict_id(report.verdict), row->verdict);
	if (row->next)
		assert_string_equal(report.next_kind ? report.next_kind->id : "", row->next);
	arena_release(&arena);
	evidence_free(e);
	evidence_free(world);
	crypto_free(crypto);
}

/* ---- selectors of identities ---- */

static void a_cname_identity(const void *row)
{
	struct identity identity = {
		.id = "d.example", .scheme = IDENTITY_CNAME3, .slot_count = 3, .role = IDENTITY_GATEWAY};
	struct known_selector out[IDENTITY_SLOTS_MAX];

	(void)row;
	identity.slots[0] =
		(struct slot){.state = SLOT_ACTIVE, .selector = "a", .target = TARGET_A, .record = KEY, .made = 7};
	identity.slots[1] = (struct slot){.state = SLOT_EMPTY,
	                                  .selector = "b",
	                                  .target = "b.dkim.example.net",
	                                  .record = "",
	                                  .made = UNIX_TIME_NONE};
	identity.slots[2] = (struct slot){.state = SLOT_EMPTY, .selector = "", .target = "", .record = ""};
	assert_int_equal(domain_selectors_of(&identity, out), 2);
	assert_string_equal(out[0].target, TARGET_A);
	assert_null(out[0].record);
	assert_false(out[0].is_idle);
	assert_int_equal(out[0].made, 7);
	assert_int_equal(out[0].role, IDENTITY_GATEWAY);
	assert_string_equal(out[1].group, "d.example");
	assert_true(out[1].is_idle);
}

static void a_txt_identity(const void *row)
{
	struct identity identity = {.id = "d.example", .scheme = IDENTITY_TXT, .slot_count = 2};
	struct known_selector out[IDENTITY_SLOTS_MAX];

	(void)row;
	identity.slots[0] = (struct slot){.state = SLOT_PUBLISHED, .selector = "a", .target = "", .record = KEY};
	identity.slots[1] = (struct slot){.state = SLOT_REVOKED, .selector = "b", .target = "", .record = KEY};
	assert_int_equal(domain_selectors_of(&identity, out), 2);
	assert_string_equal(out[0].record, KEY);
	assert_null(out[0].target);
	assert_false(out[0].is_idle);
	assert_null(out[1].record);
	assert_true(out[1].is_idle);
}

/* ---- limits ---- */

static void with_selectors(size_t count, struct domain_report *out, struct arena *arena)
{
	static char names[DOMAIN_SELECTORS_MAX + 1][24];
	struct known_selector selectors[DOMAIN_SELECTORS_MAX + 1];
	struct domain_check_options options = {
		.domain = "d.example", .selectors = selectors, .selector_count = count, .now = ZONE_NOW};
	struct evidence *world = zone_load(ALL), *e = NULL;
	struct crypto *crypto = NULL;

	assert_int_equal(crypto_new(&crypto), INKAN_OK);
	assert_int_equal(evidence_new(NULL, 0, 0, &e), INKAN_OK);
	for (size_t i = 0; i < count; i++) {
		snprintf(names[i], sizeof(names[i]), "x%zu", i);
		selectors[i] = (struct known_selector){.selector = names[i], .made = UNIX_TIME_NONE, .is_idle = true};
	}
	(void)check(arena, crypto, e, world, &options, out);
	evidence_free(e);
	evidence_free(world);
	crypto_free(crypto);
}

static void selectors_are_limited(const void *row)
{
	struct domain_report report;
	struct arena arena;

	(void)row;
	arena_init(&arena, DOMAIN_MEMORY_MAX);
	with_selectors(DOMAIN_SELECTORS_MAX, &report, &arena);
	assert_int_equal(report.selector_count, DOMAIN_SELECTORS_MAX);
	assert_false(report.selectors_cut);
	with_selectors(DOMAIN_SELECTORS_MAX + 1, &report, &arena);
	assert_int_equal(report.selector_count, DOMAIN_SELECTORS_MAX);
	assert_true(report.selectors_cut);
	assert_true(has_note(&report, STR("selectors_cut"), SEVERITY_WARNING));
	arena_release(&arena);
}

/* Many keys with many findings each. */
static void findings_are_limited(const void *row)
{
	static char names[DOMAIN_SELECTORS_MAX][24];
	struct known_selector selectors[DOMAIN_SELECTORS_MAX];
	struct domain_check_options options = {.domain = "d.example", .selectors = selectors, .now = ZONE_NOW};
	struct evidence *world, *e = NULL;
	struct crypto *crypto = NULL;
	struct domain_report report;
	struct arena arena;
	struct buf zone;

	(void)row;
	buf_init(&zone, 1024 * 1024);
	buf_put_c(&zone, ZONE "," APEX "," DMARC(POLICY));
	for (size_t i = 0; i < DOMAIN_SELECTORS_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "x%zu", i);
		selectors[i] = (struct known_selector){.selector = names[i], .made = UNIX_TIME_NONE};
		buf_printf(&zone,
		           ",'x%zu._domainkey.d.example':{'TXT':['v=DKIM1; t=y:s:z; h=sha1:md9; s=web; g=*; q=1; q=2; "
		           "p=!']}",
		           i);
	}
	buf_put_char(&zone, '\0');
	world = zone_load(zone.p);
	options.selector_count = DOMAIN_SELECTORS_MAX;
	assert_int_equal(crypto_new(&crypto), INKAN_OK);
	assert_int_equal(evidence_new(NULL, 0, 0, &e), INKAN_OK);
	arena_init(&arena, DOMAIN_MEMORY_MAX);
	(void)check(&arena, crypto, e, world, &options, &report);
	assert_int_equal(report.note_count, DOMAIN_FINDINGS_MAX);
	assert_true(report.notes_left_out > 0);
	arena_release(&arena);
	evidence_free(e);
	evidence_free(world);
	crypto_free(crypto);
	buf_release(&zone);
}

static void what_stays_open_timed_out(const void *row)
{
	struct domain_check_options options = {.domain = "d.example", .now = ZONE_NOW};
	struct domain_report report;
	struct evidence *e = NULL;
	struct crypto *crypto = NULL;
	struct arena arena;
	bool pending = true;
	unsigned rounds = 0;

	(void)row;
	assert_int_equal(crypto_new(&crypto), INKAN_OK);
	assert_int_equal(evidence_new(NULL, 0, 0, &e), INKAN_OK);
	arena_init(&arena, DOMAIN_MEMORY_MAX);
	for (; pending; rounds++) {
		arena_reset(&arena);
		assert_int_equal(domain_check(&arena, crypto, e, &options, &report, &pending), INKAN_OK);
		assert_int_equal(domain_give_up(e), INKAN_OK);
		assert_true(rounds < DOMAIN_ROUNDS_MAX);
	}
	assert_int_equal(report.verdict, DOMAIN_VERDICT_UNKNOWN);
	assert_true(report.temporary);
	arena_release(&arena);
	evidence_free(e);
	crypto_free(crypto);
}

static void a_bad_name_is_refused(const void *row)
{
	struct domain_check_options options = {.domain = "a b"};
	const char *gateway = "192.0.2.0/33";
	struct evidence *world = zone_load(ALL);
	struct domain_report report;
	struct crypto *crypto = NULL;
	struct arena arena;
	bool pending;

	(void)row;
	assert_int_equal(crypto_new(&crypto), INKAN_OK);
	arena_init(&arena, DOMAIN_MEMORY_MAX);
	assert_int_equal(domain_check(&arena, crypto, world, &options, &report, &pending), INKAN_EUSAGE);
	options = (struct domain_check_options){.domain = "d.example", .gateways = &gateway, .gateway_count = 1};
	assert_int_equal(domain_check(&arena, crypto, world, &options, &report, &pending), INKAN_EUSAGE);
	arena_release(&arena);
	evidence_free(world);
	crypto_free(crypto);
}

/* ---- memory ---- */

static int check_in(struct evidence *world, struct crypto *crypto, struct arena *arena)
{
	static const struct known_selector selectors[] = {{"s1", .made = UNIX_TIME_NONE},
	                                                  {"s2", .made = UNIX_TIME_NONE}};
	static const char *const gateways[] = {"198.51.100.1"};
	struct domain_check_options options = {.domain = "d.example",
	                                       .selectors = selectors,
	                                       .selector_count = 2,
	                                       .gateways = gateways,
	                                       .gateway_count = 1,
	                                       .provider = "microsoft",
	                                       .now = ZONE_NOW};
	struct domain_report report;
	struct evidence *e = NULL;
	bool pending = true;
	int error = evidence_new(NULL, 0, 0, &e);

	while (!error && pending) {
		const struct dns_question *open;

		arena_reset(arena);
		error = domain_check(arena, crypto, e, &options, &report, &pending);
		while (!error && evidence_open(e, &open))
			error = evidence_add(e, open[0].type, open[0].name,
			                     evidence_find(world, open[0].type, open[0].name));
	}
	evidence_free(e);
	return error;
}

static void every_allocation_may_fail(const void *row)
{
	struct evidence *world = zone_load(ALL);
	struct crypto *crypto = NULL;

	(void)row;
	assert_int_equal(crypto_new(&crypto), INKAN_OK);
	for (size_t n = 1;; n++) {
		struct arena arena;

		arena_init(&arena, DOMAIN_MEMORY_MAX);
		alloc_fail_at(n);
		int error = check_in(world, crypto, &arena);
		bool reached = alloc_count() >= n;

		alloc_fail_at(0);
		arena_release(&arena);
		if (error != (reached ? INKAN_ENOMEM : INKAN_OK))
			fail_msg("allocation %zu: %d", n, error);
		if (!reached)
			break;
	}
	evidence_free(world);
	crypto_free(crypto);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	test_add(&list, "S2-21 S3-27 selectors of an identity with aliases", a_cname_identity, NULL);
	test_add(&list, "selectors of an identity with TXT records", a_txt_identity, NULL);
	test_add(&list, "every allocation may fail", every_allocation_may_fail, NULL);
	test_add(&list, "selectors are limited", selectors_are_limited, NULL);
	test_add(&list, "findings are limited", findings_are_limited, NULL);
	test_add(&list, "what stays open timed out", what_stays_open_timed_out, NULL);
	test_add(&list, "a bad name or network is refused", a_bad_name_is_refused, NULL);
	return test_run(&list, "check/domain");
}
