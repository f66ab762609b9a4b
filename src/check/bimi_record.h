/* Checks of BIMI records (draft-brand-indicators-for-message-identification-14).
 *
 * inkan has no reader of them: a record is usable where no finding is an error. */
#pragma once

#include "check/tag_record.h"

/* As dmarc_record_check(): "default._bimi.example.com". */
INKAN_MUST_CHECK int bimi_record_check(struct findings *f, struct str value, struct str owner, struct tag_report *out);

enum bimi_finding {
	BIMI_F_L_MISSING,
	BIMI_F_URI,
	BIMI_F_NOT_SVG,
	BIMI_F_NOT_PEM,
	BIMI_F_NO_EVIDENCE,
	BIMI_F_DECLINED,
	BIMI_F_AVP,
	BIMI_F_LPS,
	BIMI_F_POLICY,
	BIMI_FINDINGS
};

extern const struct finding_kind bimi_kinds[BIMI_FINDINGS];
