/* opendmarc.conf(5), up to version 1.4. */
#include "config/import_parts.h"

/* clang-format off */
static const struct text base_directory = {"relative file names are not put behind it – write them from / on", "相対パスはこれに続けません – / から書いてください"},
	root_directory = {"there is no change of root – paths count from /", "chroot はしません – パスは / からになります"},
	history = {"results go to the database of `store.path`", "結果は store.path のデータベースに入ります"},
	no_job_id = {"the id of the queue is no part of the name", "名前にキュー ID は付きません"},
	own_headers = {"no header field but Authentication-Results and signatures is added", "Authentication-Results と署名以外のフィールドは加えません"},
	reject_text = {"the text of a refusal names DMARC by itself; `policy.contact` adds a sentence", "拒否の文には DMARC と書かれます。policy.contact で一文を足せます"},
	no_lists = {"mailing lists are not guessed; `arc.trusted_sealers` names forwarders whose word counts", "メーリングリストは推測しません。信頼する転送者は arc.trusted_sealers に書きます"},
	no_effect = {"not needed: it has no effect here", "不要です: ここでは何も変わりません"};

#define TAKEN(name) {name, false, IMPORT_LOST, NULL}
#define LOST(name, reason) {name, false, IMPORT_LOST, &(reason)}
#define LOST_IF(name, reason) {name, true, IMPORT_LOST, &(reason)}
#define DIFFERS(name, reason) {name, false, IMPORT_DIFFERS, &(reason)}
#define NEEDLESS(name, reason) {name, false, IMPORT_NEEDLESS, &(reason)}

static const struct import_option options[] = {
	LOST("ARCSealKey", import_alone), TAKEN("AuthservID"), {"AuthservIDWithJobID", true, IMPORT_DIFFERS, &no_job_id}, NEEDLESS("AutoRestart", import_daemon),
	NEEDLESS("AutoRestartCount", import_daemon), NEEDLESS("AutoRestartRate", import_daemon), NEEDLESS("Background", import_daemon), DIFFERS("BaseDirectory", base_directory),
	DIFFERS("ChangeRootDirectory", root_directory), LOST("CopyFailuresTo", import_reports), TAKEN("DNSTimeout"), TAKEN("DomainWhitelist"), TAKEN("DomainWhitelistFile"),
	NEEDLESS("DomainWhitelistSize", no_effect), LOST_IF("EnableCoredumps", import_debug), LOST_IF("FailureReports", import_reports), LOST("FailureReportsBcc", import_reports),
	LOST_IF("FailureReportsOnNone", import_reports), LOST("FailureReportsSentBy", import_reports), LOST_IF("ForensicReports", import_reports),
	LOST_IF("ForensicReportsOnNone", import_reports), DIFFERS("HistoryFile", history), TAKEN("HoldQuarantinedMessages"), TAKEN("IgnoreAuthenticatedClients"),
	TAKEN("IgnoreHosts"), TAKEN("IgnoreMailFrom"), LOST("MilterDebug", import_debug), LOST("OverrideMLM", no_lists), NEEDLESS("PidFile", import_daemon),
	TAKEN("PublicSuffixList"), NEEDLESS("RecordAllMessages", import_statistics), TAKEN("RejectFailures"), TAKEN("RejectMultiValueFrom"), LOST("RejectString", reject_text),
	LOST("ReportCommand", import_reports), TAKEN("RequiredFrom"), TAKEN("RequiredHeaders"), TAKEN("Socket"), LOST_IF("SoftwareHeader", own_headers),
	NEEDLESS("SPFIgnoreResults", import_spf), NEEDLESS("SPFSelfValidate", import_spf), NEEDLESS("Syslog", import_log), NEEDLESS("SyslogFacility", import_log),
	NEEDLESS("SyslogName", import_log), NEEDLESS("TemporaryDirectory", no_effect), LOST("TestDNSData", import_debug), TAKEN("TrustedAuthservIDs"), TAKEN("UMask"), TAKEN("UserID"),
	{0},
};
/* clang-format on */

static const struct import_value *given(const struct import_value *values, const char *name)
{
	return import_value(options, values, name);
}

struct into {
	const char *option, *word;
	bool tell_host; /* HOSTNAME is a name that inkan would not take for its own */
};

static void add(struct import *i, const struct import_entry *entry, void *context)
{
	const struct into *into = context;

	if (!str_ieq(entry->word, STR("HOSTNAME")))
		import_set(i, into->option, entry->word, entry->line, into->word);
	else if (into->tell_host)
		import_note(i, IMPORT_LOST, entry->line, into->word,
		            "HOSTNAME: authserv_id is another name; write the name of this host into "
		            "`own_authserv_ids`, so that forged fields with it are removed",
		            "HOSTNAME: authserv_id "
		            "は別の名前です。この名前を騙るフィールドを取り除くため、このホストの名前を "
		            "own_authserv_ids に書いてください");
}

static void take_list(struct import *i, const struct import_value *value, const char *word, const char *option)
{
	struct into into = {option, word, false};

	if (value->given)
		import_dataset(i, value->text, value->line, word, add, &into);
}

static void take_ids(struct import *i, const struct import_value *ids, const struct import_value *ours)
{
	struct into into = {"own_authserv_ids", "TrustedAuthservIDs",
	                    ours->given && !str_ieq(ours->text, STR("HOSTNAME"))};

	if (!ids->given)
		return;
	import_dataset(i, ids->text, ids->line, into.word, add, &into);
	import_note(i, IMPORT_DIFFERS, ids->line, "TrustedAuthservIDs",
	            "inkan checks SPF and DKIM itself: fields of these names are not read, and removed where they come "
	            "from outside",
	            "SPF と DKIM は inkan が自分で検査します: "
	            "これらの名前のフィールドは読まず、外から来たものは取り除きます");
}

static void take_failures(struct import *i, const struct import_value *values)
{
	const struct import_value *reject = given(values, "RejectFailures"),
				  *several = given(values, "RejectMultiValueFrom");
	const struct import_value *required = given(values, "RequiredHeaders"),
				  *hold = given(values, "HoldQuarantinedMessages");

	if (import_is_yes(reject))
		import_set(i, "policy.dmarc_reject", STR("reject"), reject->line, "RejectFailures");
	if (import_is_yes(hold))
		import_set(i, "policy.dmarc_quarantine", STR("quarantine"), hold->line, "HoldQuarantinedMessages");
	if (import_is_yes(several))
		import_set(i, "policy.several_authors", STR("reject"), several->line, "RejectMultiValueFrom");
	if (!required->given)
		required = given(values, "RequiredFrom");
	if (!import_is_yes(required))
		return;
	import_set(i, "policy.no_author", STR("reject"), required->line, "RequiredHeaders");
	import_note(i, IMPORT_DIFFERS, required->line, "RequiredHeaders", "only From is asked for, no other field",
	            "必須とするのは From だけで、ほかのフィールドは見ません");
}

static void take_ignored(struct import *i, const struct import_value *values)
{
	const struct import_value *hosts = given(values, "IgnoreHosts"), *senders = given(values, "IgnoreMailFrom");
	const struct import_value *clients = given(values, "IgnoreAuthenticatedClients");

	if (hosts->given) {
		i->unless_ours = true;
		import_networks(i, "ignore.networks", hosts->text, hosts->line, "IgnoreHosts");
		i->unless_ours = false;
		import_note(i, IMPORT_DIFFERS, hosts->line, "IgnoreHosts",
		            "hosts of `outbound.networks` are left out: their mail is signed, and not judged anyway; "
		            "mail of the "
		            "others is not looked at at all, by DKIM and SPF neither",
		            "outbound.networks のホストは除きました: そのメールには署名し、もともと判定しません。"
		            "ほかのホストのメールは、DKIM も SPF もまったく調べません");
	}
	take_list(i, senders, "IgnoreMailFrom", "policy.accept_from");
	take_list(i, given(values, "DomainWhitelist"), "DomainWhitelist", "arc.trusted_sealers");
	take_list(i, given(values, "DomainWhitelistFile"), "DomainWhitelistFile", "arc.trusted_sealers");
	if (senders->given)
		import_note(i, IMPORT_DIFFERS, senders->line, "IgnoreMailFrom",
		            "they are judged, and what fails is delivered all the same",
		            "判定はしますが、不合格でもそのまま配送します");
	if (clients->given && !import_is_yes(clients))
		import_note(i, IMPORT_DIFFERS, clients->line, "IgnoreAuthenticatedClients",
		            "mail of clients that logged in is ours, and not judged (`outbound.authenticated`)",
		            "ログインしたクライアントのメールは自分のものとし、判定しません (outbound.authenticated)");
}

void import_opendmarc(struct import *i, struct str text)
{
	struct import_value *values = arena_calloc(&i->arena, IMPORT_OPTIONS_MAX, sizeof *values);
	const struct import_value *suffixes;
	const char *file = i->file;

	if (!values)
		return;
	import_lines(i, text, options, values);
	i->file = file;
	import_tell(i, options, values);
	import_socket(i, given(values, "Socket"), given(values, "UMask"));
	import_user(i, given(values, "UserID"));
	import_authserv_id(i, given(values, "AuthservID"));
	if (given(values, "DNSTimeout")->given)
		import_set(i, "dns.timeout", given(values, "DNSTimeout")->text, given(values, "DNSTimeout")->line,
		           "DNSTimeout");
	take_ids(i, given(values, "TrustedAuthservIDs"), given(values, "AuthservID"));
	take_failures(i, values);
	take_ignored(i, values);
	suffixes = given(values, "PublicSuffixList");
	if (!suffixes->given)
		return;
	import_set(i, "verify.public_suffix_list", suffixes->text, suffixes->line, "PublicSuffixList");
	import_note(i, IMPORT_DIFFERS, suffixes->line, "PublicSuffixList",
	            "policies are found by the DNS tree (RFC 9989); `verify.dmarc_profile: rfc7489` finds them by this "
	            "list",
	            "ポリシーは DNS ツリーをたどって探します (RFC 9989)。このリストで探すには verify.dmarc_profile: "
	            "rfc7489 とします");
}
