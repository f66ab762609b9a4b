/* Builds DMARC, TLSRPT and MTA-STS records from what is wanted (RFC 9989 section 4.7, RFC 7489 section 6.3, RFC 8460, RFC 8461).
 * Whether the result is wise, check/dmarc_record.h and check/transport_record.h say. */
#pragma once

#include "core/buf.h"
#include "core/text.h"
#include "inkan/dmarc.h"

/* Tags that older receivers know and RFC 9989 has removed (C-1). */
enum dmarc_left_out { DMARC_LEFT_PCT = 1 << 0, DMARC_LEFT_RF = 1 << 1, DMARC_LEFT_RI = 1 << 2 };

/* What is NULL or "" is not in the record, except p, which is "none" then. */
struct dmarc_wish {
	enum inkan_dmarc_profile profile;
	const char *p, *sp, *np;
	const char *rua, *ruf; /* addresses or URIs, with commas between; "mailto:" is put before addresses */
	const char *adkim, *aspf, *fo, *t, *psd;
	const char *pct, *rf, *ri; /* left out under RFC 9989 */
};

/* Adds the record: v and p first, as RFC 7489 wants. *left_out: enum dmarc_left_out, what was wanted and is not in it.
 * INKAN_EUSAGE: a value that no record can hold, *why_out says which. */
INKAN_MUST_CHECK int dmarc_build(const struct dmarc_wish *wish, struct buf *out, unsigned *left_out,
                                 struct text *why_out);
/* "v=TLSRPTv1; rua=..."; rua as above. */
INKAN_MUST_CHECK int tlsrpt_build(const char *rua, struct buf *out, struct text *why_out);
/* "v=STSv1; id=..."; id: letters and digits, new for each change of the policy file. */
INKAN_MUST_CHECK int mta_sts_build(const char *id, struct buf *out, struct text *why_out);
