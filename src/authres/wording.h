/* What other receivers mean: their words in results, reasons, comments and properties, mapped to one cause each
 * (REQUIREMENTS C-6). The words are facts about their software; whose they are is told with each. */
#pragma once

#include "authres/parse.h"
#include "inkan/dkim.h"

enum authres_cause {
	AUTHRES_PASSED,
	AUTHRES_UNCLEAR, /* did not pass, and nobody says why; or a method that means nothing here */
	/* DKIM: in the order of enum inkan_dkim_cause, from INKAN_DKIM_BODY_HASH_MISMATCH on */
	AUTHRES_BODY_HASH_MISMATCH,
	AUTHRES_SIGNATURE_MISMATCH,
	AUTHRES_KEY_MISSING,
	AUTHRES_KEY_REVOKED,
	AUTHRES_KEY_SYNTAX,
	AUTHRES_KEY_UNUSABLE,
	AUTHRES_SYNTAX,
	AUTHRES_EXPIRED,
	AUTHRES_UNSUPPORTED,
	AUTHRES_DNS,
	AUTHRES_POLICY,
	AUTHRES_UNSIGNED,
	AUTHRES_DKIM_FAILED, /* no reason given: content or header changed, or another key */
	/* SPF */
	AUTHRES_SPF_NO_RECORD,
	AUTHRES_SPF_NOT_LISTED, /* fail */
	AUTHRES_SPF_SOFTFAIL,
	AUTHRES_SPF_NEUTRAL,
	AUTHRES_SPF_TOO_MANY_LOOKUPS,
	AUTHRES_SPF_VOID_LOOKUPS,
	AUTHRES_SPF_SEVERAL_RECORDS,
	AUTHRES_SPF_INCLUDE,
	AUTHRES_SPF_BROKEN, /* permerror for another reason: syntax */
	AUTHRES_SPF_DNS,
	/* DMARC */
	AUTHRES_DMARC_NO_RECORD,
	AUTHRES_DMARC_BEST_GUESS,  /* Microsoft: would pass if there were a record */
	AUTHRES_DMARC_NOT_ALIGNED, /* something passed for another domain */
	AUTHRES_DMARC_FAILED,      /* no more is said */
	AUTHRES_DMARC_QUARANTINED,
	AUTHRES_DMARC_REJECTED,
	AUTHRES_DMARC_OVERRIDDEN, /* the receiver did less than the policy asked for */
	AUTHRES_DMARC_BROKEN,     /* permerror */
	AUTHRES_DMARC_DNS,
	/* Microsoft's compauth */
	AUTHRES_COMPAUTH_EXPLICIT, /* fails by the domain's own policy */
	AUTHRES_COMPAUTH_IMPLICIT, /* fails by Microsoft's own reckoning, without a policy */
	AUTHRES_COMPAUTH_BYPASSED, /* not judged: allowed by a rule of the tenant */
	/* the rest */
	AUTHRES_ARC_FAILED,
	AUTHRES_IPREV_FAILED,
	AUTHRES_CAUSE_COUNT
};

/* "passed", "body_hash_mismatch", "spf_softfail", ...: those of DKIM as inkan_dkim_cause_name() has them. */
const char *authres_cause_name(enum authres_cause cause);

struct authres_wording {
	const char *method; /* "dkim" */
	const char *result; /* only with this result; NULL: with any */
	const char *text;   /* lower case, within "reason comment name=value ..." of the result; "" fits all */
	enum authres_cause cause;
	const char *writer; /* "Gmail, Microsoft 365"; "" where it is the RFC's */
};

/* The first row that fits, by which the cause was found; NULL for a method that means nothing here: then the cause is
 * AUTHRES_UNCLEAR. *cause_out is AUTHRES_PASSED for pass, whatever else is said. */
const struct authres_wording *authres_wording(const struct authres_result *result, enum authres_cause *cause_out);

/* The cause of a DKIM result. False: it is none of a signature (unsigned, unclear, or not DKIM). */
bool authres_dkim_cause(const struct authres_result *result, enum inkan_dkim_cause *out);

/* The table, for tests and documentation. */
const struct authres_wording *authres_wordings(size_t *count_out);
