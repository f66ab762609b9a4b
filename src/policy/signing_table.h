/* Which signatures a message of ours gets. */
#pragma once

#include "policy/settings.h"

/* One signature field for each key of the rule. */
struct planned_signature {
	const struct signing_rule *rule;
	char domain[256]; /* d=, lower case */
};

struct signing_plan {
	struct planned_signature signatures[SIGNATURES_MAX];
	size_t count;
	bool memory_short; /* a rule could not be looked at: the message is to be deferred */
	const char *
		why_not; /* static English text where count is 0: "no rule for signing matches the author"; else NULL */
};

/* author: the one address in From; empty where there is none (then nothing is signed). recipients: of the envelope. A
 * rule whose domain a rule before it signs for is passed over, and one with more keys than SIGNATURES_MAX leaves room
 * for. */
void signing_plan_make(const struct policy_settings *settings, struct str author, const struct str *recipients,
                       size_t recipient_count, struct signing_plan *out);
