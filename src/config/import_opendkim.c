/* opendkim.conf(5), with its tables and lists, up to version 2.11. */
#include "config/import_parts.h"
#include "sig/signing.h"

/* clang-format off */
static const struct text base_directory = {"relative file names are not put behind it – write them from / on", "相対パスはこれに続けません – / から書いてください"},
	root_directory = {"there is no change of root; each process has what it may do taken away (seccomp, Landlock) – paths count from /",
	                  "chroot はしません。各プロセスの権限は seccomp と Landlock で絞ります – パスは / からになります"},
	conditional = {"a signature alone never decides: what is refused is chosen by DMARC and SPF (section `policy`)",
	               "署名だけで処理は決まりません: 拒否は DMARC と SPF の結果で決めます (policy の項)"},
	safe_keys = {"not needed: “inkan config check” tells where others may read a key", "不要です: 鍵を他人が読めるときは inkan config check が知らせます"},
	strict_headers = {"not needed: what can be read in two ways is never signed", "不要です: 二通りに読めるメッセージには署名しません"},
	no_effect = {"not needed: it has no effect here", "不要です: ここでは何も変わりません"},
	body_length = {"signatures never leave a part of the body out (l=)", "本文の一部を省いた署名 (l=) は作りません"},
	by_from = {"the author in From alone chooses the key", "鍵は From の差出人だけで選びます"},
	never_sha1 = {"rsa-sha1 is never used (RFC 8301)", "rsa-sha1 は使いません (RFC 8301)"},
	diagnostics = {"no z= is written, and nothing is kept of messages", "z= は書かず、メッセージも保存しません"},
	unbound = {"the resolver has no file of its own: see the section `dns`", "リゾルバー専用の設定ファイルはありません: dns の項を見てください"},
	macro = {"no macro but {daemon_name} and {auth_authen} chooses what is signed", "署名の判断に使うマクロは {daemon_name} と {auth_authen} だけです"},
	own_headers = {"no header field but Authentication-Results and signatures is added", "Authentication-Results と署名以外のフィールドは加えません"},
	replaced = {"the text of fields is signed as it is; nothing is rewritten", "フィールドは書き換えず、そのまま署名します"},
	no_job_id = {"the id of the queue is no part of the name", "名前にキュー ID は付きません"},
	bogus = {"an answer that DNSSEC finds bogus is a failure for now (temperror), and no key", "DNSSEC の検証に失敗した応答は一時的なエラー (temperror) とし、鍵として使いません"},
	external = {"not needed: only a warning is about it there", "不要です: 警告の有無だけに関わる設定です"},
	resign = {"mail is signed or judged, never both; ARC seals what is passed on (`arc.seal`)", "メールには署名か判定のどちらか一方だけを行います。転送するメールには ARC の封印 (arc.seal) があります"},
	keep_results = {"fields of strangers that name one of ours are always removed", "自分の名前を騙る外部のフィールドは常に取り除きます"};

#define TAKEN(name) {name, false, IMPORT_LOST, NULL}
#define LOST(name, reason) {name, false, IMPORT_LOST, &(reason)}
#define LOST_IF(name, reason) {name, true, IMPORT_LOST, &(reason)}
#define DIFFERS(name, reason) {name, false, IMPORT_DIFFERS, &(reason)}
#define DIFFERS_IF(name, reason) {name, true, IMPORT_DIFFERS, &(reason)}
#define NEEDLESS(name, reason) {name, false, IMPORT_NEEDLESS, &(reason)}

static const struct import_option options[] = {
	NEEDLESS("AddAllSignatureResults", no_effect), LOST("ADSPAction", import_old), LOST_IF("ADSPNoSuchDomain", import_old),
	LOST_IF("AllowSHA1Only", never_sha1), TAKEN("AlwaysAddARHeader"), LOST("ATPSDomains", import_old), LOST("ATPSHashAlgorithm", import_old),
	TAKEN("AuthservID"), DIFFERS_IF("AuthservIDWithJobID", no_job_id), NEEDLESS("AutoRestart", import_daemon), NEEDLESS("AutoRestartCount", import_daemon),
	NEEDLESS("AutoRestartRate", import_daemon), NEEDLESS("Background", import_daemon), DIFFERS("BaseDirectory", base_directory),
	LOST("BodyLengthDB", body_length), DIFFERS("BogusKey", bogus), DIFFERS("BogusPolicy", bogus), TAKEN("Canonicalization"),
	LOST_IF("CaptureUnknownErrors", import_debug), DIFFERS("ChangeRootDirectory", root_directory), TAKEN("ClockDrift"),
	LOST("ConditionalSignatures", import_old), LOST("DefaultSender", by_from), LOST("DiagnosticDirectory", diagnostics), LOST_IF("Diagnostics", diagnostics),
	NEEDLESS("DisableADSP", import_old), NEEDLESS("DisableCryptoInit", no_effect), LOST("DKIMReputationFail", import_reputation),
	LOST("DKIMReputationPass", import_reputation), LOST("DKIMReputationReject", import_reputation), LOST("DKIMReputationRoot", import_reputation),
	NEEDLESS("DNSConnect", no_effect), TAKEN("DNSTimeout"), TAKEN("Domain"), LOST_IF("DomainKeysCompat", import_old), TAKEN("DontSignMailTo"),
	LOST_IF("EnableCoredumps", import_debug), TAKEN("ExemptDomains"), NEEDLESS("ExternalIgnoreList", external), LOST("FinalPolicyScript", import_scripts),
	NEEDLESS("FixCRLF", no_effect), LOST("FlowData", import_reputation), LOST("FlowDataFactor", import_reputation), LOST("FlowDataTTL", import_reputation),
	LOST("IdentityHeader", by_from), LOST_IF("IdentityHeaderRemove", by_from), LOST_IF("IgnoreMalformedMail", import_alone), TAKEN("InternalHosts"),
	DIFFERS_IF("KeepAuthResults", keep_results), LOST_IF("KeepTemporaryFiles", import_debug), TAKEN("KeyFile"), TAKEN("KeyTable"),
	LOST("LDAPAuthMechanism", import_ldap), LOST("LDAPAuthName", import_ldap), LOST("LDAPAuthRealm", import_ldap), LOST("LDAPAuthUser", import_ldap),
	LOST("LDAPBindPassword", import_ldap), LOST("LDAPBindUser", import_ldap), LOST_IF("LDAPDisableCache", import_ldap), LOST("LDAPKeepaliveIdle", import_ldap),
	LOST("LDAPKeepaliveInterval", import_ldap), LOST("LDAPKeepaliveProbes", import_ldap), LOST_IF("LDAPSoftStart", import_ldap), LOST("LDAPTimeout", import_ldap),
	LOST_IF("LDAPUseTLS", import_ldap), LOST("LocalADSP", import_old), NEEDLESS("LogResults", import_log), NEEDLESS("LogWhy", import_log),
	LOST_IF("LuaOnlySigning", import_scripts), TAKEN("MacroList"), NEEDLESS("MaximumHeaders", no_effect), TAKEN("MaximumSignaturesToVerify"),
	LOST("MaximumSignedBytes", body_length), LOST("MilterDebug", import_debug), LOST("Minimum", body_length), TAKEN("MinimumKeyBits"), TAKEN("Mode"),
	TAKEN("MTA"), LOST("MTACommand", import_reports), TAKEN("MultipleSignatures"), LOST("MustBeSigned", conditional), TAKEN("Nameservers"),
	LOST("NoDiscardableMailTo", import_old), LOST_IF("NoHeaderB", import_alone), TAKEN("OmitHeaders"), TAKEN("On-BadSignature"), TAKEN("On-Default"),
	TAKEN("On-DNSError"), TAKEN("On-InternalError"), TAKEN("On-KeyNotFound"), TAKEN("On-NoSignature"), TAKEN("On-PolicyError"), LOST("On-ReputationError", import_reputation),
	TAKEN("On-Security"), TAKEN("On-SignatureError"), TAKEN("OverSignHeaders"), TAKEN("PeerList"), NEEDLESS("PidFile", import_daemon), LOST("POPDBFile", import_old),
	LOST_IF("Quarantine", conditional), NEEDLESS("QueryCache", no_effect), LOST("RateLimits", import_reputation), LOST("RedirectFailuresTo", import_alone),
	TAKEN("RemoveARAll"), TAKEN("RemoveARFrom"), LOST_IF("RemoveOldSignatures", import_alone), LOST("ReplaceRules", replaced), LOST("ReportAddress", import_reports),
	LOST("ReportBccAddress", import_reports), LOST("ReputationCache", import_reputation), LOST("ReputationCacheTTL", import_reputation), LOST("ReputationDuplicates", import_reputation),
	LOST("ReputationLimitModifiers", import_reputation), LOST("ReputationLimits", import_reputation), LOST("ReputationLowTime", import_reputation),
	LOST("ReputationMinimum", import_reputation), LOST("ReputationRatios", import_reputation), LOST("ReputationRRDHashDepth", import_reputation),
	LOST("ReputationRRDRoot", import_reputation), LOST("ReputationSpamCheck", import_reputation), LOST("ReputationTest", import_reputation),
	LOST("ReputationTimeFactor", import_reputation), LOST("ReputationTimeout", import_reputation), LOST("ReputationVerbose", import_reputation),
	LOST_IF("RequestReports", import_reports), NEEDLESS("RequiredHeaders", strict_headers), NEEDLESS("RequireSafeKeys", safe_keys), LOST_IF("ResignAll", resign),
	LOST("ResignMailTo", resign), LOST("ResolverConfiguration", unbound), LOST_IF("ResolverTracing", import_debug), LOST("ScreenPolicyScript", import_scripts),
	LOST("SelectCanonicalizationHeader", import_alone), TAKEN("Selector"), LOST_IF("SendADSPReports", import_old), TAKEN("SenderHeaders"),
	LOST("SenderMacro", by_from), LOST_IF("SendReports", import_reports), LOST("SetupPolicyScript", import_scripts), TAKEN("SignatureAlgorithm"), TAKEN("SignatureTTL"),
	TAKEN("SignHeaders"), TAKEN("SigningTable"), LOST("SMTPURI", import_reports), TAKEN("Socket"), LOST_IF("SoftStart", import_ldap), LOST_IF("SoftwareHeader", own_headers),
	NEEDLESS("Statistics", import_statistics), NEEDLESS("StatisticsName", import_statistics), LOST("StatisticsPolicyScript", import_scripts),
	NEEDLESS("StatisticsPrefix", import_statistics), NEEDLESS("StrictHeaders", strict_headers), LOST_IF("StrictTestMode", import_debug), TAKEN("SubDomains"),
	NEEDLESS("Syslog", import_log), NEEDLESS("SyslogFacility", import_log), NEEDLESS("SyslogName", import_log), NEEDLESS("SyslogSuccess", import_log),
	NEEDLESS("TemporaryDirectory", no_effect), LOST("TestDNSData", import_debug), LOST("TestPublicKeys", import_debug), TAKEN("TrustAnchorFile"),
	LOST("TrustSignaturesFrom", import_alone), TAKEN("UMask"), DIFFERS("UnprotectedKey", bogus), DIFFERS("UnprotectedPolicy", bogus), TAKEN("UserID"),
	LOST("VBR-Certifiers", import_vbr), LOST_IF("VBR-PurgeFields", import_vbr), LOST("VBR-TrustedCertifiers", import_vbr), LOST_IF("VBR-TrustedCertifiersOnly", import_vbr),
	LOST("VBR-Type", import_vbr), NEEDLESS("WeakSyntaxChecks", no_effect), LOST_IF("X-Header", own_headers),
	{0},
};
/* clang-format on */

enum { ENTRY_ROOM = 512 };

struct reader {
	struct import *i;
	struct import_value values[IMPORT_OPTIONS_MAX];
};

static const struct import_value *given(const struct reader *r, const char *name)
{
	return import_value(options, r->values, name);
}

/* ---- which messages are signed ---- */

static void add_domain(struct import *i, const struct import_entry *entry, void *context)
{
	const struct reader *r = context;
	const struct import_value *selector = given(r, "Selector"), *key = given(r, "KeyFile");
	struct import_rule *rule;
	char name[ENTRY_ROOM];

	if (entry->word.n >= sizeof name - 1)
		return;
	rule = import_rule_new(i, entry->line, "Domain");
	if (!rule)
		return;
	name[0] = '.';
	memcpy(name + 1, entry->word.p, entry->word.n);
	rule->domain = arena_str(&i->arena, entry->word);
	import_words_add(i, &rule->from,
	                 import_is_yes(given(r, "SubDomains")) ? str_from(name, entry->word.n + 1) : rule->domain);
	import_rule_add_key(i, rule, selector->given ? selector->text : STR("default"), key->text, entry->line);
}

static void take_signing(struct reader *r)
{
	const struct import_value *signing = given(r, "SigningTable"), *keys = given(r, "KeyTable"),
				  *domain = given(r, "Domain");
	struct import_tables tables = {.signing = signing->text,
	                               .keys = keys->text,
	                               .signing_line = signing->line,
	                               .keys_line = keys->line,
	                               .several = import_is_yes(given(r, "MultipleSignatures"))};

	if (keys->given && signing->given) {
		import_take_tables(r->i, &tables);
		for (const char *const *name = (const char *const[]){"Domain", "KeyFile", "Selector", NULL}; *name;
		     name++)
			if (given(r, *name)->given)
				import_note(r->i, IMPORT_NEEDLESS, given(r, *name)->line, *name,
				            "not used where there is a %s", "%s があるときは使われません",
				            "SigningTable");
	} else if (domain->given && given(r, "KeyFile")->given) {
		import_dataset(r->i, domain->text, domain->line, "Domain", add_domain, r);
	} else if (keys->given || signing->given || domain->given || given(r, "KeyFile")->given) {
		const struct import_value *at = keys->given      ? keys
		                                : signing->given ? signing
		                                : domain->given  ? domain
		                                                 : given(r, "KeyFile");

		import_note(r->i, IMPORT_WRONG, at->line, "",
		            "nothing is signed: %s and %s belong together, or %s and %s",
		            "署名されません: %s と %s、または %s と %s を組で指定します", "SigningTable", "KeyTable",
		            "Domain", "KeyFile");
	}
}

/* ---- how ---- */

static bool is_oversigned_by_default(struct str name)
{
	static const char *const names[] = {"from",
	                                    "to",
	                                    "cc",
	                                    "subject",
	                                    "date",
	                                    "reply-to",
	                                    "message-id",
	                                    "mime-version",
	                                    "content-type",
	                                    "content-transfer-encoding",
	                                    "list-unsubscribe",
	                                    "list-unsubscribe-post"};

	for (size_t k = 0; k < sizeof names / sizeof *names; k++)
		if (str_ieq(name, str_c(names[k])))
			return true;
	return false;
}

static void put_name(struct import *i, struct buf *out, struct str name, const struct import_value *at,
                     const char *word)
{
	struct buf alone;
	const char *trouble;

	buf_init(&alone, SIGNING_LIST_MAX + 16);
	buf_put_c(&alone, "from:");
	buf_put(&alone, name);
	trouble = import_failed(i, buf_error(&alone)) ? "" : signing_list_trouble(buf_str(&alone), SIGNING_DKIM);
	buf_release(&alone);
	if (trouble) {
		import_note(i, IMPORT_LOST, at->line, word, "%.*s is never signed: %s%.0s",
		            "%.*s には署名しません: %.0s%s", STR_ARG(shown(name)), *trouble ? trouble : "too long",
		            *trouble ? trouble_ja(trouble) : "長すぎます");
		return;
	}
	buf_put_c(out, out->n ? ":" : "");
	buf_put(out, name);
}

/* Every name of "a,b" or "a:b"; without "*" */
static void put_names(struct import *i, struct buf *out, const struct import_value *list, const char *word)
{
	struct str rest = list->text;

	while (rest.n) {
		struct str name = str_trim_fws(str_split(&rest, ','));

		if (name.n && !str_eq(name, STR("*")))
			put_name(i, out, name, list, word);
	}
}

static void note_changed_set(struct reader *r, const struct import_value *list, const char *word)
{
	import_note(r->i, IMPORT_LOST, list->line, word,
	            "the default set is not changed name by name – write the whole list as `headers` of the rules if "
	            "it matters",
	            "既定の組に名前を足したり引いたりはできません – 必要なら規則の headers にすべて書いてください");
}

/* The list for all rules; empty: the default set. */
static struct str take_headers(struct reader *r)
{
	const struct import_value *sign = given(r, "SignHeaders"), *over = given(r, "OverSignHeaders"),
				  *omit = given(r, "OmitHeaders");
	bool is_change =
		sign->given && (str_find(sign->text, '+') < sign->text.n || str_ihas_prefix(sign->text, STR("-")) ||
	                        str_search(sign->text, STR(",-")) < sign->text.n);
	struct str list = STR_NULL, rest = over->text;
	struct buf out;

	if (is_change)
		note_changed_set(r, sign, "SignHeaders");
	if (omit->given)
		note_changed_set(r, omit, "OmitHeaders");
	if (!sign->given || is_change || str_eq(sign->text, STR("*"))) {
		while (rest.n) {
			struct str name = str_trim_fws(str_split(&rest, ','));

			if (name.n && !is_oversigned_by_default(name))
				import_note(r->i, IMPORT_LOST, over->line, "OverSignHeaders",
				            "%.*s is not among what is oversigned by default – write `headers` if it "
				            "matters",
				            "%.*s は既定では余分に署名されません – 必要なら headers を書いてください",
				            STR_ARG(shown(name)));
		}
		return STR_NULL;
	}
	buf_init(&out, SIGNING_LIST_MAX);
	put_names(r->i, &out, sign, "SignHeaders");
	put_names(r->i, &out, over, "OverSignHeaders");
	import_note(r->i, IMPORT_DIFFERS, sign->line, "SignHeaders",
	            "a named field that a message lacks cannot be added to it later",
	            "名前を挙げたフィールドは、メッセージになければ後から加えられなくなります");
	if (!import_failed(r->i, buf_error(&out)))
		list = arena_str(&r->i->arena, buf_str(&out));
	buf_release(&out);
	return list;
}

static void add_exception(struct import *i, const struct import_entry *entry, void *context)
{
	struct str pattern = import_pattern(i, entry->word, true);

	if (pattern.n)
		import_words_add(i, context, pattern);
	else
		import_note(i, IMPORT_LOST, entry->line, "DontSignMailTo", "%.*s: no pattern of inkan is like this",
		            "%.*s: inkan のパターンでは表せません", STR_ARG(shown(entry->word)));
}

/* What holds for all rules. */
static void take_manner(struct reader *r)
{
	const struct import_value *except = given(r, "DontSignMailTo"), *canonical = given(r, "Canonicalization"),
				  *ttl = given(r, "SignatureTTL");
	struct import_words exceptions = {0};
	struct str headers;

	if (except->given)
		import_dataset(r->i, except->text, except->line, "DontSignMailTo", add_exception, &exceptions);
	if (!r->i->first_rule)
		return;
	headers = take_headers(r);
	if (!canonical->given)
		import_note(r->i, IMPORT_DIFFERS, 0, "Canonicalization",
		            "%s by default there, %s here, which survives more on the way",
		            "OpenDKIM の既定は %s、inkan の既定は %s です (途中の変化に強い方式です)", "simple/simple",
		            "relaxed/relaxed");
	for (struct import_rule *rule = r->i->first_rule; rule; rule = rule->next) {
		rule->headers = headers;
		rule->canonicalization = canonical->text;
		rule->expire = ttl->text;
		rule->except_recipients = exceptions;
	}
}

/* ---- what decides ---- */

static bool is_action(const struct import_value *value, const char *name)
{
	return value->given && str_ieq(value->text, str_c(name));
}

static void take_actions(struct reader *r)
{
	static const char *const names[] = {"On-Default",     "On-BadSignature",   "On-DNSError",
	                                    "On-KeyNotFound", "On-NoSignature",    "On-PolicyError",
	                                    "On-Security",    "On-SignatureError", NULL};
	const struct import_value *internal = given(r, "On-InternalError");

	for (const char *const *name = names; *name; name++) {
		const struct import_value *value = given(r, *name);

		if (!value->given || is_action(value, "accept") || is_action(value, "a"))
			continue;
		if (strcmp(*name, "On-DNSError") == 0 && (is_action(value, "tempfail") || is_action(value, "t"))) {
			import_set(r->i, "policy.dmarc_temperror", STR("tempfail"), value->line, *name);
			import_note(r->i, IMPORT_DIFFERS, value->line, *name,
			            "only where DMARC cannot be judged because of it",
			            "DMARC が判定できない場合に限ります");
		} else {
			import_note_text(r->i, IMPORT_LOST, value->line, *name, conditional);
		}
	}
	if (is_action(internal, "accept") || is_action(internal, "a"))
		import_set(r->i, "milter.failure", STR("tag"), internal->line, "On-InternalError");
	else if (internal->given && !is_action(internal, "tempfail") && !is_action(internal, "t"))
		import_note(r->i, IMPORT_LOST, internal->line, "On-InternalError", "only %s or %s", "%s か %s だけです",
		            "tempfail", "tag");
}

static void add_accepted(struct import *i, const struct import_entry *entry, void *context)
{
	const struct import_value *value = context;

	import_set(i, "policy.accept_from", entry->word, value->line, "ExemptDomains");
}

static void add_own_id(struct import *i, const struct import_entry *entry, void *context)
{
	const struct import_value *value = context;
	struct str id = str_has_prefix(entry->word, STR(".")) ? str_skip(entry->word, 1) : entry->word;

	import_set(i, "own_authserv_ids", id, value->line, "RemoveARFrom");
}

static void add_daemon_name(struct import *i, const struct import_entry *entry, void *context)
{
	const struct import_value *value = context;
	struct str name = entry->word, values = entry->rest;

	if (values.n == 0) { /* "daemon_name|ORIGINATING", as many write it */
		values = name;
		name = str_split(&values, '|');
	}
	if (values.n == 0 || !(str_ieq(name, STR("daemon_name")) || str_ieq(name, STR("{daemon_name}")))) {
		import_note_text(i, IMPORT_LOST, value->line, "MacroList", macro);
		return;
	}
	while (values.n)
		import_set(i, "outbound.daemon_names", str_split(&values, '|'), value->line, "MacroList");
}

static void add_mta(struct import *i, const struct import_entry *entry, void *context)
{
	const struct import_value *value = context;

	import_set(i, "outbound.daemon_names", entry->word, value->line, "MTA");
}

static void add_name_server(struct import *i, const struct import_entry *entry, void *context)
{
	const struct import_value *value = context;

	import_set(i, "dns.resolver", entry->word, value->line, "Nameservers");
}

/* Options that are lists, each with what takes its entries. */
static void take_lists(struct reader *r)
{
	static const struct {
		const char *name;
		void (*each)(struct import *i, const struct import_entry *entry, void *context);
	} lists[] = {{"ExemptDomains", add_accepted},
	             {"RemoveARFrom", add_own_id},
	             {"MacroList", add_daemon_name},
	             {"MTA", add_mta},
	             {"Nameservers", add_name_server}};

	for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
		struct import_value value = *given(r, lists[k].name);

		if (value.given)
			import_dataset(r->i, value.text, value.line, lists[k].name, lists[k].each, &value);
	}
	if (given(r, "ExemptDomains")->given)
		import_note(r->i, IMPORT_DIFFERS, given(r, "ExemptDomains")->line, "ExemptDomains",
		            "they are judged, and what fails is delivered all the same",
		            "判定はしますが、不合格でもそのまま配送します");
	if (given(r, "InternalHosts")->given)
		import_networks(r->i, "outbound.networks", given(r, "InternalHosts")->text,
		                given(r, "InternalHosts")->line, "InternalHosts");
	if (given(r, "PeerList")->given)
		import_networks(r->i, "ignore.networks", given(r, "PeerList")->text, given(r, "PeerList")->line,
		                "PeerList");
}

/* ---- the rest ---- */

static void take_mode(struct reader *r)
{
	const struct import_value *mode = given(r, "Mode");
	bool signs = !mode->given || str_find(mode->text, 's') < mode->text.n;

	if (mode->given && str_find(mode->text, 'v') == mode->text.n)
		import_note(r->i, IMPORT_DIFFERS, mode->line, "Mode",
		            "what comes in is judged as well, and gets an Authentication-Results field",
		            "受信メールも判定し、Authentication-Results を付けます");
	if (signs)
		take_signing(r);
}

static void take_verifying(struct reader *r)
{
	const struct import_value *bits = given(r, "MinimumKeyBits"), *always = given(r, "AlwaysAddARHeader");
	const struct import_value *algorithm = given(r, "SignatureAlgorithm"), *sender = given(r, "SenderHeaders");
	uint64_t least;

	if (bits->given && (!str_to_u64(bits->text, 65536, &least) || least > 1024))
		import_note(r->i, IMPORT_LOST, bits->line, "MinimumKeyBits",
		            "RSA keys from %d bits are accepted, as RFC 8301 wants it",
		            "RFC 8301 のとおり %d ビット以上の RSA 鍵を認めます", 1024);
	if (always->given && !import_is_yes(always))
		import_note(r->i, IMPORT_DIFFERS, always->line, "AlwaysAddARHeader",
		            "the field is always added, even for unsigned messages",
		            "署名のないメッセージにもフィールドを付けます");
	if (algorithm->given && str_ieq(algorithm->text, STR("rsa-sha1")))
		import_note_text(r->i, IMPORT_LOST, algorithm->line, "SignatureAlgorithm", never_sha1);
	if (sender->given && !str_ieq(sender->text, STR("From")))
		import_note_text(r->i, IMPORT_LOST, sender->line, "SenderHeaders", by_from);
	if (import_is_yes(given(r, "RemoveARAll")))
		import_set(r->i, "verify.strip_all_results", STR("yes"), given(r, "RemoveARAll")->line, "RemoveARAll");
}

static void set_as_it_is(struct reader *r, const char *name, const char *option)
{
	if (given(r, name)->given)
		import_set(r->i, option, given(r, name)->text, given(r, name)->line, name);
}

void import_opendkim(struct import *i, struct str text)
{
	struct reader *r = arena_calloc(&i->arena, 1, sizeof *r);
	const char *file = i->file;

	if (!r)
		return;
	r->i = i;
	import_lines(i, text, options, r->values);
	i->file = file;
	import_tell(i, options, r->values);
	import_socket(i, given(r, "Socket"), given(r, "UMask"));
	import_user(i, given(r, "UserID"));
	import_authserv_id(i, given(r, "AuthservID"));
	set_as_it_is(r, "DNSTimeout", "dns.timeout");
	set_as_it_is(r, "TrustAnchorFile", "dns.trust_anchor");
	set_as_it_is(r, "ClockDrift", "verify.clock_skew");
	set_as_it_is(r, "MaximumSignaturesToVerify", "verify.signatures_max");
	take_lists(r);
	take_verifying(r);
	take_actions(r);
	take_mode(r);
	take_manner(r);
}
