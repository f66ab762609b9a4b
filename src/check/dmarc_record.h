/* Checks of DMARC policy records (RFC 9989 sections 4.6 to 4.8, RFC 7489 section 6.3; RULES M16, M19, section 1.1), and of the
 * records by which a domain agrees to get the reports of another (RFC 9990 section 4; M18).
 *
 * Whether receivers follow a record is decided by dmarc/dmarc.h, the same code that evaluates mail; this file says why
 * not, what each tag means, and what else is odd. A record that is not followed has an error among its findings; one that
 * is followed may have errors too, where it does something else than was meant. */
#pragma once

#include "check/tag_record.h"
#include "inkan/dmarc.h"

/* Checks the joined text of one record and adds findings, with positions in it. owner: the name that it stands or will
 * stand at; empty: not known. Everything lives in the arena of f. Errors: those of the arena. */
INKAN_MUST_CHECK int dmarc_record_check(struct findings *f, struct str value, struct str owner,
                                        enum inkan_dmarc_profile profile, struct tag_report *out);
/* The same for "a.example._report._dmarc.b.example". */
INKAN_MUST_CHECK int dmarc_report_record_check(struct findings *f, struct str value, struct str owner,
                                               struct tag_report *out);

enum dmarc_finding {
	DMARC_F_P_MISSING,
	DMARC_F_P_MISSING_NO_RUA,
	DMARC_F_P_NOT_SECOND,
	DMARC_F_POLICY_VALUE,
	DMARC_F_VALUE,
	DMARC_F_HISTORIC,
	DMARC_F_PCT,
	DMARC_F_PCT_VALUE,
	DMARC_F_RI_VALUE,
	DMARC_F_RF_VALUE,
	DMARC_F_NEW_TAG,
	DMARC_F_NONE_UNSEEN,
	DMARC_F_NO_RUA,
	DMARC_F_REJECT_LISTS,
	DMARC_F_SP_WEAK,
	DMARC_F_NP_WEAK,
	DMARC_F_SP_HERE,
	DMARC_F_STRICT,
	DMARC_F_TESTING_IDLE,
	DMARC_F_FO_VALUE,
	DMARC_F_FO_BOTH,
	DMARC_F_FO_WITHOUT_RUF,
	DMARC_F_RUF,
	DMARC_F_RUF_PSD,
	DMARC_F_PSD,
	DMARC_F_NO_URI,
	DMARC_F_EXTERNAL,
	DMARC_F_REPORT_POLICY,
	DMARC_F_REPORT_HOST,
	DMARC_F_REPORT_EVERYBODY,
	DMARC_FINDINGS
};

extern const struct finding_kind dmarc_kinds[DMARC_FINDINGS];
