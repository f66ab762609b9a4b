#include "authres/wording.h"

#include <assert.h>

enum { SAID_MAX = 2000 /* octets of reason, comments and properties that are looked at */ };

/* The formatter would put every member on a line of its own. */
/* clang-format off */

/* In order: the first that fits. What is special stands above what is general. */
static const struct authres_wording WORDINGS[] = {
	/* ---- DKIM: the body ---- */
	{"dkim", NULL, "body hash did not verify", AUTHRES_BODY_HASH_MISMATCH, "Gmail, Microsoft 365, rspamd, mailauth, Stalwart, go-msgauth"},
	{"dkim", NULL, "bh mismatch", AUTHRES_BODY_HASH_MISMATCH, "Apple"},
	{"dkim", NULL, "body hash mismatch", AUTHRES_BODY_HASH_MISMATCH, "Exim, dkimpy"},
	{"dkim", NULL, "body probably modified", AUTHRES_BODY_HASH_MISMATCH, "Exim"},
	{"dkim", NULL, "body has been altered", AUTHRES_BODY_HASH_MISMATCH, "Mail::DKIM, amavis, Fastmail"},
	{"dkim", NULL, "body hash does not match", AUTHRES_BODY_HASH_MISMATCH, "mox"},
	{"dkim", NULL, "body hash", AUTHRES_BODY_HASH_MISMATCH, ""},

	/* ---- DKIM: the key ---- */
	{"dkim", NULL, "key query timeout", AUTHRES_DNS, "Microsoft 365"},
	{"dkim", NULL, "pubkey unavailable", AUTHRES_DNS, "Exim"},
	{"dkim", NULL, "key retrieval failed", AUTHRES_DNS, "OpenDKIM"},
	{"dkim", NULL, "dns timeout", AUTHRES_DNS, "Fastmail, rspamd"},
	{"dkim", NULL, "no key for signature", AUTHRES_KEY_MISSING, "Microsoft 365"},
	{"dkim", NULL, "key not found in dns", AUTHRES_KEY_MISSING, "OpenDKIM"},
	{"dkim", NULL, "public key: not available", AUTHRES_KEY_MISSING, "Mail::DKIM, amavis, Fastmail"},
	{"dkim", NULL, "dns record not found", AUTHRES_KEY_MISSING, "Stalwart"},
	{"dkim", NULL, "no key", AUTHRES_KEY_MISSING, "Gmail, mailauth, rspamd"},
	{"dkim", NULL, "key revoked", AUTHRES_KEY_REVOKED, "OpenDKIM, Stalwart"},
	{"dkim", NULL, "public key: revoked", AUTHRES_KEY_REVOKED, "Mail::DKIM, amavis, Fastmail"},
	{"dkim", NULL, "revoked", AUTHRES_KEY_REVOKED, ""},
	{"dkim", NULL, "weak key", AUTHRES_KEY_UNUSABLE, "Gmail, mailauth"},
	{"dkim", NULL, "insecure key", AUTHRES_KEY_UNUSABLE, "OpenDKIM"},
	{"dkim", NULL, "key too short", AUTHRES_KEY_UNUSABLE, ""},
	{"dkim", NULL, "key too small", AUTHRES_KEY_UNUSABLE, ""},
	{"dkim", NULL, "not an e-mail key", AUTHRES_KEY_UNUSABLE, "OpenDKIM"},
	{"dkim", NULL, "sig-key hash mismatch", AUTHRES_KEY_UNUSABLE, "OpenDKIM"},
	{"dkim", NULL, "unknown key type", AUTHRES_KEY_UNUSABLE, "OpenDKIM"},
	{"dkim", "permerror", "0-bit key", AUTHRES_KEY_UNUSABLE, "OpenDKIM: the key could not be loaded, as an Ed25519 key by old versions"},
	{"dkim", NULL, "public key record import problem", AUTHRES_KEY_SYNTAX, "Exim"},
	{"dkim", NULL, "overlong public key record", AUTHRES_KEY_SYNTAX, "Exim"},
	{"dkim", NULL, "key dns reply corrupt", AUTHRES_KEY_SYNTAX, "OpenDKIM"},
	{"dkim", NULL, "unable to decode key data", AUTHRES_KEY_SYNTAX, "OpenDKIM"},
	{"dkim", NULL, "invalid dkim record", AUTHRES_KEY_SYNTAX, "rspamd"},
	{"dkim", NULL, "key syntax error", AUTHRES_KEY_SYNTAX, "OpenDKIM"},
	{"dkim", NULL, "invalid public key", AUTHRES_KEY_SYNTAX, "mailauth, Stalwart"},
	{"dkim", NULL, "public key:", AUTHRES_KEY_SYNTAX, "Mail::DKIM, amavis, Fastmail"},

	/* ---- DKIM: the field, and rules of receivers ---- */
	{"dkim", NULL, "expired", AUTHRES_EXPIRED, "OpenDKIM, Stalwart, Mail::DKIM"},
	{"dkim", NULL, "future timestamp", AUTHRES_POLICY, "OpenDKIM"},
	{"dkim", NULL, "too many signatures", AUTHRES_POLICY, ""},
	{"dkim", NULL, "unsupported", AUTHRES_UNSUPPORTED, "Exim, Stalwart, Mail::DKIM"},
	{"dkim", NULL, "invalid signature algorithm", AUTHRES_UNSUPPORTED, "OpenDKIM"},
	{"dkim", NULL, "invalid header canonicalization", AUTHRES_UNSUPPORTED, "OpenDKIM"},
	{"dkim", NULL, "invalid body canonicalization", AUTHRES_UNSUPPORTED, "OpenDKIM"},
	{"dkim", NULL, "signature tag missing or invalid", AUTHRES_SYNTAX, "Exim"},
	{"dkim", NULL, "invalid format", AUTHRES_SYNTAX, "Gmail"},
	{"dkim", NULL, "bad format", AUTHRES_SYNTAX, "Gmail"},
	{"dkim", NULL, "syntax error", AUTHRES_SYNTAX, ""},
	{"dkim", NULL, "domain or subdomain error", AUTHRES_SYNTAX, "OpenDKIM"},
	{"dkim", NULL, "missing v tag", AUTHRES_SYNTAX, "OpenDKIM"},

	/* ---- DKIM: the header ---- */
	{"dkim", NULL, "headers probably modified", AUTHRES_SIGNATURE_MISMATCH, "Exim"},
	{"dkim", NULL, "headers rsa verify failed", AUTHRES_SIGNATURE_MISMATCH, "rspamd"},
	{"dkim", NULL, "headers eddsa verify failed", AUTHRES_SIGNATURE_MISMATCH, "rspamd"},
	{"dkim", NULL, "signature did not verify", AUTHRES_SIGNATURE_MISMATCH, "Microsoft 365, Exim, go-msgauth"},
	{"dkim", NULL, "signature verification failed", AUTHRES_SIGNATURE_MISMATCH, "OpenDKIM, Stalwart"},
	{"dkim", NULL, "message has been altered", AUTHRES_SIGNATURE_MISMATCH, "Mail::DKIM, amavis, Fastmail"},
	{"dkim", NULL, "bad rsa signature", AUTHRES_SIGNATURE_MISMATCH, "Mail::DKIM"},
	{"dkim", NULL, "bad signature", AUTHRES_SIGNATURE_MISMATCH, "mailauth"},
	{"dkim", NULL, "invalid signature", AUTHRES_SIGNATURE_MISMATCH, "Vade"},

	/* ---- DKIM: unsigned, and by the result alone ---- */
	{"dkim", NULL, "not signed", AUTHRES_UNSIGNED, "Microsoft 365, Cisco"},
	{"dkim", NULL, "no signature", AUTHRES_UNSIGNED, "Fastmail, Yahoo"},
	{"dkim", NULL, "no sig", AUTHRES_UNSIGNED, "Yahoo"},
	{"dkim", "none", "", AUTHRES_UNSIGNED, ""},
	{"dkim", "temperror", "", AUTHRES_DNS, ""},
	{"dkim", "tmperror", "", AUTHRES_DNS, "Exim"},
	{"dkim", "timeout", "", AUTHRES_DNS, "Microsoft 365"},
	{"dkim", "policy", "", AUTHRES_POLICY, ""},
	{"dkim", "fail", "", AUTHRES_DKIM_FAILED, ""},
	{"dkim", "hardfail", "", AUTHRES_DKIM_FAILED, "Cisco"},
	{"dkim", "softfail", "", AUTHRES_DKIM_FAILED, "amavis"},
	{"dkim", NULL, "", AUTHRES_UNCLEAR, ""},

	/* ---- SPF ---- */
	{"spf", NULL, "too many dns lookups", AUTHRES_SPF_TOO_MANY_LOOKUPS, "pyspf, Postfix policyd-spf, Microsoft 365"},
	{"spf", NULL, "too many lookups", AUTHRES_SPF_TOO_MANY_LOOKUPS, "mailauth, rspamd"},
	{"spf", NULL, "dns-interactive terms limit", AUTHRES_SPF_TOO_MANY_LOOKUPS, "Mail::SPF, Fastmail"},
	{"spf", NULL, "void lookup limit", AUTHRES_SPF_VOID_LOOKUPS, "pyspf, Postfix policyd-spf"},
	{"spf", NULL, "void dns look-ups limit", AUTHRES_SPF_VOID_LOOKUPS, "Mail::SPF, Fastmail"},
	{"spf", NULL, "void lookups", AUTHRES_SPF_VOID_LOOKUPS, ""},
	{"spf", NULL, "two or more type txt spf records", AUTHRES_SPF_SEVERAL_RECORDS, "pyspf, Postfix policyd-spf"},
	{"spf", NULL, "redundant applicable", AUTHRES_SPF_SEVERAL_RECORDS, "Mail::SPF, Fastmail"},
	{"spf", NULL, "multiple spf records", AUTHRES_SPF_SEVERAL_RECORDS, ""},
	{"spf", NULL, "no valid spf record for included domain", AUTHRES_SPF_INCLUDE, "pyspf, Postfix policyd-spf"},
	{"spf", NULL, "included domain", AUTHRES_SPF_INCLUDE, "Mail::SPF, Fastmail"},
	{"spf", "permerror", "", AUTHRES_SPF_BROKEN, ""},
	{"spf", "temperror", "", AUTHRES_SPF_DNS, ""},
	{"spf", "none", "", AUTHRES_SPF_NO_RECORD, ""},
	{"spf", "softfail", "", AUTHRES_SPF_SOFTFAIL, ""},
	{"spf", "neutral", "", AUTHRES_SPF_NEUTRAL, ""},
	{"spf", "fail", "", AUTHRES_SPF_NOT_LISTED, ""},
	{"spf", "hardfail", "", AUTHRES_SPF_NOT_LISTED, "older receivers"},
	{"spf", "error", "", AUTHRES_SPF_DNS, "older receivers"},
	{"spf", NULL, "", AUTHRES_UNCLEAR, ""},

	/* ---- DMARC ---- */
	{"dmarc", "bestguesspass", "", AUTHRES_DMARC_BEST_GUESS, "Microsoft 365"},
	{"dmarc", "none", "", AUTHRES_DMARC_NO_RECORD, ""},
	{"dmarc", "permerror", "", AUTHRES_DMARC_BROKEN, ""},
	{"dmarc", "temperror", "", AUTHRES_DMARC_DNS, ""},
	{"dmarc", "fail", "action=oreject", AUTHRES_DMARC_OVERRIDDEN, "Microsoft 365"},
	{"dmarc", "fail", "action=o.reject", AUTHRES_DMARC_OVERRIDDEN, "Microsoft 365"},
	{"dmarc", "fail", "action=pct.", AUTHRES_DMARC_OVERRIDDEN, "Microsoft 365"},
	{"dmarc", "fail", "action=quarantine", AUTHRES_DMARC_QUARANTINED, "Microsoft 365"},
	{"dmarc", "fail", "action=reject", AUTHRES_DMARC_REJECTED, "Microsoft 365"},
	{"dmarc", "fail", "dis=quarantine", AUTHRES_DMARC_QUARANTINED, "Gmail, OpenDMARC, Fastmail"},
	{"dmarc", "fail", "dis=reject", AUTHRES_DMARC_REJECTED, "Gmail, OpenDMARC, Fastmail"},
	{"dmarc", "fail", "policy.dmarc=quarantine", AUTHRES_DMARC_QUARANTINED, ""},
	{"dmarc", "fail", "policy.dmarc=reject", AUTHRES_DMARC_REJECTED, ""},
	{"dmarc", "fail", "not aligned", AUTHRES_DMARC_NOT_ALIGNED, "rspamd"},
	{"dmarc", "fail", "", AUTHRES_DMARC_FAILED, ""},
	{"dmarc", NULL, "", AUTHRES_UNCLEAR, ""},

	/* ---- Microsoft's sum of it all ---- */
	{"compauth", "fail", "reason=000", AUTHRES_COMPAUTH_EXPLICIT, "Microsoft 365"},
	{"compauth", "fail", "reason=010", AUTHRES_COMPAUTH_EXPLICIT, "Microsoft 365"},
	{"compauth", NULL, "reason=9", AUTHRES_COMPAUTH_BYPASSED, "Microsoft 365"},
	{"compauth", NULL, "reason=4", AUTHRES_COMPAUTH_BYPASSED, "Microsoft 365"},
	{"compauth", "fail", "", AUTHRES_COMPAUTH_IMPLICIT, "Microsoft 365"},
	{"compauth", "softpass", "", AUTHRES_PASSED, "Microsoft 365"},
	{"compauth", NULL, "", AUTHRES_UNCLEAR, ""},

	/* ---- the rest ---- */
	{"arc", "fail", "", AUTHRES_ARC_FAILED, ""},
	{"arc", "reject", "", AUTHRES_ARC_FAILED, "rspamd"},
	{"arc", NULL, "", AUTHRES_UNCLEAR, ""},
	{"iprev", "fail", "", AUTHRES_IPREV_FAILED, ""},
	{"iprev", "permerror", "", AUTHRES_IPREV_FAILED, ""},
	{"iprev", NULL, "", AUTHRES_UNCLEAR, ""},
};

static const char *const NAMES[AUTHRES_CAUSE_COUNT] = {
	[AUTHRES_PASSED] = "passed",
	[AUTHRES_UNCLEAR] = "unclear",
	[AUTHRES_UNSIGNED] = "unsigned",
	[AUTHRES_DKIM_FAILED] = "dkim_failed",
	[AUTHRES_SPF_NO_RECORD] = "spf_no_record",
	[AUTHRES_SPF_NOT_LISTED] = "spf_not_listed",
	[AUTHRES_SPF_SOFTFAIL] = "spf_softfail",
	[AUTHRES_SPF_NEUTRAL] = "spf_neutral",
	[AUTHRES_SPF_TOO_MANY_LOOKUPS] = "spf_too_many_lookups",
	[AUTHRES_SPF_VOID_LOOKUPS] = "spf_void_lookups",
	[AUTHRES_SPF_SEVERAL_RECORDS] = "spf_several_records",
	[AUTHRES_SPF_INCLUDE] = "spf_include",
	[AUTHRES_SPF_BROKEN] = "spf_broken",
	[AUTHRES_SPF_DNS] = "spf_dns",
	[AUTHRES_DMARC_NO_RECORD] = "dmarc_no_record",
	[AUTHRES_DMARC_BEST_GUESS] = "dmarc_best_guess",
	[AUTHRES_DMARC_NOT_ALIGNED] = "dmarc_not_aligned",
	[AUTHRES_DMARC_FAILED] = "dmarc_failed",
	[AUTHRES_DMARC_QUARANTINED] = "dmarc_quarantined",
	[AUTHRES_DMARC_REJECTED] = "dmarc_rejected",
	[AUTHRES_DMARC_OVERRIDDEN] = "dmarc_overridden",
	[AUTHRES_DMARC_BROKEN] = "dmarc_broken",
	[AUTHRES_DMARC_DNS] = "dmarc_dns",
	[AUTHRES_COMPAUTH_EXPLICIT] = "compauth_explicit",
	[AUTHRES_COMPAUTH_IMPLICIT] = "compauth_implicit",
	[AUTHRES_COMPAUTH_BYPASSED] = "compauth_bypassed",
	[AUTHRES_ARC_FAILED] = "arc_failed",
	[AUTHRES_IPREV_FAILED] = "iprev_failed",
};

/* clang-format on */

static bool is_dkim_cause(enum authres_cause cause)
{
	return cause >= AUTHRES_BODY_HASH_MISMATCH && cause <= AUTHRES_POLICY;
}

static_assert((int)AUTHRES_POLICY - (int)AUTHRES_BODY_HASH_MISMATCH ==
                      (int)INKAN_DKIM_POLICY - (int)INKAN_DKIM_BODY_HASH_MISMATCH,
              "the causes of DKIM stand in the same order on both sides");

static enum inkan_dkim_cause dkim_cause(enum authres_cause cause)
{
	return (enum inkan_dkim_cause)((int)cause - (int)AUTHRES_BODY_HASH_MISMATCH +
	                               (int)INKAN_DKIM_BODY_HASH_MISMATCH);
}

const char *authres_cause_name(enum authres_cause cause)
{
	return is_dkim_cause(cause) ? inkan_dkim_cause_name(dkim_cause(cause)) : NAMES[cause];
}

/* ---- what was said ---- */

struct said {
	char text[SAID_MAX];
	size_t n;
};

/* Lower case, without quotes, runs of white space as one space. */
static void put(struct said *s, struct str text)
{
	for (size_t i = 0; i < text.n && s->n < SAID_MAX; i++) {
		char c = is_fws_char(text.p[i]) ? ' ' : to_lower(text.p[i]);

		if (c != '"' && c != '\'' && (c != ' ' || (s->n && s->text[s->n - 1] != ' ')))
			s->text[s->n++] = c;
	}
}

static void say(struct said *s, const struct authres_result *result)
{
	s->n = 0;
	if (result->reason.n) {
		put(s, STR("reason="));
		put(s, result->reason);
		put(s, STR(" "));
	}
	put(s, result->comment);
	for (size_t i = 0; i < result->property_count; i++) {
		put(s, STR(" "));
		put(s, result->properties[i].name);
		put(s, STR("="));
		put(s, result->properties[i].value);
	}
}

const struct authres_wording *authres_wording(const struct authres_result *result, enum authres_cause *cause_out)
{
	struct said said;

	say(&said, result);
	for (size_t i = 0; i < sizeof WORDINGS / sizeof *WORDINGS; i++) {
		const struct authres_wording *w = &WORDINGS[i];

		if (!str_ieq(result->method, str_c(w->method)) ||
		    (w->result && !str_ieq(result->result, str_c(w->result))) ||
		    (w->text[0] && str_search(str_from(said.text, said.n), str_c(w->text)) == said.n))
			continue;
		*cause_out = str_ieq(result->result, STR("pass")) ? AUTHRES_PASSED : w->cause;
		return w;
	}
	*cause_out = str_ieq(result->result, STR("pass")) ? AUTHRES_PASSED : AUTHRES_UNCLEAR;
	return NULL;
}

bool authres_dkim_cause(const struct authres_result *result, enum inkan_dkim_cause *out)
{
	enum authres_cause cause;

	if (!str_ieq(result->method, STR("dkim")))
		return false;
	(void)authres_wording(result, &cause);
	if (cause != AUTHRES_PASSED && !is_dkim_cause(cause))
		return false;
	*out = cause == AUTHRES_PASSED ? INKAN_DKIM_OK : dkim_cause(cause);
	return true;
}

const struct authres_wording *authres_wordings(size_t *count_out)
{
	*count_out = sizeof WORDINGS / sizeof *WORDINGS;
	return WORDINGS;
}
