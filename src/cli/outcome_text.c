#include "cli/outcome_text.h"

struct row {
	const char *word;
	struct text text;
};

/* clang-format off */
static const struct row verdicts[] = {
	{"no_policy", {"the author's domain publishes no DMARC policy", "差出人のドメインは DMARC ポリシーを公開していません"}},
	{"both_aligned", {"SPF and DKIM pass for the author's domain", "SPF と DKIM が差出人のドメインとして合格しました"}},
	{"aligned_by_dkim_spf_unchecked", {"DKIM passes for the author's domain; SPF was not checked", "DKIM が差出人のドメインとして合格しました。SPF は調べていません"}},
	{"aligned_by_dkim_spf_undecided", {"DKIM passes for the author's domain; DNS gave no answer for SPF", "DKIM が差出人のドメインとして合格しました。SPF は DNS の応答がありません"}},
	{"aligned_by_spf_dkim_undecided", {"SPF passes for the author's domain; DNS gave no answer for DKIM", "SPF が差出人のドメインとして合格しました。DKIM は DNS の応答がありません"}},
	{"by_spf_signature_broken", {"passes by SPF alone: the signature is broken", "SPF だけで合格しました: 署名が壊れています"}},
	{"by_spf_not_signed", {"passes by SPF alone: the message is not signed", "SPF だけで合格しました: 署名がありません"}},
	{"by_spf_signature_not_aligned", {"passes by SPF alone: the signature is of another domain", "SPF だけで合格しました: 署名は別のドメインのものです"}},
	{"by_dkim_spf_failed", {"passes by DKIM alone: SPF fails", "DKIM だけで合格しました: SPF は不合格です"}},
	{"by_dkim_spf_absent", {"passes by DKIM alone: there is no SPF record", "DKIM だけで合格しました: SPF レコードがありません"}},
	{"by_dkim_spf_not_aligned", {"passes by DKIM alone: SPF passes for another domain", "DKIM だけで合格しました: SPF が合格したのは別のドメインです"}},
	{"repeated_fields", {"passes, but a header field is repeated and not covered by the signature", "合格しましたが、署名の対象より多く重複するヘッダーフィールドがあります"}},
	{"nothing_passed", {"neither SPF nor DKIM passes", "SPF も DKIM も合格していません"}},
	{"nothing_aligned", {"what passes is not of the author's domain", "合格した認証は差出人のドメインのものではありません"}},
	{"failed_but_vouched", {"fails here; a trusted forwarder says that it passed there", "ここでは不合格ですが、信頼する転送者が、そこでは合格していたと記録しています"}},
	{"no_author", {"From names no author", "From に差出人がありません"}},
	{"several_authors", {"From names several authors", "From に差出人が複数あります"}},
	{"dns_failed", {"DNS gave no answer", "DNS の応答がありません"}},
	{"through_trusted_gateway", {"came through a trusted gateway, which the checks say nothing about", "信頼するゲートウェイを通ったため、判定の対象になりません"}},
	{"from_private_address", {"came from a private address, which the checks say nothing about", "プライベートアドレスから来たため、判定の対象になりません"}},
	{"inside_one_organization", {"came from inside one organization, where nothing is signed", "同じ組織の内部から来たため、署名がありません"}},
};

static const struct row directions[] = {
	{"inbound", {"from outside, to be judged", "外部から届いた (検証する)"}},
	{"outbound", {"ours, to be signed", "自組織から送る (署名する)"}},
	{"ignored", {"ignored by configuration", "設定により対象外"}},
};

static const struct row actions[] = {
	{"tag", {"handed on", "そのまま通した"}},
	{"quarantine", {"held", "隔離した"}},
	{"reject", {"refused", "拒否した"}},
	{"tempfail", {"put off: the sender was asked to try again", "一時的に断った (送信側が再送する)"}},
};

/* English as in policy/ and server/. */
static const struct text reasons[] = {
	{"the client has logged in", "クライアントがログインしています"},
	{"the daemon name is one of outbound.daemon_names", "デーモン名が outbound.daemon_names にあります"},
	{"the message was submitted on this host", "このホストで投入されました"},
	{"the client is in outbound.networks", "クライアントが outbound.networks に含まれます"},
	{"the client is one of those to be ignored", "クライアントが対象外に指定されています"},
	{"nothing says that the client is one of ours", "クライアントを自組織のものと判断する根拠がありません"},
	{"DMARC fails, the owner asks to reject", "DMARC が不合格で、ドメインの所有者は拒否を求めています"},
	{"DMARC fails, the owner asks to quarantine", "DMARC が不合格で、ドメインの所有者は隔離を求めています"},
	{"DMARC fails, nothing is to be done about it", "DMARC は不合格ですが、何もしないことになっています"},
	{"DMARC cannot be looked up now", "今は DMARC を問い合わせられません"},
	{"DMARC cannot be checked", "DMARC を検査できません"},
	{"From names no author", "From に差出人がありません"},
	{"From names several authors", "From に差出人が複数あります"},
	{"SPF fails", "SPF は不合格です"},
	{"SPF softfail, no ground by itself", "SPF は softfail ですが、それだけでは理由になりません"},
	{"SPF softfail, and DMARC fails", "SPF は softfail で、DMARC も不合格です"},
	{"SPF cannot be looked up now", "今は SPF を問い合わせられません"},
	{"the SPF record cannot be interpreted", "SPF レコードを解釈できません"},
	{"the client is a trusted gateway", "クライアントは信頼するゲートウェイです"},
	{"the client has a private address", "クライアントはプライベートアドレスです"},
	{"the author is in accept_from", "差出人が accept_from にあります"},
	{"this receiver delivers what fails", "この受信側は不合格でも配送します"},
	{"this receiver holds what fails", "この受信側は不合格のものを隔離します"},
	{"this receiver refuses what fails", "この受信側は不合格のものを拒否します"},
	{"no rule for signing is configured", "署名の規則が設定されていません"},
	{"no rule for signing matches the author", "差出人に合う署名の規則がありません"},
	{"the author's domain is no domain name", "差出人のドメインがドメイン名ではありません"},
	{"all recipients are excepted from signing", "すべての宛先が署名の対象外です"},
	{"the message has no one author", "メッセージの差出人が 1 人に定まりません"},
	{"memory is short", "メモリーが足りません"},
	{"the message is refused", "メッセージを拒否しました"},
	{"the MAIL FROM domain has failed, and mail is to be refused then", "MAIL FROM ドメインの検証に失敗しており、その場合は拒否することになっています"},
	{"the MAIL FROM domain has failed: sent with identities.default_mail_from", "MAIL FROM ドメインの検証に失敗しているため、identities.default_mail_from で送信しました"},
	{"the MAIL FROM domain has failed; the envelope sender stays, as there is no identities.default_mail_from",
	 "MAIL FROM ドメインの検証に失敗していますが、identities.default_mail_from がないため、エンベロープ From はそのままです"},
	{"the MAIL FROM domain has failed; the envelope sender stays, as the mail server does not let it be changed",
	 "MAIL FROM ドメインの検証に失敗していますが、メールサーバーが変更を受け付けないため、エンベロープ From はそのままです"},
};
/* clang-format on */

static struct text find(const struct row *rows, size_t count, struct str word)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(word, str_c(rows[i].word)))
			return rows[i].text;
	return (struct text){NULL, NULL};
}

struct text outcome_verdict_text(struct str reason)
{
	return find(verdicts, sizeof(verdicts) / sizeof(*verdicts), reason);
}

struct text outcome_direction_text(struct str direction)
{
	return find(directions, sizeof(directions) / sizeof(*directions), direction);
}

struct text outcome_action_text(struct str action)
{
	return find(actions, sizeof(actions) / sizeof(*actions), action);
}

struct str outcome_reason_text(struct str reason, enum language language)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (str_eq(reason, str_c(reasons[i].en)))
			return str_c(text_in(language, reasons[i]));
	return reason;
}
