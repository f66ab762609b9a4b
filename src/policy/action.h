/* What results lead to: deliver, hold, refuse; and in which words (RFC 7208 section 8, RFC 7372, RFC 9989 section 7.4;
 * RULES P23, M10, M14). */
#pragma once

#include "core/buf.h"
#include "inkan/verdict.h"
#include "policy/settings.h"

struct decision {
	enum policy_action action;
	/* What was done about DMARC, for the reports, in place of what the verdict says: that of the verdict, or local_policy
	 * where this receiver does more or less than its `applied`. */
	enum inkan_dmarc_policy applied;
	enum inkan_override override;
	const char *override_comment; /* static, or of the verdict; "" */
	const char *reason;           /* static English text: why this action; "" for TAG without a failure */
};

enum { POLICY_REPLY_MAX = 510 /* octets of a reply without its line end (RFC 5321 section 4.5.3.1.5) */ };

/* For a judged message from outside; `shadow` is for the caller to mind. The gravest of what is configured for DMARC
 * (or the author) and for SPF: reject, tempfail, quarantine, tag. What came through a trusted gateway or from a
 * private address, and authors in accept_from, are only tagged. Of spf_fail_unless_dmarc_passes: while DMARC is
 * undecided, SPF at most defers. Temporary errors at most defer, softfail counts only where DMARC fails (RULES P23).
 * reply: for REJECT and TEMPFAIL gets the SMTP reply without line end, "550 5.7.1 ...", printable ASCII, at most
 * POLICY_REPLY_MAX octets, "%" not doubled. Errors are those of the buffer. */
void policy_decide(const struct policy_settings *settings, const struct inkan_verdict *verdict, struct decision *out,
                   struct buf *reply);
