/* What results of other receivers mean and what to do about them, as data: one kind of finding for each cause that
 * authres/wording.h tells apart. */
#pragma once

#include "authres/wording.h"
#include "check/finding.h"

/* Where to look (REQUIREMENTS S1-22). */
enum triage {
	TRIAGE_NONE,     /* nothing is wrong */
	TRIAGE_SIGNING,  /* what signs, or what changes mail after signing */
	TRIAGE_DNS,      /* a record */
	TRIAGE_EITHER,   /* the words do not tell which */
	TRIAGE_SENDING,  /* which hosts send, and under which names */
	TRIAGE_RECEIVER, /* a rule of the receiver */
	TRIAGE_TEMPORARY /* nothing may be wrong: try again */
};

/* "none", "signing", "dns", "either", "sending", "receiver", "temporary" */
const char *triage_name(enum triage triage);
/* A clause for people. */
struct text triage_text(enum triage triage);

struct result_kind {
	struct finding_kind
		kind; /* {0} the domain, {1} the name of the key record, {2} what was said; id NULL: no finding */
	enum triage triage;
};

/* Indexed by enum authres_cause. */
extern const struct result_kind result_kinds[AUTHRES_CAUSE_COUNT];

/* What else a header tells. */
enum header_finding {
	HEADER_NOTHING_FOUND,
	HEADER_NONE_TRUSTED,     /* {0} the ids that were asked for */
	HEADER_BELOW_STRANGER,   /* {0} the id, {1} who wrote the Received field above it */
	HEADER_MALFORMED,        /* {0} the field's id, {1} trouble */
	HEADER_VERSION,          /* {0} the field's id, {1} the version */
	HEADER_DKIM_NOT_ALIGNED, /* {0} author's domain, {1} signing domain */
	HEADER_SPF_NOT_ALIGNED,  /* {0} author's domain, {1} domain of MAIL FROM */
	HEADER_CHANGED_BETWEEN,  /* {0} domain, {1} who saw it pass, {2} who saw it fail */
	HEADER_INSIDE,           /* the sender is of the receiver's organization */
	HEADER_SETTING,          /* {0} field, {1} word in it */
	HEADER_TOO_MANY,         /* {0} how many */
	HEADER_FINDINGS
};
extern const struct finding_kind header_kinds[HEADER_FINDINGS];
