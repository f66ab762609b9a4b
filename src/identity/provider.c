/* The catalogue of mail services, by their own pages; see provider.h. A new one is a row here. */
#include "identity/provider.h"

#define REVIEWED "2026-11-22"
#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_TEXT        \
	{              \
		"", "" \
	}

/* clang-format off */
static const struct provider catalogue[] = {
	{.id = "google", .name = "Google Workspace",
	 .spf_include = "_spf.google.com", .spf_template = "v=spf1 include:_spf.google.com ~all",
	 .selectors = LIST("google"),
	 .mx_hosts = LIST("smtp.google.com", "aspmx.l.google.com", "*.aspmx.l.google.com", "aspmx*.googlemail.com"),
	 .signs_own_domains = true, .signs_by_default = true,
	 .enable = {"Admin console (admin.google.com) › Apps › Google Workspace › Gmail › Authenticate email: choose the "
	            "domain, “Generate new record”, publish the record, then “Start authentication”",
	            "管理コンソール (admin.google.com) › アプリ › Google Workspace › Gmail › メールの認証: "
	            "ドメインを選び、「新しいレコードを生成」、レコードを公開してから「認証を開始」"},
	 .link = "https://support.google.com/a/answer/174124",
	 .spf_link = "https://support.google.com/a/answer/33786",
	 .dmarc_link = "https://support.google.com/a/answer/2466580", .reviewed = REVIEWED},
	{.id = "microsoft", .name = "Microsoft 365",
	 .spf_include = "spf.protection.outlook.com", .spf_template = "v=spf1 include:spf.protection.outlook.com -all",
	 .selectors = LIST("selector1", "selector2"),
	 .key_hosts = LIST("selector*._domainkey.*.onmicrosoft.com", "selector*._domainkey.*.*-v1.dkim.mail.microsoft"),
	 .mx_hosts = LIST("*.mail.protection.outlook.com", "*.mx.microsoft"),
	 .signs_own_domains = true, .signs_by_default = true,
	 .enable = {"Microsoft Defender portal (security.microsoft.com) › Email & collaboration › Policies & rules › Threat "
	            "policies › Email authentication settings › DKIM: choose the domain, switch on “Sign messages for this "
	            "domain with DKIM signatures”",
	            "Microsoft Defender ポータル (security.microsoft.com) › メールとコラボレーション › ポリシーとルール › "
	            "脅威ポリシー › メール認証の設定 › DKIM: ドメインを選び、「このドメインのメッセージに DKIM 署名で署名する」をオンにする"},
	 .link = "https://learn.microsoft.com/defender-office-365/email-authentication-dkim-configure",
	 .spf_link = "https://learn.microsoft.com/defender-office-365/email-authentication-spf-configure",
	 .dmarc_link = "https://learn.microsoft.com/defender-office-365/email-authentication-dmarc-configure",
	 .reviewed = REVIEWED},
	{.id = "ses", .name = "Amazon SES",
	 .spf_include = "amazonses.com", .spf_template = "v=spf1 include:amazonses.com ~all",
	 .key_hosts = LIST("*.dkim.amazonses.com", "*.dkim.*.amazonses.com"),
	 .mx_hosts = LIST("inbound-smtp.*.amazonaws.com", "feedback-smtp.*.amazonses.com"),
	 .signs_own_domains = true, .signs_by_default = true,
	 .enable = {"Amazon SES console › Configuration › Identities › the domain › Authentication › DomainKeys Identified "
	            "Mail (DKIM) › Edit: Easy DKIM, “Enabled”",
	            "Amazon SES コンソール › 設定 › ID › 対象のドメイン › 認証 › DomainKeys Identified Mail (DKIM) › 編集: "
	            "Easy DKIM を「有効」にする"},
	 .link = "https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-dkim-easy.html",
	 .spf_link = "https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-spf.html",
	 .dmarc_link = "https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-dmarc.html",
	 .reviewed = REVIEWED},
	{.id = "mxhero", .name = "mxHERO Mail2Cloud", .gateway = true,
	 .mx_hosts = LIST("*.mxhero.com"),
	 .enable = {"mxHERO rewrites messages behind the mail service: have the gateway sign what it sends, with a selector of "
	            "its own, and ask its support for the record",
	            "mxHERO はメールサービスの後段でメッセージを書き換えます。ゲートウェイ自身のセレクターで署名させ、"
	            "レコードはサポートに問い合わせてください"},
	 .link = "https://support.mxhero.com/", .reviewed = REVIEWED},
	{.id = "mimecast", .name = "Mimecast", .gateway = true,
	 .spf_include = "_netblocks.mimecast.com",
	 .mx_hosts = LIST("*.mimecast.com"), .signs_own_domains = true, .enable = NO_TEXT,
	 .link = "https://community.mimecast.com/", .reviewed = REVIEWED},
	{.id = "barracuda", .name = "Barracuda Email Gateway Defense", .gateway = true,
	 .spf_include = "spf.ess.barracudanetworks.com",
	 .mx_hosts = LIST("*.ess.barracudanetworks.com", "*.ess.*.barracudanetworks.com"), .enable = NO_TEXT,
	 .link = "https://campus.barracuda.com/", .reviewed = REVIEWED},
	{.id = "proofpoint", .name = "Proofpoint", .gateway = true,
	 .mx_hosts = LIST("*.pphosted.com"), .signs_own_domains = true, .enable = NO_TEXT,
	 .link = "https://www.proofpoint.com/us/support-services", .reviewed = REVIEWED},
	{.id = "sendgrid", .name = "Twilio SendGrid",
	 .spf_include = "sendgrid.net", .spf_template = "v=spf1 include:sendgrid.net ~all",
	 .selectors = LIST("s1", "s2"), .key_hosts = LIST("*.sendgrid.net"), .mx_hosts = LIST("mx.sendgrid.net"),
	 .signs_own_domains = true, .signs_by_default = true,
	 .enable = {"Settings › Sender Authentication › Authenticate Your Domain",
	            "Settings › Sender Authentication › Authenticate Your Domain (ドメイン認証)"},
	 .link = "https://www.twilio.com/docs/sendgrid/ui/account-and-settings/how-to-set-up-domain-authentication",
	 .reviewed = REVIEWED},
	{.id = "mailgun", .name = "Mailgun",
	 .spf_include = "mailgun.org", .spf_template = "v=spf1 include:mailgun.org ~all",
	 .selectors = LIST("mx"), .mx_hosts = LIST("*.mailgun.org"),
	 .signs_own_domains = true,
	 .enable = {"Sending › Domains › the domain › DNS records", "Sending › Domains › 対象のドメイン › DNS records"},
	 .link = "https://documentation.mailgun.com/", .reviewed = REVIEWED},
	{.id = "mailchimp", .name = "Mailchimp",
	 .spf_include = "servers.mcsv.net",
	 .selectors = LIST("k1", "k2", "k3"), .key_hosts = LIST("dkim*.mcsv.net"),
	 .signs_own_domains = true, .signs_by_default = true,
	 .enable = {"Account › Domains › Start Authentication", "Account › Domains › Start Authentication (認証を開始)"},
	 .link = "https://mailchimp.com/help/set-up-email-domain-authentication/", .reviewed = REVIEWED},
	{.id = "mandrill", .name = "Mailchimp Transactional (Mandrill)",
	 .spf_include = "spf.mandrillapp.com",
	 .selectors = LIST("mte1", "mte2"), .key_hosts = LIST("dkim*.mandrillapp.com"),
	 .signs_own_domains = true, .signs_by_default = true,
	 .enable = {"Settings › Domains › Sending Domains", "Settings › Domains › Sending Domains (送信ドメイン)"},
	 .link = "https://mailchimp.com/developer/transactional/docs/authentication-delivery/", .reviewed = REVIEWED},
	{.id = "postmark", .name = "Postmark",
	 .spf_include = "spf.mtasv.net", .selectors = LIST("pm"), .mx_hosts = LIST("inbound.postmarkapp.com"),
	 .signs_own_domains = true,
	 .enable = {"Sender Signatures › the domain › DNS Settings", "Sender Signatures › 対象のドメイン › DNS Settings"},
	 .link = "https://postmarkapp.com/support/article/1002-getting-started-with-postmark", .reviewed = REVIEWED},
	{.id = "zoho", .name = "Zoho Mail",
	 .spf_include = "zoho.com", .spf_template = "v=spf1 include:zoho.com ~all",
	 .selectors = LIST("zoho", "zmail"), .mx_hosts = LIST("mx*.zoho.com", "mx*.zoho.eu", "mx*.zoho.in", "mx*.zoho.jp"),
	 .signs_own_domains = true,
	 .enable = {"Zoho Mail Admin Console › Domains › the domain › Email Configuration › DKIM",
	            "Zoho Mail 管理コンソール › ドメイン › 対象のドメイン › Email Configuration › DKIM"},
	 .link = "https://www.zoho.com/mail/help/adminconsole/dkim-configuration.html", .reviewed = REVIEWED},
	{.id = "proton", .name = "Proton Mail",
	 .spf_include = "_spf.protonmail.ch", .spf_template = "v=spf1 include:_spf.protonmail.ch ~all",
	 .selectors = LIST("protonmail", "protonmail2", "protonmail3"), .key_hosts = LIST("*.domains.proton.ch"),
	 .mx_hosts = LIST("mail.protonmail.ch", "mailsec.protonmail.ch"), .signs_own_domains = true,
	 .enable = {"Settings › Domain names › Review › DKIM", "設定 › ドメイン名 › 確認 › DKIM"},
	 .link = "https://proton.me/support/custom-domain", .reviewed = REVIEWED},
	{.id = "fastmail", .name = "Fastmail",
	 .spf_include = "spf.messagingengine.com", .spf_template = "v=spf1 include:spf.messagingengine.com ~all",
	 .selectors = LIST("fm1", "fm2", "fm3", "mesmtp"), .key_hosts = LIST("*.dkim.fmhosted.com"),
	 .mx_hosts = LIST("*.messagingengine.com"), .signs_own_domains = true,
	 .enable = {"Settings › Domains › the domain", "Settings › Domains › 対象のドメイン"},
	 .link = "https://www.fastmail.help/hc/en-us/articles/360060591153", .reviewed = REVIEWED},
	{.id = "icloud", .name = "iCloud Mail",
	 .spf_include = "icloud.com", .spf_template = "v=spf1 include:icloud.com ~all",
	 .selectors = LIST("sig1"), .key_hosts = LIST("*.icloudmailadmin.com"), .mx_hosts = LIST("*.mail.icloud.com"),
	 .signs_own_domains = true,
	 .enable = {"iCloud settings (icloud.com/settings) › Custom Email Domain",
	            "iCloud の設定 (icloud.com/settings) › カスタムメールドメイン"},
	 .link = "https://support.apple.com/102374", .reviewed = REVIEWED},
	{.id = "xserver", .name = "Xserver",
	 .spf_include = "spf.sender.xserver.jp", .selectors = LIST("default"), .mx_hosts = LIST("*.xserver.jp"),
	 .signs_own_domains = true,
	 .enable = {"Server panel › DKIM settings", "サーバーパネル › DKIM設定"},
	 .link = "https://www.xserver.ne.jp/manual/man_mail_dkim.php", .reviewed = REVIEWED},
	{.id = "sakura", .name = "さくらのメールボックス / レンタルサーバ",
	 .mx_hosts = LIST("*.sakura.ne.jp"), .signs_own_domains = true,
	 .enable = {"Server control panel › Mail › Mail domains › DKIM settings",
	            "サーバコントロールパネル › メール › メールドメイン › DKIM設定"},
	 .link = "https://help.sakura.ad.jp/mail/", .reviewed = REVIEWED},
	{0},
};
/* clang-format on */

const struct provider *providers(void)
{
	return catalogue;
}

const struct provider *provider_find(struct str id)
{
	for (const struct provider *p = catalogue; p->id; p++)
		if (str_eq(id, str_c(p->id)))
			return p;
	return NULL;
}

/* ---- patterns ---- */

/* The last label of a name, taken off. */
static struct str take_last_label(struct str *name)
{
	size_t dot = str_rfind(*name, '.');
	struct str label = dot < name->n ? str_skip(*name, dot + 1) : *name;

	*name = str_head(*name, dot < name->n ? dot : 0);
	return label;
}

/* One "*" in a label stands for any text, also for none. */
static bool label_fits(struct str label, struct str pattern)
{
	size_t star = str_find(pattern, '*');
	struct str head = str_head(pattern, star), tail = str_skip(pattern, star + 1);

	if (star == pattern.n)
		return str_ieq(label, pattern);
	return label.n >= head.n + tail.n && str_ihas_prefix(label, head) && str_ihas_suffix(label, tail);
}

static bool name_fits(struct str name, struct str pattern)
{
	while (pattern.n && name.n) {
		struct str part = take_last_label(&pattern);

		if (pattern.n == 0 && str_eq(part, STR("*")))
			return true;
		if (!label_fits(take_last_label(&name), part))
			return false;
	}
	return pattern.n == 0 && name.n == 0;
}

static bool fits_one(struct str name, const char *const *patterns)
{
	for (; patterns && *patterns; patterns++)
		if (name_fits(name, str_c(*patterns)))
			return true;
	return false;
}

static struct str without_dot(struct str name)
{
	return name.n && name.p[name.n - 1] == '.' ? str_head(name, name.n - 1) : name;
}

const struct provider *provider_by_mx(struct str host)
{
	for (const struct provider *p = catalogue; p->id; p++)
		if (fits_one(without_dot(host), p->mx_hosts))
			return p;
	return NULL;
}

const struct provider *provider_by_key_host(struct str target)
{
	for (const struct provider *p = catalogue; p->id; p++)
		if (fits_one(without_dot(target), p->key_hosts))
			return p;
	return NULL;
}

/* Regions and customers have names below the provider's: "us._netblocks.mimecast.com". */
static bool is_at_or_below(struct str name, struct str top)
{
	return str_ieq(name, top) ||
	       (name.n > top.n && name.p[name.n - top.n - 1] == '.' && str_ihas_suffix(name, top));
}

const struct provider *provider_by_include(struct str domain)
{
	for (const struct provider *p = catalogue; p->id; p++)
		if (p->spf_include && is_at_or_below(without_dot(domain), str_c(p->spf_include)))
			return p;
	return NULL;
}
