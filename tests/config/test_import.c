/* Configurations of other programs: what becomes of them, and that nothing is dropped in silence. */
#include <stdio.h>

#include "config/config.h"
#include "config/import.h"
#include "support/alloc.h"
#include "support/case.h"

/* Files that the configurations below name. */
static const struct {
	const char *path, *text;
} files[] = {
	{"/t/keys", "# name domain:selector:file\na example.com:s1:/k/a\nb example.com:s2:/k/b\nc "
                    "example.org:s:/k/c\npct %:s:/k/pct\nbad example.com\n"},
	{"/t/keys%", "p %:s:/k/%.pem\n"},
	{"/t/re", "*@example.com a\n*@*.example.com a\nbob@example.org c\n*@example.org c\n"},
	{"/t/two", "*@example.com a\n*@example.com b\n"},
	{"/t/wild", "*@* c\n*@example.com a\n"},
	{"/t/plain", "* c\n.example.com a\nexample.com a\nalice@example.com b\n"},
	{"/t/odd", "info*@example.com a\nexample.com a\n*@example.net nokey\n*@example.com bad\n"},
	{"/t/author", "*@example.com pct\n"},
	{"/t/percent", "*@example.com p\n"},
	{"/t/identity", "*@example.com a:@example.com\n*@example.org c:%\n"},
	{"/t/hosts", "127.0.0.1\nlocalhost # this one\n192.0.2.0/24\n[2001:db8::1]\nmail.example.com\n!192.0.2.9\n"},
	{"/t/include", "Domain example.com\nInclude /t/include2\n"},
	{"/t/include2", "KeyFile /k/x\n"},
	{"/t/loop", "Include /t/loop\n"},
	{"/t/selectors", "example.com s7\nexample.net s8\n"},
	{"/t/paths", "example.com /k/seven\n"},
	{"/t/rtable", "*@example.com example.com\n"},
	{"/t/rkeys", "example.com example.com:s:/k/r\n"},
	{"/t/signed", "/k\n"},
};

static int give_file(void *context, const char *path, struct buf *out)
{
	(void)context;
	for (size_t k = 0; k < sizeof files / sizeof *files; k++)
		if (strcmp(files[k].path, path) == 0) {
			buf_put_c(out, files[k].text);
			return buf_error(out);
		}
	return INKAN_EIO;
}

static int give_folder(void *context, const char *folder, struct buf *out)
{
	(void)context;
	if (strcmp(folder, "/keys/") != 0)
		return INKAN_EIO;
	buf_put_c(out, ".\n..\nexample.com.dkim.key\nexample.org.dkim.key\n.dkim.key\nexample.net.other.key\n");
	return buf_error(out);
}

static const struct import_access access_of_tests = {NULL, give_file, give_folder};

/* clang-format off */
#define SIGN(from, more, keys) "sign:\n  - from: [" from "]\n" more "    keys:\n" keys
#define KEY(selector, file) "      - selector: " selector "\n        file: " file "\n"
#define EXAMPLE SIGN("example.com", "    domain: example.com\n", KEY("s", "/k"))

static const struct row {
	const char *name;
	enum import_kind kind;
	const char *text;
	const char *want;  /* the configuration */
	const char *notes; /* a line for each: kind, line, beginning of the text; needless ones too */
} rows[] = {
	/* OpenDKIM */
	{"an empty file", IMPORT_OPENDKIM, "", "", ""},
	{"comments only", IMPORT_OPENDKIM, "# a\n\n   # b\n", "", ""},
	{"Domain, Selector, KeyFile", IMPORT_OPENDKIM, "Domain example.com # ours\nSelector s\nKeyFile /k\nCanonicalization relaxed/relaxed\n",
	 SIGN("example.com", "    domain: example.com\n    canonicalization: relaxed/relaxed\n", KEY("s", "/k")), ""},
	{"words in any case", IMPORT_OPENDKIM, "DOMAIN example.com\nkeyfile /k\ncanonicalization simple\n",
	 SIGN("example.com", "    domain: example.com\n    canonicalization: simple\n", KEY("default", "/k")), ""},
	{"several domains, and those below", IMPORT_OPENDKIM, "Domain example.com, example.org\nKeyFile /k\nSubDomains yes\nCanonicalization simple/simple\n",
	 SIGN(".example.com", "    domain: example.com\n    canonicalization: simple/simple\n", KEY("default", "/k"))
	 "  - from: [.example.org]\n    domain: example.org\n    canonicalization: simple/simple\n    keys:\n" KEY("default", "/k"), ""},
	{"the other default of canonicalization is told", IMPORT_OPENDKIM, "Domain example.com\nSelector s\nKeyFile /k\n", EXAMPLE, "D0 simple/simple by default there"},
	{"a domain without key", IMPORT_OPENDKIM, "Domain example.com\n", "", "W1 nothing is signed"},
	{"Mode v signs nothing", IMPORT_OPENDKIM, "Mode v\nDomain example.com\nKeyFile /k\n", "", ""},
	{"Mode s judges all the same", IMPORT_OPENDKIM, "Mode s\n", "", "D1 what comes in is judged as well"},
	{"refile tables", IMPORT_OPENDKIM, "KeyTable /t/keys\nSigningTable refile:/t/re\nCanonicalization relaxed\n",
	 SIGN("example.com, \"*.example.com\"", "    domain: example.com\n    canonicalization: relaxed\n", KEY("s1", "/k/a"))
	 "  - from: [bob@example.org, example.org]\n    domain: example.org\n    canonicalization: relaxed\n    fallback: yes\n    keys:\n" KEY("s", "/k/c"),
	 "L6 bad: no “domain:selector:file”"},
	{"MultipleSignatures", IMPORT_OPENDKIM, "KeyTable /t/keys\nSigningTable refile:/t/two\nMultipleSignatures yes\nCanonicalization relaxed\n",
	 SIGN("example.com", "    domain: example.com\n    canonicalization: relaxed\n", KEY("s1", "/k/a") KEY("s2", "/k/b")), "L6 bad"},
	{"only the first signature", IMPORT_OPENDKIM, "KeyTable /t/keys\nSigningTable refile:/t/two\nCanonicalization relaxed\n",
	 SIGN("example.com", "    domain: example.com\n    canonicalization: relaxed\n", KEY("s1", "/k/a")), "L6 bad"},
	{"the first line that matches signs alone", IMPORT_OPENDKIM, "KeyTable /t/keys\nSigningTable refile:/t/wild\nCanonicalization relaxed\n",
	 SIGN("\"*\"", "    domain: example.org\n    canonicalization: relaxed\n", KEY("s", "/k/c"))
	 "  - from: [example.com]\n    domain: example.com\n    canonicalization: relaxed\n    fallback: yes\n    keys:\n" KEY("s1", "/k/a"), "L6 bad"},
	{"a plain table goes from the exact to the general", IMPORT_OPENDKIM, "KeyTable /t/keys\nSigningTable file:/t/plain\nCanonicalization relaxed\n",
	 SIGN("alice@example.com", "    domain: example.com\n    canonicalization: relaxed\n", KEY("s2", "/k/b"))
	 "  - from: [\"*.example.com\", example.com]\n    domain: example.com\n    canonicalization: relaxed\n    fallback: yes\n    keys:\n" KEY("s1", "/k/a")
	 "  - from: [\"*\"]\n    domain: example.org\n    canonicalization: relaxed\n    fallback: yes\n    keys:\n" KEY("s", "/k/c"), "L6 bad"},
	{"lines of a table that inkan cannot have", IMPORT_OPENDKIM, "KeyTable /t/keys\nSigningTable refile:/t/odd\n", "",
	 "L6 bad\nL1 info*@example.com: no pattern\nL2 example.com: no pattern\nL3 *@example.net: its key is not\nL4 *@example.com: its key is not"},
	{"% as domain is the author's", IMPORT_OPENDKIM, "KeyTable /t/keys\nSigningTable refile:/t/author\nCanonicalization relaxed\n",
	 SIGN("example.com", "    canonicalization: relaxed\n", KEY("s", "/k/pct")), "L6 bad"},
	{"% in a file is told", IMPORT_OPENDKIM, "KeyTable /t/keys%\nSigningTable refile:/t/percent\n", "", "L1 *@example.com: a key per domain"},
	{"identities", IMPORT_OPENDKIM, "KeyTable /t/keys\nSigningTable refile:/t/identity\nCanonicalization relaxed\n",
	 SIGN("example.com", "    domain: example.com\n    identity: \"@example.com\"\n    canonicalization: relaxed\n", KEY("s1", "/k/a"))
	 "  - from: [example.org]\n    domain: example.org\n    canonicalization: relaxed\n    keys:\n" KEY("s", "/k/c"), "L6 bad\nL2 *@example.org: the identity"},
	{"tables in the file itself", IMPORT_OPENDKIM, "KeyTable csl:a=example.com:s:/k\nSigningTable csl:example.com=a\nCanonicalization relaxed\n",
	 SIGN("example.com", "    domain: example.com\n    canonicalization: relaxed\n", KEY("s", "/k")), ""},
	{"a table in a database", IMPORT_OPENDKIM, "KeyTable dsn:mysql://x\nSigningTable ldap://y\n", "", "L1 dsn:mysql://x: databases\nL2 ldap://y: databases"},
	{"a table that is not there", IMPORT_OPENDKIM, "KeyTable /t/none\nSigningTable /t/re\n", "", "W1 /t/none cannot be read\nL1 *@example.com\nL2 *@*.example.com\nL3 bob@\nL4 *@example.org"},
	{"InternalHosts", IMPORT_OPENDKIM, "InternalHosts refile:/t/hosts\n",
	 "outbound:\n  networks: [127.0.0.1, 127.0.0.0/8, \"::1\", 192.0.2.0/24, 2001:db8::1]\n", "L5 mail.example.com: a host name\nL6 !192.0.2.9: exceptions"},
	{"PeerList", IMPORT_OPENDKIM, "PeerList 192.0.2.1,192.0.2.2\n", "ignore:\n  networks: [192.0.2.1, 192.0.2.2]\n", ""},
	{"ExternalIgnoreList", IMPORT_OPENDKIM, "ExternalIgnoreList /t/hosts\n", "", "N1 not needed"},
	{"ExemptDomains", IMPORT_OPENDKIM, "ExemptDomains example.com, Example.ORG\n", "policy:\n  accept_from: [example.com, Example.ORG]\n", "D1 they are judged"},
	{"DontSignMailTo", IMPORT_OPENDKIM, "Domain example.com\nSelector s\nKeyFile /k\nCanonicalization relaxed\nDontSignMailTo *@example.org, a*@b.example\n",
	 SIGN("example.com", "    except_recipients: [example.org]\n    domain: example.com\n    canonicalization: relaxed\n", KEY("s", "/k")), "L5 a*@b.example"},
	{"Socket local", IMPORT_OPENDKIM, "Socket local:/run/o.sock\n", "milter:\n  listen: [unix:/run/o.sock]\n", "D1 the old filter has it while it runs"},
	{"Socket where the unit may write", IMPORT_OPENDKIM, "Socket local:/run/inkan/milter.sock\n", "milter:\n  listen: [unix:/run/inkan/milter.sock]\n", ""},
	{"Socket inet", IMPORT_OPENDKIM, "Socket inet:8891@localhost\n", "milter:\n  listen: [inet:8891@localhost]\n", ""},
	{"Socket without kind", IMPORT_OPENDKIM, "Socket /run/o.sock\n", "milter:\n  listen: [unix:/run/o.sock]\n", "D1 the old filter has it while it runs"},
	{"Socket of no kind", IMPORT_OPENDKIM, "Socket quux\n", "", "W1 “inet:quux” does not fit"},
	{"UMask", IMPORT_OPENDKIM, "UMask 002\n", "milter:\n  socket_mode: 0664\n", ""},
	{"UMask that is none", IMPORT_OPENDKIM, "UMask 8\n", "", "W1 no octal number"},
	{"UserID with a group", IMPORT_OPENDKIM, "UserID opendkim:postfix\n", "user: opendkim\nmilter:\n  socket_group: postfix\n", "D1 the folder of `store.path`"},
	{"AuthservID", IMPORT_OPENDKIM, "AuthservID mx.example.com\n", "authserv_id: mx.example.com\n", ""},
	{"AuthservID HOSTNAME", IMPORT_OPENDKIM, "AuthservID HOSTNAME\n", "", ""},
	{"DNS", IMPORT_OPENDKIM, "TrustAnchorFile /a\nNameservers 192.0.2.53,192.0.2.54\nDNSTimeout 10\n",
	 "dns:\n  resolver: [192.0.2.53, 192.0.2.54]\n  trust_anchor: /a\n  timeout: 10\n", ""},
	{"limits of verifying", IMPORT_OPENDKIM, "MaximumSignaturesToVerify 3\nClockDrift 60\nMinimumKeyBits 1024\nRemoveARAll yes\n",
	 "verify:\n  signatures_max: 3\n  clock_skew: 60\n  strip_all_results: yes\n", ""},
	{"MinimumKeyBits above ours", IMPORT_OPENDKIM, "MinimumKeyBits 2048\n", "", "L1 RSA keys from 1024 bits"},
	{"a value out of range", IMPORT_OPENDKIM, "MaximumSignaturesToVerify 1000\n", "", "W1 “1000” does not fit: verify.signatures_max: 1000 is out of range"},
	{"headers, all named", IMPORT_OPENDKIM, "Domain example.com\nSelector s\nKeyFile /k\nCanonicalization relaxed\nSignHeaders From,To,Received\nOverSignHeaders From\n",
	 SIGN("example.com", "    domain: example.com\n    headers: From:To:From\n    canonicalization: relaxed\n", KEY("s", "/k")), "L5 Received is never signed\nD5 a named field"},
	{"headers, without From", IMPORT_OPENDKIM, "Domain example.com\nSelector s\nKeyFile /k\nCanonicalization relaxed\nSignHeaders To\n", "", "D5 a named field\nW0 the signing of example.com is left out"},
	{"headers, changes of the default", IMPORT_OPENDKIM, "Domain example.com\nSelector s\nKeyFile /k\nCanonicalization relaxed\nSignHeaders +X-A\nOmitHeaders Sender\nOverSignHeaders From,X-A\n",
	 SIGN("example.com", "    domain: example.com\n    canonicalization: relaxed\n", KEY("s", "/k")), "L5 the default set\nL6 the default set\nL7 X-A is not among"},
	{"SignatureTTL", IMPORT_OPENDKIM, "Domain example.com\nSelector s\nKeyFile /k\nCanonicalization relaxed\nSignatureTTL 604800\n",
	 SIGN("example.com", "    domain: example.com\n    canonicalization: relaxed\n    expire: 604800\n", KEY("s", "/k")), ""},
	{"MacroList as many write it", IMPORT_OPENDKIM, "MacroList daemon_name|ORIGINATING|other\n", "outbound:\n  daemon_names: [ORIGINATING, other]\n", ""},
	{"MacroList", IMPORT_OPENDKIM, "MacroList daemon_name=ORIGINATING|other, auth_type=x\n", "outbound:\n  daemon_names: [ORIGINATING, other]\n", "L1 no macro but"},
	{"MTA", IMPORT_OPENDKIM, "MTA MSA,other\n", "outbound:\n  daemon_names: [MSA, other]\n", ""},
	{"actions that deliver", IMPORT_OPENDKIM, "On-Default accept\nOn-BadSignature accept\nOn-InternalError accept\n", "milter:\n  failure: tag\n", ""},
	{"actions that do not", IMPORT_OPENDKIM, "On-BadSignature reject\nOn-DNSError tempfail\nOn-InternalError reject\n", "policy:\n  dmarc_temperror: tempfail\n",
	 "L1 a signature alone\nD2 only where DMARC\nL3 only tempfail or tag"},
	{"a flag that is off loses nothing", IMPORT_OPENDKIM, "SendReports no\nX-Header No\nAutoRestart yes\n", "", "N3 not needed"},
	{"a flag that is on", IMPORT_OPENDKIM, "SendReports yes\n", "", "L1 no reports are sent"},
	{"an unknown option", IMPORT_OPENDKIM, "Sokcet local:/x\n", "", "W1 no such option: Sokcet – did you mean “Socket”?"},
	{"an option without value", IMPORT_OPENDKIM, "Socket\n", "", "W1 no value"},
	{"Include", IMPORT_OPENDKIM, "Include /t/include\nSelector s\nCanonicalization relaxed\n", SIGN("example.com", "    domain: example.com\n    canonicalization: relaxed\n", KEY("s", "/k/x")), ""},
	{"Include without end", IMPORT_OPENDKIM, "Include /t/loop\n", "", "W1 more than 8 files within each other"},
	{"octets", IMPORT_OPENDKIM, "AuthservID \xff\xfe\nUserID a\x01""b\n", "", "W2 “a\x01""b” does not fit\nD2 the folder\nW1 “\xff\xfe” does not fit"},
	/* OpenDMARC */
	{"DMARC: what is refused", IMPORT_OPENDMARC, "RejectFailures true\nHoldQuarantinedMessages true\nRejectMultiValueFrom true\n",
	 "policy:\n  dmarc_reject: reject\n  dmarc_quarantine: quarantine\n  several_authors: reject\n", ""},
	{"DMARC: nothing is refused", IMPORT_OPENDMARC, "RejectFailures false\n", "", ""},
	{"DMARC: RequiredHeaders", IMPORT_OPENDMARC, "RequiredHeaders true\n", "policy:\n  no_author: reject\n", "D1 only From"},
	{"DMARC: names", IMPORT_OPENDMARC, "AuthservID mx.example.com\nTrustedAuthservIDs HOSTNAME,mx2.example.com\n", "authserv_id: mx.example.com\nown_authserv_ids: [mx2.example.com]\n", "L2 HOSTNAME: authserv_id is another name\nD2 inkan checks SPF"},
	{"DMARC: names, ours is that of the host", IMPORT_OPENDMARC, "AuthservID HOSTNAME\nTrustedAuthservIDs HOSTNAME,mx2.example.com\n", "own_authserv_ids: [mx2.example.com]\n", "D2 inkan checks SPF"},
	{"DMARC: hosts, but for our own", IMPORT_OPENDMARC, "IgnoreHosts /t/hosts\n", "ignore:\n  networks: [192.0.2.0/24, 2001:db8::1]\n", "L5 mail.example.com\nL6 !192.0.2.9\nD1 hosts of `outbound.networks`"},
	{"DMARC: senders", IMPORT_OPENDMARC, "IgnoreMailFrom example.com,example.org\n", "policy:\n  accept_from: [example.com, example.org]\n", "D1 they are judged"},
	{"DMARC: clients that logged in", IMPORT_OPENDMARC, "IgnoreAuthenticatedClients true\n", "", ""},
	{"DMARC: public suffixes", IMPORT_OPENDMARC, "PublicSuffixList /p\n", "verify:\n  public_suffix_list: /p\n", "D1 policies are found by the DNS tree"},
	{"DMARC: SPF", IMPORT_OPENDMARC, "SPFIgnoreResults true\nSPFSelfValidate true\n", "", "N1 not needed\nN2 not needed"},
	{"DMARC: reports", IMPORT_OPENDMARC, "FailureReports true\nHistoryFile /h\nCopyFailuresTo a@example.com\n", "", "L3 no reports\nL1 no reports\nD2 results go to"},
	{"DMARC: trusted sealers", IMPORT_OPENDMARC, "DomainWhitelist example.com\n", "arc:\n  trusted_sealers: [example.com]\n", ""},
	{"DMARC: an unknown option", IMPORT_OPENDMARC, "KeyTable /x\n", "", "W1 no such option: KeyTable"},
	/* rspamd */
	{"rspamd: domains", IMPORT_RSPAMD_SIGNING, "domain {\n example.com {\n  selectors [\n   { path = \"/k/a\"; selector = \"a\"; }\n   { path: '/k/b', selector: b }\n  ]\n }\n}\nallow_username_mismatch = true;\nuse_esld=false; sign_local = false",
	 "outbound:\n  local: no\n" SIGN("example.com", "    domain: example.com\n", KEY("a", "/k/a") KEY("b", "/k/b")), "D9 who logged in"},
	{"rspamd: one selector a domain, named section", IMPORT_RSPAMD_SIGNING, "dkim_signing {\n  # c\n  /* c2 */\n  domain \"example.com\" { selector = s; path = /k; }\n  sign_local = no; allow_username_mismatch = true }",
	 "outbound:\n  local: no\n" SIGN(".example.com", "    domain: example.com\n", KEY("s", "/k")), "D5 who logged in\nD0 mail from below"},
	{"rspamd: a folder of keys", IMPORT_RSPAMD_SIGNING, "path = \"/keys/$domain.$selector.key\";",
	 SIGN(".example.com", "    domain: example.com\n", KEY("dkim", "/keys/example.com.dkim.key")) "  - from: [.example.org]\n    domain: example.org\n    keys:\n" KEY("dkim", "/keys/example.org.dkim.key"),
	 "D0 local is this host\nD0 who logged in\nD0 mail from below"},
	{"rspamd: no folder of keys", IMPORT_RSPAMD_SIGNING, "path = \"/nokeys/$domain.$selector.key\";", "", "D0 local is\nW1 no key in /nokeys/\nD0 who logged in"},
	{"rspamd: maps", IMPORT_RSPAMD_SIGNING, "selector_map = \"/t/selectors\"; path_map = /t/paths; use_esld = no",
	 SIGN("example.net", "    domain: example.net\n", KEY("s8", "/var/lib/rspamd/dkim/example.net.s8.key")) "  - from: [example.com]\n    domain: example.com\n    keys:\n" KEY("s7", "/k/seven"),
	 "D0 local is\nD0 who logged in"},
	{"rspamd: tables", IMPORT_RSPAMD_SIGNING, "signing_table = \"refile:/t/rtable\"; key_table = \"/t/rkeys\";", SIGN("example.com", "    domain: example.com\n", KEY("s", "/k/r")), "D0 local is"},
	{"rspamd: networks", IMPORT_RSPAMD_SIGNING, "sign_networks = [192.0.2.0/24, \"2001:db8::/32\"]; sign_authenticated = false; try_fallback = false",
	 "outbound:\n  authenticated: no\n  networks: [192.0.2.0/24, 2001:db8::/32]\n", "D0 local is\nD0 who logged in"},
	{"rspamd: headers", IMPORT_RSPAMD_SIGNING, "sign_headers = \"(o)from:(x)to:subject\"; domain { example.com { selector = s; path = /k } } sign_local = off; allow_username_mismatch = false",
	 "outbound:\n  local: no\n" SIGN(".example.com", "    domain: example.com\n    headers: from:from:to:subject\n", KEY("s", "/k")), "D1 who logged in\nD1 a named field\nD0 mail from"},
	{"rspamd: what it has and inkan not", IMPORT_RSPAMD_SIGNING, "use_redis = true; use_domain = envelope; symbol = X; try_fallback = false; use_vault = false; sign_condition = <<EOD",
	 "", "L1 keys are read from files\nN1 not needed\nL1 there are no scripts\nL1 the author in From\nD0 local is\nD0 who logged in"},
	{"rspamd: switched off", IMPORT_RSPAMD_SIGNING, "enabled = false; path = /x", "", "N1 switched off"},
	{"rspamd: an unknown option", IMPORT_RSPAMD_SIGNING, "frob = 1; try_fallback = no", "", "W1 no such option: frob\nD0 local\nD0 who"},
	{"rspamd: a macro", IMPORT_RSPAMD_SIGNING, ".include(try=true) \"x\"\ntry_fallback = no", "", "W1 .include(try is not followed\nD0 local\nD0 who"},
	{"rspamd: an open bracket", IMPORT_RSPAMD_SIGNING, "try_fallback = no; domain {\n", "", "W2 a bracket that is not closed\nD0 local\nD0 who"},
	{"rspamd: a bracket too many", IMPORT_RSPAMD_SIGNING, "try_fallback = no\n}\n", "", "W2 a bracket too many\nD0 local\nD0 who"},
	{"rspamd: open quotes", IMPORT_RSPAMD_SIGNING, "try_fallback = no; path = \"x", "", "W1 quotes that are not closed\nD0 local\nD0 who"},
	{"rspamd: nested too deeply", IMPORT_RSPAMD_SIGNING, "try_fallback = no; domain { a { b [ [ [ [ [ [ [", "", "W1 nested too deeply\nD0 local\nD0 who\nD0 mail\nW0 the signing of a is left out"},
	{"rspamd: ARC", IMPORT_RSPAMD_ARC, "arc {\n domain { example.com { path = /k; selector = s } example.org { path = /k2; selector = s2 } }\n whitelisted_signers_map = [\"lists.example.org\"];\n}",
	 "arc:\n  trusted_sealers: [lists.example.org]\n  seal:\n    domain: example.com\n    selector: s\n    file: /k\n", "L2 example.org: one domain seals"},
	{"rspamd: ARC of no name", IMPORT_RSPAMD_ARC, "domain { \"not a name\" { path = /k; selector = s } }", "", "W1 the seal of not a name is left out\nW0 no key in"},
};
/* clang-format on */

static void put_notes(struct buf *out, const struct import *i)
{
	const struct import_note *notes;
	size_t left_out, count = import_notes(i, &notes, &left_out);

	for (size_t k = 0; k < count; k++) {
		assert_true(*notes[k].text.en && *notes[k].text.ja);
		assert_string_not_equal(notes[k].text.en, notes[k].text.ja);
		buf_printf(out, "%c%zu %s\n", "LDNW"[notes[k].kind], notes[k].line, notes[k].text.en);
	}
	assert_int_equal(buf_error(out), INKAN_OK);
}

static void assert_is_configuration(struct str yaml)
{
	struct config_errors errors;
	struct config *config;

	assert_int_equal(config_parse(yaml, "", &config, &errors), INKAN_OK);
	config_free(config);
}

static void imports(const void *row)
{
	const struct row *r = row;
	struct import *i;
	struct buf yaml, notes;
	struct str want = str_c(r->notes), rest;

	buf_init(&yaml, 1 << 20);
	buf_init(&notes, 1 << 20);
	assert_int_equal(import_new(&access_of_tests, &i), INKAN_OK);
	assert_int_equal(import_add(i, "test.conf", str_c(r->text), r->kind), INKAN_OK);
	assert_int_equal(import_print(i, &yaml), INKAN_OK);
	put_notes(&notes, i);
	print_message("%.*s%.*s", STR_ARG(buf_str(&yaml)), STR_ARG(buf_str(&notes)));
	assert_true(str_eq(buf_str(&yaml), str_c(r->want)));
	for (rest = buf_str(&notes); rest.n || want.n;) {
		struct str line = str_split(&rest, '\n'), begin = str_split(&want, '\n');

		assert_true(begin.n > 0);
		assert_true(str_has_prefix(line, begin));
	}
	assert_is_configuration(buf_str(&yaml));
	import_free(i);
	buf_release(&yaml);
	buf_release(&notes);
}

/* ---- nothing is dropped in silence ---- */

/* clang-format off */
#define AS_OPENDKIM "ADSPAction ADSPNoSuchDomain ATPSDomains ATPSHashAlgorithm AllowSHA1Only AuthservID AuthservIDWithJobID AutoRestart AutoRestartCount AutoRestartRate Background " \
	"BaseDirectory BodyLengthDB BogusKey CaptureUnknownErrors ChangeRootDirectory ClockDrift ConditionalSignatures DNSTimeout DefaultSender Diagnostics DiagnosticDirectory Domain DomainKeysCompat EnableCoredumps " \
	"ExemptDomains ExternalIgnoreList FinalPolicyScript FixCRLF FlowData FlowDataFactor FlowDataTTL IdentityHeader IdentityHeaderRemove IgnoreMalformedMail InternalHosts KeepAuthResults KeepTemporaryFiles KeyFile KeyTable " \
	"LDAPAuthMechanism LDAPAuthName LDAPAuthRealm LDAPAuthUser LDAPBindPassword LDAPBindUser LDAPDisableCache LDAPKeepaliveIdle LDAPKeepaliveInterval LDAPKeepaliveProbes LDAPTimeout LDAPUseTLS LogResults LogWhy LuaOnlySigning " \
	"MTA MTACommand MacroList MaximumHeaders MaximumSignaturesToVerify MaximumSignedBytes MilterDebug Minimum Mode MustBeSigned Nameservers NoHeaderB On-BadSignature On-DNSError " \
	"On-Default On-InternalError On-KeyNotFound On-NoSignature On-ReputationError On-Security On-SignatureError PeerList PidFile POPDBFile Quarantine QueryCache RateLimits RedirectFailuresTo " \
	"RemoveARAll RemoveARFrom RemoveOldSignatures ReplaceRules ReportAddress ReportBccAddress ReputationCache ReputationCacheTTL ReputationDuplicates ReputationLimitModifiers ReputationLimits ReputationLowTime ReputationMinimum " \
	"ReputationRatios ReputationRRDHashDepth ReputationRRDRoot ReputationSpamCheck ReputationTest ReputationTimeFactor ReputationTimeout ReputationVerbose RequestReports RequireSafeKeys RequiredHeaders ResignAll ResignMailTo ResolverConfiguration " \
	"ResolverTracing SMTPURI ScreenPolicyScript SelectCanonicalizationHeader SendReports SenderHeaders SenderMacro SetupPolicyScript SigningTable Socket SoftStart SoftwareHeader " \
	"Statistics StatisticsName StatisticsPolicyScript StatisticsPrefix StrictHeaders StrictTestMode Syslog SyslogFacility SyslogName SyslogSuccess TemporaryDirectory TestDNSData TestPublicKeys TrustAnchorFile TrustSignaturesFrom UMask UnprotectedKey UserID " \
	"VBR-Certifiers VBR-PurgeFields VBR-TrustedCertifiers VBR-TrustedCertifiersOnly VBR-Type WeakSyntaxChecks X-Header"
#define AS_OPENDMARC "AuthservID AuthservIDWithJobID AutoRestart AutoRestartCount AutoRestartRate Background BaseDirectory ChangeRootDirectory CopyFailuresTo DNSTimeout DomainWhitelist DomainWhitelistFile EnableCoredumps FailureReports FailureReportsBcc " \
	"FailureReportsOnNone FailureReportsSentBy HistoryFile HoldQuarantinedMessages IgnoreHosts IgnoreMailFrom MilterDebug OverrideMLM PidFile PublicSuffixList RecordAllMessages RejectFailures RejectMultiValueFrom RejectString ReportCommand " \
	"RequiredHeaders SPFIgnoreResults SPFSelfValidate Socket SoftwareHeader Syslog SyslogFacility TestDNSData TrustedAuthservIDs UMask UserID"
/* clang-format on */

static const struct known {
	const char *name;
	enum import_kind kind;
	const char *words, *value;
} knowns[] = {
	{"every option of OpenDKIM is translated or told of", IMPORT_OPENDKIM, AS_OPENDKIM, "yes"},
	{"every option of OpenDMARC is translated or told of", IMPORT_OPENDMARC, AS_OPENDMARC, "yes"},
};

static void known_option(enum import_kind kind, struct str word, const char *value)
{
	const struct import_note *notes;
	struct import *i;
	struct buf yaml, text;
	size_t count, left_out;

	buf_init(&yaml, 65536);
	buf_init(&text, 65536);
	buf_printf(&text, "%.*s %s\n", STR_ARG(word), value);
	assert_int_equal(import_new(&access_of_tests, &i), INKAN_OK);
	assert_int_equal(import_add(i, "test.conf", buf_str(&text), kind), INKAN_OK);
	assert_int_equal(import_print(i, &yaml), INKAN_OK);
	count = import_notes(i, &notes, &left_out);
	print_message("%.*s: %zu notes, %.*s\n", STR_ARG(word), count, STR_ARG(buf_str(&yaml)));
	assert_true(count > 0 || yaml.n > 0);
	for (size_t k = 0; k < count; k++)
		assert_true(!str_has_prefix(str_c(notes[k].text.en), STR("no such option")));
	import_free(i);
	buf_release(&yaml);
	buf_release(&text);
}

static void knows(const void *row)
{
	const struct known *r = row;
	struct str rest = str_c(r->words);

	while (rest.n)
		known_option(r->kind, str_split(&rest, ' '), r->value);
}

/* ---- several files ---- */

static void both_programs(const void *row)
{
	struct import *i;
	struct buf yaml;

	(void)row;
	buf_init(&yaml, 65536);
	assert_int_equal(import_new(&access_of_tests, &i), INKAN_OK);
	assert_int_equal(import_add(i, "d", STR("IgnoreHosts /t/hosts\nSocket inet:8893\nRejectFailures yes\n"),
	                            IMPORT_OPENDMARC),
	                 INKAN_OK);
	assert_int_equal(
		import_add(i, "k",
	                   STR("InternalHosts 192.0.2.0/24\nSocket inet:8891\nDomain example.com\nKeyFile /k\n"),
	                   IMPORT_OPENDKIM),
		INKAN_OK);
	assert_int_equal(
		import_add(i, "s", STR("domain { example.org { path = /k2; selector = s } }"), IMPORT_RSPAMD_SIGNING),
		INKAN_OK);
	assert_int_equal(import_print(i, &yaml), INKAN_OK);
	buf_put(&yaml, str_from("", 1));
	assert_string_equal(
		yaml.p,
		"milter:\n  listen: [inet:8893]\noutbound:\n  networks: [192.0.2.0/24]\nignore:\n"
		"  networks: [127.0.0.1, 127.0.0.0/8, \"::1\", 2001:db8::1]\n"
		"sign:\n  - from: [example.com]\n    domain: example.com\n    keys:\n"
		"      - selector: default\n        file: /k\n  - from: [.example.org]\n    domain: "
		"example.org\n    keys:\n      - selector: s\n        file: /k2\npolicy:\n  dmarc_reject: reject\n");
	import_free(i);
	buf_release(&yaml);
}

/* ---- beside the old program ---- */

static void beside(const void *row)
{
	struct import *i;
	struct buf yaml, commands, notes;

	(void)row;
	buf_init(&yaml, 65536);
	buf_init(&commands, 65536);
	buf_init(&notes, 65536);
	assert_int_equal(import_new(&access_of_tests, &i), INKAN_OK);
	assert_int_equal(
		import_add(i, "k",
	                   STR("Socket local:/run/o.sock\nUserID opendkim:mail\nUMask 002\n"
	                       "KeyTable csl:a=example.com:s:/k/a,b=example.org:s:/k/a,c=example.net:t:/k/b'c\n"
	                       "SigningTable csl:example.com=a,example.org=b,example.net=c\n"
	                       "Canonicalization relaxed\n"),
	                   IMPORT_OPENDKIM),
		INKAN_OK);
	assert_int_equal(
		import_add(i, "d", STR("Socket local:/run/d.sock\nUserID opendmarc\nUMask 0\n"), IMPORT_OPENDMARC),
		INKAN_OK);
	import_shadow(i);
	assert_int_equal(import_commands(i, &commands), INKAN_OK);
	assert_int_equal(import_print(i, &yaml), INKAN_OK);
	put_notes(&notes, i);
	assert_is_configuration(buf_str(&yaml));
	buf_put(&yaml, str_from("", 1));
	buf_put(&commands, str_from("", 1));
	assert_int_equal(notes.n, 0); /* of sockets and users nothing is to be minded any more */
	assert_non_null(strstr(yaml.p, "mode: shadow\nmilter:\n  listen: [unix:/var/spool/postfix/inkan/milter.sock]\n"
	                               "  socket_group: postfix\nsign:\n"));
	assert_non_null(strstr(yaml.p, "file: /etc/inkan/keys/k/a\n"));
	assert_null(strstr(yaml.p, "user:"));
	assert_string_equal(commands.p, "install -D -m 0600 /k/a /etc/inkan/keys/k/a\n"
	                                "install -D -m 0600 '/k/b'\\''c' /etc/inkan/keys'/k/b'\\''c'\n"
	                                "install -d -g postfix -m 0750 /var/spool/postfix/inkan\n");
	import_free(i);
	buf_release(&yaml);
	buf_release(&commands);
	buf_release(&notes);
}

/* ---- limits ---- */

static void many(enum import_kind kind, const char *line, size_t n, size_t *notes_out, size_t *left_out_out,
                 struct buf *yaml)
{
	const struct import_note *notes;
	struct import *i;
	struct buf text;

	buf_init(&text, IMPORT_FILE_MAX);
	buf_init(yaml, IMPORT_FILE_MAX);
	if (kind == IMPORT_RSPAMD_SIGNING)
		buf_put_c(&text,
		          "try_fallback = no; sign_local = no; allow_username_mismatch = yes; use_esld = no; domain {");
	for (size_t k = 0; k < n; k++) {
		struct str rest = str_c(line), head = str_split(&rest, '%');

		buf_put(&text, head);
		buf_put_u64(&text, k);
		buf_put(&text, rest);
	}
	if (kind == IMPORT_RSPAMD_SIGNING)
		buf_put_c(&text, "}");
	assert_int_equal(buf_error(&text), INKAN_OK);
	assert_int_equal(import_new(&access_of_tests, &i), INKAN_OK);
	assert_int_equal(import_add(i, "f", buf_str(&text), kind), INKAN_OK);
	assert_int_equal(import_print(i, yaml), INKAN_OK);
	*notes_out = import_notes(i, &notes, left_out_out);
	buf_release(&text);
	import_free(i);
}

static void limit_notes(const void *row)
{
	size_t notes, left_out;
	struct buf yaml;

	(void)row;
	many(IMPORT_OPENDKIM, "X%\n", IMPORT_NOTES_MAX + 1, &notes, &left_out, &yaml);
	assert_int_equal(notes, IMPORT_NOTES_MAX);
	assert_int_equal(left_out, 1);
	buf_release(&yaml);
}

static void limit_rules(const void *row)
{
	size_t notes, left_out, rules = 0;
	struct buf yaml;
	struct str rest;

	(void)row;
	many(IMPORT_RSPAMD_SIGNING, "d%.example.com { path = /k; selector = s }\n", IMPORT_RULES_MAX + 1, &notes,
	     &left_out, &yaml);
	assert_int_equal(notes, 2); /* who logged in, and that one is left out */
	for (rest = buf_str(&yaml); rest.n;)
		rules += str_has_prefix(str_split(&rest, '\n'), STR("  - from"));
	assert_int_equal(rules, IMPORT_RULES_MAX);
	buf_release(&yaml);
}

static void allocations(const void *row)
{
	(void)row;
	for (size_t n = 1;; n++) {
		struct import *i = NULL;
		struct buf yaml;
		int error;

		buf_init(&yaml, 65536);
		alloc_fail_at(n);
		error = import_new(&access_of_tests, &i);
		error = error ? error
		              : import_add(i, "f",
		                           STR("KeyTable /t/keys\nSigningTable refile:/t/re\nInternalHosts "
		                               "/t/hosts\nOn-Default reject\n"),
		                           IMPORT_OPENDKIM);
		if (!error)
			import_shadow(i);
		error = error ? error : import_commands(i, &yaml);
		error = error ? error : import_print(i, &yaml);
		bool reached = alloc_count() >= n;

		alloc_fail_at(0);
		buf_release(&yaml);
		import_free(error == INKAN_ENOMEM && !i ? NULL : i);
		if (!reached) {
			assert_int_equal(error, INKAN_OK);
			return;
		}
		assert_int_equal(error, INKAN_ENOMEM);
	}
}

/* ---- whose it is ---- */

static const struct recognised {
	const char *name, *file, *text;
	enum import_kind want;
} recognised[] = {
	{"opendkim.conf by its name", "/etc/opendkim.conf", "", IMPORT_OPENDKIM},
	{"opendmarc.conf by its name", "opendmarc.conf.old", "", IMPORT_OPENDMARC},
	{"dkim_signing.conf by its name", "/etc/rspamd/local.d/dkim_signing.conf", "", IMPORT_RSPAMD_SIGNING},
	{"arc.conf by its name", "local.d/arc.conf", "", IMPORT_RSPAMD_ARC},
	{"opendkim by its words", "-", "Canonicalization relaxed\n", IMPORT_OPENDKIM},
	{"opendmarc by its words", "-", "RejectFailures true\n", IMPORT_OPENDMARC},
	{"rspamd by its words", "-", "path = \"/x/$domain.key\";", IMPORT_RSPAMD_SIGNING},
	{"nobody's", "-", "hello\n", IMPORT_UNKNOWN},
};

static void recognises(const void *row)
{
	const struct recognised *r = row;

	assert_int_equal(import_recognise(r->file, str_c(r->text)), r->want);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, imports);
	TEST_TABLE(&list, knowns, knows);
	TEST_TABLE(&list, recognised, recognises);
	test_add(&list, "three files become one configuration", both_programs, NULL);
	test_add(&list, "beside the old program: its own socket and user, copies of keys", beside, NULL);
	test_add(&list, "IMPORT_NOTES_MAX", limit_notes, NULL);
	test_add(&list, "IMPORT_RULES_MAX and one", limit_rules, NULL);
	test_add(&list, "every allocation fails once", allocations, NULL);
	return test_run(&list, "config/import");
}
