/* What results lead to: deliver, hold, refuse; and in which words (RFC 7208 section 8, RFC 7372, RFC 9989 section 7.4;
 * RULES P23, M10, M14). */
#pragma once

#include "core/buf.h"
#include "inkan/verdict.h"
#include "policy/settings.h"

struct decision {
	enum policy_action action;
	/* How DMARC's wish was changed here, for the reports: `none` where it was followed; set in the outcome instead of that
	 * of the verdict. */
	enum inkan_dmarc_policy applied;
	enum inkan_override override;
	const char *override_comment; /* static, or of the verdict; "" */
	const char *reason;           /* static English text: why this action; "" for TAG without a failure */
};

/* For a judged message from outside. reply: for REJECT and TEMPFAIL gets the SMTP reply without line end, "550 5.7.1 ...",
 * ASCII, at most 512 octets, "%" not doubled. POLICY_TAG where the verdict passes, whatever is configured for SPF alone, if
 * so configured. Errors are those of the buffer. */
void policy_decide(const struct policy_settings *settings, const struct inkan_verdict *verdict, struct decision *out,
                   struct buf *reply);
