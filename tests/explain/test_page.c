/* Pages of verdicts made by hand: which sentences are said and which are not, what the rows show, who added what. */
#include <stdio.h>

#include "explain/statements.h"
#include "support/case.h"

/* ---- verdicts by hand ---- */

static struct inkan_dkim_result signature(enum inkan_result result, const char *domain, bool aligned)
{
	bool passed = result == INKAN_PASS;

	return (struct inkan_dkim_result){
		.result = result,
		.cause = passed ? INKAN_DKIM_OK : INKAN_DKIM_BODY_HASH_MISMATCH,
		.explanation = passed ? INKAN_EXPLAIN_NOTHING : INKAN_EXPLAIN_CONTENT_CHANGED,
		.reason = passed ? "" : "body hash did not verify",
		.section = "RFC 6376 section 6.1.3",
		.domain = domain,
		.selector = "s1",
		.identity = "",
		.algorithm = "rsa-sha256",
		.canonicalization = "relaxed/relaxed",
		.signature_prefix = "",
		.key_bits = 2048,
		.aligned = aligned,
		.timestamp = INKAN_TIME_NONE,
		.expiration = INKAN_TIME_NONE,
		.body_length = -1,
		.body_size = 20,
		.body_hash_signed = "SIGNEDHASH",
		.body_hash_computed = passed ? "SIGNEDHASH" : "OTHERHASH",
		.header_verified = true,
		.changed_header = "",
		.change = "",
	};
}

/* What a case changes of the verdict that passes both ways. */
struct situation {
	enum inkan_verdict_kind kind;
	enum inkan_verdict_reason reason;
	enum inkan_leg spf_leg, dkim_leg;
	struct inkan_verdict v;
	struct inkan_spf_result spf;
	struct inkan_dmarc_result dmarc;
	struct inkan_arc_result arc;
	struct inkan_arc_set sets[2];
	struct inkan_dkim_result dkim[2];
	struct inkan_repeated_field repeated;
	struct inkan_session session;
	struct inkan_dmarc_step step;
	bool from_received;
	const char *header;
};

static const char HEADER[] =
	"Received: from gw.example.com (gw.example.com [192.0.2.25]) by mx.example.net with ESMTPS;\r\n"
	" Sat, 21 Nov 2026 09:30:04 +0000\r\n"
	"Received: from out.service.example ([198.51.100.7]) by gw.example.com with ESMTP\r\n"
	"DKIM-Signature: first\r\n"
	"Received: from pc.example.com ([203.0.113.9]) by out.service.example with ESMTPSA\r\n"
	"Date: Sat, 21 Nov 2026 18:30:00 +0900\r\n"
	"From: Alice <alice@example.com>\r\n"
	"Subject: s\r\n";

static void usual(struct situation *s)
{
	*s = (struct situation){
		.kind = INKAN_VERDICT_PASS,
		.reason = INKAN_BOTH_ALIGNED,
		.spf_leg = INKAN_LEG_ALIGNED,
		.dkim_leg = INKAN_LEG_ALIGNED,
		.spf = {.result = INKAN_PASS,
	                .identity = INKAN_SPF_MAILFROM,
	                .domain = "example.com",
	                .mechanism = "ip4:192.0.2.0/24",
	                .explanation = "",
	                .reason = "",
	                .section = "",
	                .lookups = 1},
		.dmarc = {.result = INKAN_PASS,
	                  .reason = "",
	                  .section = "",
	                  .from_domain = "example.com",
	                  .policy_domain = "example.com",
	                  .record = "v=DMARC1; p=reject",
	                  .policy = INKAN_POLICY_REJECT,
	                  .disposition = INKAN_POLICY_NONE,
	                  .policy_tag = "p",
	                  .spf_aligned = true,
	                  .dkim_aligned = true,
	                  .organizational_domain = "example.com",
	                  .step_count = 1},
		.arc = {.result = INKAN_NONE, .reason = "", .section = "", .oldest_pass = -1},
		.session = {.struct_size = sizeof s->session, .ip = "192.0.2.25", .helo = "gw.example.com"},
		.step = {"_dmarc.example.com", "", "no record"},
		.header = HEADER,
	};
	s->v = (struct inkan_verdict){.from_address = "alice@example.com",
	                              .from_domain = "example.com",
	                              .spf_aligned = true,
	                              .override_comment = ""};
	s->v.dkim_count = 1;
	s->dkim[0] = signature(INKAN_PASS, "example.com", true);
	s->dkim[1] = signature(INKAN_PASS, "service.example", false);
	for (unsigned i = 0; i < 2; i++)
		s->sets[i] = (struct inkan_arc_set){.instance = i + 1,
		                                    .sealer = i ? "two.example" : "gw.example.com",
		                                    .selector = "a",
		                                    .authserv_id = "gw.example.com",
		                                    .results = "dkim=pass header.d=example.com",
		                                    .recorded_from = "",
		                                    .recorded_dkim_domain = "example.com"};
}

/* ---- what cases change ---- */

static void nothing(struct situation *s)
{
	(void)s;
}

static void break_body(struct situation *s)
{
	s->kind = INKAN_VERDICT_AT_RISK;
	s->reason = INKAN_BY_SPF_SIGNATURE_BROKEN;
	s->dkim[0] = signature(INKAN_FAIL, "example.com", true);
	s->dkim_leg = INKAN_LEG_FAILED;
}

static void break_body_without_hops(struct situation *s)
{
	break_body(s);
	s->header = "DKIM-Signature: a\r\nReceived: from pc ([203.0.113.9]) by out.service.example\r\nFrom: "
		    "a@example.com\r\n";
}

static void break_body_unknown_receiver(struct situation *s)
{
	break_body(s);
	s->session.ip = "192.0.2.99";
}

static void break_body_ipv6(struct situation *s)
{
	break_body(s);
	s->session.ip = "2001:DB8:0::25";
	s->header =
		"Received: from gw.example.com ([IPv6:2001:db8::25]) by mx.example.net\r\n"
		"Received: from out ([198.51.100.7]) by gw.example.com\r\nDKIM-Signature: a\r\nFrom: a@example.com\r\n";
}

static void break_header(struct situation *s)
{
	break_body(s);
	s->dkim[0].explanation = INKAN_EXPLAIN_HEADER_CHANGED;
	s->dkim[0].cause = INKAN_DKIM_SIGNATURE_MISMATCH;
	s->dkim[0].reason = "signature did not verify";
	s->dkim[0].changed_header = "subject";
	s->dkim[0].change = "subject-prefix";
}

static void leave_broken(struct situation *s)
{
	s->dkim[0] = signature(INKAN_FAIL, "example.com", true);
	s->dkim[1] = signature(INKAN_PASS, "example.com", true);
	s->dkim[1].selector = "gateway";
	s->v.dkim_count = 2;
	s->header = "DKIM-Signature: a\r\nDKIM-Signature: b\r\nFrom: a@example.com\r\n";
}

static void resigned(struct situation *s)
{
	leave_broken(s);
	s->header = "Received: from gw.example.com ([192.0.2.25]) by mx.example.net\r\nDKIM-Signature: a\r\n"
		    "Received: from out.service.example ([198.51.100.7]) by gw.example.com\r\nDKIM-Signature: b\r\n"
		    "Received: from pc ([203.0.113.9]) by out.service.example\r\nFrom: a@example.com\r\n";
	struct inkan_dkim_result last = s->dkim[1];

	s->dkim[1] = s->dkim[0];
	s->dkim[0] = last;
}

static void ed25519_alone(struct situation *s)
{
	s->dkim[0].algorithm = "ed25519-sha256";
}

/* The aligned one is RSA; Ed25519 of a third party does not matter. */
static void ed25519_of_third_party(struct situation *s)
{
	s->dkim[1].algorithm = "ed25519-sha256";
	s->v.dkim_count = 2;
	s->header = "DKIM-Signature: a\r\nDKIM-Signature: b\r\nFrom: a@example.com\r\n";
}

static void ed25519_beside_rsa(struct situation *s)
{
	ed25519_of_third_party(s);
	s->dkim[1].aligned = true;
}

static void third_party(struct situation *s)
{
	s->kind = INKAN_VERDICT_AT_RISK;
	s->reason = INKAN_BY_SPF_SIGNATURE_NOT_ALIGNED;
	s->dkim_leg = INKAN_LEG_NOT_ALIGNED;
	s->dkim[0] = s->dkim[1];
}

static void broken_third_party(struct situation *s)
{
	break_body(s);
	s->dkim[0] = signature(INKAN_FAIL, "service.example", false);
}

static void unsigned_message(struct situation *s)
{
	s->kind = INKAN_VERDICT_AT_RISK;
	s->reason = INKAN_BY_SPF_NOT_SIGNED;
	s->dkim_leg = INKAN_LEG_ABSENT;
	s->v.dkim_count = 0;
}

static void partial_and_testing(struct situation *s)
{
	s->dkim[0].body_length = 10;
	s->dkim[0].testing = true;
}

static void default_mail_from(struct situation *s)
{
	s->kind = INKAN_VERDICT_AT_RISK;
	s->reason = INKAN_BY_DKIM_SPF_NOT_ALIGNED;
	s->spf.domain = "bounces.service.example";
	s->spf_leg = INKAN_LEG_NOT_ALIGNED;
	s->v.spf_aligned = false;
}

static void spf_result(struct situation *s, enum inkan_result result, const char *mechanism, const char *reason)
{
	s->kind = INKAN_VERDICT_AT_RISK;
	s->reason = INKAN_BY_DKIM_SPF_FAILED;
	s->spf.result = result;
	s->spf.mechanism = mechanism;
	s->spf.reason = reason;
	s->spf.section = "RFC 7208 section 4.6.4";
	s->spf_leg = result == INKAN_TEMPERROR ? INKAN_LEG_UNDECIDED
	             : result == INKAN_NONE    ? INKAN_LEG_ABSENT
	                                       : INKAN_LEG_FAILED;
}

static void spf_fail(struct situation *s)
{
	spf_result(s, INKAN_FAIL, "-all", "");
	s->spf.explanation = "ask \x1b[31m postmaster";
}

static void spf_softfail(struct situation *s)
{
	spf_result(s, INKAN_SOFTFAIL, "~all", "");
}

static void spf_neutral(struct situation *s)
{
	spf_result(s, INKAN_NEUTRAL, "", "");
}

static void spf_neutral_by_term(struct situation *s)
{
	spf_result(s, INKAN_NEUTRAL, "?all", "");
}

static void spf_none(struct situation *s)
{
	spf_result(s, INKAN_NONE, "", "the domain has no SPF record");
}

static void spf_without_domain(struct situation *s)
{
	spf_result(s, INKAN_NONE, "", "no domain to check");
	s->spf.domain = "";
	s->spf.identity = INKAN_SPF_HELO;
}

static void spf_too_many(struct situation *s)
{
	spf_result(s, INKAN_PERMERROR, "", "more than 10 terms that cause DNS look-ups (include:x)");
}

static void spf_permerror(struct situation *s)
{
	spf_result(s, INKAN_PERMERROR, "", "more than one SPF record");
}

static void spf_temperror(struct situation *s)
{
	spf_result(s, INKAN_TEMPERROR, "", "DNS look-up failed: no answer in time");
}

static void spf_unchecked(struct situation *s)
{
	s->reason = INKAN_ALIGNED_BY_DKIM_SPF_UNCHECKED;
	s->spf_leg = INKAN_LEG_UNCHECKED;
	s->spf = (struct inkan_spf_result){.domain = "",
	                                   .mechanism = "",
	                                   .explanation = "",
	                                   .reason = "the client's address is not known",
	                                   .section = ""};
	s->session.ip = s->session.helo = NULL;
	s->v.spf_aligned = false;
}

static void spf_helo_only(struct situation *s)
{
	spf_unchecked(s);
	s->session.ip = "192.0.2.25";
	s->spf.identity = INKAN_SPF_HELO;
	s->spf.result = INKAN_PASS;
	s->spf.domain = "gw.example.com";
}

static void told(struct situation *s)
{
	s->from_received = true;
}

static void no_policy(struct situation *s)
{
	s->kind = INKAN_VERDICT_NONE;
	s->reason = INKAN_NO_POLICY;
	s->dmarc = (struct inkan_dmarc_result){.reason = "no policy record",
	                                       .section = "",
	                                       .from_domain = "example.com",
	                                       .policy_domain = "",
	                                       .record = "",
	                                       .policy_tag = "",
	                                       .organizational_domain = "",
	                                       .step_count = 1};
}

static void monitoring(struct situation *s)
{
	s->dmarc.policy = INKAN_POLICY_NONE;
	s->dmarc.record = "v=DMARC1; p=none";
}

static void dmarc_fails(struct situation *s)
{
	break_body(s);
	s->kind = INKAN_VERDICT_FAIL;
	s->reason = INKAN_NOTHING_PASSED;
	s->dmarc.result = INKAN_FAIL;
	s->dmarc.disposition = INKAN_POLICY_REJECT;
	s->v.applied = INKAN_POLICY_REJECT;
	spf_result(s, INKAN_FAIL, "-all", "");
	s->kind = INKAN_VERDICT_FAIL;
	s->reason = INKAN_NOTHING_PASSED;
}

static void dmarc_quarantines(struct situation *s)
{
	dmarc_fails(s);
	s->dmarc.disposition = s->v.applied = INKAN_POLICY_QUARANTINE;
}

static void dmarc_lets_pass(struct situation *s)
{
	dmarc_fails(s);
	s->dmarc.disposition = s->v.applied = INKAN_POLICY_NONE;
}

static void dmarc_overridden(struct situation *s)
{
	dmarc_fails(s);
	s->reason = INKAN_FAILED_BUT_VOUCHED;
	s->v.applied = INKAN_POLICY_NONE;
	s->v.override = INKAN_OVERRIDE_TRUSTED_FORWARDER;
	s->v.override_comment = "arc=pass as[1].d=gw.example.com";
}

static void dmarc_testing(struct situation *s)
{
	dmarc_fails(s);
	s->dmarc.testing = true;
	s->dmarc.disposition = INKAN_POLICY_QUARANTINE;
	s->v.override = INKAN_OVERRIDE_POLICY_TEST_MODE;
}

static void dmarc_sampled_out(struct situation *s)
{
	dmarc_fails(s);
	s->dmarc.sampled_out = true;
}

static void seal(struct situation *s, bool trusted)
{
	break_body(s);
	s->arc.result = INKAN_PASS;
	s->arc.set_count = 1;
	s->arc.listed_sets = 1;
	s->arc.oldest_pass = 0;
	s->sets[0].trusted = trusted;
	s->header = "Received: from two.example ([192.0.2.25]) by mx.example.net\r\n"
		    "ARC-Seal: i=1; d=gw.example.com\r\n"
		    "Received: from one.example ([192.0.2.1]) by gw.example.com\r\n"
		    "Received: from out.service.example ([198.51.100.7]) by before.example.com\r\n"
		    "DKIM-Signature: a\r\n"
		    "Received: from pc ([203.0.113.9]) by out.service.example\r\n"
		    "From: a@example.com\r\n";
}

static void trusted_seal(struct situation *s)
{
	seal(s, true);
}

static void strange_seal(struct situation *s)
{
	seal(s, false);
}

static void two_seals(struct situation *s)
{
	s->arc.result = INKAN_PASS;
	s->arc.set_count = 2;
	s->arc.listed_sets = 2;
	s->arc.oldest_pass = 2;
}

static void seals_trusted_in_part(struct situation *s)
{
	seal(s, true);
	s->arc.set_count = 2;
	s->arc.listed_sets = 2;
}

static void seals_of_two_strangers(struct situation *s)
{
	seals_trusted_in_part(s);
	s->sets[0].trusted = false;
}

static void seals_of_one_stranger(struct situation *s)
{
	seals_of_two_strangers(s);
	s->sets[1].sealer = s->sets[0].sealer;
}

static void broken_chain(struct situation *s)
{
	s->arc.result = INKAN_FAIL;
	s->arc.reason = "i=1 ARC-Seal: signature did not verify";
	s->arc.set_count = 1;
	s->arc.listed_sets = 1;
}

static void private_address(struct situation *s)
{
	s->kind = INKAN_VERDICT_NOT_REPRESENTATIVE;
	s->reason = INKAN_FROM_PRIVATE_ADDRESS;
	s->session.ip = "10.0.0.1";
}

static void trusted_gateway(struct situation *s)
{
	spf_unchecked(s);
	s->kind = INKAN_VERDICT_NOT_REPRESENTATIVE;
	s->reason = INKAN_THROUGH_TRUSTED_GATEWAY;
	s->session.ip = "192.0.2.25";
	s->session.trusted_gateway = true;
}

static void inside(struct situation *s)
{
	unsigned_message(s);
	s->kind = INKAN_VERDICT_NOT_REPRESENTATIVE;
	s->reason = INKAN_INSIDE_ONE_ORGANIZATION;
	s->header = "X-MS-Exchange-Organization-AuthAs: Internal\r\n"
		    "X-Forefront-Antispam-Report: CIP:255.255.255.255;SFV:SKI;X\r\n"
		    "X-MS-Exchange-Organization-SCL: -1\r\nFrom: a@example.com\r\n";
}

static void repeated(struct situation *s)
{
	s->kind = INKAN_VERDICT_AT_RISK;
	s->reason = INKAN_REPEATED_FIELDS;
	s->repeated = (struct inkan_repeated_field){"From", 2, 1};
	s->v.repeated_count = 1;
}

static void no_author(struct situation *s)
{
	s->kind = INKAN_VERDICT_FAIL;
	s->reason = INKAN_NO_AUTHOR;
	s->v.from_domain = s->v.from_address = "";
	s->dmarc.result = INKAN_PERMERROR;
	s->dmarc.record = s->dmarc.policy_domain = "";
	s->dmarc.reason = "no From field";
}

/* ---- cases ---- */

struct row {
	const char *name;
	void (*change)(struct situation *s);
	const char *sentence; /* a part of it */
	const char *says;     /* "id: a part of that text" */
	const char *says_not; /* an id, or NULL */
	const char *fix;      /* "id: a part", or NULL: there is none of says_no_fix */
	bool is_inference;
};

static const struct row rows[] = {
	{"passes both ways", nothing, "SPF and DKIM both pass", "author_signature: sent from the sender's domain",
         "third_party", NULL, false},
	{"S3-51 the three domains are compared", default_mail_from, "not for example.com",
         "alignment: example.com. Compared with it: DKIM d=example.com (aligned); return path bounces.service.example "
         "(not "
         "aligned)",
         NULL, NULL, false},
	{"S0-18 the gateway changed the body: hashes", break_body, "a forwarded copy would fail",
         "signature: made over bh=SIGNEDHASH; this body gives bh=OTHERHASH", "author_signature", NULL, false},
	{"the gateway changed the body: where", break_body, "DMARC passes on SPF alone",
         "changed_where: passed through gw.example.com after example.com had signed it at out.service.example",
         "changed_nowhere", NULL, false},
	{"the gateway changed the body: who, and its own key", break_body, "",
         "changed_by_gateway: gw.example.com rewrote the body", NULL,
         "gateway_key: inkan key generate --domain example.com", true},
	{"the body changed, and no host shows above", break_body_without_hops, "", "changed_nowhere: No other host",
         "changed_where", "signature: sign it afterwards", true},
	{"one of two hosts changed the body", break_body_unknown_receiver, "",
         "changed_by_gateway: One of gw.example.com, mx.example.net rewrote the body", NULL, NULL, true},
	{"the receiver's address in another spelling", break_body_ipv6, "",
         "changed_by_gateway: gw.example.com rewrote", NULL, NULL, true},
	{"the gateway changed the header", break_header, "",
         "header_changed_by_gateway: gw.example.com changed the header", "changed_by_gateway", "signature: subject tag",
         true},
	{"S0-27 the leftover signature is harmless", leave_broken, "", "leftover_signature: does no harm",
         "changed_by_gateway", NULL, false},
	{"the gateway changed the message and signed it again", resigned, "",
         "changed_and_signed: gw.example.com changed the message", "changed_by_gateway", NULL, true},
	{"S1-11 the author's signature", nothing, "", "author_signature: what it covers is unaltered", NULL, NULL,
         false},
	{"S1-12 a third party's signature", third_party, "another domain than example.com",
         "third_party: service.example vouches for the message, not example.com, and DMARC does not count it",
         "author_signature", "third_party_only: a key of example.com", false},
	{"a third party's broken signature", broken_third_party, "",
         "broken_third_party: DMARC would not count that signature even if it verified", "gateway_key", NULL, false},
	{"not signed", unsigned_message, "is not signed", "nobody_signed: leaves other mail unsigned", "explanation",
         "nobody_signed: Switch DKIM on at the mail service", true},
	{"a part of the body", partial_and_testing, "", "partial_signature: 10 of 20 octets", NULL,
         "partial_signature: l=", false},
	{"a key under test", partial_and_testing, "", "testing_key: s1._domainkey.example.com says t=y", NULL, NULL,
         false},
	{"S3-12 the provider's default MAIL FROM", default_mail_from, "SPF passes for bounces.service.example",
         "spf_default_mail_from: SPF passes for the service", NULL, "spf_default_mail_from: custom MAIL FROM", true},
	{"SPF pass names the term", nothing, "", "spf_pass: 192.0.2.25 may send for example.com: “ip4:192.0.2.0/24”",
         NULL, NULL, false},
	{"SPF fail", spf_fail, "", "spf_fail: “-all” in its SPF record forbids it", "spf_softfail",
         "spf_not_authorized: add it to the SPF record of example.com", false},
	{"SPF fail explained by a stranger", spf_fail, "", "spf_explanation: ask \\x1b[31m postmaster", NULL, NULL,
         false},
	{"only Ed25519 counts", ed25519_alone, "", "ed25519_alone: Many receivers know RSA alone", NULL,
         "ed25519_alone: Sign with an RSA key as well", true},
	{"Ed25519 of a third party", ed25519_of_third_party, "", "third_party: service.example", "ed25519_alone", NULL,
         false},
	{"Ed25519 beside RSA", ed25519_beside_rsa, "", "author_signature: verifies", "ed25519_alone", NULL, false},
	{"SPF softfail", spf_softfail, "", "spf_softfail: (softfail), which is no pass", "spf_fail", NULL, false},
	{"SPF neutral", spf_neutral, "", "spf_neutral: no term of it matches", "spf_neutral_by_term", NULL, false},
	{"SPF neutral by a term", spf_neutral_by_term, "", "spf_neutral_by_term: “?all”", "spf_neutral", NULL, false},
	{"SPF none", spf_none, "", "spf_none: the domain has no SPF record", NULL, "spf_none: Publish an SPF record",
         false},
	{"SPF has no domain to check", spf_without_domain, "", "spf_without_domain: no domain to check", "spf_none",
         "spf_without_domain: --helo", false},
	{"SPF too many look-ups", spf_too_many, "",
         "spf_too_many_lookups: receivers must stop (RFC 7208 section 4.6.4)", "spf_permerror",
         "spf_too_many_lookups: Take include:", false},
	{"SPF permerror", spf_permerror, "", "spf_permerror: more than one SPF record", "spf_too_many_lookups",
         "spf_permerror: Mend", false},
	{"SPF temperror", spf_temperror, "", "spf_temperror: no answer in time", NULL, "spf_temperror: Try again later",
         false},
	{"SPF not checked", spf_unchecked, "SPF was not checked", "spf_unchecked: the client's address is not known",
         "spf_none", "spf_unchecked: --from-received", false},
	{"SPF of HELO only", spf_helo_only, "", "spf_helo_only: HELO name gw.example.com alone (pass)", "spf_unchecked",
         "spf_helo_only: --mail-from", false},
	{"the session comes from the message", told, "", "session_from_received: 192.0.2.25 (gw.example.com)", NULL,
         NULL, false},
	{"no policy", no_policy, "publishes no DMARC policy", "no_policy: asked: _dmarc.example.com", "policy",
         "no_policy: _dmarc.example.com", false},
	{"a policy", nothing, "", "policy: “v=DMARC1; p=reject”; for this message p=reject counts", "monitoring", NULL,
         false},
	{"p=none watches", monitoring, "", "monitoring: it watches, it does not protect", NULL, NULL, false},
	{"S2-35 asked and applied", dmarc_fails, "neither SPF nor DKIM passes", "applied_reject: asks for reject",
         "overridden", NULL, false},
	{"S2-35 asked and applied: quarantine", dmarc_quarantines, "", "applied_quarantine: into the spam folder", NULL,
         NULL, false},
	{"S2-35 asked and applied: none", dmarc_lets_pass, "", "applied_none: asks for none", NULL, NULL, false},
	{"S2-35 applied otherwise, and why", dmarc_overridden, "a trusted sealer saw it pass",
         "overridden: asks for reject; applied is none, because: a trusted forwarder vouches for it arc=pass",
         "applied_reject", NULL, false},
	{"t=y", dmarc_testing, "", "testing_policy: quarantine counts instead of reject", NULL, NULL, false},
	{"pct", dmarc_sampled_out, "", "sampled_out: left this message out", NULL, NULL, false},
	{"ARC: a trusted sealer saw it pass", trusted_seal, "",
         "seal_saw_pass: gw.example.com (i=1) says the signature was still good when it arrived there",
         "stranger_saw_pass", NULL, false},
	{"ARC: a stranger saw it pass", strange_seal, "", "stranger_saw_pass: worth as much as gw.example.com is",
         "seal_saw_pass", "trust_sealers: gw.example.com, say so: --trusted-sealer gw.example.com.", true},
	{"ARC: trusted in part", seals_trusted_in_part, "", "trust_in_part: not trusted here: two.example.", NULL,
         "trust_sealers: If you trust two.example, say so: --trusted-sealer two.example.", false},
	{"ARC: two strangers", seals_of_two_strangers, "", "stranger_saw_pass: gw.example.com", "trust_in_part",
         "trust_sealers: --trusted-sealer gw.example.com --trusted-sealer two.example.", true},
	{"ARC: a stranger that sealed twice", seals_of_one_stranger, "", "stranger_saw_pass: gw.example.com",
         "trust_in_part", "trust_sealers: If you trust gw.example.com, say so: --trusted-sealer gw.example.com.", true},
	{"ARC: the seal leaves out who came before", trusted_seal, "",
         "changed_where: passed through gw.example.com after", NULL, NULL, false},
	{"ARC: the message is as it was sealed", trusted_seal, "", "arc_unchanged: every ARC-Message-Signature",
         "arc_changed", NULL, false},
	{"ARC: changed between two seals", two_seals, "", "arc_changed: after i=1 sealed it", "arc_unchanged", NULL,
         false},
	{"ARC: what was recorded", two_seals, "", "sealed: gw.example.com sealed as i=1", NULL, NULL, false},
	{"ARC: a broken chain proves nothing", broken_chain, "", "arc_broken: i=1 ARC-Seal: signature did not verify",
         "sealed", NULL, false},
	{"S0-4 from a private address", private_address, "from a private address", "private_address: 10.0.0.1", NULL,
         "private_address: outside your own network", false},
	{"S0-34 through a trusted gateway", trusted_gateway, "trusted gateway", "trusted_gateway: RFC 7208 section 9.2",
         "spf_unchecked", "trusted_gateway: without that gateway", false},
	{"C-10 inside one organisation", inside, "one organisation of Microsoft 365", "one_organization: neither signs",
         NULL, "one_organization: another organisation", false},
	{"S0-31 settings in the header", inside, "", "setting: SFV:SKI", NULL, NULL, false},
	{"repeated fields", repeated, "fields are repeated",
         "repeated_field: has 2 From fields, the signature covers 1", NULL, "repeated_field_fix: Trust none", false},
	{"no author", no_author, "no From field with a usable domain", "no_author: no From field", "alignment",
         "no_author: one From field", false},
};

static const char *text_of(const struct page *page, const char *id, size_t n, bool *inference_out)
{
	for (size_t i = 0; i < page->why_count; i++)
		if (strncmp(page->why[i].id, id, n) == 0 && page->why[i].id[n] == '\0') {
			*inference_out = page->why[i].certainty == CERTAINTY_INFERENCE;
			return page->why[i].text;
		}
	return NULL;
}

static bool is_said(const struct page *page, const char *says, bool *inference_out)
{
	size_t n = strcspn(says, ":");

	for (size_t i = 0; i < page->why_count; i++)
		if (strlen(page->why[i].id) == n && strncmp(page->why[i].id, says, n) == 0 &&
		    strstr(page->why[i].text, says + n + 2)) {
			*inference_out = page->why[i].certainty == CERTAINTY_INFERENCE;
			return true;
		}
	return false;
}

static bool is_advised(const struct page *page, const char *fix)
{
	size_t n = strcspn(fix, ":");

	for (size_t i = 0; i < page->fix_count; i++)
		if (strlen(page->fix[i].id) == n && strncmp(page->fix[i].id, fix, n) == 0 &&
		    strstr(page->fix[i].text, fix + n + 2))
			return true;
	return false;
}

static void make(struct arena *arena, struct situation *s, enum language language, struct header *header,
                 struct page *page)
{
	s->v.kind = s->kind;
	s->v.reason = s->reason;
	s->v.spf_leg = s->spf_leg;
	s->v.dkim_leg = s->dkim_leg;
	s->v.spf = s->v.spf_helo = &s->spf;
	s->v.dkim = s->dkim;
	s->v.arc = &s->arc;
	s->v.dmarc = &s->dmarc;
	s->v.repeated = &s->repeated;
	s->arc.sets = s->sets;
	s->dmarc.steps = &s->step;
	assert_int_equal(header_parse(arena, str_c(s->header), 10000, header), INKAN_OK);
	assert_int_equal(page_make(arena,
	                           &(struct page_request){.verdict = &s->v,
	                                                  .header = header,
	                                                  .session = &s->session,
	                                                  .session_from_received = s->from_received,
	                                                  .language = language},
	                           page),
	                 INKAN_OK);
}

static void print(const struct page *page)
{
	for (size_t i = 0; i < page->why_count; i++)
		printf("# %s: %s\n", page->why[i].id, page->why[i].text);
	for (size_t i = 0; i < page->fix_count; i++)
		printf("# FIX %s: %s\n", page->fix[i].id, page->fix[i].text);
}

static void run_row(const void *p)
{
	const struct row *row = p;
	bool is_inference = false, other;
	struct situation s;
	struct header header;
	struct arena arena;
	struct page page;

	arena_init(&arena, 10000000);
	usual(&s);
	row->change(&s);
	make(&arena, &s, LANGUAGE_EN, &header, &page);
	bool said = is_said(&page, row->says, &is_inference);
	bool advised = !row->fix || is_advised(&page, row->fix);

	if (!said || !advised)
		print(&page);
	assert_true(said);
	assert_true(advised);
	assert_int_equal(is_inference, row->is_inference);
	assert_non_null(strstr(page.sentence, row->sentence));
	if (row->says_not)
		assert_null(text_of(&page, row->says_not, strlen(row->says_not), &other));
	arena_release(&arena);
}

/* In Japanese as much is said, and no English sentence is among it. */
static void run_japanese(const void *p)
{
	const struct row *row = p;
	struct page en, ja;
	struct situation s;
	struct header header;
	struct arena arena;

	arena_init(&arena, 10000000);
	usual(&s);
	row->change(&s);
	make(&arena, &s, LANGUAGE_EN, &header, &en);
	make(&arena, &s, LANGUAGE_JA, &header, &ja);
	assert_int_equal(ja.why_count, en.why_count);
	assert_int_equal(ja.fix_count, en.fix_count);
	for (size_t i = 0; i < ja.why_count; i++) {
		assert_string_equal(ja.why[i].id, en.why[i].id);
		assert_true(str_find(str_c(ja.why[i].text), '\xe3') < strlen(ja.why[i].text));
		assert_null(strstr(ja.why[i].text, " the "));
	}
	for (size_t i = 0; i < ja.fix_count; i++)
		assert_null(strstr(ja.fix[i].text, " the "));
	arena_release(&arena);
}

/* ---- rows of mechanisms ---- */

static const struct check_row {
	const char *name;
	void (*change)(struct situation *s);
	const char *mechanism, *result, *detail, *identity, *standing;
} checks[] = {
	{"row: SPF passes", nothing, "SPF", "pass", "with IP 192.0.2.25", "example.com", "passed and aligned"},
	{"row: SPF of another domain", default_mail_from, "SPF", "pass", "with IP 192.0.2.25",
         "bounces.service.example", "passed, not aligned"},
	{"row: SPF fails", spf_fail, "SPF", "fail", "with IP 192.0.2.25", "example.com", "failed (would be aligned)"},
	{"row: SPF is absent", spf_none, "SPF", "none", "with IP 192.0.2.25", "example.com", "absent"},
	{"row: SPF is undecided", spf_temperror, "SPF", "temperror", "with IP 192.0.2.25", "example.com", "undecided"},
	{"row: SPF was not checked", spf_unchecked, "SPF", "none", "the delivering address is not known", "",
         "not checked"},
	{"row: DKIM passes", nothing, "DKIM", "pass", "rsa-sha256, 2048 bits", "d=example.com s=s1",
         "passed and aligned"},
	{"row: DKIM of another domain", third_party, "DKIM", "pass", "rsa-sha256, 2048 bits", "d=service.example s=s1",
         "passed, not aligned"},
	{"row: DKIM fails", break_body, "DKIM", "fail", "body hash did not verify", "d=example.com s=s1",
         "failed (would be aligned)"},
	{"row: DKIM of another domain fails", broken_third_party, "DKIM", "fail", "body hash did not verify",
         "d=service.example s=s1", "failed"},
	{"row: not signed", unsigned_message, "DKIM", "none", "not signed", "", "absent"},
	{"row: DMARC passes", nothing, "DMARC", "pass", "by SPF and DKIM", "policy p=reject from _dmarc.example.com",
         ""},
	{"row: DMARC fails", dmarc_fails, "DMARC", "fail", "", "policy p=reject from _dmarc.example.com", ""},
	{"row: ARC none", nothing, "ARC", "none", "not sealed", "", "absent"},
	{"row: ARC passes", strange_seal, "ARC", "pass", "i=1 sealed by gw.example.com",
         "on arrival there: dkim=pass d=example.com", ""},
	{"row: ARC of a trusted sealer", trusted_seal, "ARC", "pass", "i=1 sealed by gw.example.com (trusted)",
         "on arrival there: dkim=pass d=example.com", ""},
	{"row: ARC fails", broken_chain, "ARC", "fail", "i=1 ARC-Seal: signature did not verify", "", ""},
};

static void run_check(const void *p)
{
	const struct check_row *row = p;
	struct situation s;
	struct header header;
	struct arena arena;
	struct page page;
	size_t i = 0;

	arena_init(&arena, 10000000);
	usual(&s);
	row->change(&s);
	make(&arena, &s, LANGUAGE_EN, &header, &page);
	while (i < page.check_count && strcmp(page.checks[i].mechanism, row->mechanism) != 0)
		i++;
	assert_true(i < page.check_count);
	assert_string_equal(page.checks[i].result, row->result);
	assert_string_equal(page.checks[i].detail, row->detail);
	assert_string_equal(page.checks[i].identity, row->identity);
	assert_string_equal(page.checks[i].standing_text, row->standing);
	arena_release(&arena);
}

/* ---- the way ---- */

static void run_hops(const void *row)
{
	struct situation s;
	struct header header;
	struct arena arena;
	struct page page;

	(void)row;
	arena_init(&arena, 10000000);
	usual(&s);
	seal(&s, true);
	make(&arena, &s, LANGUAGE_EN, &header, &page);
	assert_int_equal(page.hop_count, 4);
	assert_int_equal(page.hops[0].number, 1);
	assert_string_equal(page.hops[0].by, "out.service.example");
	assert_string_equal(page.hops[0].ip, "203.0.113.9");
	assert_int_equal(page.hops[0].added_count, 1);
	assert_string_equal(page.hops[0].added[0], "signed d=example.com s=s1 bh=SIGNED…");
	assert_int_equal(page.hops[1].added_count, 0);
	assert_string_equal(page.hops[2].added[0], "sealed i=1 d=gw.example.com");
	assert_string_equal(page.hops[3].by, "mx.example.net");
	assert_int_equal(page.hops[3].number, 4);
	arena_release(&arena);
}

static void run_before_the_first(const void *row)
{
	struct situation s;
	struct header header;
	struct arena arena;
	struct page page;

	(void)row;
	arena_init(&arena, 10000000);
	usual(&s);
	s.header = "Authentication-Results: mx.example.net; dkim=pass header.d=example.com; spf=fail\r\n"
		   "Received: from a ([192.0.2.25]) by mx.example.net\r\nList-Id: \"dkim=pass\" <list.example.org>\r\n"
		   "DKIM-Signature: a\r\nFrom: a@example.com\r\n";
	make(&arena, &s, LANGUAGE_EN, &header, &page);
	assert_int_equal(page.hop_count, 2);
	assert_int_equal(page.hops[0].number, 0);
	assert_int_equal(page.hops[0].added_count, 2);
	assert_string_equal(page.hops[0].added[0], "signed d=example.com s=s1 bh=SIGNED…");
	assert_string_equal(page.hops[0].added[1], "mailing list <list.example.org>");
	assert_string_equal(page.hops[1].added[0], "noted dkim=pass d=example.com, spf=fail");
	arena_release(&arena);
}

/* `count` Received fields, `lists` fields on top of the topmost. */
static void count_hops(size_t count, size_t lists, size_t want_hops, size_t want_left_out, size_t want_added)
{
	struct situation s;
	struct header header;
	struct arena arena;
	struct page page;
	struct buf text;

	arena_init(&arena, 10000000);
	buf_init(&text, 1000000);
	usual(&s);
	for (size_t i = 0; i < lists; i++)
		buf_printf(&text, "List-Id: <%zu.example>\r\n", i);
	for (size_t i = 0; i < count; i++)
		buf_put_c(&text, "Received: from a by b\r\n");
	buf_put_c(&text, "From: a@example.com\r\n");
	buf_put_char(&text, '\0');
	s.header = text.p;
	s.v.dkim_count = 0;
	make(&arena, &s, LANGUAGE_EN, &header, &page);
	assert_int_equal(page.hop_count, want_hops);
	assert_int_equal(page.hops_left_out, want_left_out);
	assert_true(page.hops[page.hop_count - 1].number == want_hops + want_left_out);
	assert_int_equal(page.hops[page.hop_count - 1].added_count, want_added);
	buf_release(&text);
	arena_release(&arena);
}

static void run_hop_limits(const void *row)
{
	(void)row;
	count_hops(100, 20, 100, 0, 20);
	count_hops(101, 21, 100, 1, 20);
}

/* A page of a header that is put together from `count` times a line, between two texts. */
static void make_repeated(struct arena *arena, struct situation *s, const char *before, const char *line, size_t count,
                          const char *behind, struct page *page)
{
	struct header header;
	struct buf text;

	buf_init(&text, 1000000);
	buf_put_c(&text, before);
	for (size_t i = 0; i < count; i++)
		buf_put_c(&text, line);
	buf_put_c(&text, behind);
	s->header = arena_str(arena, buf_str(&text)).p;
	buf_release(&text);
	make(arena, s, LANGUAGE_EN, &header, page);
}

static void run_noted_limit(const void *row)
{
	(void)row;
	for (size_t count = 99; count <= 101; count++) {
		struct situation s;
		struct arena arena;
		struct page page;
		size_t noted = 0;

		arena_init(&arena, 10000000);
		usual(&s);
		s.v.dkim_count = 0;
		make_repeated(&arena, &s, count > 100 ? "Authentication-Results: x; spf=pass\r\n" : "",
		              "Authentication-Results: x; spf=pass\r\nReceived: by b\r\n",
		              count > 100 ? count - 1 : count, "", &page);
		for (size_t i = 0; i < page.hop_count; i++)
			noted += page.hops[i].added_count;
		assert_int_equal(noted, count > 100 ? 100 : count);
		arena_release(&arena);
	}
}

static void run_names_limit(const void *row)
{
	(void)row;
	for (size_t count = 5; count <= 6; count++) {
		bool is_inference;
		struct situation s;
		struct arena arena;
		struct page page;
		const char *text;

		arena_init(&arena, 10000000);
		usual(&s);
		break_body(&s);
		make_repeated(&arena, &s, "", "Received: from a by host.example\r\n", count,
		              "DKIM-Signature: a\r\nFrom: a@example.com\r\n", &page);
		text = text_of(&page, "changed_where", strlen("changed_where"), &is_inference);
		assert_non_null(text);
		assert_int_equal(strstr(text, "host.example, …") != NULL, count > 5);
		arena_release(&arena);
	}
}

static void run_settings_limit(const void *row)
{
	struct situation s;
	struct arena arena;
	struct page page;
	size_t said = 0;

	(void)row;
	arena_init(&arena, 10000000);
	usual(&s);
	make_repeated(&arena, &s,
	              "X-MS-Exchange-Organization-SCL: -1\r\nX-MS-Exchange-SkipListedInternetSender: x\r\n"
	              "X-MS-Exchange-ExternalOriginalInternetSender: x\r\n",
	              "X-Forefront-Antispam-Report: SFV:SKN;SFV:SKA;sfv:ski;IPV:CAL\r\n", 1, "", &page);
	for (size_t i = 0; i < page.why_count; i++)
		said += strcmp(page.why[i].id, "setting") == 0;
	assert_int_equal(said, 5); /* of 7 */
	/* of the fields of one name the lowest five are looked at */
	for (size_t below = 4; below <= 5; below++) {
		make_repeated(&arena, &s, "X-Forefront-Antispam-Report: SFV:SKN\r\n",
		              "X-Forefront-Antispam-Report: x\r\n", below, "", &page);
		said = 0;
		for (size_t i = 0; i < page.why_count; i++)
			said += strcmp(page.why[i].id, "setting") == 0;
		assert_int_equal(said, below < 5);
	}
	arena_release(&arena);
}

static void run_delay(const void *row)
{
	static const struct {
		const char *received, *want;
	} delays[] = {{"21 Nov 2026 09:30:04 +0000", "(delivered after 4 s)"},
	              {"21 Nov 2026 09:30:00 +0000", "(delivered after 0 s)"},
	              {"21 Nov 2026 09:29:50 +0000", "(10 s later than its delivery)"},
	              {"some day", "+0900"}};

	(void)row;
	for (size_t i = 0; i < sizeof(delays) / sizeof *delays; i++) {
		char text[300];
		struct situation s;
		struct header header;
		struct arena arena;
		struct page page;

		arena_init(&arena, 10000000);
		usual(&s);
		snprintf(text, sizeof text, "Received: by b; %s\r\nDate: Sat, 21 Nov 2026 18:30:00 +0900\r\n",
		         delays[i].received);
		s.header = text;
		make(&arena, &s, LANGUAGE_EN, &header, &page);
		assert_string_equal(page.fields[1].label, "Created at");
		assert_true(str_ihas_suffix(str_c(page.fields[1].value), str_c(delays[i].want)));
		arena_release(&arena);
	}
}

/* Memory runs out, wherever it does: an error, no crash. */
static void run_memory(const void *row)
{
	(void)row;
	for (size_t memory = 1000; memory < 60000; memory += 500) {
		struct situation s;
		struct header header;
		struct arena arena, small;
		struct page page;

		arena_init(&arena, 10000000);
		arena_init(&small, memory);
		usual(&s);
		seal(&s, false);
		make(&arena, &s, LANGUAGE_EN, &header, &page);
		int error = page_make(&small,
		                      &(struct page_request){.verdict = &s.v, .header = &header, .session = &s.session},
		                      &page);

		assert_true(error == INKAN_ELIMIT || error == INKAN_OK);
		arena_release(&small);
		arena_release(&arena);
	}
}

int main(void)
{
	struct test_list list = {0};
	static char names[100][100];

	TEST_TABLE(&list, rows, run_row);
	for (size_t i = 0; i < sizeof(rows) / sizeof *rows; i++) {
		snprintf(names[i], sizeof names[i], "in Japanese: %s", rows[i].name);
		test_add(&list, names[i], run_japanese, &rows[i]);
	}
	TEST_TABLE(&list, checks, run_check);
	test_add(&list, "hops: who added what", run_hops, NULL);
	test_add(&list, "hops: what was there before the first, and results that were noted", run_before_the_first,
	         NULL);
	test_add(&list, "hops: 100 and 101 Received fields, 20 and 21 fields of one", run_hop_limits, NULL);
	test_add(&list, "hops: 100 and 101 fields of results", run_noted_limit, NULL);
	test_add(&list, "5 and 6 hosts in one sentence", run_names_limit, NULL);
	test_add(&list, "5 of 7 settings, and 5 and 6 fields of one name", run_settings_limit, NULL);
	test_add(&list, "delivered after", run_delay, NULL);
	test_add(&list, "too little memory", run_memory, NULL);
	return test_run(&list, "explain/page");
}
