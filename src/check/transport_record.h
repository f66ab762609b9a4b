/* Checks of the records about TLS between mail servers: TLSRPT (RFC 8460 section 3) and MTA-STS (RFC 8461 section 3.1).
 *
 * inkan has no reader of them: a record is usable where no finding is an error. */
#pragma once

#include "check/tag_record.h"

enum { MTA_STS_ID_MAX = 32 /* characters (RFC 8461 section 3.1) */ };

/* As dmarc_record_check(): "_smtp._tls.example.com" and "_mta-sts.example.com". */
INKAN_MUST_CHECK int tlsrpt_record_check(struct findings *f, struct str value, struct str owner,
                                         struct tag_report *out);
INKAN_MUST_CHECK int mta_sts_record_check(struct findings *f, struct str value, struct str owner,
                                          struct tag_report *out);

enum transport_finding {
	TLSRPT_F_RUA_MISSING,
	TLSRPT_F_NO_URI,
	MTA_STS_F_ID_MISSING,
	MTA_STS_F_ID,
	MTA_STS_F_POLICY_TAG,
	MTA_STS_F_FILE,
	TRANSPORT_FINDINGS
};

extern const struct finding_kind transport_kinds[TRANSPORT_FINDINGS];
