#include "store/outcomes.h"

struct outcome outcome_inbound(void)
{
	struct outcome o = {
		.time = 1795339800250000,
		.size = 4321,
		.recipients = 2,
		.duration = 1234,
		.dns_time = 1000,
		.dns_questions = 7,
		.queue_id = STR("4F3A2B1C0D"),
		.message_id = STR("<one@example.com>"),
		.direction = STR("inbound"),
		.direction_reason = STR("nothing says that the client is one of us"),
		.client_ip = STR("192.0.2.7"),
		.client_name = STR("mail.example.net"),
		.helo = STR("mail.example.net"),
		.mail_from = STR("<bounce@bounces.example.net>"),
		.recipient = STR("<bob@example.org>"),
		.from_address = STR("alice@example.com"),
		.from_domain = STR("example.com"),
		.verdict = STR("fail"),
		.verdict_reason = STR("nothing_aligned"),
		.spf_result = STR("pass"),
		.spf_domain = STR("bounces.example.net"),
		.spf_scope = STR("mfrom"),
		.helo_result = STR("none"),
		.arc_result = STR("none"),
		.dmarc_result = STR("fail"),
		.dmarc_domain = STR("example.com"),
		.organizational_domain = STR("example.com"),
		.dmarc_record = STR("v=DMARC1; p=reject; rua=mailto:d@example.com"),
		.dmarc_policy = STR("reject"),
		.disposition = STR("none"),
		.override = STR("local_policy"),
		.override_comment = STR("the author is in actions.accept_from"),
		.dkim_count = 2,
		.action = STR("tag"),
		.action_reason = STR("the policy of the domain is not followed"),
		.removed_fields = 1,
	};

	o.dkim[0] = (struct outcome_dkim){STR("example.net"), STR("s1"), STR("pass"), STR("ok"), false};
	o.dkim[1] = (struct outcome_dkim){STR("example.com"), STR("s2"), STR("fail"), STR("body_hash_mismatch"), true};
	return o;
}

struct outcome outcome_outbound(void)
{
	struct outcome o = {
		.time = 1795339801000000,
		.size = 999,
		.recipients = 1,
		.duration = 800,
		.queue_id = STR("5A5A5A5A5A"),
		.message_id = STR("<two@example.org>"),
		.direction = STR("outbound"),
		.direction_reason = STR("the client logged in"),
		.client_ip = STR("198.51.100.9"),
		.helo = STR("laptop"),
		.login = STR("bob@example.org"),
		.mail_from = STR("<bob@example.org>"),
		.recipient = STR("<carol@example.com>"),
		.from_address = STR("bob@example.org"),
		.from_domain = STR("example.org"),
		.signed_count = 2,
		.action = STR("tag"),
	};

	o.signatures[0] = (struct outcome_signed){STR("example.org"), STR("r1"), STR("rsa-sha256")};
	o.signatures[1] = (struct outcome_signed){STR("example.org"), STR("e1"), STR("ed25519-sha256")};
	return o;
}
